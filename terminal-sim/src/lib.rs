//! The lab and the `trunklab` command: networks built from plans, in virtual and in real time.
//!
//! Cores and shells are joined here; nothing about calls, slots or radios is decided here.

pub mod command;
pub mod import;
pub mod lab;

pub use trunklab_speech as speech;
