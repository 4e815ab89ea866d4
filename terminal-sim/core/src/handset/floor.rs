//! Asking for a floor that another unit has: said on the control channel, answered on the call's slot.

use trunklab_protocol::air_downlink::{FloorQueued, FloorRefused};
use trunklab_protocol::air_uplink::{CallCancel, FloorRequest, RequestKind};
use trunklab_protocol::{CallId, Cause, Demand, FloorPolicy, Press};

use super::access::{Access, Persistence};
use super::call::{Activity, Ask, Hang, InCall, Listen, Wish};
use super::phase::Trigger;
use super::radio::Turn;
use super::service::Service;
use super::timers::QUEUE_CHECK;
use crate::output::HandsetEvent;

impl Service {
    /// Whether a press while another talks is worth saying: it may wait, or interrupt.
    pub(super) fn may_ask(turn: &Turn<'_>, in_call: &InCall) -> bool {
        match in_call.floor {
            FloorPolicy::Queue => true,
            FloorPolicy::Refuse => turn.radio.config.demand >= Demand::Preemptive,
            FloorPolicy::Closed => false,
        }
    }

    /// Why a press is in vain while another talks.
    pub(super) fn denial(floor: FloorPolicy) -> Cause {
        match floor {
            FloorPolicy::Closed => Cause::ListenOnly,
            FloorPolicy::Queue | FloorPolicy::Refuse => Cause::FloorTaken,
        }
    }

    /// A press while another talks.
    pub(super) fn press_while_listening(&mut self, turn: &mut Turn<'_>) {
        let Activity::Listening(listen) = &self.activity else { return };
        if listen.wish.ask().is_some() {
            return;
        }
        if self.is_secondary(turn, listen.in_call.parties) {
            return self.asks_for_its_own(turn);
        }
        if !Self::may_ask(turn, &listen.in_call) {
            turn.refuse(Self::denial(listen.in_call.floor));
            return;
        }
        let press = turn.radio.next_press();
        let wish = Wish::Floor(self.ask_on_control(turn, listen.in_call.call, press));
        let listen = Listen { wish, ..listen.clone() };
        self.shift(Trigger::FloorAwaited, Activity::Listening(listen));
    }

    /// The button came up: what was asked for is wanted no longer.
    pub(super) fn release_while_listening(&mut self, turn: &mut Turn<'_>) {
        let Activity::Listening(listen) = &self.activity else { return };
        let Wish::Floor(ask) = &listen.wish else { return };
        let wish = if ask.access.was_sent() { self.forget(turn, ask.press) } else { Wish::None };
        let listen = Listen { wish, ..listen.clone() };
        self.shift(Trigger::Deferred, Activity::Listening(listen));
    }

    /// Nothing answered a listener's word.
    pub(super) fn unanswered_while_listening(&mut self, turn: &mut Turn<'_>) {
        let Activity::Listening(listen) = &mut self.activity else { return };
        match &mut listen.wish {
            Wish::None => {}
            // A floor that comes all the same is given back.
            Wish::Forget(..) => listen.wish = Wish::None,
            // It is said on the slot when that is free.
            Wish::Floor(ask) if self.camp.is_associated() => ask.access.be_patient(turn.now, QUEUE_CHECK),
            Wish::Floor(_) => self.floor_denied(turn, Cause::NoAnswer),
        }
    }

    /// The floor that is asked for has come free. A demand that was not answered where the control channel may have been silent
    /// is said on the slot, under its number.
    pub(super) fn goes_on_asking(&self, turn: &Turn<'_>, in_call: &InCall, ask: &Ask) -> Ask {
        if ask.place.is_some() || !self.camp.is_associated() || self.camp.is_shared(in_call.at) {
            return ask.clone();
        }
        self.ask_on_slot(turn, in_call, ask.press)
    }

    /// Asks for the floor on the call's slot, where nobody talks.
    pub(super) fn ask_on_slot(&self, turn: &Turn<'_>, in_call: &InCall, press: Press) -> Ask {
        let (unit, demand) = (turn.radio.unit(), turn.radio.config.demand);
        let word = FloorRequest { unit, press, call: in_call.call, demand }.into();
        let persistence = Persistence::Request(RequestKind::Normal);
        let access = Access::on_traffic(&self.camp, in_call.at, word, persistence, turn.now);
        Ask { press, access, place: None }
    }

    /// Another unit has the floor that was asked for while nobody had it.
    pub(super) fn ask_meets_talker(&self, turn: &mut Turn<'_>, hang: &Hang) -> (Trigger, Wish) {
        match &hang.ask {
            None => (Trigger::OtherTalks, Wish::None),
            Some(ask) if Self::may_ask(turn, &hang.in_call) => {
                (Trigger::FloorAwaited, Wish::Floor(self.ask_on_control(turn, hang.in_call.call, ask.press)))
            }
            Some(_) => {
                turn.refuse(Self::denial(hang.in_call.floor));
                (Trigger::OtherTalks, Wish::None)
            }
        }
    }

    /// The network says at which place our demand waits.
    pub(super) fn floor_queued(&mut self, turn: &mut Turn<'_>, word: &FloorQueued) {
        if word.unit != turn.radio.unit() {
            return;
        }
        let Some((press, place, access)) = self.activity.floor_place_mut() else { return };
        if press != word.press {
            return;
        }
        access.be_patient(turn.now, QUEUE_CHECK);
        if place.replace(word.position) != Some(word.position) {
            turn.tell(HandsetEvent::FloorQueued { call: word.call, position: word.position });
        }
    }

    /// The network does not give us the floor, or knows that we do not want it any more.
    /// True if it was an answer.
    pub(super) fn floor_refused(&mut self, turn: &mut Turn<'_>, word: &FloorRefused) -> bool {
        if word.unit != turn.radio.unit() {
            return false;
        }
        if let Activity::Hanging(hang) = &mut self.activity
            && hang.ask.as_ref().is_some_and(|ask| ask.press == word.press)
        {
            hang.ask = None;
            turn.refuse(word.cause);
            return true;
        }
        let Activity::Listening(listen) = &mut self.activity else { return false };
        match &listen.wish {
            Wish::Floor(ask) if ask.press == word.press => self.floor_denied(turn, word.cause),
            Wish::Forget(press, _) if *press == word.press => listen.wish = Wish::None,
            Wish::None | Wish::Floor(_) | Wish::Forget(..) => return false,
        }
        true
    }

    fn floor_denied(&mut self, turn: &mut Turn<'_>, cause: Cause) {
        let Activity::Listening(listen) = &self.activity else { return };
        turn.refuse(cause);
        let listen = Listen { wish: Wish::None, ..listen.clone() };
        self.shift(Trigger::Deferred, Activity::Listening(listen));
    }

    fn ask_on_control(&self, turn: &Turn<'_>, call: CallId, press: Press) -> Ask {
        let word =
            FloorRequest { unit: turn.radio.unit(), press, call, demand: turn.radio.config.demand }.into();
        let persistence = Persistence::Request(RequestKind::Normal);
        Ask { press, access: Access::on_control(&self.camp, word, persistence, turn.now), place: None }
    }

    /// Says that a request is to be forgotten.
    pub(super) fn forget(&self, turn: &Turn<'_>, press: Press) -> Wish {
        let word = CallCancel { unit: turn.radio.unit(), press }.into();
        let persistence = Persistence::Request(RequestKind::Normal);
        Wish::Forget(press, Access::on_control(&self.camp, word, persistence, turn.now))
    }
}
