//! Which sites carry a call: where somebody listens, and only there.

use crate::support::System;

fn talking() -> System {
    let mut system = System::with_two_sites(1);
    system.has_site(7, 1);
    system.unit(1017).presses_ptt(41);
    system
}

#[test]
fn a_late_listener_brings_the_call_to_its_site() {
    let mut system = talking();
    system.has_units_at(7, &[1020], 41);
    system.expect("site 7 -> call 1, channel 2, talker 1017");
    system
        .expect("switch -> spurt 1 from site 3 to [5 7]")
        .expect("event: call 1 joined by site 7, channel 2");
}

#[test]
fn a_late_listener_at_a_full_site_is_served_when_a_channel_is_given_back() {
    let mut system = talking();
    system.has_talkgroup_with(42, 5, Some(0));
    system.has_units_at(7, &[1042], 42);
    system.unit(1042).presses_ptt(42);
    system.has_units_at(7, &[1020], 41);
    system.expect_no("joined");
    system.unit(1042).releases_ptt();
    system.expect("site 7 -> call 1, channel 2, talker 1017");
}

#[test]
fn a_site_whose_last_listener_leaves_is_released() {
    let mut system = talking();
    system.unit(1018).is_switched_off();
    system.expect_sites_hear(&["site 5 -> call 1 released: no listener is left"]);
    system
        .expect("switch -> spurt 1 from site 3 to []")
        .expect("event: call 1 left by site 5: no listener is left");
}

#[test]
fn a_call_that_nobody_can_hear_is_released() {
    let mut system = talking();
    system.unit(1017).releases_ptt();
    system.unit(1018).is_switched_off();
    system.unit(1017).is_switched_off();
    system.expect("event: call 1 released: no listener is left");
}

#[test]
fn a_listener_who_moves_takes_the_call_along() {
    let mut system = talking();
    system.unit(1018).registers_at(7, Some(41));
    system.expect("site 7 -> call 1, channel 2, talker 1017");
    system.expect("site 5 -> call 1 released: no listener is left");
}

#[test]
fn a_talker_who_moves_loses_the_floor() {
    let mut system = talking();
    system.unit(1017).registers_at(7, Some(41));
    system.expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
    system
        .expect("site 7 -> call 1, channel 2, no talker")
        .expect("site 3 -> call 1 released: no listener is left");
}

#[test]
fn a_talker_who_registers_again_where_it_is_keeps_the_floor() {
    let mut system = talking();
    system.unit(1017).registers_at(3, Some(41));
    system.expect_no("stopped").expect_no("released");
}

#[test]
fn who_changes_the_talkgroup_leaves_the_call() {
    let mut system = talking();
    system.has_talkgroup(42);
    let both = crate::support::subscriber(1018, &[41, 42]);
    system.provision(trunklab_controller_core::config::Change::Subscriber(both));
    system.unit(1018).affiliates_to(42);
    system.expect("site 5 -> call 1 released: no listener is left");
}

#[test]
fn a_press_from_a_site_that_lacks_the_call_waits_for_a_channel_there() {
    let mut system = talking();
    system.has_talkgroup_with(42, 5, Some(0));
    system.has_units_at(7, &[1042], 42);
    system.unit(1042).presses_ptt(42);
    system.has_units_at(7, &[1020], 41);
    system.unit(1017).releases_ptt();
    system.unit(1020).presses_ptt(41);
    system.expect("site 7 -> unit 1020 waits, position 1");
    system.unit(1042).releases_ptt();
    system
        .expect("site 7 -> call 1, channel 2, talker 1020 here")
        .expect("site 3 -> call 1, channel 2, talker 1020");
}

#[test]
fn a_unit_that_moves_was_registered_all_the_time() {
    let mut system = talking();
    system.unit(1018).registers_at(7, Some(41));
    system
        .expect("site 5 -> unit 1018 deregistered: unit registered at another site")
        .expect("event: unit 1018 moved from site 5 to site 7")
        .expect_no("event: unit 1018 registered")
        .expect_no("event: unit 1018 left");
}

#[test]
fn a_unit_that_only_says_that_it_moves_has_not() {
    let mut system = talking();
    system.unit(1018).asks_to_register_at(7);
    system.expect_no("deregistered").expect_no("moved");
    system.unit(1018).answers(trunklab_protocol::proof::Response::new([0; 8]), Some(41));
    system.expect_no("deregistered").expect_no("moved");
}
