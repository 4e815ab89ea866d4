//! The port that sites connect to.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use trunklab_controller::zone::Credentials;
use trunklab_protocol::frame::encode_with;
use trunklab_protocol::from_site::{FromSite, Health, Hello, InventoryEnd};
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{Epoch, Family, Frame, Incarnation};
use trunklab_tests::hostile::{Class, Hostile};

use crate::tls::{tls, until_closed};

/// Frames that a stranger sends on one connection.
pub const STRANGERS_FRAMES: u32 = 50;

/// Frames that a hostile peer sends on one link before the last.
const LINK_FRAMES: u32 = 400;

/// Connections without a certificate, with one of another zone, and without TLS at all.
pub async fn strangers_at_links(listen: SocketAddr, ca: String, foreign: Credentials, seed: u64, count: u64) {
    let mut hostile = Hostile::new(Family::FromSite, seed);
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

/// An address where nobody hears.
pub fn nowhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9))
}

fn from_site(message: &FromSite, sequence: u32) -> BytesMut {
    let mut octets = BytesMut::new();
    encode_with(&mut octets, Family::FromSite, message.code(), Epoch::new(1).unwrap(), sequence, |payload| {
        message.put_payload(payload);
    });
    octets
}

fn hello(voice_address: SocketAddr) -> FromSite {
    let incarnation = Incarnation::new(7).unwrap();
    Hello { incarnation, newest_epoch: Epoch::new(0).unwrap(), voice_address, controls: Vec::new() }.into()
}

/// A peer whose frames are whole until the last of each link: nonsense that is well-formed, then any hostile frame.
pub async fn frames_on_links(listen: SocketAddr, ca: String, peer: Credentials, seed: u64, count: u64) {
    let mut hostile = Hostile::new(Family::FromSite, seed);
    let epoch = Epoch::new(1).unwrap();
    let mut sent = 0;
    while sent < count {
        let stream = tls(listen, &ca, Some(&peer)).await.unwrap();
        let (mut reading, mut writing) = tokio::io::split(stream);
        let drained = tokio::spawn(async move { until_closed(&mut reading).await });
        let mut octets = from_site(&hello(nowhere()), 0);
        octets.extend_from_slice(&from_site(&InventoryEnd {}.into(), 1));
        let mut sequence = 2;
        for number in 0..LINK_FRAMES {
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
pub async fn hold_link(
    listen: SocketAddr,
    ca: &str,
    peer: &Credentials,
    voice_address: SocketAddr,
) -> (VoiceKey, JoinHandle<()>) {
    let mut stream = tls(listen, ca, Some(peer)).await.unwrap();
    stream.write_all(&from_site(&hello(voice_address), 0)).await.unwrap();
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
        tokio::select! {
            () = until_closed_at_last(&mut reading) => {}
            () = beat(&mut writing) => {}
        }
    });
    (uplink_key, held)
}

/// Heartbeats, until they cannot be written any more.
async fn beat(writing: &mut (impl AsyncWriteExt + Unpin)) {
    for sequence in 2.. {
        let health = Health {
            control_words: 0,
            control_words_busy: 0,
            bursts: 0,
            collisions: 0,
            late: 0,
            dropped: 0,
            controls: Vec::new(),
            settings: 0,
        };
        if writing.write_all(&from_site(&health.into(), sequence)).await.is_err() {
            return;
        }
        sleep(Duration::from_millis(500)).await;
    }
}

async fn until_closed_at_last(stream: &mut (impl AsyncReadExt + Unpin)) {
    let mut sink = vec![0; 4_096];
    while matches!(stream.read(&mut sink).await, Ok(length) if length > 0) {}
}
