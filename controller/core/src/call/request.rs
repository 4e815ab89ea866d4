//! Call requests: checked in order, weighed, granted, queued or refused; each ends in an answer.

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{CallCancel, CallRequest};
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::{Queued, Refused};
use trunklab_protocol::{
    AreaId, CallId, Cause, EmergencyKind, Parties, Press, Service, SiteId, Span, SpurtId, UnitId,
};

use super::alarm::Cry;
use super::caller::Caller;
use super::calls::Call;
use super::floor_queue::FloorAsk;
use super::queue::{Button, Patience, Request};
use super::table::{Event, State};
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::sites::Site;
use crate::registry::talkgroups::TalkgroupState;
use crate::registry::visitors::{Activity, Answer, Answered, Freshness, Visitor};
use crate::timers::TimerKey;

/// A request beside all that its checks look at.
struct Asked<'a> {
    controller: &'a Controller,
    message: &'a CallRequest,
    site: &'a Site,
    visitor: &'a Visitor,
    talkgroup: Option<&'a TalkgroupState>,
    area: Result<Option<AreaId>, Cause>,
}

type Check = fn(&Asked<'_>) -> bool;

/// What a request must satisfy once its unit is known to be at the site that speaks for it, in order. The first
/// check that fails is the cause.
const CHECKS: &[(Cause, Check)] = &[
    (Cause::UnknownTalkgroup, |asked| asked.talkgroup.is_some()),
    (Cause::EmergencyNotAllowed, |asked| {
        asked.is_normal() || asked.visitor.rights.include(Service::Emergency)
    }),
    (Cause::NotAMember, |asked| asked.is_affiliated() || asked.is_member()),
    (Cause::NotAffiliated, |asked| asked.is_affiliated()),
    (Cause::AreaNotAllowed, |asked| asked.area != Err(Cause::AreaNotAllowed)),
    (Cause::UnknownArea, |asked| asked.area != Err(Cause::UnknownArea)),
    (Cause::OutsideArea, |asked| asked.area.is_ok()),
    (Cause::NoTrafficChannel, |asked| !asked.site.slots.is_empty()),
];

impl Asked<'_> {
    fn is_normal(&self) -> bool {
        self.message.kind == RequestKind::Normal
    }

    fn is_affiliated(&self) -> bool {
        self.visitor.hears(self.message.talkgroup)
    }

    fn is_member(&self) -> bool {
        let subscriber = self.controller.home.unit(self.message.unit);
        subscriber.is_some_and(|row| self.controller.is_member(row, self.message.talkgroup))
    }
}

impl Controller {
    /// A unit asks for a group call.
    pub(crate) fn call_requested(&mut self, site: SiteId, message: CallRequest, out: &mut Outbox) {
        let CallRequest { unit, press, talkgroup, kind, .. } = message;
        let freshness = match self.present_at(unit, site) {
            Ok(visitor) => visitor.freshness(press),
            Err(cause) => return self.refuse_call(unit, press, site, talkgroup.into(), cause, out),
        };
        match freshness {
            Freshness::New | Freshness::Repeated(Answer::Unheard) => {}
            Freshness::Stale => return self.drop_message(site, Cause::Duplicate, out),
            Freshness::Repeated(answer) => {
                return self.repeat_answer(site, (unit, press), talkgroup.into(), answer, out);
            }
        }
        self.alerts_of_operators_answered(unit, out);
        self.affiliate_in_emergency(site, &message, out);
        let (area, activity) = match self.check_request(site, &message) {
            Ok(checked) => checked,
            Err(cause) => {
                self.remember_refusal(unit, press, site, cause);
                return self.refuse_call(unit, press, site, talkgroup.into(), cause, out);
            }
        };
        if kind == RequestKind::Emergency {
            let talkgroup = Some(talkgroup);
            self.note_emergency(Cry { unit, press, site, talkgroup, kind: EmergencyKind::Call }, out);
        }
        let running = self.talkgroups.get(talkgroup).and_then(|row| row.call);
        let parties = Parties::Group(talkgroup);
        // Most have nothing to give up.
        if activity != Activity::Idle {
            self.give_up_talk(unit, running, out);
            if self.waits_for(unit, parties, kind, area) {
                return self.press_again(site, unit, press, out);
            }
            if !self.is_called_back_for(unit, parties) {
                self.stop_waiting(unit, Cause::RequestCancelled, out);
            }
        }
        self.leave_pair(unit, Event::PartyLeft, out);
        self.arrivals += 1;
        let row = self.talkgroups.get(talkgroup).expect("the talkgroup was checked");
        let rights = self.visitors.get(unit).expect("the unit was found at the site").rights;
        let priority = row.config.priority.min(rights.priority);
        let request = Request {
            unit,
            press,
            parties,
            kind,
            area,
            priority,
            standing: priority,
            recency: self.recency(row),
            caller: Caller::Field(site),
            button: Button::Down,
            patience: Patience::Lasting,
            requested: self.now,
            arrival: self.arrivals,
        };
        self.consider(request, State::New, out);
    }

