//! Operators' tokens that stand until they are taken out, for programs; known by their hashes.

use rusqlite::params;
use trunklab_protocol::operator::{ConsoleName, NoRole, Role};

use super::{Store, StoreError};

/// SHA-256 of an operator's token.
pub type TokenHash = [u8; 32];

/// What is kept of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredToken {
    /// By what it is known.
    pub hash: TokenHash,
    /// Whose it is.
    pub name: ConsoleName,
    /// As what its holder is let in.
    pub role: Role,
}

impl Store {
    /// Adds an operator's token by its hash.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn add_operator_token(&mut self, token: &StoredToken) -> Result<(), StoreError> {
        self.try_sql(|connection| {
            connection
                .execute(
                    "INSERT OR REPLACE INTO operator_tokens (hash, name, role) VALUES (?1, ?2, ?3)",
                    params![token.hash, token.name.to_string(), token.role.name()],
                )
                .map(|_| ())
        })
    }

    /// Every operator's token.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn operator_tokens(&mut self) -> Result<Vec<StoredToken>, StoreError> {
        let rows: Vec<(TokenHash, String, String)> = self.try_sql(|connection| {
            let mut rows =
                connection.prepare("SELECT hash, name, role FROM operator_tokens ORDER BY hash")?;
            rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
        })?;
        let token = |(hash, name, role): (TokenHash, String, String)| {
            let role = self.read_role("operator_tokens", &role)?;
            Ok(StoredToken { hash, name: ConsoleName::new(&name), role })
        };
        rows.into_iter().map(token).collect()
    }

    pub(super) fn read_role(&self, table: &'static str, role: &str) -> Result<Role, StoreError> {
        role.parse().map_err(|reason: NoRole| StoreError::Damaged {
            path: self.path.clone(),
            table,
            reason: reason.to_string(),
        })
    }
}
