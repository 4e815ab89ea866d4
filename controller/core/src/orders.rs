//! What operators order: each order is carried out or has its cause, and its sender is told which. What is to last is
//! answered when it does.

use trunklab_protocol::Cause;
use trunklab_protocol::operator::{Authority, EventKind, Order};

use crate::controller::Controller;
use crate::output::{Audited, Outbox, Output, StoreItem};

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

impl Controller {
    /// A console orders something.
    pub(crate) fn ordered(&mut self, given: &Given, out: &mut Outbox) {
        match self.carry_out(given, out) {
            Ok(Done::Now) => self.answer_order(given, Ok(()), out),
            Ok(Done::WhenStored) => {}
            Err(cause) => self.answer_order(given, Err(cause), out),
        }
    }

    fn carry_out(&mut self, given: &Given, out: &mut Outbox) -> Result<Done, Cause> {
        let Given { by, order, .. } = given;
        if !by.role.may(order.right()) {
            return Err(Cause::NotAllowed);
        }
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
        }
    }

    /// The console is told what came of its order, and it is written down.
    pub(crate) fn answer_order(&mut self, given: &Given, outcome: Result<(), Cause>, out: &mut Outbox) {
        if let Err(cause) = outcome {
            self.report(EventKind::OrderRefused { by: given.by.console.clone(), cause }, out);
        }
        let Given { by, order, .. } = given.clone();
        let audited = Audited { epoch: self.epoch, at: self.now, by, order, outcome };
        self.store(StoreItem::Audit(Box::new(audited)), out);
        out.push(Output::Ordered { id: given.id, outcome });
    }
}
