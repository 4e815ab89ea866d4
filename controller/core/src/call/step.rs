//! Walks the state table: finds the row for an event, does its actions in order, starts the next state's timer.

use trunklab_protocol::from_site::HeldCall;
use trunklab_protocol::{AreaId, CallId, Cause, SiteId, Span, Trunking};

use super::calls::{Call, Floor};
use super::floor_queue::FloorAsk;
use super::queue::Request;
use super::table::{Action, Event, Next, Row, Sequel, State};
use crate::controller::Controller;
use crate::output::Outbox;
use crate::timers::TimerKey;

/// What the actions of one row work on.
#[derive(Debug, Default)]
pub(crate) struct Step {
    pub request: Option<Request>,
    pub call: Option<CallId>,
    pub ask: Option<FloorAsk>,
    pub report: Option<(SiteId, HeldCall)>,
    pub cause: Option<Cause>,
    /// The service area in which the call is to be heard.
    pub area: Option<AreaId>,
    /// The spurt that the row has ended.
    pub ended: Option<Floor>,
}

impl Step {
    pub(crate) fn request(&self) -> &Request {
        self.request.as_ref().expect("only rows of a request act on one")
    }

    pub(crate) fn call(&self) -> CallId {
        self.call.expect("a call exists from the row that assigns its slots")
    }

    pub(crate) fn ask(&self) -> FloorAsk {
        self.ask.expect("only rows of a press act on the floor that it asks for")
    }

    pub(crate) fn report(&self) -> (SiteId, HeldCall) {
        self.report.expect("only rows of a reported call act on the report")
    }

    pub(crate) fn ended(&self) -> Floor {
        self.ended.expect("only rows that end a spurt tell its talker")
    }

    pub(crate) fn cause(&self) -> Cause {
        self.cause.expect("a row that refuses or ends has a cause, or its event brings one")
    }
}

impl Controller {
    /// An event happens to a request that is new or waits. `cause` is the event's own, where it has one.
    pub(crate) fn advance_request(
        &mut self,
        request: Request,
        state: State,
        event: Event,
        cause: Option<Cause>,
        out: &mut Outbox,
    ) {
        let row = self
            .table
            .find(state, event, Sequel::Message)
            .expect("a request meets only events that it has rows for");
        let mut step =
            Step { request: Some(request), ask: Some(request.floor_ask()), cause, ..Step::default() };
        self.walk(row, &mut step, out);
    }

    /// An event happens to a running call.
    pub(crate) fn advance_call(&mut self, id: CallId, event: Event, out: &mut Outbox) {
        self.advance_call_for(id, event, None, None, out);
    }

    /// An event happens to a running call; somebody asks for its floor, or the event has a cause of its own, which counts before
    /// the row's.
    pub(crate) fn advance_call_for(
        &mut self,
        id: CallId,
        event: Event,
        ask: Option<FloorAsk>,
        cause: Option<Cause>,
        out: &mut Outbox,
    ) {
        let call = self.calls.get(id).expect("an event is raised for a call that runs");
        let state = call.state();
        let row = self
            .table
            .find(state, event, self.sequel(call))
            .expect("a call meets only events that it has rows for");
        if row.next != Next::Stay {
            self.stop_timer(id, state);
        }
        self.walk(row, &mut Step { call: Some(id), ask, cause, ..Step::default() }, out);
    }

    /// A running call comes to be heard in another service area.
    pub(crate) fn advance_call_to(
        &mut self,
        id: CallId,
        event: Event,
        area: Option<AreaId>,
        out: &mut Outbox,
    ) {
        let call = self.calls.get(id).expect("an event is raised for a call that runs");
        let row = self
            .table
            .find(call.state(), event, self.sequel(call))
            .expect("a call meets only events that it has rows for");
        self.walk(row, &mut Step { call: Some(id), area, ..Step::default() }, out);
    }

    /// A site reports a call of an earlier term that this controller takes over.
    pub(crate) fn advance_report(&mut self, site: SiteId, held: HeldCall, out: &mut Outbox) {
        let event = if held.talker.is_some() { Event::ReportedTalking } else { Event::ReportedHanging };
        let row = self.table.find(State::New, event, Sequel::Message).expect("a report has its rows");
        self.walk(row, &mut Step { report: Some((site, held)), ..Step::default() }, out);
    }

