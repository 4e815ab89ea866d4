//! Against real database files.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use trunklab_controller_core::config::{Change, SiteConfig, Talkgroup};
use trunklab_protocol::{CarrierNumber, ProfileId, SiteId, TalkgroupId, UnitId};

use super::columns::COLUMNS;
use super::*;
use crate::store::StorePlace;

const KEY: &str = "000102030405060708090a0b0c0d0e0f";

/// A database with talkgroups 41 and 42 and sites 3 and 5, and a place for files.
struct Desk {
    directory: tempfile::TempDir,
    store: Store,
}

impl Desk {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut store = Store::open(&StorePlace::File(directory.path().join("zone.db"))).unwrap();
        let talkgroup =
            |number| Change::Talkgroup(Talkgroup::named(TalkgroupId::new(number).unwrap(), "Fire"));
        let site = |number| {
            let carrier = CarrierNumber::new(1).unwrap();
            Change::Site(SiteConfig::new(SiteId::new(number).unwrap(), ProfileId::Iden, carrier))
        };
        store.provision(&[talkgroup(41), talkgroup(42), site(3), site(5)]).unwrap();
        Self { directory, store }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn import(&mut self, name: &str, text: &str) -> Result<Difference, String> {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        import(&mut self.store, &path, true, &Progress::Silent).map_err(|error| error.to_string())
    }

    fn all(&mut self) -> Vec<Subscriber> {
        let mut all = Vec::new();
        each(&mut self.store, |subscriber| {
            all.push(subscriber.clone());
            Ok::<(), StoreError>(())
        })
        .unwrap();
        all
    }

    fn exported(&mut self, name: &str, keys: Keys) -> String {
        let path = self.path(name);
        export(&mut self.store, &path, keys, &Progress::Silent).unwrap();
        fs::read_to_string(path).unwrap()
    }
}

/// Two subscribers, of whom one has everything.
fn two() -> String {
    format!(
        "\u{FEFF} Unit , IMEI,imsi,msisdn,fleet,member,key,talkgroups,sites,home_site,priority,services,floor_demand,\
         emergency_talkgroup,duplex\r\n\
         1017,350000000001017,999990000001017,4930123456,7,17,{KEY}, 42  41 ,3 5,5,2,telephone emergency,high,42,yes\r\n\
         1018,,,,,,{KEY},41,,,,,,,\r\n"
    )
}

#[test]
fn a_file_is_taken_and_the_same_file_changes_nothing() {
    let mut desk = Desk::new();
    assert_eq!(desk.import("a.csv", &two()).unwrap(), Difference { added: 2, ..Difference::default() });
    let difference = desk.import("a.csv", &two()).unwrap();
    assert_eq!(difference, Difference { same: 2, ..Difference::default() });
    let sheet = show(&mut desk.store, UnitId::new(1017).unwrap()).unwrap().unwrap();
    assert!(sheet.contains("services             telephone emergency\n"), "{sheet}");
    assert!(!sheet.contains(KEY), "a key is shown to nobody");
    assert_eq!(show(&mut desk.store, UnitId::new(9).unwrap()).unwrap(), None);
}

#[test]
fn what_is_exported_with_keys_makes_the_same_register_in_every_format() {
    for name in ["out.csv", "out.json", "out.jsonl"] {
        let mut desk = Desk::new();
        desk.import("a.csv", &two()).unwrap();
        let (before, text) = (desk.all(), desk.exported(name, Keys::Written));
        assert_eq!(fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777, 0o600);
        let mut other = Desk::new();
        assert_eq!(other.import(name, &text).unwrap().added, 2, "{text}");
        assert_eq!(other.all(), before, "{name}");
    }
}

#[test]
fn an_export_without_keys_changes_other_columns_and_leaves_the_keys() {
    for name in ["out.csv", "out.json", "out.jsonl"] {
        let mut desk = Desk::new();
        desk.import("a.csv", &two()).unwrap();
        let (before, text) = (desk.all(), desk.exported(name, Keys::Left));
        assert!(!text.contains(KEY) && !text.contains("key"), "{text}");
        assert_eq!(
            desk.import(name, &text.replace("4930123456", "4930999999")).unwrap().to_string(),
            "0 added, 1 changed, 1 as before\n  unit 1017: msisdn"
        );
        let after = desk.all();
        assert_eq!(after[0].msisdn.unwrap().digits(), 4_930_999_999);
        assert_eq!(after[0].key, before[0].key);
        let mut other = Desk::new();
        let said = other.import(name, &text).unwrap_err();
        assert!(said.contains("unit 1017 is new and has no key: give 32 hexadecimal digits"), "{said}");
    }
}

