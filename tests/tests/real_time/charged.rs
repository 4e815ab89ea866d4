//! The call records in a network's database, as they are when nobody writes in it any more.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rusqlite::Connection;
use trunklab_tests::process::PATIENCE;

/// The least number of a node that is a site's.
const SITE_NODES: u32 = 0x8000;

/// A call record.
#[derive(Debug, PartialEq, Eq)]
pub struct Charged {
    /// Node, epoch and counter of the call.
    pub call: (u32, u32, u32),
    /// Of which term of office, or time alone, the record is.
    pub epoch: u32,
    /// Why the call ended; `None`: the record is open.
    pub cause: Option<u32>,
}

impl Charged {
    /// The site in whose time alone the record was written.
    pub const fn site(&self) -> Option<u32> {
        (self.epoch >> 16).checked_sub(SITE_NODES)
    }

    /// Whether a site began the call while it was alone.
    pub const fn begun_alone(&self) -> bool {
        self.call.0 >= SITE_NODES
    }
}

/// Every call record.
pub fn records(directory: &Path) -> Result<Vec<Charged>> {
    let connection = Connection::open(directory.join("zone.db"))?;
    let mut rows = connection
        .prepare("SELECT node, term, counter, epoch, cause FROM call_records ORDER BY epoch, granted_us")?;
    let rows = rows.query_map([], |row| {
        Ok(Charged { call: (row.get(0)?, row.get(1)?, row.get(2)?), epoch: row.get(3)?, cause: row.get(4)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Waits until there are so many records of a kind: reports come one after the other.
pub fn await_records(directory: &Path, wanted: impl Fn(&Charged) -> bool, count: usize) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let records = records(directory)?;
        if records.iter().filter(|record| wanted(record)).count() >= count {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{count} records were awaited; there are {records:#?}");
        thread::sleep(Duration::from_millis(100));
    }
}

/// The same of a network at rest: each stands once, and none is open.
pub fn records_at_rest(directory: &Path) -> Result<Vec<Charged>> {
    let records = records(directory)?;
    let distinct: BTreeSet<_> = records.iter().map(|record| (record.call, record.epoch)).collect();
    ensure!(distinct.len() == records.len(), "a record stands twice: {records:#?}");
    let open: Vec<_> = records.iter().filter(|record| record.cause.is_none()).collect();
    ensure!(open.is_empty(), "records were left open: {open:#?}");
    Ok(records)
}
