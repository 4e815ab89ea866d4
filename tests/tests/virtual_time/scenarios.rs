//! Every shipped scenario, on every profile: all that it expects is seen, and its transcript is the reviewed one.

use std::collections::BTreeSet;
use std::fs;

use crate::support::{SCENARIOS, capability_table, command, in_threads, pairs, play, scenario};
use trunklab::lab::weather::Weather;
use trunklab_protocol::ProfileId;
use trunklab_tests::tree::root;

#[test]
fn every_scenario_holds_on_every_profile_and_says_what_was_reviewed() {
    let failed = in_threads(&pairs(), |(name, profile)| {
        let played = play(name, &scenario(name, *profile), Weather::CALM);
        let show = command(name, *profile, "");
        let failures = played.failures(|_| true);
        if !failures.is_empty() {
            return Err(format!("{}\n  {show}", failures.join("\n")));
        }
        let path = format!("terminal-sim/scenarios/expected/{name}.{profile}.txt");
        let expected = fs::read_to_string(root().join(&path)).map_err(|error| format!("{path}: {error}"))?;
        let got = played.transcript.to_string();
        if got == expected {
            return Ok(());
        }
        let count = expected.lines().count().max(got.lines().count());
        let number = (0..count).find(|line| expected.lines().nth(*line) != got.lines().nth(*line));
        let line = number.unwrap_or(count);
        let (was, is) = (expected.lines().nth(line), got.lines().nth(line));
        Err(format!(
            "{path}:{}: reviewed  {}\n  now       {}\n  {show} --bare",
            line + 1,
            was.unwrap_or("(no more)"),
            is.unwrap_or("(no more)")
        ))
    });
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn one_seed_gives_one_transcript_and_another_seed_holds_too() {
    let mut profiles = ProfileId::ALL.iter().cycle();
    let pairs: Vec<_> = SCENARIOS.iter().map(|name| (*name, *profiles.next().unwrap())).collect();
    let failed = in_threads(&pairs, |(name, profile)| {
        let mut scenario = scenario(name, *profile);
        scenario.seed = 4_711;
        let (one, other) = (play(name, &scenario, Weather::CALM), play(name, &scenario, Weather::CALM));
        let show = command(name, *profile, " --seed 4711");
        if one.transcript != other.transcript {
            return Err(format!("two runs differ: {show}"));
        }
        let failures = one.failures(|_| true);
        if failures.is_empty() { Ok(()) } else { Err(format!("{}\n  {show}", failures.join("\n"))) }
    });
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

#[test]
fn the_list_of_scenarios_and_their_transcripts_is_complete() {
    let names = |folder: &str, ending: &str| -> BTreeSet<String> {
        fs::read_dir(root().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(ending).map(str::to_owned))
            .collect()
    };
    let shipped: BTreeSet<String> = SCENARIOS.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(names("terminal-sim/scenarios", ".toml"), shipped);
    let played: BTreeSet<String> =
        pairs().iter().map(|(name, profile)| format!("{name}.{profile}")).collect();
    assert_eq!(names("terminal-sim/scenarios/expected", ".txt"), played);
}

#[test]
fn the_capabilities_are_what_the_tests_play() {
    let text = fs::read_to_string(root().join("docs/capabilities.md")).unwrap();
    let table = capability_table();
    assert!(text.contains(&table), "docs/capabilities.md is stale; its table should be\n\n{table}");
}
