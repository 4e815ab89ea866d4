//! Requests for calls that came to nothing: kept for as long as there is room, the newest of them.

use rusqlite::{Transaction, params};
use trunklab_controller_core::charging::Attempt;
use trunklab_protocol::operator::AttemptEntry;
use trunklab_protocol::{Cause, Epoch, Moment, SiteId, TalkgroupId, UnitId};

use super::page::{Found, Places};
use super::records::RecordQuery;
use super::{Store, StoreError};

/// Attempts that are kept: whoever asks in vain all day long fills no disk.
pub const ATTEMPTS_MAX: i64 = 1_000_000;

pub(super) fn keep(
    transaction: &Transaction<'_>,
    epoch: Epoch,
    at: Moment,
    attempt: &Attempt,
) -> rusqlite::Result<()> {
    let pair = attempt.parties.and_then(|parties| parties.pair());
    transaction
        .prepare_cached(
            "INSERT INTO attempts (at_us, unit, site, talkgroup, called, cause) VALUES
             (?2 + coalesce((SELECT wall_at_origin_us FROM terms WHERE epoch = ?1), 0), ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            epoch.number(),
            at.as_micros().cast_signed(),
            attempt.unit.number(),
            attempt.site.map(SiteId::number),
            attempt.parties.and_then(|parties| parties.talkgroup()).map(TalkgroupId::number),
            pair.map(|pair| pair.called.number()),
            attempt.cause.code(),
        ])?;
    let last = transaction.last_insert_rowid();
    transaction.prepare_cached("DELETE FROM attempts WHERE id <= ?1")?.execute([last - ATTEMPTS_MAX])?;
    Ok(())
}

type Columns = (i64, i64, u32, Option<u16>, Option<u16>, Option<u32>, u8);

impl Store {
    /// Attempts that are wanted, in their order: as many as stand in the next [`super::PLACES_MAX`] places, perhaps none.
    ///
    /// # Errors
    /// When the database cannot be read, or a row is damaged.
    pub fn attempts(&mut self, query: &RecordQuery) -> Result<Found<AttemptEntry>, StoreError> {
        let places = self.places(&query.page, "attempts", "at_us")?;
        let rows: Vec<Columns> = self.try_sql(|connection| {
            let mut rows = connection.prepare_cached(
                "SELECT id, at_us, unit, site, talkgroup, called, cause FROM attempts
                 WHERE id > ?1 AND id <= ?2 AND at_us >= ?3 AND at_us < ?4
                 AND (?5 IS NULL OR talkgroup = ?5) AND (?6 IS NULL OR unit = ?6 OR called = ?6)
                 AND (?7 IS NULL OR cause = ?7) ORDER BY id LIMIT ?8",
            )?;
            let Places { after, until, from_us, to_us, .. } = places;
            let RecordQuery { page, talkgroup, unit, cause } = query;
            let (talkgroup, unit) = (talkgroup.map(TalkgroupId::number), unit.map(UnitId::number));
            let cause = cause.map(Cause::code);
            let wanted = params![after, until, from_us, to_us, talkgroup, unit, cause, page.limit];
            let columns = |row: &rusqlite::Row<'_>| {
                let place = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok((place.0, place.1, place.2, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
            };
            rows.query_map(wanted, columns)?.collect()
        })?;
        let read = |columns: Columns| {
            let entry = entry(columns).ok_or_else(|| StoreError::Damaged {
                path: self.path.clone(),
                table: "attempts",
                reason: format!("entry {}", columns.0),
            })?;
            Ok((entry.id, entry))
        };
        places.found(&query.page, rows.into_iter().map(read))
    }
}

/// `None` where a number is out of its range.
fn entry((id, at_us, unit, site, talkgroup, called, cause): Columns) -> Option<AttemptEntry> {
    let known = |number: Option<u16>| number.map(SiteId::new);
    Some(AttemptEntry {
        id: id.cast_unsigned(),
        at_us: at_us.cast_unsigned(),
        unit: UnitId::new(unit)?,
        site: known(site).map_or(Some(None), |site| site.map(Some))?,
        talkgroup: talkgroup.map(TalkgroupId::new).map_or(Some(None), |group| group.map(Some))?,
        called: called.map(UnitId::new).map_or(Some(None), |unit| unit.map(Some))?,
        cause: Cause::new(cause)?,
    })
}
