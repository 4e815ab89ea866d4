//! Whose an order is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a console: that of the token with which it was let in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ConsoleName(String);

impl ConsoleName {
    /// Longest name, in characters.
    pub const CHARS_MAX: usize = 40;

    /// A name; what is longer than may be is cut.
    pub fn new(name: &str) -> Self {
        Self(name.chars().take(Self::CHARS_MAX).collect())
    }
}

impl fmt::Display for ConsoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
