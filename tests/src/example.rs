//! Messages made from the code's own tables: whoever adds a message or a field gets its tests for nothing.
//!
//! Every choice is drawn from a [`Source`]. A seeded one serves hostile streams; a tape of numbers lets `proptest`
//! shrink an example, for smaller numbers make smaller values and a tape that has run out draws zeros.

use serde_json::{Map, Value, json};
use trunklab_protocol::air_downlink::{
    AccessRules, DownlinkWord, Party, Reselection, Sides, SiteService, Talker,
};
use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::field::{FieldRow, Kind};
use trunklab_protocol::frame::MessageRow;
use trunklab_protocol::from_site::{HeldCall, HeldRadio};
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::network::BurstPlace;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::proof::ProvedOrder;
use trunklab_protocol::settings::{FailsoftPlace, Neighbour, SiteSettings};
use trunklab_protocol::to_site::CopiedVector;
use trunklab_protocol::{
    CallId, CallSetup, Cause, ControlPlace, Demand, EmergencyStage, Family, FloorPolicy, MessageId,
    MessageReply, PageReply, Pair, PlantPart, Position, ProfileId, Regroup, Signalling, SlotAddress,
    SlotHealth, SlotState, Subscription, Teller,
};

use crate::message::{AnyMessage, table};

/// Where choices come from.
pub trait Source {
    /// A number below `below`, which is not zero.
    fn draw(&mut self, below: u64) -> u64;

    /// Whether something with one chance in `in_` happens.
    fn chance(&mut self, in_: u64) -> bool {
        self.draw(in_) == in_ - 1
    }

    /// One of the items.
    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T
    where
        Self: Sized,
    {
        &items[usize::try_from(self.draw(items.len() as u64)).expect("an index")]
    }
}

/// An endless stream that one number decides (SplitMix64).
#[derive(Debug, Clone)]
pub struct Seeded(pub u64);

impl Source for Seeded {
    fn draw(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ mixed >> 31) % below
    }
}

/// Numbers written down; zeros when they have run out.
#[derive(Debug, Clone)]
pub struct Tape<'a>(pub &'a [u64]);

impl Source for Tape<'_> {
    fn draw(&mut self, below: u64) -> u64 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first % below
    }
}

/// A message, and where it carries a word, which.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Its family.
    pub family: Family,
    /// Its row in the family's table.
    pub row: &'static MessageRow,
    /// The word inside it.
    pub word: Option<&'static MessageRow>,
}

/// Every message of a family, those with a word once for each word.
pub fn shapes(family: Family) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for row in table(family) {
        let words = row.fields.iter().find_map(|field| words(field.kind));
        match words {
            None => shapes.push(Shape { family, row, word: None }),
            Some(words) => {
                shapes.extend(words.iter().map(|word| Shape { family, row, word: Some(word) }));
            }
        }
    }
    shapes
}

/// A message of this shape.
///
/// # Panics
/// When a table has an encoding that this file does not know yet: add it to `NUMBERS`, `octets` or `named`.
pub fn message(shape: Shape, source: &mut impl Source) -> AnyMessage {
    let mut values = Map::new();
    for field in shape.row.fields {
        let value = match shape.word {
            Some(word) if words(field.kind).is_some() => tagged(word, source),
            _ => value(field.kind, source),
        };
        values.insert(field.name.to_owned(), value);
    }
    AnyMessage::from_json(shape.family, json!({ shape.row.name: values }))
        .expect("values of the table's kinds make a message")
}

/// Any message of the family.
pub fn any_message(family: Family, source: &mut impl Source) -> AnyMessage {
    let shape = *source.pick(&shapes(family));
    message(shape, source)
}

/// The words of a field that holds one.
fn words(kind: Kind) -> Option<&'static [MessageRow]> {
    match kind {
        Kind::Named("UplinkWord") => Some(UplinkWord::TABLE),
        Kind::Named("DownlinkWord") => Some(DownlinkWord::TABLE),
        Kind::Named(_) | Kind::Octets(_) | Kind::Optional(_) | Kind::List { .. } | Kind::Text { .. } => None,
    }
}

