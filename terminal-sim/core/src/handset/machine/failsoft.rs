//! When a handset goes to its failsoft channel, and how it comes back.

use trunklab_protocol::SiteId;
use trunklab_protocol::air_downlink::{Burst, SiteService};

use super::{Handset, State};
use crate::handset::failsoft::{End, Failsoft, Held, Left};
use crate::handset::phase::Trigger;
use crate::handset::radio::Turn;
use crate::handset::registration::Registration;
use crate::handset::service::Service;
use crate::handset::timers::{FAILSOFT_AGAIN, SPREAD_AFTER_LOSS};
use crate::output::Outbox;

impl Handset {
    /// Its site says that it is in failsoft: a handset that is in no call goes to its channel there, where it has one.
    pub(super) fn heed_failsoft(&mut self, out: &mut Outbox) {
        let is_said = match &self.state {
            State::InService(service) => {
                service.camp.service == SiteService::Failsoft && service.is_on_control()
            }
            State::Registering(registration) => registration.camp.service == SiteService::Failsoft,
            State::Off
            | State::Hunting(_)
            | State::OutOfRange(_)
            | State::Denied(_)
            | State::Moving(_)
            | State::Failsoft(_)
            | State::Detaching { .. } => false,
        };
        if is_said {
            self.seek_failsoft(out);
        }
    }

    /// Goes and looks for its failsoft channel; false where it has none at this site, or serves nobody.
    pub(super) fn seek_failsoft(&mut self, out: &mut Outbox) -> bool {
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        let (camp, held) = match &mut self.state {
            State::InService(service) if service.is_on_control() => {
                let held = Held {
                    session: service.session,
                    affiliated: service.affiliated,
                    secondary: service.secondary,
                };
                (service.camp.clone(), Some(held))
            }
            State::Registering(registration) => (registration.camp.clone(), None),
            State::Failsoft(failsoft) => (failsoft.camp.clone(), failsoft.held),
            State::OutOfRange(_) => match &self.left {
                Some(left) => (left.camp.clone(), left.held),
                None => return false,
            },
            State::InService(_)
            | State::Off
            | State::Hunting(_)
            | State::Denied(_)
            | State::Moving(_)
            | State::Detaching { .. } => return false,
        };
        let channel = turn.radio.failsoft.of_talkgroup(camp.site, turn.radio.selected);
        let Some(at) = channel.filter(|_| turn.radio.remote.serves()) else { return false };
        if let State::InService(service) = &mut self.state {
            service.gives_way_to_failsoft(&mut turn);
        }
        let failsoft = Failsoft::seek(&mut turn, camp, held, at);
        self.shift(Trigger::FailsoftTried, State::Failsoft(failsoft));
        true
    }

    /// The selector was turned: another talkgroup may have another channel, or none.
    pub(super) fn select_in_failsoft(&mut self, out: &mut Outbox) {
        let State::Failsoft(failsoft) = &mut self.state else { return };
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        failsoft.stop(&mut turn);
        let channel = turn.radio.failsoft.of_talkgroup(failsoft.camp.site, turn.radio.selected);
        if channel == Some(failsoft.at) {
            return;
        }
        if !self.seek_failsoft(out) {
            self.end_failsoft(Some(End::NoChannel), out);
        }
    }

    /// A burst while the handset is in failsoft.
    pub(super) fn failsoft_burst(&mut self, site: SiteId, level_dbm: i8, burst: &Burst, out: &mut Outbox) {
        let State::Failsoft(failsoft) = &mut self.state else { return };
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        let end = failsoft.hears(&mut turn, site, level_dbm, burst);
        self.end_failsoft(end, out);
    }

    /// Out of range for a while: the site that was lost may be in failsoft by now.
    pub(super) fn look_for_failsoft_again(&mut self, out: &mut Outbox) {
        if !self.seek_failsoft(out) {
            self.wait_for_failsoft();
        }
    }

    /// Out of range: the failsoft channel of the site that was lost is looked for after a while.
    pub(super) fn wait_for_failsoft(&mut self) {
        if let State::OutOfRange(hunt) = &mut self.state {
            hunt.until = self.now + FAILSOFT_AGAIN;
        }
    }

    /// Back to the control channel, or away.
    pub(super) fn end_failsoft(&mut self, end: Option<End>, out: &mut Outbox) {
        let (Some(end), State::Failsoft(failsoft)) = (end, &mut self.state) else { return };
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        let (mut camp, held) = failsoft.leave(&mut turn, end);
        match (end, held) {
            (End::Silent, held) => {
                camp.service = SiteService::NoService;
                let is_told = self.left.take().is_some_and(|left| left.is_told);
                self.left = Some(Left { camp, held, is_told });
                self.spread = SPREAD_AFTER_LOSS;
                self.barred.forgive();
                self.hunt(Trigger::SignalLost, out);
            }
            (End::Over | End::NoChannel, Some(held)) => {
                self.left = None;
                let service = Service::resumed(&mut turn, camp, held, SPREAD_AFTER_LOSS);
                self.shift(Trigger::FailsoftOver, State::InService(service));
            }
            (End::Over | End::NoChannel, None) => {
                self.left = None;
                let registration = Registration::new(&mut turn, camp, SPREAD_AFTER_LOSS);
                self.shift(Trigger::FailsoftLeft, State::Registering(registration));
            }
        }
    }
}
