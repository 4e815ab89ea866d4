//! What a site that may serve alone knows of a unit: everything by which its requests are judged, and no key.

use serde::{Deserialize, Serialize};
use trunklab_protocol::part::PART_LEN_MAX;
use trunklab_protocol::to_site::CopiedVector;
use trunklab_protocol::{
    Condition, Demand, FleetMember, Imei, Imsi, Msisdn, Priority, Regroup, Services, TalkgroupId, UnitId,
};

/// What the home register says of a unit, as far as a site may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitCopy {
    /// The individual id.
    pub unit: UnitId,
    /// The equipment that belongs to it.
    pub imei: Option<Imei>,
    /// The subscription.
    pub imsi: Option<Imsi>,
    /// The telephone number.
    pub msisdn: Option<Msisdn>,
    /// Fleet and member.
    pub fleet_member: Option<FleetMember>,
    /// Talkgroups that it may affiliate to.
    pub talkgroups: Vec<TalkgroupId>,
    /// The least priority of its requests.
    pub priority: Priority,
    /// What it has the right to.
    pub services: Services,
    /// The highest demand for a floor that it may make.
    pub floor_demand: Demand,
    /// Where it asks for an emergency call.
    pub emergency_talkgroup: Option<TalkgroupId>,
    /// Whether it can talk and hear at once.
    pub duplex: bool,
    /// Whether it is of use.
    pub condition: Condition,
    /// Where it was set from afar.
    pub regrouped: Option<Regroup>,
    /// The equipment for which its vectors were made.
    pub equipment: Option<Imei>,
}

/// The same, with what it can be challenged with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopiedUnit {
    /// What is known.
    pub copy: UnitCopy,
    /// Good once each.
    pub vectors: Vec<CopiedVector>,
}

/// The JSON of a copy, which fits a frame: where not all its talkgroups have room, those that are named go before the others.
pub(super) fn text_of(copy: UnitCopy, first: &[TalkgroupId]) -> String {
    let text = |copy: &UnitCopy| serde_json::to_string(copy).expect("a copy serialises: its keys are text");
    let whole = text(&copy);
    if whole.len() <= PART_LEN_MAX {
        return whole;
    }
    let (mut named, others): (Vec<_>, Vec<_>) =
        copy.talkgroups.iter().copied().partition(|talkgroup| first.contains(talkgroup));
    named.extend(others);
    let bare = text(&UnitCopy { talkgroups: Vec::new(), ..copy.clone() });
    let mut room = PART_LEN_MAX.saturating_sub(bare.len());
    let fits = |talkgroup: &TalkgroupId| {
        let length = talkgroup.to_string().len() + ",".len();
        let fits = length <= room;
        room = room.saturating_sub(length);
        fits
    };
    let talkgroups = named.into_iter().take_while(fits).collect();
    text(&UnitCopy { talkgroups, ..copy })
}
