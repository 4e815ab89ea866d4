//! Accounts, sessions, rights and the audit trail, over the real port.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use trunklab_protocol::operator::{AuditEntry, ConsoleName, Deed, Role};

use super::access::ENDPOINTS;
use super::password_hash;
use crate::store::{Account, AccountChange, Store, StorePlace};
use crate::testing::{Lab, TOKEN, exchange, exchange_of_type};

pub(super) const PASSWORD: &str = "correct horse";

pub(super) struct Bench {
    pub(super) lab: Lab,
    pub(super) directory: tempfile::TempDir,
}

/// What stands in the trail of a change that a test makes beside the controller.
fn written(what: &str) -> AuditEntry {
    let deed = Deed::Request { method: what.to_owned(), path: String::new() };
    let (who, role) = (ConsoleName::new("test"), Some(Role::Administrator));
    AuditEntry { id: 0, at_us: 1, who, role, from: None, deed, cause: None }
}

impl Bench {
    /// A controller with an account for each role, by the role's name.
    pub(super) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone.db");
        let mut store = Store::open(&StorePlace::File(path.clone())).unwrap();
        let password = password_hash(PASSWORD).unwrap();
        for role in Role::ALL {
            let name = ConsoleName::new(role.name());
            let account = Account { name, role, is_disabled: false, password: password.clone() };
            assert!(store.add_account(&account, &written("made")).unwrap());
            assert!(!store.add_account(&account, &written("made twice")).unwrap(), "a name is taken once");
        }
        drop(store);
        let lab = Lab::start_with(|options| options.store = StorePlace::File(path)).await;
        Self { lab, directory }
    }

    pub(super) async fn post(&self, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let (status, body) = exchange(&self.lab, &format!("POST {path}"), token, &body.to_string()).await;
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    pub(super) async fn login(&self, name: &str, password: &str) -> (u16, Value) {
        self.post("/v1/login", None, &json!({ "name": name, "password": password })).await
    }

    /// Access token and refresh token.
    pub(super) async fn logged_in(&self, role: Role) -> (String, String) {
        let (status, tokens) = self.login(role.name(), PASSWORD).await;
        assert_eq!(status, 200, "{tokens}");
        let text = |member: &str| tokens[member].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    pub(super) async fn refresh(&self, token: &str) -> (u16, Value) {
        self.post("/v1/refresh", None, &json!({ "refresh_token": token })).await
    }

    /// What a token is answered: status, and the cause where there is one.
    pub(super) async fn shows(&self, token: &str) -> (u16, Value) {
        let (status, body) = exchange(&self.lab, "GET /v1/snapshot", Some(token), "").await;
        (status, serde_json::from_str::<Value>(&body).unwrap()["cause"].clone())
    }

    fn changes(&self, role: Role, change: &AccountChange) {
        let mut beside = Store::open_beside(&self.directory.path().join("zone.db")).unwrap();
        assert!(beside.change_account(&ConsoleName::new(role.name()), change, &written("changed")).unwrap());
    }

    /// The audit trail as (who, deed, cause), without what was done at the database.
    pub(super) async fn trail(&self, query: &str) -> Vec<(String, String, Value)> {
        let (status, body) =
            exchange(&self.lab, &format!("GET /v1/audit?limit=1000{query}"), Some(TOKEN), "").await;
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).unwrap();
        let text = |entry: &Value, member: &str| entry[member].as_str().unwrap().to_owned();
        let entries = page["entries"].as_array().unwrap();
        let of_others = |entry: &&Value| entry["from"] != Value::Null;
        entries
            .iter()
            .filter(of_others)
            .map(|entry| (text(entry, "who"), text(entry, "deed"), entry["cause"].clone()))
            .collect()
    }
}

pub(super) fn entry(who: &str, deed: &str, cause: impl Into<Value>) -> (String, String, Value) {
    (who.to_owned(), deed.to_owned(), cause.into())
}

