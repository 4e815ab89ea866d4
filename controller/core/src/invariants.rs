//! What must hold after every input. Tests and simulations ask; a breach is a bug of this crate.

use std::collections::{BTreeMap, BTreeSet};

use trunklab_protocol::{CallId, Condition, EmergencyStage, Parties, SiteId, SlotAddress};

use crate::call::audience::Audience;
use crate::call::queue::{Button, Patience};
use crate::call::setups::{Setup, Stage};
use crate::call::table::State;
use crate::controller::Controller;
use crate::registry::visitors::{Activity, Presence};
use crate::timers::TimerKey;

impl Controller {
    /// Checks that the rooms agree with each other.
    ///
    /// # Panics
    /// Where they do not, with the rule that is broken.
    pub fn assert_invariants(&self) {
        self.assert_slots();
        self.assert_floors();
        self.assert_floor_queues();
        self.assert_queue();
        self.assert_watch();
        self.assert_set_ups();
        self.assert_presence();
        self.assert_emergencies();
        self.assert_audiences();
        self.assert_consoles();
        self.assert_out_of_service();
        self.assert_messages();
        self.assert_copies();
        self.assert_alarms();
        assert!(
            !self.slots_freed || (self.queue.is_empty() && self.lacking.is_empty()),
            "slots came free unserved"
        );
    }

    /// Copies are of subscribers that are of use.
    fn assert_copies(&self) {
        for unit in self.copies.units() {
            assert!(self.home.unit(unit).is_some(), "unit {unit} is copied and no subscriber");
            assert_ne!(self.remote.condition(unit), Condition::Killed, "unit {unit} is copied and killed");
        }
    }

    /// Who is stunned does nothing and hears nothing; who is out of use for good is not registered.
    fn assert_out_of_service(&self) {
        for unit in self.remote.out_of_service() {
            let Some(visitor) = self.visitors.get(unit) else { continue };
            assert_eq!(visitor.activity, Activity::Idle, "unit {unit} is stunned");
            assert_eq!(visitor.talkgroups().count(), 0, "unit {unit} is stunned and hears");
            assert_eq!(self.calls.pair_of(unit), None, "unit {unit} is stunned and has a call");
            assert_eq!(self.remote.condition(unit), Condition::Stunned, "unit {unit} is registered");
        }
    }

    /// A slot carries one call, and each call holds just the slots that its legs say.
    fn assert_slots(&self) {
        let mut by_legs: BTreeSet<(SiteId, SlotAddress, CallId)> = BTreeSet::new();
        for call in self.calls.iter() {
            assert!(!call.legs.is_empty(), "call {} runs nowhere", call.id);
            assert!(
                call.legs.windows(2).all(|pair| (pair[0].site, pair[0].at) < (pair[1].site, pair[1].at)),
                "call {}: legs out of order",
                call.id
            );
            by_legs.extend(call.legs.iter().map(|leg| (leg.site, leg.at, call.id)));
            let open = call.record.slots.iter().filter(|slot| slot.until.is_none());
            let recorded: BTreeSet<_> = open.map(|slot| (slot.site, slot.at)).collect();
            let held: BTreeSet<_> = call.legs.iter().map(|leg| (leg.site, leg.at)).collect();
            assert_eq!(recorded, held, "call {}: the record differs from the slots", call.id);
            let found = self.call_for(call.parties).map(|call| call.id);
            assert_eq!(found, Some(call.id), "{} have another call", call.parties);
            assert_eq!(call.area, call.record.area, "call {}: the record has another area", call.id);
            if call.is_duplex() {
                let units: Vec<_> = call.legs.iter().map(|leg| leg.party.map(|party| party.unit)).collect();
                let pair = call.parties.pair().map(|pair| [Some(pair.caller), Some(pair.called)]);
                let pair = pair.expect("two units talk at once in an individual call");
                assert!(
                    units == pair || units == [pair[1], pair[0]],
                    "call {}: not one slot for each",
                    call.id
                );
                assert_eq!(call.floor, None, "call {} has a floor and needs none", call.id);
            } else {
                let sites: BTreeSet<_> = call.legs.iter().map(|leg| leg.site).collect();
                assert_eq!(sites.len(), call.legs.len(), "call {} has two slots at one site", call.id);
            }
            for leg in &call.legs {
                assert!(self.is_within(call.area, leg.site), "call {} outside its area", call.id);
                assert!(
                    self.is_heard(call, leg.site),
                    "call {}: nobody listens at site {}",
                    call.id,
                    leg.site
                );
                assert!(
                    self.sites.get(leg.site).is_some_and(|site| site.in_service()),
                    "a leg at a lost site"
                );
            }
        }
        let by_slots: BTreeSet<_> = self
            .sites
            .iter()
            .flat_map(|(site, row)| {
                row.slots.iter().filter_map(move |(at, call)| call.map(|call| (site, at, call)))
            })
            .collect();
        assert_eq!(by_slots, by_legs, "slots and legs differ");
        for (site, row) in self.sites.iter() {
            for (at, call) in row.slots.iter().filter(|(at, _)| !row.slots.is_sound(*at)) {
                assert_eq!(call, None, "site {site}: a call is on the faulty slot {at}");
            }
            let is_fit = |at| !row.slots.is_unsettled(at) && row.slots.is_sound(at);
            let is_free = |at: SlotAddress, call: Option<CallId>| call.is_none() && is_fit(at);
            let free = row.slots.iter().filter(|(at, call)| is_free(*at, *call)).count();
            assert_eq!(row.slots.free(), free, "site {site}: free slots are miscounted");
        }
    }

