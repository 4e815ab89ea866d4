//! What a handset keeps when its battery is out, beside what is programmed into it (docs/services.md 13.2.1, 13.3).

use serde::{Deserialize, Serialize};
use trunklab_protocol::{Condition, Imsi, UnitId};

use super::config::HandsetConfig;
use super::failsoft::Programmed;
use super::machine::Handset;
use super::remote::Regrouped;

/// What the network has made of a handset.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// Who it is; `None` where nobody had to tell it.
    pub told: Option<Told>,
    /// Whether it serves its user.
    pub condition: Condition,
    /// Where its selector is set from afar; `None`: its user sets it.
    pub regrouped: Option<Regrouped>,
    /// Where it goes in failsoft (docs/resilience.md 14.6.1).
    #[serde(default)]
    pub failsoft: Vec<Programmed>,
}

/// Who a blank handset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Its individual id.
    pub unit: UnitId,
    /// Its subscription, where it has one.
    pub imsi: Option<Imsi>,
}

impl Handset {
    /// What it keeps.
    pub fn memory(&self) -> Memory {
        self.radio().memory()
    }

    /// The same handset with a new battery: of what it was doing nothing is left.
    #[must_use]
    pub fn with_new_battery(&self) -> Self {
        Self::remembering(self.programming(), self.memory())
    }

    /// A handset that is switched off, as this one is programmed, which keeps this.
    pub fn remembering(config: HandsetConfig, memory: Memory) -> Self {
        let mut handset = Self::new(config);
        handset.radio_mut().remember(memory);
        handset
    }
}
