//! Faulty slots (docs/resilience.md 14.2.3 and 14.2.4). What a site's self-tests have found out holds from the input that tells
//! it: no call is on a faulty slot after that, and one that is sound again is for whoever waits.

use trunklab_protocol::from_site::{SlotStates, SlotTested};
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::{ExerciseFault, TestSlot};
use trunklab_protocol::{CallId, Cause, Clause, PlantPart, SiteId, SlotAddress, SlotHealth, SlotState};

use crate::call::calls::Leg;
use crate::call::table::Event;
use crate::config::SiteConfig;
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::sites::Stage;

impl SiteConfig {
    /// Whether the site's plan has this slot, be it for calls or a control channel's.
    pub(crate) fn has_slot(&self, at: SlotAddress) -> bool {
        self.carriers.contains(&at.carrier) && at.slot.number() < self.profile.profile().slots
    }
}

impl Controller {
    /// Whether a slot of a site, be it for calls or a control channel's, has not been found faulty.
    pub fn is_sound(&self, site: SiteId, at: SlotAddress) -> bool {
        self.sites.get(site).is_some_and(|row| row.slots.is_sound(at))
    }

    /// A site tells of slots: in its inventory of all that are faulty, later of those that have changed.
    pub(crate) fn slots_told(&mut self, site: SiteId, message: SlotStates, out: &mut Outbox) {
        let row = self.sites.get_mut(site).expect("a site that speaks exists");
        let (told, unknown): (Vec<_>, Vec<_>) =
            message.slots.into_iter().partition(|slot| row.config.has_slot(slot.at));
        match row.link.as_mut().map(|link| &mut link.stage) {
            Some(Stage::Reporting(_, inventory)) => inventory.note_health(&told),
            Some(Stage::Failsoft(_, inventory)) => {
                inventory.note_health(&told);
                self.take_slot_states(site, &told, out);
            }
            Some(Stage::Ungreeted | Stage::InService(_)) | None => self.take_slot_states(site, &told, out),
        }
        for _ in unknown {
            self.drop_message(site, Cause::NoSuchCarrier, out);
        }
    }

    /// What came of a test that an operator has ordered.
    pub(crate) fn slot_tested(&mut self, site: SiteId, message: SlotTested, out: &mut Outbox) {
        let SlotTested { at, heard } = message;
        let known = self.sites.get(site).is_some_and(|row| row.config.has_slot(at));
        match known {
            true => self.report(EventKind::SlotTested { site, at, heard }, out),
            false => self.drop_message(site, Cause::NoSuchCarrier, out),
        }
    }

    /// An operator wants a slot tested.
    pub(crate) fn order_slot_test(
        &mut self,
        site: SiteId,
        at: SlotAddress,
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        self.check_part(site, |config| config.has_slot(at))?;
        self.tell(site, TestSlot { at }, out);
        Ok(())
    }

    /// An operator breaks a part of a site's plant as an exercise, or has it work again.
    pub(crate) fn order_exercise_fault(
        &mut self,
        site: SiteId,
        part: PlantPart,
        broken: bool,
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        let first = SlotAddress::first_of(part.carrier);
        let at = part.slot.map_or(first, |slot| SlotAddress { slot, ..first });
        self.check_part(site, |config| config.has_slot(at))?;
        self.tell(site, ExerciseFault { part, broken }, out);
        Ok(())
    }

    /// Whether a site can be ordered something about a part of it.
    fn check_part(&self, site: SiteId, is_there: impl Fn(&SiteConfig) -> bool) -> Result<(), Cause> {
        let row = self.sites.get(site).ok_or(Cause::UnknownSite)?;
        match () {
            () if !is_there(&row.config) => Err(Cause::NoSuchCarrier),
            () if !row.in_service() && !row.in_failsoft() => Err(Cause::SiteUnavailable),
            () => Ok(()),
        }
    }

