//! The home register's rows: a column for each name, so that the database too knows that a name is one subscriber's, and
//! lists in two octets an entry, so that a million rows are read in seconds.

use std::collections::BTreeMap;

use rusqlite::types::{FromSql, Type};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use trunklab_controller_core::config::{Change, Subscriber};
use trunklab_controller_core::registry::names::Name;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    Demand, FleetMember, Imei, Imsi, Msisdn, Priority, Services, SiteId, TalkgroupId, UnitId,
};

/// Rows that are read at a time.
pub(super) const PAGE_LEN: u32 = 20_000;

const COLUMNS: &str = "unit, imei, imsi, msisdn, fleet, member, key, talkgroups, sites, home_site, priority, services, \
                       floor_demand, emergency_talkgroup, duplex";

/// What a batch of changes makes of subscribers: the last change of each counts. All of them go first, so that they may hand
/// names to each other.
pub(super) fn keep(transaction: &Transaction<'_>, changes: &[Change]) -> rusqlite::Result<()> {
    let mut last: BTreeMap<UnitId, Option<&Subscriber>> = BTreeMap::new();
    for change in changes {
        match change {
            Change::Subscriber(subscriber) => _ = last.insert(subscriber.unit, Some(subscriber)),
            Change::Subscribers(several) => {
                last.extend(several.iter().map(|subscriber| (subscriber.unit, Some(subscriber))));
            }
            Change::SubscriberRemoved(unit) => _ = last.insert(*unit, None),
            Change::System(_)
            | Change::Site(_)
            | Change::Area(_)
            | Change::Talkgroup(_)
            | Change::Patch(_)
            | Change::SiteRemoved(_)
            | Change::AreaRemoved(_)
            | Change::TalkgroupRemoved(_)
            | Change::Version(_)
            | Change::Remote(_)
            | Change::Alarm(_) => {}
        }
    }
    for unit in last.iter().filter(|(_, row)| row.is_none()).map(|(unit, _)| *unit) {
        super::remote::forget(transaction, unit)?;
    }
    remove(transaction, last.keys().copied())?;
    add(transaction, last.into_values().flatten(), |_| {})
}

/// Takes subscribers out, and tells how many there were.
pub(super) fn remove(
    transaction: &Transaction<'_>,
    units: impl Iterator<Item = UnitId>,
) -> rusqlite::Result<usize> {
    let mut remove = transaction.prepare_cached("DELETE FROM subscribers WHERE unit = ?1")?;
    let mut removed = 0;
    for unit in units {
        removed += remove.execute([unit.number()])?;
    }
    Ok(removed)
}

/// Whose a name is.
pub(super) fn holder(connection: &Connection, name: Name) -> rusqlite::Result<Option<UnitId>> {
    let (column, first, second) = match name {
        Name::Unit(unit) => ("unit", i64::from(unit.number()), 0),
        Name::Imei(imei) => ("imei", imei.digits().cast_signed(), 0),
        Name::Imsi(imsi) => ("imsi", imsi.digits().cast_signed(), 0),
        Name::Msisdn(msisdn) => ("msisdn", msisdn.digits().cast_signed(), 0),
        Name::FleetMember(pair) => ("member = ?2 AND fleet", i64::from(pair.fleet), i64::from(pair.member)),
    };
    let found: Option<u32> = connection
        .prepare_cached(&format!("SELECT unit FROM subscribers WHERE {column} = ?1 AND ?2 = ?2"))?
        .query_row([first, second], |row| row.get(0))
        .optional()?;
    found.map(|unit| UnitId::new(unit).ok_or_else(|| damaged(0))).transpose()
}

/// Adds subscribers of whose units there is no row, and tells how many it has added so far.
pub(super) fn add<'a>(
    transaction: &Transaction<'_>,
    subscribers: impl Iterator<Item = &'a Subscriber>,
    mut told: impl FnMut(u64),
) -> rusqlite::Result<()> {
    let mut add = transaction.prepare_cached(&format!(
        "INSERT INTO subscribers ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
    ))?;
    for (count, row) in (1..).zip(subscribers) {
        add.execute(params![
            row.unit.number(),
            row.imei.map(|imei| imei.digits().cast_signed()),
            row.imsi.map(|imsi| imsi.digits().cast_signed()),
            row.msisdn.map(|msisdn| msisdn.digits().cast_signed()),
            row.fleet_member.map(|pair| pair.fleet),
            row.fleet_member.map(|pair| pair.member),
            &row.key.octets()[..],
            octets(row.talkgroups.iter().map(|talkgroup| talkgroup.number())),
            row.sites.as_ref().map(|sites| octets(sites.iter().map(|site| site.number()))),
            row.home_site.map(SiteId::number),
            row.priority.level(),
            row.services.bits(),
            row.floor_demand.code(),
            row.emergency_talkgroup.map(TalkgroupId::number),
            row.duplex,
        ])?;
        told(count);
    }
    Ok(())
}

