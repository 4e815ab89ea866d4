//! Whether a value fits a schema, for as much of JSON Schema as the description of the API uses. What it does not know it does
//! not pass over: it stops.

use serde_json::Value;

/// Members of a schema that demand nothing.
const SAY_NOTHING: &[&str] =
    &["description", "title", "format", "example", "examples", "default", "deprecated", "discriminator"];

/// Why a value does not fit, with the place.
pub type Misfit = String;

/// Schemas that others refer to.
pub struct Schemas<'a>(pub &'a Value);

impl<'a> Schemas<'a> {
    /// The schema that one refers to, or itself.
    pub fn resolve(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let name = reference.strip_prefix("#/components/schemas/").unwrap();
                let found = &self.0["components"]["schemas"][name];
                assert!(found.is_object(), "{reference} is not described");
                found
            }
            None => schema,
        }
    }

    pub fn check(&self, value: &Value, schema: &'a Value, at: &str) -> Result<(), Misfit> {
        let schema = self.resolve(schema);
        if schema == &Value::Bool(true) {
            return Ok(());
        }
        for (keyword, demand) in schema.as_object().unwrap_or_else(|| panic!("{at}: no schema: {schema}")) {
            self.demand(value, schema, keyword, demand, at)?;
        }
        Ok(())
    }

    fn demand(
        &self,
        value: &Value,
        schema: &'a Value,
        keyword: &str,
        demand: &'a Value,
        at: &str,
    ) -> Result<(), Misfit> {
        let misfit = |why: String| Err(format!("{at}: {why}: {value}"));
        let list = || demand.as_array().unwrap().iter();
        match keyword {
            "type" => {
                let is_one = match demand {
                    Value::Array(kinds) => kinds.iter().any(|kind| is_of(value, kind.as_str().unwrap())),
                    kind => is_of(value, kind.as_str().unwrap()),
                };
                if is_one { Ok(()) } else { misfit(format!("is not of type {demand}")) }
            }
            "enum" if !list().any(|one| one == value) => misfit(format!("is none of {demand}")),
            "const" if demand != value => misfit(format!("is not {demand}")),
            "minimum" if value.as_f64().is_some_and(|number| number < demand.as_f64().unwrap()) => {
                misfit(format!("is below {demand}"))
            }
            "maximum" if value.as_f64().is_some_and(|number| number > demand.as_f64().unwrap()) => {
                misfit(format!("is above {demand}"))
            }
            "minItems"
                if value.as_array().is_some_and(|items| (items.len() as u64) < demand.as_u64().unwrap()) =>
            {
                misfit(format!("has fewer than {demand} items"))
            }
            "maxItems"
                if value.as_array().is_some_and(|items| items.len() as u64 > demand.as_u64().unwrap()) =>
            {
                misfit(format!("has more than {demand} items"))
            }
            "required" => {
                match list().find(|name| value.is_object() && value.get(name.as_str().unwrap()).is_none()) {
                    Some(name) => misfit(format!("lacks {name}")),
                    None => Ok(()),
                }
            }
            "properties" => {
                demand.as_object().unwrap().iter().try_for_each(|(name, schema)| match value.get(name) {
                    Some(member) => self.check(member, schema, &format!("{at}.{name}")),
                    None => Ok(()),
                })
            }
            "additionalProperties" => {
                let known = &schema["properties"];
                let mut others =
                    value.as_object().into_iter().flatten().filter(|(name, _)| known.get(name).is_none());
                match demand {
                    Value::Bool(true) => Ok(()),
                    Value::Bool(false) => match others.next() {
                        Some((name, _)) => misfit(format!("has {name}, which is not described")),
                        None => Ok(()),
                    },
                    each => others
                        .try_for_each(|(name, member)| self.check(member, each, &format!("{at}.{name}"))),
                }
            }
            "propertyNames" => value.as_object().into_iter().flatten().try_for_each(|(name, _)| {
                self.check(&Value::String(name.clone()), demand, &format!("{at}: the name {name}"))
            }),
            "items" => {
                let first = schema["prefixItems"].as_array().map_or(0, Vec::len);
                let items = value.as_array().into_iter().flatten().enumerate().skip(first);
                match demand {
                    Value::Bool(false) => match items.into_iter().next() {
                        Some(_) => misfit("has too many items".to_owned()),
                        None => Ok(()),
                    },
                    each => items
                        .into_iter()
                        .try_for_each(|(place, item)| self.check(item, each, &format!("{at}[{place}]"))),
                }
            }
            "prefixItems" => value
                .as_array()
                .into_iter()
                .flatten()
                .zip(list())
                .try_for_each(|(item, schema)| self.check(item, schema, &format!("{at}[]"))),
            "allOf" => list().try_for_each(|schema| self.check(value, schema, at)),
            "oneOf" | "anyOf" => {
                let whys: Vec<_> = list().filter_map(|schema| self.check(value, schema, at).err()).collect();
                let fits = demand.as_array().unwrap().len() - whys.len();
                match (keyword, fits) {
                    (_, 1) => Ok(()),
                    ("anyOf", 2..) => Ok(()),
                    (_, 0) => misfit(format!("fits none of several: {}", whys.join("; "))),
                    (_, _) => misfit("fits more than one of several".to_owned()),
                }
            }
            "enum" | "const" | "minimum" | "maximum" | "minItems" | "maxItems" => Ok(()),
            keyword if SAY_NOTHING.contains(&keyword) || keyword.starts_with("x-") => Ok(()),
            unknown => panic!("{at}: the schema says `{unknown}`, which is not known here"),
        }
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        unknown => panic!("no type is called {unknown}"),
    }
}

#[test]
fn what_does_not_fit_is_found() {
    use serde_json::json;
    let document = json!({ "components": { "schemas": {
        "Unit": { "type": "integer", "minimum": 1, "maximum": 9 },
        "One": { "type": "object", "required": ["unit"], "properties": {
            "unit": { "$ref": "#/components/schemas/Unit" },
            "kind": { "oneOf": [{ "type": "null" }, { "type": "string", "enum": ["a", "b"] }] },
            "list": { "type": "array", "items": { "type": "boolean" } },
        } },
    } } });
    let schemas = Schemas(&document);
    let schema = &document["components"]["schemas"]["One"];
    let fits = |value: Value| schemas.check(&value, schema, "it");
    assert_eq!(fits(json!({ "unit": 1, "kind": null, "list": [true] })), Ok(()));
    for (value, why) in [
        (json!([]), "not of type"),
        (json!({}), "lacks"),
        (json!({ "unit": 0 }), "below"),
        (json!({ "unit": 10 }), "above"),
        (json!({ "unit": "1" }), "not of type"),
        (json!({ "unit": 1, "kind": "c" }), "none of several"),
        (json!({ "unit": 1, "list": [1] }), "it.list[0]"),
    ] {
        let said = fits(value).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
}
