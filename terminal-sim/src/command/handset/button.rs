//! The push-to-talk button on a keyboard. A terminal tells when a key goes down, and again and again while it is held,
//! but not when it comes up. So a tap holds the button until the next tap, and a key that repeats holds it until the
//! repetitions end.

use trunklab_protocol::{Moment, Span};

/// A key that comes again so soon is held: keyboards wait less than this before they repeat.
const FIRST_REPEAT_MAX: Span = Span::from_millis(800);

/// A held key that has not come again for this long is up: keyboards repeat faster than this.
const REPEAT_MAX: Span = Span::from_millis(300);

/// What the button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Press,
    Release,
}

/// Where the button is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Button {
    #[default]
    Up,
    /// Down since this moment, by a tap so far.
    Tapped(Moment),
    /// Held, and last heard of at this moment.
    Held(Moment),
}

impl Button {
    /// The key came.
    pub(super) fn key(&mut self, now: Moment) -> Option<Change> {
        let (next, change) = match *self {
            Self::Up => (Self::Tapped(now), Some(Change::Press)),
            Self::Tapped(at) if now.since(at) >= FIRST_REPEAT_MAX => (Self::Up, Some(Change::Release)),
            Self::Tapped(_) | Self::Held(_) => (Self::Held(now), None),
        };
        *self = next;
        change
    }

    /// Time has passed.
    pub(super) fn time(&mut self, now: Moment) -> Option<Change> {
        match *self {
            Self::Held(at) if now.since(at) >= REPEAT_MAX => {
                *self = Self::Up;
                Some(Change::Release)
            }
            Self::Up | Self::Tapped(_) | Self::Held(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The changes of a button whose key comes at these milliseconds and that is looked at every 100 ms.
    fn changes(keys_ms: &[u64]) -> Vec<(u64, Change)> {
        let mut button = Button::default();
        let mut changes = Vec::new();
        for ms in 0..6_000 {
            let now = Moment::from_micros(ms * 1_000);
            let change = if keys_ms.contains(&ms) { button.key(now) } else { None };
            let change = change.or_else(|| if ms % 100 == 0 { button.time(now) } else { None });
            changes.extend(change.map(|change| (ms, change)));
        }
        changes
    }

    #[test]
    fn a_tap_holds_until_the_next_tap() {
        assert_eq!(changes(&[50, 4_050]), [(50, Change::Press), (4_050, Change::Release)]);
        assert_eq!(changes(&[50]), [(50, Change::Press)]);
    }

    #[test]
    fn a_key_that_repeats_holds_until_it_stops() {
        let mut keys = vec![50];
        keys.extend((550..3_000).step_by(30));
        assert_eq!(changes(&keys), [(50, Change::Press), (3_300, Change::Release)]);
    }

    #[test]
    fn two_quick_taps_are_one_short_transmission() {
        assert_eq!(changes(&[50, 250]), [(50, Change::Press), (600, Change::Release)]);
    }
}
