//! Registration: a unit names itself, is challenged, answers, and is in the visitor register.
//!
//! A challenge is bound to one site and one identity and counts once. Until it is answered nothing else changes: a
//! stranger who names a unit neither evicts nor moves it. The answer that was accepted last is remembered, so that
//! a repeated word finds the same welcome.

use trunklab_protocol::from_site::{Answer, Register};
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::proof::{Challenge, SessionKey};
use trunklab_protocol::to_site::{self, Deregister, Refused, RegisterRefused, Registered};
use trunklab_protocol::{Cause, Clause, Identity, Press, ScanList, SiteId, Span, TalkgroupId, Tmsi, UnitId};

use super::home::Rights;
use super::sites::PendingChallenge;
use super::visitors::{Accepted, Activity, Presence, Visitor};
use crate::call::table::Event;
use crate::controller::Controller;
use crate::output::Outbox;
use crate::timers::TimerKey;

impl Controller {
    /// A unit wants to register: it is challenged.
    pub(crate) fn register_requested(&mut self, site: SiteId, message: Register, out: &mut Outbox) {
        let Register { identity, press } = message;
        let unit = match self.check_registration(site, identity) {
            Ok(unit) => unit,
            Err(cause) => return self.refuse_registration(site, identity, cause, out),
        };
        let pending = self.sites.get(site).and_then(|row| row.challenges.get(&identity));
        let challenge = match pending {
            Some(pending) => pending.challenge,
            None => {
                let due = self.now + Span::from_millis(u64::from(self.system.challenge_ms_max));
                self.timers.set(TimerKey::Challenge(site, identity), due);
                self.random().challenge()
            }
        };
        let row = self.sites.get_mut(site).expect("a site that speaks exists");
        row.challenges.insert(identity, PendingChallenge { unit, press, challenge });
        self.tell(site, to_site::Challenge { identity, challenge }, out);
    }

    /// A unit answers: if the answer is right it is registered.
    pub(crate) fn challenge_answered(&mut self, site: SiteId, message: Answer, out: &mut Outbox) {
        let Answer { identity, response, talkgroup, secondary } = message;
        if let Some(visitor) = self.accepted_before(site, &message) {
            return self.welcome(visitor, identity, out);
        }
        let pending = self.sites.get_mut(site).and_then(|row| row.challenges.remove(&identity));
        let Some(pending) = pending else {
            return self.refuse_registration(site, identity, Cause::NoChallenge, out);
        };
        self.timers.cancel(TimerKey::Challenge(site, identity));
        let proved = self
            .home
            .unit(pending.unit)
            .is_some_and(|row| row.key().answer(&pending.challenge).matches(&response));
        if !proved {
            return self.refuse_registration(site, identity, Cause::AuthenticationFailed, out);
        }
        // What was allowed when it was challenged may not be allowed any more.
        match self.check_registration(site, identity) {
            Ok(unit) if unit == pending.unit => {
                let accepted = Accepted { identity, challenge: pending.challenge, response };
                self.settle(unit, site, accepted, (talkgroup, secondary, pending.press), out);
            }
            Ok(_) => self.refuse_registration(site, identity, Cause::NoChallenge, out),
            Err(cause) => self.refuse_registration(site, identity, cause, out),
        }
    }

    /// Timer: a challenge was not answered.
    pub(crate) fn challenge_expired(&mut self, site: SiteId, identity: Identity, out: &mut Outbox) {
        if let Some(row) = self.sites.get_mut(site) {
            row.challenges.remove(&identity);
        }
        self.report(EventKind::RegisterRefused { identity, site, cause: Cause::ChallengeExpired }, out);
    }

    /// Whether the visitor register takes nobody else.
    pub(crate) fn register_is_full(&self) -> bool {
        self.visitors.len() >= self.system.visitors_max as usize
    }

    /// What a registration must satisfy, in order; gives the unit that the identity names.
    fn check_registration(&self, site: SiteId, identity: Identity) -> Result<UnitId, Cause> {
        let subscriber = self.home.resolve(identity).ok_or(Cause::UnknownIdentity)?;
        let challenges = &self.sites.get(site).ok_or(Cause::UnknownSite)?.challenges;
        let is_new = !challenges.contains_key(&identity);
        match () {
            () if !subscriber.may_use(site) => Err(Cause::SiteNotAllowed),
            () if self.visitors.get(subscriber.unit()).is_none() && self.register_is_full() => {
                Err(Cause::RegisterFull)
            }
            () if is_new && challenges.len() >= usize::from(self.system.challenges_max) => {
                Err(Cause::TooManyRegistrations)
            }
            () => Ok(subscriber.unit()),
        }
    }

    /// The registration that this very answer opened.
    fn accepted_before(&self, site: SiteId, message: &Answer) -> Option<Visitor> {
        let unit = self.home.resolve(message.identity)?.unit();
        let visitor = self.visitors.get(unit).filter(|visitor| visitor.site == site)?;
        let accepted = visitor.accepted.filter(|accepted| accepted.identity == message.identity)?;
        accepted.response.matches(&message.response).then_some(*visitor)
    }

