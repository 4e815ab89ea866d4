//! A network of real programs: a zone made by the documented steps, its controller, base stations and handsets, each a
//! process of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::{Process, address, succeed};

/// The zone file of every process test: two sites out of each other's reach, talkgroups 41 and 42.
pub const ZONE: &str = r#"
[[site]]
id = 1
name = "Hill"
profile = "iden"
carriers = [1, 2]
control = "1/0"
position = { east_m = 0, north_m = 0 }
power_dbm = 40

[[site]]
id = 2
name = "Harbour"
profile = "iden"
carriers = [3, 4]
control = "3/0"
position = { east_m = 90000, north_m = 0 }
power_dbm = 40

[[talkgroup]]
id = 41
name = "Fire dispatch"
hang_time_ms = 500

[[talkgroup]]
id = 42
name = "Harbour works"
hang_time_ms = 500
"#;

/// Units at site 1 and at site 2.
pub const UNITS: [[u32; 2]; 2] = [[1017, 1018], [1027, 1028]];

/// A controller, two base stations and a process of handsets at each site.
#[derive(Debug)]
pub struct Network {
    /// Where its files are.
    pub directory: PathBuf,
    /// The controller; `None` while it is killed.
    pub controller: Option<Process>,
    /// The base stations of sites 1 and 2; `None` while killed.
    pub stations: [Option<Process>; 2],
    /// The handsets at sites 1 and 2.
    pub handsets: [Process; 2],
    /// Where sites connect.
    pub listen: SocketAddr,
    /// Where operators connect.
    pub operator: SocketAddr,
    /// Where the switch receives.
    pub voice: SocketAddr,
    /// The stations' air ports.
    pub air: [SocketAddr; 2],
}

impl Network {
    /// Makes everything in an empty directory by the documented steps, and waits until every handset is registered.
    ///
    /// # Errors
    /// What did not work.
    pub fn start(directory: &Path) -> Result<Self> {
        Self::start_of(directory, ZONE)
    }

    /// The same with another zone file for its sites and talkgroups.
    ///
    /// # Errors
    /// What did not work.
    pub fn start_of(directory: &Path, zone: &str) -> Result<Self> {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        make_zone_of(directory, zone)?;
        let (controller, [listen, operator, voice]) = start_controller(directory, [anywhere; 3])?;
        let mut stations = [None, None];
        let mut air = [anywhere; 2];
        for site in [1, 2] {
            enrol(directory, site, operator)?;
            let (station, at) = start_station(directory, site, listen, anywhere)?;
            (stations[site - 1], air[site - 1]) = (Some(station), at);
        }
        let handsets = [start_handsets(directory, 1, air[0])?, start_handsets(directory, 2, air[1])?];
        let mut network = Self {
            directory: directory.to_owned(),
            controller: Some(controller),
            stations,
            handsets,
            listen,
            operator,
            voice,
            air,
        };
        for site in [1, 2] {
            for unit in UNITS[site - 1] {
                network.handsets[site - 1].tell(&format!("{unit} on"))?;
            }
            for _ in UNITS[site - 1] {
                network.expect_any(site, "registered")?;
            }
        }
        Ok(network)
    }

    /// Kills the base station of a site.
    ///
    /// # Errors
    /// When it did not run.
    pub fn kill_station(&mut self, site: usize) -> Result<()> {
        self.stations[site - 1].take().context("the base station does not run")?.kill()
    }

    /// Starts the base station of a site where it was.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_station(&mut self, site: usize) -> Result<()> {
        let (station, _) = start_station(&self.directory, site, self.listen, self.air[site - 1])?;
        self.stations[site - 1] = Some(station);
        Ok(())
    }

    /// Kills the controller.
    ///
    /// # Errors
    /// When it did not run.
    pub fn kill_controller(&mut self) -> Result<()> {
        self.controller.take().context("the controller does not run")?.kill()
    }

    /// Starts the controller where it was.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_controller(&mut self) -> Result<()> {
        let (controller, _) = start_controller(&self.directory, [self.listen, self.operator, self.voice])?;
        self.controller = Some(controller);
        Ok(())
    }

    /// Kills the process of the handsets at a site, and starts it again with all of them off.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn restart_handsets(&mut self, site: usize) -> Result<()> {
        let again = start_handsets(&self.directory, site, self.air[site - 1])?;
        std::mem::replace(&mut self.handsets[site - 1], again).kill()
    }

    /// Waits for an event of any handset at a site.
    ///
    /// # Errors
    /// When it does not come.
    pub fn expect_any(&self, site: usize, event: &str) -> Result<String> {
        self.handsets[site - 1].expect_line(event, |line| tells(line, event))
    }

    /// Waits for an event of one handset at a site.
    ///
    /// # Errors
    /// When it does not come.
    pub fn expect(&self, site: usize, unit: u32, event: &str) -> Result<String> {
        let who = format!("\"unit\":{unit}");
        self.handsets[site - 1]
            .expect_line(&format!("{event} of unit {unit}"), |line| line.contains(&who) && tells(line, event))
    }

    /// A call from one handset to another, from the press until both know that it is over.
    ///
    /// # Errors
    /// When any step does not come.
    pub fn call(
        &mut self,
        (from_site, talker): (usize, u32),
        (to_site, listener): (usize, u32),
    ) -> Result<()> {
        self.handsets[from_site - 1].tell(&format!("{talker} press"))?;
        if from_site == to_site {
            // One output: the two come in either order.
            let mut missing = vec![(talker, "talk_permit"), (listener, "hears")];
            self.handsets[from_site - 1].expect_line("talk permit and speech", |line| {
                missing.retain(|(unit, event)| {
                    !(line.contains(&format!("\"unit\":{unit}")) && tells(line, event))
                });
                missing.is_empty()
            })?;
        } else {
            self.expect(from_site, talker, "talk_permit")?;
            self.expect(to_site, listener, "hears")?;
        }
        self.handsets[from_site - 1].tell(&format!("{talker} release"))?;
        self.expect(to_site, listener, "left")?;
        Ok(())
    }
}

