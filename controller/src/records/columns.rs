//! Entries as cells of a table.

use trunklab_protocol::operator::{AttemptEntry, MessageEntry, RecordEntry, Sender};
use trunklab_protocol::{Addressee, Cause, MessageKind};

/// An entry that has a line in a table.
pub trait Row {
    /// The names of its columns.
    const COLUMNS: &'static [&'static str];

    /// Its cells, one for each column; empty where it says nothing.
    fn cells(&self) -> Vec<String>;
}

impl Row for RecordEntry {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "call",
        "epoch",
        "talkgroup",
        "caller",
        "called",
        "emergency",
        "priority",
        "area",
        "requested_us",
        "granted_us",
        "released_us",
        "cause",
        "waited_ms",
        "airtime_ms",
        "channel_ms",
        "talkers",
        "slots",
        "monitored_by",
    ];

    fn cells(&self) -> Vec<String> {
        let talkers = self.talkers.iter().map(|talker| format!("{}:{}", talker.unit, talker.airtime_ms));
        let slots = self.slots.iter().map(|slot| {
            let held_ms = slot.until_us.saturating_sub(slot.from_us) / 1_000;
            format!("{}:{}:{held_ms}", slot.site, slot.slot)
        });
        vec![
            self.id.to_string(),
            format!("{:#}", self.call),
            self.epoch.to_string(),
            cell(self.talkgroup),
            cell(self.caller),
            cell(self.called),
            if self.emergency { "yes" } else { "no" }.to_owned(),
            self.priority.to_string(),
            cell(self.area),
            self.requested_us.to_string(),
            self.granted_us.to_string(),
            self.released_us.to_string(),
            name(self.cause),
            self.waited_ms.to_string(),
            self.airtime_ms.to_string(),
            self.channel_ms.to_string(),
            talkers.collect::<Vec<_>>().join(" "),
            slots.collect::<Vec<_>>().join(" "),
            cell(self.monitored_by.as_ref()),
        ]
    }
}

impl Row for AttemptEntry {
    const COLUMNS: &'static [&'static str] = &["id", "at_us", "unit", "site", "talkgroup", "called", "cause"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.at_us.to_string(),
            self.unit.to_string(),
            cell(self.site),
            cell(self.talkgroup),
            cell(self.called),
            name(self.cause),
        ]
    }
}

impl Row for MessageEntry {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "message",
        "kind",
        "status",
        "from_unit",
        "from_console",
        "to_unit",
        "to_talkgroup",
        "from_site",
        "sites",
        "requested_us",
        "delivered_us",
        "ended_us",
        "cause",
    ];

    fn cells(&self) -> Vec<String> {
        let (kind, status) = match self.kind {
            MessageKind::Status(number) => ("status", Some(number)),
            MessageKind::CallAlert => ("call_alert", None),
        };
        let (unit, console) = match &self.from {
            Sender::Unit(unit) => (Some(unit), None),
            Sender::Console(console) => (None, Some(console)),
        };
        vec![
            self.id.to_string(),
            format!("{:#}", self.message),
            kind.to_owned(),
            cell(status),
            cell(unit),
            cell(console),
            cell(self.to.and_then(Addressee::unit)),
            cell(self.to.and_then(Addressee::talkgroup)),
            cell(self.from_site),
            self.sites.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            self.requested_us.to_string(),
            cell(self.delivered_us),
            self.ended_us.to_string(),
            self.cause.map(name).unwrap_or_default(),
        ]
    }
}

fn cell(number: Option<impl ToString>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// A cause as JSON names it.
pub(super) fn name(cause: Cause) -> String {
    let name = serde_json::to_value(cause).ok();
    name.as_ref().and_then(|name| name.as_str()).unwrap_or_else(|| cause.name()).to_owned()
}
