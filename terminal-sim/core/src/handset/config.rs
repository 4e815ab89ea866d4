//! What is programmed into a handset.

use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{Demand, Identity, ScanList, TalkgroupId, UnitId};

/// A handset's programming.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandsetConfig {
    /// Its individual id.
    pub unit: UnitId,
    /// How it names itself when it registers for the first time; afterwards by its individual id.
    pub identity: Identity,
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
    /// A handset as it leaves the workshop.
    pub fn new(unit: UnitId, identity: Identity, key: UnitKey, talkgroup: TalkgroupId, seed: u64) -> Self {
        let (demand, refuses_individual_calls) = (Demand::default(), false);
        let (scan, emergency_talkgroup) = (ScanList::default(), None);
        Self {
            unit,
            identity,
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
