//! Emergencies from alarm to clearance (clauses 12.6.6 to 12.6.9).

use trunklab_controller_core::config::Change;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::Order;
use trunklab_protocol::{Demand, EmergencyKind, EmergencyPolicy, EmergencyStage, FloorPolicy};

use crate::support::{System, call, press, subscriber, talkgroup, unit};

fn acknowledge(number: u32) -> Order {
    Order::AcknowledgeEmergency { unit: unit(number) }
}

fn clear(number: u32) -> Order {
    Order::ClearEmergency { unit: unit(number) }
}

fn active(system: &System) -> Vec<(u32, EmergencyKind, EmergencyStage)> {
    let snapshot = system.controller.snapshot(system.now);
    snapshot.emergencies.iter().map(|view| (view.unit.number(), view.kind, view.stage)).collect()
}

#[test]
fn an_alarm_takes_no_channel_is_answered_and_is_kept() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).raises_the_alarm();
    system
        .expect("event: unit 1017 in an emergency: Alarm")
        .expect_sites_hear(&["site 3 -> unit 1017: emergency Raised"])
        .expect_no("call");
    system.unit(1017).repeats_its_alarm();
    system.expect_sites_hear(&["site 3 -> unit 1017: emergency Raised"]).expect_no("event");
    assert_eq!(active(&system), [(1017, EmergencyKind::Alarm, EmergencyStage::Raised)]);
}

#[test]
fn the_console_acknowledges_and_clears_and_the_radio_is_told() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).raises_the_alarm();
    system.console(acknowledge(1017));
    system
        .expect("event: emergency of 1017 acknowledged by desk")
        .expect("order carried out")
        .expect_sites_hear(&["site 3 -> unit 1017: emergency Acknowledged"]);
    system.console(acknowledge(1017));
    system.expect("order carried out").expect_sites_hear(&[]).expect_no("event");
    system.console(clear(1017));
    system
        .expect("event: emergency of 1017 cleared by desk")
        .expect_sites_hear(&["site 3 -> unit 1017: emergency Cleared"]);
    assert_eq!(active(&system), []);
}

#[test]
fn an_order_about_an_emergency_that_is_not_there_has_its_cause_and_changes_nothing() {
    let mut system = System::with_two_sites(1);
    let before = system.controller.snapshot(system.now).emergencies;
    for order in [acknowledge(1017), clear(1017), clear(99)] {
        system.console(order);
        system
            .expect("order not carried out: the unit has no emergency that is active")
            .expect("event: order of desk refused: the unit has no emergency that is active")
            .expect_sites_hear(&[]);
    }
    assert_eq!(system.controller.snapshot(system.now).emergencies, before);
}

#[test]
fn who_asks_after_it_was_cleared_is_told_so() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).raises_the_alarm();
    system.console(clear(1017));
    system.unit(1017).repeats_its_alarm();
    system.expect_sites_hear(&["site 3 -> unit 1017: emergency Cleared"]);
    system.unit(1017).raises_the_alarm();
    system.expect("event: unit 1017 in an emergency: Alarm");
}

#[test]
fn an_alarm_raised_anew_wants_to_be_acknowledged_anew() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).raises_the_alarm();
    system.console(acknowledge(1017));
    system.unit(1017).raises_the_alarm();
    system.expect("event: unit 1017 in an emergency: Alarm");
    assert_eq!(active(&system), [(1017, EmergencyKind::Alarm, EmergencyStage::Raised)]);
}

#[test]
fn a_late_copy_of_an_earlier_alarm_is_dropped() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).raises_the_alarm();
    let earlier = system.unit(1017).last_press();
    system.unit(1017).raises_the_alarm();
    system
        .from_site(3, trunklab_protocol::from_site::Alarm { unit: unit(1017), press: earlier, known: false });
    system.expect_sites_hear(&[]).expect("event: dropped: the message repeats what is already known");
}

#[test]
fn more_emergencies_than_may_be_are_refused_and_an_emergency_call_goes_on_without() {
    let mut system = System::with_two_sites(1);
    system.with(|system| system.emergencies_max = 1);
    system.unit(1018).raises_the_alarm();
    system.unit(1017).raises_the_alarm();
    system.expect_sites_hear(&["site 3 -> unit 1017 refused: as many emergencies are active as may"]);
    system.unit(1017).presses_emergency(41);
    system
        .expect("event: dropped: as many emergencies are active as may")
        .expect("site 3 -> call 1, channel 2, talker 1017 here, emergency");
}

