//! The audit trail: entries are added and read, never changed.

use std::net::SocketAddr;

use rusqlite::{Connection, Row, params};
use serde_json::Value;
use trunklab_controller_core::output::{Audited, Cloned};
use trunklab_controller_core::remote::RadioAudited;
use trunklab_protocol::operator::{AuditEntry, ConsoleName, Deed, Role};
use trunklab_protocol::{Cause, Epoch, Moment};

use super::page::{Found, Page, Places};
use super::{Store, StoreError};

/// Who stands in an entry that is about what radios did.
const NETWORK: &str = "network";

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Which page of them.
    pub page: Page,
    /// By this one alone.
    pub by: Option<ConsoleName>,
}

/// Keeps what came of an order.
pub(super) fn keep_order(connection: &Connection, audited: &Audited) -> rusqlite::Result<()> {
    keep(
        connection,
        &AuditEntry {
            id: 0,
            at_us: wall_us(connection, audited.epoch, audited.at)?,
            who: audited.by.console.clone(),
            role: Some(audited.by.role),
            from: audited.by.from,
            deed: Deed::Order { given: audited.order.clone() },
            cause: audited.outcome.err(),
        },
    )
}

/// Keeps what became of an order for a radio that was taken before.
pub(super) fn keep_radio_order(connection: &Connection, over: &RadioAudited) -> rusqlite::Result<()> {
    let RadioAudited { epoch, at, by, unit, order: of_radio, outcome } = over;
    keep(
        connection,
        &AuditEntry {
            id: 0,
            at_us: wall_us(connection, *epoch, *at)?,
            who: by.console.clone(),
            role: Some(by.role),
            from: by.from,
            deed: Deed::RadioOrder { unit: *unit, of_radio: *of_radio },
            cause: outcome.err(),
        },
    )
}

/// Keeps the alarm about a cloned identity, which nobody ordered.
pub(super) fn keep_cloned(connection: &Connection, cloned: &Cloned) -> rusqlite::Result<()> {
    let Cloned { epoch, at, unit, site, held_at, equipment, policy } = *cloned;
    keep(
        connection,
        &AuditEntry {
            id: 0,
            at_us: wall_us(connection, epoch, at)?,
            who: ConsoleName::new(NETWORK),
            role: None,
            from: None,
            deed: Deed::Cloned { unit, site, held_at, equipment, policy },
            cause: Some(Cause::ClonedIdentity),
        },
    )
}

/// A moment of a term in microseconds since 1970.
fn wall_us(connection: &Connection, epoch: Epoch, at: Moment) -> rusqlite::Result<u64> {
    let began_us: i64 = connection
        .prepare_cached("SELECT wall_at_origin_us FROM terms WHERE epoch = ?1")?
        .query_row([epoch.number()], |row| row.get(0))?;
    Ok(began_us.saturating_add(at.as_micros().cast_signed()).cast_unsigned())
}

pub(super) fn keep(connection: &Connection, entry: &AuditEntry) -> rusqlite::Result<()> {
    let deed = serde_json::to_string(&entry.deed).expect("a deed serialises: its keys are text");
    connection
        .prepare_cached(
            "INSERT INTO audit (at_us, who, role, origin, deed, cause) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            entry.at_us.cast_signed(),
            entry.who.to_string(),
            entry.role.map(Role::name),
            entry.from.map(|from| from.to_string()),
            deed,
            entry.cause.map(Cause::code),
        ])?;
    Ok(())
}

impl Store {
    /// Adds an entry, whose id is given by its place.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn add_audit(&mut self, entry: &AuditEntry) -> Result<(), StoreError> {
        self.try_sql(|connection| keep(connection, entry))
    }

    /// The entries that are wanted, in their order: as many as stand in the next [`super::PLACES_MAX`] places, perhaps none.
    ///
    /// # Errors
    /// When the database cannot be read, or a row is damaged.
    pub fn audit(&mut self, query: &AuditQuery) -> Result<Found<AuditEntry>, StoreError> {
        let places = self.places(&query.page, "audit", "at_us")?;
        let rows: Vec<Columns> = self.try_sql(|connection| {
            let mut rows = connection.prepare_cached(
                "SELECT id, at_us, who, role, origin, deed, cause FROM audit
                 WHERE id > ?1 AND id <= ?2 AND at_us >= ?3 AND at_us < ?4 AND (?5 IS NULL OR who = ?5)
                 ORDER BY id LIMIT ?6",
            )?;
            let Places { after, until, from_us, to_us, .. } = places;
            let by = query.by.as_ref().map(ToString::to_string);
            let wanted = params![after, until, from_us, to_us, by, query.page.limit];
            rows.query_map(wanted, columns)?.collect()
        })?;
        let damaged = |id: i64, what: &str| StoreError::Damaged {
            path: self.path.clone(),
            table: "audit",
            reason: format!("entry {id}: {what}"),
        };
        let entry = |(id, at_us, who, role, from, deed, cause): Columns| {
            let entry = AuditEntry {
                id: id.cast_unsigned(),
                at_us: at_us.cast_unsigned(),
                who: ConsoleName::new(&who),
                role: role.map(|role| self.read_role("audit", &role)).transpose()?,
                from: from
                    .map(|from| from.parse::<SocketAddr>().map_err(|_| damaged(id, "no address")))
                    .transpose()?,
                deed: serde_json::from_value(deed).map_err(|error| damaged(id, &error.to_string()))?,
                cause: cause
                    .map(|code| Cause::new(code).ok_or_else(|| damaged(id, "no cause")))
                    .transpose()?,
            };
            Ok((entry.id, entry))
        };
        places.found(&query.page, rows.into_iter().map(entry))
    }
}

type Columns = (i64, i64, String, Option<String>, Option<String>, Value, Option<u8>);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    let deed: String = row.get(5)?;
    let deed = serde_json::from_str(&deed).unwrap_or(Value::Null);
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, deed, row.get(6)?))
}
