//! What nobody waits for and a full disk did not take, the records of calls and of attempts: it waits for room here, in its order.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::thread::{Item, Told, Waiting};

/// Things that may wait for room: an hour of a busy network. What comes beyond it is lost.
const LATE_MAX: usize = 65_536;

/// How often the disk is tried again.
pub(super) const TRY_AGAIN: Duration = Duration::from_secs(1);

/// What waits for room on the disk.
#[derive(Default)]
pub(super) struct Late {
    waiting: VecDeque<Waiting>,
    failed: Option<Instant>,
}

pub(super) fn may_be_late(waiting: &Waiting) -> bool {
    match waiting {
        Waiting::Told { .. } => true,
        Waiting::Item(Item { item, .. }) => item.may_wait_for_room(),
    }
}

impl Late {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Whether the disk is to be tried again.
    pub fn is_due(&self) -> bool {
        !self.is_empty() && self.failed.is_none_or(|failed| failed.elapsed() >= TRY_AGAIN)
    }

    /// All of it, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Waiting> + '_ {
        self.waiting.iter()
    }

    /// The disk has just failed.
    pub fn has_failed(&mut self) {
        self.failed = Some(Instant::now());
    }

    /// One thing more waits; `false` where too much does, and it is lost.
    pub fn put(&mut self, waiting: Waiting) -> bool {
        let is_alive = |waiting: &Waiting| matches!(waiting, Waiting::Told { told: Told::Alive, .. });
        if is_alive(&waiting) && self.waiting.back().is_some_and(is_alive) {
            // The later one says all that the earlier one did.
            self.waiting.pop_back();
        }
        let has_room = self.waiting.len() < LATE_MAX;
        if has_room {
            self.waiting.push_back(waiting);
        }
        has_room
    }

    /// All of it: it is kept now, or never will be.
    pub fn take(&mut self) -> impl Iterator<Item = Waiting> + use<> {
        self.failed = None;
        std::mem::take(&mut self.waiting).into_iter()
    }
}

#[cfg(test)]
mod tests {
    use trunklab_controller_core::charging::Step;
    use trunklab_protocol::{CallId, Epoch, Moment, NodeId};

    use super::*;

    fn told(at: u64, told: Told) -> Waiting {
        Waiting::Told { epoch: Epoch::new(1).unwrap(), at: Moment::from_micros(at), told }
    }

    fn step() -> Told {
        let (node, epoch) = (NodeId::new(1).unwrap(), Epoch::new(1).unwrap());
        Told::Step(CallId { node, epoch, counter: 1 }, Step::Emergency)
    }

    #[test]
    fn so_much_waits_and_no_more_and_signs_of_life_take_one_place() {
        let mut late = Late::default();
        assert!(late.put(told(1, step())));
        for at in 0..100 {
            assert!(late.put(told(at, Told::Alive)));
        }
        assert_eq!(late.iter().count(), 2);
        while late.iter().count() < LATE_MAX {
            assert!(late.put(told(3, step())));
        }
        assert!(!late.put(told(4, step())));
        assert_eq!(late.take().count(), LATE_MAX);
        assert!(late.is_empty() && !late.is_due());
    }
}
