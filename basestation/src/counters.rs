//! What the shell counts: octets on each interface, and everything dropped, by cause.

use std::sync::atomic::{AtomicU64, Ordering};

use trunklab_protocol::PerCause;

/// One number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds one.
    pub fn one(&self) {
        self.add(1);
    }

    /// Adds some.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The number.
    pub fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// All counters of one station's shell.
#[derive(Debug, Default)]
pub struct Counters {
    /// Octets of datagrams from handsets.
    pub air_uplink: Count,
    /// Octets of datagrams to handsets.
    pub air_downlink: Count,
    /// Octets of frames to the controller, before TLS.
    pub from_site: Count,
    /// Octets of frames from the controller, after TLS.
    pub to_site: Count,
    /// Octets of packets to the voice switch.
    pub voice_uplink: Count,
    /// Octets of packets from the voice switch.
    pub voice_downlink: Count,
    /// Frames from handsets that their sequence tells were lost on the way.
    pub air_frames_lost: Count,
    /// Datagrams that the system would not send.
    pub unsent: Count,
    /// What was dropped before it reached the core.
    pub dropped: PerCause<Count>,
}
