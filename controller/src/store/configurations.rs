//! The configuration's versions: each with who made it, when, and what it changed. The newest is what the tables of sites,
//! service areas and talkgroups hold.

use std::net::SocketAddr;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use trunklab_controller_core::config::Change;
use trunklab_controller_core::configuration::{Configuration, Configured};
use trunklab_protocol::Epoch;
use trunklab_protocol::operator::{
    AuditEntry, Authority, ConfigurationVersion, ConsoleName, Deed, Difference, Role, VersionView,
};

use super::{Store, StoreError, audit};
use crate::configuration::{DIFFERENCES_MAX, differences};

/// Versions that are kept.
pub const VERSIONS_KEPT: u64 = 100;

/// Who made a version, and when.
struct Maker {
    at_us: i64,
    who: ConsoleName,
    role: Option<Role>,
    from: Option<SocketAddr>,
}

impl Store {
    /// The newest version, and what it says.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn configuration(&mut self) -> Result<(ConfigurationVersion, Configuration), StoreError> {
        self.try_rows("configurations", |connection| Ok((newest(connection)?, standing(connection)?)))
    }

    /// What a version says; `None` where it is not kept.
    ///
    /// # Errors
    /// When its row is damaged.
    pub fn configuration_of(
        &mut self,
        version: ConfigurationVersion,
    ) -> Result<Option<Configuration>, StoreError> {
        self.try_rows("configurations", |connection| {
            connection
                .prepare_cached("SELECT body FROM configurations WHERE version = ?1")?
                .query_row([version.number().cast_signed()], |row| json(row, 0))
                .optional()
        })
    }

    /// The versions that are kept, the newest first.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn configuration_versions(&mut self) -> Result<Vec<VersionView>, StoreError> {
        self.try_rows("configurations", |connection| {
            connection
                .prepare_cached(
                    "SELECT version, at_us, who, role, origin, differences, differences_count FROM configurations
                     ORDER BY version DESC",
                )?
                .query_map([], view)?
                .collect()
        })
    }

    /// Makes a configuration the newest version, by hand while no controller runs.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn configure(
        &mut self,
        by: &Authority,
        at_us: u64,
        configuration: &Configuration,
    ) -> Result<ConfigurationVersion, StoreError> {
        self.try_rows("configurations", |connection| {
            let transaction = connection.transaction()?;
            let (base, before) = (newest(&transaction)?, standing(&transaction)?);
            let maker = Maker {
                at_us: at_us.cast_signed(),
                who: by.console.clone(),
                role: Some(by.role),
                from: by.from,
            };
            replace(&transaction, configuration)?;
            add(&transaction, base.next(), &maker, &before, configuration)?;
            write_down(&transaction, &maker, base)?;
            transaction.commit()?;
            Ok(base.next())
        })
    }
}

/// Keeps what an operator made of the configuration, with its entry in the audit trail.
pub(super) fn keep(transaction: &Transaction<'_>, configured: &Configured) -> rusqlite::Result<()> {
    let Configured { version, epoch, at, by, configuration } = configured;
    let at_us = began_us(transaction, *epoch)?.saturating_add(at.as_micros().cast_signed());
    let maker = Maker { at_us, who: by.console.clone(), role: Some(by.role), from: by.from };
    let (base, before) = (newest(transaction)?, standing(transaction)?);
    replace(transaction, configuration)?;
    add(transaction, *version, &maker, &before, configuration)?;
    write_down(transaction, &maker, base)
}

/// What is provisioned was changed otherwise: where it is not what the newest version says, it is the next.
pub(super) fn note(transaction: &Transaction<'_>, at_us: i64) -> rusqlite::Result<()> {
    let newest = newest(transaction)?;
    let before: Option<Configuration> = transaction
        .prepare_cached("SELECT body FROM configurations WHERE version = ?1")?
        .query_row([newest.number().cast_signed()], |row| json(row, 0))
        .optional()?;
    let after = standing(transaction)?;
    if before.as_ref() == Some(&after) {
        return Ok(());
    }
    let maker = Maker { at_us, who: ConsoleName::new("controller provision"), role: None, from: None };
    add(transaction, newest.next(), &maker, &before.unwrap_or_default(), &after)
}

/// An entry of a table is taken out.
pub(super) fn remove(transaction: &Transaction<'_>, table: &str, id: u16) -> rusqlite::Result<()> {
    transaction.execute(&format!("DELETE FROM {table} WHERE id = ?1"), [id]).map(|_| ())
}

