//! The health of the voice switch and of the controller itself (docs/resilience.md 14.2.5). The shell tests and measures; what follows from
//! that is decided here, and is an alarm alone.

use trunklab_protocol::operator::{AlarmKind, AlarmObject};
use trunklab_protocol::{SlotHealth, Span};

use super::judgement::{Judgement, Limits};
use super::signals::Source;
use crate::controller::Controller;
use crate::output::Outbox;
use crate::timers::TimerKey;

/// A second in which an input waited for longer was a bad one.
pub const WAIT_MAX: Span = Span::from_millis(500);

/// A test of the switch that is not told of within this after the one before it was a bad one: whoever tests may have ended, or hang.
pub const TEST_WITHIN: Span = Span::from_secs(3);

/// A part of the controller that is judged, in the order of [`PARTS`].
#[derive(Debug, Clone, Copy)]
enum Part {
    Switch,
    Controller,
}

/// What its alarm is, and how many tests, or seconds, in a row change what is held of it: one row for each part.
const PARTS: [(Source, Limits); 2] = [
    (Source::new(AlarmKind::SwitchFaulty, AlarmObject::Switch), Limits { bad: 3, good: 3 }),
    (Source::new(AlarmKind::ControllerOverloaded, AlarmObject::System), Limits { bad: 3, good: 10 }),
];

/// What is held of each part.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnHealth([Judgement; PARTS.len()]);

impl OwnHealth {
    /// An alarm of an earlier term stands: what it is about, if it is one of ours, was faulty then.
    pub(super) fn recall(&mut self, source: Source) {
        for (held, (of, _)) in self.0.iter_mut().zip(&PARTS) {
            if *of == source {
                *held = Judgement::faulty_before();
            }
        }
    }
}

impl Controller {
    /// The voice switch has tested its port.
    pub(crate) fn switch_tested(&mut self, heard: bool, out: &mut Outbox) {
        self.judge(Part::Switch, heard, out);
        self.await_switch_test();
    }

    /// Timer: the switch was to tell of a test, and has not.
    pub(crate) fn switch_test_missed(&mut self, out: &mut Outbox) {
        self.judge(Part::Switch, false, out);
        self.await_switch_test();
    }

    /// Counted from when the caller woke: in a stall, however long, one test was missed.
    fn await_switch_test(&mut self) {
        self.timers.set(TimerKey::SwitchTest, self.woke + TEST_WITHIN);
    }

    /// A second is over: so long an input has waited in it at most.
    pub(crate) fn inputs_waited(&mut self, longest: Span, out: &mut Outbox) {
        self.judge(Part::Controller, longest <= WAIT_MAX, out);
    }

    fn judge(&mut self, part: Part, is_good: bool, out: &mut Outbox) {
        let (source, limits) = PARTS[part as usize];
        let held = &mut self.own_health.0[part as usize];
        let before = std::mem::replace(held, held.after(is_good, limits));
        let (was, is) = (before.health(), held.health());
        if was != is {
            self.take_signal((source, is == SlotHealth::Faulty), out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_stand_in_the_order_of_the_parts() {
        assert_eq!(PARTS[Part::Switch as usize].0.kind, AlarmKind::SwitchFaulty);
        assert_eq!(PARTS[Part::Controller as usize].0.kind, AlarmKind::ControllerOverloaded);
    }
}
