//! The real programs as processes of their own, set up as docs/operating.md says: what a killed one costs the others,
//! how each ends, and what each says of input that it cannot use.

use std::collections::BTreeSet;
use std::fs;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use rusqlite::Connection;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::tempdir;
use trunklab_controller::zone::Fingerprint;
use trunklab_tests::network::{Network, start_controller, tells};
use trunklab_tests::plan::{UNITS, enrol, make_zone, path};
use trunklab_tests::process::{Process, run, succeed};

use crate::charged::{Charged, records, records_at_rest};

#[test]
fn a_killed_base_station_comes_back_with_its_radios_and_the_other_site_is_not_touched() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start(directory.path())?;
    let [[talker, listener], [far_talker, far_listener]] = UNITS;
    // At the other site a call goes on all the while.
    for unit in UNITS[1] {
        network.handsets[1].tell(&format!("{unit} talkgroup 42"))?;
        network.expect(2, unit, "affiliated")?;
    }
    network.handsets[1].tell(&format!("{far_talker} press"))?;
    network.expect(2, far_listener, "hears")?;
    network.handsets[1].take_lines();

    network.kill_station(1)?;
    let killed = Instant::now();
    network.expect_any(1, "out_of_range")?;
    println!("site 1: out of range seen {} ms after the kill", killed.elapsed().as_millis());

    network.start_station(1)?;
    let started = Instant::now();
    network.expect_each(1, &UNITS[0], "registered")?;
    println!("site 1: both radios registered {} ms after the start", started.elapsed().as_millis());
    network.call((1, talker), (1, listener))?;
    println!("site 1: a call made and over {} ms after the start", started.elapsed().as_millis());

    let touched = network.handsets[1].take_lines();
    ensure!(touched.is_empty(), "the other site's radios noticed: {touched:#?}");
    network.handsets[1].tell(&format!("{far_talker} release"))?;
    network.expect(2, far_listener, "left")?;
    Ok(())
}

#[test]
fn a_killed_controller_comes_back_in_a_new_term_and_no_call_is_recorded_twice() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start(directory.path())?;
    let [[talker, listener], [far, _]] = UNITS;
    network.call((1, talker), (2, far))?;
    // This call stands while the controller is killed.
    network.handsets[0].tell(&format!("{talker} press"))?;
    network.expect(1, talker, "talk_permit")?;
    network.expect(2, far, "hears")?;

    network.kill_controller()?;
    let (epoch, before) = database(directory.path())?;
    assert_eq!(epoch, 1);
    for station in network.stations.iter().flatten() {
        station.expect_logged("the link to the controller is gone", 1)?;
    }
    network.start_controller()?;
    let started = Instant::now();
    for station in network.stations.iter().flatten() {
        station.expect_logged("linked to the controller", 2)?;
    }
    println!("both sites linked again {} ms after the start", started.elapsed().as_millis());
    let mut again = Vec::new();
    for handsets in &network.handsets {
        handsets.expect_line("wide service", |line| {
            again.extend(line.contains("\"event\":\"regist").then(|| line.to_owned()));
            line.contains("\"service\":\"wide\"")
        })?;
    }
    println!("both sites in wide service {} ms after the start", started.elapsed().as_millis());
    network.handsets[0].tell(&format!("{talker} release"))?;
    network.handsets[1].expect_line("the end of the call", |line| {
        again.extend(line.contains("\"event\":\"regist").then(|| line.to_owned()));
        tells(line, "left")
    })?;
    ensure!(again.is_empty(), "a radio had to register again: {again:#?}");
    network.call((1, listener), (2, far))?;
    println!("a call across both sites made and over {} ms after the start", started.elapsed().as_millis());

    network.stop_controller()?;
    let (epoch, after) = (database(directory.path())?.0, records_at_rest(directory.path())?);
    assert_eq!(epoch, 2);
    println!("{after:#?}");
    let first = &before[0];
    assert!(first.cause.is_some(), "the first call was over: {first:?}");
    assert_eq!(after.iter().filter(|record| record.call == first.call).collect::<Vec<_>>(), [first]);
    let calls: BTreeSet<_> = after.iter().map(|record| record.call).collect();
    assert_eq!(calls.len(), 3, "three calls were made: {after:#?}");
    Ok(())
}

