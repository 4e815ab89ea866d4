//! The dispatch core: calls, queue, channels, registers, decided without clock or socket.
//!
//! Everything, time included, enters through [`Controller::handle`]; all that it causes comes back in the outbox.
//! This crate must not know sockets, clocks, randomness, locks, `async` or loggers: the controller's shell, a base
//! station in isolated operation and the simulator all drive the same core.

pub mod call;
pub mod channels;
pub mod charging;
mod citing;
pub mod config;
pub mod configuration;
pub mod controller;
pub mod digest;
pub mod directory;
pub mod events;
pub mod fault;
pub mod input;
mod invariants;
pub mod isolated;
pub mod lookup;
pub mod messages;
pub mod orders;
pub mod output;
pub mod random;
pub mod ranked;
pub mod record_entry;
pub mod registry;
pub mod remote;
pub mod shares;
mod snapshot;
pub mod statistics;
pub mod switch;
pub mod timers;

pub use controller::Controller;
pub use timers::{Deadline, DeadlineReason};
