//! The copy by which a site may serve alone (clause 14.1.1): the configuration as far as it concerns the site, and each unit that is
//! there, or was when it was switched off.
//!
//! What is copied changes in many places. Each notes that it has, and at the end of the input the copies follow: so a site is told once
//! of what came together, and after everything else that the input caused. A site with many units is told of them in steps, for its
//! link holds a limited number of messages.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::ops::Bound;

use trunklab_protocol::part::{TEXT_LEN_MAX, cut};
use trunklab_protocol::to_site::{
    COPIED_VECTORS_MAX, CopiedVector, CopyConfiguration, CopyDropped, CopyEnd, CopySubscriber,
};
use trunklab_protocol::{Cause, Condition, Imei, SiteId, Span, StartPolicy, UnitId};

use super::unit::text_of;
use crate::config::SiteConfig;
use crate::configuration::Configuration;
use crate::controller::Controller;
use crate::digest::digest_of;
use crate::output::Outbox;
use crate::timers::TimerKey;

/// Units of which a site is told at once.
const UNITS_AT_ONCE: usize = 200;

/// How long after that it is told of the next: a link has sent so many long before.
const STEP: Span = Span::from_millis(200);

/// Which site has which copy. Of a subscriber there is one at most.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    units: BTreeMap<UnitId, Holder>,
    sites: BTreeMap<SiteId, Told>,
    /// Counts copies of the configuration.
    revision: u32,
    /// The configuration has changed, or a site has come.
    is_stale: bool,
    /// Units of which something has changed.
    changed: BTreeSet<UnitId>,
}

/// Where a unit's copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Holder {
    site: SiteId,
    /// What the unit last registered with.
    equipment: Option<Imei>,
}

/// What a site was told in this term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Told {
    /// Something, on a link that is gone.
    Earlier,
    /// On this link the configuration of this digest, and of units as far as this one.
    Now { digest: u64, behind: Option<UnitId> },
}

impl Copies {
    /// Forgets all of them: sites are told anew in the next term.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Something of a unit has changed, or where it is.
    pub(crate) fn note_unit(&mut self, unit: UnitId) {
        self.changed.insert(unit);
    }

    /// The configuration has changed, or a site has come.
    pub(crate) fn note_configuration(&mut self) {
        self.is_stale = true;
    }

    /// A unit is at this site: where another one has its copy, that is to follow.
    pub(crate) fn note_place(&mut self, unit: UnitId, site: SiteId) {
        if self.units.get(&unit).is_some_and(|holder| holder.site != site) {
            self.note_unit(unit);
        }
    }

    /// Units that have a copy somewhere.
    pub(crate) fn units(&self) -> impl Iterator<Item = UnitId> + '_ {
        self.units.keys().copied()
    }

    /// A link is gone: what was on its way may not have arrived.
    pub(crate) fn lose(&mut self, site: SiteId) {
        if let Some(told) = self.sites.get_mut(&site) {
            *told = Told::Earlier;
        }
    }

    /// A site is no more.
    pub(crate) fn forget(&mut self, site: SiteId) {
        self.sites.remove(&site);
        self.units.retain(|_, holder| holder.site != site);
    }

    /// For the digest.
    pub(crate) fn hash(&self, hasher: &mut impl Hasher) {
        (self.revision, self.is_stale, &self.changed, &self.units, &self.sites).hash(hasher);
    }
}

impl Controller {
    /// At the end of an input: copies follow what has changed.
    #[inline]
    pub(crate) fn settle_copies(&mut self, out: &mut Outbox) {
        if self.copies.is_stale || !self.copies.changed.is_empty() {
            self.follow_changes(out);
        }
    }

    fn follow_changes(&mut self, out: &mut Outbox) {
        let is_stale = std::mem::take(&mut self.copies.is_stale);
        let changed = std::mem::take(&mut self.copies.changed);
        if is_stale {
            self.copy_configuration(out);
        }
        for unit in changed {
            if let Some(site) = self.move_copy(unit, out)
                && matches!(self.copies.sites.get(&site), Some(Told::Now { .. }))
            {
                self.copy_unit(unit, site, out);
            }
        }
    }

    /// At first and by its timer: a site is told of its next units, and behind the last that the copy is whole.
    pub(crate) fn copy_next_units(&mut self, site: SiteId, out: &mut Outbox) {
        let units = self.next_units(site);
        for unit in units.iter().copied() {
            if self.move_copy(unit, out) == Some(site) {
                self.copy_unit(unit, site, out);
            }
        }
        if units.len() < UNITS_AT_ONCE {
            return self.tell(site, CopyEnd {}, out);
        }
        if let Some(Told::Now { behind, .. }) = self.copies.sites.get_mut(&site) {
            *behind = units.last().copied();
            self.timers.set(TimerKey::CopyStep(site), self.now + STEP);
        }
    }

