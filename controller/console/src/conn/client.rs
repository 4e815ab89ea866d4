//! The requests of the operator API.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use rustls::pki_types::ServerName;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use trunklab_protocol::operator::{
    Admission, ConfigurationVersion, Difference, Event, Login, Snapshot, StatisticsPage, Tokens, Versions,
};
use trunklab_protocol::{Epoch, Moment, SiteId, UnitId};

use super::pass::{self, Pass};
use super::{ConnError, Talk, tls};
use crate::model::{Asked, Comparison, DeviceView, UnitRights, UnitSheet, UnknownEvent};

/// The name in the controller's certificate.
const SERVER_NAME: &str = "controller";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const SNAPSHOT_TIMEOUT: Duration = Duration::from_secs(10);
/// The answer to a message waits until its radio has confirmed it, or nobody tries any more.
const ORDER_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest snapshot: a thousand sites of fifty slots and sixty thousand talkgroups fit three times.
const SNAPSHOT_OCTETS_MAX: usize = 64 << 20;
/// Longest event: a call at every one of a thousand sites fits.
const EVENT_OCTETS_MAX: usize = 256 << 10;

/// What a refusal says.
#[derive(Deserialize)]
struct Problem {
    detail: String,
}

/// Speaks to one controller as one operator.
pub struct Client {
    address: SocketAddr,
    pass: Pass,
    http: reqwest::Client,
    tls: TlsConnector,
}

impl Client {
    /// With a program's token. Checks the options; sends nothing yet.
    pub fn new(address: SocketAddr, token: &str, ca_pem: &str) -> Result<Self, ConnError> {
        Self::with(address, Pass::Token(pass::bearer(token)?), ca_pem)
    }

    /// Logs in.
    ///
    /// # Errors
    /// Why nobody is let in.
    pub async fn log_in(
        address: SocketAddr,
        name: &str,
        password: &str,
        ca_pem: &str,
    ) -> Result<Self, ConnError> {
        let mut client = Self::with(address, Pass::Nothing, ca_pem)?;
        let login = Login { name: name.to_owned(), password: password.to_owned() };
        client.pass = Pass::session(client.tokens("login", &login).await?)?;
        Ok(client)
    }

    /// Ends the session of a login; whoever has a program's token leaves without a word.
    ///
    /// # Errors
    /// Why the controller was not told. The session ends by itself hours later.
    pub async fn log_out(&self) -> Result<(), ConnError> {
        if !self.pass.is_session() {
            return Ok(());
        }
        let response = self.send(self.http.post(self.url("logout")).timeout(CONNECT_TIMEOUT)).await?;
        if response.status() == StatusCode::NO_CONTENT {
            Ok(())
        } else {
            self.status(response.status(), "the logout")
        }
    }

    fn with(address: SocketAddr, pass: Pass, ca_pem: &str) -> Result<Self, ConnError> {
        let config = tls::client_config(ca_pem)?;
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(config.clone())
            .resolve(SERVER_NAME, address)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(SNAPSHOT_TIMEOUT)
            .build()
            .map_err(|error| ConnError::BadAuthority(innermost(&error)))?;
        Ok(Self { address, pass, http, tls: TlsConnector::from(Arc::new(config)) })
    }

    fn url(&self, what: &str) -> String {
        format!("https://{SERVER_NAME}:{}/v1/{what}", self.address.port())
    }

    /// Asks for tokens, by a login or a refresh.
    async fn tokens(&self, way: &str, with: &impl Serialize) -> Result<Tokens, ConnError> {
        let body = serde_json::to_vec(with).expect("two texts serialise");
        let request =
            self.http.post(self.url(way)).header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let response = request.body(body).send().await.map_err(|error| self.http_error(&error))?;
        let status = response.status();
        let said = response.bytes().await.map_err(|error| self.http_error(&error))?;
        if status == StatusCode::OK {
            let unreadable = |error: serde_json::Error| ConnError::Unreadable {
                what: "the login",
                why: error.to_string(),
            };
            return serde_json::from_slice(&said).map_err(unreadable);
        }
        let problem = serde_json::from_slice::<Problem>(&said).ok();
        let why =
            problem.map_or_else(|| format!("the controller answers {status}"), |problem| problem.detail);
        match status {
            StatusCode::TOO_MANY_REQUESTS => Err(ConnError::LoginRefused(why)),
            StatusCode::UNAUTHORIZED if way == "login" => Err(ConnError::LoginRefused(why)),
            StatusCode::UNAUTHORIZED => Err(ConnError::SessionOver),
            other => Err(ConnError::Status { status: other.as_u16(), what: "the login" }),
        }
    }

