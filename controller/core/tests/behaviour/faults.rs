//! Faulty slots (docs/resilience.md 14.2.3 and 14.2.4). Channel 1 of a site is its control channel, 2 and on are for calls.

use trunklab_controller_core::config::{Change, SiteConfig, Subscriber};
use trunklab_controller_core::input::Input;
use trunklab_protocol::from_site::{
    HeldCall, InventoryCalls, InventoryEnd, InventoryRadios, SlotStates, SlotTested,
};
use trunklab_protocol::settings::Neighbour;
use trunklab_protocol::{Cause, PageReply, SlotAddress, SlotHealth, SlotState, Trunking};

use crate::control::configured;
use crate::support::{System, channel, held_radio, site, site_config, subscriber, talkgroup};

impl System {
    fn tells_of(&mut self, number: u16, slots: &[(u16, SlotHealth)]) {
        let slots =
            slots.iter().map(|(at, health)| SlotState { at: channel(*at), health: *health }).collect();
        self.from_site(number, SlotStates { slots });
    }

    fn finds_faulty(&mut self, number: u16, at: u16) {
        self.tells_of(number, &[(at, SlotHealth::Faulty)]);
    }

    fn finds_sound(&mut self, number: u16, at: u16) {
        self.tells_of(number, &[(at, SlotHealth::Sound)]);
    }
}

#[test]
fn the_call_on_a_faulty_slot_goes_to_a_free_one() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.finds_faulty(3, 2);
    system
        .expect("event: slot 2/0 of site 3 faulty")
        .expect_sites_hear(&["site 3 -> call 1, channel 3, talker 1017 here"]);
    system.unit(1017).releases_ptt();
    system.after_ms(3_000).expect("event: call 1 released: nobody spoke before hang time ran out");
    let slots: Vec<_> = system.records[0].slots.iter().map(|slot| (slot.site, slot.at)).collect();
    let expected = [(3, 2), (5, 2), (3, 3)].map(|(number, at)| (site(number), channel(at)));
    assert_eq!(slots, expected, "the record names each slot that the call had");
    system.unit(1017).presses_ptt(41);
    system.expect_no("2/0 of site 3");
}

#[test]
fn a_call_that_finds_no_other_slot_leaves_the_site_and_comes_back() {
    let mut system = System::with_two_sites(1);
    system.unit(1018).presses_ptt(41);
    system.finds_faulty(3, 2);
    system.expect("site 3 -> call 1 released: the slot is faulty").expect_no("call 1 released: no site");
    system.finds_sound(3, 2);
    system
        .expect("event: slot 2/0 of site 3 sound")
        .expect_sites_hear(&["site 3 -> call 1, channel 2, talker 1018"]);
}

#[test]
fn a_call_that_has_no_other_site_ends() {
    let mut system = System::new();
    system.has_site(3, 1);
    system.has_talkgroup(41);
    system.has_units_at(3, &[1017, 1018], 41);
    system.unit(1017).presses_ptt(41);
    system.finds_faulty(3, 2);
    system.expect("site 3 -> call 1 released: the slot is faulty");
    assert_eq!(system.records[0].released.unwrap().1, Cause::SlotFaulty);
    system.unit(1017).presses_ptt(41);
    system.expect("site 3 -> unit 1017 waits, position 1");
    system.finds_sound(3, 2);
    system.expect("site 3 -> call 2, channel 2, talker 1017 here");
}

#[test]
fn who_never_heard_that_it_was_granted_a_faulty_slot_is_served_anew() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).presses_ptt(41);
    system.finds_faulty(3, 2);
    system.finds_faulty(5, 2);
    assert_eq!(system.records[0].released.unwrap().1, Cause::SlotFaulty);
    system.unit(1017).repeats_its_request(41);
    system.expect("site 3 -> unit 1017 waits, position 1");
    system.finds_sound(3, 2);
    system.finds_sound(5, 2);
    system.expect("site 3 -> call 2, channel 2, talker 1017 here");
}

