//! Chapter 9: answers, session keys and proofs, with golden octets and with everything changed that a proof covers.

use std::fs;

use serde_json::Value;
use trunklab_protocol::air_uplink::{AirUplink, Burst, Detach, UplinkWord};
use trunklab_protocol::network::{BurstPlace, Incarnation};
use trunklab_protocol::proof::{
    Challenge, NetworkAnswer, Proof, ProvedOrder, Response, Seal, SessionKey, UnitKey,
};
use trunklab_protocol::{Family, Imei, Imsi, SiteId, UnitId};
use trunklab_tests::example::{Seeded, message, shapes};
use trunklab_tests::message::AnyMessage;
use trunklab_tests::tree::root;

fn vectors(section: &str) -> Vec<Value> {
    let text = fs::read_to_string(root().join("tests/golden/vectors.json")).unwrap();
    let vectors: Value = serde_json::from_str(&text).unwrap();
    vectors[section].as_array().unwrap().clone()
}

fn taken<T: serde::de::DeserializeOwned>(vector: &Value, member: &str) -> T {
    serde_json::from_value(vector[member].clone()).unwrap_or_else(|error| panic!("{member}: {error}"))
}

#[test]
fn golden_answers_of_units_and_of_the_network_and_session_keys() {
    let vectors = vectors("answers");
    assert!(vectors.len() >= 5);
    for vector in vectors {
        let key: UnitKey = taken(&vector, "key");
        let challenge: Challenge = taken(&vector, "challenge");
        let answer = key.answer(&challenge, taken(&vector, "equipment"));
        assert_eq!(answer.octets(), taken::<Response>(&vector, "answer").octets());
        assert_eq!(key.session(&challenge).octets(), taken::<SessionKey>(&vector, "session").octets());
        let vouched = key.vouch(&challenge, taken(&vector, "unit"), taken(&vector, "order"));
        assert_eq!(vouched.octets(), taken::<NetworkAnswer>(&vector, "network_answer").octets());
        let (imei, unit, imsi) = (taken(&vector, "imei"), taken(&vector, "unit"), taken(&vector, "imsi"));
        assert_eq!(key.seal(&challenge, imei, unit, imsi).octets(), taken::<Seal>(&vector, "seal").octets());
    }
}

/// A blank radio can be told who it is by its own network alone, for its own challenge, and nothing else than it was told.
#[test]
fn a_seal_holds_for_nothing_but_what_it_was_made_for() {
    let (key, challenge) = (UnitKey::new([1; 16]), Challenge::new([2; 16]));
    let imei = |number| Imei::new(number).unwrap();
    let unit = |number| UnitId::new(number).unwrap();
    let seal = key.seal(&challenge, imei(3), unit(4), Imsi::new(5));
    assert!(seal.matches(&key.seal(&challenge, imei(3), unit(4), Imsi::new(5))));
    let others = [
        UnitKey::new([2; 16]).seal(&challenge, imei(3), unit(4), Imsi::new(5)),
        key.seal(&Challenge::new([1; 16]), imei(3), unit(4), Imsi::new(5)),
        key.seal(&challenge, imei(4), unit(4), Imsi::new(5)),
        key.seal(&challenge, imei(3), unit(5), Imsi::new(5)),
        key.seal(&challenge, imei(3), unit(4), Imsi::new(6)),
        key.seal(&challenge, imei(3), unit(4), None),
    ];
    assert!(others.iter().all(|other| !seal.matches(other)));
}

/// The network's answer counts for one key, one challenge, one unit, and is no answer that a unit gives.
#[test]
fn an_answer_of_the_network_holds_for_nothing_but_what_it_was_made_for() {
    let (key, challenge) = (UnitKey::new([1; 16]), Challenge::new([2; 16]));
    let unit = |number| UnitId::new(number).unwrap();
    let vouched = key.vouch(&challenge, unit(7), ProvedOrder::Kill);
    assert!(vouched.matches(&key.vouch(&challenge, unit(7), ProvedOrder::Kill)));
    assert!(!vouched.matches(&UnitKey::new([2; 16]).vouch(&challenge, unit(7), ProvedOrder::Kill)));
    assert!(!vouched.matches(&key.vouch(&Challenge::new([3; 16]), unit(7), ProvedOrder::Kill)));
    assert!(!vouched.matches(&key.vouch(&challenge, unit(8), ProvedOrder::Kill)));
    assert_ne!(vouched.octets(), key.answer(&challenge, None).octets());
}

