//! Records of status and call alerts: kept when a message is taken, replaced when more is known of it.
//!
//! As with calls, what earlier terms left open is closed when a controller starts again: a message that was on its way was not delivered, a
//! call alert that was has ended, both with `ControllerRestarted`, at the last moment that the record tells of.

use rusqlite::{Transaction, params};
use trunklab_controller_core::output::{MessageRecord, StoreItem};
use trunklab_protocol::{Cause, Epoch};

use super::{Store, StoreError};

pub(super) fn close_earlier(store: &mut Store, epoch: Epoch) -> Result<(), StoreError> {
    let bodies: Vec<String> = store.try_sql(|connection| {
        let mut open =
            connection.prepare("SELECT body FROM message_records WHERE over = 0 AND epoch < ?1")?;
        open.query_map([epoch.number()], |row| row.get(0))?.collect()
    })?;
    let mut closed = Vec::with_capacity(bodies.len());
    for body in bodies {
        let mut record: Box<MessageRecord> = serde_json::from_str(&body).map_err(|error| {
            let reason = error.to_string();
            StoreError::Damaged { path: store.path.clone(), table: "message_records", reason }
        })?;
        close(&mut record);
        closed.push(StoreItem::Message(record));
    }
    store.keep(&closed)
}

fn close(record: &mut MessageRecord) {
    let cause = Cause::ControllerRestarted;
    match record.outcome {
        None => record.outcome = Some((record.requested, Err(cause))),
        Some((delivered, _)) => record.ended = Some((delivered, cause)),
    }
}

pub(super) fn keep(transaction: &Transaction<'_>, record: &MessageRecord) -> rusqlite::Result<()> {
    let body = serde_json::to_string(record).expect("a message record serialises: it has no map");
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO message_records (epoch, counter, requested_us, over, body)
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            record.message.epoch.number(),
            record.message.counter,
            record.requested.as_micros().cast_signed(),
            record.is_over(),
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
    use crate::store::StorePlace;

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
}
