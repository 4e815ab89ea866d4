use smallvec::SmallVec;
use trunklab_controller_core::charging::Step;
use trunklab_controller_core::config::{ServiceArea, Subscriber, SystemParameters, Talkgroup};
use trunklab_controller_core::configuration::Configured;
use trunklab_controller_core::output::{CallRecord, Cloned, HeldSlot, Spurt};
use trunklab_controller_core::remote::{PendingOrder, RadioAudited, RemoteChange, RemoteUnit};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::{Authority, ConfigurationVersion, ConsoleName, Deed, Role};
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    AreaId, CallId, Cause, ClonePolicy, Condition, Demand, FleetMember, Imei, Imsi, Moment, Msisdn, NodeId,
    OrderNumber, Priority, RadioOrder, Service, Services, SiteId, SlotAddress, TalkgroupId, UnitId,
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
        monitored_by: None,
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
    let version = Change::Version(ConfigurationVersion::new(2));
    assert_eq!(
        store.changes().unwrap(),
        [system, area, talkgroup(41, "new"), talkgroup(42, "late"), version]
    );
}

/// What a database says last where the configuration is as it was at first.
const UNCHANGED: Change = Change::Version(ConfigurationVersion::new(0));

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
fn patches_last_until_they_are_undone() {
    let directory = tempfile::tempdir().unwrap();
    let patch = |numbers: [u16; 2]| numbers.map(|number| TalkgroupId::new(number).unwrap()).to_vec();
    let mut store = Store::open(&place(&directory)).unwrap();
    let kept = [StoreItem::Patched(patch([43, 44])), StoreItem::Patched(patch([41, 42]))];
    store.keep(&kept).unwrap();
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    let none = Change::Version(ConfigurationVersion::default());
    let kept = [Change::Patch(patch([41, 42])), Change::Patch(patch([43, 44])), none.clone()];
    assert_eq!(store.changes().unwrap(), kept);
    store.keep(&[StoreItem::Unpatched(patch([41, 42]))]).unwrap();
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(store.changes().unwrap(), [Change::Patch(patch([43, 44])), none]);
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

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let StorePlace::File(path) = place(&directory) else { unreachable!() };
    drop(Store::open(&place(&directory)).unwrap());
    Connection::open(&path).unwrap().pragma_update(None, "user_version", schema::NEWEST + 1).unwrap();
    let said = Store::open(&place(&directory)).unwrap_err().to_string();
    assert!(
        said.contains(&format!("has version {}", schema::NEWEST + 1))
            && said.contains("start the newer controller"),
        "{said}"
    );
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
    let connection = Connection::open(&path).unwrap();
    let without_places =
        schema::VERSIONS.iter().position(|text| text.contains("call_records_without_places"));
    let version = without_places.unwrap();
    for statements in &schema::VERSIONS[..version] {
        connection.execute_batch(statements).unwrap();
    }
    connection.pragma_update(None, "application_id", schema::APPLICATION).unwrap();
    connection.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
    connection.execute("INSERT INTO meta (epoch) VALUES (1)", []).unwrap();
    connection.execute("INSERT INTO terms (epoch, wall_at_origin_us) VALUES (1, 5000000)", []).unwrap();
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

/// Of another call, released after 999 microseconds.
fn closed_record(counter: u32) -> CallRecord {
    let opened = *open_record(1);
    CallRecord {
        call: CallId { counter, ..opened.call },
        released: Some((Moment::from_micros(999), Cause::HangTimeOver)),
        ..opened
    }
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

fn subscriber(number: u32) -> Subscriber {
    Subscriber {
        imei: Imei::new(350_000_000_000_000 + u64::from(number)),
        imsi: Imsi::new(999_990_000_000_000 + u64::from(number)),
        msisdn: Msisdn::new(4_930_000_000 + u64::from(number)),
        fleet_member: Some(FleetMember { fleet: 1, member: number as u16 }),
        talkgroups: [41, 300].map(|number| TalkgroupId::new(number).unwrap()).to_vec(),
        ..Subscriber::new(UnitId::new(number).unwrap(), UnitKey::new([number as u8; 16]))
    }
}

fn subscribers(store: &mut Store) -> Vec<Subscriber> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.subscribers_after(after).unwrap();
        let Some(last) = page.last() else { return all };
        after = Some(last.unit);
        all.extend(page);
    }
}

