//! Frames and packets that no honest peer sends, for whichever port is to be tried.
//!
//! One seed decides all of them. [`Hostile`] makes frames of one family, [`HostilePackets`] voice packets under one
//! key. Half of the classes have a right checksum (or tag), so that they get past the frame and reach what lies
//! behind it. On an ordered link give the sequence number that the reader expects, or it will stop there.
//!
//! ```
//! use trunklab_protocol::{Epoch, Family};
//! use trunklab_tests::hostile::Hostile;
//!
//! let mut hostile = Hostile::new(Family::FromSite, 81);
//! let (class, octets) = hostile.any(Epoch::new(1).unwrap(), 0);
//! assert!(!octets.is_empty(), "{class:?}");
//! ```

use std::collections::VecDeque;

use bytes::{Buf, BytesMut};
use trunklab_protocol::frame::{CHECKSUM_LEN, HEADER_LEN, PAYLOAD_LEN_MAX};
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::voice::{FRAME_LEN, RTP_HEADER_LEN, RUN_MAX, TAG_LEN, VoicePacket};
use trunklab_protocol::{Cause, Epoch, Family, Frame, SpurtId};

use crate::example::{Seeded, Shape, Source, any_message, message, shapes};
use crate::message::{AnyMessage, table};

/// A way to be hostile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Octets without sense.
    Random,
    /// The beginning of a good frame.
    Truncated,
    /// A good frame with one to eight bits turned over.
    BitFlipped,
    /// Longer than a frame may be, or claiming to be.
    OverLong,
    /// Of a version that nobody speaks; the checksum holds.
    WrongVersion,
    /// Good, but of a family that does not belong here, or of none; the checksum holds.
    WrongFamily,
    /// A number that the family does not have; the checksum holds.
    UnknownMessage,
    /// A payload with octets changed, lost or added; the checksum holds.
    BadPayload,
    /// A good frame that was sent before.
    Replayed,
}

impl Class {
    /// Every class.
    pub const ALL: &'static [Self] = &[
        Self::Random,
        Self::Truncated,
        Self::BitFlipped,
        Self::OverLong,
        Self::WrongVersion,
        Self::WrongFamily,
        Self::UnknownMessage,
        Self::BadPayload,
        Self::Replayed,
    ];
}

/// Frames that are kept, to be said again.
const KEPT_MAX: usize = 64;

/// One frame in so many is a new message: to make one costs far more than to number an earlier one anew.
const NEW_IN: u64 = 32;

/// The longest frame that is really sent: a little longer than any may be. What it claims may be more.
const SENT_LEN_MAX: usize = 20_000;

/// Where the parts of a frame's header begin (clause 2.1.1).
const VERSION_AT: usize = 2;
const FAMILY_AT: usize = 3;
const MESSAGE_AT: usize = 4;
const EPOCH_AT: usize = 5;
const SEQUENCE_AT: usize = 9;

/// Makes hostile frames of one family.
#[derive(Debug, Clone)]
pub struct Hostile {
    family: Family,
    shapes: Vec<Shape>,
    source: Seeded,
    kept: VecDeque<BytesMut>,
    /// Of other families.
    foreign: VecDeque<BytesMut>,
}

impl Hostile {
    /// The same seed makes the same frames.
    pub fn new(family: Family, seed: u64) -> Self {
        Self {
            family,
            shapes: shapes(family),
            source: Seeded(seed),
            kept: VecDeque::new(),
            foreign: VecDeque::new(),
        }
    }

    /// A good frame with any message of the family, as an honest peer would send it.
    pub fn good(&mut self, epoch: Epoch, sequence: u32) -> BytesMut {
        let frame = match again(&mut self.kept, &mut self.source) {
            Some(frame) => renumbered(frame, epoch, sequence),
            None => {
                let shape = *self.source.pick(&self.shapes);
                message(shape, &mut self.source).frame(epoch, sequence)
            }
        };
        self.kept.push_back(frame.clone());
        frame
    }

    /// A frame of any class.
    pub fn any(&mut self, epoch: Epoch, sequence: u32) -> (Class, BytesMut) {
        let class = *self.source.pick(Class::ALL);
        (class, self.frame(class, epoch, sequence))
    }

