//! The whole network in real time: real sockets, real programs, screens and speech. These tests mostly wait, and so run
//! beside each other; none of them measures how fast the machine is.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and shows what it saw"
)]

mod charged;
mod demo;
mod desk;
mod ends;
mod handset_state;
mod process_clock;
mod process_cold_start;
mod process_cut;
mod process_disk;
mod process_failsoft;
mod process_isolated;
mod process_restart;
mod process_stopped;
mod process_voice_cut;
mod recording;
mod scenarios_live;
mod screens;
#[path = "../virtual_time/support.rs"]
#[allow(dead_code, reason = "one scenario at a time is played here, not all that are shipped")]
mod support;
#[path = "../virtual_time/two_sites.rs"]
mod two_sites;
mod voice_console;
mod voice_duplex;
mod voice_end_to_end;
#[path = "../virtual_time/watch.rs"]
#[allow(dead_code, reason = "no handset dies here")]
mod watch;
mod wide_drill;
