//! Which format a file has, told from its first line, and the door to its importer.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::finding::{Findings, readable};
use super::source::{Line, Source};
use super::table::{DELIMITERS, split};
use super::{
    CallLog, ImportError, Limits, Report, Sites, Talkgroups, op25, recorded, sdrtrunk, sites, talkgroups,
    trunk_recorder,
};

/// The formats that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// RadioReference talkgroups, CSV.
    RadioReferenceTalkgroups,
    /// RadioReference sites and frequencies, CSV.
    RadioReferenceSites,
    /// Recorded calls, CSV with one call per row.
    RecordedCalls,
    /// trunk-recorder's JSON beside each recording.
    TrunkRecorderCalls,
    /// SDRTrunk's event log, CSV.
    SdrTrunkEvents,
    /// OP25's talkgroup tags, TSV.
    Op25Tags,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::RadioReferenceTalkgroups => "RadioReference talkgroups",
            Self::RadioReferenceSites => "RadioReference sites",
            Self::RecordedCalls => "recorded calls",
            Self::TrunkRecorderCalls => "trunk-recorder calls",
            Self::SdrTrunkEvents => "SDRTrunk events",
            Self::Op25Tags => "OP25 tags",
        })
    }
}

/// What a file held.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Imported {
    /// A list of talkgroups.
    Talkgroups(Talkgroups),
    /// A list of sites.
    Sites(Sites),
    /// A call log.
    Calls(CallLog),
}

impl Imported {
    /// The figures and defects.
    pub const fn report(&self) -> &Report {
        match self {
            Self::Talkgroups(talkgroups) => &talkgroups.report,
            Self::Sites(sites) => &sites.report,
            Self::Calls(calls) => &calls.report,
        }
    }
}

/// Reads a file of any known format, or a folder of trunk-recorder calls.
///
/// # Errors
/// An [`ImportError`] if nothing of it can be used; defects of single rows are in the report instead.
pub fn read(path: &Path, limits: &Limits) -> Result<Imported, ImportError> {
    if path.is_dir() {
        return folder(path, limits).map(Imported::Calls);
    }
    parse(&Source::open(path, limits)?, limits)
}

/// Reads what is in memory already; `name` stands for the file in every message.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(name: &str, octets: Vec<u8>, limits: &Limits) -> Result<Imported, ImportError> {
    parse(&Source::of(name.to_owned(), octets, limits)?, limits)
}

/// Reads a list of talkgroups.
///
/// # Errors
/// As [`read`], and if the file holds something else.
pub fn read_talkgroups(path: &Path, limits: &Limits) -> Result<Talkgroups, ImportError> {
    match read(path, limits)? {
        Imported::Talkgroups(talkgroups) => Ok(talkgroups),
        other @ (Imported::Sites(_) | Imported::Calls(_)) => Err(wrong_kind(&other, "a list of talkgroups")),
    }
}

/// Reads a list of sites.
///
/// # Errors
/// As [`read`], and if the file holds something else.
pub fn read_sites(path: &Path, limits: &Limits) -> Result<Sites, ImportError> {
    match read(path, limits)? {
        Imported::Sites(sites) => Ok(sites),
        other @ (Imported::Talkgroups(_) | Imported::Calls(_)) => Err(wrong_kind(&other, "a list of sites")),
    }
}

/// Reads a call log.
///
/// # Errors
/// As [`read`], and if the file holds something else.
pub fn read_calls(path: &Path, limits: &Limits) -> Result<CallLog, ImportError> {
    match read(path, limits)? {
        Imported::Calls(calls) => Ok(calls),
        other @ (Imported::Talkgroups(_) | Imported::Sites(_)) => Err(wrong_kind(&other, "a call log")),
    }
}

fn wrong_kind(imported: &Imported, expected: &'static str) -> ImportError {
    let report = imported.report();
    ImportError::WrongKind { file: report.file.clone(), expected, found: report.format }
}

fn parse(source: &Source, limits: &Limits) -> Result<Imported, ImportError> {
    let (format, delimiter) = detect(source, limits)?;
    Ok(match format {
        Format::RadioReferenceTalkgroups => {
            Imported::Talkgroups(talkgroups::parse(source, delimiter, limits)?)
        }
        Format::RadioReferenceSites => Imported::Sites(sites::parse(source, delimiter, limits)?),
        Format::RecordedCalls => Imported::Calls(recorded::parse(source, delimiter, limits)?),
        Format::TrunkRecorderCalls => Imported::Calls(trunk_recorder::parse(source, limits)?),
        Format::SdrTrunkEvents => Imported::Calls(sdrtrunk::parse(source, delimiter, limits)?),
        Format::Op25Tags => Imported::Talkgroups(op25::parse(source, limits)?),
    })
}

