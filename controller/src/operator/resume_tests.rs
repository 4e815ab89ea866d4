//! Events over connections that are cut again and again: nothing is lost, nothing comes twice.

use std::net::SocketAddr;

use futures_util::StreamExt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use trunklab_protocol::Epoch;

use super::tests::{self, Console, events, next_event};
use crate::feed::RECENT_MAX;
use crate::testing::{Lab, PATIENCE, TOKEN, exchange, tls_over};

/// Events while connections are cut.
const EVENTS: u64 = 6_000;

/// Events that a site causes at a time.
const BURST: u64 = 60;

/// Octets to the console after which a connection is cut, at random: in the handshake, in an event, between two.
const CUT_MAX: u64 = 24_000;

/// Numbers that look like chance and are the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Carries connections to the controller, each until so many octets went to the console.
async fn cutter(seed: u64, controller: SocketAddr) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut chance = Chance(seed);
        let mut carried = JoinSet::new();
        loop {
            let (console, _) = listener.accept().await.unwrap();
            carried.spawn(carry(console, controller, chance.below(CUT_MAX)));
        }
    });
    (address, tasks)
}

async fn carry(mut console: TcpStream, controller: SocketAddr, mut left: u64) {
    let mut controller = TcpStream::connect(controller).await.unwrap();
    let (mut up, mut down) = (vec![0; 4_096], vec![0; 4_096]);
    while left > 0 {
        tokio::select! {
            read = console.read(&mut up) => match read {
                Ok(read) if read > 0 && controller.write_all(&up[..read]).await.is_ok() => {}
                Ok(_) | Err(_) => return,
            },
            read = controller.read(&mut down) => match read {
                Ok(read) if read > 0 => {
                    let some = read.min(usize::try_from(left).unwrap());
                    left -= some as u64;
                    if console.write_all(&down[..some]).await.is_err() {
                        return;
                    }
                }
                Ok(_) | Err(_) => return,
            },
        }
    }
}

async fn follow(lab: &Lab, through: SocketAddr, after: u64, epoch: Epoch) -> Option<Console> {
    let stream = TcpStream::connect(through).await.ok()?;
    let stream = tls_over(stream, lab.zone.ca_pem(), None).await.ok()?;
    let url = format!("wss://controller/v1/events?after={after}&epoch={epoch}");
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
    Some(tokio_tungstenite::client_async(request, stream).await.ok()?.0)
}

#[tokio::test]
async fn a_console_whose_connection_is_cut_at_any_moment_hears_every_event_once() {
    for seed in 1..=3 {
        let lab = Lab::start().await;
        let mut link = lab.site(3).await;
        let snapshot = lab.controller.snapshot().await.unwrap();
        let (through, _cutter) = cutter(seed, lab.controller.addresses().operator).await;
        let (mut heard, last) = (snapshot.sequence, snapshot.sequence + EVENTS);
        let load = async {
            for _ in 0..EVENTS / BURST {
                link.says(&events(BURST)).await;
                tokio::task::yield_now().await;
            }
        };
        let mut connections = 0;
        let console = async {
            while heard < last {
                let Some(mut console) = follow(&lab, through, heard, snapshot.epoch).await else { continue };
                connections += 1;
                while let Some(Ok(Message::Text(text))) = console.next().await {
                    let sequence = tests::json(&text)["sequence"].as_u64().unwrap();
                    assert_eq!(sequence, heard + 1, "seed {seed}, connection {connections}");
                    heard = sequence;
                    if heard == last {
                        break;
                    }
                }
            }
        };
        timeout(PATIENCE * 3, async { tokio::join!(load, console) }).await.expect("every event arrives");
        assert!(connections > 10, "it was cut: {connections}");
    }
}

#[tokio::test]
async fn a_place_that_is_too_old_has_its_cause_and_a_snapshot_leads_on() {
    let lab = Lab::start().await;
    let mut link = lab.site(3).await;
    for _ in 0..2 {
        link.says(&events(RECENT_MAX as u64)).await;
    }
    let snapshot = loop {
        let snapshot = lab.controller.snapshot().await.unwrap();
        if snapshot.sequence > 2 * RECENT_MAX as u64 {
            break snapshot;
        }
    };
    let (status, body) = exchange(&lab, "GET /v1/events?after=1&epoch=1", Some(TOKEN), "").await;
    assert_eq!((status, &tests::json(&body)["cause"]), (410, &json!("events_gone")));
    let through = lab.controller.addresses().operator;
    let mut console = follow(&lab, through, snapshot.sequence, snapshot.epoch).await.unwrap();
    link.says(&events(1)).await;
    assert_eq!(next_event(&mut console).await["sequence"], snapshot.sequence + 1);
}

#[tokio::test]
async fn what_begins_no_web_socket_has_its_cause() {
    let lab = Lab::start().await;
    for path in ["/v1/events", "/v1/talk"] {
        let (status, body) = exchange(&lab, &format!("GET {path}"), Some(TOKEN), "").await;
        assert_eq!((status, &tests::json(&body)["cause"]), (426, &json!("not_web_socket")), "{path}");
    }
    let (status, body) = exchange(&lab, "GET /v1/events?colour=red", Some(TOKEN), "").await;
    assert_eq!((status, &tests::json(&body)["cause"]), (400, &json!("field_out_of_range")));
    let (status, body) = exchange(&lab, "GET /v1/elsewhere", Some(TOKEN), "").await;
    assert_eq!((status, &tests::json(&body)["cause"]), (404, &json!("nothing_here")));
    let (status, body) = exchange(&lab, "PUT /v1/snapshot", Some(TOKEN), "").await;
    assert_eq!((status, &tests::json(&body)["cause"]), (405, &json!("no_such_method")));
}
