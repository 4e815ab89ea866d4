//! Octets to messages and back, in the order that the link promises.

use std::io;

use bytes::BytesMut;
use tokio_util::codec::{Decoder, Encoder};
use trunklab_protocol::frame::encode_with;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::{Cause, Family, Frame};

use super::ToLink;

/// Reads what sites say. Any error ends the link: on an ordered link nothing may be missing.
#[derive(Debug, Default)]
pub struct FromSiteDecoder {
    expected: u32,
}

/// One frame, read.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// A message.
    Message(FromSite),
    /// A number that this version does not know: skipped and counted.
    Unknown(u8),
}

/// Why reading a link ends.
#[derive(Debug, thiserror::Error)]
pub enum LinkFault {
    /// What came is not what the protocol says.
    #[error("{0}")]
    Protocol(Cause),
    /// The connection broke.
    #[error(transparent)]
    Broken(#[from] io::Error),
}

impl LinkFault {
    /// The one named cause.
    pub const fn cause(&self) -> Cause {
        match self {
            Self::Protocol(cause) => *cause,
            Self::Broken(_) => Cause::LinkLost,
        }
    }
}

impl Decoder for FromSiteDecoder {
    type Item = Read;
    type Error = LinkFault;

    fn decode(&mut self, stream: &mut BytesMut) -> Result<Option<Read>, LinkFault> {
        let Some(frame) = Frame::decode(stream).map_err(LinkFault::Protocol)? else { return Ok(None) };
        if frame.family != Family::FromSite {
            return Err(LinkFault::Protocol(Cause::WrongFamily));
        }
        if frame.sequence != self.expected {
            return Err(LinkFault::Protocol(Cause::SequenceGap));
        }
        self.expected = self.expected.wrapping_add(1);
        match FromSite::decode(frame.message, &frame.payload).map_err(Cause::from) {
            Ok(message) => Ok(Some(Read::Message(message))),
            Err(Cause::UnknownMessage) => Ok(Some(Read::Unknown(frame.message))),
            Err(cause) => Err(LinkFault::Protocol(cause)),
        }
    }

    fn decode_eof(&mut self, stream: &mut BytesMut) -> Result<Option<Read>, LinkFault> {
        // A frame that the end cuts short is lost with the link, whatever it was.
        self.decode(stream)
    }
}

/// Writes what sites are told, numbered from 0.
#[derive(Debug, Default)]
pub struct ToSiteEncoder {
    next: u32,
}

impl Encoder<&ToLink> for ToSiteEncoder {
    type Error = io::Error;

    fn encode(&mut self, sent: &ToLink, into: &mut BytesMut) -> io::Result<()> {
        let (family, code) = (Family::ToSite, sent.message.code());
        encode_with(into, family, code, sent.epoch, self.next, |payload| sent.message.put_payload(payload));
        self.next = self.next.wrapping_add(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::Epoch;
    use trunklab_protocol::from_site::InventoryEnd;

    use super::*;

    fn frame(family: Family, message: u8, sequence: u32, payload: &[u8]) -> BytesMut {
        let mut octets = BytesMut::new();
        encode_with(&mut octets, family, message, Epoch::new(0).unwrap(), sequence, |into| {
            into.extend_from_slice(payload);
        });
        octets
    }

    fn cause(octets: &mut BytesMut) -> Cause {
        FromSiteDecoder::default().decode(octets).unwrap_err().cause()
    }

    #[test]
    fn messages_come_in_order_and_unknown_ones_keep_their_place() {
        let mut stream = frame(Family::FromSite, 0x04, 0, &[]);
        stream.unsplit(frame(Family::FromSite, 0xEE, 1, &[1, 2, 3]));
        stream.unsplit(frame(Family::FromSite, 0x04, 2, &[]));
        let mut decoder = FromSiteDecoder::default();
        let end = || Read::Message(InventoryEnd {}.into());
        for expected in [end(), Read::Unknown(0xEE), end()] {
            assert_eq!(decoder.decode(&mut stream).unwrap(), Some(expected));
        }
        assert_eq!(decoder.decode(&mut stream).unwrap(), None);
    }

    #[test]
    fn what_does_not_belong_is_named() {
        assert_eq!(cause(&mut frame(Family::ToSite, 0x04, 0, &[])), Cause::WrongFamily);
        assert_eq!(cause(&mut frame(Family::FromSite, 0x04, 1, &[])), Cause::SequenceGap);
        assert_eq!(cause(&mut frame(Family::FromSite, 0x04, 0, &[0])), Cause::TrailingOctets);
        assert_eq!(cause(&mut frame(Family::FromSite, 0x10, 0, &[])), Cause::FieldTruncated);
        let mut damaged = frame(Family::FromSite, 0x04, 0, &[]);
        damaged[6] ^= 1;
        assert_eq!(cause(&mut damaged), Cause::BadChecksum);
    }
}
