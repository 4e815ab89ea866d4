//! What a handset does about each burst that it hears.

use trunklab_protocol::SiteId;
use trunklab_protocol::air_downlink::{Burst, DownlinkWord};
use trunklab_protocol::profile::Channel;

use super::{Handset, State};
use crate::handset::camp::Change;
use crate::handset::phase::Trigger;
use crate::handset::radio::Turn;
use crate::handset::timers::{HEAR_LEVEL_DBM, HUNT};
use crate::output::Outbox;

impl Handset {
    pub(super) fn burst(&mut self, site: SiteId, level_dbm: i8, burst: &Burst, out: &mut Outbox) {
        if level_dbm < HEAR_LEVEL_DBM {
            return;
        }
        match &mut self.state {
            State::Off => {}
            State::Hunting(hunt) => hunt.hears(self.now, site, level_dbm, burst, self.radio.known_unit()),
            State::OutOfRange(hunt) => {
                hunt.hears(self.now, site, level_dbm, burst, self.radio.known_unit());
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
            State::Failsoft(_) => self.failsoft_burst(site, level_dbm, burst, out),
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
            | State::Failsoft(_)
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
                    let departure = service.traffic_word(&mut turn, burst.place.count, &burst.word);
                    self.depart(departure, out);
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
        if let DownlinkWord::FailsoftChannel(channel) = word
            && let Some(profile) =
                self.camp().filter(|camp| camp.site == channel.site).map(|camp| camp.profile)
        {
            self.radio.failsoft.learn(channel, profile);
        }
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
            | State::Failsoft(_)
            | State::Detaching { .. } => {}
        }
    }
}
