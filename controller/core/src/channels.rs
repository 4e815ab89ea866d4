//! Who holds which slot at one site.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use smallvec::SmallVec;
use trunklab_protocol::{CallId, CarrierNumber, Moment, SlotAddress, SlotChoice, SlotHealth, Span, UnitId};

use crate::config::SiteConfig;
use crate::shares::share_of_unit;

/// The traffic slots of one site. Which free one is taken is the site's choice; a slot carries one call.
#[derive(Debug, Clone)]
pub struct SlotPool {
    choice: SlotChoice,
    /// The control channels, in order of their shares; their carriers always radiate.
    controls: Vec<SlotAddress>,
    carriers: Vec<CarrierNumber>,
    /// Slots that self-tests have found faulty, those of control channels too: no call takes one (docs/resilience.md 14.2.3).
    faulty: BTreeSet<SlotAddress>,
    slots: Vec<Slot>,
    /// How many of them, the last ones, are the control channels' while no call has them.
    of_control: usize,
    /// One bit a slot, set while it is free.
    free: SmallVec<[u64; 2]>,
    free_count: usize,
    time_used: Span,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    at: SlotAddress,
    /// To which control channel its carrier belongs.
    share: usize,
    held: Option<(CallId, Moment)>,
    /// A control channel has just left it or come to it, and radios may not have noticed: no call takes it (clause 12.12.11).
    unsettled: bool,
    /// When it was given back last; `None` where it was never used.
    idle_since: Option<Moment>,
}

impl SlotPool {
    /// The slots that a site is configured with, all free. A slot that the configuration names twice is one slot.
    pub fn new(config: &SiteConfig) -> Self {
        Self::with_controls(config, config.first_controls())
    }

    /// The same with the control channels elsewhere.
    pub fn with_controls(config: &SiteConfig, controls: Vec<SlotAddress>) -> Self {
        let mut pool = Self {
            choice: config.slot_choice,
            controls,
            carriers: config.carriers.clone(),
            faulty: BTreeSet::new(),
            slots: Vec::new(),
            of_control: 0,
            free: SmallVec::new(),
            free_count: 0,
            time_used: Span::ZERO,
        };
        for at in config.traffic_slots(&pool.controls) {
            if pool.index(at).is_none() {
                let share = config.share_of(at.carrier);
                pool.slots.push(Slot { at, share, held: None, unsettled: false, idle_since: None });
                pool.set_free(pool.slots.len() - 1, true);
                pool.of_control += usize::from(config.is_controls(&pool.controls, at));
            }
        }
        pool
    }

    /// Where the control channels are, in order of their shares; one at least.
    pub fn controls(&self) -> &[SlotAddress] {
        &self.controls
    }

    /// Where else the control channel of a share could be: slots, or with profiles where it takes a carrier, whole
    /// carriers, that are free since `settled` at least, so that what ended there has been told of. Nowhere while a call
    /// has its own slot.
    pub fn places_for_control(&self, share: usize, whole_carrier: bool, settled: Moment) -> Vec<SlotAddress> {
        let (others, own) = self.slots.split_at(self.slots.len() - self.of_control);
        if own.iter().any(|slot| slot.share == share && slot.held.is_some()) {
            return Vec::new();
        }
        let is_idle = |slot: &Slot| {
            let may_carry = slot.held.is_none() && !slot.unsettled && self.is_sound(slot.at);
            may_carry && slot.idle_since.is_none_or(|since| since <= settled)
        };
        let is_place = |slot: &&Slot| match whole_carrier {
            true => {
                slot.at.slot.number() == 0
                    && others.iter().filter(|other| other.at.carrier == slot.at.carrier).all(is_idle)
            }
            false => is_idle(slot),
        };
        others.iter().filter(|slot| slot.share == share).filter(is_place).map(|slot| slot.at).collect()
    }

    /// How many slots there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether the site has no traffic slot at all.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many a new call may take.
    pub fn free(&self) -> usize {
        self.free_count
    }

