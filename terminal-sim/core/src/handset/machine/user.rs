//! What the user does with a handset.

use trunklab_protocol::air_uplink::{Detach, RequestKind};
use trunklab_protocol::{CallSetup, Cause, Condition, TalkgroupId, UnitId};

use super::{Handset, State};
use crate::handset::access::{Access, Persistence};
use crate::handset::emergency::Emergency;
use crate::handset::moving::End;
use crate::handset::phase::Trigger;
use crate::handset::radio::{Ptt, Turn};
use crate::handset::service::Service;
use crate::handset::timers::{DETACH_TRIES, SPREAD_AFTER_POWER_ON};
use crate::handset::view::EmergencyLight;
use crate::output::{HandsetEvent, Outbox, Output};

impl Handset {
    pub(super) fn power_on(&mut self, out: &mut Outbox) {
        let (State::Off | State::Detaching { .. }) = self.state else { return };
        if self.radio.remote.condition == Condition::Killed {
            return out.push(Output::Event(HandsetEvent::Refused { cause: Cause::UnitKilled }));
        }
        (self.radio.known, self.radio.tmsi) = (false, None);
        self.barred.clear();
        self.spread = SPREAD_AFTER_POWER_ON;
        self.hunt(Trigger::SwitchedOn, out);
    }

    pub(super) fn power_off(&mut self, out: &mut Outbox) {
        self.radio.remote.monitor = None;
        self.radio.release();
        self.radio.emergency = None;
        self.radio.forget_messages();
        match &mut self.state {
            State::Off | State::Detaching { .. } => {}
            State::Failsoft(failsoft) => {
                // Nobody could be told.
                failsoft.stop(&mut Turn { now: self.now, radio: &mut self.radio, out });
                self.switch_off(Trigger::SwitchedOff, out);
            }
            State::Hunting(_) | State::OutOfRange(_) | State::Registering(_) | State::Denied(_) => {
                self.switch_off(Trigger::SwitchedOff, out);
            }
            State::Moving(moving) => {
                moving.talk = None;
                self.end_move(Some(End::Failed), out);
                self.power_off(out);
            }
            State::InService(service) => {
                let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
                service.tune_to_control(&mut turn);
                let word = Detach { unit: turn.radio.unit() }.into();
                let camp = service.camp.clone();
                let session = service.session;
                let access = Access::on_control(&camp, word, Persistence::Times(DETACH_TRIES), turn.now);
                self.shift(Trigger::SwitchedOff, State::Detaching { camp, session, access });
            }
        }
    }

    pub(super) fn select(&mut self, talkgroup: TalkgroupId, out: &mut Outbox) {
        if self.radio.remote.locks_out(talkgroup) {
            return out.push(Output::Event(HandsetEvent::Refused { cause: Cause::SelectorLocked }));
        }
        if let Some(set) = &mut self.radio.remote.regrouped {
            // Where it is not locked the user may turn it, and it stays there.
            set.before = talkgroup;
        }
        if self.radio.selected == talkgroup {
            return;
        }
        self.radio.selected = talkgroup;
        if let State::InService(service) = &mut self.state {
            service.select(&mut Turn { now: self.now, radio: &mut self.radio, out });
        }
        self.select_in_failsoft(out);
    }

    pub(super) fn scan(&mut self, on: bool, out: &mut Outbox) {
        if self.radio.scans == on {
            return;
        }
        self.radio.scans = on;
        if let State::InService(service) = &mut self.state {
            service.scan_changed(&mut Turn { now: self.now, radio: &mut self.radio, out });
        }
    }

    /// A user who has no service is told so, whatever is asked for.
    fn is_denied(&self, out: &mut Outbox) -> bool {
        let denial = self.radio.remote.denial();
        if let (Some(cause), false) = (denial, matches!(self.state, State::Off)) {
            out.push(Output::Event(HandsetEvent::Refused { cause }));
        }
        denial.is_some()
    }

    /// The microphone that was opened from afar is shut. Of the end of its call the user notices nothing either.
    pub(super) fn shut_microphone(&mut self, out: &mut Outbox) {
        let Some(monitor) = &mut self.radio.remote.monitor else { return };
        if monitor.until.take().is_none() {
            return;
        }
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        if let State::InService(service) = &mut self.state {
            service.hang_up(&mut turn);
        }
        self.radio.release();
    }

    /// The call for which the microphone was opened is over, or nothing came of it.
    pub(super) fn forget_monitor(&mut self) {
        let Some(monitor) = self.radio.remote.monitor else { return };
        if !matches!(&self.state, State::InService(service) if service.is_monitored(monitor)) {
            self.radio.remote.monitor = None;
            self.radio.release();
        }
    }

