//! The health of slots: what a base station has found out by self-tests (docs/resilience.md 14.2).

use crate::field::{octet_enum, record};
use crate::network::{CarrierNumber, SlotAddress, SlotNumber};

octet_enum! {
    /// What self-tests say of a slot.
    #[derive(Default)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum SlotHealth {
        /// It works, or nothing else was found out.
        #[default]
        Sound = 0,
        /// It does not: no call is on it.
        Faulty = 1,
    }
}

impl SlotHealth {
    /// Its name on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Faulty => "faulty",
        }
    }
}

record! {
    /// A slot and its health.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    pub struct SlotState {
        /// Which.
        pub at: SlotAddress,
        /// How it is.
        pub health: SlotHealth,
    }
}

record! {
    /// A part of a base station's plant that can break: a carrier, or one slot of it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct PlantPart {
        /// Which carrier.
        pub carrier: CarrierNumber,
        /// Which slot of it; `None`: all of them.
        pub slot: Option<SlotNumber>,
    }
}

impl PlantPart {
    /// Whether a slot belongs to it.
    pub fn contains(self, at: SlotAddress) -> bool {
        self.carrier == at.carrier && self.slot.is_none_or(|slot| slot == at.slot)
    }
}

impl std::fmt::Display for PlantPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.slot {
            None => write!(f, "carrier {}", self.carrier),
            Some(slot) => write!(f, "slot {}", SlotAddress { carrier: self.carrier, slot }),
        }
    }
}
