//! Demands for a floor that another unit has: who waits, who interrupts, and how a wait ends.

use trunklab_protocol::{Demand, FloorPolicy, Trunking};

use crate::support::{System, call, subscriber, talkgroup};
use trunklab_controller_core::config::{Change, Subscriber, Talkgroup};

const WAITERS: [u32; 3] = [1018, 1019, 1020];

/// Sites 3 and 5 in talkgroup 41, whose demands wait; unit 1017 talks at site 3, the others are at site 5.
fn talking_with(change: impl FnOnce(&mut Talkgroup)) -> System {
    let mut system = System::new();
    system.has_site(3, 2);
    system.has_site(5, 2);
    system.has_talkgroup_as(41, |talkgroup| {
        (talkgroup.floor, talkgroup.hang_time_ms) = (FloorPolicy::Queue, Some(3_000));
        change(talkgroup);
    });
    system.has_units_at(3, &[1017], 41);
    system.has_units_at(5, &WAITERS, 41);
    system.unit(1017).presses_ptt(41);
    system
}

fn talking() -> System {
    talking_with(|_| {})
}

fn gives_right(system: &mut System, number: u32, floor_demand: Demand) {
    system.provision(Change::Subscriber(Subscriber { floor_demand, ..subscriber(number, &[41]) }));
}

#[test]
fn a_demand_waits_and_gets_the_floor_when_the_talker_ends_without_hang_time() {
    let mut system = talking();
    system.unit(1018).presses_ptt_in(call(1));
    system.expect_sites_hear(&["site 5 -> unit 1018 waits for the floor of call 1, place 1"]);
    system.unit(1017).releases_ptt();
    system.expect_sites_hear(&[
        "site 3 -> call 1, channel 2, talker 1018",
        "site 5 -> call 1, channel 2, talker 1018 here",
    ]);
    system.expect("switch -> spurt 2 from site 5 to [3]");
}

#[test]
fn those_that_wait_move_up_and_are_told() {
    let mut system = talking();
    for unit in WAITERS {
        system.unit(unit).presses_ptt_in(call(1));
    }
    system.expect_sites_hear(&["site 5 -> unit 1020 waits for the floor of call 1, place 3"]);
    system.unit(1017).releases_ptt();
    system.expect("site 5 -> unit 1019 waits for the floor of call 1, place 1");
    system.expect("site 5 -> unit 1020 waits for the floor of call 1, place 2");
    system.unit(1018).releases_ptt();
    system.expect("site 3 -> call 1, channel 2, talker 1019");
}

#[test]
fn a_higher_demand_goes_first_where_the_unit_has_the_right() {
    let mut system = talking();
    gives_right(&mut system, 1020, Demand::High);
    system.unit(1018).demands_the_floor_of(call(1), Demand::High);
    system.expect_sites_hear(&["site 5 -> unit 1018 waits for the floor of call 1, place 1"]);
    system.unit(1019).presses_ptt_in(call(1));
    system.unit(1020).demands_the_floor_of(call(1), Demand::High);
    system.expect_sites_hear(&[
        "site 5 -> unit 1020 waits for the floor of call 1, place 1",
        "site 5 -> unit 1018 waits for the floor of call 1, place 2",
        "site 5 -> unit 1019 waits for the floor of call 1, place 3",
    ]);
}

#[test]
fn a_preemptive_demand_interrupts_the_talker_where_the_unit_has_the_right() {
    for policy in &[FloorPolicy::Refuse, FloorPolicy::Queue] {
        let mut system = talking_with(|talkgroup| talkgroup.floor = *policy);
        system.unit(1018).demands_the_floor_of(call(1), Demand::Preemptive);
        system.expect_no("stopped");
        gives_right(&mut system, 1019, Demand::Preemptive);
        system.unit(1019).demands_the_floor_of(call(1), Demand::Preemptive);
        system.expect("event: call 1: unit 1017 stopped: a more urgent demand took the floor");
        system.expect("site 3 -> unit 1017 loses the floor of call 1: a more urgent demand took the floor");
        system.expect("site 5 -> call 1, channel 2, talker 1019 here");
        system.unit(1019).releases_ptt();
        let waited = system.log.iter().any(|line| line.contains("talker 1018 here"));
        assert_eq!(waited, *policy == FloorPolicy::Queue);
    }
}

