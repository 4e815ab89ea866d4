//! Promise: a unit that is stunned gets no service.

use trunklab_protocol::UnitId;
use trunklab_protocol::operator::{EventKind, Sender};

/// Whom an event shows to be served.
fn served(event: &EventKind) -> Vec<UnitId> {
    if let EventKind::CallGranted { talker: unit, .. }
    | EventKind::CallQueued { unit, .. }
    | EventKind::CallCalledBack { unit, .. }
    | EventKind::FloorTaken { unit, .. }
    | EventKind::FloorQueued { unit, .. }
    | EventKind::Affiliated { unit, .. }
    | EventKind::EmergencyBegan { unit, .. }
    | EventKind::EmergencyRaised { unit, .. }
    | EventKind::Monitored { unit, .. }
    | EventKind::MessageSent { from: Sender::Unit(unit), .. } = event
    {
        vec![*unit]
    } else if let EventKind::UnitPaged { unit, caller, .. } | EventKind::UnitRings { unit, caller } = event {
        vec![*unit, *caller]
    } else if let EventKind::CallAnswered { parties, .. } = event {
        parties.pair().map_or(Vec::new(), |pair| vec![pair.caller, pair.called])
    } else {
        Vec::new()
    }
}

pub fn nobody_stunned(event: &EventKind, is_stunned: impl Fn(UnitId) -> bool) {
    for unit in served(event) {
        assert!(!is_stunned(unit), "unit {unit} is stunned, and served: {event:?}");
    }
}
