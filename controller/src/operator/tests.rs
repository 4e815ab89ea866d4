use futures_util::StreamExt;
use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;
use std::time::SystemTime;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message};
use trunklab_protocol::Cause;
use trunklab_protocol::enrolment::{EnrolmentAnswer, EnrolmentRefusal, EnrolmentRequest};
use trunklab_protocol::from_site::Health;

use crate::testing::{Lab, TOKEN, exchange, site, tls_to};
use crate::zone::{Credentials, TOKEN_LIFE, Tokens};

pub(super) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

pub(super) type Console =
    tokio_tungstenite::WebSocketStream<tokio_rustls::client::TlsStream<tokio::net::TcpStream>>;

async fn follow(lab: &Lab, query: &str) -> Result<Console, u16> {
    let stream = tls_to(lab.controller.addresses().operator, lab.zone.ca_pem(), None).await.unwrap();
    let mut request = format!("wss://controller/v1/events{query}").into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((console, _)) => Ok(console),
        Err(WebSocketError::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

pub(super) async fn next_event(console: &mut Console) -> Value {
    let next = tokio::time::timeout(crate::testing::PATIENCE, console.next()).await.expect("no event comes");
    json(next.unwrap().unwrap().to_text().unwrap())
}

pub(super) fn events(count: u64) -> trunklab_protocol::from_site::FromSite {
    Health {
        control_words: 0,
        control_words_busy: 0,
        bursts: 1,
        collisions: 0,
        late: 0,
        dropped: count,
        controls: Vec::new(),
        settings: 0,
    }
    .into()
}

#[tokio::test]
async fn v1_is_for_holders_of_a_token() {
    let lab = Lab::start().await;
    for path in ["/v1/snapshot", "/v1/events", "/v1/openapi.json", "/v1/orders"] {
        for token in [None, Some("wrong"), Some("")] {
            let (status, body) = exchange(&lab, &format!("GET {path}"), token, "").await;
            assert_eq!(status, 401, "{path}");
            let problem = json(&body);
            assert_eq!(problem["cause"], "not_authenticated");
            assert!(problem["detail"].as_str().unwrap().contains("controller token"));
        }
    }
    assert_eq!(lab.controller.counters().operator_refused.read(), [(Cause::NotAuthenticated, 12)]);
    let (status, body) = exchange(&lab, "GET /v1/snapshot", Some(TOKEN), "").await;
    assert_eq!((status, &json(&body)["epoch"]), (200, &Value::from(1)));
}

#[tokio::test]
async fn monitoring_needs_no_token_and_learns_no_names() {
    let lab = Lab::start().await;
    assert_eq!(exchange(&lab, "GET /healthz", None, "").await, (200, "alive\n".to_owned()));
    assert_eq!(exchange(&lab, "GET /readyz", None, "").await, (200, "ready\n".to_owned()));
    let _site = lab.site(3).await;
    let (status, page) = exchange(&lab, "GET /metrics", None, "").await;
    assert_eq!(status, 200);
    assert!(page.contains("trunklab_links_open 1\n"), "{page}");
    assert_eq!(exchange(&lab, "GET /elsewhere", None, "").await.0, 404);
}

#[tokio::test]
async fn events_follow_a_snapshot_without_a_gap() {
    let lab = Lab::start().await;
    let mut link = lab.site(3).await;
    let snapshot = lab.controller.snapshot().await.unwrap();
    link.says(&events(2)).await;
    link.hears().await;
    let query = format!("?after={}&epoch={}", snapshot.sequence, snapshot.epoch);
    let mut console = follow(&lab, &query).await.unwrap();
    link.says(&events(1)).await;
    for offset in 1..=3 {
        let event = next_event(&mut console).await;
        assert_eq!(event["sequence"], snapshot.sequence + offset);
        assert_eq!(event["event"], "dropped");
    }
}

#[tokio::test]
async fn events_that_are_not_there_ask_for_a_snapshot() {
    let lab = Lab::start().await;
    assert_eq!(follow(&lab, "?after=99").await.err(), Some(410));
    assert_eq!(follow(&lab, "?after=0&epoch=7").await.err(), Some(410));
    assert_eq!(follow(&lab, "?after=never").await.err(), Some(400));
}

#[tokio::test]
async fn a_console_that_lags_is_cut_off_with_its_cause_and_the_calls_go_on() {
    let lab = Lab::start().await;
    let mut link = lab.site(3).await;
    let mut console = follow(&lab, "").await.unwrap();
    link.says(&events(crate::feed::LAG_MAX as u64 * 3)).await;
    assert!(link.hears().await.is_some());
    let close = loop {
        if let Message::Close(close) = console.next().await.unwrap().unwrap() {
            break close.unwrap();
        }
    };
    assert_eq!(u16::from(close.code), 4_000 + u16::from(Cause::LinkCongested.code()));
    lab.until(|counters| counters.consoles_cut.read() == [(Cause::LinkCongested, 1)]).await;
}

#[tokio::test]
async fn the_description_names_every_message_that_it_refers_to() {
    let lab = Lab::start().await;
    let (status, body) = exchange(&lab, "GET /v1/openapi.json", Some(TOKEN), "").await;
    assert_eq!(status, 200);
    let document = json(&body);
    assert!(document["paths"]["/v1/snapshot"]["get"].is_object());
    assert!(document["paths"]["/v1/events"]["get"].is_object());
    assert!(document["paths"]["/v1/orders"]["post"].is_object());
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for name in ["Snapshot", "SiteView", "CallView", "Event", "EventKind", "Cause", "Problem"] {
        assert!(schemas.contains_key(name), "{name} is missing");
    }
    for reference in body.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name} is referred to and not described");
    }
}

