//! The health of the voice switch and of the controller itself (docs/resilience.md 14.2.5).

use trunklab_controller_core::config::Change;
use trunklab_controller_core::fault::{AlarmRecord, Source, Stamp};
use trunklab_controller_core::input::Input;
use trunklab_protocol::operator::{AlarmId, AlarmKind, AlarmObject};
use trunklab_protocol::switch::LoopedBack;
use trunklab_protocol::{Epoch, Moment, Span};

use crate::support::System;

const SWITCH: &str = "SwitchFaulty of voice switch";
const CONTROLLER: &str = "ControllerOverloaded of system";

impl System {
    /// A second at whose end the shell says this. What was said before it is forgotten.
    fn second(&mut self, input: Input) -> &mut Self {
        let mut said = std::mem::take(&mut self.after_ms(1_000).log);
        self.input(input);
        said.append(&mut self.log);
        self.log = said;
        self
    }

    /// A second at whose end the switch has tested its port.
    fn switch_hears(&mut self, heard: bool) -> &mut Self {
        self.second(Input::FromSwitch(LoopedBack { heard }.into()))
    }

    /// Several seconds, in each of which an input has waited for so long.
    fn waits(&mut self, seconds: u32, longest_ms: u32) -> &mut Self {
        let mut said = Vec::new();
        for _ in 0..seconds {
            said.append(&mut self.second(Input::Waited { longest_ms }).log);
        }
        self.log = said;
        self
    }

    /// Three tests of the switch, all alike.
    fn switch_turns(&mut self, heard: bool) -> &mut Self {
        self.switch_hears(heard).expect_no("alarm");
        self.switch_hears(heard).expect_no("alarm");
        self.switch_hears(heard)
    }

    /// The shell wakes the core whenever it is due, and says nothing else.
    fn runs_for(&mut self, ms: u64) -> &mut Self {
        let (until, mut said) = (self.now + Span::from_millis(ms), Vec::new());
        while let Some(deadline) = self.controller.next_deadline().filter(|deadline| deadline.at <= until) {
            self.now = deadline.at;
            self.input(Input::Time);
            said.append(&mut self.log);
        }
        self.now = until;
        self.input(Input::Time);
        said.append(&mut self.log);
        self.log = said;
        self
    }

    /// Nobody wakes the core for so long.
    fn stands_still_for(&mut self, ms: u64) -> &mut Self {
        self.after_ms(ms)
    }

    fn finds_standing(&mut self, kind: AlarmKind, object: AlarmObject) {
        let of_before = |counter| AlarmId { epoch: Epoch::new(1).unwrap(), counter };
        self.provision(Change::Alarm(Box::new(AlarmRecord {
            id: of_before(9),
            source: Source { kind, object },
            raised: Stamp { epoch: Epoch::new(1).unwrap(), at: Moment::ORIGIN },
            cleared: None,
            count: 1,
            flapping: false,
            acknowledged: None,
        })));
    }

    fn alarm_count(&self) -> usize {
        self.controller.snapshot(self.now).alarms.len()
    }
}

#[test]
fn three_bad_tests_in_a_row_make_the_switch_faulty_and_three_good_ones_sound() {
    let mut system = System::with_two_sites(2);
    for heard in [false, false, true, false, false, true] {
        system.switch_hears(heard).expect_no("alarm");
    }
    system.switch_turns(false).expect(&format!("event: alarm 1.1 {SWITCH}: Raised"));
    system.expect("store -> alarm 1.1");
    for heard in [true, true, false, false, false] {
        system.switch_hears(heard).expect_no("alarm");
    }
    let alarms = system.controller.snapshot(system.now).alarms;
    assert_eq!(
        alarms.iter().map(|alarm| (alarm.object, alarm.count)).collect::<Vec<_>>(),
        [(AlarmObject::Switch, 1)]
    );
    system.switch_turns(true).expect(&format!("event: alarm 1.1 {SWITCH}: Cleared"));
    assert_eq!(system.alarm_count(), 0);
}

