use smallvec::SmallVec;
use trunklab_controller_core::config::{ServiceArea, SystemParameters, Talkgroup};
use trunklab_controller_core::output::{CallRecord, HeldSlot, Spurt};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::{ConsoleName, Role};
use trunklab_protocol::{
    AreaId, CallId, Cause, Moment, NodeId, Priority, SiteId, SlotAddress, TalkgroupId, UnitId,
};

use super::*;

fn place(directory: &tempfile::TempDir) -> StorePlace {
    StorePlace::File(directory.path().join("trunklab.db"))
}

fn talkgroup(number: u16, name: &str) -> Change {
    Change::Talkgroup(Talkgroup {
        priority: Priority::LOWEST,
        ..Talkgroup::named(TalkgroupId::new(number).unwrap(), name)
    })
}

fn open_record(epoch: u32) -> Box<CallRecord> {
    Box::new(CallRecord {
        call: CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(epoch).unwrap(), counter: 9 },
        epoch: Epoch::new(epoch).unwrap(),
        parties: TalkgroupId::new(41).unwrap().into(),
        caller: UnitId::new(1017),
        kind: RequestKind::Normal,
        priority: Priority::LOWEST,
        area: None,
        requested: Moment::from_micros(100),
        granted: Moment::from_micros(200),
        released: None,
        slots: SmallVec::from_iter([HeldSlot {
            site: SiteId::new(3).unwrap(),
            at: SlotAddress {
                carrier: trunklab_protocol::CarrierNumber::new(1).unwrap(),
                slot: trunklab_protocol::SlotNumber::new(2).unwrap(),
            },
            from: Moment::from_micros(200),
            until: None,
        }]),
        spurts: SmallVec::from_iter([Spurt {
            unit: UnitId::new(1017).unwrap(),
            from: Moment::from_micros(900),
            until: None,
        }]),
    })
}

fn records(store: &mut Store) -> Vec<CallRecord> {
    let bodies: Vec<String> = store
        .try_sql(|connection| {
            let mut rows = connection.prepare("SELECT body FROM call_records ORDER BY epoch")?;
            rows.query_map([], |row| row.get(0))?.collect()
        })
        .unwrap();
    bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect()
}

#[test]
fn the_epoch_grows_at_every_start() {
    let directory = tempfile::tempdir().unwrap();
    for expected in 1..=3 {
        let mut store = Store::open(&place(&directory)).unwrap();
        assert_eq!(store.begin_term(Epoch::new(0).unwrap(), 0).unwrap().number(), expected);
    }
}

#[test]
fn a_term_begins_above_another_controllers_and_that_lasts() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(store.begin_term(Epoch::new(7).unwrap(), 0).unwrap().number(), 8);
    assert_eq!(store.begin_term(Epoch::new(3).unwrap(), 0).unwrap().number(), 9);
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(store.begin_term(Epoch::new(0).unwrap(), 0).unwrap().number(), 10);
    let beyond = store.begin_term(Epoch::new(u32::MAX).unwrap(), 0);
    assert!(matches!(beyond, Err(StoreError::NoEpochLeft(_))), "{beyond:?}");
}

#[test]
fn what_is_provisioned_comes_back_in_order_and_a_change_replaces() {
    let directory = tempfile::tempdir().unwrap();
    let system = Change::System(SystemParameters { queue_len_max: 7, ..SystemParameters::default() });
    let mut store = Store::open(&place(&directory)).unwrap();
    let (area, name, sites) = (AreaId::new(7).unwrap(), "Town".to_owned(), vec![SiteId::new(3).unwrap()]);
    let area = Change::Area(ServiceArea { area, name, sites });
    store.provision(&[talkgroup(42, "late"), area.clone(), talkgroup(41, "old"), system.clone()]).unwrap();
    store.provision(&[talkgroup(41, "new")]).unwrap();
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(store.changes().unwrap(), [system, area, talkgroup(41, "new"), talkgroup(42, "late")]);
}

