//! Subscribers as JSON: an object each, in one list or one a line.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read};

use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use trunklab_controller_core::config::Subscriber;
use trunklab_protocol::{
    Demand, FleetMember, Imei, Imsi, Msisdn, Priority, Services, SiteId, TalkgroupId, UnitId,
};
use utoipa::ToSchema;

use super::draft::{Draft, Entry, key, key_text};
use super::{Defects, Keys, Progress, shown};

/// The longest line of JSON lines.
const LINE_LEN_MAX: usize = 64 << 10;

/// A subscriber as an object.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[schema(as = Subscriber)]
#[serde(deny_unknown_fields)]
pub struct Object {
    #[schema(example = 1001)]
    unit: UnitId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    imei: Option<Imei>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    imsi: Option<Imsi>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    msisdn: Option<Msisdn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fleet: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "000102030405060708090a0b0c0d0e0f")]
    key: Option<String>,
    #[serde(default)]
    #[schema(example = json!([41, 42]))]
    talkgroups: Vec<TalkgroupId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sites: Option<Vec<SiteId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    home_site: Option<SiteId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    priority: Option<Priority>,
    #[serde(default)]
    #[schema(value_type = Vec<String>, example = json!(["individual", "emergency"]))]
    services: Services,
    #[serde(default)]
    floor_demand: Demand,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    emergency_talkgroup: Option<TalkgroupId>,
    #[serde(default)]
    duplex: bool,
}

impl Object {
    fn draft(self) -> Result<Draft, &'static str> {
        // The text itself never appears in the message: it is a secret.
        let read = |text: &String| key(text).ok_or("key is something else; expected 32 hexadecimal digits");
        Ok(Draft {
            unit: Some(self.unit),
            imei: self.imei,
            imsi: self.imsi,
            msisdn: self.msisdn,
            fleet: self.fleet,
            member: self.member,
            key: self.key.as_ref().map(read).transpose()?,
            talkgroups: self.talkgroups,
            sites: self.sites,
            home_site: self.home_site,
            priority: self.priority,
            services: self.services,
            floor_demand: self.floor_demand,
            emergency_talkgroup: self.emergency_talkgroup,
            duplex: self.duplex,
        })
    }
}

pub(super) fn object(subscriber: &Subscriber, keys: Keys) -> String {
    serde_json::to_string(&Object::of(subscriber, keys)).expect("an object without maps serialises")
}

/// A subscriber that comes alone.
pub(super) fn one(object: &[u8], defects: &mut Defects) -> Option<Entry> {
    let mut entries = Vec::new();
    take(1, serde_json::from_slice(object).map_err(|error| said(&error)), &mut entries, defects);
    entries.pop()
}

impl Object {
    /// What a subscriber is.
    pub fn of(subscriber: &Subscriber, keys: Keys) -> Self {
        let pair = subscriber.fleet_member;
        Self {
            unit: subscriber.unit,
            imei: subscriber.imei,
            imsi: subscriber.imsi,
            msisdn: subscriber.msisdn,
            fleet: pair.map(|FleetMember { fleet, .. }| fleet),
            member: pair.map(|FleetMember { member, .. }| member),
            key: (keys == Keys::Written).then(|| key_text(&subscriber.key)),
            talkgroups: subscriber.talkgroups.clone(),
            sites: subscriber.sites.clone(),
            home_site: subscriber.home_site,
            priority: Some(subscriber.priority),
            services: subscriber.services,
            floor_demand: subscriber.floor_demand,
            emergency_talkgroup: subscriber.emergency_talkgroup,
            duplex: subscriber.duplex,
        }
    }
}

fn take(line: u64, read: Result<Object, String>, entries: &mut Vec<Entry>, defects: &mut Defects) {
    match read.and_then(|object| object.draft().map_err(str::to_owned)) {
        Ok(draft) => entries.extend(draft.finish(line, defects)),
        Err(what) => defects.note(line, what),
    }
}

pub(super) fn read_lines(
    file: impl Read,
    defects: &mut Defects,
    progress: &Progress,
) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for (line, text) in (1..).zip(BufReader::new(file).split(b'\n')) {
        let text = text?;
        if text.len() > LINE_LEN_MAX {
            defects.note(line, "is longer than 64 KiB: write one subscriber a line");
        } else if !text.trim_ascii().is_empty() {
            take(line, serde_json::from_slice(&text).map_err(|error| said(&error)), &mut entries, defects);
        }
        progress.at("read", line);
    }
    Ok(entries)
}

pub(super) fn read_list(
    file: impl Read,
    defects: &mut Defects,
    progress: &Progress,
) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let mut reader = serde_json::Deserializer::from_reader(BufReader::new(file));
    let list = List { entries: &mut entries, defects, progress };
    if let Err(error) = list.deserialize(&mut reader).and_then(|()| reader.end()) {
        if error.is_io() {
            return Err(error.into());
        }
        defects.note(entries.len() as u64 + 1, said(&error));
    }
    Ok(entries)
}

fn said(error: &serde_json::Error) -> String {
    format!("is no subscriber: {}; docs/formats.md has the members", shown(&error.to_string()))
}

/// Takes objects from a list one by one, so that each defect is found and the list is never whole in memory.
struct List<'a> {
    entries: &'a mut Vec<Entry>,
    defects: &'a mut Defects,
    progress: &'a Progress,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of subscribers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut number = 0;
        while let Some(value) = list.next_element::<Value>()? {
            number += 1;
            let read = serde_json::from_value(value).map_err(|error| said(&error));
            take(number, read, self.entries, self.defects);
            self.progress.at("read", number);
        }
        Ok(())
    }
}
