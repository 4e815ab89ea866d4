//! The whole network in virtual time, where an hour takes a moment and the same seed says the same: the shipped
//! scenarios, what guards their rules, random worlds, and lists of real networks.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and shows what it saw"
)]

mod chapter_12_mutants;
mod chapter_12_mutations;
mod chapter_12_policies;
mod chapter_13_guards;
mod control_choices;
mod import_hostile;
mod import_real;
mod isolated_drill;
mod mutants;
mod registrations;
mod return_of_a_crowd;
mod scenarios;
mod scenarios_rough;
mod simulation;
mod support;
mod two_sites;
mod watch;
mod world;
