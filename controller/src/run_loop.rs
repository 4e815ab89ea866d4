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

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tracing::{debug, error, warn};
use trunklab_controller_core::config::Change;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Outbox, Output, StoreItem};
use trunklab_protocol::frame::{CHECKSUM_LEN, HEADER_LEN};
use trunklab_protocol::from_site::{CallRequest, FloorRequest, FromSite, UnitRequest};
use trunklab_protocol::operator::{ConsoleName, Event, EventKind, Order, Snapshot, TalkWord};
use trunklab_protocol::switch::{FromSwitch, SiteDown, ToSwitch};
use trunklab_protocol::to_site::{Assert, ToSite};
use trunklab_protocol::{Cause, Epoch, Moment, SiteId, Span, UnitId};

use crate::clock::Clock;
use crate::counters::Counters;
use crate::dispatch::Dispatch;
use crate::feed::EventFeed;
use crate::links::{FromLink, LinkHandle, LinkId, LinkNews, ToLink};
use crate::log::{Entry, Log};
use crate::observer::{Observer, Seen};
use crate::store::{StoreAnswer, StoreError, StoreHandle};
use crate::talks::Talks;

/// Breaks of the core within [`RECENT`] that end the controller.
pub const BREAKS_MAX: usize = 5;

/// New terms within [`RECENT`] that sites can bring about: one that lies cannot keep the others from being served.
pub const RAISES_MAX: usize = 5;

/// How far back breaks and raised terms count.
pub const RECENT: Span = Span::from_secs(60);

/// As many of them are remembered.
const RECENT_MAX: usize = 16;

/// How long an orderly end waits for the store, and then for the links.
const FLUSH_MAX: Duration = Duration::from_secs(5);

/// Inputs that are taken before queries get their turn again.
const TURN_MAX: usize = 256;

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

