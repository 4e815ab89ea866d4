//! What becomes of calls and units when a talkgroup, a service area or a site is taken out (clause 13.6.5).

use trunklab_protocol::to_site::Close;
use trunklab_protocol::{AreaId, CallId, Cause, SiteId, TalkgroupId, UnitId};

use crate::call::table::Event;
use crate::controller::Controller;
use crate::output::Outbox;

impl Controller {
    /// A talkgroup is no more: the call that it hears ends, nobody waits for it, and who was affiliated to it, or scanned
    /// it, registers anew.
    ///
    /// # Errors
    /// While operators have joined it with others.
    pub(crate) fn take_talkgroup_out(
        &mut self,
        talkgroup: TalkgroupId,
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        let cause = Cause::TalkgroupRemoved;
        let Some(row) = self.talkgroups.get(talkgroup) else { return Ok(()) };
        if self.patches.iter().any(|patch| patch.talkgroups.contains(&talkgroup)) {
            return Err(Cause::PatchedAlready);
        }
        if let Some(call) = row.call {
            self.end_call_taken_out(call, cause, out);
        }
        let waiting: Vec<UnitId> = self
            .queue
            .iter()
            .map(|waiting| waiting.request)
            .filter(|request| request.parties.talkgroup() == Some(talkgroup))
            .map(|request| request.unit)
            .collect();
        for unit in waiting {
            self.end_waiting(unit, Event::TakenOut, Some(cause), out);
        }
        for unit in self.hearers(talkgroup) {
            self.deregister(unit, cause, out);
        }
        self.talkgroups.remove(talkgroup);
        self.set_back_from(talkgroup, out);
        self.slots_freed = true;
        Ok(())
    }

    /// A service area is no more: it has no site, and calls that were heard in it alone end.
    pub(crate) fn take_area_out(&mut self, area: AreaId, out: &mut Outbox) {
        let cause = Cause::AreaRemoved;
        if !self.areas.contains(area) {
            return;
        }
        let calls: Vec<CallId> =
            self.calls.iter().filter(|call| call.area == Some(area)).map(|call| call.id).collect();
        for call in calls {
            self.end_call_taken_out(call, cause, out);
        }
        let waiting: Vec<UnitId> = self
            .queue
            .iter()
            .map(|waiting| waiting.request)
            .filter(|request| request.area == Some(area))
            .map(|request| request.unit)
            .collect();
        for unit in waiting {
            self.end_waiting(unit, Event::TakenOut, Some(cause), out);
        }
        self.areas.remove(area);
        self.slots_freed = true;
    }

    /// A site is no more: it is told and lost, as with a broken link; who was registered there is no longer.
    pub(crate) fn take_site_out(&mut self, site: SiteId, out: &mut Outbox) {
        let cause = Cause::SiteRemoved;
        if !self.sites.contains(site) {
            return;
        }
        self.tell(site, Close { cause }, out);
        self.lose_site(site, cause, out);
        let row = self.sites.get(site).expect("the site was found above");
        for unit in row.units.iter().copied().collect::<Vec<_>>() {
            self.deregister(unit, cause, out);
        }
        self.lacking.retain(|(lacking, _)| *lacking != site);
        self.copies.forget(site);
        self.forget_alarms_of(site, out);
        if let Some(row) = self.sites.remove(site) {
            self.time_of_sites_gone = self.time_of_sites_gone + row.slots.time_used();
        }
        self.slots_freed = true;
    }

    fn end_call_taken_out(&mut self, call: CallId, cause: Cause, out: &mut Outbox) {
        if self.calls.get(call).is_some() {
            self.advance_call_for(call, Event::TakenOut, None, Some(cause), out);
        }
    }

    /// Registered units that hear a talkgroup, in order of their sites and numbers.
    fn hearers(&self, talkgroup: TalkgroupId) -> Vec<UnitId> {
        let units = self.sites.iter().flat_map(|(_, row)| row.units.iter().copied());
        units
            .filter(|unit| self.visitors.get(*unit).is_some_and(|visitor| visitor.hears(talkgroup)))
            .collect()
    }
}