    /// Takes a free slot for a call, the one that the site's choice says (clauses 12.7.1 to 12.7.3). The control channels'
    /// are taken when no other is free (clause 12.12.11), and those of the unit's own share before others (12.12.12).
    pub fn take(&mut self, call: CallId, unit: Option<UnitId>, now: Moment) -> Option<SlotAddress> {
        let shares = self.controls.len();
        let preferred = unit.filter(|_| shares > 1).map(|unit| share_of_unit(unit, shares));
        let rank = |place: &usize| {
            let elsewhere = preferred.is_some_and(|share| self.slots[*place].share != share);
            (self.is_control(*place), elsewhere)
        };
        let index = match self.choice {
            SlotChoice::Lowest if preferred.is_none() => self.free_places().next(),
            SlotChoice::Lowest => self.free_places().min_by_key(rank),
            SlotChoice::Spread => {
                self.free_places().min_by_key(|place| (rank(place), self.slots[*place].idle_since))
            }
            SlotChoice::Pack => self.free_places().min_by_key(|place| {
                let carrier = self.slots[*place].at.carrier;
                let is_dark = !self.controls.iter().any(|control| control.carrier == carrier);
                (rank(place), is_dark, Reverse(self.calls_on(carrier)))
            }),
        }?;
        self.hold(index, call, now);
        Some(self.slots[index].at)
    }

    /// Takes this very slot for a call; `false` where it does not exist, is held or is faulty.
    pub fn take_at(&mut self, at: SlotAddress, call: CallId, now: Moment) -> bool {
        match self.index(at) {
            Some(index) if self.slots[index].held.is_none() && self.is_sound(at) => {
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
        self.slots[index].idle_since = Some(now);
        self.free_if_fit(index);
    }

    /// Control channels have just left these slots or come to them: until [`Self::settle`] no new call takes one.
    pub fn unsettle(&mut self, is_unsettled: impl Fn(SlotAddress) -> bool) {
        for index in 0..self.slots.len() {
            if is_unsettled(self.slots[index].at) {
                self.slots[index].unsettled = true;
                self.set_free(index, false);
            }
        }
    }

    /// Radios have noticed where control channels are.
    pub fn settle(&mut self) {
        for index in 0..self.slots.len() {
            self.slots[index].unsettled = false;
            self.free_if_fit(index);
        }
    }

    /// Whether a control channel has just left this slot or come to it.
    pub fn is_unsettled(&self, at: SlotAddress) -> bool {
        self.index(at).is_some_and(|index| self.slots[index].unsettled)
    }

    /// A slot is found faulty, and no call takes it, or sound again. A call that holds it goes on until it gives it back.
    pub fn set_health(&mut self, at: SlotAddress, health: SlotHealth) {
        match health {
            SlotHealth::Sound => self.faulty.remove(&at),
            SlotHealth::Faulty => self.faulty.insert(at),
        };
        if let Some(index) = self.index(at) {
            self.free_if_fit(index);
        }
    }

    /// Whether a slot, which may be a control channel's, has not been found faulty.
    pub fn is_sound(&self, at: SlotAddress) -> bool {
        !self.faulty.contains(&at)
    }

    /// The slots that are faulty, in order.
    pub fn faulty(&self) -> impl Iterator<Item = SlotAddress> + '_ {
        self.faulty.iter().copied()
    }

    /// The call that holds a slot.
    pub fn holder(&self, at: SlotAddress) -> Option<CallId> {
        self.slots[self.index(at)?].held.map(|(call, _)| call)
    }

    /// The slots in order, with the call that each carries.
    pub fn iter(&self) -> impl Iterator<Item = (SlotAddress, Option<CallId>)> + '_ {
        self.slots.iter().map(|slot| (slot.at, slot.held.map(|(call, _)| call)))
    }

