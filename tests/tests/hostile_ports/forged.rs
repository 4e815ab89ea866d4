//! Forged packets with good keys, on a spurt that is open: whoever holds a key of the network, or sits on its wire, is
//! told apart from the talker, and the listener hears the talker and nobody else.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;
use tokio::net::UdpSocket;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use trunklab::lab::radios::Report;
use trunklab_controller::observer::{Observed, Seen};
use trunklab_controller_core::output::Output;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::switch::{SiteUp, ToSwitch};
use trunklab_protocol::voice::{TAG_LEN, TICKS_PER_FRAME, VoiceFrame, VoicePacket};
use trunklab_protocol::{Cause, SiteId, SpurtId, TalkgroupId};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::HandsetEvent;
use trunklab_tests::example::{Seeded, Source as _};
use trunklab_tests::hostile::{Class, HostilePackets};

use crate::network::{Network, Wires, site, unit};
use crate::site_link::hold_link;
use crate::{PATIENCE, SETTLED, loopback};

/// Vocoder frames that the talker says: eight seconds.
const WORDS: u32 = 400;

/// The last of them may be lost to the end of the spurt.
const EDGE: u32 = 20;

/// Packets of the talker that the attackers answer with forgeries: fewer than the talker sends.
const ROUNDS: u32 = 40;

/// Forgeries of each kind for each packet.
const COPIES: u32 = 8;

/// What an attack sent, by the cause in which it must end.
type Sent = BTreeMap<Cause, u64>;

/// A wire with somebody on it: every packet goes on its way, and the newest is seen.
struct Wire {
    address: SocketAddr,
    onward: watch::Sender<Option<SocketAddr>>,
    newest: watch::Receiver<Bytes>,
}

impl Wire {
    async fn open() -> Self {
        let socket = UdpSocket::bind(loopback()).await.unwrap();
        let address = socket.local_addr().unwrap();
        let (onward, leads_to) = watch::channel(None);
        let (seen, newest) = watch::channel(Bytes::new());
        tokio::spawn(async move {
            let mut buffer = vec![0; 2_048];
            while let Ok((length, _)) = socket.recv_from(&mut buffer).await {
                let Some(onward) = *leads_to.borrow() else { continue };
                socket.send_to(&buffer[..length], onward).await.ok();
                seen.send_replace(Bytes::copy_from_slice(&buffer[..length]));
            }
        });
        Self { address, onward, newest }
    }

    fn leads_to(&self, address: SocketAddr) {
        self.onward.send_replace(Some(address));
    }
}

/// A word of the talker, which says its place.
fn word(place: u32) -> VoiceFrame {
    (0x776F_7264_0000_0000 | u64::from(place)).to_be_bytes()
}

fn place(frame: VoiceFrame) -> Option<u32> {
    let number = u64::from_be_bytes(frame);
    (number >> 32 == 0x776F_7264).then_some(u32::try_from(number & 0xFFFF_FFFF).unwrap())
}

/// What the forgers say.
const FORGED: VoiceFrame = [0xEE; 8];

/// The keys of each site, as the controller told them its switch.
fn keys(observed: &mut mpsc::Receiver<Observed>) -> BTreeMap<SiteId, SiteUp> {
    let mut keys = BTreeMap::new();
    while let Ok(observed) = observed.try_recv() {
        if let Seen::Output(Output::ToSwitch(ToSwitch::SiteUp(up))) = observed.what {
            keys.insert(up.site, up);
        }
    }
    keys
}

