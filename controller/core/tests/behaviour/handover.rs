//! A talker that moves: the floor is kept for it, and goes with it.

use trunklab_protocol::Demand;

use crate::support::System;

/// Unit 1017 talks at site 3, unit 1018 listens at site 5; site 7 has one channel and nobody.
fn talking() -> System {
    let mut system = System::with_two_sites(2);
    system.has_site(7, 1);
    system.unit(1017).presses_ptt(41);
    system
}

/// The same, and unit 1017 has said that it goes and is registered at this site.
fn on_its_way_to(site: u16) -> System {
    let mut system = talking();
    system.unit(1017).leaves_for(site);
    system.after_ms(1_000);
    system.unit(1017).registers_at(site, Some(41));
    system
}

/// Another talkgroup's call holds the only channel of site 7.
fn full(system: &mut System) {
    system.has_talkgroup_with(42, 5, Some(0));
    system.has_units_at(7, &[1042], 42);
    system.unit(1042).presses_ptt(42);
}

#[test]
fn who_has_said_that_it_goes_may_be_silent_and_register_elsewhere() {
    let mut system = talking();
    system.unit(1017).leaves_for(5);
    system.unit(1017).falls_silent();
    system.expect_no("stopped").expect_no("dropped");
    system.unit(1017).registers_at(5, Some(41));
    system.expect_no("stopped").expect("site 3 -> call 1 released: no listener is left");
}

#[test]
fn the_talk_goes_on_from_the_new_site_as_a_new_spurt() {
    let mut system = on_its_way_to(5);
    system.unit(1017).goes_on_talking();
    system
        .expect("switch -> spurt 1 shut")
        .expect("switch -> spurt 2 from site 5 to []")
        .expect("site 5 -> call 1, channel 2, talker 1017 here");
    system.unit(1017).releases_ptt();
    system.after_ms(3_000);
    assert_eq!(system.records.last().unwrap().spurts.len(), 1, "one talk in the record");
}

#[test]
fn a_site_without_the_call_takes_it_when_the_talker_comes() {
    let mut system = on_its_way_to(7);
    system.unit(1017).goes_on_talking();
    system
        .expect("site 5 -> call 1, channel 2, talker 1017")
        .expect("site 7 -> call 1, channel 2, talker 1017 here");
}

#[test]
fn who_is_not_heard_of_in_time_loses_the_floor() {
    let mut system = talking();
    system.unit(1017).leaves_for(5);
    system.after_ms(4_999).expect_no("stopped");
    system.after_ms(1).expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
}

#[test]
fn who_is_registered_and_does_not_ask_loses_the_floor_as_well() {
    let mut system = on_its_way_to(5);
    system.after_ms(3_999).expect_no("stopped");
    system.after_ms(1).expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
}

#[test]
fn who_did_not_say_that_it_goes_loses_the_floor_at_once() {
    let mut system = talking();
    system.unit(1017).registers_at(5, Some(41));
    system.expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
    system.unit(1017).goes_on_talking();
    system.expect("site 5 -> unit 1017 refused: unit does not have the floor");
}

#[test]
fn a_word_that_is_repeated_does_not_keep_the_floor_longer() {
    let mut system = talking();
    system.unit(1017).leaves_for(5);
    system.after_ms(3_000);
    system.unit(1017).leaves_for(5);
    system.expect("event: dropped: the message repeats what is already known");
    system
        .after_ms(2_000)
        .expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
}

#[test]
fn a_system_may_keep_no_floor() {
    let mut system = talking();
    system.with(|parameters| parameters.handover_ms = 0);
    system.unit(1017).leaves_for(5);
    system.unit(1017).falls_silent();
    system.expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
}

#[test]
fn only_the_talker_goes_with_the_floor() {
    let mut system = talking();
    let (call, spurt) = system.grant_of(1017);
    let word = trunklab_protocol::from_site::TalkerLeaving {
        unit: crate::support::unit(1018),
        call,
        spurt,
        to: crate::support::site(7),
    };
    system.from_site(5, word);
    system.expect("event: dropped: unit does not have the floor");
}

