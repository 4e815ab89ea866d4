//! A cloned identity (docs/services.md 13.2.5): a unit proves itself while another radio is registered under the same
//! identity. Two things tell that it is another radio: it names other equipment, or it was heard elsewhere so shortly
//! before that it cannot have been switched off, carried and switched on again.

use std::collections::BTreeSet;

use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{Cause, Clause, ClonePolicy, Identity, Imei, Moment, SiteId, Span, UnitId};

use super::visitors::{Activity, Presence, Visitor};
use crate::controller::Controller;
use crate::output::{Cloned, Outbox, StoreItem};
use crate::timers::TimerKey;

/// Units that are not served for a while because their identity was active twice.
pub type ClonedUnits = BTreeSet<UnitId>;

impl Controller {
    /// A unit has proved itself at a site: whether it is served there, if its identity is active twice. Whoever is to make
    /// room is registered no more after this.
    pub(crate) fn check_clone(
        &mut self,
        (unit, site): (UnitId, SiteId),
        identity: Identity,
        equipment: Option<Imei>,
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        let Some(held_at) = self.other_holder(unit, site, identity, equipment) else { return Ok(()) };
        let policy = self.system.clones;
        self.report(EventKind::Cloned { unit, site, held_at, equipment, policy }, out);
        let (epoch, at) = (self.epoch, self.now);
        let cloned = Cloned { epoch, at, unit, site, held_at, equipment, policy };
        self.store(StoreItem::Cloned(Box::new(cloned)), out);
        let outer = self.citing.replace(Clause::ClonedIdentity);
        let outcome = match policy {
            ClonePolicy::Keep => Err(Cause::ClonedIdentity),
            ClonePolicy::Replace => {
                self.deregister(unit, Cause::ClonedIdentity, out);
                Ok(())
            }
            ClonePolicy::RefuseBoth => {
                self.deregister(unit, Cause::ClonedIdentity, out);
                self.cloned.insert(unit);
                let until = self.now + Span::from_millis(u64::from(self.system.clone_refused_ms));
                self.timers.set(TimerKey::CloneRefused(unit), until);
                Err(Cause::ClonedIdentity)
            }
        };
        self.citing = outer;
        outcome
    }

    /// Timer, or a new subscription: the unit is served again.
    pub(crate) fn forgive_clone(&mut self, unit: UnitId) {
        if self.cloned.remove(&unit) {
            self.timers.cancel(TimerKey::CloneRefused(unit));
        }
    }

    /// A site has passed on a word that a unit has proved.
    pub(crate) fn note_heard(&mut self, site: SiteId, message: &FromSite) {
        let now = self.now;
        let visitor = message.speaker().and_then(|unit| self.visitors.get_mut(unit));
        if let Some(visitor) = visitor.filter(|visitor| visitor.site == site) {
            visitor.heard = Some(now);
        }
    }

    /// Where another radio is registered as this unit.
    fn other_holder(
        &self,
        unit: UnitId,
        site: SiteId,
        identity: Identity,
        equipment: Option<Imei>,
    ) -> Option<SiteId> {
        let held = self.visitors.get(unit).filter(|held| held.presence == Presence::Present)?;
        // What an inventory told of has named no equipment to this controller.
        let accepted = held.accepted?;
        let within = |moment, millis: u32| self.now.since(moment) <= Span::from_millis(u64::from(millis));
        let spoke = self.spoke_last(held);
        let heard = spoke.map_or(accepted.at, |spoke| spoke.max(accepted.at));
        let is_other_equipment = accepted.equipment != equipment && within(heard, self.system.clone_heard_ms);
        let is_switched_on_anew = matches!(identity, Identity::Imsi(_) | Identity::Imei(_));
        let is_elsewhere_at_once = is_switched_on_anew
            && held.site != site
            && spoke.is_some_and(|spoke| within(spoke, self.system.clone_leap_ms));
        (is_other_equipment || is_elsewhere_at_once).then_some(held.site)
    }

    /// When a registered radio said its last proved word; `None` where it has said nothing since it registered.
    fn spoke_last(&self, held: &Visitor) -> Option<Moment> {
        match held.activity {
            Activity::Talking(_) => Some(self.now),
            Activity::Idle
            | Activity::Calling
            | Activity::Called
            | Activity::Waiting
            | Activity::CalledBack(_)
            | Activity::WaitingForFloor(_) => held.heard,
        }
    }
}
