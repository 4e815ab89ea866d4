//! What a network of real programs is made of: its zone file, and the radios of each process of handsets.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;

use crate::process::succeed;

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

/// How far the sites of that zone are from each other.
const APART_M: i32 = 90_000;

/// A radio, and its subscriber.
#[derive(Debug, Clone)]
pub struct Radio {
    /// Its unit.
    pub unit: u32,
    /// Its talkgroups, first the one that is selected.
    pub talkgroups: Vec<u16>,
    /// How far east it is; it is a little north of the sites' line.
    pub east_m: i32,
}

/// The radios of one process.
#[derive(Debug, Clone)]
pub struct Roster {
    /// The sites whose air ports it hears, from 1.
    pub sites: Vec<usize>,
    /// Its radios.
    pub radios: Vec<Radio>,
}

/// A network: its sites are numbered from 1.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The zone file, but for subscribers: those are the radios.
    pub zone: String,
    /// How many sites it has.
    pub sites: usize,
    /// The processes of handsets.
    pub rosters: Vec<Roster>,
}

impl Plan {
    /// A zone file like [`ZONE`], with [`UNITS`] in a process for each site.
    pub fn of_two_sites(zone: &str) -> Self {
        let rosters = (1..).zip(UNITS).map(|(site, units)| {
            let east_m = (site - 1) * APART_M + 300;
            let radios = units.map(|unit| Radio { unit, talkgroups: vec![41, 42], east_m });
            Roster { sites: vec![site as usize], radios: radios.to_vec() }
        });
        Self { zone: zone.to_owned(), sites: 2, rosters: rosters.collect() }
    }

    /// Makes the zone's directory, the database, an administrator's token and the rosters.
    ///
    /// # Errors
    /// What did not work.
    pub fn make(&self, directory: &Path) -> Result<()> {
        let mut zone = self.zone.clone();
        for (number, roster) in (1..).zip(&self.rosters) {
            let mut rows = "unit,key,talkgroup,east_m,north_m\n".to_owned();
            for Radio { unit, talkgroups, east_m } in &roster.radios {
                let key = format!("{unit:032x}");
                zone.push_str(&format!(
                    "\n[[subscriber]]\nunit = {unit}\nkey = \"{key}\"\ntalkgroups = {talkgroups:?}\n"
                ));
                rows.push_str(&format!("{unit},{key},{},{east_m},200\n", talkgroups[0]));
            }
            std::fs::write(directory.join(format!("handsets-{number}.csv")), rows)?;
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
}

/// Makes the zone of two sites.
///
/// # Errors
/// What did not work.
pub fn make_zone(directory: &Path) -> Result<()> {
    Plan::of_two_sites(ZONE).make(directory)
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

/// A file's path as an argument.
pub fn path(directory: &Path, name: &str) -> String {
    directory.join(name).display().to_string()
}
