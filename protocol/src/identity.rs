//! Who is who: identities of equipment, subscriptions, units and talkgroups (docs/protocol.md, clause 3.1).

use std::fmt;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::field::{Field, Parsed, checked_field, put_u24, take_u24};

/// The individual id of a unit: what requests, calls and records name. 24 bits, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct UnitId(u32);

impl UnitId {
    /// The greatest individual id.
    pub const MAX: u32 = 0xFF_FFFF;

    /// `None` for zero and for numbers over 24 bits.
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 || number > Self::MAX { None } else { Some(Self(number)) }
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl Field for UnitId {
    const LEAST: usize = 3;
    const KIND: &'static str = "unit";
    fn put(&self, into: &mut BytesMut) {
        put_u24(self.0, into);
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, number) = take_u24(input)?;
        match Self::new(number) {
            Some(unit) => Ok((rest, unit)),
            None => Err(Fault::out_of_range(input)),
        }
    }
}

/// A talkgroup, system-wide. 16 bits, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct TalkgroupId(u16);

impl TalkgroupId {
    /// `None` for zero.
    pub const fn new(number: u16) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number.
    pub const fn number(self) -> u16 {
        self.0
    }
}

checked_field!(TalkgroupId, u16, "talkgroup");

/// Fifteen decimal digits as one number: the shape that IMEI and IMSI share.
const FIFTEEN_DIGITS: u64 = 999_999_999_999_999;

/// Equipment identity: at most fifteen digits, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Imei(u64);

/// Subscription identity: at most fifteen digits, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Imsi(u64);

/// Telephone number: at most fifteen digits without leading zeros (E.164), never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Msisdn(u64);

macro_rules! fifteen_digits {
    ($($type:ident, $kind:literal;)*) => {$(
        impl $type {
            /// `None` for zero and for more than fifteen digits.
            pub const fn new(digits: u64) -> Option<Self> {
                if digits == 0 || digits > FIFTEEN_DIGITS { None } else { Some(Self(digits)) }
            }

            /// The digits as one number.
            pub const fn digits(self) -> u64 {
                self.0
            }
        }

        checked_field!($type, u64, $kind);

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!("{:015}", self.0))
            }
        }

        impl TryFrom<u64> for $type {
            type Error = &'static str;
            fn try_from(digits: u64) -> Result<Self, Self::Error> {
                Self::new(digits).ok_or("one to fifteen digits are expected, and not all zero")
            }
        }

        impl From<$type> for u64 {
            fn from(value: $type) -> Self {
                value.0
            }
        }
    )*};
}

fifteen_digits! {
    Imei, "imei";
    Imsi, "imsi";
    Msisdn, "msisdn";
}

/// Temporary identity: changes on each power-on and move, used for paging and authentication. Never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Tmsi(u32);

impl Tmsi {
    /// `None` for zero.
    pub const fn new(number: u32) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0
    }
}

checked_field!(Tmsi, u32, "tmsi");

/// Fleet and member: how an operator numbers a unit; maps to a [`UnitId`] in the home register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FleetMember {
    /// The organisation's fleet.
    pub fleet: u16,
    /// The unit within the fleet.
    pub member: u16,
}

impl Field for FleetMember {
    const LEAST: usize = 4;
    const KIND: &'static str = "fleet and member";
    fn put(&self, into: &mut BytesMut) {
        self.fleet.put(into);
        self.member.put(into);
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (input, fleet) = u16::take(input)?;
        let (input, member) = u16::take(input)?;
        Ok((input, Self { fleet, member }))
    }
}

/// How a handset names itself when it registers (clause 3.1.6): first by equipment, then by subscription,
/// afterwards by individual id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// By equipment.
    Imei(Imei),
    /// By subscription.
    Imsi(Imsi),
    /// By individual id.
    Unit(UnitId),
}

impl Field for Identity {
    const LEAST: usize = 4;
    const KIND: &'static str = "identity";
    fn put(&self, into: &mut BytesMut) {
        match self {
            Self::Imei(imei) => {
                1_u8.put(into);
                imei.put(into);
            }
            Self::Imsi(imsi) => {
                2_u8.put(into);
                imsi.put(into);
            }
            Self::Unit(unit) => {
                3_u8.put(into);
                unit.put(into);
            }
        }
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, kind) = u8::take(input)?;
        match kind {
            1 => Imei::take(rest).map(|(rest, imei)| (rest, Self::Imei(imei))),
            2 => Imsi::take(rest).map(|(rest, imsi)| (rest, Self::Imsi(imsi))),
            3 => UnitId::take(rest).map(|(rest, unit)| (rest, Self::Unit(unit))),
            _ => Err(Fault::out_of_range(input)),
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Imei(imei) => write!(f, "imei {imei}"),
            Self::Imsi(imsi) => write!(f, "imsi {imsi}"),
            Self::Unit(unit) => write!(f, "unit {unit}"),
        }
    }
}

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for TalkgroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<u32> for UnitId {
    type Error = &'static str;
    fn try_from(number: u32) -> Result<Self, Self::Error> {
        Self::new(number).ok_or("a unit is a number from 1 to 16777215")
    }
}

impl From<UnitId> for u32 {
    fn from(unit: UnitId) -> Self {
        unit.0
    }
}

impl TryFrom<u32> for TalkgroupId {
    type Error = &'static str;
    fn try_from(number: u32) -> Result<Self, Self::Error> {
        u16::try_from(number).ok().and_then(Self::new).ok_or("a talkgroup is a number from 1 to 65535")
    }
}

impl From<TalkgroupId> for u32 {
    fn from(talkgroup: TalkgroupId) -> Self {
        Self::from(talkgroup.0)
    }
}
