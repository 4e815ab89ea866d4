//! What an in-service handset does about each word of the control channel.

use trunklab_protocol::Cause;
use trunklab_protocol::air_downlink::{
    Affiliated, CallBack, DownlinkWord, Grant, Queued as QueuedWord, Refused, System, Talker, Working,
};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{CallId, FloorPolicy, Press};

use super::call::{Activity, Ask, Button, Hang, Idle, InCall, Listen, Queued, Request, Wanted, Wish};
use super::camp::Change;
use super::hunt::is_for;
use super::phase::Trigger;
use super::radio::{Ptt, Turn};
use super::service::{Departure, Service};
use super::timers::{QUEUE_CHECK, WORKING};
use crate::output::HandsetEvent;

impl Service {
    /// Takes a control word of the handset's own site.
    pub(super) fn control_word(&mut self, turn: &mut Turn<'_>, word: &DownlinkWord) -> Option<Departure> {
        match word {
            DownlinkWord::System(word) => return self.system(turn, word),
            DownlinkWord::Deregistered(word) if word.unit == turn.radio.unit() => {
                // It would come to the same again, and again.
                let is_denied = word.cause == Cause::ClonedIdentity;
                return Some(if is_denied { Departure::Denied } else { Departure::RegistrationVoid });
            }
            DownlinkWord::Grant(word) => self.granted_here(turn, word),
            DownlinkWord::Working(word) => self.working(turn, word),
            DownlinkWord::Queued(word) => self.queued(turn, word),
            DownlinkWord::CallBack(word) => self.called_back(turn, word),
            DownlinkWord::FloorQueued(word) => self.floor_queued(turn, word),
            DownlinkWord::Refused(word) => return self.refused(turn, word),
            DownlinkWord::Affiliated(word) => self.affiliated(turn, word),
            DownlinkWord::EmergencyStatus(word) => self.emergency_status(turn, word),
            DownlinkWord::Release(word) => self.released(turn, word.call, word.cause),
            DownlinkWord::Neighbour(word) => self.neighbours.learn(self.camp.site, word),
            DownlinkWord::Page(word) => self.paged(turn, word),
            DownlinkWord::Ringing(word) => self.called_rings(turn, word),
            DownlinkWord::PageOver(word) => self.page_over(turn, word),
            DownlinkWord::RadioOrder(word) => self.ordered(turn, word),
            DownlinkWord::NetworkAnswer(word) => self.network_answered(turn, word),
            DownlinkWord::Status(word) => self.status_heard(turn, word),
            DownlinkWord::CallAlert(word) => self.alert_heard(turn, word),
            DownlinkWord::AlertOver(word) => self.alert_over(turn, word),
            DownlinkWord::MessageDelivered(word) => self.message_delivered(turn, word),
            DownlinkWord::MessageRefused(word) => self.message_refused(turn, word),
            // Registration is behind us; the rest belongs on a call's slot.
            DownlinkWord::Idle(_)
            | DownlinkWord::ControlAt(_)
            | DownlinkWord::FailsoftChannel(_)
            | DownlinkWord::FailsoftOpen(_)
            | DownlinkWord::FailsoftVoice(_)
            | DownlinkWord::FailsoftOver(_)
            | DownlinkWord::Challenge(_)
            | DownlinkWord::Registered(_)
            | DownlinkWord::RegisterRefused(_)
            | DownlinkWord::Deregistered(_)
            | DownlinkWord::Voice(_)
            | DownlinkWord::FloorTaken(_)
            | DownlinkWord::FloorIdle(_)
            | DownlinkWord::FloorRefused(_)
            | DownlinkWord::TalkWarning(_)
            | DownlinkWord::FloorWithdrawn(_) => {}
        }
        self.is_done_for(turn)
    }

    fn system(&mut self, turn: &mut Turn<'_>, word: &System) -> Option<Departure> {
        if word.site != self.camp.site {
            return None;
        }
        if !is_for(word, turn.radio.known_unit()) {
            // In a call, whose slot is the control channel's, it is searched for when the call is over.
            if self.activity.in_call().is_none() {
                self.begin_search(turn);
            }
            return None;
        }
        match self.camp.update(word) {
            Change::Restarted => Some(Departure::RegistrationVoid),
            Change::Service => {
                turn.tell_service(&self.camp);
                self.service_changed(turn);
                self.dispatch_changed(turn);
                None
            }
            Change::None => None,
        }
    }

    /// A call is over, here or on its slot.
    pub(super) fn released(&mut self, turn: &mut Turn<'_>, call: CallId, cause: Cause) {
        self.released = Some(call);
        if self.activity.in_call().is_some_and(|in_call| in_call.call == call) {
            self.leave(turn, cause);
        }
    }

