//! Site links: greeting, configuration, signs of life, loss.

use trunklab_protocol::from_site::{FromSite, Health, Hello, Settings};
use trunklab_protocol::operator::{AirCounters, EventKind};
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::switch::{SiteDown, SiteUp};
use trunklab_protocol::to_site::{Close, Configure, Heartbeat, ToSite};
use trunklab_protocol::{Cause, Clause, Epoch, SiteId, Span};

use super::sites::{Greeting, Inventory, Link, Memory, Stage};
use super::visitors::{Answer, Presence};
use crate::controller::Controller;
use crate::output::{Outbox, Output};
use crate::timers::TimerKey;

/// The least interval between two signs of life, in milliseconds: a zero in the configuration must not spin.
pub(crate) const HEARTBEAT_MS_MIN: u16 = 50;

/// How far a site's word may raise the epoch: more starts than a controller makes, and far too few for one site that
/// lies to use the numbers up.
const EPOCH_LEAP_MAX: u32 = 65_536;

impl Controller {
    /// Sends to a site, where there is one and a link stands.
    pub(crate) fn tell(
        &mut self,
        site: impl Into<Option<SiteId>>,
        message: impl Into<ToSite>,
        out: &mut Outbox,
    ) {
        if let Some(row) = site.into().and_then(|site| self.sites.get_mut(site)) {
            row.tell(message, self.citing, self.now, out);
        }
    }

    /// Sends to a site by a clause of its own, where there is one and a link stands.
    pub(crate) fn tell_by(
        &mut self,
        clause: Clause,
        site: impl Into<Option<SiteId>>,
        message: impl Into<ToSite>,
        out: &mut Outbox,
    ) {
        if let Some(row) = site.into().and_then(|site| self.sites.get_mut(site)) {
            row.tell(message, Some(clause), self.now, out);
        }
    }

    /// A site's certificate was checked and its link stands; the site is to greet.
    pub(crate) fn site_connected(&mut self, site: SiteId, out: &mut Outbox) {
        if !self.sites.contains(site) {
            let message = Close { cause: Cause::UnknownSite }.into();
            out.push(Output::ToSite { site, clause: Clause::Orders, message });
            return self.drop_message(site, Cause::UnknownSite, out);
        }
        self.lose_site(site, Cause::LinkReplaced, out);
        let row = self.sites.get_mut(site).expect("the site was found above");
        row.link = Some(Link::new(self.now));
        // In another term operators are told anew.
        row.control_is_lost = false;
        self.timers.set(TimerKey::Silence(site), self.now + self.silence_limit());
        self.timers.set(TimerKey::Heartbeat(site), self.now + self.heartbeat_interval());
    }

    /// Whether a message may come at this stage of its link; notes that the site was heard.
    pub(crate) fn admit(&mut self, site: SiteId, message: &FromSite) -> Result<(), Cause> {
        let row = self.sites.get_mut(site).ok_or(Cause::UnknownSite)?;
        let link = row.link.as_mut().ok_or(Cause::SiteUnavailable)?;
        link.heard = self.now;
        let reports = matches!(
            message,
            FromSite::InventoryRadios(_) | FromSite::InventoryCalls(_) | FromSite::InventoryEnd(_)
        );
        let greets = matches!(message, FromSite::Hello(_));
        let lives = matches!(message, FromSite::Health(_) | FromSite::Settings(_) | FromSite::SlotStates(_));
        let goes_soft = matches!(message, FromSite::InFailsoft(_));
        let tested = matches!(message, FromSite::SlotTested(_));
        match &link.stage {
            Stage::Ungreeted if greets => Ok(()),
            Stage::Ungreeted => Err(Cause::NotGreeted),
            Stage::Reporting(..) if reports || lives || goes_soft => Ok(()),
            Stage::Reporting(..) if greets => Err(Cause::Duplicate),
            Stage::Reporting(..) => Err(Cause::NotGreeted),
            Stage::InService(_) if reports || greets => Err(Cause::Duplicate),
            Stage::InService(_) => Ok(()),
            Stage::Failsoft(..) if reports || lives || goes_soft || tested => Ok(()),
            Stage::Failsoft(..) if greets => Err(Cause::Duplicate),
            Stage::Failsoft(..) => Err(Cause::SiteInFailsoft),
        }
    }