#[test]
fn an_export_never_replaces_a_file() {
    let mut desk = Desk::new();
    fs::write(desk.path("there.csv"), "mine").unwrap();
    let path = desk.path("there.csv");
    let failed = export(&mut desk.store, &path, Keys::Left, &Progress::Silent).unwrap_err();
    assert!(matches!(failed, SubscribersError::File { .. }), "{failed}");
    assert_eq!(fs::read_to_string(path).unwrap(), "mine");
}

#[test]
fn a_file_with_one_bad_row_changes_nothing_and_each_defect_has_its_line_and_remedy() {
    let head = "unit,imei,msisdn,fleet,member,key,talkgroups,sites,home_site,services,floor_demand\n";
    let good = format!("1,100,200,1,1,{KEY},41,3,3,data,low\n");
    for (row, said) in [
        ("0,,,,,K,41,,,,", "3: unit is `0`; expected the individual id, 1 to 16777215"),
        (",,,,,K,41,,,,", "3: unit is missing"),
        ("1,,,,,K,41,,,,", "3: unit 1 stands in line 2 too: remove one"),
        ("2,100,,,,K,41,,,,", "3: imei 000000000000100 stands in line 2 too"),
        ("2,,200,,,K,41,,,,", "3: msisdn 200 stands in line 2 too"),
        ("2,,,1,1,K,41,,,,", "3: fleet 1 member 1 stands in line 2 too"),
        ("2,,,1,,K,41,,,,", "3: fleet and member belong together: give both"),
        ("2,1000000000000000,,,,K,41,,,,", "3: imei is `1000000000000000`; expected the equipment"),
        ("2,+7,,,,K,41,,,,", "3: imei is `+7`"),
        ("2,,,,,0001020304,41,,,,", "3: key is something else; expected 32 hexadecimal digits"),
        ("2,,,,,,41,,,,", "3: unit 2 is new and has no key"),
        ("2,,,,,K,49,,,,", "3: talkgroup 49 is not in the database: provision it first"),
        ("2,,,,,K,41,4,,,", "3: site 4 is not in the database"),
        ("2,,,,,K,41,3,5,,", "3: home_site is not one of its sites: add it there"),
        ("2,,,,,K,41,,,television,", "3: services is `television`; expected any of telephone"),
        ("2,,,,,K,41,,,,emergency", "3: floor_demand is `emergency`; expected low, high or preemptive"),
        ("2,,,,,K,41,,,", "3: has 10 cells under 11 columns"),
    ] {
        let mut desk = Desk::new();
        let text = format!("{head}{good}{}\n", row.replace('K', KEY));
        let found = desk.import("a.csv", &text).unwrap_err();
        assert!(found.contains(said), "`{row}` gives: {found}");
        assert!(found.contains("nothing was changed, for 1 defect:"), "{found}");
        assert_eq!(desk.all(), [], "{row}");
    }
}

#[test]
fn a_header_is_read_by_its_names() {
    let mut desk = Desk::new();
    let said = desk.import("a.csv", "imei,colour,imei\n1,2,3\n").unwrap_err();
    for part in ["`colour` is not known; known are unit, imei", "imei is there twice", "has no column `unit`"]
    {
        assert!(said.contains(part), "{said}");
    }
}

