//! The real programs as child processes: a zone made by the documented steps, what each process says, its end.
//!
//! A child is ended by its own handle or process id, never by a name; whatever still runs is killed with its handle.

use std::collections::VecDeque;
use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// A guard against hanging, not a figure: nothing in a healthy network takes this long.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Lines of one process that are kept for a failure's message.
const LINES_MAX: usize = 2_000;

/// Where the programs lie, built for the profile of the test that runs.
static PROGRAMS: LazyLock<Result<PathBuf, String>> =
    LazyLock::new(|| build().map_err(|error| format!("{error:#}")));

/// The path of `controller`, `basestation` or `trunklab`; the first call builds them all.
///
/// # Errors
/// When they cannot be built.
pub fn program(name: &str) -> Result<PathBuf> {
    match &*PROGRAMS {
        Ok(directory) => Ok(directory.join(name)),
        Err(error) => bail!("{error}"),
    }
}

/// Tests of one package may not ask for another's programs, so cargo is asked here. It locks its folder itself.
fn build() -> Result<PathBuf> {
    let test = std::env::current_exe().context("the test does not know where it lies")?;
    let directory = test.ancestors().nth(2).context("the test does not lie in cargo's folder")?.to_owned();
    let target = directory.parent().context("the programs' folder has no parent")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--bins", "--locked"]);
    build.args(["-p", "trunklab-controller", "-p", "trunklab-basestation", "-p", "trunklab"]);
    build.arg("--target-dir").arg(target);
    if directory.ends_with("release") {
        build.arg("--release");
    }
    let output = build.current_dir(env!("CARGO_MANIFEST_DIR")).output().context("cannot start cargo")?;
    ensure!(
        output.status.success(),
        "cannot build the programs: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(directory)
}

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started, or does not end.
pub fn run(name: &str, arguments: &[&str]) -> Result<Output> {
    let mut process = Process::start(name, arguments)?;
    let status = process.wait()?;
    let (stdout, stderr) = (process.take_output(), process.log());
    Ok(Output { status, stdout: stdout.into_bytes(), stderr: stderr.into_bytes() })
}

/// Runs a program that must succeed; what it printed.
///
/// # Errors
/// What it complained of.
pub fn succeed(name: &str, arguments: &[&str]) -> Result<String> {
    let output = run(name, arguments)?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} {arguments:?}: {}: {complaint}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// A program that runs. Dropping it kills it.
pub struct Process {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: mpsc::Receiver<String>,
    log: Arc<Mutex<VecDeque<String>>>,
    readers: Vec<thread::JoinHandle<()>>,
}

impl fmt::Debug for Process {
    fn fmt(&self, into: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(into, "{} (process {})", self.name, self.child.id())
    }
}

impl Process {
    /// Starts a program.
    ///
    /// # Errors
    /// When the system cannot.
    pub fn start(name: &str, arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new(program(name)?)
            .args(arguments)
            .env_remove("RUST_LOG")
            .env_remove("TRUNKLAB_DB")
            .env_remove("TRUNKLAB_CREDENTIALS")
            .env_remove("TRUNKLAB_TOKEN")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let (said, lines) = mpsc::channel();
        let log = Arc::new(Mutex::new(VecDeque::new()));
        let kept = Arc::clone(&log);
        let stdout = child.stdout.take().expect("it was piped");
        let stderr = child.stderr.take().expect("it was piped");
        let readers = vec![
            // Whoever no longer listens has ended the test.
            read_lines(stdout, move |line| drop(said.send(line))),
            read_lines(stderr, move |line| {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == LINES_MAX {
                    kept.pop_front();
                }
                kept.push_back(line);
            }),
        ];
        let stdin = child.stdin.take();
        Ok(Self { name: name.to_owned(), child, stdin, lines, log, readers })
    }

    /// Writes a line to its standard input.
    ///
    /// # Errors
    /// When it has ended.
    pub fn tell(&mut self, line: &str) -> Result<()> {
        let stdin = self.stdin.as_mut().context("its input is closed")?;
        writeln!(stdin, "{line}").with_context(|| format!("{} does not take `{line}`", self.name))
    }

    /// The next line of its standard output for which `wanted` holds; the lines before it are passed over.
    ///
    /// # Errors
    /// When it does not come.
    pub fn expect_line(&self, what: &str, mut wanted: impl FnMut(&str) -> bool) -> Result<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut passed = Vec::new();
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if wanted(&line) => return Ok(line),
                Ok(line) => passed.push(line),
                Err(why) => bail!(
                    "{} never said {what} ({why}); it said:\n{}\nand logged:\n{}",
                    self.name,
                    passed.join("\n"),
                    self.log()
                ),
            }
        }
    }

    /// Every line of its standard output that nobody has taken yet.
    pub fn take_lines(&self) -> Vec<String> {
        self.lines.try_iter().collect()
    }

    /// What it wrote to its standard error output.
    pub fn log(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Waits until it has logged `count` lines with this text.
    ///
    /// # Errors
    /// When that does not happen.
    pub fn expect_logged(&self, text: &str, count: usize) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.log().lines().filter(|line| line.contains(text)).count() < count {
            ensure!(
                Instant::now() < deadline,
                "{} never logged `{text}` {count} times:\n{}",
                self.name,
                self.log()
            );
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Ends it at once, as a power cut would (SIGKILL).
    ///
    /// # Errors
    /// When it had ended before.
    pub fn kill(mut self) -> Result<()> {
        ensure!(
            self.child.try_wait()?.is_none(),
            "{} had ended before it was killed:\n{}",
            self.name,
            self.log()
        );
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end (SIGTERM) and waits for that.
    ///
    /// # Errors
    /// When it does not.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        let number = self.child.id().to_string();
        let asked = Command::new("sh").args(["-c", "kill -TERM \"$0\"", &number]).status()?;
        ensure!(asked.success(), "{} cannot be asked to end", self.name);
        self.wait()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it does not end.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait()? {
                for reader in self.readers.drain(..) {
                    if reader.join().is_err() {
                        bail!("what {} said could not be read", self.name);
                    }
                }
                return Ok(status);
            }
            ensure!(Instant::now() < deadline, "{} does not end:\n{}", self.name, self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn take_output(&self) -> String {
        self.take_lines().join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn read_lines(
    from: impl Read + Send + 'static,
    mut take: impl FnMut(String) + Send + 'static,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            take(line);
        }
    })
}

/// The address that follows `word` in a process's ready line.
///
/// # Errors
/// When the line has none.
pub fn address(line: &str, word: &str) -> Result<SocketAddr> {
    let rest = line.split(word).nth(1).with_context(|| format!("`{line}` does not tell its {word}"))?;
    let text = rest.split(',').next().unwrap_or_default().trim();
    text.parse().with_context(|| format!("`{text}` in `{line}` is no address"))
}

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
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        make_zone(directory)?;
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
                network.expect_any(site, "Registered")?;
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

    /// Waits for an event of any handset at a site.
    ///
    /// # Errors
    /// When it does not come.
    pub fn expect_any(&self, site: usize, event: &str) -> Result<String> {
        self.handsets[site - 1].expect_line(event, |line| line.contains(event))
    }

    /// Waits for an event of one handset at a site.
    ///
    /// # Errors
    /// When it does not come.
    pub fn expect(&self, site: usize, unit: u32, event: &str) -> Result<String> {
        let who = format!("\"unit\":{unit}");
        self.handsets[site - 1].expect_line(&format!("{event} of unit {unit}"), |line| {
            line.contains(&who) && line.contains(event)
        })
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
            let mut missing = vec![(talker, "TalkPermit"), (listener, "Hears")];
            self.handsets[from_site - 1].expect_line("TalkPermit and Hears", |line| {
                missing.retain(|(unit, event)| {
                    !(line.contains(&format!("\"unit\":{unit}")) && line.contains(event))
                });
                missing.is_empty()
            })?;
        } else {
            self.expect(from_site, talker, "TalkPermit")?;
            self.expect(to_site, listener, "Hears")?;
        }
        self.handsets[from_site - 1].tell(&format!("{talker} release"))?;
        self.expect(to_site, listener, "Left")?;
        Ok(())
    }
}

/// Makes the zone's directory, the database and the rosters.
///
/// # Errors
/// What did not work.
pub fn make_zone(directory: &Path) -> Result<()> {
    let mut zone = ZONE.to_owned();
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
