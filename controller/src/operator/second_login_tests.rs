//! A second login of the same name, from another address, beside a console that runs: that one goes on as if nothing were.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use trunklab_controller_core::config::{Change, Talkgroup};
use trunklab_protocol::TalkgroupId;
use trunklab_protocol::operator::{AuditEntry, ConsoleName, Deed, Role};

use super::login::TRIES_OF_PAIR_MAX;
use super::password_hash;
use super::tests::{Console, next_event};
use crate::store::{Account, Store, StorePlace};
use crate::testing::{Lab, exchange_whole, tls_over};

const PASSWORD: &str = "correct horse";
const DESK: Ipv4Addr = Ipv4Addr::LOCALHOST;
const ELSEWHERE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

struct Network {
    lab: Lab,
    _directory: tempfile::TempDir,
}

impl Network {
    /// The real core, two talkgroups, and an account.
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("zone.db");
        let (name, role) = (ConsoleName::new("anna"), Role::Dispatcher);
        let deed = Deed::AccountAdded { account: name.clone(), as_role: role };
        let entry =
            AuditEntry { id: 0, at_us: 1, who: name.clone(), role: None, from: None, deed, cause: None };
        let account = Account { name, role, is_disabled: false, password: password_hash(PASSWORD).unwrap() };
        Store::open(&StorePlace::File(path.clone())).unwrap().add_account(&account, &entry).unwrap();
        let named = |number| Change::Talkgroup(Talkgroup::named(TalkgroupId::new(number).unwrap(), "Fire"));
        let lab = Lab::start_whole_with(|options| {
            options.store = StorePlace::File(path);
            options.provision = [41, 42].map(named).to_vec();
        })
        .await;
        Self { lab, _directory: directory }
    }

    async fn asks(&self, from: Ipv4Addr, head: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
        let (status, _, said) =
            exchange_whole(&self.lab, from, "application/json", head, token, &body.to_string()).await;
        (status, serde_json::from_str(&said).unwrap_or(Value::Null))
    }

    /// Access token and refresh token.
    async fn tokens(&self, from: Ipv4Addr, path: &str, body: &Value) -> Result<(String, String), u16> {
        let (status, said) = self.asks(from, &format!("POST /v1/{path}"), None, body).await;
        if status != 200 {
            return Err(status);
        }
        let text = |member: &str| said[member].as_str().unwrap().to_owned();
        Ok((text("access_token"), text("refresh_token")))
    }

    async fn logs_in(&self, from: Ipv4Addr, password: &str) -> Result<(String, String), u16> {
        self.tokens(from, "login", &json!({ "name": "anna", "password": password })).await
    }

    async fn orders(&self, from: Ipv4Addr, token: &str, order: &Value) -> u16 {
        self.asks(from, "POST /v1/orders", Some(token), order).await.0
    }

    /// A WebSocket; else the status of the refusal.
    async fn opens(&self, from: Ipv4Addr, path: &str, token: &str) -> Result<Console, u16> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let stream = socket.connect(self.lab.controller.addresses().operator).await.unwrap();
        let stream = tls_over(stream, self.lab.zone.ca_pem(), None).await.unwrap();
        let mut request = format!("wss://controller{path}").into_client_request().unwrap();
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        match tokio_tungstenite::client_async(request, stream).await {
            Ok((console, _)) => Ok(console),
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_second_login_of_a_name_from_elsewhere_does_not_disturb_the_console_that_runs() {
    let network = Network::start().await;
    let (access, refresh) = network.logs_in(DESK, PASSWORD).await.unwrap();
    let begun = network.lab.controller.snapshot().await.unwrap();
    let epoch = begun.epoch;
    let from = |sequence: u64| format!("/v1/events?after={sequence}&epoch={epoch}");
    let mut events = network.opens(DESK, &from(begun.sequence), &access).await.unwrap();
    let _talk = network.opens(DESK, "/v1/talk", &access).await.unwrap();
    let join = json!({ "order": "multiselect", "talkgroups": [41, 42] });
    let part = json!({ "order": "undo_patch", "talkgroup": 41 });
    let mut heard = begun.sequence;

    // The same person, or a thief of the password, elsewhere: each has a session and events of its own.
    let (other_access, other_refresh) = network.logs_in(ELSEWHERE, PASSWORD).await.unwrap();
    assert!(other_access != access && other_refresh != refresh);
    let mut others_events = network.opens(ELSEWHERE, &from(begun.sequence), &other_access).await.unwrap();
    assert_eq!(
        network.opens(ELSEWHERE, "/v1/talk", &other_access).await.err(),
        Some(409),
        "who talks, talks"
    );
    for (by, token, order) in [(DESK, &access, &join), (ELSEWHERE, &other_access, &part)] {
        assert_eq!(network.orders(by, token, order).await, 204);
        heard += 1;
        for console in [&mut events, &mut others_events] {
            assert_eq!(next_event(console).await["sequence"], heard);
        }
    }

    // Neither a password that is guessed until nobody there may try any more, nor a logout, nor a token that is shown twice.
    for _ in 0..TRIES_OF_PAIR_MAX {
        assert_eq!(network.logs_in(ELSEWHERE, "wrong horse").await, Err(401));
    }
    assert_eq!(network.logs_in(ELSEWHERE, PASSWORD).await, Err(429));
    let shown = json!({ "refresh_token": other_refresh });
    let (_, next_refresh) = network.tokens(ELSEWHERE, "refresh", &shown).await.unwrap();
    assert_eq!(network.tokens(ELSEWHERE, "refresh", &shown).await, Err(401));
    let spent = json!({ "refresh_token": next_refresh });
    assert_eq!(network.tokens(ELSEWHERE, "refresh", &spent).await, Err(401), "that session is over");
    assert_eq!(network.orders(ELSEWHERE, &other_access, &join).await, 401);

    // The first goes on: the same connection, the same token, the next ones, and a resumed connection.
    assert_eq!(network.orders(DESK, &access, &join).await, 204);
    heard += 1;
    assert_eq!(next_event(&mut events).await["sequence"], heard);
    let (renewed, _) = network.tokens(DESK, "refresh", &json!({ "refresh_token": refresh })).await.unwrap();
    assert_eq!(network.orders(DESK, &renewed, &part).await, 204);
    drop(events);
    let mut resumed = network.opens(DESK, &from(heard), &renewed).await.unwrap();
    let event = next_event(&mut resumed).await;
    assert_eq!((&event["sequence"], &event["event"]), (&json!(heard + 1), &json!("unpatched")), "{event}");
    let (status, own) = network.asks(DESK, "GET /v1/self", Some(&renewed), &Value::Null).await;
    assert_eq!((status, &own["name"]), (200, &json!("anna")));
    assert_eq!(network.logs_in(DESK, PASSWORD).await.map(drop), Ok(()), "and may log in again where it is");
}
