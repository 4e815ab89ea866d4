//! Values that fit a schema, and what becomes of them in hostile hands.

use serde_json::{Value, json};
use trunklab_tests::example::{Seeded, Source};

use crate::schema::Schemas;

/// Depth beyond which nothing is drawn that nests.
const DEPTH_MAX: u32 = 6;

/// Texts that somebody might send.
const TEXTS: &[&str] = &[
    "",
    "a",
    "0",
    "-1",
    "null",
    "Köln Süd",
    "\u{0}",
    "\u{202E}\u{FEFF}",
    "💥💥",
    "'; DROP TABLE audit; --",
    "../../etc/passwd",
    "%00%ff",
    "\r\nSet-Cookie: a=b",
    "{\"order\":1}",
    "18446744073709551616",
    "1e999",
    "NaN",
    "<script>",
];

/// Numbers at which something might begin or end.
const NUMBERS: &[i128] = &[
    0,
    1,
    -1,
    2,
    10,
    41,
    42,
    255,
    256,
    1_001,
    1_017,
    65_534,
    65_535,
    65_536,
    16_777_215,
    16_777_216,
    4_294_967_295,
    4_294_967_296,
    9_223_372_036_854_775_807,
    18_446_744_073_709_551_615,
    -9_223_372_036_854_775_808,
];

pub fn one_of<'a, T>(from: &'a [T], chance: &mut Seeded) -> &'a T {
    &from[usize::try_from(chance.draw(from.len() as u64)).unwrap()]
}

fn text(chance: &mut Seeded) -> String {
    match chance.draw(8) {
        0 => "x".repeat(usize::try_from(chance.draw(5_000)).unwrap()),
        _ => (*one_of(TEXTS, chance)).to_owned(),
    }
}

fn number(chance: &mut Seeded) -> Value {
    let number = *one_of(NUMBERS, chance);
    u64::try_from(number).map_or_else(|_| json!(i64::try_from(number).unwrap()), |number| json!(number))
}

/// The example of a schema, of a content or of a parameter, as often as not.
pub fn example(of: &Value, chance: &mut Seeded) -> Option<Value> {
    of.get("example").filter(|_| chance.draw(2) == 0).cloned()
}

/// A value that fits.
pub fn fitting<'a>(schemas: &Schemas<'a>, schema: &'a Value, chance: &mut Seeded, depth: u32) -> Value {
    let schema = schemas.resolve(schema);
    if let Some(example) = example(schema, chance) {
        return example;
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[choice].as_array() {
            return fitting(schemas, one_of(choices, chance), chance, depth + 1);
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let mut whole = json!({});
        for part in parts {
            if let Value::Object(members) = fitting(schemas, part, chance, depth + 1) {
                whole.as_object_mut().unwrap().extend(members);
            }
        }
        return whole;
    }
    if let Some(values) = schema["enum"].as_array() {
        return one_of(values, chance).clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => one_of(kinds, chance).as_str().unwrap(),
        kind => kind.as_str().unwrap_or("object"),
    };
    match kind {
        "null" => Value::Null,
        "boolean" => json!(chance.draw(2) == 0),
        "integer" | "number" => {
            let least = schema["minimum"].as_u64().unwrap_or(0);
            let most = schema["maximum"].as_u64().unwrap_or(70_000).max(least);
            // Often a number that means something to the network that is asked.
            let known: [u64; 5] = [41, 42, 1_001, 1_002, 1];
            let number = if chance.draw(2) == 0 {
                *one_of(&known, chance)
            } else {
                least + chance.draw(most - least + 1)
            };
            json!(number.clamp(least, most))
        }
        "string" => json!(text(chance)),
        "array" => {
            let most = if depth > DEPTH_MAX { 1 } else { 4 };
            let count = chance.draw(most);
            Value::Array((0..count).map(|_| fitting(schemas, &schema["items"], chance, depth + 1)).collect())
        }
        _ => {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let mut object = json!({});
            for (name, member) in schema["properties"].as_object().into_iter().flatten() {
                if required.iter().any(|required| required == name) || chance.draw(2) == 0 {
                    object[name] = fitting(schemas, member, chance, depth + 1);
                }
            }
            object
        }
    }
}

