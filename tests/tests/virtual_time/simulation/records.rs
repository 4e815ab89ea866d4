//! Invariant: the call records of a term add up to the channel time that it used.

use std::collections::{BTreeMap, VecDeque};

use trunklab_controller_core::output::CallRecord;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{CallId, Span};

/// Adds up what closed records say.
#[derive(Debug, Default)]
pub struct Records {
    /// Closed, and not yet reported to be.
    unread: VecDeque<CallRecord>,
    /// What each call has used that is over. The record of one that was lost, and comes back, is closed anew.
    used: BTreeMap<CallId, Span>,
}

impl Records {
    pub fn keep(&mut self, record: CallRecord) {
        self.unread.push_back(record);
    }

    pub fn see(&mut self, event: &EventKind) {
        let EventKind::CallReleased { call, .. } = event else { return };
        let record = self.unread.pop_front().expect("a call that is over has a record");
        assert_eq!(record.call, *call, "records are closed in the order of the calls' ends");
        let times = record.slots.iter().map(|slot| {
            let until = slot.until.expect("a closed record holds nothing");
            until.since(slot.from)
        });
        self.used.insert(record.call, sum(times));
    }

    /// For another term: what is not yet read is of that.
    pub fn into_unread(self) -> Self {
        Self { unread: self.unread, used: BTreeMap::new() }
    }

    /// The channel time in the records of this term.
    pub fn used(&self) -> Span {
        sum(self.used.values().copied())
    }
}

fn sum(spans: impl Iterator<Item = Span>) -> Span {
    spans.fold(Span::ZERO, |sum, span| sum + span)
}
