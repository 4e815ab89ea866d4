//! Individual calls: the called unit is asked before a channel is spent, then the two have a call like a group of two
//! (clause 12.9).
//!
//! A request is checked, and becomes a set-up: the called unit is paged at its site. It says whether it can take the
//! call, and where it is to ring it rings until its user answers. From there the request goes the way of all requests:
//! it takes its slots, or waits for them in the queue. Units that ask for each other are of one mind and get one call.

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{HangUp, PageAnswer, UnitRequest};
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::{Page, PageOver, Ringing};
use trunklab_protocol::{
    CallSetup, Cause, Clause, Condition, PageReply, Pair, Parties, Press, Service, SiteId, Span, UnitId,
};

use super::caller::Caller;
use super::decision::Sites;
use super::queue::{Button, Patience, Recency, Request};
use super::setups::{Setup, Stage};
use super::table::{Event, State};
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::sites::Site;
use crate::registry::visitors::{Activity, Answer, Answered, Freshness, Presence, Visitor};
use crate::timers::TimerKey;

/// A request beside all that its checks look at.
struct Asked<'a> {
    controller: &'a Controller,
    message: &'a UnitRequest,
    site: &'a Site,
    caller: &'a Visitor,
    called: Option<&'a Visitor>,
}

type Check = fn(&Asked<'_>) -> bool;

/// What a request for another unit must satisfy once its own unit is known to be at the site that speaks for it, in
/// order. The first check that fails is the cause.
const CHECKS: &[(Cause, Check)] = &[
    (Cause::IndividualNotAllowed, |asked| asked.may_call()),
    (Cause::NoTrafficChannel, |asked| !asked.site.slots.is_empty()),
    (Cause::CalledUnknown, |asked| asked.controller.home.unit(asked.message.called).is_some()),
    (Cause::CalledNotRegistered, |asked| asked.is_reachable()),
    (Cause::NoTrafficChannel, |asked| asked.has_channel()),
    (Cause::CalledBusy, |asked| asked.controller.is_free_for(asked.message.called, asked.message.unit)),
];

impl Asked<'_> {
    /// By order it calls without the right.
    fn may_call(&self) -> bool {
        self.message.setup == CallSetup::Monitor || self.caller.rights.include(Service::Individual)
    }

    fn is_reachable(&self) -> bool {
        self.called.is_some_and(|called| called.presence == Presence::Present)
    }

    fn has_channel(&self) -> bool {
        let site = self.called.and_then(|called| self.controller.sites.get(called.site));
        site.is_some_and(|site| !site.slots.is_empty())
    }
}

impl Controller {
    /// A unit asks for a call with another.
    pub(crate) fn unit_requested(&mut self, site: SiteId, message: UnitRequest, out: &mut Outbox) {
        let UnitRequest { unit, press, called, setup } = message;
        let parties = Parties::Pair(Pair { caller: unit, called });
        let freshness = match self.present_at(unit, site) {
            Ok(visitor) => visitor.freshness(press),
            Err(cause) => return self.refuse_call(unit, press, site, parties, cause, out),
        };
        match freshness {
            Freshness::New | Freshness::Repeated(Answer::Unheard) => {}
            // What it met is over: it asks for itself.
            Freshness::Repeated(Answer::Paired)
                if self.call_for(parties).is_none() && !self.crosses(unit, called) => {}
            Freshness::Repeated(answer) => {
                return self.repeat_answer(site, (unit, press), parties, answer, out);
            }
            Freshness::Stale => return self.drop_message(site, Cause::Duplicate, out),
        }
        self.alert_called_back(unit, called, out);
        let checked = match setup {
            CallSetup::Monitor => self.monitor_asked(unit, called, out),
            CallSetup::Immediate | CallSetup::Ringing | CallSetup::Duplex => {
                self.remote.forget_monitor(unit);
                Ok(())
            }
        };
        if let Err(cause) = checked.and_then(|()| self.check_unit_request(site, &message)) {
            self.remote.take_monitor(parties);
            self.remember_refusal(unit, press, site, cause);
            return self.refuse_call(unit, press, site, parties, cause, out);
        }
        self.give_up_talk(unit, None, out);
        if self.crosses(unit, called) {
            return self.meet_crossed(unit, press, called, out);
        }
        let button = match setup {
            CallSetup::Immediate | CallSetup::Monitor => Button::Down,
            CallSetup::Ringing => Button::Unused,
            CallSetup::Duplex if self.can_be_duplex(Pair { caller: unit, called }) => Button::Both,
            CallSetup::Duplex => Button::Unused,
        };
        if self.is_set_up_so(unit, called, button) {
            return self.press_again_in_set_up(unit, press, out);
        }
        if self.waits_for(unit, parties, RequestKind::Normal, None) {
            return self.press_again(site, unit, press, out);
        }
        if !self.is_called_back_for(unit, parties) {
            self.stop_waiting(unit, Cause::RequestCancelled, out);
        }
        let stands = self.call_for(parties).is_some();
        if !stands {
            self.leave_pair(unit, Event::PartyLeft, out);
            self.lose_floor(unit, out);
        }
        self.arrivals += 1;
        let rights = self.visitors.get(unit).expect("the unit was found at the site").rights;
        let (kind, priority) = (RequestKind::Normal, self.system.individual_priority.min(rights.priority));
        let (requested, arrival) = (self.now, self.arrivals);
        let request = Request {
            unit,
            press,
            parties,
            kind,
            area: None,
            priority,
            standing: priority,
            recency: Recency::Other,
            caller: Caller::Field(site),
            button,
            requested,
            arrival,
            patience: Patience::Lasting,
        };
        if stands {
            self.consider(request, State::New, out);
        } else {
            self.advance_request(request, State::New, Event::CalledReachable, None, out);
        }
    }

