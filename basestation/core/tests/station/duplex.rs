//! Full duplex calls: one party on the uplink of its slot, the other on the downlink.

use trunklab_protocol::air_downlink::{DownlinkWord, Party, Sides};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::to_site::{Assert, Release};
use trunklab_protocol::{Cause, Pair, Parties, ProfileId, SlotAddress, Span};

use crate::harness::*;

const fn party(number: u32) -> (u32, u32) {
    (number, number + 2)
}

/// Unit 9 and unit 10 talk at once; this slot is the near one's.
fn side(slot: SlotAddress, near: u32, far: u32) -> Assert {
    let of = |(number, spurt_number)| Party { unit: unit(number), spurt: spurt(spurt_number) };
    let duplex = Some(Sides { near: of(party(near)), far: of(party(far)) });
    let parties = Parties::Pair(Pair { caller: unit(9), called: unit(10) });
    Assert { parties, duplex, ..assertion(1, slot, None, false) }
}

fn voices(words: &[DownlinkWord]) -> Vec<u32> {
    let talker = |word: &DownlinkWord| {
        if let DownlinkWord::Voice(voice) = word { Some(voice.talker.number()) } else { None }
    };
    words.iter().filter_map(talker).collect()
}

#[test]
fn the_near_one_goes_to_the_switch_and_the_far_one_is_radiated_with_every_profile() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        station.hold(unit(9));
        let slot = station.traffic_slot();
        station.order(side(slot, 9, 10));
        station.packet(12, 0..10);
        station.packet(12, 10..20);
        station.talk(slot, 1, talker(9, 11), 4);
        station.run_for(Span::from_millis(400));
        let heard = voices(&station.words(slot));
        assert!(!heard.is_empty() && heard.iter().all(|talker| *talker == 10), "{}: {heard:?}", profile.name);
        let sent = station.packets();
        assert!(!sent.is_empty() && sent.iter().all(|packet| packet.spurt == spurt(11)), "{}", profile.name);
        assert_eq!(station.dropped(), [], "{}", profile.name);
    }
}

/// Slots 2/0 and 3/0 with the profiles that have one slot on a carrier.
fn at_one_site() -> Driven {
    let mut station = Driven::serving(ProfileId::P25p1);
    for number in [9, 10] {
        station.hold(unit(number));
    }
    station.order(side(at(2, 0), 9, 10));
    station.order(side(at(3, 0), 10, 9));
    station
}

#[test]
fn at_one_site_speech_crosses_from_slot_to_slot() {
    let mut station = at_one_site();
    station.talk(at(2, 0), 1, talker(9, 11), 6);
    station.run_for(Span::from_millis(600));
    let heard = voices(&station.words(at(3, 0)));
    assert!(!heard.is_empty() && heard.iter().all(|talker| *talker == 9), "{heard:?}");
    assert!(voices(&station.words(at(2, 0))).is_empty());
    assert!(station.dropped().is_empty());
}

#[test]
fn both_slots_are_announced_and_both_are_given_back() {
    let mut station = at_one_site();
    station.run_for(Span::from_secs(1));
    let granted: Vec<_> = station
        .busy_words()
        .iter()
        .filter_map(|word| if let DownlinkWord::Grant(grant) = word { grant.duplex } else { None })
        .map(|sides| sides.near.unit.number())
        .collect();
    assert!(granted.contains(&9) && granted.contains(&10), "{granted:?}");
    station.order(Release { call: call(1), cause: Cause::HungUp });
    assert!(station.core.view().slots.iter().all(|slot| slot.call.is_none()));
}

#[test]
fn only_the_near_one_is_heard_on_a_slot() {
    let mut station = at_one_site();
    station.talk(at(3, 0), 1, talker(9, 11), 2);
    station.run_for(Span::from_millis(300));
    assert!(station.dropped().contains(&Cause::NotTheTalker));
}

#[test]
fn the_controller_is_told_who_is_silent() {
    let mut station = at_one_site();
    station.run_for(Span::from_millis(1_200));
    let silent: Vec<_> = station
        .told()
        .iter()
        .filter_map(|said| if let FromSite::TalkerSilent(word) = said { Some(word.spurt) } else { None })
        .collect();
    assert_eq!(silent, [spurt(11), spurt(12)]);
}

#[test]
fn a_call_that_becomes_full_duplex_or_is_so_no_more_leaves_the_slots_that_it_had() {
    let carrying = |station: &Driven| -> Vec<SlotAddress> {
        let view = station.core.view();
        view.slots.iter().filter(|slot| slot.call.is_some()).map(|slot| slot.at).collect()
    };
    let mut station = Driven::serving(ProfileId::Iden);
    station.order(assertion(1, at(2, 1), None, false));
    station.order(side(at(2, 2), 9, 10));
    assert_eq!(carrying(&station), [at(2, 2)]);
    station.order(side(at(2, 3), 10, 9));
    station.order(side(at(2, 4), 9, 10));
    assert_eq!(carrying(&station), [at(2, 3), at(2, 4)], "the other party keeps its slot");
    station.order(assertion(1, at(2, 5), None, false));
    assert_eq!(carrying(&station), [at(2, 5)]);
}
