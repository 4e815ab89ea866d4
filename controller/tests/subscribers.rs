//! `controller subscribers` as a process.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use trunklab_controller::store::{Store, StorePlace};
use trunklab_controller_core::config::{Change, Talkgroup};
use trunklab_protocol::TalkgroupId;

/// Rows whose import takes long enough to be met in the middle.
const MANY: u32 = 60_000;

/// What waits in the write-ahead log when an import is surely under way: more than SQLite keeps in memory.
const UNDER_WAY_LEN: u64 = 1 << 20;

fn command(name: &str, arguments: &[&str], directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_controller"));
    command.args(["subscribers", name]).args(arguments).args(["--db", "zone.db"]).current_dir(directory);
    command
}

fn ran(command: &mut Command) -> Output {
    command.output().unwrap()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).unwrap()
}

fn zone() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let mut store = Store::open(&StorePlace::File(directory.path().join("zone.db"))).unwrap();
    let talkgroup = Talkgroup::named(TalkgroupId::new(41).unwrap(), "Fire");
    store.provision(&[Change::Talkgroup(talkgroup)]).unwrap();
    directory
}

fn rows(count: u32) -> String {
    let mut rows = String::from("unit,imei,imsi,msisdn,key,talkgroups\n");
    for unit in 1..=count {
        let number = u64::from(unit) * 7_919;
        writeln!(rows, "{unit},{number},{number},{number},{unit:032x},41").unwrap();
    }
    rows
}

#[test]
fn an_import_that_is_killed_leaves_what_was_there() {
    let directory = zone();
    let (few, many) = (directory.path().join("few.csv"), directory.path().join("many.csv"));
    fs::write(&few, rows(3)).unwrap();
    fs::write(&many, rows(MANY)).unwrap();
    assert!(ran(&mut command("import", &["few.csv"], directory.path())).status.success());
    let mut import =
        command("import", &["many.csv"], directory.path()).stderr(Stdio::null()).spawn().unwrap();
    let log = directory.path().join("zone.db-wal");
    let is_under_way = || fs::metadata(&log).is_ok_and(|log| log.len() > UNDER_WAY_LEN);
    while !is_under_way() && import.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    import.kill().unwrap();
    assert_eq!(import.wait().unwrap().signal(), Some(9), "it was met in the middle");
    let exported = ran(&mut command("export", &["after.csv"], directory.path()));
    assert_eq!(text(&exported.stdout), "after.csv: 3 subscribers\n", "{}", text(&exported.stderr));
    let again = ran(&mut command("import", &["many.csv"], directory.path()));
    let said = text(&again.stdout);
    assert!(said.starts_with(&format!("zone.db: {} added, 0 changed, 3 as before", MANY - 3)), "{said}");
}

#[test]
fn a_running_controllers_database_is_left_alone_and_can_be_read() {
    let directory = zone();
    fs::write(directory.path().join("few.csv"), rows(3)).unwrap();
    let running = Store::open(&StorePlace::File(directory.path().join("zone.db"))).unwrap();
    for (name, arguments) in [("import", &["few.csv"]), ("remove", &["1"])] {
        let refused = ran(&mut command(name, arguments, directory.path()));
        assert!(!refused.status.success());
        assert!(text(&refused.stderr).contains("stop it first"), "{}", text(&refused.stderr));
    }
    assert!(ran(&mut command("export", &["out.json"], directory.path())).status.success());
    drop(running);
    assert!(ran(&mut command("import", &["few.csv"], directory.path())).status.success());
    let shown = ran(&mut command("show", &["2"], directory.path()));
    assert!(text(&shown.stdout).contains("talkgroups           41\n"), "{}", text(&shown.stdout));
    assert!(ran(&mut command("remove", &["2"], directory.path())).status.success());
    for name in ["show", "remove"] {
        let missing = ran(&mut command(name, &["2"], directory.path()));
        assert!(text(&missing.stderr).contains("there is no unit 2"), "{}", text(&missing.stderr));
    }
}
