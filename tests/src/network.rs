//! A network of real programs: a zone made by the documented steps, its controller, base stations and handsets, each a
//! process of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::plan::{Plan, Radio, Roster, ZONE, enrol, path};
use crate::process::{Process, Surroundings, address};

/// An address that no other network has: a controller that is started again finds its ports free, whoever has been given one
/// of the same number meanwhile. Only Linux has more than one such address.
fn own_address() -> SocketAddr {
    static COUNT: AtomicU8 = AtomicU8::new(0);
    let address = if cfg!(target_os = "linux") {
        let [.., high, low] = std::process::id().to_be_bytes();
        Ipv4Addr::new(127, 128 | high, low, 1 + COUNT.fetch_add(1, Ordering::Relaxed) % 250)
    } else {
        Ipv4Addr::LOCALHOST
    };
    SocketAddr::new(address.into(), 0)
}

/// How long a radio needs to register where nothing is in its way.
const SHOUTS_FOR: Duration = Duration::from_millis(500);

/// A controller, base stations and processes of handsets.
#[derive(Debug)]
pub struct Network {
    /// Where its files are.
    pub directory: PathBuf,
    /// What it is made of.
    pub plan: Plan,
    /// The controller; `None` while it is killed.
    pub controller: Option<Process>,
    /// The base stations in the order of their sites; `None` while killed.
    pub stations: Vec<Option<Process>>,
    /// The processes of handsets in the order of the rosters.
    pub handsets: Vec<Process>,
    /// Where sites connect.
    pub listen: SocketAddr,
    /// Where operators connect.
    pub operator: SocketAddr,
    /// Where the switch receives.
    pub voice: SocketAddr,
    /// Where each station looks for its controller.
    pub ways: Vec<SocketAddr>,
    /// The stations' air ports.
    pub air: Vec<SocketAddr>,
    /// The controller's database.
    pub database: PathBuf,
    /// In what the controller is started.
    pub around_controller: Surroundings,
    /// Each station's credentials.
    pub credentials: Vec<PathBuf>,
    /// In what each station is started.
    pub around_stations: Vec<Surroundings>,
    /// What each station is told beside the usual.
    pub further_of_stations: Vec<Vec<String>>,
    /// Where each station receives voice; `None` before its first start.
    pub voice_of_stations: Vec<Option<SocketAddr>>,
    /// What each process of handsets is told beside the usual.
    pub further_of_handsets: Vec<Vec<String>>,
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
        let mut network = Self::prepare(directory, Plan::of_two_sites(zone))?;
        network.start_rest()?;
        Ok(network)
    }

    /// Makes the zone, starts its controller and enrols its sites: no base station runs yet.
    ///
    /// # Errors
    /// What did not work.
    pub fn prepare(directory: &Path, plan: Plan) -> Result<Self> {
        Self::prepare_in(directory, plan, &Surroundings::default())
    }

    /// The same with base stations and controller in surroundings of their own.
    ///
    /// # Errors
    /// What did not work.
    pub fn prepare_in(directory: &Path, plan: Plan, around: &Surroundings) -> Result<Self> {
        plan.make(directory)?;
        let database = directory.join("zone.db");
        let here = own_address();
        let (controller, [listen, operator, voice]) =
            start_controller_in(around, directory, &database, [here; 3])?;
        for site in 1..=plan.sites {
            enrol(directory, site, operator)?;
        }
        Ok(Self {
            directory: directory.to_owned(),
            controller: Some(controller),
            stations: (0..plan.sites).map(|_| None).collect(),
            handsets: Vec::new(),
            listen,
            operator,
            voice,
            ways: vec![listen; plan.sites],
            air: vec![here; plan.sites],
            database,
            around_controller: around.clone(),
            credentials: (1..=plan.sites).map(|site| directory.join(format!("site-{site}"))).collect(),
            around_stations: vec![around.clone(); plan.sites],
            further_of_stations: vec![Vec::new(); plan.sites],
            voice_of_stations: vec![None; plan.sites],
            further_of_handsets: vec![Vec::new(); plan.rosters.len()],
            plan,
        })
    }

    /// Starts base stations and handsets, and waits until every handset is registered.
    ///
    /// # Errors
    /// What did not work.
    pub fn start_rest(&mut self) -> Result<()> {
        for site in 1..=self.plan.sites {
            self.start_station(site)?;
        }
        for roster in 1..=self.plan.rosters.len() {
            let handsets = self.start_handsets(roster)?;
            self.handsets.push(handsets);
        }
        self.register()
    }

    /// Switches all radios on: of each process one at each site at once, and the next a little later, so that they do not shout each
    /// other down.
    fn register(&mut self) -> Result<()> {
        for (handsets, Roster { sites, radios }) in self.handsets.iter_mut().zip(&self.plan.rosters) {
            for radios in radios.chunks(sites.len()) {
                for Radio { unit, .. } in radios {
                    handsets.tell(&format!("{unit} on"))?;
                }
                std::thread::sleep(SHOUTS_FOR);
            }
            let registered = |radio: &Radio| (radio.unit, "\"event\":\"registered\"".to_owned());
            expect_all(handsets, radios.iter().map(registered).collect())?;
        }
        Ok(())
    }

    /// Kills the base station of a site.
    ///
    /// # Errors
    /// When it did not run.
    pub fn kill_station(&mut self, site: usize) -> Result<()> {
        self.stations[site - 1].take().context("the base station does not run")?.kill()
    }

    /// Starts the base station of a site, where it was if it ran before.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_station(&mut self, site: usize) -> Result<()> {
        let credentials = self.credentials[site - 1].display().to_string();
        let (controller, air) = (self.ways[site - 1].to_string(), self.air[site - 1].to_string());
        let mut arguments =
            vec!["run", "--controller", &controller, "--credentials", &credentials, "--air", &air];
        arguments.extend(self.further_of_stations[site - 1].iter().map(String::as_str));
        let station = self.around_stations[site - 1].start("basestation", &arguments)?;
        let ready = station.expect_line("that it is ready", |line| line.starts_with("basestation ready"))?;
        self.air[site - 1] = address(&ready, "air ")?;
        self.voice_of_stations[site - 1] = Some(address(&ready, "voice ")?);
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
        let at = [self.listen, self.operator, self.voice];
        let (controller, _) =
            start_controller_in(&self.around_controller, &self.directory, &self.database, at)?;
        self.controller = Some(controller);
        Ok(())
    }

    /// Asks the controller to end, and waits for that: from here on its database can be looked at.
    ///
    /// # Errors
    /// When it does not end as it should.
    pub fn stop_controller(&mut self) -> Result<()> {
        let mut controller = self.controller.take().context("the controller does not run")?;
        ensure!(controller.terminate()?.success(), "{}", controller.log());
        Ok(())
    }

    fn start_handsets(&self, roster: usize) -> Result<Process> {
        let file = path(&self.directory, &format!("handsets-{roster}.csv"));
        let mut arguments = vec!["handset".to_owned(), "--roster".to_owned(), file, "--json".to_owned()];
        for site in &self.plan.rosters[roster - 1].sites {
            arguments.extend(["--air".to_owned(), self.air[site - 1].to_string()]);
        }
        arguments.extend_from_slice(&self.further_of_handsets[roster - 1]);
        Process::start("trunklab", &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Kills a process of handsets, and starts it again with all of them off.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn restart_handsets(&mut self, roster: usize) -> Result<()> {
        let again = self.start_handsets(roster)?;
        std::mem::replace(&mut self.handsets[roster - 1], again).kill()
    }

    /// Waits for an event of any handset of a process.
    ///
    /// # Errors
    /// When it does not come.
    pub fn expect_any(&self, roster: usize, event: &str) -> Result<String> {
        self.handsets[roster - 1].expect_line(event, |line| tells(line, event))
    }

    /// Waits for an event of one handset of a process.
    ///
    /// # Errors
    /// When it does not come.
    pub fn expect(&self, roster: usize, unit: u32, event: &str) -> Result<String> {
        self.handsets[roster - 1]
            .expect_line(&format!("{event} of unit {unit}"), |line| is_of(line, unit) && tells(line, event))
    }

    /// Waits for these events of these handsets of a process, in whatever order they come; gives what was said meanwhile.
    ///
    /// # Errors
    /// When one does not come.
    pub fn expect_all(&self, roster: usize, wanted: &[(u32, &str)]) -> Result<Vec<String>> {
        let texts = wanted.iter().map(|(unit, event)| (*unit, format!("\"event\":\"{event}\"")));
        expect_all(&self.handsets[roster - 1], texts.collect())
    }

    /// Waits for an event of each of these handsets of a process; gives what was said meanwhile.
    ///
    /// # Errors
    /// When one does not come.
    pub fn expect_each(&self, roster: usize, units: &[u32], event: &str) -> Result<Vec<String>> {
        self.expect_all(roster, &units.iter().map(|unit| (*unit, event)).collect::<Vec<_>>())
    }

    /// Waits until each of these handsets of a process is told of a service of its site; gives what was said meanwhile.
    ///
    /// # Errors
    /// When one is not.
    pub fn expect_service(&self, roster: usize, units: &[u32], service: &str) -> Result<Vec<String>> {
        let texts = units.iter().map(|unit| (*unit, format!("\"service\":\"{service}\"")));
        expect_all(&self.handsets[roster - 1], texts.collect())
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
            self.expect_all(from_site, &[(talker, "talk_permit"), (listener, "hears")])?;
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

/// Whether such a line is about a unit.
pub fn is_of(line: &str, unit: u32) -> bool {
    line.contains(&format!("\"unit\":{unit},"))
}

/// Judges that in these lines of a process of handsets none had to register again.
///
/// # Errors
/// Where one had to.
pub fn nobody_registers(said: &[String]) -> Result<()> {
    let registrations: Vec<_> = said.iter().filter(|line| line.contains("\"event\":\"regist")).collect();
    ensure!(registrations.is_empty(), "a radio had to register again: {registrations:#?}");
    Ok(())
}

/// Waits until each of these units has said something with its text in it; gives what was said meanwhile.
fn expect_all(handsets: &Process, mut missing: Vec<(u32, String)>) -> Result<Vec<String>> {
    let mut said = Vec::new();
    let what = format!("{} things, the first {:?}", missing.len(), missing.first());
    let outcome = handsets.expect_line(&what, |line| {
        said.push(line.to_owned());
        missing.retain(|(unit, text)| !(is_of(line, *unit) && line.contains(text)));
        missing.is_empty()
    });
    outcome.with_context(|| format!("missing are {missing:?}"))?;
    Ok(said)
}

/// Starts a controller: its ports for sites, operators and voice.
///
/// # Errors
/// When it does not come up.
pub fn start_controller(directory: &Path, at: [SocketAddr; 3]) -> Result<(Process, [SocketAddr; 3])> {
    start_controller_in(&Surroundings::default(), directory, &directory.join("zone.db"), at)
}

fn start_controller_in(
    around: &Surroundings,
    directory: &Path,
    database: &Path,
    at: [SocketAddr; 3],
) -> Result<(Process, [SocketAddr; 3])> {
    let [listen, operator, voice] = at.map(|address| address.to_string());
    let controller = around.start(
        "controller",
        &[
            "run",
            "--db",
            &database.display().to_string(),
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
