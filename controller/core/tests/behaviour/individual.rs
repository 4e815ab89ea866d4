//! Individual calls: the called unit is asked first, rings or opens, and the two have a call (clause 12.9).

use trunklab_protocol::from_site::HeldCall;
use trunklab_protocol::{CallSetup, Cause, PageReply, Pair, Parties};

use crate::support::{System, call, channel, held_radio, unit};

/// Units 1017 at site 3 and 1018 at site 5.
fn two() -> System {
    System::with_two_sites(2)
}

fn connected() -> System {
    let mut system = two();
    system.unit(1017).calls(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system
}

fn ringing() -> System {
    let mut system = two();
    system.unit(1017).rings(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system
}

#[test]
fn the_called_unit_is_asked_before_a_channel_is_spent() {
    let mut system = two();
    system.unit(1017).calls(1018);
    system.expect_sites_hear(&["site 5 -> unit 1018 paged for unit 1017"]);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.expect_sites_hear(&[
        "site 3 -> call 1, channel 2, talker 1017 here",
        "site 5 -> call 1, channel 2, talker 1017",
    ]);
    system.expect("switch -> spurt 1 from site 3 to [5]").expect("event: call 1 granted after 0 ms");
}

#[test]
fn two_units_at_one_site_need_one_slot() {
    let mut system = two();
    system.has_units_at(3, &[1019], 41);
    system.unit(1017).calls(1019);
    system.unit(1019).says_to_page_of(1017, PageReply::Available);
    system.expect_sites_hear(&["site 3 -> call 1, channel 2, talker 1017 here"]);
}

#[test]
fn the_two_take_turns_and_nobody_else_gets_the_floor() {
    let mut system = connected();
    system.has_units_at(3, &[1019], 41);
    system.unit(1018).presses_ptt_in(call(1));
    system.expect("site 5 -> unit 1018 not given the floor of call 1: another unit has the floor");
    system.unit(1017).releases_ptt();
    system.unit(1019).presses_ptt_in(call(1));
    system.expect_no("talks");
    system.unit(1018).presses_ptt_in(call(1));
    system.expect("site 3 -> call 1, channel 2, talker 1018");
    system.unit(1018).releases_ptt();
    system.after_ms(5_000).expect("site 5 -> call 1 released: nobody spoke before hang time ran out");
    let record = system.records.pop().unwrap();
    assert_eq!(record.parties, Parties::Pair(Pair { caller: unit(1017), called: unit(1018) }));
    assert_eq!(record.spurts.len(), 2);
}

#[test]
fn individual_calls_have_a_hang_time_of_their_own_where_one_is_set() {
    let mut system = connected();
    system.with(|parameters| parameters.individual_hang_time_ms = Some(700));
    system.unit(1017).releases_ptt();
    system.after_ms(700).expect("event: call 1 released: nobody spoke before hang time ran out");
}

#[test]
fn each_failure_has_its_own_cause() {
    let mut system = two();
    system.unit(1017).calls(4_242);
    system.expect("site 3 -> unit 1017 refused: the called unit is not in the home register");
    system.unit(1018).is_switched_off();
    system.unit(1017).calls(1018);
    system.expect("site 3 -> unit 1017 refused: the called unit is not registered at a site in service");
    system.unit(1018).registers_at(5, Some(41));
    system.unit(1017).calls(1017);
    system.expect("site 3 -> unit 1017 refused: the called unit is busy");
    for (reply, why) in [
        (PageReply::Busy, "the called unit is busy"),
        (PageReply::Refuses, "the called unit does not take the call"),
    ] {
        system.unit(1017).calls(1018);
        system.unit(1018).says_to_page_of(1017, reply);
        system.expect_sites_hear(&[&format!("site 3 -> unit 1017 refused: {why}")]);
    }
    system.unit(1017).calls(1018);
    system.after_ms(3_999).expect_no("refused");
    system.after_ms(1).expect("site 3 -> unit 1017 refused: the called unit did not answer the page");
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.expect("event: dropped: the call is over or was never set up");
}

#[test]
fn a_unit_at_a_site_out_of_service_cannot_be_called_and_a_lost_one_ends_the_page() {
    let mut system = two();
    system.unit(1017).calls(1018);
    system.loses_site(5);
    system.expect("site 3 -> unit 1017 refused: the called unit is not registered at a site in service");
    system.unit(1017).calls(1018);
    system.expect("site 3 -> unit 1017 refused: the called unit is not registered at a site in service");
}

#[test]
fn who_talks_listens_waits_or_is_called_is_busy() {
    let mut system = two();
    system.has_units_at(3, &[1019, 1020], 41);
    system.unit(1018).presses_ptt(41);
    for busy in [1018, 1020] {
        system.unit(1019).calls(busy);
        system.expect("site 3 -> unit 1019 refused: the called unit is busy");
    }
    system.unit(1018).releases_ptt();
    system.after_ms(3_000);
    system.unit(1017).calls(1018);
    for busy in [1017, 1018] {
        system.unit(1019).calls(busy);
        system.expect("site 3 -> unit 1019 refused: the called unit is busy");
    }
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    for busy in [1017, 1018] {
        system.unit(1019).calls(busy);
        system.expect("site 3 -> unit 1019 refused: the called unit is busy");
    }
}

#[test]
fn units_that_call_each_other_have_one_call() {
    let mut system = two();
    system.unit(1017).calls(1018);
    system.unit(1018).calls(1017);
    system.expect_sites_hear(&[
        "site 3 -> call 1, channel 2, talker 1017 here",
        "site 5 -> call 1, channel 2, talker 1017",
    ]);
    system.unit(1018).repeats_its_call(1017, CallSetup::Immediate);
    system.expect_sites_hear(&["site 5 -> call 1, channel 2, talker 1017"]);
    assert_eq!(system.controller.snapshot(system.now).calls.len(), 1);
}

#[test]
fn a_call_to_a_unit_that_rings_for_us_answers_it() {
    let mut system = ringing();
    system.unit(1018).calls(1017);
    system.expect("site 5 -> call 1, channel 2, no talker");
}

#[test]
fn the_same_request_twice_is_one_page_and_one_call() {
    let mut system = two();
    system.unit(1017).calls(1018);
    system.unit(1017).repeats_its_call(1018, CallSetup::Immediate);
    system.expect_sites_hear(&["site 5 -> unit 1018 paged for unit 1017"]);
    system.unit(1017).calls(1018);
    system.expect_sites_hear(&["site 5 -> unit 1018 paged for unit 1017"]);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.expect("event: dropped: the message repeats what is already known");
    system.unit(1017).releases_ptt();
    system.unit(1018).calls(1017);
    system.expect("site 3 -> call 1, channel 2, talker 1018");
    assert_eq!(system.controller.snapshot(system.now).calls.len(), 1);
}

#[test]
fn a_request_for_another_ends_the_one_before() {
    let mut system = two();
    system.has_units_at(3, &[1019], 41);
    system.unit(1017).calls(1018);
    system.unit(1017).calls(1019);
    system.expect("site 3 -> unit 1017 refused: the caller cancelled the request");
    system.expect("site 3 -> unit 1019 paged for unit 1017");
    system.unit(1019).says_to_page_of(1017, PageReply::Available);
    system.unit(1017).presses_ptt(41);
    system.expect("site 3 -> call 1 released: a party of the call hung up");
    system.expect("event: call 2 granted after 0 ms");
}

#[test]
fn a_called_unit_that_asks_for_a_call_itself_is_busy() {
    let mut system = two();
    system.unit(1017).calls(1018);
    system.unit(1018).presses_ptt(41);
    system.expect("site 3 -> unit 1017 refused: the called unit is busy");
    system.expect("event: call 1 granted after 0 ms");
}

#[test]
fn either_party_may_hang_up_and_a_stranger_may_not() {
    for number in [1017, 1018] {
        let mut system = connected();
        system.has_units_at(5, &[1019], 41);
        system.unit(1019).hangs_up(call(1));
        system.expect("event: dropped: the call is over or was never set up");
        system.unit(number).hangs_up(call(1));
        system.expect("site 3 -> call 1 released: a party of the call hung up");
        system.expect("site 5 -> call 1 released: a party of the call hung up");
    }
}

#[test]
fn a_party_that_is_gone_ends_the_call() {
    let mut system = connected();
    system.unit(1018).is_switched_off();
    system.expect("site 3 -> call 1 released: no listener is left");
    let mut system = connected();
    system.unit(1017).registers_at(3, Some(41));
    let mut system = connected();
    system.loses_site(5);
    system.expect("site 3 -> call 1 released: no site could carry the call on");
}

#[test]
fn the_caller_hears_that_it_rings_and_the_answer_makes_the_call() {
    let mut system = two();
    system.unit(1017).rings(1018);
    system.expect_sites_hear(&["site 5 -> unit 1018 paged for unit 1017"]);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.expect_sites_hear(&["site 3 -> unit 1017 told that it rings"]);
    system.unit(1017).repeats_its_call(1018, CallSetup::Ringing);
    system.expect_sites_hear(&["site 3 -> unit 1017 told that it rings"]);
    system.after_ms(9_000);
    system.unit(1018).says_to_page_of(1017, PageReply::Answers);
    system.expect_sites_hear(&[
        "site 3 -> call 1, channel 2, no talker",
        "site 5 -> call 1, channel 2, no talker",
    ]);
    system.expect("event: call 1 answered after 9000 ms");
    system.unit(1018).presses_ptt_in(call(1));
    system.expect("site 3 -> call 1, channel 2, talker 1018");
}

#[test]
fn an_answer_that_overtakes_the_ringing_counts() {
    let mut system = two();
    system.unit(1017).rings(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Answers);
    system.expect("event: call 1 answered after 0 ms");
}

#[test]
fn a_ringing_call_is_declined_given_up_or_rings_out() {
    let mut system = ringing();
    system.unit(1018).says_to_page_of(1017, PageReply::Refuses);
    system.expect("site 3 -> unit 1017 refused: the called unit does not take the call");
    let mut system = ringing();
    system.unit(1017).cancels();
    system.expect("site 3 -> unit 1017 refused: the caller cancelled the request");
    system.expect("site 5 -> unit 1018 no longer called by unit 1017: the caller cancelled the request");
    system.unit(1018).says_to_page_of(1017, PageReply::Answers);
    system.expect("site 5 -> unit 1018 no longer called by unit 1017: the call is over or was never set up");
    let mut system = ringing();
    system.after_ms(29_999).expect_no("refused");
    system.after_ms(1).expect("site 3 -> unit 1017 refused: nobody answered the ringing unit in time");
    system.expect(
        "site 5 -> unit 1018 no longer called by unit 1017: nobody answered the ringing unit in time",
    );
}

#[test]
fn a_ringing_party_that_is_gone_ends_the_ringing() {
    let mut system = ringing();
    system.unit(1018).is_switched_off();
    system.expect("site 3 -> unit 1017 refused: the called unit is not registered at a site in service");
    let mut system = ringing();
    system.unit(1017).is_switched_off();
    system.expect("site 5 -> unit 1018 no longer called by unit 1017: unit was switched off");
}

/// Site 5 has one channel, and talkgroup 42 holds it.
fn full() -> System {
    let mut system = System::new();
    system.has_site(3, 2);
    system.has_site(5, 1);
    system.has_talkgroup(41);
    system.has_talkgroup(42);
    system.has_units_at(3, &[1017], 41);
    system.has_units_at(5, &[1018], 41);
    system.has_units_at(5, &[1042], 42);
    system.unit(1042).presses_ptt(42);
    system
}

#[test]
fn without_a_slot_the_call_waits_as_any_other() {
    let mut system = full();
    system.unit(1017).calls(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.expect_sites_hear(&["site 3 -> unit 1017 waits, position 1"]);
    system.unit(1042).releases_ptt();
    system.after_ms(3_000).expect("site 5 -> call 2, channel 2, talker 1017");

    let mut system = full();
    system.unit(1017).rings(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Answers);
    system.unit(1042).releases_ptt();
    system.after_ms(3_000).expect("site 5 -> call 2, channel 2, no talker");
}

#[test]
fn a_called_unit_that_is_gone_or_busy_when_its_turn_comes_ends_the_wait() {
    let mut system = full();
    system.unit(1017).calls(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.unit(1018).is_switched_off();
    system.unit(1042).releases_ptt();
    system.after_ms(3_000);
    system.expect("site 3 -> unit 1017 refused: the called unit is not registered at a site in service");

    let mut system = full();
    system.unit(1017).rings(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Answers);
    system.after_ms(30_000).expect("site 3 -> unit 1017 refused: no channel became free in time");
    system.expect("site 5 -> unit 1018 no longer called by unit 1017: no channel became free in time");
}

#[test]
fn a_caller_that_let_go_in_the_queue_is_called_back() {
    let mut system = full();
    system.unit(1017).calls(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.unit(1017).releases_before_its_turn();
    system.unit(1042).releases_ptt();
    system.after_ms(3_000).expect("site 3 -> unit 1017 called back");
    system.unit(1017).calls(1018);
    system.expect("site 5 -> call 2, channel 2, talker 1017");
}

#[test]
fn an_individual_call_does_not_outlive_its_controller() {
    let mut system = two();
    let pair = Parties::Pair(Pair { caller: unit(1017), called: unit(1018) });
    let held = HeldCall {
        call: call(9),
        parties: pair,
        at: channel(2),
        talker: None,
        talker_is_here: false,
        emergency: false,
        area: None,
        hung_ms: 500,
    };
    system.starts(2);
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[held]);
    system.expect("site 3 -> call 9 released: no site could carry the call on");
    let mut system = ringing();
    system.starts(2);
    assert!(system.controller.snapshot(system.now).calls.is_empty());
    assert!(system.controller.refusals().all(|(cause, _)| cause != Cause::CallLost));
}
