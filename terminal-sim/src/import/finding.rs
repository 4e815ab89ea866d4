//! Defects: what is wrong in a file that could still be imported.

use std::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// How many characters of a damaged value a finding repeats.
const FOUND_CHARS_MAX: usize = 80;

/// How much a defect costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Everything that the row means was kept.
    Warning,
    /// The row was left out.
    Skipped,
    /// Two rows claim the same number: a person must choose.
    Conflict,
}

/// What is wrong, what was expected, and what was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Defect {
    /// Octets that are not UTF-8.
    #[error("the row is not UTF-8; it was read as Windows-1252")]
    NotUtf8,
    /// Characters that would steer a terminal.
    #[error("control characters do not belong in a list; they were replaced by spaces")]
    ControlCharacter,
    /// A quotation mark inside a quoted cell.
    #[error("a quotation mark inside a quoted cell should be doubled; it was kept as text")]
    StrayQuote,
    /// A quoted cell without an end.
    #[error("a quoted cell should end before its line does; it was taken up to the end of the line")]
    UnclosedQuote,
    /// More cells than the header has names.
    #[error("the header names {columns} columns and the row has {cells}; the cells beyond were ignored")]
    ExtraCells {
        /// Cells in the row.
        cells: usize,
        /// Columns in the header.
        columns: usize,
    },
    /// A needed column is named twice.
    #[error("the header names this column twice; the first one is used")]
    RepeatedColumn,
    /// A row that cannot be used.
    #[error("expected {expected}; the row was skipped")]
    RowSkipped {
        /// What the column holds in a good row.
        expected: &'static str,
    },
    /// A value that cannot be used, in a row that can.
    #[error("expected {expected}; the value was ignored and the row kept")]
    ValueIgnored {
        /// What the column holds in a good row.
        expected: &'static str,
    },
    /// A hexadecimal number that differs from its decimal twin.
    #[error("expected {expected}{}; the decimal number is used", if *spreadsheet { ", which a spreadsheet took for a power of ten" } else { "" })]
    DamagedHex {
        /// The decimal number in hexadecimal.
        expected: String,
        /// Whether the damage is what a spreadsheet does to digits around an `e`.
        spreadsheet: bool,
    },
    /// The same talkgroup under another name.
    #[error(
        "talkgroup {talkgroup} is \"{kept}\" in line {first_line}; that name is used, this one is kept aside"
    )]
    TalkgroupConflict {
        /// The number that both rows claim.
        talkgroup: u16,
        /// The row that is used.
        first_line: u64,
        /// The name that is used.
        kept: String,
    },
    /// The same talkgroup under the same name.
    #[error(
        "talkgroup {talkgroup} stands in line {first_line} already, under the same name; the row was skipped"
    )]
    RepeatedTalkgroup {
        /// The number that both rows name.
        talkgroup: u16,
        /// The row that is used.
        first_line: u64,
    },
    /// The same site number again within a subsystem.
    #[error(
        "site {rfss}-{site} is \"{kept}\" in line {first_line}; that row is used, this one is kept aside"
    )]
    SiteConflict {
        /// The subsystem.
        rfss: u16,
        /// The site within it.
        site: u16,
        /// The row that is used.
        first_line: u64,
        /// The name that is used.
        kept: String,
    },
    /// A frequency that is none.
    #[error(
        "expected megahertz such as 851.0125, with a final c for a control channel; this frequency was ignored"
    )]
    BadFrequency,
    /// A frequency listed twice at one site.
    #[error("the site lists this frequency twice; both entries were kept")]
    RepeatedFrequency,
    /// A site without frequencies.
    #[error("the site lists no frequency; it was kept without")]
    NoFrequency,
    /// A site without a control channel.
    #[error("none of the site's frequencies has the c of a control channel; it was kept as it is")]
    NoControlChannel,
    /// A row older than the one above it.
    #[error("the row begins before the one above it; the log was sorted by time")]
    OutOfOrder,
    /// A call of no length.
    #[error("the call has no length; it was kept as a press without speech")]
    NoLength,
}

