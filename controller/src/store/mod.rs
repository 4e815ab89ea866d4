//! What must outlive a restart, in one SQLite file: the term of office, what is provisioned, call records, operators'
//! tokens. SQLite stays on its own thread, away from the calls.

mod accounts;
mod alarms;
mod attempts;
mod audit;
mod configurations;
mod late;
mod messages;
mod page;
mod patches;
mod records;
mod remote;
mod reports;
mod schema;
mod sessions;
mod statistics;
mod subscribers;
mod terms;
mod thread;
mod tokens;

pub use accounts::{Account, AccountChange};
pub use alarms::AlarmQuery;
pub use audit::AuditQuery;
pub use configurations::VERSIONS_KEPT;
pub use page::{Found, PLACES_MAX, Page};
pub use records::RecordQuery;
pub use sessions::{Secret, Session};
pub use statistics::{Keeping, StatisticsQuery, Step, TooManyRows, Whose};
pub use terms::{KNOWN_ALIVE_MS, Served};
pub use thread::{StoreAnswer, StoreHandle, Told};
pub use tokens::{StoredToken, TokenHash};

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tracing::warn;
use trunklab_controller_core::config::{Change, SiteConfig, Subscriber, SystemParameters};
use trunklab_controller_core::output::StoreItem;
use trunklab_controller_core::registry::names::Name;
use trunklab_protocol::operator::AuditEntry;
use trunklab_protocol::{Epoch, Moment, UnitId};

use crate::clock::unix_us;

/// Why the store cannot be used; each sentence names the file and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A later trunklab wrote it.
    #[error(
        "{}: the database has version {found}, this controller knows versions up to {known}: start the newer \
         controller, or choose another file", path.display()
    )]
    Newer {
        /// Which file.
        path: PathBuf,
        /// What it says.
        found: i64,
        /// The newest that is known here.
        known: i64,
    },
    /// It belongs to some other program.
    #[error("{}: this is not a trunklab database: choose another file", .0.display())]
    Foreign(PathBuf),
    /// Another controller has it.
    #[error("{}: another controller is running on this database: stop it first", .0.display())]
    InUse(PathBuf),
    /// SQLite refused.
    #[error("{}: {source}; check that the directory exists, that you may write there, and that the disk has room", path.display())]
    Sqlite {
        /// Which file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The lock file cannot be made.
    #[error("{}: {source}; check that the directory exists and that you may write there", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A row does not read back.
    #[error("{}: table {table} holds a row that cannot be read ({reason}): restore the file from a copy", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Which table.
        table: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A name of a subscriber is another one's.
    #[error("{}: two subscribers have the same {name}: give each its own", path.display())]
    NameTaken {
        /// Which file.
        path: PathBuf,
        /// Which kind of name.
        name: String,
    },
    /// The last term of office was the last that a number exists for.
    #[error("{}: the term of office cannot grow any further", .0.display())]
    NoEpochLeft(PathBuf),
}

impl StoreError {
    /// Whether the disk is full or cannot be written: the same may be kept later.
    pub fn is_of_the_disk(&self) -> bool {
        let Self::Sqlite { source, .. } = self else { return false };
        matches!(
            source.sqlite_error_code(),
            Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::SystemIoFailure)
        )
    }
}

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorePlace {
    /// In a file.
    File(PathBuf),
    /// In memory: gone at the end. For tests and the demonstration.
    Memory,
}

/// The open database.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    path: PathBuf,
    /// Held for as long as the store is open.
    _lock: Option<Lock>,
}

/// Keeps other controllers off a database.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    /// Closing the file would not do: a process that is just being started holds a copy of it until its program runs,
    /// and the lock lasts until the last copy is closed.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            warn!(%error, "the database's lock was not given back; it ends with this process");
        }
    }
}

impl Store {
    /// Opens the database for the one controller that runs on it; makes it where it does not exist.
    ///
    /// # Errors
    /// When it is newer, foreign, damaged, in use or out of reach.
    pub fn open(place: &StorePlace) -> Result<Self, StoreError> {
        match place {
            StorePlace::Memory => Self::prepare(Connection::open_in_memory(), PathBuf::from("memory"), None),
            StorePlace::File(path) => {
                let lock = lock(path)?;
                Self::prepare(Connection::open(path), path.clone(), Some(lock))
            }
        }
    }

