//! The frame around every message (docs/protocol.md, clause 2.1).
//!
//! ```text
//! length u16 | version u8 | family u8 | message u8 | epoch u32 | sequence u32 | payload | CRC-32C u32
//! ```
//! The length counts what follows it. The checksum covers everything before it, length included.

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::cause::Cause;
use crate::field::FieldRow;
use crate::network::Epoch;

/// The version that this crate speaks.
pub const VERSION: u8 = 1;

/// Octets before the payload, the length field included.
pub const HEADER_LEN: usize = 13;

/// Octets of the checksum.
pub const CHECKSUM_LEN: usize = 4;

/// The greatest payload: a frame never exceeds 16 KiB.
pub const PAYLOAD_LEN_MAX: usize = 16 * 1024 - HEADER_LEN - CHECKSUM_LEN;

crate::field::octet_enum! {
    /// Which table of messages a frame's number belongs to.
    pub enum Family {
        /// Handset to base station.
        AirUplink = 0x01,
        /// Base station to handset.
        AirDownlink = 0x02,
        /// Base station to controller.
        FromSite = 0x03,
        /// Controller to base station.
        ToSite = 0x04,
        /// Controller to voice switch.
        ToSwitch = 0x05,
        /// Voice switch to controller.
        FromSwitch = 0x06,
    }
}

/// One row of a message table: what docs/protocol.md must say.
#[derive(Debug, Clone, Copy)]
pub struct MessageRow {
    /// The message's number within its family.
    pub code: u8,
    /// Its name.
    pub name: &'static str,
    /// Its fields, in order.
    pub fields: &'static [FieldRow],
}

/// A frame whose checksum and version held; its payload is not yet parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Which table the message number belongs to.
    pub family: Family,
    /// The message's number.
    pub message: u8,
    /// Downlink: the sender's epoch. Uplink: the newest that the sender has obeyed.
    pub epoch: Epoch,
    /// Counts frames per direction and connection, from 0.
    pub sequence: u32,
    /// The message's octets.
    pub payload: Bytes,
}

impl Frame {
    /// Appends the frame.
    ///
    /// # Panics
    /// When the payload exceeds [`PAYLOAD_LEN_MAX`]: whoever builds a message cuts its lists to fit.
    pub fn encode(&self, into: &mut BytesMut) {
        encode_with(into, self.family, self.message, self.epoch, self.sequence, |payload| {
            payload.put_slice(&self.payload);
        });
    }

    /// Takes one frame off the front of `stream`; `None` while it is incomplete.
    ///
    /// # Errors
    /// The named cause. The stream cannot be trusted afterwards: the caller closes the link.
    pub fn decode(stream: &mut BytesMut) -> Result<Option<Self>, Cause> {
        let Some(length) =
            stream.get(..2).map(|octets| usize::from(u16::from_be_bytes([octets[0], octets[1]])))
        else {
            return Ok(None);
        };
        if length > HEADER_LEN - 2 + PAYLOAD_LEN_MAX + CHECKSUM_LEN {
            return Err(Cause::FrameTooLong);
        }
        if length < HEADER_LEN - 2 + CHECKSUM_LEN {
            return Err(Cause::FrameTooShort);
        }
        if stream.len() < 2 + length {
            return Ok(None);
        }
        Self::read_whole(stream.split_to(2 + length).freeze()).map(Some)
    }

    /// Reads a datagram that holds exactly one frame.
    ///
    /// # Errors
    /// The named cause for which the datagram is dropped.
    pub fn decode_datagram(datagram: &[u8]) -> Result<Self, Cause> {
        if datagram.len() < HEADER_LEN + CHECKSUM_LEN {
            return Err(Cause::FrameTooShort);
        }
        let length = usize::from(u16::from_be_bytes([datagram[0], datagram[1]]));
        if datagram.len() > HEADER_LEN + PAYLOAD_LEN_MAX + CHECKSUM_LEN {
            return Err(Cause::FrameTooLong);
        }
        if length + 2 != datagram.len() {
            return Err(if length + 2 > datagram.len() {
                Cause::FrameTooShort
            } else {
                Cause::TrailingOctets
            });
        }
        Self::read_whole(Bytes::copy_from_slice(datagram))
    }

    fn read_whole(mut octets: Bytes) -> Result<Self, Cause> {
        let covered = octets.len() - CHECKSUM_LEN;
        let expected = (&octets[covered..]).get_u32();
        if crc32c::crc32c(&octets[..covered]) != expected {
            return Err(Cause::BadChecksum);
        }
        octets.truncate(covered);
        octets.advance(2);
        if octets.get_u8() != VERSION {
            return Err(Cause::WrongVersion);
        }
        let family = Family::new(octets.get_u8()).ok_or(Cause::WrongFamily)?;
        let message = octets.get_u8();
        let epoch = Epoch::new(octets.get_u32()).expect("every number is an epoch");
        let sequence = octets.get_u32();
        Ok(Self { family, message, epoch, sequence, payload: octets })
    }
}

/// Encodes a frame in place, its payload written by `put`: no copy between message and frame.
///
/// # Panics
/// When the payload exceeds [`PAYLOAD_LEN_MAX`].
pub fn encode_with(
    into: &mut BytesMut,
    family: Family,
    message: u8,
    epoch: Epoch,
    sequence: u32,
    put: impl FnOnce(&mut BytesMut),
) {
    let start = into.len();
    into.put_u16(0);
    into.put_u8(VERSION);
    into.put_u8(family.code());
    into.put_u8(message);
    into.put_u32(epoch.number());
    into.put_u32(sequence);
    put(into);
    let payload_len = into.len() - start - HEADER_LEN;
    assert!(payload_len <= PAYLOAD_LEN_MAX, "a message of {payload_len} octets does not fit a frame");
    let length = u16::try_from(into.len() - start - 2 + CHECKSUM_LEN).expect("bounded by PAYLOAD_LEN_MAX");
    into[start..start + 2].copy_from_slice(&length.to_be_bytes());
    let checksum = crc32c::crc32c(&into[start..]);
    into.put_u32(checksum);
}
