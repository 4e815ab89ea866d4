//! How a command ends that somebody ends: by a signal, by closing the pipe that it writes to, by filling the disk.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use trunklab_tests::program::{self, text, trunklab};

const SCENARIO: &str = "terminal-sim/scenarios/group-call.toml";
const CALLS: &str = "terminal-sim/samples/sample-calls.csv";

/// Every command that prints something and ends.
const PRINTING: &[&[&str]] = &[
    &["simulate", SCENARIO],
    &["simulate", SCENARIO, "--json"],
    &["simulate", SCENARIO, "--ladder"],
    &["simulate", SCENARIO, "--check"],
    &["run", SCENARIO],
    &["demo"],
    &["import", CALLS],
    &["import", CALLS, "--json"],
    &["replay", CALLS, "--to", "30", "--sites-max", "1"],
    &["replay", CALLS, "--to", "30", "--sites-max", "1", "--json"],
    &["completions", "bash"],
];

#[test]
fn whoever_prints_to_a_closed_pipe_ends_without_a_word() {
    for arguments in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let ended = trunklab().args(*arguments).stdout(writer).output().unwrap();
        let said: Vec<&str> =
            text(&ended.stderr).lines().filter(|line| !line.contains("radios are")).collect();
        assert_eq!((ended.status.code(), said), (Some(141), vec![]), "{arguments:?}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let folder = tempfile::tempdir().unwrap();
    let mut init = program::command("controller").unwrap();
    let ended =
        init.args(["ca", "init", "--dir"]).arg(folder.path().join("zone")).stdout(writer).output().unwrap();
    assert_eq!((ended.status.code(), text(&ended.stderr)), (Some(141), ""));
}

#[test]
fn a_reader_that_has_seen_enough_has_seen_the_first_line_whole() {
    let mut command = trunklab();
    let mut running = command.args(["simulate", SCENARIO]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.ends_with('\n') && line.contains("site 3"), "{line}");
    let ended = running.wait_with_output().unwrap();
    assert_eq!(text(&ended.stderr), "");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_told() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let ended = trunklab().args(["simulate", SCENARIO]).stdout(full).output().unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(text(&ended.stderr).contains("cannot write the transcript"), "{}", text(&ended.stderr));
}

#[test]
fn a_run_that_is_ended_says_where_and_judges_what_it_saw() {
    for (signal, name, code) in [("-INT", "Ctrl-C", 130), ("-TERM", "SIGTERM", 143)] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = trunklab();
        let mut running = command.args(["run", SCENARIO]).env("TMPDIR", folder.path()).spawn().unwrap();
        let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
        let seen = lines.by_ref().find(|line| line.as_ref().unwrap().contains("registered"));
        assert!(seen.is_some(), "nobody registers");
        ask(signal, running.id());
        let rest: Vec<String> = lines.map(Result::unwrap).collect();
        let ended = running.wait_with_output().unwrap();
        let said = text(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{said}");
        assert!(said.contains(&format!("{name} ended the run at")) && said.lines().count() == 1, "{said}");
        assert!(rest.iter().any(|line| line.starts_with("open ")), "{rest:#?}");
        assert!(rest.iter().any(|line| line.starts_with("registrations")), "no summary: {rest:#?}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something is left behind");
    }
}

fn ask(signal: &str, process: u32) {
    let asked = Command::new("kill").args([signal, &process.to_string()]).stdin(Stdio::null()).status();
    assert!(asked.unwrap().success());
}