pub(super) fn newest(connection: &Connection) -> rusqlite::Result<ConfigurationVersion> {
    let number: Option<i64> =
        connection.query_row("SELECT max(version) FROM configurations", [], |row| row.get(0))?;
    Ok(ConfigurationVersion::new(number.unwrap_or(0).cast_unsigned()))
}

/// What the tables hold.
fn standing(connection: &Connection) -> rusqlite::Result<Configuration> {
    let mut changes = Vec::new();
    for table in ["system", "sites", "areas", "talkgroups"] {
        let mut rows = connection.prepare(&format!("SELECT body FROM {table} ORDER BY id"))?;
        for change in rows.query_map([], |row| json::<Change>(row, 0))? {
            changes.push(change?);
        }
    }
    Ok(Configuration::default().with(&changes))
}

fn replace(transaction: &Transaction<'_>, configuration: &Configuration) -> rusqlite::Result<()> {
    for table in ["system", "sites", "areas", "talkgroups"] {
        transaction.execute(&format!("DELETE FROM {table}"), [])?;
    }
    let Configuration { system, sites, areas, talkgroups } = configuration;
    let mut rows = vec![("system", 1, Change::System(system.clone()))];
    rows.extend(sites.iter().map(|site| ("sites", site.site.number(), Change::Site(site.clone()))));
    rows.extend(areas.iter().map(|area| ("areas", area.area.number(), Change::Area(area.clone()))));
    rows.extend(talkgroups.iter().map(|row| ("talkgroups", row.id.number(), Change::Talkgroup(row.clone()))));
    for (table, id, change) in rows {
        transaction
            .prepare_cached(&format!("INSERT INTO {table} (id, body) VALUES (?1, ?2)"))?
            .execute(params![id, text(&change)])?;
    }
    Ok(())
}

fn add(
    transaction: &Transaction<'_>,
    version: ConfigurationVersion,
    maker: &Maker,
    before: &Configuration,
    after: &Configuration,
) -> rusqlite::Result<()> {
    let mut differences = differences(before, after);
    let count = differences.len() as u64;
    differences.truncate(DIFFERENCES_MAX);
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO configurations
             (version, at_us, who, role, origin, body, differences, differences_count)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            version.number().cast_signed(),
            maker.at_us,
            maker.who.to_string(),
            maker.role.map(Role::name),
            maker.from.map(|from| from.to_string()),
            text(after),
            text(&differences),
            count.cast_signed(),
        ])?;
    let oldest = version.number().saturating_sub(VERSIONS_KEPT).cast_signed();
    transaction.execute("DELETE FROM configurations WHERE version <= ?1", [oldest]).map(|_| ())
}

fn write_down(
    transaction: &Transaction<'_>,
    maker: &Maker,
    base: ConfigurationVersion,
) -> rusqlite::Result<()> {
    let deed = Deed::Configured { base, version: Some(base.next()) };
    let Maker { at_us, who, role, from } = maker;
    let at_us = at_us.cast_unsigned();
    audit::keep(
        transaction,
        &AuditEntry { id: 0, at_us, who: who.clone(), role: *role, from: *from, deed, cause: None },
    )
}

fn began_us(connection: &Connection, epoch: Epoch) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT wall_at_origin_us FROM terms WHERE epoch = ?1")?
        .query_row([epoch.number()], |row| row.get(0))
}

fn text(of: &impl serde::Serialize) -> String {
    serde_json::to_string(of).expect("what is provisioned serialises: its keys are text")
}

fn json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    let body: String = row.get(column)?;
    serde_json::from_str(&body).map_err(|error| damaged(column, error))
}

fn damaged(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
}

fn view(row: &Row<'_>) -> rusqlite::Result<VersionView> {
    let (version, at_us): (i64, i64) = (row.get(0)?, row.get(1)?);
    let (who, role, from): (String, Option<String>, Option<String>) = (row.get(2)?, row.get(3)?, row.get(4)?);
    let differences: Vec<Difference> = json(row, 5)?;
    let count: i64 = row.get(6)?;
    Ok(VersionView {
        version: ConfigurationVersion::new(version.cast_unsigned()),
        at_us: at_us.cast_unsigned(),
        who: ConsoleName::new(&who),
        role: role.map(|role| role.parse().map_err(|error| damaged(3, error))).transpose()?,
        from: from.map(|from| from.parse().map_err(|error| damaged(4, error))).transpose()?,
        differences,
        differences_count: count.cast_unsigned(),
    })
}
