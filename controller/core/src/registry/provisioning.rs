//! Changes of what is provisioned, while the system runs.

use trunklab_protocol::operator::{EventKind, StatusText};
use trunklab_protocol::settings::{CARRIERS_MAX, NAME_LEN_MAX, NEIGHBOURS_MAX};
use trunklab_protocol::switch::SITES_MAX;
use trunklab_protocol::to_site::{Configure, OTHERS_MAX};
use trunklab_protocol::{CallId, Cause, Clause, SiteId, StartPolicy, TalkgroupId, UnitId};

use super::sites::Site;
use super::talkgroups::TalkgroupState;
use crate::call::table::Event;
use crate::channels::SlotPool;
use crate::config::{
    Change, Reach, STATUSES_MAX, ServiceArea, SiteConfig, Subscriber, SystemParameters, Talkgroup,
};
use crate::controller::Controller;
use crate::output::Outbox;

/// Service areas of one system.
pub(crate) const AREAS_MAX: usize = 1_000;

impl Controller {
    /// Something is provisioned or changed. What cannot be is dropped with its cause and changes nothing.
    pub(crate) fn provision(&mut self, change: Change, out: &mut Outbox) {
        let of_units = matches!(
            change,
            Change::Subscriber(_)
                | Change::Subscribers(_)
                | Change::SubscriberRemoved(_)
                | Change::Remote(_)
                | Change::Alarm(_)
        );
        if !of_units {
            self.queue.watch_mut().wake_all();
            self.copies.note_configuration();
        }
        let outcome = match change {
            Change::System(parameters) => self.provision_system(parameters, out),
            Change::Site(config) => self.provision_site(config, out),
            Change::Area(area) => self.provision_area(area, out),
            Change::Talkgroup(talkgroup) => self.provision_talkgroup(talkgroup),
            Change::Subscriber(subscriber) => self.provision_subscriber(subscriber, out),
            Change::Subscribers(subscribers) => self.provision_subscribers(subscribers, out),
            Change::SubscriberRemoved(unit) => {
                self.remove_subscriber(unit, out);
                Ok(())
            }
            Change::Patch(talkgroups) => self.provision_patch(&talkgroups, out),
            Change::SiteRemoved(site) => {
                self.take_site_out(site, out);
                Ok(())
            }
            Change::AreaRemoved(area) => {
                self.take_area_out(area, out);
                Ok(())
            }
            Change::TalkgroupRemoved(talkgroup) => self.take_talkgroup_out(talkgroup, out),
            Change::Version(version) => {
                self.configuration_version = version;
                Ok(())
            }
            Change::Remote(kept) => self.provision_remote(kept, out),
            Change::Alarm(record) => self.provision_alarm(*record),
        };
        if let Err(cause) = outcome {
            self.report(EventKind::Dropped { site: None, cause }, out);
        }
    }

    fn provision_system(&mut self, parameters: SystemParameters, out: &mut Outbox) -> Result<(), Cause> {
        check_statuses(&parameters.statuses)?;
        self.provision_consoles(&parameters.consoles, out)?;
        self.system = parameters;
        for site in self.sites.keys().collect::<Vec<_>>() {
            self.configure_again(site, out);
        }
        Ok(())
    }

    fn provision_site(&mut self, config: SiteConfig, out: &mut Outbox) -> Result<(), Cause> {
        let site = config.site;
        if config.name.len() > NAME_LEN_MAX
            || config.carriers.len() > CARRIERS_MAX
            || config.neighbours.len() > NEIGHBOURS_MAX
        {
            return Err(Cause::FieldOutOfRange);
        }
        let Some(row) = self.sites.get(site) else {
            if self.sites.len() >= SITES_MAX {
                return Err(Cause::RegisterFull);
            }
            self.sites.add(site, Site::new(config));
            return Ok(());
        };
        let before = row.slots.controls().to_vec();
        let stays = config.allows_controls_at(&before) && config.profile == row.config.profile;
        let controls = if stays { before.clone() } else { config.first_controls() };
        let pool = SlotPool::with_controls(&config, controls);
        let lost: Vec<_> =
            row.slots.iter().filter(|(at, _)| !pool.exists(*at)).filter_map(|(_, call)| call).collect();
        for call in &lost {
            self.take_slot_out(*call, site, out);
        }
        let row = self.sites.get_mut(site).expect("the site was found above");
        row.slots = pool.in_place_of(&row.slots);
        row.config = config;
        self.note_left(site, &before);
        self.slots_freed = true;
        self.configure_again(site, out);
        for call in lost {
            if self.calls.get(call).is_some_and(|call| self.is_heard(call, site)) {
                self.cover_call(call, site, out);
            }
        }
        self.settle_slot_alarms(site, out);
        self.schedule_control_move(site);
        self.review_control(site, out);
        Ok(())
    }

    /// A call's slot at a site is no more (clause 13.6.4): the call leaves the site, or ends where no other carries it.
    fn take_slot_out(&mut self, id: CallId, site: SiteId, out: &mut Outbox) {
        let Some(call) = self.calls.get(id) else { return };
        let cause = Cause::NoSuchCarrier;
        if call.parties.pair().is_some() || call.legs.len() == 1 {
            self.advance_call_for(id, Event::TakenOut, None, Some(cause), out);
        } else {
            self.drop_leg(id, site, cause, out);
        }
    }

