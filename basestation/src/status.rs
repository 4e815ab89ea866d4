//! What a running station shows: for a summary, a health check, a test.

use std::collections::BTreeMap;

use trunklab_basestation_core::StationView;
use trunklab_protocol::Cause;

use crate::counters::Counters;

/// A station at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationStatus {
    /// What its core shows.
    pub view: StationView,
    /// The controller that it is linked to, as it was given.
    pub controller: Option<String>,
    /// Octets on each interface since the start.
    pub octets: InterfaceOctets,
    /// Frames from handsets that were lost on the way.
    pub air_frames_lost: u64,
    /// Everything dropped since the start, in core and shell, by cause.
    pub dropped: BTreeMap<Cause, u64>,
}

/// Octets on each interface.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InterfaceOctets {
    /// From handsets.
    pub air_uplink: u64,
    /// To handsets.
    pub air_downlink: u64,
    /// To the controller, before TLS.
    pub from_site: u64,
    /// From the controller, after TLS.
    pub to_site: u64,
    /// To the voice switch.
    pub voice_uplink: u64,
    /// From the voice switch.
    pub voice_downlink: u64,
}

impl StationStatus {
    pub(crate) fn new(view: StationView, controller: Option<String>, counters: &Counters) -> Self {
        let mut dropped = view.counts.dropped.clone();
        for (cause, count) in counters.dropped.read() {
            *dropped.entry(cause).or_default() += count;
        }
        let octets = InterfaceOctets {
            air_uplink: counters.air_uplink.read(),
            air_downlink: counters.air_downlink.read(),
            from_site: counters.from_site.read(),
            to_site: counters.to_site.read(),
            voice_uplink: counters.voice_uplink.read(),
            voice_downlink: counters.voice_downlink.read(),
        };
        Self { view, controller, octets, air_frames_lost: counters.air_frames_lost.read(), dropped }
    }
}