    /// A unit withdraws its request. It may have been granted on the way: then the unit does not talk after all.
    pub(crate) fn call_cancelled(&mut self, site: SiteId, message: CallCancel, out: &mut Outbox) {
        let CallCancel { unit, press } = message;
        let freshness = match self.present_at(unit, site) {
            Ok(visitor) => visitor.freshness(press),
            Err(cause) => return self.drop_message(site, cause, out),
        };
        match freshness {
            Freshness::Repeated(Answer::Queued) => self.end_waiting(unit, Event::Cancelled, None, out),
            Freshness::Repeated(Answer::Paging) => {
                self.advance_set_up_of(unit, Event::Cancelled, None, out);
            }
            Freshness::Repeated(Answer::FloorQueued(_)) => {
                self.end_floor_wait(unit, Event::FloorWaitCancelled, None, out);
            }
            Freshness::Repeated(Answer::Granted(call, spurt)) if self.is_talking(call, spurt) => {
                self.grant_unwanted(call, FloorAsk::usual(unit, press, site), out);
            }
            Freshness::Repeated(Answer::CalledBack(call)) if self.calls_back(call, unit) => {
                self.advance_call(call, Event::Cancelled, out);
            }
            // It gives up while the call is set up.
            Freshness::Repeated(Answer::Paired) if self.calls.pair_of(unit).is_some() => {
                self.leave_pair(unit, Event::PartyLeft, out);
            }
            // Nothing waits, or nothing is known of it since the controller's start: the radio wants to hear just that.
            Freshness::Repeated(
                Answer::Paired
                | Answer::CalledBack(_)
                | Answer::Granted(..)
                | Answer::Unheard
                | Answer::Refused(_),
            )
            | Freshness::New
            | Freshness::Stale => {
                self.tell(site, Refused { unit, press, cause: Cause::RequestCancelled }, out);
            }
        }
    }

    /// A request that is new, or whose called unit has answered, meets what can be done for it.
    pub(crate) fn consider(&mut self, request: Request, state: State, out: &mut Outbox) {
        let mut event = self.meet(&request, out);
        let waits = matches!(event, Event::RoomLacking | Event::AudienceBusy);
        if waits && !self.has_place_in_queue(&request) {
            event = Event::QueueFull;
        }
        if waits && event != Event::QueueFull && self.queue.len() >= usize::from(self.system.queue_len_max) {
            let last = self.queue.last().expect("a queue without places has no place to give up");
            self.advance_request(last, State::Queued, Event::Displaced, None, out);
        }
        self.advance_request(request, state, event, None, out);
    }

    /// Whether the queue has a place for a request, by giving up a less urgent one if need be.
    fn has_place_in_queue(&self, request: &Request) -> bool {
        self.queue.len() < usize::from(self.system.queue_len_max)
            || self.queue.last().is_some_and(|last| request.rank() < last.rank())
    }

    /// Tells the callers whose place in the queue has changed, as far as they are followed.
    pub(crate) fn tell_positions(&mut self, out: &mut Outbox) {
        for (request, position) in self.queue.moved() {
            self.tell_caller_place(&request, position, out);
        }
    }

    /// Action: a request takes its place.
    pub(crate) fn enter_queue(&mut self, request: Request, out: &mut Outbox) {
        let Request { unit, parties, priority, area, .. } = request;
        let site = request.site();
        let emergency = request.rank().is_emergency();
        let position = self.queue.enter(request);
        if let Some(row) = parties.talkgroup().and_then(|talkgroup| self.talkgroups.get_mut(talkgroup)) {
            row.waiting += 1;
        }
        let due = self.now + Span::from_millis(u64::from(self.system.queue_wait_ms_max));
        self.timers.set(TimerKey::QueueWait(unit), due);
        self.let_age(&request);
        self.caller_waits(&request, position, out);
        self.report(EventKind::CallQueued { unit, site, parties, area, priority, emergency, position }, out);
    }

    /// Action: a request gives its place up.
    pub(crate) fn leave_queue(&mut self, request: Request) {
        self.queue.leave(request.unit).expect("a request that leaves the queue is in it");
        if let Some(row) =
            request.parties.talkgroup().and_then(|talkgroup| self.talkgroups.get_mut(talkgroup))
        {
            row.waiting -= 1;
        }
        self.timers.cancel(TimerKey::QueueWait(request.unit));
        self.stop_ageing(request.unit);
        self.stop_override(request.unit);
        self.caller_waits_no_more(&request);
        // What was held back for it may serve another.
        self.slots_freed = true;
    }

