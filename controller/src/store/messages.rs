//! Records of status and call alerts: kept when a message is taken, replaced when more is known of it.
//!
//! As with calls, what earlier terms left open is closed when a controller starts again: a message that was on its way was not delivered, a
//! call alert that was has ended, both with `ControllerRestarted`, at the last moment that the record tells of.

use rusqlite::{Transaction, params};
use trunklab_controller_core::output::{MessageRecord, StoreItem};
use trunklab_protocol::operator::{MessageEntry, Sender};
use trunklab_protocol::{Addressee, Cause, Epoch};

use super::page::{Found, Places};
use super::records::RecordQuery;
use super::{Store, StoreError};

impl Store {
    /// Messages that are over and wanted, in the order in which they ended: as many as stand in the next
    /// [`super::PLACES_MAX`] places, perhaps none.
    ///
    /// # Errors
    /// When the database cannot be read, or a row is damaged.
    pub fn messages(&mut self, query: &RecordQuery) -> Result<Found<MessageEntry>, StoreError> {
        let places = self.places(&query.page, "message_records", "ended_us")?;
        let rows: Vec<(i64, i64, String)> = self.try_sql(|connection| {
            let mut rows = connection.prepare_cached(
                "SELECT id, coalesce(wall_at_origin_us, 0), body FROM message_records LEFT JOIN terms USING (epoch)
                 WHERE id > ?1 AND id <= ?2 AND over AND ended_us >= ?3 AND ended_us < ?4 ORDER BY id",
            )?;
            let Places { after, until, from_us, to_us, .. } = places;
            let wanted = params![after, until, from_us, to_us];
            rows.query_map(wanted, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
        })?;
        let entries = rows.into_iter().filter_map(|(id, origin_us, body)| {
            let (id, origin_us) = (id.cast_unsigned(), origin_us.cast_unsigned());
            let entry = self.read_message(&body).map(|record| record.entry(id, origin_us)).transpose()?;
            entry.map(|entry| is_wanted(&entry, query).then_some((id, entry))).transpose()
        });
        places.found(&query.page, entries)
    }

    fn read_message(&self, body: &str) -> Result<MessageRecord, StoreError> {
        serde_json::from_str(body).map_err(|error| StoreError::Damaged {
            path: self.path.clone(),
            table: "message_records",
            reason: error.to_string(),
        })
    }
}

fn is_wanted(entry: &MessageEntry, query: &RecordQuery) -> bool {
    let to_talkgroup = entry.to.and_then(Addressee::talkgroup);
    query.talkgroup.is_none_or(|talkgroup| to_talkgroup == Some(talkgroup))
        && query.cause.is_none_or(|cause| entry.cause == Some(cause))
        && query
            .unit
            .is_none_or(|unit| entry.from == Sender::Unit(unit) || entry.to == Some(Addressee::Unit(unit)))
}

pub(super) fn close_earlier(store: &mut Store, epoch: Epoch) -> Result<(), StoreError> {
    let bodies: Vec<String> = store.try_sql(|connection| {
        let mut open = connection
            .prepare("SELECT body FROM message_records WHERE over = 0 AND epoch < ?1 ORDER BY id")?;
        open.query_map([epoch.number()], |row| row.get(0))?.collect()
    })?;
    let mut closed = Vec::with_capacity(bodies.len());
    for body in bodies {
        let mut record = store.read_message(&body)?;
        record.cut(Cause::ControllerRestarted);
        closed.push(StoreItem::Message(Box::new(record)));
    }
    store.keep(&closed)
}

pub(super) fn keep(transaction: &Transaction<'_>, record: &MessageRecord) -> rusqlite::Result<()> {
    let body = serde_json::to_string(record).expect("a message record serialises: it has no map");
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO message_records (epoch, counter, requested_us, over, ended_us, body)
             VALUES (?1, ?2, ?3, ?4 IS NOT NULL, CASE WHEN ?4 IS NOT NULL THEN
                 ?4 + coalesce((SELECT wall_at_origin_us FROM terms WHERE epoch = ?1), 0) END, ?5)",
        )?
        .execute(params![
            record.message.epoch.number(),
            record.message.counter,
            record.requested.as_micros().cast_signed(),
            record.over_at().map(|at| at.as_micros().cast_signed()),
            body,
        ])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use smallvec::SmallVec;
    use trunklab_protocol::operator::Sender;
    use trunklab_protocol::{MessageId, MessageKind, Moment, SiteId, StatusNumber, UnitId};

    use super::*;
    use crate::store::{Page, StorePlace, schema};