#[test]
fn a_controller_is_overloaded_after_three_seconds_and_sound_after_ten() {
    let mut system = System::with_two_sites(2);
    system.waits(20, 500).expect_no("alarm");
    system.waits(2, 501).expect_no("alarm");
    system.waits(1, 500).expect_no("alarm");
    system.waits(2, u32::MAX).expect_no("alarm");
    system.waits(1, 501).expect(&format!("event: alarm 1.1 {CONTROLLER}: Raised"));
    system.waits(9, 0).expect_no("alarm");
    system.waits(1, 501).expect_no("alarm");
    system.waits(9, 0).expect_no("alarm");
    system.waits(1, 0).expect(&format!("event: alarm 1.1 {CONTROLLER}: Cleared"));
}

/// A long stall is one second in which something waited.
#[test]
fn a_single_stall_is_no_overload() {
    let mut system = System::with_two_sites(2);
    for _ in 0..5 {
        system.waits(1, 60_000).expect_no("alarm");
        system.waits(1, 3).expect_no("alarm");
    }
}

#[test]
fn both_are_parts_of_their_own() {
    let mut system = System::with_two_sites(2);
    system.switch_turns(false).expect(&format!("event: alarm 1.1 {SWITCH}: Raised"));
    system.waits(3, 501).expect(&format!("event: alarm 1.2 {CONTROLLER}: Raised"));
    system.switch_turns(true).expect(&format!("event: alarm 1.1 {SWITCH}: Cleared"));
    system.waits(10, 0).expect(&format!("event: alarm 1.2 {CONTROLLER}: Cleared"));
}

#[test]
fn a_switch_that_comes_and_goes_is_one_alarm_until_it_is_quiet() {
    let mut system = System::with_two_sites(2);
    system.with(|system| (system.alarm_flaps_max, system.alarm_quiet_ms) = (1, 20_000));
    system.switch_turns(false).expect(&format!("event: alarm 1.1 {SWITCH}: Raised"));
    system.switch_turns(true).expect(&format!("event: alarm 1.1 {SWITCH}: Cleared"));
    system.switch_turns(false).expect(&format!("event: alarm 1.2 {SWITCH}: Flaps"));
    system.switch_turns(true).expect_no("alarm");
    system.switch_turns(false).expect_no("alarm");
    system.switch_turns(true).expect_no("alarm");
    for _ in 0..19 {
        system.switch_hears(true).expect_no("alarm");
    }
    system.after_ms(999).expect_no("alarm");
    system.after_ms(1).expect(&format!("event: alarm 1.2 {SWITCH}: Cleared"));
}

#[test]
fn an_overload_that_goes_on_when_it_is_quiet_goes_on_as_any_other() {
    let mut system = System::with_two_sites(2);
    system.with(|system| (system.alarm_flaps_max, system.alarm_quiet_ms) = (1, 20_000));
    system.waits(3, 501).waits(10, 0);
    system.waits(3, 501).expect(&format!("event: alarm 1.2 {CONTROLLER}: Flaps"));
    system.waits(20, 501).expect(&format!("event: alarm 1.2 {CONTROLLER}: Settled"));
    system.waits(10, 0).expect(&format!("event: alarm 1.2 {CONTROLLER}: Cleared"));
}

#[test]
fn a_controller_that_is_started_again_clears_by_its_own_tests_what_stands() {
    let mut system = System::with_two_sites(2);
    system.starts(2);
    system.finds_standing(AlarmKind::SwitchFaulty, AlarmObject::Switch);
    for heard in [true, true, false] {
        system.switch_hears(heard).expect_no("alarm");
    }
    system.switch_turns(true).expect(&format!("event: alarm 1.9 {SWITCH}: Cleared"));

    system.starts(3);
    system.finds_standing(AlarmKind::ControllerOverloaded, AlarmObject::System);
    system.waits(3, 501).expect_no("alarm");
    system.waits(9, 0).expect_no("alarm");
    system.waits(1, 0).expect(&format!("event: alarm 1.9 {CONTROLLER}: Cleared"));
}

