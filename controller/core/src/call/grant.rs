//! Setting a call up and taking it down: slots, record, and what sites are told.

use smallvec::SmallVec;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::HeldCall;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::Release;
use trunklab_protocol::{CallId, Cause, FloorPolicy, Parties, SiteId};

use super::audience::Audience;
use super::calls::{Call, Leg};
use super::floor_queue::FloorQueue;
use super::queue::{Button, Request};
use crate::controller::Controller;
use crate::output::{CallRecord, Outbox, StoreItem};

impl Controller {
    /// Action: a call takes one slot at every site that must carry it and has room; the others join when they have.
    pub(crate) fn assign_channels(&mut self, request: &Request) -> CallId {
        let id = self.next_call_id();
        let audience = self.audience_of(request.parties);
        let mut legs = match request.button {
            Button::Both => self.take_sides(id, request),
            Button::Down | Button::Up | Button::Unused => self.take_slots(id, request),
        };
        // Others than its own are where they are: not in order behind them.
        if audience != Audience::Own {
            legs.sort_unstable_by_key(|leg| leg.site);
        }
        let monitored_by = self.remote.take_monitor(request.parties).map(|by| by.console);
        let mut record = Box::new(CallRecord {
            call: id,
            epoch: self.epoch,
            parties: request.parties,
            caller: Some(request.unit),
            kind: request.kind,
            area: request.area,
            priority: request.priority,
            requested: request.requested,
            granted: self.now,
            released: None,
            slots: SmallVec::with_capacity(legs.len()),
            spurts: SmallVec::new(),
            monitored_by,
        });
        for leg in &legs {
            record.slot_taken(leg.site, leg.at, self.now);
        }
        let (parties, kind, priority) = (request.parties, request.kind, request.priority);
        if kind == RequestKind::Emergency {
            self.emergencies.note_call(request.unit, id);
        }
        let policy = self.group(parties).map(|row| row.config.floor).unwrap_or_default();
        self.add_call(Call {
            id,
            parties,
            kind,
            area: request.area,
            priority,
            audience,
            policy,
            floor: None,
            handover: None,
            floor_queue: FloorQueue::default(),
            called_back: None,
            legs,
            record,
        });
        id
    }

    /// A slot at each site that the call needs and that has one; the others are lacking.
    fn take_slots(&mut self, id: CallId, request: &Request) -> SmallVec<[Leg; 4]> {
        let sites = self.sites_of_new_call(request);
        let mut legs = SmallVec::with_capacity(sites.len());
        for site in sites {
            if !self.has_room_for(request, site) {
                self.lacking.push((site, id));
                continue;
            }
            let row = self.sites.get_mut(site).expect("a site that a call needs exists");
            let unit = (request.site() == Some(site)).then_some(request.unit);
            let at = row.slots.take(id, unit, self.now).expect("a site with room has a free slot");
            legs.push(Leg { site, at, party: None });
        }
        legs
    }

    /// Action: a call takes the slot in which a site already carries it.
    pub(crate) fn adopt_channel(&mut self, (site, held): (SiteId, HeldCall)) -> CallId {
        let kind = if held.emergency { RequestKind::Emergency } else { RequestKind::Normal };
        let talkgroup = self.group(held.parties).map(|row| (row.config.priority, row.config.floor));
        let (priority, policy) =
            talkgroup.unwrap_or_else(|| (self.system.individual_priority, FloorPolicy::default()));
        // An area that is not known any more, or has lost this site, says nothing: the call is heard everywhere.
        let area = held.area.filter(|area| self.is_within(Some(*area), site));
        let lost = self.lost_calls.reopen(held.call);
        // One that was lost here may have been widened while its site served alone.
        let before = lost.as_ref().map(|record| record.area.filter(|area| self.is_within(Some(*area), site)));
        let area = before.map_or(area, |before| self.wider(before, area));
        let mut record = lost.unwrap_or_else(|| {
            Box::new(CallRecord {
                call: held.call,
                epoch: self.epoch,
                parties: held.parties,
                caller: None,
                kind,
                area,
                priority,
                requested: self.now,
                granted: self.now,
                released: None,
                slots: SmallVec::new(),
                spurts: SmallVec::new(),
                monitored_by: None,
            })
        });
        let row = self.sites.get_mut(site).expect("a site that reports exists");
        let taken = row.slots.take_at(held.at, held.call, self.now);
        assert!(taken, "a reported slot was checked to be free");
        record.area = area;
        record.slot_taken(site, held.at, self.now);
        let audience = self.audience_of(held.parties);
        let legs = SmallVec::from_iter([Leg { site, at: held.at, party: None }]);
        self.add_call(Call {
            id: held.call,
            parties: held.parties,
            kind,
            area,
            priority,
            audience,
            policy,
            floor: None,
            handover: None,
            called_back: None,
            floor_queue: FloorQueue::default(),
            legs,
            record,
        });
        held.call
    }

