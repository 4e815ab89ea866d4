//! A network that does not exist, for tests and for the still life: it tells events and shows snapshots, and derives
//! the ones apart from the others, so that folding can be checked against it.
#![allow(dead_code, reason = "each test uses its own part")]
#![allow(clippy::unwrap_used, reason = "the still life borrows what belongs to the tests")]

pub mod server;
pub mod world;
