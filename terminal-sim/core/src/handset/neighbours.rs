//! The neighbours of a site: measured while the site itself is weak, and compared with it (docs/call-processing.md,
//! clause 12.11.1).
//!
//! A neighbour counts as better while it is stronger by the hysteresis that the site announces. One that was better at
//! each measurement for the announced time is chosen. So a handset between two sites, to which now the one and now
//! the other is stronger, stays where it is.

use smallvec::SmallVec;
use trunklab_protocol::air_downlink::Neighbour;
use trunklab_protocol::{CarrierNumber, Moment, SiteId, Span};

use super::camp::Camp;
use super::timers::{CAMP_LEVEL_DBM, MEASURE};
use crate::deadline::{Deadline, Why};
use crate::output::{Outbox, Output};

/// Neighbours that are remembered; more are passed over.
const NEIGHBOURS_MAX: usize = 16;

/// What is known of the neighbours of the site on which the handset stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Neighbours {
    known: SmallVec<[Known; 4]>,
    measured: Option<Moment>,
}

#[derive(Debug, Clone)]
struct Known {
    place: Place,
    /// What the last measurement found.
    level_dbm: Option<i8>,
    /// Since when each measurement has found it better.
    better_since: Option<Moment>,
}

/// Where a neighbour is to be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) site: SiteId,
    pub(super) carrier: CarrierNumber,
}

impl Neighbours {
    /// Takes a word about a neighbour of this site.
    pub(super) fn learn(&mut self, own: SiteId, word: &Neighbour) {
        let place = Place { site: word.site, carrier: word.carrier };
        if let Some(known) = self.known.iter_mut().find(|known| known.place.site == place.site) {
            known.place = place;
        } else if place.site != own && self.known.len() < NEIGHBOURS_MAX {
            self.known.push(Known { place, level_dbm: None, better_since: None });
        }
    }

    /// When to measure next: only a weak site has its neighbours measured.
    pub(super) fn deadline(&self, camp: &Camp) -> Option<Deadline> {
        let wanted = camp.is_weak() && !self.known.is_empty();
        let at = self.measured.map_or(camp.heard_at, |measured| measured + MEASURE);
        wanted.then_some(Deadline { at, why: Why::Measure })
    }

    /// Takes what a measurement found.
    pub(super) fn level(&mut self, now: Moment, camp: &Camp, site: SiteId, level_dbm: i8) {
        let Some(known) = self.known.iter_mut().find(|known| known.place.site == site) else { return };
        let enough = i16::from(camp.level_dbm) + i16::from(camp.reselection.hysteresis_db);
        let better = level_dbm >= CAMP_LEVEL_DBM && i16::from(level_dbm) >= enough;
        known.level_dbm = Some(level_dbm);
        known.better_since = better.then(|| known.better_since.unwrap_or(now));
    }

    /// The strongest neighbour that has been better for long enough.
    pub(super) fn better(&self, now: Moment, camp: &Camp, allowed: impl Fn(SiteId) -> bool) -> Option<Place> {
        let time = Span::from_millis(u64::from(camp.reselection.better_ms));
        self.known
            .iter()
            .filter(|known| known.better_since.is_some_and(|since| now.since(since) >= time))
            .filter(|known| allowed(known.place.site))
            .max_by_key(|known| (known.level_dbm, std::cmp::Reverse(known.place.site)))
            .map(|known| known.place)
    }

    /// Has every neighbour measured. One that the last measurement did not find, or that was not measured for a while,
    /// is not better any more.
    pub(super) fn measure(&mut self, now: Moment, out: &mut Outbox) {
        let in_a_row = self.measured.is_some_and(|measured| now.since(measured) <= MEASURE + MEASURE);
        self.measured = Some(now);
        for known in &mut self.known {
            if known.level_dbm.take().is_none() || !in_a_row {
                known.better_since = None;
            }
            let Place { site, carrier } = known.place;
            out.push(Output::Measure { site, carrier });
        }
    }
}
