//! Orders on their way to radios, and what radios say to them (clauses 13.3.2 to 13.3.7).

use trunklab_protocol::from_site::{FromSite, NetworkChallenge, OrderAnswer};
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::proof::ProvedOrder;
use trunklab_protocol::remote::Class;
use trunklab_protocol::to_site::{
    FloorRefused, MessageRefused, NetworkAnswer, RadioOrder as OrderWord, Refused,
};
use trunklab_protocol::{
    CallId, Cause, Clause, Condition, OrderNumber, Pair, RadioOrder, SiteId, Span, UnitId,
};

use super::rows::{PendingOrder, Why};
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::home::Row;
use crate::registry::visitors::Presence;
use crate::timers::TimerKey;

/// How long an order waits for its answer before it is said again: more than the answer takes on the slowest control channel.
const SAY_AGAIN: Span = Span::from_secs(3);

/// How often an order is said to a radio that is there and does not answer; then it waits until the radio is heard of again.
const SAYINGS: u8 = 5;

/// The clause of an order.
fn clause_of(order: &RadioOrder) -> Clause {
    match order {
        RadioOrder::Stun {} | RadioOrder::Revive {} => Clause::Stun,
        RadioOrder::Kill {} => Clause::Kill,
        RadioOrder::Check {} => Clause::RadioCheck,
        RadioOrder::Regroup(_) | RadioOrder::Restore {} => Clause::Regrouping,
        RadioOrder::Monitor(_) => Clause::RemoteMonitor,
    }
}

impl Controller {
    /// A radio is there: what waits for it is said, the first order first.
    pub(crate) fn deliver_orders(&mut self, unit: UnitId, out: &mut Outbox) {
        // Where the store failed before.
        self.set_back(unit, out);
        self.give_up_orders_of_killed(unit, out);
        self.begin_delivery(unit, out);
    }

    pub(super) fn begin_delivery(&mut self, unit: UnitId, out: &mut Outbox) {
        if let Some(row) = self.remote.rows.get_mut(&unit) {
            row.said = 0;
            self.say_order(unit, out);
        }
    }

    /// A radio was heard of: what was said to it in vain is said again.
    pub(crate) fn heard_of(&mut self, unit: UnitId, out: &mut Outbox) {
        let waits = self.remote.kept(unit).is_some_and(|kept| !kept.pending.is_empty());
        if waits && !self.timers.runs(TimerKey::RadioOrder(unit)) {
            self.deliver_orders(unit, out);
        }
    }

    /// Timer, or the first time: the first order that waits is said.
    pub(crate) fn say_order(&mut self, unit: UnitId, out: &mut Outbox) {
        let present = self.visitors.get(unit).filter(|visitor| visitor.presence == Presence::Present);
        let (Some(site), Some(row)) = (present.map(|visitor| visitor.site), self.remote.rows.get_mut(&unit))
        else {
            return self.timers.cancel(TimerKey::RadioOrder(unit));
        };
        let first = row.kept.pending.first().cloned();
        let (Some(PendingOrder { number, order, .. }), None) = (first, &row.saving) else {
            return self.timers.cancel(TimerKey::RadioOrder(unit));
        };
        if row.said >= SAYINGS {
            return;
        }
        row.said += 1;
        self.timers.set(TimerKey::RadioOrder(unit), self.now + SAY_AGAIN);
        self.tell_by(clause_of(&order), site, OrderWord { unit, number, order }, out);
    }

    /// A radio says what became of an order.
    pub(crate) fn order_answered(&mut self, site: SiteId, message: OrderAnswer, out: &mut Outbox) {
        let OrderAnswer { unit, number, refusal } = message;
        if let Err(cause) = self.present_at(unit, site) {
            return self.drop_message(site, cause, out);
        }
        match self.numbered(unit, number) {
            Some(pending) => self.settle_order(unit, pending, refusal.map_or(Ok(()), Err), out),
            None => self.drop_message(site, Cause::UnknownOrder, out),
        }
    }

    fn numbered(&self, unit: UnitId, number: OrderNumber) -> Option<PendingOrder> {
        let kept = self.remote.kept(unit)?;
        kept.pending.iter().find(|pending| pending.number == number).cloned()
    }

    /// An order is over with its radio's answer. While its row is being written the answer waits.
    fn settle_order(
        &mut self,
        unit: UnitId,
        pending: PendingOrder,
        outcome: Result<(), Cause>,
        out: &mut Outbox,
    ) {
        let row = self.remote.row_mut(unit);
        if row.saving.is_some() {
            row.answered = Some((pending.number, outcome));
            return;
        }
        let next = match outcome {
            Ok(()) => row.kept.obeyed(&pending.order),
            Err(Cause::UnitKilled) => row.kept.without(pending.order.rule().class).0.killed(),
            // It waits no longer: the radio would say the same again.
            Err(_) => row.kept.without(pending.order.rule().class).0,
        };
        self.timers.cancel(TimerKey::RadioOrder(unit));
        let over = self.audited(unit, pending.clone(), outcome);
        self.save_remote(next, Some(over), Why::Answered(pending, outcome), out);
    }

    /// A row is written: what its radio has said meanwhile counts now.
    pub(super) fn settle_answer(&mut self, unit: UnitId, out: &mut Outbox) {
        let answered = self.remote.rows.get_mut(&unit).and_then(|row| row.answered.take());
        if let Some((number, outcome)) = answered
            && let Some(pending) = self.numbered(unit, number)
        {
            self.settle_order(unit, pending, outcome, out);
        }
    }

