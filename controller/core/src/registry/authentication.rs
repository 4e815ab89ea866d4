//! Registration: a unit names itself, is challenged, answers, and is in the visitor register.
//!
//! A challenge comes with its vector from the home register, is bound to one site and one identity and counts once. Until it
//! is answered nothing else changes: a stranger who names a unit neither evicts nor moves it. The answer that was accepted last is remembered, so that
//! a repeated word finds the same welcome.

use trunklab_protocol::from_site::{Answer, Register};
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::{self, Deregister, Refused, RegisterRefused, Registered};
use trunklab_protocol::{
    Cause, Clause, Condition, Identity, Imei, Press, ScanList, SiteId, Span, Subscription, TalkgroupId, Tmsi,
    UnitId,
};

use super::affiliation;
use super::home::{Rights, Row};
use super::sites::PendingChallenge;
use super::vector::Vector;
use super::visitors::{Accepted, Activity, Arrival, Presence, Visitor};
use crate::call::table::Event;
use crate::controller::Controller;
use crate::isolated;
use crate::output::Outbox;
use crate::timers::TimerKey;

impl Controller {
    /// A unit wants to register: it is challenged.
    pub(crate) fn register_requested(&mut self, site: SiteId, message: Register, out: &mut Outbox) {
        let Register { identity, press, equipment } = message;
        let unit = match self.check_registration(site, identity) {
            Ok(unit) => unit,
            Err(cause) => return self.refuse_registration(site, identity, cause, out),
        };
        let pending = self.sites.get(site).and_then(|row| row.challenges.get(&identity)).copied();
        // What the first word named counts: another one has proved nothing that could change it.
        let pending = match pending.filter(|pending| pending.unit == unit) {
            Some(pending) => PendingChallenge { press, ..pending },
            None => {
                let vector = match self.vector_for(unit, equipment) {
                    Ok(vector) => vector,
                    Err(cause) => return self.refuse_registration(site, identity, cause, out),
                };
                let due = self.now + Span::from_millis(u64::from(self.system.challenge_ms_max));
                self.timers.set(TimerKey::Challenge(site, identity), due);
                PendingChallenge { unit, press, equipment, vector }
            }
        };
        let challenge = pending.vector.challenge();
        let row = self.sites.get_mut(site).expect("a site that speaks exists");
        row.challenges.insert(identity, pending);
        self.tell(site, to_site::Challenge { identity, challenge }, out);
    }

    /// A vector of the home register, or where this is a copy of it, one of those that were copied.
    fn vector_for(&mut self, unit: UnitId, equipment: Option<Imei>) -> Result<Vector, Cause> {
        let challenge = self.random().challenge();
        let row = self.home.unit(unit).expect("the unit was found in the home register");
        match row.vector(challenge, equipment) {
            Some(vector) => Ok(vector),
            None => self.copied_vectors.take(unit, equipment),
        }
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
        let Some(session) = pending.vector.opened_by(&response) else {
            return self.refuse_registration(site, identity, Cause::AuthenticationFailed, out);
        };
        if let Err(cause) = self.check_proved(site, identity, &pending, out) {
            return self.refuse_registration(site, identity, cause, out);
        }
        let PendingChallenge { unit, press, equipment, vector } = pending;
        let challenge = vector.challenge();
        let accepted = Accepted { at: self.now, identity, equipment, challenge, response, session };
        self.settle(unit, site, accepted, (talkgroup, secondary, press), out);
    }

