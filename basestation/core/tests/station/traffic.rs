//! Traffic slots: which call one carries, and how its end is told.

use trunklab_protocol::air_downlink::DownlinkWord;
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::to_site::Release;
use trunklab_protocol::{Cause, ProfileId, Span};

use crate::harness::*;
use crate::talking::*;

#[test]
fn a_slot_radiates_one_burst_on_every_beat_while_it_carries_a_call() {
    for profile in PROFILES {
        let mut station = talking_here(profile.id);
        let slot = station.traffic_slot();
        station.run_for(Span::from_secs(5));
        let bursts = station.radiated(slot);
        assert!(bursts.len() as f64 >= 5.0 * profile.traffic.per_second() - 1.0, "{}", profile.name);
        for pair in bursts.windows(2) {
            assert_eq!(pair[0].1.place.count + 1, pair[1].1.place.count, "{}", profile.name);
        }
    }
}

#[test]
fn a_repeated_assertion_changes_nothing() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.talk(slot, 1, talker(9, 11), 3);
    station.run_for(Span::from_secs(1));
    station.said.clear();
    let before = station.core.view().slots;
    station.order(assertion(1, slot, Some(talker(9, 11)), true));
    assert_eq!(station.said, []);
    station.run_for(Span::from_millis(800));
    let words = station.busy_words();
    let announced = words.iter().any(|word| matches!(word, DownlinkWord::Grant(grant) if !grant.late_entry));
    assert!(!announced, "{words:?}");
    assert_eq!(station.core.view().slots, before);
}

#[test]
fn a_slot_that_is_given_to_another_call_ends_the_one_before() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.run_for(Span::from_secs(1));
    station.busy_words();
    station.order(assertion(2, slot, Some(talker(4, 12)), false));
    assert_eq!(station.core.view().slots.iter().filter_map(|slot| slot.call).count(), 1);
    station.run_for(Span::from_secs(1));
    let words = station.busy_words();
    let ends = words
        .iter()
        .filter(|word| {
            matches!(word, DownlinkWord::Release(word) if word.call == call(1) && word.cause == Cause::SlotReassigned)
        })
        .count();
    assert_eq!(ends, 2, "{words:?}");
}

#[test]
fn a_call_that_moves_to_another_slot_leaves_the_first_free() {
    let mut station = talking_here(ProfileId::Iden);
    let (from, to) = (station.traffic_slot(), at(3, 3));
    station.run_for(Span::from_secs(1));
    station.order(assertion(1, to, Some(talker(9, 11)), true));
    station.busy_words();
    station.words(from);
    station.run_for(Span::from_secs(1));
    let carrying: Vec<_> =
        station.core.view().slots.iter().filter(|slot| slot.call.is_some()).map(|slot| slot.at).collect();
    assert_eq!(carrying, [to]);
    assert!(station.words(from).iter().all(|word| matches!(word, DownlinkWord::Release(_))));
    let words = station.busy_words();
    assert!(words.iter().all(|word| matches!(word, DownlinkWord::Grant(word) if word.at == to)), "{words:?}");
}

#[test]
fn a_release_is_said_three_times_on_the_slot_and_twice_on_the_control_channel() {
    for profile in PROFILES {
        let mut station = talking_here(profile.id);
        let slot = station.traffic_slot();
        station.run_for(Span::from_secs(1));
        station.run_to_next_downlink(Channel::Traffic, slot);
        station.words(slot);
        station.busy_words();
        station.order(Release { call: call(1), cause: Cause::HangTimeOver });
        station.order(Release { call: call(1), cause: Cause::HangTimeOver });
        station.run_for(Span::from_secs(2));
        let on_slot = station.words(slot);
        assert_eq!(on_slot.len(), 3, "{}: {on_slot:?}", profile.name);
        assert!(on_slot.iter().all(|word| matches!(word, DownlinkWord::Release(_))), "{}", profile.name);
        let on_control = station.busy_words();
        assert_eq!(on_control.len(), 2, "{}: {on_control:?}", profile.name);
    }
}

