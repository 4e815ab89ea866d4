//! The home register: every subscriber, found by whatever names it (clause 13.1.1).

mod several;

use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    Cause, Condition, Demand, FleetMember, Identity, Imei, Imsi, Msisdn, Priority, Service, Services, SiteId,
    TalkgroupId, UnitId,
};

use super::names::{Name, Named, Names};
use crate::config::Subscriber;
use crate::digest::digest_of;
use crate::isolated::UnitCopy;

/// Subscribers, sized for a million: a row has no spare capacity.
#[derive(Debug, Clone, Default)]
pub struct HomeRegister {
    rows: Vec<Row>,
    names: Names,
    /// The sum of all rows' digests: kept up to date, since nobody wants to walk a million rows.
    digest: u64,
}

/// What the register knows of one subscriber.
#[derive(Debug, Clone, Hash)]
pub struct Row {
    unit: UnitId,
    imei: Option<Imei>,
    imsi: Option<Imsi>,
    msisdn: Option<Msisdn>,
    fleet_member: Option<FleetMember>,
    /// `None` where this is a copy: keys never leave the home register.
    key: Option<[u8; 16]>,
    talkgroups: Box<[TalkgroupId]>,
    sites: Option<Box<[SiteId]>>,
    home_site: Option<SiteId>,
    rights: Rights,
    emergency_talkgroup: Option<TalkgroupId>,
    duplex: bool,
}

/// What a subscriber may ask for, and how urgently: copied to the visitor register, by which requests are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rights {
    /// The least priority of its requests.
    pub priority: Priority,
    /// The services that it may ask for.
    pub services: Services,
    /// The highest demand for a floor that it may make, but for an emergency.
    pub floor_demand: Demand,
}

impl Rights {
    /// Whether it may ask for a service.
    pub fn include(self, service: Service) -> bool {
        self.services.contains(service)
    }
}

impl Row {
    /// The individual id.
    pub fn unit(&self) -> UnitId {
        self.unit
    }

    /// The equipment that belongs to it.
    pub fn imei(&self) -> Option<Imei> {
        self.imei
    }

    /// The subscription.
    pub fn imsi(&self) -> Option<Imsi> {
        self.imsi
    }

    /// The key that the unit shares with the home register; `None` in a copy of it.
    pub fn key(&self) -> Option<UnitKey> {
        self.key.map(UnitKey::new)
    }

    /// What a site may know of it, with the equipment that its vectors are for; it is of use and set nowhere.
    pub(crate) fn copied(&self, equipment: Option<Imei>) -> UnitCopy {
        UnitCopy {
            unit: self.unit,
            imei: self.imei,
            imsi: self.imsi,
            msisdn: self.msisdn,
            fleet_member: self.fleet_member,
            talkgroups: self.talkgroups.to_vec(),
            priority: self.rights.priority,
            services: self.rights.services,
            floor_demand: self.rights.floor_demand,
            emergency_talkgroup: self.emergency_talkgroup,
            duplex: self.duplex,
            condition: Condition::Active,
            regrouped: None,
            equipment,
        }
    }

    /// Whether the unit may affiliate to a talkgroup.
    pub fn is_member(&self, talkgroup: TalkgroupId) -> bool {
        self.talkgroups.binary_search(&talkgroup).is_ok()
    }

    /// What it may ask for.
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// Where it usually is.
    pub fn home_site(&self) -> Option<SiteId> {
        self.home_site
    }

    /// Whether the unit can talk and hear at once.
    pub fn is_duplex(&self) -> bool {
        self.duplex
    }

    /// Where the unit asks for an emergency call, if not in its own talkgroup.
    pub fn emergency_talkgroup(&self) -> Option<TalkgroupId> {
        self.emergency_talkgroup
    }

    /// Whether the unit may register at a site.
    pub fn may_use(&self, site: SiteId) -> bool {
        self.sites.as_ref().is_none_or(|sites| sites.binary_search(&site).is_ok())
    }
}

impl Named for Row {
    fn names(&self) -> impl Iterator<Item = Name> {
        let fleet_member = self.fleet_member.map(Name::FleetMember);
        let numbers = [
            Some(Name::Unit(self.unit)),
            self.imei.map(Name::Imei),
            self.imsi.map(Name::Imsi),
            self.msisdn.map(Name::Msisdn),
            fleet_member,
        ];
        numbers.into_iter().flatten()
    }

    fn is_named(&self, name: Name) -> bool {
        match name {
            Name::Unit(unit) => self.unit == unit,
            Name::Imei(imei) => self.imei == Some(imei),
            Name::Imsi(imsi) => self.imsi == Some(imsi),
            Name::Msisdn(msisdn) => self.msisdn == Some(msisdn),
            Name::FleetMember(pair) => self.fleet_member == Some(pair),
        }
    }
}

