//! Status and call alert: what radios and operators tell each other without a call (docs/services.md 13.4).

mod alerts;
mod checks;
mod delivery;
mod invariants;
mod requests;

pub mod pending;
pub mod recent;
pub mod table;
