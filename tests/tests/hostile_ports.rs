//! Hostile frames at every port of a network that runs: each ends in a named cause or a closed link, nothing that is
//! not authenticated changes anything, and the calls of the other site go on all the while.
//!
//! `TRUNKLAB_NIGHTLY=1` makes it a million frames.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and shows what it saw"
)]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use trunklab::lab::radios::{Command, RadioSetup, Radios, Report};
use trunklab_basestation::credentials::Credentials as StationCredentials;
use trunklab_basestation::{Station, StationOptions};
use trunklab_controller::operator::new_operator_token;
use trunklab_controller::run::{ControllerOptions, RunningController};
use trunklab_controller::zone::{Credentials, Zone, client_config};
use trunklab_controller_core::config::{Change, SiteConfig, Subscriber, SystemParameters, Talkgroup};
use trunklab_protocol::air_downlink::{AccessRules, AirDownlink, SiteService};
use trunklab_protocol::air_uplink::{AirUplink, Listen, RequestKind};
use trunklab_protocol::frame::encode_with;
use trunklab_protocol::from_site::{FromSite, Health, Hello, InventoryEnd};
use trunklab_protocol::proof::{UnitKey, VoiceKey};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{
    CarrierNumber, Cause, Epoch, Family, Frame, Identity, Incarnation, Position, Priority, ProfileId, SiteId,
    SlotAddress, SlotNumber, SpurtId, TalkgroupId, UnitId,
};
use trunklab_terminal_core::handset::HandsetConfig;
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::HandsetEvent;
use trunklab_tests::hostile::{Class, Hostile, HostilePackets};

/// A guard against hanging, not a figure.
const PATIENCE: Duration = Duration::from_secs(30);

/// Growth of resident memory that is no leak: buffers, the events that are kept, the allocator's own ways.
const GROWTH_KB_MAX: u64 = 96 * 1_024;

/// Frames for each port.
struct Amounts {
    links: u64,
    strangers: u64,
    air: u64,
    air_strangers: u64,
    switch: u64,
    station_voice: u64,
    requests: u64,
}

impl Amounts {
    /// All frames, packets and requests, at least.
    const fn sent(&self) -> u64 {
        self.links
            + self.strangers * STRANGERS_FRAMES as u64
            + self.air
            + self.air_strangers
            + self.switch
            + self.station_voice
            + self.requests
    }
}

/// Frames that a stranger sends on one connection.
const STRANGERS_FRAMES: u32 = 50;

fn amounts() -> Amounts {
    let factor = if std::env::var_os("TRUNKLAB_NIGHTLY").is_some() { 10 } else { 1 };
    Amounts {
        links: 30_000 * factor,
        strangers: 40 * factor,
        air: 40_000 * factor,
        air_strangers: 10_000 * factor,
        switch: 20_000 * factor,
        station_voice: 1_000 * factor,
        requests: 40 * factor,
    }
}

fn site(number: u16) -> SiteId {
    SiteId::new(number).unwrap()
}

fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

fn carrier(number: u16) -> CarrierNumber {
    CarrierNumber::new(number).unwrap()
}

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// Units at site 1 in talkgroup 41, at site 2 in talkgroup 42.
const RADIOS: [(u32, u16, i32); 4] =
    [(1001, 41, 300), (1002, 41, 400), (2001, 42, 90_300), (2002, 42, 90_400)];

fn key(number: u32) -> UnitKey {
    UnitKey::new([u8::try_from(number % 251).unwrap(); 16])
}

