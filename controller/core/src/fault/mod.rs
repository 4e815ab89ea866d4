//! Faults: which parts of the network do not work, what becomes of what they carried, and what operators are told of it
//! (docs/resilience.md 14.2 and 14.3).

mod alarms;
mod control;
mod damping;
mod failsoft;
pub mod judgement;
mod own_health;
mod record;
mod signals;
mod slots;

pub use alarms::{ALARMS_MAX, Alarms};
pub(crate) use own_health::OwnHealth;
pub use record::{AlarmRecord, Stamp};
pub use signals::Source;
pub(crate) use signals::signal_of;
