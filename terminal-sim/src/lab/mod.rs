//! The lab: a whole network built from one plan, in virtual time or in real time, with the same cores.

pub mod city;
pub mod nature;
pub mod observed;
pub mod plan;
pub mod radios;
pub mod script;
pub mod summary;
pub mod voices;
pub mod weather;
pub mod world;
