//! What operators made of a radio lasts over the end of its process, and what is damaged is refused.

use std::fs;

use anyhow::{Result, ensure};
use tempfile::tempdir;
use trunklab_protocol::operator::Order;
use trunklab_protocol::{TalkgroupId, UnitId};
use trunklab_tests::network::{Network, tells};
use trunklab_tests::plan::{UNITS, path};
use trunklab_tests::process::{Process, run, succeed};

use crate::desk::Desk;

/// Radios of a roster at site 1, in a process of their own, with what they keep in a folder.
fn handsets(network: &Network, roster: &str, state: &str) -> Result<Process> {
    let (air, file) = (network.air[0].to_string(), |name| path(&network.directory, name));
    let (roster, state) = (file(roster), file(state));
    Process::start("trunklab", &["handset", "--air", &air, "--roster", &roster, "--state", &state, "--json"])
}

/// What one of them notices.
fn notices(handsets: &Process, unit: u32, event: &str) -> Result<String> {
    let who = format!("\"unit\":{unit},");
    handsets.expect_line(&format!("{event} of {unit}"), |line| line.contains(&who) && tells(line, event))
}

/// The process ends when it is told to, and not by itself.
fn is_ended(handsets: &mut Process) -> Result<()> {
    handsets.tell("quit")?;
    let status = handsets.wait()?;
    ensure!(status.success(), "{handsets:?} ended with {status}: {}", handsets.log());
    Ok(())
}

#[test]
fn radios_that_keep_their_state_elsewhere_know_nothing_of_the_folder_before() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start(directory.path())?;
    let mut desk = Desk::at(&network)?;
    let [[killed, regrouped], _] = UNITS;
    let unit = |number| UnitId::new(number).unwrap();
    let talkgroup = TalkgroupId::new(42).unwrap();
    desk.has(Order::Regroup { unit: unit(regrouped), talkgroup, locked: false })?;
    desk.has(Order::Kill { unit: unit(killed) })?;
    is_ended(&mut network.handsets[0])?;

    let mut elsewhere = handsets(&network, "handsets-1.csv", "elsewhere")?;
    elsewhere.tell(&format!("{regrouped} on"))?;
    let line = notices(&elsewhere, regrouped, "registered")?;
    ensure!(line.contains("\"talkgroup\":41"), "where the roster has it: {line}");
    elsewhere.tell(&format!("{killed} on"))?;
    let line = notices(&elsewhere, killed, "register_refused")?;
    ensure!(line.contains("unit_killed"), "the network knows it, and no radio: {line}");
    is_ended(&mut elsewhere)?;

    let mut before = handsets(&network, "handsets-1.csv", "handsets-1.csv.state")?;
    before.tell(&format!("{regrouped} on"))?;
    let line = notices(&before, regrouped, "registered")?;
    ensure!(line.contains("\"talkgroup\":42"), "where the network has set it: {line}");
    before.tell(&format!("{killed} on"))?;
    let line = notices(&before, killed, "refused")?;
    ensure!(line.contains("unit_killed"), "{line}");
    is_ended(&mut before)
}

