//! The hunt: collect sites, choose one.
//!
//! A site counts once its `System` word is heard: that word says all that a handset needs, and the slot in which it
//! came is the control channel. Of the sites heard well enough, one with more service comes first, then the
//! stronger one, then the lower number.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use smallvec::SmallVec;
use trunklab_protocol::air_downlink::{Burst, DownlinkWord, System};
use trunklab_protocol::{Moment, SiteId, UnitId};

use super::camp::Camp;
use super::timers::{CAMP_LEVEL_DBM, HUNT, SITE_BARRED};

/// Sites compared in one hunt; more are passed over.
const CANDIDATES_MAX: usize = 64;

/// Sites passed over at one time.
const BARRED_MAX: usize = 8;

/// Whether a unit stands on the control channel that says this, where its site has several (docs/call-processing.md,
/// clause 12.12.12).
/// One that does not know its unit stands on the first.
pub(super) fn is_for(system: &System, unit: Option<UnitId>) -> bool {
    let number = unit.map_or(0, UnitId::number);
    number % u32::from(system.channels.max(1)) == u32::from(system.channel)
}

/// What has been heard so far.
#[derive(Debug, Clone)]
pub(super) struct Hunt {
    candidates: BTreeMap<SiteId, Camp>,
    pub(super) until: Moment,
}

impl Hunt {
    pub(super) fn from(now: Moment) -> Self {
        Self { candidates: BTreeMap::new(), until: now + HUNT }
    }

    /// Takes a burst of any site in range.
    pub(super) fn hears(
        &mut self,
        now: Moment,
        site: SiteId,
        level_dbm: i8,
        burst: &Burst,
        unit: Option<UnitId>,
    ) {
        if let Some(camp) = self.candidates.get_mut(&site) {
            if camp.concerns(burst.place, None)
                && camp.hears(now, level_dbm, burst)
                && let DownlinkWord::System(system) = &burst.word
                && system.site == site
            {
                camp.update(system);
            }
        } else if let DownlinkWord::System(system) = &burst.word
            && system.site == site
            && is_for(system, unit)
            && level_dbm >= CAMP_LEVEL_DBM
            && self.candidates.len() < CANDIDATES_MAX
        {
            self.candidates.insert(site, Camp::new(now, level_dbm, burst.place, system));
        }
    }

    /// A site can no longer be heard.
    pub(super) fn forget(&mut self, site: SiteId) {
        self.candidates.remove(&site);
    }

    /// Whether a site was heard that is not barred.
    pub(super) fn found(&self, barred: &Barred, now: Moment) -> bool {
        self.candidates.keys().any(|site| !barred.holds(*site, now))
    }

    /// The best site of those that are not barred.
    pub(super) fn choose(&mut self, barred: &Barred, now: Moment) -> Option<Camp> {
        let best = self
            .candidates
            .values()
            .filter(|camp| !barred.holds(camp.site, now))
            .min_by_key(|camp| (camp.service.rank(), Reverse(camp.level_dbm), camp.site))
            .map(|camp| camp.site)?;
        self.candidates.remove(&best)
    }
}

/// Sites that did not take this unit in: hunted for again after a while. A handset that has a site does not try one
/// that does not allow its unit again until it is switched off and on.
#[derive(Debug, Clone, Default)]
pub(super) struct Barred {
    for_a_while: SmallVec<[(SiteId, Moment); 2]>,
    forbidden: SmallVec<[SiteId; 2]>,
}

impl Barred {
    pub(super) fn add(&mut self, site: SiteId, now: Moment) {
        self.for_a_while.retain(|(barred, until)| *barred != site && *until > now);
        if self.for_a_while.len() == BARRED_MAX {
            self.for_a_while.remove(0);
        }
        self.for_a_while.push((site, now + SITE_BARRED));
    }

    pub(super) fn forbid(&mut self, site: SiteId, now: Moment) {
        self.add(site, now);
        self.forbidden.retain(|forbidden| *forbidden != site);
        if self.forbidden.len() == BARRED_MAX {
            self.forbidden.remove(0);
        }
        self.forbidden.push(site);
    }

    /// The handset has lost its own site: one that could not take it in may be the only one left.
    pub(super) fn forgive(&mut self) {
        let forbidden = &self.forbidden;
        self.for_a_while.retain(|(site, _)| forbidden.contains(site));
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether a handset that has a site may try this one.
    pub(super) fn allows_move(&self, site: SiteId, now: Moment) -> bool {
        !self.holds(site, now) && !self.forbidden.contains(&site)
    }

    fn holds(&self, site: SiteId, now: Moment) -> bool {
        self.for_a_while.iter().any(|(barred, until)| *barred == site && *until > now)
    }
}
