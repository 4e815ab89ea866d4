//! What the dispatch core does, told as a radio log: one test for each rule.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks for one output among many")]
#![allow(clippy::wrong_self_convention, reason = "a radio log says from_site as the protocol does")]

mod alarm;
mod area;
mod audience;
mod call_states;
mod configuration;
mod console;
mod control;
mod control_lost;
mod coverage;
mod duplex;
mod emergency;
mod faults;
mod floor;
mod floor_queue;
mod group_call;
mod handover;
mod hostile;
mod identity;
mod individual;
mod inventory;
mod isolated;
mod messages;
mod monitor_end;
mod network_alarms;
mod orders;
mod own_health;
mod queue;
mod recording;
mod records;
mod registration;
mod remote;
mod rights;
mod scan;
mod serving;
mod site_link;
mod start;
mod starvation;
mod support;
mod time;
mod trunking;
mod unit_state;
