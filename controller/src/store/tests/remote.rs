//! What lasts of remote control, and what stands in the audit trail of it and of clones.

use trunklab_controller_core::config::Subscriber;
use trunklab_controller_core::output::Cloned;
use trunklab_controller_core::remote::{PendingOrder, RadioAudited, RemoteChange, RemoteUnit};
use trunklab_protocol::operator::{Authority, ConsoleName, Deed};
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    Cause, ClonePolicy, Condition, Imei, Moment, OrderNumber, Priority, RadioOrder, Services, SiteId, UnitId,
};

use super::*;

/// A row of unit 1017, stunned by the console, and with an order that waits.
fn stunned(order: RadioOrder) -> RemoteUnit {
    let number = OrderNumber::new(9).unwrap();
    let by = Authority::own_process(ConsoleName::new("desk"));
    RemoteUnit {
        condition: Condition::Stunned,
        pending: vec![PendingOrder { number, order, by }],
        ..RemoteUnit::usual(UnitId::new(1017).unwrap())
    }
}

#[test]
fn what_lasts_of_remote_control_and_its_audit_entry_are_kept_together() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&place(&directory)).unwrap();
    let epoch = store.begin_term(Epoch::new(0).unwrap(), 5_000).unwrap();
    let row = stunned(RadioOrder::Stun {});
    let taken = RemoteChange { row: row.clone(), over: None };
    store.keep(&[StoreItem::Remote(Box::new(taken))]).unwrap();
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(store.changes().unwrap(), [Change::Remote(row.clone()), UNCHANGED]);
    let over = RadioAudited {
        epoch,
        at: Moment::from_micros(7),
        by: Authority::own_process(ConsoleName::new("desk")),
        unit: row.unit,
        order: RadioOrder::Revive {},
        outcome: Err(Cause::OrderReplaced),
    };
    // Of a term that is not known nothing can be written down: then the row is not changed either.
    let nowhere = RadioAudited { epoch: Epoch::new(77).unwrap(), ..over.clone() };
    let lost = RemoteChange { row: RemoteUnit::usual(row.unit), over: Some(nowhere) };
    assert!(store.keep(&[StoreItem::Remote(Box::new(lost))]).is_err());
    assert_eq!(store.changes().unwrap(), [Change::Remote(row.clone()), UNCHANGED]);
    let usual = RemoteChange { row: RemoteUnit::usual(row.unit), over: Some(over) };
    store.keep(&[StoreItem::Remote(Box::new(usual))]).unwrap();
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(store.changes().unwrap(), [UNCHANGED]);
    let entries = store.audit(&AuditQuery::default()).unwrap().entries;
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    let deed = Deed::RadioOrder { unit: row.unit, of_radio: RadioOrder::Revive {} };
    assert_eq!((entry.at_us, &entry.deed, entry.cause), (5_007, &deed, Some(Cause::OrderReplaced)));
}

#[test]
fn rights_by_order_are_the_subscribers() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&place(&directory)).unwrap();
    let unit = UnitId::new(1017).unwrap();
    let subscriber = Subscriber::new(unit, UnitKey::new([7; 16]));
    store.provision(&[Change::Subscriber(subscriber.clone())]).unwrap();
    let (priority, services) = (Priority::HIGHEST, Services::NONE);
    store.keep(&[StoreItem::Rights { unit, priority, services }]).unwrap();
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(store.subscriber(unit).unwrap(), Some(Subscriber { priority, services, ..subscriber }));
}

#[test]
fn a_subscriber_that_is_taken_out_leaves_nothing_of_remote_control() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&place(&directory)).unwrap();
    let row = stunned(RadioOrder::Stun {});
    store.provision(&[Change::Remote(row.clone())]).unwrap();
    store.provision(&[Change::SubscriberRemoved(row.unit)]).unwrap();
    assert_eq!(store.changes().unwrap(), [UNCHANGED]);
}

#[test]
fn an_alarm_about_a_clone_stands_in_the_audit_trail_with_its_time() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&place(&directory)).unwrap();
    let epoch = store.begin_term(Epoch::new(0).unwrap(), 1_000).unwrap();
    let (unit, site, held_at) = (UnitId::new(7).unwrap(), SiteId::new(5).unwrap(), SiteId::new(3).unwrap());
    let (equipment, policy) = (Imei::new(350_000_000_000_017), ClonePolicy::Keep);
    let at = Moment::from_micros(9);
    store
        .keep(&[StoreItem::Cloned(Box::new(Cloned { epoch, at, unit, site, held_at, equipment, policy }))])
        .unwrap();
    let entries = store.audit(&AuditQuery::default()).unwrap().entries;
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(entry.deed, Deed::Cloned { unit, site, held_at, equipment, policy });
    assert_eq!(entry.at_us, 1_009);
    assert_eq!(
        (entry.who.to_string(), entry.role, entry.cause),
        ("network".into(), None, Some(Cause::ClonedIdentity))
    );
}
