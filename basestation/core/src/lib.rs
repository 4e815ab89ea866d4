//! The base station's core: slots, control channel, random access, decided without clock or socket.
//!
//! A station starts with nothing but its run's number and seed; carriers, slots and parameters come from the
//! controller. This crate must not know sockets, clocks, locks, `async` or loggers.

pub mod input;
pub mod output;
