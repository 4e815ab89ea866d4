//! The audit trail: entries are added and read, never changed.

use rusqlite::{Transaction, params};
use trunklab_controller_core::output::Audited;
use trunklab_protocol::Cause;
use trunklab_protocol::operator::{Authority, Deed};

/// Keeps what came of an order. The core knows its own time alone: its term says when that began.
pub(super) fn keep_order(transaction: &Transaction<'_>, audited: &Audited) -> rusqlite::Result<()> {
    let began_us: i64 = transaction
        .prepare_cached("SELECT wall_at_origin_us FROM terms WHERE epoch = ?1")?
        .query_row([audited.epoch.number()], |row| row.get(0))?;
    let at_us = began_us.saturating_add(audited.at.as_micros().cast_signed());
    let deed = Deed::Order { given: audited.order.clone() };
    keep(transaction, at_us, &audited.by, &deed, audited.outcome.err())
}

fn keep(
    transaction: &Transaction<'_>,
    at_us: i64,
    by: &Authority,
    deed: &Deed,
    cause: Option<Cause>,
) -> rusqlite::Result<()> {
    let deed = serde_json::to_string(deed).expect("a deed serialises: its keys are text");
    transaction
        .prepare_cached(
            "INSERT INTO audit (at_us, who, role, origin, deed, cause) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            at_us,
            by.console.to_string(),
            by.role.name(),
            by.from.map(|from| from.to_string()),
            deed,
            cause.map(Cause::name),
        ])?;
    Ok(())
}
