//! Lists that are read page by page: which page is wanted, and what was found.

use rusqlite::Connection;

use super::{Store, StoreError};

/// Places that one question looks through: however little it finds, the calls wait no longer than for so many.
pub const PLACES_MAX: u64 = 4_096;

/// Which page of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Not before this, in microseconds since 1970.
    pub from_us: u64,
    /// Before this.
    pub to_us: u64,
    /// Behind the entry in this place.
    pub after: u64,
    /// So many entries at most.
    pub limit: u32,
}

impl Page {
    /// Entries in one page.
    pub const LIMIT_MAX: u32 = 1_000;
}

/// The first page of everything, as long as a page may be.
impl Default for Page {
    fn default() -> Self {
        Self { from_us: 0, to_us: u64::MAX, after: 0, limit: Self::LIMIT_MAX }
    }
}

/// What a question found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// In order of their places.
    pub entries: Vec<T>,
    /// Behind which place to go on; `None` where there is nothing further now.
    pub next: Option<u64>,
}

/// The places of a table that one question looks through, with the time that bounds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    pub after: i64,
    pub until: i64,
    pub from_us: i64,
    pub to_us: i64,
    last: u64,
}

impl Places {
    /// Entries that were found in these places, of which each says its own; no more than the page may have.
    pub fn found<T>(
        self,
        page: &Page,
        wanted: impl Iterator<Item = Result<(u64, T), StoreError>>,
    ) -> Result<Found<T>, StoreError> {
        let limit = page.limit as usize;
        let found = wanted.take(limit).collect::<Result<Vec<_>, _>>()?;
        let last = found.last().map(|(place, _)| *place).filter(|_| found.len() == limit);
        let next = last.unwrap_or(self.until.cast_unsigned());
        let entries = found.into_iter().map(|(_, entry)| entry).collect();
        Ok(Found { entries, next: Some(next).filter(|next| *next < self.last) })
    }
}

impl Store {
    /// The places in which a page of a table is looked for, by the column of its times.
    pub(super) fn places(&mut self, page: &Page, table: &str, time: &str) -> Result<Places, StoreError> {
        let (from_us, to_us) = (within(page.from_us), within(page.to_us));
        let (first, last) = self.try_sql(|connection| bounds(connection, table, time, from_us, to_us))?;
        let after = page.after.max(first.saturating_sub(1));
        let until = after.saturating_add(PLACES_MAX).min(last);
        Ok(Places { after: within(after), until: within(until), from_us, to_us, last })
    }
}

fn within(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The first and the last place of a time, by the index of times alone.
fn bounds(
    connection: &Connection,
    table: &str,
    time: &str,
    from: i64,
    to: i64,
) -> rusqlite::Result<(u64, u64)> {
    let of = |which: &str, bound: &str| {
        connection
            .prepare_cached(&format!("SELECT coalesce({which}(id), 0) FROM {table} {bound}"))?
            .query_row([], |row| row.get(0).map(i64::cast_unsigned))
    };
    if (from, to) == (0, i64::MAX) {
        return Ok((0, of("max", "")?));
    }
    let bound = format!("WHERE {time} >= {from} AND {time} < {to}");
    Ok((of("min", &bound)?, of("max", &bound)?))
}