fn changes() -> Vec<Change> {
    let sites = [1, 2, 3, 4].map(|number: u16| {
        Change::Site(SiteConfig {
            site: site(number),
            name: format!("Site {number}"),
            profile: ProfileId::Iden,
            position: Position { east_m: (i32::from(number) - 1) * 90_000, north_m: 0 },
            power_dbm: 50,
            carriers: vec![carrier(number * 10), carrier(number * 10 + 1)],
            control: SlotAddress { carrier: carrier(number * 10), slot: SlotNumber::new(0).unwrap() },
            neighbours: Vec::new(),
            access: AccessRules { backoff: 8, tries: 6, tries_emergency: 10, wait: 5 },
            broadcast_interval_ms: 1_000,
            talker_silence_ms: 2_000,
            late_entry_interval_ms: 1_000,
        })
    });
    let talkgroups = [41, 42].map(|number| {
        Change::Talkgroup(Talkgroup {
            id: TalkgroupId::new(number).unwrap(),
            name: format!("Talkgroup {number}"),
            priority: Priority::new(5).unwrap(),
            hang_time_ms: Some(300),
        })
    });
    let subscribers = RADIOS.map(|(number, talkgroup, _)| {
        Change::Subscriber(Subscriber {
            unit: unit(number),
            imei: None,
            imsi: None,
            msisdn: None,
            fleet_member: None,
            key: key(number),
            talkgroups: vec![TalkgroupId::new(talkgroup).unwrap()],
            sites: None,
        })
    });
    [Change::System(SystemParameters::default())]
        .into_iter()
        .chain(sites)
        .chain(talkgroups)
        .chain(subscribers)
        .collect()
}

struct Network {
    zone: Zone,
    controller: RunningController,
    stations: Vec<Station>,
    radios: Radios,
    reports: mpsc::Receiver<Report>,
}

impl Network {
    async fn start() -> Self {
        let zone = Zone::ephemeral().unwrap();
        let token = new_operator_token().unwrap();
        let mut options = ControllerOptions::ephemeral(&zone, changes());
        options.operator_tokens = vec![token];
        let controller = RunningController::start(options).await.unwrap();
        let mut stations = Vec::new();
        for number in [1, 2] {
            let issued = zone.site(site(number)).unwrap();
            let credentials = StationCredentials {
                certificate_pem: issued.certificate_pem,
                key_pem: issued.key_pem,
                ca_pem: issued.ca_pem,
            };
            let options = StationOptions {
                controllers: vec![controller.addresses().listen.to_string()],
                credentials,
                air: loopback(),
                voice: loopback(),
                voice_public: None,
            };
            let station = Station::start(options).await.unwrap();
            let mut status = station.status();
            let wide = status
                .wait_for(|status| status.view.name.is_some() && status.view.service == SiteService::Wide);
            timeout(PATIENCE, wide).await.expect("the site comes into service").unwrap();
            stations.push(station);
        }
        let (report, reports) = mpsc::channel(65_536);
        let setups = RADIOS.map(|(number, talkgroup, east_m)| RadioSetup {
            config: HandsetConfig::new(
                unit(number),
                Identity::Unit(unit(number)),
                key(number),
                TalkgroupId::new(talkgroup).unwrap(),
                1,
            ),
            position: Position { east_m, north_m: 0 },
        });
        let ports: Vec<SocketAddr> = stations.iter().map(|station| station.air_address).collect();
        let radios = Radios::start(&ports, setups.to_vec(), Instant::now(), report).await.unwrap();
        let mut network = Self { zone, controller, stations, radios, reports };
        for (number, ..) in RADIOS {
            network.radios.command(Command::User(unit(number), Input::PowerOn)).await;
            network.until(number, |event| matches!(event, HandsetEvent::Registered { .. })).await;
        }
        network
    }

    async fn until(&mut self, number: u32, wanted: impl Fn(&HandsetEvent) -> bool) {
        self.until_report(number, |report| matches!(report, Report::Event(_, _, event) if wanted(event)))
            .await;
    }

    async fn until_report(&mut self, number: u32, wanted: impl Fn(&Report) -> bool) {
        let seen = async {
            while let Some(report) = self.reports.recv().await {
                let who = match &report {
                    Report::Event(_, who, _) => *who,
                    Report::Heard(heard) => heard.unit,
                };
                if who == unit(number) && wanted(&report) {
                    return;
                }
            }
            panic!("the radios are gone");
        };
        timeout(PATIENCE, seen).await.unwrap_or_else(|_| panic!("unit {number} waits in vain"));
    }

