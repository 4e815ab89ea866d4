//! Full duplex individual calls: both talk at once, each on a slot of its own (clause 12.9.8).

use trunklab_controller_core::config::{Change, SiteConfig, Subscriber};
use trunklab_protocol::from_site::TalkerSilent;
use trunklab_protocol::{Cause, FullDuplex, PageReply, Signalling};

use crate::support::{System, call, site_config, subscriber, unit};

/// Units 1017 and 1019 at site 3, 1018 at site 5; all but 1019 can talk and hear at once.
fn able(channels: u16) -> System {
    let mut system = System::with_two_sites(channels);
    system.has_units_at(3, &[1019], 41);
    for number in [1017, 1018] {
        let row = Subscriber { duplex: true, ..subscriber(number, &[41]) };
        system.provision(Change::Subscriber(row));
    }
    system
}

/// Unit 1017 has rung this unit for a full duplex call, and its user has answered.
fn answered(system: &mut System, called: u32) {
    system.unit(1017).rings_to_talk_at_once(called);
    system.unit(called).says_to_page_of(1017, PageReply::Available);
    system.unit(called).says_to_page_of(1017, PageReply::Answers);
}

fn conversing() -> System {
    let mut system = able(2);
    answered(&mut system, 1018);
    system
}

/// Unit 1020 is at site 3 and able to.
fn neighbours(channels: u16) -> System {
    let mut system = able(channels);
    system.has_units_at(3, &[1020], 41);
    system.provision(Change::Subscriber(Subscriber { duplex: true, ..subscriber(1020, &[41]) }));
    system
}

#[test]
fn each_of_the_two_has_a_slot_and_a_route_to_the_other() {
    let system = conversing();
    system.expect_sites_hear(&[
        "site 3 -> call 1, channel 2, unit 1017 at once with 1018",
        "site 5 -> call 1, channel 2, unit 1018 at once with 1017",
    ]);
    system.expect("switch -> spurt 1 from site 3 to [5]").expect("switch -> spurt 2 from site 5 to [3]");
    let view = &system.controller.snapshot(system.now).calls[0];
    assert_eq!((view.duplex, view.talker), (true, None));
}

#[test]
fn two_at_one_site_have_two_slots_there() {
    let mut system = neighbours(3);
    answered(&mut system, 1020);
    system.expect_sites_hear(&[
        "site 3 -> call 1, channel 2, unit 1017 at once with 1020",
        "site 3 -> call 1, channel 3, unit 1020 at once with 1017",
    ]);
    system.expect("switch -> spurt 1 from site 3 to []").expect("switch -> spurt 2 from site 3 to []");
}

#[test]
fn a_site_with_one_slot_has_a_half_duplex_call() {
    let mut system = neighbours(1);
    answered(&mut system, 1020);
    system.expect_sites_hear(&["site 3 -> call 1, channel 2, no talker"]);
}

#[test]
fn both_radios_must_be_able_to() {
    let mut system = able(3);
    answered(&mut system, 1019);
    system.expect_sites_hear(&["site 3 -> call 1, channel 2, no talker"]);
}

#[test]
fn with_associated_signalling_the_call_is_half_duplex() {
    let mut system = able(2);
    let row = SiteConfig { signalling: Signalling::Associated, ..site_config(5, 2) };
    system.provision(Change::Site(row));
    answered(&mut system, 1018);
    system.expect("site 3 -> call 1, channel 2, no talker");
}

