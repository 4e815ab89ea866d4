//! The floor of a running call.

use trunklab_protocol::SpurtId;
use trunklab_protocol::from_site::{TalkEnd, TalkerSilent};

use crate::support::{System, call, unit};

fn talking() -> System {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system
}

fn hanging() -> System {
    let mut system = talking();
    system.unit(1017).releases_ptt();
    system
}

#[test]
fn a_press_in_hang_time_begins_a_new_spurt() {
    let mut system = hanging();
    system.unit(1018).presses_ptt_in(call(1));
    system.expect_sites_hear(&[
        "site 3 -> call 1, channel 2, talker 1018",
        "site 5 -> call 1, channel 2, talker 1018 here",
    ]);
    system.expect("switch -> spurt 2 from site 5 to [3]");
    system.after_ms(3_000).expect_sites_hear(&[]);
}

#[test]
fn a_second_talker_is_refused() {
    let mut system = talking();
    system.unit(1018).presses_ptt_in(call(1));
    system.expect_sites_hear(&[
        "site 5 -> unit 1018 not given the floor of call 1: another unit has the floor",
    ]);
}

#[test]
fn a_repeated_press_gets_the_same_answer() {
    let mut system = hanging();
    system.unit(1018).presses_ptt_in(call(1));
    system.unit(1018).repeats_its_press_in(call(1));
    system.expect_sites_hear(&["site 5 -> call 1, channel 2, talker 1018 here"]);
    system.expect_no("spurt");
}

#[test]
fn a_talker_whose_end_was_lost_gets_a_new_spurt() {
    let mut system = talking();
    system.unit(1017).presses_ptt_in(call(1));
    system.expect("switch -> spurt 1 shut").expect("switch -> spurt 2 from site 3 to [5]");
    system.expect("site 3 -> call 1, channel 2, talker 1017 here");
}

#[test]
fn a_duplicate_end_is_ignored() {
    let mut system = hanging();
    system.unit(1017).releases_ptt();
    system.expect_sites_hear(&[]).expect("event: dropped: the message repeats what is already known");
}

#[test]
fn the_end_of_an_earlier_spurt_is_ignored() {
    let mut system = hanging();
    let (call, spurt) = system.grant_of(1017);
    system.unit(1017).presses_ptt_in(call);
    system.from_site(3, TalkEnd { unit: unit(1017), call, spurt });
    system.expect_sites_hear(&[]).expect("event: dropped: the message repeats what is already known");
}

#[test]
fn only_the_talker_ends_its_spurt_and_only_its_site_says_so() {
    let mut system = talking();
    let (call, spurt) = system.grant_of(1017);
    system.from_site(3, TalkEnd { unit: unit(1018), call, spurt });
    system.expect_sites_hear(&[]).expect("event: dropped: unit does not have the floor");
    system.from_site(5, TalkEnd { unit: unit(1017), call, spurt });
    system.expect("event: dropped: the unit is not at the site that speaks for it");
    system.from_site(5, TalkerSilent { call, spurt });
    system.expect_sites_hear(&[]).expect("event: dropped: the unit is not at the site that speaks for it");
}

#[test]
fn messages_for_a_call_that_is_over_change_nothing() {
    let mut system = hanging();
    let (call, spurt) = system.grant_of(1017);
    system.after_ms(3_000).expect("event: call 1 released: nobody spoke before hang time ran out");
    system.unit(1017).presses_ptt_in(call);
    system.expect_sites_hear(&[
        "site 3 -> unit 1017 not given the floor of call 1: the call is over or was never set up",
    ]);
    system.from_site(3, TalkEnd { unit: unit(1017), call, spurt });
    system.expect_sites_hear(&[]).expect("event: dropped: the call is over or was never set up");
    system.from_site(3, TalkerSilent { call, spurt });
    system.expect_sites_hear(&[]).expect("event: dropped: the call is over or was never set up");
}

#[test]
fn a_stale_report_of_silence_is_ignored() {
    let mut system = talking();
    let spurt = SpurtId::new(99).unwrap();
    system.from_site(3, TalkerSilent { call: call(1), spurt });
    system.expect_sites_hear(&[]).expect("event: dropped: the message repeats what is already known");
}

#[test]
fn a_talker_that_vanishes_loses_the_floor_and_the_slot_is_freed() {
    let mut system = talking();
    system.unit(1017).falls_silent();
    system.expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
    system.expect("site 5 -> call 1, channel 2, no talker");
    system.after_ms(3_000).expect("event: call 1 released: nobody spoke before hang time ran out");
}

#[test]
fn a_caller_that_never_heard_of_its_grant_is_served_anew() {
    let mut system = talking();
    system.unit(1017).falls_silent();
    system.unit(1017).repeats_its_request(41);
    system.expect("event: call 1: unit 1017 talks").expect("site 5 -> call 1, channel 2, talker 1017");
    system.unit(1017).falls_silent();
    system.after_ms(3_000).expect("event: call 1 released: nobody spoke before hang time ran out");
    system.unit(1017).repeats_its_request(41);
    system.expect("event: call 2: unit 1017 talks");
}

#[test]
fn a_talker_that_was_heard_to_the_end_is_not_served_anew() {
    let mut system = talking();
    system.unit(1017).releases_ptt();
    system.unit(1017).repeats_its_request(41);
    system.expect_no("talks");
}

#[test]
fn a_talker_may_not_talk_for_ever() {
    let mut system = talking();
    system.after_ms(54_999).expect_sites_hear(&[]);
    system.after_ms(5_000).expect_sites_hear(&["site 3 -> unit 1017 has 5000 ms left in call 1"]);
    system.after_ms(1).expect("event: call 1: unit 1017 stopped: the talker reached the transmission limit");
    system.expect("site 3 -> call 1, channel 2, no talker");
    system.after_ms(3_000).expect("event: call 1 released: nobody spoke before hang time ran out");
}

#[test]
fn a_stranger_to_the_talkgroup_does_not_get_its_floor() {
    let mut system = hanging();
    system.has_talkgroup(42);
    system.has_units_at(3, &[1019], 42);
    system.unit(1019).presses_ptt_in(call(1));
    system.expect_sites_hear(&[
        "site 3 -> unit 1019 not given the floor of call 1: unit is not affiliated to the talkgroup",
    ]);
    system.unit(1099).speaks_through(3).presses_ptt_in(call(1));
    system.expect_sites_hear(&[
        "site 3 -> unit 1099 not given the floor of call 1: unit is not registered at this site",
    ]);
}

#[test]
fn a_talker_that_is_switched_off_loses_the_floor() {
    let mut system = talking();
    system.unit(1017).is_switched_off();
    system.expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
    system.expect("site 5 -> call 1, channel 2, no talker");
}

#[test]
fn a_call_whose_record_is_full_ends_with_its_talker() {
    let mut system = talking();
    for _ in 1..trunklab_controller_core::charging::RECORD_ENTRIES_MAX {
        system.unit(1017).releases_ptt();
        system.expect("site 3 -> call 1, channel 2, no talker");
        system.unit(1017).presses_ptt_in(call(1));
    }
    system.unit(1017).releases_ptt();
    system.expect("store -> call 1 closed");
}
