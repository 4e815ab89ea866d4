//! A site in failsoft, as processes of their own (docs/resilience.md 14.6): the controller is killed, radios talk on their failsoft
//! channel, and everything comes back.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use tempfile::tempdir;
use trunklab_protocol::Cause;
use trunklab_tests::network::{Network, UNITS, ZONE};

fn zone() -> String {
    let failsoft = "failsoft_after_ms = 1500\nfailsoft = [{ at = \"2/0\", talkgroups = [41] }]\n";
    ZONE.replacen("power_dbm = 40\n", &format!("power_dbm = 40\n{failsoft}"), 1)
}

/// Who spoke in failsoft, as the database has it.
fn said_in_failsoft(directory: &Path) -> Result<Vec<u32>> {
    let connection = Connection::open(directory.join("zone.db"))?;
    let mut rows =
        connection.prepare("SELECT json_extract(body, '$.caller') FROM call_records WHERE cause = ?1")?;
    let rows = rows.query_map([Cause::SaidInFailsoft.code()], |row| row.get(0))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[test]
fn radios_talk_in_failsoft_while_the_controller_is_killed_and_come_back_registered() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start_of(directory.path(), &zone())?;
    let [[talker, listener], [far, _]] = UNITS;
    network.call((1, talker), (2, far))?;

    network.kill_controller()?;
    let mut missing = vec![talker, listener];
    network.handsets[0].expect_line("both radios in failsoft", |line| {
        let is_shown = line.contains("\"event\":\"failsoft\"");
        missing.retain(|unit| !(is_shown && line.contains(&format!("\"unit\":{unit}"))));
        missing.is_empty()
    })?;
    network.handsets[0].tell(&format!("{talker} press"))?;
    network.expect(1, talker, "failsoft_permit")?;
    network.expect(1, listener, "failsoft_hears")?;
    network.handsets[0].tell(&format!("{talker} release"))?;
    network.expect(1, talker, "failsoft_talk_ended")?;
    network.expect(1, listener, "failsoft_tone")?;

    network.handsets.iter().for_each(|handsets| drop(handsets.take_lines()));
    network.start_controller()?;
    let mut registrations = Vec::new();
    let mut missing = vec![talker, listener];
    network.handsets[0].expect_line("both radios back", |line| {
        registrations.extend(line.contains("\"event\":\"regist").then(|| line.to_owned()));
        let is_wide = line.contains("\"service\":\"wide\"");
        missing.retain(|unit| !(is_wide && line.contains(&format!("\"unit\":{unit}"))));
        missing.is_empty()
    })?;
    ensure!(registrations.is_empty(), "a radio had to register again: {registrations:#?}");
    network.call((1, listener), (2, far))?;

    let mut controller = network.controller.take().context("it runs")?;
    ensure!(controller.terminate()?.success(), "{}", controller.log());
    let said = said_in_failsoft(directory.path())?;
    ensure!(said == [talker], "said in failsoft: {said:?}");
    Ok(())
}