    /// What goes with a request: of a login the newest access token, which is renewed before it expires.
    async fn authorization(&self) -> Result<HeaderValue, ConnError> {
        self.pass.authorization(async |refresh| self.tokens("refresh", &refresh).await).await
    }

    /// Sends a request. Where the access token of a login is not taken the next one may be: the controller's clock may have been set.
    async fn send(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, ConnError> {
        let again = request.try_clone().filter(|_| self.pass.is_session());
        let authorization = self.authorization().await?;
        let response = self.send_with(request, &authorization).await?;
        let Some(again) = again.filter(|_| response.status() == StatusCode::UNAUTHORIZED) else {
            return Ok(response);
        };
        self.pass.refused(&authorization).await;
        self.send_with(again, &self.authorization().await?).await
    }

    async fn send_with(
        &self,
        request: reqwest::RequestBuilder,
        authorization: &HeaderValue,
    ) -> Result<reqwest::Response, ConnError> {
        let request = request.header(AUTHORIZATION, authorization);
        request.send().await.map_err(|error| self.http_error(&error))
    }

    /// Who this is to the controller; `None` where it does not say.
    pub(super) async fn admission(&self) -> Result<Option<Admission>, ConnError> {
        let response = self.send(self.http.get(self.url("self"))).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.status(response.status(), "the request for a name and a role")?;
        let said = response.bytes().await.map_err(|error| self.http_error(&error))?;
        Ok(serde_json::from_slice(&said).ok())
    }

    /// What the controller shows now.
    ///
    /// # Errors
    /// Why there is no snapshot.
    pub async fn snapshot(&self) -> Result<Snapshot, ConnError> {
        self.get("snapshot", "the request for a snapshot", "the snapshot").await
    }

    /// The figures of the last hour, minute by minute.
    pub(super) async fn statistics(&self) -> Result<StatisticsPage, ConnError> {
        self.get("statistics", "the request for statistics", "the statistics").await
    }

    /// The configuration's versions, the newest first.
    pub(super) async fn versions(&self) -> Result<Versions, ConnError> {
        let what = "the request for the configuration's versions";
        self.get("configuration/versions", what, "the configuration's versions").await
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        request: &'static str,
        what: &'static str,
    ) -> Result<T, ConnError> {
        let mut response = self.send(self.http.get(self.url(path))).await?;
        self.status(response.status(), request)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.http_error(&error))? {
            if body.len() + chunk.len() > SNAPSHOT_OCTETS_MAX {
                return Err(ConnError::TooLong(SNAPSHOT_OCTETS_MAX));
            }
            body.extend_from_slice(&chunk);
        }
        serde_json::from_slice(&body).map_err(|error| ConnError::Unreadable { what, why: error.to_string() })
    }

    /// What a unit may; else why that is not known.
    pub(super) async fn rights(&self, unit: UnitId) -> Result<UnitRights, String> {
        self.ask(&format!("subscribers/{unit}")).await
    }

    /// How a unit is set up; else why that is not known.
    pub(super) async fn unit(&self, unit: UnitId) -> Result<UnitSheet, String> {
        self.ask(&format!("units/{unit}")).await
    }

    /// What would be different if a version came back; else why that is not known.
    pub(super) async fn compare(&self, of: ConfigurationVersion) -> Result<Comparison, String> {
        #[derive(Deserialize)]
        struct Compared {
            version: ConfigurationVersion,
            differences: Vec<Difference>,
        }
        let Compared { version: with, differences } =
            self.ask(&format!("configuration/differences?version={of}")).await?;
        Ok(Comparison { of, with, differences })
    }

    /// What a site says it runs; else why that is not known.
    pub(super) async fn device(&self, site: SiteId) -> Result<DeviceView, String> {
        self.ask(&format!("sites/{site}/configuration")).await
    }

    /// Asks for something that may be refused; the refusal in the controller's own words.
    async fn ask<T: DeserializeOwned>(&self, path: &str) -> Result<T, String> {
        let said = self.answered(self.http.get(self.url(path))).await?;
        serde_json::from_slice(&said).map_err(|error| format!("the answer cannot be read: {error}"))
    }

