//! The command line: it teaches, it tells what is wrong in one sentence with the place, and it leaves nothing half-done.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const TALKGROUPS: &str = "terminal-sim/samples/sample-talkgroups.csv";
const CALLS: &str = "terminal-sim/samples/sample-calls.csv";
const SITES: &str = "terminal-sim/samples/sample-sites.csv";
const SCENARIO: &str = "terminal-sim/scenarios/group-call.toml";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn run(arguments: &[&str]) -> Output {
    let mut trunklab = Command::new(env!("CARGO_BIN_EXE_trunklab"));
    trunklab.args(arguments).stdin(Stdio::null()).env_remove("RUST_LOG").current_dir(root());
    trunklab.output().unwrap()
}

fn text(octets: &[u8]) -> &str {
    std::str::from_utf8(octets).unwrap()
}

/// Runs what has to succeed; gives what it printed, without a trace of a terminal.
fn printed(arguments: &[&str]) -> String {
    let shown = run(arguments);
    let (out, err) = (text(&shown.stdout), text(&shown.stderr));
    assert!(shown.status.success(), "{arguments:?}: {out}\n{err}");
    assert!(
        !out.contains('\u{1b}') && !err.contains('\u{1b}'),
        "{arguments:?} paints where nobody looks: {out}{err}"
    );
    out.to_owned()
}

/// Runs what has to fail; gives its one sentence.
fn refused(arguments: &[&str]) -> String {
    let shown = run(arguments);
    let err = text(&shown.stderr).trim_end().to_owned();
    assert!(!shown.status.success(), "{arguments:?} succeeds: {}", text(&shown.stdout));
    assert!(err.starts_with("trunklab: ") && !err.contains("panicked"), "{arguments:?}: {err}");
    assert!(shown.stdout.is_empty(), "{arguments:?}: nothing is printed before it fails");
    err
}

#[test]
fn every_command_explains_itself() {
    for command in ["demo", "run", "simulate", "handset", "talk", "import", "replay", "completions"] {
        let help = printed(&[command, "--help"]);
        assert!(help.contains("Usage: trunklab"), "{command}: {help}");
        assert!(help.contains(&format!("Example: trunklab {command}")), "{command} has no example:\n{help}");
    }
    let help = printed(&["--help"]);
    assert!(help.contains("simulate") && help.contains("replay"), "{help}");
}

#[test]
fn completions_are_printed_for_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let script = printed(&["completions", shell]);
        assert!(script.contains("simulate") && script.contains("replay"), "{shell}: {script}");
    }
}

#[test]
fn lists_are_read_for_people_and_for_programs() {
    let report = printed(&["import", TALKGROUPS, SITES, CALLS]);
    assert!(report.contains("40") && report.contains("339"), "{report}");
    let json = printed(&["import", TALKGROUPS, "--json"]);
    let read: Value = serde_json::from_str(&json).unwrap();
    assert!(read.to_string().contains("SPD Disp N"), "{json}");
    let strict = run(&["import", TALKGROUPS, "--strict"]);
    assert!(!strict.status.success(), "the sample has defects on purpose");
    assert!(
        text(&strict.stdout).contains("line 32, column Hex"),
        "and names their places: {}",
        text(&strict.stdout)
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.csv").display().to_string();
    assert!(refused(&["import", &absent]).contains("absent.csv"));
    assert!(refused(&["replay", &absent]).contains("absent.csv"));
    assert!(refused(&["simulate", &absent]).contains("absent.csv"));
    let binary = folder.path().join("binary.csv");
    std::fs::write(&binary, [0_u8, 159, 146, 150, 0, 255, 1, 2]).unwrap();
    assert!(refused(&["import", &binary.display().to_string()]).contains("binary.csv"));
}

#[test]
fn an_impossible_step_is_shown_with_its_place_and_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wrong.toml");
    let right = std::fs::read_to_string(root().join(SCENARIO)).unwrap();
    assert!(right.contains("talkgroup"), "the scenario has a talkgroup to break");
    let wrong = format!("{right}\n[[step]]\nat = \"1 s\"\nunit = 424242\ndo = \"dance\"\n");
    std::fs::write(&path, wrong).unwrap();
    let place = path.display().to_string();
    let sentence = refused(&["simulate", "--check", &place]);
    let line = right.lines().count() + 2;
    assert!(sentence.contains(&place), "{sentence}");
    assert!((line..line + 5).any(|line| sentence.contains(&format!(":{line}:"))), "{line}: {sentence}");
    assert!(sentence.contains("expected") || sentence.contains("use "), "{sentence}");
    assert!(printed(&["simulate", "--check", SCENARIO]).contains("expectations"));
}

#[test]
fn a_replay_tells_what_became_of_a_log() {
    let arguments =
        ["replay", CALLS, "--talkgroups", TALKGROUPS, "--sites", SITES, "--to", "60", "--sites-max", "1"];
    let report = printed(&arguments);
    for figure in ["transmissions of", "granted", "wait in the queue", "push-to-talk to grant"] {
        assert!(report.contains(figure), "no {figure} in {report}");
    }
    let roomy: Value = serde_json::from_str(&printed(&[&arguments[..], &["--json"]].concat())).unwrap();
    let tight = printed(&[&arguments[..], &["--carriers", "2", "--json"]].concat());
    let tight: Value = serde_json::from_str(&tight).unwrap();
    let count = |value: &Value, name: &str| value["summary"][name].as_u64().unwrap();
    assert!(count(&roomy, "granted") > 0, "{roomy}");
    assert!(count(&tight, "queued") > count(&roomy, "queued"), "one channel makes a queue: {tight}");
    assert!(tight["summary"]["queue_wait"]["p99_ms"].as_f64().unwrap() > 0.0, "{tight}");
}

#[test]
fn a_range_without_calls_is_refused_with_the_range_that_has_some() {
    let sentence = refused(&["replay", CALLS, "--from", "90000"]);
    assert!(sentence.contains("no call begins") && sentence.contains("end at second"), "{sentence}");
}

#[test]
fn a_recording_that_cannot_be_written_is_refused_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let roster = folder.path().join("roster.csv");
    std::fs::write(&roster, "unit,key,talkgroup\n1017,8f3b0c5d9e2a417694d1b7c8e0f52a36,41\n").unwrap();
    let nowhere = folder.path().join("absent/out.wav");
    let (roster, nowhere) = (roster.display().to_string(), nowhere.display().to_string());
    let arguments = ["handset", "--air", "127.0.0.1:9", "--roster", &roster, "--record", &nowhere, "--on"];
    assert!(refused(&arguments).contains("out.wav"));
    assert!(!folder.path().join("absent").exists());
}