#[test]
fn a_blank_radio_that_was_told_who_it_is_knows_it_though_its_process_was_killed() -> Result<()> {
    let directory = tempdir()?;
    let network = Network::start(directory.path())?;
    let (unit, key) = (1037, format!("{:032x}", 1037));
    let is_subscriber = |imei: &str| -> Result<()> {
        let file = path(directory.path(), "blank.csv");
        fs::write(&file, format!("unit,imei,key,talkgroups\n{unit},{imei},{key},41\n"))?;
        let (to, token) = (network.operator.to_string(), path(directory.path(), "desk.token"));
        let ca = path(directory.path(), "zone/ca.pem");
        let reach = ["--to", &to, "--token-file", &token, "--ca", &ca];
        succeed("controller", &[&["subscribers", "import", &file][..], &reach].concat()).map(drop)
    };
    is_subscriber("350000000001037")?;
    // What the roster calls it nobody in the network knows.
    let name = 9001;
    let roster = format!(
        "unit,key,talkgroup,east_m,north_m,imei,blank\n{name},{key},41,300,200,350000000001037,true\n"
    );
    fs::write(path(directory.path(), "handsets-blank.csv"), roster)?;

    let mut blank = handsets(&network, "handsets-blank.csv", "blank.state")?;
    blank.tell(&format!("{name} on"))?;
    let line = notices(&blank, name, "subscribed")?;
    ensure!(line.contains(&format!("\"individual_id\":{unit},")), "{line}");
    notices(&blank, name, "registered")?;
    blank.kill()?;

    // From here on its equipment leads to nobody.
    is_subscriber("")?;
    let mut told = handsets(&network, "handsets-blank.csv", "blank.state")?;
    told.tell(&format!("{name} on"))?;
    let mut passed = Vec::new();
    told.expect_line("that it is registered", |line| {
        passed.push(line.to_owned());
        tells(line, "registered")
    })?;
    ensure!(!passed.iter().any(|line| tells(line, "subscribed")), "it is blank only once: {passed:?}");
    is_ended(&mut told)?;

    let mut elsewhere = handsets(&network, "handsets-blank.csv", "elsewhere")?;
    elsewhere.tell(&format!("{name} on"))?;
    let line = notices(&elsewhere, name, "register_refused")?;
    ensure!(line.contains("unknown_identity"), "{line}");
    is_ended(&mut elsewhere)
}

#[test]
fn a_radio_is_what_operators_made_of_it_though_its_process_was_killed() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start(directory.path())?;
    let mut desk = Desk::at(&network)?;
    let [[stunned, regrouped], [killed, usual]] = UNITS;
    let unit = |number| UnitId::new(number).unwrap();
    desk.has(Order::Stun { unit: unit(stunned) })?;
    let talkgroup = TalkgroupId::new(42).unwrap();
    desk.has(Order::Regroup { unit: unit(regrouped), talkgroup, locked: true })?;
    desk.has(Order::Kill { unit: unit(killed) })?;

    for site in [1, 2] {
        network.restart_handsets(site)?;
        for unit in UNITS[site - 1] {
            network.handsets[site - 1].tell(&format!("{unit} on"))?;
        }
    }
    // Of the roster's talkgroup and of the lock only the radio itself can know.
    let line = network.expect(1, regrouped, "registered")?;
    ensure!(line.contains("\"talkgroup\":42"), "it is set back: {line}");
    network.handsets[0].tell(&format!("{regrouped} talkgroup 41"))?;
    let line = network.expect(1, regrouped, "refused")?;
    ensure!(line.contains("selector_locked"), "{line}");
    // A radio that did not know would ask to be registered.
    let named = format!("\"unit\":{killed}");
    let line = network.handsets[1].expect_line("a refusal", |line| line.contains(&named))?;
    ensure!(tells(&line, "refused") && line.contains("unit_killed"), "{line}");
    network.expect(2, usual, "registered")?;

    // Revived, it is served, and remembers that too.
    desk.has(Order::Revive { unit: unit(stunned) })?;
    network.restart_handsets(1)?;
    network.handsets[0].tell(&format!("{stunned} on"))?;
    let line = network.expect(1, stunned, "registered")?;
    ensure!(line.contains("\"talkgroup\":41"), "{line}");

    let file = directory.path().join(format!("handsets-1.csv.state/{regrouped}.json"));
    let whole = fs::read(&file)?;
    fs::write(&file, &whole[..whole.len() / 2])?;
    let air = network.air[0].to_string();
    let roster = path(directory.path(), "handsets-1.csv");
    let refused = run("trunklab", &["handset", "--air", &air, "--roster", &roster])?;
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    ensure!(refused.status.code() == Some(1) && said.lines().count() == 1, "{said}");
    ensure!(said.contains("1018.json is damaged") && said.contains("remove it"), "{said}");
    Ok(())
}