    /// What a grant says is done.
    pub(super) fn obey(&mut self, turn: &mut Turn<'_>, grant: &Grant) {
        let serves = turn.radio.remote.serves();
        if self.activity.in_call().is_some() || self.released == Some(grant.call) || !serves {
            return;
        }
        if let Some(sides) = grant.duplex {
            return self.both_talk(turn, grant, sides);
        }
        match grant.talker {
            Some(talker) if talker.unit == turn.radio.unit() => self.granted_to_us(turn, grant, talker),
            Some(talker) => self.granted_to_another(turn, grant, talker),
            None => self.call_hangs(turn, grant),
        }
    }

    fn granted_to_us(&mut self, turn: &mut Turn<'_>, grant: &Grant, talker: Talker) {
        // Grants are repeated: one for a spurt that is given up already says nothing new.
        if self.last_spurt == Some(talker.spurt) {
            return;
        }
        let in_call = in_call(turn, grant);
        self.emergency_is_known(turn, talker.press);
        let is_wanted = self.activity.request().is_some_and(|request| {
            request.wanted.is_met_by(grant.parties, turn.radio.unit()) || request.press == talker.press
        });
        if is_wanted {
            self.take_floor(turn, in_call, talker.spurt);
        } else {
            // The request was given up, or was for somebody else.
            self.give_back(turn, in_call, talker.spurt);
        }
    }

    fn granted_to_another(&mut self, turn: &mut Turn<'_>, grant: &Grant, talker: Talker) {
        if !self.is_ours(turn, grant) {
            return;
        }
        // An emergency waits for its own answer.
        let met = self.activity.request().filter(|request| {
            request.kind == RequestKind::Normal && request.wanted.is_met_by(grant.parties, turn.radio.unit())
        });
        let (by, wish) = match met {
            Some(request) => self.request_meets_talker(turn, grant, request.clone()),
            None if self.activity.opens_for(grant.parties) => (Trigger::CallFound, Wish::None),
            None => return,
        };
        let in_call = self.join(turn, grant);
        let listen = Listen { in_call, talker: talker.unit, spurt: talker.spurt, told: false, wish };
        self.shift(by, Activity::Listening(listen));
    }

    /// We asked for a call, and another talks in it: our request waits for the floor, if requests may.
    fn request_meets_talker(&self, turn: &mut Turn<'_>, grant: &Grant, request: Request) -> (Trigger, Wish) {
        if self.lost_on_the_way(turn, Cause::FloorTaken) {
            return (Trigger::OtherTalks, Wish::None);
        }
        let Request { press, access, floor_place, .. } = request;
        match grant.floor {
            FloorPolicy::Refuse | FloorPolicy::Closed => {
                turn.refuse(Self::denial(grant.floor));
                (Trigger::OtherTalks, Wish::None)
            }
            FloorPolicy::Queue if turn.radio.is_down() => {
                (Trigger::FloorAwaited, Wish::Floor(Ask { press, access, place: floor_place }))
            }
            FloorPolicy::Queue => (Trigger::OtherTalks, self.forget(turn, press)),
        }
    }

    fn call_hangs(&mut self, turn: &mut Turn<'_>, grant: &Grant) {
        // Who dialled goes there; who holds the button waits to be given the floor.
        let is_awaited = match self.activity.request() {
            Some(Request { wanted, .. }) => {
                wanted.is_dialled() && wanted.is_met_by(grant.parties, turn.radio.unit())
            }
            None => self.activity.opens_for(grant.parties) && !self.activity.holds_a_press(),
        };
        if is_awaited && self.is_ours(turn, grant) {
            let in_call = self.join(turn, grant);
            self.shift(Trigger::FloorIsFree, Activity::Hanging(Hang { in_call, ask: None }));
        }
    }

    pub(super) fn is_ours(&self, turn: &Turn<'_>, grant: &Grant) -> bool {
        self.rank(turn, grant.parties).is_some()
    }

    pub(super) fn join(&mut self, turn: &mut Turn<'_>, grant: &Grant) -> InCall {
        self.tune(turn, grant.at);
        self.reply = None;
        let Grant { call, parties, late_entry, .. } = *grant;
        turn.tell(HandsetEvent::Joined { call, parties, late_entry });
        in_call(turn, grant)
    }

    fn working(&mut self, turn: &mut Turn<'_>, word: &Working) {
        if word.unit != turn.radio.unit()
            || self.reply_settled(word.press)
            || self.answer_settled(word.press)
            || self.note_worked_on(turn, word.press)
        {
            return;
        }
        if let Activity::Queued(queued) = &mut self.activity
            && queued.request.press == word.press
            && matches!(&queued.button, Button::Releasing(access) if access.was_sent())
        {
            queued.button = Button::Up;
            return;
        }
        if let Some((press, access)) = self.activity.worked_on_mut()
            && press == word.press
        {
            access.be_patient(turn.now, WORKING);
        }
    }

