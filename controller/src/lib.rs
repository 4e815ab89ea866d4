//! The controller's shell: carries what the dispatch core decides.
//!
//! Links to the sites, the store, the log of inputs, the voice switch, the operator's API and the metrics meet in one
//! loop that owns the core. Nothing here decides about calls; that is `trunklab-controller-core`'s.

pub mod clock;
pub mod counters;
pub mod log;
pub mod store;
pub mod switch;
pub mod zone;
