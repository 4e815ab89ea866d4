//! `trunklab import`: what is in a file, and what is wrong with it.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::command::Outcome;
use crate::import::{self, Imported, Limits};

/// Files to read.
#[derive(Debug, Args)]
#[command(after_help = "\
docs/formats.md describes the formats, and what becomes of a row with a defect.

Example: trunklab import talkgroups.csv sites.csv calls.csv --strict")]
pub struct ImportOptions {
    /// Talkgroup lists, site lists or call logs, or folders of trunk-recorder calls; the format is recognised from the
    /// content
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print everything that was read as JSON, one document a file
    #[arg(long)]
    json: bool,
    /// Fail if any row has a defect
    #[arg(long)]
    strict: bool,
}

/// Reads each file and reports.
///
/// # Errors
/// The first file that cannot be used at all, or a closed output.
pub fn perform(options: &ImportOptions) -> Result<Outcome> {
    let mut out = std::io::stdout().lock();
    let mut clean = true;
    for file in &options.files {
        let imported = import::read(file, &Limits::default())?;
        clean &= imported.report().defects.total() == 0;
        if options.json {
            // serde's own error would hide that nobody reads.
            serde_json::to_writer(&mut out, &imported).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else {
            write!(out, "{}", imported.report())?;
            if let Imported::Sites(list) = &imported {
                write!(out, "{}", list.reuse)?;
            }
            writeln!(out)?;
        }
    }
    Ok(if options.strict && !clean { Outcome::Bad } else { Outcome::Good })
}