    fn queued(&mut self, turn: &mut Turn<'_>, word: &QueuedWord) {
        let Some(request) = self.activity.request() else { return };
        if !is_answer(turn, request.press, word.unit, word.press) {
            return;
        }
        let (request, position, until) = (request.clone(), word.position, turn.now + QUEUE_CHECK);
        if let Activity::Queued(queued) = &mut self.activity {
            queued.until = until;
            if std::mem::replace(&mut queued.position, position) != position {
                turn.tell(HandsetEvent::Queued { position });
            }
            return;
        }
        turn.tell(HandsetEvent::Queued { position });
        if self.revert.map(Wanted::Talkgroup) == Some(request.wanted) {
            self.affiliated = self.revert;
        }
        self.emergency_is_known(turn, request.press);
        let button = match turn.radio.ptt {
            _ if request.wanted.is_dialled() => Button::Up,
            Ptt::Down(_) => Button::Down,
            Ptt::Up => self.releasing(turn, request.press),
        };
        let queued = Queued { request, position, until, button };
        self.shift(Trigger::PutInQueue, Activity::Queued(queued));
    }

    /// Our turn has come while the button was up: the user shall press. One who has just pressed is served at once.
    fn called_back(&mut self, turn: &mut Turn<'_>, word: &CallBack) {
        let request = self.activity.request();
        let ours = request.filter(|request| is_answer(turn, request.press, word.unit, word.press));
        let Some(request) = ours.cloned() else { return };
        self.stand_by(turn);
        match (turn.radio.ptt, &mut self.activity) {
            (Ptt::Up, Activity::Idle(idle)) => {
                idle.called_back = Some((request.press, request.wanted));
                turn.tell(HandsetEvent::CalledBack);
            }
            (Ptt::Down(_), Activity::Idle(Idle { errand: None, .. })) => {
                self.request_for(turn, request.kind, request.wanted);
            }
            (Ptt::Up | Ptt::Down(_), _) => self.press(turn, request.kind),
        }
    }

    fn refused(&mut self, turn: &mut Turn<'_>, word: &Refused) -> Option<Departure> {
        let was_asked = word.unit == turn.radio.unit()
            && (self.reply_settled(word.press)
                || self.answer_settled(word.press)
                || self.errand_answered(turn, word.press, Err(word.cause))
                || self.call_back_over(turn, word)
                || self.emergency_refused(turn, word.press, word.cause)
                || self.request_refused(turn, word));
        was_asked.then(|| void_registration(word.cause)).flatten()
    }

    /// The network does not wait any longer for one whom it called back. An alarm that is being said has the same number: it goes on.
    fn call_back_over(&mut self, turn: &mut Turn<'_>, word: &Refused) -> bool {
        let Activity::Idle(idle) = &mut self.activity else { return false };
        if idle.called_back.is_none_or(|(press, _)| press != word.press) {
            return false;
        }
        idle.called_back = None;
        turn.refuse(word.cause);
        if self.revert.take().is_some() {
            self.activity = Activity::Idle(self.idle(turn));
        }
        true
    }

    /// The network refuses what was asked for.
    fn request_refused(&mut self, turn: &mut Turn<'_>, word: &Refused) -> bool {
        let Some(press) = self.activity.request().map(|request| request.press) else { return false };
        if press == word.press {
            if !self.lost_on_the_way(turn, word.cause) {
                turn.refuse(word.cause);
            }
            self.defer(turn);
            if word.cause != Cause::RequestCancelled {
                self.emergency_goes_on(turn, press);
            }
        }
        press == word.press
    }

    fn affiliated(&mut self, turn: &mut Turn<'_>, word: &Affiliated) {
        if word.unit == turn.radio.unit() && !self.errand_answered(turn, word.press, Ok(word.secondary)) {
            self.reverted(turn, word.talkgroup);
        }
    }
}

/// A site that does not know the unit has nothing for it until it registers again: it may have registered elsewhere, and
/// come back without having heard so.
pub(super) fn void_registration(cause: Cause) -> Option<Departure> {
    (cause == Cause::NotRegistered).then_some(Departure::RegistrationVoid)
}

fn in_call(turn: &Turn<'_>, grant: &Grant) -> InCall {
    let Grant { call, parties, at, floor, .. } = *grant;
    InCall { call, parties, at, floor, last_count: None, heard_at: turn.now }
}

fn is_answer(turn: &Turn<'_>, ours: Press, unit: trunklab_protocol::UnitId, press: Press) -> bool {
    unit == turn.radio.unit() && press == ours
}
