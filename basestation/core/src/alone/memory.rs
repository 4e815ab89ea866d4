//! What a station keeps through its own restart, so that it can serve alone and loses no report (docs/resilience.md 14.1).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trunklab_controller_core::configuration::Configuration;
use trunklab_controller_core::isolated::CopiedUnit;
use trunklab_controller_core::output::StoreItem;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::{Cause, Moment, UnitId};

use super::{Copied, KeptSettings, Reports, Unfit};

/// One thing to keep. A shell keeps them in order, and gives all of them back at the next start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Remember {
    /// Whose settings and copy these are: what the shell knows the site's certificate by.
    Owner(String),
    /// What the controller has configured, in place of what it had before.
    Settings(Box<KeptSettings>),
    /// The network knows this site no more: neither settings nor a copy are left. Reports are.
    Dismissed,
    /// The copy's configuration, in place of the one before.
    Configuration(Box<Configuration>),
    /// The copy of a unit, in place of the one before. Its vectors are secrets.
    Unit(Box<CopiedUnit>),
    /// Nothing is known of the unit any more.
    Dropped(UnitId),
    /// The site begins to serve alone, for the how-manieth time: the number must not come again, and the vectors that the dispatch was
    /// given count as used.
    BeginsAlone(u16),
    /// Calls of a time alone go on at this moment.
    Lives(Moment),
    /// A report, in place of an earlier one of this number; to be answered with [`crate::Input::Kept`].
    Report(u32, Box<StoreItem>),
    /// A controller has the report.
    Reported(u32),
}

/// All that is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    owner: Option<String>,
    settings: Option<Box<KeptSettings>>,
    pub(super) configuration: Option<Box<Configuration>>,
    pub(super) units: BTreeMap<UnitId, CopiedUnit>,
    pub(super) reports: BTreeMap<u32, StoreItem>,
    pub(super) times_alone: u16,
    lives: Moment,
}

impl Memory {
    /// Keeps one thing more.
    pub fn note(&mut self, what: Remember) {
        match what {
            Remember::Owner(owner) => self.owner = Some(owner),
            Remember::Settings(settings) => self.settings = Some(settings),
            Remember::Dismissed => {
                (self.settings, self.configuration) = (None, None);
                self.units.clear();
            }
            Remember::Configuration(configuration) => self.configuration = Some(configuration),
            Remember::Unit(unit) => _ = self.units.insert(unit.copy.unit, *unit),
            Remember::Dropped(unit) => _ = self.units.remove(&unit),
            Remember::BeginsAlone(time) => {
                self.times_alone = time;
                self.units.values_mut().for_each(|unit| _ = spend(unit));
            }
            Remember::Lives(at) => self.lives = at,
            Remember::Report(number, item) => _ = self.reports.insert(number, *item),
            Remember::Reported(number) => _ = self.reports.remove(&number),
        }
    }

    /// Whose settings and copy are kept, if any are or were.
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    /// The settings with which a station can start; `None` where none are kept.
    ///
    /// # Errors
    /// Where what is kept cannot be used.
    pub fn settings(&self) -> Result<Option<SiteSettings>, Unfit> {
        self.settings.as_ref().map(|settings| settings.settings()).transpose()
    }

    /// Nothing of what is kept goes on: the station that kept it is no more, and what had not ended has ended with it. To be done before
    /// another one starts.
    pub fn end_what_was_open(&mut self) {
        let cause = Cause::StationRestarted;
        for item in self.reports.values_mut() {
            if let StoreItem::CallOpened(record) = item {
                record.cut(self.lives, cause);
                *item = StoreItem::CallClosed(record.clone());
            } else if let StoreItem::Message(record) = item
                && !record.is_over()
            {
                record.cut(cause);
            }
        }
    }

    /// The latest moment of which it tells. A station that starts must not begin before it: its controller believes no report of what
    /// is still to come.
    pub fn latest(&self) -> Moment {
        let of = |item: &StoreItem| match item {
            StoreItem::CallOpened(record) | StoreItem::CallClosed(record) => record.moments().max(),
            StoreItem::Message(record) => record.moments().max(),
            StoreItem::Patched(_)
            | StoreItem::Unpatched(_)
            | StoreItem::Configured(_)
            | StoreItem::Audit(_)
            | StoreItem::Cloned(_)
            | StoreItem::Remote(_)
            | StoreItem::Reported(_)
            | StoreItem::NetworkAlarm(_)
            | StoreItem::Rights { .. } => None,
        };
        self.reports.values().filter_map(of).max().unwrap_or_default().max(self.lives)
    }

    /// What a station that starts makes of it, its settings aside.
    pub(crate) fn parts(self) -> (Copied, Reports, u16) {
        let Self { configuration, units, reports, times_alone, .. } = self;
        (Copied::of(configuration, units), Reports::of(reports), times_alone)
    }

    /// The same in as few things as possible: what a shell writes anew from time to time.
    pub fn whole(&self) -> Vec<Remember> {
        let owner = self.owner.clone().map(Remember::Owner);
        let settings = self.settings.clone().map(Remember::Settings);
        let configuration = self.configuration.clone().map(Remember::Configuration);
        let units = self.units.values().cloned().map(|unit| Remember::Unit(Box::new(unit)));
        let reports =
            self.reports.iter().map(|(number, item)| Remember::Report(*number, Box::new(item.clone())));
        // Before the units: it would take their vectors.
        let times = (self.times_alone > 0).then_some(Remember::BeginsAlone(self.times_alone));
        let copy = times.into_iter().chain(configuration).chain(units).chain(reports);
        owner.into_iter().chain(settings).chain(copy).collect()
    }
}

/// Takes half of a unit's vectors, one at least, for a dispatch that begins: the others are for one that begins after a
/// restart, which could not tell which of these were used.
pub(super) fn spend(unit: &mut CopiedUnit) -> CopiedUnit {
    let half = unit.vectors.len().div_ceil(2);
    let vectors = unit.vectors.drain(..half).collect();
    CopiedUnit { copy: unit.copy.clone(), vectors }
}
