//! Damping (docs/resilience.md 14.3.2): what comes and goes over and over is one alarm, which stays raised until it is quiet.

use std::collections::VecDeque;

use trunklab_protocol::{Moment, Span};

/// When an alarm comes and goes too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// So often within the window it may be raised; 0: ever so often.
    pub most: u8,
    /// How far back it counts.
    pub window: Span,
}

/// How one source stands, and how often it was raised of late.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Damping {
    standing: Standing,
    /// When it was raised: no more than may be within the window, and one.
    raises: VecDeque<Moment>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
enum Standing {
    /// Nothing is wrong.
    #[default]
    Clear,
    /// Something is.
    Raised,
    /// It comes and goes.
    Flapping {
        /// Whether it is there just now.
        present: bool,
    },
}

/// What is to be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing: all is as it was.
    Same,
    /// The alarm is raised.
    Raised,
    /// The alarm is raised, for the how-manieth time within the window that is too often.
    RaisedFlapping,
    /// It is raised once more, and was all the time.
    Again,
    /// It is gone, and the alarm stays raised: the quiet time begins.
    Held,
    /// It was quiet for long enough, and is still there.
    Settled,
    /// The alarm is over.
    Cleared,
}

impl Damping {
    /// One that was raised in an earlier term of office.
    pub fn raised_before() -> Self {
        Self { standing: Standing::Raised, raises: VecDeque::new() }
    }

    /// Something is wrong.
    pub fn raise(&mut self, now: Moment, limits: Limits) -> Verdict {
        match &mut self.standing {
            Standing::Raised => Verdict::Again,
            Standing::Flapping { present } => {
                *present = true;
                Verdict::Again
            }
            Standing::Clear => {
                self.raises.push_back(now);
                while self.raises.len() > usize::from(limits.most) + 1
                    || self.raises.front().is_some_and(|first| now.since(*first) >= limits.window)
                {
                    self.raises.pop_front();
                }
                let too_often = limits.most > 0 && self.raises.len() > usize::from(limits.most);
                let (standing, verdict) = match too_often {
                    true => (Standing::Flapping { present: true }, Verdict::RaisedFlapping),
                    false => (Standing::Raised, Verdict::Raised),
                };
                self.standing = standing;
                verdict
            }
        }
    }

    /// Nothing is wrong any more.
    pub fn clear(&mut self) -> Verdict {
        let (standing, verdict) = match self.standing {
            Standing::Clear => (Standing::Clear, Verdict::Same),
            Standing::Raised => (Standing::Clear, Verdict::Cleared),
            Standing::Flapping { present: true } => (Standing::Flapping { present: false }, Verdict::Held),
            Standing::Flapping { present: false } => (self.standing, Verdict::Same),
        };
        self.standing = standing;
        verdict
    }

    /// It has neither come nor gone for the quiet time.
    pub fn quiet(&mut self) -> Verdict {
        let (standing, verdict) = match self.standing {
            Standing::Clear | Standing::Raised => (self.standing, Verdict::Same),
            Standing::Flapping { present: true } => (Standing::Raised, Verdict::Settled),
            Standing::Flapping { present: false } => (Standing::Clear, Verdict::Cleared),
        };
        self.standing = standing;
        verdict
    }

    /// Whether the alarm is raised.
    pub const fn is_raised(&self) -> bool {
        !matches!(self.standing, Standing::Clear)
    }

    /// Whether it comes and goes.
    pub const fn is_flapping(&self) -> bool {
        matches!(self.standing, Standing::Flapping { .. })
    }

    /// When it was raised last.
    pub fn last(&self) -> Option<Moment> {
        self.raises.back().copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: Limits = Limits { most: 2, window: Span::from_secs(60) };

    fn at(seconds: u64) -> Moment {
        Moment::ORIGIN + Span::from_secs(seconds)
    }

    #[test]
    fn what_comes_once_is_raised_and_cleared() {
        let mut damping = Damping::default();
        assert_eq!(damping.raise(at(1), LIMITS), Verdict::Raised);
        assert_eq!(damping.raise(at(2), LIMITS), Verdict::Again);
        assert_eq!(damping.clear(), Verdict::Cleared);
        assert_eq!(damping.clear(), Verdict::Same);
    }

    #[test]
    fn what_comes_too_often_stays_until_it_is_quiet() {
        let mut damping = Damping::default();
        for second in [1, 20] {
            assert_eq!(damping.raise(at(second), LIMITS), Verdict::Raised);
            assert_eq!(damping.clear(), Verdict::Cleared);
        }
        assert_eq!(damping.raise(at(40), LIMITS), Verdict::RaisedFlapping);
        assert_eq!((damping.clear(), damping.raise(at(41), LIMITS)), (Verdict::Held, Verdict::Again));
        assert_eq!(damping.quiet(), Verdict::Settled, "it is still there");
        assert_eq!(damping.clear(), Verdict::Cleared);
        assert_eq!(damping.raise(at(50), LIMITS), Verdict::RaisedFlapping);
        assert_eq!((damping.clear(), damping.quiet()), (Verdict::Held, Verdict::Cleared), "it was gone");
    }

    #[test]
    fn what_comes_now_and_then_never_flaps() {
        let mut damping = Damping::default();
        for second in 0..20 {
            assert_eq!(damping.raise(at(second * 30), LIMITS), Verdict::Raised, "{second}");
            damping.clear();
        }
    }

    proptest! {
        /// Within any window an alarm is raised as one that does not flap no more often than may be, and it is raised and
        /// cleared by turns.
        #[test]
        fn no_window_has_more_than_may_be(
            steps in prop::collection::vec((0_u64..20, 0_u8..4), 0..80),
            most in 1_u8..4,
        ) {
            let limits = Limits { most, ..LIMITS };
            let (mut damping, mut now, mut raised) = (Damping::default(), 0, false);
            let mut unhurried: Vec<u64> = Vec::new();
            for (later, step) in steps {
                now += later;
                let verdict = match step {
                    0 | 1 => damping.raise(at(now), limits),
                    2 => damping.clear(),
                    _ => damping.quiet(),
                };
                match verdict {
                    Verdict::Raised | Verdict::RaisedFlapping => {
                        prop_assert!(!raised);
                        raised = true;
                    }
                    Verdict::Cleared => {
                        prop_assert!(raised);
                        raised = false;
                    }
                    Verdict::Same | Verdict::Again | Verdict::Held | Verdict::Settled => {}
                }
                if verdict == Verdict::Raised {
                    unhurried.push(now);
                }
                prop_assert!(damping.raises.len() <= usize::from(most) + 1);
            }
            for window in unhurried.windows(usize::from(most) + 1) {
                prop_assert!(window[usize::from(most)] - window[0] >= 60, "{:?}", window);
            }
        }
    }
}
