//! Clause 2.2 and every message: round trips, and payloads that are cut, changed or too long.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use trunklab_protocol::{DecodeError, Epoch, Family, Frame};
use trunklab_tests::example::{Seeded, Shape, Tape, any_message, message, shapes};
use trunklab_tests::message::{AnyMessage, family_name};

fn epoch(number: u32) -> Epoch {
    Epoch::new(number).unwrap()
}

fn all_shapes() -> impl Iterator<Item = Shape> {
    Family::ALL.iter().flat_map(|family| shapes(*family))
}

fn title(shape: Shape) -> String {
    let word = shape.word.map_or_else(String::new, |word| format!(" with {}", word.name));
    format!("{} {}{word}", family_name(shape.family), shape.row.name)
}

#[test]
fn every_message_comes_back_as_it_went() {
    for shape in all_shapes() {
        let mut runner =
            TestRunner::new(Config { cases: 48, failure_persistence: None, ..Config::default() });
        let strategy = (proptest::collection::vec(any::<u64>(), 0..200), any::<u32>(), any::<u32>());
        let outcome = runner.run(&strategy, |(tape, number, sequence)| {
            let sent = message(shape, &mut Tape(&tape));
            let octets = sent.frame(epoch(number), sequence);
            let frame = Frame::decode_datagram(&octets).unwrap();
            prop_assert_eq!((frame.epoch, frame.sequence), (epoch(number), sequence));
            let received = AnyMessage::decode(frame.family, frame.message, &frame.payload).unwrap();
            prop_assert_eq!(&received, &sent);
            prop_assert_eq!(received.frame(epoch(number), sequence), octets);
            Ok(())
        });
        outcome.unwrap_or_else(|failure| panic!("{}: {failure}", title(shape)));
    }
}

#[test]
fn a_payload_cut_at_any_length_names_the_field_that_is_cut() {
    let mut source = Seeded(2);
    for shape in all_shapes() {
        for _ in 0..4 {
            let payload = message(shape, &mut source).payload();
            for len in 0..payload.len() {
                let error = AnyMessage::decode(shape.family, shape.row.code, &payload[..len]).unwrap_err();
                let DecodeError::Truncated { field, offset } = error else {
                    panic!("{} cut to {len} octets: {error}", title(shape));
                };
                assert!(!field.is_empty() && offset <= len, "{} cut to {len} octets: {error}", title(shape));
            }
        }
    }
}

#[test]
fn octets_behind_a_message_are_refused() {
    let mut source = Seeded(3);
    for shape in all_shapes() {
        let mut payload = message(shape, &mut source).payload();
        payload.extend_from_slice(&[0, 0, 0]);
        let error = AnyMessage::decode(shape.family, shape.row.code, &payload).unwrap_err();
        assert_eq!(error, DecodeError::Trailing { count: 3 }, "{}", title(shape));
    }
}

#[test]
fn numbers_that_no_message_has_are_unknown() {
    for family in Family::ALL {
        let known: BTreeSet<u8> = shapes(*family).iter().map(|shape| shape.row.code).collect();
        for code in (0..=255).filter(|code| !known.contains(code)) {
            assert_eq!(AnyMessage::decode(*family, code, &[]), Err(DecodeError::UnknownMessage { code }));
        }
    }
}

#[test]
fn an_unknown_word_is_an_unknown_message() {
    let shape = shapes(Family::AirUplink).into_iter().find(|shape| shape.word.is_some()).unwrap();
    let mut payload = message(shape, &mut Seeded(4)).payload();
    payload[9] = 0xEE;
    let error = AnyMessage::decode(Family::AirUplink, shape.row.code, &payload).unwrap_err();
    assert_eq!(error, DecodeError::UnknownMessage { code: 0xEE });
}

/// Any octet of a good payload set to any of a few values: read or refused with a name, never more than the octets.
#[test]
fn a_changed_octet_is_read_or_refused_with_a_name() {
    let mut source = Seeded(5);
    for shape in all_shapes() {
        let payload = message(shape, &mut source).payload();
        for at in 0..payload.len().min(400) {
            for octet in [0x00, 0x01, 0x05, 0x7F, 0x80, 0xFF] {
                let mut changed = payload.clone();
                changed[at] = octet;
                match AnyMessage::decode(shape.family, shape.row.code, &changed) {
                    Ok(read) => assert_eq!(read.payload(), changed, "{} octet {at}", title(shape)),
                    Err(
                        DecodeError::Truncated { field, offset } | DecodeError::OutOfRange { field, offset },
                    ) => {
                        assert!(!field.is_empty() && offset <= changed.len(), "{} octet {at}", title(shape));
                    }
                    Err(DecodeError::Trailing { .. } | DecodeError::UnknownMessage { .. }) => {}
                }
            }
        }
    }
}

#[test]
fn examples_shrink_to_the_least_values() {
    for shape in all_shapes() {
        assert_eq!(message(shape, &mut Tape(&[])), message(shape, &mut Tape(&[0; 600])), "{}", title(shape));
    }
    assert_ne!(any_message(Family::ToSite, &mut Seeded(1)), any_message(Family::ToSite, &mut Seeded(2)));
}