impl HomeRegister {
    /// Adds a subscriber, or replaces the one with the same unit.
    ///
    /// # Errors
    /// Where one of its names is another subscriber's, or its home site is none that it may use.
    pub fn provision(&mut self, subscriber: impl Into<Row>) -> Result<(), Cause> {
        let row = subscriber.into();
        let earlier = self.names.find(Name::Unit(row.unit), &self.rows);
        let is_taken = |name: &Name| {
            let holder = self.names.find(*name, &self.rows);
            holder.is_some() && holder != earlier
        };
        if let Some(name) = row.names().find(is_taken) {
            return Err(name.taken());
        }
        if row.home_site.is_some_and(|site| !row.may_use(site)) {
            return Err(Cause::HomeSiteNotAllowed);
        }
        self.digest = self.digest.wrapping_add(digest_of(&row));
        let at = match earlier {
            Some(at) => {
                self.names.remove(at, &self.rows);
                let replaced = std::mem::replace(&mut self.rows[at], row);
                self.digest = self.digest.wrapping_sub(digest_of(&replaced));
                at
            }
            None => {
                self.rows.push(row);
                self.rows.len() - 1
            }
        };
        self.names.add(at, &self.rows);
        Ok(())
    }

    /// Changes what a subscriber may ask for; `false` where there is none.
    pub fn set_rights(&mut self, unit: UnitId, rights: Rights) -> bool {
        let Some(at) = self.names.find(Name::Unit(unit), &self.rows) else { return false };
        self.digest = self.digest.wrapping_sub(digest_of(&self.rows[at]));
        self.rows[at].rights = rights;
        self.digest = self.digest.wrapping_add(digest_of(&self.rows[at]));
        true
    }

    /// Takes a subscriber out; its names are free again. `false` where there is none.
    pub fn remove(&mut self, unit: UnitId) -> bool {
        let Some(at) = self.names.find(Name::Unit(unit), &self.rows) else { return false };
        self.names.remove(at, &self.rows);
        let last = self.rows.len() - 1;
        // The last row takes its place.
        if at != last {
            self.names.remove(last, &self.rows);
        }
        let removed = self.rows.swap_remove(at);
        self.digest = self.digest.wrapping_sub(digest_of(&removed));
        if at != last {
            self.names.add(at, &self.rows);
        }
        true
    }

    /// The subscriber with this individual id.
    pub fn unit(&self, unit: UnitId) -> Option<&Row> {
        self.named(Name::Unit(unit))
    }

    /// The subscriber that has this name.
    pub fn named(&self, name: Name) -> Option<&Row> {
        self.names.find(name, &self.rows).map(|at| &self.rows[at])
    }

    /// The subscriber that names itself so; by a temporary identity none, for the visitor register gives those.
    pub fn resolve(&self, identity: Identity) -> Option<&Row> {
        match identity {
            Identity::Imei(imei) => self.named(Name::Imei(imei)),
            Identity::Imsi(imsi) => self.named(Name::Imsi(imsi)),
            Identity::Unit(unit) => self.named(Name::Unit(unit)),
            Identity::Tmsi(_) => None,
        }
    }

    /// How many subscribers there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A digest of all rows, in whatever order they came.
    pub fn digest(&self) -> u64 {
        self.digest
    }
}

impl From<Subscriber> for Row {
    fn from(subscriber: Subscriber) -> Self {
        Self {
            unit: subscriber.unit,
            imei: subscriber.imei,
            imsi: subscriber.imsi,
            msisdn: subscriber.msisdn,
            fleet_member: subscriber.fleet_member,
            key: Some(*subscriber.key.octets()),
            talkgroups: sorted(subscriber.talkgroups),
            sites: subscriber.sites.map(sorted),
            home_site: subscriber.home_site,
            rights: Rights {
                priority: subscriber.priority,
                services: subscriber.services,
                floor_demand: subscriber.floor_demand,
            },
            emergency_talkgroup: subscriber.emergency_talkgroup,
            duplex: subscriber.duplex,
        }
    }
}

impl From<UnitCopy> for Row {
    fn from(copy: UnitCopy) -> Self {
        Self {
            unit: copy.unit,
            imei: copy.imei,
            imsi: copy.imsi,
            msisdn: copy.msisdn,
            fleet_member: copy.fleet_member,
            key: None,
            talkgroups: sorted(copy.talkgroups),
            sites: None,
            home_site: None,
            rights: Rights {
                priority: copy.priority,
                services: copy.services,
                floor_demand: copy.floor_demand,
            },
            emergency_talkgroup: copy.emergency_talkgroup,
            duplex: copy.duplex,
        }
    }
}

