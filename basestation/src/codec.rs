//! Frames of the site link: counted in both directions, in order of the checks of docs/protocol.md, clause 2.1.4.

use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use tokio_util::codec::{Decoder, Encoder};
use trunklab_protocol::frame::encode_with;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{Cause, DecodeError, Epoch, Family, Frame};

use crate::counters::Counters;

/// Messages from the controller out of a stream, messages to it into one.
#[derive(Debug)]
pub struct SiteCodec {
    received: u32,
    sent: u32,
    counters: Arc<Counters>,
}

/// Why a link cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The connection.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What came over it.
    #[error("{0}")]
    Frame(Cause),
}

impl SiteCodec {
    /// For a new connection.
    pub const fn new(counters: Arc<Counters>) -> Self {
        Self { received: 0, sent: 0, counters }
    }

    fn read(&mut self, frame: &Frame) -> Result<Option<ToSite>, Cause> {
        if frame.family != Family::ToSite {
            return Err(Cause::WrongFamily);
        }
        if frame.sequence != self.received {
            return Err(Cause::SequenceGap);
        }
        self.received = self.received.wrapping_add(1);
        match ToSite::decode(frame.message, &frame.payload) {
            Ok(message) => Ok(Some(message)),
            Err(error @ DecodeError::UnknownMessage { .. }) => {
                self.counters.dropped[Cause::from(error)].one();
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Decoder for SiteCodec {
    type Item = (Epoch, ToSite);
    type Error = LinkError;

    fn decode(&mut self, stream: &mut BytesMut) -> Result<Option<Self::Item>, LinkError> {
        loop {
            let before = stream.len();
            let Some(frame) = Frame::decode(stream).map_err(LinkError::Frame)? else {
                return Ok(None);
            };
            self.counters.to_site.add((before - stream.len()) as u64);
            if let Some(message) = self.read(&frame).map_err(LinkError::Frame)? {
                return Ok(Some((frame.epoch, message)));
            }
        }
    }
}

impl Encoder<(Epoch, FromSite)> for SiteCodec {
    type Error = LinkError;

    fn encode(&mut self, (epoch, message): (Epoch, FromSite), into: &mut BytesMut) -> Result<(), LinkError> {
        let before = into.len();
        encode_with(into, Family::FromSite, message.code(), epoch, self.sent, |payload| {
            message.put_payload(payload);
        });
        self.sent = self.sent.wrapping_add(1);
        self.counters.from_site.add((into.len() - before) as u64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunklab_protocol::to_site::Heartbeat;

    fn frame(family: Family, message: u8, sequence: u32, payload: &[u8]) -> BytesMut {
        let mut octets = BytesMut::new();
        encode_with(&mut octets, family, message, Epoch::new(1).unwrap(), sequence, |into| {
            into.extend_from_slice(payload);
        });
        octets
    }

    fn codec() -> SiteCodec {
        SiteCodec::new(Arc::default())
    }

    fn cause(error: LinkError) -> Cause {
        match error {
            LinkError::Frame(cause) => cause,
            LinkError::Io(error) => panic!("{error}"),
        }
    }

    #[test]
    fn takes_frames_in_order_and_skips_what_it_does_not_know() {
        let mut codec = codec();
        let mut stream = frame(Family::ToSite, 2, 0, &[]);
        stream.unsplit(frame(Family::ToSite, 0xEE, 1, b"from a later version"));
        stream.unsplit(frame(Family::ToSite, 2, 2, &[]));
        let heartbeat = (Epoch::new(1).unwrap(), ToSite::from(Heartbeat {}));
        assert_eq!(codec.decode(&mut stream).unwrap(), Some(heartbeat.clone()));
        assert_eq!(codec.decode(&mut stream).unwrap(), Some(heartbeat));
        assert_eq!(codec.decode(&mut stream).unwrap(), None);
        let dropped = codec.counters.dropped.iter().filter(|(_, count)| count.read() > 0);
        assert_eq!(dropped.map(|(cause, _)| cause).collect::<Vec<_>>(), [Cause::UnknownMessage]);
    }

    #[test]
    fn each_fault_ends_the_link_with_its_cause() {
        let mut flipped = frame(Family::ToSite, 2, 0, &[]);
        flipped[8] ^= 1;
        for (mut stream, expected) in [
            (frame(Family::ToSite, 2, 1, &[]), Cause::SequenceGap),
            (frame(Family::FromSite, 2, 0, &[]), Cause::WrongFamily),
            (frame(Family::ToSite, 2, 0, &[1]), Cause::TrailingOctets),
            (frame(Family::ToSite, 3, 0, &[]), Cause::FieldTruncated),
            (frame(Family::ToSite, 3, 0, &[0]), Cause::FieldOutOfRange),
            (flipped, Cause::BadChecksum),
            (BytesMut::from(&[0xFF, 0xFF][..]), Cause::FrameTooLong),
            (BytesMut::from(&[0, 1][..]), Cause::FrameTooShort),
        ] {
            assert_eq!(cause(codec().decode(&mut stream).unwrap_err()), expected);
        }
    }

    #[test]
    fn a_repeated_frame_is_a_gap_too() {
        let mut codec = codec();
        let mut stream = frame(Family::ToSite, 2, 0, &[]);
        let again = stream.clone();
        stream.unsplit(again);
        codec.decode(&mut stream).unwrap();
        assert_eq!(cause(codec.decode(&mut stream).unwrap_err()), Cause::SequenceGap);
    }
}
