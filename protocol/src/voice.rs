//! Vocoder frames, and the RTP packets that carry them between base station and voice switch
//! (docs/protocol.md, clauses 3.4 and 8.2).

use bytes::{BufMut, BytesMut};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::cause::Cause;
use crate::error::Fault;
use crate::field::{Field, Parsed};
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
pub struct FrameRun(SmallVec<[Option<VoiceFrame>; 9]>);

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
    const KIND: &'static str = "frame run";
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
    /// Vocoder frames before this packet since the spurt began; the RTP timestamp is this times 160.
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
    pub fn encode(&self, key: &VoiceKey, into: &mut BytesMut) {
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
    /// type, one to [`RUN_MAX`] whole frames, a tag.
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
        Ok(Self {
            spurt: SpurtId::new(number(8)).ok_or(Cause::NotRtp)?,
            sequence: u16::from_be_bytes([datagram[2], datagram[3]]),
            timestamp: number(4),
            marker: datagram[1] & 0x80 != 0,
        })
    }
}
