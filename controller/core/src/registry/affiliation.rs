//! Affiliation and detachment: which talkgroup a registered unit hears, and where.

use trunklab_protocol::from_site::{Affiliate, Detach};
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::{Affiliated, Deregister, Refused};
use trunklab_protocol::{Cause, Clause, Condition, Identity, ScanList, SiteId, TalkgroupId, UnitId};

use super::home::Row;
use super::visitors::{Presence, Visitor, is_before};
use crate::controller::Controller;
use crate::output::Outbox;

impl Controller {
    /// A unit wants to affiliate.
    pub(crate) fn affiliation_requested(&mut self, site: SiteId, message: Affiliate, out: &mut Outbox) {
        let Affiliate { unit, press, talkgroup, secondary } = message;
        let stale = |visitor: &Visitor| visitor.last_affiliation.is_some_and(|last| is_before(press, last));
        if self.present_at(unit, site).is_ok_and(stale) {
            return self.drop_message(site, Cause::Duplicate, out);
        }
        let checked = self.present_at(unit, site).copied();
        match checked.and_then(|earlier| self.may_select(unit, talkgroup).map(|()| earlier)) {
            Err(cause) => {
                self.tell_by(clause_of_refusal(cause), site, Refused { unit, press, cause }, out);
                self.report(EventKind::RegisterRefused { identity: Identity::Unit(unit), site, cause }, out);
            }
            Ok(earlier) => {
                let secondary = self.may_scan(unit, Some(talkgroup), secondary);
                let clause = if secondary.is_empty() { Clause::Affiliation } else { Clause::Scan };
                self.tell_by(clause, site, Affiliated { unit, press, talkgroup, secondary }, out);
                let visitor = self.visitors.get_mut(unit).expect("the unit was found");
                visitor.last_affiliation = Some(press);
                if (earlier.talkgroup, earlier.secondary) != (Some(talkgroup), secondary) {
                    self.change_talkgroups(earlier, talkgroup, secondary, out);
                }
            }
        }
    }

    /// A unit is being switched off.
    pub(crate) fn detached(&mut self, site: SiteId, message: Detach, out: &mut Outbox) {
        match self.present_at(message.unit, site).map(|visitor| visitor.unit) {
            Ok(unit) => self.forget_visitor(unit, Cause::PoweredOff, out),
            Err(cause) => self.drop_message(site, cause, out),
        }
    }

    /// The network ends a registration: the site is told.
    pub(crate) fn deregister(&mut self, unit: UnitId, cause: Cause, out: &mut Outbox) {
        if let Some(site) = self.visitors.get(unit).map(|visitor| visitor.site) {
            self.forget_visitor(unit, cause, out);
            self.tell(site, Deregister { unit, cause }, out);
        }
    }

    /// Whether a unit may affiliate to a talkgroup, in order of the checks.
    pub(crate) fn may_affiliate(&self, unit: UnitId, talkgroup: TalkgroupId) -> Result<(), Cause> {
        let subscriber = self.home.unit(unit).ok_or(Cause::UnknownUnit)?;
        match () {
            () if !self.talkgroups.contains(talkgroup) => Err(Cause::UnknownTalkgroup),
            () if self.remote.condition(unit) != Condition::Active => Err(Cause::UnitStunned),
            () if !self.is_member(subscriber, talkgroup) => Err(Cause::NotAMember),
            () => Ok(()),
        }
    }

    /// Whether a subscriber may be in a talkgroup: by its subscription, or by an operator's order.
    pub(crate) fn is_member(&self, subscriber: &Row, talkgroup: TalkgroupId) -> bool {
        subscriber.is_member(talkgroup) || self.remote.lets_into(subscriber.unit(), talkgroup)
    }

    /// Whether a unit's user may choose a talkgroup, in order of the checks.
    pub(crate) fn may_select(&self, unit: UnitId, talkgroup: TalkgroupId) -> Result<(), Cause> {
        self.may_affiliate(unit, talkgroup)?;
        if self.remote.locks_out(unit, talkgroup) { Err(Cause::SelectorLocked) } else { Ok(()) }
    }

    /// A unit that stays registered hears no talkgroup any more.
    pub(crate) fn leave_talkgroups(&mut self, visitor: Visitor, out: &mut Outbox) {
        let Visitor { unit, site, presence, .. } = visitor;
        let row = self.visitors.get_mut(unit).expect("the unit was found");
        (row.talkgroup, row.secondary) = (None, ScanList::default());
        for talkgroup in visitor.talkgroups().filter(|_| presence == Presence::Present) {
            self.leave_talkgroup(talkgroup, site, out);
        }
    }