    /// Has the controller do something. What came of it is among the events; here is only why nothing did.
    pub(super) async fn order(&self, asked: &Asked) -> Result<(), String> {
        let (path, body) = match asked {
            Asked::Order(order) => ("orders", serde_json::to_vec(order)),
            Asked::Revert { base, to } => {
                let body = serde_json::json!({ "base": base, "to": to });
                ("configuration/revert", serde_json::to_vec(&body))
            }
        };
        let request = self
            .http
            .post(self.url(path))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .timeout(ORDER_TIMEOUT)
            .body(body.expect("an order serialises: its keys are text"));
        self.answered(request).await.map(drop)
    }

    /// What is answered to a request, or why nothing is.
    async fn answered(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, String> {
        let mut response = self.send(request).await.map_err(|error| error.to_string())?;
        let status = response.status();
        let mut said = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.http_error(&error).to_string())? {
            if said.len() + chunk.len() > SNAPSHOT_OCTETS_MAX {
                return Err(ConnError::TooLong(SNAPSHOT_OCTETS_MAX).to_string());
            }
            said.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(said);
        }
        let problem = serde_json::from_slice::<Problem>(&said).ok();
        Err(problem.map_or_else(|| format!("the controller answers {status}"), |problem| problem.detail))
    }

    /// The events after the one of this number, as that term of office counted it.
    pub(super) async fn events(&self, epoch: Epoch, after: u64) -> Result<Events, ConnError> {
        timeout(CONNECT_TIMEOUT, self.open_events(epoch, after))
            .await
            .unwrap_or(Err(ConnError::Silent(CONNECT_TIMEOUT.as_secs())))
    }

    async fn open_events(&self, epoch: Epoch, after: u64) -> Result<Events, ConnError> {
        let path = format!("/v1/events?after={after}&epoch={epoch}");
        self.open(&path, "the request for events").await.map(|socket| Events { socket })
    }

    /// A connection over which the operator of this console talks.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn talk(&self) -> Result<Talk, ConnError> {
        let open = self.open("/v1/talk", "the request to talk");
        let socket = timeout(CONNECT_TIMEOUT, open).await;
        socket.unwrap_or(Err(ConnError::Silent(CONNECT_TIMEOUT.as_secs()))).map(Talk::over)
    }

    /// Opens a WebSocket; with the next access token where one was not taken.
    async fn open(&self, path: &str, what: &'static str) -> Result<Socket, ConnError> {
        let authorization = self.authorization().await?;
        match self.open_with(path, what, &authorization).await {
            Err(ConnError::SessionOver) => {
                self.pass.refused(&authorization).await;
                self.open_with(path, what, &self.authorization().await?).await
            }
            opened => opened,
        }
    }

    async fn open_with(
        &self,
        path: &str,
        what: &'static str,
        authorization: &HeaderValue,
    ) -> Result<Socket, ConnError> {
        let unreachable =
            |error: std::io::Error| ConnError::Unreachable { address: self.address, why: error.to_string() };
        let tcp = TcpStream::connect(self.address).await.map_err(unreachable)?;
        let name = ServerName::try_from(SERVER_NAME).expect("a word is a name");
        let stream =
            self.tls.connect(name, tcp).await.map_err(|error| self.tls_error(&error, error.to_string()))?;
        let url = format!("wss://{SERVER_NAME}:{}{path}", self.address.port());
        let mut request = url.into_client_request().expect("an address and a number make a request");
        request.headers_mut().insert(AUTHORIZATION, authorization.clone());
        let mut config = WebSocketConfig::default();
        config.max_message_size = Some(EVENT_OCTETS_MAX);
        config.max_frame_size = Some(EVENT_OCTETS_MAX);
        match client_async_with_config(request, stream, Some(config)).await {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::Error::Http(response)) => Err(self
                .status(response.status(), what)
                .err()
                .unwrap_or(ConnError::Status { status: response.status().as_u16(), what })),
            Err(error) => Err(ConnError::Broken(error.to_string())),
        }
    }

    fn status(&self, status: StatusCode, what: &'static str) -> Result<(), ConnError> {
        match status {
            StatusCode::OK => Ok(()),
            StatusCode::GONE => Err(ConnError::Resync),
            StatusCode::UNAUTHORIZED if self.pass.is_session() => Err(ConnError::SessionOver),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(ConnError::TokenRefused),
            other => Err(ConnError::Status { status: other.as_u16(), what }),
        }
    }

    fn http_error(&self, error: &reqwest::Error) -> ConnError {
        if error.is_timeout() && !error.is_connect() {
            return ConnError::Silent(SNAPSHOT_TIMEOUT.as_secs());
        }
        if error.is_connect() {
            self.tls_error(error, innermost(error))
        } else {
            ConnError::Broken(innermost(error))
        }
    }

    /// Tells a peer that is not our controller from one that is not there.
    fn tls_error(&self, error: &(dyn std::error::Error + 'static), why: String) -> ConnError {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found @ rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
                return ConnError::NotOurController { address: self.address, why: found.to_string() };
            }
            next = beneath(error);
        }
        ConnError::Unreachable { address: self.address, why }
    }
}