/// The simplest value that fits: an example, or else the first choice, the least number and what is required.
pub fn plain<'a>(schemas: &Schemas<'a>, schema: &'a Value) -> Value {
    let schema = schemas.resolve(schema);
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    for choice in ["oneOf", "anyOf", "enum"] {
        if let Some(first) = schema[choice].get(0) {
            return if choice == "enum" { first.clone() } else { plain(schemas, first) };
        }
    }
    let kind = schema["type"].get(0).unwrap_or(&schema["type"]);
    match kind.as_str().unwrap_or("object") {
        "null" => Value::Null,
        "boolean" => json!(false),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "string" => json!("a"),
        "array" => {
            let count = schema["minItems"].as_u64().unwrap_or(0);
            (0..count).map(|_| plain(schemas, &schema["items"])).collect()
        }
        _ => {
            let mut object = json!({});
            for part in schema["allOf"].as_array().into_iter().flatten() {
                if let Value::Object(members) = plain(schemas, part) {
                    object.as_object_mut().unwrap().extend(members);
                }
            }
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap();
                object[name] = plain(schemas, &schema["properties"][name]);
            }
            object
        }
    }
}

/// Something else altogether.
pub fn anything(chance: &mut Seeded) -> Value {
    match chance.draw(8) {
        0 => Value::Null,
        1 => json!(true),
        2 => number(chance),
        3 => json!(0.5),
        4 => json!(text(chance)),
        5 => json!([]),
        6 => json!({}),
        _ => json!([number(chance), text(chance), { "a": null }]),
    }
}

/// The same with one thing wrong somewhere: another type, a number at an end, a member missing or one too many.
pub fn spoilt(mut value: Value, chance: &mut Seeded) -> Value {
    match &mut value {
        Value::Object(members) if !members.is_empty() => {
            let names: Vec<String> = members.keys().cloned().collect();
            let name = one_of(&names, chance).clone();
            match chance.draw(4) {
                0 => _ = members.remove(&name),
                1 => _ = members.insert(text(chance), anything(chance)),
                2 => _ = members.insert(name, anything(chance)),
                _ => {
                    let member = members.remove(&name).unwrap();
                    members.insert(name, spoilt(member, chance));
                }
            }
            value
        }
        Value::Array(items) if !items.is_empty() && chance.draw(2) == 0 => {
            let place = usize::try_from(chance.draw(items.len() as u64)).unwrap();
            let item = items[place].clone();
            match chance.draw(3) {
                0 => items[place] = spoilt(item, chance),
                1 => items.extend(std::iter::repeat_n(item, 300)),
                _ => items.insert(place, anything(chance)),
            }
            value
        }
        _ => anything(chance),
    }
}

/// A body as it might come, from a value that fits: whole, spoilt, cut, too long, no JSON, no text.
pub fn body(value: Value, chance: &mut Seeded) -> Vec<u8> {
    match chance.draw(16) {
        0..6 => value.to_string().into_bytes(),
        6..11 => spoilt(value, chance).to_string().into_bytes(),
        11 => {
            let mut octets = value.to_string().into_bytes();
            octets.truncate(usize::try_from(chance.draw(octets.len() as u64 + 1)).unwrap());
            octets
        }
        12 => format!("{{\"{}\":1}}", "n".repeat(70_000)).into_bytes(),
        13 => (0..chance.draw(300)).map(|_| chance.draw(256) as u8).collect(),
        14 => "[".repeat(usize::try_from(chance.draw(10_000)).unwrap()).into_bytes(),
        _ => anything(chance).to_string().into_bytes(),
    }
}

/// A value of a query or of a path, as it travels.
pub fn word<'a>(schemas: &Schemas<'a>, schema: &'a Value, chance: &mut Seeded) -> String {
    let drawn = match chance.draw(3) {
        0 => json!(text(chance)),
        1 => number(chance),
        _ => fitting(schemas, schema, chance, 0),
    };
    encoded(&drawn)
}

/// A value as it travels in a query or a path.
pub fn encoded(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
    let mut word = String::new();
    for octet in text.bytes().take(500) {
        if octet.is_ascii_alphanumeric() {
            word.push(char::from(octet));
        } else {
            word.push_str(&format!("%{octet:02X}"));
        }
    }
    word
}
