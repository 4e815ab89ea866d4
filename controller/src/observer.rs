//! A place to watch the core from: every input and every output with its moment, for transcripts.

use tokio::sync::mpsc;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::Output;
use trunklab_protocol::Moment;

use crate::counters::Counters;

/// One thing that went in or came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// The moment of the input that it is or belongs to.
    pub at: Moment,
    /// What.
    pub what: Seen,
}

/// In or out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The core was given this.
    Input(Input),
    /// The core answered this.
    Output(Output),
}

/// The run loop's end; nothing is copied while nobody watches.
#[derive(Debug, Default)]
pub(crate) struct Observer(Option<mpsc::Sender<Observed>>);

impl Observer {
    pub const fn new(watcher: Option<mpsc::Sender<Observed>>) -> Self {
        Self(watcher)
    }

    /// Shows one thing. A watcher that cannot keep up misses it, and that is counted: it never holds up a call.
    pub fn show(&mut self, at: Moment, counters: &Counters, what: impl FnOnce() -> Seen) {
        let Some(watcher) = &self.0 else { return };
        match watcher.try_send(Observed { at, what: what() }) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Full(_)) => counters.observer_missed.one(),
            Err(mpsc::error::TrySendError::Closed(_)) => self.0 = None,
        }
    }
}
