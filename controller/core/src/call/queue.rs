//! The busy queue: requests that wait for slots, most urgent first.
//!
//! A waiting request holds nothing. The order is (emergency, priority, arrival). When slots are given back the queue
//! is walked in that order and each request that finds a slot at every site it needs is granted. The first one that
//! does not is the *head*: one free slot at each of its sites is held back from everybody behind it, so that a
//! request for many sites is not starved by those for one.

use std::collections::BTreeMap;

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{Moment, Press, Priority, SiteId, TalkgroupId, UnitId};

use crate::lookup::Lookup;

/// A request for a group call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Request {
    /// Who asks.
    pub unit: UnitId,
    /// Its request's number.
    pub press: Press,
    /// For which talkgroup.
    pub talkgroup: TalkgroupId,
    /// Normal or emergency.
    pub kind: RequestKind,
    /// With which priority.
    pub priority: Priority,
    /// From which site.
    pub site: SiteId,
    /// Since when.
    pub requested: Moment,
    /// Counts requests: the order of arrival.
    pub arrival: u64,
}

/// Where a request stands: the least is served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    urgency: Urgency,
    priority: Priority,
    arrival: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Urgency {
    Emergency,
    Normal,
}

impl Request {
    /// Where it stands.
    pub fn rank(&self) -> Rank {
        let urgency = match self.kind {
            RequestKind::Emergency => Urgency::Emergency,
            RequestKind::Normal => Urgency::Normal,
        };
        Rank { urgency, priority: self.priority, arrival: self.arrival }
    }
}

impl Rank {
    /// Whether it is an emergency's.
    pub fn is_emergency(self) -> bool {
        self.urgency == Urgency::Emergency
    }
}

/// A request in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Waiting {
    /// The request.
    pub request: Request,
    /// The position that its caller was told last.
    pub told: u16,
}

/// The queue.
#[derive(Debug, Default)]
pub struct BusyQueue {
    waiting: BTreeMap<Rank, Waiting>,
    by_unit: Lookup<UnitId, Rank>,
    /// From this rank on, callers may have been told a position that is no longer true.
    moved_from: Option<Rank>,
}

impl BusyQueue {
    /// Adds a request and gives its position, from 1.
    ///
    /// # Panics
    /// Where its unit waits already: a unit has one request.
    pub fn enter(&mut self, request: Request) -> u16 {
        let rank = request.rank();
        let position = self.position(rank);
        let earlier = self.by_unit.insert(request.unit, rank);
        assert!(earlier.is_none(), "a unit waits once");
        self.waiting.insert(rank, Waiting { request, told: position });
        self.note_move(rank);
        position
    }

    /// Takes a unit's request out.
    pub fn leave(&mut self, unit: UnitId) -> Option<Request> {
        let rank = self.by_unit.remove(&unit)?;
        let waiting = self.waiting.remove(&rank).expect("a rank that is noted is in the queue");
        self.note_move(rank);
        Some(waiting.request)
    }

    /// A unit's request.
    pub fn of(&self, unit: UnitId) -> Option<&Waiting> {
        self.by_unit.get(&unit).and_then(|rank| self.waiting.get(rank))
    }

    /// A unit's request gets a later number: the unit pressed again for the same call.
    pub fn renumber(&mut self, unit: UnitId, press: Press) {
        if let Some(waiting) = self.by_unit.get(&unit).and_then(|rank| self.waiting.get_mut(rank)) {
            waiting.request.press = press;
        }
    }

    /// The first request after a rank, or the very first.
    pub fn first_after(&self, rank: Option<Rank>) -> Option<Request> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = rank.map_or(Unbounded, Excluded);
        self.waiting.range((from, Unbounded)).next().map(|(_, waiting)| waiting.request)
    }

    /// The least urgent request.
    pub fn last(&self) -> Option<Request> {
        self.waiting.last_key_value().map(|(_, waiting)| waiting.request)
    }

    /// The requests in order.
    pub fn iter(&self) -> impl Iterator<Item = &Waiting> + '_ {
        self.waiting.values()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Requests whose caller was told another position, with the true one, which counts as told from here.
    pub fn moved(&mut self) -> Vec<(Request, u16)> {
        let Some(from) = self.moved_from.take() else { return Vec::new() };
        let mut position = self.position(from);
        let mut moved = Vec::new();
        for waiting in self.waiting.range_mut(from..).map(|(_, waiting)| waiting) {
            if waiting.told != position {
                waiting.told = position;
                moved.push((waiting.request, position));
            }
            position = position.saturating_add(1);
        }
        moved
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The position that a rank has, or would have.
    fn position(&self, rank: Rank) -> u16 {
        u16::try_from(self.waiting.range(..rank).count() + 1).unwrap_or(u16::MAX)
    }

    fn note_move(&mut self, rank: Rank) {
        self.moved_from = Some(self.moved_from.map_or(rank, |earlier| earlier.min(rank)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(unit: u32, kind: RequestKind, priority: u8, arrival: u64) -> Request {
        Request {
            unit: UnitId::new(unit).unwrap(),
            press: Press::new(1).unwrap(),
            talkgroup: TalkgroupId::new(1).unwrap(),
            kind,
            priority: Priority::new(priority).unwrap(),
            site: SiteId::new(1).unwrap(),
            requested: Moment::ORIGIN,
            arrival,
        }
    }

    fn units(queue: &BusyQueue) -> Vec<u32> {
        queue.iter().map(|waiting| waiting.request.unit.number()).collect()
    }

    #[test]
    fn emergency_goes_before_priority_and_priority_before_arrival() {
        let mut queue = BusyQueue::default();
        assert_eq!(queue.enter(request(1, RequestKind::Normal, 5, 1)), 1);
        assert_eq!(queue.enter(request(2, RequestKind::Normal, 5, 2)), 2);
        assert_eq!(queue.enter(request(3, RequestKind::Normal, 2, 3)), 1);
        assert_eq!(queue.enter(request(4, RequestKind::Emergency, 9, 4)), 1);
        assert_eq!(units(&queue), [4, 3, 1, 2]);
    }

    #[test]
    fn who_moves_is_told_once() {
        let mut queue = BusyQueue::default();
        queue.enter(request(1, RequestKind::Normal, 5, 1));
        queue.enter(request(2, RequestKind::Normal, 5, 2));
        queue.enter(request(3, RequestKind::Normal, 5, 3));
        assert!(queue.moved().is_empty());
        queue.leave(UnitId::new(1).unwrap());
        let moved: Vec<_> =
            queue.moved().iter().map(|(request, position)| (request.unit.number(), *position)).collect();
        assert_eq!(moved, [(2, 1), (3, 2)]);
        assert!(queue.moved().is_empty());
    }
}
