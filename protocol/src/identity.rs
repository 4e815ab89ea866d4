//! Who is who: identities of equipment, subscriptions, units and talkgroups (docs/protocol.md, clause 3.1).

use std::fmt;
use std::num::NonZeroU64;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::field::{Field, Kind, Parsed, checked_field, put_u24, take_u24};

/// The individual id of a unit: what requests, calls and records name. 24 bits, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    const MOST: usize = 3;
    const KIND: Kind = Kind::Named("unit");
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TalkgroupId(u16);

impl TalkgroupId {
    /// The address of all talkgroups together; no talkgroup has it.
    pub const ALL: Self = Self(u16::MAX);

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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = u64))]
pub struct Imei(NonZeroU64);

/// Subscription identity: at most fifteen digits, never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = u64))]
pub struct Imsi(NonZeroU64);

/// Telephone number: at most fifteen digits without leading zeros (E.164), never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = u64))]
pub struct Msisdn(NonZeroU64);

macro_rules! fifteen_digits {
    ($($type:ident, $kind:literal, $shown:literal;)*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&format!($shown, self.0))
            }
        }

        impl $type {
            /// `None` for zero and for more than fifteen digits.
            pub const fn new(digits: u64) -> Option<Self> {
                match NonZeroU64::new(digits) {
                    Some(number) if digits <= FIFTEEN_DIGITS => Some(Self(number)),
                    Some(_) | None => None,
                }
            }

            /// The digits as one number.
            pub const fn digits(self) -> u64 {
                self.0.get()
            }
        }

        impl Field for $type {
            const LEAST: usize = u64::LEAST;
            const MOST: usize = u64::MOST;
            const KIND: Kind = Kind::Named($kind);
            fn put(&self, into: &mut BytesMut) {
                self.digits().put(into);
            }
            fn take(input: &[u8]) -> Parsed<'_, Self> {
                let (rest, digits) = u64::take(input)?;
                match Self::new(digits) {
                    Some(value) => Ok((rest, value)),
                    None => Err(Fault::out_of_range(input)),
                }
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
                value.digits()
            }
        }
    )*};
}

fifteen_digits! {
    Imei, "imei", "{:015}";
    Imsi, "imsi", "{:015}";
    Msisdn, "msisdn", "{}";
}

/// Temporary identity: changes on each power-on and move, by which a radio names itself where it moves to. Never zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "u32", into = "u32")]
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

impl TryFrom<u32> for Tmsi {
    type Error = &'static str;
    fn try_from(number: u32) -> Result<Self, Self::Error> {
        Self::new(number).ok_or("a temporary identity is a number from 1 to 4294967295")
    }
}

impl From<Tmsi> for u32 {
    fn from(tmsi: Tmsi) -> Self {
        tmsi.0
    }
}

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
    const MOST: usize = 4;
    const KIND: Kind = Kind::Named("fleet and member");
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
/// afterwards by individual id, and at a site to which it moves by its temporary identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Identity {
    /// By equipment.
    Imei(Imei),
    /// By subscription.
    Imsi(Imsi),
    /// By individual id.
    Unit(UnitId),
    /// By temporary identity.
    Tmsi(Tmsi),
}

impl Field for Identity {
    const LEAST: usize = 4;
    const MOST: usize = 9;
    const KIND: Kind = Kind::Named("identity");
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
            Self::Tmsi(tmsi) => {
                4_u8.put(into);
                tmsi.put(into);
            }
        }
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, kind) = u8::take(input)?;
        match kind {
            1 => Imei::take(rest).map(|(rest, imei)| (rest, Self::Imei(imei))),
            2 => Imsi::take(rest).map(|(rest, imsi)| (rest, Self::Imsi(imsi))),
            3 => UnitId::take(rest).map(|(rest, unit)| (rest, Self::Unit(unit))),
            4 => Tmsi::take(rest).map(|(rest, tmsi)| (rest, Self::Tmsi(tmsi))),
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
            Self::Tmsi(tmsi) => write!(f, "tmsi {tmsi}"),
        }
    }
}

impl fmt::Display for Tmsi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DecodeError;

    fn decodes<T: Field>(octets: &[u8]) -> bool {
        T::take(octets).is_ok()
    }

    #[test]
    fn a_unit_is_24_bits_and_never_zero() {
        assert_eq!(UnitId::new(0), None);
        assert_eq!(UnitId::new(1).map(UnitId::number), Some(1));
        assert_eq!(UnitId::new(0xFF_FFFF).map(UnitId::number), Some(16_777_215));
        assert_eq!(UnitId::new(0x100_0000), None);
        assert!(!decodes::<UnitId>(&[0, 0, 0]));
        assert!(serde_json::from_str::<UnitId>("0").is_err());
        assert!(serde_json::from_str::<UnitId>("16777216").is_err());
    }

    #[test]
    fn a_talkgroup_is_16_bits_and_never_zero() {
        assert_eq!(TalkgroupId::new(0), None);
        assert_eq!(TalkgroupId::new(u16::MAX).map(TalkgroupId::number), Some(65_535));
        assert!(!decodes::<TalkgroupId>(&[0, 0]));
        assert!(serde_json::from_str::<TalkgroupId>("65536").is_err());
    }

    #[test]
    fn a_temporary_identity_is_never_zero_whichever_way_it_comes() {
        assert_eq!(Tmsi::new(0), None);
        assert!(!decodes::<Tmsi>(&[0, 0, 0, 0]));
        assert!(serde_json::from_str::<Tmsi>("0").is_err());
        assert_eq!(serde_json::to_string(&Tmsi::new(7).unwrap()).unwrap(), "7");
    }

    #[test]
    fn equipment_subscription_and_telephone_number_have_at_most_fifteen_digits() {
        macro_rules! holds_for {
            ($($type:ident)*) => {$(
                assert_eq!($type::new(0), None);
                assert_eq!($type::new(999_999_999_999_999).map($type::digits), Some(999_999_999_999_999));
                assert_eq!($type::new(1_000_000_000_000_000), None, "sixteen digits");
                assert!(!decodes::<$type>(&1_000_000_000_000_000_u64.to_be_bytes()));
                assert!(serde_json::from_str::<$type>("1000000000000000").is_err());
            )*};
        }
        holds_for!(Imei Imsi Msisdn);
    }

    #[test]
    fn equipment_and_subscription_print_fifteen_digits_a_telephone_number_no_leading_zero() {
        assert_eq!(Imei::new(42).unwrap().to_string(), "000000000000042");
        assert_eq!(Imsi::new(1_010_123_456_789).unwrap().to_string(), "001010123456789");
        assert_eq!(Msisdn::new(4_930_123_456).unwrap().to_string(), "4930123456");
    }

    #[test]
    fn an_identity_of_an_unknown_kind_is_refused_at_its_tag() {
        let error = crate::air_uplink::UplinkWord::decode(0x01, &[9, 0, 0, 1, 0, 0]).unwrap_err();
        assert_eq!(error, DecodeError::OutOfRange { field: "identity", offset: 0 });
    }

    #[test]
    fn an_identity_prints_its_kind() {
        assert_eq!(Identity::Unit(UnitId::new(1017).unwrap()).to_string(), "unit 1017");
        assert_eq!(Identity::Imei(Imei::new(42).unwrap()).to_string(), "imei 000000000000042");
    }
}
