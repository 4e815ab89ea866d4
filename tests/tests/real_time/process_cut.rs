//! The network between base stations and controller is cut, in both directions or in one, and heals; and it is slow (docs/resilience.md
//! 14.1). No process ends, and nobody is told that a way is cut.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use tempfile::tempdir;
use trunklab_tests::network::{Network, nobody_registers, tells};
use trunklab_tests::plan::{Plan, UNITS, ZONE};
use trunklab_tests::process::Process;
use trunklab_tests::way::{Direction, Flow, Way};

use crate::charged::{await_records, records_at_rest};
use crate::desk::look_until;

/// A network whose sites have a way each to their controller.
fn network_of(directory: &Path, zone: &str) -> Result<(Network, Vec<Way>)> {
    let mut network = Network::prepare(directory, Plan::of_two_sites(zone))?;
    let ways = vec![Way::to(network.listen)?, Way::to(network.listen)?];
    network.ways = ways.iter().map(|way| way.address).collect();
    network.start_rest()?;
    Ok((network, ways))
}

fn ms(since: Instant) -> u128 {
    since.elapsed().as_millis()
}

/// Has the radios of site 2 select a talkgroup.
fn select(network: &mut Network, talkgroup: u16) -> Result<()> {
    for unit in UNITS[1] {
        network.handsets[1].tell(&format!("{unit} talkgroup {talkgroup}"))?;
    }
    network.expect_each(2, &UNITS[1], "affiliated").map(drop)
}

/// The way of site 1 is cut under a call there, and heals: the site serves alone, the other one notices nothing.
fn is_cut(cut: impl Fn(&Way)) -> Result<()> {
    let directory = tempdir()?;
    let zone = ZONE.replace("power_dbm = 40\n", "power_dbm = 40\nisolated_after_ms = 4000\n");
    let (mut network, ways) = network_of(directory.path(), &zone)?;
    let [[talker, listener], [far, far_listener]] = UNITS;
    select(&mut network, 42)?;
    network.handsets[1].tell(&format!("{far} press"))?;
    network.expect_all(2, &[(far, "talk_permit"), (far_listener, "hears")])?;
    network.handsets[0].tell(&format!("{talker} press"))?;
    network.expect_all(1, &[(talker, "talk_permit"), (listener, "hears")])?;
    network.handsets.iter().for_each(|handsets| drop(handsets.take_lines()));

    cut(&ways[0]);
    let began = Instant::now();
    network.stations[0].as_ref().expect("it runs").expect_logged("service=Isolated", 1)?;
    println!("site 1 serves alone {} ms after the cut", ms(began));
    let shown = look_until(&network, "site 1 is lost", |shown| !shown.sites[0].in_service)?;
    println!("the controller knows {} ms after the cut", ms(began));
    ensure!(shown.sites[1].in_service && shown.calls.len() == 1, "{:#?}", shown.calls);
    // This call goes on; the next one is made while the site is alone.
    let said = network.handsets[0].take_lines();
    ensure!(!said.iter().any(|line| tells(line, "talk_ended") || tells(line, "left")), "{said:#?}");
    network.handsets[0].tell(&format!("{talker} release"))?;
    network.expect(1, listener, "left")?;
    network.call((1, listener), (1, talker))?;

    ways[0].set(Flow::Free);
    let healed = Instant::now();
    let said = network.expect_service(1, &UNITS[0], "wide")?;
    nobody_registers(&said)?;
    println!("site 1 is in the network {} ms after the way healed", ms(healed));
    let shown = look_until(&network, "site 1 is back with its radios", |shown| {
        shown.sites[0].in_service && shown.sites[0].radios == 2
    })?;
    ensure!(shown.calls.len() == 1, "{:#?}", shown.calls);
    let touched = network.handsets[1].take_lines();
    ensure!(touched.is_empty(), "the other site's radios noticed: {touched:#?}");
    network.handsets[1].tell(&format!("{far} release"))?;
    network.expect(2, far_listener, "left")?;
    select(&mut network, 41)?;
    network.call((1, talker), (2, far))?;
    println!("a call across both sites made and over {} ms after that", ms(healed));

    await_records(directory.path(), |record| record.site().is_some(), 2)?;
    look_until(&network, "no call is left", |shown| shown.calls.is_empty())?;
    network.stop_controller()?;
    let records = records_at_rest(directory.path())?;
    // Of site 1: the call that it took over, and the one that it began. Of the controller: the calls of before, and the one across.
    let of = |site| records.iter().filter(|record| record.site() == site).count();
    ensure!((of(None), of(Some(1))) == (3, 2) && records.len() == 5, "{records:#?}");
    Ok(())
}

