//! A scripted base station, for tests and benchmarks of a whole controller.

#![allow(clippy::unwrap_used, reason = "a test fails where its helper does")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use trunklab_controller::zone::{Zone, client_config};
use trunklab_controller_core::config::{Change, SiteConfig, Subscriber, Talkgroup};
use trunklab_protocol::frame::encode_with;
use trunklab_protocol::from_site::{Answer, FromSite, Hello, InventoryEnd, Register};
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::{Challenge, Configure, Registered, ToSite};
use trunklab_protocol::{
    CarrierNumber, Epoch, Family, Frame, Identity, Incarnation, Press, Priority, ProfileId, SiteId,
    TalkgroupId, UnitId,
};

/// Nothing takes this long unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

pub const KEY: UnitKey = UnitKey::new([0x5A; 16]);

/// A zone of one site, one talkgroup, and units from 1.
pub fn zone_of(units: u32) -> Vec<Change> {
    let carrier = CarrierNumber::new(1).unwrap();
    let site = SiteConfig { name: "Hill".to_owned(), ..SiteConfig::new(site_id(), ProfileId::Iden, carrier) };
    let talkgroup = Talkgroup {
        priority: Priority::LOWEST,
        hang_time_ms: Some(60_000),
        ..Talkgroup::named(talkgroup_id(), "Fire")
    };
    let mut changes = vec![Change::Site(site), Change::Talkgroup(talkgroup)];
    changes.extend((1..=units).map(|number| {
        Change::Subscriber(Subscriber {
            talkgroups: vec![talkgroup_id()],
            ..Subscriber::new(UnitId::new(number).unwrap(), KEY)
        })
    }));
    changes
}

pub fn site_id() -> SiteId {
    SiteId::new(1).unwrap()
}

pub fn talkgroup_id() -> TalkgroupId {
    TalkgroupId::new(41).unwrap()
}

pub fn register(unit: UnitId) -> FromSite {
    Register { identity: Identity::Unit(unit), press: Press::new(1).unwrap(), equipment: None }.into()
}

pub fn answer(challenge: &Challenge) -> FromSite {
    let response = KEY.answer(&challenge.challenge, None);
    Answer {
        identity: challenge.identity,
        response,
        talkgroup: Some(talkgroup_id()),
        secondary: trunklab_protocol::ScanList::default(),
    }
    .into()
}

/// A base station's link.
pub struct Site {
    stream: TlsStream<TcpStream>,
    heard: BytesMut,
    unsent: BytesMut,
    sequence: u32,
}

impl Site {
    /// Connects, greets, and is in service with nothing in its inventory.
    pub async fn in_service(address: SocketAddr, zone: &Zone) -> (Self, SiteSettings) {
        Self::in_service_as(site_id(), address, zone).await
    }

    /// The same as another site.
    pub async fn in_service_as(site: SiteId, address: SocketAddr, zone: &Zone) -> (Self, SiteSettings) {
        let config = client_config(zone.ca_pem(), Some(&zone.site(site).unwrap())).unwrap();
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from("controller").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        let mut site = Self { stream, heard: BytesMut::new(), unsent: BytesMut::new(), sequence: 0 };
        site.put(&hello());
        site.send().await;
        let ToSite::Configure(Configure { settings }) = site.hears().await.unwrap() else {
            panic!("a greeting is answered with the configuration")
        };
        site.put(&InventoryEnd {}.into());
        site.send().await;
        (site, *settings)
    }

    /// Adds a message to what is sent next.
    pub fn put(&mut self, message: &FromSite) {
        let epoch = Epoch::new(0).unwrap();
        encode_with(&mut self.unsent, Family::FromSite, message.code(), epoch, self.sequence, |payload| {
            message.put_payload(payload);
        });
        self.sequence += 1;
    }

    /// Sends what was put.
    pub async fn send(&mut self) {
        self.try_send().await.unwrap();
    }

    /// The same towards a controller that may be gone. Reads meanwhile, as a base station does: who does not is cut off when much is
    /// said to it.
    pub async fn try_send(&mut self) -> std::io::Result<()> {
        let (mut from, mut to) = tokio::io::split(&mut self.stream);
        let (unsent, heard) = (&self.unsent, &mut self.heard);
        let sending = async {
            to.write_all(unsent).await?;
            to.flush().await
        };
        let reading = async {
            // Its end, or what went wrong with it, is seen by who reads next.
            while matches!(from.read_buf(heard).await, Ok(1..)) {}
            std::future::pending::<()>().await;
        };
        tokio::select! {
            sent = sending => sent?,
            () = reading => {}
        }
        self.unsent.clear();
        Ok(())
    }

    /// The next message that is already here.
    pub fn heard(&mut self) -> Option<ToSite> {
        let frame = Frame::decode(&mut self.heard).unwrap()?;
        Some(ToSite::decode(frame.message, &frame.payload).unwrap())
    }

    /// The next message but signs of life; `None` at the end of the link.
    pub async fn hears(&mut self) -> Option<ToSite> {
        loop {
            match self.heard() {
                Some(ToSite::Heartbeat(_)) => {}
                Some(message) => return Some(message),
                None => {
                    let read = self.stream.read_buf(&mut self.heard);
                    let read = tokio::time::timeout(PATIENCE, read).await.expect("the controller is silent");
                    if read.unwrap_or(0) == 0 {
                        return None;
                    }
                }
            }
        }
    }

    /// Asks to register a unit; what it is challenged with.
    pub async fn challenged(&mut self, unit: UnitId) -> Challenge {
        self.put(&register(unit));
        self.send().await;
        let Some(ToSite::Challenge(challenge)) = self.hears().await else { panic!("no challenge") };
        challenge
    }

    /// Registers a unit and affiliates it.
    pub async fn registers(&mut self, unit: UnitId) -> Registered {
        let challenge = self.challenged(unit).await;
        self.put(&answer(&challenge));
        self.send().await;
        let Some(ToSite::Registered(registered)) = self.hears().await else { panic!("not registered") };
        registered
    }
}

fn hello() -> FromSite {
    Hello {
        incarnation: Incarnation::new(9).unwrap(),
        newest_epoch: Epoch::new(0).unwrap(),
        voice_address: SocketAddr::from(([127, 0, 0, 1], 9)),
        controls: Vec::new(),
    }
    .into()
}