    /// A call's talker is a unit that talks in that call, from a site that carries it; each state has its timer.
    fn assert_floors(&self) {
        let mut spurts = BTreeSet::new();
        for call in self.calls.iter() {
            let (state, talking) = (call.state(), call.state() == State::Talking);
            let hanging = state == State::Hanging;
            let calling_back = state == State::CallingBack;
            let limits = [TimerKey::TransmissionWarning(call.id), TimerKey::Transmission(call.id)];
            let limited = limits.iter().filter(|key| self.timers.runs(**key)).count();
            assert_eq!(limited, usize::from(talking), "call {}: timer", call.id);
            assert_eq!(self.timers.runs(TimerKey::Hang(call.id)), hanging, "call {}: timer", call.id);
            assert_eq!(
                self.timers.runs(TimerKey::CallBack(call.id)),
                calling_back,
                "call {}: timer",
                call.id
            );
            if let Some(ask) = call.called_back {
                assert!(calling_back, "call {}: the caller is called back into a talk", call.id);
                let visitor = self.visitors.get(ask.unit).expect("who is called back is registered");
                assert_eq!((Some(visitor.site), visitor.activity), (ask.site, Activity::CalledBack(call.id)));
                assert!(self.takes_part(visitor, call), "who is called back takes part");
                assert!(call.at(ask.site).is_some(), "call {}: nothing is kept for the caller", call.id);
            }
            let open = call.record.spurts.iter().filter(|spurt| spurt.until.is_none()).count();
            // In full duplex one on each slot.
            let talks = if state == State::Conversing { call.legs.len() } else { usize::from(talking) };
            assert_eq!(open, talks, "call {}: the record differs from the floor", call.id);
            for party in call.legs.iter().filter_map(|leg| leg.party) {
                assert!(spurts.insert(party.spurt), "spurt {} is of two talks", party.spurt);
            }
            let on_its_way = self.timers.runs(TimerKey::Handover(call.id));
            assert_eq!(call.handover.is_some(), on_its_way, "call {}: timer", call.id);
            assert!(talking || call.handover.is_none(), "call {}: a floor is kept for nobody", call.id);
            let Some(floor) = call.floor else { continue };
            if let Some(ask) = call.handover.and_then(|handover| handover.ask) {
                let visitor = self.visitors.get(ask.unit).expect("who moved is registered");
                assert_eq!((ask.unit, floor.site), (floor.unit, None), "call {}: who moves", call.id);
                assert_eq!((Some(visitor.site), visitor.activity), (ask.site, Activity::Talking(call.id)));
                assert!(call.at(ask.site).is_none(), "call {}: a slot, and its talker waits", call.id);
            }
            assert!(spurts.insert(floor.spurt), "spurt {} is in two calls", floor.spurt);
            let Some(site) = floor.site else { continue };
            assert!(call.at(site).is_some(), "call {}: the talker's site does not carry it", call.id);
            let visitor = self.visitors.get(floor.unit).expect("a talker is registered");
            assert_eq!((visitor.site, visitor.activity), (site, Activity::Talking(call.id)));
            assert!(self.takes_part(visitor, call), "a talker takes part");
        }
    }

