//! Sites that serve alone, as processes of their own (docs/resilience.md 14.1): the controller is killed under calls, a base station is
//! killed while it serves alone, and everything comes back.

use std::time::Instant;

use anyhow::{Result, ensure};
use tempfile::tempdir;
use trunklab_tests::network::Network;
use trunklab_tests::plan::{UNITS, ZONE};

use crate::charged::records_at_rest;

/// How long a site waits for its controller.
const ISOLATED_AFTER_MS: u32 = 1_500;

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
    network.expect_each(1, &UNITS[0], "registered")?;
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

    network.stop_controller()?;
    let records = records_at_rest(directory.path())?;
    println!("{records:#?}");
    // Of site 1: the call of before, which it took over; one in its first time alone, one in its second. Of site 2: one.
    let of = |site: u32| records.iter().filter(|record| record.site() == Some(site)).count();
    ensure!((of(1), of(2)) == (3, 1), "records of the sites: {} and {}", of(1), of(2));
    Ok(())
}