    fn check_unit_request(&self, site: SiteId, message: &UnitRequest) -> Result<(), Cause> {
        let asked = Asked {
            controller: self,
            message,
            site: self.sites.get(site).expect("a site that speaks exists"),
            caller: self.visitors.get(message.unit).expect("the unit was found at the site"),
            called: self.visitors.get(message.called),
        };
        match CHECKS.iter().find(|(_, holds)| !holds(&asked)) {
            Some((cause, _)) => Err(*cause),
            None if self.remote.condition(message.called) != Condition::Active => Err(Cause::CalledRefuses),
            None => Ok(()),
        }
    }

    /// A paged unit answers.
    pub(crate) fn page_answered(&mut self, site: SiteId, message: PageAnswer, out: &mut Outbox) {
        let PageAnswer { unit, caller, page, reply } = message;
        if let Err(cause) = self.present_at(unit, site) {
            return self.drop_message(site, cause, out);
        }
        let setup = self.setups.of_caller(caller).copied();
        let Some(setup) = setup.filter(|setup| setup.called == unit && setup.request.press == page) else {
            return self.answered_late(site, message, out);
        };
        let Setup { request, stage, .. } = setup;
        let rings = !request.button.is_used();
        match (reply, stage) {
            (PageReply::Busy, _) => self.advance_set_up(setup, Event::CalledBusy, None, out),
            (PageReply::Refuses, _) => self.advance_set_up(setup, Event::CalledRefuses, None, out),
            (PageReply::Available, Stage::Ringing) => self.drop_message(site, Cause::Duplicate, out),
            (PageReply::Available, Stage::Paging) if rings => {
                self.advance_set_up(setup, Event::CalledRings, None, out);
            }
            (PageReply::Available | PageReply::Answers, _) => self.consider(request, stage.state(), out),
        }
    }

    /// A set-up that is over is answered: a unit that rings for it still shall stop.
    fn answered_late(&mut self, site: SiteId, message: PageAnswer, out: &mut Outbox) {
        let PageAnswer { unit, caller, page: press, reply } = message;
        let parties = Parties::Pair(Pair { caller, called: unit });
        let goes_on =
            self.call_for(parties).is_some() || self.waits_for(caller, parties, RequestKind::Normal, None);
        if goes_on {
            return self.drop_message(site, Cause::Duplicate, out);
        }
        self.drop_message(site, Cause::UnknownCall, out);
        if matches!(reply, PageReply::Available | PageReply::Answers) {
            let word = PageOver { unit, caller, press, cause: Cause::UnknownCall };
            self.tell_by(Clause::Ringing, site, word, out);
        }
    }

    /// A party hangs up.
    pub(crate) fn hung_up(&mut self, site: SiteId, message: HangUp, out: &mut Outbox) {
        let HangUp { unit, call } = message;
        if let Err(cause) = self.present_at(unit, site) {
            return self.drop_message(site, cause, out);
        }
        if self.calls.pair_of(unit) == Some(call) {
            self.advance_call(call, Event::PartyLeft, out);
        } else {
            self.drop_message(site, Cause::UnknownCall, out);
        }
    }

    /// The individual call that a unit is in ends, for it has other things to do or is gone.
    pub(crate) fn leave_pair(&mut self, unit: UnitId, event: Event, out: &mut Outbox) {
        if let Some(call) = self.calls.pair_of(unit) {
            self.advance_call(call, event, out);
        }
    }

