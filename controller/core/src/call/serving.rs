//! Slots come free: who gets them (clause 12.5.4).
//!
//! Talkers that moved go first, then waiting requests in their order, then running calls that lack a site. Of the
//! requests only those are weighed of which something can come (see [`Watch`](super::watch::Watch)): at a site that gets
//! room, those that rest there until one finds none.

use smallvec::SmallVec;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{Parties, SiteId, TalkgroupId};

use super::caller::Caller;
use super::queue::{Rank, Request};
use super::table::{Event, State};
use super::watch::{Hold, Next};
use crate::config::Reach;
use crate::controller::Controller;
use crate::output::Outbox;

impl Controller {
    /// Slots were given back: waiting requests are served in order, then running calls that lack a site.
    pub(crate) fn serve_waiting(&mut self, out: &mut Outbox) {
        self.serve_talkers(out);
        if self.weighs_all {
            self.queue.watch_mut().wake_all();
        }
        let mut after = None;
        self.queue.watch_mut().begin_walk();
        while let Some(request) = self.next_to_weigh(after) {
            after = Some(request.rank());
            let event = self.meet(&request, out);
            if matches!(event, Event::RoomLacking | Event::AudienceBusy) {
                self.let_rest(&request);
            } else {
                self.advance_request(request, State::Queued, event, None, out);
            }
        }
        self.serve_lacking(out);
    }

    /// The next request of which something can come. Sites where nobody behind `after` has room are passed over, until they
    /// get some: an announcement or an emergency may end calls in the middle of the walk.
    fn next_to_weigh(&mut self, after: Option<Rank>) -> Option<Request> {
        self.follow_head();
        loop {
            let (site, rank) = match self.queue.watch().next_after(after)? {
                Next::Awake(rank) => return Some(self.queue.at(rank)),
                Next::Resting(site, rank) => (site, rank),
            };
            let request = self.queue.at(rank);
            if self.has_room_for(&request, site) {
                return Some(request);
            }
            // Each of those behind it wants as much as it.
            self.queue.watch_mut().pass_over(site);
            self.note_held(site);
            if self.queue.watch().first_at(site, None) == Some(rank) {
                self.queue.watch_mut().shut(site);
            }
        }
    }

    /// Nothing came of a request: where that is for want of a slot alone, it rests at a site that has none for it.
    fn let_rest(&mut self, request: &Request) {
        if !self.waits_for_slots_alone(request) {
            return;
        }
        let full = self.sites_awaited(request).into_iter().find(|site| !self.has_room_for(request, *site));
        if let Some(site) = full {
            self.queue.watch_mut().rest(request.rank(), site);
            self.note_held(site);
        }
    }

    /// Whether a request is for a new call of a talkgroup with which nobody interferes.
    fn waits_for_slots_alone(&self, request: &Request) -> bool {
        let Parties::Group(talkgroup) = request.parties else { return false };
        let is_alone = |talkgroup: TalkgroupId| {
            self.talkgroups
                .get(talkgroup)
                .is_some_and(|row| row.call.is_none() && row.config.reach == Reach::Own)
                && self.patches.of(talkgroup).is_none()
        };
        request.kind == RequestKind::Normal && request.caller != Caller::Console && is_alone(talkgroup)
    }

    /// Nobody finds room at a site: where it has a free slot, that is held back for the head.
    fn note_held(&mut self, site: SiteId) {
        if self.sites.get(site).is_some_and(|row| row.slots.free() > 0) {
            let hold = self.hold();
            self.queue.watch_mut().note_held(site, hold);
        }
    }

    /// Where another request is the head, or the head waits for other sites, slots are no longer held back where they were.
    fn follow_head(&mut self) {
        if self.queue.watch().is_anything_held() {
            let hold = self.hold();
            self.queue.watch_mut().follow(hold);
        }
    }

    /// For whom slots are held back, and how many at which sites.
    pub(crate) fn hold(&self) -> Option<Hold> {
        let head = self.queue.first_after(None).filter(|_| self.holds_back)?;
        let awaited = self.sites_awaited(&head).into_iter();
        let slots: SmallVec<_> = awaited.map(|site| (site, self.slots_wanted(&head, site))).collect();
        Some(Hold { head: head.rank(), slots })
    }

    /// A site has more room than it had.
    pub(crate) fn note_room(&mut self, site: SiteId) {
        if !self.queue.is_empty() {
            self.queue.watch_mut().open(site);
        }
        self.slots_freed = true;
    }

    /// Where a talkgroup is heard has changed, or whether it has a call.
    pub(crate) fn note_talkgroup(&mut self, talkgroup: TalkgroupId) {
        if self.talkgroups.get(talkgroup).is_some_and(|row| row.waiting > 0) {
            self.queue.watch_mut().wake_talkgroup(talkgroup);
        }
    }

    /// Who rests has no room where it rests, but where that is to be seen when slots come free.
    pub(crate) fn assert_watch(&self) {
        let watch = self.queue.watch();
        let holds_still = watch.holds(self.hold().as_ref());
        for request in self.queue.iter().map(|waiting| &waiting.request) {
            let Some(site) = watch.place(request.rank()) else { continue };
            let will_be_seen = watch.is_open(site) || (watch.is_held(site) && !holds_still);
            assert!(self.waits_for_slots_alone(request), "unit {} rests and may be served", request.unit);
            assert!(
                will_be_seen || self.weigh(request) == Event::RoomLacking,
                "unit {} rests at site {site} and has room",
                request.unit
            );
        }
    }
}
