//! One test per rule, against a scripted base station.

mod bench;
mod coverage;
mod floor;
mod hostile;
mod requests;
mod speech;
