//! How often strangers may try: so many times within a while for each key, and then not before that while is over.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Keys that are remembered at once.
const KEYS_MAX: usize = 10_000;

/// Counts tries for each key.
#[derive(Debug)]
pub(super) struct Limit<K> {
    tries_max: u32,
    window: Duration,
    counted: BTreeMap<K, Tries>,
}

#[derive(Debug, Clone, Copy)]
struct Tries {
    since: Instant,
    count: u32,
}

/// A try that was one too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany {
    /// How long until the next may be made.
    pub wait: Duration,
    /// Whether it is the first one too many of this while.
    pub is_first: bool,
}

impl<K: Ord + Clone> Limit<K> {
    pub const fn new(tries_max: u32, window: Duration) -> Self {
        Self { tries_max, window, counted: BTreeMap::new() }
    }

    /// Counts a try.
    pub fn count(&mut self, key: K, now: Instant) -> Result<(), TooMany> {
        if self.counted.len() >= KEYS_MAX && !self.counted.contains_key(&key) {
            self.make_room(now);
        }
        let tries = self.counted.entry(key).or_insert(Tries { since: now, count: 0 });
        if now.saturating_duration_since(tries.since) >= self.window {
            *tries = Tries { since: now, count: 0 };
        }
        tries.count = tries.count.saturating_add(1);
        if tries.count <= self.tries_max {
            return Ok(());
        }
        let wait = self.window.saturating_sub(now.saturating_duration_since(tries.since));
        Err(TooMany { wait, is_first: tries.count == self.tries_max + 1 })
    }

    /// Forgets what is over, and else the oldest key: whoever fills the memory shuts nobody out.
    fn make_room(&mut self, now: Instant) {
        let window = self.window;
        self.counted.retain(|_, tries| now.saturating_duration_since(tries.since) < window);
        if self.counted.len() < KEYS_MAX {
            return;
        }
        let oldest = self.counted.iter().min_by_key(|(_, tries)| tries.since).map(|(key, _)| key.clone());
        if let Some(oldest) = oldest {
            self.counted.remove(&oldest);
        }
    }

    /// How often a key has tried within the while that goes on.
    #[cfg(test)]
    fn tries(&self, key: &K, now: Instant) -> u32 {
        let counted = self.counted.get(key);
        counted
            .filter(|tries| now.saturating_duration_since(tries.since) < self.window)
            .map_or(0, |tries| tries.count)
    }

    /// Forgets a key's tries: one has succeeded.
    pub fn forget(&mut self, key: &K) {
        self.counted.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn so_many_tries_in_a_while_and_then_the_wait_is_told() {
        let mut limit = Limit::new(2, MINUTE);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(limit.count("anna", at(0)), Ok(()));
        assert_eq!(limit.count("anna", at(10)), Ok(()));
        let too_many = |wait, is_first| Err(TooMany { wait: Duration::from_secs(wait), is_first });
        assert_eq!(limit.count("anna", at(20)), too_many(40, true));
        assert_eq!(limit.count("anna", at(30)), too_many(30, false));
        assert_eq!(limit.count("ben", at(30)), Ok(()), "another has tries of its own");
        assert_eq!(limit.count("anna", at(60)), Ok(()));
        limit.forget(&"anna");
        assert_eq!(limit.count("anna", at(61)), Ok(()));
    }

    #[test]
    fn what_is_remembered_has_a_bound_and_the_oldest_makes_room() {
        let mut limit = Limit::new(1, MINUTE);
        let start = Instant::now();
        let at = |key: usize| start + Duration::from_micros(key as u64);
        for key in 0..KEYS_MAX {
            assert_eq!(limit.count(key, at(key)), Ok(()));
        }
        assert_eq!(limit.count(KEYS_MAX, at(KEYS_MAX)), Ok(()));
        assert_eq!(limit.counted.len(), KEYS_MAX);
        assert_eq!((limit.tries(&0, start), limit.tries(&1, start)), (0, 1), "the first is forgotten");
        assert_eq!(limit.count(KEYS_MAX + 1, start + MINUTE * 2), Ok(()));
        assert_eq!(limit.counted.len(), 1);
    }
}