#[tokio::test]
async fn every_endpoint_is_for_the_roles_of_the_table_and_every_one_described_is_in_it() {
    let bench = Bench::start().await;
    let (_, document) = exchange(&bench.lab, "GET /v1/openapi.json", Some(TOKEN), "").await;
    let document: Value = serde_json::from_str(&document).unwrap();
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        described
            .extend(methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    let listed: BTreeSet<_> =
        ENDPOINTS.iter().map(|(method, path, _)| (method.to_string(), (*path).to_owned())).collect();
    assert_eq!(described, listed, "the description and the table of rights");

    let mut tokens = Vec::new();
    for role in Role::ALL {
        tokens.push((role, bench.logged_in(role).await.0));
    }
    // A logout ends what the others need.
    let mut walk: Vec<_> = ENDPOINTS.iter().filter(|(_, path, _)| *path != "/v1/login").collect();
    walk.sort_by_key(|(_, path, _)| *path == "/v1/logout");
    for (method, path, right) in walk {
        let head = format!("{method} {}", path.replace("{unit}", "1"));
        let (status, _) = exchange(&bench.lab, &head, None, "{}").await;
        assert_eq!(status == 401, right.is_some(), "{head} without a token: {status}");
        for (role, token) in &tokens {
            let (status, _) = exchange(&bench.lab, &head, Some(token), "{}").await;
            let is_refused = right.is_some_and(|right| !role.may(right));
            assert_eq!(status == 403, is_refused, "{head} by a {role}: {status}");
            assert!(status != 401, "{head} by a {role}: {status}");
        }
    }
    assert_eq!(exchange(&bench.lab, "DELETE /v1/snapshot", Some(TOKEN), "").await.0, 405);
    assert_eq!(exchange(&bench.lab, "POST /metrics", None, "").await.0, 405);
}

#[test]
fn the_table_of_endpoints_stands_in_the_specification() {
    let page = include_str!("../../../docs/services.md");
    let stated = page.split("<!-- endpoints -->\n").nth(1).unwrap().split("<!-- end of endpoints -->").next();
    let mut wanted = "| Method | Path | Right |\n|---|---|---|\n".to_owned();
    for (method, path, right) in ENDPOINTS {
        let right = right.map_or("-".to_owned(), |right| format!("`{}`", json!(right).as_str().unwrap()));
        wanted += &format!("| {method} | `{path}` | {right} |\n");
    }
    assert_eq!(stated, Some(&*wanted));
}

#[tokio::test]
async fn whoever_logs_in_is_let_in_and_out_again() {
    let bench = Bench::start().await;
    let (status, tokens) = bench.login("supervisor", PASSWORD).await;
    assert_eq!((status, &tokens["role"], &tokens["name"]), (200, &json!("supervisor"), &json!("supervisor")));
    let access = tokens["access_token"].as_str().unwrap();
    assert_eq!(bench.shows(access).await, (200, Value::Null));
    assert_eq!(bench.post("/v1/logout", Some(access), &json!({})).await.0, 204);
    assert_eq!(bench.shows(access).await, (401, json!("session_over")));
    let (status, refused) = bench.refresh(tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!((status, &refused["cause"]), (401, &json!("session_over")));
    assert_eq!(
        bench.trail("").await,
        [
            entry("supervisor", "login", Value::Null),
            entry("supervisor", "logout", Value::Null),
            entry("supervisor", "token", "session_over"),
            entry("", "refresh", "session_over"),
        ]
    );
}

#[tokio::test]
async fn a_wrong_name_and_a_wrong_password_are_one_refusal_and_are_written_down() {
    let bench = Bench::start().await;
    bench.changes(Role::Viewer, &AccountChange::Disabled(true));
    let long = "n".repeat(10_000);
    let (name, password) = ("viewer".to_owned(), "x".repeat(2_000));
    let tries = [
        ("dispatcher", "wrong horse"),
        ("nobody", PASSWORD),
        ("viewer", PASSWORD),
        (&*long, PASSWORD),
        (&*name, &*password),
    ];
    for (name, password) in tries {
        let (status, refused) = bench.login(name, password).await;
        assert_eq!((status, &refused["cause"]), (401, &json!("login_refused")), "{}", &name[..6]);
    }
    let trail = bench.trail("").await;
    assert_eq!(trail.len(), 5);
    assert_eq!(trail[0], entry("dispatcher", "login", "login_refused"));
    assert_eq!(trail[3], entry(&"n".repeat(ConsoleName::CHARS_MAX), "login", "login_refused"));
    assert_eq!(bench.trail("&by=nobody").await.len(), 1);
}

#[tokio::test]
async fn a_body_that_is_no_login_has_its_cause() {
    let bench = Bench::start().await;
    let too_long = format!("{{\"name\":\"{}\"}}", "n".repeat(100_000));
    for (body, expected) in [
        ("{}".to_owned(), (400, json!("field_out_of_range"))),
        ("[".to_owned(), (400, json!("field_out_of_range"))),
        (too_long, (413, json!("request_too_long"))),
    ] {
        let (status, answer) = exchange(&bench.lab, "POST /v1/login", None, &body).await;
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!((status, answer["cause"].clone()), expected);
    }
    let (status, answer) = exchange_of_type(&bench.lab, "text/plain", "POST /v1/login", None, "{}").await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((status, answer["cause"].clone()), (415, json!("not_json")));
    assert_eq!(bench.trail("").await.len(), 4);
}

#[tokio::test]
async fn a_refresh_token_is_good_once_and_its_reuse_ends_the_session() {
    let bench = Bench::start().await;
    let (access, first) = bench.logged_in(Role::Dispatcher).await;
    let (status, tokens) = bench.refresh(&first).await;
    assert_eq!(status, 200, "{tokens}");
    let second = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(bench.shows(tokens["access_token"].as_str().unwrap()).await.0, 200);
    let (status, refused) = bench.refresh(&first).await;
    assert_eq!((status, &refused["cause"]), (401, &json!("token_reused")));
    let (status, refused) = bench.refresh(second).await;
    assert_eq!((status, &refused["cause"]), (401, &json!("session_over")), "neither thief nor owner goes on");
    assert_eq!(bench.shows(&access).await, (401, json!("session_over")));
    assert!(bench.trail("").await.contains(&entry("dispatcher", "refresh", "token_reused")));
}

#[tokio::test]
async fn what_an_account_may_counts_from_the_next_request_on() {
    let bench = Bench::start().await;
    let (access, _) = bench.logged_in(Role::Supervisor).await;
    let reads = async |token: &str| exchange(&bench.lab, "GET /v1/audit", Some(token), "").await.0;
    assert_eq!(reads(&access).await, 200);
    bench.changes(Role::Supervisor, &AccountChange::Role(Role::Viewer));
    assert_eq!(reads(&access).await, 403);
    bench.changes(Role::Supervisor, &AccountChange::Role(Role::Administrator));
    assert_eq!(reads(&access).await, 200);
    bench.changes(Role::Supervisor, &AccountChange::Disabled(true));
    assert_eq!(bench.shows(&access).await, (401, json!("session_over")));
    bench.changes(Role::Supervisor, &AccountChange::Disabled(false));
    assert_eq!(bench.shows(&access).await, (401, json!("session_over")), "what has ended stays so");
    let trail = bench.trail("").await;
    assert!(trail.contains(&entry("supervisor", "request", "not_allowed")), "{trail:?}");
}

#[tokio::test]
async fn orders_and_refused_tokens_are_in_the_trail_and_it_is_read_page_by_page() {
    let bench = Bench::start().await;
    for token in ["eyJhbGciOiJub25lIn0.e30.", "nonsense"] {
        assert_eq!(bench.shows(token).await, (401, json!("not_authenticated")));
    }
    let (access, _) = bench.logged_in(Role::Viewer).await;
    let order = json!({ "order": "clear_emergency", "unit": 1 });
    assert_eq!(bench.post("/v1/orders", Some(&access), &order).await.0, 403);
    let page = async |query: &str| {
        let (status, body) = exchange(&bench.lab, &format!("GET /v1/audit{query}"), Some(TOKEN), "").await;
        (status, serde_json::from_str::<Value>(&body).unwrap())
    };
    // Behind the entries of the four accounts.
    let (mut seen, mut after) = (Vec::new(), 4);
    loop {
        let (status, body) = page(&format!("?limit=3&after={after}")).await;
        assert_eq!(status, 200);
        seen.extend(body["entries"].as_array().unwrap().iter().map(|entry| entry["deed"].clone()));
        let Some(next) = body["next"].as_u64() else { break };
        after = next;
    }
    assert_eq!(seen, ["token", "token", "login", "request"]);
    assert_eq!(page("?to=1").await.1["entries"], json!([]));
    assert_eq!(page("?from=32503680000000000").await.1["entries"], json!([]));
    for bad in ["?limit=0", "?limit=1001", "?from=never", "?colour=red", "?after=-1"] {
        assert_eq!(page(bad).await.0, 400, "{bad}");
    }
}

#[tokio::test]
async fn records_are_given_page_by_page_to_whoever_may_read_them() {
    let bench = Bench::start().await;
    let read = |query: &str| {
        let head = format!("GET /v1/{query}");
        async { exchange(&bench.lab, &{ head }, Some(TOKEN), "").await }
    };
    for path in ["records", "attempts"] {
        let (status, body) = read(path).await;
        assert_eq!((status, &*body), (200, "{\"entries\":[],\"next\":null}"));
        let good =
            format!("{path}?from=1&to=2&talkgroup=41&unit=1017&cause=hang_time_over&after=7&limit=1000");
        assert_eq!(read(&good).await.0, 200);
        for bad in ["limit=0", "limit=1001", "unit=0", "talkgroup=70000", "cause=x", "after=-1", "by=anna"] {
            let (status, body) = read(&format!("{path}?{bad}")).await;
            assert_eq!(status, 400, "{bad}");
            assert!(body.contains("field_out_of_range"), "{bad}: {body}");
        }
    }
}
