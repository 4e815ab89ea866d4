//! One test per rule, against a scripted base station.

pub(crate) mod bench;
mod coverage;
mod crowd;
mod emergency;
mod failsoft;
mod floor;
mod hostile;
mod identity;
mod individual;
mod messages;
mod moving;
mod remote;
mod requests;
mod scan;
mod search;
mod shared;
mod speech;
mod tuning;
mod waiting;
mod window;