    /// Opens the database beside a controller that may be running on it.
    ///
    /// # Errors
    /// As [`Store::open`], save that it may be in use.
    pub fn open_beside(path: &Path) -> Result<Self, StoreError> {
        Self::prepare(Connection::open(path), path.to_owned(), None)
    }

    fn prepare(
        connection: rusqlite::Result<Connection>,
        path: PathBuf,
        lock: Option<Lock>,
    ) -> Result<Self, StoreError> {
        let connection = connection.map_err(|source| StoreError::Sqlite { path: path.clone(), source })?;
        let mut store = Self { connection, path, _lock: lock };
        store.try_sql(|connection| connection.busy_timeout(Duration::from_secs(5)))?;
        schema::bring_up_to_date(&mut store)?;
        Ok(store)
    }

    /// Begins a term of office: the stored epoch grows by one, or beyond `above` where that is higher, and records that
    /// earlier terms left open are closed.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn begin_term(&mut self, above: Epoch, wall_at_origin_us: u64) -> Result<Epoch, StoreError> {
        let path = self.path.clone();
        let last: Option<u32> = self.try_sql(|connection| {
            connection.query_row("SELECT epoch FROM meta", [], |row| row.get(0)).optional()
        })?;
        let epoch =
            last.unwrap_or(0).max(above.number()).checked_add(1).ok_or(StoreError::NoEpochLeft(path))?;
        self.try_sql(|connection| {
            let transaction = connection.transaction()?;
            transaction.execute("DELETE FROM meta", [])?;
            transaction.execute("INSERT INTO meta (epoch) VALUES (?1)", [epoch])?;
            transaction.execute(
                "INSERT INTO terms (epoch, wall_at_origin_us) VALUES (?1, ?2)",
                params![epoch, wall_at_origin_us.cast_signed()],
            )?;
            transaction.commit()
        })?;
        let epoch = Epoch::new(epoch).expect("every number is an epoch");
        records::close_earlier(self, epoch)?;
        messages::close_earlier(self, epoch)?;
        Ok(epoch)
    }

    /// What is provisioned beside the subscribers: the system, then sites, service areas and talkgroups, and at last the
    /// patches, what lasts of remote control, and alarms that are raised, each in order of its number.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn changes(&mut self) -> Result<Vec<Change>, StoreError> {
        let mut changes = Vec::new();
        for table in ["system", "sites", "areas", "talkgroups", "patches", "remote"] {
            changes.extend(self.table(table)?);
        }
        changes.extend(self.raised_alarms()?);
        let version = self.try_sql(|connection| configurations::newest(connection))?;
        changes.push(Change::Version(version));
        Ok(changes)
    }

    /// The sites that are provisioned, in order of their numbers.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn sites(&mut self) -> Result<Vec<SiteConfig>, StoreError> {
        let site = |change| if let Change::Site(site) = change { Some(site) } else { None };
        Ok(self.table("sites")?.into_iter().filter_map(site).collect())
    }

    fn table(&mut self, table: &'static str) -> Result<Vec<Change>, StoreError> {
        let bodies: Vec<String> = self.try_sql(|connection| {
            let mut rows = connection.prepare(&format!("SELECT body FROM {table} ORDER BY id"))?;
            rows.query_map([], |row| row.get(0))?.collect()
        })?;
        let read = |body: &String| {
            serde_json::from_str(body).map_err(|error| StoreError::Damaged {
                path: self.path.clone(),
                table,
                reason: error.to_string(),
            })
        };
        bodies.iter().map(read).collect()
    }

    /// Subscribers after this unit, in order of their units, so many that they take little room; none after the last.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn subscribers_after(&mut self, unit: Option<UnitId>) -> Result<Vec<Subscriber>, StoreError> {
        self.try_rows("subscribers", |connection| subscribers::after(connection, unit))
    }

    /// The subscriber with this individual id.
    ///
    /// # Errors
    /// When its row is damaged.
    pub fn subscriber(&mut self, unit: UnitId) -> Result<Option<Subscriber>, StoreError> {
        self.try_rows("subscribers", |connection| subscribers::one(connection, unit))
    }

    /// The subscriber that has this name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn holder(&mut self, name: Name) -> Result<Option<UnitId>, StoreError> {
        self.try_rows("subscribers", |connection| subscribers::holder(connection, name))
    }

    /// Takes a subscriber out and writes that down, both or neither; `false` where there is none.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn remove_subscriber(&mut self, unit: UnitId, written: &AuditEntry) -> Result<bool, StoreError> {
        self.try_sql(|connection| {
            let transaction = connection.transaction()?;
            let is_there = subscribers::remove(&transaction, std::iter::once(unit))? == 1;
            if is_there {
                audit::keep(&transaction, written)?;
                transaction.commit()?;
            }
            Ok(is_there)
        })
    }

    /// Adds or replaces these subscribers, each of another unit, and writes that down, all or none; `told` how many are
    /// written so far.
    ///
    /// # Errors
    /// When they cannot be made durable, or would give two subscribers one name.
    pub fn keep_subscribers<'a>(
        &mut self,
        subscribers: impl Iterator<Item = &'a Subscriber> + Clone,
        written: Option<&AuditEntry>,
        told: impl FnMut(u64),
    ) -> Result<(), StoreError> {
        self.try_sql(|connection| {
            let transaction = connection.transaction()?;
            // All of them go first, so that they may hand names to each other.
            subscribers::remove(&transaction, subscribers.clone().map(|subscriber| subscriber.unit))?;
            subscribers::add(&transaction, subscribers, told)?;
            if let Some(written) = written {
                audit::keep(&transaction, written)?;
            }
            transaction.commit()
        })
    }

    /// Keeps changes, all or none; each replaces what it changes.
    ///
    /// # Errors
    /// When they cannot be made durable, or would give two subscribers one name.
    pub fn provision(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let at_us = unix_us();
        self.try_sql(|connection| {
            let transaction = connection.transaction()?;
            let removes = |change: &Change| {
                matches!(
                    change,
                    Change::SiteRemoved(_) | Change::AreaRemoved(_) | Change::TalkgroupRemoved(_)
                )
            };
            let mut configures = changes.iter().any(removes);
            for change in changes {
                let (table, id) = match change {
                    Change::System(_) => ("system", 1),
                    Change::Site(site) => ("sites", i64::from(site.site.number())),
                    Change::Area(area) => ("areas", i64::from(area.area.number())),
                    Change::Talkgroup(talkgroup) => ("talkgroups", i64::from(talkgroup.id.number())),
                    Change::Subscriber(_)
                    | Change::Subscribers(_)
                    | Change::SubscriberRemoved(_)
                    | Change::Alarm(_)
                    | Change::Version(_) => continue,
                    Change::SiteRemoved(site) => {
                        configurations::remove(&transaction, "sites", site.number())?;
                        continue;
                    }
                    Change::AreaRemoved(area) => {
                        configurations::remove(&transaction, "areas", area.number())?;
                        continue;
                    }
                    Change::TalkgroupRemoved(talkgroup) => {
                        configurations::remove(&transaction, "talkgroups", talkgroup.number())?;
                        continue;
                    }
                    Change::Patch(talkgroups) => {
                        patches::keep(&transaction, talkgroups)?;
                        continue;
                    }
                    Change::Remote(row) => {
                        remote::put(&transaction, row)?;
                        continue;
                    }
                };
                configures = true;
                let body = serde_json::to_string(change).expect("a change serialises: its keys are text");
                transaction
                    .prepare_cached(&format!("INSERT OR REPLACE INTO {table} (id, body) VALUES (?1, ?2)"))?
                    .execute(params![id, body])?;
            }
            subscribers::keep(&transaction, changes)?;
            if configures {
                configurations::note(&transaction, at_us)?;
            }
            transaction.commit()
        })
    }

    /// Keeps these parameters of the system if none were provisioned.
    ///
    /// # Errors
    /// When they cannot be made durable.
    pub fn provide_system(&mut self, system: &SystemParameters) -> Result<(), StoreError> {
        let has_one: bool = self.try_sql(|connection| {
            connection.query_row("SELECT count(*) > 0 FROM system", [], |row| row.get(0))
        })?;
        if has_one { Ok(()) } else { self.provision(&[Change::System(system.clone())]) }
    }

    /// Keeps what the core wants kept, all in one commit.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn keep<'a>(&mut self, items: impl IntoIterator<Item = &'a StoreItem>) -> Result<(), StoreError> {
        self.keep_all(items.into_iter().map(Kept::Item))
    }

    /// Keeps what the core wants kept and what it told in between, in order and in one commit.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn keep_all<'a>(&mut self, all: impl Iterator<Item = Kept<'a>>) -> Result<(), StoreError> {
        self.try_sql(|connection| {
            let transaction = connection.transaction()?;
            let mut alive = None;
            for kept in all {
                match kept {
                    Kept::Item(item) => keep_item(&transaction, item)?,
                    Kept::Told { epoch, at, told } => {
                        alive = Some((epoch, at));
                        match told {
                            Told::Step(call, step) => {
                                records::keep_step(&transaction, epoch, at, *call, step)?;
                            }
                            Told::Attempt(attempt) => attempts::keep(&transaction, epoch, at, attempt)?,
                            Told::Alive => {}
                        }
                    }
                }
            }
            if let Some((epoch, at)) = alive {
                transaction
                    .prepare_cached("UPDATE terms SET alive_us = ?2 WHERE epoch = ?1")?
                    .execute(params![epoch.number(), at.as_micros().cast_signed()])?;
            }
            transaction.commit()
        })
    }

    /// Keeps an input on which the core broke, for whoever has to find out why.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn set_aside(&mut self, epoch: Epoch, index: u64, at_us: u64, what: &str) -> Result<(), StoreError> {
        self.try_sql(|connection| {
            connection
                .execute(
                    "INSERT OR REPLACE INTO set_aside (epoch, entry, at_us, what) VALUES (?1, ?2, ?3, ?4)",
                    params![epoch.number(), index.cast_signed(), at_us.cast_signed(), what],
                )
                .map(|_| ())
        })
    }

    /// From here on the database may grow by no page, or again without a bound: a disk that is full, or is no longer.
    pub(crate) fn fill_disk(&mut self, is_full: bool) {
        let pages: u32 = if is_full { 1 } else { u32::MAX - 1 };
        if let Err(failure) =
            self.try_sql(|connection| connection.pragma_update(None, "max_page_count", pages))
        {
            tracing::error!(%failure, is_full, "an exercise could not be begun or ended");
        }
    }

    fn try_sql<T>(
        &mut self,
        run: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        run(&mut self.connection).map_err(|source| {
            let path = self.path.clone();
            if source.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) {
                StoreError::Foreign(path)
            } else if let Some(name) = subscribers::name_taken(&source) {
                StoreError::NameTaken { path, name }
            } else {
                StoreError::Sqlite { path, source }
            }
        })
    }

    /// As [`Store::try_sql`], for rows that may not read back.
    fn try_rows<T>(
        &mut self,
        table: &'static str,
        run: impl FnOnce(&mut Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.try_sql(run).map_err(|failure| {
            if let StoreError::Sqlite { path, source } = &failure
                && source.sqlite_error().is_none()
            {
                return StoreError::Damaged { path: path.clone(), table, reason: source.to_string() };
            }
            failure
        })
    }
}

