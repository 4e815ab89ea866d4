//! Hostile frames at every port of a network that runs: each ends in a named cause or a closed link, nothing that is
//! not authenticated changes anything, and the calls of the other site go on all the while.
//!
//! The test command sends a million, with `TRUNKLAB_NIGHTLY=1` it is ten.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and shows what it saw"
)]

mod air;
mod forged;
mod network;
mod operator;
mod site_link;
mod tls;
mod voice;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use air::air_frames;
use forged::forgeries;
use network::{Network, Wires, site};
use operator::operators;
use site_link::{STRANGERS_FRAMES, frames_on_links, hold_link, nowhere, strangers_at_links};
use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use trunklab_controller::zone::Zone;
use trunklab_protocol::Cause;
use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::proof::VoiceKey;
use voice::voice_packets;

/// A guard against hanging, not a figure.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long counters are given to show what was sent last.
const SETTLED: Duration = Duration::from_millis(500);

/// Growth of resident memory that is no leak: buffers, the events that are kept, the allocator's own ways.
const GROWTH_KB_MAX: u64 = 32 * 1_024;

/// Memory and the machine's time are shared by all tests of a process: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

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

/// A million, or ten.
fn amounts() -> Amounts {
    let factor = if std::env::var_os("TRUNKLAB_NIGHTLY").is_some() { 10 } else { 1 };
    Amounts {
        links: 400_000 * factor,
        strangers: 400 * factor,
        air: 320_000 * factor,
        air_strangers: 100_000 * factor,
        switch: 160_000 * factor,
        station_voice: 10_000 * factor,
        requests: 400 * factor,
    }
}

/// Hostile peers with a certificate, each with a link of its own.
const PEERS: [u16; 3] = [3, 5, 6];

/// Attackers of one port at the same time, where it is not said otherwise.
const ATTACKERS: u64 = 2;

fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// What causes came of, port by port.
struct Causes(Vec<(&'static str, BTreeMap<Cause, u64>)>);

impl Causes {
    fn of(network: &Network) -> Self {
        let counters = network.controller.counters();
        let controller = [
            ("links closed", counters.links_closed.read()),
            ("links refused", counters.links_refused.read()),
            ("messages dropped", counters.messages_dropped.read()),
            ("operators refused", counters.operator_refused.read()),
            ("switch", network.controller.switch_counts().dropped.read()),
        ];
        let controller = controller.map(|(port, counts)| (port, counts.into_iter().collect()));
        let stations = [("base station 1", network.dropped_at(0)), ("base station 2", network.dropped_at(1))];
        Self(controller.into_iter().chain(stations).collect())
    }

    fn at(&self, port: &str) -> &BTreeMap<Cause, u64> {
        &self.0.iter().find(|(name, _)| *name == port).unwrap_or_else(|| panic!("no port {port}")).1
    }

    /// How many of these causes there were at a port.
    fn sum(&self, port: &str, causes: &[Cause]) -> u64 {
        causes.iter().filter_map(|cause| self.at(port).get(cause)).sum()
    }

    fn must_name(&self, port: &str, causes: &[Cause]) {
        for cause in causes {
            assert!(self.at(port).contains_key(cause), "{port} never named {cause:?}: {:?}", self.at(port));
        }
    }

    fn print(&self) {
        for (port, counts) in &self.0 {
            for (cause, count) in counts {
                println!("{count:>9}  {port:<17}  {cause:?}");
            }
        }
    }
}

/// Causes that only a frame gets whose envelope was in order: its message was decoded.
const DECODED: &[Cause] = &[
    Cause::FieldTruncated,
    Cause::FieldOutOfRange,
    Cause::UnknownMessage,
    Cause::NoSuchCarrier,
    Cause::BadCookie,
    Cause::LateBurst,
    Cause::EarlyBurst,
];

/// Attackers have threads of their own, as they would have machines of their own: what they spend on their frames delays
/// nobody's burst.
fn with_attackers<T>(test: impl AsyncFnOnce(&Handle) -> T) -> T {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let threads = |count| Builder::new_multi_thread().worker_threads(count).enable_all().build().unwrap();
    let attackers = threads(2);
    let outcome = threads(4).block_on(test(attackers.handle()));
    attackers.shutdown_background();
    outcome
}

#[test]
fn hostile_frames_at_every_port_end_in_a_named_cause_and_calls_go_on() {
    with_attackers(flood);
}

#[test]
fn forged_packets_with_good_keys_end_in_a_named_cause_and_the_talker_is_heard() {
    with_attackers(forgeries);
}

async fn flood(attackers: &Handle) {
    let amounts = amounts();
    let mut network = Network::start(Wires::default()).await;
    network.call(2001, 2002).await;
    network.call(1001, 1002).await;
    let memory = resident_kb();
    let began = Instant::now();

    let before = network.state().await;
    let attacks = strangers(attackers, &network, &amounts);
    let calls = network.call_during(attacks).await;
    println!("{calls} calls at the other site while strangers tried, {} ms", began.elapsed().as_millis());
    sleep(SETTLED).await;
    assert_eq!(network.state().await, before, "a stranger changed something");
    let first = Causes::of(&network);
    first.must_name("links refused", &[Cause::NotAuthenticated]);
    let refused: u64 = first.at("links refused").values().sum();
    assert!(refused >= amounts.strangers / 2, "{refused} links of strangers were refused");
    let unread = first.sum("base station 1", &[Cause::WrongTag, Cause::NotRtp]);
    assert!(unread >= amounts.station_voice / 2, "{unread} packets of strangers were dropped");

    let counters = network.controller.counters();
    let opened = counters.links_opened.read();
    let frames = counters.frames_from_sites.read();
    let packets = network.controller.switch_counts().packets_in.read();
    let (attacks, held) = peers(attackers, &network, &amounts).await;
    let calls = network.call_during(attacks).await;
    println!("{calls} calls at the other site while peers tried, {} ms", began.elapsed().as_millis());
    held.abort();
    sleep(SETTLED).await;

    let causes = Causes::of(&network);
    causes.print();
    let counters = network.controller.counters();
    let opened = counters.links_opened.read() - opened;
    let decoded = counters.frames_from_sites.read() - frames;
    let packets = network.controller.switch_counts().packets_in.read() - packets;
    let at_air = causes.sum("base station 1", DECODED) - first.sum("base station 1", DECODED);
    let sent = amounts.sent();
    println!(
        "{sent} frames sent; of peers {decoded} decoded on {opened} links, {at_air} by the air port; {packets} packets \
         of theirs at the switch"
    );
    assert!(decoded >= amounts.links / 2, "{decoded} frames of peers reached the decoder");
    assert!((decoded + at_air) * 2 >= sent, "too few came from a peer and reached a decoder");
    assert!(packets >= amounts.switch / 4, "{packets} packets of a peer reached the switch");
    causes.must_name(
        "links closed",
        &[
            Cause::FrameTooLong,
            Cause::WrongVersion,
            Cause::BadChecksum,
            Cause::SequenceGap,
            Cause::WrongFamily,
            Cause::FieldTruncated,
        ],
    );
    causes.must_name("messages dropped", &[Cause::UnknownMessage, Cause::NotRegistered, Cause::UnknownCall]);
    causes.must_name("switch", &[Cause::NotRtp, Cause::UnknownSpurt]);
    causes.must_name("operators refused", &[Cause::NotAuthenticated, Cause::EnrolmentRefused]);
    causes.must_name("base station 1", &[Cause::BadChecksum, Cause::WrongFamily, Cause::WrongVersion]);
    causes.must_name("base station 1", &[Cause::FrameTooLong, Cause::FrameTooShort, Cause::TrailingOctets]);
    causes.must_name("base station 1", &[Cause::UnknownMessage, Cause::BadCookie, Cause::FieldTruncated]);
    assert_eq!(counters.inputs_set_aside.read(), 0, "the core broke on an input");
    assert_eq!(counters.links_open.read(), 2, "a link of a hostile peer still stands");
    for station in &network.stations {
        assert_eq!(station.status().borrow().view.service, SiteService::Wide, "an honest link was disturbed");
    }

    // The flood is over: everything works, and nothing was kept of it.
    network.call(2001, 2002).await;
    network.call(1001, 1002).await;
    println!("{} times a radio had to ask again for its call", network.asked_again);
    let grown = resident_kb().saturating_sub(memory);
    println!(
        "resident memory grew by {grown} kB, from {memory} kB; {} ms in all",
        began.elapsed().as_millis()
    );
    assert!(grown < GROWTH_KB_MAX, "{grown} kB");
    network.stop().await;
}

/// Who has neither certificate nor key nor token, at every port.
fn strangers(attackers: &Handle, network: &Network, amounts: &Amounts) -> Vec<JoinHandle<()>> {
    let addresses = network.controller.addresses();
    let station = &network.stations[0];
    let ca = network.zone.ca_pem().to_owned();
    let foreign = Zone::ephemeral().unwrap().site(site(1)).unwrap();
    let some_key = VoiceKey::new([9; 16]);
    let mut attacks = vec![
        attackers.spawn(voice_packets(addresses.voice, some_key, 1, amounts.switch / 2)),
        attackers.spawn(voice_packets(station.voice_address, some_key, 2, amounts.station_voice)),
    ];
    for seed in 0..ATTACKERS {
        let (links, requests) = (amounts.strangers / ATTACKERS, amounts.requests / ATTACKERS);
        let foreign = foreign.clone();
        attacks.extend([
            attackers.spawn(strangers_at_links(addresses.listen, ca.clone(), foreign, 500 + seed, links)),
            attackers.spawn(operators(addresses.operator, ca.clone(), 510 + seed, requests)),
            attackers.spawn(air_frames(
                station.air_address,
                false,
                520 + seed,
                amounts.air_strangers / ATTACKERS,
            )),
        ]);
    }
    attacks
}

/// Who has a certificate, a cookie, a key of its own; and the link that the key is good for.
async fn peers(
    attackers: &Handle,
    network: &Network,
    amounts: &Amounts,
) -> (Vec<JoinHandle<()>>, JoinHandle<()>) {
    let addresses = network.controller.addresses();
    let air = network.stations[0].air_address;
    let ca = network.zone.ca_pem().to_owned();
    let (uplink_key, held) =
        hold_link(addresses.listen, &ca, &network.zone.site(site(4)).unwrap(), nowhere()).await;
    let mut attacks =
        vec![attackers.spawn(voice_packets(addresses.voice, uplink_key, 3, amounts.switch / 2))];
    for (seed, peer) in (530..).zip(PEERS) {
        let peer = network.zone.site(site(peer)).unwrap();
        let frames = amounts.links.div_ceil(PEERS.len() as u64);
        attacks.push(attackers.spawn(frames_on_links(addresses.listen, ca.clone(), peer, seed, frames)));
    }
    for seed in 0..ATTACKERS {
        attacks.push(attackers.spawn(air_frames(air, true, 540 + seed, amounts.air / ATTACKERS)));
    }
    (attacks, held)
}

fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