/// Name, least and greatest of every number (docs/protocol.md, clauses 2.2.1, 3.1.1, 3.2.1, 9.3).
const NUMBERS: &[(&str, i64, u64)] = &[
    ("u8", 0, u8::MAX as u64),
    ("u16", 0, u16::MAX as u64),
    ("u32", 0, u32::MAX as u64),
    ("u64", 0, u64::MAX),
    ("i8", i8::MIN as i64, i8::MAX as u64),
    ("i16", i16::MIN as i64, i16::MAX as u64),
    ("i32", i32::MIN as i64, i32::MAX as u64),
    ("unit", 1, 0xFF_FFFF),
    ("talkgroup", 1, u16::MAX as u64),
    ("imei", 1, 999_999_999_999_999),
    ("imsi", 1, 999_999_999_999_999),
    ("msisdn", 1, 999_999_999_999_999),
    ("tmsi", 1, u32::MAX as u64),
    ("site", 1, u16::MAX as u64),
    ("area", 1, 65_533),
    ("area choice", 1, u16::MAX as u64),
    ("antenna", 0, 360),
    ("mast", 1, u16::MAX as u64),
    ("node", 1, u16::MAX as u64),
    ("carrier", 1, 4_095),
    ("slot", 0, 5),
    ("epoch", 0, u32::MAX as u64),
    ("incarnation", 0, u32::MAX as u64),
    ("spurt", 1, u32::MAX as u64),
    ("press", 0, u16::MAX as u64),
    ("order number", 0, u32::MAX as u64),
    ("priority", 1, 10),
    ("proof", 0, u64::MAX),
    ("status", 1, u16::MAX as u64),
];

fn value(kind: Kind, source: &mut impl Source) -> Value {
    match kind {
        Kind::Named(name) => named(name, source),
        Kind::Octets(count) => octets(count, source),
        Kind::Optional(kind) => {
            if source.draw(2) == 0 {
                Value::Null
            } else {
                value(*kind, source)
            }
        }
        Kind::List { of, most } => {
            let count = count(most, source);
            (0..count).map(|_| value(*of, source)).collect()
        }
        Kind::Text { most } => {
            let count = count(most, source);
            let mut text = String::new();
            for _ in 0..count {
                let letter = *source.pick(&['a', 'B', ' ', '7', 'ö', 'Ł']);
                if text.len() + letter.len_utf8() <= most {
                    text.push(letter);
                }
            }
            Value::String(text)
        }
    }
}

/// Mostly few, at times as many as may be.
fn count(most: usize, source: &mut impl Source) -> usize {
    let below = if source.chance(24) { most + 1 } else { most.min(6) + 1 };
    usize::try_from(source.draw(below as u64)).expect("a count")
}

fn octets(count: usize, source: &mut impl Source) -> Value {
    (0..count).map(|_| source.draw(256)).collect()
}