    /// A proved unit enters the visitor register, wherever it was before.
    fn settle(
        &mut self,
        unit: UnitId,
        site: SiteId,
        accepted: Accepted,
        (wanted, secondary, press): (Option<TalkgroupId>, ScanList, Press),
        out: &mut Outbox,
    ) {
        let affiliation = wanted
            .map_or(Ok(None), |talkgroup| self.may_affiliate(unit, talkgroup).map(|()| Some(talkgroup)));
        let talkgroup = affiliation.unwrap_or(None);
        self.leave_individual_calls(unit, out);
        let secondary = self.may_scan(unit, talkgroup, secondary);
        self.stop_waiting(unit, Cause::RegistrationReplaced, out);
        let earlier = self.visitors.get(unit).copied();
        let stays = earlier.is_some_and(|row| {
            row.site == site
                && (row.talkgroup, row.secondary) == (talkgroup, secondary)
                && row.presence == Presence::Present
        });
        if !stays && !self.carries_floor(unit, |group| talkgroup == Some(group) || secondary.contains(group))
        {
            self.lose_floor(unit, out);
        }
        let activity = self.visitors.get(unit).map_or(Activity::Idle, |visitor| visitor.activity);
        let moved_from = earlier.map(|row| row.site).filter(|from| *from != site);
        let visitor = Visitor {
            unit,
            site,
            presence: Presence::Present,
            tmsi: self.draw_tmsi(),
            talkgroup,
            secondary,
            rights: self.rights_of(unit),
            since: earlier.filter(|_| moved_from.is_some()).map_or(self.now, |row| row.since),
            accepted: Some(accepted),
            last_request: None,
            last_affiliation: None,
            last_emergency: None,
            activity,
        };
        self.visitors.insert(visitor);
        self.welcome(visitor, accepted.identity, out);
        match moved_from {
            Some(from) => self.report(EventKind::Moved { unit, from, to: site }, out),
            None => self.report(EventKind::Registered { unit, site }, out),
        }
        if let Some(talkgroup) = talkgroup {
            self.report(EventKind::Affiliated { unit, site, talkgroup }, out);
        }
        if let Err(cause) = affiliation {
            self.tell_by(Clause::Affiliation, site, Refused { unit, press, cause }, out);
            let identity = accepted.identity;
            self.report(EventKind::RegisterRefused { identity, site, cause }, out);
        }
        if !stays {
            self.move_in(visitor, earlier, out);
        }
    }

    /// Presence follows the registration. The new place comes before the old one is left, so that a call with this
    /// listener alone goes on.
    fn move_in(&mut self, visitor: Visitor, earlier: Option<Visitor>, out: &mut Outbox) {
        let Visitor { unit, site, .. } = visitor;
        self.sites.get_mut(site).expect("a site that speaks exists").units.insert(unit);
        let moves = earlier.is_some_and(|earlier| earlier.site != site);
        let outer = std::mem::replace(&mut self.citing, moves.then_some(Clause::MovingListener));
        for talkgroup in visitor.talkgroups() {
            self.enter_talkgroup(talkgroup, site, out);
        }
        self.citing = outer;
        let Some(earlier) = earlier else { return };
        if earlier.presence == Presence::Present {
            for talkgroup in earlier.talkgroups() {
                self.leave_talkgroup(talkgroup, earlier.site, out);
            }
        }
        if earlier.site != site {
            let cause = Cause::MovedToOtherSite;
            self.sites.get_mut(earlier.site).expect("a unit's site exists").units.remove(&unit);
            self.tell_by(Clause::LocationUpdate, earlier.site, Deregister { unit, cause }, out);
        }
    }

    /// Tells the site that a unit is registered; the same words however often.
    fn welcome(&mut self, visitor: Visitor, identity: Identity, out: &mut Outbox) {
        let Visitor { unit, site, tmsi, talkgroup, secondary, accepted, .. } = visitor;
        let challenge = accepted.expect("a unit is welcomed for its answer").challenge;
        let session_key = self.session_key(unit, &challenge);
        self.tell(site, Registered { identity, unit, tmsi, talkgroup, secondary, session_key }, out);
    }

    /// The rights of a unit that was found in the home register.
    pub(crate) fn rights_of(&self, unit: UnitId) -> Rights {
        self.home.unit(unit).expect("a registered unit is in the home register").rights()
    }

    fn session_key(&self, unit: UnitId, challenge: &Challenge) -> SessionKey {
        self.home.unit(unit).expect("a registered unit is in the home register").key().session(challenge)
    }

    fn refuse_registration(&mut self, site: SiteId, identity: Identity, cause: Cause, out: &mut Outbox) {
        let clause =
            if cause == Cause::SiteNotAllowed { Clause::Roaming } else { Clause::RegistrationRefused };
        self.tell_by(clause, site, RegisterRefused { identity, cause }, out);
        self.report(EventKind::RegisterRefused { identity, site, cause }, out);
    }

    /// A talker that is no longer where it talked loses the floor.
    pub(crate) fn lose_floor(&mut self, unit: UnitId, out: &mut Outbox) {
        if let Some(Activity::Talking(call)) = self.visitors.get(unit).map(|visitor| visitor.activity) {
            self.advance_call(call, Event::TalkerGone, out);
        }
    }

    /// A temporary identity that nobody has.
    fn draw_tmsi(&mut self) -> Tmsi {
        loop {
            let tmsi = self.random().tmsi();
            if self.visitors.holder(tmsi).is_none() {
                return tmsi;
            }
        }
    }
}
