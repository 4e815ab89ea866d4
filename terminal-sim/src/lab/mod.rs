//! The lab: a whole network built from one plan, in virtual time or in real time, with the same cores.

pub mod account;
pub mod alteration;
pub mod city;
pub mod control_peak;
pub mod live;
mod live_operator;
pub mod mouth;
pub mod observed;
pub mod plan;
pub mod radios;
pub mod relay;
pub mod scenario;
pub mod script;
pub mod summary;
pub mod voices;
pub mod weather;
pub mod world;

/// The name of the console that gives a scenario's orders.
pub const CONSOLE: &str = "console";