    /// Who waits for a floor is where it asked, in a call that reaches it and in which another talks, and not for ever.
    fn assert_floor_queues(&self) {
        for call in self.calls.iter().filter(|call| !call.floor_queue.is_empty()) {
            assert_eq!(call.state(), State::Talking, "call {}: units wait for a floor that is free", call.id);
            let asks: Vec<_> = call.floor_queue.iter().map(|waiting| waiting.ask).collect();
            assert!(asks.is_sorted_by_key(|ask| ask.claim), "call {}: the queue is out of order", call.id);
            for ask in asks {
                let visitor = self.visitors.get(ask.unit).expect("who waits for a floor is registered");
                assert_eq!(
                    (Some(visitor.site), visitor.activity),
                    (ask.site, Activity::WaitingForFloor(call.id)),
                    "unit {}",
                    ask.unit
                );
                assert!(self.takes_part(visitor, call), "who waits for a floor takes part");
                assert!(call.at(ask.site).is_some(), "call {} does not reach unit {}", call.id, ask.unit);
                assert!(self.timers.runs(TimerKey::FloorWait(ask.unit)), "unit {} waits for ever", ask.unit);
            }
        }
    }

    /// Who waits is registered where it asked, once, in order, with a timer, within the limit.
    fn assert_queue(&self) {
        let mut waiting_for = BTreeMap::new();
        assert!(
            self.queue.iter().is_sorted_by_key(|waiting| waiting.request.rank()),
            "the queue is out of order"
        );
        for waiting in self.queue.iter() {
            let request = &waiting.request;
            *waiting_for.entry(request.parties).or_insert(0) += 1;
            let held = request.button == Button::Down;
            assert!(
                held || request.patience == Patience::Lasting,
                "unit {} let go and overrides",
                request.unit
            );
            let counts = self.timers.runs(TimerKey::BusyOverride(request.unit));
            assert!(held || !counts, "unit {} let go, and it is counted how long it presses", request.unit);
            assert!(
                request.site().is_none_or(|site| self.is_within(request.area, site)),
                "unit {} waits outside its area",
                request.unit
            );
            assert!(request.standing <= request.priority, "unit {} has lost by waiting", request.unit);
            if let Some(site) = request.site() {
                let visitor = self.visitors.get(request.unit).expect("who waits is registered");
                assert_eq!((visitor.site, visitor.activity), (site, Activity::Waiting));
                assert!(visitor.takes_part_in(request.parties), "who waits takes part");
            }
            assert!(
                self.timers.runs(TimerKey::QueueWait(request.unit)),
                "unit {} waits for ever",
                request.unit
            );
        }
        for (talkgroup, row) in self.talkgroups.iter() {
            assert_eq!(
                row.waiting,
                waiting_for.get(&Parties::Group(talkgroup)).copied().unwrap_or(0),
                "talkgroup {talkgroup}"
            );
        }
    }

    /// A talkgroup is in the call that it hears and in no other, and in one patch.
    fn assert_audiences(&self) {
        for (talkgroup, row) in self.talkgroups.iter() {
            let Some(call) = row.call else { continue };
            let call = self.calls.get(call).expect("the call of a talkgroup runs");
            let own = call.parties == Parties::Group(talkgroup);
            let hears = match &call.audience {
                Audience::Own => false,
                Audience::Groups(others) => others.contains(&talkgroup),
                Audience::All => true,
            };
            assert!(own || hears, "talkgroup {talkgroup} does not hear its call {}", call.id);
        }
        for call in self.calls.iter() {
            let Audience::Groups(others) = &call.audience else { continue };
            for other in others {
                let row = self.talkgroups.get(*other).expect("an audience's talkgroup exists");
                assert_eq!(row.call, Some(call.id), "talkgroup {other} left call {} before its end", call.id);
            }
        }
        let mut patched = BTreeSet::new();
        for talkgroup in self.patches.iter().flat_map(|patch| &patch.talkgroups) {
            assert!(patched.insert(*talkgroup), "talkgroup {talkgroup} is in two patches");
        }
    }

    /// An emergency that is kept is not cleared.
    fn assert_emergencies(&self) {
        for (unit, emergency) in self.emergencies.iter() {
            assert_ne!(emergency.stage, EmergencyStage::Cleared, "unit {unit}: a cleared emergency is kept");
        }
    }

