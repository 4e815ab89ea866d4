//! The voice switch on real sockets: what passes, what is dropped and by which cause.

#![allow(clippy::unwrap_used, reason = "a test fails where its helper does")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::BytesMut;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use trunklab_controller::switch::{Settings, SwitchHandle, start};
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::switch::{FromSwitch, Load, Open, Shut, SiteDown, SiteUp, ToSwitch};
use trunklab_protocol::voice::{TAG_LEN, VoicePacket};
use trunklab_protocol::{CallId, Cause, Epoch, NodeId, SiteId, SpurtId};

/// Longer than anything here takes: a test that waits for ever fails instead.
const PATIENCE: Duration = Duration::from_secs(20);

/// A base station's voice side.
struct Site {
    id: SiteId,
    socket: UdpSocket,
    uplink_key: VoiceKey,
    downlink_key: VoiceKey,
}

impl Site {
    async fn new(number: u16) -> Self {
        Self {
            id: SiteId::new(number).unwrap(),
            socket: UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap(),
            uplink_key: VoiceKey::new([number as u8; 16]),
            downlink_key: VoiceKey::new([number as u8 + 100; 16]),
        }
    }

    fn up(&self) -> ToSwitch {
        ToSwitch::SiteUp(SiteUp {
            site: self.id,
            address: self.socket.local_addr().unwrap(),
            uplink_key: self.uplink_key,
            downlink_key: self.downlink_key,
        })
    }

    /// The next datagram that the switch sends here.
    async fn hears(&self) -> Vec<u8> {
        let mut buffer = [0; 512];
        let (len, _) = timeout(PATIENCE, self.socket.recv_from(&mut buffer)).await.unwrap().unwrap();
        buffer[..len].to_vec()
    }

    fn hears_nothing_more(&self) -> bool {
        self.socket.try_recv_from(&mut [0; 512]).is_err()
    }
}

/// A switch with sites 1 to 3 up and spurt 9 of call 4 on its way from site 1 to sites 2 and 3.
struct Network {
    switch: SwitchHandle,
    reports: mpsc::Receiver<FromSwitch>,
    sites: [Site; 3],
    ordered: u64,
}

impl Network {
    async fn new() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let settings = Settings { report_period: Duration::from_millis(5), ..Settings::at(address) };
        let (switch, reports) = start(settings).unwrap();
        let sites = [Site::new(1).await, Site::new(2).await, Site::new(3).await];
        let mut network = Self { switch, reports, sites, ordered: 0 };
        let up: Vec<ToSwitch> = network.sites.iter().map(Site::up).collect();
        for order in up {
            network.order(order).await;
        }
        network.order(open(9, 4, 1, &[2, 3])).await;
        network
    }

    /// Orders, and waits until the switch has obeyed.
    async fn order(&mut self, order: ToSwitch) {
        self.switch.orders().send(order).await.unwrap();
        self.ordered += 1;
        let ordered = self.ordered;
        self.until(|switch| switch.counts().orders_obeyed.read() == ordered).await;
    }

    async fn until(&self, condition: impl Fn(&SwitchHandle) -> bool) {
        let wait = async {
            while !condition(&self.switch) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, wait).await.expect("the switch never came to it");
    }

    /// A site sends octets to the switch; returns when the switch is done with them.
    async fn sends(&self, site: usize, datagram: &[u8]) {
        let before = settled(&self.switch);
        self.sites[site - 1].socket.send_to(datagram, self.switch.address()).await.unwrap();
        self.until(|switch| settled(switch) > before).await;
    }

    fn dropped(&self) -> Vec<(Cause, u64)> {
        self.switch.counts().dropped.read()
    }
}

/// Copies sent and dropped: grows when a packet is done with.
fn settled(switch: &SwitchHandle) -> u64 {
    switch.counts().packets_out.read() + switch.counts().dropped.total()
}

fn open(spurt: u32, call: u32, from: u16, to: &[u16]) -> ToSwitch {
    ToSwitch::Open(Open {
        spurt: SpurtId::new(spurt).unwrap(),
        call: CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(1).unwrap(), counter: call },
        from: SiteId::new(from).unwrap(),
        to: to.iter().map(|number| SiteId::new(*number).unwrap()).collect(),
        beside: None,
    })
}

