//! Invariant: the call records of a term add up to the channel time that it used.

use std::collections::VecDeque;

use trunklab_controller_core::output::CallRecord;
use trunklab_protocol::Span;
use trunklab_protocol::operator::EventKind;

/// Adds up what closed records say.
#[derive(Debug, Default)]
pub struct Records {
    /// Closed, and not yet reported to be.
    unread: VecDeque<CallRecord>,
    used: Span,
}

impl Records {
    pub fn keep(&mut self, record: CallRecord) {
        self.unread.push_back(record);
    }

    pub fn see(&mut self, event: &EventKind) {
        let EventKind::CallReleased { call, .. } = event else { return };
        let record = self.unread.pop_front().expect("a call that is over has a record");
        assert_eq!(record.call, *call, "records are closed in the order of the calls' ends");
        for slot in &record.slots {
            let until = slot.until.expect("a closed record holds nothing");
            self.used = self.used + until.since(slot.from);
        }
    }

    /// For another term: what is not yet read is of that.
    pub fn into_unread(self) -> Self {
        Self { unread: self.unread, used: Span::ZERO }
    }

    /// The channel time in the records of this term.
    pub const fn used(&self) -> Span {
        self.used
    }
}