    /// What a site reports happens to a running call.
    pub(crate) fn advance_call_by_report(
        &mut self,
        site: SiteId,
        held: HeldCall,
        event: Event,
        out: &mut Outbox,
    ) {
        let call = self.calls.get(held.call).expect("an event is raised for a call that runs");
        let state = call.state();
        let row = self
            .table
            .find(state, event, self.sequel(call))
            .expect("a call meets only events that it has rows for");
        self.stop_timer(held.call, state);
        let mut step = Step { call: Some(held.call), report: Some((site, held)), ..Step::default() };
        self.walk(row, &mut step, out);
    }

    /// What becomes of a call when its talker stops.
    fn sequel(&self, call: &Call) -> Sequel {
        match () {
            () if call.record.is_full() => return Sequel::Transmission,
            () if !call.floor_queue.is_empty() => return Sequel::NextTalker,
            () if self.hang_time(call) == Span::ZERO => return Sequel::Transmission,
            () => {}
        }
        match self.group(call.parties).map(|row| row.config.trunking) {
            Some(Trunking::Quasi) => Sequel::Quasi,
            Some(Trunking::Message | Trunking::Transmission) | None => Sequel::Message,
        }
    }

    fn walk(&mut self, row: &Row, step: &mut Step, out: &mut Outbox) {
        step.cause = step.cause.or(row.cause);
        // An action may walk another row: its orders follow that row, the rest again this one.
        let outer = self.citing.replace(row.clause);
        for action in row.actions {
            self.perform(*action, step, out);
        }
        self.citing = outer;
        match row.next {
            Next::Stay | Next::Enter(State::New | State::Queued | State::Ended) => {}
            Next::Enter(State::Paging) => {
                self.timers.set(TimerKey::Page(step.request().unit), self.now + self.page_limit());
            }
            Next::Enter(State::Ringing) => {
                self.timers.set(TimerKey::Ring(step.request().unit), self.now + self.ring_limit());
            }
            Next::Enter(State::CallingBack) => {
                let due = self.now + Span::from_millis(u64::from(self.system.call_back_ms));
                self.timers.set(TimerKey::CallBack(step.call()), due);
            }
            Next::Enter(State::Talking) => self.limit_transmission(step.call()),
            Next::Enter(State::Conversing) => self.limit_duplex(step.call()),
            Next::Enter(State::Hanging) => {
                let call = self.calls.get(step.call()).expect("a call that hangs runs");
                let hung = step.report.map_or(Span::ZERO, |(_, held)| Span::from_millis(held.hung_ms.into()));
                let due = self.now + self.hang_time(call) - hung;
                self.timers.set(TimerKey::Hang(step.call()), due.max(self.now));
            }
        }
    }

