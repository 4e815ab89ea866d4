//! The controller as a process, killed with SIGKILL in the middle of its work, over and over on one database: what it has
//! acknowledged is there afterwards, once.
//!
//! A scripted site makes calls as fast as they are granted; an operator joins and parts talkgroups and reads call records.
//! What counts as acknowledged follows from order and not from time: an order that was answered, a record that was given,
//! and whatever the site had heard of before an order was sent that was then answered.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on shall stop, and shows what it saw"
)]

#[allow(dead_code, reason = "the benchmarks and other tests use more of it")]
mod site;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use site::{KEY, Site, site_id};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use trunklab_controller::operator::{new_operator_token, token_hash};
use trunklab_controller::store::{RecordQuery, Store, StorePlace, StoredToken};
use trunklab_controller::zone::{Zone, client_config};
use trunklab_controller_core::config::{Change, SiteConfig, Subscriber, Talkgroup};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{Answer, CallRequest, TalkEnd};
use trunklab_protocol::operator::{ConsoleName, RecordEntry, Role};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{CallId, CarrierNumber, Cause, Press, ProfileId, ScanList, TalkgroupId, UnitId};

/// As many units make calls, each in a talkgroup of its own.
const UNITS: u16 = 16;

/// Talkgroups that an operator joins.
const JOINED: [u16; 2] = [91, 92];

/// From the end of one call to the next request: some 200 calls in a second.
const PACE: Duration = Duration::from_millis(5);

/// Kills in the test command, and in the nightly length.
const KILLS: u64 = 20;
const KILLS_NIGHTLY: u64 = 200;

/// What was acknowledged so far.
#[derive(Debug, Default)]
struct Acknowledged {
    /// Calls whose release the site has heard of, in order; of these the first `durable` must last.
    released: Vec<(CallId, Cause)>,
    durable: usize,
    /// Orders that were sent, and those that were answered.
    orders_sent: u64,
    orders_answered: u64,
    /// Whether the talkgroups are joined; `None` while an order is under way.
    joined: Option<bool>,
    /// Records that were given.
    records: BTreeMap<u64, RecordEntry>,
}

type Shared = Arc<Mutex<Acknowledged>>;

struct Bench {
    directory: tempfile::TempDir,
    zone: Zone,
    token: String,
    acknowledged: Shared,
}

fn talkgroup(number: u16) -> TalkgroupId {
    TalkgroupId::new(number).unwrap()
}

impl Bench {
    fn new() -> Self {
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
        store.provision(&provisioned()).unwrap();
        let name = ConsoleName::new("tester");
        let stored = StoredToken { hash: token_hash(&token), name, role: Role::Administrator };
        store.add_operator_token(&stored).unwrap();
        Self { directory, zone, token, acknowledged: Shared::default() }
    }

    fn answered(&self) -> u64 {
        self.acknowledged.lock().unwrap().orders_answered
    }

    fn db(&self) -> PathBuf {
        self.directory.path().join("zone.db")
    }
}

fn provisioned() -> Vec<Change> {
    let carrier = |number| CarrierNumber::new(number).unwrap();
    let site = SiteConfig {
        carriers: (1..=4).map(carrier).collect(),
        ..SiteConfig::new(site_id(), ProfileId::Iden, carrier(1))
    };
    let mut changes = vec![Change::Site(site)];
    for number in (1..=UNITS).chain(JOINED) {
        // Each transmission is a call of its own.
        let config = Talkgroup { hang_time_ms: Some(0), ..Talkgroup::named(talkgroup(number), "Test") };
        changes.push(Change::Talkgroup(config));
    }
    for number in 1..=UNITS {
        let unit = UnitId::new(u32::from(number)).unwrap();
        let talkgroups = vec![talkgroup(number)];
        changes.push(Change::Subscriber(Subscriber { talkgroups, ..Subscriber::new(unit, KEY) }));
    }
    changes
}

/// A controller's process, which does not outlive the test.
struct Running(Child);

