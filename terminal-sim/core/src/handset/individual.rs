//! Individual calls at the handset: dialling, being called, answering and hanging up (docs/call-processing.md 12.9).
//!
//! What a handset says to a page, and that it hangs up, is said on the control channel beside all else that it does.

use trunklab_protocol::air_downlink::{Page, PageOver, Ringing};
use trunklab_protocol::air_uplink::{HangUp, PageAnswer, RequestKind, UplinkWord};
use trunklab_protocol::{CallId, CallSetup, Cause, PageReply, Parties, Press, Span, UnitId};

use super::access::{Access, Persistence, Step};
use super::call::{Activity, Request, Ring, Wanted};
use super::phase::Trigger;
use super::radio::{Turn, transmit};
use super::service::Service;
use super::timers::{QUEUE_CHECK, WORKING};
use crate::deadline::{Deadline, Why};
use crate::output::HandsetEvent;

/// A word on its way that needs no state of its own.
#[derive(Debug, Clone)]
pub(super) struct Reply {
    press: Press,
    pub(super) access: Access,
    /// The call that ends with it.
    ends: Option<CallId>,
}

impl Service {
    /// When and why to come back for what it has to say beside all else.
    pub(super) fn reply_deadline(&self) -> Option<Deadline> {
        let Deadline { at, why } = self.reply.as_ref()?.access.deadline();
        let why = if why == Why::AccessOpportunity { Why::ReplyOpportunity } else { Why::ReplyOverdue };
        Some(Deadline { at, why })
    }

    /// The user calls another unit.
    pub(super) fn call(&mut self, turn: &mut Turn<'_>, called: UnitId, setup: CallSetup) {
        if self.activity.is_free() {
            self.request_for(turn, RequestKind::Normal, Wanted::Unit { called, setup });
        } else {
            turn.refuse(Cause::WrongState);
        }
    }

    /// The user answers a handset that rings.
    pub(super) fn answer(&mut self, turn: &mut Turn<'_>) {
        let Activity::Ringing(ring) = &mut self.activity else { return };
        if ring.answered {
            return;
        }
        ring.answered = true;
        // The call may wait for a channel.
        ring.until = turn.now + QUEUE_CHECK;
        let (caller, page) = (ring.caller, ring.page);
        self.reply_to_page(turn, caller, page, PageReply::Answers);
    }

    /// The user ends an individual call, gives a request for one up, or declines one.
    pub(super) fn hang_up(&mut self, turn: &mut Turn<'_>) {
        if let Activity::Ringing(Ring { caller, page, .. }) = self.activity {
            self.stop_ringing(turn);
            self.reply_to_page(turn, caller, page, PageReply::Refuses);
        } else if let Some(&Request { press, wanted: Wanted::Unit { .. }, .. }) = self.activity.request() {
            self.owed_cancel = Some(press);
            self.defer(turn);
        } else if matches!(self.activity, Activity::Idle(_)) {
            self.dismiss_alert(turn);
        } else {
            self.leave_pair(turn);
        }
    }

    pub(super) fn leave_pair(&mut self, turn: &mut Turn<'_>) {
        let Some(in_call) = self.activity.in_call() else { return };
        let (call, Parties::Pair(_)) = (in_call.call, in_call.parties) else { return };
        if matches!(self.activity, Activity::Talking(_)) {
            self.end_talk(turn, false);
        }
        self.stop_conversing(turn);
        let (unit, press) = (turn.radio.unit(), turn.radio.next_press());
        self.say(turn, press, HangUp { unit, press, call }.into(), Some(call));
    }

    /// Somebody calls us. A page is said more than once, and answered once.
    pub(super) fn paged(&mut self, turn: &mut Turn<'_>, word: &Page) {
        let Page { unit, caller, press: page, setup, ring_ms } = *word;
        // We may have its call already.
        let pair = self.activity.in_call().and_then(|in_call| in_call.parties.pair());
        let stands = pair.is_some_and(|pair| pair.includes(caller));
        let serves = turn.radio.remote.serves();
        if unit != turn.radio.unit() || self.paged == Some((caller, page)) || stands || !serves {
            return;
        }
        // The network ends the ringing; only where its word is lost does the handset.
        let until = turn.now + Span::from_millis(u64::from(ring_ms)) + WORKING;
        self.paged = Some((caller, page));
        if self.activity.request().is_some_and(|request| request.wanted.is_unit(caller)) {
            // Our own request is the answer.
            return;
        }
        let refuses = turn.radio.config.refuses_individual_calls;
        let reply = if refuses && matches!(self.activity, Activity::Idle(_) | Activity::Ringing(_)) {
            PageReply::Refuses
        } else if let Activity::Ringing(ring) = &mut self.activity
            && ring.caller == caller
        {
            // It rings on for the same caller.
            (ring.page, ring.until) = (page, until);
            if ring.answered { PageReply::Answers } else { PageReply::Available }
        } else if self.activity.is_free() {
            if setup != CallSetup::Immediate {
                let ring = Ring { caller, page, until, answered: false };
                self.shift(Trigger::Paged, Activity::Ringing(ring));
                turn.tell(HandsetEvent::Rings { caller });
            }
            PageReply::Available
        } else {
            PageReply::Busy
        };
        self.reply_to_page(turn, caller, page, reply);
    }

