//! A talker that moves keeps the floor (clauses 12.11.5 and 12.11.6).
//!
//! Before it goes it says so: from then on its silence is not its end, for a short time. Registered at the new site, it
//! names its call and spurt there. When that site has a slot the talk goes on, as a new spurt of the same talk: its packets
//! come from another place and count anew. If it does not come, or finds no slot in time, the floor ends.

use trunklab_protocol::from_site::{self, TalkerLeaving};
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::switch::Shut;
use trunklab_protocol::to_site::Refused;
use trunklab_protocol::{CallId, Cause, Clause, SiteId, Span, TalkgroupId, UnitId};

use super::calls::Floor;
use super::floor_queue::FloorAsk;
use super::table::Event;
use crate::controller::Controller;
use crate::output::{Outbox, Output};
use crate::registry::visitors::{Activity, Answer, Answered, Freshness};
use crate::timers::TimerKey;

/// A talker on its way to another site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Handover {
    /// What it asks at the new site, while that has no slot for it.
    pub ask: Option<FloorAsk>,
}

impl Controller {
    /// A talker goes to another site: the floor is kept for it for a while.
    pub(crate) fn talker_leaving(&mut self, site: SiteId, message: TalkerLeaving, out: &mut Outbox) {
        let TalkerLeaving { unit, call, spurt, .. } = message;
        let keep = Span::from_millis(u64::from(self.system.handover_ms));
        let Some(row) = self.calls.get_mut(call) else {
            return self.drop_message(site, Cause::UnknownCall, out);
        };
        let refusal = match row.floor {
            Some(floor) if floor.spurt == spurt && floor.unit != unit => Some(Cause::NotTheTalker),
            Some(floor) if floor.spurt == spurt && floor.site != Some(site) => Some(Cause::WrongSite),
            Some(_) if row.parties.pair().is_some() => Some(Cause::WrongState),
            Some(floor) if floor.spurt == spurt && row.handover.is_none() => None,
            Some(_) | None => Some(Cause::Duplicate),
        };
        match refusal {
            Some(cause) => self.drop_message(site, cause, out),
            None if keep == Span::ZERO => self.drop_message(site, Cause::WrongState, out),
            None => {
                row.handover = Some(Handover::default());
                self.timers.set(TimerKey::Handover(call), self.now + keep);
            }
        }
    }

    /// A talker has moved and goes on talking: at once where its new site carries the call, else when that has a slot.
    pub(crate) fn handover_requested(
        &mut self,
        site: SiteId,
        message: from_site::Handover,
        out: &mut Outbox,
    ) {
        let from_site::Handover { unit, press, call, .. } = message;
        let freshness = match self.present_at(unit, site) {
            Ok(visitor) => visitor.freshness(press),
            Err(cause) => {
                return self.tell_by(Clause::MovingTalker, site, Refused { unit, press, cause }, out);
            }
        };
        match freshness {
            Freshness::Stale => return self.drop_message(site, Cause::Duplicate, out),
            Freshness::Repeated(Answer::Granted(granted, spurt)) => {
                return self.repeat_grant(granted, spurt, site, out);
            }
            Freshness::Repeated(Answer::Refused(cause)) => {
                return self.tell_by(Clause::MovingTalker, site, Refused { unit, press, cause }, out);
            }
            Freshness::Repeated(
                Answer::Queued
                | Answer::Paging
                | Answer::Paired
                | Answer::CalledBack(_)
                | Answer::FloorQueued(_)
                | Answer::Unheard,
            )
            | Freshness::New => {}
        }
        let floor = match self.check_handover(site, &message) {
            Ok(floor) => floor,
            Err(cause) => {
                self.remember_refusal(unit, press, site, cause);
                return self.tell_by(Clause::MovingTalker, site, Refused { unit, press, cause }, out);
            }
        };
        let ask = FloorAsk { unit, press, site: Some(site), claim: floor.claim };
        let row = self.calls.get_mut(call).expect("a handover is checked against a call that runs");
        if row.at(site).is_some() {
            return self.advance_call_for(call, Event::TalkerArrived, Some(ask), None, out);
        }
        row.handover = Some(Handover { ask: Some(ask) });
        self.slots_freed = true;
    }

    /// The checks of a handover, in order; the first that fails is the cause.
    fn check_handover(&self, site: SiteId, message: &from_site::Handover) -> Result<Floor, Cause> {
        let call = self.calls.get(message.call).ok_or(Cause::UnknownCall)?;
        let floor = call.floor.filter(|floor| (floor.unit, floor.spurt) == (message.unit, message.spurt));
        let floor = floor.filter(|_| call.handover.is_some()).ok_or(Cause::NotTheTalker)?;
        self.is_within(call.area, site).then_some(floor).ok_or(Cause::OutsideArea)
    }

