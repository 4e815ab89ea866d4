//! Date and time as recorders write them, without a time zone.

use std::fmt;

use serde::{Serialize, Serializer};

const DAY_S: i64 = 86_400;

/// A reading of the recorder's clock: microseconds since 1970-01-01 00:00 of that clock. Local time where the
/// recorder writes local time, UTC where it counts Unix seconds; the two are never mixed in one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WallTime(i64);

impl WallTime {
    /// Microseconds since 1970-01-01 00:00; `None` outside the years 1970 to 9999.
    pub const fn from_micros(micros: i64) -> Option<Self> {
        // 9999-12-31 is day 2,932,896.
        if micros >= 0 && micros < 2_932_897 * DAY_S * 1_000_000 { Some(Self(micros)) } else { None }
    }

    /// Microseconds since 1970-01-01 00:00.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// `2024-05-14 17:00:07.248`, with `T` or a space before the hour and any number of decimals.
    pub fn parse_dashed(text: &str) -> Option<Self> {
        Self::parse(text, '-', &[' ', 'T'])
    }

    /// `2024:05:14:17:00:07`, with or without decimals.
    pub fn parse_coloned(text: &str) -> Option<Self> {
        Self::parse(text, ':', &[':'])
    }

    fn parse(text: &str, in_date: char, before_hour: &[char]) -> Option<Self> {
        let mut date = text.splitn(3, in_date);
        let (year, month, rest) = (date.next()?, date.next()?, date.next()?);
        let (day, time) = rest.split_once(before_hour)?;
        let mut time = time.splitn(3, ':');
        let (hour, minute, second) = (time.next()?, time.next()?, time.next()?);
        let (second, fraction) = second.split_once('.').unwrap_or((second, ""));

        let (year, month, day) = (number(year, 4, 9999)?, number(month, 2, 12)?, number(day, 2, 31)?);
        if year < 1970 || month < 1 || day < 1 || day > days_in(year, month) {
            return None;
        }
        let (hour, minute, second) = (number(hour, 2, 23)?, number(minute, 2, 59)?, number(second, 2, 59)?);
        let seconds = days_before(year, month, day) * DAY_S + hour * 3_600 + minute * 60 + second;
        Self::from_micros(seconds * 1_000_000 + micros(fraction)?)
    }
}

/// One to `digits` decimal digits, not above `max`.
fn number(text: &str, digits: usize, max: i64) -> Option<i64> {
    if text.is_empty() || text.len() > digits || !text.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|&number| number <= max)
}

/// Decimals of a second; digits beyond the sixth are dropped.
fn micros(fraction: &str) -> Option<i64> {
    if fraction.len() > 9 || !fraction.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    fraction
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(6)
        .try_fold(0, |sum, digit| Some(sum * 10 + i64::from(digit - b'0')))
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date not before it.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    let leap_days = |year: i64| year / 4 - year / 100 + year / 400;
    let in_years = (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969);
    in_years + (1..month).map(|month| days_in(year, month)).sum::<i64>() + day - 1
}

/// `2024-05-14 17:00:07.248`; six decimals only where the microseconds need them.
impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let (mut days, second) = (seconds / DAY_S, seconds % DAY_S);
        let mut year = 1970 + days / 366;
        days -= days_before(year, 1, 1);
        while days >= 365 + i64::from(is_leap(year)) {
            days -= 365 + i64::from(is_leap(year));
            year += 1;
        }
        let mut month = 1;
        while days >= days_in(year, month) {
            days -= days_in(year, month);
            month += 1;
        }
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(f, "{year:04}-{month:02}-{:02} {hour:02}:{minute:02}:{second:02}", days + 1)?;
        if micros % 1_000 == 0 { write!(f, ".{:03}", micros / 1_000) } else { write!(f, ".{micros:06}") }
    }
}

impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_spellings_to_the_microsecond() {
        // `date -u -d '2024-05-14 17:00:07' +%s` says 1715706007.
        let dashed = WallTime::parse_dashed("2024-05-14 17:00:07.248").unwrap();
        assert_eq!(dashed.as_micros(), 1_715_706_007_248_000);
        assert_eq!(WallTime::parse_coloned("2024:05:14:17:00:07.248"), Some(dashed));
        assert_eq!(WallTime::parse_dashed("2024-05-14T17:00:07.248000"), Some(dashed));
    }

    #[test]
    fn prints_what_it_reads() {
        for text in [
            "1970-01-01 00:00:00.000",
            "2000-02-29 23:59:59.999",
            "2023-12-31 12:00:00.000001",
            "2024-12-31 00:00:00.000",
            "9999-12-31 23:59:59.000",
        ] {
            assert_eq!(WallTime::parse_dashed(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_dates_that_never_were() {
        for text in [
            "2023-02-29 00:00:00",
            "2023-13-01 00:00:00",
            "2023-00-01 00:00:00",
            "2023-01-01 24:00:00",
            "1969-12-31 23:59:59",
            "2023-01-01",
            "2023-01-01 00:00:0x",
            "+023-01-01 00:00:00",
            "",
        ] {
            assert_eq!(WallTime::parse_dashed(text), None, "{text}");
        }
    }
}
