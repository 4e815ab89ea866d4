//! How long to wait before the next attempt, as a table.

use std::time::Duration;

/// Waits in milliseconds; the last one repeats. The first is short: most breaks are a controller starting again.
const WAITS_MS: [u64; 7] = [100, 250, 500, 1_000, 2_000, 4_000, 8_000];

/// Counts the attempts since the connection last proved itself.
#[derive(Debug, Default)]
pub(super) struct BackOff {
    failures: u32,
}

impl BackOff {
    /// The number of the attempt that comes next, from 1.
    pub(super) fn attempt(&self) -> u32 {
        self.failures + 1
    }

    /// Counts a failure and says how long to wait.
    pub(super) fn after_failure(&mut self) -> Duration {
        let place = usize::try_from(self.failures).unwrap_or(usize::MAX).min(WAITS_MS.len() - 1);
        self.failures = self.failures.saturating_add(1);
        Duration::from_millis(WAITS_MS[place])
    }

    /// The connection works.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_begin_again_after_success() {
        let mut back_off = BackOff::default();
        let waits: Vec<_> = (0..9).map(|_| back_off.after_failure().as_millis()).collect();
        assert_eq!(waits, [100, 250, 500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
        assert_eq!(back_off.attempt(), 10);
        back_off.reset();
        assert_eq!(back_off.after_failure().as_millis(), 100);
    }
}
