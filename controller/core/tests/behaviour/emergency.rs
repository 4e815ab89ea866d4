//! What an emergency may do that finds no room (clause 12.6).

use trunklab_protocol::EmergencyPolicy;
use trunklab_protocol::air_uplink::RequestKind;

use crate::support::System;

/// Ruthless; each talkgroup has a call of its number and priority on its sites, set up in this order. Every site has
/// just the channels that they fill; talkgroup 90 with unit 1090 is at all of them.
fn full(calls: &[(u16, u8, &[u16])]) -> System {
    let mut system = System::new();
    system.with(|system| system.emergency = EmergencyPolicy::Ruthless);
    for number in [3, 5] {
        let channels = calls.iter().filter(|(_, _, sites)| sites.contains(&number)).count();
        system.has_site(number, u16::try_from(channels).unwrap());
    }
    for (talkgroup, priority, sites) in calls {
        system.has_talkgroup_with(*talkgroup, *priority, Some(3_000));
        for (place, site) in sites.iter().enumerate() {
            let unit = 1_000 + u32::from(*talkgroup) + 1_000 * u32::try_from(place).unwrap();
            system.has_units_at(*site, &[unit], *talkgroup);
        }
    }
    system.has_talkgroup(90);
    system.has_units_at(3, &[1090], 90);
    for (talkgroup, ..) in calls {
        system.after_ms(10);
        system.unit(1_000 + u32::from(*talkgroup)).presses_ptt(*talkgroup);
        system.expect_no("waits");
    }
    system
}

fn cut(call: u32) -> String {
    format!("event: call {call} released: the channel was taken for a call of higher priority")
}

#[test]
fn it_cuts_the_call_of_lowest_priority_and_talks_at_once() {
    let mut system = full(&[(40, 5, &[3]), (42, 9, &[3]), (43, 7, &[3])]);
    system.unit(1090).presses_emergency(90);
    system
        .expect("event: call 2: unit 1042 stopped: the channel was taken for a call of higher priority")
        .expect_sites_hear(&[
            "site 3 -> call 2 released: the channel was taken for a call of higher priority",
            "site 3 -> call 4, channel 3, talker 1090 here, emergency",
        ]);
}

#[test]
fn of_calls_of_one_priority_it_cuts_the_one_that_was_granted_last() {
    let mut system = full(&[(40, 5, &[3]), (42, 5, &[3]), (43, 4, &[3])]);
    system.unit(1090).presses_emergency(90);
    system.expect(&cut(2)).expect("event: call 4 granted after 0 ms");
}

#[test]
fn a_call_that_hangs_is_cut_as_one_that_talks() {
    let mut system = full(&[(40, 5, &[3])]);
    system.unit(1040).releases_ptt();
    system.unit(1090).presses_emergency(90);
    system.expect(&cut(1)).expect("event: call 2 granted after 0 ms");
}

#[test]
fn it_cuts_no_call_that_the_other_cuts_make_needless() {
    let mut system = full(&[(40, 9, &[3, 5]), (42, 9, &[3])]);
    system.has_units_at(5, &[2090], 90);
    system.unit(1090).presses_emergency(90);
    system.expect(&cut(1)).expect_no("call 2 released").expect("event: call 3 granted after 0 ms");
}

#[test]
fn it_cuts_at_every_site_that_it_needs() {
    let mut system = full(&[(40, 1, &[3]), (42, 9, &[5])]);
    system.has_units_at(5, &[2090], 90);
    system.unit(1090).presses_emergency(90);
    system.expect(&cut(1)).expect(&cut(2)).expect("event: call 3 granted after 0 ms");
}

#[test]
fn it_cuts_nobody_where_there_is_room() {
    let mut system = full(&[(40, 9, &[3]), (42, 9, &[3])]);
    system.unit(1042).is_switched_off();
    system.unit(1090).presses_emergency(90);
    system.expect("event: call 3 granted after 0 ms").expect_no("released");
}

#[test]
fn a_normal_request_cuts_nobody() {
    let mut system = full(&[(40, 9, &[3])]);
    system.has_talkgroup_with(90, 1, None);
    system.unit(1090).presses_ptt(90);
    system.expect_sites_hear(&["site 3 -> unit 1090 waits, position 1"]);
}

#[test]
fn by_default_it_waits_first_in_the_queue() {
    let mut system = full(&[(40, 9, &[3])]);
    system.with(|system| system.emergency = EmergencyPolicy::default());
    system.unit(1090).presses_emergency(90);
    system.expect_sites_hear(&["site 3 -> unit 1090 waits, position 1"]);
}

