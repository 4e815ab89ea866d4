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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
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

impl std::ops::Add for InterfaceOctets {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            air_uplink: self.air_uplink + other.air_uplink,
            air_downlink: self.air_downlink + other.air_downlink,
            from_site: self.from_site + other.from_site,
            to_site: self.to_site + other.to_site,
            voice_uplink: self.voice_uplink + other.voice_uplink,
            voice_downlink: self.voice_downlink + other.voice_downlink,
        }
    }
}

impl std::iter::Sum for InterfaceOctets {
    fn sum<I: Iterator<Item = Self>>(stations: I) -> Self {
        stations.fold(Self::default(), |sum, one| sum + one)
    }
}

impl StationStatus {
    pub(crate) fn new(view: StationView, controller: Option<String>, counters: &Counters) -> Self {
        let mut dropped = view.counts.dropped.clone();
        for (cause, count) in counters.dropped.iter().map(|(cause, count)| (cause, count.read())) {
            if count > 0 {
                *dropped.entry(cause).or_default() += count;
            }
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
