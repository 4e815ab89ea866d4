//! Speech between the air port and the voice switch.

use bytes::BytesMut;
use tokio::net::UdpSocket;
use trunklab_protocol::air_downlink::{DownlinkWord, Talker};
use trunklab_protocol::air_uplink::{Burst, UplinkWord, Voice};
use trunklab_protocol::proof::SessionKey;
use trunklab_protocol::to_site::{Assert, Registered};
use trunklab_protocol::voice::{FrameRun, VoicePacket};
use trunklab_protocol::{
    BurstPlace, CallId, Cause, FloorPolicy, Identity, NodeId, Press, Priority, SiteId, SpurtId, TalkgroupId,
    Tmsi, UnitId,
};

use crate::air::Handset;
use crate::controller::{DOWNLINK_KEY, EPOCH, UPLINK_KEY, at, carrier, served, status};

fn packet(position: u32) -> BytesMut {
    let packet = VoicePacket {
        spurt: SpurtId::new(11).unwrap(),
        sequence: position as u16 / 3,
        position,
        marker: position == 0,
        frames: (position..position + 3).map(|position| u64::from(position).to_be_bytes()).collect(),
    };
    let mut octets = BytesMut::new();
    packet.encode(&DOWNLINK_KEY, &mut octets);
    octets
}

/// Unit 9's call in slot 2/1.
fn call(talker_is_here: bool) -> Assert {
    let unit = UnitId::new(9).unwrap();
    let talker = Talker { unit, spurt: SpurtId::new(11).unwrap(), press: Press::new(1).unwrap() };
    Assert {
        call: CallId { node: NodeId::new(1).unwrap(), epoch: EPOCH, counter: 1 },
        parties: TalkgroupId::new(41).unwrap().into(),
        at: at(2, 1),
        talker: Some(talker),
        talker_is_here,
        emergency: false,
        priority: Priority::new(5).unwrap(),
        floor: FloorPolicy::Refuse,
        others: Vec::new(),
        area: None,
        duplex: None,
    }
}

#[tokio::test]
async fn the_switch_hears_what_a_talker_says() {
    let switch = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (station, mut site) = served(switch.local_addr().unwrap()).await;
    let mut handset = Handset::new(station.air_address).await;
    handset.listen(&[carrier(1), carrier(2)]).await;
    let incarnation = handset
        .hear(|_, word| match word {
            DownlinkWord::System(system) => Some(system.incarnation),
            _ => None,
        })
        .await;
    let session_key = SessionKey::new([6; 16]);
    let unit = UnitId::new(9).unwrap();
    site.order(Registered {
        identity: Identity::Unit(unit),
        unit,
        tmsi: Tmsi::new(1).unwrap(),
        talkgroup: None,
        secondary: trunklab_protocol::ScanList::default(),
        session_key,
        subscription: None,
    })
    .await;
    let assert = call(true);
    let (id, spurt) = (assert.call, SpurtId::new(11).unwrap());
    site.order(assert).await;
    // Each burst that is heard on the slot calls for one; a burst that is late for its slot is lost, as on the air.
    let mut position = 0;
    let mut datagram = [0; 2_048];
    let length = loop {
        let heard = handset.hear(|place, _| (place.at == at(2, 1)).then_some(place)).await;
        let place = BurstPlace { count: heard.count + 1, ..heard };
        let frames =
            FrameRun::new((position..position + 3).map(|p| Some(u64::from(p).to_be_bytes()))).unwrap();
        let word: UplinkWord = Voice { unit, call: id, spurt, position, frames }.into();
        let proof = session_key.prove(SiteId::new(3).unwrap(), incarnation, place, &word);
        handset.send(Burst { place, level_dbm: -80, word, proof }).await;
        position += 3;
        if let Ok((length, from)) = switch.try_recv_from(&mut datagram) {
            assert_eq!(from, station.voice_address);
            break length;
        }
        assert!(position < 3_000, "the switch hears nothing");
    };
    let packet = VoicePacket::decode(&UPLINK_KEY, &datagram[..length]).unwrap();
    assert_eq!((packet.spurt, packet.marker, packet.frames.len()), (spurt, true, 3));
    assert_eq!(packet.frames[0], u64::from(packet.position).to_be_bytes());
    let repeated = handset
        .hear(|_, word| match word {
            DownlinkWord::Voice(voice) => Some(voice),
            _ => None,
        })
        .await;
    assert_eq!((repeated.talker, repeated.spurt), (unit, spurt));
    status(&station, |status| (status.octets.voice_uplink > 0).then_some(())).await;
}

#[tokio::test]
async fn a_listener_hears_what_the_switch_sends() {
    let switch = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (station, mut site) = served(switch.local_addr().unwrap()).await;
    let mut handset = Handset::new(station.air_address).await;
    handset.listen(&[carrier(2)]).await;
    let unit = UnitId::new(9).unwrap();
    site.order(call(false)).await;
    handset.hear(|_, word| matches!(word, DownlinkWord::FloorTaken(_)).then_some(())).await;
    switch.send_to(b"not RTP at all", station.voice_address).await.unwrap();
    for position in (0..12).step_by(3) {
        switch.send_to(&packet(position), station.voice_address).await.unwrap();
    }
    // A machine that stalls may cost a burst; what is heard stands in its place.
    let mut heard = Vec::new();
    let mut position = 0;
    while position < 12 {
        let voice = handset
            .hear(|_, word| match word {
                DownlinkWord::Voice(voice) => Some(voice),
                _ => None,
            })
            .await;
        assert_eq!(voice.talker, unit);
        position = voice.position + 3;
        let frames = (voice.position..).zip(voice.frames.frames());
        heard.extend(frames.filter_map(|(position, frame)| Some((position, (*frame)?))));
    }
    assert!(!heard.is_empty());
    for (position, frame) in heard {
        assert_eq!(frame, u64::from(position).to_be_bytes());
    }
    let octets =
        status(&station, |status| (status.dropped.get(&Cause::NotRtp) == Some(&1)).then_some(status.octets))
            .await;
    assert!(octets.voice_downlink > 4 * 20, "{octets:?}");
}
