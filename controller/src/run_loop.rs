//! The loop that owns the core: stamps what comes in, asks the core, carries what comes out.
//!
//! Nothing here blocks: what cannot be sent at once is refused with a cause. When the core breaks on an input (a broken
//! invariant is a panic), nothing that it holds can be trusted any more. The input is set aside, kept in the store with
//! an alarm, and never given to a core again; the core is dropped, every link is closed with `EntrySetAside`, and a new
//! term of office begins exactly as at a restart: the sites come back with their inventories and bring the calls. The
//! sites carry running calls on meanwhile. A core that breaks [`BREAKS_MAX`] times within a minute ends the controller.
//!
//! A new term begins in the same way when the core finds that a site has obeyed another controller's: with an older copy
//! of the database, or a new one, this controller would be refused by its sites for ever (docs/protocol.md 2.1.6).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Interval;
use tracing::error;
use trunklab_controller_core::config::Change;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Outbox, Output};
use trunklab_controller_core::statistics::Statistics;
use trunklab_protocol::switch::{FromSwitch, ToSwitch};
use trunklab_protocol::{CallId, Cause, Epoch, Moment, SiteId, Span};

use crate::clock::Clock;
use crate::counters::Counters;
use crate::dispatch::Dispatch;
use crate::feed::EventFeed;
use crate::links::{FromLink, LinkId};
use crate::log::{Entry, Log};
use crate::observer::{Observer, Seen};
use crate::recorder::RecorderHandle;
use crate::store::{StoreAnswer, StoreError, StoreHandle};
use crate::talks::Talks;

mod links;
mod operators;
mod recording;
mod statistics;
mod store;
mod switch;
mod term;
mod waits;

use self::links::{Asked, Link};
pub use self::operators::{Configured, Query, Wish};
pub use self::term::{BREAKS_MAX, RAISES_MAX, RECENT};
use self::waits::{Waits, seconds};

/// Why the loop ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The store failed when a new term had to begin.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store's thread is gone.
    #[error("the store's thread ended: see the log for its last words, then start the controller again")]
    StoreGone,
    /// No randomness.
    #[error("the system gave no random octets: {0}")]
    Random(#[from] getrandom::Error),
    /// The core broke too often.
    #[error(
        "the dispatch core broke {BREAKS_MAX} times within a minute: this is a defect; table set_aside of the \
         database names the inputs, please report them"
    )]
    KeepsBreaking,
}

/// The voice switch's ends of its two channels.
#[derive(Debug)]
pub struct SwitchPort {
    /// Orders for it.
    pub orders: mpsc::Sender<ToSwitch>,
    /// Its reports.
    pub reports: mpsc::Receiver<FromSwitch>,
}

/// Everything that reaches the loop.
#[derive(Debug)]
pub(crate) struct Inlets {
    pub links: mpsc::Receiver<FromLink>,
    pub stored: mpsc::Receiver<StoreAnswer>,
    pub switch: SwitchPort,
    pub queries: mpsc::Receiver<Query>,
}

/// Everything that the loop reaches, beside links and switch.
#[derive(Debug)]
pub(crate) struct Outlets {
    pub store: StoreHandle,
    pub feed: Arc<EventFeed>,
    pub counters: Arc<Counters>,
    pub observer: Observer,
    /// Who records calls.
    pub recorder: Option<RecorderHandle>,
}

pub(crate) struct RunLoop<D, L, C> {
    core: D,
    log: L,
    clock: C,
    epoch: Epoch,
    outbox: Outbox,
    /// For each entry that waits to be committed: what a grant would answer.
    asked: VecDeque<Option<Asked>>,
    /// Orders that are not answered yet, and how many there were.
    ordered: BTreeMap<u64, oneshot::Sender<Result<(), Cause>>>,
    orders: u64,
    /// Changes of the configuration that are not answered yet.
    configures: BTreeMap<u64, oneshot::Sender<Configured>>,
    /// What is counted of traffic; nothing before the first term.
    statistics: Option<Statistics>,
    /// Inputs that outputs caused.
    caused: VecDeque<Input>,
    /// Consoles that are connected to talk.
    talks: Talks,
    links: BTreeMap<SiteId, Link>,
    /// Links of sites that have one already, and have not greeted.
    knocking: BTreeMap<SiteId, Link>,
    /// Links that were told to end and have not said that they did.
    leaving: BTreeMap<LinkId, oneshot::Sender<Cause>>,
    /// Store requests without an answer yet.
    unanswered: u64,
    /// Calls that are recorded.
    recorded: BTreeSet<CallId>,
    /// Calls whose records are open, and when the store last learnt that they go on.
    open_records: u64,
    told_alive: Moment,
    waits: Waits,
    /// The newest epoch above which the core wants a new term, and the site that has obeyed it.
    outranked: Option<(Epoch, SiteId)>,
    breaks: VecDeque<Moment>,
    raises: VecDeque<Moment>,
    /// How the store's changes differ for this run: where the switch was bound.
    adapt: Box<dyn Fn(Change) -> Change + Send>,
    scratch: BytesMut,
    inlets: Inlets,
    outlets: Outlets,
}

/// The core broke on this entry.
struct Broken(Box<Entry>);