    fn provision_area(&mut self, mut area: ServiceArea, out: &mut Outbox) -> Result<(), Cause> {
        if area.name.len() > NAME_LEN_MAX || area.sites.len() > SITES_MAX {
            return Err(Cause::FieldOutOfRange);
        }
        area.sites.sort_unstable();
        area.sites.dedup();
        let number = area.area;
        if let Some(row) = self.areas.get_mut(number) {
            *row = area;
        } else if self.areas.len() < AREAS_MAX {
            self.areas.add(number, area);
        } else {
            return Err(Cause::RegisterFull);
        }
        self.follow_area(number, out);
        Ok(())
    }

    fn provision_talkgroup(&mut self, talkgroup: Talkgroup) -> Result<(), Cause> {
        let too_many = matches!(&talkgroup.start, StartPolicy::Critical(sites) if sites.len() > SITES_MAX)
            || matches!(&talkgroup.reach, Reach::Members(members) if members.len() > OTHERS_MAX);
        if too_many || talkgroup.id == TalkgroupId::ALL {
            return Err(Cause::FieldOutOfRange);
        }
        match self.talkgroups.get_mut(talkgroup.id) {
            Some(row) => row.config = talkgroup,
            None => self.talkgroups.add(talkgroup.id, TalkgroupState::new(talkgroup)),
        }
        // Who waits may wait for fewer sites now.
        self.slots_freed = true;
        Ok(())
    }

    fn provision_subscriber(&mut self, subscriber: Subscriber, out: &mut Outbox) -> Result<(), Cause> {
        let unit = subscriber.unit;
        if self.consoles.of(unit).is_some() {
            return Err(Cause::FieldOutOfRange);
        }
        let is_changed = self.home.unit(unit).is_some();
        self.home.provision(subscriber)?;
        if is_changed {
            self.follow_subscription(unit, out);
        }
        Ok(())
    }

    fn provision_subscribers(&mut self, subscribers: Vec<Subscriber>, out: &mut Outbox) -> Result<(), Cause> {
        let units: Vec<UnitId> = subscribers.iter().map(|subscriber| subscriber.unit).collect();
        if units.iter().any(|unit| self.consoles.of(*unit).is_some()) {
            return Err(Cause::FieldOutOfRange);
        }
        let changed: Vec<_> = units.into_iter().filter(|unit| self.home.unit(*unit).is_some()).collect();
        self.home.provision_all(subscribers)?;
        for unit in changed {
            self.follow_subscription(unit, out);
        }
        Ok(())
    }

    /// A registered unit has the rights of its subscription, or is deregistered where that lets it be there no longer. What
    /// was drawn or held against it by the earlier subscription is void.
    fn follow_subscription(&mut self, unit: UnitId, out: &mut Outbox) {
        self.forget_challenges_of(unit);
        self.forgive_clone(unit);
        self.copies.note_unit(unit);
        let rights = self.rights_of(unit);
        if let Some(visitor) = self.visitors.get_mut(unit) {
            visitor.rights = rights;
        }
        if let Some(cause) = self.no_longer_allowed(unit) {
            self.deregister(unit, cause, out);
        }
    }

    fn remove_subscriber(&mut self, unit: UnitId, out: &mut Outbox) {
        let outer = self.citing.replace(Clause::Removal);
        self.deregister(unit, Cause::UnknownUnit, out);
        self.citing = outer;
        self.forget_challenges_of(unit);
        self.forgive_clone(unit);
        self.home.remove(unit);
        self.copies.note_unit(unit);
        self.remote.forget(unit);
    }

    /// Why a registered unit's registration does not agree with its subscription any more.
    fn no_longer_allowed(&self, unit: UnitId) -> Option<Cause> {
        let visitor = self.visitors.get(unit)?;
        let subscriber = self.home.unit(unit)?;
        match () {
            () if !subscriber.may_use(visitor.site) => Some(Cause::SiteNotAllowed),
            () if visitor.talkgroups().any(|talkgroup| !self.is_member(subscriber, talkgroup)) => {
                Some(Cause::NotAMember)
            }
            () => None,
        }
    }

    /// A site that works gets its settings again; its keys stay.
    fn configure_again(&mut self, site: SiteId, out: &mut Outbox) {
        if let Some(settings) = self.settings_of(site) {
            self.tell(site, Configure { settings: Box::new(settings) }, out);
        }
    }
}

/// The statuses of a system, in order of their numbers, each once, and no more than may be.
fn check_statuses(statuses: &[StatusText]) -> Result<(), Cause> {
    let in_order = statuses.is_sorted_by(|one, other| one.number < other.number);
    let fits = |status: &StatusText| status.text.len() <= NAME_LEN_MAX;
    let all_fit = in_order && statuses.len() <= STATUSES_MAX && statuses.iter().all(fits);
    if all_fit { Ok(()) } else { Err(Cause::FieldOutOfRange) }
}
