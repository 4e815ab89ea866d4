//! A plan that several tests build on: two sites, one talkgroup, radios at either.
//!
//! It is here and not in the library of this package because that knows nothing of the lab: `cargo verify` is built from
//! it and must be quick to start.

use trunklab::lab::plan::{Plan, RadioPlan};
use trunklab_controller_core::config::{SiteConfig, Subscriber, SystemParameters, Talkgroup};
use trunklab_protocol::air_downlink::AccessRules;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    CarrierNumber, Demand, Identity, Position, ProfileId, ScanList, SiteId, TalkgroupId, UnitId,
};

/// Metres between the sites: each radio hears its own better.
const APART_M: i32 = 20_000;

pub fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

/// All units in talkgroup 41, each half a kilometre from its site: 1 or 2.
pub fn plan(profile: ProfileId, units: &[(u32, u16)]) -> Plan {
    let talkgroup = TalkgroupId::new(41).unwrap();
    Plan {
        system: SystemParameters::default(),
        sites: vec![site(profile, 1), site(profile, 2)],
        areas: Vec::new(),
        talkgroups: vec![Talkgroup::named(talkgroup, "Dispatch")],
        subscribers: units
            .iter()
            .map(|(number, _)| Subscriber {
                talkgroups: vec![talkgroup],
                ..Subscriber::new(unit(*number), key(*number))
            })
            .collect(),
        radios: units
            .iter()
            .map(|(number, site)| RadioPlan {
                unit: unit(*number),
                owner: unit(*number),
                identity: Identity::Unit(unit(*number)),
                equipment: None,
                key: key(*number),
                talkgroup,
                scan: ScanList::default(),
                position: Position { east_m: east_m(*site) + 500, north_m: 0 },
                demand: Demand::Low,
                emergency_talkgroup: None,
                refuses_individual_calls: false,
            })
            .collect(),
    }
}

fn site(profile: ProfileId, number: u16) -> SiteConfig {
    let carrier = |number| CarrierNumber::new(number).unwrap();
    SiteConfig {
        position: Position { east_m: east_m(number), north_m: 0 },
        power_dbm: 50,
        carriers: vec![carrier(number * 10), carrier(number * 10 + 1)],
        access: AccessRules { backoff: 8, tries: 6, tries_emergency: 10, wait: 5 },
        talker_silence_ms: 2_000,
        late_entry_interval_ms: 1_000,
        ..SiteConfig::new(SiteId::new(number).unwrap(), profile, carrier(number * 10))
    }
}

fn east_m(site: u16) -> i32 {
    (i32::from(site) - 1) * APART_M
}

fn key(number: u32) -> UnitKey {
    UnitKey::new([u8::try_from(number % 251).unwrap(); 16])
}