    fn perform(&mut self, action: Action, step: &mut Step, out: &mut Outbox) {
        match action {
            Action::Page => self.page(*step.request(), out),
            Action::TellRinging => self.tell_ringing(*step.request(), out),
            Action::EndSetUp => self.end_set_up(*step.request()),
            Action::EnterQueue => self.enter_queue(*step.request(), out),
            Action::LeaveQueue => self.leave_queue(*step.request()),
            Action::RefuseCaller => self.refuse_request(step.request(), step.cause(), out),
            Action::WithdrawRequest => self.withdraw_request(step.request(), step.cause(), out),
            Action::CallBack => self.call_back(step.call(), step.ask(), out),
            Action::EndCallBack => self.end_call_back(step.call(), step.cause, out),
            Action::AssignChannels => step.call = Some(self.assign_channels(step.request())),
            Action::AdoptChannel => step.call = Some(self.adopt_channel(step.report())),
            Action::OpenRecord => self.open_record(step.call(), step.request.as_ref(), out),
            Action::GrantFloor => self.grant_floor(step.call(), step.ask(), out),
            Action::KeepFloor => self.keep_floor(step.call(), step.report(), out),
            Action::AssertCall => self.assert_call(step.call(), out),
            Action::JoinCall => self.join_call(*step.request(), out),
            Action::WidenArea => self.widen_area(step.call(), step.area, out),
            Action::RaiseEmergency => self.raise_emergency(step.call(), step.ask(), out),
            Action::EndEmergency => self.end_emergency(step.call(), out),
            Action::RefuseFloor => self.refuse_floor(step.call(), step.ask(), step.cause(), out),
            Action::EnterFloorQueue => self.enter_floor_queue(step.call(), step.ask(), out),
            Action::LeaveFloorQueue => self.leave_floor_queue(step.call(), step.ask(), out),
            Action::GrantNextFloor => self.grant_next_floor(step.call(), out),
            Action::EmptyFloorQueue => self.empty_floor_queue(step.call(), step.cause(), out),
            Action::MoveFloor => self.move_floor(step.call(), step.ask(), out),
            Action::RefuseHandover => self.refuse_handover(step.call(), step.ask(), step.cause(), out),
            Action::WarnTalker => self.warn_talker(step.call(), out),
            Action::WithdrawFloor => step.ended = Some(self.withdraw_floor(step.call(), step.cause(), out)),
            Action::TellTalker => self.tell_talker(step.call(), step.ended(), step.cause(), out),
            Action::OpenBoth => self.open_both(step.call(), out),
            Action::WarnBoth => self.warn_both(step.call(), out),
            Action::ShutBoth => self.shut_both(step.call(), step.cause(), out),
            Action::ReleaseChannels => self.release_channels(step.call(), step.cause(), out),
            Action::CloseRecord => self.close_record(step.call(), step.cause(), out),
        }
    }

    fn stop_timer(&mut self, id: CallId, state: State) {
        match state {
            State::CallingBack => self.timers.cancel(TimerKey::CallBack(id)),
            State::Talking => {
                self.timers.cancel_either(TimerKey::TransmissionWarning(id), TimerKey::Transmission(id));
            }
            State::Hanging => self.timers.cancel(TimerKey::Hang(id)),
            State::Conversing => {
                self.timers.cancel(TimerKey::DuplexWarning(id));
                self.timers.cancel(TimerKey::Duplex(id));
            }
            State::New | State::Paging | State::Ringing | State::Queued | State::Ended => {}
        }
    }

    /// How long a call keeps its slots after speech: its talkgroup's time, else that of its trunking mode, which may be
    /// that of its first site's profile.
    pub(crate) fn hang_time(&self, call: &Call) -> Span {
        if Self::is_broadcast(call) {
            return Span::ZERO;
        }
        if let Some(own) = self.emergency_hang_time(call) {
            return own;
        }
        let site = call.legs.first().and_then(|leg| self.sites.get(leg.site));
        let by_profile = site.map_or(0, |row| row.config.profile.profile().hang_time_ms);
        let hang_time_ms = match self.group(call.parties).map(|row| &row.config) {
            Some(config) => config.trunking.hang_time_ms(config.hang_time_ms, by_profile),
            None => self.system.individual_hang_time_ms.unwrap_or(by_profile),
        };
        Span::from_millis(u64::from(hang_time_ms))
    }

    /// A talker begins: its time is limited. Until the warning only that is due, and from there on the end.
    fn limit_transmission(&mut self, id: CallId) {
        let call = self.calls.get(id).expect("a call in which somebody talks runs");
        let own = self.group(call.parties).and_then(|row| row.config.transmission_ms_max);
        let limit_ms = own.unwrap_or(self.system.transmission_ms_max);
        self.warn_and_limit(TimerKey::TransmissionWarning(id), TimerKey::Transmission(id), limit_ms);
    }

    /// Sets the timer of the warning before a limit, or of the limit itself where there is no time for a warning.
    pub(crate) fn warn_and_limit(&mut self, warning: TimerKey, limit: TimerKey, limit_ms: u32) {
        let warning_ms = self.system.transmission_warning_ms;
        let (key, in_ms) = if (1..limit_ms).contains(&warning_ms) {
            (warning, limit_ms - warning_ms)
        } else {
            (limit, limit_ms)
        };
        self.timers.set(key, self.now + Span::from_millis(u64::from(in_ms)));
    }
}
