//! The home register: every subscriber, found by unit, equipment or subscription.

use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    Cause, Demand, FleetMember, Identity, Imei, Imsi, Msisdn, SiteId, TalkgroupId, UnitId,
};

use crate::config::Subscriber;
use crate::digest::digest_of;
use crate::lookup::Lookup;

/// Subscribers in order of their provisioning, sized for a million: a row has no spare capacity.
#[derive(Debug, Clone, Default)]
pub struct HomeRegister {
    rows: Vec<Row>,
    by_unit: Lookup<UnitId, u32>,
    by_imei: Lookup<Imei, UnitId>,
    by_imsi: Lookup<Imsi, UnitId>,
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
    key: [u8; 16],
    talkgroups: Box<[TalkgroupId]>,
    sites: Option<Box<[SiteId]>>,
    floor_demand: Demand,
    emergency_talkgroup: Option<TalkgroupId>,
    duplex: bool,
}

impl Row {
    /// The individual id.
    pub fn unit(&self) -> UnitId {
        self.unit
    }

    /// The key that the unit shares with the register.
    pub fn key(&self) -> UnitKey {
        UnitKey::new(self.key)
    }

    /// Whether the unit may affiliate to a talkgroup.
    pub fn is_member(&self, talkgroup: TalkgroupId) -> bool {
        self.talkgroups.binary_search(&talkgroup).is_ok()
    }

    /// The highest demand for a floor that the unit may make, but for an emergency.
    pub fn floor_demand(&self) -> Demand {
        self.floor_demand
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

impl HomeRegister {
    /// Adds a subscriber, or replaces the one with the same unit.
    ///
    /// # Errors
    /// `Duplicate` where its equipment or subscription belongs to another unit: an identity names one unit.
    pub fn provision(&mut self, subscriber: Subscriber) -> Result<(), Cause> {
        let unit = subscriber.unit;
        let taken = |holder: Option<&UnitId>| holder.is_some_and(|holder| *holder != unit);
        if taken(subscriber.imei.and_then(|imei| self.by_imei.get(&imei)))
            || taken(subscriber.imsi.and_then(|imsi| self.by_imsi.get(&imsi)))
        {
            return Err(Cause::Duplicate);
        }
        let row = Row::from(subscriber);
        if let Some(imei) = row.imei {
            self.by_imei.insert(imei, unit);
        }
        if let Some(imsi) = row.imsi {
            self.by_imsi.insert(imsi, unit);
        }
        self.digest = self.digest.wrapping_add(digest_of(&row));
        match self.by_unit.get(&unit) {
            Some(index) => {
                let earlier = std::mem::replace(&mut self.rows[*index as usize], row);
                self.forget(&earlier);
            }
            None => {
                let index = u32::try_from(self.rows.len()).expect("there are fewer than 2^24 units");
                self.by_unit.insert(unit, index);
                self.rows.push(row);
            }
        }
        Ok(())
    }

    /// The subscriber with this individual id.
    pub fn unit(&self, unit: UnitId) -> Option<&Row> {
        self.by_unit.get(&unit).map(|index| &self.rows[*index as usize])
    }

    /// The subscriber that names itself so.
    pub fn resolve(&self, identity: Identity) -> Option<&Row> {
        match identity {
            Identity::Imei(imei) => self.by_imei.get(&imei).and_then(|unit| self.unit(*unit)),
            Identity::Imsi(imsi) => self.by_imsi.get(&imsi).and_then(|unit| self.unit(*unit)),
            Identity::Unit(unit) => self.unit(unit),
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

    /// Takes out what only the replaced row said.
    fn forget(&mut self, earlier: &Row) {
        self.digest = self.digest.wrapping_sub(digest_of(earlier));
        let current = self.unit(earlier.unit).expect("a replaced row has a successor");
        let (imei, imsi) = (current.imei, current.imsi);
        if let Some(old) = earlier.imei.filter(|old| imei != Some(*old)) {
            self.by_imei.remove(&old);
        }
        if let Some(old) = earlier.imsi.filter(|old| imsi != Some(*old)) {
            self.by_imsi.remove(&old);
        }
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
            key: *subscriber.key.octets(),
            talkgroups: sorted(subscriber.talkgroups),
            sites: subscriber.sites.map(sorted),
            floor_demand: subscriber.floor_demand,
            emergency_talkgroup: subscriber.emergency_talkgroup,
            duplex: subscriber.duplex,
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

    #[test]
    fn an_identity_names_one_unit() {
        let mut register = HomeRegister::default();
        register.provision(subscriber(1, 100)).unwrap();
        assert_eq!(register.provision(subscriber(2, 100)), Err(Cause::Duplicate));
        assert_eq!(register.len(), 1);
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
