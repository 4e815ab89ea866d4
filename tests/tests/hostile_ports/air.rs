//! The air port, where handsets' processes send to.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use tokio::net::UdpSocket;
use tokio::time::timeout;
use trunklab_protocol::air_downlink::AirDownlink;
use trunklab_protocol::air_uplink::{AirUplink, Listen};
use trunklab_protocol::frame::encode_with;
use trunklab_protocol::{Epoch, Family, Frame};
use trunklab_tests::hostile::{Class, Hostile};

use crate::network::carrier;
use crate::{PATIENCE, loopback};

/// Frames before the port is asked something that it answers, so that none is lost in the system's own buffers.
const BATCH: u64 = 50;

/// An answer that has not come by then was lost, or its question.
const ANSWER_PATIENCE: Duration = Duration::from_millis(100);

/// Frames at an air port, from one socket.
pub async fn air_frames(air: SocketAddr, with_cookie: bool, seed: u64, count: u64) {
    let mut hostile = Hostile::new(Family::AirUplink, seed);
    let epoch = Epoch::new(1).unwrap();
    let socket = UdpSocket::bind(loopback()).await.unwrap();
    socket.connect(air).await.unwrap();
    let mut cookie = 0;
    for batch in 0..count.div_ceil(BATCH) {
        for number in 0..BATCH {
            let sequence = u32::try_from(batch * BATCH + number).unwrap();
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
            while let Ok(Ok(length)) = timeout(ANSWER_PATIENCE, socket.recv(&mut octets)).await {
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