impl Defect {
    /// How much it costs.
    pub const fn severity(&self) -> Severity {
        match self {
            Self::TalkgroupConflict { .. } | Self::SiteConflict { .. } => Severity::Conflict,
            Self::RowSkipped { .. } | Self::RepeatedTalkgroup { .. } => Severity::Skipped,
            Self::NotUtf8
            | Self::ControlCharacter
            | Self::StrayQuote
            | Self::UnclosedQuote
            | Self::ExtraCells { .. }
            | Self::RepeatedColumn
            | Self::ValueIgnored { .. }
            | Self::DamagedHex { .. }
            | Self::BadFrequency
            | Self::RepeatedFrequency
            | Self::NoFrequency
            | Self::NoControlChannel
            | Self::OutOfOrder
            | Self::NoLength => Severity::Warning,
        }
    }
}

/// A defect and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, where several were read as one log.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: u64,
    /// The column's name; empty when the whole row is meant.
    pub column: String,
    /// What stands there, cut to a readable length.
    pub found: String,
    /// What is wrong with it.
    pub defect: Defect,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}, ")?;
        }
        write!(f, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": found \"{}\": {}", self.found, self.defect)
    }
}

/// `line`, `column`, `found`, `severity`, `message`, and the defect's own fields under `defect`.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Finding", 7)?;
        match &self.file {
            Some(file) => fields.serialize_field("file", file)?,
            None => fields.skip_field("file")?,
        }
        fields.serialize_field("line", &self.line)?;
        fields.serialize_field("column", &self.column)?;
        fields.serialize_field("found", &self.found)?;
        fields.serialize_field("severity", &self.defect.severity())?;
        fields.serialize_field("message", &self.defect.to_string())?;
        fields.serialize_field("defect", &self.defect)?;
        fields.end()
    }
}

/// All that was found in a file: every defect is counted, the first ones are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Findings {
    /// Rows that claim a number already taken.
    pub conflicts: usize,
    /// Rows left out.
    pub skipped: usize,
    /// Values mended or ignored.
    pub warnings: usize,
    /// The first defects, in the file's order.
    pub first: Vec<Finding>,
    #[serde(skip)]
    kept_max: usize,
    #[serde(skip)]
    file: Option<String>,
}

impl Findings {
    /// Nothing found yet; at most `kept_max` findings will be kept.
    pub(super) const fn new(kept_max: usize) -> Self {
        Self { conflicts: 0, skipped: 0, warnings: 0, first: Vec::new(), kept_max, file: None }
    }

    /// Names the file of the findings to come, where several are read as one log.
    pub(super) fn in_file(&mut self, file: &str) {
        self.file = Some(file.to_owned());
    }

    /// Defects of every severity.
    pub const fn total(&self) -> usize {
        self.conflicts + self.skipped + self.warnings
    }

    pub(super) fn add(&mut self, line: u64, column: &str, found: &str, defect: Defect) {
        match defect.severity() {
            Severity::Conflict => self.conflicts += 1,
            Severity::Skipped => self.skipped += 1,
            Severity::Warning => self.warnings += 1,
        }
        if self.first.len() < self.kept_max {
            let file = self.file.clone();
            self.first.push(Finding { file, line, column: readable(column), found: readable(found), defect });
        }
    }
}

/// The start of a text, with nothing in it that would steer a terminal.
pub(super) fn readable(text: &str) -> String {
    let mut start: String =
        text.chars().take(FOUND_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(FOUND_CHARS_MAX).is_some() {
        start.push('…');
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_every_defect_but_keeps_only_the_first() {
        let mut findings = Findings::new(2);
        for line in 1..=5 {
            findings.add(line, "Hex", "20", Defect::DamagedHex { expected: "2e1".into(), spreadsheet: true });
        }
        assert_eq!((findings.total(), findings.warnings, findings.first.len()), (5, 5, 2));
        assert_eq!(
            findings.first[0].to_string(),
            "line 1, column Hex: found \"20\": expected 2e1, which a spreadsheet took for a power of ten; \
             the decimal number is used"
        );
    }

    #[test]
    fn a_finding_serialises_with_its_place_and_kind() {
        let mut findings = Findings::new(1);
        findings.add(7, "Mode", "X\u{1b}[2J", Defect::ValueIgnored { expected: "A, D, M or T" });
        let json = serde_json::to_value(&findings.first[0]).unwrap();
        assert_eq!(json["line"], 7);
        assert_eq!(json["found"], "X [2J");
        assert_eq!(json["severity"], "warning");
        assert_eq!(json["defect"]["kind"], "value_ignored");
    }
}