    /// The talkgroups of a list that a unit may hear beside its own, each once.
    pub(crate) fn may_scan(&self, unit: UnitId, own: Option<TalkgroupId>, wanted: ScanList) -> ScanList {
        wanted.only(|talkgroup| {
            own.is_some_and(|own| own != talkgroup) && self.may_affiliate(unit, talkgroup).is_ok()
        })
    }

    /// The unit's row, if it is registered at the site that speaks for it.
    pub(crate) fn present_at(&self, unit: UnitId, site: SiteId) -> Result<&Visitor, Cause> {
        let visitor = self.visitors.get(unit).ok_or(Cause::NotRegistered)?;
        if visitor.site == site { Ok(visitor) } else { Err(Cause::WrongSite) }
    }

    /// One more listener.
    pub(crate) fn enter_talkgroup(&mut self, talkgroup: TalkgroupId, site: SiteId, out: &mut Outbox) {
        let row = self.talkgroups.get_mut(talkgroup).expect("a unit affiliates to a known talkgroup");
        if row.enter(site) {
            self.note_talkgroup(talkgroup);
            self.cover(talkgroup, site, out);
        }
    }

    /// One listener fewer.
    pub(crate) fn leave_talkgroup(&mut self, talkgroup: TalkgroupId, site: SiteId, out: &mut Outbox) {
        let row = self.talkgroups.get_mut(talkgroup).expect("a unit was affiliated to a known talkgroup");
        if row.leave(site) {
            self.note_talkgroup(talkgroup);
            self.uncover(talkgroup, site, out);
        }
    }

    pub(crate) fn change_talkgroup(&mut self, unit: UnitId, talkgroup: TalkgroupId, out: &mut Outbox) {
        let earlier = *self.visitors.get(unit).expect("the unit was found");
        let secondary = self.may_scan(unit, Some(talkgroup), earlier.secondary);
        self.change_talkgroups(earlier, talkgroup, secondary, out);
    }

    fn change_talkgroups(
        &mut self,
        earlier: Visitor,
        talkgroup: TalkgroupId,
        secondary: ScanList,
        out: &mut Outbox,
    ) {
        let Visitor { unit, site, .. } = earlier;
        let now = Visitor { talkgroup: Some(talkgroup), secondary, ..earlier };
        let only_more =
            earlier.talkgroup == now.talkgroup && earlier.talkgroups().all(|heard| now.hears(heard));
        if !only_more {
            self.stop_waiting(unit, Cause::NotAffiliated, out);
            self.lose_floor(unit, out);
        }
        let visitor = self.visitors.get_mut(unit).expect("the unit was found");
        (visitor.talkgroup, visitor.secondary) = (now.talkgroup, secondary);
        for left in earlier.talkgroups().filter(|heard| !now.hears(*heard)) {
            self.leave_talkgroup(left, site, out);
        }
        self.report(EventKind::Affiliated { unit, site, talkgroup }, out);
        for entered in now.talkgroups().filter(|heard| !earlier.hears(*heard)) {
            self.enter_talkgroup(entered, site, out);
        }
    }

    fn forget_visitor(&mut self, unit: UnitId, cause: Cause, out: &mut Outbox) {
        self.leave_individual_calls(unit, out);
        self.stop_waiting(unit, cause, out);
        self.lose_floor(unit, out);
        self.end_messages_to(unit, out);
        let visitor = self.visitors.remove(unit).expect("who is forgotten was registered");
        let site = visitor.site;
        self.sites.get_mut(site).expect("a unit's site exists").units.remove(&unit);
        self.report(EventKind::Deregistered { unit, site, cause }, out);
        if visitor.presence == Presence::Present {
            for talkgroup in visitor.talkgroups() {
                self.leave_talkgroup(talkgroup, site, out);
            }
        }
    }
}

/// The clause by which an affiliation is refused.
pub(crate) const fn clause_of_refusal(cause: Cause) -> Clause {
    if matches!(cause, Cause::SelectorLocked) {
        Clause::Regrouping
    } else if matches!(cause, Cause::UnitStunned) {
        Clause::Stun
    } else {
        Clause::Affiliation
    }
}
