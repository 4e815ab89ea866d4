//! The air port's decisions: who listens, what is a burst, what goes to whom (docs/protocol.md, clauses 4.1, 4.2, 5.1).
//! It knows no socket; datagrams go in and come out.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use trunklab_basestation_core::plant::Plant;
use trunklab_protocol::air_downlink::{self, AirDownlink, Beacon, Cookie};
use trunklab_protocol::air_uplink::{AirUplink, Burst, Listen};
use trunklab_protocol::frame::encode_with;
use trunklab_protocol::{CarrierNumber, Cause, Epoch, Family, Frame, Moment, PlantPart, SlotAddress, Span};

use crate::cookie::Cookies;

/// Listeners at one port. Each holds its carriers: under 1 MB in all.
pub const LISTENERS_MAX: usize = 4_096;

/// A listener that says nothing for this long is forgotten.
pub const LISTENER_SILENCE: Span = Span::from_secs(10);

/// A datagram to be sent.
pub type Datagram = (SocketAddr, Bytes);

/// The air port.
#[derive(Debug)]
pub struct AirPort {
    cookies: Cookies,
    beacon: Option<Beacon>,
    plant: Plant,
    listeners: BTreeMap<SocketAddr, Listener>,
}

#[derive(Debug)]
struct Listener {
    carriers: Vec<CarrierNumber>,
    heard: Moment,
    /// The number of the next frame to it.
    sequence: u32,
    /// The number that its next frame should have.
    expected: u32,
}

/// What a datagram was.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// A burst, for the core.
    pub burst: Option<Burst>,
    /// Frames of this listener that were lost before it.
    pub lost: u32,
}

impl AirPort {
    /// A port that nobody listens to, of a station that is not configured.
    pub const fn new(cookie_key: [u8; 16]) -> Self {
        Self {
            cookies: Cookies::new(cookie_key),
            beacon: None,
            plant: Plant::new(),
            listeners: BTreeMap::new(),
        }
    }

    /// From now on listeners are told this.
    pub fn configure(&mut self, beacon: Beacon) {
        self.beacon = Some(beacon);
    }

    /// A part of the plant breaks, or works again.
    pub fn set_plant(&mut self, part: PlantPart, broken: bool) {
        match broken {
            true => self.plant.fails(part),
            false => self.plant.is_mended(part),
        }
    }

    /// Whether a burst that is looped back is heard, for each of these slots.
    pub fn loop_back(&self, slots: &[SlotAddress]) -> Vec<(SlotAddress, bool)> {
        slots.iter().map(|at| (*at, self.plant.works(*at))).collect()
    }

    /// Reads a datagram; answers go to `out`.
    ///
    /// # Errors
    /// The cause for which it is dropped. An answer may be due all the same.
    pub fn receive(
        &mut self,
        now: Moment,
        epoch: Epoch,
        from: SocketAddr,
        datagram: &[u8],
        out: &mut Vec<Datagram>,
    ) -> Result<Received, Cause> {
        let frame = Frame::decode_datagram(datagram)?;
        if frame.family != Family::AirUplink {
            return Err(Cause::WrongFamily);
        }
        match AirUplink::decode(frame.message, &frame.payload)? {
            AirUplink::Listen(listen) => self
                .listen(now, epoch, from, frame.sequence, listen, out)
                .map(|lost| Received { burst: None, lost }),
            // Who sends must have shown that it hears here: nobody transmits in another's name.
            AirUplink::Burst(burst) => {
                let listener = self.listeners.get_mut(&from).ok_or(Cause::BadCookie)?;
                listener.heard = now;
                let lost = listener.count(frame.sequence);
                Ok(Received { burst: Some(burst).filter(|burst| self.plant.works(burst.place.at)), lost })
            }
        }
    }

    fn listen(
        &mut self,
        now: Moment,
        epoch: Epoch,
        from: SocketAddr,
        sequence: u32,
        listen: Listen,
        out: &mut Vec<Datagram>,
    ) -> Result<u32, Cause> {
        if !self.cookies.holds(now, from, listen.cookie) {
            let cookie = Cookie { cookie: self.cookies.bake(now, from) };
            out.push((from, encode(&cookie.into(), epoch, 0)));
            // Zero is how everybody begins.
            return if listen.cookie == 0 { Ok(0) } else { Err(Cause::BadCookie) };
        }
        if listen.carriers.is_empty() {
            self.listeners.remove(&from);
            return Ok(0);
        }
        if self.listeners.len() >= LISTENERS_MAX && !self.listeners.contains_key(&from) {
            return Err(Cause::TooManyListeners);
        }
        let listener = self.listeners.entry(from).or_insert(Listener {
            carriers: Vec::new(),
            heard: now,
            sequence: 0,
            expected: sequence,
        });
        listener.heard = now;
        listener.carriers = listen.carriers;
        let lost = listener.count(sequence);
        if let Some(beacon) = &self.beacon {
            out.push((from, listener.address(&beacon.clone().into(), epoch)));
        }
        Ok(lost)
    }

    /// A burst goes to everybody who hears its carrier; to nobody where its slot is broken.
    pub fn radiate(&mut self, epoch: Epoch, burst: air_downlink::Burst, out: &mut Vec<Datagram>) {
        if !self.plant.works(burst.place.at) {
            return;
        }
        let carrier = burst.place.at.carrier;
        let message = AirDownlink::from(burst);
        for (address, listener) in &mut self.listeners {
            if listener.carriers.contains(&carrier) {
                out.push((*address, listener.address(&message, epoch)));
            }
        }
    }

    /// Once a second: forgets who is silent, tells the others of the site. A cause for each that was forgotten.
    pub fn tick(
        &mut self,
        now: Moment,
        epoch: Epoch,
        out: &mut Vec<Datagram>,
    ) -> impl ExactSizeIterator<Item = Cause> + use<> {
        let before = self.listeners.len();
        self.listeners.retain(|_, listener| now.since(listener.heard) < LISTENER_SILENCE);
        if let Some(beacon) = &self.beacon {
            let message = AirDownlink::from(beacon.clone());
            for (address, listener) in &mut self.listeners {
                out.push((*address, listener.address(&message, epoch)));
            }
        }
        std::iter::repeat_n(Cause::ListenerExpired, before - self.listeners.len())
    }
}

impl Listener {
    /// Counts a frame from it; how many were lost before it (clause 2.1.7).
    fn count(&mut self, sequence: u32) -> u32 {
        let ahead = sequence.wrapping_sub(self.expected);
        if ahead >= 1 << 31 {
            return 0;
        }
        self.expected = sequence.wrapping_add(1);
        ahead
    }

    fn address(&mut self, message: &AirDownlink, epoch: Epoch) -> Bytes {
        let octets = encode(message, epoch, self.sequence);
        self.sequence = self.sequence.wrapping_add(1);
        octets
    }
}

fn encode(message: &AirDownlink, epoch: Epoch, sequence: u32) -> Bytes {
    let mut octets = BytesMut::with_capacity(256);
    encode_with(&mut octets, Family::AirDownlink, message.code(), epoch, sequence, |payload| {
        message.put_payload(payload);
    });
    octets.freeze()
}

#[cfg(test)]
mod tests;
