//! A call whose talker is here, what it says, and what is heard of it.

use std::collections::BTreeMap;

use trunklab_protocol::ProfileId;
use trunklab_protocol::air_downlink::DownlinkWord;
use trunklab_protocol::air_uplink::{TalkEnd, Voice};
use trunklab_protocol::voice::VoiceFrame;

use crate::harness::*;

/// The frames that a slot radiated, by position.
pub fn heard(words: &[DownlinkWord]) -> BTreeMap<u32, VoiceFrame> {
    let mut heard = BTreeMap::new();
    for word in words {
        if let DownlinkWord::Voice(voice) = word {
            for (position, frame) in (voice.position..).zip(voice.frames.frames()) {
                heard.extend(frame.map(|frame| (position, frame)));
            }
        }
    }
    heard
}

pub fn spoken(positions: std::ops::Range<u32>) -> BTreeMap<u32, VoiceFrame> {
    positions.map(|position| (position, frame(position))).collect()
}

pub fn voice(unit_number: u32, spurt_number: u32, positions: std::ops::Range<u32>) -> Voice {
    Voice {
        unit: unit(unit_number),
        call: call(1),
        spurt: spurt(spurt_number),
        position: positions.start,
        frames: run_of(positions),
    }
}

pub fn talk_end() -> TalkEnd {
    TalkEnd { unit: unit(9), call: call(1), spurt: spurt(11) }
}

/// A call whose talker, unit 9, is here and held.
pub fn talking_here(profile: ProfileId) -> Driven {
    let mut station = Driven::serving(profile);
    station.hold(unit(9));
    station.order(assertion(1, station.traffic_slot(), Some(talker(9, 11)), true));
    station
}