#[test]
fn patches_last_until_they_are_undone() {
    let directory = tempfile::tempdir().unwrap();
    let patch = |numbers: [u16; 2]| numbers.map(|number| TalkgroupId::new(number).unwrap()).to_vec();
    let mut store = Store::open(&place(&directory)).unwrap();
    let kept = [StoreItem::Patched(patch([43, 44])), StoreItem::Patched(patch([41, 42]))];
    store.keep(&kept).unwrap();
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(store.changes().unwrap(), [Change::Patch(patch([41, 42])), Change::Patch(patch([43, 44]))]);
    store.keep(&[StoreItem::Unpatched(patch([41, 42]))]).unwrap();
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(store.changes().unwrap(), [Change::Patch(patch([43, 44]))]);
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let StorePlace::File(path) = place(&directory) else { unreachable!() };
    drop(Store::open(&place(&directory)).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", schema::NEWEST + 1).unwrap();
    let said = Store::open(&place(&directory)).unwrap_err().to_string();
    assert!(said.contains("has version 5") && said.contains("start the newer controller"), "{said}");
    let version: i64 =
        Connection::open(&path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, schema::NEWEST + 1);
}

#[test]
fn other_peoples_files_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let StorePlace::File(path) = place(&directory) else { unreachable!() };
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    assert!(matches!(Store::open(&place(&directory)), Err(StoreError::Foreign(_))));
    std::fs::write(&path, "this is a text of more than a hundred octets, ".repeat(40)).unwrap();
    assert!(matches!(Store::open(&place(&directory)), Err(StoreError::Foreign(_))));
}

#[test]
fn a_second_controller_is_kept_out_but_a_token_can_be_added_beside_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let StorePlace::File(path) = place(&directory) else { unreachable!() };
    let mut first = Store::open(&place(&directory)).unwrap();
    assert!(matches!(Store::open(&place(&directory)), Err(StoreError::InUse(_))));
    let token = StoredToken { hash: [7; 32], name: ConsoleName::new("wall"), role: Role::Viewer };
    Store::open_beside(&path).unwrap().add_operator_token(&token).unwrap();
    assert_eq!(first.operator_tokens().unwrap(), [token]);
}

#[test]
fn a_restart_closes_the_records_that_were_open() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&place(&directory)).unwrap();
    store.begin_term(Epoch::new(0).unwrap(), 0).unwrap();
    store.keep(&[StoreItem::CallOpened(open_record(1))]).unwrap();
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    store.begin_term(Epoch::new(0).unwrap(), 0).unwrap();
    store.keep(&[StoreItem::CallOpened(open_record(2))]).unwrap();
    let records = records(&mut store);
    let last = Moment::from_micros(900);
    assert_eq!(records[0].released, Some((last, Cause::ControllerRestarted)));
    assert_eq!(records[0].slots[0].until, Some(last));
    assert_eq!(records[0].spurts[0].until, Some((last, Cause::ControllerRestarted)));
    assert_eq!(records[1], *open_record(2), "the new term's own record is untouched");
}

#[test]
fn a_closed_record_replaces_the_open_one() {
    let mut store = Store::open(&StorePlace::Memory).unwrap();
    let closed = Box::new(CallRecord {
        released: Some((Moment::from_micros(999), Cause::HangTimeOver)),
        ..*open_record(1)
    });
    store.keep(&[StoreItem::CallOpened(open_record(1)), StoreItem::CallClosed(closed.clone())]).unwrap();
    assert_eq!(records(&mut store), [*closed]);
}

#[test]
fn the_thread_answers_after_the_commit_and_flushes_before_it_stops() {
    let directory = tempfile::tempdir().unwrap();
    let counters = std::sync::Arc::new(crate::counters::Counters::default());
    let (answers, mut answered) = tokio::sync::mpsc::channel(16);
    let store = Store::open(&place(&directory)).unwrap();
    let (handle, thread) = StoreHandle::start(store, answers, counters.clone()).unwrap();
    let epoch = Epoch::new(1).unwrap();
    for id in 1..=3 {
        assert!(handle.keep(epoch, id, StoreItem::CallOpened(open_record(u32::try_from(id).unwrap()))));
    }
    assert!(handle.stop());
    thread.join().unwrap();
    for id in 1..=3 {
        assert_eq!(answered.blocking_recv(), Some(StoreAnswer { epoch, id, kept: true }));
    }
    assert_eq!(counters.stored.read(), 3);
    assert_eq!(records(&mut Store::open(&place(&directory)).unwrap()).len(), 3);
}