    /// A site has greeted: it gets all that it needs to work, with keys for this connection.
    pub(crate) fn site_greeted(&mut self, site: SiteId, hello: Hello, out: &mut Outbox) {
        let Hello { incarnation, newest_epoch, voice_address, controls } = hello;
        if self.is_outranked(site, newest_epoch) {
            return self.want_new_term(site, newest_epoch, out);
        }
        let (uplink_key, downlink_key) = (self.random().voice_key(), self.random().voice_key());
        let greeting = Greeting { incarnation, voice_address, uplink_key, downlink_key };
        let row = self.sites.get_mut(site).expect("a site that greets exists");
        let link = row.link.as_mut().expect("a site that greets has a link");
        link.stage = Stage::Reporting(greeting, Inventory::default());
        row.settings_said = 0;
        row.settings_reported = None;
        if row.memory == Memory::Stranger {
            self.adopt_controls(site, controls, out);
        } else {
            self.note_left(site, &controls);
        }
        let settings = Box::new(self.settings_of(site).expect("the site has just greeted"));
        let site_up = SiteUp { site, address: voice_address, uplink_key, downlink_key };
        out.push(Output::ToSwitch(site_up.into()));
        self.tell(site, Configure { settings }, out);
    }

    /// All that a site needs to work, once it has greeted.
    pub(crate) fn settings_of(&self, site: SiteId) -> Option<SiteSettings> {
        let row = self.sites.get(site)?;
        let mut settings = row.settings(&self.system, row.greeting()?);
        for neighbour in &mut settings.neighbours {
            if let Some(other) = self.sites.get(neighbour.site) {
                neighbour.carrier = other.slots.controls()[0].carrier;
            }
        }
        Some(settings)
    }

    /// Whether a site has obeyed a term that ranks with ours or above it, and is not ours (clause 2.1.6).
    fn is_outranked(&self, site: SiteId, newest: Epoch) -> bool {
        let is_stranger = self.sites.get(site).is_some_and(|row| row.memory == Memory::Stranger);
        newest > self.epoch || (newest == self.epoch && is_stranger)
    }

    /// The site is told nothing but why; a term that it will obey is the shell's to begin.
    fn want_new_term(&mut self, site: SiteId, newest: Epoch, out: &mut Outbox) {
        self.drop_message(site, Cause::Deposed, out);
        self.tell_by(Clause::Epoch, site, Close { cause: Cause::Deposed }, out);
        self.lose_site(site, Cause::Deposed, out);
        let leap = newest.number() - self.epoch.number();
        if leap <= EPOCH_LEAP_MAX && newest.number() < u32::MAX {
            out.push(Output::WantNewTerm { site, above: newest });
        }
    }

    /// A heartbeat with counters and loads.
    pub(crate) fn site_healthy(&mut self, site: SiteId, health: Health) {
        let Health {
            control_words,
            control_words_busy,
            bursts,
            collisions,
            late,
            dropped,
            controls,
            settings,
        } = health;
        let row = self.sites.get_mut(site).expect("a site that speaks exists");
        row.air = AirCounters { control_words, control_words_busy, bursts, collisions, late, dropped };
        row.loads = controls;
        row.settings_said = settings;
    }

    /// All settings that a site runs. What it says of its keys is nobody's to see.
    pub(crate) fn settings_reported(&mut self, site: SiteId, report: &Settings) {
        let row = self.sites.get_mut(site).expect("a site that speaks exists");
        row.settings_reported = Some(Box::new(report.settings.without_keys()));
    }

    /// Timer: a site may have gone silent.
    pub(crate) fn silence_due(&mut self, site: SiteId, out: &mut Outbox) {
        let heard = self.sites.get(site).and_then(|row| row.link.as_ref()).map(|link| link.heard);
        let heard = heard.expect("the timer of silence runs while the link stands");
        let limit = self.silence_limit();
        if self.woke.since(self.now) > self.heartbeat_interval() {
            // The controller overslept: what the sites said meanwhile may still be on its way in.
            self.timers.set(TimerKey::Silence(site), self.woke + limit);
        } else if heard + limit <= self.now {
            self.tell(site, Close { cause: Cause::LinkSilent }, out);
            self.lose_site(site, Cause::LinkSilent, out);
        } else {
            self.timers.set(TimerKey::Silence(site), heard + limit);
        }
    }

