//! The handset's core, and the scenario language, decided without clock or socket.
//!
//! A handset learns everything from bursts that it receives and says everything in bursts that it sends. This crate
//! must not know sockets, clocks, locks, `async` or loggers.

mod citation;
pub mod deadline;
pub mod handset;
pub mod input;
pub mod output;
pub mod scenario;
pub mod transcript;
