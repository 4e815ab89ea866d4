//! Recordings of calls: the voice of talkgroups that are recorded, as WAV files with what trunk-recorder says of them beside
//! (docs/services.md 13.5.5).
//!
//! The core says which spurts are to be recorded, the voice switch hands their packets over as it copies them, and a thread of
//! its own decodes and writes: neither ever waits for it. A recording takes its name when it is whole. What cannot be
//! written is counted by its cause, and the call goes on.

mod description;
mod file;
mod folder;
mod thread;

pub use folder::{Folder, FolderError};
pub use thread::{Recorder, RecorderHandle};

#[cfg(test)]
mod tests;