    /// The unit that we asked for rings.
    pub(super) fn called_rings(&mut self, turn: &mut Turn<'_>, word: &Ringing) {
        if word.unit != turn.radio.unit() {
            return;
        }
        if let Activity::Requesting(request) = &mut self.activity
            && let Wanted::Unit { called, .. } = request.wanted
            && request.press == word.press
        {
            request.access.be_patient(turn.now, QUEUE_CHECK);
            if !request.rings {
                request.rings = true;
                turn.tell(HandsetEvent::CalledRings { called });
            }
        }
    }

    /// Nothing comes of the call for which we ring.
    pub(super) fn page_over(&mut self, turn: &mut Turn<'_>, word: &PageOver) {
        let ours = matches!(&self.activity, Activity::Ringing(ring)
            if (ring.caller, ring.page) == (word.caller, word.press));
        if word.unit == turn.radio.unit() && ours {
            self.ring_over(turn, word.cause);
        }
    }

    /// It rings no more, and the user sees why.
    pub(super) fn ring_over(&mut self, turn: &mut Turn<'_>, cause: Cause) {
        let Activity::Ringing(ring) = &self.activity else { return };
        turn.tell(HandsetEvent::RingOver { caller: ring.caller, cause });
        self.reply = None;
        self.stop_ringing(turn);
    }

    /// Back to idle.
    pub(super) fn stop_ringing(&mut self, turn: &mut Turn<'_>) {
        let idle = self.idle(turn);
        self.shift(Trigger::RingOver, Activity::Idle(idle));
    }

    fn reply_to_page(&mut self, turn: &mut Turn<'_>, caller: UnitId, page: Press, reply: PageReply) {
        let (unit, press) = (turn.radio.unit(), turn.radio.next_press());
        self.say(turn, press, PageAnswer { unit, press, caller, page, reply }.into(), None);
    }

    fn say(&mut self, turn: &Turn<'_>, press: Press, word: UplinkWord, ends: Option<CallId>) {
        let persistence = Persistence::Request(RequestKind::Normal);
        let access = Access::on_control(&self.camp, word, persistence, turn.now);
        self.reply = Some(Reply { press, access, ends });
    }

    /// Whether we are saying that this call shall end.
    pub(super) fn says_end_of(&self, call: CallId) -> bool {
        self.reply.as_ref().is_some_and(|reply| reply.ends == Some(call))
    }

    /// Whether the network has answered what we said of a page or of a call's end.
    pub(super) fn reply_settled(&mut self, press: Press) -> bool {
        match &self.reply {
            // That a call ends is confirmed by its release alone.
            Some(Reply { press: ours, ends: None, .. }) if *ours == press => {
                self.reply = None;
                true
            }
            Some(_) | None => false,
        }
    }

    /// To be called when the reply's deadline has come.
    pub(super) fn fire_reply(&mut self, turn: &mut Turn<'_>) {
        let Some(reply) = &mut self.reply else { return };
        if reply.access.gives_way(turn.now, &self.camp, self.last_sent) {
            return;
        }
        match reply.access.fire(turn.now, &self.camp, &mut turn.radio.dice) {
            Step::Wait => {}
            Step::Send(place) => {
                let word = reply.access.word.clone();
                self.last_sent = Some(place);
                transmit(&self.camp, Some(&self.session), place, word, turn.out);
            }
            Step::GiveUp => {
                let ends = reply.ends;
                self.reply = None;
                if let Some(call) = ends {
                    // Nobody hears us: for us it is over.
                    self.released(turn, call, Cause::NoAnswer);
                }
            }
        }
    }
}
