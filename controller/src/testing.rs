//! A scripted core, a scripted site and a scripted console, on real sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{CallRecord, Outbox, Output, StoreItem};
use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::frame::encode_with;
use trunklab_protocol::from_site::{FromSite, Hello};
use trunklab_protocol::operator::{Event, EventKind, Order, Snapshot, Totals};
use trunklab_protocol::to_site::{Assert, Close, Heartbeat, ToSite};
use trunklab_protocol::{
    CallId, CarrierNumber, Cause, Clause, Epoch, Family, FloorPolicy, Frame, Incarnation, Moment, NodeId,
    Priority, SiteId, SlotAddress, SlotNumber, SpurtId, UnitId,
};

use crate::dispatch::Dispatch;
use crate::run::{ControllerOptions, RunningController};
use crate::zone::{Credentials, Zone, client_config};

/// Nothing in a test takes this long unless it hangs.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The scripted core breaks on a unit of this number.
pub const BREAKING_UNIT: u32 = 666;

/// The scripted core takes [`SLOW`] over a unit of this number.
pub const SLOW_UNIT: u32 = 667;

/// Longer than a second: however the second's end falls, it is seen late.
pub const SLOW: Duration = Duration::from_millis(1_700);

/// The scripted core takes [`BUSY`] over a unit of this number.
pub const BUSY_UNIT: u32 = 668;

/// Nor less over one of this number, and is late then for a moment at which it wanted to be woken.
pub const LATE_UNIT: u32 = 669;

/// Too long a wait, and so much less than a second that the end of the second is seen in time.
pub const BUSY: Duration = Duration::from_millis(700);

/// A core with a few reflexes, each of which tests one thing of the shell.
pub struct ScriptedCore {
    epoch: Epoch,
    events: u64,
    stored: u64,
    /// When it wants to be woken.
    due: Option<Moment>,
}

impl ScriptedCore {
    fn event(&mut self, at: Moment, kind: EventKind, out: &mut Outbox) {
        self.events += 1;
        out.push(Output::Event(Event { sequence: self.events, at, kind }));
    }
}

impl Dispatch for ScriptedCore {
    fn begin() -> Self {
        Self { epoch: Epoch::new(0).unwrap(), events: 0, stored: 0, due: None }
    }

    fn handle(&mut self, now: Moment, input: Input, out: &mut Outbox) {
        match input {
            Input::Started { epoch, .. } => self.epoch = epoch,
            Input::SiteConnected { site } => {
                let incarnation = Incarnation::new(self.epoch.number()).unwrap();
                self.event(now, EventKind::SiteUp { site, incarnation }, out);
            }
            Input::SiteDisconnected { site, cause } => {
                self.event(now, EventKind::SiteLost { site, cause }, out);
            }
            Input::FromSite { site, message } => self.hear(now, site, message, out),
            Input::Stored { id } => {
                self.stored = id;
                self.event(now, EventKind::Dropped { site: None, cause: Cause::Duplicate }, out);
            }
            // Unit 1 has an emergency, all others have none.
            Input::Order { id, order, .. } => {
                let unit = match order {
                    Order::AcknowledgeEmergency { unit }
                    | Order::ClearEmergency { unit }
                    | Order::CallAlert { unit }
                    | Order::CancelAlert { unit } => unit.number(),
                    Order::SendStatus { .. }
                    | Order::Patch { .. }
                    | Order::Multiselect { .. }
                    | Order::UndoPatch { .. }
                    | Order::Talk { .. }
                    | Order::EndTalk {}
                    | Order::Stun { .. }
                    | Order::Revive { .. }
                    | Order::Kill { .. }
                    | Order::CheckRadio { .. }
                    | Order::Regroup { .. }
                    | Order::RestoreGroups { .. }
                    | Order::Monitor { .. }
                    | Order::EndMonitor { .. }
                    | Order::AcknowledgeAlarm { .. }
                    | Order::TestSlot { .. }
                    | Order::ExerciseFault { .. }
                    | Order::SetPriority { .. }
                    | Order::SetRights { .. } => 1,
                };
                assert_ne!(unit, BREAKING_UNIT, "a test breaks the core here");
                let outcome = if unit == 1 { Ok(()) } else { Err(Cause::UnknownEmergency) };
                out.push(Output::Ordered { id, outcome });
            }
            Input::Time => self.due = None,
            Input::StoreFailed { .. }
            | Input::Copied(_)
            | Input::HandedBack
            | Input::Configure { .. }
            | Input::Provision(_)
            | Input::Entropy(_)
            | Input::FromSwitch(_)
            | Input::Waited { .. }
            | Input::SiteTaken { .. }
            | Input::ClosingDown => {}
        }
    }

