//! How much of the time sites were in service, as operators are shown it (docs/resilience.md 14.4).

use serde::{Deserialize, Serialize};

use crate::network::SiteId;

/// Availability within a stretch of time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AvailabilityPage {
    /// From when, in seconds since 1970.
    pub from_s: u64,
    /// Until when.
    pub to_s: u64,
    /// The system's row, then those of its sites in order of their numbers.
    pub rows: Vec<AvailabilityRow>,
    /// The controller's own: while it is down every site is.
    pub controller: AvailabilityRow,
}

/// Availability of a site, of all of them together, or of the controller.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AvailabilityRow {
    /// Of which site; `None` for the whole system and for the controller.
    pub site: Option<SiteId>,
    /// How long it was looked at, in milliseconds; of the system, the sites' times together.
    pub time_ms: u64,
    /// How long of that it was lost, in milliseconds.
    pub down_ms: u64,
    /// How often it was lost.
    pub failures: u32,
    /// The share of the time for which it was in service, from 0 to 1; `None` where there was no time.
    pub availability: Option<f64>,
    /// The mean time to failure, in milliseconds: time in service for each failure; `None` without one.
    pub mttf_ms: Option<u64>,
    /// The mean time to repair, in milliseconds, of the failures that were over within the time; `None` without one.
    pub mttr_ms: Option<u64>,
}
