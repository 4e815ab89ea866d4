//! The operator API held against its own description: requests that are made from it, good ones and all kinds of bad ones, to
//! every endpoint, with every role and none. No answer is a failure of the controller, and none has a status, a content type
//! or a body that is not described. `TRUNKLAB_NIGHTLY=1` sends ten times as many.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a test fails by panicking, shows what it saw, and looks for one kind of value among many"
)]

mod console;
mod draw;
mod schema;
mod walk;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use schema::Schemas;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use trunklab_controller::operator::password_hash;
use trunklab_controller::run::{ControllerOptions, RunningController};
use trunklab_controller::store::{Account, Store, StorePlace};
use trunklab_controller::zone::{ZoneDirectory, client_config};
use trunklab_controller_core::config::{Change, SiteConfig, Subscriber, Talkgroup};
use trunklab_protocol::operator::{AuditEntry, ConsoleName, Deed, Role};
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{CarrierNumber, ProfileId, SiteId, TalkgroupId, UnitId};
use trunklab_tests::example::{Seeded, Source};
use walk::{Door, Operation, operations};

/// A guard against hanging, not a figure.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest that the walk takes; a slow machine sends less.
const WALK_MAX: Duration = Duration::from_secs(30);

/// Requests to each endpoint.
const EACH: u64 = 120;

/// A program's token, of an administrator.
const TOKEN: &str = "the token of the walk";

const PASSWORD: &str = "correct horse";

struct Network {
    controller: RunningController,
    door: Door,
    ca: String,
    logins: AtomicU32,
    /// Holds the database and the zone.
    _directory: TempDir,
}

fn changes() -> Vec<Change> {
    let talkgroups = [41, 42].map(|number| TalkgroupId::new(number).unwrap());
    let site = SiteId::new(1).unwrap();
    let mut changes =
        vec![Change::Site(SiteConfig::new(site, ProfileId::Iden, CarrierNumber::new(10).unwrap()))];
    changes.extend(talkgroups.map(|id| Change::Talkgroup(Talkgroup::named(id, "Köln \"Süd\""))));
    changes.extend([1_001, 1_002].map(|unit| {
        Change::Subscriber(Subscriber {
            talkgroups: talkgroups.to_vec(),
            ..Subscriber::new(UnitId::new(unit).unwrap(), UnitKey::new([7; 16]))
        })
    }));
    changes
}

impl Network {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (db, zone) = (directory.path().join("zone.db"), directory.path().join("zone"));
        ZoneDirectory::init(&zone, &[]).unwrap();
        let ca = std::fs::read_to_string(zone.join("ca.pem")).unwrap();
        let password = password_hash(PASSWORD).unwrap();
        let mut store = Store::open(&StorePlace::File(db.clone())).unwrap();
        for role in Role::ALL {
            let name = ConsoleName::new(role.name());
            let deed = Deed::AccountAdded { account: name.clone(), as_role: role };
            let who = ConsoleName::new("test");
            let entry = AuditEntry { id: 0, at_us: 1, who, role: None, from: None, deed, cause: None };
            let account = Account { name, role, is_disabled: false, password: password.clone() };
            assert!(store.add_account(&account, &entry).unwrap());
        }
        drop(store);
        let mut options = ControllerOptions::on_disk(&db, &zone).unwrap();
        options.operator_tokens = vec![TOKEN.to_owned()];
        options.provision = changes();
        let controller = RunningController::start(options).await.unwrap();
        let door = Door::new(controller.addresses().operator, client_config(&ca, None).unwrap());
        Self { controller, door, ca, logins: AtomicU32::new(0), _directory: directory }
    }

    /// An access token of each role, in their order.
    async fn tokens(&self) -> Vec<String> {
        let mut tokens = Vec::new();
        for role in Role::ALL {
            tokens.push(self.token(role).await);
        }
        tokens
    }

    /// Logs in, each time from another address: each may try so often and no more.
    async fn token(&self, role: Role) -> String {
        let turn = self.logins.fetch_add(1, Ordering::Relaxed);
        let from = Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 2, 0, 1)) + turn);
        let body = json!({ "name": role.name(), "password": PASSWORD }).to_string();
        let request = format!(
            "POST /v1/login HTTP/1.1\r\nHost: controller\r\nConnection: close\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = self.door.exchange(from, request.as_bytes()).await.json();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{role} is not let in: {answer}")).to_owned()
    }

    async fn description(&self) -> Value {
        let request = format!(
            "GET /v1/openapi.json HTTP/1.1\r\nHost: controller\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        );
        self.door.exchange(Ipv4Addr::LOCALHOST, request.as_bytes()).await.json()
    }
}