#[test]
fn sites_that_obeyed_an_older_database_are_served_from_a_new_one() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start(directory.path())?;
    let [[talker, _], [far, _]] = UNITS;
    // The second term: a new database's first one would be refused by every site.
    network.kill_controller()?;
    for station in network.stations.iter().flatten() {
        station.expect_logged("the link to the controller is gone", 1)?;
    }
    network.handsets.iter().for_each(|handsets| drop(handsets.take_lines()));
    network.start_controller()?;
    for handsets in &network.handsets {
        handsets.expect_line("wide service", |line| line.contains("\"service\":\"wide\""))?;
    }
    network.call((1, talker), (2, far))?;
    assert_eq!(database(directory.path())?.0, 2);

    network.kill_controller()?;
    for name in ["zone.db", "zone.db-wal", "zone.db-shm"] {
        let file = directory.path().join(name);
        if file.exists() {
            fs::remove_file(file)?;
        }
    }
    let (db, config) = (path(directory.path(), "zone.db"), path(directory.path(), "zone.toml"));
    succeed("controller", &["provision", "--db", &db, "--config", &config])?;
    network.handsets.iter().for_each(|handsets| drop(handsets.take_lines()));
    network.start_controller()?;
    let mut again = Vec::new();
    for handsets in &network.handsets {
        handsets.expect_line("wide service", |line| {
            again.extend(line.contains("\"event\":\"regist").then(|| line.to_owned()));
            line.contains("\"service\":\"wide\"")
        })?;
    }
    network.call((2, far), (1, talker))?;
    ensure!(again.is_empty(), "a radio had to register again: {again:#?}");

    let mut controller = network.controller.take().unwrap();
    assert!(controller.terminate()?.success(), "{}", controller.log());
    assert_eq!(database(directory.path())?.0, 3);
    assert_eq!(controller.log().matches("a higher one begins").count(), 1, "{}", controller.log());
    Ok(())
}

#[test]
fn each_process_ends_by_itself_when_asked_to() -> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start(directory.path())?;
    let processes = network
        .handsets
        .iter_mut()
        .chain(network.stations.iter_mut().flatten())
        .chain(network.controller.as_mut());
    for process in processes {
        let asked = Instant::now();
        let status = process.terminate()?;
        println!("{process:?} ended {} ms after SIGTERM", asked.elapsed().as_millis());
        assert_eq!(status.code(), Some(0), "{process:?}: {}", process.log());
        assert!(!process.log().contains("panicked"), "{process:?}: {}", process.log());
        assert!(!process.log().contains('\u{1b}'), "{process:?} paints its log: {}", process.log());
    }
    Ok(())
}

