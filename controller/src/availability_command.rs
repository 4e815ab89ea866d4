//! `controller availability`: how much of a stretch of time sites were in service, as a table, JSON or CSV.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Args;
use trunklab_controller::availability::{Range, availability};
use trunklab_controller::clock::unix_us;
use trunklab_controller::store::Store;
use trunklab_protocol::SiteId;
use trunklab_protocol::calendar::utc;
use trunklab_protocol::operator::{AlarmKind, AvailabilityRow};

use crate::time_argument::{Time, time};
use crate::{ensure_database, say, site};

#[derive(Debug, Args)]
pub struct AvailabilityCommand {
    /// The database.
    #[arg(long, value_name = "FILE")]
    db: PathBuf,
    /// From when: seconds since 1970, or back from now as `-90m`, `-2h`, `-3d`; usually thirty days.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = time)]
    from: Option<Time>,
    /// Until when.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = time)]
    to: Option<Time>,
    /// One site alone.
    #[arg(long, value_name = "NUMBER", value_parser = site)]
    site: Option<SiteId>,
    #[command(flatten)]
    form: Form,
}

#[derive(Debug, Args)]
#[group(multiple = false)]
struct Form {
    /// As JSON, like the operator API's.
    #[arg(long)]
    json: bool,
    /// As CSV.
    #[arg(long)]
    csv: bool,
}

pub fn show(command: &AvailabilityCommand) -> anyhow::Result<()> {
    ensure_database(&command.db)?;
    let now_s = unix_us().cast_unsigned() / 1_000_000;
    let at = |time: Option<Time>| time.map(|time| time.seconds(now_s));
    let range = Range::new(at(command.from), at(command.to), now_s).map_err(|what| anyhow!(what))?;
    let mut store = Store::open_beside(&command.db)?;
    let sites: Vec<_> = store.sites()?.iter().map(|site| site.site).collect();
    let alarms = store.alarms_within(AlarmKind::OF_SITES_DOWN, range.bounds_us())?;
    let mut page = availability(range, &sites, &alarms, &store.served()?);
    if let Some(site) = command.site {
        page.rows.retain(|row| row.site == Some(site));
    }
    let controller = command.site.is_none().then_some(("controller".to_owned(), &page.controller));
    let rows = page.rows.iter().map(|row| (name(row), row)).chain(controller);
    match &command.form {
        Form { json: true, .. } => say(&serde_json::to_string(&page)?),
        Form { csv: true, .. } => csv(rows),
        Form { .. } => {
            say(&format!("{} to {}", utc(page.from_s), utc(page.to_s)))?;
            table(rows)
        }
    }
}

/// A row with its name.
type Named<'a> = (String, &'a AvailabilityRow);

const HEADS: [&str; 7] = ["site", "time_ms", "down_ms", "failures", "availability", "mttf_ms", "mttr_ms"];

fn csv<'a>(rows: impl Iterator<Item = Named<'a>>) -> anyhow::Result<()> {
    let optional = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADS)?;
    for (name, row) in rows {
        writer.write_record([
            name,
            row.time_ms.to_string(),
            row.down_ms.to_string(),
            row.failures.to_string(),
            row.availability.map_or_else(String::new, |share| format!("{share:.6}")),
            optional(row.mttf_ms),
            optional(row.mttr_ms),
        ])?;
    }
    say(String::from_utf8(writer.into_inner()?)?.trim_end())
}

fn table<'a>(rows: impl Iterator<Item = Named<'a>>) -> anyhow::Result<()> {
    say("site       availability failures         down          mttf          mttr")?;
    for (name, row) in rows {
        let lasting = |ms: Option<u64>| ms.map_or_else(|| "-".to_owned(), duration);
        let share =
            row.availability.map_or_else(|| "-".to_owned(), |share| format!("{:.4} %", share * 100.0));
        say(&format!(
            "{name:<10} {share:>12} {:>8} {:>12} {:>13} {:>13}",
            row.failures,
            duration(row.down_ms),
            lasting(row.mttf_ms),
            lasting(row.mttr_ms),
        ))?;
    }
    Ok(())
}

fn name(row: &AvailabilityRow) -> String {
    row.site.map_or_else(|| "system".to_owned(), |site| site.to_string())
}

/// `3d 04:05:06`.
fn duration(ms: u64) -> String {
    let seconds = ms / 1_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let clock = format!("{hours:02}:{minutes:02}:{:02}", seconds % 60);
    if days > 0 { format!("{days}d {clock}") } else { clock }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_days_and_a_clock() {
        assert_eq!(duration(0), "00:00:00");
        assert_eq!(duration(273_906_999), "3d 04:05:06");
    }
}
