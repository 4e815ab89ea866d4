//! Call records, and the thread that keeps them.

use trunklab_controller_core::charging::Step;
use trunklab_controller_core::output::CallRecord;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{CallId, Cause, Moment, SiteId, TalkgroupId, UnitId};

use super::*;

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
fn a_cut_record_has_all_that_was_told_and_ends_where_its_term_was_last_alive() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&place(&directory)).unwrap();
    store.begin_term(Epoch::new(0).unwrap(), 0).unwrap();
    let epoch = Epoch::new(1).unwrap();
    let (opened, closed) = (open_record(1), Box::new(closed_record(8)));
    let call = opened.call;
    let site = SiteId::new(5).unwrap();
    let slot = opened.slots[0].at;
    let talker = |number| UnitId::new(number).unwrap();
    let told = [
        (1_000, Told::Step(call, Step::SpurtEnded { cause: Cause::TransmissionEnded })),
        (1_500, Told::Step(call, Step::SiteJoined { site, slot })),
        (2_000, Told::Step(call, Step::SpurtBegun { unit: talker(1018) })),
        (2_100, Told::Step(closed.call, Step::Emergency)),
        (9_000, Told::Alive),
    ];
    store.keep(&[StoreItem::CallOpened(opened), StoreItem::CallOpened(closed.clone())]).unwrap();
    let moment = Moment::from_micros;
    store.keep_all(told.iter().map(|(at, told)| Kept::Told { epoch, at: moment(*at), told })).unwrap();
    store.keep(&[StoreItem::CallClosed(closed.clone())]).unwrap();
    drop(store);

    let mut store = Store::open(&place(&directory)).unwrap();
    store.begin_term(Epoch::new(0).unwrap(), 0).unwrap();
    let records = records(&mut store);
    assert_eq!(records.iter().find(|record| record.call == closed.call), Some(&*closed), "it was closed");
    let cut = records.iter().find(|record| record.call == call).unwrap();
    assert_eq!(cut.released, Some((moment(9_000), Cause::ControllerRestarted)));
    let slots: Vec<_> = cut.slots.iter().map(|held| (held.site.number(), held.until)).collect();
    assert_eq!(slots, [(3, Some(moment(9_000))), (5, Some(moment(9_000)))]);
    let spurts: Vec<_> =
        cut.spurts.iter().map(|spurt| (spurt.unit, spurt.from, spurt.until.unwrap())).collect();
    assert_eq!(
        spurts,
        [
            (talker(1017), moment(900), (moment(1_000), Cause::TransmissionEnded)),
            (talker(1018), moment(2_000), (moment(9_000), Cause::ControllerRestarted)),
        ]
    );
    let steps: i64 = store
        .try_sql(|connection| connection.query_row("SELECT count(*) FROM call_steps", [], |row| row.get(0)))
        .unwrap();
    assert_eq!(steps, 0, "steps go with the record that they belong to");
}

#[test]
fn records_of_an_older_database_have_their_places_and_times() {
    let directory = tempfile::tempdir().unwrap();
    let StorePlace::File(path) = place(&directory) else { unreachable!() };
    let without_places =
        schema::VERSIONS.iter().position(|text| text.contains("call_records_without_places"));
    let version = without_places.unwrap();
    let connection = earlier_database(&path, version);
    let (closed, open) = (closed_record(8), *open_record(1));
    for record in [&closed, &open] {
        let released = record.released.map(|(at, _)| at.as_micros().cast_signed());
        let cause = record.released.map(|(_, cause)| cause.code());
        let body = serde_json::to_string(record).unwrap();
        connection
            .execute(
                "INSERT INTO call_records VALUES (1, 1, ?1, 1, 41, 200, ?2, ?3, ?4)",
                params![record.call.counter, released, cause, body],
            )
            .unwrap();
    }
    drop(connection);
    let mut store = Store::open(&place(&directory)).unwrap();
    let found = store.records(&RecordQuery::default()).unwrap();
    let [entry] = &*found.entries else { panic!("{found:?}") };
    assert_eq!((entry.call, entry.released_us), (closed.call, 5_000_999));
    store.begin_term(Epoch::new(0).unwrap(), 0).unwrap();
    assert_eq!(store.records(&RecordQuery::default()).unwrap().entries.len(), 2, "the open one is closed");
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

#[test]
fn records_wait_for_room_on_a_full_disk_and_lose_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let counters = std::sync::Arc::new(crate::counters::Counters::default());
    let (answers, mut answered) = tokio::sync::mpsc::channel(1_024);
    let mut store = Store::open(&place(&directory)).unwrap();
    let epoch = store.begin_term(Epoch::new(0).unwrap(), 0).unwrap();
    store.fill_disk(true);
    let (handle, thread) = StoreHandle::start(store, answers, counters.clone()).unwrap();
    let opened = |counter| {
        let record = *open_record(1);
        CallRecord { call: CallId { counter, ..record.call }, ..record }
    };
    // Some find room in the pages that are there.
    let mut calls = 0;
    while counters.store_failures.read() == 0 {
        calls += 1;
        assert!(calls < 10_000, "the disk is never full");
        let step = Told::Step(opened(calls).call, Step::Emergency);
        // Somebody waits for this one: it is refused.
        let patch = StoreItem::Patched(vec![TalkgroupId::new(u16::try_from(calls).unwrap()).unwrap()]);
        assert!(handle.keep(epoch, 1, StoreItem::CallOpened(Box::new(opened(calls)))));
        assert!(handle.tell(epoch, Moment::from_micros(1), step));
        assert!(handle.keep(epoch, 2, patch));
        while answered.blocking_recv().unwrap().id != 2 {}
    }
    let released = Some((Moment::from_micros(999), Cause::HangTimeOver));
    let closed = Box::new(CallRecord { released, ..opened(calls) });
    assert!(handle.keep(epoch, 1, StoreItem::CallClosed(closed.clone())));
    assert!(handle.run(|store| store.fill_disk(false)));
    assert!(handle.stop());
    thread.join().unwrap();
    assert_eq!(counters.store_failures.read(), 1, "what somebody waited for");
    let mut store = Store::open(&place(&directory)).unwrap();
    store.begin_term(epoch, 0).unwrap();
    let kept = records(&mut store);
    let (told, as_closed): (Vec<_>, Vec<_>) = kept.iter().partition(|record| **record != *closed);
    assert_eq!((told.len() + 1, as_closed.len()), (calls as usize, 1));
    let untold: Vec<_> = told.iter().filter(|record| record.kind != RequestKind::Emergency).collect();
    assert!(untold.is_empty(), "of {calls}, without what was told of them: {untold:?}");
}
