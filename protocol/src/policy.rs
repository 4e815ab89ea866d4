//! Policies that are chosen for each talkgroup: words that its provisioning and the call processing share
//! (docs/call-processing.md).

use serde::{Deserialize, Serialize};

use crate::field::octet_enum;
use crate::network::SiteId;

octet_enum! {
    /// What becomes of a demand for a floor that another unit has (docs/call-processing.md 12.3.6).
    #[derive(Default)]
    pub enum FloorPolicy {
        /// It is refused.
        #[default]
        Refuse = 0,
        /// It waits for its turn.
        Queue = 1,
        /// The call is a broadcast: nobody but its caller speaks.
        Closed = 2,
    }
}

impl FloorPolicy {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Queue => "queue",
            Self::Closed => "closed",
        }
    }
}

octet_enum! {
    /// How urgently a unit wants the floor; a later one goes before an earlier one (docs/call-processing.md 12.3.7).
    #[derive(Default)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum Demand {
        /// As usual.
        #[default]
        Low = 0,
        /// Before the usual ones, without interrupting anybody.
        High = 1,
        /// Interrupts a talker whose own demand was lower.
        Preemptive = 2,
        /// Interrupts every talker but one in an emergency. Every unit may make it.
        Emergency = 3,
    }
}

impl Demand {
    /// Those that a subscriber may be given the right to.
    pub const RIGHTS: &'static [Self] = &[Self::Low, Self::High, Self::Preemptive];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::High => "high",
            Self::Preemptive => "preemptive",
            Self::Emergency => "emergency",
        }
    }

    /// As a unit with this right may make it: lowered to the right, but for an emergency.
    #[must_use]
    pub fn within(self, right: Self) -> Self {
        match self {
            Self::Emergency => self,
            Self::Low | Self::High | Self::Preemptive => self.min(right),
        }
    }
}

/// What an announcement does that finds one of its talkgroups in a call (docs/call-processing.md 12.10.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Announcement {
    /// It waits until all of them are silent.
    #[default]
    Wait,
    /// Their calls end.
    Interrupt,
}

impl Announcement {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::Wait, Self::Interrupt];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Interrupt => "interrupt",
        }
    }
}

/// When a call gives its channels back (docs/call-processing.md 12.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trunking {
    /// When nobody has spoken for the hang time: a conversation keeps its channel.
    #[default]
    Message,
    /// At once: each transmission is a call of its own.
    Transmission,
    /// After a short hang time, enough for a quick answer.
    Quasi,
}

impl Trunking {
    /// Every one, in the order of the clauses.
    pub const ALL: &'static [Self] = &[Self::Message, Self::Transmission, Self::Quasi];

    /// The hang time of quasi-transmission trunking where a talkgroup names none, in milliseconds.
    pub const QUASI_HANG_TIME_MS: u32 = 3_000;

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Transmission => "transmission",
            Self::Quasi => "quasi",
        }
    }

    /// How long a call keeps its channels after speech, in milliseconds: the talkgroup's own time, or else the mode's.
    pub fn hang_time_ms(self, own: Option<u32>, profile_ms: u32) -> u32 {
        match self {
            Self::Message => own.unwrap_or(profile_ms),
            Self::Transmission => 0,
            Self::Quasi => own.unwrap_or(Self::QUASI_HANG_TIME_MS),
        }
    }
}

/// For which sites a call waits before it begins, beside its caller's (docs/call-processing.md 12.2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartPolicy {
    /// For every one that it needs.
    #[default]
    All,
    /// For these.
    Critical(Vec<SiteId>),
    /// For none.
    Fast,
}

/// Which free slot of a site a call takes (docs/call-processing.md 12.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotChoice {
    /// The lowest, in the order of the carriers.
    #[default]
    Lowest,
    /// The one that has been idle longest: equipment wears alike.
    Spread,
    /// One of a carrier that radiates already: power can be saved.
    Pack,
}

impl SlotChoice {
    /// Every one, in the order of the clauses.
    pub const ALL: &'static [Self] = &[Self::Lowest, Self::Spread, Self::Pack];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lowest => "lowest",
            Self::Spread => "spread",
            Self::Pack => "pack",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demand_is_lowered_to_the_right_and_an_emergency_is_everybodys() {
        assert_eq!(Demand::Preemptive.within(Demand::Low), Demand::Low);
        assert_eq!(Demand::Low.within(Demand::Preemptive), Demand::Low);
        assert_eq!(Demand::High.within(Demand::Preemptive), Demand::High);
        assert_eq!(Demand::Emergency.within(Demand::Low), Demand::Emergency);
    }

    #[test]
    fn a_talkgroups_own_hang_time_goes_before_the_modes() {
        assert_eq!(Trunking::Message.hang_time_ms(None, 10_000), 10_000);
        assert_eq!(Trunking::Message.hang_time_ms(Some(500), 10_000), 500);
        assert_eq!(Trunking::Quasi.hang_time_ms(None, 10_000), 3_000);
        assert_eq!(Trunking::Quasi.hang_time_ms(Some(500), 10_000), 500);
        assert_eq!(Trunking::Transmission.hang_time_ms(None, 10_000), 0);
        assert_eq!(Trunking::Transmission.hang_time_ms(Some(500), 10_000), 0);
    }
}
