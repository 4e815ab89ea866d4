//! `[[site]]`: one site, or the sectors of one mast; carriers, control channels, rules of access, neighbours.

use serde::Deserialize;
use trunklab_controller_core::config::{FailsoftChannel, SiteConfig};
use trunklab_controller_core::registry::control_place::CONTROL_MOVES_MS_MIN;
use trunklab_protocol::air_downlink::{AccessRules, Reselection};
use trunklab_protocol::settings::Neighbour;
use trunklab_protocol::{
    Azimuth, CarrierNumber, ControlLayout, ControlPlace, Position, ProfileId, Signalling, SiteId,
    SlotAddress, SlotChoice, SlotNumber, TalkgroupId,
};

use super::sector::{SectorTable, Site};
use super::{Defect, check_numbers};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteTable {
    pub(super) id: Option<SiteId>,
    pub(super) name: String,
    profile: ProfileId,
    pub(super) azimuth_deg: Option<Azimuth>,
    pub(super) carriers: Option<Vec<CarrierNumber>>,
    pub(super) control: Option<Place>,
    pub(super) sectors: Option<Vec<SectorTable>>,
    #[serde(default)]
    control_channel: ControlPlace,
    control_moves_ms: Option<u32>,
    #[serde(default)]
    signalling: Signalling,
    #[serde(default)]
    control_layout: ControlLayout,
    #[serde(default)]
    position: Position,
    #[serde(default = "default_power_dbm")]
    power_dbm: i8,
    #[serde(default)]
    slot_choice: SlotChoice,
    #[serde(default)]
    neighbours: Vec<SiteId>,
    #[serde(default = "default_access")]
    access: AccessRules,
    #[serde(default)]
    reselection: Reselection,
    #[serde(default)]
    registration_window_ms: u32,
    #[serde(default = "default_interval_ms")]
    broadcast_interval_ms: u16,
    #[serde(default = "default_interval_ms")]
    talker_silence_ms: u16,
    #[serde(default = "default_late_entry_ms")]
    late_entry_interval_ms: u16,
    #[serde(default)]
    isolated_after_ms: u32,
    #[serde(default)]
    failsoft_after_ms: u32,
    #[serde(default)]
    failsoft: Vec<FailsoftTable>,
    #[serde(default)]
    control_candidates: Vec<Place>,
    #[serde(default)]
    self_test_ms: u32,
    #[serde(default = "default_tests_in_a_row")]
    bad_tests: u8,
    #[serde(default = "default_tests_in_a_row")]
    good_tests: u8,
}

/// `{ at = "2/0", talkgroups = [41] }`: a failsoft channel.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FailsoftTable {
    at: Place,
    talkgroups: Vec<TalkgroupId>,
}

/// `"1/0"`: carrier and slot, as screens show it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Place(pub(super) SlotAddress);

impl TryFrom<String> for Place {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let place = || {
            let (carrier, slot) = text.split_once('/')?;
            let carrier = CarrierNumber::new(carrier.parse().ok()?)?;
            let slot = SlotNumber::new(slot.parse().ok()?)?;
            Some(Self(SlotAddress { carrier, slot }))
        };
        place().ok_or("a place is written \"carrier/slot\", like \"1/0\"")
    }
}

const fn default_power_dbm() -> i8 {
    40
}

const fn default_access() -> AccessRules {
    AccessRules { backoff: 8, tries: 6, tries_emergency: 10, wait: 6 }
}

const fn default_interval_ms() -> u16 {
    1_000
}

const fn default_late_entry_ms() -> u16 {
    2_000
}

const fn default_tests_in_a_row() -> u8 {
    3
}

impl Site<'_> {
    /// All that the controller must know of it. `sites` are all of the file.
    pub(super) fn config(&self, sites: &[Self]) -> Result<SiteConfig, Defect> {
        let Self { id, table, carriers, control, .. } = self;
        let unfit = |what| Defect::Unfit { place: format!("site {id}"), what };
        let profile = table.profile.profile();
        check_numbers(&format!("site {id}: carrier"), carriers.iter())?;
        if let Some(carrier) = carriers.iter().find(|carrier| carrier.number() > profile.carrier_max) {
            let most = profile.carrier_max;
            return Err(unfit(format!(
                "carrier {carrier} is beyond the {most} carriers of {}",
                profile.name
            )));
        }
        if !carriers.contains(&control.carrier) || control.slot.number() >= profile.slots {
            let slots = profile.slots;
            return Err(unfit(format!(
                "control {control} is not at this site: name one of its carriers and a slot below {slots}"
            )));
        }
        let usual = SiteConfig::new(*id, table.profile, control.carrier).control_moves_ms;
        let control_moves_ms = table.control_moves_ms.unwrap_or(usual);
        if control_moves_ms < CONTROL_MOVES_MS_MIN {
            return Err(unfit(format!(
                "control_moves_ms {control_moves_ms} leaves radios no time to find the control channel: write \
                 {CONTROL_MOVES_MS_MIN} or more"
            )));
        }
        let named = table.neighbours.iter().filter(|named| !self.beside.contains(named));
        let neighbours = self.beside.iter().chain(named).map(|neighbour| {
            let known = sites.iter().find(|site| site.id == *neighbour && site.id != *id);
            known
                .map(|site| Neighbour { site: site.id, carrier: site.control.carrier })
                .ok_or_else(|| unfit(format!("neighbour {neighbour} is not another site of this file")))
        });
        Ok(SiteConfig {
            site: *id,
            name: table.name.clone(),
            profile: table.profile,
            position: table.position,
            mast: self.mast,
            antenna: self.antenna,
            power_dbm: table.power_dbm,
            carriers: carriers.to_vec(),
            control: *control,
            control_place: table.control_channel,
            control_moves_ms,
            signalling: table.signalling,
            control_layout: table.control_layout,
            slot_choice: table.slot_choice,
            neighbours: neighbours.collect::<Result<_, _>>()?,
            access: table.access,
            reselection: table.reselection,
            registration_window_ms: table.registration_window_ms,
            broadcast_interval_ms: table.broadcast_interval_ms,
            talker_silence_ms: table.talker_silence_ms,
            late_entry_interval_ms: table.late_entry_interval_ms,
            isolated_after_ms: table.isolated_after_ms,
            failsoft_after_ms: table.failsoft_after_ms,
            failsoft: table
                .failsoft
                .iter()
                .map(|channel| FailsoftChannel { at: channel.at.0, talkgroups: channel.talkgroups.clone() })
                .collect(),
            control_candidates: table.control_candidates.iter().map(|place| place.0).collect(),
            self_test_ms: table.self_test_ms,
            bad_tests: table.bad_tests,
            good_tests: table.good_tests,
        })
    }
}
