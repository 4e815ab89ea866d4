//! `controller records`: records of calls and messages as files, and sums of calls, beside a controller that may be running.

use std::io::{self, BufWriter};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use trunklab_controller::records::{self, By, ExportError, Format, wall_time};
use trunklab_controller::store::{Page, RecordQuery, Store};
use trunklab_controller::subscribers::Progress;
use trunklab_protocol::operator::{AttemptEntry, MessageEntry, RecordEntry};
use trunklab_protocol::{Cause, TalkgroupId, UnitId};

use crate::{NobodyReads, ensure_database, say, unit};

#[derive(Debug, Subcommand)]
pub enum RecordCommand {
    /// Prints records in the order in which they were over (docs/formats.md, "Call records").
    Export {
        #[command(flatten)]
        wanted: Wanted,
        /// Of what.
        #[arg(long, value_enum, default_value_t = Kind::Calls)]
        kind: Kind,
        /// How they are written.
        #[arg(long, value_enum, default_value_t = Format::Csv)]
        format: Format,
    },
    /// Prints what calls add up to: how many, airtime, channel time, waits, the busy hour.
    Summary {
        #[command(flatten)]
        wanted: Wanted,
        /// By what the sums are divided.
        #[arg(long, value_enum, default_value_t = By::Talkgroup)]
        by: By,
        /// As one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Prints the JSON schema of what is exported.
    Schema,
}

/// What has records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Calls that were granted.
    Calls,
    /// Requests for calls that were refused or withdrawn.
    Attempts,
    /// Statuses and call alerts that are over.
    Messages,
}

#[derive(Debug, Args)]
pub struct Wanted {
    /// The database, made by `controller provision`.
    #[arg(long, value_name = "FILE")]
    db: PathBuf,
    /// Over not before this: 2026-11-29, 2026-11-29T18:05:00Z, or microseconds since 1970.
    #[arg(long, value_name = "TIME", value_parser = wall_time)]
    from: Option<u64>,
    /// Over before this.
    #[arg(long, value_name = "TIME", value_parser = wall_time)]
    to: Option<u64>,
    /// For this talkgroup alone.
    #[arg(long, value_name = "NUMBER", value_parser = talkgroup)]
    talkgroup: Option<TalkgroupId>,
    /// Those in which this unit asked, was asked for, or talked.
    #[arg(long, value_name = "NUMBER", value_parser = unit)]
    unit: Option<UnitId>,
    /// Over with this cause alone, such as hang_time_over.
    #[arg(long, value_name = "NAME", value_parser = cause)]
    cause: Option<Cause>,
}

impl Wanted {
    fn open(&self) -> anyhow::Result<(Store, RecordQuery)> {
        ensure_database(&self.db)?;
        let query = RecordQuery {
            page: Page {
                from_us: self.from.unwrap_or(0),
                to_us: self.to.unwrap_or(u64::MAX),
                ..Page::default()
            },
            talkgroup: self.talkgroup,
            unit: self.unit,
            cause: self.cause,
        };
        Ok((Store::open_beside(&self.db)?, query))
    }
}

pub fn manage(command: RecordCommand) -> anyhow::Result<()> {
    match command {
        RecordCommand::Export { wanted, kind, format } => {
            let (mut store, query) = wanted.open()?;
            let progress = Progress::on_standard_error();
            let mut out = BufWriter::new(io::stdout().lock());
            let written = match kind {
                Kind::Calls => records::export::<RecordEntry>(&mut store, query, format, &mut out, &progress),
                Kind::Attempts => {
                    records::export::<AttemptEntry>(&mut store, query, format, &mut out, &progress)
                }
                Kind::Messages => {
                    records::export::<MessageEntry>(&mut store, query, format, &mut out, &progress)
                }
            };
            let outcome = written.map(drop);
            // What a reader that went away has not read is nobody's.
            drop(out.into_parts());
            outcome.map_err(whoever_reads)
        }
        RecordCommand::Summary { wanted, by, json } => {
            let (mut store, query) = wanted.open()?;
            let progress = Progress::on_standard_error();
            let summary = records::summarise(&mut store, query, by, &progress).map_err(whoever_reads)?;
            say(if json { serde_json::to_string(&summary)? } else { summary.to_string() }.trim_end())
        }
        RecordCommand::Schema => say(&serde_json::to_string_pretty(&records::schema())?),
    }
}

fn whoever_reads(failure: ExportError) -> anyhow::Error {
    match failure {
        ExportError::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => NobodyReads.into(),
        ExportError::Write(_) | ExportError::Store(_) => failure.into(),
    }
}

fn talkgroup(text: &str) -> Result<TalkgroupId, &'static str> {
    text.parse().ok().and_then(TalkgroupId::new).ok_or("a talkgroup is a number from 1 to 65535")
}

fn cause(text: &str) -> Result<Cause, &'static str> {
    let cause = serde_json::from_value(text.into());
    cause.map_err(|_| "a cause is a name of appendix A in small letters, such as hang_time_over")
}
