//! Alarms (docs/resilience.md 14.3.4): kept when they are raised, replaced when more is known of them. One that was not cleared when the
//! controller ended is raised in the next term as well. Of those that are over the oldest make room.

use rusqlite::{Connection, Transaction, params};
use trunklab_controller_core::config::Change;
use trunklab_controller_core::fault::{AlarmRecord, Stamp};
use trunklab_protocol::operator::{AlarmEntry, AlarmKind};

use super::page::{Found, Page, Places};
use super::{Store, StoreError};

/// Alarms that are kept, raised ones and others.
const KEPT_MAX: i64 = 100_000;

/// Which alarms are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlarmQuery {
    /// Which page of them, by the time at which they were raised.
    pub page: Page,
    /// Those alone that are raised now.
    pub raised: bool,
}

impl Store {
    /// The alarms that are wanted, in the order in which they were raised: as many as stand in the next
    /// [`super::PLACES_MAX`] places, perhaps none.
    ///
    /// # Errors
    /// When the database cannot be read, or a row is damaged.
    pub fn alarms(&mut self, query: &AlarmQuery) -> Result<Found<AlarmEntry>, StoreError> {
        let places = self.places(&query.page, "alarms", "raised_us")?;
        let rows = self.try_sql(|connection| {
            let Places { after, until, from_us, to_us, .. } = places;
            let mut rows = connection.prepare_cached(
                "SELECT id, raised_us, cleared_us, acknowledged_us, body FROM alarms
                 WHERE id > ?1 AND id <= ?2 AND raised_us >= ?3 AND raised_us < ?4 AND (cleared_us IS NULL OR NOT ?5)
                 ORDER BY id",
            )?;
            let wanted = params![after, until, from_us, to_us, query.raised];
            rows.query_map(wanted, columns)?.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let entries: Vec<_> =
            rows.into_iter().map(|row| self.alarm(row).map(|entry| (entry.id, entry))).collect();
        places.found(&query.page, entries.into_iter())
    }

    /// Alarms of a kind that stood for a part of this time, in the order in which they were raised.
    ///
    /// # Errors
    /// When the database cannot be read, or a row is damaged.
    pub fn alarms_within(
        &mut self,
        kinds: &[AlarmKind],
        (from_us, to_us): (u64, u64),
    ) -> Result<Vec<AlarmEntry>, StoreError> {
        let within = |us: u64| i64::try_from(us).unwrap_or(i64::MAX);
        let names: serde_json::Value = kinds.iter().map(|kind| kind.name()).collect();
        let rows = self.try_sql(|connection| {
            let mut rows = connection.prepare_cached(
                "SELECT id, raised_us, cleared_us, acknowledged_us, body FROM alarms
                 WHERE raised_us < ?2 AND (cleared_us IS NULL OR cleared_us > ?1)
                 AND body->>'$.source.kind' IN (SELECT value FROM json_each(?3))
                 ORDER BY id",
            )?;
            let wanted = params![within(from_us), within(to_us), names.to_string()];
            rows.query_map(wanted, columns)?.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        rows.into_iter().map(|row| self.alarm(row)).collect()
    }

    /// What a controller that starts has to know: the alarms that were raised when the one before it ended.
    pub(super) fn raised_alarms(&mut self) -> Result<Vec<Change>, StoreError> {
        let bodies: Vec<String> = self.try_sql(|connection| {
            let mut rows =
                connection.prepare("SELECT body FROM alarms WHERE cleared_us IS NULL ORDER BY id")?;
            rows.query_map([], |row| row.get(0))?.collect()
        })?;
        bodies.iter().map(|body| Ok(Change::Alarm(Box::new(self.read_alarm(body)?)))).collect()
    }

    fn alarm(
        &self,
        (id, raised_us, cleared_us, acknowledged_us, body): Columns,
    ) -> Result<AlarmEntry, StoreError> {
        let AlarmRecord { id: alarm, source, count, flapping, acknowledged, .. } = self.read_alarm(&body)?;
        Ok(AlarmEntry {
            id: id.cast_unsigned(),
            alarm: alarm.to_string(),
            kind: source.kind,
            severity: source.kind.severity(),
            object: source.object,
            raised_us: raised_us.cast_unsigned(),
            cleared_us: cleared_us.map(i64::cast_unsigned),
            count,
            flapping,
            acknowledged_by: acknowledged.map(|(_, by)| by),
            acknowledged_us: acknowledged_us.map(i64::cast_unsigned),
        })
    }

    fn read_alarm(&self, body: &str) -> Result<AlarmRecord, StoreError> {
        serde_json::from_str(body).map_err(|error| StoreError::Damaged {
            path: self.path.clone(),
            table: "alarms",
            reason: error.to_string(),
        })
    }
}

type Columns = (i64, i64, Option<i64>, Option<i64>, String);

fn columns(row: &rusqlite::Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

/// Keeps how an alarm stands.
pub(super) fn keep(transaction: &Transaction<'_>, record: &AlarmRecord) -> rusqlite::Result<()> {
    let body = serde_json::to_string(record).expect("an alarm serialises: it has no map");
    let wall = |stamp: Stamp| wall_us(transaction, stamp);
    let raised_us = wall(record.raised)?;
    let cleared_us = record.cleared.map(wall).transpose()?;
    let acknowledged_us = record.acknowledged.as_ref().map(|(stamp, _)| wall(*stamp)).transpose()?;
    transaction
        .prepare_cached(
            "INSERT INTO alarms (epoch, counter, raised_us, cleared_us, acknowledged_us, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (epoch, counter) DO UPDATE
             SET cleared_us = ?4, acknowledged_us = ?5, body = ?6",
        )?
        .execute(params![
            record.id.epoch.number(),
            record.id.counter,
            raised_us,
            cleared_us,
            acknowledged_us,
            body
        ])?;
    transaction
        .prepare_cached(
            "DELETE FROM alarms WHERE id <= (SELECT max(id) FROM alarms) - ?1 AND cleared_us IS NOT NULL",
        )?
        .execute([KEPT_MAX])?;
    Ok(())
}

/// A moment of a term in microseconds since 1970.
fn wall_us(connection: &Connection, Stamp { epoch, at }: Stamp) -> rusqlite::Result<i64> {
    let began_us: i64 = connection
        .prepare_cached("SELECT coalesce((SELECT wall_at_origin_us FROM terms WHERE epoch = ?1), 0)")?
        .query_row([epoch.number()], |row| row.get(0))?;
    Ok(began_us.saturating_add(at.as_micros().cast_signed()))
}

#[cfg(test)]
mod tests {
    use trunklab_controller_core::fault::Source;
    use trunklab_controller_core::output::StoreItem;
    use trunklab_protocol::operator::{AlarmId, AlarmObject, ConsoleName};
    use trunklab_protocol::{Epoch, Moment, SiteId};

    use super::*;
    use crate::store::StorePlace;

    fn stamp(epoch: u32, at: u64) -> Stamp {
        Stamp { epoch: Epoch::new(epoch).unwrap(), at: Moment::from_micros(at) }
    }

    fn record(counter: u32, raised: u64) -> AlarmRecord {
        AlarmRecord {
            id: AlarmId { epoch: Epoch::new(1).unwrap(), counter },
            source: Source { kind: AlarmKind::SiteLost, object: AlarmObject::Site(SiteId::new(3).unwrap()) },
            raised: stamp(1, raised),
            cleared: None,
            count: 1,
            flapping: false,
            acknowledged: None,
        }
    }

    fn keep_all(store: &mut Store, records: &[&AlarmRecord]) {
        let items = records.iter().map(|record| StoreItem::NetworkAlarm(Box::new((*record).clone())));
        store.keep(&items.collect::<Vec<_>>()).unwrap();
    }

    fn numbers(found: Vec<AlarmEntry>) -> Vec<String> {
        found.into_iter().map(|entry| entry.alarm).collect()
    }

    /// Two terms, whose times begin at 1,000 and 9,000 of the wall's clock.
    fn store() -> Store {
        let mut store = Store::open(&StorePlace::Memory).unwrap();
        store.begin_term(Epoch::new(0).unwrap(), 1_000).unwrap();
        store.begin_term(Epoch::new(0).unwrap(), 9_000).unwrap();
        store
    }

    #[test]
    fn an_alarm_is_one_row_with_times_of_the_wall_s_clock_whichever_term_it_ended_in() {
        let mut store = store();
        let raised = record(1, 50);
        let by = ConsoleName::new("desk");
        let seen = AlarmRecord { acknowledged: Some((stamp(2, 7), by.clone())), ..raised.clone() };
        let over = AlarmRecord { cleared: Some(stamp(2, 20)), count: 4, ..seen.clone() };
        keep_all(&mut store, &[&raised, &seen, &over]);
        let found = store.alarms(&AlarmQuery::default()).unwrap();
        let [entry] = &found.entries[..] else { panic!("{found:?}") };
        assert_eq!((entry.alarm.as_str(), entry.raised_us, entry.cleared_us), ("1.1", 1_050, Some(9_020)));
        assert_eq!((entry.acknowledged_us, &entry.acknowledged_by), (Some(9_007), &Some(by)));
        assert_eq!((entry.count, found.next), (4, None));
    }

    #[test]
    fn what_is_raised_is_found_alone_and_comes_back_at_a_start() {
        let mut store = store();
        let over = AlarmRecord { cleared: Some(stamp(1, 60)), ..record(1, 50) };
        let raised = record(2, 70);
        keep_all(&mut store, &[&over, &raised]);
        let query = AlarmQuery { raised: true, ..AlarmQuery::default() };
        assert_eq!(numbers(store.alarms(&query).unwrap().entries), ["1.2"]);
        let changes = store.changes().unwrap();
        let alarm = |change: &Change| {
            if let Change::Alarm(record) = change { Some((**record).clone()) } else { None }
        };
        assert_eq!(changes.iter().filter_map(alarm).collect::<Vec<_>>(), [raised]);
    }

    #[test]
    fn alarms_are_found_by_when_they_were_raised_and_by_when_they_stood() {
        let mut store = store();
        let over = AlarmRecord { cleared: Some(stamp(1, 60)), ..record(1, 50) };
        let raised = record(2, 70);
        keep_all(&mut store, &[&over, &raised]);
        let page = Page { from_us: 1_060, ..Page::default() };
        assert_eq!(numbers(store.alarms(&AlarmQuery { page, raised: false }).unwrap().entries), ["1.2"]);
        let down = AlarmKind::OF_SITES_DOWN;
        let within = |store: &mut Store, from, to| numbers(store.alarms_within(down, (from, to)).unwrap());
        assert_eq!(within(&mut store, 1_055, 1_065), ["1.1"]);
        assert_eq!(within(&mut store, 1_060, 1_070), Vec::<String>::new(), "neither end belongs to it");
        assert_eq!(within(&mut store, 0, u64::MAX), ["1.1", "1.2"]);
        assert_eq!(store.alarms_within(&[AlarmKind::SlotFaulty], (0, u64::MAX)).unwrap(), []);
    }
}
