//! A controller that says what a test wants, and the station under test.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use trunklab_basestation::{Station, StationOptions, StationStatus};
use trunklab_protocol::air_downlink::{AccessRules, Reselection};
use trunklab_protocol::frame::encode_with;
use trunklab_protocol::from_site::{FromSite, Hello};
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::{Configure, ToSite};
use trunklab_protocol::{Antenna, ControlPlace, Signalling};
use trunklab_protocol::{
    CarrierNumber, Epoch, Family, Frame, Position, ProfileId, SiteId, SlotAddress, SlotNumber,
};

use crate::zone::Zone;

/// Nothing here takes this long; a test that waits for it has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const EPOCH: Epoch = Epoch::new(4).unwrap();
pub const UPLINK_KEY: VoiceKey = VoiceKey::new([1; 16]);
pub const DOWNLINK_KEY: VoiceKey = VoiceKey::new([2; 16]);

pub fn carrier(number: u16) -> CarrierNumber {
    CarrierNumber::new(number).unwrap()
}

pub fn at(carrier_number: u16, slot: u8) -> SlotAddress {
    SlotAddress { carrier: carrier(carrier_number), slot: SlotNumber::new(slot).unwrap() }
}

pub fn settings(switch_address: SocketAddr) -> SiteSettings {
    SiteSettings {
        site: SiteId::new(3).unwrap(),
        name: "North".into(),
        profile: ProfileId::Dmr3,
        position: Position { east_m: 1, north_m: 2 },
        mast: None,
        antenna: Antenna::Omni,
        power_dbm: 40,
        carriers: vec![carrier(1), carrier(2)],
        control: at(1, 0),
        further_controls: Vec::new(),
        control_place: ControlPlace::Fixed,
        signalling: Signalling::Common,
        neighbours: Vec::new(),
        access: AccessRules { backoff: 8, tries: 6, tries_emergency: 10, wait: 6 },
        reselection: Reselection::default(),
        registration_window_ms: 0,
        broadcast_interval_ms: 500,
        talker_silence_ms: 1_000,
        late_entry_interval_ms: 1_000,
        failsoft_after_ms: 0,
        failsoft: Vec::new(),
        self_test_ms: 0,
        bad_tests: 3,
        good_tests: 3,
        heartbeat_ms: 10_000,
        switch_address,
        voice_uplink_key: UPLINK_KEY,
        voice_downlink_key: DOWNLINK_KEY,
    }
}

/// A port at which stations ring.
pub struct Controller {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Controller {
    pub async fn open(zone: &Zone, name: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { listener, acceptor: TlsAcceptor::from(zone.server(name, true)) }
    }

    pub fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    /// The next station that rings, certificates checked.
    pub async fn answer(&self) -> std::io::Result<Site> {
        let (stream, _) = timeout(PATIENCE, self.listener.accept()).await.expect("nobody rings").unwrap();
        let stream = timeout(PATIENCE, self.acceptor.accept(stream)).await.expect("no handshake")?;
        Ok(Site { stream, read: BytesMut::new(), taken: 0, given: 0 })
    }
}

/// A station's link, seen from the controller.
pub struct Site {
    stream: TlsStream<TcpStream>,
    read: BytesMut,
    taken: u32,
    pub given: u32,
}

impl Site {
    pub async fn next(&mut self) -> Option<FromSite> {
        loop {
            if let Some(frame) = Frame::decode(&mut self.read).unwrap() {
                assert_eq!((frame.family, frame.sequence), (Family::FromSite, self.taken));
                self.taken += 1;
                return Some(FromSite::decode(frame.message, &frame.payload).unwrap());
            }
            let read =
                timeout(PATIENCE, self.stream.read_buf(&mut self.read)).await.expect("the station is silent");
            if !matches!(read, Ok(octets) if octets > 0) {
                return None;
            }
        }
    }

    /// The first message that `wanted` picks.
    pub async fn until<T>(&mut self, wanted: impl Fn(FromSite) -> Option<T>) -> T {
        loop {
            let message = self.next().await.expect("the station hung up");
            if let Some(found) = wanted(message) {
                return found;
            }
        }
    }

    pub async fn order(&mut self, message: impl Into<ToSite>) {
        let message = message.into();
        let mut octets = BytesMut::new();
        encode_with(&mut octets, Family::ToSite, message.code(), EPOCH, self.given, |into| {
            message.put_payload(into);
        });
        self.given += 1;
        self.send(&octets).await;
    }

    pub async fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Takes the greeting, sends the settings.
    pub async fn greet(&mut self, switch_address: SocketAddr) -> Hello {
        let FromSite::Hello(hello) = self.next().await.unwrap() else { panic!("no greeting") };
        self.until(|message| matches!(message, FromSite::InventoryEnd(_)).then_some(())).await;
        self.order(Configure { settings: settings(switch_address).into() }).await;
        hello
    }
}

pub fn options(zone: &Zone, controllers: Vec<String>) -> StationOptions {
    StationOptions {
        controllers,
        credentials: zone.credentials("site-3"),
        air: SocketAddr::from(([127, 0, 0, 1], 0)),
        voice: SocketAddr::from(([127, 0, 0, 1], 0)),
        voice_public: None,
        memory: None,
    }
}

/// The first status that `wanted` picks.
pub async fn status<T>(station: &Station, wanted: impl Fn(&StationStatus) -> Option<T>) -> T {
    let mut status = station.status();
    let found = async {
        loop {
            if let Some(found) = wanted(&status.borrow_and_update()) {
                return found;
            }
            status.changed().await.unwrap();
        }
    };
    timeout(PATIENCE, found).await.expect("the status never came about")
}

/// A controller and a station that it serves.
pub async fn served(switch_address: SocketAddr) -> (Station, Site) {
    let zone = Zone::new();
    let controller = Controller::open(&zone, "controller").await;
    let station = Station::start(options(&zone, vec![controller.address()])).await.unwrap();
    let mut site = controller.answer().await.unwrap();
    let hello = site.greet(switch_address).await;
    assert_eq!(hello.voice_address, station.voice_address);
    status(&station, |status| status.view.name.clone()).await;
    (station, site)
}

pub fn nowhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9))
}
