//! Which waiting requests are looked at when slots come free.
//!
//! To weigh everybody who waits at each slot that comes free would cost as much as the queue is long. A request that was
//! weighed and lacks a slot *rests* at a site where it lacks it: as long as nothing changes there, nothing can come of it,
//! whatever comes free elsewhere. A site that gets room is *open*: those that rest there are looked at in their order until
//! one finds none; from there on the walk passes the site over, unless that gets room once more. All others are *awake*,
//! and are looked at every time.

use std::collections::BTreeSet;
use std::ops::Bound;

use smallvec::SmallVec;
use trunklab_protocol::{Parties, SiteId, TalkgroupId};

use super::decision::Sites;
use super::queue::{Rank, Request};
use crate::lookup::Lookup;

/// Who waits, by what it waits for.
#[derive(Debug, Default)]
pub struct Watch {
    awake: BTreeSet<Rank>,
    /// Where a request rests.
    places: Lookup<Rank, SiteId>,
    resting: BTreeSet<(SiteId, Rank)>,
    /// Sites that may have room for somebody who rests there.
    open: BTreeSet<SiteId>,
    /// Those of them where the walk has found room for nobody further behind.
    passed: Sites,
    /// Sites where somebody rests though a slot is free: it is held back for the head.
    held: BTreeSet<SiteId>,
    /// For whom, when that was found.
    hold: Option<Hold>,
    by_talkgroup: BTreeSet<(TalkgroupId, Rank)>,
}

/// What is held back for the head of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Who is the head.
    pub head: Rank,
    /// The sites for which it waits, with how many slots it takes there.
    pub slots: SmallVec<[(SiteId, usize); 4]>,
}

/// Who is to be looked at next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A request that is awake.
    Awake(Rank),
    /// One that rests at an open site.
    Resting(SiteId, Rank),
}

impl Next {
    const fn rank(self) -> Rank {
        match self {
            Self::Awake(rank) | Self::Resting(_, rank) => rank,
        }
    }
}

impl Watch {
    /// A request begins to wait, awake.
    pub fn enter(&mut self, request: &Request) {
        self.awake.insert(request.rank());
        if let Parties::Group(talkgroup) = request.parties {
            self.by_talkgroup.insert((talkgroup, request.rank()));
        }
    }

    /// A request waits no more.
    pub fn leave(&mut self, request: &Request) {
        let rank = request.rank();
        self.wake(rank);
        self.awake.remove(&rank);
        if let Parties::Group(talkgroup) = request.parties {
            self.by_talkgroup.remove(&(talkgroup, rank));
        }
    }

    /// A request lacks a slot at a site.
    pub fn rest(&mut self, rank: Rank, site: SiteId) {
        self.wake(rank);
        self.awake.remove(&rank);
        self.places.insert(rank, site);
        self.resting.insert((site, rank));
    }

    /// Something about a request has changed.
    pub fn wake(&mut self, rank: Rank) {
        if let Some(site) = self.places.remove(&rank) {
            self.resting.remove(&(site, rank));
            self.awake.insert(rank);
        }
    }

    /// Something about a talkgroup has changed.
    pub fn wake_talkgroup(&mut self, talkgroup: TalkgroupId) {
        for rank in self.of_talkgroup(talkgroup) {
            self.wake(rank);
        }
    }

    /// Anything may have changed.
    pub fn wake_all(&mut self) {
        self.awake.extend(std::mem::take(&mut self.resting).into_iter().map(|(_, rank)| rank));
        self.places.clear();
        self.open.clear();
        self.passed.clear();
        self.held.clear();
    }

    /// A walk begins: no site is passed over.
    pub fn begin_walk(&mut self) {
        self.passed.clear();
    }

    /// The walk has come to somebody who rests at a site and has no room there, nor has anybody further behind.
    pub fn pass_over(&mut self, site: SiteId) {
        self.passed.push(site);
    }

    /// A site has more room than it had. Whoever is further behind in a walk is looked at, whatever that has found there.
    pub fn open(&mut self, site: SiteId) {
        self.passed.retain(|passed| *passed != site);
        if self.first_at(site, None).is_some() {
            self.open.insert(site);
        }
    }

    /// Nobody who rests at a site has room there.
    pub fn shut(&mut self, site: SiteId) {
        self.open.remove(&site);
    }

    /// Somebody rests at a site where a free slot is held back.
    pub fn note_held(&mut self, site: SiteId, hold: Option<Hold>) {
        self.held.insert(site);
        self.hold = hold;
    }

    /// Whether anybody rests where a free slot is held back.
    pub fn is_anything_held(&self) -> bool {
        !self.held.is_empty()
    }

    /// This is held back now: where it was something else, the sites are open.
    pub fn follow(&mut self, hold: Option<Hold>) {
        if !self.holds(hold.as_ref()) {
            std::mem::take(&mut self.held).into_iter().for_each(|site| self.open(site));
        }
    }

    /// Whether just this was held back.
    pub fn holds(&self, hold: Option<&Hold>) -> bool {
        self.hold.as_ref() == hold
    }

    /// Whether somebody rests at a site where a free slot is held back.
    pub fn is_held(&self, site: SiteId) -> bool {
        self.held.contains(&site)
    }

