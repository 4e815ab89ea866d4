//! The control channel's slot is faulty (docs/resilience.md 14.5.2): it goes to the next candidate that is sound.

use trunklab_protocol::operator::{AlarmKind, AlarmObject, EventKind};
use trunklab_protocol::to_site::{Configure, TellControl};
use trunklab_protocol::{CallId, Cause, Clause, SiteId, SlotAddress};

use super::signals::Source;
use crate::channels::SlotPool;
use crate::config::SiteConfig;
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::control_place::SETTLED;
use crate::registry::sites::Site;
use crate::timers::TimerKey;

impl SiteConfig {
    /// The candidates in order, from the one behind `from` on; the control channel's own first place is the first of all.
    fn candidates_after(&self, from: SlotAddress) -> Vec<SlotAddress> {
        let all: Vec<_> =
            std::iter::once(self.control).chain(self.control_candidates.iter().copied()).collect();
        let behind = all.iter().position(|at| *at == from).map_or(0, |place| place + 1);
        let (first, last) = all.split_at(behind);
        last.iter().chain(first).copied().filter(|at| *at != from).collect()
    }

    /// Whether no slot that a control channel has at a place is faulty.
    fn is_sound_control(&self, slots: &SlotPool, place: SlotAddress) -> bool {
        !slots.faulty().any(|at| self.is_controls(&[place], at))
    }
}

impl Site {
    /// Whether no control channel of it is sound.
    fn has_lost_control(&self) -> bool {
        self.slots.controls().iter().all(|at| !self.config.is_sound_control(&self.slots, *at))
    }

    /// Whether the control channel may yet go to a candidate that is sound.
    fn may_rotate(&self) -> bool {
        let from = self.slots.controls().first().copied();
        from.is_some_and(|from| {
            let mut candidates = self.config.candidates_after(from).into_iter();
            candidates.any(|at| self.config.is_sound_control(&self.slots, at))
        })
    }
}

impl Controller {
    /// What is known of the slots of a site that is there has changed, or where its control channel is: the alarm follows. One that a
    /// candidate may yet take is not lost.
    pub(crate) fn review_control(&mut self, site: SiteId, out: &mut Outbox) {
        let Some(row) = self.sites.get(site).filter(|row| row.in_service() || row.in_failsoft()) else {
            return;
        };
        match row.has_lost_control() {
            true if row.may_rotate() => {}
            is_lost => self.note_control(site, is_lost, out),
        }
    }

    /// Operators are told once that a control channel is lost.
    fn note_control(&mut self, site: SiteId, is_lost: bool, out: &mut Outbox) {
        let Some(row) = self.sites.get_mut(site) else { return };
        let was_lost = std::mem::replace(&mut row.control_is_lost, is_lost);
        if !(is_lost && was_lost) {
            let source = Source::new(AlarmKind::ControlLost, AlarmObject::Site(site));
            self.take_signal((source, is_lost), out);
        }
    }

    /// A control channel that stays is looked at again where its slot is faulty.
    pub(crate) fn schedule_rotation(&mut self, site: SiteId) {
        if self.must_rotate(site) {
            self.displaced_controls.insert(site);
            self.timers.set(TimerKey::ControlMove(site), self.now);
        } else {
            self.displaced_controls.remove(&site);
            self.timers.cancel(TimerKey::ControlMove(site));
        }
    }

    fn must_rotate(&self, site: SiteId) -> bool {
        self.sites.get(site).is_some_and(|row| {
            let candidates = !row.config.control_candidates.is_empty();
            let sound = row.slots.controls().iter().all(|at| row.config.is_sound_control(&row.slots, *at));
            candidates && (row.in_service() || row.in_failsoft()) && !sound
        })
    }

    /// Slots came free: a control channel that has to go somewhere goes before those who wait, who could not hear that they are
    /// served.
    pub(crate) fn place_displaced_controls(&mut self, out: &mut Outbox) {
        for site in std::mem::take(&mut self.displaced_controls) {
            if self.must_rotate(site) {
                self.displaced_controls.insert(site);
                self.rotate_control(site, out);
            }
        }
    }

    /// Timer: the control channel goes to the first candidate that is sound and free, or else to the first whose calls find
    /// other slots. Where there is none it is tried again: no call ends for it.
    pub(crate) fn rotate_control(&mut self, site: SiteId, out: &mut Outbox) {
        let Some(row) = self.sites.get(site) else { return };
        let Some(from) = row.slots.controls().first().copied() else { return };
        let sound: Vec<_> = row
            .config
            .candidates_after(from)
            .into_iter()
            .filter(|at| row.config.is_sound_control(&row.slots, *at))
            .collect();
        let free = sound.iter().copied().find(|at| self.calls_on(site, *at).is_empty());
        let next = free.or_else(|| sound.into_iter().find(|at| self.vacate(site, *at, out)));
        let Some(control) = next else {
            self.note_control(site, true, out);
            return self.timers.set(TimerKey::ControlMove(site), self.woke.max(self.now) + SETTLED);
        };
        self.displaced_controls.remove(&site);
        self.place_controls(site, vec![control]);
        self.report(EventKind::ControlMoved { site, control }, out);
        if let Some(settings) = self.settings_of(site) {
            self.tell_by(Clause::ControlRotates, site, Configure { settings: Box::new(settings) }, out);
            self.tell_by(Clause::ControlFollowed, site, TellControl {}, out);
        }
        self.tell_neighbours_of(site, out);
        self.review_control(site, out);
    }

    /// The calls on the slots that a control channel would have at a place.
    fn calls_on(&self, site: SiteId, place: SlotAddress) -> Vec<(SlotAddress, CallId)> {
        let Some(row) = self.sites.get(site) else { return Vec::new() };
        let held = row.slots.iter().filter_map(|(at, call)| Some((at, call?)));
        held.filter(|(at, _)| row.config.is_controls(&[place], *at)).collect()
    }

    /// The calls at a place go on in other slots of the site, all of them or none.
    fn vacate(&mut self, site: SiteId, place: SlotAddress, out: &mut Outbox) -> bool {
        let calls = self.calls_on(site, place);
        let Some(row) = self.sites.get_mut(site) else { return false };
        let config = row.config.clone();
        row.slots.unsettle(|at| config.is_controls(&[place], at));
        let fits = |id: &CallId| self.calls.get(*id).is_some_and(|call| !call.record.is_full());
        if row.slots.free() < calls.len() || !calls.iter().all(|(_, id)| fits(id)) {
            row.slots.settle();
            return false;
        }
        let outer = self.citing.replace(Clause::ControlRotates);
        for (at, id) in calls {
            self.move_leg(id, site, at, Cause::SlotReassigned, out);
        }
        self.citing = outer;
        true
    }
}
