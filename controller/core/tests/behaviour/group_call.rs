//! Group calls from request to release.

use trunklab_protocol::CallId;

use crate::support::{System, call};

#[test]
fn a_press_is_granted_at_every_site_where_somebody_listens() {
    let mut system = System::with_two_sites(2);
    system.has_site(7, 2);
    system.unit(1017).presses_ptt(41);
    system.expect_sites_hear(&[
        "site 3 -> call 1, channel 2, talker 1017 here",
        "site 5 -> call 1, channel 2, talker 1017",
    ]);
    system.expect("switch -> spurt 1 from site 3 to [5]");
    system.expect("event: call 1 granted after 0 ms").expect("event: call 1: unit 1017 talks");
    system.expect("store -> call 1 opened");
}

#[test]
fn a_call_hangs_after_speech_and_is_released_when_nobody_answers() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.expect_sites_hear(&[
        "site 3 -> call 1, channel 2, no talker",
        "site 5 -> call 1, channel 2, no talker",
    ]);
    system.expect("switch -> spurt 1 shut");
    system.after_ms(2_999).expect_sites_hear(&[]);
    system.after_ms(1).expect_sites_hear(&[
        "site 3 -> call 1 released: nobody spoke before hang time ran out",
        "site 5 -> call 1 released: nobody spoke before hang time ran out",
    ]);
    system.expect("store -> call 1 closed");
}

#[test]
fn without_hang_time_the_channels_are_given_back_with_the_button() {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup_with(41, 5, Some(0));
    system.unit(1017).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.expect_sites_hear(&[
        "site 3 -> call 1 released: the transmission ended",
        "site 5 -> call 1 released: the transmission ended",
    ]);
}

#[test]
fn a_talkgroup_without_a_hang_time_of_its_own_takes_the_profiles() {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup_with(41, 5, None);
    system.unit(1017).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.after_ms(4_999).expect_no("released");
    system.after_ms(1).expect("event: call 1 released: nobody spoke before hang time ran out");
}

#[test]
fn a_repeated_request_gets_the_same_grant_again() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.unit(1017).repeats_its_request(41);
    system.expect_sites_hear(&["site 3 -> call 1, channel 2, talker 1017 here"]);
    assert_eq!(system.controller.snapshot(system.now).calls.len(), 1);
}

#[test]
fn a_late_copy_of_a_request_does_not_start_a_call() {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup_with(41, 5, Some(0));
    system.unit(1017).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.unit(1017).repeats_its_request(41);
    system.expect("event: dropped: the message repeats what is already known").expect_sites_hear(&[]);
}

#[test]
fn calls_of_different_talkgroups_take_different_channels() {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup(42);
    system.has_units_at(3, &[1019], 42);
    system.unit(1017).presses_ptt(41);
    system.unit(1019).presses_ptt(42);
    system.expect_sites_hear(&["site 3 -> call 2, channel 3, talker 1019 here"]);
}

#[test]
fn a_press_while_another_talks_is_refused() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.unit(1018).presses_ptt(41);
    system.expect_sites_hear(&["site 5 -> unit 1018 refused: another unit has the floor"]);
}

#[test]
fn a_call_request_while_the_call_hangs_takes_the_floor() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.unit(1018).presses_ptt(41);
    system.expect_sites_hear(&[
        "site 3 -> call 1, channel 2, talker 1018",
        "site 5 -> call 1, channel 2, talker 1018 here",
    ]);
    system.expect("switch -> spurt 2 from site 5 to [3]");
}

#[test]
fn a_unit_that_is_not_registered_is_refused() {
    let mut system = System::with_two_sites(2);
    system.unit(1099).speaks_through(3).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1099 refused: unit is not registered at this site"]);
}

#[test]
fn a_site_cannot_speak_for_a_unit_elsewhere() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).speaks_through(5).presses_ptt(41);
    system
        .expect_sites_hear(&["site 5 -> unit 1017 refused: the unit is not at the site that speaks for it"]);
}

#[test]
fn a_talkgroup_must_be_known_joined_and_affiliated_to() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(99);
    system.expect("site 3 -> unit 1017 refused: talkgroup is not known");
    system.has_talkgroup(42);
    system.unit(1017).presses_ptt(42);
    system.expect("site 3 -> unit 1017 refused: unit is not a member of the talkgroup");
    system.provision(trunklab_controller_core::config::Change::Subscriber(crate::support::subscriber(
        1017,
        &[41, 42],
    )));
    system.unit(1017).presses_ptt(42);
    system.expect("site 3 -> unit 1017 refused: unit is not affiliated to the talkgroup");
}

#[test]
fn a_site_without_traffic_channels_refuses_calls_and_is_passed_over() {
    let mut system = System::with_two_sites(2);
    system.has_site(7, 0);
    system.has_units_at(7, &[1020], 41);
    system.unit(1020).presses_ptt(41);
    system.expect("site 7 -> unit 1020 refused: the site has no traffic channel at all");
    system.unit(1017).presses_ptt(41);
    system.expect_no("site 7").expect("event: call 1 granted after 0 ms");
}

#[test]
fn a_repeated_refusal_is_the_same_refusal() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.unit(1018).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.unit(1018).repeats_its_request(41);
    system.expect_sites_hear(&["site 5 -> unit 1018 refused: another unit has the floor"]);
}

#[test]
fn refusals_are_counted_by_cause() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(99);
    system.unit(1017).presses_ptt(99);
    let counts: Vec<_> = system.controller.refusals().collect();
    assert_eq!(counts, [(trunklab_protocol::Cause::UnknownTalkgroup, 2)]);
    assert_eq!(system.controller.snapshot(system.now).totals.refused, 2);
}

#[test]
fn the_snapshot_shows_the_call() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    let snapshot = system.controller.snapshot(system.now);
    let shown: Vec<(CallId, usize)> =
        snapshot.calls.iter().map(|call| (call.call, call.sites.len())).collect();
    assert_eq!(shown, [(call(1), 2)]);
    assert_eq!(snapshot.sites[0].slots[0].call, Some(call(1)));
    assert_eq!(snapshot.sites.iter().map(|site| site.radios).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(snapshot.talkgroups[0].affiliated, 2);
    assert_eq!((snapshot.totals.granted, snapshot.totals.registered), (1, 2));
}

#[test]
fn closing_down_releases_and_closes_with_a_cause() {
    let mut system = System::with_two_sites(1);
    system.has_talkgroup(42);
    system.has_units_at(3, &[1019], 42);
    system.unit(1017).presses_ptt(41);
    system.unit(1019).presses_ptt(42);
    system.input(trunklab_controller_core::input::Input::ClosingDown);
    system.expect_sites_hear(&[
        "site 3 -> unit 1019 refused: the controller is shutting down",
        "site 3 -> call 1 released: the controller is shutting down",
        "site 5 -> call 1 released: the controller is shutting down",
        "site 3 -> closed: the controller is shutting down",
        "site 5 -> closed: the controller is shutting down",
    ]);
    system.unit(1017).presses_ptt(41);
    system.expect_sites_hear(&[]).expect("event: dropped: the controller is shutting down");
}
