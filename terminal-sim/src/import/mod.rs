//! Real input: lists and logs that other programs write, read into the project's own models.
//!
//! Every importer keeps the good rows and reports each defect with its line, its column, what was found and what
//! was done about it. Everything is bounded by [`Limits`]. The formats, and the rules by which overlapping rows of
//! a call log merge, are described in docs/formats.md.

mod calls;
pub mod city;
mod error;
mod finding;
mod format;
mod merge;
mod number;
mod op25;
mod place;
mod recorded;
mod report;
mod reuse;
mod sdrtrunk;
mod sites;
mod source;
mod table;
mod talkgroups;
mod trunk_recorder;
mod wall_time;

pub use calls::{CallLog, Transmission};
pub use error::ImportError;
pub use finding::{Defect, Finding, Findings, Severity};
pub use format::{Format, Imported, read, read_bytes, read_calls, read_sites, read_talkgroups};
pub use merge::Merges;
pub use report::{CallFigures, Figures, Report, SiteFigures, TalkgroupFigures};
pub use reuse::{ListedSite, NearPair, Reuse};
pub use sites::{Frequency, Site, Sites};
pub use source::Limits;
pub use talkgroups::{Encryption, Mode, Talkgroup, Talkgroups};
pub use wall_time::WallTime;