/// What operators ask the loop.
#[derive(Debug)]
pub enum Query {
    /// All that a console shows.
    Snapshot(oneshot::Sender<Snapshot>),
    /// A console connects to talk: `None` where another connection of it does so already.
    Talk {
        /// Which console.
        by: ConsoleName,
        /// Where it hears how its talk stands.
        answer: oneshot::Sender<Option<mpsc::Receiver<TalkWord>>>,
    },
    /// Something is to be done.
    Order {
        /// Who orders.
        by: ConsoleName,
        /// What.
        order: Order,
        /// What came of it; dropped where the core breaks on it.
        answer: oneshot::Sender<Result<(), Cause>>,
    },
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
    /// Inputs that outputs caused.
    caused: VecDeque<Input>,
    /// Consoles that are connected to talk.
    talks: Talks,
    links: BTreeMap<SiteId, Link>,
    /// Links that were told to end and have not said that they did.
    leaving: BTreeMap<LinkId, oneshot::Sender<Cause>>,
    /// Store requests without an answer yet.
    unanswered: u64,
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

struct Link {
    id: LinkId,
    handle: LinkHandle,
}

/// A request that a grant may answer.
#[derive(Debug, Clone, Copy)]
struct Asked {
    site: SiteId,
    unit: UnitId,
    read: Instant,
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
            caused: VecDeque::new(),
            talks: Talks::default(),
            links: BTreeMap::new(),
            leaving: BTreeMap::new(),
            unanswered: 0,
            outranked: None,
            breaks: VecDeque::new(),
            raises: VecDeque::new(),
            adapt,
            scratch: BytesMut::new(),
            inlets,
            outlets,
        }
    }

    /// Begins a term of office: the stored epoch has grown, at least beyond `above`, and the core learns what is
    /// provisioned.
    pub async fn begin_term(&mut self, above: Epoch) -> Result<(), RunError> {
        loop {
            let begun = self.outlets.store.begin_term(above, self.clock.wall_at_origin_us()).await;
            let (epoch, changes) = begun.ok_or(RunError::StoreGone)??;
            self.core = D::begin();
            self.epoch = epoch;
            self.unanswered = 0;
            self.outranked = None;
            self.outbox.clear();
            self.asked.clear();
            self.ordered.clear();
            self.talks.clear();
            self.caused.clear();
            self.outlets.feed.begin_term(epoch);
            let Err(broken) = self.start_core(changes)? else { return Ok(()) };
            self.set_aside(&broken)?;
        }
    }

    fn start_core(&mut self, changes: Vec<Change>) -> Result<Result<(), Broken>, RunError> {
        let mut entropy = [0; 32];
        getrandom::fill(&mut entropy)?;
        let started = Input::Started { epoch: self.epoch, entropy };
        let provisions = changes.into_iter().map(|change| Input::Provision((self.adapt)(change)));
        let inputs: Vec<_> = std::iter::once(started).chain(provisions).collect();
        Ok(inputs.into_iter().try_for_each(|input| self.take(input, None)))
    }

    /// Serves until `shutdown` resolves; then closes down in order.
    pub async fn run(&mut self, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let due = self.core.next_due().map(|due| due.since(self.clock.now()));
            let turn = tokio::select! {
                biased;
                () = &mut shutdown => return self.close_down().await,
                turn = next_turn(&mut self.inlets, due) => turn,
            };
            let outcome = match turn {
                Turn::Links(news) => self.hear_links(news),
                Turn::Store(answer) => self.hear_store(answer),
                Turn::Switch(report) => self.hear_switch(report),
                Turn::Query(query) => self.answer(query),
                Turn::Due => self.take(Input::Time, None),
            };
            if let Err(broken) = outcome {
                self.recover(&broken).await?;
            }
            if let Some((newest, site)) = self.outranked.take() {
                self.raise_term(newest, site).await?;
            }
        }
    }

    /// One turn: what came first, and what waits behind it, up to a limit.
    fn hear_links(&mut self, first: FromLink) -> Result<(), Broken> {
        self.hear_link(first)?;
        for _ in 1..TURN_MAX {
            if self.outranked.is_some() {
                break;
            }
            let Ok(next) = self.inlets.links.try_recv() else { break };
            self.hear_link(next)?;
        }
        Ok(())
    }

    fn hear_link(&mut self, FromLink { link, site, news }: FromLink) -> Result<(), Broken> {
        match news {
            LinkNews::Up(handle) => self.connect(link, site, handle),
            LinkNews::Said { message, read } => self.hear(link, site, message, read),
            LinkNews::Down(cause) => self.disconnect(link, site, cause),
        }
    }

    fn connect(&mut self, id: LinkId, site: SiteId, handle: LinkHandle) -> Result<(), Broken> {
        if let Some(old) = self.links.remove(&site) {
            cut(old, Cause::LinkReplaced);
            self.take(Input::SiteDisconnected { site, cause: Cause::LinkReplaced }, None)?;
        }
        self.links.insert(site, Link { id, handle });
        self.take(Input::SiteConnected { site }, None)
    }

    fn hear(&mut self, id: LinkId, site: SiteId, message: FromSite, read: Instant) -> Result<(), Broken> {
        if self.links.get(&site).is_none_or(|link| link.id != id) {
            // It was on its way when the link was replaced or cut.
            self.outlets.counters.messages_dropped.one(Cause::LinkReplaced);
            return Ok(());
        }
        let asked = asking_unit(&message).map(|unit| Asked { site, unit, read });
        self.take(Input::FromSite { site, message }, asked)
    }

    fn disconnect(&mut self, id: LinkId, site: SiteId, cause: Cause) -> Result<(), Broken> {
        self.leaving.remove(&id);
        if self.links.get(&site).is_none_or(|link| link.id != id) {
            return Ok(());
        }
        self.links.remove(&site);
        self.take(Input::SiteDisconnected { site, cause }, None)
    }

    fn hear_store(&mut self, answer: StoreAnswer) -> Result<(), Broken> {
        if answer.epoch != self.epoch {
            return Ok(());
        }
        self.unanswered = self.unanswered.saturating_sub(1);
        let id = answer.id;
        self.take(if answer.kept { Input::Stored { id } } else { Input::StoreFailed { id } }, None)
    }

    fn hear_switch(&mut self, report: FromSwitch) -> Result<(), Broken> {
        self.scratch.clear();
        report.put_payload(&mut self.scratch);
        self.outlets.counters.switch_octets.taken.add(framed_len(&self.scratch));
        self.take(Input::FromSwitch(report), None)
    }

    fn answer(&mut self, query: Query) -> Result<(), Broken> {
        match query {
            Query::Snapshot(answer) => {
                if answer.send(self.core.snapshot(self.clock.now())).is_err() {
                    warn!("an operator went away before its snapshot was ready");
                }
                Ok(())
            }
            Query::Talk { by, answer } => {
                if answer.send(self.talks.open(by)).is_err() {
                    warn!("an operator went away before it could talk");
                }
                Ok(())
            }
            Query::Order { by, order, answer } => {
                self.orders += 1;
                self.ordered.insert(self.orders, answer);
                self.take(Input::Order { id: self.orders, by, order }, None)
            }
        }
    }

    fn answer_order(&mut self, id: u64, outcome: Result<(), Cause>) {
        let answer = self.ordered.remove(&id);
        if answer.is_some_and(|answer| answer.send(outcome).is_err()) {
            warn!("an operator went away before its order was answered");
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
            let mut outbox = mem::take(&mut self.outbox);
            for output in outbox.drain(..) {
                self.outlets.observer.show(at, &self.outlets.counters, || Seen::Output(output.clone()));
                self.deliver(output, asked);
            }
            self.outbox = outbox;
        }
        Ok(())
    }

    fn deliver(&mut self, output: Output, asked: Option<Asked>) {
        match output {
            Output::ToSite { site, message, clause: _ } => self.send_to_site(site, message, asked),
            Output::ToSwitch(order) => self.send_to_switch(order),
            Output::ToConsole { console, word, clause: _ } => self.talks.tell(&console, word),
            Output::Store { id, item } => self.store(id, item),
            Output::Event(event) => self.publish(event),
            Output::Ordered { id, outcome } => self.answer_order(id, outcome),
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

    fn send_to_site(&mut self, site: SiteId, message: ToSite, asked: Option<Asked>) {
        let Some(link) = self.links.get(&site) else {
            self.outlets.counters.orders_without_link.one();
            return;
        };
        let asked = asked.filter(|asked| grants(&message, site, *asked)).map(|asked| asked.read);
        let sent = link.handle.outgoing.try_send(ToLink { epoch: self.epoch, message, asked });
        match sent {
            Ok(()) => {}
            // The link's task has ended; its last word is on the way.
            Err(mpsc::error::TrySendError::Closed(_)) => self.outlets.counters.orders_without_link.one(),
            Err(mpsc::error::TrySendError::Full(_)) => {
                if let Some(link) = self.links.remove(&site) {
                    cut(link, Cause::LinkCongested);
                }
                self.caused.push_back(Input::SiteDisconnected { site, cause: Cause::LinkCongested });
            }
        }
    }

    fn send_to_switch(&mut self, order: ToSwitch) {
        self.scratch.clear();
        order.put_payload(&mut self.scratch);
        match self.inlets.switch.orders.try_send(order) {
            Ok(()) => self.outlets.counters.switch_octets.sent.add(framed_len(&self.scratch)),
            Err(_) => {
                self.outlets.counters.switch_orders_lost.one();
                error!("the voice switch does not keep up with its orders");
            }
        }
    }

    fn store(&mut self, id: u64, item: StoreItem) {
        if self.outlets.store.keep(self.epoch, id, item) {
            self.unanswered += 1;
        } else {
            self.outlets.counters.store_failures.one();
            self.caused.push_back(Input::StoreFailed { id });
        }
    }

    fn publish(&self, event: Event) {
        count_event(&self.outlets.counters, &event.kind);
        self.outlets.feed.publish(event);
    }

    async fn recover(&mut self, broken: &Broken) -> Result<(), RunError> {
        self.set_aside(broken)?;
        self.cut_links(Cause::EntrySetAside);
        self.begin_term(self.epoch).await
    }

    /// A site has obeyed another controller's term: ours is over, and the next one ranks above both.
    async fn raise_term(&mut self, newest: Epoch, site: SiteId) -> Result<(), RunError> {
        if count_recent(&mut self.raises, self.clock.now()) > RAISES_MAX {
            error!(
                %site, epoch = %self.epoch, %newest,
                "ALARM: sites name newer terms of office over and over: does another controller serve them? This one \
                 goes on in its term"
            );
            return Ok(());
        }
        warn!(
            %site, epoch = %self.epoch, %newest,
            "a site has obeyed another term of office: a higher one begins (is the database new, or an older copy?)"
        );
        self.cut_links(Cause::Deposed);
        self.begin_term(newest).await
    }

    fn cut_links(&mut self, cause: Cause) {
        for (site, link) in mem::take(&mut self.links) {
            cut(link, cause);
            self.send_to_switch(SiteDown { site }.into());
        }
    }

    fn set_aside(&mut self, broken: &Broken) -> Result<(), RunError> {
        let Entry { index, at, input } = &*broken.0;
        self.outlets.counters.inputs_set_aside.one();
        // Keys print as dots, so the text may be kept and logged.
        let what = format!("{input:?}");
        error!(epoch = %self.epoch, index, %at, input = %what, "ALARM: {}", Cause::EntrySetAside);
        if !self.outlets.store.set_aside(self.epoch, *index, at.as_micros(), what) {
            error!("the store's queue is full: the input that was set aside stands in this log alone");
        }
        if count_recent(&mut self.breaks, *at) >= BREAKS_MAX { Err(RunError::KeepsBreaking) } else { Ok(()) }
    }

    /// Calls are released, records kept, links told and closed; each step has its limit.
    async fn close_down(&mut self) -> Result<(), RunError> {
        if let Err(broken) = self.take(Input::ClosingDown, None) {
            self.set_aside(&broken)?;
        }
        let flushed = timeout(FLUSH_MAX, async {
            while self.unanswered > 0 {
                let Some(answer) = self.inlets.stored.recv().await else { return };
                if let Err(broken) = self.hear_store(answer) {
                    error!(index = broken.0.index, "the core broke while closing down");
                    return;
                }
            }
        });
        if flushed.await.is_err() {
            error!(unanswered = self.unanswered, "the store did not answer in time");
        }
        // Without a sender a link writes what waits, says farewell and ends.
        for (_, link) in mem::take(&mut self.links) {
            self.leaving.insert(link.id, link.handle.cut);
        }
        let closed = timeout(FLUSH_MAX, async {
            while !self.leaving.is_empty() {
                let Some(FromLink { link, news, .. }) = self.inlets.links.recv().await else { return };
                if let LinkNews::Down(_) = news {
                    self.leaving.remove(&link);
                }
            }
        });
        if closed.await.is_err() {
            warn!(links = self.leaving.len(), "some links did not end in time");
        }
        Ok(())
    }
}

/// What comes next.
enum Turn {
    Links(FromLink),
    Store(StoreAnswer),
    Switch(FromSwitch),
    Query(Query),
    Due,
}

async fn next_turn(inlets: &mut Inlets, due: Option<Span>) -> Turn {
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
    }
}

