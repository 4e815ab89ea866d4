//! What a site reports when it comes back.

use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::from_site::{HeldCall, HeldRadio};
use trunklab_protocol::{CallId, Epoch, SpurtId};

use crate::support::{System, call, channel, held_radio, press, talkgroup, unit};

/// A call of the term before, number 9, as a site reports it.
fn earlier_call() -> CallId {
    CallId { epoch: Epoch::new(1).unwrap(), ..call(9) }
}

fn held_call(call: CallId, talker: Option<u32>, talker_is_here: bool) -> HeldCall {
    let spurt = SpurtId::new(0x0102_0001).unwrap();
    HeldCall {
        call,
        parties: talkgroup(41).into(),
        at: channel(3),
        talker: talker.map(|number| Talker { unit: unit(number), spurt, press: press(1) }),
        talker_is_here,
        emergency: false,
        area: None,
        hung_ms: if talker.is_some() { 0 } else { 2_000 },
    }
}

/// A controller in its second term that knows units 1017 and 1018, while no site has returned yet.
fn started_again() -> System {
    let mut system = System::with_two_sites(2);
    system.starts(2);
    system
}

#[test]
fn the_radios_that_a_site_holds_are_registered_again() {
    let mut system = started_again();
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[]);
    system.expect("event: unit 1017 registered at site 3").expect("event: unit 1017 affiliated to 41");
    system.unit(1017).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> call 1, channel 2, talker 1017 here"]);
}

#[test]
fn radios_that_a_site_no_longer_holds_are_registered_no_more() {
    let mut system = System::with_two_sites(2);
    system.loses_site(3);
    system.connects(3, 2, &[], &[]);
    system.expect("event: unit 1017 left site 3: the site's radios are unknown since its link was lost");
    system.unit(1017).presses_ptt(41);
    system.expect("site 3 -> unit 1017 refused: unit is not registered at this site");
}

#[test]
fn radios_that_a_site_still_holds_are_present_again() {
    let mut system = System::with_two_sites(2);
    system.loses_site(3);
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[]);
    system.expect_no("registered");
    system.unit(1018).presses_ptt(41);
    system.expect("site 3 -> call 1, channel 2, talker 1018");
}

#[test]
fn a_radio_that_registered_elsewhere_meanwhile_is_deregistered() {
    let mut system = System::with_two_sites(2);
    system.loses_site(3);
    system.unit(1017).registers_at(5, Some(41));
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[]);
    system.expect("site 3 -> unit 1017 deregistered: unit registered at another site");
    assert_eq!(system.controller.snapshot(system.now).sites[1].radios, 2);
}

#[test]
fn of_two_radios_with_one_temporary_identity_the_second_is_deregistered() {
    let mut system = started_again();
    let first = held_radio(1017, Some(41));
    let second = HeldRadio { tmsi: first.tmsi, ..held_radio(1018, Some(41)) };
    system.connects(3, 1, &[first, second], &[]);
    system
        .expect("event: unit 1017 registered at site 3")
        .expect("site 3 -> unit 1018 deregistered: unit registered again");
}

#[test]
fn a_radio_that_nobody_knows_is_deregistered() {
    let mut system = started_again();
    system.connects(3, 1, &[held_radio(4711, None)], &[]);
    system.expect("site 3 -> unit 4711 deregistered: unit is not in the home register");
}

#[test]
fn a_reported_affiliation_counts_only_for_a_member() {
    let mut system = started_again();
    system.has_talkgroup(42);
    system.connects(3, 1, &[held_radio(1017, Some(42))], &[]);
    system.expect("event: unit 1017 registered at site 3").expect_no("affiliated");
}

#[test]
fn a_running_call_gets_its_site_back_in_the_same_slot() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.loses_site(5);
    system.connects(5, 1, &[held_radio(1018, Some(41))], &[held_call(call(1), Some(1017), false)]);
    system.expect("site 5 -> call 1, channel 3, talker 1017").expect("switch -> spurt 1 from site 3 to [5]");
    system.expect("event: call 1 joined by site 5, channel 3");
}

