//! The columns of a file of subscribers: how each is called, what it holds, how it is read and written. docs/formats.md has the
//! same table, and a test compares them.

use trunklab_controller_core::config::Subscriber;
use trunklab_protocol::{
    Demand, Imei, Imsi, Msisdn, Priority, Service, Services, SiteId, TalkgroupId, UnitId,
};

use super::draft::{Draft, key, key_text, number};

/// A column.
pub(super) struct Column {
    /// Its name in the header.
    pub(super) name: &'static str,
    /// What a cell holds: what is expected where it is something else.
    pub(super) holds: &'static str,
    /// Reads a cell that is not empty.
    pub(super) read: fn(&str, &mut Draft) -> Option<()>,
    /// Writes a cell; empty where the subscriber has nothing there.
    pub(super) write: fn(&Subscriber) -> String,
}

/// The column of keys, which is written where that is asked for alone.
pub(super) const KEY: &str = "key";

/// A list without entries, where an empty cell says nothing.
const NONE: &str = "none";

#[rustfmt::skip]
pub(super) const COLUMNS: &[Column] = &[
    Column {
        name: "unit", holds: "the individual id, 1 to 16777215",
        read: |text, draft| put(&mut draft.unit, number(text, UnitId::new)),
        write: |row| row.unit.to_string(),
    },
    Column {
        name: "imei", holds: "the equipment, up to fifteen digits",
        read: |text, draft| put(&mut draft.imei, number(text, Imei::new)),
        write: |row| text(row.imei),
    },
    Column {
        name: "imsi", holds: "the subscription, up to fifteen digits",
        read: |text, draft| put(&mut draft.imsi, number(text, Imsi::new)),
        write: |row| text(row.imsi),
    },
    Column {
        name: "msisdn", holds: "the telephone number, up to fifteen digits",
        read: |text, draft| put(&mut draft.msisdn, number(text, Msisdn::new)),
        write: |row| text(row.msisdn),
    },
    Column {
        name: "fleet", holds: "the fleet, 0 to 65535",
        read: |text, draft| put(&mut draft.fleet, number(text, Some)),
        write: |row| text(row.fleet_member.map(|pair| pair.fleet)),
    },
    Column {
        name: "member", holds: "the member of the fleet, 0 to 65535",
        read: |text, draft| put(&mut draft.member, number(text, Some)),
        write: |row| text(row.fleet_member.map(|pair| pair.member)),
    },
    Column {
        name: KEY, holds: "32 hexadecimal digits",
        read: |text, draft| put(&mut draft.key, key(text)),
        write: |row| key_text(&row.key),
    },
    Column {
        name: "talkgroups", holds: "talkgroups with spaces between, 1 to 65534 each",
        read: |text, draft| list(text, talkgroup).map(|found| draft.talkgroups = found),
        write: |row| join(row.talkgroups.iter().map(|talkgroup| talkgroup.to_string())),
    },
    Column {
        name: "sites", holds: "sites with spaces between, 1 to 65535 each, or none",
        read: |text, draft| put(&mut draft.sites, sites(text)),
        write: |row| row.sites.as_deref().map(sites_text).unwrap_or_default(),
    },
    Column {
        name: "home_site", holds: "one of its sites",
        read: |text, draft| put(&mut draft.home_site, number(text, SiteId::new)),
        write: |row| text(row.home_site),
    },
    Column {
        name: "priority", holds: "1 (highest) to 10",
        read: |text, draft| put(&mut draft.priority, number(text, Priority::new)),
        write: |row| row.priority.to_string(),
    },
    Column {
        name: "services", holds: "any of telephone, data, area_selection, emergency, individual with spaces between, or none",
        read: |text, draft| services(text).map(|found| draft.services = found),
        write: |row| services_text(row.services),
    },
    Column {
        name: "floor_demand", holds: "low, high or preemptive",
        read: |text, draft| demand(text).map(|found| draft.floor_demand = found),
        write: |row| row.floor_demand.name().to_owned(),
    },
    Column {
        name: "emergency_talkgroup", holds: "one of its talkgroups",
        read: |text, draft| put(&mut draft.emergency_talkgroup, talkgroup(text)),
        write: |row| text(row.emergency_talkgroup),
    },
    Column {
        name: "duplex", holds: "yes or no",
        read: |text, draft| yes(text).map(|found| draft.duplex = found),
        write: |row| if row.duplex { "yes" } else { "no" }.to_owned(),
    },
];

fn put<T>(place: &mut Option<T>, found: Option<T>) -> Option<()> {
    *place = Some(found?);
    Some(())
}

fn talkgroup(text: &str) -> Option<TalkgroupId> {
    number(text, TalkgroupId::new).filter(|talkgroup| *talkgroup != TalkgroupId::ALL)
}

fn list<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split_ascii_whitespace().map(read).collect()
}

fn sites(text: &str) -> Option<Vec<SiteId>> {
    if text == NONE { Some(Vec::new()) } else { list(text, |text| number(text, SiteId::new)) }
}

fn sites_text(sites: &[SiteId]) -> String {
    if sites.is_empty() { NONE.to_owned() } else { join(sites.iter().map(SiteId::to_string)) }
}

fn services(text: &str) -> Option<Services> {
    if text == NONE { Some(Services::NONE) } else { list(text, Service::named).map(Services::from) }
}

fn services_text(services: Services) -> String {
    if services == Services::NONE {
        return NONE.to_owned();
    }
    join(services.iter().map(|service| service.name().to_owned()))
}

fn demand(text: &str) -> Option<Demand> {
    Demand::RIGHTS.iter().copied().find(|demand| demand.name() == text)
}

fn yes(text: &str) -> Option<bool> {
    match text {
        "yes" | "true" | "1" => Some(true),
        "no" | "false" | "0" => Some(false),
        _ => None,
    }
}

fn text<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn join(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" ")
}
