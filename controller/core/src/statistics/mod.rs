//! What is counted of traffic, period by period (docs/services.md 13.6.8 and 13.6.9).
//!
//! The counter is fed with what the core reports and what sites say; it decides nothing. Equal events give equal figures,
//! in a controller and in a simulation alike. Periods lie on the calendar: whoever makes the counter says what time it is
//! at the origin.

mod figures;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trunklab_protocol::from_site::Health;
use trunklab_protocol::operator::{AirCounters, EventKind};
use trunklab_protocol::{CallId, Cause, Moment, SiteId, Span, UnitId};

pub use self::figures::{ControlFigures, Figures, WAIT_BINS_MS, Waits};

/// The shortest period, in seconds.
pub const STEP_S_MIN: u16 = 10;

/// The longest period, in seconds: an hour, to which all are put together in the end.
pub const STEP_S_MAX: u16 = 3_600;

/// Longest time for which periods are kept as they came, in hours.
pub const FINE_H_MAX: u16 = 168;

/// Longest time for which hours are kept, in days.
pub const DAYS_MAX: u16 = 3_650;

/// Periods in which nothing was heard of are made up after the one that ends, so many at most: calls may have gone on.
const QUIET_MAX: u64 = 1_440;

const SECOND_US: u64 = 1_000_000;

/// The figures of one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// When it begins, in seconds since 1970.
    pub from_s: u64,
    /// How long it is, in seconds.
    pub length_s: u32,
    /// Of the whole system.
    pub system: Figures,
    /// Of each site with anything to tell, in order.
    pub sites: Vec<(SiteId, Figures)>,
}

/// Counts.
#[derive(Debug, Clone)]
pub struct Statistics {
    wall_at_origin_us: u64,
    step_s: u16,
    /// The period that runs: its place on the calendar, in steps since 1970.
    place: u64,
    /// Up to when slots are accounted for.
    settled: Moment,
    system: Figures,
    sites: BTreeMap<SiteId, Site>,
    legs: BTreeMap<CallId, Vec<SiteId>>,
    /// Who waits in the queue, and where it asked.
    waiting: BTreeMap<UnitId, Option<SiteId>>,
}

#[derive(Debug, Clone, Default)]
struct Site {
    slots: u32,
    held: u32,
    air: Option<AirCounters>,
    figures: Figures,
}

impl Statistics {
    /// Nothing is counted yet. `wall_at_origin_us` is the calendar's time at the moment's origin, in microseconds since
    /// 1970; a step is what [`STEP_S_MIN`] to [`STEP_S_MAX`] allow.
    pub fn new(step_s: u16, wall_at_origin_us: u64) -> Self {
        let step_s = step_s.clamp(STEP_S_MIN, STEP_S_MAX);
        let mut new = Self {
            wall_at_origin_us,
            step_s,
            place: 0,
            settled: Moment::ORIGIN,
            system: Figures::default(),
            sites: BTreeMap::new(),
            legs: BTreeMap::new(),
            waiting: BTreeMap::new(),
        };
        new.place = new.place_of(Moment::ORIGIN);
        new
    }

