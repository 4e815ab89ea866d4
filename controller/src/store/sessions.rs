//! Operators' sessions, from the login to the logout, and the key that signs their access tokens.

use rusqlite::{OptionalExtension, params};
use trunklab_protocol::operator::{AuditEntry, ConsoleName, Role};

use super::{Store, StoreError, TokenHash, audit};

/// A key of 256 bits.
pub type Secret = [u8; 32];

/// Sessions of one account at once; the one that was begun first makes room for a new one, whatever the clock showed then.
const SESSIONS_MAX: i64 = 20;

/// A session that has neither ended nor expired, of an account that is not disabled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Whose.
    pub account: ConsoleName,
    /// The account's role now.
    pub role: Role,
    /// The hash of the one refresh token that is good.
    pub refresh: TokenHash,
}

impl Store {
    /// Begins a session and writes that down, both or neither.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn begin_session(
        &mut self,
        id: &str,
        account: &ConsoleName,
        refresh: &TokenHash,
        now_us: i64,
        expires_us: i64,
        written: &AuditEntry,
    ) -> Result<(), StoreError> {
        let account = account.to_string();
        self.try_sql(|connection| {
            let transaction = connection.transaction()?;
            transaction.execute("DELETE FROM sessions WHERE expires_us <= ?1", [now_us])?;
            transaction.execute(
                "DELETE FROM sessions WHERE account = ?1 AND id NOT IN
                 (SELECT id FROM sessions WHERE account = ?1 ORDER BY rowid DESC LIMIT ?2)",
                params![account, SESSIONS_MAX - 1],
            )?;
            transaction.execute(
                "INSERT INTO sessions (id, account, refresh, begun_us, expires_us) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![id, account, refresh, now_us, expires_us],
            )?;
            audit::keep(&transaction, written)?;
            transaction.commit()
        })
    }

    /// The session of this id, where it still stands.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn session(&mut self, id: &str, now_us: i64) -> Result<Option<Session>, StoreError> {
        let row: Option<(String, String, TokenHash)> = self.try_sql(|connection| {
            connection
                .prepare_cached(
                    "SELECT name, role, refresh FROM sessions JOIN accounts ON name = account
                     WHERE id = ?1 AND expires_us > ?2 AND NOT disabled",
                )?
                .query_row(params![id, now_us], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()
        })?;
        let Some((account, role, refresh)) = row else { return Ok(None) };
        let role = self.read_role("accounts", &role)?;
        Ok(Some(Session { account: ConsoleName::new(&account), role, refresh }))
    }

    /// Another refresh token takes the place of the one that was good; `false` where that one is good no longer.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn renew_session(
        &mut self,
        id: &str,
        used: &TokenHash,
        next: &TokenHash,
        expires_us: i64,
    ) -> Result<bool, StoreError> {
        self.try_sql(|connection| {
            let renewed = connection.execute(
                "UPDATE sessions SET refresh = ?3, expires_us = ?4 WHERE id = ?1 AND refresh = ?2",
                params![id, used, next, expires_us],
            )?;
            Ok(renewed == 1)
        })
    }

    /// Ends a session and writes down why, both or neither.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn end_session(&mut self, id: &str, written: &AuditEntry) -> Result<(), StoreError> {
        self.try_sql(|connection| {
            let transaction = connection.transaction()?;
            transaction.execute("DELETE FROM sessions WHERE id = ?1", [id])?;
            audit::keep(&transaction, written)?;
            transaction.commit()
        })
    }

    /// The key that signs access tokens: what was kept at first, else this one.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn signing_key(&mut self, fresh: &Secret) -> Result<Secret, StoreError> {
        self.try_sql(|connection| {
            connection.execute("INSERT OR IGNORE INTO signing_key (id, key) VALUES (1, ?1)", [fresh])?;
            connection.query_row("SELECT key FROM signing_key", [], |row| row.get(0))
        })
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::operator::Deed;

    use super::*;
    use crate::store::{Account, StorePlace};

    #[test]
    fn the_session_that_was_begun_first_makes_room_though_the_clock_was_set_back_since() {
        let mut store = Store::open(&StorePlace::Memory).unwrap();
        let (name, role) = (ConsoleName::new("anna"), Role::Viewer);
        let written = AuditEntry {
            id: 0,
            at_us: 1,
            who: name.clone(),
            role: None,
            from: None,
            deed: Deed::Login {},
            cause: None,
        };
        let account = Account { name: name.clone(), role, is_disabled: false, password: String::new() };
        store.add_account(&account, &written).unwrap();
        let ids: Vec<_> = (0..SESSIONS_MAX + 2).map(|number| number.to_string()).collect();
        for (id, number) in ids.iter().zip(0..) {
            // After as many sessions as there may be it is an hour earlier.
            let now = if number < SESSIONS_MAX { 4_000_000_000 + number } else { 400_000_000 + number };
            store.begin_session(id, &name, &[0; 32], now, 9_000_000_000, &written).unwrap();
        }
        let stands: Vec<_> = ids.iter().map(|id| store.session(id, 400_000_000).unwrap().is_some()).collect();
        let wanted: Vec<_> = (0..SESSIONS_MAX + 2).map(|number| number >= 2).collect();
        assert_eq!(stands, wanted);
    }
}
