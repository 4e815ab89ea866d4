//! Callers that release the button while they wait: cancelled, or called back when their turn comes (clauses 12.5.7 and
//! 12.5.8).
//!
//! A call back is a call that holds its slots and is known to nobody but its caller: sites are told of it when somebody
//! of its talkgroup has pressed. So whoever does not answer in time has disturbed nobody.

use trunklab_protocol::from_site::PttReleased;
use trunklab_protocol::to_site::{CallBack, Refused};
use trunklab_protocol::{CallId, Cause, Clause, Parties, SiteId, UnitId};

use super::floor_queue::FloorAsk;
use super::queue::Button;
use super::table::Event;
use crate::config::QueueRelease;
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::visitors::{Activity, Answer, Answered, Freshness};

impl Controller {
    /// A button came up before its request was granted. It may have been granted on the way: then the unit does not talk
    /// after all.
    pub(crate) fn ptt_released(&mut self, site: SiteId, message: PttReleased, out: &mut Outbox) {
        let PttReleased { unit, press } = message;
        let freshness = match self.present_at(unit, site) {
            Ok(visitor) => visitor.freshness(press),
            Err(cause) => return self.drop_message(site, cause, out),
        };
        match freshness {
            Freshness::Repeated(Answer::Queued) => self.release_in_queue(unit, out),
            // The grant will find the button up, and is given back.
            Freshness::Repeated(Answer::Paging | Answer::Paired) => {}
            Freshness::Repeated(Answer::CalledBack(call)) => {
                self.repeat_call_back(call, FloorAsk::usual(unit, press, site), out);
            }
            Freshness::Repeated(Answer::Granted(call, spurt)) if self.is_talking(call, spurt) => {
                self.grant_unwanted(call, FloorAsk::usual(unit, press, site), out);
            }
            Freshness::Repeated(Answer::Granted(..) | Answer::Unheard) => {
                self.tell_by(
                    Clause::Cancelling,
                    site,
                    Refused { unit, press, cause: Cause::RequestCancelled },
                    out,
                );
            }
            Freshness::Repeated(Answer::FloorQueued(_)) => {
                self.end_floor_wait(unit, Event::FloorWaitCancelled, None, out);
            }
            Freshness::Repeated(Answer::Refused(cause)) => {
                self.tell_by(Clause::ReleaseInQueue, site, Refused { unit, press, cause }, out);
            }
            Freshness::New | Freshness::Stale => self.drop_message(site, Cause::UnknownCall, out),
        }
    }

    /// What was granted is not wanted any more. The caller may not have heard the grant yet: it is answered.
    pub(crate) fn grant_unwanted(&mut self, call: CallId, ask: FloorAsk, out: &mut Outbox) {
        let FloorAsk { unit, press, site, .. } = ask;
        self.advance_call(call, Event::PttReleased, out);
        self.tell_by(Clause::Cancelling, site, Refused { unit, press, cause: Cause::RequestCancelled }, out);
    }

    fn release_in_queue(&mut self, unit: UnitId, out: &mut Outbox) {
        let request = self.queue.of(unit).expect("a unit told that it waits is in the queue").request;
        if !request.button.is_used() {
            return;
        }
        match self.system.queue_release {
            QueueRelease::Cancel if !request.rank().is_emergency() => {
                self.end_waiting(unit, Event::Cancelled, None, out);
            }
            QueueRelease::Cancel | QueueRelease::CallBack => {
                self.queue.note_button(unit, Button::Up);
                self.stop_override(unit);
            }
        }
    }

    /// Action: the caller's turn has come.
    pub(crate) fn call_back(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        self.calls.get_mut(id).expect("who is called back has a call").called_back = Some(ask);
        let visitor = self.visitors.get_mut(ask.unit).expect("who is called back is registered");
        visitor.activity = Activity::CalledBack(id);
        self.tell_call_back(id, ask, out);
    }

    /// Action: the call back is over; a caller that did not press itself is told why.
    pub(crate) fn end_call_back(&mut self, id: CallId, cause: Option<Cause>, out: &mut Outbox) {
        let call = self.calls.get_mut(id).expect("a call back ends in a call that runs");
        let ask = call.called_back.take().expect("a call back has a caller");
        self.visitors.get_mut(ask.unit).expect("who is called back is registered").activity = Activity::Idle;
        if let Some(cause) = cause {
            self.remember_refusal(ask.unit, ask.press, ask.site, cause);
            self.tell(ask.site, Refused { unit: ask.unit, press: ask.press, cause }, out);
        }
    }

    /// The caller is told, and what it was told is remembered.
    pub(crate) fn tell_call_back(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        let FloorAsk { unit, press, site, .. } = ask;
        let visitor = self.visitors.get_mut(unit).expect("who is called back is registered");
        visitor.last_request = Some(Answered { press, answer: Answer::CalledBack(id) });
        self.tell(site, CallBack { unit, press }, out);
    }

    /// The caller asks again, or its release was late: it is told again while that is true.
    pub(crate) fn repeat_call_back(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        let FloorAsk { unit, press, site, .. } = ask;
        if self.calls_back(id, unit) {
            self.tell(site, CallBack { unit, press }, out);
        } else {
            self.tell_by(Clause::CallBack, site, Refused { unit, press, cause: Cause::CallBackExpired }, out);
        }
    }

    /// Whether a call is kept for this caller.
    pub(crate) fn calls_back(&self, id: CallId, unit: UnitId) -> bool {
        self.calls.get(id).and_then(|call| call.called_back).is_some_and(|ask| ask.unit == unit)
    }

    /// Whether a unit is called back into the call of these parties.
    pub(crate) fn is_called_back_for(&self, unit: UnitId, parties: Parties) -> bool {
        self.call_for(parties).is_some_and(|call| self.calls_back(call.id, unit))
    }
}