    /// A site's inventory is complete: these slots are faulty, and every other one is sound.
    pub(crate) fn restore_slot_states(
        &mut self,
        site: SiteId,
        faulty: impl IntoIterator<Item = SlotAddress>,
        out: &mut Outbox,
    ) {
        let before = self.sites.get(site).into_iter().flat_map(|row| row.slots.faulty());
        let mut states: std::collections::BTreeMap<_, _> = before.map(|at| (at, SlotHealth::Sound)).collect();
        states.extend(faulty.into_iter().map(|at| (at, SlotHealth::Faulty)));
        let states: Vec<_> = states.into_iter().map(|(at, health)| SlotState { at, health }).collect();
        self.take_slot_states(site, &states, out);
        self.settle_slot_alarms(site, out);
    }

    /// All are marked before a call is moved, so that none moves from one faulty slot to another.
    fn take_slot_states(&mut self, site: SiteId, states: &[SlotState], out: &mut Outbox) {
        let mut changed = Vec::new();
        for SlotState { at, health } in states {
            let row = self.sites.get_mut(site).expect("a site that tells of slots exists");
            if row.slots.is_sound(*at) != (*health == SlotHealth::Sound) {
                row.slots.set_health(*at, *health);
                changed.push((*at, *health));
                self.report(EventKind::SlotHealth { site, at: *at, health: *health }, out);
            }
        }
        if !changed.is_empty() {
            self.schedule_control_move(site);
        }
        for (at, health) in changed {
            match health {
                SlotHealth::Sound => self.note_room(site),
                SlotHealth::Faulty => self.leave_faulty_slot(site, at, out),
            }
        }
        self.review_control(site, out);
    }

    /// The call on a faulty slot, if there is one, goes to a free one of the site; where none is, it leaves the site until one
    /// is, or ends where it cannot do without.
    fn leave_faulty_slot(&mut self, site: SiteId, at: SlotAddress, out: &mut Outbox) {
        let Some(id) = self.sites.get(site).and_then(|row| row.slots.holder(at)) else { return };
        let outer = self.citing.replace(Clause::FaultySlot);
        let call = self.calls.get(id).expect("a call that holds a slot runs");
        let has_room = self.sites.get(site).is_some_and(|row| row.slots.free() > 0) && !call.record.is_full();
        let needs_site = call.parties.pair().is_some() || call.legs.len() == 1;
        match () {
            () if has_room => self.move_leg(id, site, at, Cause::SlotFaulty, out),
            () if needs_site => self.advance_call(id, Event::SlotFaulty, out),
            () => {
                self.drop_leg(id, site, Cause::SlotFaulty, out);
                if self.calls.get(id).is_some_and(|call| self.is_heard(call, site)) {
                    self.cover_call(id, site, out);
                }
            }
        }
        self.citing = outer;
    }

    /// A call goes on in another slot of the site. Its record, and operators, see the site leave and join at once.
    pub(super) fn move_leg(
        &mut self,
        id: CallId,
        site: SiteId,
        from: SlotAddress,
        cause: Cause,
        out: &mut Outbox,
    ) {
        let (now, row) = (self.now, self.sites.get_mut(site).expect("a leg's site exists"));
        let to = row.slots.take(id, None, now).expect("it was seen that a slot is free");
        row.slots.give_back(from, id, now);
        let call = self.calls.get_mut(id).expect("a call that holds a slot runs");
        let before: Vec<Leg> = call.legs.iter().copied().filter(|leg| leg.site == site).collect();
        for leg in call.legs.iter_mut().filter(|leg| (leg.site, leg.at) == (site, from)) {
            leg.at = to;
        }
        call.legs.sort_unstable_by_key(|leg| (leg.site, leg.at));
        let after: Vec<Leg> = call.legs.iter().copied().filter(|leg| leg.site == site).collect();
        before.iter().for_each(|leg| call.record.slot_given_back(site, leg.at, now));
        after.iter().for_each(|leg| call.record.slot_taken(site, leg.at, now));
        // A call that calls back is told of when somebody has pressed.
        let told = call.called_back.is_none();
        let moved = after.iter().find(|leg| leg.at == to).map(|leg| call.assertion(*leg)).filter(|_| told);
        if let Some(assertion) = moved {
            self.tell(site, assertion, out);
        }
        self.report(EventKind::SiteLeft { call: id, site, cause }, out);
        for leg in after {
            self.report(EventKind::SiteJoined { call: id, site, at: leg.at }, out);
        }
    }
}
