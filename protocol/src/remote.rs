//! What an operator has a radio do from afar (docs/services.md 13.3).

use std::fmt;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::field::{Field, Kind, Parsed, octet_enum, record};
use crate::identity::{TalkgroupId, UnitId};

octet_enum! {
    /// Whether a unit is of any use.
    #[derive(Default)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum Condition {
        /// It is served as its subscription says.
        #[default]
        Active = 0,
        /// It registers and moves, and gets no service.
        Stunned = 1,
        /// It is out of use for good.
        Killed = 2,
    }
}

record! {
    /// A talkgroup to which a radio is set from afar.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct Regroup {
        /// Which.
        pub talkgroup: TalkgroupId,
        /// Whether the selector is locked.
        pub locked: bool,
    }
}

/// What a radio is ordered to do (docs/protocol.md, clause 3.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RadioOrder {
    /// To refuse its user every service.
    Stun {},
    /// To serve its user again.
    Revive {},
    /// To be of no use any more, for good.
    Kill {},
    /// To say that it is there.
    Check {},
    /// To open its microphone to a call with this unit.
    Monitor(UnitId),
    /// To go to this talkgroup.
    Regroup(Regroup),
    /// To go back to its user's talkgroup.
    Restore {},
}

/// Orders of one class are about one thing: a later one takes the place of one that waits. The first class goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Whether the radio is of use.
    Service,
    /// Where its selector stands.
    Selector,
    /// Whether it is there.
    Presence,
    /// Whether it is listened to.
    Microphone,
}

/// How long an order waits for its radio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// Until the radio has confirmed it.
    Lastingly,
    /// For a minute: later nobody wants to know any more.
    Minute,
}

/// How a radio shows that it has obeyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownBy {
    /// It says so.
    Answer,
    /// It says so once the network has proved itself.
    ProvedAnswer,
    /// It asks for the call.
    CallRequest,
}

/// What follows from one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub class: Class,
    /// What becomes of the unit in the home register when the order is taken; `None` where nothing does.
    pub when_given: Option<Condition>,
    /// What becomes of it when the radio has confirmed; `None` where nothing does.
    pub when_confirmed: Option<Condition>,
    /// What shows that the radio has obeyed.
    pub shown_by: ShownBy,
    /// How long it waits.
    pub waits: Waits,
}

impl RadioOrder {
    /// One row for each order (docs/services.md 13.3.1 prints them).
    #[rustfmt::skip]
    pub const fn rule(&self) -> Rule {
        use Class::{Microphone, Presence, Selector, Service};
        use Condition::{Active, Killed, Stunned};
        use ShownBy::{Answer, CallRequest, ProvedAnswer};
        use Waits::{Lastingly, Minute};
        const fn row(
            name: &'static str, class: Class, when_given: Option<Condition>, when_confirmed: Option<Condition>,
            shown_by: ShownBy, waits: Waits,
        ) -> Rule {
            Rule { name, class, when_given, when_confirmed, shown_by, waits }
        }
        match self {
            Self::Stun {}    => row("stun",    Service,    Some(Stunned), None,         Answer,       Lastingly),
            Self::Revive {}  => row("revive",  Service,    Some(Active),  None,         Answer,       Lastingly),
            Self::Kill {}    => row("kill",    Service,    Some(Stunned), Some(Killed), ProvedAnswer, Lastingly),
            Self::Check {}   => row("check",   Presence,   None,          None,         Answer,       Minute),
            Self::Monitor(_) => row("monitor", Microphone, None,          None,         CallRequest,  Minute),
            Self::Regroup(_) => row("regroup", Selector,   None,          None,         Answer,       Lastingly),
            Self::Restore {} => row("restore", Selector,   None,          None,         Answer,       Lastingly),
        }
    }

    const fn tag(&self) -> u8 {
        match self {
            Self::Stun {} => 1,
            Self::Revive {} => 2,
            Self::Kill {} => 3,
            Self::Check {} => 4,
            Self::Monitor(_) => 5,
            Self::Regroup(_) => 6,
            Self::Restore {} => 7,
        }
    }
}

impl Field for RadioOrder {
    const LEAST: usize = 1;
    const MOST: usize = 1 + Regroup::MOST;
    const KIND: Kind = Kind::Named("radio order");
    fn put(&self, into: &mut BytesMut) {
        self.tag().put(into);
        match self {
            Self::Stun {} | Self::Revive {} | Self::Kill {} | Self::Check {} | Self::Restore {} => {}
            Self::Monitor(listener) => listener.put(into),
            Self::Regroup(regroup) => regroup.put(into),
        }
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, tag) = u8::take(input)?;
        match tag {
            1 => Ok((rest, Self::Stun {})),
            2 => Ok((rest, Self::Revive {})),
            3 => Ok((rest, Self::Kill {})),
            4 => Ok((rest, Self::Check {})),
            5 => UnitId::take(rest).map(|(rest, listener)| (rest, Self::Monitor(listener))),
            6 => Regroup::take(rest).map(|(rest, regroup)| (rest, Self::Regroup(regroup))),
            7 => Ok((rest, Self::Restore {})),
            _ => Err(Fault::out_of_range(input)),
        }
    }
}

impl fmt::Display for RadioOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stun {} | Self::Revive {} | Self::Kill {} | Self::Check {} | Self::Restore {} => {
                f.pad(self.rule().name)
            }
            Self::Monitor(listener) => write!(f, "monitor for unit {listener}"),
            Self::Regroup(Regroup { talkgroup, locked }) => {
                let lock = if *locked { ", selector locked" } else { "" };
                write!(f, "regroup to talkgroup {talkgroup}{lock}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_order() -> [RadioOrder; 7] {
        let regroup = Regroup { talkgroup: TalkgroupId::new(42).unwrap(), locked: true };
        [
            RadioOrder::Stun {},
            RadioOrder::Revive {},
            RadioOrder::Kill {},
            RadioOrder::Check {},
            RadioOrder::Monitor(UnitId::new(1018).unwrap()),
            RadioOrder::Regroup(regroup),
            RadioOrder::Restore {},
        ]
    }

    #[test]
    fn an_order_is_read_as_it_was_written() {
        for order in every_order() {
            let mut octets = BytesMut::new();
            order.put(&mut octets);
            assert!((RadioOrder::LEAST..=RadioOrder::MOST).contains(&octets.len()), "{order}");
            assert_eq!(RadioOrder::take(&octets).unwrap(), (&[][..], order));
        }
        assert!(RadioOrder::take(&[0]).is_err() && RadioOrder::take(&[8]).is_err());
    }

    #[test]
    fn contrary_orders_are_of_one_class() {
        let class = |order: RadioOrder| order.rule().class;
        assert_eq!(class(RadioOrder::Stun {}), class(RadioOrder::Revive {}));
        assert_eq!(class(RadioOrder::Kill {}), class(RadioOrder::Revive {}));
        assert_eq!(class(every_order()[5]), class(RadioOrder::Restore {}));
    }

    /// What is lasting about a unit changes by an order that waits as long.
    #[test]
    fn an_order_that_changes_the_register_waits_until_it_is_confirmed() {
        for order in every_order() {
            let Rule { when_given, when_confirmed, waits, .. } = order.rule();
            let changes = when_given.is_some() || when_confirmed.is_some();
            assert!(!changes || waits == Waits::Lastingly, "{order}");
        }
    }
}