    /// When each slot was given back last, in order: a later choice may depend on it.
    pub fn idle_since(&self) -> impl Iterator<Item = Option<Moment>> + '_ {
        self.slots.iter().map(|slot| slot.idle_since)
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
        let carriers = std::mem::take(&mut self.carriers);
        for at in earlier.faulty().filter(|at| carriers.contains(&at.carrier)) {
            self.set_health(at, SlotHealth::Faulty);
        }
        self.carriers = carriers;
        for slot in &earlier.slots {
            if let Some(index) = self.index(slot.at) {
                self.slots[index].idle_since = slot.idle_since;
                if slot.unsettled {
                    self.slots[index].unsettled = true;
                    self.set_free(index, false);
                }
            }
            if let Some((call, since)) = slot.held {
                let index = self.index(slot.at).expect("a held slot stays, or is given back first");
                self.hold(index, call, since);
            }
        }
        self
    }

    /// The places of the free slots, lowest first. Of equals, `min_by_key` takes the first: the lowest.
    fn free_places(&self) -> impl Iterator<Item = usize> + '_ {
        self.free.iter().enumerate().flat_map(|(word, bits)| {
            let lowest_cleared = |bits: &u64| Some(bits & (bits - 1)).filter(|left| *left != 0);
            let sets = std::iter::successors(Some(*bits).filter(|bits| *bits != 0), lowest_cleared);
            sets.map(move |bits| word * 64 + bits.trailing_zeros() as usize)
        })
    }

    /// Whether a place is the control channel's while no call has it.
    fn is_control(&self, place: usize) -> bool {
        place >= self.slots.len() - self.of_control
    }

    fn calls_on(&self, carrier: CarrierNumber) -> usize {
        self.slots.iter().filter(|slot| slot.at.carrier == carrier && slot.held.is_some()).count()
    }

    /// A slot that nobody holds is free for calls, where nothing else is against it.
    fn free_if_fit(&mut self, index: usize) {
        let Slot { at, held, unsettled, .. } = self.slots[index];
        self.set_free(index, held.is_none() && !unsettled && self.is_sound(at));
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
        match (self.free[word] & bit != 0, free) {
            (false, true) => self.free_count += 1,
            (true, false) => self.free_count -= 1,
            (false, false) | (true, true) => return,
        }
        self.free[word] ^= bit;
    }

    fn index(&self, at: SlotAddress) -> Option<usize> {
        self.slots.iter().position(|slot| slot.at == at)
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::{ControlLayout, Epoch, NodeId, ProfileId, Signalling, SiteId, SlotNumber};

    use super::*;

    /// Carriers 1, 2 and 3 with six slots each; the control channel is the first slot of carrier 3.
    fn config(slot_choice: SlotChoice) -> SiteConfig {
        let carrier = |number| CarrierNumber::new(number).unwrap();
        SiteConfig {
            carriers: vec![carrier(1), carrier(2), carrier(3)],
            control: SlotAddress { carrier: carrier(3), slot: SlotNumber::new(0).unwrap() },
            slot_choice,
            ..SiteConfig::new(SiteId::new(1).unwrap(), ProfileId::Iden, carrier(1))
        }
    }

    fn call(counter: u32) -> CallId {
        CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(1).unwrap(), counter }
    }

    fn at(seconds: u32) -> Moment {
        Moment::ORIGIN + Span::from_secs(u64::from(seconds))
    }

    /// Calls that come while the others go on, and where they went.
    fn taken(pool: &mut SlotPool, calls: std::ops::Range<u32>) -> Vec<String> {
        calls.map(|number| pool.take(call(number), None, at(number)).unwrap().to_string()).collect()
    }

    /// A call, a second long, and where it was.
    fn carried(pool: &mut SlotPool, number: u32) -> SlotAddress {
        let slot = pool.take(call(number), None, at(number)).unwrap();
        pool.give_back(slot, call(number), at(number + 1));
        slot
    }

    #[test]
    fn the_lowest_is_used_again_at_once() {
        let mut pool = SlotPool::new(&config(SlotChoice::Lowest));
        let used: Vec<_> = (0..3).map(|number| carried(&mut pool, number).to_string()).collect();
        assert_eq!(used, ["1/0", "1/0", "1/0"]);
        assert_eq!(taken(&mut pool, 10..12), ["1/0", "1/1"]);
    }

    #[test]
    fn wear_is_spread_over_every_slot_before_one_is_used_again() {
        let mut pool = SlotPool::new(&config(SlotChoice::Spread));
        let used: Vec<_> = (0..34).map(|number| carried(&mut pool, number)).collect();
        assert_eq!(used[..17], used[17..], "the one that was used first comes first again");
        let every: Vec<_> = pool.iter().map(|(slot, _)| slot).collect();
        assert_eq!(used[..17], every, "the lowest of those never used is first");
    }

    #[test]
    fn how_long_a_slot_was_idle_outlives_a_change_of_the_carriers() {
        let mut pool = SlotPool::new(&config(SlotChoice::Spread));
        carried(&mut pool, 0);
        let mut pool = SlotPool::new(&config(SlotChoice::Spread)).in_place_of(&pool);
        assert_eq!(taken(&mut pool, 2..3), ["1/1"]);
    }

    #[test]
    fn packed_carriers_are_filled_before_another_one_radiates() {
        let mut pool = SlotPool::new(&config(SlotChoice::Pack));
        assert_eq!(taken(&mut pool, 0..6), ["3/1", "3/2", "3/3", "3/4", "3/5", "1/0"]);
        assert_eq!(taken(&mut pool, 6..12), ["1/1", "1/2", "1/3", "1/4", "1/5", "2/0"]);
        let on_first: Vec<_> = pool.iter().filter(|(slot, _)| slot.carrier.number() == 1).collect();
        for (slot, held) in on_first {
            pool.give_back(slot, held.unwrap(), at(20));
        }
        assert_eq!(taken(&mut pool, 30..31), ["2/1"], "carrier 1 is dark, and carrier 2 is not");
    }

    #[test]
    fn no_call_takes_a_faulty_slot_until_it_is_sound_again() {
        let mut pool = SlotPool::new(&config(SlotChoice::Lowest));
        let first = pool.take(call(1), None, at(1)).unwrap();
        pool.set_health(first, SlotHealth::Faulty);
        assert_eq!(
            (pool.free(), pool.holder(first)),
            (16, Some(call(1))),
            "it goes on until it is given back"
        );
        pool.give_back(first, call(1), at(2));
        assert_eq!((pool.free(), taken(&mut pool, 3..4)), (16, vec!["1/1".to_owned()]));
        assert!(!pool.take_at(first, call(9), at(4)));
        assert!(!pool.places_for_control(0, false, at(99)).contains(&first));
        let mut pool = SlotPool::new(&config(SlotChoice::Lowest)).in_place_of(&pool);
        assert!(!pool.is_sound(first), "a changed configuration mends nothing");
        pool.set_health(first, SlotHealth::Sound);
        assert_eq!((pool.free(), taken(&mut pool, 5..6)), (16, vec!["1/0".to_owned()]));
    }

    #[test]
    fn a_faulty_slot_is_forgotten_with_its_carrier() {
        let mut pool = SlotPool::new(&config(SlotChoice::Lowest));
        let slot = pool.iter().next().unwrap().0;
        pool.set_health(slot, SlotHealth::Faulty);
        let without = SiteConfig {
            carriers: config(SlotChoice::Lowest).carriers[1..].to_vec(),
            ..config(SlotChoice::Lowest)
        };
        let pool = SlotPool::new(&without).in_place_of(&pool);
        assert!(SlotPool::new(&config(SlotChoice::Lowest)).in_place_of(&pool).is_sound(slot));
    }

    #[test]
    fn the_control_channel_may_go_where_nothing_has_been_for_a_while() {
        let mut pool = SlotPool::new(&config(SlotChoice::Lowest));
        assert_eq!(pool.places_for_control(0, false, at(0)).len(), 17);
        let taken = pool.take(call(1), None, at(1)).unwrap();
        assert!(!pool.places_for_control(0, false, at(9)).contains(&taken), "a call is there");
        pool.give_back(taken, call(1), at(10));
        assert!(
            !pool.places_for_control(0, false, at(9)).contains(&taken),
            "its release is still being said"
        );
        assert!(pool.places_for_control(0, false, at(10)).contains(&taken));
    }

    #[test]
    fn a_control_channel_that_takes_a_carrier_goes_to_one_that_is_free_as_a_whole() {
        let mut pool = SlotPool::new(&SiteConfig { profile: ProfileId::P25p2, ..config(SlotChoice::Lowest) });
        let places = |pool: &SlotPool| -> Vec<_> {
            pool.places_for_control(0, true, at(99)).iter().map(ToString::to_string).collect()
        };
        assert_eq!(places(&pool), ["1/0", "2/0"]);
        assert_eq!(taken(&mut pool, 0..1), ["1/0"]);
        assert_eq!(places(&pool), ["2/0"]);
        let moved = SlotPool::with_controls(
            &SiteConfig { profile: ProfileId::P25p2, ..config(SlotChoice::Lowest) },
            vec![pool.places_for_control(0, true, at(99))[0]],
        );
        let mut pool = moved.in_place_of(&pool);
        assert_eq!(taken(&mut pool, 1..4), ["1/1", "3/0", "3/1"], "the carrier that it left is for calls");
    }

    #[test]
    fn with_associated_signalling_the_control_channels_slots_are_the_last() {
        for slot_choice in SlotChoice::ALL {
            let signalling = Signalling::Associated;
            let mut pool = SlotPool::new(&SiteConfig { signalling, ..config(*slot_choice) });
            assert_eq!(taken(&mut pool, 0..18).last().map(String::as_str), Some("3/0"), "{slot_choice:?}");
            assert!(pool.places_for_control(0, false, at(99)).is_empty(), "a call has its slot");
            let profile = ProfileId::P25p2;
            let mut pool = SlotPool::new(&SiteConfig { signalling, profile, ..config(*slot_choice) });
            assert_eq!(taken(&mut pool, 0..6)[4..], ["3/0", "3/1"], "{slot_choice:?}");
        }
    }

    #[test]
    fn where_a_control_channel_was_and_where_it_is_no_call_goes_before_radios_have_noticed() {
        let config = SiteConfig { signalling: Signalling::Associated, ..config(SlotChoice::Lowest) };
        let before = SlotPool::new(&config);
        let (left, come) = (before.controls()[0], before.iter().next().unwrap().0);
        let moved = || SlotPool::with_controls(&config, vec![come]);
        let mut pool = moved().in_place_of(&before);
        pool.unsettle(|at| at == left || at == come);
        assert_eq!((pool.len(), pool.free()), (18, 16));
        assert!(!pool.places_for_control(0, false, at(99)).contains(&left), "nor a control channel");
        let elsewhere = taken(&mut pool, 0..16);
        assert!(!elsewhere.contains(&left.to_string()) && !elsewhere.contains(&come.to_string()));
        let mut pool = moved().in_place_of(&pool);
        assert_eq!(pool.take(call(16), None, at(16)), None, "other settings do not make radios notice");
        pool.settle();
        assert_eq!(taken(&mut pool, 16..18), [left.to_string(), come.to_string()]);
    }

    #[test]
    fn a_call_that_a_site_reports_keeps_its_slot_though_radios_have_not_noticed() {
        let mut pool = SlotPool::new(&config(SlotChoice::Lowest));
        let first = pool.iter().next().unwrap().0;
        pool.unsettle(|at| at == first);
        assert!(pool.is_free(first) && pool.take_at(first, call(1), at(1)));
        pool.give_back(first, call(1), at(2));
        assert_eq!(pool.free(), pool.len() - 1);
        pool.settle();
        assert_eq!(pool.free(), pool.len());
    }

    /// Carriers 1 to 5, of which 3 has the control channel that is configured.
    fn distributed(profile: ProfileId) -> SiteConfig {
        let carriers = (1..=5).map(|number| CarrierNumber::new(number).unwrap()).collect();
        let control_layout = ControlLayout::Distributed;
        SiteConfig { control_layout, profile, carriers, ..config(SlotChoice::Lowest) }
    }

    #[test]
    fn each_carrier_or_pair_of_carriers_has_a_control_channel_of_its_own() {
        let controls = |profile| -> Vec<_> {
            SlotPool::new(&distributed(profile)).controls().iter().map(ToString::to_string).collect()
        };
        assert_eq!(controls(ProfileId::Iden), ["1/0", "2/0", "3/0", "4/0", "5/0"]);
        assert_eq!(controls(ProfileId::Mpt1327), ["1/0", "3/0"], "the fifth belongs to the second pair");
        assert_eq!(SlotPool::new(&distributed(ProfileId::Mpt1327)).len(), 3);
    }

    #[test]
    fn a_call_takes_a_slot_of_its_callers_share_before_another() {
        let mut pool = SlotPool::new(&distributed(ProfileId::Mpt1327));
        let odd = UnitId::new(1_017);
        let mut slots = Vec::new();
        for number in 0..3 {
            slots.push(pool.take(call(number), odd, at(number)).unwrap().to_string());
        }
        assert_eq!(slots, ["4/0", "5/0", "2/0"]);
    }

    #[test]
    fn a_control_channel_moves_within_its_share() {
        let pool = SlotPool::new(&distributed(ProfileId::Iden));
        let places = pool.places_for_control(2, false, at(9));
        assert!(places.len() == 5 && places.iter().all(|place| place.carrier.number() == 3), "{places:?}");
    }

    #[test]
    fn a_pool_of_many_words_finds_its_lowest_free_slot() {
        let mut config = config(SlotChoice::Lowest);
        config.carriers = (1..=30).map(|number| CarrierNumber::new(number).unwrap()).collect();
        let mut pool = SlotPool::new(&config);
        assert_eq!(pool.len(), 179);
        let slots = taken(&mut pool, 0..179);
        assert_eq!((slots[64].as_str(), slots[178].as_str()), ("11/5", "30/5"));
        assert_eq!(pool.take(call(200), None, at(200)), None);
    }
}