/// What the walk found: answers by endpoint and status, and what the description does not say.
#[derive(Default)]
struct Found {
    answers: BTreeMap<(String, u16), u64>,
    faults: Vec<String>,
}

/// How long a walk goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    TheEnd,
    AFault,
}

async fn walk(
    network: &Network,
    document: &Value,
    tokens: &mut [String],
    (seed, each): (u64, u64),
    until: Until,
) -> Found {
    let (schemas, operations) = (Schemas(document), operations(document));
    let (mut chance, mut found, began) = (Seeded(seed), Found::default(), Instant::now());
    for turn in 0..each {
        if began.elapsed() > WALK_MAX || until == Until::AFault && !found.faults.is_empty() {
            return found;
        }
        // One to each endpoint, all under way at once.
        let mut under_way = JoinSet::new();
        for (place, operation) in operations.iter().enumerate() {
            // The first is good, so that each endpoint is reached however few requests there is time for.
            let (shown, request) = if turn == 0 {
                operation.good(&schemas)
            } else {
                operation.draw(&schemas, tokens, &mut chance)
            };
            // From everywhere on the loopback, so that not every login is one too many.
            let from = Ipv4Addr::new(127, 1, (turn / 5 % 250) as u8, 1 + chance.draw(2) as u8);
            let door = network.door.clone();
            under_way.spawn(async move { (place, shown, door.exchange(from, &request).await) });
        }
        while let Some(ended) = under_way.join_next().await {
            let (place, shown, answer) = ended.unwrap();
            let operation = &operations[place];
            let name = format!("{} {}", operation.method, operation.path);
            if let Err(fault) = operation.judge(&schemas, &answer) {
                found.faults.push(format!("seed {seed}: {shown}\n  -> {fault}"));
            }
            if operation.path == "/v1/logout" && answer.status == 204 {
                let ended = tokens.iter().position(|token| shown.contains(token)).unwrap();
                tokens[ended] = network.token(Role::ALL[ended]).await;
            }
            *found.answers.entry((name, answer.status)).or_default() += 1;
        }
    }
    found
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test)
}

#[test]
fn no_request_gets_an_answer_that_is_not_described_and_no_planted_fault_is_missed() {
    run(async {
        let network = Network::start().await;
        let document = network.description().await;
        let factor = if std::env::var_os("TRUNKLAB_NIGHTLY").is_some() { 10 } else { 1 };
        let (mut sent, mut tokens) = (0, network.tokens().await);
        for seed in 1..=factor {
            let began = Instant::now();
            let found = walk(&network, &document, &mut tokens, (seed, EACH), Until::TheEnd).await;
            for ((endpoint, status), count) in &found.answers {
                println!("{count:5}  {status}  {endpoint}");
                sent += count;
            }
            println!("{sent} requests in {} ms", began.elapsed().as_millis());
            let all = found.faults.len();
            assert!(
                found.faults.is_empty(),
                "{all} faults, the first:\n{}",
                found.faults[..all.min(5)].join("\n")
            );
            for operation in operations(&document) {
                let Operation { method, path, .. } = &operation;
                let answers = &found.answers;
                assert!(
                    is_reached(&operation, &found),
                    "{method} {path} never let anything through: {answers:?}"
                );
            }
        }
        println!("{sent} requests, no fault");
        // The same walk with a description that is wrong in one place finds that.
        for (what, pointer, wrong) in [
            ("a status", "/paths/~1v1~1audit/get/responses/400", Value::Null),
            ("a content type", "/paths/~1healthz/get/responses/200/content", json!({ "text/html": {} })),
            ("a schema", "/components/schemas/Snapshot/properties/epoch", json!({ "type": "string" })),
            ("a member", "/components/schemas/Problem/required", json!(["colour"])),
        ] {
            let mut planted = document.clone();
            *planted.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not there")) = wrong;
            let found = walk(&network, &planted, &mut tokens, (99, 20), Until::AFault).await;
            assert!(!found.faults.is_empty(), "{what} that is wrong was not found");
        }
        network.controller.stop().await.unwrap();
    });
}

/// The walk is worth something where it gets past the first check: whether an endpoint has let something through.
fn is_reached(operation: &Operation<'_>, found: &Found) -> bool {
    let name = format!("{} {}", operation.method, operation.path);
    let through = |status: &u16| *status < 300 || *status == 409 || *status == 404 || *status == 410;
    // Nobody guesses a password, a refresh token or an enrolment token.
    let is_guessed = ["/v1/login", "/v1/refresh", "/enrol"].contains(&operation.path);
    found.answers.keys().any(|(at, status)| *at == name && (through(status) || is_guessed))
}
