//! Call records: opened at the grant, closed at the release, never missing.
//!
//! A record belongs to the term of office that wrote it. While it is open, what happens to its call is kept beside it, step
//! by step. When a controller starts again, records that earlier terms left open follow their steps and are closed with
//! `ControllerRestarted` at the last moment at which their term is known to have run; a call that a site's inventory brings
//! back gets a record of its own in the new term, under the same call id.

use rusqlite::{Transaction, params};
use trunklab_controller_core::charging::Step;
use trunklab_controller_core::output::{CallRecord, StoreItem};
use trunklab_protocol::operator::RecordEntry;
use trunklab_protocol::{CallId, Cause, Epoch, Moment, TalkgroupId, UnitId};

use super::page::{Found, Page, Places};
use super::{Store, StoreError};

/// Which closed records are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordQuery {
    /// Which page of them; its times are those of the release.
    pub page: Page,
    /// Of this talkgroup alone.
    pub talkgroup: Option<TalkgroupId>,
    /// In which this unit asked, was called, or talked.
    pub unit: Option<UnitId>,
    /// Released with this cause alone.
    pub cause: Option<Cause>,
}

impl Store {
    /// Closed records that are wanted, in the order in which they were closed: as many as stand in the next
    /// [`super::PLACES_MAX`] places, perhaps none.
    ///
    /// # Errors
    /// When the database cannot be read, or a row is damaged.
    pub fn records(&mut self, query: &RecordQuery) -> Result<Found<RecordEntry>, StoreError> {
        let places = self.places(&query.page, "call_records", "ended_us")?;
        let rows: Vec<(i64, i64, String)> = self.try_sql(|connection| {
            let mut rows = connection.prepare_cached(
                "SELECT id, coalesce(wall_at_origin_us, 0), body FROM call_records LEFT JOIN terms USING (epoch)
                 WHERE id > ?1 AND id <= ?2 AND cause IS NOT NULL AND ended_us >= ?3 AND ended_us < ?4
                 AND (?5 IS NULL OR talkgroup = ?5) AND (?6 IS NULL OR cause = ?6) ORDER BY id",
            )?;
            let Places { after, until, from_us, to_us, .. } = places;
            let (talkgroup, cause) = (query.talkgroup.map(TalkgroupId::number), query.cause.map(Cause::code));
            let wanted = params![after, until, from_us, to_us, talkgroup, cause];
            rows.query_map(wanted, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
        })?;
        let entries = rows.into_iter().filter_map(|(id, origin_us, body)| {
            let (id, origin_us) = (id.cast_unsigned(), origin_us.cast_unsigned());
            let entry = self.read_record(&body).map(|record| record.entry(id, origin_us)).transpose()?;
            entry.map(|entry| is_of(&entry, query.unit).then_some((id, entry))).transpose()
        });
        places.found(&query.page, entries)
    }

    fn read_record(&self, body: &str) -> Result<CallRecord, StoreError> {
        serde_json::from_str(body).map_err(|error| StoreError::Damaged {
            path: self.path.clone(),
            table: "call_records",
            reason: error.to_string(),
        })
    }
}

fn is_of(entry: &RecordEntry, unit: Option<UnitId>) -> bool {
    unit.is_none_or(|unit| {
        entry.caller == Some(unit)
            || entry.called == Some(unit)
            || entry.talkers.iter().any(|talker| talker.unit == unit)
    })
}

pub(super) fn close_earlier(store: &mut Store, epoch: Epoch) -> Result<(), StoreError> {
    let open: Vec<(String, Option<i64>)> = store.try_sql(|connection| {
        let mut open = connection.prepare(
            "SELECT body, alive_us FROM call_records LEFT JOIN terms USING (epoch)
             WHERE cause IS NULL AND epoch < ?1 ORDER BY id",
        )?;
        open.query_map([epoch.number()], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    })?;
    let mut closed = Vec::with_capacity(open.len());
    for (body, alive_us) in open {
        let mut record = store.read_record(&body)?;
        for (at, step) in steps(store, &record)? {
            record.follow(at, &step);
        }
        record.cut(Moment::from_micros(alive_us.map_or(0, i64::cast_unsigned)), Cause::ControllerRestarted);
        closed.push(StoreItem::CallClosed(Box::new(record)));
    }
    store.keep(&closed)
}

fn steps(store: &mut Store, record: &CallRecord) -> Result<Vec<(Moment, Step)>, StoreError> {
    let CallRecord { call, epoch, .. } = *record;
    let rows: Vec<(i64, String)> = store.try_sql(|connection| {
        let mut rows = connection.prepare_cached(
            "SELECT at_us, step FROM call_steps
             WHERE epoch = ?1 AND node = ?2 AND term = ?3 AND counter = ?4 ORDER BY id",
        )?;
        rows.query_map(named(call, epoch), |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    })?;
    let read = |(at_us, step): (i64, String)| match serde_json::from_str(&step) {
        Ok(step) => Ok((Moment::from_micros(at_us.cast_unsigned()), step)),
        Err(error) => Err(StoreError::Damaged {
            path: store.path.clone(),
            table: "call_steps",
            reason: error.to_string(),
        }),
    };
    rows.into_iter().map(read).collect()
}

pub(super) fn named(call: CallId, epoch: Epoch) -> (u32, u32, u32, u32) {
    (epoch.number(), u32::from(call.node.number()), call.epoch.number(), call.counter)
}

pub(super) fn keep(transaction: &Transaction<'_>, record: &CallRecord) -> rusqlite::Result<()> {
    let body = serde_json::to_string(record).expect("a call record serialises: it has no map");
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO call_records
             (node, term, counter, epoch, talkgroup, granted_us, released_us, cause, ended_us, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, CASE WHEN ?7 IS NOT NULL THEN
                 ?7 + coalesce((SELECT wall_at_origin_us FROM terms WHERE epoch = ?4), 0) END, ?9)",
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
    if record.released.is_some() {
        transaction
            .prepare_cached(
                "DELETE FROM call_steps WHERE epoch = ?1 AND node = ?2 AND term = ?3 AND counter = ?4",
            )?
            .execute(named(record.call, record.epoch))?;
    }
    Ok(())
}

/// A step of a call whose record is open.
pub(super) fn keep_step(
    transaction: &Transaction<'_>,
    epoch: Epoch,
    at: Moment,
    call: CallId,
    step: &Step,
) -> rusqlite::Result<()> {
    let step = serde_json::to_string(step).expect("a step serialises: it has no map");
    let (epoch, node, term, counter) = named(call, epoch);
    transaction
        .prepare_cached(
            "INSERT INTO call_steps (epoch, node, term, counter, at_us, step) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![epoch, node, term, counter, at.as_micros().cast_signed(), step])?;
    Ok(())
}