fn packet(spurt: u32, sequence: u16) -> VoicePacket {
    VoicePacket {
        spurt: SpurtId::new(spurt).unwrap(),
        sequence,
        position: u32::from(sequence) * 5,
        marker: sequence == 0,
        frames: (0..5).map(|frame| [frame + sequence as u8; 8]).collect(),
    }
}

fn encoded(packet: &VoicePacket, key: &VoiceKey) -> Vec<u8> {
    let mut octets = BytesMut::new();
    packet.encode(key, &mut octets);
    octets.to_vec()
}

#[tokio::test]
async fn a_packet_arrives_at_each_destination_with_its_header_and_that_site_s_tag() {
    let network = Network::new().await;
    let [talker, near, far] = &network.sites;
    for sequence in 0..50 {
        let sent = encoded(&packet(9, sequence), &talker.uplink_key);
        network.sends(1, &sent).await;
        for (site, other) in [(near, far), (far, near)] {
            let heard = site.hears().await;
            assert_eq!(heard[..heard.len() - TAG_LEN], sent[..sent.len() - TAG_LEN]);
            assert_eq!(VoicePacket::decode(&site.downlink_key, &heard), Ok(packet(9, sequence)));
            assert_eq!(VoicePacket::decode(&other.downlink_key, &heard), Err(Cause::WrongTag));
        }
    }
    assert!(talker.hears_nothing_more(), "the talker's site repeats by itself");
    assert_eq!(network.switch.counts().packets_in.read(), 50);
    assert_eq!(network.switch.counts().packets_out.read(), 100);
    assert_eq!(network.switch.counts().octets.sent.read(), 100 * 60);
    assert_eq!(network.dropped(), []);
}

#[tokio::test]
async fn each_drop_has_its_cause_and_reaches_nobody() {
    let network = Network::new().await;
    let [talker, near, far] = &network.sites;
    let good = encoded(&packet(9, 0), &talker.uplink_key);

    network.sends(1, &encoded(&packet(9, 0), &VoiceKey::new([0xEE; 16]))).await;
    assert_eq!(network.dropped(), [(Cause::WrongTag, 1)]);
    // Another site's own key, from that site's own address.
    network.sends(2, &encoded(&packet(9, 0), &near.uplink_key)).await;
    assert_eq!(network.dropped(), [(Cause::WrongTag, 1), (Cause::WrongSource, 1)]);
    network.sends(1, &encoded(&packet(8, 0), &talker.uplink_key)).await;
    network.sends(1, &good[..good.len() - 1]).await;
    assert!(near.hears_nothing_more() && far.hears_nothing_more());

    // None of this used anything up.
    network.sends(1, &good).await;
    assert_eq!(VoicePacket::decode(&near.downlink_key, &near.hears().await), Ok(packet(9, 0)));
    network.sends(1, &good).await;
    // A copy that was heard downlink, sent back in.
    network.sends(2, &far.hears().await).await;
    assert_eq!(
        network.dropped(),
        [
            (Cause::UnknownSpurt, 1),
            (Cause::WrongTag, 2),
            (Cause::NotRtp, 1),
            (Cause::WrongSource, 1),
            (Cause::StalePacket, 1),
        ]
    );
    assert!(near.hears_nothing_more() && far.hears_nothing_more());

    let mut metrics = String::new();
    network.switch.counts().write_metrics(&mut metrics).unwrap();
    for line in [
        "trunklab_switch_packets_total{direction=\"uplink\"} 7",
        "trunklab_switch_packets_total{direction=\"downlink\"} 2",
        "trunklab_switch_dropped_total{cause=\"WrongTag\"} 2",
        "trunklab_switch_dropped_total{cause=\"StalePacket\"} 1",
    ] {
        assert!(metrics.lines().any(|written| written == line), "{line} is not in\n{metrics}");
    }
}

/// The key proves, not the address: a site behind a changed address is still itself.
#[tokio::test]
async fn the_talker_s_key_counts_from_any_address() {
    let network = Network::new().await;
    let [talker, near, _] = &network.sites;
    network.sends(3, &encoded(&packet(9, 0), &talker.uplink_key)).await;
    assert_eq!(VoicePacket::decode(&near.downlink_key, &near.hears().await), Ok(packet(9, 0)));
}