#[test]
fn an_emergency_call_is_never_cut() {
    let mut system = full(&[(40, 9, &[3])]);
    system.has_talkgroup_with(91, 10, Some(0));
    system.has_units_at(3, &[1091], 91);
    system.unit(1090).presses_emergency(90);
    system.expect(&cut(1));
    system.unit(1091).presses_emergency(91);
    system.expect_sites_hear(&["site 3 -> unit 1091 waits, position 1"]).expect_no("released");
}

#[test]
fn where_one_site_cannot_be_cleared_nobody_is_cut_until_it_can() {
    let mut system = full(&[(40, 9, &[3]), (42, 9, &[5])]);
    system.has_talkgroup_with(91, 5, Some(0));
    system.has_units_at(5, &[1091], 91);
    system.has_units_at(5, &[2090], 90);
    system.unit(1091).presses_emergency(91);
    system.expect(&cut(2));
    system.unit(1090).presses_emergency(90);
    system.expect_sites_hear(&["site 3 -> unit 1090 waits, position 1"]).expect_no("released");
    system.unit(1091).releases_ptt();
    system.expect(&cut(1)).expect("event: call 4 granted after 0 ms");
}

#[test]
fn pressed_in_a_running_call_it_makes_that_call_an_emergency_everywhere_until_it_ends() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.unit(1018).presses_emergency(41);
    system
        .expect("event: call 1 made an emergency by unit 1018")
        .expect("site 3 -> call 1, channel 2, talker 1018, emergency")
        .expect("site 5 -> call 1, channel 2, talker 1018 here, emergency");
    system.unit(1018).releases_ptt();
    system.expect("site 3 -> call 1, channel 2, no talker, emergency");
    system.unit(1017).presses_ptt_in(crate::support::call(1));
    system.expect("site 5 -> call 1, channel 2, talker 1017, emergency");
    assert!(system.controller.snapshot(system.now).calls[0].emergency);
    system.unit(1017).releases_ptt();
    system.after_ms(3_000);
    assert_eq!(system.records.last().unwrap().kind, RequestKind::Emergency);
    system.unit(1017).presses_ptt(41);
    system.expect("site 3 -> call 2, channel 2, talker 1017 here");
}

#[test]
fn pressed_while_another_talks_it_raises_the_call_as_well() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).presses_ptt(41);
    system.unit(1018).presses_emergency(41);
    system
        .expect("event: call 1 made an emergency by unit 1018")
        .expect("site 3 -> call 1, channel 2, talker 1017 here, emergency");
    system.unit(1018).presses_emergency(41);
    system.expect_no("made an emergency");
}

#[test]
fn a_call_that_was_raised_is_protected() {
    let mut system = full(&[(40, 9, &[3])]);
    system.has_units_at(3, &[2040], 40);
    system.unit(2040).presses_emergency(40);
    system.unit(1090).presses_emergency(90);
    system.expect("site 3 -> unit 1090 waits, position 1").expect_no("released");
}

#[test]
fn a_refused_emergency_raises_nothing() {
    let mut system = System::with_two_sites(1);
    system.has_talkgroup(42);
    system.has_units_at(3, &[1042], 42);
    system.unit(1017).presses_ptt(41);
    system.unit(1042).presses_emergency(41);
    system.expect_no("made an emergency").expect_no("call 1");
}

#[test]
fn an_emergency_call_has_a_hang_time_of_its_own() {
    let mut system = System::with_two_sites(1);
    system.with(|system| system.emergency_hang_time_ms = Some(8_000));
    system.unit(1017).presses_emergency(41);
    system.unit(1017).releases_ptt();
    system.after_ms(7_999).expect_no("released");
    system.after_ms(1).expect("event: call 1 released: nobody spoke before hang time ran out");
    system.unit(1017).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.after_ms(3_000).expect("event: call 2 released: nobody spoke before hang time ran out");
}

#[test]
fn with_a_hang_time_of_its_own_it_hangs_even_in_transmission_trunking() {
    let mut system = System::with_two_sites(1);
    system.with(|system| system.emergency_hang_time_ms = Some(8_000));
    system.has_talkgroup_with(41, 5, Some(0));
    system.unit(1017).presses_emergency(41);
    system.unit(1017).releases_ptt();
    system.expect("site 3 -> call 1, channel 2, no talker, emergency");
}
