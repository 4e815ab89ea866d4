//! Chapter 2 and every message: the octets that an independent script makes of docs/protocol.md are ours.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use bytes::BytesMut;
use serde_json::Value;
use trunklab_protocol::{Family, Frame};
use trunklab_tests::example::{Shape, shapes};
use trunklab_tests::message::{AnyMessage, family_name};
use trunklab_tests::tree::root;

fn vectors() -> Vec<Value> {
    let text = fs::read_to_string(root().join("tests/golden/vectors.json")).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    vectors["frames"].as_array().unwrap().clone()
}

fn family_named(name: &str) -> Family {
    *Family::ALL.iter().find(|family| family_name(**family) == name).unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2));
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn all_shapes() -> impl Iterator<Item = Shape> {
    Family::ALL.iter().flat_map(|family| shapes(*family))
}

fn title(shape: Shape) -> String {
    let word = shape.word.map_or_else(String::new, |word| format!(" with {}", word.name));
    format!("{} {}{word}", family_name(shape.family), shape.row.name)
}

#[test]
fn golden_frames_decode_to_their_values_and_encode_to_their_octets() {
    for vector in vectors() {
        let title = format!("{} {}", vector["family"], vector["case"]);
        let family = family_named(vector["family"].as_str().unwrap());
        let octets = hex(vector["frame"].as_str().unwrap());
        let frame = Frame::decode_datagram(&octets).unwrap_or_else(|cause| panic!("{title}: {cause}"));
        assert_eq!(frame.family, family, "{title}");
        assert_eq!(u64::from(frame.epoch.number()), vector["epoch"].as_u64().unwrap(), "{title}");
        assert_eq!(u64::from(frame.sequence), vector["sequence"].as_u64().unwrap(), "{title}");
        let decoded = AnyMessage::decode(family, frame.message, &frame.payload)
            .unwrap_or_else(|error| panic!("{title}: {error}"));
        assert_eq!(decoded.to_json(), vector["message"], "{title}");
        let built = AnyMessage::from_json(family, vector["message"].clone()).unwrap();
        assert_eq!(&built.frame(frame.epoch, frame.sequence)[..], octets, "{title}");
        let mut again = BytesMut::new();
        frame.encode(&mut again);
        assert_eq!(&again[..], octets, "{title}");
    }
}

#[test]
fn golden_frames_cover_every_message_and_word_typical_least_and_greatest() {
    let mut cases = BTreeMap::<String, BTreeSet<String>>::new();
    for vector in vectors() {
        let (name, values) = vector["message"].as_object().unwrap().iter().next().unwrap();
        let word = values.get("word").map_or_else(String::new, |word| {
            format!(" with {}", word.as_object().unwrap().keys().next().unwrap())
        });
        let title = format!("{} {name}{word}", vector["family"].as_str().unwrap());
        cases.entry(title).or_default().insert(vector["case"].as_str().unwrap().to_owned());
    }
    for shape in all_shapes() {
        let title = title(shape);
        let found = cases.get(&title).unwrap_or_else(|| panic!("{title} has no golden octets"));
        for case in ["typical", "another", "least", "greatest"] {
            assert!(found.contains(case), "{title} lacks the case `{case}`");
        }
        let fields = shape.word.map_or(shape.row.fields, |word| word.fields);
        let listed = fields.iter().any(|field| field.kind.to_string().starts_with("list of"));
        assert!(
            !listed || (found.contains("empty") && found.contains("full")),
            "{title} lacks empty or full lists"
        );
    }
}
