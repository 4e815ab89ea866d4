//! `[[site]]`: carriers, control channels, rules of access, neighbours.

use serde::Deserialize;
use trunklab_controller_core::config::SiteConfig;
use trunklab_controller_core::registry::control_place::CONTROL_MOVES_MS_MIN;
use trunklab_protocol::air_downlink::{AccessRules, Reselection};
use trunklab_protocol::settings::Neighbour;
use trunklab_protocol::{
    Antenna, CarrierNumber, ControlLayout, ControlPlace, Position, ProfileId, Signalling, SiteId,
    SlotAddress, SlotChoice, SlotNumber,
};

use super::{Defect, check_numbers};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SiteTable {
    pub(super) id: SiteId,
    name: String,
    profile: ProfileId,
    carriers: Vec<CarrierNumber>,
    control: Place,
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
}

/// `"1/0"`: carrier and slot, as screens show it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
struct Place(SlotAddress);

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

impl SiteTable {
    pub(super) fn config(&self, sites: &[Self]) -> Result<SiteConfig, Defect> {
        let unfit = |what| Defect::Unfit { place: format!("site {}", self.id), what };
        let profile = self.profile.profile();
        check_numbers(&format!("site {}: carrier", self.id), self.carriers.iter())?;
        if let Some(carrier) = self.carriers.iter().find(|carrier| carrier.number() > profile.carrier_max) {
            let most = profile.carrier_max;
            return Err(unfit(format!(
                "carrier {carrier} is beyond the {most} carriers of {}",
                profile.name
            )));
        }
        let control = self.control.0;
        if !self.carriers.contains(&control.carrier) || control.slot.number() >= profile.slots {
            let slots = profile.slots;
            return Err(unfit(format!(
                "control {control} is not at this site: name one of its carriers and a slot below {slots}"
            )));
        }
        let usual = SiteConfig::new(self.id, self.profile, control.carrier).control_moves_ms;
        let control_moves_ms = self.control_moves_ms.unwrap_or(usual);
        if control_moves_ms < CONTROL_MOVES_MS_MIN {
            return Err(unfit(format!(
                "control_moves_ms {control_moves_ms} leaves radios no time to find the control channel: write \
                 {CONTROL_MOVES_MS_MIN} or more"
            )));
        }
        let neighbours = self.neighbours.iter().map(|neighbour| {
            let known = sites.iter().find(|site| site.id == *neighbour && site.id != self.id);
            known
                .map(|site| Neighbour { site: site.id, carrier: site.control.0.carrier })
                .ok_or_else(|| unfit(format!("neighbour {neighbour} is not another site of this file")))
        });
        Ok(SiteConfig {
            site: self.id,
            name: self.name.clone(),
            profile: self.profile,
            position: self.position,
            antenna: Antenna::Omni,
            power_dbm: self.power_dbm,
            carriers: self.carriers.clone(),
            control,
            control_place: self.control_channel,
            control_moves_ms,
            signalling: self.signalling,
            control_layout: self.control_layout,
            slot_choice: self.slot_choice,
            neighbours: neighbours.collect::<Result<_, _>>()?,
            access: self.access,
            reselection: self.reselection,
            registration_window_ms: self.registration_window_ms,
            broadcast_interval_ms: self.broadcast_interval_ms,
            talker_silence_ms: self.talker_silence_ms,
            late_entry_interval_ms: self.late_entry_interval_ms,
        })
    }
}