    /// Action: a caller is refused.
    pub(crate) fn refuse_request(&mut self, request: &Request, cause: Cause, out: &mut Outbox) {
        let (unit, site, parties) = (request.unit, request.site(), Some(request.parties));
        self.refuse_caller(request, cause, EventKind::CallRefused { unit, site, parties, cause }, out);
    }

    /// Action: a request is withdrawn.
    pub(crate) fn withdraw_request(&mut self, request: &Request, cause: Cause, out: &mut Outbox) {
        let (unit, parties) = (request.unit, request.parties);
        self.refuse_caller(request, cause, EventKind::CallCancelled { unit, parties, cause }, out);
    }

    /// Action: the caller gets the floor of its talkgroup's running call.
    pub(crate) fn join_call(&mut self, request: Request, out: &mut Outbox) {
        let call = self.call_for(request.parties).expect("a call to be joined runs").id;
        if self.calls.get(call).is_some_and(Call::is_duplex) {
            return self.join_duplex(call, &request, out);
        }
        // The caller's site may be in the wider area alone.
        self.join_areas(call, request.area, out);
        if let Some(site) = request.site()
            && self.calls.get(call).is_some_and(|row| row.at(site).is_none())
        {
            self.add_leg(call, site, out);
        }
        if request.button == Button::Up {
            let Request { unit, press, parties, .. } = request;
            // It waits no longer, and nothing is kept for it: it presses as anybody.
            self.report(EventKind::CallCancelled { unit, parties, cause: Cause::RequestCancelled }, out);
            return self.tell_call_back(call, FloorAsk::usual(unit, press, request.site()), out);
        }
        match request.button {
            Button::Down | Button::Up => self.press_in_call(call, request.floor_ask(), out),
            // Nobody presses: the caller hears of the call that it has.
            Button::Unused | Button::Both => self.tell_call_again(call, request.site(), out),
        }
    }

    /// A site is told again how a call stands there.
    pub(crate) fn tell_call_again(&mut self, id: CallId, site: impl Into<Option<SiteId>>, out: &mut Outbox) {
        let site = site.into();
        let call = self.calls.get(id);
        let leg = call.and_then(|call| {
            call.legs.iter().find(|leg| Some(leg.site) == site).map(|leg| call.assertion(*leg))
        });
        if let Some(assertion) = leg {
            self.tell(site, assertion, out);
        }
    }

    /// Somebody has the floor: who waits for the same parties has its answer, or may wait for the floor as soon as
    /// this step is done.
    pub(crate) fn refuse_waiting(&mut self, parties: Parties, out: &mut Outbox) {
        if self.group(parties).is_none_or(|row| row.waiting == 0) {
            return;
        }
        let talkgroup = parties.talkgroup().expect("a talkgroup was found");
        let others: Vec<_> =
            self.queue.watch().of_talkgroup(talkgroup).into_iter().map(|rank| self.queue.at(rank)).collect();
        for other in others {
            let event = self.weigh(&other);
            if matches!(event, Event::FloorHeld | Event::BroadcastHeld) {
                self.advance_request(other, State::Queued, event, None, out);
            } else {
                self.slots_freed = true;
            }
        }
    }

    /// A unit that waits does so no longer.
    pub(crate) fn end_waiting(&mut self, unit: UnitId, event: Event, cause: Option<Cause>, out: &mut Outbox) {
        let request = self.queue.of(unit).expect("a unit that is marked as waiting is in the queue").request;
        self.advance_request(request, State::Queued, event, cause, out);
    }

    /// A unit that waits can no longer do so; nothing happens to others.
    pub(crate) fn stop_waiting(&mut self, unit: UnitId, cause: Cause, out: &mut Outbox) {
        match self.visitors.get(unit).map(|visitor| visitor.activity) {
            Some(Activity::Calling) => {
                self.advance_set_up_of(unit, Event::CallerGone, Some(cause), out);
            }
            Some(Activity::Called) => {
                let setup = *self.setups.of_called(unit).expect("a called unit has a set-up");
                self.advance_set_up(setup, Event::CalledBusy, None, out);
            }
            Some(Activity::Waiting) => self.end_waiting(unit, Event::CallerGone, Some(cause), out),
            Some(Activity::CalledBack(call)) => {
                self.advance_call_for(call, Event::CallerGone, None, Some(cause), out);
            }
            Some(Activity::WaitingForFloor(_)) => {
                self.end_floor_wait(unit, Event::FloorWaiterGone, Some(cause), out);
            }
            Some(Activity::Idle | Activity::Talking(_)) | None => {}
        }
    }