    fn next_due(&self) -> Option<Moment> {
        self.due
    }

    fn snapshot(&self, now: Moment) -> Snapshot {
        Snapshot {
            sequence: self.events,
            at: now,
            epoch: self.epoch,
            sites: Vec::new(),
            calls: Vec::new(),
            queue: Vec::new(),
            talkgroups: Vec::new(),
            patches: Vec::new(),
            consoles: Vec::new(),
            emergencies: Vec::new(),
            units: Vec::new(),
            alarms: Vec::new(),
            messages: Vec::new(),
            statuses: Vec::new(),
            totals: Totals { registered: self.stored, ..Totals::default() },
        }
    }
}

impl ScriptedCore {
    fn hear(&mut self, now: Moment, site: SiteId, message: FromSite, out: &mut Outbox) {
        match message {
            FromSite::Hello(hello) if hello.newest_epoch > self.epoch => {
                out.push(Output::WantNewTerm { site, above: hello.newest_epoch });
            }
            FromSite::Hello(_) => {
                out.push(Output::ToSite { site, clause: Clause::Orders, message: Heartbeat {}.into() })
            }
            // So many messages, in one go.
            FromSite::Health(health) => {
                for _ in 0..health.bursts {
                    out.push(Output::ToSite { site, clause: Clause::Orders, message: Heartbeat {}.into() });
                }
                for _ in 0..health.dropped {
                    self.event(now, EventKind::Dropped { site: Some(site), cause: Cause::Duplicate }, out);
                }
            }
            FromSite::Detach(detach) => {
                assert_ne!(detach.unit.number(), BREAKING_UNIT, "a test breaks the core here");
                if detach.unit.number() == LATE_UNIT {
                    self.due = Some(now);
                }
                match detach.unit.number() {
                    SLOW_UNIT => std::thread::sleep(SLOW),
                    BUSY_UNIT | LATE_UNIT => std::thread::sleep(BUSY),
                    _ => {}
                }
            }
            FromSite::CallRequest(request) => {
                let call = CallId { node: NodeId::new(1).unwrap(), epoch: self.epoch, counter: 1 };
                let at = SlotAddress {
                    carrier: CarrierNumber::new(1).unwrap(),
                    slot: SlotNumber::new(1).unwrap(),
                };
                let talker = Some(Talker {
                    unit: request.unit,
                    press: request.press,
                    spurt: SpurtId::new(1).unwrap(),
                });
                out.push(Output::ToSite {
                    site,
                    clause: Clause::AllStart,
                    message: Assert {
                        call,
                        parties: request.talkgroup.into(),
                        at,
                        talker,
                        talker_is_here: true,
                        emergency: false,
                        priority: Priority::LOWEST,
                        floor: FloorPolicy::Refuse,
                        others: Vec::new(),
                        area: None,
                        duplex: None,
                    }
                    .into(),
                });
                let record = CallRecord {
                    call,
                    epoch: self.epoch,
                    parties: request.talkgroup.into(),
                    caller: Some(request.unit),
                    kind: request.kind,
                    priority: Priority::LOWEST,
                    area: None,
                    requested: now,
                    granted: now,
                    released: None,
                    slots: Default::default(),
                    spurts: Default::default(),
                    monitored_by: None,
                };
                out.push(Output::Store { id: 7, item: StoreItem::CallOpened(Box::new(record)) });
            }
            FromSite::InventoryRadios(_)
            | FromSite::InventoryCalls(_)
            | FromSite::InventoryEnd(_)
            | FromSite::Settings(_)
            | FromSite::Register(_)
            | FromSite::Answer(_)
            | FromSite::Affiliate(_)
            | FromSite::CallCancel(_)
            | FromSite::PttReleased(_)
            | FromSite::Alarm(_)
            | FromSite::UnitRequest(_)
            | FromSite::PageAnswer(_)
            | FromSite::HangUp(_)
            | FromSite::FloorRequest(_)
            | FromSite::TalkEnd(_)
            | FromSite::TalkerSilent(_)
            | FromSite::TalkerLeaving(_)
            | FromSite::OrderAnswer(_)
            | FromSite::NetworkChallenge(_)
            | FromSite::Status(_)
            | FromSite::CallAlert(_)
            | FromSite::AlertCancel(_)
            | FromSite::ServedAlone(_)
            | FromSite::ServedFailsoft(_)
            | FromSite::InFailsoft(_)
            | FromSite::SlotStates(_)
            | FromSite::SlotTested(_)
            | FromSite::Report(_)
            | FromSite::MessageAnswer(_)
            | FromSite::Handover(_) => {}
        }
    }
}

