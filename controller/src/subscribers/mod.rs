//! `controller subscribers`: the home register in files and back, for as many rows as a network has (docs/formats.md). A file
//! is taken whole or not at all.

mod columns;
mod draft;
mod json;
mod plan;
mod progress;
mod running;
mod table;
#[cfg(test)]
mod tests;

pub use json::Object as SubscriberObject;
pub use plan::{Difference, SHOWN_MAX};
pub use progress::Progress;
pub(crate) use running::{keep, read_rows};

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use trunklab_controller_core::config::Subscriber;
use trunklab_protocol::{Cause, UnitId};

use self::draft::Entry;
use crate::store::{Store, StoreError};

/// The largest file that is read.
const FILE_LEN_MAX: u64 = 4 << 30;

/// Why a file of subscribers cannot be used, or not be written.
#[derive(Debug, thiserror::Error)]
pub enum SubscribersError {
    /// Its name does not tell what it is.
    #[error("{}: the name must end in .csv, .json or .jsonl", .0.display())]
    Ending(PathBuf),
    /// It cannot be read or written.
    #[error("{}: {source}; check the path and the room on the disk", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is larger than any register.
    #[error("{}: larger than {} GiB: divide it", .0.display(), FILE_LEN_MAX >> 30)]
    TooLarge(PathBuf),
    /// Rows are wrong: nothing was changed.
    #[error("{}: nothing was changed, for {defects}", path.display())]
    Defects {
        /// Which.
        path: PathBuf,
        /// Which rows, and why.
        defects: Defects,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a file holds subscribers: its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A row a line, cells under the names of their columns.
    Csv,
    /// One list of objects.
    Json,
    /// An object a line.
    JsonLines,
}

impl Format {
    /// How it is called on the wire.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv",
            Self::Json => "application/json",
            Self::JsonLines => "application/x-ndjson",
        }
    }

    /// What a file's name tells.
    ///
    /// # Errors
    /// Where it ends in something else.
    pub fn of(path: &Path) -> Result<Self, SubscribersError> {
        let ending = path.extension().map(|ending| ending.to_ascii_lowercase());
        match ending.as_deref().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(Self::Csv),
            Some("json") => Ok(Self::Json),
            Some("jsonl") => Ok(Self::JsonLines),
            Some(_) | None => Err(SubscribersError::Ending(path.to_owned())),
        }
    }
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// Its line, from 1; in a list of objects which object, from 1.
    pub line: u64,
    /// What, and the remedy.
    pub what: String,
}

/// Defects: all are counted, the first are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defects {
    first: Vec<Defect>,
    count: u64,
    /// Why the first of them, where that is a name that another has.
    cause: Option<Cause>,
}

impl Defects {
    fn note(&mut self, line: u64, what: impl Into<String>) {
        self.count += 1;
        if self.first.len() < SHOWN_MAX {
            self.first.push(Defect { line, what: what.into() });
        }
    }

    fn note_because(&mut self, line: u64, what: impl Into<String>, cause: Cause) {
        if self.count == 0 {
            self.cause = Some(cause);
        }
        self.note(line, what);
    }

    /// The named cause of the first.
    pub fn cause(&self) -> Cause {
        self.cause.unwrap_or(Cause::FieldOutOfRange)
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The first of them, at most [`SHOWN_MAX`].
    pub fn first(&self) -> &[Defect] {
        &self.first
    }
}

impl fmt::Display for Defects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let s = if self.count == 1 { "" } else { "s" };
        write!(f, "{} defect{s}:", self.count)?;
        for Defect { line, what } in &self.first {
            write!(f, "\n  {line}: {what}")?;
        }
        let more = self.count - self.first.len() as u64;
        if more > 0 { write!(f, "\n  and {more} more") } else { Ok(()) }
    }
}

