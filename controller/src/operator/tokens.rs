//! Operators' tokens: 256 random bits, kept as hashes, compared in constant time.

use std::sync::{Arc, PoisonError, RwLock};

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use trunklab_protocol::Cause;
use trunklab_protocol::operator::ConsoleName;

use super::Operator;
use super::problem::Problem;
use crate::store::TokenHash;

/// The console of a token that was given when the controller was started.
const GIVEN: &str = "console";

/// The hashes of all tokens that are good now.
#[derive(Debug, Default)]
pub struct TokenBook {
    /// Given when the controller was started.
    given: Vec<(TokenHash, ConsoleName)>,
    /// From the store; read again now and then, so that a new token needs no restart.
    stored: RwLock<Vec<(TokenHash, ConsoleName)>>,
}

impl TokenBook {
    /// A book that always knows these tokens.
    pub fn with_given<'a>(tokens: impl IntoIterator<Item = &'a String>) -> Self {
        let given = tokens.into_iter().map(|token| (token_hash(token), ConsoleName::new(GIVEN))).collect();
        Self { given, stored: RwLock::default() }
    }

    /// Replaces what the store holds.
    pub fn set_stored(&self, known: Vec<(TokenHash, String)>) {
        let known = known.into_iter().map(|(hash, name)| (hash, ConsoleName::new(&name))).collect();
        *self.stored.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// The console that a good token belongs to. Looks at every hash, wherever it matches.
    pub fn console(&self, token: &str) -> Option<ConsoleName> {
        let hash = token_hash(token);
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = None;
        for (known, name) in self.given.iter().chain(stored.iter()) {
            if known.ct_eq(&hash).into() {
                found = Some(name);
            }
        }
        found.cloned()
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

pub(super) async fn demand(
    State(operator): State<Arc<Operator>>,
    mut request: Request,
    next: Next,
) -> Response {
    let token = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| operator.reach.tokens.console(token));
    if let Some(console) = token {
        // Who asks is known from here on by the token alone.
        request.extensions_mut().insert(console);
        return next.run(request).await;
    }
    operator.reach.counters.operator_refused.one(Cause::NotAuthenticated);
    let detail = "send `Authorization: Bearer TOKEN`; `controller token` makes one";
    Problem::new(StatusCode::UNAUTHORIZED, detail).because(Cause::NotAuthenticated).into_response()
}
