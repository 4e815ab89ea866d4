//! Records of calls, attempts and messages out of the database, as files, sums and a schema (docs/formats.md, "Call records").

mod columns;
mod hours;
mod schema;
mod summary;
mod time;

pub use columns::Row;
pub use schema::schema;
pub use summary::{By, Summary, SummaryRow, Waits, summarise};
pub use time::wall_time;

use std::io::{self, Write};

use trunklab_protocol::operator::{AttemptEntry, MessageEntry, RecordEntry};

use crate::store::{Found, RecordQuery, Store, StoreError};
use crate::subscribers::Progress;

/// How entries are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A line of cells for each entry, below a line of names.
    Csv,
    /// One list of objects.
    Json,
    /// An object to a line.
    Jsonl,
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Whoever takes it.
    #[error("the export could not be written: {0}")]
    Write(#[from] io::Error),
}

/// What can be exported.
pub trait Exported: Row + serde::Serialize + Sized {
    /// What an entry is called when progress is shown.
    const WHAT: &'static str;

    /// A page of them.
    ///
    /// # Errors
    /// When the database cannot be read.
    fn page(store: &mut Store, query: &RecordQuery) -> Result<Found<Self>, StoreError>;
}

impl Exported for RecordEntry {
    const WHAT: &'static str = "records";

    fn page(store: &mut Store, query: &RecordQuery) -> Result<Found<Self>, StoreError> {
        store.records(query)
    }
}

impl Exported for AttemptEntry {
    const WHAT: &'static str = "attempts";

    fn page(store: &mut Store, query: &RecordQuery) -> Result<Found<Self>, StoreError> {
        store.attempts(query)
    }
}

impl Exported for MessageEntry {
    const WHAT: &'static str = "messages";

    fn page(store: &mut Store, query: &RecordQuery) -> Result<Found<Self>, StoreError> {
        store.messages(query)
    }
}

/// Gives every entry that is wanted, page by page: no more than a page is ever in memory.
///
/// # Errors
/// When the database cannot be read, or what is done with an entry fails.
pub fn each<T: Exported>(
    store: &mut Store,
    mut query: RecordQuery,
    mut take: impl FnMut(T) -> Result<(), ExportError>,
) -> Result<(), ExportError> {
    loop {
        let Found { entries, next } = T::page(store, &query)?;
        entries.into_iter().try_for_each(&mut take)?;
        let Some(next) = next else { return Ok(()) };
        query.page.after = next;
    }
}

/// Writes every entry that is wanted, and tells how far it is; how many there were.
///
/// # Errors
/// When the database cannot be read, or nobody takes what is written.
pub fn export<T: Exported>(
    store: &mut Store,
    query: RecordQuery,
    format: Format,
    out: &mut impl Write,
    progress: &Progress,
) -> Result<u64, ExportError> {
    let mut count = 0;
    match format {
        Format::Csv => {
            let mut table = csv::Writer::from_writer(&mut *out);
            table.write_record(T::COLUMNS).map_err(io::Error::from)?;
            each(store, query, |entry: T| {
                table.write_record(entry.cells()).map_err(io::Error::from)?;
                count += 1;
                progress.at(T::WHAT, count);
                Ok(())
            })?;
            table.flush()?;
        }
        Format::Json | Format::Jsonl => {
            let is_list = format == Format::Json;
            out.write_all(if is_list { b"[" } else { b"" })?;
            each(store, query, |entry: T| {
                let before: &[u8] = match (is_list, count) {
                    (true, 0) => b"\n",
                    (true, _) => b",\n",
                    (false, _) => b"",
                };
                out.write_all(before)?;
                serde_json::to_writer(&mut *out, &entry).map_err(io::Error::from)?;
                out.write_all(if is_list { b"" } else { b"\n" })?;
                count += 1;
                progress.at(T::WHAT, count);
                Ok(())
            })?;
            out.write_all(if is_list { b"\n]\n" } else { b"" })?;
        }
    }
    out.flush()?;
    progress.done();
    Ok(count)
}

#[cfg(test)]
mod tests;
