//! Calls over several talkgroups (clause 12.10).

use trunklab_controller_core::config::{Change, Reach, Talkgroup};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Output, StoreItem};
use trunklab_protocol::operator::Order;
use trunklab_protocol::{Announcement, Demand, EmergencyPolicy, FloorPolicy, TalkgroupId};

use crate::support::{System, call, talkgroup};

fn groups(numbers: &[u16]) -> Vec<TalkgroupId> {
    numbers.iter().map(|number| talkgroup(*number)).collect()
}

/// Talkgroup 41 with 1041 and 2041 at site 3, talkgroup 42 with 1042 at site 5, talkgroup 90 with 1090 at site 3.
fn zone(channels: u16, change: impl FnOnce(&mut Talkgroup)) -> System {
    let mut system = System::new();
    system.has_site(3, channels);
    system.has_site(5, channels);
    for number in [41, 42] {
        system.has_talkgroup(number);
    }
    system.has_talkgroup_as(90, |talkgroup| {
        talkgroup.hang_time_ms = Some(3_000);
        change(talkgroup);
    });
    system.has_units_at(3, &[1041, 2041], 41);
    system.has_units_at(5, &[1042], 42);
    system.has_units_at(3, &[1090], 90);
    system
}

fn announcement(channels: u16, policy: Announcement) -> System {
    zone(channels, |talkgroup| {
        talkgroup.reach = Reach::Members(groups(&[41, 42]));
        talkgroup.announcement = policy;
    })
}

#[test]
fn it_takes_a_slot_wherever_one_of_its_talkgroups_is_and_everybody_may_answer() {
    let mut system = announcement(1, Announcement::Wait);
    system.unit(1090).presses_ptt(90);
    system
        .expect("event: call 1 reaches 41 42")
        .expect("site 3 -> call 1, channel 2, talker 1090 here")
        .expect("site 5 -> call 1, channel 2, talker 1090");
    system.unit(1090).releases_ptt();
    system.unit(1042).presses_ptt_in(call(1));
    system.expect("event: call 1: unit 1042 talks").expect("site 3 -> call 1, channel 2, talker 1042");
    system.unit(1042).releases_ptt();
    system.unit(1041).presses_ptt(41);
    system.expect("event: call 1: unit 1041 talks");
}

#[test]
fn it_waits_until_none_of_them_has_a_call() {
    let mut system = announcement(2, Announcement::Wait);
    system.unit(1041).presses_ptt(41);
    system.unit(1090).presses_ptt(90);
    system.expect_sites_hear(&["site 3 -> unit 1090 waits, position 1"]);
    system.unit(1041).releases_ptt();
    system.after_ms(2_999).expect_no("granted");
    system.after_ms(1).expect("event: call 1 released: nobody spoke before hang time ran out");
    system.expect("event: call 2 reaches 41 42");
}

#[test]
fn it_ends_their_calls_with_a_cause_and_begins_at_once() {
    let mut system = announcement(1, Announcement::Interrupt);
    system.unit(1041).presses_ptt(41);
    system.unit(1042).presses_ptt(42);
    system.unit(1090).presses_ptt(90);
    system
        .expect("event: call 1 released: the call made room for an announcement")
        .expect("event: call 2 released: the call made room for an announcement")
        .expect("event: call 3 granted after 0 ms");
}

#[test]
fn it_ends_no_emergency_call_and_none_in_vain() {
    let mut system = announcement(1, Announcement::Interrupt);
    system.unit(1041).presses_emergency(41);
    system.unit(1042).presses_ptt(42);
    system.unit(1090).presses_ptt(90);
    system.expect_sites_hear(&["site 3 -> unit 1090 waits, position 1"]).expect_no("released");
    let mut system = announcement(1, Announcement::Interrupt);
    system.has_talkgroup(43);
    system.has_units_at(3, &[1043], 43);
    system.unit(1043).presses_ptt(43);
    system.unit(1042).presses_ptt(42);
    system.unit(1090).presses_ptt(90);
    system.expect_sites_hear(&["site 3 -> unit 1090 waits, position 1"]).expect_no("released");
}

#[test]
fn who_waits_for_a_talkgroup_that_hears_it_has_its_answer() {
    let mut system = announcement(1, Announcement::Wait);
    system.has_talkgroup_with(43, 1, Some(0));
    system.has_units_at(3, &[1043], 43);
    system.unit(1043).presses_ptt(43);
    system.has_talkgroup_as(90, |talkgroup| {
        talkgroup.reach = Reach::Members(groups(&[41, 42]));
        talkgroup.priority = trunklab_protocol::Priority::new(1).unwrap();
    });
    system.unit(1041).presses_ptt(41);
    system.unit(1090).presses_ptt(90);
    system.unit(1043).releases_ptt();
    system
        .expect("event: call 2 reaches 41 42")
        .expect("site 3 -> unit 1041 refused: another unit has the floor");
}

