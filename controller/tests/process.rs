//! The binary as an operator meets it: exit codes, sentences, signals.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall stop")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use trunklab_controller::store::Store;
use trunklab_protocol::operator::AvailabilityPage;

const ZONE: &str = include_str!("../../docs/operating.md");

fn controller(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_controller"));
    command.current_dir(directory).args(arguments).env_remove("RUST_LOG");
    command
}

fn succeeds(directory: &Path, arguments: &[&str]) -> String {
    let output = controller(directory, arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn fails(directory: &Path, arguments: &[&str]) -> String {
    let output = controller(directory, arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
    let said = said(&output);
    let complaint: Vec<_> = said.lines().filter(|line| line.starts_with("controller: ")).collect();
    assert_eq!(complaint.len(), 1, "one sentence: {said}");
    complaint[0].to_owned()
}

/// All that a refusal says.
fn fails_whole(directory: &Path, arguments: &[&str]) -> String {
    let output = controller(directory, arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", said(&output));
    said(&output)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A zone as the manual makes it.
fn zone() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let example = ZONE.split("```toml").nth(1).unwrap().split("```").next().unwrap();
    fs::write(directory.path().join("zone.toml"), example).unwrap();
    succeeds(directory.path(), &["ca", "init", "--dir", "zone"]);
    succeeds(directory.path(), &["provision", "--db", "zone.db", "--config", "zone.toml"]);
    directory
}

const RUN: &[&str] = &[
    "run",
    "--db",
    "zone.db",
    "--credentials",
    "zone",
    "--listen",
    "127.0.0.1:0",
    "--operator",
    "127.0.0.1:0",
    "--voice",
    "127.0.0.1:0",
];

/// A controller that serves, and the line in which it said so.
fn serving(directory: &Path) -> (Child, String) {
    let mut child = controller(directory, RUN).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line)
}

#[test]
fn the_manuals_commands_work_and_sigterm_ends_in_order() {
    let directory = zone();
    let path = directory.path();
    succeeds(path, &["token", "--db", "zone.db", "--out", "console.token"]);
    assert_eq!(fs::read_to_string(path.join("console.token")).unwrap().trim().len(), 64);
    let token = succeeds(path, &["ca", "token", "--dir", "zone", "--site", "1"]);
    token.parse::<trunklab_protocol::enrolment::EnrolmentToken>().unwrap();

    let (mut child, line) = serving(path);
    assert!(line.starts_with("controller ready: sites 127.0.0.1:"), "{line}");
    let in_use = fails(path, RUN);
    assert!(in_use.contains("another controller is running on this database"), "{in_use}");
    let status = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn accounts_are_made_changed_and_removed_and_each_is_written_down() {
    let directory = zone();
    let path = directory.path();
    let on = |arguments: &[&'static str]| [arguments, &["--db", "zone.db"]].concat();
    fs::write(path.join("password"), "correct horse\n").unwrap();
    fs::write(path.join("short"), "horse\n").unwrap();
    let add = ["account", "add", "anna", "--role", "supervisor", "--password-file", "password"];
    assert_eq!(succeeds(path, &on(&add)), "anna may log in as a supervisor\n");
    let taken = fails(path, &on(&add));
    assert!(taken.contains("anna has an account already") && taken.contains("set-role"), "{taken}");
    succeeds(path, &on(&["account", "set-role", "anna", "--role", "viewer"]));
    succeeds(path, &on(&["account", "password", "anna", "--password-file", "password"]));
    let short = fails(path, &on(&["account", "password", "anna", "--password-file", "short"]));
    assert!(short.contains("at least 8 characters"), "{short}");
    succeeds(path, &on(&["account", "disable", "anna"]));
    let listed = succeeds(path, &on(&["account", "list"]));
    assert_eq!(listed.split_whitespace().collect::<Vec<_>>(), ["anna", "viewer", "disabled"]);
    succeeds(path, &on(&["account", "enable", "anna"]));
    succeeds(path, &on(&["account", "remove", "anna"]));
    let gone = fails(path, &on(&["account", "disable", "anna"]));
    assert!(gone.contains("anna has no account"), "{gone}");
    assert_eq!(succeeds(path, &on(&["account", "list"])), "");

    let exported = succeeds(path, &on(&["audit", "export"]));
    let deed = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["deed"].clone();
    let deeds: Vec<_> = exported.lines().map(deed).collect();
    let wanted =
        ["added", "role", "password", "disabled", "enabled", "removed"].map(|end| format!("account_{end}"));
    assert_eq!(deeds, wanted);
    assert!(!exported.contains("argon2") && !exported.contains("horse"), "no secret: {exported}");
}

#[test]
fn a_running_controller_takes_a_file_of_subscribers_whole_or_not_at_all() {
    let directory = zone();
    let path = directory.path();
    for (role, file) in [("administrator", "admin.token"), ("dispatcher", "desk.token")] {
        succeeds(path, &["token", "--db", "zone.db", "--out", file, "--role", role]);
    }
    let (mut child, line) = serving(path);
    let operator = line.split("operators ").nth(1).unwrap().split(',').next().unwrap();
    let import = |file, token| {
        ["subscribers", "import", file, "--to", operator, "--token-file", token, "--ca", "zone/ca.pem"]
    };
    let key = "000102030405060708090a0b0c0d0e0f";
    fs::write(path.join("good.csv"), format!("unit,key,talkgroups\n2001,{key},41\n2002,{key},41\n")).unwrap();
    fs::write(path.join("bad.csv"), format!("unit,key,talkgroups\n2003,{key},41\n2004,{key},77\n")).unwrap();
    let said = succeeds(path, &import("good.csv", "admin.token"));
    assert_eq!(said, format!("{operator}: 2 added, 0 changed, 0 as before\n"));
    let said = fails_whole(path, &import("bad.csv", "admin.token"));
    assert!(
        said.contains("nothing was changed") && said.contains("talkgroup 77 is not in the database"),
        "{said}"
    );
    let said = fails(path, &import("good.csv", "desk.token"));
    assert!(said.contains("is not for a dispatcher"), "{said}");
    succeeds(path, &["subscribers", "show", "2002", "--db", "zone.db"]);
    fails(path, &["subscribers", "show", "2003", "--db", "zone.db"]);
    let deeds = succeeds(path, &["audit", "export", "--db", "zone.db"]);
    assert_eq!(
        deeds.matches("\"deed\":\"subscribers_imported\",\"added\":2,\"changed\":0").count(),
        1,
        "{deeds}"
    );
    assert!(deeds.contains("\"deed\":\"request\"") && !deeds.contains(key), "{deeds}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn every_refusal_is_one_sentence_with_place_and_remedy() {
    let directory = zone();
    let path = directory.path();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut run: Vec<&str> = RUN.to_vec();
    run[6] = &address;
    let said = fails(path, &run);
    assert!(said.contains(&format!("--listen {address}")) && said.contains("choose another"), "{said}");

    let exists = fails(path, &["ca", "init", "--dir", "zone"]);
    assert!(exists.contains("zone/ca.pem exists already"), "{exists}");

    fs::write(path.join("bad.toml"), "[[site]]\nid = 0\n").unwrap();
    let bad = controller(path, &["provision", "--db", "zone.db", "--config", "bad.toml"]).output().unwrap();
    assert_eq!(bad.status.code(), Some(1));
    assert!(
        self::said(&bad).contains("bad.toml") && self::said(&bad).contains("line 2"),
        "{}",
        self::said(&bad)
    );

    fs::write(path.join("zone/controller.pem"), "no certificate").unwrap();
    let said = fails(path, RUN);
    assert!(said.contains("controller.pem does not hold a certificate in PEM"), "{said}");
    fs::remove_file(path.join("zone/controller.pem")).unwrap();
    let said = fails(path, RUN);
    assert!(said.contains("zone/controller.pem") && said.contains("check that the path exists"), "{said}");
}

/// The sentence of a refusal, the warning in the log where the file accepts it, and the sites that the database has.
#[test]
fn sites_that_disturb_each_other_are_refused_or_warned_of() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let site = |id: u16, east_m: i32| {
        format!(
            "[[site]]\nid = {id}\nname = \"Hill\"\nprofile = \"iden\"\ncarriers = [1]\n\
             position = {{ east_m = {east_m}, north_m = 0 }}\n"
        )
    };
    let provision = ["provision", "--db", "zone.db", "--config", "zone.toml"];
    let write = |zone: String| fs::write(path.join("zone.toml"), zone).unwrap();

    write(site(1, 0) + &site(2, 9_000));
    let alone = fails(path, &provision);
    assert!(!path.join("zone.db").exists(), "a refused file makes no database");
    write(site(1, 0));
    succeeds(path, &provision);
    write(site(2, 9_000));
    let joined = fails(path, &provision);
    for said in [&alone, &joined] {
        assert!(said.contains("zone.toml: site ") && said.contains("where 17 dB are needed; "), "{said}");
    }
    assert!(joined.contains("; site 1 is in the database already; give one of the two another"), "{joined}");
    let manual = ZONE.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(manual.contains(&alone), "the manual has another sentence than: {alone}");

    write(format!("co_channel = \"warn\"\n{}", site(2, 9_000)));
    let output = controller(path, &provision).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let log = said(&output);
    let warnings: Vec<_> = log.lines().filter(|line| line.contains(" WARN ")).collect();
    let [warning] = warnings[..] else { panic!("one line for one pair: {log}") };
    assert!(
        warning.contains("zone.toml: carrier 1 of site ") && warning.contains("17 dB are needed"),
        "{log}"
    );
}

fn config<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["config"], arguments, &["--db", "zone.db"]].concat()
}

fn statistics<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [&["statistics", "--db", "zone.db"], arguments].concat()
}

#[test]
fn the_configuration_is_shown_compared_changed_and_taken_back_on_the_database() {
    let directory = zone();
    let at = directory.path();
    let shown = succeeds(at, &config(&["show"]));
    fs::write(at.join("wanted.json"), shown.replace("\"ring_ms_max\": 30000", "\"ring_ms_max\": 9000"))
        .unwrap();
    let differs = "  system: ring_ms_max 30000 -> 9000\n";
    let told = succeeds(at, &config(&["diff", "wanted.json"]));
    assert_eq!(told, format!("zone.db: version 1, 1 differences\n{differs}"));
    let told = succeeds(at, &config(&["apply", "wanted.json"]));
    assert_eq!(told, format!("zone.db: version 2, 1 differences\n{differs}"));
    let listed = succeeds(at, &config(&["versions"]));
    assert!(listed.starts_with("    2  ") && listed.contains("(administrator): 1 differences"), "{listed}");
    assert!(succeeds(at, &config(&["revert", "1"])).starts_with("zone.db: version 3, 1 differences"));
    assert_eq!(succeeds(at, &config(&["show"])), shown);
    assert_eq!(succeeds(at, &config(&["diff", "zone.toml"])), "zone.db: version 3, 0 differences\n");

    fs::write(at.join("unfit.json"), shown.replace("\"heartbeat_ms\": 1000", "\"heartbeat_ms\": 1")).unwrap();
    let complaint = fails(at, &config(&["apply", "unfit.json"]));
    assert_eq!(complaint, "controller: system: heartbeat_ms 1 is too often: write 50 or more");
    fs::write(at.join("half.json"), "{}").unwrap();
    let complaint = fails(at, &config(&["apply", "half.json"]));
    assert!(complaint.contains("half.json: missing field `system`"), "{complaint}");
    assert!(fails(at, &config(&["revert", "9"])).contains("version 9 is not kept"));
    assert_eq!(succeeds(at, &config(&["show"])), shown, "nothing came of these");
}

/// A zone whose controller serves, and the tokens of an administrator and a viewer.
struct Serving {
    directory: tempfile::TempDir,
    child: Child,
    operator: String,
}

impl Serving {
    fn start() -> Self {
        let directory = zone();
        for role in ["administrator", "viewer"] {
            let file = format!("{role}.token");
            succeeds(directory.path(), &["token", "--db", "zone.db", "--out", &file, "--role", role]);
        }
        let (child, line) = serving(directory.path());
        let operator = line.split("operators ").nth(1).unwrap().split(',').next().unwrap().to_owned();
        Self { directory, child, operator }
    }

    fn config<'a>(&'a self, arguments: &[&'a str], token: &'a str) -> Vec<&'a str> {
        let to = ["--to", &self.operator, "--token-file", token, "--ca", "zone/ca.pem"];
        [&["config"], arguments, &to].concat()
    }

    /// What `show --json` prints, with one change, in a file.
    fn write(&self, file: &str, from: &str, to: &str) {
        let shown = succeeds(self.directory.path(), &self.config(&["show", "--json"], ADMIN));
        assert!(shown.contains(from), "{shown}");
        fs::write(self.directory.path().join(file), shown.replace(from, to)).unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

const ADMIN: &str = "administrator.token";

#[test]
fn a_running_controllers_configuration_is_shown_compared_changed_and_taken_back() {
    let serving = Serving::start();
    let (at, operator) = (serving.directory.path(), &serving.operator);
    let first = succeeds(at, &config(&["show"]));
    assert_eq!(succeeds(at, &serving.config(&["show"], "viewer.token")), first);
    serving.write("wanted.json", "\"ring_ms_max\": 30000", "\"ring_ms_max\": 9000");
    let differs = "1 differences\n  system: ring_ms_max 30000 -> 9000\n";
    let told = succeeds(at, &serving.config(&["diff", "wanted.json"], "viewer.token"));
    assert_eq!(told, format!("{operator}: version 1, {differs}"));
    let told = fails(at, &serving.config(&["apply", "wanted.json", "--yes"], "viewer.token"));
    assert!(told.contains("is not for a viewer") && told.ends_with("(not_allowed)"), "{told}");

    let told = fails(at, &serving.config(&["apply", "wanted.json"], ADMIN));
    assert!(told.contains("nothing was changed: answer y, or give --yes"), "{told}");
    assert_eq!(succeeds(at, &config(&["show"])), first, "nobody said yes");
    assert!(fails(at, &config(&["apply", "wanted.json"])).contains("another controller is running"));

    let told = succeeds(at, &serving.config(&["apply", "wanted.json", "--yes"], ADMIN));
    assert_eq!(told, format!("{operator}: version 2, {differs}"));
    let listed = succeeds(at, &serving.config(&["history"], "viewer.token"));
    assert!(
        listed.starts_with("    2  ") && listed.contains("console (administrator) from 127.0.0.1:"),
        "{listed}"
    );
    let back = succeeds(at, &serving.config(&["revert", "1", "--yes", "--json"], ADMIN));
    let back: serde_json::Value = serde_json::from_str(&back).unwrap();
    assert_eq!(
        (back["version"].as_u64(), back["differences"][0]["after"].as_str()),
        (Some(3), Some("30000"))
    );
    assert_eq!(succeeds(at, &serving.config(&["show"], ADMIN)), first);
    let again = succeeds(at, &serving.config(&["revert", "1"], ADMIN));
    assert_eq!(again, format!("{operator}: nothing differs\n"));
    let second = succeeds(at, &serving.config(&["show", "--version", "2"], "viewer.token"));
    assert!(second.contains("\"ring_ms_max\": 9000"), "{second}");
}

#[test]
fn who_changes_a_configuration_that_another_has_changed_meanwhile_is_refused() {
    let serving = Serving::start();
    let at = serving.directory.path();
    serving.write("mine.json", "\"ring_ms_max\": 30000", "\"ring_ms_max\": 9000");
    serving.write("theirs.json", "\"queue_len_max\": 100", "\"queue_len_max\": 50");
    let mut waits = controller(at, &serving.config(&["apply", "mine.json"], ADMIN))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = String::new();
    let mut lines = BufReader::new(waits.stdout.take().unwrap());
    while !shown.contains("ring_ms_max 30000 -> 9000") {
        assert_ne!(lines.read_line(&mut shown).unwrap(), 0, "{shown}");
    }
    succeeds(at, &serving.config(&["apply", "theirs.json", "--yes"], ADMIN));
    waits.stdin.take().unwrap().write_all(b"y\n").unwrap();
    let mut complaint = String::new();
    waits.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!(waits.wait().unwrap().code(), Some(1), "{complaint}");
    let changed = "the configuration is at version 2, and the change starts from 1: show it, and change that \
                   (configuration_changed)";
    assert!(complaint.contains(changed), "{complaint}");
    let late = fails(at, &serving.config(&["apply", "mine.json", "--yes"], ADMIN));
    assert!(late.contains(changed), "{late}");
    let stands = succeeds(at, &serving.config(&["show"], ADMIN));
    assert!(
        stands.contains("\"queue_len_max\": 50") && stands.contains("\"ring_ms_max\": 30000"),
        "{stands}"
    );
}

#[test]
fn what_a_running_controller_does_not_take_is_refused_by_its_cause() {
    let serving = Serving::start();
    let at = serving.directory.path();
    let first = succeeds(at, &config(&["show"]));
    serving.write("unfit.json", "\"heartbeat_ms\": 1000", "\"heartbeat_ms\": 1");
    let told = fails(at, &serving.config(&["apply", "unfit.json", "--yes"], ADMIN));
    assert_eq!(
        told,
        "controller: system: heartbeat_ms 1 is too often: write 50 or more (configuration_unfit)"
    );
    for arguments in [&["revert", "9", "--yes"][..], &["show", "--version", "9"]] {
        let told = fails(at, &serving.config(arguments, ADMIN));
        assert!(told.ends_with("(unknown_version)"), "{told}");
    }
    fs::write(at.join("false.token"), "0".repeat(64)).unwrap();
    let told = fails(at, &serving.config(&["show"], "false.token"));
    assert!(told.ends_with("(not_authenticated)"), "{told}");
    let nobody = ["--to", "127.0.0.1:1", "--token-file", ADMIN, "--ca", "zone/ca.pem"];
    let told = fails(at, &[&["config", "show"][..], &nobody].concat());
    assert!(told.contains("no controller answers at 127.0.0.1:1"), "{told}");
    assert_eq!(succeeds(at, &config(&["show"])), first, "nothing came of these");
}

#[test]
fn availability_is_shown_of_the_system_and_of_each_site() {
    let directory = zone();
    let availability = |arguments: &[&str]| {
        let arguments = [&["availability", "--db", "zone.db"], arguments].concat();
        succeeds(directory.path(), &arguments)
    };
    let told = availability(&["--csv", "--from", "-2h"]);
    assert!(
        told.starts_with("site,time_ms,down_ms,failures,availability,mttf_ms,mttr_ms\nsystem,"),
        "{told}"
    );
    assert!(told.contains("\n1,7200000,0,0,1.000000,,"), "{told}");
    assert!(told.ends_with("\ncontroller,7200000,0,0,1.000000,,\n"), "{told}");
    assert!(availability(&["--json"]).contains("\"failures\":0"));
    assert!(availability(&["--site", "1"]).contains("100.0000 %"));
    let reversed = ["availability", "--db", "zone.db", "--from", "9", "--to", "8"];
    assert!(fails(directory.path(), &reversed).contains("`from` is after `to`"));
}

/// What was before the first start does not count, and a controller that has ended in order was there until then.
#[test]
fn availability_counts_from_the_first_start_of_a_controller() {
    let directory = zone();
    let path = directory.path();
    for _ in 0..2 {
        let (mut child, _) = serving(path);
        let status = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert!(status.success() && child.wait().unwrap().success());
    }
    let mut store = Store::open_beside(&path.join("zone.db")).unwrap();
    let served = store.served().unwrap();
    assert_eq!(served.len(), 2);
    for term in served {
        assert!(term.to_us > term.from_us, "it was there until it ended: {term:?}");
    }
    let told = succeeds(path, &["availability", "--db", "zone.db", "--json", "--from", "-2h"]);
    let page: AvailabilityPage = serde_json::from_str(&told).unwrap();
    assert!(page.controller.time_ms < (page.to_s - page.from_s) * 1_000, "{told}");
    assert_eq!(page.controller.time_ms, page.rows[1].time_ms, "{told}");
}

#[test]
fn statistics_are_asked_for_by_time_and_a_time_that_is_none_is_refused() {
    let directory = zone();
    let told = succeeds(directory.path(), &statistics(&["--from", "-2h", "--csv"]));
    assert!(told.starts_with("from,length_s,site,slots,erlangs,"), "{told}");
    let told = succeeds(directory.path(), &statistics(&["--json", "--all"]));
    assert!(told.contains("\"rows\":[]"), "{told}");
    assert!(fails(directory.path(), &statistics(&["--plot"])).contains("nothing was counted then"));
    assert!(fails(directory.path(), &statistics(&["--step", "9"])).contains("`step` is 10 to 86400"));
    assert!(
        fails(directory.path(), &statistics(&["--from", "9", "--to", "8"])).contains("`from` is after `to`")
    );
}