    /// Who is to be looked at after a rank, or first of all.
    pub fn next_after(&self, rank: Option<Rank>) -> Option<Next> {
        let awake = self.awake.range((after(rank), Bound::Unbounded)).next().map(|rank| Next::Awake(*rank));
        let open = self.open.iter().filter(|site| !self.passed.contains(site));
        let resting = open.filter_map(|site| Some(Next::Resting(*site, self.first_at(*site, rank)?)));
        awake.into_iter().chain(resting).min_by_key(|next| next.rank())
    }

    /// The first that rests at a site after a rank, or of all.
    pub fn first_at(&self, site: SiteId, rank: Option<Rank>) -> Option<Rank> {
        let from = rank.map_or(Bound::Included((site, Rank::FIRST)), |rank| Bound::Excluded((site, rank)));
        self.resting
            .range((from, Bound::Unbounded))
            .next()
            .filter(|(at, _)| *at == site)
            .map(|(_, rank)| *rank)
    }

    /// Where a request rests.
    pub fn place(&self, rank: Rank) -> Option<SiteId> {
        self.places.get(&rank).copied()
    }

    /// Whether a site is open.
    pub fn is_open(&self, site: SiteId) -> bool {
        self.open.contains(&site)
    }

    /// Requests for a talkgroup, in order.
    pub fn of_talkgroup(&self, talkgroup: TalkgroupId) -> Vec<Rank> {
        let all = self.by_talkgroup.range((talkgroup, Rank::FIRST)..);
        all.take_while(|(other, _)| *other == talkgroup).map(|(_, rank)| *rank).collect()
    }
}

fn after(rank: Option<Rank>) -> Bound<Rank> {
    rank.map_or(Bound::Unbounded, Bound::Excluded)
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::air_uplink::RequestKind;
    use trunklab_protocol::{Moment, Press, Priority, UnitId};

    use super::super::caller::Caller;
    use super::super::queue::{Button, Patience, Recency};
    use super::*;

    fn site(number: u16) -> SiteId {
        SiteId::new(number).unwrap()
    }

    /// The request that came so-and-so-manieth, for the talkgroup of that number.
    fn request(arrival: u32) -> Request {
        Request {
            unit: UnitId::new(arrival).unwrap(),
            press: Press::new(1).unwrap(),
            parties: TalkgroupId::new(arrival as u16).unwrap().into(),
            kind: RequestKind::Normal,
            area: None,
            priority: Priority::HIGHEST,
            standing: Priority::HIGHEST,
            recency: Recency::Other,
            caller: Caller::Field(site(1)),
            button: Button::Down,
            patience: Patience::Lasting,
            requested: Moment::ORIGIN,
            arrival: u64::from(arrival),
        }
    }

    /// Three wait: the first and the third rest at site 1, the second at site 2.
    fn three() -> Watch {
        let mut watch = Watch::default();
        for (arrival, at) in [(1, 1), (2, 2), (3, 1)] {
            watch.enter(&request(arrival));
            watch.rest(request(arrival).rank(), site(at));
        }
        watch
    }

    fn next(watch: &Watch, after: Option<u32>) -> Option<u64> {
        let ranks: Vec<_> = (1..=3).map(|arrival| request(arrival).rank()).collect();
        let next = watch.next_after(after.map(|arrival| request(arrival).rank()))?;
        ranks.iter().zip(1..).find(|(rank, _)| **rank == next.rank()).map(|(_, arrival)| arrival)
    }

    #[test]
    fn who_rests_is_looked_at_when_its_site_opens_and_not_when_another_does() {
        let mut watch = three();
        assert_eq!(next(&watch, None), None);
        watch.open(site(1));
        assert_eq!(
            (next(&watch, None), next(&watch, Some(1)), next(&watch, Some(3))),
            (Some(1), Some(3), None)
        );
        watch.pass_over(site(1));
        assert_eq!(next(&watch, None), None, "the site was passed over");
        watch.open(site(1));
        assert_eq!(next(&watch, Some(1)), Some(3), "it has got room since");
        watch.pass_over(site(1));
        watch.begin_walk();
        assert_eq!(next(&watch, None), Some(1), "another walk begins");
        watch.open(site(2));
        assert_eq!(next(&watch, Some(1)), Some(2), "the order is that of the queue");
        watch.shut(site(1));
        assert_eq!((next(&watch, None), next(&watch, Some(2))), (Some(2), None));
    }

    #[test]
    fn who_is_woken_is_looked_at_until_it_rests_or_leaves() {
        let mut watch = three();
        watch.wake_talkgroup(TalkgroupId::new(3).unwrap());
        assert_eq!(next(&watch, None), Some(3));
        watch.rest(request(3).rank(), site(2));
        assert_eq!((next(&watch, None), watch.place(request(3).rank())), (None, Some(site(2))));
        watch.wake_all();
        assert_eq!(
            (next(&watch, None), next(&watch, Some(1)), next(&watch, Some(2))),
            (Some(1), Some(2), Some(3))
        );
        (1..=3).for_each(|arrival| watch.leave(&request(arrival)));
        assert_eq!(next(&watch, None), None);
    }

    #[test]
    fn what_is_held_back_opens_with_the_next_head() {
        let mut watch = three();
        let hold = |arrival| Some(Hold { head: request(arrival).rank(), slots: SmallVec::new() });
        watch.note_held(site(2), hold(1));
        watch.follow(hold(1));
        assert!(watch.is_held(site(2)) && !watch.is_open(site(2)));
        watch.follow(hold(3));
        assert!(!watch.is_held(site(2)) && watch.is_open(site(2)));
        assert_eq!(next(&watch, None), Some(2));
    }
}
