//! A row on its way to a subscriber: what each cell says alone was read, what they say together is judged here.

use std::str::FromStr;

use trunklab_controller_core::config::Subscriber;
use trunklab_controller_core::registry::names::{Name, Named};
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    Demand, FleetMember, Imei, Imsi, Msisdn, Priority, Services, SiteId, TalkgroupId, UnitId,
};

use super::Defects;

/// The cells of a row; what it does not say is as for any subscriber.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) unit: Option<UnitId>,
    pub(super) imei: Option<Imei>,
    pub(super) imsi: Option<Imsi>,
    pub(super) msisdn: Option<Msisdn>,
    pub(super) fleet: Option<u16>,
    pub(super) member: Option<u16>,
    pub(super) key: Option<UnitKey>,
    pub(super) talkgroups: Vec<TalkgroupId>,
    pub(super) sites: Option<Vec<SiteId>>,
    pub(super) home_site: Option<SiteId>,
    pub(super) priority: Option<Priority>,
    pub(super) services: Services,
    pub(super) floor_demand: Demand,
    pub(super) emergency_talkgroup: Option<TalkgroupId>,
    pub(super) duplex: bool,
}

/// A subscriber of a file.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) line: u64,
    pub(super) subscriber: Subscriber,
    /// The file gives no key: it keeps the one that it has.
    pub(super) keeps_key: bool,
}

impl Draft {
    /// The subscriber, or what is wrong with it.
    pub(super) fn finish(self, line: u64, defects: &mut Defects) -> Option<Entry> {
        match self.judge() {
            Ok((subscriber, keeps_key)) => Some(Entry { line, subscriber, keeps_key }),
            Err(what) => {
                defects.note(line, what);
                None
            }
        }
    }

    fn judge(mut self) -> Result<(Subscriber, bool), &'static str> {
        let unit = self.unit.ok_or("unit is missing: give a number from 1 to 16777215")?;
        let fleet_member = match (self.fleet, self.member) {
            (Some(fleet), Some(member)) => Some(FleetMember { fleet, member }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err("fleet and member belong together: give both"),
        };
        if self.emergency_talkgroup.is_some_and(|talkgroup| !self.talkgroups.contains(&talkgroup)) {
            return Err("emergency_talkgroup is not one of its talkgroups: add it there");
        }
        if let (Some(site), Some(sites)) = (self.home_site, &self.sites)
            && !sites.contains(&site)
        {
            return Err("home_site is not one of its sites: add it there");
        }
        if self.floor_demand == Demand::Emergency {
            return Err("floor_demand emergency is everybody's: write low, high or preemptive");
        }
        self.talkgroups.sort_unstable();
        self.talkgroups.dedup();
        let key = self.key.unwrap_or(UnitKey::new([0; 16]));
        let subscriber = Subscriber {
            imei: self.imei,
            imsi: self.imsi,
            msisdn: self.msisdn,
            fleet_member,
            talkgroups: self.talkgroups,
            sites: self.sites.map(|mut sites| {
                sites.sort_unstable();
                sites.dedup();
                sites
            }),
            home_site: self.home_site,
            priority: self.priority.unwrap_or(Priority::LOWEST),
            services: self.services,
            floor_demand: self.floor_demand,
            emergency_talkgroup: self.emergency_talkgroup,
            duplex: self.duplex,
            ..Subscriber::new(unit, key)
        };
        Ok((subscriber, self.key.is_none()))
    }
}

impl Named for Entry {
    fn names(&self) -> impl Iterator<Item = Name> {
        names(&self.subscriber)
    }

    fn is_named(&self, name: Name) -> bool {
        names(&self.subscriber).any(|own| own == name)
    }
}

/// All names of a subscriber.
pub(super) fn names(subscriber: &Subscriber) -> impl Iterator<Item = Name> + use<> {
    let all = [
        Some(Name::Unit(subscriber.unit)),
        subscriber.imei.map(Name::Imei),
        subscriber.imsi.map(Name::Imsi),
        subscriber.msisdn.map(Name::Msisdn),
        subscriber.fleet_member.map(Name::FleetMember),
    ];
    all.into_iter().flatten()
}

/// A key from 32 hexadecimal digits.
pub(super) fn key(text: &str) -> Option<UnitKey> {
    let is_key = text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u128::from_str_radix(text, 16).ok().filter(|_| is_key)?;
    Some(UnitKey::new(number.to_be_bytes()))
}

/// A key as text.
pub(super) fn key_text(key: &UnitKey) -> String {
    format!("{:032x}", u128::from_be_bytes(*key.octets()))
}

/// A number within the range of its type.
pub(super) fn number<N: FromStr, T>(text: &str, read: impl Fn(N) -> Option<T>) -> Option<T> {
    let is_number = text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|_| is_number).and_then(read)
}
