//! Traffic slots: the floor, speech in both directions, the end of a talk and of a call.

use std::collections::BTreeMap;

use trunklab_basestation_core::Input;
use trunklab_protocol::air_downlink::DownlinkWord;
use trunklab_protocol::air_uplink::{CallCancel, FloorRequest, TalkEnd, UplinkWord, Voice};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::to_site::{FloorQueued, FloorRefused, FloorWithdrawn, Release, TalkWarning};
use trunklab_protocol::voice::{FrameRun, VoiceFrame};
use trunklab_protocol::{Cause, Demand, ProfileId, Span};

use crate::harness::*;

/// The frames that a slot radiated, by position.
fn heard(words: &[DownlinkWord]) -> BTreeMap<u32, VoiceFrame> {
    let mut heard = BTreeMap::new();
    for word in words {
        if let DownlinkWord::Voice(voice) = word {
            for (position, frame) in (voice.position..).zip(voice.frames.frames()) {
                heard.extend(frame.map(|frame| (position, frame)));
            }
        }
    }
    heard
}

fn spoken(positions: std::ops::Range<u32>) -> BTreeMap<u32, VoiceFrame> {
    positions.map(|position| (position, frame(position))).collect()
}

fn voice(unit_number: u32, spurt_number: u32, positions: std::ops::Range<u32>) -> Voice {
    Voice {
        unit: unit(unit_number),
        call: call(1),
        spurt: spurt(spurt_number),
        position: positions.start,
        frames: run_of(positions),
    }
}

fn talk_end() -> TalkEnd {
    TalkEnd { unit: unit(9), call: call(1), spurt: spurt(11) }
}

/// A call whose talker, unit 9, is here and held.
fn talking_here(profile: ProfileId) -> Driven {
    let mut station = Driven::serving(profile);
    station.hold(unit(9));
    station.order(assertion(1, station.traffic_slot(), Some(talker(9, 11)), true));
    station
}

#[test]
fn speech_from_here_is_repeated_and_sent_to_the_switch_with_every_profile() {
    for profile in PROFILES {
        let mut station = talking_here(profile.id);
        let slot = station.traffic_slot();
        let bursts = 2 * profile.voice_pattern.len() as u32;
        station.talk(slot, 1, talker(9, 11), bursts);
        station.run_for(Span::from_millis(400));
        let frames: u32 = (0..bursts).map(|burst| u32::from(profile.voice_frames(burst))).sum();
        assert_eq!(heard(&station.words(slot)), spoken(0..frames), "{}", profile.name);
        let packets = station.packets();
        let sent: BTreeMap<u32, VoiceFrame> = packets
            .iter()
            .flat_map(|packet| (packet.position..).zip(packet.frames.iter().copied()))
            .collect();
        assert_eq!(sent, spoken(0..frames), "{}", profile.name);
        let markers: Vec<bool> = packets.iter().map(|packet| packet.marker).collect();
        assert!(markers[0] && !markers[1..].contains(&true), "{}", profile.name);
        for pair in packets.windows(2) {
            assert_eq!(pair[0].sequence.wrapping_add(1), pair[1].sequence, "{}", profile.name);
        }
        assert_eq!(station.dropped(), [], "{}", profile.name);
    }
}

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
fn lost_frames_split_packets_so_that_positions_stay_true() {
    let mut station = talking_here(ProfileId::P25p1);
    let slot = station.traffic_slot();
    let lost = [2, 5, 6];
    let frames =
        FrameRun::new((0..9).map(|position| (!lost.contains(&position)).then(|| frame(position)))).unwrap();
    station.send_in(slot, Voice { frames, ..voice(9, 11, 0..9) });
    let packets: Vec<(u32, usize)> =
        station.packets().iter().map(|packet| (packet.position, packet.frames.len())).collect();
    assert_eq!(packets, [(0, 2), (3, 2), (7, 2)]);
}

