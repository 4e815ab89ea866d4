//! Which consoles have fallen silent in mid-spurt: a site reports its own talkers, a console has nobody who would.

use std::collections::BTreeMap;

use trunklab_protocol::{Moment, Span, SpurtId};

use super::admission::ReplayWindow;

/// How often a switch looks who is silent.
pub const SILENCE_LOOK: Span = Span::from_millis(100);

/// A console that speaks.
#[derive(Debug, Clone)]
struct Listening {
    /// What had passed when it was looked at last.
    passed: ReplayWindow,
    /// Since when that is all.
    since: Moment,
    longest: Span,
}

/// The consoles that speak now.
#[derive(Debug, Clone, Default)]
pub struct Silence {
    consoles: BTreeMap<SpurtId, Listening>,
}

impl Silence {
    /// A console begins a spurt. It may be silent for so long.
    pub fn begin(&mut self, spurt: SpurtId, longest: Span, now: Moment) {
        let passed = ReplayWindow::default();
        self.consoles.entry(spurt).or_insert(Listening { passed, since: now, longest });
    }

    /// The spurt is over.
    pub fn end(&mut self, spurt: SpurtId) {
        self.consoles.remove(&spurt);
    }

    /// Whether no console speaks.
    pub fn is_empty(&self) -> bool {
        self.consoles.is_empty()
    }

    /// The spurts of consoles that have been silent for too long, each named once. `passed` tells what has passed of one.
    pub fn look(&mut self, now: Moment, passed: impl Fn(SpurtId) -> Option<ReplayWindow>) -> Vec<SpurtId> {
        let mut silent = Vec::new();
        for (spurt, listening) in &mut self.consoles {
            let Some(passed) = passed(*spurt) else { continue };
            if passed != listening.passed {
                (listening.passed, listening.since) = (passed, now);
            } else if now.since(listening.since) >= listening.longest {
                silent.push(*spurt);
            }
        }
        for spurt in &silent {
            self.consoles.remove(spurt);
        }
        silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Span = Span::from_secs(1);

    fn at(millis: u64) -> Moment {
        Moment::ORIGIN + Span::from_millis(millis)
    }

    #[test]
    fn a_console_is_silent_once_when_nothing_passes_for_too_long() {
        let spurt = SpurtId::new(9).unwrap();
        let mut window = ReplayWindow::default();
        let mut silence = Silence::default();
        silence.begin(spurt, LONGEST, at(0));
        assert_eq!(silence.look(at(900), |_| Some(window)), []);
        window.pass(1, 480).unwrap();
        assert_eq!(silence.look(at(950), |_| Some(window)), [], "it has spoken");
        assert_eq!(silence.look(at(1_949), |_| Some(window)), []);
        assert_eq!(silence.look(at(1_950), |_| Some(window)), [spurt]);
        assert_eq!(silence.look(at(9_000), |_| Some(window)), [], "it was named");
    }

    #[test]
    fn a_spurt_that_is_over_is_not_listened_for() {
        let spurt = SpurtId::new(9).unwrap();
        let mut silence = Silence::default();
        silence.begin(spurt, LONGEST, at(0));
        silence.end(spurt);
        assert_eq!(silence.look(at(1_000), |_| Some(ReplayWindow::default())), []);
    }
}
