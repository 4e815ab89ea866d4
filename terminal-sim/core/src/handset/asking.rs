//! A handset asks: for a call on the control channel, for the floor on the slot of its call. What is due is sent, and what
//! nobody answers is given up.

use trunklab_protocol::air_uplink::{CallRequest, PttReleased, RequestKind, UnitRequest};
use trunklab_protocol::{Cause, Press};

use super::access::{Access, Persistence, Step};
use super::call::{Activity, Button, ErrandKind, Hang, Idle, Request, Wanted};
use super::errand::Setback;
use super::phase::Trigger;
use super::radio::{Turn, transmit};
use super::service::Service;
use super::timers::{EMERGENCY_CHECK, QUEUE_ANEW, SELECTION_AGAIN};

impl Service {
    /// Asks for a call on the control channel.
    pub(super) fn request(&mut self, turn: &mut Turn<'_>, kind: RequestKind) {
        let wanted = Wanted::Talkgroup(self.talkgroup(turn));
        self.request_for(turn, kind, wanted);
    }

    /// Asks for a call with a talkgroup or a unit on the control channel.
    pub(super) fn request_for(&mut self, turn: &mut Turn<'_>, kind: RequestKind, wanted: Wanted) {
        if !self.camp.service.decides() {
            turn.refuse(self.camp.service.denial());
            if kind == RequestKind::Emergency {
                let press = turn.radio.next_press();
                self.begin_emergency(turn, press);
                self.ask_again = turn.now + EMERGENCY_CHECK;
            }
            return;
        }
        let press = turn.radio.next_press();
        if kind == RequestKind::Emergency {
            self.begin_emergency(turn, press);
            self.revert = turn.radio.config.emergency_talkgroup.or(self.revert);
            if self.revert.is_some() && self.revert != self.affiliated {
                // The network puts us there when it hears this, and we may not hear that it has.
                self.asked = None;
            }
        }
        let wanted = match wanted {
            // An emergency may have moved us to another.
            Wanted::Talkgroup(_) => Wanted::Talkgroup(self.talkgroup(turn)),
            Wanted::Unit { .. } => wanted,
        };
        let request = self.call_request(turn, press, kind, wanted);
        self.shift(Trigger::Pressed, Activity::Requesting(request));
    }

    /// An emergency does not wait for the floor: it is asked for where the controller decides.
    pub(super) fn request_from_call(&mut self, turn: &mut Turn<'_>) {
        self.tune_to_control(turn);
        self.request(turn, RequestKind::Emergency);
        if self.activity.in_call().is_some() {
            self.leave(turn, Cause::SiteUnavailable);
        }
    }

    fn call_request(&self, turn: &Turn<'_>, press: Press, kind: RequestKind, wanted: Wanted) -> Request {
        let (unit, area) = (turn.radio.unit(), turn.radio.area);
        let word = match wanted {
            Wanted::Talkgroup(talkgroup) => CallRequest { unit, press, talkgroup, kind, area }.into(),
            Wanted::Unit { called, setup } => UnitRequest { unit, press, called, setup }.into(),
        };
        let access = Access::on_control(&self.camp, word, Persistence::Request(kind), turn.now);
        Request { press, kind, wanted, access, rings: false, floor_place: None }
    }

    pub(super) fn ask_for_floor(&mut self, turn: &mut Turn<'_>) {
        let Activity::Hanging(Hang { in_call, ask: None }) = &self.activity else { return };
        let in_call = in_call.clone();
        let press = turn.radio.next_press();
        let ask = Some(self.ask_on_slot(turn, &in_call, press));
        self.activity = Activity::Hanging(Hang { in_call, ask });
    }

    /// The button came up while the request waits: the network is told.
    pub(super) fn releasing(&self, turn: &Turn<'_>, press: Press) -> Button {
        let word = PttReleased { unit: turn.radio.unit(), press }.into();
        let persistence = Persistence::Request(RequestKind::Normal);
        Button::Releasing(Access::on_control(&self.camp, word, persistence, turn.now))
    }

    pub(super) fn fire_access(&mut self, turn: &mut Turn<'_>) {
        let Some(access) = self.activity.access_mut() else { return };
        if access.gives_way(turn.now, &self.camp, self.last_sent) {
            return;
        }
        match access.fire(turn.now, &self.camp, &mut turn.radio.dice) {
            Step::Send(place) => {
                let word = access.word.clone();
                self.last_sent = Some(place);
                transmit(&self.camp, Some(&self.session), place, word, turn.out);
            }
            Step::Wait => {}
            Step::GiveUp => self.unanswered(turn),
        }
    }

    /// Where somebody else decides from here on, that one knows of no queue, and perhaps of no emergency: who waits asks again; an
    /// emergency is said at once.
    pub(super) fn dispatch_changed(&mut self, turn: &mut Turn<'_>) {
        if !self.camp.service.decides() {
            return;
        }
        self.ask_soon(turn);
        self.ask_again = self.ask_again.min(turn.now);
    }

    /// Who waits in a queue may have missed what was said of it: asks soon, but not all in one moment.
    pub(super) fn ask_soon(&mut self, turn: &mut Turn<'_>) {
        if let Activity::Queued(queued) = &mut self.activity {
            let soon = turn.now + turn.radio.dice.span_below(QUEUE_ANEW);
            queued.until = queued.until.min(soon);
        }
    }

    pub(super) fn fire_queue(&mut self, turn: &mut Turn<'_>) {
        let Activity::Queued(queued) = &self.activity else { return };
        let Request { press, kind, wanted, .. } = queued.request;
        let again = self.call_request(turn, press, kind, wanted);
        self.shift(Trigger::QueueForgotten, Activity::Requesting(again));
    }

    fn unanswered(&mut self, turn: &mut Turn<'_>) {
        match &mut self.activity {
            Activity::Idle(Idle { errand: Some(errand), .. }) => {
                let kind = errand.kind;
                if let ErrandKind::Affiliate(talkgroup, _) = kind {
                    self.setback = Some(Setback::Undecided(talkgroup, turn.now + SELECTION_AGAIN));
                    turn.refuse(Cause::NoAnswer);
                }
                self.errand_done(turn);
            }
            Activity::Hanging(hang) => {
                hang.ask = None;
                turn.refuse(Cause::NoAnswer);
            }
            Activity::Requesting(request) => {
                let press = request.press;
                if !self.lost_on_the_way(turn, Cause::NoAnswer) {
                    turn.refuse(Cause::NoAnswer);
                }
                self.defer(turn);
                self.emergency_goes_on(turn, press);
            }
            // Unheard: a grant will be given back, and a press asks anew.
            Activity::Queued(queued) => queued.button = Button::Up,
            Activity::Listening(_) => self.unanswered_while_listening(turn),
            Activity::Idle(_)
            | Activity::Ringing(_)
            | Activity::Talking(_)
            | Activity::Conversing(_)
            | Activity::Ending(_) => {}
        }
    }

    /// Back to idle without a call, and to the selected talkgroup.
    pub(super) fn defer(&mut self, turn: &mut Turn<'_>) {
        self.revert = None;
        self.stand_by(turn);
    }

    /// Back to idle without a call, in the talkgroup in which one was asked for.
    pub(super) fn stand_by(&mut self, turn: &mut Turn<'_>) {
        let idle = self.idle(turn);
        self.shift(Trigger::Deferred, Activity::Idle(idle));
    }
}