/// What was held in the term before is not held in the next, where no alarm of it stands.
#[test]
fn a_new_term_knows_no_more_than_the_alarms_that_stand() {
    let mut system = System::with_two_sites(2);
    system.switch_turns(false).expect(&format!("event: alarm 1.1 {SWITCH}: Raised"));
    system.starts(2);
    assert_eq!(system.alarm_count(), 0);
    system.switch_turns(false).expect(&format!("event: alarm 2.1 {SWITCH}: Raised"));
}

/// Whoever tests may have ended, or hang: nobody else would say so.
#[test]
fn tests_that_do_not_come_are_bad_ones() {
    let mut system = System::with_two_sites(2);
    system.switch_hears(true);
    system.runs_for(8_999).expect_no("alarm");
    system.runs_for(1).expect(&format!("event: alarm 1.1 {SWITCH}: Raised"));
    system.runs_for(60_000).expect_no("alarm");
    system.switch_turns(true).expect(&format!("event: alarm 1.1 {SWITCH}: Cleared"));
}

#[test]
fn a_test_that_does_not_come_counts_as_one_that_was_not_heard() {
    let mut system = System::with_two_sites(2);
    system.switch_hears(false).expect_no("alarm");
    system.switch_hears(false).expect_no("alarm");
    system.runs_for(2_999).expect_no("alarm");
    system.runs_for(1).expect(&format!("event: alarm 1.1 {SWITCH}: Raised"));
    system.switch_hears(true).switch_hears(true).expect_no("alarm");
    system.runs_for(3_000).expect_no("alarm");
    system.switch_turns(true).expect(&format!("event: alarm 1.1 {SWITCH}: Cleared"));
}

#[test]
fn a_test_that_comes_late_but_comes_is_no_bad_one() {
    let mut system = System::with_two_sites(2);
    for _ in 0..10 {
        system.switch_hears(true).expect_no("alarm");
        system.runs_for(1_999).expect_no("alarm");
    }
    assert_eq!(system.alarm_count(), 0);
}

#[test]
fn a_switch_that_never_told_of_a_test_misses_none() {
    let mut system = System::with_two_sites(2);
    system.runs_for(60_000).expect_no("alarm");
    assert_eq!(system.alarm_count(), 0);
}

/// What has stood still has missed one test, however many it would have been.
#[test]
fn a_controller_that_stood_still_does_not_blame_the_switch() {
    let mut system = System::with_two_sites(2);
    system.switch_hears(true).stands_still_for(60_000).expect_no("alarm");
    system.switch_hears(true).stands_still_for(60_000).expect_no("alarm");
    assert_eq!(system.alarm_count(), 0);
}

#[test]
fn a_controller_that_ends_or_begins_anew_misses_no_test() {
    let mut system = System::with_two_sites(2);
    system.switch_hears(false).switch_hears(false);
    system.starts(2);
    system.runs_for(60_000).expect_no("alarm");

    system.switch_hears(false).switch_hears(false);
    system.input(Input::ClosingDown);
    system.runs_for(60_000).expect_no("alarm");
    assert!(system.controller.next_deadline().is_none(), "{:?}", system.controller.next_deadline());
    system.switch_hears(false).expect_no("alarm");
    system.runs_for(60_000).expect_no("alarm");
}

/// Equal inputs at equal moments, some of them late: a controller that is given them again holds the same.
#[test]
fn given_again_the_inputs_of_a_switch_that_falls_silent_say_the_same() {
    let course = || {
        let mut system = System::with_two_sites(2);
        system.switch_hears(true).stands_still_for(4_000);
        system.runs_for(4_000).switch_hears(true).switch_hears(false);
        let mut said = system.runs_for(10_000).log.clone();
        said.append(&mut system.switch_turns(true).log);
        (said, format!("{:?}", system.controller))
    };
    assert_eq!(course(), course());
}