/// The error that another one wraps. `io::Error` hides what it holds from `source`, so it is asked for it.
fn beneath<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a (dyn std::error::Error + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(held) => Some(held),
        None => error.source(),
    }
}

/// A WebSocket to the controller.
pub(super) type Socket = WebSocketStream<TlsStream<TcpStream>>;

/// The stream of events.
pub(super) struct Events {
    socket: Socket,
}

/// What comes on the stream.
#[derive(Debug)]
pub(super) enum Told {
    /// An event.
    Event(Event),
    /// An event of a kind that is not known here.
    Unknown(UnknownEvent),
    /// A sign of life.
    Alive,
}

impl Events {
    /// The next thing told.
    pub(super) async fn next(&mut self) -> Result<Told, ConnError> {
        let Some(message) = self.socket.next().await else { return Err(ConnError::Closed(String::new())) };
        match message.map_err(|error| ConnError::Broken(error.to_string()))? {
            tungstenite::Message::Text(text) => told(&text),
            tungstenite::Message::Close(close) => {
                let reason = close.map(|close| close.reason.to_string()).filter(|reason| !reason.is_empty());
                Err(ConnError::Closed(reason.map_or_else(String::new, |reason| format!(": {reason}"))))
            }
            tungstenite::Message::Binary(_)
            | tungstenite::Message::Ping(_)
            | tungstenite::Message::Pong(_)
            | tungstenite::Message::Frame(_) => Ok(Told::Alive),
        }
    }

    /// Asks for a sign of life.
    pub(super) async fn ping(&mut self) -> Result<(), ConnError> {
        self.socket
            .send(tungstenite::Message::Ping(Bytes::new()))
            .await
            .map_err(|error| ConnError::Broken(error.to_string()))
    }
}

fn told(text: &str) -> Result<Told, ConnError> {
    #[derive(Deserialize)]
    struct Resync {
        resync: bool,
    }
    #[derive(Deserialize)]
    struct Head {
        sequence: u64,
        at: Moment,
        event: String,
    }
    let error = match serde_json::from_str::<Event>(text) {
        Ok(event) => return Ok(Told::Event(event)),
        Err(error) => error,
    };
    if serde_json::from_str::<Resync>(text).is_ok_and(|told| told.resync) {
        return Err(ConnError::Resync);
    }
    match serde_json::from_str::<Head>(text) {
        Ok(head) => {
            Ok(Told::Unknown(UnknownEvent { sequence: head.sequence, at: head.at, name: head.event }))
        }
        Err(_) => Err(ConnError::Unreadable { what: "an event", why: error.to_string() }),
    }
}

/// The innermost error: the outer ones only say that a request failed.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(held) = beneath(innermost) {
        innermost = held;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_an_event_a_resync_or_at_least_a_number() {
        let event = r#"{"sequence":7,"at":1000,"event":"registered","unit":1017,"site":3}"#;
        assert!(matches!(told(event), Ok(Told::Event(Event { sequence: 7, .. }))));
        assert!(matches!(told(r#"{"resync":true}"#), Err(ConnError::Resync)));
        let newer = r#"{"sequence":8,"at":1000,"event":"patched","talkgroups":[1,2]}"#;
        let Ok(Told::Unknown(unknown)) = told(newer) else { panic!("it has a number") };
        assert_eq!((unknown.sequence, unknown.name.as_str()), (8, "patched"));
        assert!(matches!(told("hello"), Err(ConnError::Unreadable { .. })));
    }
}
