//! docs/protocol.md, chapter by chapter: what the tables of the specification say is what the messages do.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod chapter_01_specification;
mod chapter_02_fields;
mod chapter_02_frame;
mod chapter_02_golden;
mod chapter_02_hostile;
mod chapter_03_identities;
mod chapter_08_voice;
mod chapter_09_proofs;
mod chapter_10_operator;
mod chapter_12_call_processing;
mod chapter_13_remote;
