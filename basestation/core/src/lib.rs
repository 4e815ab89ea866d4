//! The base station's core: slots, control channel, random access, decided without clock or socket.
//!
//! A station starts with nothing but its run's number and seed; carriers, slots and parameters come from the
//! controller. This crate must not know sockets, clocks, locks, `async` or loggers.

mod access;
pub mod alone;
mod associated;
mod backlog;
mod begun;
mod control;
mod controls;
mod failsoft;
mod link;
mod load;
mod messages;
mod orders;
mod outstanding;
mod playout;
mod radiate;
mod requests;
mod scan;
mod self_test;
mod sessions;
mod settings;
mod speech;
mod spurts;
mod standing;
mod station;
mod timing;
mod traffic;

pub mod counts;
pub mod deadline;
pub mod input;
pub mod output;
pub mod plant;
pub mod urgency;
pub mod view;

pub use deadline::{Deadline, Timer};
pub use input::Input;
pub use output::{Outbox, Output, StationEvent};
pub use standing::DISMISSALS;
pub use station::BaseStation;
pub use view::{CallView, SlotView, StationView};
