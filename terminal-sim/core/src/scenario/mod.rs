//! The scenario language: what exists, what happens, what must and must never be seen (docs/scenarios.md).

mod error;
mod expectation;
mod file;
mod filler;
mod form;
mod nearest;
mod pattern;
mod provision;
mod sentence;

#[cfg(test)]
mod tests;

pub use error::ScenarioError;
pub use expectation::{Fact, Judge, Observation, Verdict};
pub use file::{Expectation, Scenario, Step, Wish};
pub use provision::{
    AreaProvision, NetworkProvision, Provision, QueueRelease, SiteProvision, SubscriberProvision,
    TalkgroupProvision, UnitProvision, derive_key,
};
pub use sentence::{Action, Alteration, Sentence, Sort, Speech, sentences};