/// Notes that something has happened, and tells how often it did of late.
fn count_recent(times: &mut VecDeque<Moment>, at: Moment) -> usize {
    times.push_back(at);
    while times.len() > RECENT_MAX || times.front().is_some_and(|first| at.since(*first) > RECENT) {
        times.pop_front();
    }
    times.len()
}

fn cut(link: Link, cause: Cause) {
    if link.handle.cut.send(cause).is_err() {
        debug!(cause = cause.name(), "the link had ended by itself");
    }
}

/// Who asks for a call or a floor with this message.
fn asking_unit(message: &FromSite) -> Option<UnitId> {
    match message {
        FromSite::CallRequest(CallRequest { unit, .. })
        | FromSite::UnitRequest(UnitRequest { unit, .. })
        | FromSite::FloorRequest(FloorRequest { unit, .. }) => Some(*unit),
        FromSite::Hello(_)
        | FromSite::InventoryRadios(_)
        | FromSite::InventoryCalls(_)
        | FromSite::InventoryEnd(_)
        | FromSite::Health(_)
        | FromSite::Register(_)
        | FromSite::Answer(_)
        | FromSite::Affiliate(_)
        | FromSite::Detach(_)
        | FromSite::CallCancel(_)
        | FromSite::PttReleased(_)
        | FromSite::Alarm(_)
        | FromSite::PageAnswer(_)
        | FromSite::HangUp(_)
        | FromSite::TalkEnd(_)
        | FromSite::TalkerSilent(_)
        | FromSite::TalkerLeaving(_)
        | FromSite::Handover(_) => None,
    }
}