    /// A unit is no longer where it was: nobody can call it there, nor has it a call any more.
    pub(crate) fn leave_individual_calls(&mut self, unit: UnitId, out: &mut Outbox) {
        if let Some(setup) = self.setups.of_called(unit).copied() {
            self.advance_set_up(setup, Event::CalledGone, None, out);
        }
        self.leave_pair(unit, Event::NobodyLeft, out);
    }

    /// An event happens to a set-up.
    pub(crate) fn advance_set_up(
        &mut self,
        setup: Setup,
        event: Event,
        cause: Option<Cause>,
        out: &mut Outbox,
    ) {
        self.advance_request(setup.request, setup.stage.state(), event, cause, out);
    }

    /// An event happens to a caller's set-up.
    pub(crate) fn advance_set_up_of(
        &mut self,
        caller: UnitId,
        event: Event,
        cause: Option<Cause>,
        out: &mut Outbox,
    ) {
        let setup = *self.setups.of_caller(caller).expect("a caller that is marked so has a set-up");
        self.advance_set_up(setup, event, cause, out);
    }

    /// Action: the called unit is asked.
    pub(crate) fn page(&mut self, request: Request, out: &mut Outbox) {
        let Request { unit: caller, press, button, .. } = request;
        let called = request.called();
        self.setups.begin(Setup { request, called, stage: Stage::Paging });
        let visitor = self.visitors.get_mut(caller).expect("who calls is registered");
        visitor.activity = Activity::Calling;
        visitor.last_request = Some(Answered { press, answer: Answer::Paging });
        let visitor = self.visitors.get_mut(called).expect("who is paged was found registered");
        visitor.activity = Activity::Called;
        let site = visitor.site;
        let (setup, ring_ms) = match button {
            Button::Unused | Button::Both => (CallSetup::Ringing, self.system.ring_ms_max),
            Button::Down | Button::Up => (CallSetup::Immediate, 0),
        };
        self.tell(site, Page { unit: called, caller, press, setup, ring_ms }, out);
        self.report(EventKind::UnitPaged { unit: called, caller, site }, out);
    }

    /// Action: the caller learns that the called unit rings.
    pub(crate) fn tell_ringing(&mut self, request: Request, out: &mut Outbox) {
        let Request { unit, press, .. } = request;
        let site = request.site();
        self.timers.cancel(TimerKey::Page(unit));
        self.setups.note_ringing(unit);
        self.tell(site, Ringing { unit, press }, out);
        self.report(EventKind::UnitRings { unit: request.called(), caller: unit }, out);
    }

    /// Action: the set-up is over, whatever comes of the request.
    pub(crate) fn end_set_up(&mut self, request: Request) {
        let caller = request.unit;
        let setup = self.setups.end(caller).expect("a set-up that ends is under way");
        self.timers.cancel(TimerKey::Page(caller));
        self.timers.cancel(TimerKey::Ring(caller));
        for unit in [caller, setup.called] {
            self.visitors.get_mut(unit).expect("who takes part in a set-up is registered").activity =
                Activity::Idle;
        }
    }

    /// A called unit that rings, or has answered, learns that no call will come, unless it is itself the reason.
    pub(crate) fn stop_ringing(&mut self, request: &Request, cause: Cause, out: &mut Outbox) {
        let Parties::Pair(Pair { caller, called: unit }) = request.parties else { return };
        if matches!(cause, Cause::CalledBusy | Cause::CalledRefuses | Cause::CalledNotRegistered) {
            return;
        }
        let site = self.visitors.get(unit).map(|visitor| visitor.site);
        if let (false, Some(site)) = (request.button.is_used(), site) {
            self.tell(site, PageOver { unit, caller, press: request.press, cause }, out);
        }
    }

    /// A call was set up without a talker: what its caller is told if it asks again.
    pub(crate) fn note_paired(&mut self, request: &Request) {
        let Request { unit, press, .. } = *request;
        let visitor = self.visitors.get_mut(unit).expect("a party is registered");
        visitor.last_request = Some(Answered { press, answer: Answer::Paired });
    }

    /// Whether the unit that is asked for has itself asked for the unit that asks, and waits for its answer.
    fn crosses(&self, unit: UnitId, called: UnitId) -> bool {
        let asks_for_us =
            |request: &Request| request.parties == Parties::Pair(Pair { caller: called, called: unit });
        self.setups.of_caller(called).is_some_and(|setup| asks_for_us(&setup.request))
            || self.queue.of(called).is_some_and(|waiting| asks_for_us(&waiting.request))
    }

