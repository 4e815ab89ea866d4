//! The floor: one talker at a time, a new spurt for each.

use std::collections::BTreeSet;

use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::from_site::{FloorRequest, HeldCall, TalkEnd, TalkerSilent};
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::switch::{Open, Shut};
use trunklab_protocol::to_site::{FloorRefused, FloorWithdrawn, TalkWarning};
use trunklab_protocol::{
    CallId, Cause, Demand, EmergencyKind, Epoch, NodeId, Service, SiteId, Span, SpurtId,
};

use super::alarm::Cry;
use super::calls::Floor;
use super::decision::FloorEvent;
use super::floor_queue::{Claim, FloorAsk};
use super::table::Event;
use crate::controller::Controller;
use crate::isolated;
use crate::output::{Outbox, Output};
use crate::registry::visitors::{Activity, Answer, Answered, Freshness};
use crate::timers::TimerKey;

impl Controller {
    /// A unit asks for the floor of a running call.
    pub(crate) fn floor_requested(&mut self, site: SiteId, message: FloorRequest, out: &mut Outbox) {
        let FloorRequest { unit, press, call, demand } = message;
        let right = self.visitors.get(unit).map(|visitor| visitor.rights.floor_demand).unwrap_or_default();
        let ask = FloorAsk { unit, press, site: Some(site), claim: Claim::of_field(demand.within(right)) };
        if let Err(cause) = self.check_floor_request(site, &message) {
            return self.refuse_floor(call, ask, cause, out);
        }
        let visitor = self.visitors.get(unit).expect("a unit that passed the checks is registered");
        let freshness = visitor.freshness(press);
        let heard = self.calls.get(call).and_then(|call| call.parties.talkgroup());
        let talkgroup = heard.filter(|heard| visitor.hears(*heard)).or(visitor.talkgroup);
        if ask.claim.demand() == Demand::Emergency && freshness == Freshness::New {
            self.note_emergency(Cry { unit, press, site, talkgroup, kind: EmergencyKind::Call }, out);
        }
        match freshness {
            Freshness::Repeated(Answer::Refused(cause)) => self.refuse_floor(call, ask, cause, out),
            Freshness::Repeated(Answer::Granted(granted, spurt)) => {
                self.repeat_grant(granted, spurt, site, out);
                self.repeat_kept_floor(granted, &ask, out);
            }
            Freshness::Repeated(Answer::FloorQueued(_)) => self.tell_floor_place(unit, out),
            Freshness::Repeated(
                Answer::Paging | Answer::Paired | Answer::Queued | Answer::CalledBack(_) | Answer::Unheard,
            )
            | Freshness::New => self.press_in_call(call, ask, out),
            Freshness::Stale => self.drop_message(site, Cause::Duplicate, out),
        }
    }

    /// The checks of a request for the floor, in order; the first that fails is the cause.
    fn check_floor_request(&self, site: SiteId, message: &FloorRequest) -> Result<(), Cause> {
        let call = self.calls.get(message.call).ok_or(Cause::UnknownCall)?;
        let visitor = self.visitors.get(message.unit).ok_or(Cause::NotRegistered)?;
        match () {
            () if visitor.site != site => Err(Cause::WrongSite),
            () if !self.takes_part(visitor, call) => Err(Cause::NotAffiliated),
            () if call.at(site).is_none() => Err(Cause::WrongSite),
            () if message.demand == Demand::Emergency && !visitor.rights.include(Service::Emergency) => {
                Err(Cause::EmergencyNotAllowed)
            }
            // Both have what they ask for.
            () if call.is_duplex() => Err(Cause::WrongState),
            () => Ok(()),
        }
    }

