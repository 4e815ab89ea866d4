//! A network on paper: sites and units that say what a test tells them to, and a log of all that the core answers.

mod log;
mod system;
mod unit;

pub use system::System;

use trunklab_controller_core::config::{SiteConfig, Subscriber};
use trunklab_protocol::from_site::HeldRadio;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    AreaId, CallId, CarrierNumber, Epoch, Imei, Imsi, NodeId, Press, ProfileId, ScanList, SiteId,
    SlotAddress, SlotNumber, TalkgroupId, Tmsi, UnitId,
};

pub fn site(number: u16) -> SiteId {
    SiteId::new(number).unwrap()
}

pub fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

pub fn talkgroup(number: u16) -> TalkgroupId {
    TalkgroupId::new(number).unwrap()
}

pub fn area(number: u16) -> AreaId {
    AreaId::new(number).unwrap()
}

pub fn press(number: u16) -> Press {
    Press::new(number).unwrap()
}

/// A call of the controller's first term.
pub fn call(counter: u32) -> CallId {
    CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(1).unwrap(), counter }
}

/// A traffic channel of a test site: one for each carrier from 2.
pub fn channel(number: u16) -> SlotAddress {
    SlotAddress { carrier: CarrierNumber::new(number).unwrap(), slot: SlotNumber::new(0).unwrap() }
}

pub fn key(unit: UnitId) -> UnitKey {
    UnitKey::new([unit.number() as u8; 16])
}

pub fn imei(unit: UnitId) -> Imei {
    Imei::new(350_000_000_000_000 + u64::from(unit.number())).unwrap()
}

pub fn site_config(number: u16, channels: u16) -> SiteConfig {
    SiteConfig {
        carriers: (1..=channels + 1).map(|carrier| CarrierNumber::new(carrier).unwrap()).collect(),
        ..SiteConfig::new(site(number), ProfileId::P25p1, channel(1).carrier)
    }
}

pub fn subscriber(number: u32, talkgroups: &[u16]) -> Subscriber {
    Subscriber {
        imei: Some(imei(unit(number))),
        imsi: Imsi::new(260_000_000_000_000 + u64::from(number)),
        talkgroups: talkgroups.iter().map(|number| talkgroup(*number)).collect(),
        ..Subscriber::new(unit(number), key(unit(number)))
    }
}

/// A radio in an inventory, that has just registered at its site.
pub fn held_radio(number: u32, affiliation: Option<u16>) -> HeldRadio {
    let (tmsi, talkgroup) = (Tmsi::new(number).unwrap(), affiliation.map(talkgroup));
    HeldRadio { unit: unit(number), tmsi, talkgroup, secondary: ScanList::default(), held_ms: 0 }
}
