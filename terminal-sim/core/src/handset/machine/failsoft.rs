//! When a handset goes to its failsoft channel, and how it comes back.

use trunklab_protocol::air_downlink::{Burst, SiteService};
use trunklab_protocol::{SiteId, Span};

use super::{Handset, State};
use crate::handset::camp::Camp;
use crate::handset::failsoft::{End, Failsoft, Held, Home, Left};
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
        let looks = self.looks_at();
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        let (camp, home) = match &mut self.state {
            State::InService(service) if service.is_on_control() => {
                let held = Held {
                    session: service.session,
                    affiliated: service.affiliated,
                    secondary: service.secondary,
                };
                (service.camp.clone(), Home::Registered(held))
            }
            State::Registering(registration) => (registration.camp.clone(), Home::Camped),
            State::Failsoft(failsoft) => (failsoft.camp.clone(), failsoft.home),
            State::OutOfRange(_) => match looks {
                Some(looks) => looks,
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
        let failsoft = Failsoft::seek(&mut turn, camp, home, at);
        self.shift(Trigger::FailsoftTried, State::Failsoft(failsoft));
        true
    }

    /// Where a handset that is out of range looks for its failsoft channel: at the site that it lost, or at one whose channel it
    /// keeps.
    pub(super) fn looks_at(&self) -> Option<(Camp, Home)> {
        let after = match &self.left {
            Some(Left { camp, home: home @ (Home::Registered(_) | Home::Camped), .. }) => {
                return Some((camp.clone(), *home));
            }
            Some(Left { camp, home: Home::Unheard, .. }) => Some(camp.site),
            None => None,
        };
        let kept = self.radio.failsoft.next_look(self.radio.selected, after);
        let (site, profile, at) = kept.filter(|_| self.radio.remote.serves())?;
        Some((Camp::unheard(site, profile, at), Home::Unheard))
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
            self.wait_for_failsoft(FAILSOFT_AGAIN);
        }
    }

    /// Out of range: a failsoft channel is looked for after a while, or at once by a handset that has looked nowhere yet.
    pub(super) fn out_of_range(&mut self) {
        self.wait_for_failsoft(self.left.as_ref().map_or(Span::ZERO, |_| FAILSOFT_AGAIN));
    }

    fn wait_for_failsoft(&mut self, pause: Span) {
        if let State::OutOfRange(hunt) = &mut self.state {
            hunt.until = self.now + pause;
        }
    }

    /// Back to the control channel, or away.
    pub(super) fn end_failsoft(&mut self, end: Option<End>, out: &mut Outbox) {
        let (Some(end), State::Failsoft(failsoft)) = (end, &mut self.state) else { return };
        let mut turn = Turn { now: self.now, radio: &mut self.radio, out };
        let (mut camp, home) = failsoft.leave(&mut turn, end);
        match (end, home) {
            (End::Silent, home) => {
                camp.service = SiteService::NoService;
                // Who has heard nothing since it was switched on knows.
                let is_told = matches!(home, Home::Unheard);
                let is_told = self.left.take().map_or(is_told, |left| left.is_told);
                self.left = Some(Left { camp, home, is_told });
                self.spread = SPREAD_AFTER_LOSS;
                self.barred.forgive();
                self.hunt(Trigger::SignalLost, out);
            }
            (End::Over | End::NoChannel, Home::Registered(held)) => {
                self.left = None;
                let service = Service::resumed(&mut turn, camp, held, SPREAD_AFTER_LOSS);
                self.shift(Trigger::FailsoftOver, State::InService(service));
            }
            (End::Over | End::NoChannel, Home::Camped) => {
                self.left = None;
                let registration = Registration::new(&mut turn, camp, SPREAD_AFTER_LOSS);
                self.shift(Trigger::FailsoftLeft, State::Registering(registration));
            }
            (End::Over | End::NoChannel, Home::Unheard) => {
                self.left = None;
                self.spread = SPREAD_AFTER_LOSS;
                self.hunt(Trigger::ControlUnheard, out);
            }
        }
    }
}
