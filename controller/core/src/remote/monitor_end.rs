//! An operator ends a remote monitor before its time (clause 13.3.7).

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::remote::Class;
use trunklab_protocol::{CallId, Cause, Pair, Parties, UnitId};

use super::rows::{PendingOrder, Why};
use crate::call::table::Event;
use crate::controller::Controller;
use crate::orders::{Done, Given};
use crate::output::Outbox;
use crate::timers::TimerKey;

impl Controller {
    /// Nobody is to listen to a unit any more: neither in a call, nor in one that is asked for, nor by an order that waits.
    pub(crate) fn end_monitor(
        &mut self,
        unit: UnitId,
        given: &Given,
        out: &mut Outbox,
    ) -> Result<Done, Cause> {
        self.condition_to_order(unit)?;
        let Some(row) = self.remote.rows.get(&unit) else { return self.end_listening_alone(unit, out) };
        if row.saving.is_some() {
            return Err(Cause::OrderUnderWay);
        }
        let (next, Some(pending)) = row.kept.without(Class::Microphone) else {
            return self.end_listening_alone(unit, out);
        };
        let over = self.audited(unit, pending.clone(), Err(Cause::MonitorEnded));
        self.end_listening(unit, out);
        self.save_remote(next, Some(over), Why::MonitorEnded(given.clone(), pending), out);
        Ok(Done::WhenStored)
    }

    fn end_listening_alone(&mut self, unit: UnitId, out: &mut Outbox) -> Result<Done, Cause> {
        if self.end_listening(unit, out) { Ok(Done::Now) } else { Err(Cause::NotMonitored) }
    }

    /// The order that waited is out of the store.
    pub(super) fn monitor_order_ended(
        &mut self,
        unit: UnitId,
        given: &Given,
        ended: PendingOrder,
        out: &mut Outbox,
    ) {
        let PendingOrder { order: of_radio, by, .. } = ended;
        self.timers.cancel(TimerKey::OrderExpiry(unit, of_radio.rule().class));
        let (by, cause) = (by.console, Cause::MonitorEnded);
        self.report(EventKind::RadioOrderFailed { unit, of_radio, by, cause }, out);
        // The radio may have asked for the call meanwhile.
        self.end_listening(unit, out);
        self.answer_order(given, Ok(()), out);
    }

    /// Ends the call in which a unit is listened to by order, or its request for one; whether there was any.
    fn end_listening(&mut self, unit: UnitId, out: &mut Outbox) -> bool {
        if let Some(call) = self.call_of_monitored(unit) {
            self.advance_call(call, Event::MonitorEnded, out);
            return true;
        }
        let asks = self.asks_to_be_monitored(unit);
        self.remote.forget_monitor(unit);
        if asks {
            self.stop_waiting(unit, Cause::MonitorEnded, out);
        }
        asks
    }

    fn call_of_monitored(&self, unit: UnitId) -> Option<CallId> {
        let call = self.calls.get(self.calls.pair_of(unit)?)?;
        let listens = call.record.monitored_by.is_some();
        call.parties.pair().filter(|pair| listens && pair.caller == unit).map(|_| call.id)
    }

    /// Whether a unit asks for the call for which it has opened its microphone by order.
    fn asks_to_be_monitored(&self, unit: UnitId) -> bool {
        let monitored = self.remote.rows.get(&unit).and_then(|row| row.monitored.as_ref());
        let Some((listener, _)) = monitored else { return false };
        let wanted = Parties::Pair(Pair { caller: unit, called: *listener });
        let set_up = self.setups.of_caller(unit).map(|setup| setup.request.parties);
        let waits = self.queue.of(unit).map(|waiting| waiting.request.parties);
        [set_up, waits].contains(&Some(wanted))
    }
}
