//! Call alerts: answered, withdrawn, ended (clauses 13.4.7 to 13.4.9).

use trunklab_protocol::operator::{EventKind, MessageStage, Sender};
use trunklab_protocol::to_site::AlertOver;
use trunklab_protocol::{Addressee, Cause, Clause, UnitId};

use super::table::Happening;
use crate::controller::Controller;
use crate::output::Outbox;

impl Controller {
    /// A unit asks for a call with another: that one's call alert is answered, whatever becomes of the call.
    pub(crate) fn alert_called_back(&mut self, unit: UnitId, called: UnitId, out: &mut Outbox) {
        self.answer_alerts(unit, |from| *from == Sender::Unit(called), out);
    }

    /// A unit asks for a call of its talkgroup: the call alerts of operators are answered, who hear it there.
    pub(crate) fn alerts_of_operators_answered(&mut self, unit: UnitId, out: &mut Outbox) {
        self.answer_alerts(unit, |from| matches!(from, Sender::Console(_)), out);
    }

    fn answer_alerts(&mut self, unit: UnitId, of: impl Fn(&Sender) -> bool, out: &mut Outbox) {
        let alerts = self.messages.to_unit(unit).filter(|row| row.is_alert() && of(&row.record.from));
        for counter in alerts.map(|row| row.id().counter).collect::<Vec<_>>() {
            self.advance_message(counter, Happening::Answered, out);
        }
    }

    /// Action: the alerted radio shall alert no more.
    pub(super) fn withdraw_alert(&mut self, counter: u32, cause: Cause, out: &mut Outbox) {
        let row = self.messages.get(counter).expect("an alert that is withdrawn is under way");
        let (message, to) = (row.id(), row.record.to);
        let Some(unit) = to.and_then(Addressee::unit) else { return };
        let site = self.visitors.get(unit).map(|visitor| visitor.site);
        self.tell_by(Clause::AlertEnd, site, AlertOver { message, unit, cause }, out);
    }

    /// Action: the alert has ended, and that is kept.
    pub(super) fn end_alert(&mut self, counter: u32, cause: Cause, out: &mut Outbox) {
        let now = self.now;
        let row = self.messages.get_mut(counter).expect("an alert that ends is under way");
        row.record.ended = Some((now, cause));
        let (message, from) = (row.id(), row.record.from.clone());
        let unit = row.record.to.and_then(Addressee::unit).expect("a call alert is for a unit");
        let waits = row.store.is_some();
        let store = self.keep_record(counter, out);
        if waits {
            self.messages.wait_for(counter, store);
        }
        self.recent.note(message, MessageStage::Over(cause));
        self.report(EventKind::AlertOver { message, unit, from, cause }, out);
    }
}