#[test]
fn a_subscriber_comes_back_with_everything() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&place(&directory)).unwrap();
    let site = |number| SiteId::new(number).unwrap();
    let full = Subscriber {
        sites: Some(vec![site(3), site(500)]),
        home_site: Some(site(500)),
        priority: Priority::HIGHEST,
        services: Services::ALL.without(Service::Data),
        floor_demand: Demand::Preemptive,
        emergency_talkgroup: TalkgroupId::new(300),
        duplex: true,
        ..subscriber(2)
    };
    let nowhere = Subscriber { sites: Some(Vec::new()), ..subscriber(3) };
    let bare = Subscriber::new(UnitId::new(UnitId::MAX).unwrap(), UnitKey::new([0xFF; 16]));
    let rows = [full.clone(), nowhere.clone(), bare.clone()];
    store.provision(&rows.clone().map(Change::Subscriber)).unwrap();
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(subscribers(&mut store), rows);
    assert_eq!(store.subscriber(full.unit).unwrap(), Some(full.clone()));
    store.provision(&[Change::SubscriberRemoved(full.unit)]).unwrap();
    assert_eq!(subscribers(&mut store), [nowhere, bare]);
}

#[test]
fn the_last_change_of_a_subscriber_counts() {
    let mut store = Store::open(&StorePlace::Memory).unwrap();
    let (one, other) = (subscriber(1), Subscriber { duplex: true, ..subscriber(1) });
    let removed = Change::SubscriberRemoved(one.unit);
    store.provision(&[Change::Subscriber(one), Change::Subscriber(other.clone())]).unwrap();
    assert_eq!(subscribers(&mut store), std::slice::from_ref(&other));
    store.provision(&[Change::Subscriber(other), removed]).unwrap();
    assert_eq!(subscribers(&mut store), []);
}

#[test]
fn the_database_gives_no_name_to_two_subscribers_and_changes_nothing() {
    type Sharing = fn(&mut Subscriber);
    let shared: [(&str, Sharing); 4] = [
        ("imei", |other| other.imei = subscriber(1).imei),
        ("imsi", |other| other.imsi = subscriber(1).imsi),
        ("msisdn", |other| other.msisdn = subscriber(1).msisdn),
        ("fleet and member", |other| other.fleet_member = subscriber(1).fleet_member),
    ];
    for (name, share) in shared {
        let mut store = Store::open(&StorePlace::Memory).unwrap();
        store.provision(&[Change::Subscriber(subscriber(1))]).unwrap();
        let mut second = subscriber(2);
        share(&mut second);
        let refused = store.provision(&[Change::Subscriber(subscriber(3)), Change::Subscriber(second)]);
        let said = refused.unwrap_err().to_string();
        assert_eq!(said, format!("memory: two subscribers have the same {name}: give each its own"));
        assert_eq!(subscribers(&mut store), [subscriber(1)]);
    }
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&place(&directory)).unwrap();
    store.provision(&[Change::Subscriber(subscriber(1))]).unwrap();
    let rows: Vec<_> = (1..5_000).map(|number| Subscriber { duplex: true, ..subscriber(number) }).collect();
    store.try_sql(|connection| connection.pragma_update(None, "max_page_count", 60)).unwrap();
    let said = store.keep_subscribers(rows.iter(), None, |_| {}).unwrap_err().to_string();
    assert!(said.contains("full") && said.contains("that the disk has room"), "{said}");
    assert_eq!(subscribers(&mut store), [subscriber(1)]);
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(subscribers(&mut store), [subscriber(1)]);
    store.keep_subscribers(rows.iter(), None, |_| {}).unwrap();
    assert_eq!(subscribers(&mut store), rows, "with room again all of them are kept");
}

