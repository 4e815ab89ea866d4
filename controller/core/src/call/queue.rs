//! The busy queue: requests that wait for slots, most urgent first.
//!
//! A waiting request holds nothing. The order is (emergency, priority, recent user, arrival), and a request may come to count
//! a higher priority by waiting. When slots are given back the queue is walked in that order and each request that finds a slot at every site it needs is granted. The first one that
//! does not is the *head*: one free slot at each of its sites is held back from everybody behind it, so that a
//! request for many sites is not starved by those for one.
//!
//! A caller is told its position when it enters, whenever it asks, and whenever it moves within the first places: a
//! long queue must not flood the control channels with words that say no more than "not yet".

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{AreaId, Demand, Moment, Parties, Press, Priority, SiteId, UnitId};

use super::caller::Caller;
use super::floor_queue::FloorAsk;
use super::watch::Watch;
use crate::lookup::Lookup;
use crate::ranked::Ranked;

/// Whoever moves to or within these first places is told at once.
pub const PLACES_FOLLOWED: u16 = 10;

/// A request for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Request {
    /// Who asks.
    pub unit: UnitId,
    /// Its request's number.
    pub press: Press,
    /// For whom.
    pub parties: Parties,
    /// Normal or emergency.
    pub kind: RequestKind,
    /// In which service area; `None`: everywhere.
    pub area: Option<AreaId>,
    /// With which priority.
    pub priority: Priority,
    /// The priority that it has come to by waiting.
    pub standing: Priority,
    /// Whether its talkgroup has talked just before, or it has waited as long.
    pub recency: Recency,
    /// Whether a unit asks, at which site, or an operator.
    pub caller: Caller,
    /// Whether its caller still holds the button.
    pub button: Button,
    /// For which sites it waits.
    pub patience: Patience,
    /// Since when.
    pub requested: Moment,
    /// Counts requests: the order of arrival.
    pub arrival: u64,
}

/// Whether a request carries on a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Recency {
    /// Its talkgroup talked just before; or it has waited for as long.
    Recent,
    /// It begins one.
    Other,
}

/// Whether a caller still holds the button.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Button {
    /// It speaks as soon as it may.
    Down,
    /// It has to be called back.
    Up,
    /// Nobody holds one: the called unit rings, and the call begins with a free floor.
    Unused,
    /// Nobody holds one: the called unit rings, and then both talk at once.
    Both,
}

impl Button {
    /// Whether somebody holds it, or did.
    pub const fn is_used(self) -> bool {
        match self {
            Self::Down | Self::Up => true,
            Self::Unused | Self::Both => false,
        }
    }
}

/// For which sites a request waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Patience {
    /// For those that its talkgroup's policy says.
    Lasting,
    /// For its caller's alone: the button was kept pressed for long enough.
    Spent,
}

/// Where a request stands: the least is served first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    urgency: Urgency,
    standing: Priority,
    recency: Recency,
    arrival: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Urgency {
    Emergency,
    Console,
    Normal,
}

impl Request {
    /// The wish to speak that stands behind it.
    pub fn floor_ask(&self) -> FloorAsk {
        let demand = match self.kind {
            RequestKind::Emergency => Demand::Emergency,
            RequestKind::Normal => Demand::Low,
        };
        FloorAsk { unit: self.unit, press: self.press, site: self.site(), claim: self.caller.claim(demand) }
    }

    /// The site from which it comes; an operator is at none.
    pub const fn site(&self) -> Option<SiteId> {
        self.caller.site()
    }

    /// Whom it asks for.
    ///
    /// # Panics
    /// Where it asks for a group call.
    pub fn called(&self) -> UnitId {
        self.parties.pair().expect("only a request for a unit has one that is called").called
    }

    /// Where it stands.
    pub fn rank(&self) -> Rank {
        let urgency = match (self.kind, self.caller) {
            (RequestKind::Emergency, _) => Urgency::Emergency,
            (RequestKind::Normal, Caller::Console) => Urgency::Console,
            (RequestKind::Normal, Caller::Field(_)) => Urgency::Normal,
        };
        Rank { urgency, standing: self.standing, recency: self.recency, arrival: self.arrival }
    }
}

