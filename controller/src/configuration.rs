//! What differs between two configurations, place by place and field by field (docs/services.md 13.6.6).

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use trunklab_controller_core::configuration::Configuration;
use trunklab_protocol::operator::Difference;

/// Differences that one version keeps; the rest are counted.
pub const DIFFERENCES_MAX: usize = 200;

/// Every difference, in order: the system, sites, service areas, talkgroups.
pub fn differences(before: &Configuration, after: &Configuration) -> Vec<Difference> {
    let (before, after) = (places(before), places(after));
    let places: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    places
        .into_iter()
        .flat_map(|place| {
            let name = if place.1 == 0 { place.2.to_owned() } else { format!("{} {}", place.2, place.1) };
            at(&name, before.get(place), after.get(place))
        })
        .collect()
}

/// What differs at one place between what stands on either side, field by field.
pub fn differences_at(place: &str, before: &Value, after: &Value) -> Vec<Difference> {
    at(place, Some(before), Some(after))
}

/// The order of its kind, its number, its kind's name.
type Place = (u8, u16, &'static str);

fn places(of: &Configuration) -> BTreeMap<Place, Value> {
    let mut places = BTreeMap::from([((0, 0, "system"), value(&of.system))]);
    places.extend(of.sites.iter().map(|site| ((1, site.site.number(), "site"), value(site))));
    places.extend(of.areas.iter().map(|area| ((2, area.area.number(), "area"), value(area))));
    let talkgroups = of.talkgroups.iter();
    places.extend(talkgroups.map(|row| ((3, row.id.number(), "talkgroup"), value(row))));
    places
}

fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).expect("what is provisioned serialises: its keys are text")
}

fn at(place: &str, before: Option<&Value>, after: Option<&Value>) -> Vec<Difference> {
    let whole = |before: Option<&Value>, after: Option<&Value>| {
        let text = |value: Option<&Value>| value.map(Value::to_string);
        vec![Difference { place: place.to_owned(), field: None, before: text(before), after: text(after) }]
    };
    let (Some(Value::Object(one)), Some(Value::Object(other))) = (before, after) else {
        return whole(before, after);
    };
    let fields: std::collections::BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let differs = fields.into_iter().filter(|field| one.get(*field) != other.get(*field));
    differs
        .map(|field| Difference {
            place: place.to_owned(),
            field: Some(field.clone()),
            before: one.get(field).map(Value::to_string),
            after: other.get(field).map(Value::to_string),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use trunklab_controller_core::config::Talkgroup;
    use trunklab_protocol::TalkgroupId;

    use super::*;

    #[test]
    fn each_difference_has_its_place_its_field_and_both_values() {
        let named = |number, name: &str| Talkgroup::named(TalkgroupId::new(number).unwrap(), name);
        let before = Configuration {
            talkgroups: vec![named(9, "Tugs"), named(41, "Pilots")],
            ..Configuration::default()
        };
        let mut after = before.clone();
        after.system.ring_ms_max = 9_000;
        after.talkgroups[1].hang_time_ms = Some(700);
        after.talkgroups[0] = named(10, "Tow");
        let said: Vec<_> = differences(&before, &after).iter().map(ToString::to_string).collect();
        let expected = [
            "system: ring_ms_max 30000 -> 9000",
            "- talkgroup 9",
            "+ talkgroup 10",
            "talkgroup 41: hang_time_ms null -> 700",
        ];
        assert_eq!(said, expected);
        assert_eq!(differences(&after, &after), []);
    }
}
