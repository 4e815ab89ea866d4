//! The core, as the run loop sees it. A seam for tests: they bring cores that break on purpose.

use trunklab_controller_core::controller::Controller;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::Outbox;
use trunklab_protocol::Moment;
use trunklab_protocol::operator::Snapshot;

/// What decides.
pub trait Dispatch: Send + 'static {
    /// One that knows nothing yet.
    fn begin() -> Self;

    /// Takes one input; everything that it causes is appended to the outbox.
    fn handle(&mut self, now: Moment, input: Input, out: &mut Outbox);

    /// When to come back at the latest.
    fn next_due(&self) -> Option<Moment>;

    /// All that a console shows.
    fn snapshot(&self, now: Moment) -> Snapshot;

    /// What has a configuration; a core that a test brings need not be one.
    fn controller(&self) -> Option<&Controller> {
        None
    }
}

impl Dispatch for Controller {
    fn begin() -> Self {
        Self::new()
    }

    fn handle(&mut self, now: Moment, input: Input, out: &mut Outbox) {
        Self::handle(self, now, input, out);
    }

    fn next_due(&self) -> Option<Moment> {
        self.next_deadline().map(|deadline| deadline.at)
    }

    fn snapshot(&self, now: Moment) -> Snapshot {
        Self::snapshot(self, now)
    }

    fn controller(&self) -> Option<&Self> {
        Some(self)
    }
}
