//! Call records: what a call used, from the grant to its last slot.

use smallvec::SmallVec;
use trunklab_protocol::{Cause, Moment, SiteId, SlotAddress, UnitId};

use crate::output::{CallRecord, HeldSlot, Spurt};

/// Entries of one kind in a record. A call whose record is full takes no further site, and ends when its talker
/// stops: the next press begins a new call and a new record.
pub const RECORD_ENTRIES_MAX: usize = 1_000;

impl CallRecord {
    /// The record as it is stored at the grant, before anybody has talked.
    pub fn as_opened(&self) -> Self {
        let Self { call, epoch, parties, caller, kind, area, priority, requested, granted, released, .. } =
            *self;
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
}
