//! Service areas: where a call is heard, and what becomes of it where a request for a wider area finds it running (clauses
//! 12.2.8 and 12.2.9).
//!
//! What a caller asks for is settled when it asks: from there on a request, and the call that it becomes, has the number
//! of a service area, or none and is heard everywhere.

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::CallRequest;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{AreaChoice, AreaId, CallId, Cause, Service, SiteId, TalkgroupId};

use super::decision::Sites;
use super::table::Event;
use crate::controller::Controller;
use crate::output::Outbox;

impl Controller {
    /// The service area that a request asks for; `None` is everywhere.
    pub(crate) fn area_asked(&self, site: SiteId, message: &CallRequest) -> Result<Option<AreaId>, Cause> {
        let may_choose = self
            .visitors
            .get(message.unit)
            .is_some_and(|visitor| visitor.rights.include(Service::AreaSelection));
        let chosen = message.area.filter(|_| may_choose);
        if message.kind == RequestKind::Normal && chosen != message.area {
            return Err(Cause::AreaNotAllowed);
        }
        let area = match self.area_named(message.talkgroup, chosen) {
            Ok(area) if !self.is_within(area, site) => Err(Cause::OutsideArea),
            named => named,
        };
        match message.kind {
            RequestKind::Normal => area,
            RequestKind::Emergency => Ok(area.unwrap_or(None)),
        }
    }

    fn area_named(
        &self,
        talkgroup: TalkgroupId,
        chosen: Option<AreaChoice>,
    ) -> Result<Option<AreaId>, Cause> {
        let row = self.talkgroups.get(talkgroup).ok_or(Cause::UnknownTalkgroup)?;
        let area = match chosen.unwrap_or(row.config.area) {
            AreaChoice::Wide => return Ok(None),
            AreaChoice::Local => row.config.home_area,
            AreaChoice::Named(area) => Some(area),
        };
        area.filter(|area| self.areas.contains(*area)).map(Some).ok_or(Cause::UnknownArea)
    }

    /// Whether a site is in a service area.
    pub(crate) fn is_within(&self, area: Option<AreaId>, site: SiteId) -> bool {
        let sites = |area| self.areas.get(area).map(|row| &row.sites[..]).unwrap_or_default();
        area.is_none_or(|area| sites(area).binary_search(&site).is_ok())
    }

    /// A request for another area joins a running call: the call is heard in both from here on.
    pub(crate) fn join_areas(&mut self, id: CallId, asked: Option<AreaId>, out: &mut Outbox) {
        let area = self.calls.get(id).expect("a call that is joined runs").area;
        let wider = self.wider(area, asked);
        if wider != area {
            self.advance_call_to(id, Event::AreaWidened, wider, out);
        }
    }

    /// Action: the call is heard in this area, at each of its sites that has room.
    pub(crate) fn widen_area(&mut self, id: CallId, area: Option<AreaId>, out: &mut Outbox) {
        let call = self.calls.get_mut(id).expect("a call that is widened runs");
        (call.area, call.record.area) = (area, area);
        self.report(EventKind::CallArea { call: id, area }, out);
        self.cover_area(id, out);
    }

    /// A service area was provisioned anew: who is outside now waits, talks and listens in it no longer.
    pub(crate) fn follow_area(&mut self, area: AreaId, out: &mut Outbox) {
        let waiting: Vec<_> = self.queue.iter().map(|waiting| waiting.request).collect();
        for request in waiting.iter().filter(|request| request.area == Some(area)) {
            if request.site().is_some_and(|site| !self.is_within(request.area, site)) {
                self.end_waiting(request.unit, Event::CallerGone, Some(Cause::OutsideArea), out);
            }
        }
        for id in self.calls.ids() {
            let Some(call) = self.calls.get(id).filter(|call| call.area == Some(area)) else { continue };
            let outside: Sites = call
                .legs
                .iter()
                .map(|leg| leg.site)
                .filter(|site| !self.is_within(Some(area), *site))
                .collect();
            for site in outside {
                // Its talker may have been there, and the call have ended with it.
                if self.calls.get(id).is_some_and(|call| call.at(site).is_some()) {
                    self.drop_leg(id, site, Cause::OutsideArea, out);
                }
            }
            if self.calls.get(id).is_some() {
                self.cover_area(id, out);
            }
        }
        let mut lacking = std::mem::take(&mut self.lacking);
        lacking.retain(|(site, id)| self.calls.get(*id).is_some_and(|call| self.is_within(call.area, *site)));
        self.lacking = lacking;
        self.slots_freed = true;
    }

    /// A call comes to every site of its area where somebody listens, at once or when a slot is free.
    fn cover_area(&mut self, id: CallId, out: &mut Outbox) {
        let call = self.calls.get(id).expect("a call that is widened runs");
        let heard: Sites = self.sites.keys().filter(|site| self.is_heard(call, *site)).collect();
        for site in heard {
            self.cover_call(id, site, out);
        }
    }

    /// The wider of two areas; everywhere, where neither contains the other.
    pub(crate) fn wider(&self, one: Option<AreaId>, other: Option<AreaId>) -> Option<AreaId> {
        let (one, other) = (one?, other?);
        let contains = |outer, inner| {
            self.areas
                .get(inner)
                .is_some_and(|row| row.sites.iter().all(|site| self.is_within(Some(outer), *site)))
        };
        match () {
            () if contains(one, other) => Some(one),
            () if contains(other, one) => Some(other),
            () => None,
        }
    }
}
