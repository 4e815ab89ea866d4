//! Orders for radios as operators give them: taken, written down, replaced, expired (clauses 13.3.1 and 13.3.2).

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::remote::Class;
use trunklab_protocol::{Cause, Condition, RadioOrder, Regroup, Span, TalkgroupId, UnitId};

use super::rows::{PendingOrder, RadioAudited, RemoteChange, RemoteUnit, Saving, Why, ends_by_itself};
use crate::call::table::Event;
use crate::controller::Controller;
use crate::orders::{Done, Given};
use crate::output::{Outbox, StoreItem};
use crate::registry::visitors::Activity;
use crate::timers::TimerKey;

/// How long an order waits that does not wait for ever.
const MINUTE: Span = Span::from_secs(60);

impl Controller {
    /// An operator orders a radio to do something. What stands already changes nothing.
    pub(crate) fn order_radio(
        &mut self,
        unit: UnitId,
        order: RadioOrder,
        given: &Given,
        out: &mut Outbox,
    ) -> Result<Done, Cause> {
        self.check_radio_order(unit, &order)?;
        let row = self.remote.row_mut(unit);
        if row.saving.is_some() {
            return Err(Cause::OrderUnderWay);
        }
        if stands(&row.kept, &order) {
            self.remote.tidy(unit);
            return Ok(Done::Now);
        }
        let replaces = row.kept.waiting(order.rule().class).is_some();
        if !replaces && self.remote.waiting() >= usize::from(self.system.radio_orders_max) {
            self.remote.tidy(unit);
            return Err(Cause::TooManyPendingOrders);
        }
        let pending = PendingOrder { number: self.random().order_number(), order, by: given.by.clone() };
        let (next, replaced) = self.remote.row_mut(unit).kept.with(pending);
        let over = replaced.clone().map(|replaced| self.audited(unit, replaced, Err(Cause::OrderReplaced)));
        self.save_remote(next, over, Why::Taken(given.clone(), replaced), out);
        Ok(Done::WhenStored)
    }

    /// What an order for a radio must satisfy, in order.
    fn check_radio_order(&self, unit: UnitId, order: &RadioOrder) -> Result<(), Cause> {
        let condition = self.condition_to_order(unit)?;
        match order {
            RadioOrder::Regroup(Regroup { talkgroup, .. })
                if *talkgroup == TalkgroupId::ALL || !self.talkgroups.contains(*talkgroup) =>
            {
                Err(Cause::UnknownTalkgroup)
            }
            RadioOrder::Restore {} if !self.is_regrouped(unit) => Err(Cause::NotRegrouped),
            RadioOrder::Monitor(_) if condition != Condition::Active => Err(Cause::UnitStunned),
            RadioOrder::Monitor(listener) if self.home.unit(*listener).is_none() || *listener == unit => {
                Err(Cause::CalledUnknown)
            }
            RadioOrder::Stun {}
            | RadioOrder::Revive {}
            | RadioOrder::Kill {}
            | RadioOrder::Check {}
            | RadioOrder::Monitor(_)
            | RadioOrder::Regroup(_)
            | RadioOrder::Restore {} => Ok(()),
        }
    }

    /// The condition of a unit about which something may be ordered (clause 13.3.1).
    pub(super) fn condition_to_order(&self, unit: UnitId) -> Result<Condition, Cause> {
        if self.home.unit(unit).is_none() {
            return Err(Cause::UnknownUnit);
        }
        match self.remote.condition(unit) {
            Condition::Killed => Err(Cause::UnitKilled),
            condition @ (Condition::Active | Condition::Stunned) => Ok(condition),
        }
    }

    /// Whether a unit is set to a talkgroup, or may be without our knowing.
    fn is_regrouped(&self, unit: UnitId) -> bool {
        self.remote
            .kept(unit)
            .is_some_and(|kept| kept.regrouped.is_some() || kept.waiting(Class::Selector).is_some())
    }

    /// A row goes to the store, with what the audit trail says of it.
    pub(super) fn save_remote(
        &mut self,
        next: RemoteUnit,
        over: Option<RadioAudited>,
        why: Why,
        out: &mut Outbox,
    ) {
        let change = RemoteChange { row: next.clone(), over };
        let store = self.store(StoreItem::Remote(Box::new(change)), out);
        let row = self.remote.row_mut(next.unit);
        debug_assert!(row.saving.is_none(), "a row is written once at a time");
        row.saving = Some(Saving { store, next, why });
    }