    /// Something happened, in the period up to which time has [advanced](Self::advance); `slots` says how many traffic slots a site in service has.
    pub fn note(&mut self, at: Moment, kind: &EventKind, slots: impl Fn(SiteId) -> u32) {
        match kind {
            EventKind::SiteUp { site, .. } => {
                self.settle(at);
                self.site(*site).slots = slots(*site);
            }
            EventKind::SiteLost { site, .. } => {
                self.settle(at);
                let row = self.site(*site);
                (row.slots, row.air) = (0, None);
            }
            EventKind::Configured { .. } | EventKind::ControlMoved { .. } => {
                self.settle(at);
                for (site, row) in &mut self.sites {
                    row.slots = slots(*site);
                }
            }
            EventKind::CallQueued { unit, site, .. } => {
                if self.waiting.insert(*unit, *site).is_none() {
                    self.everywhere(*site, |figures| figures.queued += 1);
                }
            }
            EventKind::CallRefused { unit, site, cause, .. } => {
                let asked_at = self.waiting.remove(unit).unwrap_or(*site);
                self.refused(asked_at, *cause);
            }
            EventKind::CallCancelled { unit, cause, .. } => {
                let asked_at = self.waiting.remove(unit).flatten();
                self.refused(asked_at, *cause);
            }
            EventKind::CallGranted { call, talker: unit, sites, waited_ms, .. }
            | EventKind::CallCalledBack { call, unit, sites, waited_ms, .. } => {
                self.granted(at, *call, Some(*unit), sites.iter().map(|(site, _)| *site), *waited_ms);
            }
            EventKind::CallAnswered { call, parties, sites, waited_ms, .. } => {
                let sites = sites.iter().map(|(site, _)| *site);
                let asking = parties.pair().map(|pair| pair.caller);
                self.granted(at, *call, asking, sites, *waited_ms);
            }
            EventKind::SiteJoined { call, site, .. } => self.joined(at, *call, *site),
            EventKind::SiteLeft { call, site, .. } => {
                let legs = self.legs.get_mut(call);
                let place = legs.as_ref().and_then(|legs| legs.iter().position(|leg| leg == site));
                if let (Some(legs), Some(place)) = (legs, place) {
                    legs.remove(place);
                    self.left(at, *site);
                }
            }
            EventKind::CallReleased { call, .. } => {
                for site in self.legs.remove(call).unwrap_or_default() {
                    self.left(at, site);
                }
            }
            EventKind::Registered { .. }
            | EventKind::RegisterRefused { .. }
            | EventKind::Deregistered { .. }
            | EventKind::Moved { .. }
            | EventKind::Affiliated { .. }
            | EventKind::UnitPaged { .. }
            | EventKind::UnitRings { .. }
            | EventKind::EmergencyRaised { .. }
            | EventKind::EmergencyOver { .. }
            | EventKind::EmergencyBegan { .. }
            | EventKind::EmergencyAcknowledged { .. }
            | EventKind::EmergencyCleared { .. }
            | EventKind::OrderRefused { .. }
            | EventKind::CallArea { .. }
            | EventKind::CallReaches { .. }
            | EventKind::Patched { .. }
            | EventKind::Unpatched { .. }
            | EventKind::SiteServedAlone { .. }
            | EventKind::SiteServedFailsoft { .. }
            | EventKind::SiteInFailsoft { .. }
            | EventKind::SlotHealth { .. }
            | EventKind::SlotTested { .. }
            | EventKind::NetworkAlarm { .. }
            | EventKind::Cloned { .. }
            | EventKind::MessageSent { .. }
            | EventKind::MessageDelivered { .. }
            | EventKind::MessageRefused { .. }
            | EventKind::AlertOver { .. }
            | EventKind::RadioOrderPending { .. }
            | EventKind::RadioOrderDone { .. }
            | EventKind::RadioOrderFailed { .. }
            | EventKind::Monitored { .. }
            | EventKind::RightsChanged { .. }
            | EventKind::FloorTaken { .. }
            | EventKind::FloorReleased { .. }
            | EventKind::FloorQueued { .. }
            | EventKind::FloorRefused { .. }
            | EventKind::Dropped { .. } => {}
        }
    }

    /// A site's heartbeat: what its control channels did since the one before.
    pub fn note_health(&mut self, site: SiteId, health: &Health) {
        let Health { control_words, control_words_busy, bursts, collisions, late, dropped, .. } = *health;
        let now = AirCounters { control_words, control_words_busy, bursts, collisions, late, dropped };
        let row = self.site(site);
        let before = row.air.replace(now).unwrap_or(now);
        // A base station that was started again counts from 0.
        let since = |now: u64, before: u64| now.checked_sub(before).unwrap_or(now);
        let control = ControlFigures {
            words: since(now.control_words, before.control_words),
            words_busy: since(now.control_words_busy, before.control_words_busy),
            bursts: since(now.bursts, before.bursts),
            collisions: since(now.collisions, before.collisions),
        };
        row.figures.control.add(&control);
        self.system.control.add(&control);
    }

