//! Call records and attempts as lines that people read.

use trunklab_protocol::operator::{AttemptEntry, RecordEntry};
use trunklab_protocol::{Cause, Clause, Span};

use super::sentences::Said;

/// A call's record, by the clause that it follows.
pub(super) fn record(entry: &RecordEntry) -> (Clause, Said) {
    let secs = |millis: u64| format!("{:.3} s", Span::from_millis(millis).as_secs_f64());
    let whose = match (entry.talkgroup, entry.called) {
        (Some(talkgroup), _) => format!("talkgroup {talkgroup}"),
        (None, Some(called)) => format!("unit {called}"),
        (None, None) => "nobody".to_owned(),
    };
    let caller = match entry.caller {
        Some(unit) => format!("unit {unit} asked"),
        None => "told by a site".to_owned(),
    };
    let emergency = if entry.emergency { ", emergency" } else { "" };
    let area = entry.area.map_or_else(String::new, |area| format!(", area {area}"));
    let talkers = entry.talkers.iter().map(|talker| {
        let times = if talker.spurts == 1 { String::new() } else { format!(" in {} spurts", talker.spurts) };
        format!(", unit {} talked {}{times}", talker.unit, secs(talker.airtime_ms))
    });
    let slots = entry.slots.iter().map(|held| {
        let held_ms = held.until_us.saturating_sub(held.from_us) / 1_000;
        format!(", site {} slot {} {}", held.site, held.slot, secs(held_ms))
    });
    let text = format!(
        "record of call {} to {whose}: {caller}{emergency}{area}, waited {}{}{}: {}",
        entry.call,
        secs(entry.waited_ms),
        slots.collect::<String>(),
        talkers.collect::<String>(),
        entry.cause
    );
    let is_cut = entry.cause == Cause::ControllerRestarted;
    let clause = if is_cut { Clause::CutRecord } else { Clause::CompleteRecord };
    (clause, Said { text, call: Some(entry.call), unit: entry.caller })
}

/// A request that came to nothing.
pub(super) fn attempt(entry: &AttemptEntry) -> (Clause, Said) {
    let what = match (entry.talkgroup, entry.called) {
        (Some(talkgroup), _) => format!(" for talkgroup {talkgroup}"),
        (None, Some(called)) => format!(" for unit {called}"),
        (None, None) => String::new(),
    };
    let text = format!("attempt of unit {}{what}: {}", entry.unit, entry.cause);
    (Clause::KeptAttempt, Said::of_unit(entry.unit, text))
}
