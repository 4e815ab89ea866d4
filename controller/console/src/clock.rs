//! Times as an operator reads them.

use trunklab_protocol::{Moment, Span};

/// The controller's time since its log began: `00:12:34`, after a day `1d 00:12:34`.
pub(crate) fn time_of_day(moment: Moment) -> String {
    let secs = moment.as_micros() / 1_000_000;
    let clock = format!("{:02}:{:02}:{:02}", secs / 3_600 % 24, secs / 60 % 60, secs % 60);
    match secs / 86_400 {
        0 => clock,
        days => format!("{days}d {clock}"),
    }
}

/// The same to the millisecond: `00:12:34.567`.
pub(crate) fn time_to_the_millisecond(moment: Moment) -> String {
    format!("{}.{:03}", time_of_day(moment), moment.as_micros() / 1_000 % 1_000)
}

/// How long something lasts: `0:07`, `12:34`, `1:02:03`.
pub(crate) fn duration(span: Span) -> String {
    let secs = span.as_micros() / 1_000_000;
    match secs / 3_600 {
        0 => format!("{}:{:02}", secs / 60, secs % 60),
        hours => format!("{hours}:{:02}:{:02}", secs / 60 % 60, secs % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_like_a_clock() {
        assert_eq!(time_of_day(Moment::from_micros(754_900_000)), "00:12:34");
        assert_eq!(time_of_day(Moment::ORIGIN + Span::from_secs(86_400 + 3_661)), "1d 01:01:01");
        assert_eq!(time_to_the_millisecond(Moment::from_micros(754_900_000)), "00:12:34.900");
        assert_eq!(duration(Span::from_millis(7_999)), "0:07");
        assert_eq!(duration(Span::from_secs(3_723)), "1:02:03");
    }
}
