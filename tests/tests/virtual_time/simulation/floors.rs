//! Invariant: a call has at most one talker; two units that talk at once have no floor.

use std::collections::BTreeMap;

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{CallId, UnitId};

/// Who has the floor of which call, as operators are told.
#[derive(Debug, Default)]
pub struct Floors(BTreeMap<CallId, UnitId>);

impl Floors {
    pub fn see(&mut self, event: &EventKind) {
        if let EventKind::FloorTaken { call, unit, .. } = event {
            let before = self.0.insert(*call, *unit);
            // A talker that moves goes on in another spurt.
            assert!(
                before.is_none_or(|before| before == *unit),
                "call {call}: unit {unit} talks, and {before:?} does"
            );
            let calls = self.0.values().filter(|talker| *talker == unit).count();
            assert_eq!(calls, 1, "unit {unit} talks in {calls} calls at once");
        } else if let EventKind::FloorReleased { call, unit, .. } = event {
            let before = self.0.remove(call);
            assert_eq!(before, Some(*unit), "call {call}: the floor that unit {unit} gives up");
        } else if let EventKind::CallReleased { call, .. } = event {
            assert_eq!(self.0.get(call), None, "call {call} is over, and somebody talks in it");
        } else if let EventKind::CallAnswered { call, duplex: true, .. } = event {
            assert_eq!(self.0.get(call), None, "call {call} has a floor and needs none");
        }
    }

    pub fn are_free(&self) {
        assert!(self.0.is_empty(), "still talking: {:?}", self.0);
    }
}