    fn record(counter: u32, kind: MessageKind) -> MessageRecord {
        MessageRecord {
            message: MessageId { epoch: Epoch::new(1).unwrap(), counter },
            kind,
            from: Sender::Unit(UnitId::new(1017).unwrap()),
            to: UnitId::new(1018).map(Into::into),
            from_site: SiteId::new(3),
            sites: SmallVec::from_iter(SiteId::new(5)),
            requested: Moment::from_micros(100),
            outcome: None,
            ended: None,
        }
    }

    fn records(store: &mut Store) -> Vec<MessageRecord> {
        let bodies: Vec<String> = store
            .try_sql(|connection| {
                let mut rows = connection.prepare("SELECT body FROM message_records ORDER BY counter")?;
                rows.query_map([], |row| row.get(0))?.collect()
            })
            .unwrap();
        bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
    }

    #[test]
    fn a_record_that_says_more_replaces_the_one_before() {
        let mut store = Store::open(&StorePlace::Memory).unwrap();
        let open = record(1, MessageKind::CallAlert);
        let delivered = MessageRecord { outcome: Some((Moment::from_micros(200), Ok(()))), ..open.clone() };
        for record in [&open, &delivered] {
            store.keep(&[StoreItem::Message(Box::new(record.clone()))]).unwrap();
        }
        assert_eq!(records(&mut store), [delivered]);
    }

    #[test]
    fn a_restart_closes_what_was_open_and_nothing_else() {
        let mut store = Store::open(&StorePlace::Memory).unwrap();
        store.begin_term(Epoch::new(0).unwrap(), 0).unwrap();
        let status = MessageKind::Status(StatusNumber::new(3).unwrap());
        let at = Moment::from_micros(200);
        let delivered = Some((at, Ok(())));
        let cause = Cause::ControllerRestarted;
        let before = [
            record(1, status),
            MessageRecord { outcome: delivered, ..record(2, status) },
            MessageRecord { outcome: delivered, ..record(3, MessageKind::CallAlert) },
            MessageRecord {
                outcome: delivered,
                ended: Some((at, Cause::AlertAnswered)),
                ..record(4, MessageKind::CallAlert)
            },
        ];
        let after = [
            MessageRecord { outcome: Some((Moment::from_micros(100), Err(cause))), ..before[0].clone() },
            before[1].clone(),
            MessageRecord { ended: Some((at, cause)), ..before[2].clone() },
            before[3].clone(),
        ];
        for record in &before {
            store.keep(&[StoreItem::Message(Box::new(record.clone()))]).unwrap();
        }
        store.begin_term(Epoch::new(0).unwrap(), 0).unwrap();
        assert_eq!(records(&mut store), after);
    }

    /// Of the version in which message records had neither a place nor a time of the wall's clock.
    #[test]
    fn messages_of_an_earlier_version_have_their_places_and_times_in_this_one() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("trunklab.db");
        let version = schema::VERSIONS
            .iter()
            .position(|statements| statements.contains("TABLE message_records ("))
            .map(|place| place + 1)
            .unwrap();
        let connection = crate::store::tests::earlier_database(&path, version);
        let moment = Moment::from_micros;
        let status = MessageKind::Status(StatusNumber::new(3).unwrap());
        let open = record(1, status);
        let alerted = MessageRecord {
            outcome: Some((moment(200), Ok(()))),
            ended: Some((moment(900), Cause::AlertExpired)),
            ..record(2, MessageKind::CallAlert)
        };
        let refused = MessageRecord {
            outcome: Some((moment(700), Err(Cause::MessageUnconfirmed))),
            ..record(3, status)
        };
        for record in [&open, &alerted, &refused] {
            let body = serde_json::to_string(record).unwrap();
            connection
                .execute(
                    "INSERT INTO message_records VALUES (1, ?1, 100, ?2, ?3)",
                    params![record.message.counter, record.is_over(), body],
                )
                .unwrap();
        }
        drop(connection);
        let mut store = Store::open(&StorePlace::File(path)).unwrap();
        let entries = |store: &mut Store| {
            let found = store.messages(&RecordQuery::default()).unwrap();
            let line = |entry: MessageEntry| (entry.message.counter, entry.ended_us, entry.cause);
            found.entries.into_iter().map(line).collect::<Vec<_>>()
        };
        let before =
            [(3, 5_000_700, Some(Cause::MessageUnconfirmed)), (2, 5_000_900, Some(Cause::AlertExpired))];
        assert_eq!(entries(&mut store), before);
        let late =
            RecordQuery { page: Page { from_us: 5_000_800, ..Page::default() }, ..RecordQuery::default() };
        assert_eq!(store.messages(&late).unwrap().entries.len(), 1, "by the column as well");
        store.begin_term(Epoch::new(0).unwrap(), 0).unwrap();
        let closed = (1, 5_000_100, Some(Cause::ControllerRestarted));
        assert_eq!(entries(&mut store), [before[0], before[1], closed], "the open one is closed");
    }
}
