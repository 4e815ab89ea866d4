//! Who exists and who is where: home register, visitor register, talkgroups, sites, and the ways in and out.

pub mod affiliation;
pub mod authentication;
pub mod clones;
pub mod control_place;
pub mod home;
pub mod inventory;
pub mod link;
pub mod names;
pub mod provisioning;
pub mod sites;
mod taking_out;
pub mod talkgroups;
mod unit_state;
pub mod vector;
pub mod visitors;