#[test]
fn a_call_leaves_a_site_with_the_last_listener_of_all_its_talkgroups() {
    let mut system = announcement(1, Announcement::Wait);
    system.has_units_at(5, &[2041], 41);
    system.unit(1090).presses_ptt(90);
    system.unit(1042).is_switched_off();
    system.expect_no("left by site 5");
    system.unit(2041).is_switched_off();
    system.expect("event: call 1 left by site 5: no listener is left");
    system.has_units_at(5, &[1042], 42);
    system.expect("event: call 1 joined by site 5, channel 2");
}

#[test]
fn its_talkgroups_are_free_again_when_it_is_over() {
    let mut system = announcement(1, Announcement::Wait);
    system.unit(1090).presses_ptt(90);
    system.unit(1090).releases_ptt();
    system.after_ms(3_000).expect("event: call 1 released: nobody spoke before hang time ran out");
    system.unit(1041).presses_ptt(41);
    system.expect("event: call 2 granted after 0 ms").expect_no("reaches");
}

#[test]
fn in_a_broadcast_only_the_caller_speaks_and_it_ends_with_its_talk() {
    let mut system = zone(1, |talkgroup| {
        talkgroup.reach = Reach::Members(groups(&[41, 42]));
        talkgroup.floor = FloorPolicy::Closed;
    });
    system.unit(1090).presses_ptt(90);
    system.unit(1041).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1041 refused: only the caller speaks in a broadcast call"]);
    system.unit(1042).demands_the_floor_of(call(1), Demand::Preemptive);
    system.expect_sites_hear(&[
        "site 5 -> unit 1042 not given the floor of call 1: only the caller speaks in a broadcast call",
    ]);
    system.unit(1090).releases_ptt();
    system.expect("event: call 1 released: the transmission ended");
}

#[test]
fn a_broadcast_gives_way_to_an_emergency() {
    let mut system = zone(1, |talkgroup| {
        talkgroup.reach = Reach::System;
        talkgroup.floor = FloorPolicy::Closed;
    });
    system.unit(1090).presses_ptt(90);
    system.unit(1042).demands_the_floor_of(call(1), Demand::Emergency);
    system.expect("event: call 1: unit 1042 talks").expect("event: call 1 made an emergency by unit 1042");
}

#[test]
fn a_system_wide_call_has_one_address_and_reaches_everybody() {
    let mut system = zone(1, |talkgroup| {
        talkgroup.reach = Reach::System;
        talkgroup.floor = FloorPolicy::Closed;
        talkgroup.announcement = Announcement::Interrupt;
    });
    system.unit(1041).presses_ptt(41);
    system.unit(1090).presses_ptt(90);
    system
        .expect("event: call 1 released: the call made room for an announcement")
        .expect("event: call 2 reaches 65535")
        .expect("site 5 -> call 2, channel 2, talker 1090");
    system.has_talkgroup(43);
    system.has_units_at(5, &[1043], 43);
    system.unit(1043).presses_ptt(43);
    system.expect("site 5 -> unit 1043 waits, position 1");
}

#[test]
fn a_patch_joins_talkgroups_until_it_is_undone() {
    let mut system = zone(1, |_| {});
    system.console(Order::Patch { talkgroups: groups(&[42, 41]) });
    system.expect("event: patched 41 42").expect("order carried out");
    system.console(Order::Patch { talkgroups: groups(&[41, 42]) });
    system.expect("order carried out").expect_no("event");
    system.unit(1041).presses_ptt(41);
    system.expect("event: call 1 reaches 42").expect("site 5 -> call 1, channel 2, talker 1041");
    system.console(Order::UndoPatch { talkgroup: talkgroup(42) });
    system.expect("event: unpatched 41 42").expect_no("released");
    system.unit(1041).releases_ptt();
    system.unit(1042).presses_ptt(42);
    system.expect("event: call 1: unit 1042 talks");
    system.unit(1042).releases_ptt();
    system.after_ms(3_000);
    system.unit(1042).presses_ptt(42);
    system.expect("event: call 2 granted after 0 ms").expect_no("reaches");
}

#[test]
fn a_member_that_has_a_call_stays_with_it() {
    let mut system = zone(2, |_| {});
    system.unit(1042).presses_ptt(42);
    system.console(Order::Patch { talkgroups: groups(&[41, 42]) });
    system.unit(1041).presses_ptt(41);
    system.expect("event: call 2 granted after 0 ms").expect_no("reaches").expect_no("released");
}

#[test]
fn a_selection_lasts_for_one_call() {
    let mut system = zone(1, |_| {});
    system.console(Order::Multiselect { talkgroups: groups(&[41, 42]) });
    system.expect("event: patched 41 42 for one call");
    system.unit(1042).presses_ptt(42);
    system.expect("event: call 1 reaches 41");
    system.unit(1042).releases_ptt();
    system.after_ms(3_000).expect("event: unpatched 41 42");
    system.unit(1042).presses_ptt(42);
    system.expect_no("reaches");
}

