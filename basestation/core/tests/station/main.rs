//! The station's rules, one test each, in virtual time.
#![allow(clippy::unwrap_used, reason = "the harness is test code outside of test functions")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks at the one variant that it is about")]

mod access;
mod alone;
mod associated;
mod control;
mod control_lost;
mod distributed;
mod duplex;
mod failsoft;
mod floor;
mod harness;
mod hostile;
mod link;
mod messages;
mod moved;
mod self_test;
mod speech;
mod started_again;
mod talking;
mod traffic;
