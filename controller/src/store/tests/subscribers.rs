//! The home register.

use trunklab_controller_core::config::Subscriber;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    Demand, FleetMember, Imei, Imsi, Msisdn, Priority, Service, Services, SiteId, TalkgroupId, UnitId,
};

use super::*;

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