pub async fn forgeries(attackers: &Handle) {
    let (to_switch, to_station) = (Wire::open().await, Wire::open().await);
    let (observer, mut observed) = mpsc::channel(65_536);
    let wires = Wires {
        to_switch: Some(to_switch.address),
        to_station: Some(to_station.address),
        observer: Some(observer),
    };
    let mut network = Network::start(wires).await;
    let addresses = network.controller.addresses();
    let voice = network.stations[1].voice_address;
    to_switch.leads_to(addresses.voice);
    to_station.leads_to(voice);
    let keys = keys(&mut observed);
    drop(observed);
    let (talker, listener) = (keys[&site(1)].uplink_key, keys[&site(2)].downlink_key);

    // Site 3 is of this network as well, and what it sends comes from where it said.
    let other_site = UdpSocket::bind(loopback()).await.unwrap();
    let credentials = network.zone.site(site(3)).unwrap();
    let at = other_site.local_addr().unwrap();
    let (other, held) = hold_link(addresses.listen, network.zone.ca_pem(), &credentials, at).await;

    // From here on a call goes across both sites.
    let talkgroup = TalkgroupId::new(41).unwrap();
    network.user(2001, Input::Select(talkgroup)).await;
    network.until_event(2001, |event| *event == HandsetEvent::Affiliated { talkgroup }).await;
    network.call(1001, 2001).await;
    sleep(SETTLED).await;
    let before = Dropped::now(&network);
    network.user(1001, Input::PressPtt { kind: RequestKind::Normal }).await;
    network.until_event(1001, |event| matches!(event, HandsetEvent::TalkPermit { .. })).await;
    network.user(1001, Input::Speech((0..WORDS).map(word).collect())).await;
    let forger = SwitchForger { talker, listener, other, other_site, source: Seeded(601) };
    let at_switch = attackers.spawn(forger.attack(addresses.voice, to_switch.newest.clone()));
    let forger = StationForger { own: listener, talker, source: Seeded(602) };
    let at_station = attackers.spawn(forger.attack(voice, to_station.newest.clone()));

    let mut places = Vec::new();
    network
        .until("the listener hears the talker's last words", |report| {
            let Report::Heard(heard) = report else { return None };
            if heard.unit == unit(2001) {
                let frames = heard.frames.frames().iter().flatten();
                places.extend(frames.map(|frame| place(*frame).expect("only the talker is heard")));
            }
            (places.last()? + EDGE > WORDS).then_some(())
        })
        .await;
    let (at_switch, at_station) = (ended(at_switch).await, ended(at_station).await);
    sleep(SETTLED).await;
    let after = Dropped::now(&network);
    network.user(1001, Input::ReleasePtt).await;
    network.until_event(2001, |event| matches!(event, HandsetEvent::Left { .. })).await;
    held.abort();

    println!("forged at the switch: {at_switch:?}");
    println!("forged at the base station: {at_station:?}");
    println!("{} of {WORDS} words heard meanwhile", places.len());
    assert!(places.is_sorted_by(|earlier, later| earlier < later), "something was heard twice: {places:?}");
    assert!(places.len() > WORDS as usize / 2, "the talker was drowned: {places:?}");
    assert_eq!(after.at_switch(&before), at_switch, "each forgery ends in its cause at the switch");
    assert_eq!(after.at_station(&before), at_station, "each forgery ends in its cause at the base station");
    network.stop().await;
}

async fn ended(attack: JoinHandle<Sent>) -> Sent {
    timeout(PATIENCE, attack).await.expect("the talker says more than the attackers answer").unwrap()
}

/// Forges at the switch, with the keys of the talker's site, of a listener's and of one that has no part in the call.
struct SwitchForger {
    talker: VoiceKey,
    listener: VoiceKey,
    other: VoiceKey,
    /// Where the uninvolved site sends from.
    other_site: UdpSocket,
    source: Seeded,
}

