//! Priority and rights of a unit that an operator changes while it is in service (clause 13.3.8).

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{Cause, UnitId};

use crate::controller::Controller;
use crate::orders::{Done, Given};
use crate::output::{Outbox, StoreItem};
use crate::registry::home::Rights;

/// Changes that may be on their way to the store at once.
const UNDER_WAY_MAX: usize = 100;

/// A change on its way to the store.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Change {
    store: u64,
    given: Given,
    unit: UnitId,
    rights: Rights,
}

/// The changes that are on their way to the store.
#[derive(Debug, Default, Hash)]
pub(crate) struct RightsOrders(Vec<Change>);

impl RightsOrders {
    /// The term ends: orders that are still being written down.
    pub(crate) fn take_given(&mut self) -> Vec<Given> {
        self.0.drain(..).map(|change| change.given).collect()
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Controller {
    /// An operator changes what a unit may ask for, and how urgently: it counts when it is written down.
    pub(crate) fn change_rights(
        &mut self,
        unit: UnitId,
        change: impl FnOnce(Rights) -> Rights,
        given: &Given,
        out: &mut Outbox,
    ) -> Result<Done, Cause> {
        let before = self.home.unit(unit).ok_or(Cause::UnknownUnit)?.rights();
        if self.rights_orders.0.iter().any(|other| other.unit == unit) {
            return Err(Cause::OrderUnderWay);
        }
        if self.rights_orders.0.len() >= UNDER_WAY_MAX {
            return Err(Cause::TooManyPendingOrders);
        }
        let rights = change(before);
        if rights == before {
            return Ok(Done::Now);
        }
        let Rights { priority, services, .. } = rights;
        let store = self.store(StoreItem::Rights { unit, priority, services }, out);
        self.rights_orders.0.push(Change { store, given: given.clone(), unit, rights });
        Ok(Done::WhenStored)
    }

    /// The store has kept something, or failed to: where it was a change of rights, the next request goes by it.
    pub(crate) fn rights_stored(&mut self, id: u64, kept: bool, out: &mut Outbox) {
        let Some(place) = self.rights_orders.0.iter().position(|change| change.store == id) else { return };
        let Change { given, unit, rights, .. } = self.rights_orders.0.remove(place);
        let outcome = match () {
            () if !kept => Err(Cause::DurableStoreFailed),
            // It was taken out meanwhile.
            () if !self.home.set_rights(unit, rights) => Err(Cause::UnknownUnit),
            () => Ok(()),
        };
        if outcome.is_ok() {
            if let Some(visitor) = self.visitors.get_mut(unit) {
                visitor.rights = rights;
            }
            self.copies.note_unit(unit);
            let Rights { priority, services, .. } = rights;
            let by = given.by.console.clone();
            self.report(EventKind::RightsChanged { unit, priority, services, by }, out);
        }
        self.answer_order(&given, outcome, out);
    }
}
