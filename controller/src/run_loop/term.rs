//! A term of office: how one begins, why the next one does, and how the last one ends.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use tokio::time::timeout;
use tracing::{error, warn};
use trunklab_controller_core::config::Change;
use trunklab_controller_core::input::Input;
use trunklab_protocol::{Cause, Epoch, Moment, SiteId, Span};

use super::{Broken, RunError, RunLoop};
use crate::clock::Clock;
use crate::dispatch::Dispatch;
use crate::links::{FromLink, LinkNews};
use crate::log::{Entry, Log};

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

impl<D: Dispatch, L: Log, C: Clock> RunLoop<D, L, C> {
    /// Begins a term of office: the stored epoch has grown, at least beyond `above`, and the core learns what is
    /// provisioned.
    pub async fn begin_term(&mut self, above: Epoch) -> Result<(), RunError> {
        loop {
            let begun = self.outlets.store.begin_term(above, self.clock.wall_at_origin_us()).await;
            let (epoch, changes) = begun.ok_or(RunError::StoreGone)??;
            self.end_counting();
            self.core = D::begin();
            self.epoch = epoch;
            self.unanswered = 0;
            self.open_records = 0;
            self.recorded_no_more();
            self.outranked = None;
            self.outbox.clear();
            self.asked.clear();
            self.ordered.clear();
            self.configures.clear();
            self.talks.clear();
            self.caused.clear();
            self.outlets.feed.begin_term(epoch);
            let begun = match self.start_core(changes)? {
                Ok(()) => self.take_register().await?,
                Err(broken) => Err(broken),
            };
            let Err(broken) = begun else {
                self.begin_counting();
                return Ok(());
            };
            self.set_aside(&broken)?;
        }
    }

    /// The home register comes page by page: a million rows at once would take their room three times.
    async fn take_register(&mut self) -> Result<Result<(), Broken>, RunError> {
        let mut after = None;
        loop {
            let page = self.outlets.store.with(move |store| store.subscribers_after(after)).await;
            let page = page.ok_or(RunError::StoreGone)??;
            let Some(last) = page.last() else { return Ok(Ok(())) };
            after = Some(last.unit);
            for subscriber in page {
                let input = Input::Provision(Change::Subscriber(subscriber));
                if let Err(broken) = self.take(input, None) {
                    return Ok(Err(broken));
                }
            }
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

    pub(super) async fn recover(&mut self, broken: &Broken) -> Result<(), RunError> {
        self.set_aside(broken)?;
        self.cut_links(Cause::EntrySetAside);
        self.begin_term(self.epoch).await
    }

    /// A site has obeyed another controller's term: ours is over, and the next one ranks above both.
    pub(super) async fn raise_term(&mut self, newest: Epoch, site: SiteId) -> Result<(), RunError> {
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
    pub(super) async fn close_down(&mut self) -> Result<(), RunError> {
        if let Err(broken) = self.take(Input::ClosingDown, None) {
            self.set_aside(&broken)?;
        }
        self.end_counting();
        self.tell_last_alive();
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
        for (_, link) in mem::take(&mut self.links).into_iter().chain(mem::take(&mut self.knocking)) {
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

/// Notes that something has happened, and tells how often it did of late.
fn count_recent(times: &mut VecDeque<Moment>, at: Moment) -> usize {
    times.push_back(at);
    while times.len() > RECENT_MAX || times.front().is_some_and(|first| at.since(*first) > RECENT) {
        times.pop_front();
    }
    times.len()
}