impl Rank {
    /// Before all others.
    pub const FIRST: Self = Self {
        urgency: Urgency::Emergency,
        standing: Priority::HIGHEST,
        recency: Recency::Recent,
        arrival: 0,
    };

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
    waiting: Ranked<Rank, Waiting>,
    by_unit: Lookup<UnitId, Rank>,
    watch: Watch,
    /// Somebody entered or left: callers may have been told a position that is no longer true.
    changed: bool,
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
        self.watch.enter(&request);
        self.waiting.add(rank, Waiting { request, told: position });
        self.changed = true;
        position
    }

    /// Takes a unit's request out.
    pub fn leave(&mut self, unit: UnitId) -> Option<Request> {
        let rank = self.by_unit.remove(&unit)?;
        let waiting = self.waiting.remove(&rank).expect("a rank that is noted is in the queue");
        self.watch.leave(&waiting.request);
        self.changed = true;
        Some(waiting.request)
    }

    /// A unit's request.
    pub fn of(&self, unit: UnitId) -> Option<&Waiting> {
        self.by_unit.get(&unit).and_then(|rank| self.waiting.get(rank))
    }

    /// A unit's request has waited long enough to count one level higher: the level that it has come to, `None` where it
    /// waits no more or stands at the highest.
    pub fn promote(&mut self, unit: UnitId) -> Option<Priority> {
        let standing = Priority::new(self.of(unit)?.request.standing.level() - 1)?;
        self.rank_anew(unit, |request| request.standing = standing);
        Some(standing)
    }

    /// A unit's request has waited so long that recent users pass it no more.
    pub fn count_as_recent(&mut self, unit: UnitId) {
        self.rank_anew(unit, |request| request.recency = Recency::Recent);
    }

    /// What a waiting unit asked for in an emergency counts as any other request.
    pub fn count_as_usual(&mut self, unit: UnitId) {
        self.rank_anew(unit, |request| request.kind = RequestKind::Normal);
    }

    fn rank_anew(&mut self, unit: UnitId, change: impl FnOnce(&mut Request)) {
        let Some(rank) = self.by_unit.get(&unit) else { return };
        let mut waiting = self.waiting.remove(rank).expect("a rank that is noted is in the queue");
        self.watch.leave(&waiting.request);
        change(&mut waiting.request);
        let rank = waiting.request.rank();
        self.watch.enter(&waiting.request);
        self.by_unit.insert(unit, rank);
        self.waiting.add(rank, waiting);
        self.changed = true;
    }

    /// A unit's button went down or came up: it counts from here how long it is kept pressed.
    pub fn note_button(&mut self, unit: UnitId, button: Button) {
        if let Some(request) = self.request_mut(unit) {
            (request.button, request.patience) = (button, Patience::Lasting);
        }
    }

    /// A unit has kept its button pressed for long enough to begin without the full sites.
    pub fn spend_patience(&mut self, unit: UnitId) {
        if let Some(request) = self.request_mut(unit) {
            request.patience = Patience::Spent;
        }
    }

    /// A unit's request, to change what its rank does not depend on.
    fn request_mut(&mut self, unit: UnitId) -> Option<&mut Request> {
        let rank = self.by_unit.get(&unit)?;
        self.watch.wake(*rank);
        self.waiting.get_mut(rank).map(|waiting| &mut waiting.request)
    }

    /// A unit asks how it stands, under this number from now on: its position, which counts as told from here.
    pub fn ask(&mut self, unit: UnitId, press: Press) -> Option<u16> {
        let rank = *self.by_unit.get(&unit)?;
        let position = self.position(rank);
        let waiting = self.waiting.get_mut(&rank).expect("a rank that is noted is in the queue");
        waiting.request.press = press;
        waiting.told = position;
        Some(position)
    }

    /// The first request after a rank, or the very first.
    pub fn first_after(&self, rank: Option<Rank>) -> Option<Request> {
        self.waiting.first_after(rank.as_ref()).map(|waiting| waiting.request)
    }

    /// The request of a rank.
    ///
    /// # Panics
    /// Where none has it.
    pub fn at(&self, rank: Rank) -> Request {
        self.waiting.get(&rank).expect("a rank that is noted is in the queue").request
    }

    /// Which requests are looked at when slots come free.
    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    /// The same, to note what has changed.
    pub fn watch_mut(&mut self) -> &mut Watch {
        &mut self.watch
    }

    /// The least urgent request.
    pub fn last(&self) -> Option<Request> {
        self.waiting.last().map(|waiting| waiting.request)
    }

    /// The requests in order.
    pub fn iter(&self) -> impl Iterator<Item = &Waiting> + '_ {
        self.waiting.iter()
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether nobody waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Requests in the first places whose caller was told another one, with the true one, which counts as told from
    /// here.
    pub fn moved(&mut self) -> Vec<(Request, u16)> {
        if !std::mem::take(&mut self.changed) {
            return Vec::new();
        }
        let mut moved = Vec::new();
        for (waiting, position) in self.waiting.iter_mut().zip(1..=PLACES_FOLLOWED) {
            if waiting.told != position {
                waiting.told = position;
                moved.push((waiting.request, position));
            }
        }
        moved
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// The position that a rank has, or would have.
    fn position(&self, rank: Rank) -> u16 {
        u16::try_from(self.waiting.position(&rank) + 1).unwrap_or(u16::MAX)
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::TalkgroupId;

    use super::*;

    fn request(unit: u32, kind: RequestKind, priority: u8, arrival: u64) -> Request {
        Request {
            unit: UnitId::new(unit).unwrap(),
            press: Press::new(1).unwrap(),
            parties: TalkgroupId::new(1).unwrap().into(),
            kind,
            area: None,
            priority: Priority::new(priority).unwrap(),
            standing: Priority::new(priority).unwrap(),
            recency: Recency::Other,
            caller: Caller::Field(SiteId::new(1).unwrap()),
            button: Button::Down,
            patience: Patience::Lasting,
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
    fn a_recent_user_goes_before_arrival_and_after_priority() {
        let mut queue = BusyQueue::default();
        queue.enter(request(1, RequestKind::Normal, 5, 1));
        queue.enter(request(2, RequestKind::Normal, 4, 2));
        queue.enter(Request { recency: Recency::Recent, ..request(3, RequestKind::Normal, 5, 3) });
        assert_eq!(units(&queue), [2, 3, 1]);
    }

    #[test]
    fn who_has_waited_long_is_passed_by_no_recent_user() {
        let recent = |unit, arrival| Request {
            recency: Recency::Recent,
            ..request(unit, RequestKind::Normal, 5, arrival)
        };
        let mut queue = BusyQueue::default();
        queue.enter(request(1, RequestKind::Normal, 5, 1));
        queue.enter(recent(2, 2));
        assert_eq!(units(&queue), [2, 1]);
        queue.count_as_recent(UnitId::new(1).unwrap());
        queue.enter(recent(3, 3));
        assert_eq!(units(&queue), [1, 2, 3]);
    }

    #[test]
    fn waiting_lifts_a_request_to_the_highest_priority_and_never_to_an_emergency() {
        let mut queue = BusyQueue::default();
        queue.enter(request(1, RequestKind::Normal, 3, 1));
        queue.enter(request(2, RequestKind::Normal, 2, 2));
        queue.enter(request(3, RequestKind::Emergency, 10, 3));
        let aged = UnitId::new(1).unwrap();
        let mut lift = || queue.promote(aged).map(Priority::level);
        assert_eq!((lift(), lift(), lift()), (Some(2), Some(1), None));
        assert_eq!(units(&queue), [3, 1, 2]);
        assert_eq!(queue.leave(aged).unwrap().priority, Priority::new(3).unwrap(), "its own stays");
        assert_eq!(queue.promote(aged), None);
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

    #[test]
    fn who_moves_far_behind_is_told_on_asking_or_on_coming_near() {
        let mut queue = BusyQueue::default();
        let last = u32::from(PLACES_FOLLOWED) + 2;
        (1..=last).for_each(|unit| _ = queue.enter(request(unit, RequestKind::Normal, 5, u64::from(unit))));
        queue.moved();
        let leave = |queue: &mut BusyQueue, unit| {
            queue.leave(UnitId::new(unit).unwrap());
            queue.moved().iter().map(|(request, _)| request.unit.number()).collect::<Vec<_>>()
        };
        assert_eq!(
            leave(&mut queue, 1),
            (2..last).collect::<Vec<_>>(),
            "the last is at place 11 and not told"
        );
        assert_eq!(queue.ask(UnitId::new(last).unwrap(), Press::new(2).unwrap()), Some(PLACES_FOLLOWED + 1));
        assert_eq!(queue.of(UnitId::new(last).unwrap()).unwrap().request.press, Press::new(2).unwrap());
        assert_eq!(leave(&mut queue, 2), (3..=last).collect::<Vec<_>>());
    }
}
