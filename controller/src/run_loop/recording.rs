//! The recorder: told which spurts it shall keep, and when their calls are over.

use trunklab_controller_core::output::{CallRecord, RecordedSpurt};
use trunklab_protocol::Moment;

use super::RunLoop;
use crate::clock::Clock;
use crate::dispatch::Dispatch;
use crate::log::Log;

impl<D: Dispatch, L: Log, C: Clock> RunLoop<D, L, C> {
    pub(super) fn record(&mut self, at: Moment, spurt: RecordedSpurt) {
        let Some(recorder) = &self.outlets.recorder else { return };
        self.recorded.insert(spurt.call);
        recorder.begins(spurt, self.clock.wall_at_origin_us().saturating_add(at.as_micros()));
    }

    pub(super) fn recorded_until(&mut self, record: &CallRecord) {
        if let Some(recorder) = &self.outlets.recorder
            && self.recorded.remove(&record.call)
        {
            recorder.over(record);
        }
    }

    /// The calls of a term are known no longer.
    pub(super) fn recorded_no_more(&mut self) {
        self.recorded.clear();
        if let Some(recorder) = &self.outlets.recorder {
            recorder.term_over();
        }
    }
}
