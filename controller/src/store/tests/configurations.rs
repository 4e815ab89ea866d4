//! What is provisioned beside subscribers, and its versions.

use trunklab_controller_core::config::{ServiceArea, SystemParameters};
use trunklab_controller_core::configuration::Configured;
use trunklab_protocol::operator::{Authority, ConfigurationVersion, ConsoleName, Role};
use trunklab_protocol::{AreaId, Moment, SiteId, TalkgroupId};

use super::*;

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
    assert_eq!(
        store.audit(&AuditQuery::default()).unwrap().entries.len(),
        2,
        "each change leaves its entry with the change itself"
    );
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
