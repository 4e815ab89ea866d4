//! A plan: everything that has to exist before a network can run, whoever wrote it (a scenario, an import, the demo).

use trunklab_controller_core::config::{
    Change, ServiceArea, SiteConfig, Subscriber, SystemParameters, Talkgroup,
};
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{Demand, Identity, Imei, Position, ScanList, TalkgroupId, UnitId};
use trunklab_terminal_core::handset::HandsetConfig;

/// A network to build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Limits and times.
    pub system: SystemParameters,
    /// Base stations, in ascending order.
    pub sites: Vec<SiteConfig>,
    /// Service areas.
    pub areas: Vec<ServiceArea>,
    /// Talkgroups, in ascending order.
    pub talkgroups: Vec<Talkgroup>,
    /// The home register.
    pub subscribers: Vec<Subscriber>,
    /// The handsets that exist; each has its subscriber.
    pub radios: Vec<RadioPlan>,
}

/// A handset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RadioPlan {
    /// What it is called in the run.
    pub unit: UnitId,
    /// Whose individual id it has: its own, but for a clone.
    pub owner: UnitId,
    /// How it first names itself.
    pub identity: Identity,
    /// Its own identity as a piece of equipment.
    pub equipment: Option<Imei>,
    /// The key programmed into it: the home register's, unless something is to go wrong.
    pub key: UnitKey,
    /// What its selector shows at first.
    pub talkgroup: TalkgroupId,
    /// What it hears beside that.
    pub scan: ScanList,
    /// Where it is.
    pub position: Position,
    /// How urgently its presses ask for a floor that another unit has.
    pub demand: Demand,
    /// Where it asks for an emergency call, if not in the selected talkgroup.
    pub emergency_talkgroup: Option<TalkgroupId>,
    /// Whether it refuses every individual call.
    pub refuses_individual_calls: bool,
}

impl RadioPlan {
    /// What is programmed into it.
    pub fn config(&self, seed: u64) -> HandsetConfig {
        let usual = HandsetConfig::new(self.owner, self.identity, self.key, self.talkgroup, seed);
        let (scan, demand, emergency_talkgroup) = (self.scan, self.demand, self.emergency_talkgroup);
        let refuses_individual_calls = self.refuses_individual_calls;
        let equipment = self.equipment;
        HandsetConfig { equipment, scan, demand, emergency_talkgroup, refuses_individual_calls, ..usual }
    }
}

impl Plan {
    /// What the controller is provisioned with, in an order in which each change finds what it names.
    pub fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        std::iter::once(Change::System(self.system.clone()))
            .chain(self.sites.iter().cloned().map(Change::Site))
            .chain(self.areas.iter().cloned().map(Change::Area))
            .chain(self.talkgroups.iter().cloned().map(Change::Talkgroup))
            .chain(self.subscribers.iter().cloned().map(Change::Subscriber))
    }

    /// The subscriber of a unit.
    pub fn subscriber(&self, unit: UnitId) -> Option<&Subscriber> {
        self.subscribers.iter().find(|subscriber| subscriber.unit == unit)
    }
}