#[test]
fn a_site_whose_way_is_cut_serves_alone_and_comes_back_without_loss() -> Result<()> {
    is_cut(|way| way.set(Flow::Cut))
}

#[test]
fn a_site_that_hears_nothing_more_serves_alone_and_comes_back_without_loss() -> Result<()> {
    is_cut(|way| way.set_one(Direction::Homeward, Flow::Cut))
}

#[test]
fn a_site_that_is_heard_no_more_serves_alone_and_comes_back_without_loss() -> Result<()> {
    is_cut(|way| way.set_one(Direction::Outward, Flow::Cut))
}

/// A call of talkgroup 41 from a radio to all others, until all of them know that it is over.
fn is_called(network: &mut Network, (site, talker): (usize, u32), meanwhile: impl Fn()) -> Result<()> {
    network.handsets[site - 1].tell(&format!("{talker} press"))?;
    meanwhile();
    let here: Vec<(u32, &str)> = UNITS[site - 1]
        .iter()
        .map(|unit| (*unit, if *unit == talker { "talk_permit" } else { "hears" }))
        .collect();
    network.expect_all(site, &here)?;
    network.expect_each(3 - site, &UNITS[2 - site], "hears")?;
    network.handsets[site - 1].tell(&format!("{talker} release"))?;
    network.expect_each(1, &UNITS[0], "left")?;
    network.expect_each(2, &UNITS[1], "left").map(drop)
}

#[test]
fn calls_go_on_over_a_slow_way_and_no_site_is_lost() -> Result<()> {
    let directory = tempdir()?;
    // Signs of life are late by what the way takes and by what the machine takes: they come seldom, and much is allowed for.
    let zone = format!("[system]\nheartbeat_ms = 5000\nsite_silence_ms_max = 15000\n{ZONE}");
    let (mut network, ways) = network_of(directory.path(), &zone)?;
    let [[talker, listener], [far, far_listener]] = UNITS;
    let slow = Flow::Slow { delay_ms: 400, octets_per_s: 20_000 };
    ways.iter().for_each(|way| way.set(slow));
    network.handsets.iter().for_each(|handsets| drop(handsets.take_lines()));
    for (from, talker) in [(1, talker), (2, far_listener)] {
        let pressed = Instant::now();
        is_called(&mut network, (from, talker), || {})?;
        println!("a call over a way of 400 ms made and over {} ms after the press", ms(pressed));
    }
    // Now it comes in bursts: nothing for a while, then all of it at once.
    for (from, talker) in [(1, listener), (2, far)] {
        let pressed = Instant::now();
        is_called(&mut network, (from, talker), || {
            ways.iter().for_each(|way| way.set(Flow::Cut));
            thread::sleep(Duration::from_secs(1));
            ways.iter().for_each(|way| way.set(slow));
        })?;
        println!("a call over a way that stood for 1 s made and over {} ms after the press", ms(pressed));
    }
    let lost = |process: &Process, text| process.log().lines().filter(|line| line.contains(text)).count();
    for station in network.stations.iter().flatten() {
        ensure!(lost(station, "the link to the controller is gone") == 0, "{}", station.log());
    }
    let shown = look_until(&network, "no call is left", |shown| shown.calls.is_empty())?;
    ensure!(shown.sites.iter().all(|site| site.in_service && site.radios == 2), "{:#?}", shown.sites);
    network.stop_controller()?;
    let records = records_at_rest(directory.path())?;
    ensure!(records.len() == 4, "{records:#?}");
    Ok(())
}
