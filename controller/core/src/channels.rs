//! Who holds which slot at one site.

use smallvec::SmallVec;
use trunklab_protocol::{CallId, Moment, SlotAddress, Span};

use crate::config::SiteConfig;

/// The traffic slots of one site. The lowest free slot is taken first; a slot carries one call.
#[derive(Debug, Clone, Default)]
pub struct SlotPool {
    slots: Vec<Slot>,
    /// One bit a slot, set while it is free.
    free: SmallVec<[u64; 2]>,
    free_count: usize,
    time_used: Span,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    at: SlotAddress,
    held: Option<(CallId, Moment)>,
}

impl SlotPool {
    /// The slots that a site is configured with, all free. A slot that the configuration names twice is one slot.
    pub fn new(config: &SiteConfig) -> Self {
        let mut pool = Self::default();
        for at in config.traffic_slots() {
            if pool.index(at).is_none() {
                pool.slots.push(Slot { at, held: None });
                pool.set_free(pool.slots.len() - 1, true);
            }
        }
        pool
    }

    /// How many slots there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether the site has no traffic slot at all.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many are free.
    pub fn free(&self) -> usize {
        self.free_count
    }

    /// Takes the lowest free slot for a call.
    pub fn take(&mut self, call: CallId, now: Moment) -> Option<SlotAddress> {
        let word = self.free.iter().position(|bits| *bits != 0)?;
        let index = word * 64 + self.free[word].trailing_zeros() as usize;
        self.hold(index, call, now);
        Some(self.slots[index].at)
    }

    /// Takes this very slot for a call; `false` where it does not exist or is held.
    pub fn take_at(&mut self, at: SlotAddress, call: CallId, now: Moment) -> bool {
        match self.index(at) {
            Some(index) if self.slots[index].held.is_none() => {
                self.hold(index, call, now);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Gives a slot back.
    ///
    /// # Panics
    /// Where the call does not hold the slot: nobody else may give it back.
    pub fn give_back(&mut self, at: SlotAddress, call: CallId, now: Moment) {
        let index = self.index(at).expect("a held slot exists at its site");
        let (holder, since) = self.slots[index].held.take().expect("a slot given back was held");
        assert_eq!(holder, call, "a slot is given back by the call that holds it");
        self.time_used = self.time_used + now.since(since);
        self.set_free(index, true);
    }

    /// The slots in order, with the call that each carries.
    pub fn iter(&self) -> impl Iterator<Item = (SlotAddress, Option<CallId>)> + '_ {
        self.slots.iter().map(|slot| (slot.at, slot.held.map(|(call, _)| call)))
    }

    /// Time for which slots were held, until they were given back: what the call records must add up to.
    pub fn time_used(&self) -> Span {
        self.time_used
    }

    /// Whether the site has this slot.
    pub fn exists(&self, at: SlotAddress) -> bool {
        self.index(at).is_some()
    }

    /// Whether the site has this slot and nobody holds it.
    pub fn is_free(&self, at: SlotAddress) -> bool {
        self.index(at).is_some_and(|index| self.slots[index].held.is_none())
    }

    /// Takes over what the pool that this one replaces holds and has counted.
    ///
    /// # Panics
    /// Where a slot is held that this pool does not have: it is to be given back first.
    pub fn in_place_of(mut self, earlier: &Self) -> Self {
        self.time_used = earlier.time_used;
        for slot in &earlier.slots {
            if let Some((call, since)) = slot.held {
                let index = self.index(slot.at).expect("a held slot stays, or is given back first");
                self.hold(index, call, since);
            }
        }
        self
    }

    fn hold(&mut self, index: usize, call: CallId, now: Moment) {
        self.slots[index].held = Some((call, now));
        self.set_free(index, false);
    }

    fn set_free(&mut self, index: usize, free: bool) {
        let (word, bit) = (index / 64, 1_u64 << (index % 64));
        while self.free.len() <= word {
            self.free.push(0);
        }
        if free {
            self.free[word] |= bit;
            self.free_count += 1;
        } else {
            self.free[word] &= !bit;
            self.free_count -= 1;
        }
    }

    fn index(&self, at: SlotAddress) -> Option<usize> {
        self.slots.iter().position(|slot| slot.at == at)
    }
}
