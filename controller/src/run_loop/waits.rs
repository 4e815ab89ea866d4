//! How long inputs wait for the core (docs/resilience.md 14.2.5): how late timers are, and how long what sites said was in its queue. The
//! core is told the longest wait of each second.

use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use trunklab_controller_core::input::Input;

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
    /// Something has waited for so long.
    pub fn note(&mut self, wait: Duration) {
        self.longest = self.longest.max(wait);
    }

    /// The second is over.
    fn take(&mut self) -> Duration {
        std::mem::take(&mut self.longest)
    }
}

/// Ticks at the end of each second. After a stall the next one is a whole second off: what has stood still is told once.
pub(super) fn seconds() -> Interval {
    let second = Duration::from_secs(1);
    let mut seconds = interval_at(Instant::now() + second, second);
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    seconds
}

impl<D: Dispatch, L: Log, C: Clock> RunLoop<D, L, C> {
    /// A second is over, and its end was seen so late.
    pub(super) fn tell_waits(&mut self, late: Duration) -> Result<(), Broken> {
        self.waits.note(late);
        let longest_ms = u32::try_from(self.waits.take().as_millis()).unwrap_or(u32::MAX);
        self.take(Input::Waited { longest_ms }, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_of_a_second_is_told_once() {
        let mut waits = Waits::default();
        for wait_ms in [3, 700, 20] {
            waits.note(Duration::from_millis(wait_ms));
        }
        assert_eq!(waits.take(), Duration::from_millis(700));
        assert_eq!(waits.take(), Duration::ZERO);
    }
}
