//! What a site reports when it connects: its radios are registered again, its calls go on.
//!
//! The report counts as a whole, at its end. A radio that another site registered later is deregistered here, and one that
//! registered here later is deregistered there. A call that runs gets the site back. A call of an earlier term, or of the
//! site itself, that nobody has told of is taken over, once for each site;
//! anything else is over, and the site is told.

use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::from_site::{HeldCall, HeldRadio, InventoryCalls, InventoryRadios};
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::{Deregister, Release};
use trunklab_protocol::{Cause, Clause, Condition, Parties, SiteId, UnitId};

use super::sites::{Inventory, Memory, Site, Stage};
use super::visitors::{Activity, Arrival, Presence, Visitor};
use crate::call::calls::Leg;
use crate::call::table::{Event, State};
use crate::controller::Controller;
use crate::isolated;
use crate::output::Outbox;

impl Controller {
    /// A part of the radios. A unit named twice counts once.
    pub(crate) fn radios_reported(&mut self, site: SiteId, part: InventoryRadios, out: &mut Outbox) {
        for held in part.radios {
            // Units that are in no register cannot be kept: they would grow without bound.
            let known = self.home.unit(held.unit).is_some();
            match self.inventory(site) {
                inventory if known => _ = inventory.radios.insert(held.unit, held),
                _ => self.tell(site, Deregister { unit: held.unit, cause: Cause::UnknownUnit }, out),
            }
        }
    }

    /// A part of the calls. A site has no more calls than slots.
    pub(crate) fn calls_reported(&mut self, site: SiteId, part: InventoryCalls, out: &mut Outbox) {
        let slots = self.sites.get(site).map_or(0, |row| row.slots.len());
        for held in part.calls {
            let inventory = self.inventory(site);
            if inventory.calls.len() < slots {
                inventory.calls.push(held);
            } else {
                self.release_reported(site, &held, Cause::UnknownCall, out);
            }
        }
    }

    /// The report is complete: the site is in service.
    pub(crate) fn inventory_ended(&mut self, site: SiteId, out: &mut Outbox) {
        let row = self.sites.get_mut(site).expect("a site that reports exists");
        let link = row.link.as_mut().expect("a site that reports has a link");
        let stage = std::mem::replace(&mut link.stage, Stage::Ungreeted);
        let (Stage::Reporting(greeting, inventory) | Stage::Failsoft(greeting, inventory)) = stage else {
            unreachable!("a report's end was admitted at these stages alone")
        };
        link.stage = Stage::InService(greeting);
        let missing: Vec<_> =
            row.units.iter().filter(|unit| !inventory.radios.contains_key(unit)).copied().collect();
        self.report(EventKind::SiteUp { site, incarnation: greeting.incarnation }, out);
        self.restore_slot_states(site, inventory.faulty, out);
        for unit in missing {
            self.deregister(unit, Cause::SiteLost, out);
        }
        for held in inventory.radios.into_values() {
            self.restore_radio(site, held, out);
        }
        for held in &inventory.calls {
            let slots = inventory.calls.iter().filter(|other| other.call == held.call).count();
            self.restore_call(site, held, slots, out);
        }
        self.lost_calls.reported(site);
        self.sites.get_mut(site).expect("the site exists").memory = Memory::Told;
        for call in self.calls.ids() {
            if self.calls.get(call).is_some_and(|row| self.is_heard(row, site)) {
                self.cover_call(call, site, out);
            }
        }
        self.slots_freed = true;
        self.copies.note_configuration();
        self.schedule_control_move(site);
    }

    fn restore_radio(&mut self, site: SiteId, held: HeldRadio, out: &mut Outbox) {
        let HeldRadio { unit, tmsi, held_ms, .. } = held;
        if let Err(cause) = self.check_radio(site, &held) {
            if self.visitors.get(unit).is_some_and(|visitor| visitor.site == site) {
                return self.deregister(unit, cause, out);
            }
            self.tell(site, Deregister { unit, cause }, out);
            return self.drop_message(site, cause, out);
        }
        if self.visitors.get(unit).is_some_and(|visitor| visitor.site != site) {
            self.deregister(unit, Cause::MovedToOtherSite, out);
        }
        let talkgroup = held.talkgroup.filter(|talkgroup| self.may_affiliate(unit, *talkgroup).is_ok());
        let earlier = self.visitors.get(unit).copied();
        self.visitors.insert(Visitor {
            unit,
            site,
            presence: Presence::Present,
            tmsi,
            talkgroup,
            secondary: self.may_scan(unit, talkgroup, held.secondary),
            rights: self.rights_of(unit),
            since: earlier.map_or(self.now, |visitor| visitor.since),
            arrived: Arrival::before(self.now, held_ms),
            accepted: earlier
                .and_then(|visitor| visitor.accepted)
                .filter(|_| earlier.is_some_and(|row| row.tmsi == tmsi)),
            heard: None,
            last_request: earlier.and_then(|visitor| visitor.last_request),
            last_affiliation: earlier.and_then(|visitor| visitor.last_affiliation),
            last_emergency: earlier.and_then(|visitor| visitor.last_emergency),
            last_message: earlier.and_then(|visitor| visitor.last_message),
            activity: Activity::Idle,
        });
        self.sites.get_mut(site).expect("a site that reports exists").units.insert(unit);
        let visitor = *self.visitors.get(unit).expect("the radio was restored just now");
        for talkgroup in visitor.talkgroups() {
            self.talkgroups.get_mut(talkgroup).expect("the talkgroup was checked").enter(site);
            self.note_talkgroup(talkgroup);
        }
        if earlier.is_none() {
            self.report(EventKind::Registered { unit, site }, out);
            if let Some(talkgroup) = talkgroup {
                self.report(EventKind::Affiliated { unit, site, talkgroup }, out);
            }
        }
        self.copies.note_place(unit, site);
        self.deliver_orders(unit, out);
    }