#[tokio::test]
async fn an_order_is_carried_out_or_refused_with_its_cause() {
    let lab = Lab::start().await;
    let order = |unit| format!(r#"{{"order":"clear_emergency","unit":{unit}}}"#);
    assert_eq!(exchange(&lab, "POST /v1/orders", Some(TOKEN), &order(1)).await.0, 204);
    let (status, body) = exchange(&lab, "POST /v1/orders", Some(TOKEN), &order(2)).await;
    assert_eq!((status, &json(&body)["cause"]), (409, &Value::from("unknown_emergency")));
    for nonsense in ["", "{", r#"{"order":"dance"}"#, r#"{"order":"clear_emergency"}"#, &order(0)] {
        let (status, body) = exchange(&lab, "POST /v1/orders", Some(TOKEN), nonsense).await;
        assert_eq!((status, &json(&body)["cause"]), (400, &Value::from("field_out_of_range")), "{nonsense}");
    }
    assert_eq!(exchange(&lab, "POST /v1/orders", None, &order(1)).await.0, 401);
}

#[tokio::test]
async fn an_order_on_which_the_core_breaks_is_answered_and_the_controller_goes_on() {
    let lab = Lab::start().await;
    let order = format!(r#"{{"order":"clear_emergency","unit":{}}}"#, crate::testing::BREAKING_UNIT);
    assert_eq!(exchange(&lab, "POST /v1/orders", Some(TOKEN), &order).await.0, 503);
    let order = r#"{"order":"clear_emergency","unit":1}"#;
    assert_eq!(exchange(&lab, "POST /v1/orders", Some(TOKEN), order).await.0, 204);
}

#[tokio::test]
async fn a_site_enrols_with_its_token_and_its_link_stands() {
    let tokens = Tokens::in_memory();
    let directory = tempfile::tempdir().unwrap();
    let on_disk = crate::zone::ZoneDirectory::init(directory.path(), &[]).unwrap();
    let authority = on_disk.authority().unwrap().unwrap();
    let token = tokens.issue(site(3), authority.fingerprint(), SystemTime::now(), TOKEN_LIFE).unwrap();
    let ca_pem = authority.certificate_pem().to_owned();
    let lab = Lab::start_with(|options| {
        options.credentials = on_disk.controller().unwrap();
        options.desk = Some(crate::zone::enrol::EnrolmentDesk::new(authority, tokens));
    })
    .await;
    let key = KeyPair::generate().unwrap();
    let csr_pem = CertificateParams::default().serialize_request(&key).unwrap().pem().unwrap();
    let request = EnrolmentRequest { site: site(3), token: token.to_string(), csr_pem };
    let body = serde_json::to_string(&request).unwrap();

    let lab = Lab { zone: lab.zone.trusting(&ca_pem), ..lab };
    let (status, answer) = exchange(&lab, "POST /enrol", None, &body).await;
    assert_eq!(status, 200, "{answer}");
    let answer: EnrolmentAnswer = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer.ca_pem, ca_pem);
    let credentials = Credentials {
        certificate_pem: answer.certificate_pem,
        key_pem: key.serialize_pem(),
        ca_pem: answer.ca_pem,
    };
    lab.connect(&credentials).await.unwrap().greets().await;

    let (status, refusal) = exchange(&lab, "POST /enrol", None, &body).await;
    let refusal: EnrolmentRefusal = serde_json::from_str(&refusal).unwrap();
    assert_eq!((status, refusal.cause), (403, Cause::EnrolmentRefused));
    assert_eq!(exchange(&lab, "POST /enrol", None, "{").await.0, 400);
}
