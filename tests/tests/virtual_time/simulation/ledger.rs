//! What the controller promised in this term, and what it wrote down: one file for each invariant.

use trunklab_controller_core::output::{CallRecord, StoreItem};
use trunklab_protocol::Moment;
use trunklab_protocol::operator::Event;

use super::alone::Alone;
use super::floors::Floors;
use super::messages::Messages;
use super::records::Records;
use super::slots::Slots;
use super::waiting::Waiting;

/// Goes through the controller's events in their order.
#[derive(Default)]
pub struct Ledger {
    /// The last event's number; it counts from 1 in each term.
    last: u64,
    pub waiting: Waiting,
    pub slots: Slots,
    pub floors: Floors,
    pub messages: Messages,
    pub records: Records,
    pub alone: Alone,
}

impl Ledger {
    /// The controller reports something. Each panics where its invariant is broken.
    pub fn see(&mut self, event: &Event) {
        // With the controller went its queue, its calls and what it counted.
        if event.sequence <= self.last {
            self.begin_term();
        }
        self.last = event.sequence;
        self.waiting.see(event.at, &event.kind);
        self.slots.see(&event.kind);
        self.floors.see(&event.kind);
        self.messages.see(event.at, &event.kind);
        self.records.see(&event.kind);
        self.alone.see_event(&event.kind);
    }

    /// The controller writes something down, before it reports so.
    pub fn keep(&mut self, item: &StoreItem) {
        if let StoreItem::CallClosed(record) = item {
            self.records.keep(CallRecord::clone(record));
        } else if let StoreItem::Reported(reported) = item {
            self.alone.keep(reported);
        }
    }

    /// Time passes without an event.
    pub fn at(&self, now: Moment) {
        self.waiting.nobody_waits_for_ever(now);
        self.messages.nothing_lasts_for_ever(now);
    }

    /// The controller is gone, or another is there.
    pub fn begin_term(&mut self) {
        let records = std::mem::take(&mut self.records).into_unread();
        let alone = std::mem::take(&mut self.alone);
        *self = Self { records, alone, ..Self::default() };
    }

    /// Nobody wants anything any more, and all has been said.
    pub fn is_settled(&self) {
        self.waiting.is_empty();
        self.slots.are_free();
        self.floors.are_free();
        self.messages.are_over();
        self.alone.is_told();
    }
}
