//! What operators order: each order is written down before anything comes of it, then carried out or refused with its cause,
//! and its sender is told which when that is durable too (docs/services.md 13.7.3). Talking alone does not wait.

use std::collections::BTreeMap;

use trunklab_protocol::Cause;
use trunklab_protocol::operator::{Authority, EventKind, Order};

use crate::controller::Controller;
use crate::output::{Audited, Outbox, Output, StoreItem};
use crate::registry::home::Rights;

/// Orders that may wait at once for their entries in the audit trail.
pub const WAITING_MAX: usize = 1_024;

/// Refusals that may wait at once for theirs: more than a store takes. One beyond that is answered before it is written down.
const REFUSALS_MAX: usize = 8 * WAITING_MAX;

/// An order, whose it is, and for which answer it waits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Given {
    /// Names it for its answer.
    pub id: u64,
    /// Who gave it.
    pub by: Authority,
    /// What is to be done.
    pub order: Order,
}

/// When an order that is carried out is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// At once.
    Now,
    /// When the store has kept what comes of it.
    WhenStored,
}

/// What an order waits for that is being written down.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Waits {
    /// To be carried out.
    ToBegin(Given),
    /// To be answered with its refusal.
    ToBeRefused(u64, Cause),
}

/// Orders whose entries the store has not kept yet, by the request to the store.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct WaitingOrders(BTreeMap<u64, Waits>);

/// Speech does not wait for a disk: what is about talking is carried out at once, and written down beside it.
fn waits_for_the_store(order: &Order) -> bool {
    !matches!(order, Order::Talk { .. } | Order::EndTalk {})
}

impl Controller {
    /// A console orders something.
    pub(crate) fn ordered(&mut self, given: Given, out: &mut Outbox) {
        match () {
            () if !given.by.role.may(given.order.right()) => {
                self.answer_order(&given, Err(Cause::NotAllowed), out);
            }
            () if !waits_for_the_store(&given.order) => self.begin_order(&given, out),
            () if self.waiting_orders.0.len() >= WAITING_MAX => {
                self.answer_order(&given, Err(Cause::ControllerBusy), out);
            }
            () => {
                let id = self.write_down(&given, Ok(()), out);
                self.waiting_orders.0.insert(id, Waits::ToBegin(given));
            }
        }
    }

    fn begin_order(&mut self, given: &Given, out: &mut Outbox) {
        match self.carry_out(given, out) {
            Ok(Done::Now) => self.answer_order(given, Ok(()), out),
            Ok(Done::WhenStored) => {}
            Err(cause) => self.answer_order(given, Err(cause), out),
        }
    }

    /// The store has kept something, or failed to: where it was an order's entry, the order goes on.
    pub(crate) fn order_stored(&mut self, id: u64, kept: bool, out: &mut Outbox) {
        match self.waiting_orders.0.remove(&id) {
            None => {}
            Some(Waits::ToBegin(given)) if kept => self.begin_order(&given, out),
            // What cannot be written down is not done.
            Some(Waits::ToBegin(given)) => {
                let (by, cause) = (given.by.console, Cause::DurableStoreFailed);
                self.report(EventKind::OrderRefused { by, cause }, out);
                out.push(Output::Ordered { id: given.id, outcome: Err(cause) });
            }
            Some(Waits::ToBeRefused(id, cause)) => out.push(Output::Ordered { id, outcome: Err(cause) }),
        }
    }

    /// The term ends before the store has answered: nothing more is carried out, and who waits is told when that is written
    /// down.
    pub(crate) fn end_waiting_orders(&mut self, cause: Cause, out: &mut Outbox) {
        for (store, waits) in std::mem::take(&mut self.waiting_orders.0) {
            match waits {
                Waits::ToBegin(given) => self.answer_order(&given, Err(cause), out),
                Waits::ToBeRefused(..) => drop(self.waiting_orders.0.insert(store, waits)),
            }
        }
        let mut begun = self.remote.take_given();
        begun.extend(self.rights_orders.take_given());
        begun.extend(self.patches.take_given());
        begun.extend(self.alarms.take_given());
        for given in begun {
            self.answer_order(&given, Err(cause), out);
        }
    }

