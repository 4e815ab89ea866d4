//! What must outlive the process: given to the store, whose answers are inputs.

use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::StoreItem;

use super::{Broken, RunLoop};
use crate::clock::Clock;
use crate::dispatch::Dispatch;
use crate::log::Log;
use crate::store::StoreAnswer;

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
        if self.outlets.store.keep(self.epoch, id, item) {
            self.unanswered += 1;
        } else {
            self.outlets.counters.store_failures.one();
            self.caused.push_back(Input::StoreFailed { id });
        }
    }
}