#[test]
fn golden_proofs_for_every_word() {
    let vectors = vectors("proofs");
    for row in UplinkWord::TABLE {
        assert!(
            vectors.iter().any(|vector| vector["word"].get(row.name).is_some()),
            "{} has no proof",
            row.name
        );
    }
    for vector in vectors {
        let key: SessionKey = taken(&vector, "key");
        let proof = key.prove(
            taken(&vector, "site"),
            taken(&vector, "incarnation"),
            taken(&vector, "place"),
            &taken::<UplinkWord>(&vector, "word"),
        );
        assert_eq!(proof, taken::<Proof>(&vector, "proof"), "{}", vector["word"]);
    }
}

fn site(number: u16) -> SiteId {
    SiteId::new(number).unwrap()
}

fn run(number: u32) -> Incarnation {
    Incarnation::new(number).unwrap()
}

fn bursts() -> Vec<Burst> {
    let mut source = Seeded(9);
    shapes(Family::AirUplink)
        .into_iter()
        .filter_map(|shape| {
            let AnyMessage::AirUplink(AirUplink::Burst(burst)) = message(shape, &mut source) else {
                return None;
            };
            Some(burst)
        })
        .collect()
}

/// A proof counts for one site, one run, one place, one word, one key.
#[test]
fn a_proof_holds_for_nothing_but_what_it_was_made_for() {
    let key = SessionKey::new([3; 16]);
    let bursts = bursts();
    assert_eq!(bursts.len(), UplinkWord::TABLE.len());
    for burst in &bursts {
        let (place, word) = (burst.place, &burst.word);
        let proof = key.prove(site(7), run(5), place, word);
        assert!(key.proves(site(7), run(5), place, word, proof));

        assert!(!SessionKey::new([4; 16]).proves(site(7), run(5), place, word, proof), "another key");
        assert!(!key.proves(site(8), run(5), place, word, proof), "another site");
        assert!(!key.proves(site(7), run(6), place, word, proof), "another run");
        let later = BurstPlace { count: place.count.wrapping_add(1), ..place };
        assert!(!key.proves(site(7), run(5), later, word, proof), "another place");
        let other = UplinkWord::from(Detach { unit: UnitId::new(0xABCDEF).unwrap() });
        assert!(!key.proves(site(7), run(5), place, &other, proof), "another word");
        assert!(!key.proves(site(7), run(5), place, word, Proof::NONE), "none at all");
    }
}

#[test]
fn answer_and_session_key_tell_nothing_of_each_other() {
    let key = UnitKey::new([1; 16]);
    let challenge = Challenge::new([2; 16]);
    let answer = key.answer(&challenge, None);
    assert_ne!(answer.octets()[..], key.session(&challenge).octets()[..8]);
    assert!(answer.matches(&key.answer(&challenge, None)));
    assert!(!answer.matches(&UnitKey::new([2; 16]).answer(&challenge, None)));
    assert!(!answer.matches(&key.answer(&Challenge::new([3; 16]), None)));
    assert!(!answer.matches(&key.answer(&challenge, Imei::new(4))), "equipment that was not named");
}

/// No secret reaches a log; what is public may.
#[test]
fn keys_print_as_dots() {
    assert_eq!(format!("{:?}", UnitKey::new([0xAA; 16])), "UnitKey(…)");
    assert_eq!(format!("{:?}", SessionKey::new([0xAA; 16])), "SessionKey(…)");
    assert!(format!("{:?}", Response::new([0xAA; 8])).contains("aaaaaaaaaaaaaaaa"));
}
