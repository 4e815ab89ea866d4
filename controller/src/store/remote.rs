//! What lasts about remote control: kept as the changes that bring it back at the next start (docs/services.md 13.3.2).

use rusqlite::{Transaction, params};
use trunklab_controller_core::config::Change;
use trunklab_controller_core::remote::{RemoteChange, RemoteUnit};
use trunklab_protocol::{Priority, Services, UnitId};

use super::audit;

/// Keeps a unit's row, and with it what the audit trail says.
pub(super) fn keep(transaction: &Transaction<'_>, change: &RemoteChange) -> rusqlite::Result<()> {
    let RemoteChange { row, over } = change;
    put(transaction, row)?;
    over.as_ref().map_or(Ok(()), |over| audit::keep_radio_order(transaction, over))
}

/// Keeps a unit's row; one that is as usual says nothing.
pub(super) fn put(transaction: &Transaction<'_>, row: &RemoteUnit) -> rusqlite::Result<()> {
    if row.is_usual() {
        return forget(transaction, row.unit);
    }
    let body = serde_json::to_string(&Change::Remote(row.clone())).expect("a row serialises: it has no map");
    transaction
        .prepare_cached("INSERT OR REPLACE INTO remote (id, body) VALUES (?1, ?2)")?
        .execute(params![row.unit.number(), body])?;
    Ok(())
}

/// Forgets a unit's row: it is no subscriber any more.
pub(super) fn forget(transaction: &Transaction<'_>, unit: UnitId) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM remote WHERE id = ?1")?.execute([unit.number()])?;
    Ok(())
}

/// Changes what a subscriber may ask for.
pub(super) fn set_rights(
    transaction: &Transaction<'_>,
    unit: UnitId,
    priority: Priority,
    services: Services,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached("UPDATE subscribers SET priority = ?2, services = ?3 WHERE unit = ?1")?
        .execute(params![unit.number(), priority.level(), services.bits()])?;
    Ok(())
}