#[test]
fn an_emergency_request_is_an_emergency_whatever_becomes_of_it() {
    let mut system = System::with_two_sites(1);
    system.with(|system| (system.queue_len_max, system.call_back_ms) = (0, 4_000));
    system.has_talkgroup(42);
    system.has_units_at(3, &[1042], 42);
    system.unit(1042).presses_ptt(42);
    system.unit(1017).presses_emergency(41);
    system
        .expect("event: unit 1017 in an emergency: Call")
        .expect("site 3 -> unit 1017 refused: all channels are busy and the queue is full");
    assert_eq!(active(&system), [(1017, EmergencyKind::Call, EmergencyStage::Raised)]);
    system.unit(1017).repeats_its_alarm();
    system.expect_sites_hear(&["site 3 -> unit 1017: emergency Raised"]);
}

#[test]
fn a_request_that_fails_its_checks_is_no_emergency() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).presses_emergency(42);
    system.expect_no("in an emergency");
    assert_eq!(active(&system), []);
}

#[test]
fn a_call_whose_emergency_is_cleared_goes_on_as_a_usual_one() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).presses_emergency(41);
    system.console(clear(1017));
    system.expect("event: call 1 is no emergency call any more").expect_no("released").expect_sites_hear(&[
        "site 3 -> unit 1017: emergency Cleared",
        "site 3 -> call 1, channel 2, talker 1017 here",
        "site 5 -> call 1, channel 2, talker 1017",
    ]);
    assert!(!system.controller.snapshot(system.now).calls[0].emergency);
    system.unit(1017).releases_ptt();
    system.after_ms(3_000);
    assert_eq!(system.records[0].kind, RequestKind::Emergency, "its record says that it was one");
}

#[test]
fn a_call_is_an_emergency_call_until_its_last_emergency_is_cleared() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).presses_emergency(41);
    system.unit(1018).demands_the_floor_of(call(1), Demand::Emergency);
    system.console(clear(1017));
    system.expect_no("no emergency call");
    system.console(clear(1018));
    system.expect("event: call 1 is no emergency call any more");
    // Of an alarm that asks for no call nothing follows for one.
    system.unit(1017).raises_the_alarm();
    system.console(clear(1017));
    system.expect_no("no emergency call");
}

#[test]
fn a_cleared_call_hangs_for_its_usual_time() {
    let mut system = System::with_two_sites(1);
    system.with(|system| system.emergency_hang_time_ms = Some(60_000));
    system.unit(1017).presses_emergency(41);
    system.unit(1017).releases_ptt();
    system.after_ms(10_000).expect_no("released");
    system.console(clear(1017));
    system.expect("site 3 -> call 1, channel 2, no talker");
    system.after_ms(2_999).expect_no("released");
    system.after_ms(1).expect("site 3 -> call 1 released: nobody spoke before hang time ran out");
}

#[test]
fn a_cleared_call_can_be_cut() {
    let mut system = System::with_two_sites(1);
    system.with(|system| system.emergency = EmergencyPolicy::Ruthless);
    system.has_talkgroup(42);
    system.has_units_at(3, &[1042], 42);
    system.unit(1017).presses_emergency(41);
    system.unit(1042).presses_emergency(42);
    system.expect("site 3 -> unit 1042 waits, position 1");
    system.console(clear(1017));
    system
        .expect("site 3 -> call 1 released: the channel was taken for a call of higher priority")
        .expect("site 3 -> call 2, channel 2, talker 1042 here, emergency");
}

#[test]
fn a_request_whose_emergency_is_cleared_waits_as_a_usual_one() {
    let mut system = System::with_two_sites(1);
    for number in [42, 43, 44] {
        system.has_talkgroup(number);
        system.has_units_at(3, &[1_000 + u32::from(number)], number);
    }
    system.unit(1042).presses_ptt(42);
    system.unit(1043).presses_ptt(43);
    system.unit(1044).presses_emergency(44);
    system.expect("site 3 -> unit 1044 waits, position 1");
    system.console(clear(1044));
    system.expect("site 3 -> unit 1044 waits, position 2").expect("site 3 -> unit 1043 waits, position 1");
    system.unit(1042).releases_ptt();
    system.after_ms(3_000).expect("site 3 -> call 2, channel 2, talker 1043 here");
}

#[test]
fn who_missed_that_its_emergency_was_cleared_does_not_raise_it_again() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).raises_the_alarm();
    let raised = system.unit(1017).last_press();
    system.loses_site(3);
    system.console(clear(1017));
    system.has_units_at(5, &[1017], 41);
    let alarm = trunklab_protocol::from_site::Alarm { unit: unit(1017), press: raised, known: true };
    system.from_site(5, alarm.clone());
    system.expect("site 5 -> unit 1017: emergency Cleared").expect_no("in an emergency");
    assert_eq!(active(&system), []);
    // A radio that was started anew counts from the beginning: what it raises is another emergency, whatever its number.
    system.from_site(5, trunklab_protocol::from_site::Alarm { known: false, ..alarm.clone() });
    system.expect("event: unit 1017 in an emergency: Alarm").expect("site 5 -> unit 1017: emergency Raised");
    system.from_site(5, alarm);
    system.expect("site 5 -> unit 1017: emergency Raised").expect_no("in an emergency");
}

