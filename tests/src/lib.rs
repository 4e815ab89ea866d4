//! What the tests of the whole network share: the specification as tables, examples of every message, hostile frames, real
//! programs and networks of them.
//!
//! The tests themselves lie in `tests/`: one file per chapter of docs/protocol.md where the chapter has rules of its own.

pub mod example;
pub mod hostile;
pub mod message;
pub mod network;
pub mod patch;
pub mod plan;
pub mod process;
pub mod program;
pub mod small_disk;
pub mod specification;
pub mod tree;
pub mod wall;
pub mod way;