/// It was settled what the burst under way says when it began.
#[test]
fn a_burst_says_nothing_that_was_decided_after_it_began() {
    for profile in PROFILES {
        let mut station = talking_here(profile.id);
        let slot = station.traffic_slot();
        station.run_for(Span::from_secs(1));
        station.run_to_next_downlink(Channel::Traffic, slot);
        let begun = station.now;
        station.run_for(Span::from_millis(6));
        station.words(slot);
        station.order(Release { call: call(1), cause: Cause::HangTimeOver });
        station.run_for(Span::from_secs(1));
        let radiated = station.radiated(slot);
        assert!(matches!(radiated[0].1.word, DownlinkWord::FloorTaken(_)), "{}: {radiated:?}", profile.name);
        assert_eq!(radiated[0].0, begun + profile.burst_length(Channel::Traffic), "{}", profile.name);
        let rest: Vec<_> = radiated[1..].iter().map(|(_, burst)| &burst.word).collect();
        assert_eq!(rest.len(), 3, "{}: {rest:?}", profile.name);
        assert!(rest.iter().all(|word| matches!(word, DownlinkWord::Release(_))), "{}", profile.name);
    }
}

/// The last release frees the slot as it begins; it is radiated to its end whatever the slot is used for next.
#[test]
fn a_burst_that_has_begun_is_radiated_to_its_end() {
    let mut station = talking_here(ProfileId::P25p1);
    let slot = station.traffic_slot();
    station.run_for(Span::from_secs(1));
    station.order(Release { call: call(1), cause: Cause::HangTimeOver });
    station.run_to_next_downlink(Channel::Traffic, slot);
    station.run_for(Span::from_millis(2 * 180 + 6));
    station.words(slot);
    station.order(assertion(2, slot, Some(talker(4, 12)), false));
    station.run_for(Span::from_millis(2 * 180));
    let words = station.words(slot);
    assert!(matches!(words[0], DownlinkWord::Release(_)), "{words:?}");
    assert!(matches!(words[1], DownlinkWord::FloorTaken(_)), "{words:?}");
}

/// Whoever still listens to the call before learns why it ended, not only that the slot is another's.
#[test]
fn a_slot_that_is_granted_again_at_once_first_tells_how_the_call_before_ended() {
    for profile in PROFILES {
        let mut station = talking_here(profile.id);
        let slot = station.traffic_slot();
        station.run_for(Span::from_secs(1));
        station.run_to_next_downlink(Channel::Traffic, slot);
        station.words(slot);
        station.order(Release { call: call(1), cause: Cause::HangTimeOver });
        station.order(assertion(2, slot, Some(talker(4, 12)), false));
        station.run_for(Span::from_secs(1));
        let words = station.words(slot);
        assert!(
            matches!(&words[0], DownlinkWord::Release(word) if word.call == call(1) && word.cause == Cause::HangTimeOver),
            "{}",
            profile.name
        );
        let rest = words[1..].iter();
        assert!(rest.clone().count() > 1, "{}", profile.name);
        assert!(rest.clone().all(|word| !matches!(word, DownlinkWord::Release(_))), "{}", profile.name);
    }
}

#[test]
fn who_missed_the_release_and_talks_on_is_told_again() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.order(Release { call: call(1), cause: Cause::HangTimeOver });
    station.run_for(Span::from_secs(1));
    station.words(slot);
    station.send_in(slot, voice(9, 11, 0..4));
    assert_eq!(station.dropped(), [Cause::UnknownCall]);
    station.run_for(Span::from_secs(1));
    let words = station.words(slot);
    assert!(
        words.len() == 3
            && words.iter().all(
                |word| matches!(word, DownlinkWord::Release(word) if word.call == call(1) && word.cause == Cause::UnknownCall)
            ),
        "{words:?}"
    );
}

#[test]
fn a_slot_that_the_site_does_not_have_carries_no_call() {
    let mut station = Driven::serving(ProfileId::Dmr3);
    for slot in [at(1, 0), at(9, 0), at(2, 2)] {
        station.order(assertion(1, slot, None, false));
        assert_eq!(station.dropped(), [Cause::WrongSlot], "{slot}");
    }
    assert!(station.core.view().slots.iter().all(|slot| slot.call.is_none()));
}

#[test]
fn the_control_channel_takes_a_slot_or_its_whole_carrier() {
    for (profile, slots) in PROFILES.iter().zip([17, 11, 5, 2, 4, 2, 2]) {
        let station = Driven::serving(profile.id);
        assert_eq!(station.core.view().slots.len(), slots, "{}", profile.name);
    }
}
