//! The handset: its state, and `handle`, which reads as a table of contents.

use trunklab_protocol::air_downlink::{Burst, DownlinkWord, SiteService};
use trunklab_protocol::air_uplink::{Detach, RequestKind};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::proof::SessionKey;
use trunklab_protocol::{CallSetup, Cause, Moment, SiteId, Span, TalkgroupId, UnitId};

use super::access::{Access, Persistence, Step};
use super::call::Activity;
use super::camp::{Camp, Change};
use super::config::HandsetConfig;
use super::emergency::Emergency;
use super::hunt::{Barred, Hunt};
use super::moving::{End, Moving};
use super::neighbours::Place;
use super::phase::{self, Phase, Trigger};
use super::radio::{Ptt, Radio, Turn, transmit};
use super::registration::{Registration, Verdict};
use super::service::{Departure, Service};
use super::timers::{DETACH_TRIES, HEAR_LEVEL_DBM, HUNT, SPREAD_AFTER_LOSS, SPREAD_AFTER_POWER_ON};
use super::view::{EmergencyLight, HandsetView, RunningCall};
use crate::deadline::{Deadline, Why};
use crate::input::Input;
use crate::output::{HandsetEvent, Outbox, Output};

/// A handset.
#[derive(Debug, Clone)]
pub struct Handset {
    radio: Radio,
    state: State,
    now: Moment,
    barred: Barred,
    /// How long the next registration is spread.
    spread: Span,
}

#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "a handset spends its life in service, the largest state")]
enum State {
    Off,
    Hunting(Hunt),
    OutOfRange(Hunt),
    Registering(Registration),
    Denied(Camp),
    InService(Service),
    Moving(Moving),
    Detaching { camp: Camp, session: SessionKey, access: Access },
}

impl Handset {
    /// A handset that is switched off.
    pub fn new(config: HandsetConfig) -> Self {
        Self {
            radio: Radio::new(config),
            state: State::Off,
            now: Moment::ORIGIN,
            barred: Barred::default(),
            spread: SPREAD_AFTER_POWER_ON,
        }
    }

    /// Takes one input. Whatever fell due before `now` happens first.
    pub fn handle(&mut self, now: Moment, input: Input, out: &mut Outbox) {
        self.now = self.now.max(now);
        self.fire_due(out);
        match input {
            Input::Time => {}
            Input::PowerOn => self.power_on(out),
            Input::PowerOff => self.power_off(out),
            Input::Select(talkgroup) => self.select(talkgroup, out),
            Input::SelectArea(area) => self.radio.area = area,
            Input::Scan { on } => self.scan(on, out),
            Input::PressPtt { kind } => self.press(kind, out),
            Input::ReleasePtt => self.release(out),
            Input::Alarm => self.alarm(out),
            Input::Call { called, setup } => self.call(called, setup, out),
            Input::Answer => self.in_service(out, |service, turn| service.answer(turn)),
            Input::HangUp => self.in_service(out, |service, turn| service.hang_up(turn)),
            Input::Speech(frames) => {
                // In a full duplex call it is open, though nobody presses.
                if self.radio.is_down() || self.radio.microphone.is_open() {
                    self.radio.microphone.take(self.now, frames);
                }
            }
            // What a radio knows of a site it has from the site's own words (docs/protocol.md, clause 5.1.2).
            Input::Beacon { .. } => {}
            Input::Silence { site } => {
                if let State::Hunting(hunt) | State::OutOfRange(hunt) = &mut self.state {
                    hunt.forget(site);
                }
            }
            Input::Level { site, level_dbm } => {
                if let State::InService(service) = &mut self.state {
                    service.neighbours.level(self.now, &service.camp, site, level_dbm);
                }
            }
            Input::Burst { site, level_dbm, burst } => self.burst(site, level_dbm, &burst, out),
        }
        self.fire_due(out);
    }

    /// When to call [`Self::handle`] again at the latest, and why.
    pub fn next_deadline(&self) -> Option<Deadline> {
        match &self.state {
            State::Off | State::OutOfRange(_) => None,
            State::Hunting(hunt) => Some(Deadline { at: hunt.until, why: Why::HuntEnds }),
            State::Registering(registration) => Some(registration.deadline()),
            State::Denied(camp) => Some(Deadline { at: camp.lost_at(), why: Why::SignalLost }),
            State::InService(service) => {
                let own = service.deadline();
                let emergency = service.emergency_deadline(self.radio.emergency);
                Some(emergency.map_or(own, |emergency| emergency.min(own)))
            }
            State::Moving(moving) => Some(moving.deadline()),
            State::Detaching { camp, access, .. } => {
                let lost = Deadline { at: camp.lost_at(), why: Why::SignalLost };
                Some(access.deadline().min(lost))
            }
        }
    }

