//! How an operator is let in (docs/services.md 13.7.5).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ConsoleName, Role};

/// What an operator logs in with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The account's name.
    pub name: String,
    /// Its password.
    pub password: String,
}

/// With what a session goes on.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// The newest refresh token of the session; it is good once.
    pub refresh_token: String,
}

/// What an operator is let in with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tokens {
    /// Whose they are.
    pub name: ConsoleName,
    /// The account's role.
    pub role: Role,
    /// Goes with each request, as bearer token.
    pub access_token: String,
    /// How long it is good, in seconds.
    pub expires_in_s: u64,
    /// Brings the next tokens; it is good once.
    pub refresh_token: String,
}

/// Who is let in, and as what: what `GET /v1/self` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Admission {
    /// Who.
    pub name: ConsoleName,
    /// As what, at this moment.
    pub role: Role,
}

/// Secrets stay out of every log.
macro_rules! hidden {
    ($($type:ident)*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).finish_non_exhaustive()
            }
        }
    )*};
}

hidden!(Login Refresh Tokens);