    /// A unit presses in a call that reaches its site: it gets a floor that is free, or the one of a talker that it may
    /// interrupt, or waits, or is refused.
    pub(crate) fn press_in_call(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        if self.waits_so(id, &ask) {
            return self.press_again_for_floor(id, ask, out);
        }
        if self.calls_back(id, ask.unit) {
            return self.advance_call_for(id, Event::CallerPressed, Some(ask), None, out);
        }
        self.stop_waiting(ask.unit, Cause::RequestCancelled, out);
        if self.calls.pair_of(ask.unit) != Some(id) {
            self.leave_pair(ask.unit, Event::PartyLeft, out);
        }
        let talker = self.calls.get(id).and_then(|call| call.floor).map(|floor| floor.unit);
        if talker != Some(ask.unit) {
            self.give_up_talk(ask.unit, Some(id), out);
        }
        self.raise_call(id, ask, out);
        let call = self.calls.get(id).expect("a press is checked against a call that runs");
        if Self::is_talker_in_emergency(call, &ask) {
            return self.keep_floor_in_emergency(id, ask, out);
        }
        if call.floor.is_some_and(|floor| floor.unit == ask.unit) {
            return self.talker_pressed(id, ask, out);
        }
        let event = match self.floor_event(call, &ask) {
            FloorEvent::Given | FloorEvent::Held => Event::PttPressed,
            FloorEvent::Interrupts => Event::FloorInterrupted,
            FloorEvent::Waits => Event::FloorWanted,
            FloorEvent::Full => Event::FloorQueueFull,
            FloorEvent::Broadcast => Event::BroadcastHeld,
        };
        self.advance_call_for(id, event, Some(ask), None, out);
    }

    /// The talker presses anew: its end was lost. Who waits goes before it.
    fn talker_pressed(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        let call = self.calls.get(id).expect("a press is checked against a call that runs");
        if call.record.is_full() {
            self.advance_call(id, Event::PttReleased, out);
            self.refuse_floor(id, ask, Cause::TransmissionLimit, out);
        } else if call.floor_queue.is_empty() {
            self.advance_call_for(id, Event::TalkerPressed, Some(ask), None, out);
        } else {
            self.advance_call(id, Event::PttReleased, out);
            self.press_in_call(id, ask, out);
        }
    }

    /// A talker says that it has stopped.
    pub(crate) fn talk_ended(&mut self, site: SiteId, message: TalkEnd, out: &mut Outbox) {
        let floor = self.calls.get(message.call).map(|call| call.floor);
        match floor {
            None => self.drop_message(site, Cause::UnknownCall, out),
            Some(Some(floor)) if floor.spurt == message.spurt => match () {
                () if floor.unit != message.unit => self.drop_message(site, Cause::NotTheTalker, out),
                () if floor.site != Some(site) => self.drop_message(site, Cause::WrongSite, out),
                () => self.advance_call(message.call, Event::PttReleased, out),
            },
            Some(Some(_) | None) => self.drop_message(site, Cause::Duplicate, out),
        }
    }

    /// A site no longer hears a talker.
    pub(crate) fn talker_silent(&mut self, site: SiteId, message: TalkerSilent, out: &mut Outbox) {
        if self.party_silent(message.call, site, message.spurt, out) {
            return;
        }
        let floor = self.calls.get(message.call).map(|call| call.floor);
        match floor {
            None => self.drop_message(site, Cause::UnknownCall, out),
            // It has said that it goes, or is gone already.
            Some(Some(floor)) if floor.spurt == message.spurt && self.is_on_its_way(message.call) => {}
            Some(Some(floor)) if floor.spurt == message.spurt => match floor.site {
                Some(talker_site) if talker_site == site => {
                    self.advance_call(message.call, Event::TalkerSilent, out)
                }
                Some(_) | None => self.drop_message(site, Cause::WrongSite, out),
            },
            Some(Some(_) | None) => self.drop_message(site, Cause::Duplicate, out),
        }
    }

    fn is_on_its_way(&self, call: CallId) -> bool {
        self.calls.get(call).is_some_and(|call| call.handover.is_some())
    }