#[test]
fn a_patch_that_cannot_be_has_its_cause() {
    let mut system = announcement(1, Announcement::Wait);
    let refused = [
        (vec![41], "a field has a value out of range"),
        (vec![41, 41], "a field has a value out of range"),
        (vec![41, 77], "talkgroup is not known"),
        (vec![41, 90], "the call's state does not allow the request"),
    ];
    for (numbers, cause) in refused {
        system.console(Order::Patch { talkgroups: groups(&numbers) });
        system.expect(&format!("order not carried out: {cause}"));
    }
    system.has_talkgroup(43);
    system.console(Order::Patch { talkgroups: groups(&[41, 42]) });
    system.console(Order::Multiselect { talkgroups: groups(&[42, 43]) });
    system.expect("order not carried out: a talkgroup is in another patch");
    system.console(Order::UndoPatch { talkgroup: talkgroup(43) });
    system.expect("order not carried out: the talkgroup is in no patch");
}

#[test]
fn a_patch_joins_and_its_order_is_answered_when_the_store_has_kept_it() {
    let mut system = zone(1, |_| {});
    let order = Order::Patch { talkgroups: groups(&[41, 42]) };
    system.console_without_store(order.clone());
    system.expect("store -> patch of 41").expect_no("order").expect_no("event");
    system.console(order);
    system.expect("order not carried out: the call's state does not allow the request");
    system.unit(1041).presses_ptt(41);
    system.expect("event: call 1 granted after 0 ms").expect_no("reaches");
    // The order itself was written down first.
    system.input(Input::Stored { id: 2 });
    system.expect("event: patched 41 42").expect("order carried out");
    system.console_without_store(Order::UndoPatch { talkgroup: talkgroup(42) });
    system.expect("store -> no patch of 41").expect_no("order").expect_no("event");
    system.unit(1041).releases_ptt();
    system.after_ms(3_000);
    system.unit(1041).presses_ptt(41);
    system.expect("event: call 2 reaches 42");
}

#[test]
fn where_the_store_fails_patches_stay_as_they_are() {
    let mut system = zone(1, |_| {});
    let order = Order::Patch { talkgroups: groups(&[41, 42]) };
    system.console_without_store(order.clone());
    system.input(Input::StoreFailed { id: 2 });
    system.expect("order not carried out: the store could not keep what had to last").expect_no("patched");
    system.console(order);
    system.expect("order carried out");
    system.console_without_store(Order::UndoPatch { talkgroup: talkgroup(41) });
    let asked = |output: &Output| match output {
        Output::Store { id, item: StoreItem::Unpatched(_) } => Some(*id),
        _ => None,
    };
    let id = system.outputs.iter().find_map(asked).unwrap();
    system.input(Input::StoreFailed { id });
    system.expect("order not carried out: the store could not keep what had to last").expect_no("unpatched");
    system.unit(1041).presses_ptt(41);
    system.expect("event: call 1 reaches 42");
}

#[test]
fn patches_of_an_earlier_term_are_provisioned() {
    let mut system = zone(1, |_| {});
    system.provision(Change::Patch(groups(&[41, 42])));
    system.expect("event: patched 41 42").expect_no("store");
    system.provision(Change::Patch(groups(&[41, 42])));
    system.expect_no("event");
    system.provision(Change::Patch(groups(&[43, 77])));
    system.expect("event: dropped: talkgroup is not known");
    system.unit(1041).presses_ptt(41);
    system.expect("event: call 1 reaches 42");
}

#[test]
fn so_many_patches_may_stand_and_no_more() {
    let mut system = System::new();
    for number in 1..=202 {
        system.has_talkgroup(number);
    }
    for number in 1..=100 {
        system.console(Order::Patch { talkgroups: groups(&[2 * number - 1, 2 * number]) });
        system.expect("order carried out");
    }
    system.console(Order::Patch { talkgroups: groups(&[201, 202]) });
    system.expect("order not carried out: as many patches stand as may");
}

#[test]
fn the_number_of_all_and_too_many_members_cannot_be_provisioned() {
    let mut system = System::new();
    let everybody = Talkgroup::named(TalkgroupId::ALL, "");
    let many = Talkgroup {
        reach: Reach::Members(groups(&(1..=16).collect::<Vec<_>>())),
        ..Talkgroup::named(talkgroup(90), "")
    };
    for config in [everybody, many] {
        system.provision(Change::Talkgroup(config));
        system.expect("event: dropped: a field has a value out of range");
    }
}

#[test]
fn an_emergency_in_a_patch_cuts_for_every_site_of_all_its_talkgroups() {
    let mut system = zone(1, |_| {});
    system.with(|system| system.emergency = EmergencyPolicy::Ruthless);
    system.has_talkgroup_with(43, 9, Some(0));
    system.has_units_at(5, &[1043], 43);
    system.unit(1043).presses_ptt(43);
    system.console(Order::Patch { talkgroups: groups(&[41, 42]) });
    system.unit(1041).presses_emergency(41);
    system
        .expect("event: call 1 released: the channel was taken for a call of higher priority")
        .expect("site 5 -> call 2, channel 2, talker 1041, emergency");
}
