//! What is programmed into a handset.

use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{Demand, Identity, Imei, ScanList, TalkgroupId, UnitId};

/// A handset's programming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandsetConfig {
    /// Its individual id; of a blank one no more than what its shell calls it by, until the network says who it is.
    pub unit: UnitId,
    /// How it names itself when it has been switched on: by subscription, or by equipment while it is blank.
    pub identity: Identity,
    /// Its own identity as a piece of equipment.
    pub equipment: Option<Imei>,
    /// The key that it shares with the home register.
    pub key: UnitKey,
    /// Where the selector stands at power-on.
    pub talkgroup: TalkgroupId,
    /// What its random choices are drawn from, together with its unit.
    pub seed: u64,
    /// What it hears beside the selected talkgroup while scan is switched on, as it is at power-on.
    pub scan: ScanList,
    /// How urgently a press asks for a floor that another unit has.
    pub demand: Demand,
    /// Where an emergency call is asked for, if not in the selected talkgroup.
    pub emergency_talkgroup: Option<TalkgroupId>,
    /// Whether it refuses every individual call.
    pub refuses_individual_calls: bool,
}

impl HandsetConfig {
    /// Whether it does not know yet who it is.
    pub fn is_blank(&self) -> bool {
        matches!(self.identity, Identity::Imei(_))
    }

    /// A handset as it leaves the workshop.
    pub fn new(unit: UnitId, identity: Identity, key: UnitKey, talkgroup: TalkgroupId, seed: u64) -> Self {
        let (demand, refuses_individual_calls) = (Demand::default(), false);
        let (scan, emergency_talkgroup) = (ScanList::default(), None);
        let equipment = match identity {
            Identity::Imei(imei) => Some(imei),
            Identity::Imsi(_) | Identity::Unit(_) | Identity::Tmsi(_) => None,
        };
        Self {
            unit,
            identity,
            equipment,
            key,
            talkgroup,
            seed,
            scan,
            demand,
            emergency_talkgroup,
            refuses_individual_calls,
        }
    }
}
