//! What operators order: each order is carried out or has its cause, and its sender is told which.

use trunklab_protocol::Cause;
use trunklab_protocol::operator::{ConsoleName, EventKind, Order};

use crate::call::patches::Lasts;
use crate::controller::Controller;
use crate::output::{Outbox, Output};

impl Controller {
    /// A console orders something.
    pub(crate) fn ordered(&mut self, id: u64, by: &ConsoleName, order: &Order, out: &mut Outbox) {
        let outcome = match order {
            Order::AcknowledgeEmergency { unit } => self.acknowledge_emergency(*unit, by, out),
            Order::ClearEmergency { unit } => self.clear_emergency(*unit, by, out),
            Order::Patch { talkgroups } => self.patch(talkgroups, Lasts::UntilUndone, by, out),
            Order::Multiselect { talkgroups } => self.patch(talkgroups, Lasts::OneCall, by, out),
            Order::UndoPatch { talkgroup } => self.undo_patch(*talkgroup, Some(by), out),
            Order::Talk { talkgroups } => self.talk(talkgroups, by, out),
            Order::EndTalk {} => self.end_talk(by, out),
        };
        self.answer_order(id, by, outcome, out);
    }

    /// The console is told what came of its order.
    pub(crate) fn answer_order(
        &mut self,
        id: u64,
        by: &ConsoleName,
        outcome: Result<(), Cause>,
        out: &mut Outbox,
    ) {
        if let Err(cause) = outcome {
            self.report(EventKind::OrderRefused { by: by.clone(), cause }, out);
        }
        out.push(Output::Ordered { id, outcome });
    }
}