    /// What a screen shows.
    pub fn state(&self) -> HandsetView {
        let camp = self.camp();
        let mut view = HandsetView {
            unit: self.radio.unit(),
            phase: self.phase(),
            selected: self.radio.selected,
            area: self.radio.area,
            affiliated: None,
            site: camp.map(|camp| camp.site),
            service: camp.map(|camp| camp.service),
            level_dbm: camp.map(|camp| camp.level_dbm),
            channel: camp.map(|camp| camp.control),
            ptt: self.radio.is_down(),
            queue_position: None,
            emergency: self.radio.emergency.map(|emergency| emergency.light),
            called_back: false,
            floor_position: None,
            rung_by: None,
            tries: 0,
            call: None,
            speech_waiting: self.radio.microphone.waiting(),
            speech_overrun: self.radio.microphone.overrun(),
        };
        match &self.state {
            State::InService(service) => show(service, &mut view),
            State::Registering(registration) => view.tries = registration.tries(),
            State::Off
            | State::Hunting(_)
            | State::OutOfRange(_)
            | State::Denied(_)
            | State::Moving(_)
            | State::Detaching { .. } => {}
        }
        view
    }

    fn fire_due(&mut self, out: &mut Outbox) {
        while let Some(deadline) = self.next_deadline()
            && deadline.at <= self.now
        {
            self.fire(deadline.why, out);
        }
    }

    fn fire(&mut self, why: Why, out: &mut Outbox) {
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        match &mut self.state {
            State::Off | State::OutOfRange(_) => {}
            State::Hunting(_) => self.end_hunt(out),
            State::Registering(_) if why == Why::SignalLost => self.lose_signal(out),
            State::Registering(registration) => registration.fire(&mut turn),
            State::Denied(_) => self.lose_signal(out),
            State::InService(_) if why == Why::Measure => self.look_around(out),
            State::Moving(moving) => {
                let end = moving.fire(&mut turn, why);
                self.end_move(end, out);
            }
            State::InService(service) => {
                let departure = service.fire(&mut turn, why);
                self.depart(departure, out);
            }
            State::Detaching { .. } => self.fire_detach(why, out),
        }
    }

    fn power_on(&mut self, out: &mut Outbox) {
        let (State::Off | State::Detaching { .. }) = self.state else { return };
        self.radio.known = false;
        self.barred.clear();
        self.spread = SPREAD_AFTER_POWER_ON;
        self.hunt(Trigger::SwitchedOn, out);
    }