    /// An order is over, for the audit trail.
    pub(super) fn audited(
        &self,
        unit: UnitId,
        pending: PendingOrder,
        outcome: Result<(), Cause>,
    ) -> RadioAudited {
        let PendingOrder { order, by, .. } = pending;
        RadioAudited { epoch: self.epoch, at: self.now, by, unit, order, outcome }
    }

    /// The store has kept something, or failed to: where it was a row of remote control, it holds now, or nothing has changed.
    pub(crate) fn remote_stored(&mut self, id: u64, kept: bool, out: &mut Outbox) {
        let waits = |saving: &Option<Saving>| saving.as_ref().is_some_and(|saving| saving.store == id);
        let Some(unit) = self.remote.rows.iter().find(|(_, row)| waits(&row.saving)).map(|(unit, _)| *unit)
        else {
            return;
        };
        let row = self.remote.row_mut(unit);
        let Some(Saving { next, why, .. }) = row.saving.take() else { return };
        if kept {
            row.kept = next;
            row.said = 0;
            self.copies.note_unit(unit);
            self.remote_changed(unit, why, out);
        } else if let Why::Taken(given, _) | Why::MonitorEnded(given, _) = why {
            // A radio that has answered is asked again, and answers again.
            self.answer_order(&given, Err(Cause::DurableStoreFailed), out);
        }
        self.settle_answer(unit, out);
        if kept {
            self.set_back(unit, out);
            self.give_up_orders_of_killed(unit, out);
        }
        self.begin_delivery(unit, out);
        self.remote.tidy(unit);
    }

    /// A row holds: what follows from it.
    fn remote_changed(&mut self, unit: UnitId, why: Why, out: &mut Outbox) {
        match why {
            Why::Taken(given, replaced) => {
                if let Some(PendingOrder { order: of_radio, by, .. }) = replaced {
                    let (by, cause) = (by.console, Cause::OrderReplaced);
                    self.report(EventKind::RadioOrderFailed { unit, of_radio, by, cause }, out);
                }
                let Some((_, of_radio)) = given.order.for_radio() else { return };
                let by = given.by.console.clone();
                self.report(EventKind::RadioOrderPending { unit, of_radio, by }, out);
                self.await_expiry(unit, &of_radio);
                self.answer_order(&given, Ok(()), out);
                if of_radio.rule().when_given.is_some_and(|condition| condition != Condition::Active) {
                    self.end_service(unit, out);
                }
            }
            Why::Answered(PendingOrder { order: of_radio, by, .. }, outcome) => {
                self.timers.cancel(TimerKey::OrderExpiry(unit, of_radio.rule().class));
                let by = by.console;
                match outcome {
                    Ok(()) => self.report(EventKind::RadioOrderDone { unit, of_radio, by }, out),
                    Err(cause) => {
                        self.report(EventKind::RadioOrderFailed { unit, of_radio, by, cause }, out);
                    }
                }
                self.leave_foreign_talkgroups(unit, out);
                if self.remote.condition(unit) == Condition::Killed {
                    self.deregister(unit, Cause::UnitKilled, out);
                }
            }
            Why::SetBack(PendingOrder { order: of_radio, by, .. }, replaced) => {
                if let Some(PendingOrder { order: of_radio, by, .. }) = replaced {
                    let (by, cause) = (by.console, Cause::TalkgroupRemoved);
                    self.report(EventKind::RadioOrderFailed { unit, of_radio, by, cause }, out);
                }
                self.report(EventKind::RadioOrderPending { unit, of_radio, by: by.console }, out);
            }
            Why::MonitorEnded(given, ended) => self.monitor_order_ended(unit, &given, ended, out),
            Why::GivenUp(PendingOrder { order: of_radio, by, .. }, cause) => {
                self.timers.cancel(TimerKey::OrderExpiry(unit, of_radio.rule().class));
                let by = by.console;
                self.report(EventKind::RadioOrderFailed { unit, of_radio, by, cause }, out);
            }
        }
    }