#[test]
fn input_that_cannot_be_used_is_told_in_one_sentence() -> Result<()> {
    let (directory, other) = (tempdir()?, tempdir()?);
    let here = |name: &str| path(directory.path(), name);
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    make_zone(directory.path())?;
    make_zone(other.path())?;
    let (mut controller, [listen, operator, _]) = start_controller(directory.path(), [loopback; 3])?;
    enrol(directory.path(), 1, operator)?;
    enrol(directory.path(), 3, operator)?;
    let (listen, operator) = (listen.to_string(), operator.to_string());

    // A token that was used, and one of another zone.
    let token = succeed("controller", &["ca", "token", "--dir", &here("zone"), "--site", "2"])?;
    let enrols = |token: &str, out: &str| {
        refused("basestation", &["enrol", "--controller", &operator, "--token", token, "--out", &here(out)])
    };
    succeed(
        "basestation",
        &["enrol", "--controller", &operator, "--token", &token, "--out", &here("site-2")],
    )?;
    enrols(&token, "again")?;
    assert!(!directory.path().join("again").join("site.key").exists());
    let strange =
        succeed("controller", &["ca", "token", "--dir", &path(other.path(), "zone"), "--site", "2"])?;
    let sentence = enrols(&strange, "strange")?;
    assert!(sentence.contains(&operator) && sentence.contains("controller ca token"), "{sentence}");
    enrols("no token", "strange")?;

    // A second controller on the same database, a port that somebody has, a database of a later version.
    let runs = |db: &str, credentials: &str, port: &str, at: &str| {
        let mut arguments = vec!["run", "--db", db, "--credentials", credentials];
        for flag in ["--listen", "--operator", "--voice"] {
            arguments.extend([flag, if flag == port { at } else { "127.0.0.1:0" }]);
        }
        refused("controller", &arguments)
    };
    let sentence = runs(&here("zone.db"), &here("zone"), "", "")?;
    assert!(sentence.contains("another controller is running"), "{sentence}");
    let (db, zone) = (path(other.path(), "zone.db"), path(other.path(), "zone"));
    let (tcp, udp) = (TcpListener::bind(loopback)?, UdpSocket::bind(loopback)?);
    let (tcp, busy) = (tcp.local_addr()?.to_string(), (tcp, udp));
    let udp = busy.1.local_addr()?.to_string();
    for (flag, at) in [("--listen", &tcp), ("--operator", &tcp), ("--voice", &udp)] {
        let sentence = runs(&db, &zone, flag, at)?;
        assert!(sentence.contains(flag) && sentence.contains(at.as_str()), "{sentence}");
    }
    for flag in ["--air", "--voice"] {
        let sentence = refused(
            "basestation",
            &["run", "--controller", &listen, "--credentials", &here("site-1"), flag, &udp],
        )?;
        assert!(sentence.contains(flag) && sentence.contains(&udp), "{sentence}");
    }
    Connection::open(&db)?.pragma_update(None, "user_version", 99)?;
    let sentence = runs(&db, &zone, "", "")?;
    assert!(sentence.contains("version 99"), "{sentence}");

    // Files that are missing or make no sense.
    fs::write(other.path().join("bad.toml"), "[[site]]\nid = 0\n")?;
    let bad = path(other.path(), "bad.toml");
    let sentence =
        refused("controller", &["provision", "--db", &path(other.path(), "new.db"), "--config", &bad])?;
    assert!(sentence.contains("bad.toml"), "{sentence}");
    refused(
        "controller",
        &["provision", "--db", &path(other.path(), "new.db"), "--config", &here("none.toml")],
    )?;
    runs(&db, &here("no zone"), "", "")?;
    refused("basestation", &["run", "--controller", &listen, "--credentials", &here("none")])?;
    fs::write(other.path().join("roster.csv"), "unit,key,talkgroup\n1017,short,41\n")?;
    let roster = path(other.path(), "roster.csv");
    refused("trunklab", &["handset", "--air", "127.0.0.1:9", "--roster", &roster])?;
    refused("trunklab", &["handset", "--air", "127.0.0.1:9", "--roster", &here("none.csv")])?;

    // Certificates that no further try makes good: of another zone, denied, of a site that nobody configured.
    let serves = |credentials: &str| {
        refused(
            "basestation",
            &["run", "--controller", &listen, "--credentials", credentials, "--air", "127.0.0.1:0"],
        )
    };
    let wrong = credentials_of_another_zone(directory.path(), other.path())?;
    let sentence = serves(&wrong)?;
    assert!(sentence.contains("another zone") && sentence.contains(&wrong), "{sentence}");
    let sentence = serves(&here("site-3"))?;
    assert!(sentence.contains("does not know this site") && sentence.contains("provision"), "{sentence}");
    let stolen = CertificateDer::from_pem_file(directory.path().join("site-2/site.pem"))?;
    fs::write(directory.path().join("zone/denied.txt"), Fingerprint::of(&stolen).to_string())?;
    let sentence = serves(&here("site-2"))?;
    assert!(sentence.contains("deny list") && sentence.contains("denied.txt"), "{sentence}");
    // The operators' port is not the sites'.
    let sentence = refused(
        "basestation",
        &["run", "--controller", &operator, "--credentials", &here("site-1"), "--air", "127.0.0.1:0"],
    )?;
    assert!(sentence.contains("--listen"), "{sentence}");
    assert!(controller.terminate()?.success());
    drop(busy);
    Ok(())
}