/// Adds and replaces the subscribers that a file holds; others stay. Without `keep` it only tells what would change.
///
/// # Errors
/// Where a row is wrong, or the file or the database cannot be used: then nothing was changed.
pub fn import(
    store: &mut Store,
    path: &Path,
    keep: bool,
    progress: &Progress,
) -> Result<Difference, SubscribersError> {
    let mut defects = Defects::default();
    let entries = read(path, &mut defects, progress)?;
    let plan = plan::compare(store, entries, &mut defects, progress)?;
    if defects.count > 0 {
        return Err(SubscribersError::Defects { path: path.to_owned(), defects });
    }
    if keep {
        store.keep_subscribers(plan.changed.iter().map(|entry| &entry.subscriber), None, |count| {
            progress.at("written", count);
        })?;
    }
    progress.done();
    Ok(plan.difference)
}

fn read(path: &Path, defects: &mut Defects, progress: &Progress) -> Result<Vec<Entry>, SubscribersError> {
    let failed = |source| SubscribersError::File { path: path.to_owned(), source };
    let format = Format::of(path)?;
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.len() > FILE_LEN_MAX {
        return Err(SubscribersError::TooLarge(path.to_owned()));
    }
    match format {
        Format::Csv => table::read(file, defects, progress).map_err(failed),
        Format::Json => json::read_list(file, defects, progress).map_err(failed),
        Format::JsonLines => json::read_lines(file, defects, progress).map_err(failed),
    }
}

/// Whether keys are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Whoever reads the file can be any of its units.
    Written,
    /// Such a file can be read again: a subscriber keeps its key.
    Left,
}

/// Writes every subscriber to a file that does not exist yet, and tells how many there were. With keys only its owner can read
/// it.
///
/// # Errors
/// Where the file exists or cannot be written, or the database cannot be read.
pub fn export(
    store: &mut Store,
    path: &Path,
    keys: Keys,
    progress: &Progress,
) -> Result<u64, SubscribersError> {
    let failed = |source| SubscribersError::File { path: path.to_owned(), source };
    let format = Format::of(path)?;
    let mode = match keys {
        Keys::Written => 0o600,
        Keys::Left => 0o644,
    };
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(failed)?;
    let mut out = BufWriter::new(file);
    let (head, between, tail) = match format {
        Format::Csv => (table::header(keys), "", ""),
        Format::Json => ("[\n".to_owned(), ",\n", "\n]\n"),
        Format::JsonLines => (String::new(), "\n", "\n"),
    };
    out.write_all(head.as_bytes()).map_err(failed)?;
    let mut count = 0;
    each(store, |subscriber| {
        let separator = if count == 0 { "" } else { between };
        let row = match format {
            Format::Csv => table::row(subscriber, keys),
            Format::Json | Format::JsonLines => json::object(subscriber, keys),
        };
        count += 1;
        progress.at("exported", count);
        out.write_all(separator.as_bytes()).and_then(|()| out.write_all(row.as_bytes())).map_err(failed)
    })?;
    let tail = if count == 0 && format == Format::JsonLines { "" } else { tail };
    out.write_all(tail.as_bytes()).map_err(failed)?;
    out.into_inner()
        .map_err(io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(failed)?;
    progress.done();
    Ok(count)
}

/// What the register holds of a unit, a line for each column; its key is not among them.
///
/// # Errors
/// Where the database cannot be read.
pub fn show(store: &mut Store, unit: UnitId) -> Result<Option<String>, SubscribersError> {
    Ok(store.subscriber(unit)?.map(|subscriber| table::sheet(&subscriber)))
}

/// The longest word of a file that is shown: an identity has fifteen digits, a key thirty-two.
const WORD_LEN_MAX: usize = 24;

/// What was found, as a terminal may show it. A key that stands in a wrong place stays secret.
fn shown(text: &str) -> String {
    let plain: String =
        text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(200).collect();
    let part = |letter: char| !letter.is_alphanumeric() && letter != '_';
    plain
        .split_inclusive(part)
        .map(|word| if word.trim_end_matches(part).chars().count() > WORD_LEN_MAX { "… " } else { word })
        .collect()
}

fn each<E: From<StoreError>>(
    store: &mut Store,
    mut take: impl FnMut(&Subscriber) -> Result<(), E>,
) -> Result<(), E> {
    let mut after = None;
    loop {
        let page = store.subscribers_after(after)?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.unit);
        page.iter().try_for_each(&mut take)?;
    }
}
