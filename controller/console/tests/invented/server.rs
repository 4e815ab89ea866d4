//! A controller's operator API with nothing behind it: TLS, token, snapshot, events, and faults on request.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::Deserialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use trunklab_protocol::operator::{Event, Snapshot};

pub const TOKEN: &str = "a-token-for-tests";

/// What a server says and keeps.
pub struct Stage {
    /// The snapshot that the next request gets.
    pub snapshot: Snapshot,
    /// Events that the server still has; older ones are gone.
    pub kept: Vec<Event>,
    /// The `after` of each request for events, in order.
    pub asked_after: Vec<u64>,
    /// Snapshots given.
    pub snapshots_given: u32,
    /// A message that is no event, to be sent to whoever follows.
    pub aside: Option<String>,
    /// Whether a request for events that are gone is answered by a status, or by a message.
    pub gone_is_a_status: bool,
    /// What every order is answered with, by status and detail; `None`: not yet.
    pub answer: Option<(StatusCode, String)>,
    /// Counts up to break every connection.
    pub breaks: u32,
}

impl Stage {
    fn is_gone(&self, after: u64) -> bool {
        let oldest = self.kept.first().map_or(self.snapshot.sequence + 1, |event| event.sequence);
        after + 1 < oldest
    }
}

/// A server on a free port of the loopback.
pub struct Server {
    pub address: SocketAddr,
    pub ca_pem: String,
    stage: Arc<Mutex<Stage>>,
    changed: watch::Sender<u64>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    pub async fn start(snapshot: Snapshot) -> Self {
        let stage = Stage {
            snapshot,
            kept: Vec::new(),
            asked_after: Vec::new(),
            snapshots_given: 0,
            aside: None,
            gone_is_a_status: false,
            answer: None,
            breaks: 0,
        };
        let stage = Arc::new(Mutex::new(stage));
        let (changed, _) = watch::channel(0);
        let (config, ca_pem) = tls();
        let tcp = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = tcp.local_addr().unwrap();
        let router = Router::new()
            .route("/v1/snapshot", get(snapshot_route))
            .route("/v1/events", get(events_route))
            .route("/v1/orders", post(orders_route))
            .with_state((stage.clone(), changed.clone()));
        let listener = TlsListener { tcp, acceptor: TlsAcceptor::from(Arc::new(config)) };
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, ca_pem, stage, changed, task }
    }

    /// Changes what the server says, and wakes whoever follows.
    pub fn stage<T>(&self, change: impl FnOnce(&mut Stage) -> T) -> T {
        let answer = change(&mut self.stage.lock().unwrap());
        self.changed.send_modify(|count| *count += 1);
        answer
    }
}

type Shared = (Arc<Mutex<Stage>>, watch::Sender<u64>);

fn allowed(headers: &HeaderMap) -> bool {
    headers.get("authorization").is_some_and(|value| value == format!("Bearer {TOKEN}").as_str())
}

async fn snapshot_route(State((stage, _)): State<Shared>, headers: HeaderMap) -> Response {
    if !allowed(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut stage = stage.lock().unwrap();
    stage.snapshots_given += 1;
    axum::Json(stage.snapshot.clone()).into_response()
}

async fn orders_route(State((stage, changed)): State<Shared>, headers: HeaderMap) -> Response {
    if !allowed(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut changed = changed.subscribe();
    loop {
        let answer = stage.lock().unwrap().answer.clone();
        if let Some((status, detail)) = answer {
            return (status, axum::Json(serde_json::json!({ "detail": detail }))).into_response();
        }
        if changed.changed().await.is_err() {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    }
}

#[derive(Deserialize)]
struct After {
    after: u64,
}

async fn events_route(
    State((stage, changed)): State<Shared>,
    Query(After { after }): Query<After>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !allowed(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    {
        let mut stage = stage.lock().unwrap();
        stage.asked_after.push(after);
        if stage.gone_is_a_status && stage.is_gone(after) {
            return StatusCode::GONE.into_response();
        }
    }
    upgrade.on_upgrade(move |socket| tell(socket, stage, changed.subscribe(), after))
}

async fn tell(
    mut socket: WebSocket,
    stage: Arc<Mutex<Stage>>,
    mut changed: watch::Receiver<u64>,
    after: u64,
) {
    let breaks = stage.lock().unwrap().breaks;
    let mut told = after;
    loop {
        let messages: Vec<String> = {
            let mut stage = stage.lock().unwrap();
            if stage.breaks != breaks {
                return;
            }
            let mut messages = Vec::new();
            if stage.is_gone(told) {
                messages.push(r#"{"resync":true}"#.to_owned());
            } else {
                messages.extend(stage.aside.take());
                for event in stage.kept.iter().filter(|event| event.sequence > told) {
                    messages.push(serde_json::to_string(event).unwrap());
                }
                told = stage.kept.last().map_or(told, |event| told.max(event.sequence));
            }
            messages
        };
        for message in messages {
            let resync = message.contains("resync");
            if socket.send(Message::text(message)).await.is_err() || resync {
                return;
            }
        }
        tokio::select! {
            woken = changed.changed() => if woken.is_err() { return },
            heard = socket.recv() => if !matches!(heard, Some(Ok(_))) { return },
        }
    }
}

struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, peer) = self.tcp.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// A server's side of TLS, and the authority that signed it.
fn tls() -> (ServerConfig, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["controller".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (config, authority.pem())
}