/// Whether a line of `trunklab handset --json` tells of an event.
pub fn tells(line: &str, event: &str) -> bool {
    line.contains(&format!("\"event\":\"{event}\""))
}

/// Makes the zone's directory, the database and the rosters.
///
/// # Errors
/// What did not work.
pub fn make_zone(directory: &Path) -> Result<()> {
    make_zone_of(directory, ZONE)
}

fn make_zone_of(directory: &Path, zone: &str) -> Result<()> {
    let mut zone = zone.to_owned();
    for (site, units) in (1..).zip(UNITS) {
        let mut roster = "unit,key,talkgroup,east_m,north_m\n".to_owned();
        let east_m = (site - 1) * 90_000 + 300;
        for unit in units {
            let key = format!("{unit:032x}");
            zone.push_str(&format!(
                "\n[[subscriber]]\nunit = {unit}\nkey = \"{key}\"\ntalkgroups = [41, 42]\n"
            ));
            roster.push_str(&format!("{unit},{key},41,{east_m},200\n"));
        }
        std::fs::write(directory.join(format!("handsets-{site}.csv")), roster)?;
    }
    std::fs::write(directory.join("zone.toml"), zone)?;
    succeed("controller", &["ca", "init", "--dir", &path(directory, "zone")])?;
    let (db, config) = (path(directory, "zone.db"), path(directory, "zone.toml"));
    succeed("controller", &["provision", "--db", &db, "--config", &config])?;
    let desk = path(directory, "desk.token");
    succeed(
        "controller",
        &["token", "--db", &db, "--out", &desk, "--role", "administrator", "--name", "desk"],
    )?;
    Ok(())
}

/// Enrols a site at a controller that runs.
///
/// # Errors
/// What did not work.
pub fn enrol(directory: &Path, site: usize, operator: SocketAddr) -> Result<()> {
    let zone = path(directory, "zone");
    let token = succeed("controller", &["ca", "token", "--dir", &zone, "--site", &site.to_string()])?;
    let (operator, out) = (operator.to_string(), path(directory, &format!("site-{site}")));
    succeed("basestation", &["enrol", "--controller", &operator, "--token", &token, "--out", &out])?;
    Ok(())
}

/// Starts a controller: its ports for sites, operators and voice.
///
/// # Errors
/// When it does not come up.
pub fn start_controller(directory: &Path, at: [SocketAddr; 3]) -> Result<(Process, [SocketAddr; 3])> {
    let [listen, operator, voice] = at.map(|address| address.to_string());
    let controller = Process::start(
        "controller",
        &[
            "run",
            "--db",
            &path(directory, "zone.db"),
            "--credentials",
            &path(directory, "zone"),
            "--listen",
            &listen,
            "--operator",
            &operator,
            "--voice",
            &voice,
        ],
    )?;
    let ready = controller.expect_line("that it is ready", |line| line.starts_with("controller ready"))?;
    let at = [address(&ready, "sites ")?, address(&ready, "operators ")?, address(&ready, "voice ")?];
    Ok((controller, at))
}

fn start_station(
    directory: &Path,
    site: usize,
    listen: SocketAddr,
    air: SocketAddr,
) -> Result<(Process, SocketAddr)> {
    let credentials = path(directory, &format!("site-{site}"));
    let (listen, air) = (listen.to_string(), air.to_string());
    let station = Process::start(
        "basestation",
        &["run", "--controller", &listen, "--credentials", &credentials, "--air", &air],
    )?;
    let ready = station.expect_line("that it is ready", |line| line.starts_with("basestation ready"))?;
    let air = address(&ready, "air ")?;
    Ok((station, air))
}

fn start_handsets(directory: &Path, site: usize, air: SocketAddr) -> Result<Process> {
    let roster = path(directory, &format!("handsets-{site}.csv"));
    Process::start("trunklab", &["handset", "--air", &air.to_string(), "--roster", &roster, "--json"])
}

/// A file's path as an argument.
pub fn path(directory: &Path, name: &str) -> String {
    directory.join(name).display().to_string()
}