/// Provisioned lists are promised in order; a search must not depend on a promise.
fn sorted<T: Ord>(mut list: Vec<T>) -> Box<[T]> {
    list.sort_unstable();
    list.dedup();
    list.into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscriber(unit: u32, imei: u64) -> Subscriber {
        Subscriber {
            imei: Imei::new(imei),
            talkgroups: vec![TalkgroupId::new(9).unwrap(), TalkgroupId::new(4).unwrap()],
            ..Subscriber::new(UnitId::new(unit).unwrap(), UnitKey::new([unit as u8; 16]))
        }
    }

    /// A subscriber whose names all come from one number.
    fn named(unit: u32, number: u16) -> Subscriber {
        Subscriber {
            imsi: Imsi::new(number.into()),
            msisdn: Msisdn::new(number.into()),
            fleet_member: Some(FleetMember { fleet: 1, member: number }),
            ..subscriber(unit, number.into())
        }
    }

    type Sharing = fn(&mut Subscriber);

    #[test]
    fn each_name_is_one_units() {
        let first = named(1, 100);
        let shared: [(Cause, Sharing); 4] = [
            (Cause::ImeiTaken, |other| other.imei = Imei::new(100)),
            (Cause::ImsiTaken, |other| other.imsi = Imsi::new(100)),
            (Cause::MsisdnTaken, |other| other.msisdn = Msisdn::new(100)),
            (Cause::FleetMemberTaken, |other| {
                other.fleet_member = Some(FleetMember { fleet: 1, member: 100 })
            }),
        ];
        for (cause, share) in shared {
            let mut register = HomeRegister::default();
            register.provision(first.clone()).unwrap();
            let before = register.digest();
            let mut second = named(2, 200);
            share(&mut second);
            assert_eq!(register.provision(second), Err(cause));
            assert_eq!((register.len(), register.digest()), (1, before), "{cause:?}");
            register.provision(named(2, 200)).unwrap();
            register.provision(first.clone()).expect("a unit may have its own names again");
        }
    }

    #[test]
    fn a_subscriber_is_found_by_every_name_until_it_is_taken_out() {
        let mut register = HomeRegister::default();
        for number in 1..=9 {
            register.provision(named(number.into(), 100 + number)).unwrap();
        }
        let found = |register: &HomeRegister, name| register.named(name).map(|row| row.unit().number());
        let names =
            |number: u16| -> Vec<_> { Row::from(named(number.into(), 100 + number)).names().collect() };
        assert_eq!(names(5).len(), 5);
        assert!(register.remove(UnitId::new(3).unwrap()));
        assert!(!register.remove(UnitId::new(3).unwrap()), "there is none any more");
        assert!(register.remove(UnitId::new(9).unwrap()));
        for number in 1..=9_u16 {
            let wanted = (number != 3 && number != 9).then_some(number.into());
            for name in names(number) {
                assert_eq!(found(&register, name), wanted, "{name:?}");
            }
        }
        assert_eq!(register.len(), 7);
        let mut again = HomeRegister::default();
        for number in [8, 7, 6, 5, 4, 2, 1] {
            again.provision(named(number.into(), 100 + number)).unwrap();
        }
        assert_eq!(register.digest(), again.digest());
    }

    #[test]
    fn a_home_site_is_one_that_the_unit_may_use() {
        let site = |number| SiteId::new(number).unwrap();
        let at_home = |sites| Subscriber { home_site: Some(site(5)), sites, ..subscriber(1, 100) };
        let mut register = HomeRegister::default();
        assert_eq!(register.provision(at_home(Some(vec![site(3)]))), Err(Cause::HomeSiteNotAllowed));
        assert!(register.is_empty());
        register.provision(at_home(Some(vec![site(3), site(5)]))).unwrap();
        register.provision(at_home(None)).unwrap();
        assert_eq!(register.unit(UnitId::new(1).unwrap()).unwrap().home_site(), Some(site(5)));
    }

    #[test]
    fn a_replaced_row_gives_its_old_identity_free() {
        let mut register = HomeRegister::default();
        register.provision(subscriber(1, 100)).unwrap();
        register.provision(subscriber(1, 101)).unwrap();
        let old = Identity::Imei(Imei::new(100).unwrap());
        assert!(register.resolve(old).is_none());
        register.provision(subscriber(2, 100)).unwrap();
        assert_eq!(register.resolve(old).unwrap().unit(), UnitId::new(2).unwrap());
    }

    #[test]
    fn membership_does_not_depend_on_the_order_of_the_list() {
        let mut register = HomeRegister::default();
        register.provision(subscriber(1, 100)).unwrap();
        let row = register.unit(UnitId::new(1).unwrap()).unwrap();
        assert!(row.is_member(TalkgroupId::new(4).unwrap()));
        assert!(!row.is_member(TalkgroupId::new(5).unwrap()));
    }

    #[test]
    fn the_digest_forgets_replaced_rows_and_the_order_of_arrival() {
        let (mut one, mut other) = (HomeRegister::default(), HomeRegister::default());
        one.provision(subscriber(1, 100)).unwrap();
        one.provision(subscriber(2, 200)).unwrap();
        other.provision(subscriber(2, 222)).unwrap();
        assert_ne!(one.digest(), other.digest());
        other.provision(subscriber(1, 100)).unwrap();
        other.provision(subscriber(2, 200)).unwrap();
        assert_eq!(one.digest(), other.digest());
    }
}
