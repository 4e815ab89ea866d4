//! Clause 2.1.4: whatever comes ends in a message, a named cause, or the wait for the rest of a frame.

use std::collections::BTreeMap;

use bytes::BytesMut;
use trunklab_protocol::{Cause, Epoch, Family, Frame};
use trunklab_tests::example::{Seeded, Source as _};
use trunklab_tests::hostile::{Class, Hostile, read};
use trunklab_tests::message::family_name;

fn epoch(number: u32) -> Epoch {
    Epoch::new(number).unwrap()
}

/// What a class may end in on an ordered link; `None` is a good frame.
fn may_end_in(class: Class, outcome: Option<Cause>) -> bool {
    use Cause::{
        BadChecksum, FieldOutOfRange, FieldTruncated, FrameTooLong, FrameTooShort, SequenceGap,
        TrailingOctets, UnknownMessage, WrongFamily, WrongVersion,
    };
    match class {
        Class::Random => matches!(outcome, Some(FrameTooLong | FrameTooShort | BadChecksum | TrailingOctets)),
        Class::Truncated => outcome == Some(FrameTooShort),
        Class::BitFlipped => {
            matches!(outcome, None | Some(BadChecksum | FrameTooLong | FrameTooShort | TrailingOctets))
        }
        Class::OverLong => matches!(outcome, Some(FrameTooLong | FrameTooShort)),
        Class::WrongVersion => outcome == Some(WrongVersion),
        Class::WrongFamily => outcome == Some(WrongFamily),
        Class::UnknownMessage => outcome == Some(UnknownMessage),
        Class::BadPayload => {
            matches!(outcome, None | Some(FieldTruncated | FieldOutOfRange | TrailingOctets | UnknownMessage))
        }
        Class::Replayed => matches!(outcome, None | Some(SequenceGap)),
    }
}

/// A quarter of a million frames, half of them with a right checksum: each ends in a named cause or is a good one.
#[test]
fn hostile_frames_end_in_a_named_cause() {
    const FRAMES: u32 = 250_000;
    let mut counts = BTreeMap::<(Class, &str), u32>::new();
    let mut to_decoder = 0;
    for (seed, family) in (8..).zip(Family::ALL) {
        let mut hostile = Hostile::new(*family, seed);
        let per_family = FRAMES / u32::try_from(Family::ALL.len()).unwrap() + 1;
        for sequence in 0..per_family {
            let (class, octets) = hostile.any(epoch(5), sequence);
            let outcome = read(*family, &octets);
            let cause = match &outcome {
                Ok(_) if octets[9..13] != sequence.to_be_bytes() => Some(Cause::SequenceGap),
                Ok(_) => None,
                Err(cause) => Some(*cause),
            };
            assert!(may_end_in(class, cause), "{class:?} {} ended in {cause:?}", family_name(*family));
            to_decoder += u32::from(Frame::decode_datagram(&octets).is_ok());
            *counts.entry((class, cause.map_or("good", Cause::name))).or_default() += 1;
        }
    }
    for ((class, cause), count) in &counts {
        println!("{count:>7}  {:<15} {cause}", format!("{class:?}"));
    }
    println!("{to_decoder:>7}  reached the family check and the decoder");
    assert!(counts.values().sum::<u32>() >= FRAMES);
    assert!(to_decoder * 5 >= FRAMES * 2, "{to_decoder}");
    for cause in [
        Cause::FrameTooLong,
        Cause::FrameTooShort,
        Cause::BadChecksum,
        Cause::WrongVersion,
        Cause::WrongFamily,
        Cause::UnknownMessage,
        Cause::FieldTruncated,
        Cause::FieldOutOfRange,
        Cause::TrailingOctets,
        Cause::SequenceGap,
    ] {
        assert!(counts.keys().any(|(_, found)| *found == cause.name()), "nothing ended in {cause:?}");
    }
}

/// The same frames in one stream after another: an error or an incomplete frame, never a panic, and what is kept
/// never exceeds a frame.
#[test]
fn hostile_streams_end_or_wait_within_a_frames_memory() {
    let mut hostile = Hostile::new(Family::FromSite, 80);
    let mut source = Seeded(81);
    let (mut closed, mut waiting, mut frames) = (0, 0, 0);
    for _ in 0..4_000 {
        let mut stream = BytesMut::new();
        let mut sequence = 0;
        loop {
            let octets = if source.chance(2) {
                hostile.good(epoch(1), sequence)
            } else {
                hostile.any(epoch(1), sequence).1
            };
            stream.extend_from_slice(&octets);
            let outcome = loop {
                match Frame::decode(&mut stream) {
                    Ok(Some(_)) => frames += 1,
                    other => break other,
                }
            };
            if outcome.is_err() {
                closed += 1;
                break;
            }
            assert!(stream.len() < 16 * 1024, "a waiting stream holds less than a frame");
            sequence += 1;
            if sequence == 40 {
                waiting += 1;
                break;
            }
        }
    }
    println!("{frames} frames read, {closed} links closed, {waiting} still waiting");
    assert!(frames > 4_000 && closed > 3_000);
}

#[test]
fn the_same_seed_makes_the_same_hostile_frames() {
    let frames = |seed| {
        let mut hostile = Hostile::new(Family::AirDownlink, seed);
        (0..200).map(|sequence| hostile.any(epoch(1), sequence)).collect::<Vec<_>>()
    };
    assert_eq!(frames(1), frames(1));
    assert_ne!(frames(1), frames(2));
}