    /// A call that is granted, heard and over.
    async fn call(&mut self, talker: u32, listener: u32) {
        let user = |input| Command::User(unit(talker), input);
        self.radios.command(user(Input::PressPtt { kind: RequestKind::Normal })).await;
        self.radios.command(user(Input::Speech(vec![[7; 8]; 50]))).await;
        self.until_report(listener, |report| matches!(report, Report::Heard(_))).await;
        self.radios.command(user(Input::ReleasePtt)).await;
        self.until(listener, |event| matches!(event, HandsetEvent::Left { .. })).await;
    }

    /// Calls at the other site until all attacks are over. How many.
    async fn call_during(&mut self, attacks: Vec<JoinHandle<()>>) -> u32 {
        let mut calls = 0;
        for attack in attacks {
            while calls == 0 || !attack.is_finished() {
                self.call(2001, 2002).await;
                calls += 1;
            }
            attack.await.expect("an attack found what it should not");
        }
        calls
    }

    /// What strangers must not change: who is registered where, and which calls stand.
    async fn state(&self) -> String {
        let snapshot = self.controller.snapshot().await.unwrap();
        let sites: Vec<_> =
            snapshot.sites.iter().map(|view| (view.site, view.in_service, view.radios)).collect();
        format!("{sites:?} {:?} {:?}", snapshot.calls, snapshot.queue)
    }

