//! What the core reports to operators, in one gapless order, with the sums that go with it.

use trunklab_protocol::operator::{Event, EventKind, Totals};
use trunklab_protocol::{Cause, Moment, PerCause};

use crate::output::{Outbox, Output};

/// Numbers events and counts what they say.
#[derive(Debug, Clone, Default)]
pub struct Events {
    sequence: u64,
    totals: Totals,
    causes: PerCause<u64>,
}

impl Events {
    /// Reports one event. Its kind is known where it is reported, and what it counts with it.
    #[inline(always)]
    pub fn report(&mut self, at: Moment, kind: EventKind, out: &mut Outbox) {
        self.count(&kind);
        self.sequence += 1;
        out.push(Output::Event(Event { sequence: self.sequence, at, kind }));
    }

    /// The last event's number.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Sums since the term began.
    pub fn totals(&self) -> Totals {
        self.totals
    }

    /// How often something was refused or dropped, by cause.
    pub fn refusals(&self) -> impl Iterator<Item = (Cause, u64)> + '_ {
        self.causes.iter().map(|(cause, count)| (cause, *count)).filter(|(_, count)| *count > 0)
    }

    #[inline(always)]
    fn count(&mut self, kind: &EventKind) {
        match kind {
            EventKind::CallGranted { .. }
            | EventKind::CallCalledBack { .. }
            | EventKind::CallAnswered { .. } => self.totals.granted += 1,
            EventKind::CallQueued { .. } => self.totals.queued += 1,
            EventKind::CallReleased { .. } => self.totals.released += 1,
            EventKind::Registered { .. } => self.totals.registered += 1,
            EventKind::CallRefused { cause, .. } => {
                self.totals.refused += 1;
                self.causes[*cause] += 1;
            }
            EventKind::RegisterRefused { cause, .. }
            | EventKind::CallCancelled { cause, .. }
            | EventKind::FloorRefused { cause, .. }
            | EventKind::OrderRefused { cause, .. }
            | EventKind::RadioOrderFailed { cause, .. }
            | EventKind::MessageRefused { cause, .. }
            | EventKind::Dropped { cause, .. } => self.causes[*cause] += 1,
            EventKind::SiteUp { .. }
            | EventKind::SiteLost { .. }
            | EventKind::SiteServedAlone { .. }
            | EventKind::SiteServedFailsoft { .. }
            | EventKind::SiteInFailsoft { .. }
            | EventKind::ControlMoved { .. }
            | EventKind::SlotHealth { .. }
            | EventKind::SlotTested { .. }
            | EventKind::NetworkAlarm { .. }
            | EventKind::Deregistered { .. }
            | EventKind::Moved { .. }
            | EventKind::Cloned { .. }
            | EventKind::Affiliated { .. }
            | EventKind::UnitPaged { .. }
            | EventKind::UnitRings { .. }
            | EventKind::SiteJoined { .. }
            | EventKind::SiteLeft { .. }
            | EventKind::EmergencyRaised { .. }
            | EventKind::EmergencyOver { .. }
            | EventKind::CallArea { .. }
            | EventKind::EmergencyBegan { .. }
            | EventKind::CallReaches { .. }
            | EventKind::Patched { .. }
            | EventKind::Unpatched { .. }
            | EventKind::Configured { .. }
            | EventKind::EmergencyAcknowledged { .. }
            | EventKind::EmergencyCleared { .. }
            | EventKind::FloorQueued { .. }
            | EventKind::FloorTaken { .. }
            | EventKind::FloorReleased { .. }
            | EventKind::RadioOrderPending { .. }
            | EventKind::RadioOrderDone { .. }
            | EventKind::Monitored { .. }
            | EventKind::RightsChanged { .. }
            | EventKind::MessageSent { .. }
            | EventKind::MessageDelivered { .. }
            | EventKind::AlertOver { .. } => {}
        }
    }
}
