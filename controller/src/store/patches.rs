//! Patches that last until they are undone: kept as the changes that bring them back at the next start.

use rusqlite::{Transaction, params};
use trunklab_controller_core::config::Change;
use trunklab_protocol::TalkgroupId;

/// Keeps a patch. A talkgroup is in one patch, so its first talkgroup names it.
pub(super) fn keep(transaction: &Transaction<'_>, talkgroups: &[TalkgroupId]) -> rusqlite::Result<()> {
    let body = serde_json::to_string(&Change::Patch(talkgroups.to_vec())).expect("a patch serialises");
    transaction
        .prepare_cached("INSERT OR REPLACE INTO patches (id, body) VALUES (?1, ?2)")?
        .execute(params![name(talkgroups), body])?;
    Ok(())
}

/// Forgets a patch.
pub(super) fn forget(transaction: &Transaction<'_>, talkgroups: &[TalkgroupId]) -> rusqlite::Result<()> {
    transaction.prepare_cached("DELETE FROM patches WHERE id = ?1")?.execute([name(talkgroups)])?;
    Ok(())
}

fn name(talkgroups: &[TalkgroupId]) -> Option<u16> {
    talkgroups.first().map(|talkgroup| talkgroup.number())
}
