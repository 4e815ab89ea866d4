//! A trunked radio network on one machine: what the `trunklab` command is made of.

pub mod import;
pub mod speech;
