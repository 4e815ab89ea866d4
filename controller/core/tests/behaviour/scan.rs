//! Radios that hear more than one talkgroup: where they count as listeners, and what they may do.

use crate::support::{System, subscriber};
use trunklab_controller_core::config::Change;

/// Unit 1018 at site 5 has talkgroup 41 and scans 42, whose units are at site 3.
fn scanning() -> System {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup(42);
    system.has_talkgroup(43);
    system.has_units_at(3, &[1027, 1028], 42);
    system.provision(Change::Subscriber(subscriber(1018, &[41, 42])));
    system.unit(1018).affiliates_and_scans(41, &[42]);
    system
}

#[test]
fn a_call_takes_a_slot_where_only_a_radio_is_that_scans() {
    let mut system = scanning();
    system.unit(1027).presses_ptt(42);
    system
        .expect("site 3 -> call 1, channel 2, talker 1027 here")
        .expect("site 5 -> call 1, channel 2, talker 1027");
}

#[test]
fn who_no_longer_scans_is_no_listener() {
    let mut system = scanning();
    system.unit(1027).presses_ptt(42);
    system.unit(1018).affiliates_to(41);
    system.expect("site 5 -> call 1 released: no listener is left");
}

#[test]
fn a_talkgroup_that_is_not_its_own_subscriptions_is_left_out() {
    let mut system = scanning();
    system.unit(1018).affiliates_and_scans(41, &[43, 42, 42]);
    let kept = system.outputs.iter().find_map(|output| match output {
        trunklab_controller_core::output::Output::ToSite {
            message: trunklab_protocol::to_site::ToSite::Affiliated(word),
            ..
        } => Some(word.secondary.iter().map(trunklab_protocol::TalkgroupId::number).collect::<Vec<_>>()),
        _ => None,
    });
    assert_eq!(kept, Some(vec![42]));
}

#[test]
fn who_scans_may_answer_in_the_other_talkgroups_call() {
    let mut system = scanning();
    system.unit(1027).presses_ptt(42);
    system.unit(1027).releases_ptt();
    let (call, _) = system.grant_of(1027);
    system.unit(1018).presses_ptt_in(call);
    system.expect("site 5 -> call 1, channel 2, talker 1018 here");
}

#[test]
fn who_adds_a_talkgroup_goes_on_talking() {
    let mut system = scanning();
    system.provision(Change::Subscriber(subscriber(1018, &[41, 42, 43])));
    system.unit(1018).presses_ptt(41);
    system.unit(1018).affiliates_and_scans(41, &[42, 43]);
    system.expect_no("stopped");
    system.unit(1018).affiliates_and_scans(41, &[43]);
    system.expect("event: call 1: unit 1018 stopped: the talker fell silent without releasing");
}

#[test]
fn who_is_switched_off_is_missed_in_every_talkgroup() {
    let mut system = scanning();
    system.unit(1027).presses_ptt(42);
    system.unit(1018).is_switched_off();
    system.expect("site 5 -> call 1 released: no listener is left");
}

#[test]
fn a_subscription_that_loses_a_talkgroup_ends_the_registration() {
    let mut system = scanning();
    system.provision(Change::Subscriber(subscriber(1018, &[41])));
    system.expect("event: unit 1018 left site 5: unit is not a member of the talkgroup");
}
