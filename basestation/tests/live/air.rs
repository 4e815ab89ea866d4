//! Handsets at the air port.

use std::net::SocketAddr;

use bytes::BytesMut;
use tokio::net::UdpSocket;
use tokio::time::timeout;
use trunklab_protocol::air_downlink::{AirDownlink, DownlinkWord};
use trunklab_protocol::air_uplink::{AirUplink, Burst, Listen, Register, UplinkWord};
use trunklab_protocol::frame::encode_with;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::proof::Proof;
use trunklab_protocol::{
    BurstPlace, CarrierNumber, Cause, Epoch, Family, Frame, Identity, Press, ProfileId, UnitId,
};

use crate::controller::{PATIENCE, at, carrier, nowhere, served, status};

/// A handset's process.
pub struct Handset {
    socket: UdpSocket,
    sequence: u32,
    cookie: u64,
}

impl Handset {
    pub async fn new(port: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(port).await.unwrap();
        Self { socket, sequence: 0, cookie: 0 }
    }

    pub async fn send(&mut self, message: impl Into<AirUplink>) {
        let message = message.into();
        let mut octets = BytesMut::new();
        encode_with(
            &mut octets,
            Family::AirUplink,
            message.code(),
            Epoch::new(0).unwrap(),
            self.sequence,
            |into| {
                message.put_payload(into);
            },
        );
        self.sequence += 1;
        self.socket.send(&octets).await.unwrap();
    }

    pub async fn receive(&self) -> AirDownlink {
        let mut octets = [0; 2_048];
        let length =
            timeout(PATIENCE, self.socket.recv(&mut octets)).await.expect("nothing is heard").unwrap();
        let frame = Frame::decode_datagram(&octets[..length]).unwrap();
        AirDownlink::decode(frame.message, &frame.payload).unwrap()
    }

    pub async fn listen(&mut self, carriers: &[CarrierNumber]) {
        loop {
            self.send(Listen { cookie: self.cookie, carriers: carriers.to_vec() }).await;
            match self.receive().await {
                AirDownlink::Cookie(cookie) => self.cookie = cookie.cookie,
                AirDownlink::Beacon(_) => return,
                AirDownlink::Burst(_) => {}
            }
        }
    }

    /// The first word in a slot that `wanted` picks, with its place.
    pub async fn hear<T>(&self, wanted: impl Fn(BurstPlace, DownlinkWord) -> Option<T>) -> T {
        loop {
            if let AirDownlink::Burst(burst) = self.receive().await
                && let Some(found) = wanted(burst.place, burst.word)
            {
                return found;
            }
        }
    }

    /// Says a word in the opportunity that follows the burst which is heard next: the base station's time is the only
    /// time here.
    pub async fn transmit(&mut self, word: UplinkWord, prove: impl Fn(BurstPlace, &UplinkWord) -> Proof) {
        let profile = ProfileId::Dmr3.profile();
        let heard = self.hear(|place, _| (place.at == at(1, 0)).then_some(place)).await;
        let ended = profile.control.start(heard.count) + profile.slot.period();
        let count = profile.access.first_from(ended) + 1;
        let place = BurstPlace { at: at(1, 0), channel: Channel::Control, count };
        let proof = prove(place, &word);
        self.send(Burst { place, level_dbm: -80, word, proof }).await;
    }
}

pub fn register(number: u32) -> UplinkWord {
    let identity = Identity::Unit(UnitId::new(number).unwrap());
    Register { identity, press: Press::new(1).unwrap(), equipment: None }.into()
}

#[tokio::test]
async fn a_handset_hears_the_site_and_is_heard_by_the_controller() {
    let (station, mut site) = served(nowhere()).await;
    let mut handset = Handset::new(station.air_address).await;
    handset.listen(&[carrier(1)]).await;
    let system = handset
        .hear(|_, word| match word {
            DownlinkWord::System(system) => Some(system),
            _ => None,
        })
        .await;
    assert_eq!(system.profile, ProfileId::Dmr3);
    // A machine under load may hand a datagram over late, so a handset tries again.
    for tries in 1.. {
        handset.transmit(register(7), |_, _| Proof::NONE).await;
        let taken = status(&station, |status| {
            let counts = &status.view.counts;
            (counts.bursts + counts.late + counts.bursts_dropped == tries).then_some(counts.bursts)
        })
        .await;
        if taken == 1 {
            break;
        }
    }
    let heard = site
        .until(|message| match message {
            FromSite::Register(word) => Some(word),
            _ => None,
        })
        .await;
    assert_eq!(heard.identity, Identity::Unit(UnitId::new(7).unwrap()));
    let octets = status(&station, |status| Some(status.octets)).await;
    assert!(octets.air_uplink > 0 && octets.air_downlink > 0, "{octets:?}");
}

#[tokio::test]
async fn strangers_hear_nothing_but_a_cookie_and_change_nothing() {
    let (station, _site) = served(nowhere()).await;
    let mut stranger = Handset::new(station.air_address).await;
    stranger.send(Listen { cookie: 12_345, carriers: vec![carrier(1)] }).await;
    assert!(matches!(stranger.receive().await, AirDownlink::Cookie(_)));
    let place = BurstPlace { at: at(1, 0), channel: Channel::Control, count: 100 };
    stranger.send(Burst { place, level_dbm: -80, word: register(1), proof: Proof::NONE }).await;
    let dropped = status(&station, |status| {
        let dropped = status.dropped.get(&Cause::BadCookie).copied()?;
        (dropped == 2).then(|| status.clone())
    })
    .await;
    assert_eq!(dropped.view.counts.bursts, 0);
    assert_eq!(dropped.view.counts.dropped.values().sum::<u64>(), 0, "nothing reached the core");
}

#[tokio::test]
async fn hostile_datagrams_are_counted_by_cause_and_disturb_nobody() {
    let (station, _site) = served(nowhere()).await;
    let mut handset = Handset::new(station.air_address).await;
    handset.listen(&[carrier(1)]).await;
    let hostile = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut wrong_version = BytesMut::new();
    encode_with(&mut wrong_version, Family::AirUplink, 1, Epoch::new(0).unwrap(), 0, |_| {});
    let mut wrong_family = BytesMut::new();
    encode_with(&mut wrong_family, Family::ToSite, 2, Epoch::new(0).unwrap(), 0, |_| {});
    let mut flipped = wrong_version.clone();
    flipped[6] ^= 4;
    let truncated = wrong_version.clone();
    for octets in [&b""[..], b"hello", &flipped, &wrong_family, &truncated, &[0x11; 30_000]] {
        hostile.send_to(octets, station.air_address).await.unwrap();
    }
    let expected = [
        (Cause::FrameTooShort, 2),
        (Cause::BadChecksum, 1),
        (Cause::WrongFamily, 1),
        (Cause::FieldTruncated, 1),
        (Cause::FrameTooLong, 1),
    ];
    status(&station, |status| {
        expected.iter().all(|(cause, count)| status.dropped.get(cause) == Some(count)).then_some(())
    })
    .await;
    handset.hear(|_, word| matches!(word, DownlinkWord::System(_)).then_some(())).await;
}
