//! `controller statistics`: what was counted of traffic, as a table, JSON, CSV, or bars in the terminal.

use std::path::PathBuf;

use anyhow::{Context, anyhow, ensure};
use clap::{Args, ValueEnum};
use trunklab_controller::clock::unix_us;
use trunklab_controller::statistics::{ranged, row};
use trunklab_controller::store::{Store, Whose};
use trunklab_protocol::SiteId;
use trunklab_protocol::calendar::utc;
use trunklab_protocol::operator::{StatisticsPage, StatisticsRow};

use crate::time_argument::{Time, time};
use crate::{ensure_database, say, site};

/// Cells of a full bar.
const BAR_CELLS: usize = 40;

#[derive(Debug, Args)]
pub struct StatisticsCommand {
    /// The database.
    #[arg(long, value_name = "FILE")]
    db: PathBuf,
    /// From when: seconds since 1970, or back from now as `-90m`, `-2h`, `-3d`.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = time)]
    from: Option<Time>,
    /// Until when.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = time)]
    to: Option<Time>,
    /// Seconds of a step; usually 60, or 3600 for more than a day.
    #[arg(long, value_name = "SECONDS")]
    step: Option<u32>,
    /// One site alone; without it the system.
    #[arg(long, value_name = "NUMBER", value_parser = site)]
    site: Option<SiteId>,
    /// The system and every site.
    #[arg(long, conflicts_with = "site")]
    all: bool,
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
    /// As bars: how busy the slots were, or what is named.
    #[arg(long, value_name = "WHAT", num_args = 0..=1, default_missing_value = "occupancy")]
    plot: Option<Plotted>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Plotted {
    /// The share of the slots that was held.
    Occupancy,
    /// Traffic in Erlangs.
    Erlangs,
    /// The mean wait of those that waited, in seconds.
    Wait,
}

pub fn statistics(command: &StatisticsCommand) -> anyhow::Result<()> {
    ensure_database(&command.db)?;
    let now_s = unix_us().cast_unsigned() / 1_000_000;
    let at = |time: Option<Time>| time.map(|time| time.seconds(now_s));
    let of = match (command.site, command.all) {
        (Some(site), _) => Whose::Site(site),
        (None, true) => Whose::All,
        (None, false) => Whose::System,
    };
    let query =
        ranged(at(command.from), at(command.to), command.step, of, now_s).map_err(|what| anyhow!(what))?;
    let steps = Store::open_beside(&command.db)?.statistics(query)?;
    let steps =
        steps.ok().context("this is too much at once: ask for less time, one site, or a longer --step")?;
    let rows: Vec<_> = steps.into_iter().map(row).collect();
    match &command.form {
        Form { json: true, .. } => {
            let (from_s, to_s, step_s) = (query.from_s, query.to_s, query.step_s);
            say(&serde_json::to_string(&StatisticsPage { from_s, to_s, step_s, rows })?)
        }
        Form { csv: true, .. } => csv(&rows),
        Form { plot: Some(what), .. } => plot(&rows, *what),
        Form { .. } => table(&rows),
    }
}

const HEADS: [&str; 18] = [
    "from",
    "length_s",
    "site",
    "slots",
    "erlangs",
    "occupancy",
    "calls",
    "queued",
    "refused",
    "waited",
    "wait_mean_ms",
    "wait_p95_ms",
    "wait_max_ms",
    "words",
    "words_busy",
    "bursts",
    "collisions",
    "causes",
];

fn cells(row: &StatisticsRow) -> [String; 18] {
    let optional = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    let causes: Vec<_> = row.refused.iter().map(|(cause, count)| format!("{cause}:{count}")).collect();
    [
        utc(row.from_s),
        row.length_s.to_string(),
        row.site.map_or_else(|| "system".to_owned(), |site| site.to_string()),
        format!("{:.2}", row.slots),
        format!("{:.4}", row.erlangs),
        row.occupancy.map_or_else(String::new, |share| format!("{share:.4}")),
        row.calls.to_string(),
        row.queued.to_string(),
        row.refused_count().to_string(),
        row.wait.count.to_string(),
        optional(row.wait.mean_ms),
        optional(row.wait.p95_ms.map(u64::from)),
        optional(row.wait.max_ms.map(u64::from)),
        row.control.words.to_string(),
        row.control.words_busy.to_string(),
        row.control.bursts.to_string(),
        row.control.collisions.to_string(),
        causes.join(" "),
    ]
}

fn csv(rows: &[StatisticsRow]) -> anyhow::Result<()> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADS)?;
    for row in rows {
        writer.write_record(cells(row))?;
    }
    say(String::from_utf8(writer.into_inner()?)?.trim_end())
}

fn table(rows: &[StatisticsRow]) -> anyhow::Result<()> {
    say(
        "from                  site     slots  Erlang  busy  calls queued refused   wait    p95    max control",
    )?;
    for row in rows {
        let seconds =
            |ms: Option<u64>| ms.map_or_else(|| "-".to_owned(), |ms| format!("{:.1}", ms as f64 / 1e3));
        let busy = (row.control.words_busy * 100).checked_div(row.control.words);
        say(&format!(
            "{}  {:<7} {:>6.1} {:>7.2} {:>4} {:>6} {:>6} {:>7} {:>6} {:>6} {:>6} {:>7}",
            utc(row.from_s),
            row.site.map_or_else(|| "system".to_owned(), |site| site.to_string()),
            row.slots,
            row.erlangs,
            row.occupancy.map_or_else(|| "-".to_owned(), |share| format!("{:.0}%", share * 100.0)),
            row.calls,
            row.queued,
            row.refused_count(),
            seconds(row.wait.mean_ms),
            seconds(row.wait.p95_ms.map(u64::from)),
            seconds(row.wait.max_ms.map(u64::from)),
            busy.map_or_else(|| "-".to_owned(), |busy| format!("{busy}%")),
        ))?;
    }
    if rows.is_empty() { say("nothing was counted then") } else { Ok(()) }
}

fn plot(rows: &[StatisticsRow], what: Plotted) -> anyhow::Result<()> {
    let figure = |row: &StatisticsRow| match what {
        Plotted::Occupancy => row.occupancy.unwrap_or(0.0),
        Plotted::Erlangs => row.erlangs,
        Plotted::Wait => row.wait.mean_ms.map_or(0.0, |ms| ms as f64 / 1e3),
    };
    ensure!(!rows.is_empty(), "nothing was counted then: ask for another time");
    let most = match what {
        Plotted::Occupancy => 1.0,
        Plotted::Erlangs | Plotted::Wait => rows.iter().map(figure).fold(f64::MIN_POSITIVE, f64::max),
    };
    for row in rows {
        let value = figure(row);
        let cells = ((value / most * BAR_CELLS as f64).round() as usize).min(BAR_CELLS);
        let shown = match what {
            Plotted::Occupancy => format!("{:>5.0}%", value * 100.0),
            Plotted::Erlangs => format!("{value:>5.2}E"),
            Plotted::Wait => format!("{value:>5.1}s"),
        };
        let site = row.site.map_or_else(String::new, |site| format!("site {site} "));
        say(format!("{} {site}{shown} {}", utc(row.from_s), "#".repeat(cells)).trim_end())?;
    }
    Ok(())
}
