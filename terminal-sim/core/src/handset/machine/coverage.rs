//! Which site a handset is on: hunting, registering, going to another one, and leaving the network.

use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::{Cause, Condition};

use super::{Handset, State};
use crate::deadline::Why;
use crate::handset::access::Step;
use crate::handset::hunt::Hunt;
use crate::handset::moving::{End, Moving};
use crate::handset::neighbours::Place;
use crate::handset::phase::Trigger;
use crate::handset::radio::{Ptt, Turn, transmit};
use crate::handset::registration::{Registration, Verdict};
use crate::handset::service::{Departure, Service};
use crate::handset::timers::{DETACH_TRIES, SPREAD_AFTER_LOSS};
use crate::output::{HandsetEvent, Outbox, Output};

impl Handset {
    /// Its own site is weak: it goes to a neighbour that has been better for long enough, or has them measured again.
    pub(super) fn look_around(&mut self, out: &mut Outbox) {
        let State::InService(service) = &mut self.state else { return };
        let (now, barred) = (self.now, &self.barred);
        let better = service.neighbours.better(now, &service.camp, |site| barred.allows_move(site, now));
        let Some(place) = better.filter(|_| service.may_leave()) else {
            return service.neighbours.measure(now, out);
        };
        if service.announces_leaving(place) {
            return service.neighbours.measure(now, out);
        }
        self.leave_for(place, out);
    }

    fn leave_for(&mut self, place: Place, out: &mut Outbox) {
        let State::InService(service) = &self.state else { return };
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        let moving = Moving::begin(&mut turn, service.clone(), place);
        self.shift(Trigger::NeighbourBetter, State::Moving(moving));
    }

    /// The move is over: in service there, or back where it was. A press that came meanwhile is asked for now.
    pub(super) fn end_move(&mut self, end: Option<End>, out: &mut Outbox) {
        let (Some(end), State::Moving(moving)) = (end, &self.state) else { return };
        let (mut left, to, talk) = (moving.left.clone(), moving.to(), moving.talk);
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        match end {
            End::Arrived(service) => self.shift(Trigger::RegistrationGranted, State::InService(*service)),
            End::Forbidden | End::Failed => {
                left.returns(&mut turn);
                match end {
                    End::Forbidden => self.barred.forbid(to, self.now),
                    End::Failed | End::Arrived(_) => self.barred.add(to, self.now),
                }
                self.shift(Trigger::MoveFailed, State::InService(left));
            }
        }
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        let State::InService(service) = &mut self.state else { return };
        match (talk, turn.radio.ptt) {
            (Some(talk), _) => service.goes_on(&mut turn, talk),
            (None, Ptt::Down(kind)) => service.press(&mut turn, kind),
            (None, Ptt::Up) => {}
        }
    }

    pub(super) fn end_hunt(&mut self, out: &mut Outbox) {
        let State::Hunting(hunt) = &mut self.state else { return };
        let Some(camp) = hunt.choose(&self.barred, self.now) else {
            self.shift(Trigger::NothingFound, State::OutOfRange(Hunt::from(self.now)));
            self.out_of_range();
            let is_told = self.left.as_mut().is_some_and(|left| std::mem::replace(&mut left.is_told, true));
            if !is_told {
                out.push(Output::Event(HandsetEvent::OutOfRange));
            }
            return;
        };
        self.left = None;
        out.push(Output::Tune { site: camp.site, carrier: camp.control.carrier });
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        turn.tell(HandsetEvent::Camped { site: camp.site });
        if camp.service != SiteService::Wide {
            turn.tell_service(&camp);
        }
        let registration = Registration::new(&mut turn, camp, self.spread);
        self.shift(Trigger::SiteChosen, State::Registering(registration));
    }

    pub(super) fn judge(&mut self, verdict: Option<Verdict>, out: &mut Outbox) {
        let State::Registering(registration) = &self.state else { return };
        let camp = registration.camp.clone();
        match verdict {
            None => {}
            Some(Verdict::Registered { session, talkgroup, secondary }) => {
                let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
                let service = Service::new(&mut turn, camp, session, (talkgroup, secondary));
                self.shift(Trigger::RegistrationGranted, State::InService(service));
            }
            Some(Verdict::Denied) => self.shift(Trigger::RegistrationDenied, State::Denied(camp)),
            Some(Verdict::Barred) => {
                self.barred.forbid(camp.site, self.now);
                self.hunt(Trigger::SiteBarred, out);
            }
        }
    }

    pub(super) fn depart(&mut self, departure: Option<Departure>, out: &mut Outbox) {
        let killed = self.radio.remote.condition == Condition::Killed;
        match departure {
            None => {}
            // Whatever the network has to say: it goes off.
            Some(_) if killed => self.switch_off(Trigger::OutOfUse, out),
            Some(Departure::SignalLost) => self.lose_signal(out),
            Some(Departure::RegistrationVoid) => self.register_again(out),
            Some(Departure::Denied) => self.be_denied(out),
            Some(Departure::ForSite(place)) => self.leave_for(place, out),
            Some(Departure::OutOfUse) => self.switch_off(Trigger::OutOfUse, out),
        }
    }

    /// The registration is void, the site stands: register there again.
    pub(super) fn register_again(&mut self, out: &mut Outbox) {
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        if let State::InService(service) = &mut self.state {
            service.leave(&mut turn, Cause::CallLost);
            service.give_messages_up(&mut turn, Cause::NotRegistered);
        }
        let Some(camp) = self.camp().cloned() else { return };
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        let registration = Registration::new(&mut turn, camp, SPREAD_AFTER_LOSS);
        self.shift(Trigger::RegistrationVoid, State::Registering(registration));
    }

    /// Another radio is served under its identity.
    fn be_denied(&mut self, out: &mut Outbox) {
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        if let State::InService(service) = &mut self.state {
            service.leave(&mut turn, Cause::CallLost);
            service.give_messages_up(&mut turn, Cause::NotRegistered);
        }
        turn.tell(HandsetEvent::RegisterRefused { cause: Cause::ClonedIdentity });
        let Some(camp) = self.camp().cloned() else { return };
        self.shift(Trigger::RegistrationDenied, State::Denied(camp));
    }

    pub(super) fn lose_signal(&mut self, out: &mut Outbox) {
        // Without a control channel the site may be in failsoft.
        if self.seek_failsoft(out) {
            return;
        }
        self.spread = SPREAD_AFTER_LOSS;
        self.barred.forgive();
        self.in_service(out, |service, turn| service.give_messages_up(turn, Cause::NoAnswer));
        self.hunt(Trigger::SignalLost, out);
    }

    pub(super) fn hunt(&mut self, by: Trigger, out: &mut Outbox) {
        out.push(Output::Hunt);
        self.shift(by, State::Hunting(Hunt::from(self.now)));
    }

    pub(super) fn fire_detach(&mut self, why: Why, out: &mut Outbox) {
        let State::Detaching { camp, session, access } = &mut self.state else { return };
        if why == Why::SignalLost {
            self.switch_off(Trigger::SignalLost, out);
            return;
        }
        match access.fire(self.now, camp, &mut self.radio.dice) {
            Step::Wait => {}
            Step::GiveUp => self.switch_off(Trigger::Detached, out),
            Step::Send(place) => {
                transmit(camp, Some(session), place, access.word.clone(), out);
                if access.tries() >= DETACH_TRIES {
                    self.switch_off(Trigger::Detached, out);
                }
            }
        }
    }

    pub(super) fn switch_off(&mut self, by: Trigger, out: &mut Outbox) {
        out.push(Output::Mute);
        self.left = None;
        self.shift(by, State::Off);
    }
}
