//! Whom a call is for: the members of a talkgroup, or two units.

use std::fmt;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::field::{Field, Kind, Parsed, record};
use crate::identity::{TalkgroupId, UnitId};

record! {
    /// The two units of an individual call.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct Pair {
        /// Who asked for the call.
        pub caller: UnitId,
        /// Whom it asked for.
        pub called: UnitId,
    }
}

/// Whom a call is for (docs/protocol.md, clause 3.1.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Parties {
    /// The members of a talkgroup.
    Group(TalkgroupId),
    /// Two units.
    Pair(Pair),
}

impl Parties {
    /// The talkgroup of a group call.
    pub const fn talkgroup(self) -> Option<TalkgroupId> {
        match self {
            Self::Group(talkgroup) => Some(talkgroup),
            Self::Pair(_) => None,
        }
    }

    /// The units of an individual call.
    pub const fn pair(self) -> Option<Pair> {
        match self {
            Self::Group(_) => None,
            Self::Pair(pair) => Some(pair),
        }
    }
}

impl Pair {
    /// Whether a unit is one of the two.
    pub fn includes(self, unit: UnitId) -> bool {
        self.caller == unit || self.called == unit
    }

    /// The other one.
    pub fn other(self, unit: UnitId) -> UnitId {
        if unit == self.caller { self.called } else { self.caller }
    }

    /// Whether both name the same two units, whoever called.
    pub fn is_between_those_of(self, other: Self) -> bool {
        self.includes(other.caller) && self.includes(other.called)
    }
}

impl From<TalkgroupId> for Parties {
    fn from(talkgroup: TalkgroupId) -> Self {
        Self::Group(talkgroup)
    }
}

impl Field for Parties {
    const LEAST: usize = 1 + TalkgroupId::LEAST;
    const MOST: usize = 1 + Pair::MOST;
    const KIND: Kind = Kind::Named("parties");
    fn put(&self, into: &mut BytesMut) {
        match self {
            Self::Group(talkgroup) => {
                1_u8.put(into);
                talkgroup.put(into);
            }
            Self::Pair(pair) => {
                2_u8.put(into);
                pair.put(into);
            }
        }
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, kind) = u8::take(input)?;
        match kind {
            1 => TalkgroupId::take(rest).map(|(rest, talkgroup)| (rest, Self::Group(talkgroup))),
            2 => Pair::take(rest).map(|(rest, pair)| (rest, Self::Pair(pair))),
            _ => Err(Fault::out_of_range(input)),
        }
    }
}

impl fmt::Display for Parties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(TalkgroupId::ALL) => f.write_str("all talkgroups"),
            Self::Group(talkgroup) => write!(f, "talkgroup {talkgroup}"),
            Self::Pair(Pair { caller, called }) => write!(f, "units {caller} and {called}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(number: u32) -> UnitId {
        UnitId::new(number).unwrap()
    }

    #[test]
    fn a_pair_is_the_same_whoever_called() {
        let (one, other) =
            (Pair { caller: unit(1), called: unit(2) }, Pair { caller: unit(2), called: unit(1) });
        assert!(one.is_between_those_of(other));
        assert!(!one.is_between_those_of(Pair { caller: unit(2), called: unit(3) }));
        assert_eq!((one.other(unit(1)), one.other(unit(2))), (unit(2), unit(1)));
    }

    #[test]
    fn parties_of_an_unknown_kind_are_refused_at_their_tag() {
        assert!(Parties::take(&[3, 0, 1, 0, 0, 2, 0]).is_err());
        assert!(Parties::take(&[1, 0, 41]).is_ok());
        assert!(Parties::take(&[2, 0, 0, 1, 0, 0, 2]).is_ok());
    }

    #[test]
    fn parties_print_as_people_say_them() {
        assert_eq!(Parties::from(TalkgroupId::new(41).unwrap()).to_string(), "talkgroup 41");
        assert_eq!(Parties::Group(TalkgroupId::ALL).to_string(), "all talkgroups");
        let pair = Pair { caller: unit(1017), called: unit(1018) };
        assert_eq!(Parties::Pair(pair).to_string(), "units 1017 and 1018");
    }
}