    /// A repeated grant: the caller's site is told again.
    pub(crate) fn repeat_grant(&mut self, id: CallId, spurt: SpurtId, to: SiteId, out: &mut Outbox) {
        let assertion = self
            .calls
            .get(id)
            .filter(|call| call.floor.is_some_and(|floor| floor.spurt == spurt))
            .and_then(|call| call.legs.iter().find(|leg| leg.site == to).map(|leg| call.assertion(*leg)));
        match assertion {
            Some(assertion) => self.tell(to, assertion, out),
            None => self.drop_message(to, Cause::Duplicate, out),
        }
    }

    /// What a unit was told, in case it asks again.
    pub(crate) fn remember_refusal(
        &mut self,
        unit: UnitId,
        press: Press,
        site: impl Into<Option<SiteId>>,
        cause: Cause,
    ) {
        if let Some(visitor) = self.visitors.get_mut(unit)
            && Some(visitor.site) == site.into()
            && visitor.freshness(press) != Freshness::Stale
        {
            visitor.last_request = Some(Answered { press, answer: Answer::Refused(cause) });
        }
    }

    /// The service area in which the call shall be heard, and what its unit does now, where nothing is against it.
    fn check_request(
        &self,
        site: SiteId,
        message: &CallRequest,
    ) -> Result<(Option<AreaId>, Activity), Cause> {
        let asked = Asked {
            controller: self,
            message,
            site: self.sites.get(site).expect("a site that speaks exists"),
            visitor: self.visitors.get(message.unit).expect("the unit was found at the site"),
            talkgroup: self.talkgroups.get(message.talkgroup),
            area: self.area_asked(site, message),
        };
        match CHECKS.iter().find(|(_, holds)| !holds(&asked)) {
            Some((cause, _)) => Err(*cause),
            None => asked.area.map(|area| (area, asked.visitor.activity)),
        }
    }

    /// The same request once more: the same answer once more.
    pub(crate) fn repeat_answer(
        &mut self,
        site: SiteId,
        (unit, press): (UnitId, Press),
        parties: Parties,
        answer: Answer,
        out: &mut Outbox,
    ) {
        match answer {
            Answer::Paging => self.repeat_page(unit, out),
            Answer::Paired => {
                if let Some(call) = self.call_for(parties).map(|call| call.id) {
                    self.tell_call_again(call, site, out);
                }
            }
            Answer::Queued => {
                let position =
                    self.queue.ask(unit, press).expect("a unit told that it waits is in the queue");
                self.tell(site, Queued { unit, press, position }, out);
            }
            Answer::CalledBack(call) => self.repeat_call_back(call, FloorAsk::usual(unit, press, site), out),
            Answer::Granted(call, spurt) => self.repeat_grant(call, spurt, site, out),
            Answer::Unheard => unreachable!("it is served anew"),
            Answer::FloorQueued(_) => self.tell_floor_place(unit, out),
            Answer::Refused(cause) => self.refuse_call(unit, press, site, parties, cause, out),
        }
    }

    /// Whether the unit already waits for just this.
    pub(crate) fn waits_for(
        &self,
        unit: UnitId,
        parties: Parties,
        kind: RequestKind,
        area: Option<AreaId>,
    ) -> bool {
        self.queue.of(unit).is_some_and(|waiting| {
            let request = waiting.request;
            (request.parties, request.kind, request.area) == (parties, kind, area)
        })
    }

    /// A unit that waits has pressed again: it keeps its place under the new number.
    pub(crate) fn press_again(&mut self, site: SiteId, unit: UnitId, press: Press, out: &mut Outbox) {
        let Request { button, parties, .. } = self.queue.of(unit).expect("who waits is in the queue").request;
        if button.is_used() {
            self.queue.note_button(unit, Button::Down);
            self.await_override(unit, parties);
        }
        let position = self.queue.ask(unit, press).expect("who waits is in the queue");
        let visitor = self.visitors.get_mut(unit).expect("who waits is registered");
        visitor.last_request = Some(Answered { press, answer: Answer::Queued });
        self.tell(site, Queued { unit, press, position }, out);
    }

    pub(crate) fn refuse_call(
        &mut self,
        unit: UnitId,
        press: Press,
        site: impl Into<Option<SiteId>>,
        parties: Parties,
        cause: Cause,
        out: &mut Outbox,
    ) {
        let site = site.into();
        self.tell(site, Refused { unit, press, cause }, out);
        self.report(EventKind::CallRefused { unit, site, parties: Some(parties), cause }, out);
    }

    pub(crate) fn is_talking(&self, call: CallId, spurt: SpurtId) -> bool {
        self.calls.get(call).is_some_and(|row| row.floor.is_some_and(|floor| floor.spurt == spurt))
    }
}
