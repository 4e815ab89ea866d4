//! The handset: its state, and `handle`, which reads as a table of contents.

use trunklab_protocol::proof::SessionKey;
use trunklab_protocol::{Moment, Span};

use super::access::Access;
use super::camp::Camp;
use super::config::HandsetConfig;
use super::failsoft::{Failsoft, Left};
use super::hunt::{Barred, Hunt};
use super::moving::Moving;
use super::phase::{self, Phase, Trigger};
use super::radio::{Radio, Turn};
use super::registration::Registration;
use super::service::Service;
use super::timers::SPREAD_AFTER_POWER_ON;
use crate::deadline::{Deadline, Why};
use crate::input::Input;
use crate::output::Outbox;

mod coverage;
mod failsoft;
mod hearing;
mod shown;
mod user;

/// A handset.
#[derive(Debug, Clone)]
pub struct Handset {
    radio: Radio,
    state: State,
    now: Moment,
    barred: Barred,
    /// How long the next registration is spread.
    spread: Span,
    /// The site whose signal was lost, or at which a failsoft channel was looked for last, until another is found.
    left: Option<Left>,
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
    Failsoft(Failsoft),
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
            left: None,
        }
    }

    /// What is programmed into it now: also where the selector stands, and who the network has said it is.
    pub fn programming(&self) -> HandsetConfig {
        HandsetConfig { talkgroup: self.radio.selected, ..self.radio.config.clone() }
    }

    pub(super) const fn radio(&self) -> &Radio {
        &self.radio
    }

    pub(super) const fn radio_mut(&mut self) -> &mut Radio {
        &mut self.radio
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
            Input::Status { number, to } => {
                self.message(out, |service, turn| service.tell_status(turn, number, to));
            }
            Input::CallAlert { called } => {
                self.message(out, |service, turn| service.alert_unit(turn, called))
            }
            Input::CancelAlert => self.in_service(out, |service, turn| service.cancel_alert(turn)),
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
        self.heed_failsoft(out);
        self.fire_due(out);
        self.forget_monitor();
    }

    /// When to call [`Self::handle`] again at the latest, and why.
    pub fn next_deadline(&self) -> Option<Deadline> {
        match &self.state {
            State::Off => None,
            // Without a control channel its site may be in failsoft by now.
            State::OutOfRange(hunt) => {
                self.looks_at().map(|_| Deadline { at: hunt.until, why: Why::FailsoftAgain })
            }
            State::Hunting(hunt) => Some(Deadline { at: hunt.until, why: Why::HuntEnds }),
            State::Registering(registration) => Some(registration.deadline()),
            State::Denied(camp) => Some(Deadline { at: camp.lost_at(), why: Why::SignalLost }),
            State::InService(service) => {
                let own = service.deadline();
                let emergency = service.emergency_deadline(self.radio.emergency);
                let shut = self.radio.remote.monitor.and_then(|monitor| monitor.until);
                let monitor = shut.map(|at| Deadline { at, why: Why::MonitorEnds });
                let alert = self.radio.alert_due().map(|at| Deadline { at, why: Why::Alert });
                [emergency, monitor, alert].into_iter().flatten().chain([own]).min()
            }
            State::Moving(moving) => Some(moving.deadline()),
            State::Failsoft(failsoft) => Some(failsoft.deadline()),
            State::Detaching { camp, access, .. } => {
                let lost = Deadline { at: camp.lost_at(), why: Why::SignalLost };
                Some(access.deadline().min(lost))
            }
        }
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
            State::Off => {}
            State::OutOfRange(_) => self.look_for_failsoft_again(out),
            State::Hunting(_) => self.end_hunt(out),
            State::Registering(_) if why == Why::SignalLost => self.lose_signal(out),
            State::Registering(registration) => registration.fire(&mut turn),
            State::Denied(_) => self.lose_signal(out),
            State::InService(_) if why == Why::Measure => self.look_around(out),
            State::InService(_) if why == Why::MonitorEnds => self.shut_microphone(out),
            State::Moving(moving) => {
                let end = moving.fire(&mut turn, why);
                self.end_move(end, out);
            }
            State::InService(service) => {
                let departure = service.fire(&mut turn, why);
                self.depart(departure, out);
            }
            State::Failsoft(failsoft) => {
                let end = failsoft.fire(&mut turn, why);
                self.end_failsoft(end, out);
            }
            State::Detaching { .. } => self.fire_detach(why, out),
        }
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
            State::Failsoft(failsoft) => Some(&failsoft.camp),
            State::Denied(camp) | State::Detaching { camp, .. } => Some(camp),
        }
    }

    fn camp_mut(&mut self) -> Option<&mut Camp> {
        match &mut self.state {
            State::Off | State::Hunting(_) | State::OutOfRange(_) => None,
            State::Registering(registration) => Some(&mut registration.camp),
            State::InService(service) => Some(&mut service.camp),
            State::Moving(moving) => Some(&mut moving.left.camp),
            State::Failsoft(failsoft) => Some(&mut failsoft.camp),
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
            Self::Failsoft(failsoft) => failsoft.phase(),
            Self::Detaching { .. } => Phase::Detaching,
        }
    }
}