    /// A frame of this class. Never empty.
    pub fn frame(&mut self, class: Class, epoch: Epoch, sequence: u32) -> BytesMut {
        match class {
            Class::Random => random(300, &mut self.source),
            Class::Truncated => cut(self.good(epoch, sequence), &mut self.source),
            Class::BitFlipped => flipped(self.good(epoch, sequence), &mut self.source),
            Class::OverLong => self.over_long(epoch, sequence),
            Class::WrongVersion => {
                let version = octet_but(1, &mut self.source);
                resealed(self.good(epoch, sequence), VERSION_AT, version)
            }
            Class::WrongFamily => self.wrong_family(epoch, sequence),
            Class::UnknownMessage => {
                let known = table(self.family);
                let code = loop {
                    let code = octet(&mut self.source);
                    if known.iter().all(|row| row.code != code) {
                        break code;
                    }
                };
                resealed(self.good(epoch, sequence), MESSAGE_AT, code)
            }
            Class::BadPayload => {
                let good = self.good(epoch, sequence);
                self.bad_payload(&good)
            }
            Class::Replayed => {
                if self.kept.is_empty() {
                    return self.good(epoch, sequence);
                }
                let at = self.source.draw(self.kept.len() as u64);
                self.kept[usize::try_from(at).expect("an index")].clone()
            }
        }
    }

    /// Half of them only claim their length, the others have it.
    fn over_long(&mut self, epoch: Epoch, sequence: u32) -> BytesMut {
        let least = HEADER_LEN - 2 + PAYLOAD_LEN_MAX + CHECKSUM_LEN + 1;
        let length = least + usize::try_from(self.source.draw((65_536 - least) as u64)).expect("a length");
        let mut frame = self.good(epoch, sequence);
        if self.source.chance(2) {
            frame.resize((2 + length).min(SENT_LEN_MAX), 0xA5);
        }
        frame[..2].copy_from_slice(&u16::try_from(length).expect("below 65,536").to_be_bytes());
        frame
    }

    fn wrong_family(&mut self, epoch: Epoch, sequence: u32) -> BytesMut {
        let other = *self.source.pick(Family::ALL);
        if other == self.family {
            let family = loop {
                let family = octet(&mut self.source);
                if Family::new(family).is_none() {
                    break family;
                }
            };
            return resealed(self.good(epoch, sequence), FAMILY_AT, family);
        }
        let frame = match again(&mut self.foreign, &mut self.source) {
            Some(frame) => renumbered(frame, epoch, sequence),
            None => any_message(other, &mut self.source).frame(epoch, sequence),
        };
        self.foreign.push_back(frame.clone());
        frame
    }

    fn bad_payload(&mut self, good: &[u8]) -> BytesMut {
        let mut frame = BytesMut::from(&good[..good.len() - CHECKSUM_LEN]);
        let payload_len = frame.len() - HEADER_LEN;
        match self.source.draw(3) {
            0 if payload_len > 0 => {
                let left = usize::try_from(self.source.draw(payload_len as u64)).expect("a length");
                frame.truncate(HEADER_LEN + left);
            }
            1 if payload_len > 0 => {
                for _ in 0..=self.source.draw(4) {
                    let at = usize::try_from(self.source.draw(payload_len as u64)).expect("an index");
                    frame[HEADER_LEN + at] = *self.source.pick(&[0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF]);
                }
            }
            _ => {
                let room = (PAYLOAD_LEN_MAX - payload_len).min(40);
                let extra = random(room.max(1), &mut self.source);
                frame.extend_from_slice(&extra[..extra.len().min(room)]);
            }
        }
        sealed(frame)
    }
}

/// What docs/protocol.md, clause 2.1.4, says of one datagram: its message, or the cause for which it is dropped.
///
/// # Errors
/// The named cause.
pub fn read(family: Family, datagram: &[u8]) -> Result<AnyMessage, Cause> {
    let frame = Frame::decode_datagram(datagram)?;
    if frame.family != family {
        return Err(Cause::WrongFamily);
    }
    AnyMessage::decode(family, frame.message, &frame.payload).map_err(Cause::from)
}

/// Makes hostile voice packets under one key. The classes mean: wrong family another payload type, unknown message a
/// spurt of zero, bad payload a timestamp between two frames; these three, wrong version and half of the over-long
/// ones have a right tag.
#[derive(Debug, Clone)]
pub struct HostilePackets {
    key: VoiceKey,
    spurt: SpurtId,
    source: Seeded,
    kept: VecDeque<BytesMut>,
}

impl HostilePackets {
    /// The same seed makes the same packets.
    pub fn new(key: VoiceKey, spurt: SpurtId, seed: u64) -> Self {
        Self { key, spurt, source: Seeded(seed), kept: VecDeque::new() }
    }

    /// A good packet with any position and sequence.
    pub fn good(&mut self) -> BytesMut {
        let count = 1 + self.source.draw(RUN_MAX as u64);
        let packet = VoicePacket {
            spurt: self.spurt,
            sequence: u16::try_from(self.source.draw(65_536)).expect("a sequence number"),
            position: u32::try_from(self.source.draw(1 << 20)).expect("a position"),
            marker: self.source.chance(2),
            frames: (0..count).map(|_| std::array::from_fn(|_| octet(&mut self.source))).collect(),
        };
        let mut octets = BytesMut::new();
        packet.encode(&self.key, &mut octets);
        if self.kept.len() == KEPT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back(octets.clone());
        octets
    }