#[tokio::test]
async fn orders_move_the_way_at_once() {
    let mut network = Network::new().await;
    let uplink_key = network.sites[0].uplink_key;
    let send = |sequence| encoded(&packet(9, sequence), &uplink_key);

    network.order(ToSwitch::SiteDown(SiteDown { site: SiteId::new(3).unwrap() })).await;
    network.sends(1, &send(0)).await;
    network.until(|switch| settled(switch) == 2).await;
    assert_eq!(network.dropped(), [(Cause::SiteUnavailable, 1)]);

    // Site 3 comes back with other keys.
    network.sites[2].downlink_key = VoiceKey::new([77; 16]);
    let up = network.sites[2].up();
    network.order(up).await;
    network.sends(1, &send(1)).await;
    let heard = network.sites[2].hears().await;
    assert_eq!(VoicePacket::decode(&VoiceKey::new([77; 16]), &heard), Ok(packet(9, 1)));
    // What passed before is remembered through all of this.
    network.sends(1, &send(0)).await;
    assert_eq!(network.switch.counts().dropped.total(), 2);

    network.order(ToSwitch::Shut(Shut { spurt: SpurtId::new(9).unwrap() })).await;
    network.sends(1, &send(2)).await;
    assert!(network.dropped().contains(&(Cause::UnknownSpurt, 1)), "{:?}", network.dropped());
}

/// Random octets, random packets of the right shape, and good ones with a bit turned, between good ones.
#[tokio::test]
async fn hostile_datagrams_disturb_nobody() {
    let network = Network::new().await;
    let [talker, near, far] = &network.sites;
    let mut random = TestRunner::deterministic();
    let hostile = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        (prop::collection::vec(any::<u8>(), 20..148), any::<bool>()).prop_map(|(mut octets, known)| {
            octets[..2].copy_from_slice(&[0x80, 98]);
            if known {
                octets[8..12].copy_from_slice(&9_u32.to_be_bytes());
            }
            octets.truncate(20 + (octets.len() - 20) / 8 * 8);
            octets
        }),
        (0..60_usize, 0..8_u8).prop_map({
            let good = encoded(&packet(9, 60_000), &talker.uplink_key);
            move |(at, bit)| {
                let mut octets = good.clone();
                octets[at] ^= 1 << bit;
                octets
            }
        }),
    ];
    for sequence in 0..200 {
        for _ in 0..50 {
            let datagram = hostile.new_tree(&mut random).unwrap().current();
            near.socket.send_to(&datagram, network.switch.address()).await.unwrap();
        }
        let taken = u64::from(sequence) * 51 + 50;
        network.until(|switch| switch.counts().packets_in.read() == taken).await;
        network.sends(1, &encoded(&packet(9, sequence), &talker.uplink_key)).await;
        for site in [near, far] {
            let heard = site.hears().await;
            assert_eq!(VoicePacket::decode(&site.downlink_key, &heard), Ok(packet(9, sequence)));
        }
    }
    assert_eq!(network.switch.counts().dropped.total(), 200 * 50, "{:?}", network.dropped());
    let causes: Vec<Cause> = network.dropped().into_iter().map(|(cause, _)| cause).collect();
    assert_eq!(causes, [Cause::UnknownSpurt, Cause::WrongTag, Cause::NotRtp]);
}

#[tokio::test]
async fn it_reports_stops_and_frees_its_port() {
    let network = Network::new().await;
    let address = network.switch.address();
    let sent = encoded(&packet(9, 0), &network.sites[0].uplink_key);
    network.sends(1, &sent).await;
    network.until(|switch| switch.counts().packets_out.read() == 2).await;
    let refusal = start(Settings::at(address)).unwrap_err().to_string();
    assert!(refusal.starts_with(&format!("the voice switch cannot listen on {address}: ")), "{refusal}");

    let Network { switch, mut reports, .. } = network;
    while reports.try_recv().is_ok() {}
    switch.stop().await;
    let mut last = None;
    while let Some(report) = reports.recv().await {
        match report {
            FromSwitch::Load(load) => last = Some(load),
            FromSwitch::LoopedBack(_) | FromSwitch::ConsoleSilent(_) => {}
        }
    }
    assert_eq!(last, Some(Load { routes: 1, packets_in: 1, packets_out: 2, dropped: 0 }));
    let (again, _reports) = start(Settings::at(address)).unwrap();
    assert_eq!(again.address(), address);
}
