//! The two sockets: handsets and voice switch. Datagrams are read here and become inputs; what goes to handsets is
//! addressed and sent here.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, watch};
use trunklab_protocol::air_downlink::{self, Beacon};
use trunklab_protocol::air_uplink::Burst;
use trunklab_protocol::voice::Header;
use trunklab_protocol::{Cause, Epoch, PlantPart, SlotAddress};

use crate::air_port::{AirPort, Datagram};
use crate::clock::Clock;
use crate::counters::Counters;

/// The longest datagram that UDP carries, so that one that is too long is known as such.
const DATAGRAM_MAX: usize = 65_536;

/// After an error of a socket, so that a persistent one does not spin.
const AFTER_ERROR: Duration = Duration::from_millis(10);

/// What the run loop has the air port do, in order.
#[derive(Debug)]
pub enum ToAir {
    /// Radiate a burst.
    Radiate(Epoch, air_downlink::Burst),
    /// Loop a burst back on each of these slots.
    LoopBack(Vec<SlotAddress>),
    /// A part of the plant breaks or works again.
    Plant {
        /// Which.
        part: PlantPart,
        /// Whether it is broken from here on.
        broken: bool,
    },
}

/// The air port's task.
pub struct AirTask {
    /// Where handsets' processes send to.
    pub socket: UdpSocket,
    /// Who listens.
    pub port: AirPort,
    /// The station's clock.
    pub clock: Clock,
    /// Counters.
    pub counters: Arc<Counters>,
    /// To the run loop.
    pub bursts: mpsc::Sender<Burst>,
    /// To the run loop: what was heard of bursts that were looped back.
    pub looped: mpsc::Sender<Vec<(SlotAddress, bool)>>,
    /// From the run loop: what is to be done.
    pub orders: mpsc::Receiver<ToAir>,
    /// From the run loop: the epoch and what listeners are told of the site.
    pub site: watch::Receiver<(Epoch, Option<Beacon>)>,
}

impl AirTask {
    /// Goes on until the run loop is gone.
    pub async fn serve(mut self) {
        let mut datagram = vec![0; DATAGRAM_MAX];
        let mut out = Vec::new();
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                read = self.socket.recv_from(&mut datagram) => match read {
                    Ok((length, from)) => self.receive(from, &datagram[..length], &mut out),
                    Err(_) => tokio::time::sleep(AFTER_ERROR).await,
                },
                order = self.orders.recv() => match order {
                    Some(order) => self.obey(order, &mut out),
                    None => return,
                },
                changed = self.site.changed() => match changed {
                    Ok(()) => {
                        if let Some(beacon) = self.site.borrow_and_update().1.clone() {
                            self.port.configure(beacon);
                        }
                    }
                    Err(_) => return,
                },
                _ = second.tick() => {
                    let epoch = self.site.borrow().0;
                    for cause in self.port.tick(self.clock.now(), epoch, &mut out) {
                        self.counters.dropped[cause].one();
                    }
                }
            }
            self.send(&mut out).await;
        }
    }

    fn receive(&mut self, from: std::net::SocketAddr, datagram: &[u8], out: &mut Vec<Datagram>) {
        self.counters.air_uplink.add(datagram.len() as u64);
        let epoch = self.site.borrow().0;
        match self.port.receive(self.clock.now(), epoch, from, datagram, out) {
            Ok(received) => {
                self.counters.air_frames_lost.add(u64::from(received.lost));
                if let Some(burst) = received.burst
                    && self.bursts.try_send(burst).is_err()
                {
                    self.counters.dropped[Cause::LinkCongested].one();
                }
            }
            Err(cause) => self.counters.dropped[cause].one(),
        }
    }

    fn obey(&mut self, order: ToAir, out: &mut Vec<Datagram>) {
        match order {
            ToAir::Radiate(epoch, burst) => self.port.radiate(epoch, burst, out),
            ToAir::Plant { part, broken } => self.port.set_plant(part, broken),
            ToAir::LoopBack(slots) => {
                // What does not get through was not heard.
                if self.looped.try_send(self.port.loop_back(&slots)).is_err() {
                    self.counters.dropped[Cause::LinkCongested].one();
                }
            }
        }
    }

    async fn send(&self, out: &mut Vec<Datagram>) {
        for (address, octets) in out.drain(..) {
            match self.socket.send_to(&octets, address).await {
                Ok(length) => self.counters.air_downlink.add(length as u64),
                Err(_) => self.counters.unsent.add(1),
            }
        }
    }
}

/// Reads packets from the voice switch until the run loop is gone. Their shape is checked here, their tag in the core.
pub async fn hear_switch(socket: Arc<UdpSocket>, packets: mpsc::Sender<Bytes>, counters: Arc<Counters>) {
    let mut datagram = vec![0; DATAGRAM_MAX];
    while !packets.is_closed() {
        let Ok((length, _)) = socket.recv_from(&mut datagram).await else {
            tokio::time::sleep(AFTER_ERROR).await;
            continue;
        };
        let packet = &datagram[..length];
        counters.voice_downlink.add(length as u64);
        if let Err(cause) = Header::read(packet) {
            counters.dropped[cause].one();
        } else if packets.try_send(Bytes::copy_from_slice(packet)).is_err() {
            counters.dropped[Cause::VoiceOverrun].one();
        }
    }
}