#[test]
fn a_damaged_object_is_named_by_its_line_and_a_key_in_a_wrong_place_stays_secret() {
    let mut desk = Desk::new();
    let text =
        format!("{{\"unit\":1,\"key\":\"{KEY}\"}}\n\n{{\"unit\":\"{KEY}\"}}\n{{\"unit\":2,\"kye\":1}}\n{{");
    let said = desk.import("a.jsonl", &text).unwrap_err();
    for part in
        ["3 defects:", "\n  3: is no subscriber", "\n  4: is no subscriber: unknown field `kye`", "\n  5: "]
    {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!said.contains(KEY), "{said}");
    let said = desk.import("a.csv", &format!("unit,key\n{KEY},1\n")).unwrap_err();
    assert!(!said.contains(KEY), "{said}");
    let said =
        desk.import("a.json", &format!("[{{\"unit\":1,\"key\":\"{KEY}\"}}, {{\"unit\":0}}]")).unwrap_err();
    assert!(said.contains("\n  2: is no subscriber: a unit is a number from 1 to 16777215"), "{said}");
    let said = desk.import("a.json", "[{\"unit\":1,").unwrap_err();
    assert!(said.contains("EOF"), "{said}");
    assert_eq!(desk.all(), []);
}

#[test]
fn all_defects_are_counted_and_the_first_are_shown() {
    let mut desk = Desk::new();
    let rows: String = (0..57).map(|_| "0\n").collect();
    let said = desk.import("a.csv", &format!("unit\n{rows}")).unwrap_err();
    assert!(said.contains("57 defects:") && said.ends_with("and 37 more"), "{said}");
    assert_eq!(said.lines().count(), 1 + SHOWN_MAX + 1);
}

#[test]
fn a_name_of_a_subscriber_that_is_not_in_the_file_is_its_own() {
    let mut desk = Desk::new();
    desk.import("a.csv", &two()).unwrap();
    let said = desk.import("b.csv", &format!("unit,imsi,key\n1019,999990000001017,{KEY}\n")).unwrap_err();
    assert!(said.contains("2: imsi 999990000001017 is unit 1017's: give another"), "{said}");
}

#[test]
fn subscribers_of_one_file_may_hand_their_names_to_each_other() {
    let mut desk = Desk::new();
    let rows = |one, other| format!("unit,imei,key,talkgroups\n1,{one},{KEY},41\n2,{other},{KEY},41\n");
    desk.import("a.csv", &rows(100, 200)).unwrap();
    assert_eq!(desk.import("a.csv", &rows(200, 100)).unwrap().changed, 2);
    let imeis: Vec<_> = desk.all().iter().map(|row| row.imei.unwrap().digits()).collect();
    assert_eq!(imeis, [200, 100]);
}

#[test]
fn a_dry_run_tells_and_changes_nothing() {
    let mut desk = Desk::new();
    let path = desk.path("a.csv");
    fs::write(&path, two()).unwrap();
    let difference = import(&mut desk.store, &path, false, &Progress::Silent).unwrap();
    assert_eq!(difference.to_string(), "2 added, 0 changed, 0 as before");
    assert_eq!(desk.all(), []);
}

#[test]
fn a_console_is_no_subscriber_and_a_name_without_an_ending_no_file() {
    let mut desk = Desk::new();
    let said = desk.import("a.txt", "unit\n1\n").unwrap_err();
    assert!(said.contains("must end in .csv, .json or .jsonl"), "{said}");
    let console = trunklab_controller_core::config::ConsoleUnit {
        name: trunklab_protocol::operator::ConsoleName::new("desk"),
        unit: UnitId::new(900).unwrap(),
    };
    let system =
        trunklab_controller_core::config::SystemParameters { consoles: vec![console], ..Default::default() };
    desk.store.provision(&[Change::System(system)]).unwrap();
    let said = desk.import("a.csv", &format!("unit,key\n900,{KEY}\n")).unwrap_err();
    assert!(said.contains("unit 900 is a console"), "{said}");
}

#[test]
fn the_columns_are_those_of_the_manual_and_the_sample_is_a_file_of_subscribers() {
    let manual = include_str!("../../../docs/formats.md");
    let rows: String =
        COLUMNS.iter().map(|column| format!("| `{}` | {} |\n", column.name, column.holds)).collect();
    assert!(manual.contains(&rows), "docs/formats.md is stale; it must contain:\n\n{rows}");
    let mut desk = Desk::new();
    let sample = include_str!("../../../terminal-sim/samples/sample-subscribers.csv");
    assert_eq!(desk.import("sample.csv", sample).unwrap().added, 4);
}