    /// Action: a spurt begins.
    pub(crate) fn grant_floor(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        let spurt = self.spurts.next(self.system.node);
        let now = self.now;
        let call = self.calls.get_mut(id).expect("a floor is granted in a call that runs");
        let FloorAsk { unit, press, site, claim } = ask;
        call.floor = Some(Floor { unit, spurt, press, claim, site });
        call.record.spurt_begun(ask.unit, now);
        let parties = call.parties;
        if claim.is_console() {
            self.console_granted(unit, id, spurt, out);
        } else {
            let visitor =
                self.visitors.get_mut(ask.unit).expect("a floor is granted to a unit that is registered");
            visitor.activity = Activity::Talking(id);
            visitor.last_request = Some(Answered { press: ask.press, answer: Answer::Granted(id, spurt) });
        }
        self.open_route(id, out);
        self.report(EventKind::FloorTaken { call: id, unit: ask.unit, spurt }, out);
        self.refuse_waiting(parties, out);
        self.refuse_waiting_audience(id, out);
    }

    /// Action: a spurt that a site reports goes on.
    pub(crate) fn keep_floor(&mut self, id: CallId, (site, held): (SiteId, HeldCall), out: &mut Outbox) {
        let talker = held.talker.expect("a call reported as talking has a talker");
        let now = self.now;
        self.spurts.adopt(talker.spurt);
        let call = self.calls.get_mut(id).expect("the call was adopted just now");
        // Who talked in an emergency is not told: nobody in the field shall interrupt it.
        let claim = Claim::of_field(if held.emergency { Demand::Emergency } else { Demand::Low });
        let Talker { unit, spurt, press } = talker;
        call.floor = Some(Floor { unit, spurt, press, claim, site: None });
        call.record.spurt_begun(talker.unit, now);
        if held.talker_is_here {
            self.place_talker(id, site, out);
        }
        self.report(EventKind::FloorTaken { call: id, unit: talker.unit, spurt: talker.spurt }, out);
    }

    /// The site of a reported talker is known now: its voice gets a route.
    pub(crate) fn place_talker(&mut self, id: CallId, site: SiteId, out: &mut Outbox) {
        let call = self.calls.get_mut(id).expect("a talker is placed in a call that runs");
        let floor = call.floor.as_mut().expect("a talker is placed while it talks");
        floor.site = Some(site);
        let (unit, press, spurt) = (floor.unit, floor.press, floor.spurt);
        let visitor = self.visitors.get_mut(unit).expect("a talker is placed where it is registered");
        visitor.activity = Activity::Talking(id);
        visitor.last_request = Some(Answered { press, answer: Answer::Granted(id, spurt) });
        self.open_route(id, out);
    }

    /// Action: a spurt ends.
    pub(crate) fn withdraw_floor(&mut self, id: CallId, cause: Cause, out: &mut Outbox) -> Floor {
        let now = self.now;
        let call = self.calls.get_mut(id).expect("a floor is withdrawn in a call that runs");
        if call.handover.take().is_some() {
            self.timers.cancel(TimerKey::Handover(id));
        }
        let floor = call.floor.take().expect("a floor is withdrawn from a talker");
        call.record.spurt_ended(now, cause);
        if let Some(row) = call.parties.talkgroup().and_then(|talkgroup| self.talkgroups.get_mut(talkgroup)) {
            row.talked = Some(now);
        }
        if let Some(visitor) = self.visitors.get_mut(floor.unit) {
            if visitor.activity == Activity::Talking(id) {
                visitor.activity = Activity::Idle;
            }
            if let Some(last) = visitor.last_request.as_mut()
                && last.answer == Answer::Granted(id, floor.spurt)
                && [Cause::TalkerLost, Cause::CallLost, Cause::SlotFaulty].contains(&cause)
            {
                last.answer = Answer::Unheard;
            }
        }
        out.push(Output::ToSwitch(Shut { spurt: floor.spurt }.into()));
        self.console_ended(&floor, cause, out);
        self.report(EventKind::FloorReleased { call: id, unit: floor.unit, cause }, out);
        floor
    }

    /// Action: who talked until now learns why it does no longer, where it can be told.
    pub(crate) fn tell_talker(&mut self, call: CallId, ended: Floor, cause: Cause, out: &mut Outbox) {
        let Floor { unit, spurt, site, .. } = ended;
        if let Some(site) = site {
            self.tell(site, FloorWithdrawn { call, unit, spurt, cause }, out);
        }
    }