    /// What a unit that has proved itself must satisfy, in order. What was allowed when it was challenged may not be allowed
    /// any more.
    fn check_proved(
        &mut self,
        site: SiteId,
        identity: Identity,
        pending: &PendingChallenge,
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        let PendingChallenge { unit, equipment, .. } = *pending;
        if self.check_registration(site, identity)? != unit {
            return Err(Cause::NoChallenge);
        }
        let bound = self.home.unit(unit).and_then(Row::imei);
        if bound.is_some() && bound != equipment {
            return Err(Cause::WrongEquipment);
        }
        self.check_clone((unit, site), identity, equipment, out)
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
        let subscriber = self.subscriber_named(identity)?;
        let challenges = &self.sites.get(site).ok_or(Cause::UnknownSite)?.challenges;
        let is_new = !challenges.contains_key(&identity);
        match () {
            () if self.remote.condition(subscriber.unit()) == Condition::Killed => Err(Cause::UnitKilled),
            () if self.cloned.contains(&subscriber.unit()) => Err(Cause::ClonedIdentity),
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

    /// The subscriber that names itself so now.
    fn subscriber_named(&self, identity: Identity) -> Result<&Row, Cause> {
        let Identity::Tmsi(tmsi) = identity else {
            return self.home.resolve(identity).ok_or_else(|| self.cause_of_stranger());
        };
        let visitor = self.visitors.holder(tmsi).and_then(|unit| self.visitors.get(unit));
        let holder = visitor.filter(|visitor| visitor.tmsi == tmsi).ok_or(Cause::StaleTmsi)?;
        self.home.unit(holder.unit).ok_or(Cause::StaleTmsi)
    }

    /// A copy of the home register says nothing of those who are not in it.
    fn cause_of_stranger(&self) -> Cause {
        if isolated::is_controllers(self.system.node) { Cause::UnknownIdentity } else { Cause::NotCopied }
    }

    /// The challenges of a unit whose subscription is another one now are void.
    pub(crate) fn forget_challenges_of(&mut self, unit: UnitId) {
        for site in self.sites.keys().collect::<Vec<_>>() {
            let row = self.sites.get_mut(site).expect("a key of the directory has a row");
            let is_its_own = |pending: &PendingChallenge| pending.unit == unit;
            let void: Vec<_> = row
                .challenges
                .iter()
                .filter(|(_, pending)| is_its_own(pending))
                .map(|(named, _)| *named)
                .collect();
            for identity in void {
                row.challenges.remove(&identity);
                self.timers.cancel(TimerKey::Challenge(site, identity));
            }
        }
    }

    /// The registration that this very answer opened.
    fn accepted_before(&self, site: SiteId, message: &Answer) -> Option<Visitor> {
        let unit = match message.identity {
            Identity::Tmsi(tmsi) => self.visitors.holder(tmsi)?,
            named @ (Identity::Imei(_) | Identity::Imsi(_) | Identity::Unit(_)) => {
                self.home.resolve(named)?.unit()
            }
        };
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
        let affiliation =
            wanted.map_or(Ok(None), |talkgroup| self.may_select(unit, talkgroup).map(|()| Some(talkgroup)));
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
            arrived: Arrival::at(self.now),
            accepted: Some(accepted),
            heard: None,
            last_request: None,
            last_affiliation: None,
            last_emergency: None,
            last_message: None,
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
            self.tell_by(affiliation::clause_of_refusal(cause), site, Refused { unit, press, cause }, out);
            let identity = accepted.identity;
            self.report(EventKind::RegisterRefused { identity, site, cause }, out);
        }
        if !stays {
            self.move_in(visitor, earlier, out);
        }
        self.copies.note_unit(unit);
        self.deliver_orders(unit, out);
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
        let accepted = accepted.expect("a unit is welcomed for its answer");
        let (session_key, subscription) = (accepted.session, self.subscription_for(unit, &accepted));
        let clause = subscription.map_or(Clause::Registration, |_| Clause::FirstRegistration);
        let word = Registered { identity, unit, tmsi, talkgroup, secondary, session_key, subscription };
        self.tell_by(clause, site, word, out);
    }

    /// What a radio that named its equipment alone shall keep (clause 13.2.1).
    fn subscription_for(&self, unit: UnitId, accepted: &Accepted) -> Option<Subscription> {
        let Identity::Imei(imei) = accepted.identity else { return None };
        let row = self.home.unit(unit)?;
        let seal = row.key()?.seal(&accepted.challenge, imei, unit, row.imsi());
        Some(Subscription { imsi: row.imsi(), seal })
    }

    /// The rights of a unit that was found in the home register.
    pub(crate) fn rights_of(&self, unit: UnitId) -> Rights {
        self.home.unit(unit).expect("a registered unit is in the home register").rights()
    }

    fn refuse_registration(&mut self, site: SiteId, identity: Identity, cause: Cause, out: &mut Outbox) {
        let clause = clause_of_refusal(cause);
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

/// The clause by which a registration is refused.
const fn clause_of_refusal(cause: Cause) -> Clause {
    if matches!(cause, Cause::SiteNotAllowed) {
        Clause::Roaming
    } else if matches!(cause, Cause::UnitKilled) {
        Clause::Kill
    } else if matches!(cause, Cause::StaleTmsi) {
        Clause::TemporaryIdentity
    } else if matches!(cause, Cause::NoVectorLeft | Cause::NotCopied) {
        Clause::CopiedRegistration
    } else if matches!(cause, Cause::WrongEquipment) {
        Clause::BoundEquipment
    } else if matches!(cause, Cause::ClonedIdentity) {
        Clause::ClonedIdentity
    } else if matches!(cause, Cause::AuthenticationFailed | Cause::ChallengeExpired | Cause::NoChallenge) {
        Clause::AuthenticationVector
    } else {
        Clause::RegistrationRefused
    }
}
