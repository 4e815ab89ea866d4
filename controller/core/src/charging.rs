//! Call records: what a call used, from the grant to its last slot.
//!
//! A record is stored when it opens and when it closes. What happens to the call in between is told to operators, and a
//! store that keeps those events can bring an open record up to the last of them: nothing that a call used is lost with the
//! controller (docs/services.md 13.5.2).

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{AreaId, CallId, Cause, Moment, Parties, SiteId, SlotAddress, UnitId};

use crate::output::{CallRecord, HeldSlot, Spurt};

/// Entries of one kind in a record. A call whose record is full takes no further site, and ends when its talker
/// stops: the next press begins a new call and a new record.
pub const RECORD_ENTRIES_MAX: usize = 1_000;

impl CallRecord {
    /// The record as it is stored at the grant, before anybody has talked.
    pub fn as_opened(&self) -> Self {
        let Self { call, epoch, parties, caller, kind, area, priority, requested, granted, released, .. } =
            *self;
        let monitored_by = self.monitored_by.clone();
        let (slots, spurts) = (SmallVec::from_slice(&self.slots), SmallVec::from_slice(&self.spurts));
        Self {
            call,
            epoch,
            parties,
            caller,
            kind,
            area,
            priority,
            requested,
            granted,
            released,
            slots,
            spurts,
            monitored_by,
        }
    }

    /// A slot is held from now on.
    pub fn slot_taken(&mut self, site: SiteId, at: SlotAddress, now: Moment) {
        self.slots.push(HeldSlot { site, at, from: now, until: None });
    }

    /// A slot is given back.
    pub fn slot_given_back(&mut self, site: SiteId, at: SlotAddress, now: Moment) {
        let mut open = self.slots.iter_mut().filter(|slot| slot.until.is_none());
        let held = open.find(|slot| (slot.site, slot.at) == (site, at));
        held.expect("a slot given back was recorded when it was taken").until = Some(now);
    }

    /// Every slot that is still held is given back.
    pub fn slots_given_back(&mut self, now: Moment) {
        for slot in self.slots.iter_mut().filter(|slot| slot.until.is_none()) {
            slot.until = Some(now);
        }
    }

    /// A unit talks from now on.
    pub fn spurt_begun(&mut self, unit: UnitId, now: Moment) {
        self.spurts.push(Spurt { unit, from: now, until: None });
    }

    /// The unit has stopped.
    pub fn spurt_ended(&mut self, now: Moment, cause: Cause) {
        let spurt = self.spurts.last_mut().expect("a spurt that ends was recorded when it began");
        spurt.until = Some((now, cause));
    }

    /// Both units of a full duplex call have stopped.
    pub fn spurts_ended(&mut self, now: Moment, cause: Cause) {
        for spurt in self.spurts.iter_mut().filter(|spurt| spurt.until.is_none()) {
            spurt.until = Some((now, cause));
        }
    }

    /// Whether it can take no further entry of one kind.
    pub fn is_full(&self) -> bool {
        self.slots.len() >= RECORD_ENTRIES_MAX || self.spurts.len() >= RECORD_ENTRIES_MAX
    }

    /// A step of the call happened to its record: so an open one is brought up to date.
    pub fn follow(&mut self, at: Moment, step: &Step) {
        match step {
            Step::SiteJoined { site, slot } => {
                let is_held =
                    |held: &HeldSlot| held.until.is_none() && (held.site, held.at) == (*site, *slot);
                // The slots that it was opened with are told of as well.
                if !self.slots.iter().any(is_held) {
                    self.slot_taken(*site, *slot, at);
                }
            }
            Step::SiteLeft { site } => {
                for slot in self.slots.iter_mut().filter(|slot| slot.site == *site) {
                    slot.until.get_or_insert(at);
                }
            }
            Step::SpurtBegun { unit } => {
                // A talker that goes on at another site has a new spurt there, and its talk is one.
                let goes_on = |spurt: &Spurt| spurt.until.is_none() && spurt.unit == *unit;
                if !self.spurts.iter().any(goes_on) {
                    self.spurt_begun(*unit, at);
                }
            }
            Step::SpurtEnded { cause } => self.spurts_ended(at, *cause),
            Step::Emergency => self.kind = RequestKind::Emergency,
            Step::Area { area } => self.area = *area,
        }
    }

    /// Ends it where nobody could: with the node that carried it, at the last moment at which the call is known to have run.
    pub fn cut(&mut self, last_known: Moment, cause: Cause) {
        let told = self.slots.iter().flat_map(|slot| [Some(slot.from), slot.until]);
        let said = self.spurts.iter().flat_map(|spurt| [Some(spurt.from), spurt.until.map(|(at, _)| at)]);
        let last = told.chain(said).flatten().fold(self.granted.max(last_known), Moment::max);
        self.slots_given_back(last);
        self.spurts_ended(last, cause);
        self.released = Some((last, cause));
    }
}