#[test]
fn a_preemptive_demand_does_not_interrupt_its_equal() {
    let mut system = talking();
    for number in [1018, 1019] {
        gives_right(&mut system, number, Demand::Preemptive);
    }
    system.unit(1018).demands_the_floor_of(call(1), Demand::Preemptive);
    system.expect("site 5 -> call 1, channel 2, talker 1018 here");
    system.unit(1019).demands_the_floor_of(call(1), Demand::Preemptive);
    system.expect_sites_hear(&["site 5 -> unit 1019 waits for the floor of call 1, place 1"]);
}

#[test]
fn an_emergency_in_the_talkgroups_own_call_interrupts_the_talker() {
    for policy in &[FloorPolicy::Refuse, FloorPolicy::Queue] {
        for on_the_slot in [true, false] {
            let mut system = talking_with(|talkgroup| talkgroup.floor = *policy);
            match on_the_slot {
                true => system.unit(1018).demands_the_floor_of(call(1), Demand::Emergency),
                false => system.unit(1018).presses_emergency(41),
            }
            system.expect("event: call 1: unit 1017 stopped: a more urgent demand took the floor");
            system.expect("site 3 -> call 1, channel 2, talker 1018, emergency");
            system.expect("site 5 -> call 1, channel 2, talker 1018 here, emergency");
            gives_right(&mut system, 1019, Demand::Preemptive);
            system.unit(1019).demands_the_floor_of(call(1), Demand::Preemptive);
            system.expect_no("stopped");
            system.unit(1020).demands_the_floor_of(call(1), Demand::Emergency);
            system.expect_no("stopped");
        }
    }
}

#[test]
fn a_request_for_the_call_waits_for_the_floor_as_well() {
    let mut system = talking();
    system.unit(1018).presses_ptt(41);
    system.expect_sites_hear(&["site 5 -> unit 1018 waits for the floor of call 1, place 1"]);
    system.unit(1018).repeats_its_request(41);
    system.expect_sites_hear(&["site 5 -> unit 1018 waits for the floor of call 1, place 1"]);
    system.unit(1017).releases_ptt();
    system.expect("site 5 -> call 1, channel 2, talker 1018 here");
}

#[test]
fn a_repeated_demand_gets_the_same_answer_and_a_new_press_keeps_its_place() {
    let mut system = talking();
    system.unit(1018).presses_ptt_in(call(1));
    system.unit(1019).presses_ptt_in(call(1));
    system.unit(1018).repeats_its_press_in(call(1));
    system.expect_sites_hear(&["site 5 -> unit 1018 waits for the floor of call 1, place 1"]);
    system.unit(1018).presses_ptt_in(call(1));
    system.expect_sites_hear(&["site 5 -> unit 1018 waits for the floor of call 1, place 1"]);
}

#[test]
fn a_cancelled_demand_is_forgotten_and_cancelling_twice_is_harmless() {
    let mut system = talking();
    system.unit(1018).presses_ptt_in(call(1));
    system.unit(1019).presses_ptt_in(call(1));
    system.unit(1018).cancels();
    system.expect_sites_hear(&[
        "site 5 -> unit 1019 waits for the floor of call 1, place 1",
        "site 5 -> unit 1018 not given the floor of call 1: the caller cancelled the request",
    ]);
    system.unit(1018).cancels();
    system.expect_sites_hear(&["site 5 -> unit 1018 refused: the caller cancelled the request"]);
    system.unit(1017).releases_ptt();
    system.expect("site 5 -> call 1, channel 2, talker 1019 here");
}

#[test]
fn a_cancel_that_crosses_the_grant_passes_the_floor_on() {
    let mut system = talking();
    system.unit(1018).presses_ptt_in(call(1));
    system.unit(1019).presses_ptt_in(call(1));
    system.unit(1017).releases_ptt();
    system.unit(1018).cancels();
    system.expect("event: call 1: unit 1018 stopped: the transmission ended");
    system.expect("site 5 -> call 1, channel 2, talker 1019 here");
}