#[test]
fn the_floor_is_said_until_speech_flows_and_again_when_nobody_has_it() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.run_for(Span::from_millis(300));
    assert!(station.words(slot).iter().all(|word| matches!(word, DownlinkWord::FloorTaken(_))));
    station.talk(slot, 1, talker(9, 11), 3);
    station.run_for(Span::from_millis(90));
    assert!(station.words(slot).iter().any(|word| matches!(word, DownlinkWord::Voice(_))));
    station.order(assertion(1, slot, None, false));
    station.run_for(Span::from_millis(300));
    let words = station.words(slot);
    assert!(
        !words.is_empty() && words.iter().all(|word| matches!(word, DownlinkWord::FloorIdle(_))),
        "{words:?}"
    );
}

#[test]
fn speech_counts_only_from_the_talker_in_its_slot_call_and_spurt() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.hold(unit(8));
    let other_slot = at(3, 2);
    let other_call = Voice { call: call(2), ..voice(9, 11, 0..4) };
    for (slot, word, cause) in [
        (slot, voice(8, 11, 0..4), Cause::NotTheTalker),
        (slot, voice(9, 12, 0..4), Cause::NotTheTalker),
        (slot, other_call, Cause::UnknownCall),
        (other_slot, voice(9, 11, 0..4), Cause::WrongSlot),
        (slot, voice(7, 11, 0..4), Cause::NoSession),
        (slot, voice(9, 11, 0..6), Cause::FieldOutOfRange),
        (slot, voice(9, 11, u32::MAX - 4..u32::MAX), Cause::FieldOutOfRange),
    ] {
        station.send_in(slot, word.clone());
        assert_eq!(station.dropped(), [cause], "{word:?}");
    }
    let mut unproved = station.burst(station.next_uplink(Channel::Traffic, slot), -80, voice(9, 11, 0..4));
    unproved.proof = trunklab_protocol::proof::Proof::NONE;
    station.input(Input::Air(unproved));
    station.run_for(Span::from_millis(200));
    assert_eq!(station.dropped(), [Cause::WrongProof]);
    station.send_in(slot, CallCancel { unit: unit(9), press: press(1) });
    assert_eq!(station.dropped(), [Cause::WrongSlot]);
    assert_eq!(station.packets(), []);
    assert_eq!(station.core.view().counts.frames_uplink, 0);
}

#[test]
fn speech_that_was_passed_is_stale() {
    let mut station = talking_here(ProfileId::Dmr3);
    let slot = station.traffic_slot();
    station.send_in(slot, voice(9, 11, 3..6));
    station.send_in(slot, voice(9, 11, 3..6));
    assert_eq!(station.dropped(), [Cause::StalePacket]);
    assert_eq!(station.packets().len(), 1);
}

#[test]
fn the_end_of_a_talk_is_told_once_however_often_it_is_said() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.talk(slot, 1, talker(9, 11), 2);
    for _ in 0..4 {
        station.send_in(slot, talk_end());
    }
    let told = station.told();
    assert!(matches!(&told[..], [FromSite::TalkEnd(_)]), "{told:?}");
    assert_eq!(station.dropped(), []);
    station.order(assertion(1, slot, None, false));
    station.send_in(slot, talk_end());
    assert_eq!(station.told(), []);
}

#[test]
fn the_last_words_are_heard_before_the_floor_is_free() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.talk(slot, 1, talker(9, 11), 4);
    station.send_in(slot, talk_end());
    station.order(Release { call: call(1), cause: Cause::TransmissionEnded });
    station.run_for(Span::from_millis(400));
    assert_eq!(heard(&station.words(slot)), spoken(0..18));
}

#[test]
fn a_talker_that_falls_silent_is_reported_once_for_each_spurt() {
    let mut station = talking_here(ProfileId::Dmr3);
    let slot = station.traffic_slot();
    station.talk(slot, 1, talker(9, 11), 5);
    let last_heard = station.now;
    station.run_until(last_heard + Span::from_millis(999));
    assert_eq!(station.told(), []);
    station.run_for(Span::from_secs(5));
    let told = station.told();
    assert!(matches!(&told[..], [FromSite::TalkerSilent(word)] if word.spurt == spurt(11)), "{told:?}");
    station.order(assertion(1, slot, Some(talker(9, 12)), true));
    station.run_for(Span::from_secs(5));
    let told = station.told();
    assert!(matches!(&told[..], [FromSite::TalkerSilent(word)] if word.spurt == spurt(12)), "{told:?}");
}