/// What changes a record while it is open. A store that keeps the steps loses nothing of a call with the controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields carry the names of the types that document them")]
pub enum Step {
    /// A site carries the call.
    SiteJoined { site: SiteId, slot: SlotAddress },
    /// It does no longer.
    SiteLeft { site: SiteId },
    /// A unit talks.
    SpurtBegun { unit: UnitId },
    /// Whoever talked does no longer.
    SpurtEnded { cause: Cause },
    /// It became an emergency call.
    Emergency,
    /// It is heard in this area; `None`: everywhere.
    Area { area: Option<AreaId> },
}

/// The steps of a call of which operators are told by an event, in order.
pub fn steps_of(event: &EventKind) -> SmallVec<[(CallId, Step); 2]> {
    let one = |call: &CallId, step| SmallVec::from_iter([(*call, step)]);
    match event {
        EventKind::SiteJoined { call, site, at } => one(call, Step::SiteJoined { site: *site, slot: *at }),
        EventKind::SiteLeft { call, site, .. } => one(call, Step::SiteLeft { site: *site }),
        EventKind::FloorTaken { call, unit, .. } => one(call, Step::SpurtBegun { unit: *unit }),
        EventKind::FloorReleased { call, cause, .. } => one(call, Step::SpurtEnded { cause: *cause }),
        EventKind::EmergencyRaised { call, .. } => one(call, Step::Emergency),
        EventKind::CallArea { call, area } => one(call, Step::Area { area: *area }),
        EventKind::CallAnswered { call, parties, duplex: true, .. } => {
            let units = parties.pair().map(|pair| [pair.caller, pair.called]);
            units.into_iter().flatten().map(|unit| (*call, Step::SpurtBegun { unit })).collect()
        }
        EventKind::SiteUp { .. }
        | EventKind::SiteLost { .. }
        | EventKind::SiteServedAlone { .. }
        | EventKind::SiteServedFailsoft { .. }
        | EventKind::SiteInFailsoft { .. }
        | EventKind::ControlMoved { .. }
        | EventKind::SlotHealth { .. }
        | EventKind::SlotTested { .. }
        | EventKind::NetworkAlarm { .. }
        | EventKind::Registered { .. }
        | EventKind::RegisterRefused { .. }
        | EventKind::Deregistered { .. }
        | EventKind::Cloned { .. }
        | EventKind::Moved { .. }
        | EventKind::Affiliated { .. }
        | EventKind::CallQueued { .. }
        | EventKind::CallRefused { .. }
        | EventKind::CallCancelled { .. }
        | EventKind::CallGranted { .. }
        | EventKind::CallAnswered { .. }
        | EventKind::CallCalledBack { .. }
        | EventKind::CallReaches { .. }
        | EventKind::CallReleased { .. }
        | EventKind::EmergencyOver { .. }
        | EventKind::EmergencyBegan { .. }
        | EventKind::EmergencyAcknowledged { .. }
        | EventKind::EmergencyCleared { .. }
        | EventKind::OrderRefused { .. }
        | EventKind::Patched { .. }
        | EventKind::Unpatched { .. }
        | EventKind::Configured { .. }
        | EventKind::UnitPaged { .. }
        | EventKind::UnitRings { .. }
        | EventKind::FloorQueued { .. }
        | EventKind::FloorRefused { .. }
        | EventKind::RadioOrderPending { .. }
        | EventKind::RadioOrderDone { .. }
        | EventKind::RadioOrderFailed { .. }
        | EventKind::Monitored { .. }
        | EventKind::RightsChanged { .. }
        | EventKind::MessageSent { .. }
        | EventKind::MessageDelivered { .. }
        | EventKind::MessageRefused { .. }
        | EventKind::AlertOver { .. }
        | EventKind::Dropped { .. } => SmallVec::new(),
    }
}

/// A request for a call that came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Who asked.
    pub unit: UnitId,
    /// From which site, where that is told.
    pub site: Option<SiteId>,
    /// For which call, where that was understood.
    pub parties: Option<Parties>,
    /// Why it came to nothing.
    pub cause: Cause,
}

/// The attempt of which operators are told by an event.
pub fn attempt_of(event: &EventKind) -> Option<Attempt> {
    if let EventKind::CallRefused { unit, site, parties, cause } = event {
        return Some(Attempt { unit: *unit, site: *site, parties: *parties, cause: *cause });
    }
    if let EventKind::CallCancelled { unit, parties, cause } = event {
        return Some(Attempt { unit: *unit, site: None, parties: Some(*parties), cause: *cause });
    }
    None
}
