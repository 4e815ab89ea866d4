//! What is counted of traffic (docs/services.md 13.6.8): the core's events on their way out, the sites' heartbeats on their way
//! in. Periods that are over go to the store; the one that runs is lost with a process that is killed.

use tracing::error;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::statistics::{Period, Statistics};
use trunklab_protocol::Moment;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::operator::{Event, EventKind};

use super::RunLoop;
use crate::clock::Clock;
use crate::dispatch::Dispatch;
use crate::log::Log;
use crate::store::Keeping;

impl<D: Dispatch, L: Log, C: Clock> RunLoop<D, L, C> {
    /// A term begins: what was counted in the one before is kept, and nothing is counted yet.
    pub(super) fn begin_counting(&mut self) {
        self.end_counting();
        let step_s = self.core.controller().map_or(60, |core| core.system().statistics_step_s);
        let mut statistics = Statistics::new(step_s, self.clock.wall_at_origin_us());
        // What was before this term was counted, or is none of it.
        drop(statistics.advance(self.clock.now()));
        self.statistics = Some(statistics);
    }

    /// What was counted up to now is kept.
    pub(super) fn end_counting(&mut self) {
        if let Some(mut statistics) = self.statistics.take() {
            let over = statistics.finish(self.clock.now());
            self.keep_statistics(over);
        }
    }

    /// One input has been handled.
    pub(super) fn count_input(&mut self, at: Moment, input: &Input) {
        let Some(statistics) = &mut self.statistics else { return };
        if let Input::FromSite { site, message: FromSite::Health(health) } = input {
            statistics.note_health(*site, health);
        }
        let over = statistics.advance(at);
        self.keep_statistics(over);
    }

    /// One event is told.
    pub(super) fn count(&mut self, event: &Event) {
        let Some(statistics) = &mut self.statistics else { return };
        let Some(core) = self.core.controller() else { return };
        let mut over = statistics.advance(event.at);
        statistics.note(event.at, &event.kind, |site| core.slots_in_service(site));
        if let EventKind::Configured { .. } = event.kind {
            over.extend(statistics.change_step(event.at, core.system().statistics_step_s));
        }
        self.keep_statistics(over);
    }

    fn keep_statistics(&self, over: Vec<Period>) {
        if over.is_empty() {
            return;
        }
        let Some(system) = self.core.controller().map(|core| core.system()) else { return };
        let keeping = Keeping { fine_h: system.statistics_fine_h, days: system.statistics_days };
        let asked = self.outlets.store.run(move |store| {
            if let Err(failure) = store.keep_statistics(&over, keeping) {
                error!(%failure, "statistics could not be kept");
            }
        });
        if !asked {
            self.outlets.counters.store_failures.one();
        }
    }
}
