//! Operators' tokens: 256 random bits, kept as hashes, compared in constant time.

use std::sync::{PoisonError, RwLock};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use trunklab_protocol::operator::{ConsoleName, Role};

use crate::store::{StoredToken, TokenHash};

/// The console of a token that was given when the controller was started: who starts it may everything.
const GIVEN: (&str, Role) = ("console", Role::Administrator);

/// The hashes of all tokens that are good now.
#[derive(Debug, Default)]
pub struct TokenBook {
    /// Given when the controller was started.
    given: Vec<StoredToken>,
    /// From the store; read again now and then, so that a new token needs no restart.
    stored: RwLock<Vec<StoredToken>>,
}

impl TokenBook {
    /// A book that always knows these tokens.
    pub fn with_given<'a>(tokens: impl IntoIterator<Item = &'a String>) -> Self {
        let (name, role) = GIVEN;
        let token =
            |token: &'a String| StoredToken { hash: token_hash(token), name: ConsoleName::new(name), role };
        Self { given: tokens.into_iter().map(token).collect(), stored: RwLock::default() }
    }

    /// Replaces what the store holds.
    pub fn set_stored(&self, known: Vec<StoredToken>) {
        *self.stored.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// Whose a good token is, and as what. Looks at every hash, wherever it matches.
    pub fn holder(&self, token: &str) -> Option<(ConsoleName, Role)> {
        let hash = token_hash(token);
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        for known in self.given.iter().chain(stored.iter()) {
            if known.hash.ct_eq(&hash).into() {
                found = Some((&known.name, known.role));
            }
        }
        found.map(|(name, role)| (name.clone(), role))
    }
}

/// A new token, as text.
///
/// # Errors
/// When the system gives no randomness.
pub fn new_operator_token() -> Result<String, getrandom::Error> {
    let mut octets = [0; 32];
    getrandom::fill(&mut octets)?;
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

/// What is kept of a token.
pub fn token_hash(token: &str) -> TokenHash {
    Sha256::digest(token.trim()).into()
}
