//! Vocoder frames, and the RTP packets that carry them between base station and voice switch
//! (docs/protocol.md, clauses 3.4 and 8.2).

use bytes::{BufMut, BytesMut};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::cause::Cause;
use crate::error::Fault;
use crate::field::{Field, Kind, Parsed};
use crate::network::SpurtId;
use crate::proof::VoiceKey;

/// Octets of one vocoder frame: codec2 at 3,200 bit/s, 64 bits for 20 ms.
pub const FRAME_LEN: usize = 8;

/// Milliseconds of speech in one vocoder frame.
pub const FRAME_MS: u64 = 20;

/// RTP clock ticks in one vocoder frame (8 kHz).
pub const TICKS_PER_FRAME: u32 = 160;

/// The most frames that one burst or packet carries: a P25 phase 1 logical data unit holds 9.
pub const RUN_MAX: usize = 16;

/// The RTP payload type, from the dynamic range (RFC 3551).
pub const PAYLOAD_TYPE: u8 = 98;

/// One vocoder frame.
pub type VoiceFrame = [u8; FRAME_LEN];

/// Consecutive vocoder frames of one burst; a frame that was lost on the way is `None`, so that the ones after it
/// keep their place in time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "SmallVec<[Option<VoiceFrame>; 9]>")]
pub struct FrameRun(SmallVec<[Option<VoiceFrame>; 9]>);

impl TryFrom<SmallVec<[Option<VoiceFrame>; 9]>> for FrameRun {
    type Error = &'static str;
    fn try_from(frames: SmallVec<[Option<VoiceFrame>; 9]>) -> Result<Self, Self::Error> {
        if frames.len() <= RUN_MAX { Ok(Self(frames)) } else { Err("a run has at most 16 vocoder frames") }
    }
}

impl FrameRun {
    /// `None` for more than [`RUN_MAX`] frames.
    pub fn new(frames: impl IntoIterator<Item = Option<VoiceFrame>>) -> Option<Self> {
        let mut run = SmallVec::new();
        for frame in frames {
            if run.len() == RUN_MAX {
                return None;
            }
            run.push(frame);
        }
        Some(Self(run))
    }

    /// The frames in order.
    pub fn frames(&self) -> &[Option<VoiceFrame>] {
        &self.0
    }

    /// How many frames of time the run covers.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it covers no time.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A count, then per frame a flag and, where it is set, eight octets (clause 3.4.2).
impl Field for FrameRun {
    const LEAST: usize = 1;
    const MOST: usize = 1 + RUN_MAX * (1 + FRAME_LEN);
    const KIND: Kind = Kind::Named("frame run");
    fn put(&self, into: &mut BytesMut) {
        into.put_u8(u8::try_from(self.0.len()).expect("at most RUN_MAX frames"));
        for frame in &self.0 {
            frame.put(into);
        }
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (mut rest, count) = u8::take(input)?;
        if usize::from(count) > RUN_MAX {
            return Err(Fault::out_of_range(input));
        }
        let mut run = SmallVec::new();
        for _ in 0..count {
            let (next, frame) = <Option<VoiceFrame> as Field>::take(rest)?;
            run.push(frame);
            rest = next;
        }
        Ok((rest, Self(run)))
    }
}

/// An RTP packet (RFC 3550) with a SipHash tag of eight octets behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoicePacket {
    /// The SSRC.
    pub spurt: SpurtId,
    /// RTP sequence number: counts the packets of the spurt.
    pub sequence: u16,
    /// Vocoder frames before this packet since the spurt began; the RTP timestamp is this times 160, modulo 2^32.
    pub position: u32,
    /// Set on the first packet of a spurt.
    pub marker: bool,
    /// Whole vocoder frames.
    pub frames: SmallVec<[VoiceFrame; 9]>,
}

/// Octets of the RTP header: no CSRC, no extension.
pub const RTP_HEADER_LEN: usize = 12;

/// Octets of the tag.
pub const TAG_LEN: usize = 8;

impl VoicePacket {
    /// Appends the packet and its tag.
    ///
    /// # Panics
    /// Without a frame or with more than [`RUN_MAX`]: a burst that carries none sends no packet.
    pub fn encode(&self, key: &VoiceKey, into: &mut BytesMut) {
        assert!((1..=RUN_MAX).contains(&self.frames.len()), "a packet has 1 to {RUN_MAX} vocoder frames");
        let start = into.len();
        into.put_u8(0x80);
        into.put_u8(PAYLOAD_TYPE | if self.marker { 0x80 } else { 0 });
        into.put_u16(self.sequence);
        into.put_u32(self.position.wrapping_mul(TICKS_PER_FRAME));
        into.put_u32(self.spurt.number());
        for frame in &self.frames {
            into.put_slice(frame);
        }
        let tag = key.tag(&into[start..]);
        into.put_slice(&tag);
    }