impl<D: Dispatch, L: Log, C: Clock> RunLoop<D, L, C> {
    pub fn new(
        log: L,
        clock: C,
        adapt: Box<dyn Fn(Change) -> Change + Send>,
        inlets: Inlets,
        outlets: Outlets,
    ) -> Self {
        Self {
            core: D::begin(),
            log,
            clock,
            epoch: Epoch::new(0).expect("every number is an epoch"),
            outbox: Outbox::new(),
            asked: VecDeque::new(),
            ordered: BTreeMap::new(),
            orders: 0,
            configures: BTreeMap::new(),
            statistics: None,
            caused: VecDeque::new(),
            talks: Talks::default(),
            links: BTreeMap::new(),
            knocking: BTreeMap::new(),
            leaving: BTreeMap::new(),
            unanswered: 0,
            recorded: BTreeSet::new(),
            open_records: 0,
            told_alive: Moment::ORIGIN,
            waits: Waits::default(),
            outranked: None,
            breaks: VecDeque::new(),
            raises: VecDeque::new(),
            adapt,
            scratch: BytesMut::new(),
            inlets,
            outlets,
        }
    }

    /// Serves until `shutdown` resolves; then closes down in order.
    pub async fn run(&mut self, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut seconds = seconds();
        loop {
            let (now, due) = (self.clock.now(), self.core.next_due());
            due.into_iter().for_each(|due| self.waits.timer(due, now));
            let due = due.map(|due| due.since(now));
            let turn = tokio::select! {
                biased;
                () = &mut shutdown => return self.close_down().await,
                turn = next_turn(&mut self.inlets, due, &mut seconds) => turn,
            };
            let outcome = match turn {
                Turn::Links(news) => self.hear_links(news),
                Turn::Store(answer) => self.hear_store(answer),
                Turn::Switch(report) => self.hear_switch(report),
                Turn::Query(query) => self.answer(query),
                Turn::Due => self.take(Input::Time, None),
                Turn::Second(tick) => self.tell_waits(tick),
            };
            if let Err(broken) = outcome {
                self.recover(&broken).await?;
            }
            if let Some((newest, site)) = self.outranked.take() {
                self.raise_term(newest, site).await?;
            }
        }
    }

    /// Stamps an input, puts it into the log, and handles it with everything that it causes.
    fn take(&mut self, input: Input, asked: Option<Asked>) -> Result<(), Broken> {
        self.append(input, asked);
        loop {
            self.handle_committed()?;
            let Some(input) = self.caused.pop_front() else { return Ok(()) };
            self.append(input, None);
        }
    }

    fn append(&mut self, input: Input, asked: Option<Asked>) {
        let at = self.clock.now();
        self.log.append(at, input);
        self.asked.push_back(asked);
    }

    fn handle_committed(&mut self) -> Result<(), Broken> {
        while let Some(Entry { index, at, input }) = self.log.committed() {
            let asked = self.asked.pop_front().flatten();
            self.outlets.observer.show(at, &self.outlets.counters, || Seen::Input(input.clone()));
            let kept_for_the_worst = input.clone();
            let (core, out) = (&mut self.core, &mut self.outbox);
            // The core is dropped if it breaks, so nobody ever sees what the panic left behind.
            if catch_unwind(AssertUnwindSafe(|| core.handle(at, input, out))).is_err() {
                return Err(Broken(Box::new(Entry { index, at, input: kept_for_the_worst })));
            }
            self.outlets.counters.inputs.one();
            self.outlets.counters.loads.note(&kept_for_the_worst);
            let mut outbox = mem::take(&mut self.outbox);
            for output in outbox.drain(..) {
                self.outlets.observer.show(at, &self.outlets.counters, || Seen::Output(output.clone()));
                self.deliver(at, output, asked);
            }
            self.outbox = outbox;
            self.tell_alive(at);
            self.count_input(at, &kept_for_the_worst);
        }
        Ok(())
    }

    fn deliver(&mut self, at: Moment, output: Output, asked: Option<Asked>) {
        match output {
            Output::ToSite { site, message, clause: _ } => self.send_to_site(site, message, asked),
            Output::Record(spurt) => self.record(at, spurt),
            Output::ToSwitch(order) => self.send_to_switch(order),
            Output::ToConsole { console, word, clause: _ } => self.talks.tell(&console, word),
            Output::Store { id, item } => self.store(id, item),
            Output::Event(event) => {
                self.charge(&event);
                self.publish(event);
            }
            Output::Ordered { id, outcome } => self.answer_order(id, outcome),
            Output::Configured { id, outcome } => self.answer_configure(id, outcome),
            Output::WantNewTerm { site, above } => self.outranked = self.outranked.max(Some((above, site))),
            Output::WantEntropy => {
                let mut octets = [0; 32];
                match getrandom::fill(&mut octets) {
                    Ok(()) => self.caused.push_back(Input::Entropy(octets)),
                    // The core goes on with what it has and asks again.
                    Err(failure) => error!(%failure, "the system gave no random octets"),
                }
            }
        }
    }
}

/// What comes next.
enum Turn {
    Links(FromLink),
    Store(StoreAnswer),
    Switch(FromSwitch),
    Query(Query),
    Due,
    /// Another second is over, which was to end then.
    Second(Instant),
}

async fn next_turn(inlets: &mut Inlets, due: Option<Span>, seconds: &mut Interval) -> Turn {
    let until_due = async {
        match due {
            Some(span) => tokio::time::sleep(span.into()).await,
            None => std::future::pending().await,
        }
    };
    // Fair: none of them can starve the others.
    tokio::select! {
        Some(news) = inlets.links.recv() => Turn::Links(news),
        Some(answer) = inlets.stored.recv() => Turn::Store(answer),
        Some(report) = inlets.switch.reports.recv() => Turn::Switch(report),
        Some(query) = inlets.queries.recv() => Turn::Query(query),
        () = until_due => Turn::Due,
        tick = seconds.tick() => Turn::Second(tick.into_std()),
    }
}

#[cfg(test)]
mod tests;