#[test]
fn a_site_that_lost_the_call_gets_it_again() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.loses_site(5);
    system.connects(5, 1, &[held_radio(1018, Some(41))], &[]);
    system.expect("site 5 -> call 1, channel 2, talker 1017");
}

#[test]
fn a_call_that_is_over_is_released_at_the_site_that_reports_it() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.loses_site(5);
    system.unit(1017).releases_ptt();
    system.after_ms(3_000);
    system.connects(5, 1, &[held_radio(1018, Some(41))], &[held_call(call(1), Some(1017), false)]);
    system.expect("site 5 -> call 1 released: the call is over or was never set up");
}

#[test]
fn a_call_of_the_term_before_goes_on_with_its_spurt() {
    let mut system = started_again();
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[held_call(earlier_call(), Some(1017), true)]);
    system.expect("site 3 -> call 9, channel 3, talker 1017 here");
    system.expect("store -> call 9 opened").expect("event: call 9: unit 1017 talks");
    system.expect("switch -> spurt 1 from site 3 to []");
    system.connects(5, 1, &[held_radio(1018, Some(41))], &[held_call(earlier_call(), Some(1017), false)]);
    system.expect("site 5 -> call 9, channel 3, talker 1017").expect("switch -> spurt 1 from site 3 to [5]");
    assert_eq!(system.controller.snapshot(system.now).calls.len(), 1);
    system.unit(1017).releases_ptt();
    system.expect("site 5 -> call 9, channel 3, no talker");
    assert_eq!(system.records.last().map(|record| record.caller), None);
}

#[test]
fn a_new_spurt_never_has_the_number_of_one_that_was_taken_over() {
    let mut system = started_again();
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[held_call(earlier_call(), Some(1017), true)]);
    system.unit(1017).releases_ptt();
    system.unit(1017).presses_ptt(41);
    system.expect("switch -> spurt 2 from site 3 to []");
}

#[test]
fn a_spurt_of_this_term_is_not_taken_over_from_a_report() {
    let mut system = started_again();
    system.has_talkgroup(42);
    system.connects(5, 1, &[], &[]);
    system.has_units_at(5, &[1042], 42);
    system.unit(1042).presses_ptt(42);
    let (_, drawn) = system.grant_of(1042);
    let held = held_call(earlier_call(), Some(1017), true);
    let talker = held.talker.map(|talker| Talker { spurt: drawn, ..talker });
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[HeldCall { talker, ..held }]);
    system.expect("site 3 -> call 9, channel 3, no talker");
}

#[test]
fn the_talkers_site_may_report_after_the_listeners() {
    let mut system = started_again();
    system.connects(5, 1, &[held_radio(1018, Some(41))], &[held_call(earlier_call(), Some(1017), false)]);
    system.expect("site 5 -> call 9, channel 3, talker 1017").expect_no("switch -> spurt");
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[held_call(earlier_call(), Some(1017), true)]);
    system
        .expect("switch -> spurt 1 from site 3 to [5]")
        .expect("site 3 -> call 9, channel 3, talker 1017 here");
}

#[test]
fn a_call_that_came_back_hanging_gets_its_talker_from_the_talkers_site() {
    let mut system = started_again();
    system.connects(5, 1, &[held_radio(1018, Some(41))], &[held_call(earlier_call(), None, false)]);
    system.expect("site 5 -> call 9, channel 3, no talker");
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[held_call(earlier_call(), Some(1017), true)]);
    system
        .expect("switch -> spurt 1 from site 3 to [5]")
        .expect("event: call 9: unit 1017 talks")
        .expect("site 5 -> call 9, channel 3, talker 1017");
    system.after_ms(1_000).expect_no("released");
    system.unit(1017).releases_ptt();
    system.expect("site 5 -> call 9, channel 3, no talker");
}

#[test]
fn a_talker_that_another_site_reports_does_not_take_the_floor_of_a_call_that_hangs() {
    let mut system = started_again();
    system.connects(5, 1, &[held_radio(1018, Some(41))], &[held_call(earlier_call(), None, false)]);
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[held_call(earlier_call(), Some(1018), false)]);
    system.expect_no("talks").expect("site 3 -> call 9, channel 3, no talker");
}