fn named(name: &str, source: &mut impl Source) -> Value {
    if let Some((_, least, greatest)) = NUMBERS.iter().find(|(number, ..)| *number == name) {
        return number(*least, *greatest, source);
    }
    match name {
        "flag" => json!(source.draw(2) == 1),
        "key" | "session key" | "voice key" | "challenge" => octets(16, source),
        "response" | "seal" | "network answer" => octets(8, source),
        "identity" => {
            let kind = *source.pick(&["unit", "imsi", "imei", "tmsi"]);
            json!({ kind: named(kind, source) })
        }
        "socket address" => {
            let port = source.draw(65_536);
            if source.draw(2) == 0 {
                json!(format!("192.0.2.{}:{port}", source.draw(256)))
            } else {
                json!(format!("[2001:db8::{:x}]:{port}", source.draw(65_536)))
            }
        }
        "frame run" => {
            let count = source.draw(17);
            (0..count).map(|_| if source.chance(4) { Value::Null } else { octets(8, source) }).collect()
        }
        "cause" => json!(source.pick(Cause::ALL)),
        "Channel" => json!(source.pick(Channel::ALL)),
        "ControlPlace" => json!(source.pick(ControlPlace::ALL)),
        "Signalling" => json!(source.pick(Signalling::ALL)),
        "ProfileId" => json!(source.pick(ProfileId::ALL)),
        "EmergencyStage" => json!(source.pick(EmergencyStage::ALL)),
        "CallSetup" => json!(source.pick(CallSetup::ALL)),
        "PageReply" => json!(source.pick(PageReply::ALL)),
        "RequestKind" => json!(source.pick(RequestKind::ALL)),
        "Demand" => json!(source.pick(Demand::ALL)),
        "FloorPolicy" => json!(source.pick(FloorPolicy::ALL)),
        "SiteService" => json!(source.pick(SiteService::ALL)),
        "parties" => {
            if source.draw(2) == 0 {
                json!({ "group": named("talkgroup", source) })
            } else {
                json!({ "pair": named("Pair", source) })
            }
        }
        "radio order" => {
            match *source.pick(&["stun", "revive", "kill", "check", "monitor", "regroup", "restore"]) {
                "monitor" => json!({ "monitor": named("unit", source) }),
                "regroup" => json!({ "regroup": record(Regroup::FIELDS, source) }),
                bare => json!({ bare: {} }),
            }
        }
        "ProvedOrder" => json!(source.pick(ProvedOrder::ALL)),
        "addressee" => {
            let kind = *source.pick(&["unit", "talkgroup"]);
            json!({ kind: named(kind, source) })
        }
        "MessageId" => record(MessageId::FIELDS, source),
        "Teller" => record(Teller::FIELDS, source),
        "MessageReply" => json!(source.pick(MessageReply::ALL)),
        "Pair" => record(Pair::FIELDS, source),
        "CallId" => record(CallId::FIELDS, source),
        "SlotAddress" => record(SlotAddress::FIELDS, source),
        "BurstPlace" => record(BurstPlace::FIELDS, source),
        "Position" => record(Position::FIELDS, source),
        "AccessRules" => record(AccessRules::FIELDS, source),
        "Reselection" => record(Reselection::FIELDS, source),
        "Talker" => record(Talker::FIELDS, source),
        "Party" => record(Party::FIELDS, source),
        "Sides" => record(Sides::FIELDS, source),
        "CopiedVector" => record(CopiedVector::FIELDS, source),
        "HeldRadio" => record(HeldRadio::FIELDS, source),
        "HeldCall" => record(HeldCall::FIELDS, source),
        "SlotHealth" => json!(source.pick(SlotHealth::ALL)),
        "SlotState" => record(SlotState::FIELDS, source),
        "PlantPart" => record(PlantPart::FIELDS, source),
        "ControlLoad" => record(ControlLoad::FIELDS, source),
        "Neighbour" => record(Neighbour::FIELDS, source),
        "FailsoftPlace" => record(FailsoftPlace::FIELDS, source),
        "Subscription" => record(Subscription::FIELDS, source),
        "SiteSettings" => record(SiteSettings::FIELDS, source),
        "UplinkWord" => {
            let row = source.pick(UplinkWord::TABLE);
            tagged(row, source)
        }
        "DownlinkWord" => {
            let row = source.pick(DownlinkWord::TABLE);
            tagged(row, source)
        }
        unknown => panic!("no example is known of the encoding `{unknown}`"),
    }
}

/// At times the ends of the range: most mistakes live there.
fn number(least: i64, greatest: u64, source: &mut impl Source) -> Value {
    let range = greatest.wrapping_sub(least as u64);
    let above = match source.draw(8) {
        6 => 0,
        7 => range,
        _ => source.draw(range.saturating_add(1)),
    };
    if least < 0 {
        json!(least + i64::try_from(above).expect("signed numbers are short"))
    } else {
        json!(least as u64 + above)
    }
}

fn record(fields: &[FieldRow], source: &mut impl Source) -> Value {
    Value::Object(fields.iter().map(|field| (field.name.to_owned(), value(field.kind, source))).collect())
}

fn tagged(row: &MessageRow, source: &mut impl Source) -> Value {
    json!({ row.name: record(row.fields, source) })
}
