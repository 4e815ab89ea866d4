//! What the controller's store keeps of calls, as the real one does (docs/services.md 13.5).

use std::collections::{BTreeMap, VecDeque};

use trunklab_controller_core::charging::{Attempt, attempt_of, steps_of};
use trunklab_controller_core::output::{CallRecord, StoreItem};
use trunklab_protocol::operator::{AttemptEntry, Event, RecordEntry};
use trunklab_protocol::{CallId, Cause, Moment, Parties, Span};

/// Records and attempts that wait to be told; of more the oldest are forgotten.
const WAITING_MAX: usize = 1_000;

/// How often the store learns that calls go on.
const ALIVE: Span = Span::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Ledger {
    open: BTreeMap<CallId, CallRecord>,
    alive: Moment,
    closed: VecDeque<CallRecord>,
    attempts: VecDeque<(Moment, Attempt)>,
}

impl Ledger {
    /// The store keeps something.
    pub fn keep(&mut self, item: &StoreItem) {
        match item {
            StoreItem::CallOpened(record) => {
                self.open.insert(record.call, CallRecord::clone(record));
            }
            StoreItem::CallClosed(record) => {
                self.open.remove(&record.call);
                self.close(CallRecord::clone(record));
            }
            StoreItem::Patched(_)
            | StoreItem::Unpatched(_)
            | StoreItem::Configured(_)
            | StoreItem::Cloned(_)
            | StoreItem::Audit(_)
            | StoreItem::Remote(_)
            | StoreItem::Rights { .. }
            | StoreItem::Message(_)
            | StoreItem::NetworkAlarm(_)
            | StoreItem::Reported(_) => {}
        }
    }

    /// The controller tells its operators something.
    pub fn hear(&mut self, event: &Event) {
        for (call, step) in steps_of(&event.kind) {
            self.alive = event.at;
            if let Some(record) = self.open.get_mut(&call) {
                record.follow(event.at, &step);
            }
        }
        if let Some(attempt) = attempt_of(&event.kind) {
            self.attempts.push_back((event.at, attempt));
            if self.attempts.len() > WAITING_MAX {
                self.attempts.pop_front();
            }
        }
    }

    /// The controller works at this moment.
    pub fn goes_on(&mut self, now: Moment) {
        if !self.open.is_empty() && now.since(self.alive) >= ALIVE {
            self.alive = now;
        }
    }

    /// A new term of office begins.
    pub fn begin_term(&mut self) {
        for (_, mut record) in std::mem::take(&mut self.open) {
            record.cut(self.alive, Cause::ControllerRestarted);
            self.close(record);
        }
    }

    fn close(&mut self, record: CallRecord) {
        // One that was opened again takes the place of what it was before.
        self.closed.retain(|other| (other.call, other.epoch) != (record.call, record.epoch));
        self.closed.push_back(record);
        if self.closed.len() > WAITING_MAX {
            self.closed.pop_front();
        }
    }

    /// What was closed, and asked for in vain, since it was last told.
    pub fn tell(&mut self) -> (Vec<RecordEntry>, Vec<AttemptEntry>) {
        let records = self.closed.drain(..).filter_map(|record| record.entry(0, 0)).collect();
        let attempt = |(at, Attempt { unit, site, parties, cause }): (Moment, Attempt)| AttemptEntry {
            id: 0,
            at_us: at.as_micros(),
            unit,
            site,
            talkgroup: parties.and_then(Parties::talkgroup),
            called: parties.and_then(Parties::pair).map(|pair| pair.called),
            cause,
        };
        (records, self.attempts.drain(..).map(attempt).collect())
    }
}