    pub(super) fn await_expiry(&mut self, unit: UnitId, order: &RadioOrder) {
        let key = TimerKey::OrderExpiry(unit, order.rule().class);
        if ends_by_itself(order) {
            self.timers.set(key, self.now + MINUTE);
        } else {
            self.timers.cancel(key);
        }
    }

    /// Timer: an order has waited long enough.
    pub(crate) fn order_expired(&mut self, unit: UnitId, class: Class, out: &mut Outbox) {
        let Some(row) = self.remote.rows.get(&unit) else { return };
        if row.saving.is_some() {
            // It may just be answered.
            return self.timers.set(TimerKey::OrderExpiry(unit, class), self.now + MINUTE);
        }
        self.give_order_up(unit, class, Cause::OrderExpired, out);
    }

    /// A killed unit obeys nothing any more: what still waits for it is over, one order after the other.
    pub(super) fn give_up_orders_of_killed(&mut self, unit: UnitId, out: &mut Outbox) {
        let Some(row) = self.remote.rows.get(&unit).filter(|row| row.saving.is_none()) else { return };
        if row.kept.condition == Condition::Killed
            && let Some(pending) = row.kept.pending.first()
        {
            self.give_order_up(unit, pending.order.rule().class, Cause::UnitKilled, out);
        }
    }

    /// An order waits no longer.
    fn give_order_up(&mut self, unit: UnitId, class: Class, cause: Cause, out: &mut Outbox) {
        let without = self.remote.kept(unit).map(|kept| kept.without(class));
        if let Some((next, Some(pending))) = without {
            let over = self.audited(unit, pending.clone(), Err(cause));
            self.save_remote(next, Some(over), Why::GivenUp(pending, cause), out);
        }
    }

    /// What an earlier term wrote down about a unit comes back.
    pub(crate) fn provision_remote(&mut self, kept: RemoteUnit, out: &mut Outbox) -> Result<(), Cause> {
        let unit = kept.unit;
        let row = self.remote.row_mut(unit);
        if row.saving.is_some() {
            return Err(Cause::OrderUnderWay);
        }
        row.kept = kept.clone();
        self.copies.note_unit(unit);
        for pending in &kept.pending {
            self.await_expiry(unit, &pending.order);
        }
        match kept.condition {
            Condition::Active => {}
            Condition::Stunned => self.end_service(unit, out),
            Condition::Killed => self.deregister(unit, Cause::UnitKilled, out),
        }
        self.deliver_orders(unit, out);
        self.remote.tidy(unit);
        Ok(())
    }

    /// A unit gets no service any more: what it asked for, talks in and hears is over for it. It stays registered.
    fn end_service(&mut self, unit: UnitId, out: &mut Outbox) {
        let Some(visitor) = self.visitors.get(unit).copied() else { return };
        let cause = Some(Cause::UnitStunned);
        if let Some(setup) = self.setups.of_called(unit).copied() {
            self.advance_set_up(setup, Event::CalledGone, None, out);
        }
        if let Some(call) = self.calls.pair_of(unit) {
            self.advance_call_for(call, Event::NobodyLeft, None, cause, out);
        }
        self.stop_waiting(unit, Cause::UnitStunned, out);
        self.end_messages_to_stunned(unit, out);
        if let Some(Activity::Talking(call)) = self.visitors.get(unit).map(|visitor| visitor.activity) {
            self.advance_call_for(call, Event::TalkerGone, None, cause, out);
        }
        self.leave_talkgroups(visitor, out);
    }
}

/// Whether what an order asks for is so already, or is on its way.
fn stands(kept: &RemoteUnit, order: &RadioOrder) -> bool {
    let waiting = kept.waiting(order.rule().class);
    if let Some(waiting) = waiting {
        return waiting.order == *order;
    }
    match order {
        RadioOrder::Stun {} => kept.condition == Condition::Stunned,
        RadioOrder::Regroup(regroup) => kept.regrouped == Some(*regroup),
        // A radio that was stunned before the register was lost, or under the identity of another one, is to hear of it.
        RadioOrder::Revive {}
        | RadioOrder::Kill {}
        | RadioOrder::Check {}
        | RadioOrder::Monitor(_)
        | RadioOrder::Restore {} => false,
    }
}
