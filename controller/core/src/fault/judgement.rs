//! When tests make a part faulty, and when sound again: only several alike in a row do, so that one that went wrong by chance
//! changes nothing (docs/resilience.md 14.2.2 and 14.2.5).

use trunklab_protocol::SlotHealth;

/// How many tests in a row change what is held of a part; one at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bad ones, of a sound part.
    pub bad: u8,
    /// Good ones, of a faulty part.
    pub good: u8,
}

/// What is held of one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// It is sound; the last so many tests were bad.
    Sound {
        /// How many.
        bad: u8,
    },
    /// It is faulty; the last so many tests were good.
    Faulty {
        /// How many.
        good: u8,
    },
}

impl Default for Judgement {
    fn default() -> Self {
        Self::Sound { bad: 0 }
    }
}

impl Judgement {
    /// Sound or faulty.
    pub const fn health(self) -> SlotHealth {
        match self {
            Self::Sound { .. } => SlotHealth::Sound,
            Self::Faulty { .. } => SlotHealth::Faulty,
        }
    }

    /// Of what is known to be faulty from before.
    pub const fn faulty_before() -> Self {
        Self::Faulty { good: 0 }
    }

    /// After one more test, good or bad.
    #[must_use]
    pub fn after(self, is_good: bool, limits: Limits) -> Self {
        match self {
            Self::Sound { .. } if is_good => Self::Sound { bad: 0 },
            Self::Sound { bad } if bad.saturating_add(1) < limits.bad => Self::Sound { bad: bad + 1 },
            Self::Sound { .. } => Self::Faulty { good: 0 },
            Self::Faulty { .. } if !is_good => Self::Faulty { good: 0 },
            Self::Faulty { good } if good.saturating_add(1) < limits.good => Self::Faulty { good: good + 1 },
            Self::Faulty { .. } => Self::Sound { bad: 0 },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { bad: 3, good: 2 };

    /// What is held after each of these tests, a letter each.
    fn course(tests: &str, limits: Limits) -> String {
        let mut held = Judgement::default();
        let after = |test| {
            held = held.after(test == '+', limits);
            if held.health() == SlotHealth::Faulty { 'F' } else { 's' }
        };
        tests.chars().map(after).collect()
    }

    #[test]
    fn only_as_many_alike_in_a_row_change_what_is_held() {
        assert_eq!(course("--+--+---", LIMITS), "ssssssssF");
        assert_eq!(course("---+-++", LIMITS), "ssFFFFs");
        assert_eq!(course("---++--", LIMITS), "ssFFsss", "what was bad before it was mended counts no more");
    }

    #[test]
    fn one_test_may_be_enough() {
        assert_eq!(course("-+-", Limits { bad: 1, good: 1 }), "FsF");
    }

    proptest! {
        /// It changes just when the last tests, as many as the limit, were alike, none of them counted for a change before.
        #[test]
        fn a_change_has_its_tests_in_a_row(tests in prop::collection::vec(any::<bool>(), 0..60), bad in 1u8..6, good in 1u8..6) {
            let limits = Limits { bad, good };
            let mut held = Judgement::default();
            let mut since_change: Vec<bool> = Vec::new();
            for heard in tests {
                since_change.push(heard);
                let next = held.after(heard, limits);
                let (limit, kind) = match held.health() {
                    SlotHealth::Sound => (usize::from(bad), false),
                    SlotHealth::Faulty => (usize::from(good), true),
                };
                let row = since_change.iter().rev().take_while(|heard| **heard == kind).count();
                prop_assert_eq!(next.health() != held.health(), row >= limit);
                if next.health() != held.health() {
                    since_change.clear();
                }
                held = next;
            }
        }
    }
}