    pub(super) fn press(&mut self, kind: RequestKind, out: &mut Outbox) {
        if self.is_denied(out) {
            return;
        }
        if self.radio.remote.monitor.is_some() {
            // The user goes first: the next press asks.
            return self.shut_microphone(out);
        }
        // Whoever is in need presses the emergency button also while the other is down.
        let raises = (self.radio.ptt, kind) == (Ptt::Down(RequestKind::Normal), RequestKind::Emergency);
        match self.radio.ptt {
            Ptt::Up => self.radio.press(kind),
            Ptt::Down(_) if raises => self.radio.ptt = Ptt::Down(kind),
            Ptt::Down(_) => return,
        }
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        match &mut self.state {
            State::InService(service) => service.press(&mut turn, kind),
            State::Failsoft(failsoft) => {
                failsoft.press(&mut turn);
                if kind == RequestKind::Emergency {
                    // Nobody decides here: the network hears of it as soon as there is one.
                    let press = turn.radio.next_press();
                    turn.radio.emergency = Some(Emergency { press, light: EmergencyLight::Unanswered });
                }
            }
            // On the way to another site the press is kept: it is asked for there.
            State::Off | State::Moving(_) => {}
            State::Registering(registration) => {
                turn.refuse(Cause::NotRegistered);
                registration.hurry(&mut turn);
            }
            State::Hunting(_) | State::OutOfRange(_) | State::Denied(_) | State::Detaching { .. } => {
                turn.refuse(Cause::NotRegistered);
            }
        }
    }

    pub(super) fn alarm(&mut self, out: &mut Outbox) {
        if self.is_denied(out) {
            return;
        }
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        match &mut self.state {
            State::InService(service) => service.alarm(&mut turn),
            State::Off => {}
            // It is said as soon as somebody hears it.
            State::Hunting(_)
            | State::OutOfRange(_)
            | State::Registering(_)
            | State::Denied(_)
            | State::Moving(_)
            | State::Failsoft(_)
            | State::Detaching { .. } => {
                let press = turn.radio.next_press();
                turn.radio.emergency = Some(Emergency { press, light: EmergencyLight::Unanswered });
                if let State::Registering(registration) = &mut self.state {
                    registration.hurry(&mut turn);
                }
            }
        }
    }

    pub(super) fn call(&mut self, called: UnitId, setup: CallSetup, out: &mut Outbox) {
        if self.radio.is_down() || self.is_denied(out) {
            return;
        }
        // On the way to another site a press is kept, and would ask for the talkgroup there.
        if setup == CallSetup::Immediate && !matches!(self.state, State::Moving(_)) {
            self.radio.press(RequestKind::Normal);
        }
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        match &mut self.state {
            State::InService(service) => service.call(&mut turn, called, setup),
            State::Off => {}
            State::Moving(_) => turn.refuse(Cause::WrongState),
            State::Failsoft(failsoft) => turn.refuse(failsoft.refusal()),
            State::Hunting(_)
            | State::OutOfRange(_)
            | State::Registering(_)
            | State::Denied(_)
            | State::Detaching { .. } => turn.refuse(Cause::NotRegistered),
        }
    }

    /// A message of the user, who learns what becomes of it.
    pub(super) fn message(&mut self, out: &mut Outbox, tell: impl FnOnce(&mut Service, &mut Turn<'_>)) {
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        match &mut self.state {
            State::InService(service) => tell(service, &mut turn),
            State::Off => {}
            State::Failsoft(failsoft) => {
                let cause = failsoft.refusal();
                turn.tell(HandsetEvent::MessageRefused { cause });
            }
            State::Hunting(_)
            | State::OutOfRange(_)
            | State::Registering(_)
            | State::Denied(_)
            | State::Moving(_)
            | State::Detaching { .. } => {
                turn.tell(HandsetEvent::MessageRefused { cause: Cause::NotRegistered })
            }
        }
    }

    /// Something that means nothing but to a registered handset.
    pub(super) fn in_service(&mut self, out: &mut Outbox, does: impl FnOnce(&mut Service, &mut Turn<'_>)) {
        if let State::InService(service) = &mut self.state {
            does(service, &mut Turn { now: self.now, radio: &mut self.radio, out });
        }
    }

    pub(super) fn release(&mut self, out: &mut Outbox) {
        if !self.radio.is_down() || self.radio.remote.monitor.is_some() {
            return;
        }
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        if let State::InService(service) = &mut self.state {
            service.release(&mut turn);
        } else if let State::Failsoft(failsoft) = &mut self.state {
            failsoft.release(&mut turn);
        }
        self.radio.release();
    }
}
