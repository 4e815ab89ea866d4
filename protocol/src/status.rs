//! Status and call alert: messages that are told without a call (docs/services.md 13.4).

use std::fmt;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::field::{Field, Kind, Parsed, checked_field, octet_enum, record};
use crate::identity::{TalkgroupId, UnitId};
use crate::network::{Epoch, Press};

/// The number of a predefined status; never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = u16))]
pub struct StatusNumber(u16);

impl StatusNumber {
    /// `None` for zero.
    pub const fn new(number: u16) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

checked_field!(StatusNumber, u16, "status");

impl fmt::Display for StatusNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u64> for StatusNumber {
    type Error = &'static str;
    fn try_from(number: u64) -> Result<Self, Self::Error> {
        u16::try_from(number).ok().and_then(Self::new).ok_or("a status has a number from 1 to 65535")
    }
}

impl From<StatusNumber> for u64 {
    fn from(status: StatusNumber) -> Self {
        Self::from(status.0)
    }
}

record! {
    /// One status or call alert, as the controller counts them.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct MessageId {
        /// In which term of office.
        pub epoch: Epoch,
        /// The how-manieth of that term, from 1.
        pub counter: u32,
    }
}

/// The counter alone; `{:#}` prints the epoch as well.
impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() { write!(f, "{}.{}", self.epoch, self.counter) } else { self.counter.fmt(f) }
    }
}

record! {
    /// The radio that tells a message, and which of its messages it is: whatever the controller counts, a radio that asks again asks for
    /// the same (docs/services.md 13.4.3).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    pub struct Teller {
        /// Who.
        pub unit: UnitId,
        /// The message's number with that radio.
        pub press: Press,
    }
}

impl fmt::Display for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.unit.fmt(f)
    }
}

/// Whom a message is for, where it is for radios (docs/protocol.md, clause 3.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Addressee {
    /// A unit.
    Unit(UnitId),
    /// Whoever hears a talkgroup.
    Talkgroup(TalkgroupId),
}

impl Addressee {
    /// The unit, where it is one.
    pub const fn unit(self) -> Option<UnitId> {
        match self {
            Self::Unit(unit) => Some(unit),
            Self::Talkgroup(_) => None,
        }
    }

    /// The talkgroup, where it is one.
    pub const fn talkgroup(self) -> Option<TalkgroupId> {
        match self {
            Self::Unit(_) => None,
            Self::Talkgroup(talkgroup) => Some(talkgroup),
        }
    }
}

impl From<UnitId> for Addressee {
    fn from(unit: UnitId) -> Self {
        Self::Unit(unit)
    }
}

impl From<TalkgroupId> for Addressee {
    fn from(talkgroup: TalkgroupId) -> Self {
        Self::Talkgroup(talkgroup)
    }
}

impl Field for Addressee {
    const LEAST: usize = 1 + TalkgroupId::LEAST;
    const MOST: usize = 1 + UnitId::MOST;
    const KIND: Kind = Kind::Named("addressee");
    fn put(&self, into: &mut BytesMut) {
        match self {
            Self::Unit(unit) => {
                1_u8.put(into);
                unit.put(into);
            }
            Self::Talkgroup(talkgroup) => {
                2_u8.put(into);
                talkgroup.put(into);
            }
        }
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, kind) = u8::take(input)?;
        match kind {
            1 => UnitId::take(rest).map(|(rest, unit)| (rest, Self::Unit(unit))),
            2 => TalkgroupId::take(rest).map(|(rest, talkgroup)| (rest, Self::Talkgroup(talkgroup))),
            _ => Err(Fault::out_of_range(input)),
        }
    }
}

impl fmt::Display for Addressee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(unit) => write!(f, "unit {unit}"),
            Self::Talkgroup(talkgroup) => write!(f, "talkgroup {talkgroup}"),
        }
    }
}

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// A predefined status.
    Status(StatusNumber),
    /// A call alert.
    CallAlert,
}

octet_enum! {
    /// What a radio says to a message that it was told (docs/services.md 13.4.3).
    pub enum MessageReply {
        /// It has it; a call alert alerts its user.
        Received = 0,
        /// Its user does not want to answer a call alert.
        Dismissed = 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_addressee_of_an_unknown_kind_is_refused_at_its_tag() {
        assert!(Addressee::take(&[3, 0, 0, 1]).is_err());
        assert_eq!(Addressee::take(&[1, 0, 0, 7]).unwrap().1, UnitId::new(7).unwrap().into());
        assert_eq!(Addressee::take(&[2, 0, 41]).unwrap().1, TalkgroupId::new(41).unwrap().into());
    }

    #[test]
    fn no_status_has_the_number_zero() {
        assert!(StatusNumber::take(&[0, 0]).is_err());
        assert!(serde_json::from_str::<StatusNumber>("0").is_err());
        assert!(serde_json::from_str::<StatusNumber>("65536").is_err());
        assert_eq!(serde_json::to_string(&StatusNumber::new(3)).unwrap(), "3");
    }

    #[test]
    fn a_message_prints_its_counter_and_in_full_where_asked() {
        let message = MessageId { epoch: Epoch::new(5).unwrap(), counter: 9 };
        assert_eq!(format!("{message} {message:#}"), "9 5.9");
    }
}
