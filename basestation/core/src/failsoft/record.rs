//! What is kept of what was said on failsoft channels (docs/resilience.md 14.6.6): each spurt is a call of the site's own.

use smallvec::SmallVec;
use trunklab_controller_core::isolated::node_of;
use trunklab_controller_core::output::{CallRecord, HeldSlot, Spurt as RecordedSpurt, StoreItem};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{CallId, Cause, Parties, Priority, SlotAddress};

use super::repeater::Spurt;
use crate::output::Outbox;
use crate::station::BaseStation;

/// What is counted of one time in failsoft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Spurts that were repeated.
    pub spurts: u32,
    /// Of them, those whose radio did not prove who it is.
    pub unproved: u32,
    /// Bursts that were lost to others.
    pub collisions: u32,
    /// The number of the last call of this time.
    last_call: u32,
}

impl BaseStation {
    /// A spurt is over. What was not proved is counted alone: nobody writes records in another's name.
    pub(super) fn record_spurt(&mut self, at: SlotAddress, spurt: &Spurt, cause: Cause, out: &mut Outbox) {
        let Some(site) = self.failsoft_site() else { return };
        let (Some(node), Some(failsoft)) = (node_of(site), &mut self.failsoft) else { return };
        let counted = &mut failsoft.counted;
        counted.spurts = counted.spurts.saturating_add(1);
        if !spurt.proved {
            counted.unproved = counted.unproved.saturating_add(1);
            return;
        }
        counted.last_call = counted.last_call.saturating_add(1);
        let epoch = failsoft.epoch;
        let Spurt { unit, talkgroup, from, heard: until, .. } = *spurt;
        let record = CallRecord {
            call: CallId { node, epoch, counter: counted.last_call },
            epoch,
            parties: Parties::Group(talkgroup),
            caller: Some(unit),
            kind: RequestKind::Normal,
            area: None,
            priority: Priority::LOWEST,
            requested: from,
            granted: from,
            released: Some((until, Cause::SaidInFailsoft)),
            slots: SmallVec::from_iter([HeldSlot { site, at, from, until: Some(until) }]),
            spurts: SmallVec::from_iter([RecordedSpurt { unit, from, until: Some((until, cause)) }]),
            monitored_by: None,
        };
        self.reports.add(StoreItem::CallClosed(Box::new(record)), out);
    }
}
