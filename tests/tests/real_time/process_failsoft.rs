//! A site in failsoft, as processes of their own (docs/resilience.md 14.6): the controller is killed, radios talk on their failsoft
//! channel, and everything comes back.

use std::path::Path;

use anyhow::{Result, ensure};
use rusqlite::Connection;
use tempfile::tempdir;
use trunklab_protocol::Cause;
use trunklab_tests::network::{Network, nobody_registers};
use trunklab_tests::plan::{UNITS, ZONE};

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
    network.expect_each(1, &UNITS[0], "failsoft")?;
    network.handsets[0].tell(&format!("{talker} press"))?;
    network.expect(1, talker, "failsoft_permit")?;
    network.expect(1, listener, "failsoft_hears")?;
    network.handsets[0].tell(&format!("{talker} release"))?;
    network.expect(1, talker, "failsoft_talk_ended")?;
    network.expect(1, listener, "failsoft_tone")?;

    network.handsets.iter().for_each(|handsets| drop(handsets.take_lines()));
    network.start_controller()?;
    let said = network.expect_service(1, &UNITS[0], "wide")?;
    nobody_registers(&said)?;
    network.call((1, listener), (2, far))?;

    network.stop_controller()?;
    let said = said_in_failsoft(directory.path())?;
    ensure!(said == [talker], "said in failsoft: {said:?}");
    Ok(())
}
