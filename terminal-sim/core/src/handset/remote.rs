//! What operators order a handset to do from afar (docs/services.md 13.3).
//!
//! An order is obeyed once, and answered each time that it is heard: the network says it until it has the answer. What orders have
//! made of a handset it keeps, switched off and on again. What it says to them it says on the control channel beside all else, but
//! not while it talks.

use serde::{Deserialize, Serialize};
use trunklab_protocol::air_downlink::{NetworkAnswer, RadioOrder as OrderWord};
use trunklab_protocol::air_uplink::{NetworkChallenge, OrderAnswer, RequestKind, UplinkWord};
use trunklab_protocol::proof::{Challenge, ProvedOrder};
use trunklab_protocol::{
    CallSetup, Cause, Condition, Moment, OrderNumber, Press, RadioOrder, Regroup, TalkgroupId, UnitId,
};

use super::access::{Access, Persistence, Step};
use super::call::{Activity, Idle, Wanted};
use super::radio::Turn;
use super::radio::transmit;
use super::service::{Departure, Service};
use super::timers::MONITOR;
use crate::deadline::{Deadline, Why};
use crate::output::HandsetEvent;

/// What orders have made of a handset.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Remote {
    /// Whether it serves its user.
    pub(super) condition: Condition,
    /// Where its selector is set.
    pub(super) regrouped: Option<Regrouped>,
    /// For whom its microphone is open, and until when.
    pub(super) monitor: Option<Monitor>,
}

/// A selector that is set from afar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regrouped {
    /// Where it is set.
    pub order: Regroup,
    /// Where the user has it.
    pub before: TalkgroupId,
}

/// A microphone that is opened from afar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Monitor {
    listener: UnitId,
    number: OrderNumber,
    /// `None` when it is shut, and the call not over yet.
    pub(super) until: Option<Moment>,
}

impl Remote {
    /// Whether the user gets service.
    pub(super) fn serves(self) -> bool {
        self.condition == Condition::Active
    }

    /// Why the user gets none.
    pub(super) fn denial(self) -> Option<Cause> {
        match self.condition {
            Condition::Active => None,
            Condition::Stunned => Some(Cause::UnitStunned),
            Condition::Killed => Some(Cause::UnitKilled),
        }
    }

    /// Whether the selector may stand there.
    pub(super) fn locks_out(self, talkgroup: TalkgroupId) -> bool {
        self.regrouped.is_some_and(|set| set.order.locked && set.order.talkgroup != talkgroup)
    }
}

/// What a handset says to an order.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    press: Press,
    access: Access,
}

/// The challenge by which the network is to prove itself; good for one answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proving {
    number: OrderNumber,
    challenge: Challenge,
}

impl Service {
    /// The network orders something.
    pub(super) fn ordered(&mut self, turn: &mut Turn<'_>, word: &OrderWord) {
        let OrderWord { unit, number, order } = *word;
        if unit != turn.radio.unit() {
            return;
        }
        // Before it goes off it says once more what it is, and confirms nothing that it cannot do.
        if turn.radio.remote.condition == Condition::Killed && order != (RadioOrder::Kill {}) {
            return self.answer_order(turn, number, Some(Cause::UnitKilled));
        }
        match order {
            RadioOrder::Kill {} => return self.demand_proof(turn, number),
            // It answers with its request for the call.
            RadioOrder::Monitor(listener) => return self.open_microphone(turn, listener, number),
            RadioOrder::Stun {} => self.serve_no_more(turn, Condition::Stunned),
            RadioOrder::Revive {} => self.serve_again(turn),
            RadioOrder::Check {} => {}
            RadioOrder::Regroup(regroup) => self.set_selector(turn, regroup),
            RadioOrder::Restore {} => self.free_selector(turn),
        }
        self.answer_order(turn, number, None);
    }

    /// It gives up whatever it was doing, and stays on the control channel.
    fn serve_no_more(&mut self, turn: &mut Turn<'_>, condition: Condition) {
        if turn.radio.remote.condition == condition {
            return;
        }
        turn.radio.remote.condition = condition;
        turn.radio.remote.monitor = None;
        turn.radio.emergency = None;
        turn.radio.release();
        self.shout = None;
        self.revert = None;
        match &self.activity {
            Activity::Idle(_) => {}
            Activity::Ringing(_) => self.stop_ringing(turn),
            Activity::Requesting(request) => {
                self.owed_cancel = Some(request.press);
                self.defer(turn);
            }
            Activity::Queued(queued) => {
                self.owed_cancel = Some(queued.request.press);
                self.defer(turn);
            }
            Activity::Talking(_)
            | Activity::Conversing(_)
            | Activity::Ending(_)
            | Activity::Hanging(_)
            | Activity::Listening(_) => self.leave(turn, Cause::UnitStunned),
        }
        self.end_messages(turn, Cause::UnitStunned);
        self.reply = None;
        self.affiliated = None;
        let idle = self.idle(turn);
        self.activity = Activity::Idle(Idle { press: None, called_back: None, ..idle });
        turn.tell(match condition {
            Condition::Killed => HandsetEvent::Killed,
            Condition::Active | Condition::Stunned => HandsetEvent::Stunned,
        });
    }

    fn serve_again(&mut self, turn: &mut Turn<'_>) {
        if std::mem::take(&mut turn.radio.remote.condition) == Condition::Stunned {
            turn.tell(HandsetEvent::Revived);
        }
        self.ask_for_what_was_refused(turn);
    }

    /// What the network has just lifted may be why it refused the selection, though the radio knew nothing of it.
    fn ask_for_what_was_refused(&mut self, turn: &mut Turn<'_>) {
        if self.affiliated != Some(turn.radio.selected) || self.setback.is_some() {
            self.say_selection_anew(turn);
        }
    }