#[test]
fn an_emergency_that_this_term_does_not_know_is_raised_again() {
    let mut system = System::with_two_sites(1);
    let alarm = trunklab_protocol::from_site::Alarm { unit: unit(1017), press: press(9), known: true };
    system.from_site(3, alarm);
    system.expect("event: unit 1017 in an emergency: Alarm");
}

#[test]
fn a_unit_that_cannot_be_reached_is_told_when_it_asks() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).raises_the_alarm();
    system.loses_site(3);
    system.console(acknowledge(1017));
    system.expect("order carried out").expect_sites_hear(&[]);
    system.has_units_at(5, &[1017], 41);
    system.unit(1017).raises_the_alarm();
    assert_eq!(active(&system), [(1017, EmergencyKind::Alarm, EmergencyStage::Raised)]);
}

#[test]
fn an_emergency_outlives_the_registration_of_its_unit() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).raises_the_alarm();
    system.unit(1017).is_switched_off();
    assert_eq!(active(&system).len(), 1);
    system.console(clear(1017));
    system.expect("order carried out").expect_sites_hear(&[]);
}

/// Talkgroup 49 is where unit 1017 asks for emergency calls; unit 1049 is there, at site 5.
fn with_emergency_talkgroup() -> System {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup(49);
    system.has_units_at(5, &[1049], 49);
    let mut programmed = subscriber(1017, &[41, 49]);
    programmed.emergency_talkgroup = Some(talkgroup(49));
    system.provision(Change::Subscriber(programmed));
    system
}

#[test]
fn an_emergency_request_affiliates_to_the_emergency_talkgroup_in_the_same_step() {
    let mut system = with_emergency_talkgroup();
    system.unit(1017).presses_emergency(49);
    system
        .expect("site 3 -> unit 1017 affiliated to 49")
        .expect("site 3 -> call 1, channel 2, talker 1017 here, emergency")
        .expect("site 5 -> call 1, channel 2, talker 1017, emergency");
    system.unit(1017).releases_ptt();
    system.unit(1017).affiliates_to(41);
    system
        .expect("site 3 -> unit 1017 affiliated to 41")
        .expect("event: call 1 left by site 3: no listener is left");
}

#[test]
fn other_requests_and_other_talkgroups_affiliate_nobody() {
    let mut system = with_emergency_talkgroup();
    system.unit(1017).presses_ptt(49);
    system.expect_sites_hear(&["site 3 -> unit 1017 refused: unit is not affiliated to the talkgroup"]);
    system.provision(Change::Subscriber(subscriber(1017, &[41, 49])));
    system.unit(1017).presses_emergency(49);
    system.expect_sites_hear(&["site 3 -> unit 1017 refused: unit is not affiliated to the talkgroup"]);
}

#[test]
fn a_talker_in_an_emergency_keeps_its_floor_and_its_call_is_an_emergency_call() {
    let mut system = System::with_two_sites(1);
    system.has_talkgroup_as(41, |talkgroup| talkgroup.floor = FloorPolicy::Queue);
    system.unit(1017).presses_ptt(41);
    let (_, spurt) = system.grant_of(1017);
    system.unit(1017).demands_the_floor_of(call(1), Demand::Emergency);
    system
        .expect("event: unit 1017 in an emergency: Call")
        .expect("event: call 1 made an emergency by unit 1017")
        .expect("site 3 -> call 1, channel 2, talker 1017 here, emergency")
        .expect("site 3 -> unit 1017: emergency Raised")
        .expect_no("stopped");
    assert_eq!(system.grant_of(1017).1, spurt, "the spurt goes on");
    system.unit(1018).demands_the_floor_of(call(1), Demand::Emergency);
    system.expect("site 5 -> unit 1018 waits for the floor of call 1, place 1");
    let again = system.unit(1017).last_press();
    assert_eq!(again, press(3));
    system.from_site(
        3,
        trunklab_protocol::from_site::FloorRequest {
            unit: unit(1017),
            press: again,
            call: call(1),
            demand: Demand::Emergency,
        },
    );
    system.expect("site 3 -> unit 1017: emergency Raised").expect_no("in an emergency");
    system.unit(1017).releases_ptt();
    system.expect("site 5 -> call 1, channel 2, talker 1018 here, emergency");
}
