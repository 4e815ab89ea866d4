//! What the shell counts: octets on each interface, and everything dropped, by cause.

use std::sync::atomic::{AtomicU64, Ordering};

use trunklab_protocol::Cause;

/// One number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds some.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The number.
    pub fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One number for each cause.
#[derive(Debug)]
pub struct CountByCause([Count; Cause::ALL.len()]);

impl Default for CountByCause {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Count::default()))
    }
}

impl CountByCause {
    /// Adds one to a cause.
    pub fn one(&self, cause: Cause) {
        let place = Cause::ALL.binary_search(&cause).expect("every cause is in the table, in order");
        self.0[place].add(1);
    }

    /// Causes that were counted at least once, in order of their codes.
    pub fn read(&self) -> impl Iterator<Item = (Cause, u64)> + '_ {
        Cause::ALL
            .iter()
            .zip(&self.0)
            .map(|(cause, count)| (*cause, count.read()))
            .filter(|(_, count)| *count > 0)
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
    pub dropped: CountByCause,
}