#[test]
fn requests_for_the_floor_can_collide_and_are_forwarded_alone() {
    let mut station = Driven::serving(ProfileId::Tetra);
    let slot = station.traffic_slot();
    station.hold(unit(5));
    station.hold(unit(6));
    station.order(assertion(1, slot, None, false));
    let ask =
        |number| FloorRequest { unit: unit(number), press: press(1), call: call(1), demand: Demand::Low };
    let place = station.next_uplink(Channel::Traffic, slot);
    for number in [5, 6] {
        let burst = station.burst(place, -80, ask(number));
        station.input(Input::Air(burst));
    }
    station.run_for(Span::from_millis(200));
    assert_eq!(station.told(), []);
    assert_eq!(station.core.view().counts.collisions, 2);
    station.send_in(slot, ask(5));
    assert!(matches!(&station.told()[..], [FromSite::FloorRequest(word)] if word.unit == unit(5)));
}

#[test]
fn a_refused_request_for_the_floor_is_said_on_the_slot_and_takes_few_bursts_from_speech() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    for number in 1..=4 {
        station.order(FloorRefused {
            call: call(1),
            unit: unit(number),
            press: press(1),
            cause: Cause::FloorTaken,
        });
    }
    station.talk(slot, 1, talker(9, 11), 24);
    let words = station.words(slot);
    let at_bursts: Vec<usize> = words
        .iter()
        .enumerate()
        .filter(|(_, word)| matches!(word, DownlinkWord::FloorRefused(_)))
        .map(|(index, _)| index)
        .collect();
    assert_eq!(at_bursts.len(), 4, "{words:?}");
    let first_voice = words.iter().position(|word| matches!(word, DownlinkWord::Voice(_))).unwrap();
    for pair in at_bursts.windows(2).filter(|pair| pair[0] > first_voice) {
        assert!(pair[1] - pair[0] > 4, "{at_bursts:?}");
    }
}

#[test]
fn speech_from_the_switch_is_heard_in_its_place() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        let slot = station.traffic_slot();
        station.order(assertion(1, slot, Some(talker(9, 11)), false));
        let start = station.now + Span::from_millis(333);
        let bursts = 3 * profile.voice_pattern.len() as u32;
        let deleted = bursts / 2;
        let (mut position, mut missing) = (0, 0..0);
        for burst in 0..bursts {
            station.run_until(start + profile.traffic.start(burst));
            let frames = position..position + u32::from(profile.voice_frames(burst));
            position = frames.end;
            if burst == deleted {
                missing = frames;
            } else if !frames.is_empty() {
                station.packet(11, frames);
            }
        }
        station.run_for(Span::from_millis(600));
        let mut expected = spoken(0..position);
        expected.retain(|position, _| !missing.contains(position));
        assert_eq!(heard(&station.words(slot)), expected, "{}", profile.name);
        assert_eq!(station.dropped(), [], "{}", profile.name);
        assert_eq!(station.packets(), [], "{}: it is not sent back", profile.name);
    }
}

