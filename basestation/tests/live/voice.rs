//! Speech between the air port and the voice switch.

use bytes::BytesMut;
use tokio::net::UdpSocket;
use trunklab_protocol::air_downlink::{DownlinkWord, Talker};
use trunklab_protocol::to_site::Assert;
use trunklab_protocol::voice::VoicePacket;
use trunklab_protocol::{CallId, Cause, NodeId, Press, Priority, SpurtId, TalkgroupId, UnitId};

use crate::air::Handset;
use crate::controller::{DOWNLINK_KEY, EPOCH, at, carrier, served, status};

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

#[tokio::test]
async fn a_listener_hears_what_the_switch_sends() {
    let switch = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (station, mut site) = served(switch.local_addr().unwrap()).await;
    let mut handset = Handset::new(station.air_address).await;
    handset.listen(&[carrier(2)]).await;
    let unit = UnitId::new(9).unwrap();
    let talker = Talker { unit, spurt: SpurtId::new(11).unwrap(), press: Press::new(1).unwrap() };
    site.order(Assert {
        call: CallId { node: NodeId::new(1).unwrap(), epoch: EPOCH, counter: 1 },
        talkgroup: TalkgroupId::new(41).unwrap(),
        at: at(2, 1),
        talker: Some(talker),
        talker_is_here: false,
        emergency: false,
        priority: Priority::new(5).unwrap(),
    })
    .await;
    handset.hear(|_, word| matches!(word, DownlinkWord::FloorTaken(_)).then_some(())).await;
    switch.send_to(b"not RTP at all", station.voice_address).await.unwrap();
    for position in (0..12).step_by(3) {
        switch.send_to(&packet(position), station.voice_address).await.unwrap();
    }
    let mut heard = Vec::new();
    while heard.len() < 12 {
        let voice = handset
            .hear(|_, word| match word {
                DownlinkWord::Voice(voice) => Some(voice),
                _ => None,
            })
            .await;
        assert_eq!(voice.talker, unit);
        let frames = (voice.position..).zip(voice.frames.frames());
        heard.extend(frames.filter_map(|(position, frame)| Some((position, (*frame)?))));
    }
    let expected: Vec<_> = (0..12).map(|position| (position, u64::from(position).to_be_bytes())).collect();
    assert_eq!(heard, expected);
    let octets =
        status(&station, |status| (status.dropped.get(&Cause::NotRtp) == Some(&1)).then_some(status.octets))
            .await;
    assert!(octets.voice_downlink > 4 * 20, "{octets:?}");
}
