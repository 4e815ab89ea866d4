//! Records of times in which sites served alone (docs/resilience.md 14.1.6).
//!
//! Such a time is a term of office with an epoch of its own, and stands among the terms like those of controllers: when its clock began
//! is reckoned from the two clocks when its first record is told. So its records keep the moments that the site wrote, and are read and
//! exported as all others are. A record that is told again changes nothing, and keeps its place.

use rusqlite::{OptionalExtension, Transaction, params};
use trunklab_controller_core::output::{CallRecord, MessageRecord, Reported, ReportedItem};

use super::{messages, records};

pub(super) fn keep(transaction: &Transaction<'_>, reported: &Reported) -> rusqlite::Result<()> {
    begin_time_alone(transaction, reported)?;
    match &reported.item {
        ReportedItem::Call(record) if !is_call_kept(transaction, record)? => {
            records::keep(transaction, record)
        }
        ReportedItem::Message(record) if !is_message_kept(transaction, record)? => {
            messages::keep(transaction, record)
        }
        ReportedItem::Call(_) | ReportedItem::Message(_) => Ok(()),
    }
}

/// The origin of the site's clock on the wall's: what the controller's clock said when that of the site stood at zero.
fn begin_time_alone(transaction: &Transaction<'_>, reported: &Reported) -> rusqlite::Result<()> {
    let Reported { epoch, at, site_now, ref item } = *reported;
    let origin: Option<i64> = transaction
        .prepare_cached("SELECT wall_at_origin_us FROM terms WHERE epoch = ?1")?
        .query_row([epoch.number()], |row| row.get(0))
        .optional()?;
    let now_us = origin.map_or(0, i64::cast_unsigned).saturating_add(at.as_micros());
    let site_origin_us = now_us.saturating_sub(site_now.as_micros());
    transaction
        .prepare_cached("INSERT OR IGNORE INTO terms (epoch, wall_at_origin_us) VALUES (?1, ?2)")?
        .execute(params![item.epoch().number(), site_origin_us.cast_signed()])
        .map(|_| ())
}

fn is_call_kept(transaction: &Transaction<'_>, record: &CallRecord) -> rusqlite::Result<bool> {
    let CallRecord { call, epoch, .. } = *record;
    transaction
        .prepare_cached(
            "SELECT count(*) > 0 FROM call_records WHERE epoch = ?1 AND node = ?2 AND term = ?3 AND counter = ?4",
        )?
        .query_row(records::named(call, epoch), |row| row.get(0))
}