    /// Action: the talker learns how much of its time is left, and when that is over it has reached the limit.
    pub(crate) fn warn_talker(&mut self, call: CallId, out: &mut Outbox) {
        let floor = self.calls.get(call).and_then(|row| row.floor).expect("who is warned talks");
        let left_ms = self.system.transmission_warning_ms;
        self.timers.set(TimerKey::Transmission(call), self.now + Span::from_millis(u64::from(left_ms)));
        if let Some(site) = floor.site {
            let Floor { unit, spurt, .. } = floor;
            self.tell(site, TalkWarning { call, unit, spurt, left_ms }, out);
        }
        self.warn_console(&floor, left_ms, out);
    }

    /// Action: a unit does not get the floor. The call may be unknown: then that is why.
    pub(crate) fn refuse_floor(&mut self, call: CallId, ask: FloorAsk, cause: Cause, out: &mut Outbox) {
        self.remember_refusal(ask.unit, ask.press, ask.site, cause);
        self.tell(ask.site, FloorRefused { call, unit: ask.unit, press: ask.press, cause }, out);
        self.report(EventKind::FloorRefused { call, unit: ask.unit, cause }, out);
        if ask.claim.is_console() {
            self.console_refused(ask.unit, cause, out);
        }
    }

    /// Tells the switch where the talker's voice goes; said again when a site joins or leaves.
    pub(crate) fn open_route(&mut self, id: CallId, out: &mut Outbox) {
        self.record_spurt(id, out);
        let call = self.calls.get(id).expect("a route belongs to a call that runs");
        if call.floor.is_some_and(|floor| floor.claim.is_console()) {
            return self.open_console_route(id, out);
        }
        let Some((floor, from)) = call.floor.and_then(|floor| floor.site.map(|site| (floor, site))) else {
            return;
        };
        let to = call.legs.iter().map(|leg| leg.site).filter(|site| *site != from).collect();
        out.push(Output::ToSwitch(Open { spurt: floor.spurt, call: id, from, to, beside: None }.into()));
    }
}

/// Draws spurt ids: the node's low octet, then a count of 24 bits. Each term begins its count elsewhere, so that the
/// spurts of the one before, which its sites may still carry, are not drawn again.
#[derive(Debug, Clone, Default, Hash)]
pub struct SpurtCounter {
    /// Where the term began to count.
    origin: u32,
    /// How many were drawn or passed over.
    drawn: u32,
    /// Spurts of an earlier term that were taken over: not to be drawn again in this one.
    adopted: BTreeSet<SpurtId>,
}

impl SpurtCounter {
    const MASK: u32 = 0x00FF_FFFF;
    /// Spurts from one term's origin to the next one's.
    const TERM: u32 = 1 << 16;

    /// The counter of a term.
    pub fn of_term(epoch: Epoch) -> Self {
        Self { origin: epoch.number().wrapping_mul(Self::TERM) & Self::MASK, ..Self::default() }
    }

    /// A spurt of this node that no site brought along.
    pub fn next(&mut self, node: NodeId) -> SpurtId {
        loop {
            self.drawn = self.drawn.wrapping_add(1).max(1);
            let count = self.origin.wrapping_add(self.drawn) & Self::MASK;
            if let Some(spurt) = SpurtId::new(Self::octet(node) | count)
                && !self.adopted.contains(&spurt)
            {
                return spurt;
            }
        }
    }

    /// A site brought a spurt along; `false` where one did before.
    pub fn adopt(&mut self, spurt: SpurtId) -> bool {
        self.adopted.insert(spurt)
    }

    /// Whether a spurt was this term's already: drawn by this node, or brought along by a site.
    pub fn was_used(&self, spurt: SpurtId, node: NodeId) -> bool {
        let place = spurt.number().wrapping_sub(self.origin) & Self::MASK;
        let drawn = (1..=self.drawn).contains(&place) || self.drawn > Self::MASK;
        (spurt.number() & !Self::MASK == Self::octet(node) && drawn) || self.adopted.contains(&spurt)
    }

    /// The upper half belongs to sites that serve alone.
    const fn octet(node: NodeId) -> u32 {
        let half = if isolated::is_controllers(node) { 0 } else { 0x80 };
        (half | node.number() as u32 & 0x7F) << 24
    }
}