#[test]
fn without_hang_time_the_call_of_a_talker_who_is_lost_is_over() {
    let mut system = System::new();
    system.has_site(3, 1);
    system.has_site(5, 1);
    system.has_talkgroup_as(41, |row| row.trunking = Trunking::Transmission);
    system.has_units_at(3, &[1017], 41);
    system.has_units_at(5, &[1018], 41);
    system.unit(1017).presses_ptt(41);
    system.finds_faulty(3, 2);
    assert_eq!(system.records[0].released.unwrap().1, Cause::TalkerLost);
}

#[test]
fn of_several_faulty_slots_none_is_taken_by_a_call_of_another() {
    let mut system = System::with_two_sites(3);
    system.unit(1017).presses_ptt(41);
    system.tells_of(3, &[(2, SlotHealth::Faulty), (3, SlotHealth::Faulty)]);
    system.expect_sites_hear(&["site 3 -> call 1, channel 4, talker 1017 here"]);
}

#[test]
fn both_talkers_of_a_full_duplex_call_move() {
    let mut system = System::with_two_sites(3);
    system.has_units_at(3, &[1019], 41);
    for number in [1017, 1019] {
        system.provision(Change::Subscriber(Subscriber { duplex: true, ..subscriber(number, &[41]) }));
    }
    system.unit(1017).rings_to_talk_at_once(1019);
    system.unit(1019).says_to_page_of(1017, PageReply::Available);
    system.unit(1019).says_to_page_of(1017, PageReply::Answers);
    system.finds_faulty(3, 2);
    system.expect_sites_hear(&["site 3 -> call 1, channel 4, unit 1017 at once with 1019"]);
    system.finds_faulty(3, 3);
    assert_eq!(system.records[0].released.unwrap().1, Cause::SlotFaulty, "one slot is left for two");
}

#[test]
fn a_site_that_comes_back_says_which_slots_are_faulty_and_every_other_one_is_sound() {
    let mut system = System::with_two_sites(2);
    system.finds_faulty(3, 2);
    system.loses_site(3);
    system.input(Input::SiteConnected { site: site(3) });
    system.greets(3, 1);
    system.finds_faulty(3, 3);
    system.from_site(3, InventoryEnd {});
    system.expect("event: slot 2/0 of site 3 sound").expect("event: slot 3/0 of site 3 faulty");
}

#[test]
fn a_call_that_is_reported_on_a_faulty_slot_is_not_taken_over_there() {
    let mut system = System::with_two_sites(1);
    system.unit(1018).presses_ptt(41);
    let (call, _) = system.grant_of(1018);
    system.loses_site(3);
    system.input(Input::SiteConnected { site: site(3) });
    system.greets(3, 1);
    system.from_site(3, InventoryRadios { radios: vec![held_radio(1017, Some(41))] });
    let held = HeldCall {
        call,
        parties: talkgroup(41).into(),
        at: channel(2),
        talker: None,
        talker_is_here: false,
        emergency: false,
        area: None,
        hung_ms: 0,
    };
    system.from_site(3, InventoryCalls { calls: vec![held] });
    system.finds_faulty(3, 2);
    system.from_site(3, InventoryEnd {});
    system.expect("site 3 -> call 1 released: the slot is faulty");
}

#[test]
fn a_slot_that_the_site_does_not_have_is_dropped_with_its_cause() {
    let mut system = System::with_two_sites(1);
    system.finds_faulty(3, 77);
    system.expect("event: dropped: the carrier is not in service at this site").expect_no("77/0");
    system.from_site(3, SlotTested { at: channel(77), heard: true });
    system.expect("event: dropped: the carrier is not in service at this site");
    system.from_site(3, SlotTested { at: channel(1), heard: false });
    system.expect("event: slot 1/0 of site 3 tested: heard false");
}

#[test]
fn a_control_channel_s_slot_is_known_to_be_faulty() {
    let mut system = System::with_two_sites(1);
    system.finds_faulty(3, 1);
    assert!(!system.controller.is_sound(site(3), channel(1)));
    assert!(system.controller.is_sound(site(5), channel(1)));
    let view = system.controller.snapshot(system.now);
    assert_eq!(view.sites[0].faulty, [channel(1)]);
}

/// Site 3 with so many channels, whose control channel, at channel 1, can go to these.
fn with_candidates(channels: u16, candidates: &[u16]) -> System {
    let mut system = System::new();
    let config = SiteConfig {
        self_test_ms: 1_000,
        control_candidates: candidates.iter().map(|at| channel(*at)).collect(),
        ..site_config(3, channels)
    };
    system.provision(Change::Site(config));
    system.connects(3, 1, &[], &[]);
    system.has_talkgroup(41);
    system.has_units_at(3, &[1017, 1018], 41);
    system
}

