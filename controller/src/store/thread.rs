//! The store's own thread: a bounded queue in, one commit for all that waits, answers out.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error};
use trunklab_controller_core::charging::{Attempt, Step};
use trunklab_controller_core::config::Change;
use trunklab_controller_core::output::StoreItem;
use trunklab_protocol::{CallId, Epoch, Moment};

use super::late::{Late, TRY_AGAIN, may_be_late};
use super::{Kept, Store, StoreError};
use crate::counters::Counters;

/// A term of office: its epoch, and what is provisioned at its beginning beside the subscribers.
pub type Term = (Epoch, Vec<Change>);

/// Items that may wait for the thread; beyond it an item fails at once.
const QUEUE_LEN_MAX: usize = 4_096;

/// What was told may take so many of their places: the rest is for what is waited for.
const TOLD_MAX: usize = QUEUE_LEN_MAX / 2;

/// Items in one commit.
const BATCH_MAX: usize = 512;

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreAnswer {
    /// The term in which it was asked.
    pub epoch: Epoch,
    /// The request's id within that term.
    pub id: u64,
    /// Whether it is durable.
    pub kept: bool,
}

/// What the core told its operators and the store keeps as well; nobody waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Something happened to a call whose record is open.
    Step(CallId, Step),
    /// A request came to nothing.
    Attempt(Attempt),
    /// Calls go on.
    Alive,
}

enum Request {
    Keep(Item),
    Tell { epoch: Epoch, at: Moment, told: Told },
    Errand(Errand),
}

/// What one commit keeps, in order.
pub(super) enum Waiting {
    Item(Item),
    Told { epoch: Epoch, at: Moment, told: Told },
}

pub(super) struct Item {
    epoch: Epoch,
    id: u64,
    pub(super) item: Box<StoreItem>,
}

enum Errand {
    BeginTerm { above: Epoch, wall_at_origin_us: u64, answer: oneshot::Sender<Result<Term, StoreError>> },
    Ask(Box<dyn FnOnce(&mut Store) + Send>),
    SetAside { epoch: Epoch, index: u64, at_us: u64, what: String },
    Stop,
}

/// The way to the store's thread.
#[derive(Debug, Clone)]
pub struct StoreHandle {
    requests: SyncSender<Request>,
    /// Requests that wait for the thread.
    waiting: Arc<AtomicUsize>,
}

impl StoreHandle {
    /// Starts the thread. It ends at [`StoreHandle::stop`], after everything before it was committed, or once every
    /// handle is gone.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        store: Store,
        answers: mpsc::Sender<StoreAnswer>,
        counters: Arc<Counters>,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (requests, queue) = sync_channel(QUEUE_LEN_MAX);
        let waiting = Arc::new(AtomicUsize::new(0));
        let thread = std::thread::Builder::new().name("store".to_owned()).spawn({
            let waiting = Arc::clone(&waiting);
            move || serve(store, &Queue { requests: queue, waiting }, &answers, &counters)
        })?;
        Ok((Self { requests, waiting }, thread))
    }

    /// Asks for an item to be kept. `false` when the queue is full or the thread is gone: nothing will be answered.
    pub fn keep(&self, epoch: Epoch, id: u64, item: StoreItem) -> bool {
        self.send(Request::Keep(Item { epoch, id, item: Box::new(item) })).is_ok()
    }

    /// Keeps what the core told. `false` when the thread has too much to do, and it is lost.
    pub fn tell(&self, epoch: Epoch, at: Moment, told: Told) -> bool {
        self.waiting.load(Ordering::Relaxed) < TOLD_MAX
            && self.send(Request::Tell { epoch, at, told }).is_ok()
    }

    /// Begins a new term of office above this epoch and reads what is provisioned; `None` when the thread is gone or
    /// overloaded.
    pub async fn begin_term(&self, above: Epoch, wall_at_origin_us: u64) -> Option<Result<Term, StoreError>> {
        let (answer, answered) = oneshot::channel();
        let errand = Errand::BeginTerm { above, wall_at_origin_us, answer };
        if self.ask(errand) { answered.await.ok() } else { None }
    }

    /// Has the thread do something with the store, in its turn; `None` when the thread is gone or overloaded.
    pub async fn with<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Store) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        // Whoever asked may have gone: then nobody needs the answer.
        let errand = Errand::Ask(Box::new(move |store| drop(answer.send(question(store)))));
        if self.ask(errand) { answered.await.ok() } else { None }
    }

    /// Has the thread do something with the store, in its turn, and waits for nothing; `false` when it could not even be
    /// queued.
    pub fn run(&self, deed: impl FnOnce(&mut Store) + Send + 'static) -> bool {
        self.ask(Errand::Ask(Box::new(deed)))
    }

    /// Keeps an input on which the core broke; `false` when it could not even be queued.
    pub fn set_aside(&self, epoch: Epoch, index: u64, at_us: u64, what: String) -> bool {
        self.ask(Errand::SetAside { epoch, index, at_us, what })
    }

    /// Ends the thread after what was asked before. `false` while the queue is full: ask again.
    pub fn stop(&self) -> bool {
        match self.send(Request::Errand(Errand::Stop)) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => true,
            Err(TrySendError::Full(_)) => false,
        }
    }

    fn ask(&self, errand: Errand) -> bool {
        self.send(Request::Errand(errand)).is_ok()
    }

    fn send(&self, request: Request) -> Result<(), TrySendError<Request>> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let sent = self.requests.try_send(request);
        if sent.is_err() {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        sent
    }
}