#[test]
fn a_damaged_row_is_named() {
    let mut store = Store::open(&StorePlace::Memory).unwrap();
    store.provision(&[Change::Subscriber(subscriber(1))]).unwrap();
    store.try_sql(|connection| connection.execute("UPDATE subscribers SET priority = 11", [])).unwrap();
    let said = store.subscribers_after(None).unwrap_err().to_string();
    assert!(said.contains("table subscribers holds a row that cannot be read"), "{said}");
}

/// A database of the version before subscribers had columns, with these bodies.
fn of_version_3(directory: &tempfile::TempDir, bodies: &[(u32, &str)]) {
    let StorePlace::File(path) = place(directory) else { unreachable!() };
    let connection = Connection::open(path).unwrap();
    for statements in &schema::VERSIONS[..3] {
        connection.execute_batch(statements).unwrap();
    }
    connection.pragma_update(None, "application_id", schema::APPLICATION).unwrap();
    connection.pragma_update(None, "user_version", 3).unwrap();
    for row in bodies {
        connection.execute("INSERT INTO subscribers (id, body) VALUES (?1, ?2)", *row).unwrap();
    }
}

#[test]
fn subscribers_of_an_earlier_version_are_the_same_in_this_one() {
    let directory = tempfile::tempdir().unwrap();
    let full = r#"{"subscriber":{"unit":2,"imei":350000000000002,"imsi":999990000000002,"msisdn":4930000002,
        "fleet_member":{"fleet":1,"member":2},"key":[2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2],"talkgroups":[41,300],
        "sites":[3,500],"floor_demand":"high","emergency_talkgroup":300,"duplex":true}}"#;
    let bare = r#"{"subscriber":{"unit":3,"imei":null,"key":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,255],"talkgroups":[]}}"#;
    of_version_3(&directory, &[(2, full), (3, bare)]);
    let mut store = Store::open(&place(&directory)).unwrap();
    let key = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255];
    let wanted = [
        Subscriber {
            sites: Some([3, 500].map(|number| SiteId::new(number).unwrap()).to_vec()),
            floor_demand: Demand::High,
            emergency_talkgroup: TalkgroupId::new(300),
            duplex: true,
            ..subscriber(2)
        },
        Subscriber::new(UnitId::new(3).unwrap(), UnitKey::new(key)),
    ];
    assert_eq!(subscribers(&mut store), wanted);
}

#[test]
fn an_earlier_database_that_gives_a_number_twice_is_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let body = |unit: u32| {
        format!(
            r#"{{"subscriber":{{"unit":{unit},"msisdn":7,"key":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"talkgroups":[]}}}}"#
        )
    };
    of_version_3(&directory, &[(1, &body(1)), (2, &body(2))]);
    let said = Store::open(&place(&directory)).unwrap_err().to_string();
    assert!(said.ends_with("two subscribers have the same msisdn: give each its own"), "{said}");
    let StorePlace::File(path) = place(&directory) else { unreachable!() };
    let version: i64 =
        Connection::open(path).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 3);
}

fn by_desk() -> Authority {
    Authority { console: ConsoleName::new("desk"), role: Role::Administrator, from: None }
}

/// What the core wants kept: the standing configuration with one change.
fn configured(store: &mut Store, epoch: Epoch, change: &Change) -> StoreItem {
    let (base, standing) = store.configuration().unwrap();
    let configuration = standing.with([change]);
    let (version, at, by) = (base.next(), Moment::from_micros(5_000_000), by_desk());
    StoreItem::Configured(Box::new(Configured { version, epoch, at, by, configuration }))
}