/// What is kept, in its place among the rest.
#[derive(Debug, Clone, Copy)]
pub enum Kept<'a> {
    /// What the core waits for.
    Item(&'a StoreItem),
    /// What it told.
    Told {
        /// In which term.
        epoch: Epoch,
        /// When.
        at: Moment,
        /// What.
        told: &'a Told,
    },
}

fn keep_item(transaction: &Transaction<'_>, item: &StoreItem) -> rusqlite::Result<()> {
    match item {
        StoreItem::CallOpened(record) | StoreItem::CallClosed(record) => records::keep(transaction, record),
        StoreItem::Patched(talkgroups) => patches::keep(transaction, talkgroups),
        StoreItem::Unpatched(talkgroups) => patches::forget(transaction, talkgroups),
        StoreItem::Configured(configured) => configurations::keep(transaction, configured),
        StoreItem::Audit(audited) => audit::keep_order(transaction, audited),
        StoreItem::Cloned(cloned) => audit::keep_cloned(transaction, cloned),
        StoreItem::Remote(change) => remote::keep(transaction, change),
        StoreItem::Rights { unit, priority, services } => {
            remote::set_rights(transaction, *unit, *priority, *services)
        }
        StoreItem::Message(record) => messages::keep(transaction, record),
        StoreItem::Reported(reported) => reports::keep(transaction, reported),
        StoreItem::NetworkAlarm(record) => alarms::keep(transaction, record),
    }
}

/// One controller at a time: a second one on the same file would speak with the same epoch.
fn lock(path: &Path) -> Result<Lock, StoreError> {
    let beside = path.with_added_extension("lock");
    let failed = |source| StoreError::File { path: beside.clone(), source };
    let file = File::options().create(true).truncate(false).write(true).open(&beside).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(path.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

#[cfg(test)]
mod tests;
