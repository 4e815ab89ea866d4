//! What an import found, in figures and in words.

use std::fmt;

use serde::Serialize;

use super::{Findings, Format, Merges};

/// How many findings the printed summary shows.
const SHOWN: usize = 5;

/// The result of reading one file (or one folder of calls), printed for people and serialised for programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The file as it was named.
    pub file: String,
    /// What it was recognised as.
    pub format: Format,
    /// Rows below the header that are not blank; calls for JSON.
    pub rows: usize,
    /// What the rows amount to.
    pub figures: Figures,
    /// What is wrong with them.
    pub defects: Findings,
}

/// Figures of one kind of content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Figures {
    /// Of a list of talkgroups.
    Talkgroups(TalkgroupFigures),
    /// Of a list of sites.
    Sites(SiteFigures),
    /// Of a call log.
    Calls(CallFigures),
}

/// Figures of a list of talkgroups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TalkgroupFigures {
    /// Talkgroups with a number of their own.
    pub distinct: usize,
    /// Rows that claim a number already taken under another name.
    pub conflicts: usize,
    /// Talkgroups that are always encrypted.
    pub encrypted_fully: usize,
    /// Talkgroups that are sometimes encrypted.
    pub encrypted_partly: usize,
    /// Rows whose hexadecimal number was damaged.
    pub damaged_hex: usize,
}

/// Figures of a list of sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct SiteFigures {
    /// Sites with a number of their own.
    pub distinct: usize,
    /// Rows that claim a number already taken.
    pub conflicts: usize,
    /// Frequencies listed at all sites together.
    pub frequencies: usize,
    /// Those that can carry the control channel.
    pub control_channels: usize,
    /// Those that lie on a channel of the 800 MHz plan.
    pub in_channel_plan: usize,
}

/// Figures of a call log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CallFigures {
    /// Transmissions after merging.
    pub transmissions: usize,
    /// Talkgroups heard.
    pub talkgroups: usize,
    /// Radios heard, those without a number not counted.
    pub radios: usize,
    /// Transmissions whose radio the log does not name.
    pub radio_unknown: usize,
    /// Transmissions in an emergency.
    pub emergencies: usize,
    /// Encrypted transmissions.
    pub encrypted: usize,
    /// Speech in all transmissions together, in whole seconds.
    pub airtime_s: u64,
    /// From the first start to the last end, in whole seconds.
    pub length_s: u64,
    /// Rows that say again, mostly longer, what an earlier row said (SDRTrunk).
    pub rows_repeated: usize,
    /// Rows about other things than group calls (SDRTrunk).
    pub other_events: usize,
    /// What the merge rules did.
    pub merges: Merges,
}

impl Report {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![("rows", self.rows.to_string())];
        match &self.figures {
            Figures::Talkgroups(figures) => lines.extend([
                ("distinct talkgroups", figures.distinct.to_string()),
                ("conflicts", figures.conflicts.to_string()),
                (
                    "encrypted",
                    format!(
                        "{} ({} fully, {} partly)",
                        figures.encrypted_fully + figures.encrypted_partly,
                        figures.encrypted_fully,
                        figures.encrypted_partly
                    ),
                ),
                ("damaged hex", figures.damaged_hex.to_string()),
            ]),
            Figures::Sites(figures) => lines.extend([
                ("distinct sites", figures.distinct.to_string()),
                ("conflicts", figures.conflicts.to_string()),
                ("frequencies", figures.frequencies.to_string()),
                ("control channels", figures.control_channels.to_string()),
                ("in the 800 MHz plan", figures.in_channel_plan.to_string()),
            ]),
            Figures::Calls(figures) => lines.extend(figures.lines()),
        }
        lines
    }
}

impl CallFigures {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let merges = &self.merges;
        vec![
            ("transmissions", self.transmissions.to_string()),
            ("talkgroups", self.talkgroups.to_string()),
            ("radios", format!("{} ({} transmissions of unknown radios)", self.radios, self.radio_unknown)),
            ("emergencies", self.emergencies.to_string()),
            ("encrypted", self.encrypted.to_string()),
            ("airtime", format!("{} s in {} s", self.airtime_s, self.length_s)),
            ("repeated rows", format!("{} (and {} other events)", self.rows_repeated, self.other_events)),
            ("rows merged", format!("{} (same radio and talkgroup, overlapping or touching)", merges.merged)),
            ("rows cut", format!("{} (the radio spoke in another talkgroup)", merges.cut)),
            ("rows dropped", format!("{} (nothing was left after the cut)", merges.dropped)),
            ("floor contests", format!("{} (a radio began while another spoke)", merges.floor_contests)),
        ]
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.file, self.format)?;
        for (label, value) in self.lines() {
            writeln!(f, "  {label:<20} {value}")?;
        }
        let defects = &self.defects;
        writeln!(
            f,
            "  {:<20} {} ({} conflicts, {} rows skipped, {} warnings)",
            "defects",
            defects.total(),
            defects.conflicts,
            defects.skipped,
            defects.warnings
        )?;
        for finding in defects.first.iter().take(SHOWN) {
            writeln!(f, "    {finding}")?;
        }
        let more = defects.total() - defects.first.len().min(SHOWN);
        if more > 0 {
            writeln!(f, "    and {more} more")?;
        }
        Ok(())
    }
}
