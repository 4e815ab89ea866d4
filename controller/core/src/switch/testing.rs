//! Words in which the switch's tests are written.

use core::net::Ipv4Addr;

use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::switch::{Open, SiteUp, ToSwitch};
use trunklab_protocol::voice::VoicePacket;
use trunklab_protocol::{CallId, Cause, Epoch, NodeId, SiteId, SpurtId};

use super::Destinations;

pub fn site(number: u16) -> SiteId {
    SiteId::new(number).unwrap()
}

pub fn spurt(number: u32) -> SpurtId {
    SpurtId::new(number).unwrap()
}

pub fn call(counter: u32) -> CallId {
    CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(1).unwrap(), counter }
}

pub fn up(number: u16, uplink: u8) -> ToSwitch {
    ToSwitch::SiteUp(SiteUp {
        site: site(number),
        address: (Ipv4Addr::LOCALHOST, 4_000 + number).into(),
        uplink_key: VoiceKey::new([uplink; 16]),
        downlink_key: VoiceKey::new([number as u8; 16]),
    })
}

pub fn open(number: u32, counter: u32, from: u16, to: &[u16]) -> ToSwitch {
    ToSwitch::Open(Open {
        spurt: spurt(number),
        call: call(counter),
        from: site(from),
        to: to.iter().map(|number| site(*number)).collect(),
        beside: None,
    })
}

/// Packet `sequence` of a spurt whose packets carry five frames.
pub fn packet(number: u32, sequence: u16) -> VoicePacket {
    VoicePacket {
        spurt: spurt(number),
        sequence,
        position: u32::from(sequence) * 5,
        marker: sequence == 0,
        frames: [[7; 8]; 5].into_iter().collect(),
    }
}

pub fn to(numbers: &[u16]) -> Result<Destinations, Cause> {
    Ok(numbers.iter().map(|number| site(*number)).collect())
}
