//! Clauses 8.2 and 8.3: voice packets, their golden octets, and hostile ones.

use std::collections::BTreeMap;
use std::fs;

use bytes::BytesMut;
use proptest::prelude::*;
use serde_json::Value;
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::voice::{Header, RUN_MAX, TAG_LEN, VoicePacket};
use trunklab_protocol::{Cause, SpurtId};
use trunklab_tests::hostile::{Class, HostilePackets};
use trunklab_tests::tree::root;

const KEY: VoiceKey = VoiceKey::new([0x4B; 16]);

fn spurt() -> SpurtId {
    SpurtId::new(0x0102_0304).unwrap()
}

fn encoded(packet: &VoicePacket, key: &VoiceKey) -> BytesMut {
    let mut octets = BytesMut::new();
    packet.encode(key, &mut octets);
    octets
}

#[test]
fn golden_packets_decode_to_their_values_and_encode_to_their_octets() {
    let text = fs::read_to_string(root().join("tests/golden/vectors.json")).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let packets = vectors["packets"].as_array().unwrap();
    assert!(packets.len() >= 4);
    for vector in packets {
        let key: VoiceKey = serde_json::from_value(vector["key"].clone()).unwrap();
        let packet = VoicePacket {
            spurt: serde_json::from_value(vector["spurt"].clone()).unwrap(),
            sequence: serde_json::from_value(vector["sequence"].clone()).unwrap(),
            position: serde_json::from_value(vector["position"].clone()).unwrap(),
            marker: vector["marker"].as_bool().unwrap(),
            frames: serde_json::from_value(vector["frames"].clone()).unwrap(),
        };
        let octets = encoded(&packet, &key);
        let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        assert_eq!(hex, vector["packet"].as_str().unwrap());
        assert_eq!(VoicePacket::decode(&key, &octets), Ok(packet));
    }
}

/// The example of clause 8.3.
#[test]
fn the_tag_is_siphash_2_4() {
    let key = VoiceKey::new(std::array::from_fn(|index| u8::try_from(index).unwrap()));
    let octets: Vec<u8> = (0..15).collect();
    assert_eq!(key.tag(&octets), 0xA129_CA61_49BE_45E5_u64.to_be_bytes());
}

proptest! {
    #[test]
    fn every_packet_comes_back_as_it_went(
        number in 1_u32..,
        sequence: u16,
        position in 0_u32..26_843_545,
        marker: bool,
        frames in proptest::collection::vec(any::<[u8; 8]>(), 1..=RUN_MAX),
        key: [u8; 16],
    ) {
        let key = VoiceKey::new(key);
        let sent =
            VoicePacket { spurt: SpurtId::new(number).unwrap(), sequence, position, marker, frames: frames.into() };
        let octets = encoded(&sent, &key);
        prop_assert_eq!(VoicePacket::decode(&key, &octets), Ok(sent));
        prop_assert_eq!(VoicePacket::decode(&KEY, &octets), Err(Cause::WrongTag));
    }
}

#[test]
fn a_packet_cut_at_any_length_is_dropped() {
    let packet = HostilePackets::new(KEY, spurt(), 1).good();
    for len in 0..packet.len() {
        let cause = VoicePacket::decode(&KEY, &packet[..len]).unwrap_err();
        assert!(matches!(cause, Cause::NotRtp | Cause::WrongTag), "{len} octets: {cause}");
    }
}

#[test]
fn hostile_packets_end_in_a_named_cause() {
    let mut hostile = HostilePackets::new(KEY, spurt(), 2);
    let mut counts = BTreeMap::<(Class, &str), u32>::new();
    for _ in 0..60_000 {
        let (class, octets) = hostile.any();
        let outcome = VoicePacket::decode(&KEY, &octets);
        let expected = match class {
            Class::Replayed => outcome.is_ok(),
            // An even number of flips of one bit leaves the packet as it was.
            Class::BitFlipped => outcome.is_ok() || matches!(outcome, Err(Cause::WrongTag | Cause::NotRtp)),
            Class::Random | Class::Truncated => matches!(outcome, Err(Cause::WrongTag | Cause::NotRtp)),
            Class::OverLong
            | Class::WrongVersion
            | Class::WrongFamily
            | Class::UnknownMessage
            | Class::BadPayload => outcome == Err(Cause::NotRtp),
        };
        assert!(expected, "{class:?} ended in {outcome:?}");
        *counts.entry((class, outcome.err().map_or("good", Cause::name))).or_default() += 1;
    }
    for ((class, cause), count) in &counts {
        println!("{count:>7}  {:<15} {cause}", format!("{class:?}"));
    }
    assert_eq!(counts.values().sum::<u32>(), 60_000);
}

/// What a switch looks at before it knows the key is what the packet says once the tag holds.
#[test]
fn the_header_alone_reads_what_the_packet_says() {
    let mut hostile = HostilePackets::new(KEY, spurt(), 3);
    for _ in 0..100 {
        let octets = hostile.good();
        let (header, packet) = (Header::read(&octets).unwrap(), VoicePacket::decode(&KEY, &octets).unwrap());
        assert_eq!(
            (header.spurt, header.sequence, header.marker),
            (packet.spurt, packet.sequence, packet.marker)
        );
        assert_eq!(header.timestamp, packet.position * 160);
        assert!(KEY.holds(&octets[..octets.len() - TAG_LEN], &octets[octets.len() - TAG_LEN..]));
    }
}