    /// What a reported radio must satisfy, in order.
    fn check_radio(&self, site: SiteId, held: &HeldRadio) -> Result<(), Cause> {
        let subscriber = self.home.unit(held.unit).ok_or(Cause::UnknownUnit)?;
        let visitor = self.visitors.get(held.unit);
        let arrived = Arrival::before(self.now, held.held_ms);
        match () {
            () if self.remote.condition(held.unit) == Condition::Killed => Err(Cause::UnitKilled),
            () if !subscriber.may_use(site) => Err(Cause::SiteNotAllowed),
            () if visitor.is_some_and(|visitor| visitor.site != site && visitor.arrived >= arrived) => {
                Err(Cause::MovedToOtherSite)
            }
            () if self.visitors.holder(held.tmsi).is_some_and(|holder| holder != held.unit) => {
                Err(Cause::RegistrationReplaced)
            }
            () if visitor.is_none() && self.register_is_full() => Err(Cause::RegisterFull),
            () => Ok(()),
        }
    }

    fn restore_call(&mut self, site: SiteId, held: &HeldCall, slots: usize, out: &mut Outbox) {
        let outcome = match self.calls.get(held.call).is_some() {
            true => self.check_known_call(site, held).map(|()| self.resume_call(site, held, out)),
            false => self.check_adoption(site, held, slots).map(|()| {
                self.advance_report(site, self.as_adopted(site, held), out);
                self.widen_own_call(site, held, out);
            }),
        };
        if let Err(cause) = outcome {
            self.release_reported(site, held, cause, out);
        }
    }

    /// A call that a site set up alone was heard there alone: whoever hears it elsewhere enters late. One of an earlier term is told of
    /// by every site that carries it.
    fn widen_own_call(&mut self, site: SiteId, held: &HeldCall, out: &mut Outbox) {
        if isolated::node_of(site) != Some(held.call.node) {
            return;
        }
        for other in self.sites.keys().collect::<Vec<_>>() {
            let is_in_service = self.sites.get(other).is_some_and(Site::in_service);
            if is_in_service && self.calls.get(held.call).is_some_and(|call| self.is_heard(call, other)) {
                self.cover_call(held.call, other, out);
            }
        }
    }

    /// What must hold for a running call to get a site back, in order.
    fn check_known_call(&self, site: SiteId, held: &HeldCall) -> Result<(), Cause> {
        let call = self.calls.get(held.call).ok_or(Cause::UnknownCall)?;
        match () {
            () if call.parties != held.parties || call.at(site).is_some() => Err(Cause::UnknownCall),
            () if !self.is_heard(call, site) => Err(Cause::NobodyLeft),
            () if call.record.is_full() => Err(Cause::UnknownCall),
            () if !self.is_within(call.area, site) => Err(Cause::OutsideArea),
            () if !self.is_sound(site, held.at) => Err(Cause::SlotFaulty),
            () if !self.is_free(site, held) => Err(Cause::SlotReassigned),
            () => Ok(()),
        }
    }

    /// What must hold for a call of an earlier term, or of a site's own, to be taken over, in order.
    fn check_adoption(&self, site: SiteId, held: &HeldCall, slots: usize) -> Result<(), Cause> {
        let row = self.sites.get(site).ok_or(Cause::UnknownSite)?;
        let is_ours = held.call.node == self.system.node && held.call.epoch >= self.epoch;
        // The site alone knows of those that it set up itself, however often it has reported before.
        let is_its_own = isolated::node_of(site) == Some(held.call.node);
        let is_lost = self.lost_calls.is_awaited(held.call, site);
        let is_news = is_its_own || is_lost || (row.memory != Memory::Told && !is_ours);
        match () {
            () if !is_news || self.calls.is_over(held.call) => Err(Cause::UnknownCall),
            () if !self.are_known(held.parties, site, slots) => Err(self.cause_of_unknown(held.parties)),
            () if self.has_another_call(held.parties) && (is_its_own || is_lost) => Err(Cause::CallMerged),
            () if self.has_another_call(held.parties) => Err(Cause::UnknownCall),
            () if !self.is_heard_at(held.parties, site) => Err(Cause::NobodyLeft),
            () if !self.is_sound(site, held.at) => Err(Cause::SlotFaulty),
            () if !self.is_free(site, held) => Err(Cause::SlotReassigned),
            () => Ok(()),
        }
    }