fn is_message_kept(transaction: &Transaction<'_>, record: &MessageRecord) -> rusqlite::Result<bool> {
    let message = record.message;
    transaction
        .prepare_cached("SELECT count(*) > 0 FROM message_records WHERE epoch = ?1 AND counter = ?2")?
        .query_row(params![message.epoch.number(), message.counter], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use smallvec::SmallVec;
    use trunklab_controller_core::isolated;
    use trunklab_controller_core::output::{HeldSlot, StoreItem};
    use trunklab_protocol::air_uplink::RequestKind;
    use trunklab_protocol::operator::Sender;
    use trunklab_protocol::{
        CallId, CarrierNumber, Cause, Epoch, MessageId, MessageKind, Moment, Priority, SiteId, SlotAddress,
        StatusNumber, TalkgroupId, UnitId,
    };

    use crate::store::{RecordQuery, Store, StorePlace};

    use super::*;

    /// When the controller's second term began, in microseconds since 1970.
    const ORIGIN_US: u64 = 900_000_000;

    fn site() -> SiteId {
        SiteId::new(3).unwrap()
    }

    fn time_alone() -> Epoch {
        isolated::epoch_of(site(), 1).unwrap()
    }

    fn secs(count: u64) -> Moment {
        Moment::from_micros(count * 1_000_000)
    }

    fn call(from_s: u64, until_s: u64) -> CallRecord {
        let at = SlotAddress::first_of(CarrierNumber::new(4).unwrap());
        let held = HeldSlot { site: site(), at, from: secs(from_s), until: Some(secs(until_s)) };
        CallRecord {
            call: CallId { node: isolated::node_of(site()).unwrap(), epoch: time_alone(), counter: 1 },
            epoch: time_alone(),
            parties: TalkgroupId::new(41).unwrap().into(),
            caller: UnitId::new(1017),
            kind: RequestKind::Normal,
            area: None,
            priority: Priority::new(5).unwrap(),
            requested: secs(from_s),
            granted: secs(from_s),
            released: Some((secs(until_s), Cause::HangTimeOver)),
            slots: SmallVec::from_iter([held]),
            spurts: SmallVec::new(),
            monitored_by: None,
        }
    }

    fn status(at_s: u64) -> MessageRecord {
        MessageRecord {
            message: MessageId { epoch: time_alone(), counter: 1 },
            kind: MessageKind::Status(StatusNumber::new(3).unwrap()),
            from: Sender::Unit(UnitId::new(1017).unwrap()),
            to: UnitId::new(1018).map(Into::into),
            from_site: Some(site()),
            sites: SmallVec::from_iter([site()]),
            requested: secs(at_s),
            outcome: Some((secs(at_s), Ok(()))),
            ended: None,
        }
    }

    /// A store in the controller's second term.
    fn store() -> Store {
        let mut store = Store::open(&StorePlace::Memory).unwrap();
        for origin_us in [0, ORIGIN_US] {
            store.begin_term(Epoch::new(0).unwrap(), origin_us).unwrap();
        }
        store
    }

    /// Told in the second term, five seconds after its beginning; the site's clock stands at 700 s then.
    fn reported(item: ReportedItem, later_s: u64) -> StoreItem {
        let (at, site_now) = (secs(5 + later_s), secs(700 + later_s));
        StoreItem::Reported(Box::new(Reported { epoch: Epoch::new(2).unwrap(), at, site_now, item }))
    }

    #[test]
    fn a_record_that_is_told_twice_is_there_once_with_the_walls_time_and_in_its_place() {
        let mut store = store();
        // The controller's clock began 695 s after the site's: the call was long before the term in which it is told.
        let (call, status) = (call(100, 130), status(650));
        store.keep(&[reported(ReportedItem::Call(Box::new(call.clone())), 0)]).unwrap();
        store.keep(&[reported(ReportedItem::Message(Box::new(status.clone())), 1)]).unwrap();
        let told = |store: &mut Store| {
            let query = RecordQuery::default();
            (store.records(&query).unwrap().entries, store.messages(&query).unwrap().entries)
        };
        let first = told(&mut store);
        let [entry] = &first.0[..] else { panic!("{first:?}") };
        let wall = |site_s: u64| ORIGIN_US + 5_000_000 - 700_000_000 + site_s * 1_000_000;
        assert_eq!((entry.granted_us, entry.released_us), (wall(100), wall(130)));
        assert_eq!((entry.slots[0].from_us, entry.channel_ms), (wall(100), 30_000));
        let [entry] = &first.1[..] else { panic!("{first:?}") };
        assert_eq!((entry.requested_us, entry.ended_us), (wall(650), wall(650)));
        store.keep(&[reported(ReportedItem::Call(Box::new(call)), 60)]).unwrap();
        store.keep(&[reported(ReportedItem::Message(Box::new(status)), 61)]).unwrap();
        assert_eq!(told(&mut store), first);
    }

    #[test]
    fn a_time_alone_is_no_term_that_the_next_one_follows() {
        let mut store = store();
        store.keep(&[reported(ReportedItem::Call(Box::new(call(100, 130))), 0)]).unwrap();
        assert_eq!(store.begin_term(Epoch::new(0).unwrap(), 0).unwrap(), Epoch::new(3).unwrap());
        assert_eq!(store.records(&RecordQuery::default()).unwrap().entries[0].cause, Cause::HangTimeOver);
    }

    #[test]
    fn a_call_that_the_site_took_over_has_a_record_of_each_that_carried_it() {
        let mut store = store();
        let ours = CallRecord { epoch: Epoch::new(2).unwrap(), ..call(1, 2) };
        store.keep(&[StoreItem::CallClosed(Box::new(ours))]).unwrap();
        store.keep(&[reported(ReportedItem::Call(Box::new(call(100, 130))), 0)]).unwrap();
        assert_eq!(store.records(&RecordQuery::default()).unwrap().entries.len(), 2);
    }
}
