//! Promises: a radio that was killed serves nobody any more and stays off; its unit is let in no more, and no order waits for it.

use std::collections::{BTreeMap, BTreeSet};

use trunklab_protocol::operator::{EventKind, UnitView};
use trunklab_protocol::{Cause, Condition, RadioOrder, UnitId};
use trunklab_terminal_core::output::HandsetEvent;

/// The radios that have shown that they are killed: nothing takes that back, not even another register.
pub struct Killed {
    radios: BTreeSet<UnitId>,
    /// Units as which several radios may answer.
    cloned: BTreeSet<UnitId>,
}

impl Killed {
    /// `radios`: whose individual id each radio has.
    pub fn new(radios: &BTreeMap<UnitId, UnitId>) -> Self {
        let clones = radios.iter().filter(|(radio, owner)| radio != owner);
        Self { radios: BTreeSet::new(), cloned: clones.map(|(_, owner)| *owner).collect() }
    }

    /// A radio's user notices something.
    pub fn see(&mut self, radio: UnitId, event: &HandsetEvent) {
        if *event == HandsetEvent::Killed {
            assert!(self.radios.insert(radio), "radio {radio} is killed twice");
        }
        assert!(
            !self.radios.contains(&radio) || is_no_service(event),
            "radio {radio} was killed, and shows {event:?}"
        );
    }

    /// Operators are told something; `is_killed`: whether they were told that of a unit.
    pub fn told(&self, event: &EventKind, is_killed: impl Fn(UnitId) -> bool) {
        let is_dead = |unit| self.radios.contains(unit);
        if let EventKind::Registered { unit, .. } | EventKind::Moved { unit, .. } = event {
            assert!(!is_killed(*unit), "unit {unit} was killed, and is let in: {event:?}");
        } else if let EventKind::RadioOrderDone { unit, of_radio, .. } = event
            && matches!(of_radio, RadioOrder::Stun {} | RadioOrder::Revive {})
        {
            let is_true = !is_dead(unit) || self.cloned.contains(unit);
            assert!(is_true, "unit {unit} was killed, and confirms {of_radio}");
        } else if let EventKind::RadioOrderFailed { unit, cause: Cause::UnitKilled, .. } = event {
            let is_true = is_dead(unit) || is_killed(*unit) || self.cloned.contains(unit);
            assert!(is_true, "unit {unit} is alive: {event:?}");
        }
    }

    pub fn contains(&self, radio: UnitId) -> bool {
        self.radios.contains(&radio)
    }
}

/// Refusals, and what a radio shows of its network until it has said that it obeys.
const fn is_no_service(event: &HandsetEvent) -> bool {
    matches!(
        event,
        HandsetEvent::Killed
            | HandsetEvent::Refused { .. }
            | HandsetEvent::MessageRefused { .. }
            | HandsetEvent::Searches { .. }
            | HandsetEvent::FindsControl { .. }
            | HandsetEvent::Service { .. }
    )
}

/// Of a killed unit operators see that, and no order that waits for nobody.
pub fn no_order_waits(units: &[UnitView]) {
    for UnitView { unit, pending, .. } in units.iter().filter(|unit| unit.condition == Condition::Killed) {
        assert!(pending.is_empty(), "unit {unit} was killed, and is to obey: {pending:?}");
    }
}