    /// Another term begins: who gave an order in the one before is told nothing any more.
    pub(crate) fn forget_waiting_orders(&mut self) {
        self.waiting_orders.0.clear();
    }

    fn carry_out(&mut self, given: &Given, out: &mut Outbox) -> Result<Done, Cause> {
        let Given { by, order, .. } = given;
        let by = &by.console;
        let now = |()| Done::Now;
        match order {
            Order::AcknowledgeEmergency { unit } => self.acknowledge_emergency(*unit, by, out).map(now),
            Order::ClearEmergency { unit } => self.clear_emergency(*unit, by, out).map(now),
            Order::Patch { talkgroups } => self.patch(talkgroups, given, out),
            Order::Multiselect { talkgroups } => self.multiselect(talkgroups, by, out).map(now),
            Order::UndoPatch { talkgroup } => self.undo_patch(*talkgroup, given, out),
            Order::Talk { talkgroups } => self.talk(talkgroups, by, out).map(now),
            Order::EndTalk {} => self.end_talk(by, out).map(now),
            Order::Stun { .. }
            | Order::Revive { .. }
            | Order::Kill { .. }
            | Order::CheckRadio { .. }
            | Order::Regroup { .. }
            | Order::RestoreGroups { .. }
            | Order::Monitor { .. } => {
                let (unit, order) = order.for_radio().expect("these are for radios");
                self.order_radio(unit, order, given, out)
            }
            Order::EndMonitor { unit } => self.end_monitor(*unit, given, out),
            Order::SetPriority { unit, priority } => {
                self.change_rights(*unit, |rights| Rights { priority: *priority, ..rights }, given, out)
            }
            Order::SetRights { unit, services } => {
                self.change_rights(*unit, |rights| Rights { services: *services, ..rights }, given, out)
            }
            Order::SendStatus { to, number } => self.send_status(*to, *number, given, out),
            Order::CallAlert { unit } => self.call_alert(*unit, given, out),
            Order::CancelAlert { unit } => self.cancel_alert(*unit, given, out),
            Order::AcknowledgeAlarm { alarm } => self.acknowledge_alarm(*alarm, given, out),
            Order::TestSlot { site, slot } => self.order_slot_test(*site, *slot, out).map(now),
            Order::ExerciseFault { site, part, broken } => {
                self.order_exercise_fault(*site, *part, *broken, out).map(now)
            }
        }
    }

    /// The console is told what came of its order: a refusal when that is written down as well.
    pub(crate) fn answer_order(&mut self, given: &Given, outcome: Result<(), Cause>, out: &mut Outbox) {
        let Err(cause) = outcome else {
            if !waits_for_the_store(&given.order) {
                self.write_down(given, outcome, out);
            }
            return out.push(Output::Ordered { id: given.id, outcome });
        };
        self.report(EventKind::OrderRefused { by: given.by.console.clone(), cause }, out);
        let id = self.write_down(given, outcome, out);
        let waits = waits_for_the_store(&given.order) && self.hears_the_store();
        if waits && self.waiting_orders.0.len() < REFUSALS_MAX {
            self.waiting_orders.0.insert(id, Waits::ToBeRefused(given.id, cause));
        } else {
            out.push(Output::Ordered { id: given.id, outcome });
        }
    }

    fn write_down(&mut self, given: &Given, outcome: Result<(), Cause>, out: &mut Outbox) -> u64 {
        let Given { by, order, .. } = given.clone();
        let audited = Audited { epoch: self.epoch, at: self.now, by, order, outcome };
        self.store(StoreItem::Audit(Box::new(audited)), out)
    }
}
