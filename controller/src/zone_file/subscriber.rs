//! `[[subscriber]]`: the home register.

use std::collections::BTreeSet;

use serde::Deserialize;
use trunklab_controller_core::config::Subscriber;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    Demand, FleetMember, Imei, Imsi, Msisdn, Priority, Services, SiteId, TalkgroupId, UnitId,
};

use super::Defect;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubscriberTable {
    pub(super) unit: UnitId,
    key: Key,
    talkgroups: Vec<TalkgroupId>,
    imei: Option<Imei>,
    imsi: Option<Imsi>,
    msisdn: Option<Msisdn>,
    fleet: Option<u16>,
    member: Option<u16>,
    sites: Option<Vec<SiteId>>,
    home_site: Option<SiteId>,
    priority: Option<Priority>,
    #[serde(default)]
    services: Services,
    #[serde(default)]
    floor_demand: Demand,
    emergency_talkgroup: Option<TalkgroupId>,
    #[serde(default)]
    duplex: bool,
}

/// 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Key(UnitKey);

impl TryFrom<String> for Key {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        // The text itself never appears in the message: it is a secret.
        let expected = "a key is 32 hexadecimal digits; `openssl rand -hex 16` makes one";
        if text.len() != 32 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(expected);
        }
        u128::from_str_radix(&text, 16).map(|key| Self(UnitKey::new(key.to_be_bytes()))).map_err(|_| expected)
    }
}

impl SubscriberTable {
    pub(super) fn config(self, known: &BTreeSet<TalkgroupId>) -> Result<Subscriber, Defect> {
        let unfit =
            |what: &str| Defect::Unfit { place: format!("subscriber {}", self.unit), what: what.to_owned() };
        if let Some(other) = self.talkgroups.iter().find(|talkgroup| !known.contains(talkgroup)) {
            return Err(unfit(&format!("talkgroup {other} is not in this file: add a [[talkgroup]]")));
        }
        if self.emergency_talkgroup.is_some_and(|talkgroup| !self.talkgroups.contains(&talkgroup)) {
            return Err(unfit("emergency_talkgroup is not one of its talkgroups: add it there"));
        }
        if let (Some(site), Some(sites)) = (self.home_site, &self.sites)
            && !sites.contains(&site)
        {
            return Err(unfit("home_site is not one of its sites: add it there"));
        }
        if self.floor_demand == Demand::Emergency {
            return Err(unfit("floor_demand emergency is everybody's: write low, high or preemptive"));
        }
        let fleet_member = match (self.fleet, self.member) {
            (Some(fleet), Some(member)) => Some(FleetMember { fleet, member }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err(unfit("fleet and member belong together: give both"));
            }
        };
        let talkgroups: BTreeSet<_> = self.talkgroups.into_iter().collect();
        Ok(Subscriber {
            unit: self.unit,
            imei: self.imei,
            imsi: self.imsi,
            msisdn: self.msisdn,
            fleet_member,
            key: self.key.0,
            talkgroups: talkgroups.into_iter().collect(),
            sites: self.sites,
            home_site: self.home_site,
            priority: self.priority.unwrap_or(Priority::LOWEST),
            services: self.services,
            floor_demand: self.floor_demand,
            emergency_talkgroup: self.emergency_talkgroup,
            duplex: self.duplex,
        })
    }
}