#[test]
fn packets_of_other_spurts_or_tags_are_dropped() {
    let mut station = talking_here(ProfileId::Iden);
    station.packet(11, 0..4);
    assert_eq!(station.dropped(), [Cause::UnknownSpurt], "its talker is here");
    station.packet(99, 0..4);
    assert_eq!(station.dropped(), [Cause::UnknownSpurt]);
    station.input(Input::Voice(bytes::Bytes::from_static(&[0x80; 28])));
    assert_eq!(station.dropped(), [Cause::NotRtp]);
    let slot = station.traffic_slot();
    station.order(assertion(1, slot, Some(talker(4, 12)), false));
    let packet = trunklab_protocol::voice::VoicePacket {
        spurt: spurt(12),
        sequence: 0,
        position: 0,
        marker: true,
        frames: std::iter::once(frame(0)).collect(),
    };
    let mut octets = bytes::BytesMut::new();
    packet.encode(&UPLINK_KEY, &mut octets);
    station.input(Input::Voice(octets.freeze()));
    assert_eq!(station.dropped(), [Cause::WrongTag], "the other direction's key");
    station.packet(12, 0..1);
    assert_eq!(station.dropped(), []);
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

#[test]
fn a_word_without_a_session_on_a_slot_is_refused_there() {
    let mut station = Driven::serving(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.order(assertion(1, slot, None, false));
    let word: UplinkWord =
        FloorRequest { unit: unit(5), press: press(1), call: call(1), demand: Demand::Low }.into();
    station.send_in(slot, word);
    station.run_for(Span::from_millis(200));
    let words = station.words(slot);
    assert!(
        words.iter().any(
            |word| matches!(word, DownlinkWord::FloorRefused(word) if word.cause == Cause::NotRegistered)
        ),
        "{words:?}"
    );
}

#[test]
fn speech_from_the_switch_is_heard_to_its_end_after_the_talk_is_over() {
    for profile in PROFILES {
        for phase_ms in (0..200).step_by(7) {
            let mut station = Driven::serving(profile.id);
            let slot = station.traffic_slot();
            station.order(assertion(1, slot, Some(talker(9, 11)), false));
            let start = station.now + Span::from_millis(400 + phase_ms);
            let bursts = 2 * profile.voice_pattern.len() as u32;
            let mut position = 0;
            for burst in 0..bursts {
                station.run_until(start + profile.traffic.start(burst));
                let frames = position..position + u32::from(profile.voice_frames(burst));
                position = frames.end;
                if !frames.is_empty() {
                    station.packet(11, frames);
                }
            }
            station.run_for(profile.traffic.period());
            station.order(assertion(1, slot, None, false));
            station.run_for(Span::from_secs(1));
            assert_eq!(heard(&station.words(slot)), spoken(0..position), "{} {phase_ms}", profile.name);
        }
    }
}

#[test]
fn a_slot_keeps_so_many_words_to_single_radios_and_no_more() {
    let mut station = talking_here(ProfileId::Iden);
    for number in 1..=16 {
        station.order(FloorRefused {
            call: call(1),
            unit: unit(number),
            press: press(1),
            cause: Cause::FloorTaken,
        });
    }
    assert_eq!(station.dropped(), []);
    station.order(FloorRefused { call: call(1), unit: unit(17), press: press(1), cause: Cause::FloorTaken });
    assert_eq!(station.dropped(), [Cause::ControlChannelFull]);
}

#[test]
fn a_demand_on_the_control_channel_while_another_talks_is_answered_on_the_slot() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.hold(unit(5));
    let demand = Demand::High;
    station.access(FloorRequest { unit: unit(5), press: press(1), call: call(1), demand });
    station.run_for(Span::from_millis(300));
    let told = station.told();
    assert!(
        matches!(&told[..], [FromSite::FloorRequest(word)] if word.unit == unit(5) && word.demand == demand),
        "{told:?}"
    );
    // A place that moves before it was said is said once, as it is now.
    for position in [2, 1] {
        station.order(FloorQueued { call: call(1), unit: unit(5), press: press(1), position });
    }
    station.run_for(Span::from_millis(400));
    let words = station.words(slot);
    let places: Vec<_> = words
        .iter()
        .filter_map(|word| match word {
            DownlinkWord::FloorQueued(word) => Some(word.position),
            _ => None,
        })
        .collect();
    assert_eq!(places, [1]);
}

#[test]
fn a_warning_and_a_withdrawal_are_said_twice() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    let (call, unit, spurt) = (call(1), unit(9), spurt(11));
    station.order(TalkWarning { call, unit, spurt, left_ms: 5_000 });
    station.order(FloorWithdrawn { call, unit, spurt, cause: Cause::TransmissionLimit });
    station.run_for(Span::from_secs(1));
    let words = station.words(slot);
    let said = |wanted: fn(&DownlinkWord) -> bool| words.iter().filter(|word| wanted(word)).count();
    assert_eq!(said(|word| matches!(word, DownlinkWord::TalkWarning(_))), 2);
    assert_eq!(said(|word| matches!(word, DownlinkWord::FloorWithdrawn(_))), 2);
}