#[test]
fn a_second_base_station_with_the_certificate_of_a_site_ends_with_a_sentence_and_the_first_one_serves_on()
-> Result<()> {
    let directory = tempdir()?;
    let mut network = Network::start(directory.path())?;
    let [[talker, listener], _] = UNITS;
    let twin = path(directory.path(), "twin");
    fs::create_dir(&twin)?;
    for entry in fs::read_dir(&network.credentials[0])? {
        let entry = entry?;
        fs::copy(entry.path(), Path::new(&twin).join(entry.file_name()))?;
    }
    let listen = network.listen.to_string();
    let arguments = ["run", "--controller", &listen, "--credentials", &twin, "--air", "127.0.0.1:0"];
    let mut second = Process::start("basestation", &arguments)?;
    network
        .controller
        .as_ref()
        .expect("it runs")
        .expect_logged("two base stations show the certificate", 3)?;
    network.call((1, talker), (1, listener))?;
    let status = second.wait()?;
    let said = second.log();
    ensure!(status.code() == Some(1) && !said.contains("panicked"), "{status}: {said}");
    let sentence = said.lines().rfind(|line| line.starts_with("basestation: ")).unwrap_or_default();
    println!("{sentence}");
    ensure!(sentence.contains(&twin) && sentence.contains("another base station at this site"), "{said}");
    ensure!(sentence.contains("stop one of the two, or enrol this one"), "{said}");
    network.call((1, listener), (1, talker))?;
    let first = network.stations[0].as_ref().expect("it runs").log();
    ensure!(!first.contains("the link to the controller is gone"), "{first}");
    Ok(())
}

/// Runs what must not succeed: a code other than zero and one sentence, which is returned. A bad line of a file may be
/// shown below it.
fn refused(name: &str, arguments: &[&str]) -> Result<String> {
    let output = run(name, arguments)?;
    let said = String::from_utf8(output.stderr)?;
    println!("{}", said.trim());
    ensure!(output.status.code().is_some_and(|code| code != 0), "{name} {arguments:?} succeeded: {said}");
    let complaint: Vec<&str> = said
        .lines()
        .filter(|line| !line.trim().is_empty() && line.starts_with(&format!("{name}: ")))
        .collect();
    ensure!(complaint.len() == 1 && !said.contains("panicked"), "not one sentence: {said}");
    Ok(complaint[0].to_owned())
}

/// Site 1's credentials from a zone whose controller does not run here.
fn credentials_of_another_zone(here: &Path, other: &Path) -> Result<String> {
    fs::remove_file(other.join("zone.db"))?;
    succeed(
        "controller",
        &["provision", "--db", &path(other, "zone.db"), "--config", &path(here, "zone.toml")],
    )?;
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let (mut controller, [_, operator, _]) = start_controller(other, [loopback; 3])?;
    enrol(other, 1, operator)?;
    assert!(controller.terminate()?.success());
    Ok(path(other, "site-1"))
}

/// The controller's newest term of office, and the call records.
fn database(directory: &Path) -> Result<(u32, Vec<Charged>)> {
    let connection = Connection::open(directory.join("zone.db"))?;
    let epoch = connection.query_row("SELECT epoch FROM meta", [], |row| row.get(0))?;
    Ok((epoch, records(directory)?))
}