/// A page of rows after this unit, in order of their units.
pub(super) fn after(connection: &Connection, unit: Option<UnitId>) -> rusqlite::Result<Vec<Subscriber>> {
    let mut rows = connection.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM subscribers WHERE unit > ?1 ORDER BY unit LIMIT {PAGE_LEN}"
    ))?;
    rows.query_map([unit.map_or(0, UnitId::number)], subscriber)?.collect()
}

/// The row of a unit.
pub(super) fn one(connection: &Connection, unit: UnitId) -> rusqlite::Result<Option<Subscriber>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM subscribers WHERE unit = ?1"))?
        .query_row([unit.number()], subscriber)
        .optional()
}

fn subscriber(row: &Row<'_>) -> rusqlite::Result<Subscriber> {
    let fleet_member = match (row.get(4)?, row.get(5)?) {
        (Some(fleet), Some(member)) => Some(FleetMember { fleet, member }),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => return Err(damaged(4)),
    };
    Ok(Subscriber {
        unit: UnitId::new(row.get(0)?).ok_or_else(|| damaged(0))?,
        imei: optional(row, 1, |digits: i64| Imei::new(digits.cast_unsigned()))?,
        imsi: optional(row, 2, |digits: i64| Imsi::new(digits.cast_unsigned()))?,
        msisdn: optional(row, 3, |digits: i64| Msisdn::new(digits.cast_unsigned()))?,
        fleet_member,
        key: UnitKey::new(row.get(6)?),
        talkgroups: list(row, 7, TalkgroupId::new)?.unwrap_or_default(),
        sites: list(row, 8, SiteId::new)?,
        home_site: optional(row, 9, SiteId::new)?,
        priority: Priority::new(row.get(10)?).ok_or_else(|| damaged(10))?,
        services: Services::new(row.get(11)?).ok_or_else(|| damaged(11))?,
        floor_demand: Demand::new(row.get(12)?).ok_or_else(|| damaged(12))?,
        emergency_talkgroup: optional(row, 13, TalkgroupId::new)?,
        duplex: row.get(14)?,
    })
}

fn optional<C: FromSql, T>(
    row: &Row<'_>,
    column: usize,
    read: impl Fn(C) -> Option<T>,
) -> rusqlite::Result<Option<T>> {
    let found: Option<C> = row.get(column)?;
    found.map(|value| read(value).ok_or_else(|| damaged(column))).transpose()
}

fn list<T>(
    row: &Row<'_>,
    column: usize,
    read: impl Fn(u16) -> Option<T>,
) -> rusqlite::Result<Option<Vec<T>>> {
    let Some(octets) = row.get_ref(column)?.as_blob_or_null()? else { return Ok(None) };
    let (entries, rest) = octets.as_chunks();
    let values: Option<Vec<_>> = entries.iter().map(|entry| read(u16::from_be_bytes(*entry))).collect();
    values.filter(|_| rest.is_empty()).map(Some).ok_or_else(|| damaged(column))
}

fn octets(numbers: impl Iterator<Item = u16>) -> Vec<u8> {
    numbers.flat_map(u16::to_be_bytes).collect()
}

fn damaged(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Null, "out of range".into())
}

/// Which kind of name a refused row would have shared.
pub(super) fn name_taken(error: &rusqlite::Error) -> Option<String> {
    let rusqlite::Error::SqliteFailure(code, Some(text)) = error else { return None };
    let columns = text
        .strip_prefix("UNIQUE constraint failed: ")
        .filter(|_| code.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)?;
    let names: Vec<_> =
        columns.split(", ").map(|column| column.rsplit('.').next().unwrap_or(column)).collect();
    Some(names.join(" and "))
}
