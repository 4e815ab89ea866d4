//! What can be done for a request now: the one place that weighs slots against those who want them.

use smallvec::SmallVec;
use trunklab_protocol::{FloorPolicy, Parties, SiteId};

use super::calls::Call;
use super::floor_queue::FloorAsk;
use super::queue::{Button, Request};
use super::table::Event;
use crate::controller::Controller;
use crate::registry::talkgroups::TalkgroupState;

/// What an ask for a call's floor comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FloorEvent {
    /// The floor is free, or the unit's own.
    Given,
    /// It is taken from the talker.
    Interrupts,
    /// The ask waits.
    Waits,
    /// As many wait as may.
    Full,
    /// Another unit has the floor.
    Held,
    /// Nobody but the caller may have it.
    Broadcast,
}

/// The sites at which a call takes a slot.
pub type Sites = SmallVec<[SiteId; 8]>;

impl Controller {
    /// The event that a request meets now.
    pub(crate) fn weigh(&self, request: &Request) -> Event {
        match self.call_for(request.parties) {
            Some(call) if !self.may_have_floor(call, request) => match call.policy {
                FloorPolicy::Closed => Event::BroadcastHeld,
                FloorPolicy::Refuse | FloorPolicy::Queue => Event::FloorHeld,
            },
            // Two callers of one talkgroup are called back one after the other.
            Some(call) if call.called_back.is_some() && request.button == Button::Up => Event::RoomLacking,
            Some(call) if call.at(request.site()).is_some() => Event::CallOpen,
            Some(_) if request.site().is_none_or(|site| self.has_room(site, request)) => Event::CallOpen,
            Some(_) => Event::RoomLacking,
            None if self.is_audience_busy(request.parties) => Event::AudienceBusy,
            None => self.weigh_start(request),
        }
    }

    /// The talkgroup of a group call.
    pub(crate) fn group(&self, parties: Parties) -> Option<&TalkgroupState> {
        parties.talkgroup().and_then(|talkgroup| self.talkgroups.get(talkgroup))
    }

    /// The call that these parties have.
    pub(crate) fn call_for(&self, parties: Parties) -> Option<&Call> {
        match parties {
            Parties::Group(_) => self.group(parties)?.call.and_then(|call| self.calls.get(call)),
            Parties::Pair(pair) => {
                let call = self
                    .calls
                    .pair_of(pair.caller)
                    .filter(|call| self.calls.pair_of(pair.called) == Some(*call))?;
                self.calls.get(call)
            }
        }
    }

    /// Whether a request may have a call's floor, now or in its turn. Whoever let go of its button neither waits for
    /// another's floor nor takes it.
    fn may_have_floor(&self, call: &Call, request: &Request) -> bool {
        match self.floor_event(call, &request.floor_ask()) {
            FloorEvent::Given => true,
            FloorEvent::Interrupts | FloorEvent::Waits => request.button == Button::Down,
            FloorEvent::Held | FloorEvent::Full | FloorEvent::Broadcast => false,
        }
    }

    /// What an ask for a call's floor comes to.
    pub(crate) fn floor_event(&self, call: &Call, ask: &FloorAsk) -> FloorEvent {
        let Some(floor) = call.floor.filter(|floor| floor.unit != ask.unit) else {
            // What is kept for the caller of a broadcast is not for those who shall hear it.
            let own = ask.claim.is_console()
                || self.visitors.get(ask.unit).is_some_and(|visitor| visitor.takes_part_in(call.parties));
            let listens = Self::is_broadcast(call) && call.floor.is_none() && !own;
            return if listens { FloorEvent::Broadcast } else { FloorEvent::Given };
        };
        if Self::is_broadcast(call) && !ask.claim.is_paramount() {
            return FloorEvent::Broadcast;
        }
        if ask.claim.interrupts(floor.claim) {
            return FloorEvent::Interrupts;
        }
        // An operator waits for no other.
        if ask.claim.is_console() {
            return FloorEvent::Held;
        }
        let full = call.floor_queue.len() >= usize::from(self.system.floor_queue_len_max);
        match call.policy {
            FloorPolicy::Refuse | FloorPolicy::Closed => FloorEvent::Held,
            FloorPolicy::Queue if full => FloorEvent::Full,
            FloorPolicy::Queue => FloorEvent::Waits,
        }
    }

    /// The sites where a request needs a slot and has none. A running call lacks the caller's site at most.
    pub(crate) fn sites_needed(&self, request: &Request) -> Sites {
        let Some(call) = self.call_for(request.parties) else { return self.sites_of_new_call(request) };
        let is_affiliated =
            |site: &SiteId| self.group(request.parties).is_some_and(|row| row.is_present_at(*site));
        request.site().filter(|site| call.at(*site).is_none()).filter(is_affiliated).into_iter().collect()
    }

    /// The sites where a new call needs a slot: those of its area where an affiliated unit is present, the caller's included,
    /// or where the two units of a pair are. Other sites without any traffic slot are passed over.
    pub(crate) fn sites_of_new_call(&self, request: &Request) -> Sites {
        let talkgroup = match request.parties {
            Parties::Pair(pair) => return self.sites_of(pair),
            Parties::Group(talkgroup) => talkgroup,
        };
        let Some(row) = self.talkgroups.get(talkgroup) else { return Sites::new() };
        let carries = |site: &SiteId| {
            Some(*site) == request.site()
                || self.is_within(request.area, *site)
                    && self.sites.get(*site).is_some_and(|row| !row.slots.is_empty())
        };
        let mut sites = Sites::with_capacity(row.presence().len());
        for (site, _) in row.presence() {
            if carries(site) {
                sites.push(*site);
            }
        }
        if self.may_reach_others(row) {
            sites.extend(self.further_sites(request.parties).into_iter().filter(carries));
        }
        sites
    }

    /// Whether a site has a free slot that is not held back for somebody ahead.
    pub(crate) fn has_room(&self, site: SiteId, request: &Request) -> bool {
        let free = self.sites.get(site).map_or(0, |row| row.slots.free());
        free > self.held_back(site, request)
    }

    /// Whether a site that a new call needs has the slots that it takes there.
    pub(crate) fn has_room_for(&self, request: &Request, site: SiteId) -> bool {
        self.slots_short(request, site) == 0
    }

    /// How many slots must come free at a site before a request has room there.
    pub(crate) fn slots_short(&self, request: &Request, site: SiteId) -> usize {
        let free = self.sites.get(site).map_or(0, |row| row.slots.free());
        (self.slots_wanted(request, site) + self.held_back(site, request)).saturating_sub(free)
    }

    /// How many slots are held back at a site for the head of the queue, where that is ahead of a request.
    fn held_back(&self, site: SiteId, request: &Request) -> usize {
        if self.queue.is_empty() {
            return 0;
        }
        let ahead = self.head_awaiting(site).filter(|head| head.rank() < request.rank());
        ahead.map_or(0, |head| self.slots_wanted(&head, site))
    }

    /// The head of the queue, where it waits for a slot at a site: one is held back for it.
    pub(crate) fn head_awaiting(&self, site: SiteId) -> Option<Request> {
        let head = self.queue.first_after(None).filter(|_| self.holds_back)?;
        self.sites_awaited(&head).contains(&site).then_some(head)
    }
}
