//! A process that stands still (SIGSTOP) and goes on later (SIGCONT): its connections stand all the while, so that only silence tells
//! of it (docs/resilience.md 14.1).

use std::time::Instant;

use anyhow::{Result, ensure};
use tempfile::tempdir;
use trunklab_protocol::operator::AlarmKind;
use trunklab_tests::network::{Network, nobody_registers, tells};
use trunklab_tests::plan::{UNITS, ZONE};

use crate::charged::{await_records, records_at_rest};
use crate::desk::look_until;

fn zone() -> String {
    ZONE.replace("power_dbm = 40\n", "power_dbm = 40\nisolated_after_ms = 4000\n")
}

/// Has the radios of site 2 select a talkgroup.
fn select(network: &mut Network, talkgroup: u16) -> Result<()> {
    for unit in UNITS[1] {
        network.handsets[1].tell(&format!("{unit} talkgroup {talkgroup}"))?;
    }
    network.expect_each(2, &UNITS[1], "affiliated").map(drop)
}

fn ms(since: Instant) -> u128 {
    since.elapsed().as_millis()
}

#[test]
fn sites_serve_alone_while_the_controller_stands_still_and_come_back_when_it_goes_on() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start_of(directory.path(), &zone())?;
    let [[talker, listener], [far, far_listener]] = UNITS;
    select(&mut network, 42)?;
    // This call, at site 1 alone, goes on through all of it.
    network.handsets[0].tell(&format!("{talker} press"))?;
    network.expect_all(1, &[(talker, "talk_permit"), (listener, "hears")])?;

    network.controller.as_ref().expect("it runs").pause()?;
    let paused = Instant::now();
    let said = network.expect_service(2, &UNITS[1], "isolated")?;
    nobody_registers(&said)?;
    for station in network.stations.iter().flatten() {
        station.expect_logged("service=Isolated", 1)?;
    }
    println!("both sites serve alone {} ms after the controller stood still", ms(paused));
    network.call((2, far), (2, far_listener))?;
    println!("a call at site 2 made and over {} ms after that", ms(paused));

    network.controller.as_ref().expect("it runs").resume()?;
    let resumed = Instant::now();
    let mut said = network.expect_service(2, &UNITS[1], "wide")?;
    let shown = look_until(&network, "both sites and the call are back", |shown| {
        shown.sites.iter().all(|site| site.in_service) && !shown.calls.is_empty()
    })?;
    println!("both sites and the call are back {} ms after the controller went on", ms(resumed));
    let radios: Vec<u32> = shown.sites.iter().map(|site| site.radios).collect();
    ensure!(radios == [2, 2] && shown.calls.len() == 1, "{radios:?} radios, {:#?}", shown.calls);
    said.extend(network.handsets.iter().flat_map(trunklab_tests::process::Process::take_lines));
    nobody_registers(&said)?;
    let over: Vec<_> = said.iter().filter(|line| tells(line, "talk_ended") || tells(line, "left")).collect();
    ensure!(over.iter().all(|line| !line.contains("\"unit\":101")), "the call was interrupted: {over:#?}");

    network.handsets[0].tell(&format!("{talker} release"))?;
    network.expect(1, listener, "left")?;
    select(&mut network, 41)?;
    network.call((1, listener), (2, far))?;
    // The call that went on and the one made at site 2 have a record of the time alone each.
    await_records(directory.path(), |record| record.site().is_some(), 2)?;
    look_until(&network, "no call is left", |shown| shown.calls.is_empty())?;
    network.stop_controller()?;
    let records = records_at_rest(directory.path())?;
    let of = |site| records.iter().filter(|record| record.site() == site).count();
    // Of the controller: the call that went on, and the one across both sites.
    ensure!((of(None), of(Some(1)), of(Some(2))) == (2, 1, 1), "{records:#?}");
    Ok(())
}

#[test]
fn a_base_station_that_stands_still_is_lost_and_comes_back_when_it_goes_on() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start(directory.path())?;
    let [[talker, listener], [far, far_listener]] = UNITS;
    // At the other site a call goes on all the while.
    select(&mut network, 42)?;
    network.handsets[1].tell(&format!("{far} press"))?;
    network.expect_all(2, &[(far, "talk_permit"), (far_listener, "hears")])?;
    network.handsets[0].tell(&format!("{talker} press"))?;
    network.expect_all(1, &[(talker, "talk_permit"), (listener, "hears")])?;
    network.handsets[1].take_lines();

    network.stations[0].as_ref().expect("it runs").pause()?;
    let paused = Instant::now();
    let is_lost = |alarm: AlarmKind| alarm == AlarmKind::SiteLost;
    let shown = look_until(&network, "site 1 is lost", |shown| !shown.sites[0].in_service)?;
    println!("site 1 is lost {} ms after its base station stood still", ms(paused));
    ensure!(shown.alarms.iter().any(|alarm| is_lost(alarm.kind)), "{:#?}", shown.alarms);
    ensure!(shown.sites[1].in_service && shown.calls.len() == 1, "{:#?}", shown.calls);
    network.expect_each(1, &UNITS[0], "out_of_range")?;
    println!("its radios are out of range {} ms after that", ms(paused));
    network.handsets[0].tell(&format!("{talker} release"))?;

    network.stations[0].as_ref().expect("it runs").resume()?;
    let resumed = Instant::now();
    network.expect_each(1, &UNITS[0], "registered")?;
    println!("its radios are registered again {} ms after it went on", ms(resumed));
    let shown = look_until(&network, "site 1 is back with its radios", |shown| {
        shown.sites[0].in_service && shown.sites[0].radios == 2
    })?;
    println!("site 1 is back with its radios {} ms after it went on", ms(resumed));
    ensure!(!shown.alarms.iter().any(|alarm| is_lost(alarm.kind)), "{:#?}", shown.alarms);
    network.call((1, talker), (1, listener))?;
    println!("a call made there and over {} ms after it went on", ms(resumed));

    let touched = network.handsets[1].take_lines();
    ensure!(touched.is_empty(), "the other site's radios noticed: {touched:#?}");
    network.handsets[1].tell(&format!("{far} release"))?;
    network.expect(2, far_listener, "left")?;
    look_until(&network, "no call is left", |shown| shown.calls.is_empty())?;
    network.stop_controller()?;
    let records = records_at_rest(directory.path())?;
    ensure!(records.len() == 3 && records.iter().all(|record| record.site().is_none()), "{records:#?}");
    Ok(())
}
