//! Waiting for the floor of a running call: what happens to a demand between its press and its end.

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::FloorQueued;
use trunklab_protocol::{CallId, Cause, SiteId, Span, UnitId};

use super::floor_queue::FloorAsk;
use super::table::Event;
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::visitors::{Activity, Answer, Answered};
use crate::timers::TimerKey;

impl Controller {
    /// Action: a demand takes its place, and its unit is told which.
    pub(crate) fn enter_floor_queue(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        let FloorAsk { unit, press, .. } = ask;
        let call = self.calls.get_mut(id).expect("a floor that is waited for is a running call's");
        let position = call.floor_queue.enter(ask);
        let due = self.now + Span::from_millis(u64::from(self.system.floor_wait_ms_max));
        self.timers.set(TimerKey::FloorWait(unit), due);
        let visitor = self.visitors.get_mut(unit).expect("who asks for a floor is registered");
        visitor.activity = Activity::WaitingForFloor(id);
        visitor.last_request = Some(Answered { press, answer: Answer::FloorQueued(id) });
        self.tell_place(id, ask, position, out);
        self.tell_floor_places(id, out);
    }

    /// Action: a demand waits no longer; those behind it move up.
    pub(crate) fn leave_floor_queue(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        self.stop_floor_wait(id, ask.unit);
        self.tell_floor_places(id, out);
    }

    /// Action: the first that waits has the floor.
    pub(crate) fn grant_next_floor(&mut self, id: CallId, out: &mut Outbox) {
        let call = self.calls.get(id).expect("a floor is passed on in a call that runs");
        let ask = call.floor_queue.first().expect("the floor is passed on where somebody waits for it");
        self.stop_floor_wait(id, ask.unit);
        self.grant_floor(id, ask, out);
        self.tell_floor_places(id, out);
    }

    /// Action: the call is over, and so is every demand for its floor. Their units are told by its release.
    pub(crate) fn empty_floor_queue(&mut self, id: CallId, cause: Cause, out: &mut Outbox) {
        while let Some(ask) = self.calls.get(id).and_then(|call| call.floor_queue.first()) {
            self.stop_floor_wait(id, ask.unit);
            self.remember_refusal(ask.unit, ask.press, ask.site, cause);
            self.report(EventKind::FloorRefused { call: id, unit: ask.unit, cause }, out);
        }
    }

    /// Something ends a unit's demand for a floor; the event brings its own cause, or its row has one.
    pub(crate) fn end_floor_wait(
        &mut self,
        unit: UnitId,
        event: Event,
        cause: Option<Cause>,
        out: &mut Outbox,
    ) {
        let (call, ask) =
            self.floor_wait_of(unit).expect("a unit that is marked as waiting for a floor does");
        self.advance_call_for(call, event, Some(ask), cause, out);
    }

    /// A call leaves a site: nobody there can have its floor.
    pub(crate) fn end_floor_waits_at(&mut self, id: CallId, site: SiteId, cause: Cause, out: &mut Outbox) {
        let Some(call) = self.calls.get(id) else { return };
        let there: Vec<_> =
            call.floor_queue.iter().map(|waiting| waiting.ask).filter(|ask| ask.site == Some(site)).collect();
        for ask in there {
            self.advance_call_for(id, Event::FloorWaiterGone, Some(ask), Some(cause), out);
        }
    }

    /// Whether a unit waits for the floor of this call with the same claim already.
    pub(crate) fn waits_so(&self, id: CallId, ask: &FloorAsk) -> bool {
        self.floor_wait_of(ask.unit).is_some_and(|(call, earlier)| call == id && earlier.claim == ask.claim)
    }

    /// It pressed anew: it keeps its place under the new number.
    pub(crate) fn press_again_for_floor(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        let FloorAsk { unit, press, .. } = ask;
        self.calls.get_mut(id).expect("the call runs").floor_queue.renumber(unit, press);
        let visitor = self.visitors.get_mut(unit).expect("who waits is registered");
        visitor.last_request = Some(Answered { press, answer: Answer::FloorQueued(id) });
        self.tell_floor_place(unit, out);
    }

    /// Tells a unit again that it waits, and where.
    pub(crate) fn tell_floor_place(&mut self, unit: UnitId, out: &mut Outbox) {
        let (call, FloorAsk { press, site, .. }) =
            self.floor_wait_of(unit).expect("a unit that was told that it waits does");
        let waiting = self.calls.get(call).and_then(|row| row.floor_queue.of(unit));
        let position = waiting.expect("the unit was found there").told;
        self.tell(site, FloorQueued { call, unit, press, position }, out);
    }

    /// Tells those whose place has changed.
    fn tell_floor_places(&mut self, id: CallId, out: &mut Outbox) {
        let moved = self.calls.get_mut(id).map(|call| call.floor_queue.moved()).unwrap_or_default();
        for (ask, position) in moved {
            self.tell_place(id, ask, position, out);
        }
    }

    fn tell_place(&mut self, call: CallId, ask: FloorAsk, position: u16, out: &mut Outbox) {
        let FloorAsk { unit, press, site, claim } = ask;
        self.tell(site, FloorQueued { call, unit, press, position }, out);
        self.report(EventKind::FloorQueued { call, unit, demand: claim.demand(), position }, out);
    }

    fn stop_floor_wait(&mut self, id: CallId, unit: UnitId) {
        let call = self.calls.get_mut(id).expect("a floor that is waited for is a running call's");
        call.floor_queue.leave(unit).expect("who stops waiting for a floor waits for it");
        self.timers.cancel(TimerKey::FloorWait(unit));
        self.visitors.get_mut(unit).expect("who waits is registered").activity = Activity::Idle;
    }

    /// The call for whose floor a unit waits, and its ask.
    fn floor_wait_of(&self, unit: UnitId) -> Option<(CallId, FloorAsk)> {
        match self.visitors.get(unit)?.activity {
            Activity::WaitingForFloor(call) => {
                self.calls.get(call)?.floor_queue.of(unit).map(|waiting| (call, waiting.ask))
            }
            Activity::Idle
            | Activity::Calling
            | Activity::Called
            | Activity::Waiting
            | Activity::CalledBack(_)
            | Activity::Talking(_) => None,
        }
    }
}
