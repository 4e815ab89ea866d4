//! Sites that serve alone, as processes of their own (docs/resilience.md 14.1): the controller is killed under calls, a base station is
//! killed while it serves alone, and everything comes back.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use tempfile::tempdir;
use trunklab_tests::network::{Network, UNITS, ZONE, tells};

/// How long a site waits for its controller.
const ISOLATED_AFTER_MS: u32 = 1_500;

/// The least number of a node that is a site's.
const SITE_NODES: u32 = 0x8000;

fn zone() -> String {
    ZONE.replace("power_dbm = 40\n", &format!("power_dbm = 40\nisolated_after_ms = {ISOLATED_AFTER_MS}\n"))
}

/// Waits until a handset at the site is told of this service; gives the lines that tell of a registration before.
fn service(network: &Network, site: usize, service: &str) -> Result<Vec<String>> {
    let mut registrations = Vec::new();
    network.handsets[site - 1].expect_line(&format!("{service} service"), |line| {
        registrations.extend(line.contains("\"event\":\"regist").then(|| line.to_owned()));
        line.contains(&format!("\"service\":\"{service}\""))
    })?;
    Ok(registrations)
}

/// Node, term and counter of a call, and the epoch of the record.
type Key = (u32, u32, u32, u32);

/// The key of each record, and whether it is closed.
fn records(directory: &Path) -> Result<Vec<(Key, bool)>> {
    let connection = Connection::open(directory.join("zone.db"))?;
    let mut rows = connection.prepare("SELECT node, term, counter, epoch, cause FROM call_records")?;
    let rows = rows.query_map([], |row| {
        Ok(((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?), row.get::<_, Option<u32>>(4)?.is_some()))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[test]
fn sites_serve_alone_when_the_controller_is_killed_and_nothing_is_lost_when_it_is_back() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start_of(directory.path(), &zone())?;
    let [[talker, listener], [far, far_listener]] = UNITS;
    network.call((1, talker), (2, far))?;
    // This call, at site 1 alone, stands while the controller is killed.
    for unit in UNITS[1] {
        network.handsets[1].tell(&format!("{unit} talkgroup 42"))?;
        network.expect(2, unit, "affiliated")?;
    }
    network.handsets[0].tell(&format!("{talker} press"))?;
    network.expect(1, talker, "talk_permit")?;
    network.expect(1, listener, "hears")?;

    network.kill_controller()?;
    let killed = Instant::now();
    for site in [1, 2] {
        let registrations = service(&network, site, "isolated")?;
        println!("site {site}: serves alone {} ms after the kill", killed.elapsed().as_millis());
        ensure!(registrations.is_empty(), "a radio had to register again: {registrations:#?}");
    }
    network.handsets[0].tell(&format!("{talker} release"))?;
    network.expect(1, listener, "left")?;
    network.call((1, listener), (1, talker))?;
    network.call((2, far), (2, far_listener))?;
    println!("a call at each site made and over {} ms after the kill", killed.elapsed().as_millis());

    network.kill_station(1)?;
    network.expect_any(1, "out_of_range")?;
    network.start_station(1)?;
    let started = Instant::now();
    let mut missing = vec![talker, listener];
    network.handsets[0].expect_line("both radios registered again", |line| {
        missing.retain(|unit| !(line.contains(&format!("\"unit\":{unit}")) && tells(line, "registered")));
        missing.is_empty()
    })?;
    println!(
        "site 1: both radios registered from its copy {} ms after its start",
        started.elapsed().as_millis()
    );
    network.call((1, talker), (1, listener))?;

    network.handsets.iter().for_each(|handsets| drop(handsets.take_lines()));
    network.start_controller()?;
    let started = Instant::now();
    for site in [1, 2] {
        let registrations = service(&network, site, "wide")?;
        println!(
            "site {site}: in the network {} ms after the controller's start",
            started.elapsed().as_millis()
        );
        ensure!(registrations.is_empty(), "a radio had to register again: {registrations:#?}");
    }
    for unit in UNITS[1] {
        network.handsets[1].tell(&format!("{unit} talkgroup 41"))?;
        network.expect(2, unit, "affiliated")?;
    }
    network.call((1, talker), (2, far))?;
    println!("a call across both sites made and over {} ms after that", started.elapsed().as_millis());

    let mut controller = network.controller.take().context("it runs")?;
    ensure!(controller.terminate()?.success(), "{}", controller.log());
    let records = records(directory.path())?;
    println!("{records:#?}");
    let distinct: BTreeSet<_> = records.iter().map(|(key, _)| *key).collect();
    ensure!(distinct.len() == records.len(), "a record stands twice");
    ensure!(records.iter().all(|(_, closed)| *closed), "a record was left open");
    // Of site 1: the call of before, which it took over; one in its first time alone, one in its second. Of site 2: one.
    let of = |site: u32| {
        let of_site = |epoch: u32| epoch >> 16 == SITE_NODES + site;
        records.iter().filter(|((_, _, _, epoch), _)| of_site(*epoch)).count()
    };
    ensure!((of(1), of(2)) == (3, 1), "records of the sites: {} and {}", of(1), of(2));
    Ok(())
}
