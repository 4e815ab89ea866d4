//! What the state looks like from outside: the console's snapshot, and the replicas' digest.

use std::hash::{Hash, Hasher};

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::{
    CallView, FloorView, QueueView, SiteView, SlotView, Snapshot, TalkgroupView,
};
use trunklab_protocol::{Moment, SiteId, Span};

use crate::call::calls::Call;
use crate::call::queue::Waiting;
use crate::controller::{Controller, Term};
use crate::digest::Digest;
use crate::registry::sites::{Site, Stage};
use crate::registry::visitors::Presence;

impl Controller {
    /// Whether any call runs.
    pub fn carries_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// All that a console shows. No key, challenge or random octet is in it.
    pub fn snapshot(&self, now: Moment) -> Snapshot {
        Snapshot {
            sequence: self.events.sequence(),
            at: self.now.max(now),
            epoch: self.epoch,
            sites: self.sites.iter().map(|(_, site)| self.site_view(site)).collect(),
            calls: self.calls.iter().map(call_view).collect(),
            queue: self.queue.iter().map(queue_view).collect(),
            talkgroups: self
                .talkgroups
                .iter()
                .map(|(talkgroup, row)| TalkgroupView {
                    talkgroup,
                    name: row.config.name.clone(),
                    affiliated: row.affiliated(),
                })
                .collect(),
            patches: self.patches.views(),
            consoles: self.consoles.views(),
            emergencies: self.emergencies.views(),
            units: self.remote.views(),
            messages: self.recent.views(),
            alarms: self.network_alarms(),
            statuses: self.system.statuses.clone(),
            totals: self.events.totals(),
        }
    }

    /// A digest of the state: equal for equal inputs, on every machine. Secrets enter by their place in the random
    /// stream, never themselves.
    pub fn digest(&self) -> u64 {
        let mut digest = Digest::default();
        let random = match &self.term {
            Term::NotBegun => (0_u8, None),
            Term::Running(random) => (1, Some(random.place())),
            Term::Closed => (2, None),
        };
        (self.now, self.epoch, random, self.home.digest(), &self.cloned).hash(&mut digest);
        (self.configuration_version, self.time_of_sites_gone).hash(&mut digest);
        (self.call_count, self.arrivals, self.store_count, &self.spurts, self.events.sequence())
            .hash(&mut digest);
        for (_, site) in self.sites.iter() {
            self.digest_site(site, &mut digest);
        }
        for (talkgroup, row) in self.talkgroups.iter() {
            (talkgroup, row.call, row.talked, row.waiting, row.presence()).hash(&mut digest);
        }
        for call in self.calls.iter() {
            (call.id, call.parties, call.kind as u8, call.priority, call.floor, &call.legs[..])
                .hash(&mut digest);
            (&call.audience, call.policy, call.area, &call.floor_queue).hash(&mut digest);
            (call.called_back, call.record.slots.len(), call.record.spurts.len()).hash(&mut digest);
        }
        for setup in self.setups.iter() {
            setup.hash(&mut digest);
        }
        for waiting in self.queue.iter() {
            waiting.hash(&mut digest);
        }
        for patch in self.patches.iter() {
            patch.hash(&mut digest);
        }
        (&self.waiting_orders, &self.consoles).hash(&mut digest);
        self.remote.hash(&mut digest);
        self.rights_orders.hash(&mut digest);
        self.copied_vectors.hash(&mut digest);
        self.lost_calls.hash(&mut digest);
        for row in self.emergencies.cleared() {
            row.hash(&mut digest);
        }
        for row in self.emergencies.iter() {
            row.hash(&mut digest);
        }
        self.messages.counted().hash(&mut digest);
        for message in self.messages.iter() {
            message.hash(&mut digest);
        }
        self.copies.hash(&mut digest);
        self.reports.hash(&mut digest);
        self.alarms.hash(&mut digest);
        self.lacking.hash(&mut digest);
        for timer in self.timers.iter() {
            timer.hash(&mut digest);
        }
        digest.finish()
    }

