//! Hostile frames at every port of a network that runs: each ends in a named cause or a closed link, nothing that is
//! not authenticated changes anything, and the calls of the other site go on all the while.
//!
//! `TRUNKLAB_NIGHTLY=1` makes it a million frames.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and shows what it saw"
)]

mod air;
mod network;
mod operator;
mod site_link;
mod tls;
mod voice;

use std::net::SocketAddr;
use std::time::Duration;

use air::air_frames;
use network::{Network, site};
use operator::operators;
use site_link::{STRANGERS_FRAMES, frames_on_links, hold_link, strangers_at_links};
use tokio::time::sleep;
use trunklab_controller::zone::Zone;
use trunklab_protocol::Cause;
use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::proof::VoiceKey;
use voice::voice_packets;

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

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
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
