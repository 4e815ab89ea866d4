//! Emergencies: what one may do that finds no room (clause 12.6).
//!
//! Under the ruthless policy an emergency request cuts running calls. The choice is a pure function of the state. At
//! each site that the request needs, it knows how many slots are short. The calls there are gone through from the
//! least urgent, and each that gives a slot where one is still short is chosen. Then those that the others make
//! needless are spared, the most urgent first: none is cut in vain. A protected call is never chosen; where the
//! unprotected ones cannot make room, nobody is cut and the request waits.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use smallvec::SmallVec;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{CallId, Demand, EmergencyPolicy, Moment, Priority, SiteId, Span};

use super::calls::Call;
use super::floor_queue::FloorAsk;
use super::queue::Request;
use super::table::Event;
use crate::controller::Controller;
use crate::output::Outbox;

/// Calls to be cut, the least urgent first.
type Cuts = SmallVec<[CallId; 4]>;

/// Slots that are short, by site.
type Shortage = SmallVec<[(SiteId, usize); 4]>;

/// Where a call stands when one must be cut: the least goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct CutRank {
    priority: Reverse<Priority>,
    granted: Reverse<Moment>,
    call: Reverse<CallId>,
}

impl CutRank {
    fn of(call: &Call) -> Self {
        Self {
            priority: Reverse(call.priority),
            granted: Reverse(call.record.granted),
            call: Reverse(call.id),
        }
    }
}

/// Whether no emergency may cut a call.
fn is_protected(call: &Call) -> bool {
    match call.kind {
        RequestKind::Emergency => true,
        RequestKind::Normal => false,
    }
}

impl Controller {
    /// The event that a request meets, once an emergency has done what it may: its talkgroup's call is an emergency
    /// call, and calls in its way are cut.
    pub(crate) fn meet(&mut self, request: &Request, out: &mut Outbox) -> Event {
        self.raise_call_of(request, out);
        let mut event = self.weigh(request);
        if event == Event::AudienceBusy {
            self.announce(request, out);
            event = self.weigh(request);
        }
        if event != Event::RoomLacking {
            return event;
        }
        let Some(cuts) = self.cuts_for(request) else { return event };
        for call in cuts {
            self.advance_call(call, Event::Preempted, out);
        }
        self.weigh(request)
    }

    /// An emergency sticks to the call that its talkgroup has.
    fn raise_call_of(&mut self, request: &Request, out: &mut Outbox) {
        if request.kind == RequestKind::Normal {
            return;
        }
        let Some(call) = self.call_for(request.parties) else { return };
        self.raise_call(call.id, request.floor_ask(), out);
    }

    /// Whoever asks for the floor of a call in an emergency makes it an emergency call.
    pub(crate) fn raise_call(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        if ask.claim.demand() != Demand::Emergency {
            return;
        }
        self.emergencies.note_call(ask.unit, id);
        let call = self.calls.get(id).expect("a call whose floor is asked for runs");
        if call.kind == RequestKind::Normal {
            self.advance_call_for(id, Event::EmergencyRaised, Some(ask), None, out);
        }
    }

    /// Action: a call is an emergency call until its emergencies are cleared, or it ends. Its record says that it was one.
    pub(crate) fn raise_emergency(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        let call = self.calls.get_mut(id).expect("a call that is raised runs");
        call.kind = RequestKind::Emergency;
        call.record.kind = RequestKind::Emergency;
        let parties = call.parties;
        self.report(EventKind::EmergencyRaised { call: id, parties, unit: ask.unit }, out);
    }

    /// Action: an emergency call is a usual one from here on. It may be cut now, and stands in nobody's way any more.
    pub(crate) fn end_emergency(&mut self, id: CallId, out: &mut Outbox) {
        let call = self.calls.get_mut(id).expect("an emergency call that is cleared runs");
        call.kind = RequestKind::Normal;
        let parties = call.parties;
        self.slots_freed = true;
        self.report(EventKind::EmergencyOver { call: id, parties }, out);
    }

