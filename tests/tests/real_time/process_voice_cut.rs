//! Only the way of the voice is cut, from the controller's voice switch to one of two sites, in the middle of a call, and heals
//! (docs/resilience.md 14.2.5). Links stand, no process ends, and nobody is told.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tempfile::tempdir;
use trunklab::speech::{SAMPLE_RATE_HZ, wav};
use trunklab_protocol::Cause;
use trunklab_tests::network::{Network, is_of, tells};
use trunklab_tests::plan::{Plan, UNITS, ZONE};
use trunklab_tests::process::Process;
use trunklab_tests::way::DatagramWay;

use crate::charged::records_at_rest;
use crate::desk::look_until;

/// How long the voice is not cut, before and after.
const WHOLE: Duration = Duration::from_secs(4);

/// How long it is cut: long enough that the site says so.
const CUT: Duration = Duration::from_secs(6);

/// How finely a recording is looked at, in milliseconds.
const WINDOW_MS: u64 = 100;

/// Louder than a loudspeaker that has nothing to play.
const LOUD: u16 = 100;

/// What a recording has: for how long something is heard before its longest silence, how long that is, and for how long
/// something is heard behind it, in milliseconds.
fn heard(recording: &Path) -> Result<[u64; 3]> {
    let samples = wav::read(recording)?;
    let windows = samples.chunks(SAMPLE_RATE_HZ as usize * WINDOW_MS as usize / 1_000);
    let loud: Vec<u64> = (0..)
        .zip(windows)
        .filter(|(_, window)| window.iter().any(|sample| sample.unsigned_abs() > LOUD))
        .map(|(index, _)| index * WINDOW_MS)
        .collect();
    let silences = loud.windows(2).map(|pair| (pair[1] - pair[0] - WINDOW_MS, pair[0], pair[1]));
    let (silence, from, to) = silences.max().context("nothing was heard")?;
    let (first, last) = (loud[0], loud[loud.len() - 1]);
    let [before, after] = [from - first, last - to].map(|span| span + WINDOW_MS);
    println!("{}: {before} ms heard, {silence} ms silent, {after} ms heard", recording.display());
    Ok([before, silence, after])
}

fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).expect("a drill is short")
}

/// How often a station has said that it misses voice.
fn misses(station: &Process) -> usize {
    station.log().lines().filter(|line| line.contains("voice is missing")).count()
}

#[test]
fn a_call_goes_on_while_its_voice_does_not_reach_a_site_and_that_site_says_so() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::prepare(directory.path(), Plan::of_two_sites(ZONE))?;
    let way = DatagramWay::open()?;
    network.further_of_stations[1] = vec!["--voice-public".to_owned(), way.address.to_string()];
    let [[talker, near], [far, _]] = UNITS;
    let tapes = [near, far].map(|unit| directory.path().join(format!("{unit}.wav")));
    for (index, unit) in [near, far].into_iter().enumerate() {
        let tape = tapes[index].display().to_string();
        network.further_of_handsets[index] =
            ["--unit", &unit.to_string(), "--record", &tape].map(str::to_owned).to_vec();
    }
    network.start_rest()?;
    way.lead_to(network.voice_of_stations[1].context("site 2 was started")?);
    network.handsets[0].tell(&format!("{talker} press"))?;
    network.expect_all(1, &[(talker, "talk_permit"), (near, "hears")])?;
    network.expect_each(2, &UNITS[1], "hears")?;

    thread::sleep(WHOLE);
    way.cut(true);
    thread::sleep(CUT);
    way.cut(false);
    thread::sleep(WHOLE);
    let said: Vec<String> = network.handsets.iter().flat_map(Process::take_lines).collect();
    ensure!(said.is_empty(), "somebody was told: {said:#?}");
    let missed: Vec<usize> = network.stations.iter().flatten().map(misses).collect();
    ensure!(missed == [0, 1], "voice was missed at the sites {missed:?} times");
    let shown = look_until(&network, "the call goes on", |shown| shown.calls.len() == 1)?;
    ensure!(shown.sites.iter().all(|site| site.in_service), "{:#?}", shown.sites);

    network.handsets[0].tell(&format!("{talker} release"))?;
    let said = network.expect_each(1, &UNITS[0], "left")?;
    let is_lost = |line: &String| is_of(line, talker) && tells(line, "floor_lost");
    ensure!(!said.iter().any(is_lost), "{said:#?}");
    network.expect_each(2, &UNITS[1], "left")?;
    look_until(&network, "no call is left", |shown| shown.calls.is_empty())?;
    let (carried, lost) = way.counts();
    ensure!(carried > 0 && lost > 0, "the voice went another way: {carried} packets carried, {lost} lost");

    for handsets in &mut network.handsets {
        handsets.terminate()?;
    }
    // A speaker pauses, and a machine is slow: what was cut is much longer than either.
    let (whole, cut) = (ms(WHOLE), ms(CUT));
    let [before, silence, after] = heard(&tapes[0])?;
    ensure!(silence < cut / 2 && before + after > whole + cut, "at the talker's site");
    let [before, silence, after] = heard(&tapes[1])?;
    ensure!(before > whole / 2 && after > whole / 2, "at the other site");
    ensure!(silence > cut * 3 / 4 && silence < cut + whole / 2, "at the other site");

    network.stop_controller()?;
    let records = records_at_rest(directory.path())?;
    let causes: Vec<_> = records.iter().map(|record| record.cause).collect();
    ensure!(causes == [Some(u32::from(Cause::HangTimeOver.code()))], "{records:#?}");
    Ok(())
}