    /// Whether a call can be judged by what is known here. Of two units both must be at the site that reports: the site of the
    /// other may report later. What two that talk at once have told each other stands in no report.
    fn are_known(&self, parties: Parties, site: SiteId, slots: usize) -> bool {
        match parties {
            Parties::Group(_) => self.group(parties).is_some(),
            Parties::Pair(pair) => {
                slots == 1
                    && [pair.caller, pair.called].into_iter().all(|unit| self.present_at(unit, site).is_ok())
            }
        }
    }

    fn cause_of_unknown(&self, parties: Parties) -> Cause {
        match parties {
            Parties::Group(_) => Cause::UnknownTalkgroup,
            Parties::Pair(_) => Cause::CallLost,
        }
    }

    fn has_another_call(&self, parties: Parties) -> bool {
        match parties {
            Parties::Group(_) => self.group(parties).is_some_and(|row| row.call.is_some()),
            Parties::Pair(pair) => {
                [pair.caller, pair.called].into_iter().any(|unit| self.calls.pair_of(unit).is_some())
            }
        }
    }

    /// A running call gets its site back in the slot that it still holds there; a talker that was only reported may
    /// turn out to be here, or not to be talking any more, and one that nobody had told of may be here.
    fn resume_call(&mut self, site: SiteId, held: &HeldCall, out: &mut Outbox) {
        let row = self.sites.get_mut(site).expect("a site that reports exists");
        let taken = row.slots.take_at(held.at, held.call, self.now);
        assert!(taken, "the slot was checked to be free");
        self.record_leg(held.call, Leg { site, at: held.at, party: None }, out);
        if self.brings_its_talker(site, held) {
            return self.advance_call_by_report(site, *held, Event::ReportedTalking, out);
        }
        // A talker on its way says itself where it is.
        let row = self.calls.get(held.call).filter(|call| call.handover.is_none());
        let floor = row.and_then(|call| call.floor);
        let Some(floor) = floor.filter(|floor| {
            floor.site.is_none() && !floor.claim.is_console() && self.is_here(floor.unit, held.parties, site)
        }) else {
            return;
        };
        let still_talks =
            held.talker_is_here && held.talker.is_some_and(|talker| talker.spurt == floor.spurt);
        if still_talks {
            self.place_talker(held.call, site, out);
            self.assert_call(held.call, out);
        } else {
            self.advance_call(held.call, Event::TalkerGone, out);
        }
    }

    /// Whether a call that hangs has a talker after all: its site had no link when the others reported.
    fn brings_its_talker(&self, site: SiteId, held: &HeldCall) -> bool {
        let hangs = self.calls.get(held.call).is_some_and(|call| call.state() == State::Hanging);
        hangs && held.talker_is_here && self.as_adopted(site, held).talker_is_here
    }

    /// The report as far as it can be believed: a talker here must be registered here, and a spurt is one call's. An
    /// operator talks no more: the console's connection has gone with the earlier term.
    fn as_adopted(&self, site: SiteId, held: &HeldCall) -> HeldCall {
        let is_operator = |talker: &Talker| self.consoles.of(talker.unit).is_some();
        if held.talker.as_ref().is_some_and(is_operator) {
            return HeldCall { talker: None, talker_is_here: false, hung_ms: 0, ..*held };
        }
        let talker = held.talker.filter(|talker| {
            let here = self.is_here(talker.unit, held.parties, site);
            // A spurt of a call that this controller has lost goes on in it.
            let is_its_own = self.lost_calls.is_awaited(held.call, site);
            here == held.talker_is_here
                && (is_its_own || !self.spurts.was_used(talker.spurt, self.system.node))
        });
        HeldCall { talker, talker_is_here: held.talker_is_here && talker.is_some(), ..*held }
    }

    fn release_reported(&mut self, site: SiteId, held: &HeldCall, cause: Cause, out: &mut Outbox) {
        self.tell_by(Clause::EarlierTerm, site, Release { call: held.call, cause }, out);
        self.drop_message(site, cause, out);
    }

    fn inventory(&mut self, site: SiteId) -> &mut Inventory {
        let link = self.sites.get_mut(site).and_then(|row| row.link.as_mut());
        match link.map(|link| &mut link.stage) {
            Some(Stage::Reporting(_, inventory) | Stage::Failsoft(_, inventory)) => inventory,
            Some(Stage::Ungreeted | Stage::InService(_)) | None => {
                unreachable!("a report was admitted while the site reports")
            }
        }
    }

    fn is_heard_at(&self, parties: Parties, site: SiteId) -> bool {
        match parties {
            Parties::Group(_) => self.group(parties).is_some_and(|row| row.is_present_at(site)),
            Parties::Pair(pair) => self.present_at(pair.caller, site).is_ok(),
        }
    }

    fn is_free(&self, site: SiteId, held: &HeldCall) -> bool {
        self.sites.get(site).is_some_and(|row| row.slots.is_free(held.at))
    }

    fn is_here(&self, unit: UnitId, parties: Parties, site: SiteId) -> bool {
        self.present_at(unit, site).is_ok_and(|visitor| visitor.takes_part_in(parties))
    }
}