    /// Reads a packet whose tag holds.
    ///
    /// # Errors
    /// The named cause for which the packet is dropped.
    pub fn decode(key: &VoiceKey, datagram: &[u8]) -> Result<Self, Cause> {
        let header = Header::read(datagram)?;
        let (covered, tag) = datagram.split_at(datagram.len() - TAG_LEN);
        if !key.holds(covered, tag) {
            return Err(Cause::WrongTag);
        }
        let frames = covered[RTP_HEADER_LEN..]
            .chunks_exact(FRAME_LEN)
            .map(|frame| frame.try_into().expect("chunks of FRAME_LEN"))
            .collect();
        Ok(Self {
            spurt: header.spurt,
            sequence: header.sequence,
            position: header.timestamp / TICKS_PER_FRAME,
            marker: header.marker,
            frames,
        })
    }
}

/// What a switch looks at before it copies a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The SSRC.
    pub spurt: SpurtId,
    /// RTP sequence number.
    pub sequence: u16,
    /// RTP timestamp at 8 kHz.
    pub timestamp: u32,
    /// First packet of a spurt.
    pub marker: bool,
}

impl Header {
    /// Reads the fixed header and checks the packet's shape: version 2, no padding, extension or CSRC, our payload
    /// type, a timestamp of whole frames, one to [`RUN_MAX`] frames, a tag.
    ///
    /// # Errors
    /// [`Cause::NotRtp`] for any other shape.
    pub fn read(datagram: &[u8]) -> Result<Self, Cause> {
        let frames_len = datagram.len().checked_sub(RTP_HEADER_LEN + TAG_LEN).ok_or(Cause::NotRtp)?;
        let whole = frames_len % FRAME_LEN == 0 && (1..=RUN_MAX).contains(&(frames_len / FRAME_LEN));
        if !whole || datagram[0] != 0x80 || datagram[1] & 0x7F != PAYLOAD_TYPE {
            return Err(Cause::NotRtp);
        }
        let number = |at: usize| {
            u32::from_be_bytes([datagram[at], datagram[at + 1], datagram[at + 2], datagram[at + 3]])
        };
        let timestamp = number(4);
        if timestamp % TICKS_PER_FRAME != 0 {
            return Err(Cause::NotRtp);
        }
        Ok(Self {
            spurt: SpurtId::new(number(8)).ok_or(Cause::NotRtp)?,
            sequence: u16::from_be_bytes([datagram[2], datagram[3]]),
            timestamp,
            marker: datagram[1] & 0x80 != 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: VoiceKey = VoiceKey::new([7; 16]);

    fn packet(frames: usize) -> BytesMut {
        let packet = VoicePacket {
            spurt: SpurtId::new(9).unwrap(),
            sequence: 3,
            position: 12,
            marker: true,
            frames: SmallVec::from_elem([1; FRAME_LEN], frames),
        };
        let mut octets = BytesMut::new();
        packet.encode(&KEY, &mut octets);
        octets
    }

    #[test]
    fn a_run_is_bounded_whichever_way_it_comes() {
        assert!(FrameRun::new(std::iter::repeat_n(None, RUN_MAX)).is_some());
        assert_eq!(FrameRun::new(std::iter::repeat_n(None, RUN_MAX + 1)), None);
        assert!(FrameRun::take(&[[17].as_slice(), &[0; 17]].concat()).is_err());
        let json = serde_json::to_string(&vec![None::<VoiceFrame>; RUN_MAX + 1]).unwrap();
        assert!(serde_json::from_str::<FrameRun>(&json).is_err());
    }

    #[test]
    fn a_packet_reads_back_and_a_changed_bit_anywhere_does_not() {
        let good = packet(4);
        assert_eq!(VoicePacket::decode(&KEY, &good).unwrap().frames.len(), 4);
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(VoicePacket::decode(&KEY, &bad).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn other_shapes_are_not_rtp_of_ours() {
        let good = packet(1);
        for (at, octet) in [(0, 0x81), (0, 0x40), (1, 0x60), (7, 1)] {
            let mut bad = good.clone();
            bad[at] = octet;
            assert_eq!(Header::read(&bad), Err(Cause::NotRtp), "octet {at}");
        }
        for len in (0..good.len()).chain([good.len() + 1]) {
            let mut bad = good.clone();
            bad.resize(len, 0);
            assert_eq!(Header::read(&bad), Err(Cause::NotRtp), "{len} octets");
        }
        assert_eq!(Header::read(&[&packet(16)[..], &[0; 8]].concat()), Err(Cause::NotRtp));
    }
}
