//! The handset: power on, hunt, register, affiliate, request, talk, listen.

mod access;
mod activity;
mod asking;
mod button;
mod call;
mod camp;
mod clock;
mod config;
mod control_word;
mod dice;
mod duplex;
mod emergency;
mod errand;
mod failsoft;
mod floor;
mod handover;
mod hunt;
mod individual;
mod machine;
mod memory;
mod messages;
mod microphone;
mod moving;
mod neighbours;
mod note;
mod pace;
mod phase;
mod radio;
mod registration;
mod remote;
mod scan;
mod search;
mod service;
mod shared;
mod talking;
mod timers;
mod traffic_word;
mod view;

#[cfg(test)]
pub(crate) mod tests;

pub use config::HandsetConfig;
pub use failsoft::Programmed;
pub use machine::Handset;
pub use memory::{Memory, Told};
pub use phase::{Phase, TRANSITIONS, Transition, Trigger};
pub use remote::Regrouped;
pub use timers::TIMERS;
pub use view::{EmergencyLight, HandsetView, RunningCall};