    /// Time has come so far: the periods that are over, in order.
    pub fn advance(&mut self, to: Moment) -> Vec<Period> {
        let mut over = Vec::new();
        let place = self.place_of(to);
        while self.place < place {
            if over.len() as u64 >= QUIET_MAX {
                self.place = place;
                self.settled = to;
                break;
            }
            self.settle(self.end_of_period());
            over.push(self.take());
            self.place += 1;
        }
        over
    }

    /// The end: what is counted of the period that runs.
    pub fn finish(&mut self, at: Moment) -> Vec<Period> {
        let mut over = self.advance(at);
        self.settle(at);
        over.push(self.take());
        over
    }

    /// Periods have another length from here on; the one that runs ends early.
    pub fn change_step(&mut self, at: Moment, step_s: u16) -> Vec<Period> {
        let step_s = step_s.clamp(STEP_S_MIN, STEP_S_MAX);
        if step_s == self.step_s {
            return Vec::new();
        }
        let over = self.finish(at);
        self.step_s = step_s;
        self.place = self.place_of(at);
        over
    }

    fn take(&mut self) -> Period {
        let step = u64::from(self.step_s);
        let sites = self.sites.iter_mut().map(|(site, row)| (*site, std::mem::take(&mut row.figures)));
        let sites = sites.filter(|(_, figures)| *figures != Figures::default()).collect();
        Period {
            from_s: self.place * step,
            length_s: self.step_s.into(),
            system: std::mem::take(&mut self.system),
            sites,
        }
    }

    fn place_of(&self, at: Moment) -> u64 {
        (self.wall_at_origin_us + at.as_micros()) / (u64::from(self.step_s) * SECOND_US)
    }

    fn end_of_period(&self) -> Moment {
        let end_us = (self.place + 1) * u64::from(self.step_s) * SECOND_US;
        Moment::from_micros(end_us.saturating_sub(self.wall_at_origin_us))
    }

    /// Slots are accounted for up to here.
    fn settle(&mut self, to: Moment) {
        let span = to.since(self.settled).as_micros();
        if span == 0 {
            return;
        }
        self.settled = to;
        for row in self.sites.values_mut() {
            let (slots, held) = (u64::from(row.slots) * span, u64::from(row.held) * span);
            for figures in [&mut row.figures, &mut self.system] {
                figures.slots_us += slots;
                figures.held_us += held;
            }
        }
    }

    fn granted(
        &mut self,
        at: Moment,
        call: CallId,
        unit: Option<UnitId>,
        sites: impl Iterator<Item = SiteId>,
        waited_ms: u32,
    ) {
        self.system.calls += 1;
        sites.for_each(|site| self.joined(at, call, site));
        if let Some(asked_at) = unit.and_then(|unit| self.waiting.remove(&unit)) {
            self.everywhere(asked_at, |figures| figures.waits.add(waited_ms));
        }
    }

    fn joined(&mut self, at: Moment, call: CallId, site: SiteId) {
        self.settle(at);
        self.legs.entry(call).or_default().push(site);
        let row = self.site(site);
        row.held += 1;
        row.figures.calls += 1;
    }

    fn left(&mut self, at: Moment, site: SiteId) {
        self.settle(at);
        let row = self.site(site);
        row.held = row.held.saturating_sub(1);
    }

    fn refused(&mut self, asked_at: Option<SiteId>, cause: Cause) {
        self.everywhere(asked_at, |figures| *figures.refused.entry(cause).or_default() += 1);
    }

    /// Counts it for the system, and for the site where it was asked.
    fn everywhere(&mut self, site: Option<SiteId>, count: impl Fn(&mut Figures)) {
        count(&mut self.system);
        if let Some(site) = site {
            count(&mut self.site(site).figures);
        }
    }

    fn site(&mut self, site: SiteId) -> &mut Site {
        self.sites.entry(site).or_default()
    }
}

/// How long so much slot time is in calls that last all the while.
pub fn erlangs(held_us: u64, length: Span) -> f64 {
    match length.as_micros() {
        0 => 0.0,
        length_us => held_us as f64 / length_us as f64,
    }
}

#[cfg(test)]
mod tests;