    /// A unit is registered elsewhere: whether it is a talker that said so before and keeps its floor, though for the
    /// moment from nowhere.
    pub(crate) fn carries_floor(&mut self, unit: UnitId, hears: impl Fn(TalkgroupId) -> bool) -> bool {
        let activity = self.visitors.get(unit).map(|visitor| visitor.activity);
        let Some(Activity::Talking(call)) = activity else { return false };
        let Some(row) = self.calls.get_mut(call) else { return false };
        if row.handover.is_none() || !row.parties.talkgroup().is_some_and(hears) {
            return false;
        }
        row.handover = Some(Handover::default());
        let floor = row.floor.as_mut().expect("a talker on its way has the floor");
        floor.site = None;
        true
    }

    /// A unit asks for a call, or in a call: if it talks in another, or is on its way and does not ask to go on, that talk is
    /// over.
    pub(crate) fn give_up_talk(&mut self, unit: UnitId, asked: Option<CallId>, out: &mut Outbox) {
        let activity = self.visitors.get(unit).map(|visitor| visitor.activity);
        let Some(Activity::Talking(call)) = activity else { return };
        let Some(row) = self.calls.get(call) else { return };
        if asked != Some(call) || row.handover.is_some() && row.talker_site().is_none() {
            self.advance_call(call, Event::PttReleased, out);
        }
    }

    /// Slots were given back: a talker that moved goes before every request, but for an emergency.
    pub(crate) fn serve_talkers(&mut self, out: &mut Outbox) {
        for (site, id) in self.lacking.clone() {
            let waits = self.calls.get(id).and_then(|call| call.handover).and_then(|handover| handover.ask);
            if waits.is_none_or(|ask| ask.site != Some(site)) {
                continue;
            }
            let ahead = self.queue.first_after(None).filter(|head| head.rank().is_emergency());
            let held_back = ahead.is_some_and(|head| self.sites_needed(&head).contains(&site));
            let free = self.sites.get(site).map_or(0, |row| row.slots.free());
            if free > usize::from(held_back) {
                self.add_leg(id, site, out);
            }
        }
    }

    /// A call has a slot at a site: a talker that waits there goes on.
    pub(crate) fn let_talker_in(&mut self, id: CallId, site: SiteId, out: &mut Outbox) {
        let waits = self.calls.get(id).and_then(|call| call.handover).and_then(|handover| handover.ask);
        if let Some(ask) = waits.filter(|ask| ask.site == Some(site)) {
            self.advance_call_for(id, Event::TalkerArrived, Some(ask), None, out);
        }
    }

    /// Timer: the floor is kept no longer.
    pub(crate) fn handover_expired(&mut self, id: CallId, out: &mut Outbox) {
        let handover = self.calls.get(id).and_then(|call| call.handover);
        match handover.expect("the timer of a handover runs while it is under way").ask {
            Some(ask) => self.advance_call_for(id, Event::NoSlotInTime, Some(ask), None, out),
            None => self.advance_call(id, Event::TalkerLost, out),
        }
    }

    /// Action: the same talk goes on from another site.
    pub(crate) fn move_floor(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        let spurt = self.spurts.next(self.system.node);
        let FloorAsk { unit, press, site, claim } = ask;
        self.end_handover(id);
        let call = self.calls.get_mut(id).expect("a floor is moved in a call that runs");
        let before = call.floor.replace(Floor { unit, spurt, press, claim, site });
        let before = before.expect("a floor that is moved has a talker");
        let visitor = self.visitors.get_mut(unit).expect("who moved is registered");
        visitor.activity = Activity::Talking(id);
        visitor.last_request = Some(Answered { press, answer: Answer::Granted(id, spurt) });
        out.push(Output::ToSwitch(Shut { spurt: before.spurt }.into()));
        self.open_route(id, out);
        self.report(EventKind::FloorTaken { call: id, unit, spurt }, out);
    }

    /// Action: who moved learns that it does not go on talking.
    pub(crate) fn refuse_handover(&mut self, call: CallId, ask: FloorAsk, cause: Cause, out: &mut Outbox) {
        let FloorAsk { unit, press, site, .. } = ask;
        self.remember_refusal(unit, press, site, cause);
        self.tell(site, Refused { unit, press, cause }, out);
        self.report(EventKind::FloorRefused { call, unit, cause }, out);
    }

    /// The floor stays, goes on elsewhere or ends: it is kept for nobody any more.
    pub(crate) fn end_handover(&mut self, id: CallId) {
        if self.calls.get_mut(id).and_then(|call| call.handover.take()).is_some() {
            self.timers.cancel(TimerKey::Handover(id));
        }
    }
}