#[test]
fn a_version_is_what_the_tables_hold_with_who_made_it_when_and_what_it_changed() {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&place(&directory)).unwrap();
    store.provision(&[talkgroup(41, "old"), talkgroup(42, "late")]).unwrap();
    let epoch = store.begin_term(Epoch::new(0).unwrap(), 7_000_000).unwrap();
    let removed = Change::TalkgroupRemoved(TalkgroupId::new(42).unwrap());
    for change in [talkgroup(41, "new"), removed] {
        let item = configured(&mut store, epoch, &change);
        store.keep(&[item]).unwrap();
    }
    drop(store);
    let mut store = Store::open(&place(&directory)).unwrap();
    let version = ConfigurationVersion::new(3);
    assert_eq!(store.changes().unwrap()[1..], [talkgroup(41, "new"), Change::Version(version)]);
    let versions = store.configuration_versions().unwrap();
    let said: Vec<_> = versions
        .iter()
        .map(|of| (of.version.number(), of.at_us, of.who.to_string(), of.differences_count))
        .collect();
    assert_eq!(said[..2], [(3, 12_000_000, "desk".into(), 1), (2, 12_000_000, "desk".into(), 1)]);
    assert_eq!((said[2].0, said[2].2.as_str()), (1, "controller provision"));
    assert_eq!(versions[0].differences[0].to_string(), "- talkgroup 42");
    assert_eq!(versions[1].differences[0].to_string(), "talkgroup 41: name \"old\" -> \"new\"");
    let first = store.configuration_of(ConfigurationVersion::new(1)).unwrap().unwrap();
    assert_eq!(first.talkgroups.len(), 2);
    assert_eq!(store.configuration_of(ConfigurationVersion::new(9)).unwrap(), None);
    assert_eq!(store.audit(&AuditQuery::default()).unwrap().entries.len(), 2, "each change leaves its entry with the change itself");
}

#[test]
fn what_is_provisioned_by_hand_is_a_version_where_it_differs() {
    let mut store = Store::open(&StorePlace::Memory).unwrap();
    for _ in 0..2 {
        store.provision(&[talkgroup(41, "same")]).unwrap();
    }
    assert_eq!(store.configuration().unwrap().0, ConfigurationVersion::new(1));
    store.provision(&[Change::TalkgroupRemoved(TalkgroupId::new(41).unwrap())]).unwrap();
    let (version, standing) = store.configuration().unwrap();
    assert_eq!((version, standing.talkgroups.len()), (ConfigurationVersion::new(2), 0));
}

#[test]
fn so_many_versions_are_kept_and_no_more() {
    let mut store = Store::open(&StorePlace::Memory).unwrap();
    for number in 0..=VERSIONS_KEPT {
        store.provision(&[talkgroup(41, &number.to_string())]).unwrap();
    }
    let versions = store.configuration_versions().unwrap();
    assert_eq!(versions.len() as u64, VERSIONS_KEPT);
    assert_eq!(store.configuration_of(ConfigurationVersion::new(1)).unwrap(), None);
    assert_eq!(versions[0].version.number(), VERSIONS_KEPT + 1);
}

#[test]
fn a_database_of_before_has_its_first_version_with_the_next_change() {
    let directory = tempfile::tempdir().unwrap();
    drop(Store::open(&place(&directory)).unwrap());
    let StorePlace::File(path) = place(&directory) else { unreachable!("it is on disk") };
    let connection = Connection::open(&path).unwrap();
    let body = serde_json::to_string(&talkgroup(41, "old")).unwrap();
    connection.execute("INSERT INTO talkgroups (id, body) VALUES (41, ?1)", [body]).unwrap();
    drop(connection);
    let mut store = Store::open(&place(&directory)).unwrap();
    assert_eq!(store.configuration().unwrap().0, ConfigurationVersion::default());
    let epoch = store.begin_term(Epoch::new(0).unwrap(), 0).unwrap();
    let item = configured(&mut store, epoch, &talkgroup(42, "late"));
    store.keep(&[item]).unwrap();
    let (version, standing) = store.configuration().unwrap();
    assert_eq!((version, standing.talkgroups.len()), (ConfigurationVersion::new(1), 2));
}
