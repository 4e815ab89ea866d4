//! Which sites carry a running call: late entry where listeners come, release where the last one leaves.

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::Release;
use trunklab_protocol::{CallId, Cause, SiteId, TalkgroupId};

use super::calls::Leg;
use super::table::Event;
use crate::controller::Controller;
use crate::output::Outbox;

impl Controller {
    /// A talkgroup has its first listener at a site: its running call comes there, at once or when a slot is free.
    pub(crate) fn cover(&mut self, talkgroup: TalkgroupId, site: SiteId, out: &mut Outbox) {
        if let Some(id) = self.talkgroups.get(talkgroup).and_then(|row| row.call) {
            self.cover_call(id, site, out);
        }
    }

    /// A call comes to a site where somebody hears it, at once or when a slot is free.
    pub(crate) fn cover_call(&mut self, id: CallId, site: SiteId, out: &mut Outbox) {
        let call = self.calls.get(id).expect("a call that is heard runs");
        if call.at(site).is_some() || call.record.is_full() || !self.is_within(call.area, site) {
            return;
        }
        // A listener who comes late is behind every request that waits.
        let free = self.sites.get(site).map_or(0, |row| row.slots.free());
        let held_back = self.head_awaiting(site).map_or(0, |head| self.slots_wanted(&head, site));
        if free > held_back {
            self.add_leg(id, site, out);
        } else if !self.lacking.contains(&(site, id)) {
            self.lacking.push((site, id));
        }
    }

    /// A talkgroup has no listener left at a site: its call leaves the site.
    pub(crate) fn uncover(&mut self, talkgroup: TalkgroupId, site: SiteId, out: &mut Outbox) {
        self.listener_left();
        let call = self.talkgroups.get(talkgroup).and_then(|row| row.call);
        let leaves = |id: &CallId| {
            self.calls.get(*id).is_some_and(|call| call.at(site).is_some() && !self.is_heard(call, site))
        };
        if let Some(id) = call.filter(leaves) {
            self.drop_leg(id, site, Cause::NobodyLeft, out);
        }
    }

    /// A site joins a running call.
    ///
    /// # Panics
    /// Where the site has no free slot: the caller has looked.
    pub(crate) fn add_leg(&mut self, id: CallId, site: SiteId, out: &mut Outbox) {
        let row = self.sites.get_mut(site).expect("a site that joins exists");
        let at = row.slots.take(id, None, self.now).expect("a site that joins has a free slot");
        self.record_leg(id, Leg { site, at, party: None }, out);
        self.let_talker_in(id, site, out);
    }

    /// The slot is taken already: the call gets it, the site and the switch are told.
    pub(crate) fn record_leg(&mut self, id: CallId, leg: Leg, out: &mut Outbox) {
        let now = self.now;
        self.lacking.retain(|lacking| *lacking != (leg.site, id));
        let call = self.calls.get_mut(id).expect("a call that a site joins runs");
        let index = call.legs.partition_point(|other| other.site < leg.site);
        call.legs.insert(index, leg);
        call.record.slot_taken(leg.site, leg.at, now);
        // A call that calls back is told of when somebody has pressed.
        let assertion = call.called_back.is_none().then(|| call.assertion(leg));
        self.open_route(id, out);
        if let Some(assertion) = assertion {
            self.tell(leg.site, assertion, out);
        }
        self.report(EventKind::SiteJoined { call: id, site: leg.site, at: leg.at }, out);
    }

    /// A site leaves a running call; a talker there loses the floor, and without any site the call ends.
    pub(crate) fn drop_leg(&mut self, id: CallId, site: SiteId, cause: Cause, out: &mut Outbox) {
        // Two units cannot do without the site of either.
        if self.calls.get(id).is_some_and(|call| call.parties.pair().is_some()) {
            return self.advance_call(id, Event::SitesLost, out);
        }
        self.end_floor_waits_at(id, site, cause, out);
        // Of the last site the whole call is lost: who talks there may go on talking, and the call come back with the site.
        let is_last =
            cause != Cause::NobodyLeft && self.calls.get(id).is_some_and(|call| call.legs.len() == 1);
        if !is_last && self.calls.get(id).is_some_and(|call| call.talker_site() == Some(site)) {
            self.advance_call(id, Event::TalkerGone, out);
        }
        let called_back = self.calls.get(id).and_then(|call| call.called_back);
        if called_back.is_some_and(|ask| ask.site == Some(site)) {
            self.advance_call_for(id, Event::CallerGone, None, Some(cause), out);
        }
        // Without hang time the call has ended with its talker, and the slot is free.
        let Some(call) = self.calls.get_mut(id) else { return };
        let index =
            call.legs.iter().position(|leg| leg.site == site).expect("a site that leaves carries the call");
        let leg = call.legs.remove(index);
        call.record.slot_given_back(site, leg.at, self.now);
        let carried = !call.legs.is_empty();
        let row = self.sites.get_mut(site).expect("a leg's site exists");
        row.slots.give_back(leg.at, id, self.now);
        self.note_room(site);
        self.tell(site, Release { call: id, cause }, out);
        self.report(EventKind::SiteLeft { call: id, site, cause }, out);
        if carried {
            self.open_route(id, out);
        } else {
            let event = if cause == Cause::NobodyLeft { Event::NobodyLeft } else { Event::SitesLost };
            self.advance_call(id, event, out);
        }
    }

    /// Running calls that lack a site get the slots that nobody in the queue wants.
    pub(crate) fn serve_lacking(&mut self, out: &mut Outbox) {
        for (site, id) in std::mem::take(&mut self.lacking) {
            if self.calls.get(id).is_some_and(|call| self.is_heard(call, site)) {
                self.cover_call(id, site, out);
            }
        }
    }
}