pub const TOKEN: &str = "a test's token";

/// A controller with the scripted core, in a zone in memory.
pub struct Lab {
    pub zone: Zone,
    pub controller: RunningController,
}

impl Lab {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(adjust: impl FnOnce(&mut ControllerOptions)) -> Self {
        let zone = Zone::ephemeral().unwrap();
        let mut options = ControllerOptions::ephemeral(&zone, Vec::new());
        options.operator_tokens = vec![TOKEN.to_owned()];
        adjust(&mut options);
        let controller = RunningController::start_with::<ScriptedCore>(options).await.unwrap();
        Self { zone, controller }
    }

    /// The same with the real core.
    pub async fn start_whole_with(adjust: impl FnOnce(&mut ControllerOptions)) -> Self {
        let zone = Zone::ephemeral().unwrap();
        let mut options = ControllerOptions::ephemeral(&zone, Vec::new());
        options.operator_tokens = vec![TOKEN.to_owned()];
        adjust(&mut options);
        let controller = RunningController::start(options).await.unwrap();
        Self { zone, controller }
    }

    /// A site that has connected and been greeted.
    pub async fn site(&self, number: u16) -> ScriptedSite {
        let mut site = self.connect(&self.zone.site(site(number)).unwrap()).await.unwrap();
        site.greets().await;
        site
    }

    pub async fn connect(&self, credentials: &Credentials) -> std::io::Result<ScriptedSite> {
        ScriptedSite::connect(self.controller.addresses().listen, self.zone.ca_pem(), Some(credentials)).await
    }

