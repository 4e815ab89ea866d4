//! What was counted of traffic, as operators are shown it (docs/services.md 13.6.8).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::network::SiteId;

/// Figures of a stretch of time, step by step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatisticsPage {
    /// From when, in seconds since 1970.
    pub from_s: u64,
    /// Until when.
    pub to_s: u64,
    /// How long a step is, in seconds; where only hours are kept, steps are hours.
    pub step_s: u32,
    /// In order of time; the system's row before those of its sites.
    pub rows: Vec<StatisticsRow>,
}

/// Figures of one step, of a site or of the whole system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatisticsRow {
    /// When the step begins, in seconds since 1970.
    pub from_s: u64,
    /// How long it is, in seconds.
    pub length_s: u32,
    /// Of which site; `None` for the whole system.
    pub site: Option<SiteId>,
    /// Traffic slots, on average.
    pub slots: f64,
    /// Slots held by calls, on average: the traffic in Erlangs.
    pub erlangs: f64,
    /// The share of the slots that was held, from 0 to 1; `None` where there was none.
    pub occupancy: Option<f64>,
    /// Calls that were set up; of a site, slots that calls took there.
    pub calls: u32,
    /// Requests that had to wait.
    pub queued: u32,
    /// Requests refused or withdrawn, by the cause's name.
    pub refused: BTreeMap<String, u32>,
    /// How long those waited that were granted after all.
    pub wait: WaitView,
    /// What control channels did.
    pub control: ControlView,
}

impl StatisticsRow {
    /// Requests refused or withdrawn for whatever cause.
    pub fn refused_count(&self) -> u32 {
        self.refused.values().sum()
    }
}

/// Waiting times, in milliseconds; `None` where nobody waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WaitView {
    /// How many waited.
    pub count: u32,
    /// Their mean.
    pub mean_ms: Option<u64>,
    /// What 95 of 100 did not exceed, to a quarter or better.
    pub p95_ms: Option<u32>,
    /// The longest.
    pub max_ms: Option<u32>,
}

/// What control channels did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ControlView {
    /// Words said.
    pub words: u64,
    /// Of them, words to somebody.
    pub words_busy: u64,
    /// Uplink bursts taken.
    pub bursts: u64,
    /// Uplink bursts lost to one another.
    pub collisions: u64,
}
