//! What operators order: each order is carried out or has its cause, and its sender is told which. What is to last is
//! answered when it does.

use trunklab_protocol::Cause;
use trunklab_protocol::operator::{ConsoleName, EventKind, Order};

use crate::controller::Controller;
use crate::output::{Outbox, Output};

/// An order: whose it is, and for which answer it waits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Given {
    /// Names it for its answer.
    pub id: u64,
    /// Who gave it.
    pub by: ConsoleName,
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
    pub(crate) fn ordered(&mut self, given: &Given, order: &Order, out: &mut Outbox) {
        let by = &given.by;
        let now = |()| Done::Now;
        let outcome = match order {
            Order::AcknowledgeEmergency { unit } => self.acknowledge_emergency(*unit, by, out).map(now),
            Order::ClearEmergency { unit } => self.clear_emergency(*unit, by, out).map(now),
            Order::Patch { talkgroups } => self.patch(talkgroups, given, out),
            Order::Multiselect { talkgroups } => self.multiselect(talkgroups, by, out).map(now),
            Order::UndoPatch { talkgroup } => self.undo_patch(*talkgroup, given, out),
            Order::Talk { talkgroups } => self.talk(talkgroups, by, out).map(now),
            Order::EndTalk {} => self.end_talk(by, out).map(now),
        };
        match outcome {
            Ok(Done::Now) => self.answer_order(given, Ok(()), out),
            Ok(Done::WhenStored) => {}
            Err(cause) => self.answer_order(given, Err(cause), out),
        }
    }

    /// The console is told what came of its order.
    pub(crate) fn answer_order(&mut self, given: &Given, outcome: Result<(), Cause>, out: &mut Outbox) {
        if let Err(cause) = outcome {
            self.report(EventKind::OrderRefused { by: given.by.clone(), cause }, out);
        }
        out.push(Output::Ordered { id: given.id, outcome });
    }
}