#[test]
fn it_must_be_asked_for() {
    let mut system = able(2);
    system.unit(1017).rings(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.unit(1018).says_to_page_of(1017, PageReply::Answers);
    system.expect("site 3 -> call 1, channel 2, no talker").expect("site 5 -> call 1, channel 2, no talker");
}

#[test]
fn a_call_at_one_site_waits_for_both_its_slots() {
    let mut system = neighbours(2);
    for number in [50, 51] {
        system.has_talkgroup_with(number, 5, Some(0));
        system.has_units_at(3, &[1_000 + u32::from(number)], number);
    }
    system.unit(1050).presses_ptt(50);
    answered(&mut system, 1020);
    system.expect("site 3 -> unit 1017 waits, position 1");
    // A slot is free, and kept for it: one more is to come.
    system.unit(1051).presses_ptt(51);
    system.expect("site 3 -> unit 1051 waits, position 2");
    system.unit(1050).releases_ptt();
    system
        .expect("site 3 -> call 2, channel 2, unit 1017 at once with 1020")
        .expect("site 3 -> call 2, channel 3, unit 1020 at once with 1017");
}

#[test]
fn nobody_asks_for_a_floor_in_it() {
    let mut system = conversing();
    system.unit(1018).presses_ptt_in(call(1));
    system.expect(
        "site 5 -> unit 1018 not given the floor of call 1: the call's state does not allow the request",
    );
    system.unit(1018).calls(1017);
    system.expect_sites_hear(&["site 5 -> call 1, channel 2, unit 1018 at once with 1017"]);
}

#[test]
fn either_hangs_up() {
    let mut system = conversing();
    system.unit(1018).hangs_up(call(1));
    system
        .expect("site 3 -> call 1 released: a party of the call hung up")
        .expect("site 5 -> call 1 released: a party of the call hung up")
        .expect("switch -> spurt 1 shut")
        .expect("switch -> spurt 2 shut");
}

#[test]
fn a_party_that_is_not_heard_any_more_ends_it() {
    let mut system = conversing();
    let spurt = system.spurt(2);
    system.from_site(3, TalkerSilent { call: call(1), spurt });
    system.expect_no("released");
    system.from_site(5, TalkerSilent { call: call(1), spurt });
    system.expect("site 3 -> call 1 released: the talker fell silent without releasing");
}

#[test]
fn it_does_not_outlive_the_link_of_either_site() {
    let mut system = conversing();
    system.loses_site(5);
    system.expect("site 3 -> call 1 released: no site could carry the call on");
}

#[test]
fn the_record_counts_both_slots_and_both_talks() {
    let mut system = neighbours(3);
    answered(&mut system, 1020);
    system.after_ms(10_000);
    system.unit(1017).hangs_up(call(1));
    let record = &system.records[0];
    let held: Vec<_> =
        record.slots.iter().map(|slot| slot.until.unwrap().since(slot.from).as_millis()).collect();
    assert_eq!(held, [10_000, 10_000]);
    let talked: Vec<_> = record.spurts.iter().map(|spurt| (spurt.unit, spurt.until.unwrap().1)).collect();
    assert_eq!(talked, [(unit(1017), Cause::HungUp), (unit(1020), Cause::HungUp)]);
    assert_eq!(system.controller.channel_time_used().as_millis(), 20_000);
}

#[test]
fn both_are_warned_and_then_the_call_ends() {
    let mut system = able(2);
    system.with(|parameters| parameters.duplex_ms_max = 20_000);
    answered(&mut system, 1018);
    system.after_ms(14_999).expect_no("left in call");
    system.after_ms(1).expect_sites_hear(&[
        "site 3 -> unit 1017 has 5000 ms left in call 1",
        "site 5 -> unit 1018 has 5000 ms left in call 1",
    ]);
    system.after_ms(4_999).expect_sites_hear(&[]);
    system.after_ms(1).expect_sites_hear(&[
        "site 3 -> call 1 released: the full duplex call lasted as long as it may",
        "site 5 -> call 1 released: the full duplex call lasted as long as it may",
    ]);
}

#[test]
fn a_call_that_ends_before_its_limit_leaves_no_timer() {
    let mut system = able(2);
    system.with(|parameters| parameters.duplex_ms_max = 20_000);
    answered(&mut system, 1018);
    system.after_ms(16_000);
    system.unit(1017).hangs_up(call(1));
    system.after_ms(30_000).expect_sites_hear(&[]);
}

#[test]
fn a_system_without_full_duplex_has_half_duplex_calls() {
    let mut system = able(2);
    system.with(|parameters| parameters.full_duplex = FullDuplex::Never);
    answered(&mut system, 1018);
    system.expect("site 3 -> call 1, channel 2, no talker").expect("site 5 -> call 1, channel 2, no talker");
}
