//! Where a call is to be heard, as its caller or its talkgroup chooses (docs/call-processing.md 12.2.8).

use std::fmt;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::field::{Field, Kind, Parsed};
use crate::network::AreaId;

/// Where a call is to be heard. Its two octets are the number of a service area, or a number above all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum AreaChoice {
    /// Wherever a member of its talkgroup is.
    #[default]
    Wide,
    /// In its talkgroup's home service area.
    Local,
    /// In this service area.
    Named(AreaId),
}

impl AreaChoice {
    const LOCAL: u16 = 65_534;
    const WIDE: u16 = 65_535;

    /// `None` for zero.
    pub const fn new(number: u16) -> Option<Self> {
        match (number, AreaId::new(number)) {
            (Self::WIDE, _) => Some(Self::Wide),
            (Self::LOCAL, _) => Some(Self::Local),
            (_, Some(area)) => Some(Self::Named(area)),
            (_, None) => None,
        }
    }

    /// The number.
    pub const fn number(self) -> u16 {
        match self {
            Self::Wide => Self::WIDE,
            Self::Local => Self::LOCAL,
            Self::Named(area) => area.number(),
        }
    }
}

impl Field for AreaChoice {
    const LEAST: usize = 2;
    const MOST: usize = 2;
    const KIND: Kind = Kind::Named("area choice");
    fn put(&self, into: &mut BytesMut) {
        self.number().put(into);
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, number) = u16::take(input)?;
        match Self::new(number) {
            Some(choice) => Ok((rest, choice)),
            None => Err(Fault::out_of_range(input)),
        }
    }
}

impl TryFrom<u16> for AreaChoice {
    type Error = &'static str;
    fn try_from(number: u16) -> Result<Self, Self::Error> {
        Self::new(number).ok_or("0 is no service area")
    }
}

impl From<AreaChoice> for u16 {
    fn from(choice: AreaChoice) -> Self {
        choice.number()
    }
}

impl fmt::Display for AreaChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wide => f.pad("wide area"),
            Self::Local => f.pad("local area"),
            Self::Named(area) => write!(f, "area {area}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_but_zero_is_one_choice() {
        assert_eq!(AreaChoice::new(0), None);
        for number in 1..=u16::MAX {
            assert_eq!(AreaChoice::new(number).map(AreaChoice::number), Some(number));
        }
        assert_eq!(AreaChoice::new(7).unwrap().to_string(), "area 7");
    }
}
