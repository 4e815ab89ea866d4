//! The clock on the wall leaps, for the controller and its base stations at once, under calls and between runs: calls do not notice, what
//! lasts for a time by the wall ends by its cause, and no record is lost or out of order. The clocks by which the network runs are not the wall's.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use tempfile::tempdir;
use trunklab_console::conn::{Client, ConnError};
use trunklab_protocol::operator::AlarmKind;
use trunklab_tests::network::{Network, nobody_registers};
use trunklab_tests::plan::{Plan, UNITS, ZONE, path};
use trunklab_tests::process::{Process, succeed};
use trunklab_tests::wall::Wall;

use crate::charged::{await_records, records_at_rest};
use crate::desk::look_until;

const HOUR_S: i64 = 3_600;

/// Longer than a silence that loses a site.
const A_WHILE: Duration = Duration::from_secs(5);

/// Records whose moments do not follow each other.
fn out_of_order(directory: &Path) -> Result<Vec<String>> {
    let connection = Connection::open(directory.join("zone.db"))?;
    let mut rows = connection.prepare(
        "SELECT body FROM call_records
         WHERE json_extract(body, '$.requested') > granted_us OR granted_us > released_us",
    )?;
    let rows = rows.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Enrols a third site into a folder; the sentence with which that is refused.
fn enrols(network: &Network, wall: &Wall, token: &str, folder: &str) -> Result<Result<(), String>> {
    let (operator, out) = (network.operator.to_string(), path(&network.directory, folder));
    let arguments = ["enrol", "--controller", &operator, "--token", token, "--out", &out];
    let mut station = wall.around.start("basestation", &arguments)?;
    Ok(if station.wait()?.success() { Ok(()) } else { Err(station.log()) })
}

#[test]
fn the_wall_clock_leaps_under_calls_and_they_do_not_notice() -> Result<()> {
    let directory = tempdir()?;
    let wall = Wall::in_folder(directory.path())?;
    let mut network = Network::prepare_in(directory.path(), Plan::of_two_sites(ZONE), &wall.around)?;
    network.start_rest()?;
    let [[talker, listener], [far, far_listener]] = UNITS;
    network.handsets[0].tell(&format!("{talker} press"))?;
    network.expect_all(1, &[(talker, "talk_permit"), (listener, "hears")])?;
    network.expect_each(2, &UNITS[1], "hears")?;
    let token = || {
        let zone = path(directory.path(), "zone");
        succeed("controller", &["ca", "token", "--dir", &zone, "--site", "3"])
    };
    let early = token()?;

    for away_s in [HOUR_S, -HOUR_S, 26 * HOUR_S, 0] {
        wall.set(away_s)?;
        thread::sleep(A_WHILE);
        let shown = look_until(&network, "both sites and the call are there", |shown| {
            shown.sites.iter().all(|site| site.in_service) && shown.calls.len() == 1
        })?;
        ensure!(shown.calls[0].talker.map(trunklab_protocol::UnitId::number) == Some(talker), "{shown:#?}");
        // A machine that is busy with other things may be too slow for a while, whatever the clock says; not for ever.
        let told = shown.alarms.iter().filter(|alarm| alarm.kind != AlarmKind::ControllerOverloaded);
        ensure!(told.count() == 0, "{away_s} s away: {:#?}", shown.alarms);
        look_until(&network, "no alarm stands", |shown| shown.alarms.is_empty())?;
        if away_s == 26 * HOUR_S {
            // A token of the right time is good for a day, and the certificate that it gives for years.
            let refused = enrols(&network, &wall, &early, "late")?;
            ensure!(refused.as_ref().is_err_and(|said| said.contains("expired")), "{refused:?}");
        }
    }
    let said: Vec<String> = network.handsets.iter().flat_map(Process::take_lines).collect();
    ensure!(said.is_empty(), "the radios noticed: {said:#?}");
    ensure!(enrols(&network, &wall, &token()?, "site-3")?.is_ok(), "a fresh token is good");

    network.handsets[0].tell(&format!("{talker} release"))?;
    network.expect(2, far_listener, "left")?;
    network.call((2, far), (1, listener))?;
    for station in network.stations.iter().flatten() {
        ensure!(!station.log().contains("the link to the controller is gone"), "{}", station.log());
    }
    look_until(&network, "no call is left", |shown| shown.calls.is_empty())?;
    network.stop_controller()?;
    let records = records_at_rest(directory.path())?;
    ensure!(records.len() == 2, "{records:#?}");
    let wrong = out_of_order(directory.path())?;
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

const PASSWORD: &str = "correct horse";

#[test]
fn the_wall_clock_leaps_and_no_operator_is_shut_out() -> Result<()> {
    let directory = tempdir()?;
    let wall = Wall::in_folder(directory.path())?;
    let mut network = Network::prepare_in(directory.path(), Plan::of_two_sites(ZONE), &wall.around)?;
    let (db, secret) = (path(directory.path(), "zone.db"), path(directory.path(), "secret"));
    fs::write(&secret, PASSWORD)?;
    let account = ["account", "add", "anna", "--role", "viewer", "--db", &db, "--password-file", &secret];
    succeed("controller", &account)?;
    let (operator, ca) = (network.operator, fs::read_to_string(path(directory.path(), "zone/ca.pem"))?);
    let runtime = tokio::runtime::Runtime::new()?;
    let log_in = || runtime.block_on(Client::log_in(operator, "anna", PASSWORD, &ca));
    let is_let_in = |console: &Client| runtime.block_on(console.snapshot()).map(drop);

    let console = log_in()?;
    for away_s in [HOUR_S, -HOUR_S, 26 * HOUR_S, 0] {
        wall.set(away_s)?;
        is_let_in(&console).with_context(|| format!("{away_s} s away"))?;
        is_let_in(&log_in()?).with_context(|| format!("{away_s} s away, and just logged in"))?;
    }
    let mut consoles = vec![console];
    for away_s in [HOUR_S, -HOUR_S, HOUR_S] {
        network.stop_controller()?;
        wall.set(away_s)?;
        network.start_controller()?;
        for console in &consoles {
            is_let_in(console).with_context(|| format!("{away_s} s away after a new start"))?;
        }
        consoles.push(log_in()?);
    }
    network.stop_controller()?;
    wall.set(26 * HOUR_S)?;
    network.start_controller()?;
    for console in &consoles {
        let refused = is_let_in(console);
        ensure!(matches!(refused, Err(ConnError::SessionOver)), "a day is more than a session: {refused:?}");
    }
    is_let_in(&log_in()?)?;
    network.stop_controller()
}

#[test]
fn a_base_station_that_is_started_again_with_its_clock_set_back_reports_all_that_it_had_kept() -> Result<()> {
    let directory = tempdir()?;
    let wall = Wall::in_folder(directory.path())?;
    let zone = ZONE.replace("power_dbm = 40\n", "power_dbm = 40\nisolated_after_ms = 2000\n");
    let mut network = Network::prepare_in(directory.path(), Plan::of_two_sites(&zone), &wall.around)?;
    network.start_rest()?;
    let [[talker, listener], _] = UNITS;
    network.kill_controller()?;
    network.expect_service(1, &UNITS[0], "isolated")?;
    network.call((1, talker), (1, listener))?;

    network.kill_station(1)?;
    network.expect_any(1, "out_of_range")?;
    wall.set(-HOUR_S)?;
    network.start_station(1)?;
    network.expect_each(1, &UNITS[0], "registered")?;
    network.call((1, listener), (1, talker))?;

    network.handsets.iter().for_each(|handsets| drop(handsets.take_lines()));
    network.start_controller()?;
    nobody_registers(&network.expect_service(1, &UNITS[0], "wide")?)?;
    await_records(directory.path(), |record| record.site() == Some(1), 2)?;
    network.stop_controller()?;
    let records = records_at_rest(directory.path())?;
    ensure!(records.len() == 2 && records.iter().all(|record| record.begun_alone()), "{records:#?}");
    let wrong = out_of_order(directory.path())?;
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}
