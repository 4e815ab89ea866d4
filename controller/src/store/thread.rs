//! The store's own thread: a bounded queue in, one commit for all that waits, answers out.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error};
use trunklab_controller_core::config::Change;
use trunklab_controller_core::output::StoreItem;
use trunklab_protocol::Epoch;

use super::{Store, StoreError};
use crate::counters::Counters;

/// A term of office: its epoch, and what is provisioned at its beginning beside the subscribers.
pub type Term = (Epoch, Vec<Change>);

/// Items that may wait for the thread; beyond it an item fails at once.
const QUEUE_LEN_MAX: usize = 4_096;

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

enum Request {
    Keep(Item),
    Errand(Errand),
}

struct Item {
    epoch: Epoch,
    id: u64,
    item: Box<StoreItem>,
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
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || serve(store, &queue, &answers, &counters))?;
        Ok((Self { requests }, thread))
    }

    /// Asks for an item to be kept. `false` when the queue is full or the thread is gone: nothing will be answered.
    pub fn keep(&self, epoch: Epoch, id: u64, item: StoreItem) -> bool {
        self.requests.try_send(Request::Keep(Item { epoch, id, item: Box::new(item) })).is_ok()
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

    /// Keeps an input on which the core broke; `false` when it could not even be queued.
    pub fn set_aside(&self, epoch: Epoch, index: u64, at_us: u64, what: String) -> bool {
        self.ask(Errand::SetAside { epoch, index, at_us, what })
    }

    /// Ends the thread after what was asked before. `false` while the queue is full: ask again.
    pub fn stop(&self) -> bool {
        match self.requests.try_send(Request::Errand(Errand::Stop)) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => true,
            Err(TrySendError::Full(_)) => false,
        }
    }

    fn ask(&self, errand: Errand) -> bool {
        self.requests.try_send(Request::Errand(errand)).is_ok()
    }
}

fn serve(
    mut store: Store,
    queue: &Receiver<Request>,
    answers: &mpsc::Sender<StoreAnswer>,
    counters: &Counters,
) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while let Ok(first) = queue.recv() {
        let mut next = Some(first);
        let mut errand = None;
        while let Some(request) = next.take() {
            match request {
                Request::Keep(item) => {
                    batch.push(item);
                    if batch.len() < BATCH_MAX {
                        next = queue.try_recv().ok();
                    }
                }
                Request::Errand(found) => errand = Some(found),
            }
        }
        commit(&mut store, &mut batch, answers, counters);
        if errand.is_some_and(|errand| run(&mut store, errand) == Next::End) {
            return;
        }
    }
}

#[derive(PartialEq, Eq)]
enum Next {
    Continue,
    End,
}

fn run(store: &mut Store, errand: Errand) -> Next {
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
        Errand::Stop => return Next::End,
    }
    Next::Continue
}

fn commit(
    store: &mut Store,
    batch: &mut Vec<Item>,
    answers: &mpsc::Sender<StoreAnswer>,
    counters: &Counters,
) {
    if batch.is_empty() {
        return;
    }
    let kept = match store.keep(batch.iter().map(|asked| &*asked.item)) {
        Ok(()) => true,
        Err(failure) => {
            error!(%failure, items = batch.len(), "the store could not keep what had to last");
            false
        }
    };
    counters.store_commits.one();
    let count = if kept { &counters.stored } else { &counters.store_failures };
    count.add(batch.len() as u64);
    for Item { epoch, id, .. } in batch.drain(..) {
        if answers.blocking_send(StoreAnswer { epoch, id, kept }).is_err() {
            // What is left in the queue is still kept.
            debug!(id, "nobody waits for the store's answer any more");
        }
    }
}
