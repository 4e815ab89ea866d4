//! When a call begins: for which sites it waits, and how long a button must be kept pressed to wait for fewer (clauses
//! 12.2.2 and 12.2.5 to 12.2.7).
//!
//! A call needs a slot at every site where it is heard. For which of them it waits is its talkgroup's policy; its caller's is
//! always one. The others join it as sites do that get a listener late, when they have a slot that nobody in the queue wants.

use trunklab_protocol::{Parties, SiteId, Span, StartPolicy, UnitId};

use super::caller::Caller;
use super::decision::Sites;
use super::queue::{Button, Patience, Request};
use super::table::Event;
use crate::controller::Controller;
use crate::timers::TimerKey;

impl Controller {
    /// Whether a call can begin now, and by which rule.
    pub(crate) fn weigh_start(&self, request: &Request) -> Event {
        if let Some(event) = self.called_is_lost(request) {
            return event;
        }
        let needed = self.sites_of_new_call(request);
        if request.caller == Caller::Console && needed.is_empty() {
            return Event::NobodyListens;
        }
        let has_room = |site: &SiteId| self.has_room_for(request, *site);
        let begins = match self.early_start(request) {
            _ if needed.iter().all(has_room) => Event::RoomEverywhere,
            Some((critical, event)) if awaited(request, critical, needed).iter().all(has_room) => event,
            Some(_) | None => return Event::RoomLacking,
        };
        match request.button {
            Button::Down => begins,
            Button::Up => Event::RoomForCallBack,
            Button::Unused => Event::RoomForAnswer,
            Button::Both => Event::RoomForBoth,
        }
    }

    /// Of the sites that a request needs, those for which it waits.
    pub(crate) fn sites_awaited(&self, request: &Request) -> Sites {
        let needed = self.sites_needed(request);
        match self.early_start(request) {
            Some((critical, _)) => awaited(request, critical, needed),
            None => needed,
        }
    }

    /// The sites beside its caller's for which a request waits, and how it begins where others are full; `None` where it
    /// waits for all that it needs.
    fn early_start(&self, request: &Request) -> Option<(&[SiteId], Event)> {
        // A console has no site of its own to begin at.
        if request.caller == Caller::Console {
            return None;
        }
        if request.patience == Patience::Spent {
            return Some((&[], Event::Overridden));
        }
        match &self.group(request.parties)?.config.start {
            StartPolicy::All => None,
            StartPolicy::Critical(sites) => Some((sites, Event::RoomAtCriticalSites)),
            StartPolicy::Fast => Some((&[], Event::RoomAtCaller)),
        }
    }

    /// A caller that waits has its button down: kept there for long enough, it begins without the full sites.
    pub(crate) fn await_override(&mut self, unit: UnitId, parties: Parties) {
        // Two units cannot begin without the site of either.
        let Some(group) = self.group(parties) else { return };
        let own = group.config.busy_override_ms;
        let after = Span::from_millis(u64::from(own.unwrap_or(self.system.busy_override_ms)));
        if after > Span::ZERO {
            self.timers.set(TimerKey::BusyOverride(unit), self.now + after);
        }
    }

    /// A caller that waits has let its button go, or waits no more.
    pub(crate) fn stop_override(&mut self, unit: UnitId) {
        self.timers.cancel(TimerKey::BusyOverride(unit));
    }

    /// A caller has kept its button pressed for long enough: its request waits for its own site alone, and where it is the
    /// head nothing is held back for it elsewhere.
    pub(crate) fn override_busy(&mut self, unit: UnitId) {
        self.queue.spend_patience(unit);
        self.slots_freed = true;
    }
}

/// Of the sites that a request needs, its caller's and the critical ones.
fn awaited(request: &Request, critical: &[SiteId], mut needed: Sites) -> Sites {
    needed.retain(|site| Some(*site) == request.site() || critical.contains(site));
    needed
}