    /// Two units ask for each other: the later request is the answer to the earlier one.
    fn meet_crossed(&mut self, unit: UnitId, press: Press, called: UnitId, out: &mut Outbox) {
        let visitor = self.visitors.get_mut(unit).expect("who asks is registered");
        visitor.last_request = Some(Answered { press, answer: Answer::Paired });
        if let Some(setup) = self.setups.of_caller(called).copied() {
            self.consider(setup.request, setup.stage.state(), out);
        }
    }

    fn is_set_up_so(&self, unit: UnitId, called: UnitId, button: Button) -> bool {
        let setup = self.setups.of_caller(unit);
        setup.is_some_and(|setup| (setup.called, setup.request.button) == (called, button))
    }

    /// The caller pressed again while the called unit is asked: one set-up, under the new number.
    fn press_again_in_set_up(&mut self, unit: UnitId, press: Press, out: &mut Outbox) {
        let visitor = self.visitors.get_mut(unit).expect("who calls is registered");
        visitor.last_request = Some(Answered { press, answer: Answer::Paging });
        self.setups.renumber(unit, press);
        self.repeat_page(unit, out);
    }

    /// What a caller was told is said again; a page that nobody answered yet, too.
    pub(crate) fn repeat_page(&mut self, caller: UnitId, out: &mut Outbox) {
        let Some(Setup { request, called, stage }) = self.setups.of_caller(caller).copied() else { return };
        let Request { press, button, .. } = request;
        let site = request.site();
        match (stage, self.visitors.get(called).map(|visitor| visitor.site)) {
            (Stage::Ringing, _) => {
                self.tell_by(Clause::Ringing, site, Ringing { unit: caller, press }, out);
            }
            (Stage::Paging, Some(called_site)) => {
                let (setup, ring_ms) = match button {
                    Button::Unused | Button::Both => (CallSetup::Ringing, self.system.ring_ms_max),
                    Button::Down | Button::Up => (CallSetup::Immediate, 0),
                };
                let word = Page { unit: called, caller, press, setup, ring_ms };
                self.tell_by(Clause::Page, called_site, word, out);
            }
            (Stage::Paging, None) => {}
        }
    }

    /// Whether a unit does nothing that keeps it from a call with another.
    fn is_free_for(&self, unit: UnitId, other: UnitId) -> bool {
        if unit == other {
            return false;
        }
        if let Some(call) = self.calls.pair_of(unit) {
            return self.calls.pair_of(other) == Some(call);
        }
        let Some(visitor) = self.visitors.get(unit) else { return false };
        match visitor.activity {
            Activity::Idle => !self.listens(visitor),
            Activity::Called => self.setups.of_called(unit).is_some_and(|setup| setup.request.unit == other),
            Activity::Calling | Activity::Waiting => self.crosses(other, unit),
            Activity::CalledBack(_) | Activity::WaitingForFloor(_) | Activity::Talking(_) => false,
        }
    }

    /// Whether a unit hears a call of its talkgroups: then it does not hear the control channel.
    fn listens(&self, visitor: &Visitor) -> bool {
        let mut calls = visitor.talkgroups().filter_map(|talkgroup| self.call_for(talkgroup.into()));
        calls.any(|call| call.called_back.is_none() && call.at(visitor.site).is_some())
    }

    /// What has become of the unit that a request asks for, where that keeps the call from being set up.
    pub(crate) fn called_is_lost(&self, request: &Request) -> Option<Event> {
        let Pair { caller, called } = request.parties.pair()?;
        let is_present =
            self.visitors.get(called).is_some_and(|visitor| visitor.presence == Presence::Present);
        match () {
            // Who was stunned meanwhile is there for nobody.
            () if !is_present || self.remote.condition(called) != Condition::Active => {
                Some(Event::CalledGone)
            }
            () if !self.is_free_for(called, caller) => Some(Event::CalledBusy),
            () => None,
        }
    }

    /// The sites of two units, in order.
    pub(crate) fn sites_of(&self, pair: Pair) -> Sites {
        let mut sites: Sites = [pair.caller, pair.called]
            .into_iter()
            .filter_map(|unit| self.visitors.get(unit).map(|visitor| visitor.site))
            .collect();
        sites.sort_unstable();
        sites.dedup();
        sites
    }

    /// How long a page waits for its answer.
    pub(crate) fn page_limit(&self) -> Span {
        Span::from_millis(u64::from(self.system.page_ms_max))
    }

    /// How long a unit rings.
    pub(crate) fn ring_limit(&self) -> Span {
        Span::from_millis(u64::from(self.system.ring_ms_max))
    }
}
