//! How a network is configured, by versions (docs/services.md 13.6).

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{ConsoleName, Role};

/// Which configuration: each change makes the next, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ConfigurationVersion(u64);

impl ConfigurationVersion {
    /// The version of this number; 0 is before the first.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The one that the next change makes.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for ConfigurationVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One thing that differs between two configurations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Difference {
    /// Where: `system`, `site 3`, `area 2`, `talkgroup 41`.
    pub place: String,
    /// Which field; `None` where the whole entry was added or taken out.
    pub field: Option<String>,
    /// As it was, in JSON; `None` where there was none.
    pub before: Option<String>,
    /// As it is, in JSON; `None` where there is none.
    pub after: Option<String>,
}

/// `talkgroup 41: hang_time_ms null -> 1000`, `+ site 4`, `- area 2`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, field, before, after } = self;
        match (field, before, after) {
            (None, None, _) => write!(f, "+ {place}"),
            (None, Some(_), _) => write!(f, "- {place}"),
            (Some(field), before, after) => {
                let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
                write!(f, "{place}: {field} {} -> {}", shown(before), shown(after))
            }
        }
    }
}

/// One version of the configuration: whose it is, and what it changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VersionView {
    /// Which.
    pub version: ConfigurationVersion,
    /// When it came, in microseconds since 1970.
    pub at_us: u64,
    /// Who made it.
    pub who: ConsoleName,
    /// As what; `None` where a command on the controller's machine did.
    pub role: Option<Role>,
    /// From where; `None` for the controller's own machine.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub from: Option<SocketAddr>,
    /// What differs from the version before; the first so many where there is much.
    pub differences: Vec<Difference>,
    /// How many differences there are.
    pub differences_count: u64,
}

/// The versions that are kept, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Versions {
    /// In their order.
    pub versions: Vec<VersionView>,
}