    /// Timer: a site may need a sign of life. Those missed by a late wake call are skipped.
    pub(crate) fn heartbeat_due(&mut self, site: SiteId, out: &mut Outbox) {
        let said = self.sites.get(site).and_then(|row| row.link.as_ref()).map(|link| link.said);
        let said = said.expect("the timer of heartbeats runs while the link stands");
        let interval = self.heartbeat_interval();
        if said + interval <= self.now {
            self.tell(site, Heartbeat {}, out);
            self.timers.set(TimerKey::Heartbeat(site), self.woke + interval);
        } else {
            self.timers.set(TimerKey::Heartbeat(site), said + interval);
        }
    }

    /// A base station was turned away that shows the certificate of a site which another one serves.
    pub(crate) fn site_taken(&mut self, site: SiteId, out: &mut Outbox) {
        if self.sites.contains(site) {
            self.drop_message(site, Cause::SiteTaken, out);
        }
    }

    /// A site's link is gone: its calls go on without it, its units are absent until it returns.
    pub(crate) fn lose_site(&mut self, site: SiteId, cause: Cause, out: &mut Outbox) {
        let Some(row) = self.sites.get_mut(site) else { return };
        let was_known = row.in_service() || row.in_failsoft();
        let was_greeted = row.greeting().is_some();
        if row.link.take().is_none() {
            return;
        }
        self.timers.cancel(TimerKey::Silence(site));
        self.timers.cancel(TimerKey::Heartbeat(site));
        self.timers.cancel(TimerKey::ControlMove(site));
        if was_known {
            self.report(EventKind::SiteLost { site, cause }, out);
        }
        self.leave_site(site, cause, Cause::SiteUnavailable, out);
        if was_greeted {
            out.push(Output::ToSwitch(SiteDown { site }.into()));
        }
    }

    /// Nobody can be served at a site any more, and it is told nothing of that: its calls go on without it, its units are absent until it
    /// returns, and those of them that wait are `refused`.
    pub(crate) fn leave_site(&mut self, site: SiteId, cause: Cause, refused: Cause, out: &mut Outbox) {
        let Some(row) = self.sites.get_mut(site) else { return };
        let challenges = std::mem::take(&mut row.challenges);
        let units: Vec<_> = row.units.iter().copied().collect();
        self.timers.cancel(TimerKey::CopyStep(site));
        self.copies.lose(site);
        self.reports.lose(site);
        for identity in challenges.into_keys() {
            self.timers.cancel(TimerKey::Challenge(site, identity));
        }
        for call in self.calls_at(site) {
            if self.calls.get(call).is_some() {
                self.drop_leg(call, site, cause, out);
            }
        }
        for unit in units {
            self.leave_individual_calls(unit, out);
            self.stop_waiting(unit, refused, out);
            // Who talks here has lost the floor with the call's slot, but for one that waits for a slot.
            self.lose_floor(unit, out);
            let visitor = self.visitors.get_mut(unit).expect("a unit at a site is in the visitor register");
            // Nobody there has heard of that: who asks again when the site is back, under the same number, is served anew.
            if let Some(last) = &mut visitor.last_request
                && last.answer == Answer::Refused(refused)
            {
                last.answer = Answer::Unheard;
            }
            let was_present = std::mem::replace(&mut visitor.presence, Presence::Absent) == Presence::Present;
            let heard = visitor.talkgroups().filter(|_| was_present);
            for talkgroup in heard {
                let row =
                    self.talkgroups.get_mut(talkgroup).expect("a unit is affiliated to a known talkgroup");
                row.leave(site);
                self.note_talkgroup(talkgroup);
            }
        }
    }

    /// Every link is closed; calls were released before.
    pub(crate) fn close_links(&mut self, cause: Cause, out: &mut Outbox) {
        for site in self.sites.keys().collect::<Vec<_>>() {
            self.tell(site, Close { cause }, out);
            self.lose_site(site, cause, out);
        }
    }

    /// Calls that hold a slot at a site, in order of the slots.
    pub(crate) fn calls_at(&self, site: SiteId) -> Vec<trunklab_protocol::CallId> {
        let slots = self.sites.get(site).map(|row| &row.slots);
        slots.into_iter().flat_map(|slots| slots.iter().filter_map(|(_, call)| call)).collect()
    }

    pub(crate) fn heartbeat_interval(&self) -> Span {
        Span::from_millis(u64::from(self.system.heartbeat_ms.max(HEARTBEAT_MS_MIN)))
    }

    fn silence_limit(&self) -> Span {
        let least = u32::from(HEARTBEAT_MS_MIN);
        Span::from_millis(u64::from(self.system.site_silence_ms_max.max(least)))
    }
}