    fn power_off(&mut self, out: &mut Outbox) {
        self.radio.release();
        self.radio.emergency = None;
        match &mut self.state {
            State::Off | State::Detaching { .. } => {}
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

    fn select(&mut self, talkgroup: TalkgroupId, out: &mut Outbox) {
        if self.radio.selected == talkgroup {
            return;
        }
        self.radio.selected = talkgroup;
        if let State::InService(service) = &mut self.state {
            service.select(&mut Turn { now: self.now, radio: &mut self.radio, out });
        }
    }

    fn scan(&mut self, on: bool, out: &mut Outbox) {
        if self.radio.scans == on {
            return;
        }
        self.radio.scans = on;
        if let State::InService(service) = &mut self.state {
            service.scan_changed(&mut Turn { now: self.now, radio: &mut self.radio, out });
        }
    }

    fn press(&mut self, kind: RequestKind, out: &mut Outbox) {
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

    fn alarm(&mut self, out: &mut Outbox) {
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
            | State::Detaching { .. } => {
                let press = turn.radio.next_press();
                turn.radio.emergency = Some(Emergency { press, light: EmergencyLight::Unanswered });
                if let State::Registering(registration) = &mut self.state {
                    registration.hurry(&mut turn);
                }
            }
        }
    }

    fn call(&mut self, called: UnitId, setup: CallSetup, out: &mut Outbox) {
        if self.radio.is_down() {
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
            State::Hunting(_)
            | State::OutOfRange(_)
            | State::Registering(_)
            | State::Denied(_)
            | State::Detaching { .. } => turn.refuse(Cause::NotRegistered),
        }
    }

    /// Something that means nothing but to a registered handset.
    fn in_service(&mut self, out: &mut Outbox, does: impl FnOnce(&mut Service, &mut Turn<'_>)) {
        if let State::InService(service) = &mut self.state {
            does(service, &mut Turn { now: self.now, radio: &mut self.radio, out });
        }
    }

    fn release(&mut self, out: &mut Outbox) {
        if !self.radio.is_down() {
            return;
        }
        if let State::InService(service) = &mut self.state {
            service.release(&mut Turn { now: self.now, radio: &mut self.radio, out });
        }
        self.radio.release();
    }

    fn burst(&mut self, site: SiteId, level_dbm: i8, burst: &Burst, out: &mut Outbox) {
        if level_dbm < HEAR_LEVEL_DBM {
            return;
        }
        match &mut self.state {
            State::Off => {}
            State::Hunting(hunt) => hunt.hears(self.now, site, level_dbm, burst, self.radio.unit()),
            State::OutOfRange(hunt) => {
                hunt.hears(self.now, site, level_dbm, burst, self.radio.unit());
                if hunt.found(&self.barred, self.now) {
                    hunt.until = self.now + HUNT;
                    let hunt = hunt.clone();
                    self.shift(Trigger::SiteHeard, State::Hunting(hunt));
                }
            }
            State::Moving(moving) => {
                let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
                let end = moving.hears(&mut turn, site, level_dbm, burst);
                self.end_move(end, out);
            }
            State::Registering(_) | State::Denied(_) | State::InService(_) | State::Detaching { .. } => {
                self.own_burst(site, level_dbm, burst, out);
            }
        }
    }

    /// A burst while the handset stands on one site: one of another site is noise.
    fn own_burst(&mut self, site: SiteId, level_dbm: i8, burst: &Burst, out: &mut Outbox) {
        let now = self.now;
        let traffic = match &self.state {
            State::InService(service) => service.traffic_slot(),
            State::Off
            | State::Hunting(_)
            | State::OutOfRange(_)
            | State::Registering(_)
            | State::Denied(_)
            | State::Moving(_)
            | State::Detaching { .. } => None,
        };
        if let State::InService(service) = &mut self.state
            && service.search.is_some()
        {
            if service.finds(&Turn { now, radio: &mut self.radio, out }, site, level_dbm, burst) {
                service.end_search(&mut Turn { now, radio: &mut self.radio, out }, burst.place.at);
                self.control_word(&burst.word, out);
            }
            return;
        }
        let Some(camp) = self.camp_mut().filter(|camp| camp.site == site) else { return };
        if !camp.concerns(burst.place, traffic)
            || !camp.hears(now, level_dbm, burst)
            || camp.was_under_way(burst.place)
        {
            return;
        }
        match burst.place.channel {
            Channel::Control => self.control_word(&burst.word, out),
            // A call has the control channel's slot.
            Channel::Traffic if traffic.is_none() => self.shared_word(burst, out),
            Channel::Traffic => {
                let mut turn = Turn { now, radio: &mut self.radio, out };
                if let State::InService(service) = &mut self.state {
                    service.traffic_word(&mut turn, burst.place.count, &burst.word);
                }
            }
        }
    }

    fn shared_word(&mut self, burst: &Burst, out: &mut Outbox) {
        if let State::InService(service) = &mut self.state
            && service.call_on_control(&mut Turn { now: self.now, radio: &mut self.radio, out }, burst)
        {
            return;
        }
        self.control_word(&burst.word, out);
    }

    fn control_word(&mut self, word: &DownlinkWord, out: &mut Outbox) {
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        match &mut self.state {
            State::Registering(registration) => {
                let verdict = registration.word(&mut turn, word);
                self.judge(verdict, out);
            }
            State::InService(service) => {
                let departure = service.control_word(&mut turn, word);
                self.depart(departure, out);
            }
            State::Denied(camp) => {
                if let DownlinkWord::System(system) = word
                    && system.site == camp.site
                    && camp.update(system) == Change::Restarted
                {
                    self.register_again(out);
                }
            }
            State::Off
            | State::Hunting(_)
            | State::OutOfRange(_)
            | State::Moving(_)
            | State::Detaching { .. } => {}
        }
    }

    /// Its own site is weak: it goes to a neighbour that has been better for long enough, or has them measured again.
    fn look_around(&mut self, out: &mut Outbox) {
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
    fn end_move(&mut self, end: Option<End>, out: &mut Outbox) {
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

    fn end_hunt(&mut self, out: &mut Outbox) {
        let State::Hunting(hunt) = &mut self.state else { return };
        let Some(camp) = hunt.choose(&self.barred, self.now) else {
            self.shift(Trigger::NothingFound, State::OutOfRange(Hunt::from(self.now)));
            out.push(Output::Event(HandsetEvent::OutOfRange));
            return;
        };
        out.push(Output::Tune { site: camp.site, carrier: camp.control.carrier });
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        turn.tell(HandsetEvent::Camped { site: camp.site });
        if camp.service != SiteService::Wide {
            turn.tell_service(&camp);
        }
        let registration = Registration::new(&mut turn, camp, self.spread);
        self.shift(Trigger::SiteChosen, State::Registering(registration));
    }

    fn judge(&mut self, verdict: Option<Verdict>, out: &mut Outbox) {
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

    fn depart(&mut self, departure: Option<Departure>, out: &mut Outbox) {
        match departure {
            None => {}
            Some(Departure::SignalLost) => self.lose_signal(out),
            Some(Departure::RegistrationVoid) => self.register_again(out),
            Some(Departure::ForSite(place)) => self.leave_for(place, out),
        }
    }

    /// The registration is void, the site stands: register there again.
    fn register_again(&mut self, out: &mut Outbox) {
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        if let State::InService(service) = &mut self.state {
            service.leave(&mut turn, Cause::CallLost);
        }
        let Some(camp) = self.camp().cloned() else { return };
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        let registration = Registration::new(&mut turn, camp, SPREAD_AFTER_LOSS);
        self.shift(Trigger::RegistrationVoid, State::Registering(registration));
    }

    fn lose_signal(&mut self, out: &mut Outbox) {
        self.spread = SPREAD_AFTER_LOSS;
        self.barred.forgive();
        self.hunt(Trigger::SignalLost, out);
    }

    fn hunt(&mut self, by: Trigger, out: &mut Outbox) {
        out.push(Output::Hunt);
        self.shift(by, State::Hunting(Hunt::from(self.now)));
    }

    fn fire_detach(&mut self, why: Why, out: &mut Outbox) {
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

    fn switch_off(&mut self, by: Trigger, out: &mut Outbox) {
        out.push(Output::Mute);
        self.shift(by, State::Off);
    }

    /// Every change of state goes through here: the table allows it, or it is our bug.
    fn shift(&mut self, by: Trigger, to: State) {
        phase::check(self.phase(), by, to.phase());
        self.state = to;
    }

    fn phase(&self) -> Phase {
        self.state.phase()
    }

    fn camp(&self) -> Option<&Camp> {
        match &self.state {
            State::Off | State::Hunting(_) | State::OutOfRange(_) => None,
            State::Registering(registration) => Some(&registration.camp),
            State::InService(service) => Some(&service.camp),
            State::Moving(moving) => Some(&moving.left.camp),
            State::Denied(camp) | State::Detaching { camp, .. } => Some(camp),
        }
    }

    fn camp_mut(&mut self) -> Option<&mut Camp> {
        match &mut self.state {
            State::Off | State::Hunting(_) | State::OutOfRange(_) => None,
            State::Registering(registration) => Some(&mut registration.camp),
            State::InService(service) => Some(&mut service.camp),
            State::Moving(moving) => Some(&mut moving.left.camp),
            State::Denied(camp) | State::Detaching { camp, .. } => Some(camp),
        }
    }
}

impl State {
    fn phase(&self) -> Phase {
        match self {
            Self::Off => Phase::Off,
            Self::Hunting(_) => Phase::Hunting,
            Self::OutOfRange(_) => Phase::OutOfRange,
            Self::Registering(_) => Phase::Registering,
            Self::Denied(_) => Phase::Denied,
            Self::InService(service) => service.activity.phase(),
            Self::Moving(_) => Phase::Moving,
            Self::Detaching { .. } => Phase::Detaching,
        }
    }
}

fn show(service: &Service, view: &mut HandsetView) {
    view.affiliated = service.affiliated;
    let (in_call, talker) = match &service.activity {
        Activity::Idle(idle) => {
            view.called_back = idle.called_back.is_some();
            return;
        }
        Activity::Ringing(ring) => {
            view.rung_by = Some(ring.caller);
            return;
        }
        Activity::Requesting(request) => {
            view.tries = request.access.tries();
            return;
        }
        Activity::Queued(queued) => {
            view.queue_position = Some(queued.position);
            return;
        }
        Activity::Talking(talk) => (&talk.in_call, Some(view.unit)),
        Activity::Conversing(converse) => (&converse.talk.in_call, Some(converse.far.unit)),
        Activity::Ending(ending) => (&ending.talk.in_call, None),
        Activity::Hanging(hang) => {
            view.tries = hang.ask.as_ref().map_or(0, |ask| ask.access.tries());
            (&hang.in_call, None)
        }
        Activity::Listening(listen) => {
            if let Some(ask) = listen.wish.ask() {
                view.tries = ask.access.tries();
                view.floor_position = ask.place;
            }
            (&listen.in_call, Some(listen.talker))
        }
    };
    let (call, parties, at) = (in_call.call, in_call.parties, in_call.at);
    view.channel = Some(at);
    view.call = Some(RunningCall { call, parties, at, talker });
}
