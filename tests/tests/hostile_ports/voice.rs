//! The voice ports of switch and base station.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::sleep;
use trunklab_protocol::SpurtId;
use trunklab_protocol::proof::VoiceKey;
use trunklab_tests::hostile::HostilePackets;

use crate::loopback;

/// Packets at a voice port, slowly enough for the system's buffers.
pub async fn voice_packets(voice: SocketAddr, key: VoiceKey, seed: u64, count: u64) {
    let mut hostile = HostilePackets::new(key, SpurtId::new(77).unwrap(), seed);
    let socket = UdpSocket::bind(loopback()).await.unwrap();
    for number in 0..count {
        socket.send_to(&hostile.any().1, voice).await.unwrap();
        if number % 50 == 49 {
            sleep(Duration::from_millis(1)).await;
        }
    }
}