impl Running {
    /// SIGKILL.
    fn kill(&mut self) {
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
fn serving(directory: &Path) -> (Running, SocketAddr, SocketAddr) {
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

/// Calls, one after another in each talkgroup, until the link breaks.
async fn make_calls(mut site: Site, acknowledged: Shared) {
    for number in 1..=UNITS {
        let unit = UnitId::new(u32::from(number)).unwrap();
        site.put(&site::register(unit));
        if site.try_send().await.is_err() {
            return;
        }
        loop {
            match site.hears().await {
                Some(ToSite::Challenge(challenge)) => {
                    let response = KEY.answer(&challenge.challenge, None);
                    let (identity, talkgroup) = (challenge.identity, Some(talkgroup(number)));
                    site.put(
                        &Answer { identity, response, talkgroup, secondary: ScanList::default() }.into(),
                    );
                    if site.try_send().await.is_err() {
                        return;
                    }
                }
                Some(ToSite::Registered(_)) => break,
                Some(_) => {}
                None => return,
            }
        }
    }
    let mut presses = 1;
    let mut press = |unit: UnitId| -> CallRequest {
        presses = presses % 60_000 + 1;
        CallRequest {
            unit,
            press: Press::new(presses).unwrap(),
            talkgroup: talkgroup(u16::try_from(unit.number()).unwrap()),
            kind: RequestKind::Normal,
            area: None,
        }
    };
    for number in 1..=UNITS {
        site.put(&press(UnitId::new(u32::from(number)).unwrap()).into());
    }
    let mut talks: BTreeMap<CallId, UnitId> = BTreeMap::new();
    while site.try_send().await.is_ok() {
        match site.hears().await {
            Some(ToSite::Assert(granted)) => {
                let Some(talker) = granted.talker else { continue };
                talks.insert(granted.call, talker.unit);
                site.put(&TalkEnd { unit: talker.unit, call: granted.call, spurt: talker.spurt }.into());
            }
            Some(ToSite::Release(release)) => {
                acknowledged.lock().unwrap().released.push((release.call, release.cause));
                // What the store cannot keep up with is lost with a cause of its own: that is not asked here.
                tokio::time::sleep(PACE).await;
                let unit = talks.remove(&release.call).expect("a release is of a call that was granted");
                site.put(&press(unit).into());
            }
            Some(_) => {}
            None => return,
        }
    }
}

/// Orders and questions, one after another, until nobody answers.
async fn operate(address: SocketAddr, ca_pem: String, token: String, acknowledged: Shared) {
    let Some(mut line) = Line::open(address, &ca_pem, token).await else { return };
    // A controller that has just started may not have read its tokens yet.
    loop {
        match line.ask("GET /v1/attempts", "").await {
            Some((401, _)) => tokio::time::sleep(Duration::from_millis(5)).await,
            Some(_) => break,
            None => return,
        }
    }
    // The last records of an earlier life are asked for again: they must be the same.
    let known = acknowledged.lock().unwrap().records.keys().next_back().copied();
    let mut after = known.unwrap_or(0).saturating_sub(100);
    loop {
        let (released, is_joined) = {
            let mut state = acknowledged.lock().unwrap();
            state.orders_sent += 1;
            (state.released.len(), state.joined.take())
        };
        // Where the last order was not answered, either may be so: joined again is as good as joined.
        let order = match is_joined {
            Some(true) => json!({ "order": "undo_patch", "talkgroup": JOINED[0] }),
            Some(false) | None => json!({ "order": "patch", "talkgroups": JOINED }),
        };
        let Some((status, body)) = line.ask("POST /v1/orders", &order.to_string()).await else { return };
        assert_eq!(status, 204, "{order}: {body}");
        {
            let mut state = acknowledged.lock().unwrap();
            state.orders_answered += 1;
            state.joined = Some(is_joined != Some(true));
            state.durable = released;
        }
        let head = format!("GET /v1/records?limit=1000&after={after}");
        let Some((status, body)) = line.ask(&head, "").await else { return };
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).unwrap();
        let entries: Vec<RecordEntry> = serde_json::from_value(page["entries"].clone()).unwrap();
        let mut state = acknowledged.lock().unwrap();
        for entry in entries {
            after = entry.id;
            let given = state.records.insert(entry.id, entry.clone());
            assert!(given.is_none_or(|given| given == entry), "a record changed: {entry:?}");
        }
    }
}

/// A connection to the operator port.
struct Line {
    stream: TlsStream<TcpStream>,
    token: String,
    heard: Vec<u8>,
}

impl Line {
    async fn open(address: SocketAddr, ca_pem: &str, token: String) -> Option<Self> {
        let config = client_config(ca_pem, None).unwrap();
        let stream = TcpStream::connect(address).await.ok()?;
        let name = ServerName::try_from("controller").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
        Some(Self { stream, token, heard: Vec::new() })
    }

    /// Status and body; `None` when the controller is gone before all is there.
    async fn ask(&mut self, head: &str, body: &str) -> Option<(u16, String)> {
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

/// What the database holds after a kill: whole, and all that was acknowledged, once.
fn check(bench: &Bench) {
    let db = bench.db();
    let connection = Connection::open(&db).unwrap();
    let number =
        |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().cast_unsigned();
    let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let state = bench.acknowledged.lock().unwrap();
    let audited = number("SELECT count(*) FROM audit WHERE deed->>'$.deed' = 'order'");
    assert!(
        (state.orders_answered..=state.orders_sent).contains(&audited),
        "{} orders answered of {} sent, {audited} in the audit trail",
        state.orders_answered,
        state.orders_sent
    );
    let patches = number("SELECT count(*) FROM patches");
    assert!(state.joined.is_none_or(|joined| patches == u64::from(joined)), "an answered order is lost");
    let term = number("SELECT epoch FROM meta");
    let left_open =
        number(&format!("SELECT count(*) FROM call_records WHERE cause IS NULL AND epoch < {term}"));
    assert_eq!(left_open, 0, "records of earlier terms are closed");
    let twice = number("SELECT count(*) - count(DISTINCT term || '.' || counter) FROM call_records");
    assert_eq!(twice, 0, "a call has one record: no site brings one back here");
    drop(connection);

    let mut store = Store::open_beside(&db).unwrap();
    let (mut entries, mut query) = (BTreeMap::new(), RecordQuery::default());
    loop {
        let found = store.records(&query).unwrap();
        entries.extend(found.entries.into_iter().map(|entry| (entry.id, entry)));
        let Some(next) = found.next else { break };
        query.page.after = next;
    }
    for (id, given) in &state.records {
        assert_eq!(entries.get(id), Some(given), "a record that was given is lost or changed");
    }
    let closed: BTreeMap<CallId, Cause> = entries.values().map(|entry| (entry.call, entry.cause)).collect();
    for (call, cause) in &state.released[..state.durable] {
        assert_eq!(closed.get(call), Some(cause), "call {call:#} was over before an order that was answered");
    }
    let calls: BTreeSet<CallId> = state.released.iter().map(|(call, _)| *call).collect();
    assert_eq!(calls.len(), state.released.len(), "no call was released twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_every_kill_and_nothing_is_there_twice() {
    let is_nightly = std::env::var_os("TRUNKLAB_NIGHTLY").is_some();
    let kills = if is_nightly { KILLS_NIGHTLY } else { KILLS };
    let seed = std::env::var("TRUNKLAB_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1_u64);
    let bench = Bench::new();
    let begun = Instant::now();
    let mut random = seed;
    for _ in 0..kills {
        let (mut running, sites, operators) = serving(bench.directory.path());
        let (site, _) = Site::in_service(sites, &bench.zone).await;
        let calls = tokio::spawn(make_calls(site, Arc::clone(&bench.acknowledged)));
        let ca_pem = bench.zone.ca_pem().to_owned();
        let orders =
            tokio::spawn(operate(operators, ca_pem, bench.token.clone(), Arc::clone(&bench.acknowledged)));
        // Knuth's multiplier: when the kill comes differs from one to the next and from seed to seed.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Some kills come while radios still register, others behind a few orders, all at some moment of the work.
        let (answers, pause_ms) = ((random >> 33) % 5, (random >> 40) % 150);
        let before = bench.answered();
        let patience = Instant::now() + Duration::from_secs(10);
        while bench.answered() < before + answers {
            assert!(Instant::now() < patience, "the controller answers no orders");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        running.kill();
        calls.await.unwrap();
        orders.await.unwrap();
        check(&bench);
        // What the site heard of last was acknowledged by nothing: a later term answers for itself alone.
        let mut state = bench.acknowledged.lock().unwrap();
        let durable = state.durable;
        state.released.truncate(durable);
    }
    let state = bench.acknowledged.lock().unwrap();
    println!(
        "{kills} kills in {:.1} s (seed {seed}): {} calls released, {} of them surely durable; {} of {} orders \
         answered; {} records given",
        begun.elapsed().as_secs_f64(),
        state.released.len(),
        state.durable,
        state.orders_answered,
        state.orders_sent,
        state.records.len()
    );
    // A test under which nothing happens would see nothing.
    assert!(
        state.durable > 100 && state.orders_answered > kills && state.records.len() > 100,
        "too little work"
    );
    drop(state);
    // The last term's open records are closed by the next one.
    let mut store = Store::open(&StorePlace::File(bench.db())).unwrap();
    store.begin_term(trunklab_protocol::Epoch::new(0).unwrap(), 0).unwrap();
    drop(store);
    check(&bench);
}
