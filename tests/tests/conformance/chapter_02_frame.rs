//! Clause 2.1: the frame, whole, cut, split, too long, too short, damaged, of another version.

use bytes::BytesMut;
use proptest::prelude::*;
use proptest::test_runner::Config;
use trunklab_protocol::frame::{CHECKSUM_LEN, HEADER_LEN, PAYLOAD_LEN_MAX, VERSION};
use trunklab_protocol::{Cause, Epoch, Family, Frame};
use trunklab_tests::hostile::{Class, Hostile, read};
use trunklab_tests::message::AnyMessage;

fn epoch(number: u32) -> Epoch {
    Epoch::new(number).unwrap()
}

fn decode_all(stream: &mut BytesMut) -> Vec<Frame> {
    std::iter::from_fn(|| Frame::decode(stream).unwrap()).collect()
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_split_of_the_stream_gives_the_same_frames(seed: u64, cuts in proptest::collection::vec(1_usize..90, 1..60)) {
        let mut hostile = Hostile::new(Family::ToSite, seed);
        let sent: Vec<BytesMut> = (0..8).map(|sequence| hostile.good(epoch(7), sequence)).collect();
        let stream = sent.concat();
        let whole = decode_all(&mut BytesMut::from(&stream[..]));
        prop_assert_eq!(whole.len(), sent.len());

        let (mut received, mut buffer, mut rest) = (Vec::new(), BytesMut::new(), &stream[..]);
        for cut in cuts.iter().cycle() {
            let (part, left) = rest.split_at((*cut).min(rest.len()));
            buffer.extend_from_slice(part);
            received.extend(decode_all(&mut buffer));
            rest = left;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(received, whole);
        prop_assert!(buffer.is_empty());
    }

    #[test]
    fn random_octets_never_panic(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut stream = BytesMut::from(&octets[..]);
        while let Ok(Some(_)) = Frame::decode(&mut stream) {}
        for family in Family::ALL {
            let _outcome = read(*family, &octets);
            let code = octets.first().copied().unwrap_or(1);
            let _outcome = AnyMessage::decode(*family, code, octets.get(1..).unwrap_or(&[]));
        }
    }
}

fn good() -> BytesMut {
    Hostile::new(Family::FromSite, 6).good(epoch(3), 9)
}

fn with_length(length: usize) -> BytesMut {
    let mut frame = good();
    frame[..2].copy_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
    frame
}

#[test]
fn a_stream_waits_for_the_rest_of_a_frame_and_a_datagram_does_not() {
    let frame = good();
    for len in 0..frame.len() {
        assert_eq!(Frame::decode(&mut BytesMut::from(&frame[..len])), Ok(None), "{len} octets");
        assert_eq!(Frame::decode_datagram(&frame[..len]), Err(Cause::FrameTooShort), "{len} octets");
    }
}

#[test]
fn every_flipped_bit_is_found() {
    let frame = good();
    for bit in 0..frame.len() * 8 {
        let mut bad = frame.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(Frame::decode_datagram(&bad).is_err(), "bit {bit}");
        if bit >= 16 {
            assert_eq!(Frame::decode(&mut bad), Err(Cause::BadChecksum), "bit {bit}");
        }
    }
}

#[test]
fn lengths_outside_the_limits_are_refused_before_anything_is_awaited() {
    let most = HEADER_LEN - 2 + PAYLOAD_LEN_MAX + CHECKSUM_LEN;
    let least = HEADER_LEN - 2 + CHECKSUM_LEN;
    assert_eq!((least, most), (15, 16_382), "clause 2.1.1");
    for length in [most + 1, 40_000, 65_535] {
        assert_eq!(Frame::decode(&mut with_length(length)), Err(Cause::FrameTooLong), "{length}");
    }
    for length in [0, 1, least - 1] {
        assert_eq!(Frame::decode(&mut with_length(length)), Err(Cause::FrameTooShort), "{length}");
    }
    assert_eq!(Frame::decode(&mut with_length(most)), Ok(None), "the longest frame may still come");
}

#[test]
fn the_longest_frame_passes_and_one_octet_more_cannot_be_built() {
    let frame = |len| Frame {
        family: Family::ToSite,
        message: 0x7F,
        epoch: epoch(1),
        sequence: 0,
        payload: vec![0x55; len].into(),
    };
    let mut octets = BytesMut::new();
    frame(PAYLOAD_LEN_MAX).encode(&mut octets);
    assert_eq!(octets.len(), 16 * 1024);
    assert_eq!(Frame::decode(&mut octets), Ok(Some(frame(PAYLOAD_LEN_MAX))));
    let panicked = std::panic::catch_unwind(|| frame(PAYLOAD_LEN_MAX + 1).encode(&mut BytesMut::new()));
    assert!(panicked.is_err());
}

#[test]
fn a_datagram_holds_one_frame_and_nothing_else() {
    let mut two = good();
    let one = two.clone();
    two.extend_from_slice(&one);
    assert_eq!(Frame::decode_datagram(&two), Err(Cause::TrailingOctets));
    assert_eq!(Frame::decode_datagram(&vec![0; 16 * 1024 + 1]), Err(Cause::FrameTooLong));
}

#[test]
fn versions_and_families_that_nobody_speaks_are_refused() {
    let mut hostile = Hostile::new(Family::AirUplink, 7);
    for _ in 0..200 {
        let wrong_version = hostile.frame(Class::WrongVersion, epoch(1), 0);
        assert_ne!(wrong_version[2], VERSION);
        assert_eq!(read(Family::AirUplink, &wrong_version), Err(Cause::WrongVersion));
        let wrong_family = hostile.frame(Class::WrongFamily, epoch(1), 0);
        assert_eq!(read(Family::AirUplink, &wrong_family), Err(Cause::WrongFamily));
    }
}
