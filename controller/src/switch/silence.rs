//! Which consoles have fallen silent in mid-spurt: a site reports its own talkers, a console has nobody who would.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use trunklab_controller_core::switch::ReplayWindow;
use trunklab_protocol::SpurtId;

/// A console that speaks.
#[derive(Debug)]
struct Listening {
    /// What had passed when it was looked at last.
    passed: ReplayWindow,
    /// Since when that is all.
    since: Instant,
    longest: Duration,
}

/// The consoles that speak now.
#[derive(Debug, Default)]
pub(super) struct Silence {
    consoles: BTreeMap<SpurtId, Listening>,
}

impl Silence {
    /// A console begins a spurt. It may be silent for so long.
    pub fn begin(&mut self, spurt: SpurtId, longest: Duration, now: Instant) {
        let passed = ReplayWindow::default();
        self.consoles.entry(spurt).or_insert(Listening { passed, since: now, longest });
    }

    /// The spurt is over.
    pub fn end(&mut self, spurt: SpurtId) {
        self.consoles.remove(&spurt);
    }

    /// The spurts of consoles that have been silent for too long, each named once. `passed` tells what has passed of one.
    pub fn look(&mut self, now: Instant, passed: impl Fn(SpurtId) -> Option<ReplayWindow>) -> Vec<SpurtId> {
        let mut silent = Vec::new();
        for (spurt, listening) in &mut self.consoles {
            let Some(passed) = passed(*spurt) else { continue };
            if passed != listening.passed {
                (listening.passed, listening.since) = (passed, now);
            } else if now.duration_since(listening.since) >= listening.longest {
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

    const LONGEST: Duration = Duration::from_secs(1);

    #[test]
    fn a_console_is_silent_once_when_nothing_passes_for_too_long() {
        let spurt = SpurtId::new(9).unwrap();
        let begin = Instant::now();
        let at = |millis| begin + Duration::from_millis(millis);
        let mut window = ReplayWindow::default();
        let mut silence = Silence::default();
        silence.begin(spurt, LONGEST, begin);
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
        let begin = Instant::now();
        let mut silence = Silence::default();
        silence.begin(spurt, LONGEST, begin);
        silence.end(spurt);
        assert_eq!(silence.look(begin + LONGEST, |_| Some(ReplayWindow::default())), []);
    }
}