/// A header that holds one of these names, in small letters, belongs to this format. The first match counts.
const SIGNS: &[(Format, &[&str])] = &[
    (Format::SdrTrunkEvents, &["duration_ms", "event_id"]),
    (Format::RecordedCalls, &["start_local", "duration_s"]),
    (Format::RadioReferenceSites, &["rfss", "site dec", "frequencies"]),
    (Format::RadioReferenceTalkgroups, &["decimal", "dec", "alpha tag"]),
];

fn detect(source: &Source, limits: &Limits) -> Result<(Format, char), ImportError> {
    // The importer reads the line again and reports what is wrong with it.
    let mut unheard = Findings::new(0);
    let mut lines = source.lines(limits);
    if source.octets().trim_ascii_start().starts_with(b"{") {
        return Ok((Format::TrunkRecorderCalls, ','));
    }
    let Some(line) = lines.next(&mut unheard)? else {
        return Err(ImportError::Empty { file: source.name.clone() });
    };
    for delimiter in DELIMITERS {
        let names: Vec<String> =
            split(&line, delimiter, &mut unheard).iter().map(|name| name.to_ascii_lowercase()).collect();
        let format = SIGNS.iter().find(|(_, signs)| {
            signs.iter().any(|sign| names.len() > 1 && names.iter().any(|name| name == sign))
        });
        if let Some((format, _)) = format {
            return Ok((*format, delimiter));
        }
    }
    if op25_begins(line, source, limits)? {
        return Ok((Format::Op25Tags, '\t'));
    }
    let line = source.lines(limits).next(&mut unheard)?;
    let (line, found) = line.map_or((1, String::new()), |line| (line.number, readable(&line.text)));
    Err(ImportError::UnknownFormat { file: source.name.clone(), line, found })
}

/// Whether the first line that is no comment is a number, a tab and a name.
fn op25_begins(first: Line<'_>, source: &Source, limits: &Limits) -> Result<bool, ImportError> {
    let mut unheard = Findings::new(0);
    let mut lines = source.lines(limits);
    let mut next = Some(first);
    while let Some(line) = next {
        if !line.text.starts_with('#') {
            return Ok(op25::is_tag(&line.text));
        }
        // The first pass returns the first line once more; a comment twice does no harm.
        next = lines.next(&mut unheard)?;
    }
    Ok(false)
}

/// Reads every `.json` of a folder, in the order of their names, as one call log.
fn folder(path: &Path, limits: &Limits) -> Result<CallLog, ImportError> {
    let folder = path.display().to_string();
    let unreadable = |problem| ImportError::Unreadable { file: folder.clone(), problem };
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
            files.push(file);
        }
        if files.len() > limits.files_max {
            break;
        }
    }
    if files.is_empty() || files.len() > limits.files_max {
        return Err(ImportError::FilesInFolder { folder, count: files.len(), limit: limits.files_max });
    }
    files.sort_unstable();
    trunk_recorder::parse_folder(folder, &files, limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detected(text: &str) -> Result<(Format, char), ImportError> {
        let limits = Limits::default();
        detect(&Source::of("file".into(), text.as_bytes().to_vec(), &limits).unwrap(), &limits)
    }

    #[test]
    fn tells_formats_by_their_header_in_any_order_and_case() {
        for (text, format) in [
            ("\u{FEFF}Decimal,Hex,Alpha Tag\n", (Format::RadioReferenceTalkgroups, ',')),
            ("Mode; DEC; Alpha Tag\n", (Format::RadioReferenceTalkgroups, ';')),
            ("x,RFSS,Site Dec\n", (Format::RadioReferenceSites, ',')),
            ("start_local,duration_s\n", (Format::RecordedCalls, ',')),
            ("\n  {\"freq\": 1}", (Format::TrunkRecorderCalls, ',')),
            ("\"TIMESTAMP\",\"DURATION_MS\"\n", (Format::SdrTrunkEvents, ',')),
            ("# ours\n101\tFire Dispatch\n", (Format::Op25Tags, '\t')),
        ] {
            assert_eq!(detected(text).unwrap(), format, "{text}");
        }
    }

    #[test]
    fn names_what_it_found_where_it_knows_no_format() {
        let error = detected("\nDear sir, decimal points\n").unwrap_err();
        assert!(
            error.to_string().starts_with("file, line 2: found \"Dear sir, decimal points\", expected"),
            "{error}"
        );
    }
}
