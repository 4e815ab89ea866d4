//! Speech in both directions: what talkers here say, and what comes from the voice switch.

use std::collections::BTreeMap;

use trunklab_basestation_core::{Input, Output, StationEvent};
use trunklab_protocol::air_uplink::{CallCancel, Voice};
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::to_site::Release;
use trunklab_protocol::voice::{FrameRun, VoiceFrame};
use trunklab_protocol::{Cause, ProfileId, Span};

use crate::harness::*;
use crate::talking::*;

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
fn the_last_words_are_heard_before_the_floor_is_free() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.talk(slot, 1, talker(9, 11), 4);
    station.send_in(slot, talk_end());
    station.order(Release { call: call(1), cause: Cause::TransmissionEnded });
    station.run_for(Span::from_millis(400));
    assert_eq!(heard(&station.words(slot)), spoken(0..18));
}

/// How often voice of a talker elsewhere was missed so far: by the counter, and by what was said of it.
fn missed(station: &Driven) -> (u64, usize) {
    let counts = station.core.view().counts;
    let is_said = |output: &Output| matches!(output, Output::Event(StationEvent::VoiceMissing { call: missed }) if *missed == call(1));
    let said = station.said.iter().filter(|(_, output)| is_said(output)).count();
    (counts.dropped.get(&Cause::VoiceMissing).copied().unwrap_or(0), said)
}

#[test]
fn voice_of_a_talker_elsewhere_that_does_not_come_is_counted_once_for_each_silence() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        let slot = station.traffic_slot();
        station.order(assertion(1, slot, Some(talker(9, 11)), false));
        station.run_for(Span::from_millis(2_999));
        assert_eq!(missed(&station), (0, 0), "{}", profile.name);
        station.run_for(Span::from_secs(10));
        assert_eq!(missed(&station), (1, 1), "{}", profile.name);
        // It comes again, and is cut again.
        station.packet(11, 600..603);
        station.run_for(Span::from_millis(2_999));
        assert_eq!(missed(&station), (1, 1), "{}", profile.name);
        station.run_for(Span::from_secs(10));
        assert_eq!(missed(&station), (2, 2), "{}", profile.name);
        let carried = station.core.view().slots.iter().any(|slot| slot.call.is_some());
        assert!(carried, "{}: the call goes on", profile.name);
    }
}

#[test]
fn voice_is_missed_neither_of_a_talker_here_nor_without_a_controller_nor_while_nobody_talks() {
    let mut here = talking_here(ProfileId::Iden);
    let mut idle = Driven::serving(ProfileId::Iden);
    idle.order(assertion(1, idle.traffic_slot(), None, false));
    let mut unserved = Driven::serving(ProfileId::Iden);
    unserved.order(assertion(1, unserved.traffic_slot(), Some(talker(9, 11)), false));
    unserved.heartbeats = false;
    unserved.input(Input::LinkDown { cause: Cause::LinkLost });
    for station in [&mut here, &mut idle, &mut unserved] {
        station.run_for(Span::from_secs(10));
        assert_eq!(missed(station), (0, 0));
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
