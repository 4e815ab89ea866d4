//! How the network is configured as a whole, and how that is changed while it runs (docs/services.md 13.6).
//!
//! A configuration is what an operator may show and change: the system's limits, sites, service areas and talkgroups.
//! Subscribers are none of it: no key is in it. Each change names the version that it starts from, is checked whole, kept by the
//! store, and only then made and answered.

mod change;
mod check;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trunklab_protocol::operator::{Authority, ConfigurationVersion};
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::{AreaId, Cause, Epoch, Incarnation, Moment, SiteId, SlotAddress, TalkgroupId};

pub use self::change::Pending;
pub use self::check::{
    check_candidates, check_copied_vectors, check_failsoft, check_isolation, check_self_test,
    check_statistics,
};
use crate::config::{Change, ServiceArea, SiteConfig, SystemParameters, Talkgroup};
use crate::controller::Controller;

/// Everything that is provisioned beside subscribers and patches, each list in order of its numbers. It is whole: what is left
/// out is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Limits and times of the whole system. Where the voice switch receives is the controller's own: it is not taken
    /// from here.
    pub system: SystemParameters,
    /// Sites with their channel plans.
    pub sites: Vec<SiteConfig>,
    /// Service areas.
    pub areas: Vec<ServiceArea>,
    /// Talkgroups.
    pub talkgroups: Vec<Talkgroup>,
}

/// Why a configuration is not taken, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfit {
    /// The named cause.
    pub cause: Cause,
    /// Where: `talkgroup 41`; empty where it is about the whole.
    pub place: String,
    /// What is wrong, and the remedy.
    pub what: String,
}

impl Unfit {
    fn at(place: impl std::fmt::Display, what: impl Into<String>) -> Self {
        Self { cause: Cause::ConfigurationUnfit, place: place.to_string(), what: what.into() }
    }

    pub(crate) fn because(cause: Cause) -> Self {
        Self { cause, place: String::new(), what: cause.text().to_owned() }
    }
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { place, what, .. } = self;
        if place.is_empty() { f.write_str(what) } else { write!(f, "{place}: {what}") }
    }
}

/// A configuration that the store keeps, as the newest version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configured {
    /// Which version it is.
    pub version: ConfigurationVersion,
    /// In which term of office it was made.
    pub epoch: Epoch,
    /// When, in that term's time.
    pub at: Moment,
    /// By whom.
    pub by: Authority,
    /// What it says.
    pub configuration: Configuration,
}

/// How one site is configured, and what it said of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteConfiguration {
    /// Whether its link stands and its inventory is in.
    pub in_service: bool,
    /// As it is provisioned.
    pub held: SiteConfig,
    /// Where its control channels are held to be.
    pub controls_held: Vec<SlotAddress>,
    /// Where its last heartbeat said that they are; empty where it has said nothing.
    pub controls_said: Vec<SlotAddress>,
    /// The digest of the settings that it is to run; `None` until it has greeted.
    pub settings_held: Option<u32>,
    /// The digest of the settings that its last heartbeat said it runs; `None` where it has said none.
    pub settings_said: Option<u32>,
    /// The settings that it is to run, without keys; `None` until it has greeted.
    pub told: Option<Box<SiteSettings>>,
    /// The settings that it has reported to run, without keys; `None` where it has reported none.
    pub reported: Option<Box<SiteSettings>>,
    /// Which run of the base station has greeted.
    pub incarnation: Option<Incarnation>,
}

impl Controller {
    /// How a site is configured (clause 13.6.7).
    pub fn site_configuration(&self, site: SiteId) -> Option<SiteConfiguration> {
        let row = self.sites.get(site)?;
        let told = self.settings_of(site).map(|settings| Box::new(settings.without_keys()));
        Some(SiteConfiguration {
            in_service: row.in_service(),
            held: row.config.clone(),
            controls_held: row.slots.controls().to_vec(),
            controls_said: row.loads.iter().filter(|_| row.in_service()).map(|load| load.at).collect(),
            settings_held: told.as_ref().map(|settings| settings.digest()),
            settings_said: Some(row.settings_said).filter(|said| *said != 0 && row.in_service()),
            told,
            reported: row.settings_reported.clone().filter(|_| row.in_service()),
            incarnation: row.greeting().map(|greeting| greeting.incarnation),
        })
    }

    /// Limits and times of the whole system.
    pub fn system(&self) -> &SystemParameters {
        &self.system
    }
}

