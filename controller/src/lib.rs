//! The controller's shell: carries what the dispatch core decides.
//!
//! Links to the sites, the store, the log of inputs, the voice switch, the operator's API and the metrics meet in one
//! loop that owns the core. Nothing here decides about calls; that is `trunklab-controller-core`'s.

pub mod availability;
pub mod clock;
pub mod configuration;
pub mod counters;
pub mod dispatch;
pub mod feed;
pub mod links;
mod loads;
mod log;
pub mod observer;
pub mod operator;
pub mod recorder;
pub mod records;
pub mod run;
pub mod run_loop;
pub mod statistics;
pub mod store;
pub mod subscribers;
pub mod switch;
mod talks;
pub mod zone;
pub mod zone_file;

#[cfg(test)]
mod testing;