#[test]
fn as_many_wait_as_may_and_nobody_for_ever() {
    let mut system = talking_with(|talkgroup| talkgroup.transmission_ms_max = Some(600_000));
    system.with(|parameters| {
        (parameters.floor_queue_len_max, parameters.floor_wait_ms_max) = (1, 7_000);
    });
    system.unit(1018).presses_ptt_in(call(1));
    system.unit(1019).presses_ptt_in(call(1));
    system.expect_sites_hear(&[
        "site 5 -> unit 1019 not given the floor of call 1: as many units wait for the floor as may",
    ]);
    system.unit(1020).presses_ptt(41);
    system.expect_sites_hear(&["site 5 -> unit 1020 refused: another unit has the floor"]);
    system.after_ms(6_999).expect_sites_hear(&[]);
    system.after_ms(1).expect_sites_hear(&[
        "site 5 -> unit 1018 not given the floor of call 1: the floor did not become free in time",
    ]);
}

#[test]
fn a_silent_talker_and_one_at_its_limit_are_followed_by_the_first_that_waits() {
    let mut system = talking();
    system.unit(1018).presses_ptt_in(call(1));
    system.unit(1017).falls_silent();
    system.expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
    system.expect("site 5 -> call 1, channel 2, talker 1018 here");
    system.unit(1019).presses_ptt_in(call(1));
    system.after_ms(60_000);
    system.expect("site 5 -> unit 1018 loses the floor of call 1: the talker reached the transmission limit");
    system.expect("site 5 -> call 1, channel 2, talker 1019 here");
}

#[test]
fn transmission_trunking_keeps_the_channel_while_somebody_waits() {
    let mut system = talking_with(|talkgroup| talkgroup.trunking = Trunking::Transmission);
    system.unit(1018).presses_ptt_in(call(1));
    system.unit(1017).releases_ptt();
    system.expect("site 5 -> call 1, channel 2, talker 1018 here");
    system.unit(1018).releases_ptt();
    system.expect("site 5 -> call 1 released: the transmission ended");
}

#[test]
fn a_talker_whose_end_was_lost_goes_behind_those_that_wait() {
    let mut system = talking();
    system.unit(1018).presses_ptt_in(call(1));
    system.unit(1017).presses_ptt_in(call(1));
    system.expect("site 5 -> call 1, channel 2, talker 1018 here");
    system.expect("site 3 -> unit 1017 waits for the floor of call 1, place 1");
}

#[test]
fn who_leaves_the_talkgroup_or_the_site_waits_no_longer() {
    let mut system = talking();
    for unit in WAITERS {
        system.unit(unit).presses_ptt_in(call(1));
    }
    system.unit(1018).is_switched_off();
    system.expect("event: call 1: unit 1018 refused: unit was switched off");
    system.loses_site(5);
    system.expect("event: call 1: unit 1019 refused: the connection broke or the peer closed it");
    system.unit(1017).releases_ptt();
    system.expect("site 3 -> call 1, channel 2, no talker");
}

#[test]
fn a_lost_site_with_the_talker_passes_the_floor_on() {
    let mut system = talking();
    system.unit(1018).presses_ptt_in(call(1));
    system.loses_site(3);
    system.expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
    system.expect("site 5 -> call 1, channel 2, talker 1018 here");
}

#[test]
fn a_call_that_is_over_leaves_nobody_waiting() {
    let mut system = talking();
    system.unit(1018).presses_ptt_in(call(1));
    system.input(trunklab_controller_core::input::Input::ClosingDown);
    system.expect("event: call 1: unit 1018 refused: the controller is shutting down");
    system.expect("store -> call 1 closed");
}

#[test]
fn the_record_says_why_each_spurt_ended_and_the_picture_who_waits() {
    let mut system = talking();
    gives_right(&mut system, 1020, Demand::Preemptive);
    system.unit(1018).presses_ptt_in(call(1));
    let waiting = |system: &System| -> Vec<u32> {
        let calls = system.controller.snapshot(system.now).calls;
        calls[0].waiting.iter().map(|view| view.unit.number()).collect()
    };
    assert_eq!(waiting(&system), [1018]);
    system.unit(1020).demands_the_floor_of(call(1), Demand::Preemptive);
    system.unit(1020).releases_ptt();
    assert!(waiting(&system).is_empty());
    system.unit(1018).releases_ptt();
    system.after_ms(3_000);
    let ends: Vec<_> = system.records[0].spurts.iter().map(|spurt| spurt.until.unwrap().1.name()).collect();
    assert_eq!(ends, ["FloorInterrupted", "TransmissionEnded", "TransmissionEnded"]);
    assert_eq!(system.records[0].parties, talkgroup(41).into());
}