impl Configuration {
    /// In order of the numbers, as it is kept and compared; the switch's address is nobody's to configure.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.system.switch_address = SystemParameters::default().switch_address;
        self.sites.sort_by_key(|site| site.site);
        self.areas.sort_by_key(|area| area.area);
        for area in &mut self.areas {
            area.sites.sort_unstable();
            area.sites.dedup();
        }
        self.talkgroups.sort_by_key(|talkgroup| talkgroup.id);
        self
    }

    /// This one with changes made; those that are not about configuration are passed over.
    #[must_use]
    pub fn with<'a>(mut self, changes: impl IntoIterator<Item = &'a Change>) -> Self {
        for change in changes {
            match change {
                Change::System(system) => self.system = system.clone(),
                Change::Site(new) => put(&mut self.sites, new, |site| site.site),
                Change::Area(new) => put(&mut self.areas, new, |area| area.area),
                Change::Talkgroup(new) => put(&mut self.talkgroups, new, |talkgroup| talkgroup.id),
                Change::SiteRemoved(gone) => self.sites.retain(|site| site.site != *gone),
                Change::AreaRemoved(gone) => self.areas.retain(|area| area.area != *gone),
                Change::TalkgroupRemoved(gone) => self.talkgroups.retain(|row| row.id != *gone),
                Change::Subscriber(_)
                | Change::Subscribers(_)
                | Change::SubscriberRemoved(_)
                | Change::Patch(_)
                | Change::Remote(_)
                | Change::Alarm(_)
                | Change::Version(_) => {}
            }
        }
        self.in_order()
    }

    /// What leads from this one to another: what is new or different first, in an order in which each refers to what
    /// exists; then what is taken out, the other way round.
    pub fn changes_to(&self, other: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        if self.system != other.system {
            changes.push(Change::System(other.system.clone()));
        }
        changes.extend(new_in(&self.sites, &other.sites, site_number).map(Change::Site));
        changes.extend(new_in(&self.areas, &other.areas, area_number).map(Change::Area));
        changes.extend(new_in(&self.talkgroups, &other.talkgroups, talkgroup_number).map(Change::Talkgroup));
        let gone = gone_from(&self.talkgroups, &other.talkgroups, talkgroup_number);
        changes.extend(gone.map(Change::TalkgroupRemoved));
        changes.extend(gone_from(&self.areas, &other.areas, area_number).map(Change::AreaRemoved));
        changes.extend(gone_from(&self.sites, &other.sites, site_number).map(Change::SiteRemoved));
        changes
    }
}

fn site_number(site: &SiteConfig) -> SiteId {
    site.site
}

fn area_number(area: &ServiceArea) -> AreaId {
    area.area
}

fn talkgroup_number(talkgroup: &Talkgroup) -> TalkgroupId {
    talkgroup.id
}

fn put<T: Clone, K: PartialEq>(rows: &mut Vec<T>, new: &T, key: impl Fn(&T) -> K) {
    match rows.iter_mut().find(|row| key(row) == key(new)) {
        Some(row) => *row = new.clone(),
        None => rows.push(new.clone()),
    }
}

fn new_in<'a, T: Clone + PartialEq, K: Ord + 'a>(
    before: &'a [T],
    after: &'a [T],
    key: impl Fn(&T) -> K + 'a,
) -> impl Iterator<Item = T> + 'a {
    let known: BTreeMap<K, &T> = before.iter().map(|row| (key(row), row)).collect();
    after.iter().filter(move |row| known.get(&key(row)) != Some(row)).cloned()
}

fn gone_from<'a, T, K: Ord + 'a>(
    before: &'a [T],
    after: &'a [T],
    key: impl Fn(&T) -> K + 'a,
) -> impl Iterator<Item = K> + 'a {
    let stays: std::collections::BTreeSet<K> = after.iter().map(&key).collect();
    before.iter().map(key).filter(move |number| !stays.contains(number)).collect::<Vec<_>>().into_iter()
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::{CarrierNumber, ProfileId};

    use super::*;

    fn talkgroup(number: u16, name: &str) -> Talkgroup {
        Talkgroup::named(TalkgroupId::new(number).unwrap(), name)
    }

    fn site(number: u16) -> SiteConfig {
        SiteConfig::new(SiteId::new(number).unwrap(), ProfileId::Iden, CarrierNumber::new(number).unwrap())
    }

    #[test]
    fn the_changes_to_another_configuration_lead_there() {
        let area = ServiceArea { area: AreaId::new(2).unwrap(), name: "Bay".into(), sites: vec![] };
        let before = Configuration {
            sites: vec![site(1), site(2)],
            areas: vec![area],
            talkgroups: vec![talkgroup(41, "Pilots"), talkgroup(42, "Tugs")],
            ..Configuration::default()
        };
        let system = SystemParameters { ring_ms_max: 9_000, ..SystemParameters::default() };
        let after = Configuration {
            system,
            sites: vec![site(2), site(3)],
            areas: vec![],
            talkgroups: vec![talkgroup(42, "Tow"), talkgroup(43, "Customs")],
        };
        let changes = before.changes_to(&after);
        assert_eq!(before.clone().with(&changes), after);
        assert_eq!(after.clone().with(&after.changes_to(&before)), before);
        assert_eq!(before.changes_to(&before), []);
        let first_out = changes.iter().position(|change| matches!(change, Change::TalkgroupRemoved(_)));
        assert_eq!(first_out, Some(4), "what is new comes before what is taken out: {changes:?}");
    }

    #[test]
    fn the_place_of_the_switch_is_no_ones_to_configure() {
        let mut moved = Configuration::default();
        moved.system.switch_address = "192.0.2.1:9".parse().unwrap();
        assert_eq!(moved.in_order(), Configuration::default());
    }
}
