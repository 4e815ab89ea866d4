//! The speech of an operator at a console: vocoder frames, cut into packets at the pace of speech.

use bytes::{Bytes, BytesMut};
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::voice::{FRAME_MS, VoiceFrame, VoicePacket};
use trunklab_protocol::{Span, SpurtId};

/// Vocoder frames in one packet.
const FRAMES_PER_PACKET: usize = 3;

/// From one packet to the next.
pub const PACE: Span = Span::from_millis(FRAMES_PER_PACKET as u64 * FRAME_MS);

/// What was granted: as what speech is sent, and under which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    /// The spurt.
    pub spurt: SpurtId,
    /// The key of its packets.
    pub key: VoiceKey,
}

/// A mouth. What it says without a permit is lost, as with a handset.
#[derive(Debug, Clone, Default)]
pub struct Mouth {
    permit: Option<Permit>,
    sequence: u16,
    position: u32,
}

impl Mouth {
    /// From here on this is permitted, or nothing is.
    pub fn permit(&mut self, permit: Option<Permit>) {
        *self = Self { permit, sequence: 0, position: 0 };
    }

    /// The key of its packets.
    pub fn key(&self) -> Option<VoiceKey> {
        self.permit.map(|permit| permit.key)
    }

    /// The next frames as a packet with its tag; `None` where there are none, or they may not be sent.
    pub fn packet(&mut self, frames: &[VoiceFrame]) -> Option<Bytes> {
        let Permit { spurt, key } = self.permit.filter(|_| !frames.is_empty())?;
        let (sequence, position) = (self.sequence, self.position);
        let packet = VoicePacket {
            spurt,
            sequence,
            position,
            marker: position == 0,
            frames: frames.iter().copied().collect(),
        };
        self.sequence = sequence.wrapping_add(1);
        self.position = position.wrapping_add(u32::try_from(frames.len()).expect("a packet is short"));
        let mut octets = BytesMut::new();
        packet.encode(&key, &mut octets);
        Some(octets.freeze())
    }
}

/// Speech, packet by packet.
pub fn packets(frames: &[VoiceFrame]) -> impl Iterator<Item = &[VoiceFrame]> {
    frames.chunks(FRAMES_PER_PACKET)
}
