//! What must outlive the process: given to the store, whose answers are inputs, and what happens to calls whose records
//! are open, which nobody waits for.

use trunklab_controller_core::charging::{attempt_of, steps_of};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::StoreItem;
use trunklab_protocol::operator::Event;
use trunklab_protocol::{Moment, Span};

use super::{Broken, RunLoop};
use crate::clock::Clock;
use crate::dispatch::Dispatch;
use crate::log::Log;
use crate::store::{KNOWN_ALIVE_MS, StoreAnswer, Told};

/// While records are open the store learns this often that their calls go on: so much of a call is not charged at most when
/// the controller is killed.
const ALIVE: Span = Span::from_secs(1);

/// The same where nothing is recorded: how exactly it is known when a controller was killed.
const ALIVE_IDLE: Span = Span::from_millis(KNOWN_ALIVE_MS);

impl<D: Dispatch, L: Log, C: Clock> RunLoop<D, L, C> {
    pub(super) fn hear_store(&mut self, answer: StoreAnswer) -> Result<(), Broken> {
        if answer.epoch != self.epoch {
            return Ok(());
        }
        self.unanswered = self.unanswered.saturating_sub(1);
        let id = answer.id;
        self.take(if answer.kept { Input::Stored { id } } else { Input::StoreFailed { id } }, None)
    }

    pub(super) fn store(&mut self, id: u64, item: StoreItem) {
        match &item {
            StoreItem::CallOpened(_) => self.open_records += 1,
            StoreItem::CallClosed(record) => {
                self.open_records = self.open_records.saturating_sub(1);
                self.recorded_until(record);
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
        if self.outlets.store.keep(self.epoch, id, item) {
            self.unanswered += 1;
        } else {
            self.outlets.counters.store_failures.one();
            self.caused.push_back(Input::StoreFailed { id });
        }
    }

    /// What operators are told of calls, for their records; lost where the store has too much to do.
    pub(super) fn charge(&mut self, event: &Event) {
        let steps = steps_of(&event.kind).into_iter().map(|(call, step)| Told::Step(call, step));
        for told in steps.chain(attempt_of(&event.kind).map(Told::Attempt)) {
            self.tell(event.at, told);
        }
    }

    /// The controller serves: told now and then, and more often while there are calls whose records would end here.
    pub(super) fn tell_alive(&mut self, at: Moment) {
        let pause = if self.open_records > 0 { ALIVE } else { ALIVE_IDLE };
        if at.since(self.told_alive) >= pause {
            self.told_alive = at;
            self.tell(at, Told::Alive);
        }
    }

    /// It serves until now, and no longer.
    pub(super) fn tell_last_alive(&mut self) {
        self.tell(self.clock.now(), Told::Alive);
    }

    fn tell(&self, at: Moment, told: Told) {
        if !self.outlets.store.tell(self.epoch, at, told) {
            self.outlets.counters.steps_lost.one();
        }
    }
}