    fn dropped_at(&self, station: usize) -> BTreeMap<Cause, u64> {
        self.stations[station].status().borrow().dropped.clone()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_frames_at_every_port_end_in_a_named_cause_and_calls_go_on() {
    let amounts = amounts();
    let mut network = Network::start().await;
    network.call(2001, 2002).await;
    network.call(1001, 1002).await;
    let addresses = network.controller.addresses();
    let counters = network.controller.counters();
    let (air, voice) = (network.stations[0].air_address, network.stations[0].voice_address);
    let ca = network.zone.ca_pem().to_owned();
    let memory = resident_kb();

    // Strangers, at every port.
    let before = network.state().await;
    let stranger_zone = Zone::ephemeral().unwrap();
    let foreign = stranger_zone.site(site(1)).unwrap();
    let some_key = VoiceKey::new([9; 16]);
    let attacks = vec![
        tokio::spawn(strangers_at_links(addresses.listen, ca.clone(), foreign, amounts.strangers)),
        tokio::spawn(air_frames(air, false, amounts.air_strangers)),
        tokio::spawn(voice_packets(addresses.voice, some_key, 1, amounts.switch / 2)),
        tokio::spawn(voice_packets(voice, some_key, 2, amounts.station_voice)),
        tokio::spawn(operators(addresses.operator, ca.clone(), amounts.requests)),
    ];
    let calls = network.call_during(attacks).await;
    println!("{calls} calls at the other site while strangers tried");
    sleep(Duration::from_millis(500)).await;
    assert_eq!(network.state().await, before, "a stranger changed something");
    assert!(counters.links_refused.total() >= amounts.strangers / 2, "{:?}", counters.links_refused.read());

    // Peers with a certificate, a cookie, a key of their own.
    let opened = counters.links_opened.read();
    let frames = counters.frames_from_sites.read();
    let packets = network.controller.switch_counts().packets_in.read();
    let at_air: u64 = network.dropped_at(0).values().sum();
    let (uplink_key, held) = hold_link(addresses.listen, &ca, &network.zone.site(site(4)).unwrap()).await;
    let peer = network.zone.site(site(3)).unwrap();
    let attacks = vec![
        tokio::spawn(frames_on_links(addresses.listen, ca.clone(), peer, amounts.links)),
        tokio::spawn(air_frames(air, true, amounts.air)),
        tokio::spawn(voice_packets(addresses.voice, uplink_key, 3, amounts.switch / 2)),
    ];
    let calls = network.call_during(attacks).await;
    println!("{calls} calls at the other site while peers tried");
    held.abort();
    sleep(Duration::from_millis(500)).await;

    let decoded = counters.frames_from_sites.read() - frames;
    let packets = network.controller.switch_counts().packets_in.read() - packets;
    println!(
        "{} links of a hostile peer, {decoded} frames read from sites, {packets} packets at the switch",
        counters.links_opened.read() - opened
    );
    println!("links closed: {:?}", counters.links_closed.read());
    println!("links refused: {:?}", counters.links_refused.read());
    println!("messages dropped: {:?}", counters.messages_dropped.read());
    println!("operator callers turned away: {:?}", counters.operator_refused.read());
    println!("switch dropped: {:?}", network.controller.switch_counts().dropped.read());
    println!("base station 1 dropped: {:?}", network.dropped_at(0));
    println!("base station 2 dropped: {:?}", network.dropped_at(1));
    let at_air = network.dropped_at(0).values().sum::<u64>() - at_air;
    let sent = amounts.sent();
    println!(
        "{sent} frames sent; of peers {decoded} read from links, {at_air} dropped by the air port, {packets} at the switch"
    );
    assert!(decoded >= amounts.links / 2, "{decoded} frames of the peer reached the decoder");
    assert!((decoded + at_air + packets) * 2 >= sent, "too few came from a peer and were looked at");
    for cause in [Cause::BadChecksum, Cause::WrongFamily, Cause::UnknownMessage, Cause::BadCookie] {
        assert!(network.dropped_at(0).contains_key(&cause), "the air port dropped nothing as {cause:?}");
    }
    assert_eq!(counters.inputs_set_aside.read(), 0, "the core broke on an input");
    for station in &network.stations {
        assert_eq!(station.status().borrow().view.service, SiteService::Wide, "an honest link was disturbed");
    }

    // The flood is over: everything works, and nothing was kept of it.
    network.call(2001, 2002).await;
    network.call(1001, 1002).await;
    let grown = resident_kb().saturating_sub(memory);
    println!("resident memory grew by {grown} kB, from {memory} kB");
    assert!(grown < GROWTH_KB_MAX, "{grown} kB");
    for station in network.stations {
        station.stop().await;
    }
    network.controller.stop().await.unwrap();
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

async fn tls(
    address: SocketAddr,
    ca: &str,
    shows: Option<&Credentials>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let config = client_config(ca, shows).unwrap();
    let stream = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("controller").unwrap(), stream).await
}

/// Reads until the other side closes.
async fn until_closed(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut sink = vec![0; 4_096];
    let closed = async { while matches!(stream.read(&mut sink).await, Ok(length) if length > 0) {} };
    timeout(PATIENCE, closed).await.expect("the port closes the connection");
}

/// Connections without a certificate, with one of another zone, and without TLS at all.
async fn strangers_at_links(listen: SocketAddr, ca: String, foreign: Credentials, count: u64) {
    let mut hostile = Hostile::new(Family::FromSite, 501);
    for number in 0..count {
        let mut octets = BytesMut::new();
        for sequence in 0..STRANGERS_FRAMES {
            octets.extend_from_slice(&hostile.any(Epoch::new(1).unwrap(), sequence).1);
        }
        if number % 4 == 0 {
            let mut stream = TcpStream::connect(listen).await.unwrap();
            // It may be closed before everything is out.
            stream.write_all(&octets).await.ok();
            stream.shutdown().await.ok();
            until_closed(&mut stream).await;
            continue;
        }
        let shows = (number % 2 == 0).then_some(&foreign);
        // With TLS 1.3 the client learns only afterwards that it is not let in.
        if let Ok(mut stream) = tls(listen, &ca, shows).await {
            stream.write_all(&octets).await.ok();
            until_closed(&mut stream).await;
        }
    }
}

fn from_site(message: &FromSite, sequence: u32) -> BytesMut {
    let mut octets = BytesMut::new();
    encode_with(&mut octets, Family::FromSite, message.code(), Epoch::new(1).unwrap(), sequence, |payload| {
        message.put_payload(payload);
    });
    octets
}

fn hello() -> FromSite {
    Hello {
        incarnation: Incarnation::new(7).unwrap(),
        newest_epoch: Epoch::new(0).unwrap(),
        voice_address: SocketAddr::from(([127, 0, 0, 1], 9)),
    }
    .into()
}

/// A peer whose frames are whole until the last of each link: nonsense that is well-formed, then any hostile frame.
async fn frames_on_links(listen: SocketAddr, ca: String, peer: Credentials, count: u64) {
    let mut hostile = Hostile::new(Family::FromSite, 502);
    let epoch = Epoch::new(1).unwrap();
    let mut sent = 0;
    while sent < count {
        let stream = tls(listen, &ca, Some(&peer)).await.unwrap();
        let (mut reading, mut writing) = tokio::io::split(stream);
        let drained = tokio::spawn(async move { until_closed(&mut reading).await });
        let mut octets = from_site(&hello(), 0);
        octets.extend_from_slice(&from_site(&InventoryEnd {}.into(), 1));
        let mut sequence = 2;
        for number in 0..200 {
            let frame = if number % 2 == 0 {
                hostile.frame(Class::UnknownMessage, epoch, sequence)
            } else {
                hostile.good(epoch, sequence)
            };
            octets.extend_from_slice(&frame);
            sequence += 1;
        }
        octets.extend_from_slice(&hostile.any(epoch, sequence).1);
        sent += u64::from(sequence);
        // The controller may have closed the link over what came before.
        if writing.write_all(&octets).await.is_ok() {
            writing.shutdown().await.ok();
        }
        drained.await.expect("every hostile link is closed");
    }
}

/// A link of an honest, idle site, for the sake of its voice key.
async fn hold_link(listen: SocketAddr, ca: &str, peer: &Credentials) -> (VoiceKey, JoinHandle<()>) {
    let mut stream = tls(listen, ca, Some(peer)).await.unwrap();
    stream.write_all(&from_site(&hello(), 0)).await.unwrap();
    stream.write_all(&from_site(&InventoryEnd {}.into(), 1)).await.unwrap();
    let mut heard = BytesMut::new();
    let uplink_key = loop {
        if let Some(frame) = Frame::decode(&mut heard).unwrap() {
            if let ToSite::Configure(configure) = ToSite::decode(frame.message, &frame.payload).unwrap() {
                break configure.settings.voice_uplink_key;
            }
            continue;
        }
        assert!(stream.read_buf(&mut heard).await.unwrap() > 0, "the controller closed the link");
    };
    let held = tokio::spawn(async move {
        let (mut reading, mut writing) = tokio::io::split(stream);
        let drained = tokio::spawn(async move { until_closed_at_last(&mut reading).await });
        for sequence in 2.. {
            let health = Health {
                control_words: 0,
                control_words_busy: 0,
                bursts: 0,
                collisions: 0,
                late: 0,
                dropped: 0,
            };
            if writing.write_all(&from_site(&health.into(), sequence)).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(500)).await;
        }
        drained.abort();
    });
    (uplink_key, held)
}

async fn until_closed_at_last(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut sink = vec![0; 4_096];
    while matches!(stream.read(&mut sink).await, Ok(length) if length > 0) {}
}

/// Frames at an air port. After each handful the port is asked something that it answers, so that none is lost in the
/// system's own buffers.
async fn air_frames(air: SocketAddr, with_cookie: bool, count: u64) {
    let mut hostile = Hostile::new(Family::AirUplink, 503);
    let epoch = Epoch::new(1).unwrap();
    let socket = UdpSocket::bind(loopback()).await.unwrap();
    socket.connect(air).await.unwrap();
    let mut cookie = 0;
    for batch in 0..count.div_ceil(50) {
        for number in 0..50 {
            let sequence = u32::try_from(batch * 50 + number).unwrap();
            let (_, octets) = if number % 2 == 0 && with_cookie {
                (Class::BadPayload, hostile.frame(Class::BadPayload, epoch, sequence))
            } else {
                hostile.any(epoch, sequence)
            };
            // One that is longer than UDP carries never leaves; the refusal of a closed port would be a failure below.
            socket.send(&octets).await.ok();
        }
        cookie = answered(&socket, cookie, with_cookie).await;
    }
}

/// Asks the air port until it answers; the cookie that is good now.
async fn answered(socket: &UdpSocket, mut cookie: u64, with_cookie: bool) -> u64 {
    let mut octets = vec![0; 65_536];
    let answer = async {
        loop {
            let listen = AirUplink::from(Listen { cookie, carriers: vec![carrier(999)] });
            let mut frame = BytesMut::new();
            encode_with(&mut frame, Family::AirUplink, listen.code(), Epoch::new(1).unwrap(), 0, |payload| {
                listen.put_payload(payload);
            });
            socket.send(&frame).await.unwrap();
            while let Ok(Ok(length)) = timeout(Duration::from_millis(300), socket.recv(&mut octets)).await {
                let frame = Frame::decode_datagram(&octets[..length]).unwrap();
                match AirDownlink::decode(frame.message, &frame.payload).unwrap() {
                    AirDownlink::Cookie(given) if with_cookie && given.cookie != cookie => {
                        cookie = given.cookie;
                        break;
                    }
                    AirDownlink::Cookie(_) if !with_cookie => return 0,
                    AirDownlink::Cookie(_) | AirDownlink::Burst(_) => {}
                    AirDownlink::Beacon(_) => return cookie,
                }
            }
        }
    };
    timeout(PATIENCE, answer).await.expect("the air port answers through the flood")
}

/// Packets at a voice port, slowly enough for the system's buffers.
async fn voice_packets(voice: SocketAddr, key: VoiceKey, seed: u64, count: u64) {
    let mut hostile = HostilePackets::new(key, SpurtId::new(77).unwrap(), seed);
    let socket = UdpSocket::bind(loopback()).await.unwrap();
    for number in 0..count {
        socket.send_to(&hostile.any().1, voice).await.unwrap();
        if number % 50 == 49 {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Octets without sense, requests without a token or with a wrong one, and bodies that are far too long.
async fn operators(operator: SocketAddr, ca: String, count: u64) {
    let mut hostile = Hostile::new(Family::FromSite, 504);
    for number in 0..count {
        let noise = hostile.frame(Class::Random, Epoch::new(1).unwrap(), 0);
        let request: Vec<u8> = match number % 4 {
            0 => {
                let mut stream = TcpStream::connect(operator).await.unwrap();
                stream.write_all(&noise).await.ok();
                stream.shutdown().await.ok();
                until_closed(&mut stream).await;
                continue;
            }
            1 => noise.to_vec(),
            2 => b"GET /v1/snapshot HTTP/1.1\r\nHost: controller\r\nConnection: close\r\nAuthorization: Bearer wrong\r\n\r\n".to_vec(),
            _ => {
                let mut request = b"POST /enrol HTTP/1.1\r\nHost: controller\r\nConnection: close\r\n\
                    Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
                    .to_vec();
                request.resize(request.len() + 1_000_000, b'x');
                request
            }
        };
        let mut stream = tls(operator, &ca, None).await.unwrap();
        // It may be closed before everything is out.
        stream.write_all(&request).await.ok();
        if number % 4 == 1 {
            // Otherwise the port would wait for the rest of what may be a request.
            stream.shutdown().await.ok();
        }
        let mut answer = Vec::new();
        timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the port answers or closes").ok();
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
        if number % 4 == 2 {
            assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        }
    }
}
