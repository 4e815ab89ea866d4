//! Call records: opened at the grant, closed at the release, never missing.
//!
//! A record belongs to the term of office that wrote it. When a controller starts again, records that earlier terms
//! left open are closed at once with `ControllerRestarted`, at the last moment they tell of; a call that a site's
//! inventory brings back gets a record of its own in the new term, under the same call id.

use rusqlite::{Transaction, params};
use trunklab_controller_core::output::{CallRecord, StoreItem};
use trunklab_protocol::{Cause, Epoch, Moment, TalkgroupId};

use super::{Store, StoreError};

pub(super) fn close_earlier(store: &mut Store, epoch: Epoch) -> Result<(), StoreError> {
    let bodies: Vec<String> = store.try_sql(|connection| {
        let mut open =
            connection.prepare("SELECT body FROM call_records WHERE cause IS NULL AND epoch < ?1")?;
        open.query_map([epoch.number()], |row| row.get(0))?.collect()
    })?;
    let mut closed = Vec::with_capacity(bodies.len());
    for body in bodies {
        let mut record: Box<CallRecord> = serde_json::from_str(&body).map_err(|error| {
            StoreError::Damaged { path: store.path.clone(), table: "call_records", reason: error.to_string() }
        })?;
        close(&mut record);
        closed.push(StoreItem::CallClosed(record));
    }
    store.keep(&closed)
}

/// Ends whatever is open, when the record last knew of it.
fn close(record: &mut CallRecord) {
    let last = last_moment(record);
    record.released = Some((last, Cause::ControllerRestarted));
    for slot in &mut record.slots {
        slot.until.get_or_insert(last);
    }
    for spurt in &mut record.spurts {
        spurt.until.get_or_insert((last, Cause::ControllerRestarted));
    }
}

fn last_moment(record: &CallRecord) -> Moment {
    let slots = record.slots.iter().flat_map(|slot| [Some(slot.from), slot.until]);
    let spurts = record.spurts.iter().flat_map(|spurt| [Some(spurt.from), spurt.until.map(|(at, _)| at)]);
    slots.chain(spurts).flatten().max().unwrap_or(record.granted).max(record.granted)
}

pub(super) fn keep(transaction: &Transaction<'_>, record: &CallRecord) -> rusqlite::Result<()> {
    let body = serde_json::to_string(record).expect("a call record serialises: it has no map");
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO call_records
             (node, term, counter, epoch, talkgroup, granted_us, released_us, cause, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            record.call.node.number(),
            record.call.epoch.number(),
            record.call.counter,
            record.epoch.number(),
            record.parties.talkgroup().map(TalkgroupId::number),
            record.granted.as_micros().cast_signed(),
            record.released.map(|(at, _)| at.as_micros().cast_signed()),
            record.released.map(|(_, cause)| cause.code()),
            body,
        ])?;
    Ok(())
}
