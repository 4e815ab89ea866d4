//! The figures of one site, or of the system, over one time; those of several times add up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trunklab_protocol::Cause;

/// Up to how long a wait counts in each class, in milliseconds; the last class has no end.
#[rustfmt::skip]
pub const WAIT_BINS_MS: [u32; 24] = [
    0, 100, 200, 300, 500, 700, 1_000, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000, 6_000, 8_000, 10_000, 12_000, 15_000,
    20_000, 25_000, 30_000, 45_000, 60_000, u32::MAX,
];

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Traffic slots that there were, times microseconds.
    pub slots_us: u64,
    /// Slots that calls held, times microseconds.
    pub held_us: u64,
    /// Calls that were set up; of a site, slots that calls took there.
    pub calls: u32,
    /// Requests that had to wait.
    pub queued: u32,
    /// Requests refused or withdrawn.
    pub refused: BTreeMap<Cause, u32>,
    /// How long those waited that were granted after all.
    pub waits: Waits,
    /// What control channels did.
    pub control: ControlFigures,
}

/// Waiting times.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Waits {
    /// How many.
    pub count: u32,
    /// Their sum, in milliseconds.
    pub sum_ms: u64,
    /// The longest, in milliseconds.
    pub max_ms: u32,
    /// How many are in each class of [`WAIT_BINS_MS`] that has any.
    pub bins: BTreeMap<u8, u32>,
}

/// What control channels did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ControlFigures {
    /// Words said.
    pub words: u64,
    /// Of them, words to somebody.
    pub words_busy: u64,
    /// Uplink bursts taken.
    pub bursts: u64,
    /// Uplink bursts lost to one another.
    pub collisions: u64,
}

impl Figures {
    /// Adds those of another time, or place.
    pub fn add(&mut self, other: &Self) {
        self.slots_us = self.slots_us.saturating_add(other.slots_us);
        self.held_us = self.held_us.saturating_add(other.held_us);
        self.calls = self.calls.saturating_add(other.calls);
        self.queued = self.queued.saturating_add(other.queued);
        for (cause, count) in &other.refused {
            let refused = self.refused.entry(*cause).or_default();
            *refused = refused.saturating_add(*count);
        }
        self.waits.merge(&other.waits);
        self.control.add(&other.control);
    }

    /// The share of the slots that was held, from 0 to 1; `None` where there was no slot.
    pub fn occupancy(&self) -> Option<f64> {
        (self.slots_us > 0).then(|| self.held_us as f64 / self.slots_us as f64)
    }
}

impl Waits {
    /// One more.
    pub fn add(&mut self, wait_ms: u32) {
        self.count += 1;
        self.sum_ms += u64::from(wait_ms);
        self.max_ms = self.max_ms.max(wait_ms);
        let bin = WAIT_BINS_MS.partition_point(|most| *most < wait_ms);
        *self.bins.entry(u8::try_from(bin).expect("there are few classes")).or_default() += 1;
    }

    /// Adds others.
    pub fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum_ms = self.sum_ms.saturating_add(other.sum_ms);
        self.max_ms = self.max_ms.max(other.max_ms);
        for (bin, count) in &other.bins {
            let waited = self.bins.entry(*bin).or_default();
            *waited = waited.saturating_add(*count);
        }
    }

    /// Their mean, in milliseconds.
    pub fn mean_ms(&self) -> Option<u64> {
        self.sum_ms.checked_div(u64::from(self.count))
    }

    /// What 95 of 100 did not exceed, in milliseconds, to the end of its class and no more than the longest.
    pub fn p95_ms(&self) -> Option<u32> {
        let rank = (u64::from(self.count) * 95).div_ceil(100);
        let mut seen = 0;
        let bin = self.bins.iter().find(|(_, count)| {
            seen += u64::from(**count);
            seen >= rank
        });
        bin.map(|(bin, _)| {
            WAIT_BINS_MS.get(usize::from(*bin)).map_or(self.max_ms, |most| self.max_ms.min(*most))
        })
    }
}

impl ControlFigures {
    /// Adds those of another time, or place. What a base station says of itself may be anything: it stays at the most.
    pub fn add(&mut self, other: &Self) {
        self.words = self.words.saturating_add(other.words);
        self.words_busy = self.words_busy.saturating_add(other.words_busy);
        self.bursts = self.bursts.saturating_add(other.bursts);
        self.collisions = self.collisions.saturating_add(other.collisions);
    }
}