/// The thread's end of the queue.
struct Queue {
    requests: Receiver<Request>,
    waiting: Arc<AtomicUsize>,
}

impl Queue {
    fn counted(&self, request: Request) -> Request {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        request
    }

    /// What comes next; nothing for so long where something waits for room on the disk.
    fn next(&self, late: &Late) -> Next {
        let request = if late.is_empty() {
            self.requests.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            self.requests.recv_timeout(TRY_AGAIN)
        };
        match request {
            Ok(request) => Next::Request(self.counted(request)),
            Err(RecvTimeoutError::Timeout) => Next::Nothing,
            Err(RecvTimeoutError::Disconnected) => Next::End,
        }
    }

    fn next_now(&self) -> Option<Request> {
        self.requests.try_recv().ok().map(|request| self.counted(request))
    }
}

fn serve(mut store: Store, queue: &Queue, answers: &mpsc::Sender<StoreAnswer>, counters: &Counters) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    let mut late = Late::default();
    loop {
        let mut next = match queue.next(&late) {
            Next::Request(request) => Some(request),
            Next::Nothing => None,
            Next::End => return,
        };
        let mut errand = None;
        while let Some(request) = next.take() {
            match request {
                Request::Keep(item) => batch.push(Waiting::Item(item)),
                Request::Tell { epoch, at, told } => batch.push(Waiting::Told { epoch, at, told }),
                Request::Errand(found) => errand = Some(found),
            }
            if errand.is_none() && batch.len() < BATCH_MAX {
                next = queue.next_now();
            }
        }
        // Whoever asks for something sees all that was told before.
        let is_due = late.is_due() || errand.is_some() || !batch.iter().all(may_be_late);
        if is_due || late.is_empty() {
            commit(&mut store, &mut batch, &mut late, answers, counters);
        } else {
            batch.drain(..).for_each(|waiting| put_off(waiting, &mut late, answers, counters));
        }
        if errand.is_some_and(|errand| run(&mut store, errand) == After::End) {
            return;
        }
    }
}

/// What the thread does next.
enum Next {
    Request(Request),
    Nothing,
    End,
}

/// What it does after an errand.
#[derive(PartialEq, Eq)]
enum After {
    Continue,
    End,
}

fn put_off(waiting: Waiting, late: &mut Late, answers: &mpsc::Sender<StoreAnswer>, counters: &Counters) {
    tell(&waiting, false, answers);
    if !late.put(waiting) {
        counters.steps_lost.one();
    }
}

fn run(store: &mut Store, errand: Errand) -> After {
    match errand {
        // Whoever asked may have gone: then nobody needs the answer.
        Errand::BeginTerm { above, wall_at_origin_us, answer } => {
            let term = store.begin_term(above, wall_at_origin_us);
            drop(answer.send(term.and_then(|epoch| Ok((epoch, store.changes()?)))));
        }
        Errand::Ask(question) => question(store),
        Errand::SetAside { epoch, index, at_us, what } => {
            if let Err(failure) = store.set_aside(epoch, index, at_us, &what) {
                error!(%failure, "an input that was set aside could not be kept");
            }
        }
        Errand::Stop => return After::End,
    }
    After::Continue
}

/// One commit of what waits for room and what has come now.
fn commit(
    store: &mut Store,
    batch: &mut Vec<Waiting>,
    late: &mut Late,
    answers: &mpsc::Sender<StoreAnswer>,
    counters: &Counters,
) {
    if batch.is_empty() && late.is_empty() {
        return;
    }
    let all = late.iter().chain(batch.iter()).map(|waiting| match waiting {
        Waiting::Item(asked) => Kept::Item(&asked.item),
        Waiting::Told { epoch, at, told } => Kept::Told { epoch: *epoch, at: *at, told },
    });
    let outcome = store.keep_all(all);
    counters.store_commits.one();
    if let Err(failure) = &outcome {
        error!(%failure, items = batch.len(), late = late.iter().count(), "the store could not keep what had to last");
    }
    if outcome.as_ref().is_err_and(StoreError::is_of_the_disk) {
        for waiting in batch.drain(..) {
            if may_be_late(&waiting) {
                put_off(waiting, late, answers, counters);
            } else {
                answer(waiting, false, answers, counters);
            }
        }
        late.has_failed();
    } else {
        let all = late.take().chain(batch.drain(..));
        all.for_each(|waiting| answer(waiting, outcome.is_ok(), answers, counters));
    }
}

fn answer(waiting: Waiting, kept: bool, answers: &mpsc::Sender<StoreAnswer>, counters: &Counters) {
    if let Waiting::Item(_) = waiting {
        if kept { counters.stored.one() } else { counters.store_failures.one() }
    }
    tell(&waiting, kept, answers);
}

fn tell(waiting: &Waiting, kept: bool, answers: &mpsc::Sender<StoreAnswer>) {
    let Waiting::Item(Item { epoch, id, .. }) = *waiting else { return };
    if answers.blocking_send(StoreAnswer { epoch, id, kept }).is_err() {
        // What is left in the queue is still kept.
        debug!(id, "nobody waits for the store's answer any more");
    }
}