#[test]
fn a_talker_at_a_full_site_waits_and_loses_the_floor_after_the_same_time() {
    let mut system = talking();
    full(&mut system);
    system.unit(1017).leaves_for(7);
    system.unit(1017).registers_at(7, Some(41));
    system.unit(1017).goes_on_talking();
    system.expect_no("refused").expect_no("talker 1017 here");
    system.after_ms(5_000);
    system
        .expect("site 7 -> unit 1017 refused: no channel became free for the talker at its new site")
        .expect("event: call 1: unit 1017 stopped: no channel became free for the talker at its new site")
        .expect("site 5 -> call 1, channel 2, no talker");
    system.unit(1017).asks_again_to_go_on();
    system.expect("site 7 -> unit 1017 refused: no channel became free for the talker at its new site");
}

#[test]
fn a_channel_that_comes_free_goes_to_the_talker_before_every_request() {
    let mut system = talking();
    full(&mut system);
    system.has_talkgroup_with(43, 1, Some(0));
    system.has_units_at(7, &[1043], 43);
    system.unit(1043).presses_ptt(43);
    system.expect("site 7 -> unit 1043 waits, position 1");
    system.unit(1017).leaves_for(7);
    system.unit(1017).registers_at(7, Some(41));
    system.unit(1017).goes_on_talking();
    system.unit(1042).releases_ptt();
    system.expect("site 7 -> call 1, channel 2, talker 1017 here").expect_no("talker 1043");
}

#[test]
fn an_emergency_goes_before_a_talker_that_moves() {
    let mut system = talking();
    full(&mut system);
    system.has_talkgroup_with(43, 9, Some(0));
    system.has_units_at(7, &[1043], 43);
    system.unit(1043).presses_emergency(43);
    system.unit(1017).leaves_for(7);
    system.unit(1017).registers_at(7, Some(41));
    system.unit(1017).goes_on_talking();
    system.unit(1042).releases_ptt();
    system.expect("site 7 -> call 3, channel 2, talker 1043 here, emergency").expect_no("talker 1017 here");
}

#[test]
fn a_floor_that_was_taken_meanwhile_is_not_given_back() {
    let mut system = on_its_way_to(7);
    let (call, _) = system.grant_of(1017);
    system.unit(1018).demands_the_floor_of(call, Demand::Emergency);
    system.expect("event: call 1: unit 1017 stopped: a more urgent demand took the floor");
    system.unit(1017).goes_on_talking();
    system.expect("site 7 -> unit 1017 refused: unit does not have the floor");
}

#[test]
fn the_same_request_again_gets_the_same_answer_again() {
    let mut system = on_its_way_to(7);
    system.unit(1017).goes_on_talking();
    let (call, spurt) = system.grant_of(1017);
    let press = system.unit(1017).last_press();
    let word =
        trunklab_protocol::from_site::Handover { unit: crate::support::unit(1017), press, call, spurt };
    system.from_site(7, word);
    system.expect_sites_hear(&["site 7 -> call 1, channel 2, talker 1017 here"]);
}

#[test]
fn the_time_to_talk_goes_on_as_well() {
    let mut system = on_its_way_to(7);
    system.unit(1017).goes_on_talking();
    system.after_ms(54_000);
    system.after_ms(5_000);
    system.expect("event: call 1: unit 1017 stopped: the talker reached the transmission limit");
}

#[test]
fn a_talker_that_asks_for_a_call_on_its_way_has_ended_its_talk() {
    let mut system = talking();
    full(&mut system);
    system.unit(1017).leaves_for(7);
    system.unit(1017).registers_at(7, Some(41));
    system.unit(1017).goes_on_talking();
    system.unit(1017).presses_ptt(41);
    system
        .expect("event: call 1: unit 1017 stopped: the transmission ended")
        .expect("site 7 -> unit 1017 waits, position 1");
}

#[test]
fn a_talker_that_comes_back_goes_on_where_it_was() {
    let mut system = talking();
    system.unit(1017).leaves_for(5);
    system.unit(1017).goes_on_talking();
    system.expect("site 3 -> call 1, channel 2, talker 1017 here");
    system.after_ms(6_000).expect_no("stopped");
}
