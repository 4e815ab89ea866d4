//! How long inputs wait for the core (docs/resilience.md 14.2.5): how late timers are, and how long what sites said was in its queue. The
//! core is told the longest wait of each second.

use std::time::{Duration, Instant};

use tokio::time::{Interval, MissedTickBehavior, interval_at};
use trunklab_controller_core::input::Input;
use trunklab_protocol::Moment;

use super::{Broken, RunLoop};
use crate::clock::Clock;
use crate::dispatch::Dispatch;
use crate::log::Log;

/// The longest wait of the second that runs.
#[derive(Debug, Default)]
pub(super) struct Waits {
    longest: Duration,
}

impl Waits {
    /// The core is woken now, or later, at the moment for which it had asked.
    pub fn timer(&mut self, due: Moment, now: Moment) {
        self.note(now.since(due).into());
    }

    /// Now comes what a site said, and was in the queue since then.
    pub fn said(&mut self, read: Instant, now: Instant) {
        self.note(now.saturating_duration_since(read));
    }

    /// The second was to end then, which is seen now: its longest wait.
    fn second(&mut self, end: Instant, now: Instant) -> Duration {
        self.note(now.saturating_duration_since(end));
        std::mem::take(&mut self.longest)
    }

    fn note(&mut self, wait: Duration) {
        self.longest = self.longest.max(wait);
    }
}

/// Ticks at the end of each second. After a stall the next one is a whole second off: what has stood still is told once.
pub(super) fn seconds() -> Interval {
    let second = Duration::from_secs(1);
    let mut seconds = interval_at(tokio::time::Instant::now() + second, second);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    seconds
}

impl<D: Dispatch, L: Log, C: Clock> RunLoop<D, L, C> {
    /// A second is over, which was to end then.
    pub(super) fn tell_waits(&mut self, end: Instant) -> Result<(), Broken> {
        let longest = self.waits.second(end, Instant::now());
        let longest_ms = u32::try_from(longest.as_millis()).unwrap_or(u32::MAX);
        self.take(Input::Waited { longest_ms }, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told of a second in whose course this was measured, and whose end was seen so late; and what of the next.
    fn told(measure: impl FnOnce(&mut Waits, Instant), late_ms: u64) -> [u128; 2] {
        let (mut waits, end) = (Waits::default(), Instant::now());
        measure(&mut waits, end);
        let mut told = |late_ms| waits.second(end, end + Duration::from_millis(late_ms)).as_millis();
        [told(late_ms), told(0)]
    }

    fn at(ms: u64) -> Moment {
        Moment::from_micros(ms * 1_000)
    }

    #[test]
    fn the_longest_wait_of_a_second_is_told_once() {
        let waited = |waits: &mut Waits, _| {
            [3, 700, 20].into_iter().for_each(|wait| waits.note(Duration::from_millis(wait)));
        };
        assert_eq!(told(waited, 30), [700, 0]);
    }

    #[test]
    fn a_timer_that_is_late_has_waited_and_one_that_is_not_due_has_not() {
        assert_eq!(told(|waits, _| waits.timer(at(5_000), at(5_600)), 0), [600, 0]);
        assert_eq!(told(|waits, _| waits.timer(at(5_000), at(4_000)), 0), [0, 0]);
    }

    #[test]
    fn what_a_site_said_has_waited_since_it_was_read() {
        let age = Duration::from_millis(600);
        assert_eq!(told(|waits, now| waits.said(now, now + age), 0), [600, 0]);
        assert_eq!(told(|waits, now| waits.said(now + age, now), 0), [0, 0]);
    }

    #[test]
    fn an_end_of_a_second_that_is_seen_late_has_waited() {
        assert_eq!(told(|_, _| {}, 600), [600, 0]);
    }
}
