//! Sites whose power is back before their controller, as processes of their own (docs/resilience.md 14.1.2, 14.6.2): everything is killed,
//! the base stations are started alone, and serve; then the controller is started, and nothing is lost.

use std::fs;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use tempfile::tempdir;
use trunklab_tests::network::{Network, nobody_registers};
use trunklab_tests::plan::{UNITS, ZONE};

use crate::charged::{await_records, records_at_rest};

/// Site 1 can serve alone; site 2 cannot, and has a failsoft channel.
fn zone() -> String {
    let failsoft = "failsoft_after_ms = 1500\nfailsoft = [{ at = \"4/0\", talkgroups = [41] }]\n";
    ZONE.replacen("power_dbm = 40\n", "power_dbm = 40 # here\nisolated_after_ms = 1500\n", 1).replacen(
        "power_dbm = 40\n",
        &format!("power_dbm = 40\n{failsoft}"),
        1,
    )
}

/// Judges that no key of voice packets that a station has kept stands in its log, in either spelling.
fn no_key_is_logged(network: &Network, site: usize) -> Result<()> {
    let memory = fs::read_to_string(network.credentials[site - 1].join("memory.jsonl"))?;
    let keys = memory.split("link_key\\\":[").skip(1).filter_map(|text| text.split_once(']'));
    let keys: Vec<Vec<u8>> = keys
        .map(|(octets, _)| octets.split(',').map(str::parse).collect::<Result<_, _>>())
        .collect::<Result<_, _>>()?;
    ensure!(keys.len() >= 2, "site {site} has kept no keys");
    let log = network.stations[site - 1].as_ref().context("the base station runs")?.log();
    for key in keys {
        let hex: String = key.iter().map(|octet| format!("{octet:02x}")).collect();
        let list = key.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
        let is_logged = log.contains(&hex) || log.replace(' ', "").contains(&list);
        ensure!(!is_logged, "a key is in the log of site {site}");
    }
    Ok(())
}

#[test]
fn sites_that_are_started_before_their_controller_serve_and_nothing_is_lost_when_it_is_there() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start_of(directory.path(), &zone())?;
    let [[talker, listener], [far, far_listener]] = UNITS;
    network.call((1, talker), (2, far))?;

    network.kill_controller()?;
    for site in [1, 2] {
        network.kill_station(site)?;
    }
    for site in [1, 2] {
        network.expect_each(site, &UNITS[site - 1], "out_of_range")?;
        network.handsets[site - 1].take_lines();
    }

    let started = Instant::now();
    for site in [1, 2] {
        network.start_station(site)?;
        let station = network.stations[site - 1].as_ref().context("it was just started")?;
        station.expect_logged("settings of an earlier run are kept", 1)?;
    }
    let said = network.expect_each(1, &UNITS[0], "registered")?;
    for unit in UNITS[0] {
        let is_told =
            |line: &String| line.contains(&format!("\"unit\":{unit},")) && line.contains("\"isolated\"");
        ensure!(said.iter().any(is_told), "unit {unit} was not told that the site is alone: {said:#?}");
    }
    println!("site 1: both radios registered {} ms after its start", started.elapsed().as_millis());
    network.call((1, talker), (1, listener))?;
    network.expect_each(2, &UNITS[1], "failsoft")?;
    println!("site 2: both radios in failsoft by {} ms after the start", started.elapsed().as_millis());
    network.handsets[1].tell(&format!("{far} press"))?;
    network.expect_all(2, &[(far, "failsoft_permit"), (far_listener, "failsoft_hears")])?;
    network.handsets[1].tell(&format!("{far} release"))?;
    network.expect(2, far, "failsoft_talk_ended")?;
    for site in [1, 2] {
        no_key_is_logged(&network, site)?;
    }

    network.handsets.iter().for_each(|handsets| drop(handsets.take_lines()));
    network.start_controller()?;
    let started = Instant::now();
    let said = network.expect_service(1, &UNITS[0], "wide")?;
    nobody_registers(&said)?;
    // Who was repeated in failsoft proved nothing to this run of the station: it registers with it now.
    network.expect_each(2, &UNITS[1], "registered")?;
    println!("all in the network {} ms after the controller's start", started.elapsed().as_millis());
    network.call((1, listener), (2, far))?;

    await_records(directory.path(), |record| record.site() == Some(1), 1)?;
    network.stop_controller()?;
    let records = records_at_rest(directory.path())?;
    println!("{records:#?}");
    // Two calls across both sites, and one of site 1 alone.
    let of = |site: Option<u32>| records.iter().filter(|record| record.site() == site).count();
    ensure!((of(None), of(Some(1)), of(Some(2))) == (2, 1, 0), "records: {records:#?}");
    Ok(())
}