    /// Action: the record opens, and operators see the call.
    pub(crate) fn open_record(&mut self, id: CallId, request: Option<&Request>, out: &mut Outbox) {
        let call = self.calls.get(id).expect("a record opens for a call that was set up");
        let record = Box::new(call.record.as_opened());
        let sites: Vec<_> = call.legs.iter().map(|leg| (leg.site, leg.at)).collect();
        let (parties, priority, emergency) =
            (call.parties, call.priority, call.kind == RequestKind::Emergency);
        let (area, duplex) = (call.area, call.is_duplex());
        self.store(StoreItem::CallOpened(record), out);
        match request {
            Some(request) => {
                if !request.button.is_used() {
                    self.note_paired(request);
                }
                let waited = self.now.since(request.requested).as_millis();
                let waited_ms = u32::try_from(waited).unwrap_or(u32::MAX);
                let (call, unit) = (id, request.unit);
                self.report(
                    match request.button {
                        Button::Up => EventKind::CallCalledBack {
                            call,
                            parties,
                            unit,
                            priority,
                            emergency,
                            sites,
                            waited_ms,
                        },
                        Button::Unused | Button::Both => {
                            EventKind::CallAnswered { call, parties, priority, sites, waited_ms, duplex }
                        }
                        Button::Down => EventKind::CallGranted {
                            call,
                            parties,
                            talker: unit,
                            priority,
                            emergency,
                            sites,
                            waited_ms,
                        },
                    },
                    out,
                );
                self.tell_of_monitor(id, out);
            }
            None => {
                for (site, at) in sites {
                    self.report(EventKind::SiteJoined { call: id, site, at }, out);
                }
            }
        }
        if area.is_some() {
            self.report(EventKind::CallArea { call: id, area }, out);
        }
        self.report_audience(id, out);
    }

    /// Action: every site that carries the call is told how it stands.
    pub(crate) fn assert_call(&mut self, id: CallId, out: &mut Outbox) {
        let call = self.calls.get(id).expect("a call that is asserted runs");
        for leg in &call.legs {
            let row = self.sites.get_mut(leg.site).expect("a leg's site exists");
            row.tell(call.assertion(*leg), self.citing, self.now, out);
        }
    }

    /// Action: every slot is given back.
    pub(crate) fn release_channels(&mut self, id: CallId, cause: Cause, out: &mut Outbox) {
        let call = self.calls.get_mut(id).expect("a call that is released runs");
        call.record.slots_given_back(self.now);
        let mut told = None;
        for leg in &call.legs {
            let row = self.sites.get_mut(leg.site).expect("a leg's site exists");
            row.slots.give_back(leg.at, id, self.now);
            if !self.queue.is_empty() {
                self.queue.watch_mut().open(leg.site);
            }
            // A site is told once, and frees both slots of a full duplex call.
            if told.replace(leg.site) != Some(leg.site) {
                row.tell(Release { call: id, cause }, self.citing, self.now, out);
            }
        }
        call.legs.clear();
        self.slots_freed = true;
    }

    /// Action: the record closes; the call is no more.
    pub(crate) fn close_record(&mut self, id: CallId, cause: Cause, out: &mut Outbox) {
        let call = self.calls.remove(id).expect("a record closes for a call that runs");
        let Call { parties, audience, mut record, .. } = call;
        match parties {
            Parties::Group(talkgroup) => {
                self.talkgroups.get_mut(talkgroup).expect("a call's talkgroup exists").call = None;
                self.note_talkgroup(talkgroup);
            }
            Parties::Pair(_) => {}
        }
        self.note_audience(&audience, Some(id), None);
        if record.caller.is_none() {
            self.calls.remember_over(id);
        }
        record.released = Some((self.now, cause));
        self.note_lost(&record, cause);
        self.store(StoreItem::CallClosed(record), out);
        self.report(EventKind::CallReleased { call: id, parties, cause }, out);
        if let (Audience::Groups(_), Some(talkgroup)) = (&audience, parties.talkgroup()) {
            self.one_call_is_over(talkgroup, out);
        }
    }

    fn add_call(&mut self, call: Call) {
        match call.parties {
            Parties::Group(talkgroup) => {
                let row = self.talkgroups.get_mut(talkgroup).expect("a call's talkgroup was checked");
                assert!(row.call.is_none(), "a talkgroup has one call");
                row.call = Some(call.id);
                self.note_talkgroup(talkgroup);
            }
            Parties::Pair(_) => {}
        }
        self.note_audience(&call.audience, None, Some(call.id));
        self.calls.add(call);
    }

    /// The next call's id. The count starts again after 2^32 calls; those that still run keep theirs.
    fn next_call_id(&mut self) -> CallId {
        loop {
            self.call_count = self.call_count.wrapping_add(1).max(1);
            let id = CallId { node: self.system.node, epoch: self.epoch, counter: self.call_count };
            if self.calls.get(id).is_none() {
                return id;
            }
        }
    }
}
