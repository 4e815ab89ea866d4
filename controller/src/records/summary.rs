//! What many records add up to: calls, airtime, channel time, waits, and the busy hour.

use std::collections::BTreeMap;
use std::fmt;

use hdrhistogram::Histogram;
use serde::Serialize;
use trunklab_protocol::operator::RecordEntry;

use super::columns::name;
use super::hours::Hours;
use super::{ExportError, each};
use crate::store::{RecordQuery, Store};
use crate::subscribers::Progress;

/// The longest wait that is told apart from longer ones: a day.
const WAIT_MS_MAX: u64 = 86_400_000;

/// By what the sums are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Talkgroups; individual calls together.
    Talkgroup,
    /// Sites: a call counts at each that carried it, with the time of its slots there.
    Site,
    /// Units: a call counts for whoever asked for it or talked in it, with the unit's own airtime.
    Unit,
    /// Causes of the release.
    Cause,
}

/// What records add up to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// Calls; one that outlived its controller counts once.
    pub calls: u64,
    /// Further records of calls that outlived their controller.
    pub continued: u64,
    /// Milliseconds of talk.
    pub airtime_ms: u64,
    /// Milliseconds for which slots were held.
    pub channel_ms: u64,
    /// How long requests waited.
    pub waits: Waits,
    /// When the busy hour begins, in microseconds since 1970; `None` where no slot was held.
    pub busy_hour_us: Option<u64>,
    /// The traffic of the busy hour.
    pub busy_hour_erlangs: f64,
    /// By what the rows are divided.
    pub by: By,
    /// The rows, in order of their numbers or names.
    pub rows: Vec<SummaryRow>,
}

/// Waits from request to grant, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Waits {
    /// Calls that waited at all.
    pub waited: u64,
    /// The mean over all calls.
    pub mean_ms: f64,
    /// 95 of 100 waited no longer.
    pub p95_ms: u64,
    /// The longest.
    pub max_ms: u64,
}

/// One part of a summary.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SummaryRow {
    /// Of which talkgroup, site, unit or cause.
    pub of: String,
    /// Calls.
    pub calls: u64,
    /// Milliseconds of talk.
    pub airtime_ms: u64,
    /// Milliseconds for which slots were held; nothing for units.
    pub channel_ms: u64,
    /// The mean wait of its calls, in milliseconds.
    pub wait_mean_ms: f64,
    /// The longest.
    pub wait_max_ms: u64,
    /// The traffic of its busy hour; nothing for units and causes.
    pub busy_hour_erlangs: f64,
}

#[derive(Debug, Default)]
struct Part {
    calls: u64,
    airtime_ms: u64,
    channel_ms: u64,
    waited_ms: u64,
    wait_max_ms: u64,
    hours: Hours,
}

/// Of what a part is; numbers stand in their order, before names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(u32),
    Name(String),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// Adds up every record that is wanted. Only the sums are in memory.
///
/// # Errors
/// When the database cannot be read.
pub fn summarise(
    store: &mut Store,
    query: RecordQuery,
    by: By,
    progress: &Progress,
) -> Result<Summary, ExportError> {
    let mut waits = Histogram::<u64>::new_with_bounds(1, WAIT_MS_MAX, 3).expect("the bounds are constants");
    let mut whole = Part::default();
    let (mut parts, mut continued, mut waited, mut seen) = (BTreeMap::new(), 0, 0, 0);
    each(store, query, |record: RecordEntry| {
        seen += 1;
        progress.at("records", seen);
        // The part of a call that a later term brought back was asked for by nobody.
        let is_call = record.epoch == record.call.epoch;
        if is_call {
            waits.saturating_record(record.waited_ms);
            waited += u64::from(record.waited_ms > 0);
        } else {
            continued += 1;
        }
        whole.add(&record, is_call, record.airtime_ms, |_| true);
        divide(&mut parts, &record, is_call, by);
        Ok(())
    })?;
    progress.done();
    let busy = whole.hours.busiest();
    Ok(Summary {
        calls: whole.calls,
        continued,
        airtime_ms: whole.airtime_ms,
        channel_ms: whole.channel_ms,
        waits: Waits {
            waited,
            mean_ms: whole.wait_mean_ms(),
            p95_ms: waits.value_at_quantile(0.95),
            max_ms: whole.wait_max_ms,
        },
        busy_hour_us: busy.map(|(from_us, _)| from_us),
        busy_hour_erlangs: busy.map_or(0.0, |(_, erlangs)| erlangs),
        by,
        rows: parts.into_iter().map(|(key, part)| part.row(&key)).collect(),
    })
}

