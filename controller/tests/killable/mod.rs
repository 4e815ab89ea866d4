//! A controller as a process that is killed with SIGKILL over and over on one database, and an operator's connection to it.

#![allow(clippy::unwrap_used, reason = "a test fails where its helper does")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use trunklab_controller::operator::{new_operator_token, token_hash};
use trunklab_controller::store::{Store, StorePlace, StoredToken};
use trunklab_controller::zone::{Zone, client_config};
use trunklab_controller_core::config::{Change, SiteConfig, Subscriber, Talkgroup};
use trunklab_protocol::operator::{ConsoleName, Role};
use trunklab_protocol::{CarrierNumber, ProfileId, TalkgroupId, UnitId};

use crate::site::{KEY, site_id};

/// Kills in the test command, and in the nightly length.
const KILLS: u64 = 20;
const KILLS_NIGHTLY: u64 = 200;

pub fn unit(number: u16) -> UnitId {
    UnitId::new(u32::from(number)).unwrap()
}

pub fn talkgroup(number: u16) -> TalkgroupId {
    TalkgroupId::new(number).unwrap()
}

/// A site of four carriers, units from 1 on, each with a talkgroup of its number, and talkgroups without units.
pub fn provisioned(units: u16, further: [u16; 2]) -> Vec<Change> {
    let carrier = |number| CarrierNumber::new(number).unwrap();
    let site = SiteConfig {
        carriers: (1..=4).map(carrier).collect(),
        ..SiteConfig::new(site_id(), ProfileId::Iden, carrier(1))
    };
    let mut changes = vec![Change::Site(site)];
    for number in (1..=units).chain(further) {
        // Each transmission is a call of its own.
        let config = Talkgroup { hang_time_ms: Some(0), ..Talkgroup::named(talkgroup(number), "Test") };
        changes.push(Change::Talkgroup(config));
    }
    for number in 1..=units {
        let talkgroups = vec![talkgroup(number)];
        changes.push(Change::Subscriber(Subscriber { talkgroups, ..Subscriber::new(unit(number), KEY) }));
    }
    changes
}

/// A database, a zone's certificates, and an operator's token.
pub struct Bench {
    pub directory: tempfile::TempDir,
    pub zone: Zone,
    pub token: String,
}

impl Bench {
    pub fn new(provisioned: &[Change]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let zone = Zone::ephemeral().unwrap();
        let credentials = directory.path().join("zone");
        fs::create_dir(&credentials).unwrap();
        let shown = zone.controller();
        for (name, text) in [
            ("ca.pem", &shown.ca_pem),
            ("controller.pem", &shown.certificate_pem),
            ("controller.key", &shown.key_pem),
        ] {
            fs::write(credentials.join(name), text).unwrap();
        }
        let token = new_operator_token().unwrap();
        let mut store = Store::open(&StorePlace::File(directory.path().join("zone.db"))).unwrap();
        store.provision(provisioned).unwrap();
        let name = ConsoleName::new("tester");
        let stored = StoredToken { hash: token_hash(&token), name, role: Role::Administrator };
        store.add_operator_token(&stored).unwrap();
        Self { directory, zone, token }
    }

    pub fn db(&self) -> PathBuf {
        self.directory.path().join("zone.db")
    }

    /// The database after a kill: whole.
    pub fn connection(&self) -> Connection {
        let connection = Connection::open(self.db()).unwrap();
        let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(verdict, "ok");
        connection
    }
}

/// When the kills come: they differ from one to the next and from seed to seed.
pub struct Moments {
    pub kills: u64,
    pub seed: u64,
    random: u64,
}

impl Moments {
    /// `TRUNKLAB_NIGHTLY=1` is the nightly length, `TRUNKLAB_SEED` the seed.
    pub fn new() -> Self {
        let is_nightly = std::env::var_os("TRUNKLAB_NIGHTLY").is_some();
        let seed = std::env::var("TRUNKLAB_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
        Self { kills: if is_nightly { KILLS_NIGHTLY } else { KILLS }, seed, random: seed }
    }

    /// Waits for the next one: some come while radios still register, others behind a few orders, all at some moment of the
    /// work.
    pub async fn next(&mut self, answered: impl Fn() -> u64) {
        // Knuth's multiplier.
        self.random =
            self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (answers, pause_ms) = ((self.random >> 33) % 5, (self.random >> 40) % 150);
        let before = answered();
        let patience = Instant::now() + Duration::from_secs(60);
        while answered() < before + answers {
            assert!(Instant::now() < patience, "the controller answers no orders");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    }
}

/// A controller's process, which does not outlive the test.
pub struct Running(Child);

impl Running {
    /// SIGKILL.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have been killed already.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A controller that serves, and where its sites and operators connect.
pub fn serving(directory: &Path) -> (Running, SocketAddr, SocketAddr) {
    let child = Command::new(env!("CARGO_BIN_EXE_controller"))
        .current_dir(directory)
        .args(["run", "--db", "zone.db", "--credentials", "zone"])
        .args(["--listen", "127.0.0.1:0", "--operator", "127.0.0.1:0", "--voice", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut running = Running(child);
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = |word: &str| {
        let rest = line.split(word).nth(1).unwrap_or_else(|| panic!("no `{word}` in `{line}`"));
        rest.split(',').next().unwrap().trim().parse().unwrap()
    };
    let (sites, operators) = (address("sites "), address("operators "));
    (running, sites, operators)
}

/// A connection to the operator port.
pub struct Line {
    stream: TlsStream<TcpStream>,
    token: String,
    heard: Vec<u8>,
}

impl Line {
    /// Connects; `None` where nobody is there.
    pub async fn open(address: SocketAddr, ca_pem: &str, token: String) -> Option<Self> {
        let config = client_config(ca_pem, None).unwrap();
        let stream = TcpStream::connect(address).await.ok()?;
        let name = ServerName::try_from("controller").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
        Some(Self { stream, token, heard: Vec::new() })
    }

    /// Waits until the controller knows the token: one that has just started may not have read its tokens yet. `false` when it
    /// is gone before that.
    pub async fn is_admitted(&mut self) -> bool {
        loop {
            match self.ask("GET /v1/attempts", "").await {
                Some((401, _)) => tokio::time::sleep(Duration::from_millis(5)).await,
                Some(_) => return true,
                None => return false,
            }
        }
    }

    /// Status and body; `None` when the controller is gone before all is there.
    pub async fn ask(&mut self, head: &str, body: &str) -> Option<(u16, String)> {
        let request = format!(
            "{head} HTTP/1.1\r\nHost: controller\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.ok()?;
        self.stream.flush().await.ok()?;
        loop {
            if let Some(answer) = self.answer() {
                return Some(answer);
            }
            if self.stream.read_buf(&mut self.heard).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    fn answer(&mut self) -> Option<(u16, String)> {
        let headers_len = self.heard.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let headers = String::from_utf8(self.heard[..headers_len].to_vec()).unwrap();
        let length = headers.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
        });
        let whole = headers_len + length.unwrap_or(0);
        let body = self.heard.get(headers_len..whole)?;
        let body = String::from_utf8(body.to_vec()).unwrap();
        self.heard.drain(..whole);
        Some((headers.split(' ').nth(1).unwrap().parse().unwrap(), body))
    }
}
