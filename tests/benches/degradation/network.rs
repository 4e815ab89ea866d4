//! The networks that are measured: sites far from each other, radios that stand at one distance from their site.

use trunklab::lab::plan::{Plan, RadioPlan};
use trunklab_controller_core::config::{
    FailsoftChannel, SiteConfig, Subscriber, SystemParameters, Talkgroup,
};
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    CarrierNumber, Demand, Identity, Position, ProfileId, ScanList, SiteId, SlotAddress, TalkgroupId, UnitId,
};

/// No radio hears two sites.
const APART_M: i32 = 100_000;

/// All radios of a site are heard equally well there: no burst is received in spite of another.
const FROM_SITE_M: i32 = 500;

/// How often a site tests its slots where that is what finds the loss.
pub const SELF_TEST_MS: u32 = 1_000;

/// What a site does without its controller, or without its control channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// It has no service (docs/call-processing.md 12.8).
    Nothing,
    /// It serves alone after so many milliseconds (docs/resilience.md 14.1).
    Isolated { after_ms: u32 },
    /// It goes into failsoft after so many milliseconds (docs/resilience.md 14.6).
    Failsoft { after_ms: u32 },
    /// It has its controller, but no sound control channel: it goes into failsoft after so many milliseconds (14.6.7).
    Control { after_ms: u32 },
}

/// A network to measure.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    /// Its air interface.
    pub profile: ProfileId,
    /// How many sites it has, numbered from 1.
    pub sites: u16,
    /// How many radios stand at each of them.
    pub radios_per_site: u32,
    /// Over what time registrations are spread; 0: as the radios think fit.
    pub window_ms: u32,
    /// What its sites do without a controller.
    pub without: Without,
}

/// The one talkgroup of all radios.
pub fn talkgroup() -> TalkgroupId {
    TalkgroupId::new(41).unwrap()
}

/// The carrier of a site's control channel.
pub fn control_carrier() -> CarrierNumber {
    CarrierNumber::new(1).unwrap()
}

impl Network {
    /// All radios, and at which site each stands.
    pub fn radios(self) -> impl Iterator<Item = (SiteId, UnitId)> {
        (1..=self.sites).flat_map(move |site| {
            let first = u32::from(site) * 100_000;
            (first..first + self.radios_per_site)
                .map(move |unit| (SiteId::new(site).unwrap(), UnitId::new(unit).unwrap()))
        })
    }

    /// All that has to exist before it runs.
    pub fn plan(self) -> Plan {
        let key = |unit: UnitId| UnitKey::new([(unit.number() % 251) as u8; 16]);
        Plan {
            system: SystemParameters::default(),
            sites: (1..=self.sites).map(|number| self.site(number)).collect(),
            areas: Vec::new(),
            talkgroups: vec![Talkgroup::named(talkgroup(), "All".to_owned())],
            subscribers: self
                .radios()
                .map(|(_, unit)| Subscriber {
                    talkgroups: vec![talkgroup()],
                    ..Subscriber::new(unit, key(unit))
                })
                .collect(),
            radios: self
                .radios()
                .map(|(site, unit)| RadioPlan {
                    unit,
                    owner: unit,
                    identity: Identity::Unit(unit),
                    equipment: None,
                    key: key(unit),
                    talkgroup: talkgroup(),
                    scan: ScanList::default(),
                    position: Position {
                        east_m: i32::from(site.number()) * APART_M + FROM_SITE_M,
                        north_m: 0,
                    },
                    demand: Demand::Low,
                    emergency_talkgroup: None,
                    refuses_individual_calls: false,
                })
                .collect(),
        }
    }

    fn site(self, number: u16) -> SiteConfig {
        let carriers: Vec<_> = (1..=3).map(|number| CarrierNumber::new(number).unwrap()).collect();
        let control = control_carrier();
        let channel =
            FailsoftChannel { at: SlotAddress::first_of(carriers[1]), talkgroups: vec![talkgroup()] };
        let (isolated_after_ms, failsoft_after_ms, failsoft, self_test_ms) = match self.without {
            Without::Nothing => (0, 0, Vec::new(), 0),
            Without::Isolated { after_ms } => (after_ms, 0, Vec::new(), 0),
            Without::Failsoft { after_ms } => (0, after_ms, vec![channel], 0),
            Without::Control { after_ms } => (0, after_ms, vec![channel], SELF_TEST_MS),
        };
        SiteConfig {
            position: Position { east_m: i32::from(number) * APART_M, north_m: 0 },
            power_dbm: 50,
            registration_window_ms: self.window_ms,
            isolated_after_ms,
            failsoft_after_ms,
            failsoft,
            self_test_ms,
            carriers,
            ..SiteConfig::new(SiteId::new(number).unwrap(), self.profile, control)
        }
    }
}