fn divide(parts: &mut BTreeMap<Key, Part>, record: &RecordEntry, is_call: bool, by: By) {
    let airtime_ms = record.airtime_ms;
    match by {
        By::Talkgroup => {
            let individual = || Key::Name("individual".to_owned());
            let key =
                record.talkgroup.map_or_else(individual, |group| Key::Number(u32::from(group.number())));
            parts.entry(key).or_default().add(record, is_call, airtime_ms, |_| true);
        }
        By::Cause => {
            parts
                .entry(Key::Name(name(record.cause)))
                .or_default()
                .add(record, is_call, airtime_ms, |_| true);
        }
        By::Site => {
            let mut sites: Vec<_> = record.slots.iter().map(|slot| slot.site).collect();
            sites.sort_unstable();
            sites.dedup();
            for site in sites {
                let part = parts.entry(Key::Number(u32::from(site.number()))).or_default();
                part.add(record, is_call, airtime_ms, |at| at == site);
            }
        }
        By::Unit => {
            let mut units: Vec<_> =
                record.talkers.iter().map(|talker| (talker.unit, talker.airtime_ms)).collect();
            if let Some(caller) = record.caller
                && units.iter().all(|(unit, _)| *unit != caller)
            {
                units.push((caller, 0));
            }
            for (unit, airtime_ms) in units {
                let part = parts.entry(Key::Number(unit.number())).or_default();
                part.add(record, is_call, airtime_ms, |_| false);
            }
        }
    }
}

impl Part {
    fn add(
        &mut self,
        record: &RecordEntry,
        is_call: bool,
        airtime_ms: u64,
        counts: impl Fn(trunklab_protocol::SiteId) -> bool,
    ) {
        self.calls += u64::from(is_call);
        self.airtime_ms += airtime_ms;
        for slot in record.slots.iter().filter(|slot| counts(slot.site)) {
            self.channel_ms += slot.until_us.saturating_sub(slot.from_us) / 1_000;
            self.hours.add(slot.from_us, slot.until_us);
        }
        if is_call {
            self.waited_ms += record.waited_ms;
            self.wait_max_ms = self.wait_max_ms.max(record.waited_ms);
        }
    }

    fn wait_mean_ms(&self) -> f64 {
        if self.calls == 0 { 0.0 } else { self.waited_ms as f64 / self.calls as f64 }
    }

    fn row(&self, key: &Key) -> SummaryRow {
        SummaryRow {
            of: key.to_string(),
            calls: self.calls,
            airtime_ms: self.airtime_ms,
            channel_ms: self.channel_ms,
            wait_mean_ms: self.wait_mean_ms(),
            wait_max_ms: self.wait_max_ms,
            busy_hour_erlangs: self.hours.busiest().map_or(0.0, |(_, erlangs)| erlangs),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |millis: u64| format!("{}.{}", millis / 1_000, millis % 1_000 / 100);
        writeln!(f, "calls {}, continued {}", self.calls, self.continued)?;
        writeln!(f, "airtime {} s, channel time {} s", seconds(self.airtime_ms), seconds(self.channel_ms))?;
        let Waits { waited, mean_ms, p95_ms, max_ms } = self.waits;
        writeln!(f, "waited {waited}; wait mean {mean_ms:.0} ms, p95 {p95_ms} ms, longest {max_ms} ms")?;
        writeln!(f, "busy hour {:.3} Erlangs", self.busy_hour_erlangs)?;
        writeln!(
            f,
            "\n{:<28} {:>9} {:>12} {:>12} {:>10} {:>11} {:>9}",
            match self.by {
                By::Talkgroup => "talkgroup",
                By::Site => "site",
                By::Unit => "unit",
                By::Cause => "cause",
            },
            "calls",
            "airtime s",
            "channel s",
            "wait ms",
            "longest ms",
            "Erlangs"
        )?;
        for row in &self.rows {
            writeln!(
                f,
                "{:<28} {:>9} {:>12} {:>12} {:>10.0} {:>11} {:>9.3}",
                row.of,
                row.calls,
                seconds(row.airtime_ms),
                seconds(row.channel_ms),
                row.wait_mean_ms,
                row.wait_max_ms,
                row.busy_hour_erlangs
            )?;
        }
        Ok(())
    }
}