impl SwitchForger {
    async fn attack(mut self, switch: SocketAddr, mut newest: watch::Receiver<Bytes>) -> Sent {
        // What passed before was of an earlier call.
        newest.mark_unchanged();
        let anywhere = UdpSocket::bind(loopback()).await.unwrap();
        let mut sent = Sent::new();
        for _ in 0..ROUNDS {
            let passed = next(&mut newest).await;
            let good = VoicePacket::decode(&self.talker, &passed).expect("the talker's packet");
            for _ in 0..COPIES {
                for (cause, octets) in self.of_the_talkers_site(&good, &passed) {
                    send(&anywhere, switch, cause, &octets, &mut sent).await;
                }
                let ahead = later(&good, &mut self.source);
                let foreign = encoded(&self.other, &ahead);
                send(&self.other_site, switch, Cause::WrongSource, &foreign, &mut sent).await;
                send(&anywhere, switch, Cause::WrongTag, &foreign, &mut sent).await;
                send(&anywhere, switch, Cause::WrongTag, &encoded(&self.listener, &ahead), &mut sent).await;
            }
        }
        sent
    }

    fn of_the_talkers_site(&mut self, good: &VoicePacket, passed: &[u8]) -> Vec<(Cause, BytesMut)> {
        let forged = VoicePacket { frames: SmallVec::from_elem(FORGED, good.frames.len()), ..good.clone() };
        let behind = 64 + number(&mut self.source, 32_000);
        let ahead = 1 + number(&mut self.source, 1_000);
        let old = VoicePacket { sequence: good.sequence.wrapping_sub(behind), ..forged.clone() };
        let hasty = VoicePacket { sequence: good.sequence.wrapping_add(ahead), ..forged.clone() };
        let stray = VoicePacket { spurt: other_spurt(good.spurt, &mut self.source), ..forged.clone() };
        let mut packets = vec![
            (Cause::StalePacket, passed.into()),
            (Cause::StalePacket, encoded(&self.talker, &forged)),
            (Cause::StalePacket, encoded(&self.talker, &old)),
            (Cause::StalePacket, encoded(&self.talker, &hasty)),
            (Cause::UnknownSpurt, encoded(&self.talker, &stray)),
            (Cause::WrongTag, bent(passed, &mut self.source)),
        ];
        packets.extend(shapeless(self.talker, good.spurt, &mut self.source));
        packets
    }
}

/// Forges at a base station, with its own downlink key and with the talker's site's.
struct StationForger {
    own: VoiceKey,
    talker: VoiceKey,
    source: Seeded,
}

impl StationForger {
    async fn attack(mut self, station: SocketAddr, mut newest: watch::Receiver<Bytes>) -> Sent {
        // What passed before was of an earlier call.
        newest.mark_unchanged();
        let anywhere = UdpSocket::bind(loopback()).await.unwrap();
        let mut sent = Sent::new();
        for _ in 0..ROUNDS {
            let passed = next(&mut newest).await;
            let good = VoicePacket::decode(&self.own, &passed).expect("a packet of the switch");
            for _ in 0..COPIES {
                for (cause, octets) in self.packets(&good, &passed) {
                    send(&anywhere, station, cause, &octets, &mut sent).await;
                }
            }
        }
        sent
    }

    fn packets(&mut self, good: &VoicePacket, passed: &[u8]) -> Vec<(Cause, BytesMut)> {
        let forged = VoicePacket { frames: SmallVec::from_elem(FORGED, good.frames.len()), ..good.clone() };
        let far = number(&mut self.source, u32::MAX / TICKS_PER_FRAME - good.position - 300);
        let wild = VoicePacket { position: good.position + 200 + far, ..forged.clone() };
        let stray = VoicePacket { spurt: other_spurt(good.spurt, &mut self.source), ..forged.clone() };
        let mut packets = vec![
            (Cause::StalePacket, passed.into()),
            (Cause::StalePacket, encoded(&self.own, &forged)),
            (Cause::VoiceOverrun, encoded(&self.own, &wild)),
            (Cause::UnknownSpurt, encoded(&self.own, &stray)),
            (Cause::WrongTag, encoded(&self.talker, &later(good, &mut self.source))),
            (Cause::WrongTag, bent(passed, &mut self.source)),
        ];
        if let Some(passed) = good.position.checked_sub(100) {
            let old = VoicePacket { position: number(&mut self.source, passed + 1), ..forged };
            packets.push((Cause::StalePacket, encoded(&self.own, &old)));
        }
        packets.extend(shapeless(self.own, good.spurt, &mut self.source));
        packets
    }
}

