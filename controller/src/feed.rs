//! Recent events, for consoles that follow and for those that come back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;
use trunklab_protocol::Epoch;
use trunklab_protocol::operator::Event;

/// Events that are kept for consoles that come back.
pub const RECENT_MAX: usize = 8_192;

/// Events that a console may lag behind before it is cut off.
pub const LAG_MAX: usize = 4_096;

/// Where the run loop publishes events. It never waits for a reader.
#[derive(Debug)]
pub struct EventFeed(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    epoch: Epoch,
    /// The last event ever published in this term; 0 before the first.
    last: u64,
    recent: VecDeque<Arc<Event>>,
    live: broadcast::Sender<Arc<Event>>,
}

/// What a console begins with.
#[derive(Debug)]
pub struct Following {
    /// What it missed, in order.
    pub missed: Vec<Arc<Event>>,
    /// What comes from here on. Closed when the term ends.
    pub live: broadcast::Receiver<Arc<Event>>,
}

/// The events that a console asks for are not there: it must take a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("events after {after} are not kept: take a snapshot and follow from its sequence")]
pub struct Gone {
    /// What it asked for.
    pub after: u64,
}

impl EventFeed {
    /// A feed without events.
    pub fn new() -> Self {
        let epoch = Epoch::new(0).expect("every number is an epoch");
        let live = broadcast::Sender::new(LAG_MAX);
        Self(Mutex::new(Inner { epoch, last: 0, recent: VecDeque::new(), live }))
    }

    /// A new term of office: events count from 1 again, and whoever follows the old term is let go.
    pub fn begin_term(&self, epoch: Epoch) {
        let mut inner = self.lock();
        inner.epoch = epoch;
        inner.last = 0;
        inner.recent.clear();
        inner.live = broadcast::Sender::new(LAG_MAX);
    }

    /// Adds an event.
    pub fn publish(&self, event: Event) {
        let mut inner = self.lock();
        let event = Arc::new(event);
        inner.last = event.sequence;
        if inner.recent.len() == RECENT_MAX {
            inner.recent.pop_front();
        }
        inner.recent.push_back(Arc::clone(&event));
        // Nobody follows: then nobody misses it.
        if inner.live.receiver_count() > 0 {
            drop(inner.live.send(event));
        }
    }

    /// Follows from after an event, or from now on.
    ///
    /// # Errors
    /// When the events in between are no longer kept, were never published, or belong to another term.
    pub fn follow(&self, after: Option<u64>, epoch: Option<Epoch>) -> Result<Following, Gone> {
        let inner = self.lock();
        let after = after.unwrap_or(inner.last);
        let oldest = inner.recent.front().map_or(inner.last + 1, |event| event.sequence);
        let other_term = epoch.is_some_and(|epoch| epoch != inner.epoch);
        if other_term || after > inner.last || after + 1 < oldest {
            return Err(Gone { after });
        }
        let missed = inner.recent.iter().filter(|event| event.sequence > after).cloned().collect();
        Ok(Following { missed, live: inner.live.subscribe() })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for EventFeed {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::operator::EventKind;
    use trunklab_protocol::{Cause, Moment};

    use super::*;

    fn event(sequence: u64) -> Event {
        let kind = EventKind::Dropped { site: None, cause: Cause::Duplicate };
        Event { sequence, at: Moment::ORIGIN, kind }
    }

    fn feed(events: u64) -> EventFeed {
        let feed = EventFeed::new();
        feed.begin_term(Epoch::new(3).unwrap());
        (1..=events).for_each(|sequence| feed.publish(event(sequence)));
        feed
    }

    fn sequences(following: &Following) -> Vec<u64> {
        following.missed.iter().map(|event| event.sequence).collect()
    }

    #[test]
    fn a_console_that_comes_back_gets_what_it_missed_then_what_happens() {
        let feed = feed(5);
        let mut following = feed.follow(Some(3), None).unwrap();
        feed.publish(event(6));
        assert_eq!(sequences(&following), [4, 5]);
        assert_eq!(following.live.try_recv().unwrap().sequence, 6);
    }

    #[test]
    fn events_that_are_not_there_are_gone() {
        let feed = feed(RECENT_MAX as u64 + 10);
        assert_eq!(feed.follow(Some(9), None).unwrap_err(), Gone { after: 9 });
        assert_eq!(feed.follow(Some(10), None).unwrap().missed.len(), RECENT_MAX);
        assert!(feed.follow(Some(RECENT_MAX as u64 + 11), None).is_err(), "from the future");
        assert!(feed.follow(Some(20), Epoch::new(2)).is_err(), "from another term");
    }

    #[test]
    fn a_new_term_lets_its_followers_go() {
        let feed = feed(2);
        let mut following = feed.follow(None, None).unwrap();
        feed.begin_term(Epoch::new(4).unwrap());
        assert!(matches!(following.live.try_recv(), Err(broadcast::error::TryRecvError::Closed)));
        assert!(feed.follow(Some(0), None).unwrap().missed.is_empty());
    }
}