    /// A packet of any class.
    pub fn any(&mut self) -> (Class, BytesMut) {
        let class = *self.source.pick(Class::ALL);
        (class, self.packet(class))
    }

    /// A packet of this class. Never empty.
    pub fn packet(&mut self, class: Class) -> BytesMut {
        match class {
            Class::Random => random(200, &mut self.source),
            Class::Truncated => cut(self.good(), &mut self.source),
            Class::BitFlipped => flipped(self.good(), &mut self.source),
            Class::OverLong => {
                let mut packet = self.good();
                packet.resize(RTP_HEADER_LEN + FRAME_LEN * (RUN_MAX + 1) + TAG_LEN, 0x5A);
                if self.source.chance(2) { self.retagged(packet) } else { packet }
            }
            Class::WrongVersion => {
                let mut packet = self.good();
                packet[0] = octet_but(0x80, &mut self.source);
                self.retagged(packet)
            }
            Class::WrongFamily => {
                let mut packet = self.good();
                packet[1] ^= 1 << self.source.draw(7);
                self.retagged(packet)
            }
            Class::UnknownMessage => {
                let mut packet = self.good();
                packet[8..12].fill(0);
                self.retagged(packet)
            }
            Class::BadPayload => {
                let mut packet = self.good();
                packet[7] ^= 1;
                self.retagged(packet)
            }
            Class::Replayed => {
                if self.kept.is_empty() {
                    return self.good();
                }
                let at = self.source.draw(self.kept.len() as u64);
                self.kept[usize::try_from(at).expect("an index")].clone()
            }
        }
    }

    fn retagged(&self, mut packet: BytesMut) -> BytesMut {
        packet.truncate(packet.len() - TAG_LEN);
        let tag = self.key.tag(&packet);
        packet.extend_from_slice(&tag);
        packet
    }
}

fn octet(source: &mut Seeded) -> u8 {
    u8::try_from(source.draw(256)).expect("an octet")
}

fn octet_but(not: u8, source: &mut Seeded) -> u8 {
    not.wrapping_add(u8::try_from(1 + source.draw(255)).expect("an octet"))
}

fn random(most: usize, source: &mut Seeded) -> BytesMut {
    let count = 1 + source.draw(most as u64);
    (0..count).map(|_| octet(source)).collect()
}

fn cut(mut good: BytesMut, source: &mut Seeded) -> BytesMut {
    let len = 1 + source.draw(good.len() as u64 - 1);
    good.truncate(usize::try_from(len).expect("a length"));
    good
}

fn flipped(mut good: BytesMut, source: &mut Seeded) -> BytesMut {
    for _ in 0..=source.draw(8) {
        let bit = usize::try_from(source.draw(good.len() as u64 * 8)).expect("a bit");
        good[bit / 8] ^= 1 << (bit % 8);
    }
    good
}

/// The oldest of the kept frames, to be said again and kept anew; `None` when a new one is due.
fn again(kept: &mut VecDeque<BytesMut>, source: &mut Seeded) -> Option<BytesMut> {
    if kept.len() < KEPT_MAX {
        return None;
    }
    let oldest = kept.pop_front();
    oldest.filter(|_| !source.chance(NEW_IN))
}

/// The frame with another epoch and sequence, and its checksum made right again.
fn renumbered(mut frame: BytesMut, epoch: Epoch, sequence: u32) -> BytesMut {
    frame[EPOCH_AT..SEQUENCE_AT].copy_from_slice(&epoch.number().to_be_bytes());
    frame[SEQUENCE_AT..HEADER_LEN].copy_from_slice(&sequence.to_be_bytes());
    frame.truncate(frame.len() - CHECKSUM_LEN);
    sealed(frame)
}

/// The frame with one octet changed and its checksum made right again.
fn resealed(mut frame: BytesMut, at: usize, octet: u8) -> BytesMut {
    frame[at] = octet;
    frame.truncate(frame.len() - CHECKSUM_LEN);
    sealed(frame)
}

/// Sets the length and appends the checksum.
fn sealed(mut frame: BytesMut) -> BytesMut {
    let length = u16::try_from(frame.len() - 2 + CHECKSUM_LEN).expect("a frame's length");
    frame[..2].copy_from_slice(&length.to_be_bytes());
    let checksum = crc32c::crc32c(frame.chunk());
    frame.extend_from_slice(&checksum.to_be_bytes());
    frame
}