fn control(system: &System) -> SlotAddress {
    system.controller.snapshot(system.now).sites[0].control
}

#[test]
fn a_faulty_control_channel_goes_to_the_next_candidate_that_is_sound_and_free() {
    let mut system = with_candidates(4, &[2, 3, 4]);
    system.finds_faulty(3, 2);
    system.unit(1017).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> call 1, channel 3, talker 1017 here"]);
    system.finds_faulty(3, 1);
    system.after_ms(0).expect("event: control channel of site 3 now 4/0");
    system.expect("site 3 -> control channel to be told of in calls").expect_no("call 1 released");
    assert_eq!(control(&system), channel(4));
    system.finds_sound(3, 1);
    system.finds_sound(3, 2);
    system.after_ms(5_000);
    assert_eq!(control(&system), channel(4), "it stays until that place is faulty");
    system.finds_faulty(3, 4);
    system.after_ms(0);
    assert_eq!(control(&system), channel(1), "round and round");
}

#[test]
fn neighbours_announce_where_a_control_channel_has_gone() {
    let mut system = with_candidates(4, &[3]);
    let neighbours = vec![Neighbour { site: site(3), carrier: channel(1).carrier }];
    system.provision(Change::Site(SiteConfig { neighbours, ..site_config(5, 2) }));
    system.connects(5, 1, &[], &[]);
    system.finds_faulty(3, 1);
    system.after_ms(0);
    let settings = configured(&system, 5).expect("site 5 is told");
    assert_eq!((control(&system), settings.neighbours[0].carrier), (channel(3), channel(3).carrier));
}

#[test]
fn where_no_candidate_is_free_its_call_makes_room() {
    let mut system = with_candidates(3, &[2]);
    system.unit(1017).presses_ptt(41);
    system.finds_faulty(3, 1);
    system.after_ms(0);
    system.expect("site 3 -> call 1, channel 3, talker 1017 here");
    assert_eq!(control(&system), channel(2));
}

#[test]
fn where_no_room_can_be_made_it_waits_and_no_call_ends() {
    let mut system = with_candidates(1, &[2]);
    system.unit(1017).presses_ptt(41);
    system.finds_faulty(3, 1);
    system.after_ms(5_000);
    assert_eq!(control(&system), channel(1));
    system.expect_no("call 1 released");
    system.unit(1017).releases_ptt();
    system.after_ms(3_000).expect("event: call 1 released: nobody spoke before hang time ran out");
    system.after_ms(1_000);
    assert_eq!(control(&system), channel(2));
}

#[test]
fn a_slot_that_comes_free_is_the_control_channels_before_it_is_anybodys_who_waits() {
    let mut system = with_candidates(1, &[2]);
    system.has_talkgroup(42);
    system.has_units_at(3, &[1019], 42);
    system.unit(1017).presses_ptt(41);
    system.unit(1019).presses_ptt(42);
    system.expect("site 3 -> unit 1019 waits, position 1");
    system.finds_faulty(3, 1);
    system.after_ms(5_000);
    system.unit(1017).releases_ptt();
    system.after_ms(3_000).expect("event: call 1 released: nobody spoke before hang time ran out");
    assert_eq!(control(&system), channel(2));
    system.expect_no("call 2");
}

#[test]
fn where_every_candidate_is_faulty_it_goes_to_the_first_that_works_again() {
    let mut system = with_candidates(3, &[2, 3]);
    system.tells_of(3, &[(1, SlotHealth::Faulty), (2, SlotHealth::Faulty), (3, SlotHealth::Faulty)]);
    system.after_ms(3_000);
    assert_eq!(control(&system), channel(1));
    system.finds_sound(3, 3);
    system.after_ms(0);
    assert_eq!(control(&system), channel(3));
}

#[test]
fn without_candidates_a_faulty_control_channel_stays() {
    let mut system = with_candidates(3, &[]);
    system.finds_faulty(3, 1);
    system.after_ms(10_000);
    assert_eq!(control(&system), channel(1));
}