#[test]
fn a_talker_that_had_stopped_meanwhile_has_no_floor() {
    let mut system = started_again();
    system.connects(5, 1, &[held_radio(1018, Some(41))], &[held_call(earlier_call(), Some(1017), false)]);
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[held_call(earlier_call(), None, false)]);
    system.expect("event: call 9: unit 1017 stopped: the talker fell silent without releasing");
}

#[test]
fn a_call_that_hung_hangs_for_the_time_that_was_left() {
    let mut system = started_again();
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[held_call(earlier_call(), None, false)]);
    system.after_ms(999).expect_no("released");
    system.after_ms(1).expect("event: call 9 released: nobody spoke before hang time ran out");
}

#[test]
fn a_call_of_the_term_before_that_has_ended_is_not_revived() {
    let mut system = started_again();
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[held_call(earlier_call(), None, false)]);
    system.after_ms(1_000);
    system.connects(5, 1, &[held_radio(1018, Some(41))], &[held_call(earlier_call(), Some(1017), false)]);
    system.expect("site 5 -> call 9 released: the call is over or was never set up");
}

#[test]
fn a_site_that_has_reported_in_this_term_brings_no_call_of_the_one_before() {
    let mut system = started_again();
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[]);
    system.loses_site(3);
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[held_call(earlier_call(), Some(1017), true)]);
    system.expect("site 3 -> call 9 released: the call is over or was never set up");
}

#[test]
fn a_reported_call_that_nobody_hears_is_released() {
    let mut system = started_again();
    system.connects(3, 1, &[], &[held_call(earlier_call(), None, false)]);
    system.expect("site 3 -> call 9 released: no listener is left");
}

#[test]
fn two_reported_calls_do_not_share_a_slot() {
    let mut system = started_again();
    system.has_talkgroup(42);
    let both = crate::support::subscriber(1018, &[42]);
    system.provision(trunklab_controller_core::config::Change::Subscriber(both));
    let other =
        HeldCall { call: call(8), parties: talkgroup(42).into(), ..held_call(earlier_call(), None, false) };
    let radios = [held_radio(1017, Some(41)), held_radio(1018, Some(42))];
    system.connects(3, 1, &radios, &[held_call(earlier_call(), None, false), other]);
    system.expect("site 3 -> call 8 released: the slot was taken for another call");
}

#[test]
fn a_new_term_ends_what_ran_in_the_one_before() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.starts(2);
    system.expect("event: call 1 released: the controller was started again and no site knew the call");
    assert!(system.controller.snapshot(system.now).calls.is_empty());
}

#[test]
fn a_radio_that_two_sites_hold_is_where_it_registered_later() {
    let mut system = System::with_two_sites(2);
    system.after_ms(60_000);
    system.loses_site(3);
    let since = |number, held_ms| HeldRadio { held_ms, ..held_radio(number, Some(41)) };
    // Unit 1018 registered at site 5 a minute ago: at site 3 it was before that, or after.
    system.connects(3, 1, &[since(1017, 60_000), since(1018, 60_001)], &[]);
    system.expect("site 3 -> unit 1018 deregistered: unit registered at another site");
    system.loses_site(3);
    system.connects(3, 1, &[since(1017, 60_000), since(1018, 59_999)], &[]);
    system
        .expect("site 5 -> unit 1018 deregistered: unit registered at another site")
        .expect("event: unit 1018 registered at site 3");
    system.unit(1018).speaks_through(3).presses_ptt(41);
    system.expect("site 3 -> call 1, channel 2, talker 1018 here");
}

/// A controller that was started again has not seen when they registered: both may have before its time began.
#[test]
fn of_two_reports_from_before_the_term_the_later_registration_counts() {
    let mut system = System::with_two_sites(2);
    system.starts(2);
    let since = |held_ms| [HeldRadio { held_ms, ..held_radio(1017, Some(41)) }];
    system.connects(5, 1, &since(600_000), &[]);
    system.connects(3, 1, &since(300_000), &[]);
    system.expect("site 5 -> unit 1017 deregistered: unit registered at another site");
    system.connects(5, 1, &since(u32::MAX), &[]);
    system.expect("site 5 -> unit 1017 deregistered: unit registered at another site");
}