/// Whether a message gives a unit at this site the floor that it asked for.
fn grants(message: &ToSite, site: SiteId, asked: Asked) -> bool {
    let ToSite::Assert(Assert { talker: Some(talker), talker_is_here: true, .. }) = message else {
        return false;
    };
    site == asked.site && talker.unit == asked.unit
}

/// Octets of the frame that would carry a payload.
fn framed_len(payload: &BytesMut) -> u64 {
    (HEADER_LEN + payload.len() + CHECKSUM_LEN) as u64
}

fn count_event(counters: &Counters, kind: &EventKind) {
    match kind {
        EventKind::CallGranted { .. } | EventKind::CallCalledBack { .. } => counters.calls_granted.one(),
        EventKind::CallQueued { .. } => counters.calls_queued.one(),
        EventKind::CallRefused { cause, .. } | EventKind::CallCancelled { cause, .. } => {
            counters.calls_refused.one(*cause);
        }
        EventKind::CallReleased { cause, .. } => counters.calls_released.one(*cause),
        EventKind::Registered { .. } => counters.registrations.one(),
        EventKind::RegisterRefused { cause, .. } => counters.registrations_refused.one(*cause),
        EventKind::Dropped { cause, .. } => counters.messages_dropped.one(*cause),
        EventKind::SiteUp { .. }
        | EventKind::SiteLost { .. }
        | EventKind::ControlMoved { .. }
        | EventKind::Deregistered { .. }
        | EventKind::Moved { .. }
        | EventKind::Affiliated { .. }
        | EventKind::UnitPaged { .. }
        | EventKind::UnitRings { .. }
        | EventKind::CallAnswered { .. }
        | EventKind::SiteJoined { .. }
        | EventKind::SiteLeft { .. }
        | EventKind::EmergencyRaised { .. }
        | EventKind::CallArea { .. }
        | EventKind::EmergencyBegan { .. }
        | EventKind::CallReaches { .. }
        | EventKind::Patched { .. }
        | EventKind::Unpatched { .. }
        | EventKind::EmergencyAcknowledged { .. }
        | EventKind::EmergencyCleared { .. }
        | EventKind::OrderRefused { .. }
        | EventKind::FloorTaken { .. }
        | EventKind::FloorReleased { .. }
        | EventKind::FloorQueued { .. }
        | EventKind::FloorRefused { .. } => {}
    }
}

#[cfg(test)]
mod tests;