    /// A unit's emergency was cleared, in which a call was asked for: without another one that call is a usual one.
    pub(crate) fn lower_call(&mut self, id: CallId, out: &mut Outbox) {
        let is_emergency = self.calls.get(id).is_some_and(|call| call.kind == RequestKind::Emergency);
        if is_emergency && self.emergencies.iter().all(|(_, emergency)| emergency.call != Some(id)) {
            self.advance_call(id, Event::EmergencyCleared, out);
        }
    }

    /// The hang time that emergency calls have of their own, for one of them.
    pub(crate) fn emergency_hang_time(&self, call: &Call) -> Option<Span> {
        match call.kind {
            RequestKind::Emergency => self.system.emergency_hang_time_ms,
            RequestKind::Normal => None,
        }
        .map(|millis| Span::from_millis(u64::from(millis)))
    }

    /// The calls whose end makes room for a request; `None` where it may cut none, or cutting does not help.
    fn cuts_for(&self, request: &Request) -> Option<Cuts> {
        let ruthless = self.system.emergency == EmergencyPolicy::Ruthless && request.rank().is_emergency();
        if !ruthless {
            return None;
        }
        let shortage = self.shortage(request);
        let mut short = shortage.clone();
        let mut cuts: Cuts = SmallVec::new();
        for rank in self.cuttable_at(&shortage) {
            let call = self.calls.get(rank.call.0).expect("a slot is held by a call that runs");
            if relieve(&mut short, call) {
                cuts.push(call.id);
            }
        }
        short.iter().all(|(_, slots)| *slots == 0).then(|| self.without_needless(cuts, &shortage))
    }

    /// How many slots a request is short of at each site that it needs.
    fn shortage(&self, request: &Request) -> Shortage {
        self.sites_awaited(request)
            .into_iter()
            .map(|site| (site, self.slots_short(request, site)))
            .filter(|(_, slots)| *slots > 0)
            .collect()
    }

    /// Whether the end of these calls makes room for a request at every site that it needs.
    pub(crate) fn would_make_room(&self, request: &Request, calls: &[CallId]) -> bool {
        let mut short = self.shortage(request);
        for call in calls {
            relieve(&mut short, self.calls.get(*call).expect("a call in the way runs"));
        }
        short.iter().all(|(_, slots)| *slots == 0)
    }

    /// The calls at these sites that may be cut, the least urgent first.
    fn cuttable_at(&self, shortage: &Shortage) -> BTreeSet<CutRank> {
        shortage
            .iter()
            .filter_map(|(site, _)| self.sites.get(*site))
            .flat_map(|row| row.slots.iter().filter_map(|(_, call)| call))
            .filter_map(|call| self.calls.get(call))
            .filter(|call| !is_protected(call))
            .map(CutRank::of)
            .collect()
    }

    /// The cuts without those that the others make needless, of which the most urgent is spared first.
    fn without_needless(&self, mut cuts: Cuts, shortage: &Shortage) -> Cuts {
        for index in (0..cuts.len()).rev() {
            let mut short = shortage.clone();
            for (_, id) in cuts.iter().enumerate().filter(|(other, _)| *other != index) {
                relieve(&mut short, self.calls.get(*id).expect("a call that is cut runs"));
            }
            if short.iter().all(|(_, slots)| *slots == 0) {
                cuts.remove(index);
            }
        }
        cuts
    }
}

/// Counts the slots of a call against what is short; `true` where it helps.
fn relieve(short: &mut Shortage, call: &Call) -> bool {
    let mut helps = false;
    for (site, slots) in short.iter_mut().filter(|(_, slots)| *slots > 0) {
        let held = call.legs.iter().filter(|leg| leg.site == *site).count();
        *slots = slots.saturating_sub(held);
        helps |= held > 0;
    }
    helps
}
