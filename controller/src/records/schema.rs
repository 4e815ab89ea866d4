//! The schema of what is exported as JSON, made from the types themselves.

use serde_json::{Value, json};
use trunklab_protocol::operator::{AttemptEntry, MessageEntry, RecordEntry};
use utoipa::OpenApi;

const CAUSE: &str =
    "Why something ended or came to nothing, as appendix A of docs/protocol.md names it, in small letters.";

#[derive(OpenApi)]
#[openapi(components(schemas(RecordEntry, AttemptEntry, MessageEntry)))]
struct Types;

/// A JSON schema (draft 2020-12): one object of an export is a call's record, an attempt or a message.
pub fn schema() -> Value {
    let types = serde_json::to_value(Types::openapi()).expect("a description serialises: its keys are text");
    let mut definitions = types["components"]["schemas"].clone();
    refer_here(&mut definitions);
    // Causes are added with every release: an export of a later one is no less an export.
    definitions["Cause"] = json!({ "description": CAUSE, "type": "string" });
    let entries = ["RecordEntry", "AttemptEntry", "MessageEntry"];
    let entries = entries.map(|name| json!({ "$ref": format!("#/$defs/{name}") }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "trunklab records of calls, attempts and messages",
        "oneOf": entries,
        "$defs": definitions,
    })
}

/// In the description of the API types stand elsewhere.
fn refer_here(value: &mut Value) {
    if let Some(Value::String(text)) = value.get_mut("$ref") {
        *text = text.replace("#/components/schemas/", "#/$defs/");
    }
    match value {
        Value::Object(members) => members.values_mut().for_each(refer_here),
        Value::Array(items) => items.iter_mut().for_each(refer_here),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