    /// The units that are at a site, or of which it has the copy, behind those of which it was told: no more than it may be told of
    /// at once.
    fn next_units(&self, site: SiteId) -> BTreeSet<UnitId> {
        let Some(Told::Now { behind, .. }) = self.copies.sites.get(&site) else { return BTreeSet::new() };
        let range = (behind.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let here =
            self.sites.get(site).into_iter().flat_map(|row| row.units.range(range)).take(UNITS_AT_ONCE);
        let held = self.copies.units.range(range).filter(|(_, holder)| holder.site == site);
        let held = held.map(|(unit, _)| unit).take(UNITS_AT_ONCE);
        let both: BTreeSet<UnitId> = here.chain(held).copied().collect();
        both.into_iter().take(UNITS_AT_ONCE).collect()
    }

    /// Whether a site may serve alone. A site that does so copies nothing to itself.
    pub(super) fn may_serve_alone(&self, site: SiteId) -> bool {
        let is_allowed = |config: &SiteConfig| config.isolated_after_ms != 0;
        super::is_controllers(self.system.node)
            && super::node_of(site).is_some()
            && self.sites.get(site).is_some_and(|row| is_allowed(&row.config))
    }

    /// Every site in service has the configuration as it stands; one that had none on this link gets its units as well. One that
    /// may not serve alone any more learns that by it, and has no copy with that.
    fn copy_configuration(&mut self, out: &mut Outbox) {
        let concerned: Vec<SiteId> = self
            .sites
            .iter()
            .filter(|(_, row)| row.in_service())
            .map(|(site, _)| site)
            .filter(|site| self.may_serve_alone(*site) || self.copies.sites.contains_key(site))
            .collect();
        if concerned.is_empty() {
            return;
        }
        let (_, whole) = self.configuration();
        for site in concerned {
            let text = serde_json::to_string(&cut_to(site, &whole))
                .expect("a configuration serialises: its keys are text");
            let digest = digest_of(&text);
            let told = self.copies.sites.get(&site).copied();
            let behind = match told {
                Some(Told::Now { digest: known, .. }) if known == digest => continue,
                Some(Told::Now { behind, .. }) => Some(behind),
                Some(Told::Earlier) | None => None,
            };
            if text.len() > TEXT_LEN_MAX {
                self.drop_message(site, Cause::CopyUnfit, out);
                continue;
            }
            self.copies.revision = self.copies.revision.wrapping_add(1);
            let revision = self.copies.revision;
            for (part, parts, text) in cut(&text) {
                self.tell(site, CopyConfiguration { revision, part, parts, text }, out);
            }
            if !self.may_serve_alone(site) {
                self.copies.forget(site);
                self.timers.cancel(TimerKey::CopyStep(site));
                self.tell(site, CopyEnd {}, out);
                continue;
            }
            let is_new = behind.is_none();
            self.copies.sites.insert(site, Told::Now { digest, behind: behind.flatten() });
            if is_new {
                self.copy_next_units(site, out);
            }
        }
    }

    /// A unit's copy goes where the unit is, or stays where it was last; gives that site.
    fn move_copy(&mut self, unit: UnitId, out: &mut Outbox) -> Option<SiteId> {
        let held = self.copies.units.get(&unit).copied();
        let holder = self.holder_of(unit, held);
        match holder {
            Some(holder) => _ = self.copies.units.insert(unit, holder),
            None => _ = self.copies.units.remove(&unit),
        }
        let site = holder.map(|holder| holder.site);
        if let Some(Holder { site: left, .. }) = held.filter(|held| site != Some(held.site))
            && self.sites.get(left).is_some_and(|row| row.in_service())
        {
            self.tell(left, CopyDropped { unit }, out);
        }
        site
    }

    /// Which site is to have a unit's copy.
    fn holder_of(&self, unit: UnitId, held: Option<Holder>) -> Option<Holder> {
        let row = self.home.unit(unit)?;
        let visitor = self.visitors.get(unit);
        let site = visitor.map(|visitor| visitor.site).or(held.map(|held| held.site))?;
        let accepted = visitor.and_then(|visitor| visitor.accepted);
        let known = accepted.map_or(held.and_then(|held| held.equipment), |accepted| accepted.equipment);
        let is_of_use = self.remote.condition(unit) != Condition::Killed;
        (is_of_use && self.may_serve_alone(site) && row.may_use(site))
            .then(|| Holder { site, equipment: row.imei().or(known) })
    }

    /// Tells a site what it may need to know of a unit. The vectors are drawn for this and for nothing else.
    fn copy_unit(&mut self, unit: UnitId, site: SiteId, out: &mut Outbox) {
        let Some(Holder { equipment, .. }) = self.copies.units.get(&unit).copied() else { return };
        let Some(text) = self.copied_text(unit, equipment) else { return };
        let count = usize::from(self.system.copied_vectors).min(COPIED_VECTORS_MAX);
        let vectors = (0..count).filter_map(|_| self.draw_vector(unit, equipment)).collect();
        self.tell(site, CopySubscriber { unit, text, vectors }, out);
    }

    fn draw_vector(&mut self, unit: UnitId, equipment: Option<Imei>) -> Option<CopiedVector> {
        let challenge = self.random().challenge();
        self.home.unit(unit)?.vector(challenge, equipment).map(CopiedVector::from)
    }

    /// The JSON of a unit's copy. Of its talkgroups those that it hears go first, where not all have room.
    fn copied_text(&self, unit: UnitId, equipment: Option<Imei>) -> Option<String> {
        let mut copy = self.home.unit(unit)?.copied(equipment);
        (copy.condition, copy.regrouped) = self.remote.standing_of(unit);
        let heard = self.visitors.get(unit).into_iter().flat_map(|visitor| visitor.talkgroups());
        let first: Vec<_> = heard.chain(copy.emergency_talkgroup).collect();
        Some(text_of(copy, &first))
    }
}

/// The configuration as far as it concerns one site.
fn cut_to(site: SiteId, whole: &Configuration) -> Configuration {
    let mut cut = whole.clone();
    cut.sites.retain(|config| config.site == site);
    cut.areas.retain(|area| area.sites.contains(&site));
    for area in &mut cut.areas {
        area.sites = vec![site];
    }
    for talkgroup in &mut cut.talkgroups {
        if let StartPolicy::Critical(sites) = &mut talkgroup.start {
            sites.retain(|critical| *critical == site);
        }
    }
    cut
}