    /// Waits until a count has reached a number.
    pub async fn until(&self, what: impl Fn(&crate::counters::Counters) -> bool) {
        let counters = self.controller.counters();
        let reached = async {
            while !what(&counters) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("the count is never reached");
    }
}

pub fn site(number: u16) -> SiteId {
    SiteId::new(number).unwrap()
}

pub fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

pub fn hello() -> FromSite {
    hello_of(1, 0)
}

pub fn hello_having_obeyed(newest_epoch: u32) -> FromSite {
    hello_of(1, newest_epoch)
}

pub fn hello_of(incarnation: u32, newest_epoch: u32) -> FromSite {
    Hello {
        incarnation: Incarnation::new(incarnation).unwrap(),
        newest_epoch: Epoch::new(newest_epoch).unwrap(),
        voice_address: SocketAddr::from(([127, 0, 0, 1], 9)),
        controls: Vec::new(),
    }
    .into()
}

pub async fn tls_to(
    address: SocketAddr,
    ca_pem: &str,
    credentials: Option<&Credentials>,
) -> std::io::Result<TlsStream<TcpStream>> {
    tls_over(TcpStream::connect(address).await?, ca_pem, credentials).await
}

pub async fn tls_over(
    stream: TcpStream,
    ca_pem: &str,
    credentials: Option<&Credentials>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let config = client_config(ca_pem, credentials).unwrap();
    let name = ServerName::try_from("controller").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// A site that says what a test wants.
pub struct ScriptedSite {
    stream: TlsStream<TcpStream>,
    heard: BytesMut,
    sequence: u32,
    pub epoch: Epoch,
}

impl ScriptedSite {
    pub async fn connect(
        address: SocketAddr,
        ca_pem: &str,
        credentials: Option<&Credentials>,
    ) -> std::io::Result<Self> {
        let stream = tls_to(address, ca_pem, credentials).await?;
        Ok(Self { stream, heard: BytesMut::new(), sequence: 0, epoch: Epoch::new(0).unwrap() })
    }

    pub async fn greets(&mut self) {
        self.says(&hello()).await;
        assert_eq!(self.hears().await, Some(Heartbeat {}.into()));
    }

    pub async fn says(&mut self, message: &FromSite) {
        let octets = self.frame(message);
        self.sends(&octets).await;
    }

    /// The message's frame, in its place in the order.
    pub fn frame(&mut self, message: &FromSite) -> BytesMut {
        let mut octets = BytesMut::new();
        encode_with(&mut octets, Family::FromSite, message.code(), self.epoch, self.sequence, |payload| {
            message.put_payload(payload);
        });
        self.sequence += 1;
        octets
    }

    /// Any octets; the controller may have closed the link already.
    pub async fn sends(&mut self, octets: &[u8]) {
        if self.stream.write_all(octets).await.is_ok() {
            self.stream.flush().await.ok();
        }
    }

    /// The next message; `None` at the end of the link.
    pub async fn hears(&mut self) -> Option<ToSite> {
        tokio::time::timeout(PATIENCE, self.next_message()).await.expect("the controller says nothing")
    }

    async fn next_message(&mut self) -> Option<ToSite> {
        loop {
            if let Some(frame) = Frame::decode(&mut self.heard).unwrap() {
                assert_eq!(frame.family, Family::ToSite);
                self.epoch = frame.epoch;
                return Some(ToSite::decode(frame.message, &frame.payload).unwrap());
            }
            if self.stream.read_buf(&mut self.heard).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// Waits for the end of the link, and the cause that the controller gives for it.
    pub async fn is_closed(&mut self) -> Option<Cause> {
        let mut said = None;
        while let Some(message) = self.hears().await {
            if let ToSite::Close(Close { cause }) = message {
                said = Some(cause);
            }
        }
        said
    }
}

/// One HTTPS exchange; status and body.
pub async fn exchange(lab: &Lab, head: &str, token: Option<&str>, body: &str) -> (u16, String) {
    exchange_of_type(lab, "application/json", head, token, body).await
}

/// The same with a body of another type.
pub async fn exchange_of_type(
    lab: &Lab,
    media_type: &str,
    head: &str,
    token: Option<&str>,
    body: &str,
) -> (u16, String) {
    let anywhere = Ipv4Addr::LOCALHOST;
    let (status, _, body) = exchange_whole(lab, anywhere, media_type, head, token, body).await;
    (status, body)
}

/// The same from an address of the loopback: status, head and body.
pub async fn exchange_whole(
    lab: &Lab,
    from: Ipv4Addr,
    media_type: &str,
    head: &str,
    token: Option<&str>,
    body: &str,
) -> (u16, String, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    let stream = socket.connect(lab.controller.addresses().operator).await.unwrap();
    let mut stream = tls_over(stream, lab.zone.ca_pem(), None).await.unwrap();
    let authorization = token.map(|token| format!("Authorization: Bearer {token}\r\n")).unwrap_or_default();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: controller\r\nConnection: close\r\n{authorization}\
         Content-Type: {media_type}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    // A request that is refused early is not read to its end; the answer tells.
    stream.write_all(request.as_bytes()).await.ok();
    let mut answer = Vec::new();
    // The end of the connection may come without TLS's own farewell.
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap().ok();
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, head.to_owned(), body.to_owned())
}