    /// Time for which traffic slots were held and given back since the controller began, summed over all sites: what
    /// the closed call records add up to.
    pub fn channel_time_used(&self) -> Span {
        self.sites.iter().fold(self.time_of_sites_gone, |sum, (_, site)| sum + site.slots.time_used())
    }

    /// How many traffic slots a site in service has; none where it is not.
    pub fn slots_in_service(&self, site: SiteId) -> u32 {
        let row = self.sites.get(site).filter(|row| row.in_service());
        row.map_or(0, |row| u32::try_from(row.slots.len()).unwrap_or(u32::MAX))
    }

    fn site_view(&self, site: &Site) -> SiteView {
        let present = site.units.iter().filter(|unit| {
            self.visitors.get(**unit).is_some_and(|visitor| visitor.presence == Presence::Present)
        });
        SiteView {
            site: site.config.site,
            name: site.config.name.clone(),
            mast: site.config.mast,
            antenna: site.config.antenna,
            profile: site.config.profile,
            in_service: site.in_service(),
            in_failsoft: site.in_failsoft(),
            control: site.slots.controls()[0],
            further_controls: site.slots.controls()[1..].to_vec(),
            slots: site.slots.iter().map(|(at, call)| SlotView { at, call }).collect(),
            faulty: site.slots.faulty().collect(),
            radios: u32::try_from(present.count()).unwrap_or(u32::MAX),
            air: site.air,
            loads: if site.in_service() { site.loads.clone() } else { Vec::new() },
            served_alone_ms: self.reports.alone_ms(site.config.site),
            in_failsoft_ms: self.reports.failsoft_ms(site.config.site),
        }
    }

    fn digest_site(&self, site: &Site, digest: &mut Digest) {
        let stage = site.link.as_ref().map(|link| match &link.stage {
            Stage::Ungreeted => (0_u8, 0),
            Stage::Reporting(_, inventory) => (1, inventory.count()),
            Stage::InService(_) => (2, 0),
            Stage::Failsoft(_, inventory) => (3, inventory.count()),
        });
        site.link.as_ref().map(|link| &link.report).hash(digest);
        (
            site.config.site,
            site.memory,
            site.control_is_lost,
            stage,
            site.slots.controls(),
            site.slots.time_used(),
        )
            .hash(digest);
        site.slots.iter().for_each(|slot| slot.hash(digest));
        site.slots.idle_since().for_each(|since| since.hash(digest));
        site.slots.faulty().for_each(|at| at.hash(digest));
        for unit in &site.units {
            let visitor = self.visitors.get(*unit).expect("a unit at a site is in the visitor register");
            (visitor.unit, visitor.presence, visitor.tmsi, visitor.talkgroup, visitor.since).hash(digest);
            (visitor.secondary, visitor.rights, visitor.arrived).hash(digest);
            (visitor.heard, visitor.accepted.map(|accepted| (accepted.at, accepted.equipment))).hash(digest);
            (visitor.last_request, visitor.last_affiliation, visitor.last_emergency, visitor.activity)
                .hash(digest);
            visitor.last_message.hash(digest);
        }
        for (identity, pending) in &site.challenges {
            (identity, pending.unit, pending.press, pending.equipment).hash(digest);
        }
    }
}

fn call_view(call: &Call) -> CallView {
    CallView {
        call: call.id,
        parties: call.parties,
        talker: call.floor.map(|floor| floor.unit),
        priority: call.priority,
        emergency: call.kind == RequestKind::Emergency,
        duplex: call.is_duplex(),
        area: call.area,
        since: call.record.granted,
        sites: call.legs.iter().map(|leg| (leg.site, leg.at)).collect(),
        waiting: call
            .floor_queue
            .iter()
            .map(|waiting| FloorView { unit: waiting.ask.unit, demand: waiting.ask.claim.demand() })
            .collect(),
        monitored_by: call.record.monitored_by.clone(),
    }
}

fn queue_view(waiting: &Waiting) -> QueueView {
    let request = &waiting.request;
    QueueView {
        unit: request.unit,
        parties: request.parties,
        area: request.area,
        site: request.site(),
        priority: request.priority,
        emergency: request.kind == RequestKind::Emergency,
        since: request.requested,
    }
}