    /// Who is called is registered, in one set-up, and not asked for ever; a pair's call reaches both.
    fn assert_set_ups(&self) {
        for Setup { request, called, stage } in self.setups.iter() {
            let state = |unit| self.visitors.get(unit).map(|visitor| (visitor.presence, visitor.activity));
            assert_eq!(
                state(request.unit),
                Some((Presence::Present, Activity::Calling)),
                "{called} is called"
            );
            assert_eq!(state(*called), Some((Presence::Present, Activity::Called)), "by {}", request.unit);
            let found = self.setups.of_called(*called).map(|setup| setup.request.unit);
            assert_eq!(found, Some(request.unit), "unit {called} is called twice");
            let (page, ring) = (TimerKey::Page(request.unit), TimerKey::Ring(request.unit));
            let timers = (self.timers.runs(page), self.timers.runs(ring));
            assert_eq!(
                timers,
                (*stage == Stage::Paging, *stage == Stage::Ringing),
                "timers of {}",
                request.unit
            );
        }
        for call in self.calls.iter() {
            let Parties::Pair(pair) = call.parties else { continue };
            for unit in [pair.caller, pair.called] {
                let site = self.visitors.get(unit).map(|visitor| visitor.site);
                let reached = site.is_some_and(|site| call.at(site).is_some());
                assert!(reached, "call {} does not reach unit {unit}", call.id);
                assert_eq!(self.calls.pair_of(unit), Some(call.id), "unit {unit} is in two calls");
            }
        }
    }

    /// A unit is at one site, and talkgroups count just those that are present.
    fn assert_presence(&self) {
        let mut present: BTreeMap<_, u32> = BTreeMap::new();
        let mut units = 0;
        for (site, row) in self.sites.iter() {
            units += row.units.len();
            for unit in &row.units {
                let visitor = self.visitors.get(*unit).expect("a unit at a site is in the visitor register");
                assert_eq!(visitor.site, site, "unit {unit} is at two sites");
                assert_eq!(
                    visitor.presence == Presence::Present,
                    row.in_service(),
                    "unit {unit} at site {site}"
                );
                assert_eq!(
                    visitor.rights,
                    self.rights_of(*unit),
                    "unit {unit} is judged by rights of before"
                );
                if let Activity::Talking(call) = visitor.activity {
                    let talker = self.calls.get(call).and_then(|call| call.floor).map(|floor| floor.unit);
                    assert_eq!(talker, Some(*unit), "unit {unit} talks without the floor");
                }
                if let Activity::CalledBack(call) = visitor.activity {
                    let caller = self.calls.get(call).and_then(|call| call.called_back).map(|ask| ask.unit);
                    assert_eq!(caller, Some(*unit), "unit {unit} waits for a call back that is over");
                }
                if let Activity::WaitingForFloor(call) = visitor.activity {
                    let waits = self.calls.get(call).is_some_and(|call| call.floor_queue.of(*unit).is_some());
                    assert!(waits, "unit {unit} waits for a floor that does not know it");
                }
                let set_ups =
                    (self.setups.of_caller(*unit).is_some(), self.setups.of_called(*unit).is_some());
                let marks = (visitor.activity == Activity::Calling, visitor.activity == Activity::Called);
                assert_eq!(set_ups, marks, "unit {unit} is in a set-up that does not know it");
                let waits = self.queue.of(*unit).is_some();
                assert_eq!(visitor.activity == Activity::Waiting, waits, "unit {unit}");
                let ages = [TimerKey::Passed(*unit), TimerKey::Ageing(*unit), TimerKey::BusyOverride(*unit)];
                assert!(
                    waits || !ages.iter().any(|key| self.timers.runs(*key)),
                    "unit {unit} waits not, and a timer of its waiting runs"
                );
                for talkgroup in visitor.talkgroups().filter(|_| visitor.presence == Presence::Present) {
                    *present.entry((talkgroup, site)).or_default() += 1;
                }
            }
            for identity in row.challenges.keys() {
                assert!(self.timers.runs(TimerKey::Challenge(site, *identity)), "a challenge never expires");
            }
        }
        assert_eq!(units, self.visitors.len(), "a visitor is nowhere");
        let counted: BTreeMap<_, u32> = self
            .talkgroups
            .iter()
            .flat_map(|(talkgroup, row)| {
                row.presence().iter().map(move |(site, count)| ((talkgroup, *site), *count))
            })
            .collect();
        assert_eq!(counted, present, "listeners are miscounted");
    }
}
