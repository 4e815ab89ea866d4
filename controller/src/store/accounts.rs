//! Operators' accounts: who may log in, as what. A change that takes rights away ends the account's sessions with it.

use std::fmt;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use trunklab_protocol::operator::{AuditEntry, ConsoleName, Role};

use super::{Store, StoreError, audit};

/// An operator's account.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Who.
    pub name: ConsoleName,
    /// As what.
    pub role: Role,
    /// Whether nobody is let in with it.
    pub is_disabled: bool,
    /// The hash of its password, as a PHC string.
    pub password: String,
}

/// The hash stays out of every log.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, role, is_disabled, .. } = self;
        write!(f, "Account {{ {name}, {role}, disabled: {is_disabled} }}")
    }
}

/// A change of one account.
#[derive(Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// Its role is another.
    Role(Role),
    /// Its password is another: this is its hash.
    Password(String),
    /// Nobody is let in with it, or again somebody is.
    Disabled(bool),
    /// It is no more.
    Remove,
}

impl Store {
    /// Adds an account and writes that down, both or neither; `false` where the name is taken.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn add_account(&mut self, account: &Account, written: &AuditEntry) -> Result<bool, StoreError> {
        self.try_sql(|connection| {
            let transaction = connection.transaction()?;
            let added = transaction.execute(
                "INSERT OR IGNORE INTO accounts (name, role, disabled, password) VALUES (?1, ?2, ?3, ?4)",
                params![account.name.to_string(), account.role.name(), account.is_disabled, account.password],
            )?;
            written_down(transaction, added == 1, written)
        })
    }

    /// Changes an account and writes that down, both or neither; `false` where there is none of this name.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn change_account(
        &mut self,
        name: &ConsoleName,
        change: &AccountChange,
        written: &AuditEntry,
    ) -> Result<bool, StoreError> {
        let name = name.to_string();
        self.try_sql(|connection| {
            let transaction = connection.transaction()?;
            if matches!(
                change,
                AccountChange::Password(_) | AccountChange::Disabled(true) | AccountChange::Remove
            ) {
                transaction.execute("DELETE FROM sessions WHERE account = ?1", [&name])?;
            }
            let changed = match change {
                AccountChange::Role(role) => transaction
                    .execute("UPDATE accounts SET role = ?2 WHERE name = ?1", params![name, role.name()]),
                AccountChange::Password(hash) => transaction
                    .execute("UPDATE accounts SET password = ?2 WHERE name = ?1", params![name, hash]),
                AccountChange::Disabled(disabled) => transaction
                    .execute("UPDATE accounts SET disabled = ?2 WHERE name = ?1", params![name, disabled]),
                AccountChange::Remove => transaction.execute("DELETE FROM accounts WHERE name = ?1", [&name]),
            }?;
            written_down(transaction, changed == 1, written)
        })
    }

    /// The account of this name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn account(&mut self, name: &ConsoleName) -> Result<Option<Account>, StoreError> {
        let row = self.try_sql(|connection| {
            connection
                .prepare_cached("SELECT name, role, disabled, password FROM accounts WHERE name = ?1")?
                .query_row([name.to_string()], columns)
                .optional()
        })?;
        row.map(|row| self.read_account(row)).transpose()
    }

    /// Every account, in order of the names.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn accounts(&mut self) -> Result<Vec<Account>, StoreError> {
        let rows: Vec<Columns> = self.try_sql(|connection| {
            let mut rows =
                connection.prepare("SELECT name, role, disabled, password FROM accounts ORDER BY name")?;
            rows.query_map([], columns)?.collect()
        })?;
        rows.into_iter().map(|row| self.read_account(row)).collect()
    }

    fn read_account(&self, (name, role, is_disabled, password): Columns) -> Result<Account, StoreError> {
        let role = self.read_role("accounts", &role)?;
        Ok(Account { name: ConsoleName::new(&name), role, is_disabled, password })
    }
}

/// Commits what was done together with its entry in the audit trail, or takes it back.
fn written_down(transaction: Transaction<'_>, is_done: bool, written: &AuditEntry) -> rusqlite::Result<bool> {
    if is_done {
        audit::keep(&transaction, written)?;
        transaction.commit()?;
    }
    Ok(is_done)
}

type Columns = (String, String, bool, String);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}