async fn next(newest: &mut watch::Receiver<Bytes>) -> Bytes {
    timeout(PATIENCE, newest.changed()).await.expect("the talker talks").expect("the wire stands");
    newest.borrow_and_update().clone()
}

async fn send(from: &UdpSocket, to: SocketAddr, cause: Cause, octets: &[u8], sent: &mut Sent) {
    from.send_to(octets, to).await.unwrap();
    *sent.entry(cause).or_default() += 1;
}

fn number<T: TryFrom<u64> + Into<u64>>(source: &mut Seeded, below: T) -> T {
    T::try_from(source.draw(below.into())).ok().expect("below one of its kind")
}

fn encoded(key: &VoiceKey, packet: &VoicePacket) -> BytesMut {
    let mut octets = BytesMut::new();
    packet.encode(key, &mut octets);
    octets
}

/// Words of a forger that would come next, were they the talker's.
fn later(good: &VoicePacket, source: &mut Seeded) -> VoicePacket {
    let ahead = 1 + number(source, 9_u16);
    VoicePacket {
        sequence: good.sequence.wrapping_add(ahead),
        position: good.position + 5 * u32::from(ahead),
        frames: SmallVec::from_elem(FORGED, good.frames.len()),
        ..good.clone()
    }
}

fn other_spurt(spurt: SpurtId, source: &mut Seeded) -> SpurtId {
    SpurtId::new(spurt.number() ^ (1 + number(source, u32::MAX - 1)))
        .unwrap_or(SpurtId::new(u32::MAX).unwrap())
}

/// The packet with one bit of its speech or tag turned over.
fn bent(passed: &[u8], source: &mut Seeded) -> BytesMut {
    let mut octets = BytesMut::from(passed);
    let end = octets.len();
    octets[end - 1 - number(source, TAG_LEN as u64) as usize] ^= 1 << number(source, 8_u8);
    octets
}

/// Packets of another shape, all with a tag that holds.
fn shapeless(key: VoiceKey, spurt: SpurtId, source: &mut Seeded) -> impl Iterator<Item = (Cause, BytesMut)> {
    let mut hostile = HostilePackets::new(key, spurt, source.draw(u64::MAX));
    let classes = [Class::WrongVersion, Class::WrongFamily, Class::UnknownMessage, Class::BadPayload];
    classes.into_iter().map(move |class| (Cause::NotRtp, hostile.packet(class)))
}

/// What was dropped up to a moment.
struct Dropped {
    at_switch: BTreeMap<Cause, u64>,
    at_station: BTreeMap<Cause, u64>,
}

impl Dropped {
    fn now(network: &Network) -> Self {
        let at_switch = network.controller.switch_counts().dropped.read().into_iter().collect();
        Self { at_switch, at_station: network.dropped_at(1) }
    }

    fn at_switch(&self, before: &Self) -> Sent {
        since(&self.at_switch, &before.at_switch)
    }

    /// Of the causes that a packet can end in; the air has its own.
    fn at_station(&self, before: &Self) -> Sent {
        let mut dropped = since(&self.at_station, &before.at_station);
        dropped.retain(|cause, _| PACKETS.contains(cause));
        dropped
    }
}

const PACKETS: &[Cause] =
    &[Cause::NotRtp, Cause::WrongTag, Cause::StalePacket, Cause::UnknownSpurt, Cause::VoiceOverrun];

fn since(after: &BTreeMap<Cause, u64>, before: &BTreeMap<Cause, u64>) -> Sent {
    let grown = after.iter().map(|(cause, count)| (*cause, count - before.get(cause).unwrap_or(&0)));
    grown.filter(|(_, count)| *count > 0).collect()
}
