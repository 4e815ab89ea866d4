//! A disk that is really full, under a controller and under a base station that serves alone: calls go on, whoever is promised something
//! lasting is refused by its cause, and when there is room again everything is kept (docs/resilience.md 14.1.6).

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use tempfile::tempdir;
use trunklab_protocol::operator::AlarmKind;
use trunklab_tests::network::Network;
use trunklab_tests::plan::{Plan, UNITS, ZONE, path};
use trunklab_tests::process::run;
use trunklab_tests::small_disk::SmallDisk;

use crate::charged::{await_records, records_at_rest};
use crate::desk::look_until;

/// More calls than there is room for in what a database has set aside for itself.
const CALLS_MAX: usize = 60;

/// Said where no disk can be filled.
const PASSED_OVER: &str = "passed over: the system lets nobody like us make a mount namespace";

/// Has a running controller take a subscriber in; what it says of that.
fn takes_in(network: &Network, unit: u32) -> Result<Result<(), String>> {
    let file = path(&network.directory, "more.csv");
    fs::write(&file, format!("unit,key,talkgroups\n{unit},{unit:032x},41\n"))?;
    let (to, token) = (network.operator.to_string(), path(&network.directory, "desk.token"));
    let ca = path(&network.directory, "zone/ca.pem");
    let reach = ["--to", &to, "--token-file", &token, "--ca", &ca];
    let output = run("controller", &[&["subscribers", "import", &file][..], &reach].concat())?;
    Ok(if output.status.success() { Ok(()) } else { Err(String::from_utf8(output.stderr)?) })
}

/// Copies a database from a disk that nobody else sees, so that it can be looked at.
fn copy_out(disk: &SmallDisk, to: &Path) -> Result<()> {
    for name in ["zone.db", "zone.db-wal"] {
        if disk.outside(name).exists() {
            fs::copy(disk.outside(name), to.join(name))?;
        }
    }
    Ok(())
}

#[test]
fn a_controller_whose_disk_is_full_serves_on_and_keeps_everything_when_there_is_room() -> Result<()> {
    let (directory, mounted, seen) = (tempdir()?, tempdir()?, tempdir()?);
    let Some(disk) = SmallDisk::over(mounted.path(), 8)? else {
        println!("{PASSED_OVER}");
        return Ok(());
    };
    let mut network = Network::prepare(directory.path(), Plan::of_two_sites(ZONE))?;
    network.stop_controller()?;
    disk.take_in(&directory.path().join("zone.db"), "zone.db")?;
    network.database = disk.folder.join("zone.db");
    network.around_controller = disk.around.clone();
    network.start_controller()?;
    network.start_rest()?;
    let [[talker, listener], _] = UNITS;
    network.call((1, talker), (1, listener))?;
    ensure!(takes_in(&network, 2001)?.is_ok(), "there is room");

    disk.fill()?;
    let failing = |kind: AlarmKind| kind == AlarmKind::StoreFailing;
    let mut calls = 1;
    loop {
        network.call((1, talker), (1, listener))?;
        calls += 1;
        let shown = look_until(&network, "something", |_| true)?;
        if shown.alarms.iter().any(|alarm| failing(alarm.kind)) {
            break;
        }
        ensure!(calls < CALLS_MAX, "the disk is never full");
    }
    println!("the disk took {calls} calls and a subscriber");
    let refused = takes_in(&network, 2002)?;
    ensure!(refused.as_ref().is_err_and(|said| said.contains("durable_store_failed")), "{refused:?}");
    for _ in 0..3 {
        network.call((1, listener), (1, talker))?;
        calls += 1;
    }

    disk.make_room()?;
    look_until(&network, "the store works again", |shown| {
        !shown.alarms.iter().any(|alarm| failing(alarm.kind))
    })?;
    ensure!(takes_in(&network, 2003)?.is_ok(), "there is room again");
    // As a power cut would end it: what was acknowledged is there.
    network.kill_controller()?;
    copy_out(&disk, seen.path())?;
    await_records(seen.path(), |record| record.cause.is_some(), calls)?;
    let records = records_at_rest(seen.path())?;
    ensure!(records.len() == calls, "{calls} calls were made: {records:#?}");
    let db = path(seen.path(), "zone.db");
    for (unit, is_there) in [(2001, true), (2002, false), (2003, true)] {
        let shown = run("controller", &["subscribers", "show", &unit.to_string(), "--db", &db])?;
        ensure!(shown.status.success() == is_there, "unit {unit}: {shown:?}");
    }
    // And a controller starts from it.
    network.start_controller()?;
    network.expect_service(1, &UNITS[0], "wide")?;
    network.call((1, talker), (1, listener))
}

#[test]
fn a_base_station_whose_disk_is_full_serves_alone_and_reports_everything() -> Result<()> {
    let (directory, mounted) = (tempdir()?, tempdir()?);
    let Some(disk) = SmallDisk::over(mounted.path(), 1)? else {
        println!("{PASSED_OVER}");
        return Ok(());
    };
    let zone = ZONE.replace("power_dbm = 40\n", "power_dbm = 40\nisolated_after_ms = 2000\n");
    let zone = format!("{zone}\n[[status]]\nnumber = 3\ntext = \"On scene\"\n");
    let mut network = Network::prepare(directory.path(), Plan::of_two_sites(&zone))?;
    disk.take_in(&network.credentials[0], "site-1")?;
    network.credentials[0] = disk.folder.join("site-1");
    network.around_stations[0] = disk.around.clone();
    network.start_rest()?;
    let [[talker, listener], _] = UNITS;
    network.kill_controller()?;
    network.expect_service(1, &UNITS[0], "isolated")?;
    network.call((1, talker), (1, listener))?;

    disk.fill()?;
    for _ in 0..2 {
        network.call((1, talker), (1, listener))?;
    }
    let station = network.stations[0].as_ref().expect("it runs");
    station.expect_logged("the station's memory cannot be written", 1)?;
    // A status is promised to last: it is not told, by its cause.
    network.handsets[0].tell(&format!("{talker} status 3 to {listener}"))?;
    let refused = network.expect(1, talker, "message_refused")?;
    ensure!(refused.contains("durable_store_failed"), "{refused}");

    disk.make_room()?;
    network.stations[0].as_ref().expect("it runs").expect_logged("can be written again", 1)?;
    network.call((1, listener), (1, talker))?;
    // What is kept now is read at the next start: nothing on the way there spoils it. That start finds the disk full again.
    let memory = disk.outside("site-1/memory.jsonl");
    await_settled(&memory)?;
    network.kill_station(1)?;
    network.expect_any(1, "out_of_range")?;
    disk.fill()?;
    network.start_station(1)?;
    network.expect_each(1, &UNITS[0], "registered")?;
    network.call((1, talker), (1, listener))?;
    disk.make_room()?;

    network.start_controller()?;
    network.expect_service(1, &UNITS[0], "wide")?;
    await_records(directory.path(), |record| record.site() == Some(1), 5)?;
    network.stop_controller()?;
    let records = records_at_rest(directory.path())?;
    let of_site = records.iter().filter(|record| record.site() == Some(1)).count();
    ensure!(of_site == 5 && records.len() == 5, "{records:#?}");
    Ok(())
}

/// Waits until a file has a last line that is whole, and does not grow for a while.
fn await_settled(file: &Path) -> Result<()> {
    let mut before = fs::read(file)?;
    loop {
        std::thread::sleep(std::time::Duration::from_secs(2));
        let now = fs::read(file)?;
        if now == before && now.ends_with(b"\n") {
            return Ok(());
        }
        before = now;
    }
}
