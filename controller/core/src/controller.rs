//! The controller's state and its one way in: a table of contents of all that can happen.

use trunklab_protocol::operator::Snapshot;
use trunklab_protocol::{Epoch, Moment};

use crate::digest::digest_of;
use crate::events::Events;
use crate::input::Input;
use crate::output::{Outbox, Output};
use crate::random::RandomStream;
use crate::timers::{Deadline, Timers};

/// A controller: decides, and leaves the doing to its shell.
#[derive(Debug)]
pub struct Controller {
    pub(crate) now: Moment,
    pub(crate) epoch: Epoch,
    pub(crate) random: Option<RandomStream>,
    pub(crate) timers: Timers,
    pub(crate) events: Events,
}

impl Default for Controller {
    fn default() -> Self {
        Self::new()
    }
}

impl Controller {
    /// A controller that knows nothing yet and waits for [`Input::Started`].
    pub fn new() -> Self {
        Self {
            now: Moment::ORIGIN,
            epoch: Epoch::new(0).expect("0 is an epoch"),
            random: None,
            timers: Timers::default(),
            events: Events::default(),
        }
    }

    /// Takes one input; everything that it causes is appended to the outbox, in order.
    pub fn handle(&mut self, now: Moment, input: Input, out: &mut Outbox) {
        self.now = self.now.max(now);
        match input {
            Input::Started { epoch, entropy } => {
                self.epoch = epoch;
                self.random = Some(RandomStream::new(entropy));
                out.push(Output::WantEntropy);
            }
            Input::Entropy(entropy) => {
                if let Some(random) = &mut self.random {
                    random.refresh(entropy);
                }
            }
            Input::Provision(_)
            | Input::Time
            | Input::SiteConnected { .. }
            | Input::SiteDisconnected { .. }
            | Input::FromSite { .. }
            | Input::FromSwitch(_)
            | Input::Stored { .. }
            | Input::StoreFailed { .. }
            | Input::ClosingDown => {}
        }
    }

    /// When to come back at the latest, and why.
    pub fn next_deadline(&self) -> Option<Deadline> {
        self.timers.next()
    }

    /// All that a console shows.
    pub fn snapshot(&self, now: Moment) -> Snapshot {
        Snapshot {
            sequence: self.events.sequence(),
            at: self.now.max(now),
            epoch: self.epoch,
            sites: Vec::new(),
            calls: Vec::new(),
            queue: Vec::new(),
            talkgroups: Vec::new(),
            totals: self.events.totals(),
        }
    }

    /// A digest of the state: equal for equal inputs, on every machine.
    pub fn digest(&self) -> u64 {
        let random = self.random.as_ref().map(RandomStream::place);
        digest_of(&(self.now, self.epoch, random, self.events.sequence()))
    }
}