    /// A radio wants proof before it obeys: it gets it only while it is to obey.
    pub(crate) fn network_challenged(&mut self, site: SiteId, message: NetworkChallenge, out: &mut Outbox) {
        let NetworkChallenge { unit, order, challenge } = message;
        if let Err(cause) = self.present_at(unit, site) {
            return self.drop_message(site, cause, out);
        }
        let ProvedOrder::Kill = order;
        let waiting = self.remote.kept(unit).and_then(|kept| kept.waiting(Class::Service));
        let is_ordered = waiting.is_some_and(|pending| pending.order == RadioOrder::Kill {});
        match self.home.unit(unit).filter(|_| is_ordered).and_then(Row::key) {
            Some(key) => {
                let answer = key.vouch(&challenge, unit, order);
                self.tell_by(Clause::Kill, site, NetworkAnswer { unit, order, answer }, out);
            }
            None => self.drop_message(site, Cause::UnknownOrder, out),
        }
    }

    /// The unit for which a site speaks, where something is known of it: nearly always there is none.
    pub(crate) fn remote_speaker(&self, message: &FromSite) -> Option<UnitId> {
        message.speaker().filter(|unit| self.remote.kept(*unit).is_some())
    }

    /// A request of a unit that gets no service is refused; true if it was one.
    pub(crate) fn refuses_stunned(&mut self, site: SiteId, message: &FromSite, out: &mut Outbox) -> bool {
        let Some(unit) = self.remote_speaker(message) else { return false };
        let (press, kind) = match message {
            FromSite::Affiliate(word) => (word.press, Asked::Service),
            FromSite::CallRequest(word) => (word.press, Asked::Service),
            FromSite::UnitRequest(word) => (word.press, Asked::Service),
            FromSite::Handover(word) => (word.press, Asked::Service),
            FromSite::Alarm(word) => (word.press, Asked::Service),
            FromSite::FloorRequest(word) => (word.press, Asked::Floor(word.call)),
            FromSite::Status(word) => (word.press, Asked::Message),
            FromSite::CallAlert(word) => (word.press, Asked::Message),
            FromSite::Hello(_)
            | FromSite::InventoryRadios(_)
            | FromSite::InventoryCalls(_)
            | FromSite::InventoryEnd(_)
            | FromSite::Health(_)
            | FromSite::Settings(_)
            | FromSite::Register(_)
            | FromSite::Answer(_)
            | FromSite::Detach(_)
            | FromSite::CallCancel(_)
            | FromSite::PageAnswer(_)
            | FromSite::HangUp(_)
            | FromSite::PttReleased(_)
            | FromSite::TalkEnd(_)
            | FromSite::TalkerLeaving(_)
            | FromSite::TalkerSilent(_)
            | FromSite::AlertCancel(_)
            | FromSite::MessageAnswer(_)
            | FromSite::OrderAnswer(_)
            | FromSite::NetworkChallenge(_)
            | FromSite::SlotStates(_)
            | FromSite::SlotTested(_)
            | FromSite::ServedAlone(_)
            | FromSite::InFailsoft(_)
            | FromSite::ServedFailsoft(_)
            | FromSite::Report(_) => return false,
        };
        if self.remote.condition(unit) == Condition::Active || self.present_at(unit, site).is_err() {
            return false;
        }
        let cause = Cause::UnitStunned;
        match kind {
            Asked::Floor(call) => {
                self.tell_by(Clause::Stun, site, FloorRefused { call, unit, press, cause }, out);
            }
            Asked::Service => self.tell_by(Clause::Stun, site, Refused { unit, press, cause }, out),
            Asked::Message => self.tell_by(Clause::Stun, site, MessageRefused { unit, press, cause }, out),
        }
        self.report(EventKind::CallRefused { unit, site: Some(site), parties: None, cause }, out);
        true
    }

    /// A unit asks for the call to which it was ordered to open its microphone: it has obeyed.
    pub(crate) fn monitor_asked(
        &mut self,
        unit: UnitId,
        listener: UnitId,
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        let waiting = self.remote.kept(unit).and_then(|kept| kept.waiting(Class::Microphone)).cloned();
        let ordered = waiting.filter(|pending| pending.order == RadioOrder::Monitor(listener));
        let goes_on = self.remote.rows.get(&unit).and_then(|row| row.monitored.as_ref());
        match (ordered, goes_on) {
            (Some(pending), _) => {
                self.remote.row_mut(unit).monitored = Some((listener, pending.by.clone()));
                self.settle_order(unit, pending, Ok(()), out);
                Ok(())
            }
            (None, Some((known, _))) if *known == listener => Ok(()),
            (None, _) => Err(Cause::NotMonitored),
        }
    }

    /// A call was set up: where it is a remote monitor, operators are told.
    pub(crate) fn tell_of_monitor(&mut self, call: CallId, out: &mut Outbox) {
        let Some(row) = self.calls.get(call) else { return };
        let (Some(by), Some(pair)) = (row.record.monitored_by.clone(), row.parties.pair()) else { return };
        let Pair { caller: unit, called: listener } = pair;
        self.report(EventKind::Monitored { call, unit, listener, by }, out);
    }
}

/// What a unit that gets no service asked for: how it is refused.
enum Asked {
    /// A talkgroup, a call, an emergency.
    Service,
    /// The floor of a call.
    Floor(CallId),
    /// A status or a call alert.
    Message,
}
