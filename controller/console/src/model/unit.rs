//! One radio as it is set up: what the register holds of it, and what the network knows of it now.

use serde::Deserialize;
use trunklab_protocol::operator::UnitState;
use trunklab_protocol::{Demand, Imei, Imsi, Msisdn, Priority, Services, SiteId, TalkgroupId, UnitId};

use super::draft::lowest;

/// What `GET /v1/units/{unit}` answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UnitSheet {
    /// What the register holds.
    pub subscription: Subscription,
    /// What is known now.
    pub state: UnitState,
}

/// A subscriber. What the register leaves out is absent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[allow(missing_docs, reason = "docs/formats.md says what each column is")]
pub struct Subscription {
    pub unit: UnitId,
    #[serde(default)]
    pub imei: Option<Imei>,
    #[serde(default)]
    pub imsi: Option<Imsi>,
    #[serde(default)]
    pub msisdn: Option<Msisdn>,
    #[serde(default)]
    pub fleet: Option<u16>,
    #[serde(default)]
    pub member: Option<u16>,
    #[serde(default)]
    pub talkgroups: Vec<TalkgroupId>,
    /// `None`: every site.
    #[serde(default)]
    pub sites: Option<Vec<SiteId>>,
    #[serde(default)]
    pub home_site: Option<SiteId>,
    #[serde(default = "lowest")]
    pub priority: Priority,
    #[serde(default)]
    pub services: Services,
    #[serde(default)]
    pub floor_demand: Demand,
    #[serde(default)]
    pub emergency_talkgroup: Option<TalkgroupId>,
    #[serde(default)]
    pub duplex: bool,
}

/// What is known of the unit in sight.
#[derive(Debug, Clone, Default)]
pub enum Sheet {
    /// It was asked for.
    #[default]
    OnItsWay,
    /// As it was told last.
    Told(Box<UnitSheet>),
    /// Why it is not told.
    Refused(String),
}
