//! A station over real sockets on loopback, with a controller and handsets that say what a test wants.
#![allow(clippy::unwrap_used, reason = "the harness is test code outside of test functions")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks at the one variant that it is about")]

mod air;
mod controller;
mod enrolment;
mod faults;
mod link;
mod process;
mod voice;
mod zone;