    fn set_selector(&mut self, turn: &mut Turn<'_>, order: Regroup) {
        let known = turn.radio.remote.regrouped;
        if known.is_some_and(|set| set.order == order) {
            return;
        }
        let before = known.map_or(turn.radio.selected, |set| set.before);
        turn.radio.remote.regrouped = Some(Regrouped { order, before });
        let Regroup { talkgroup, locked } = order;
        turn.tell(HandsetEvent::Regrouped { talkgroup, locked });
        self.turn_to(turn, talkgroup);
    }

    fn free_selector(&mut self, turn: &mut Turn<'_>) {
        let Some(Regrouped { before, .. }) = turn.radio.remote.regrouped.take() else {
            return self.ask_for_what_was_refused(turn);
        };
        turn.tell(HandsetEvent::Restored { talkgroup: before });
        self.turn_to(turn, before);
    }

    fn turn_to(&mut self, turn: &mut Turn<'_>, talkgroup: TalkgroupId) {
        if std::mem::replace(&mut turn.radio.selected, talkgroup) != talkgroup {
            self.select(turn);
        }
    }

    /// To be out of use for good is believed to nobody who has not proved to be the network.
    fn demand_proof(&mut self, turn: &mut Turn<'_>, number: OrderNumber) {
        if turn.radio.remote.condition == Condition::Killed {
            return self.answer_order(turn, number, None);
        }
        let known = self.proving.filter(|proving| proving.number == number);
        let challenge = known.map_or_else(|| turn.radio.dice.challenge(), |proving| proving.challenge);
        self.proving = Some(Proving { number, challenge });
        let (unit, press, order) = (turn.radio.unit(), turn.radio.next_press(), ProvedOrder::Kill);
        self.say_to_order(turn, press, NetworkChallenge { unit, press, order, challenge }.into());
    }

    /// The network proves itself, or somebody tries to.
    pub(super) fn network_answered(&mut self, turn: &mut Turn<'_>, word: &NetworkAnswer) {
        if word.unit != turn.radio.unit() || word.order != ProvedOrder::Kill {
            return;
        }
        let Some(Proving { number, challenge }) = self.proving.take() else { return };
        let proof = turn.radio.config.key.vouch(&challenge, word.unit, word.order);
        if proof.matches(&word.answer) {
            self.serve_no_more(turn, Condition::Killed);
            self.answer_order(turn, number, None);
        } else {
            turn.refuse(Cause::NetworkNotProved);
            self.answer_order(turn, number, Some(Cause::NetworkNotProved));
        }
    }

    /// The microphone opens to a call with the listener, and the user sees nothing of it. Who is in a call is not disturbed: the
    /// order is said again.
    fn open_microphone(&mut self, turn: &mut Turn<'_>, listener: UnitId, number: OrderNumber) {
        let is_known = turn.radio.remote.monitor.is_some_and(|monitor| monitor.number == number);
        if is_known || !turn.radio.remote.serves() || turn.radio.is_down() || !self.activity.is_free() {
            return;
        }
        let until = Some(turn.now + MONITOR);
        turn.radio.remote.monitor = Some(Monitor { listener, number, until });
        turn.radio.press(RequestKind::Normal);
        let wanted = Wanted::Unit { called: listener, setup: CallSetup::Monitor };
        self.request_for(turn, RequestKind::Normal, wanted);
    }

    /// Whether the call for which the microphone was opened is asked for, or runs.
    pub(super) fn is_monitored(&self, monitor: Monitor) -> bool {
        let asks = self.activity.request().is_some_and(|request| request.wanted.is_unit(monitor.listener));
        let pair = self.activity.in_call().and_then(|in_call| in_call.parties.pair());
        asks || pair.is_some_and(|pair| pair.includes(monitor.listener))
    }

    fn answer_order(&mut self, turn: &mut Turn<'_>, number: OrderNumber, refusal: Option<Cause>) {
        let (unit, press) = (turn.radio.unit(), turn.radio.next_press());
        self.say_to_order(turn, press, OrderAnswer { unit, press, number, refusal }.into());
    }

    fn say_to_order(&mut self, turn: &Turn<'_>, press: Press, word: UplinkWord) {
        let persistence = Persistence::Request(RequestKind::Normal);
        let access = Access::on_control(&self.camp, word, persistence, turn.now);
        self.answer = Some(Answer { press, access });
    }

    /// Whether the network has heard what was said to an order.
    pub(super) fn answer_settled(&mut self, press: Press) -> bool {
        self.answer.take_if(|answer| answer.press == press).is_some()
    }

    /// When there is something to say to an order.
    pub(super) fn answer_deadline(&self) -> Option<Deadline> {
        let answer = self.answer.as_ref().filter(|_| !self.is_sending())?;
        Some(Deadline { why: Why::OrderAnswer, ..answer.access.deadline() })
    }

    /// To be called when that deadline has come.
    pub(super) fn fire_answer(&mut self, turn: &mut Turn<'_>) {
        let Some(answer) = &mut self.answer else { return };
        if answer.access.gives_way(turn.now, &self.camp, self.last_sent) {
            return;
        }
        match answer.access.fire(turn.now, &self.camp, &mut turn.radio.dice) {
            Step::Wait => {}
            Step::GiveUp => self.answer = None,
            Step::Send(place) => {
                self.last_sent = Some(place);
                let word = answer.access.word.clone();
                transmit(&self.camp, Some(&self.session), place, word, turn.out);
            }
        }
    }

    /// A handset that is out of use for good goes off when it has said so.
    pub(super) fn is_done_for(&self, turn: &Turn<'_>) -> Option<Departure> {
        let killed = turn.radio.remote.condition == Condition::Killed;
        (killed && self.answer.is_none()).then_some(Departure::OutOfUse)
    }
}
