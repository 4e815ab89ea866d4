//! What an operator may do: roles, rights, and who stands behind an order (docs/services.md 13.7).

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ConsoleName;

/// What an operator is; each may what the ones before may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks on.
    Viewer,
    /// Talks with radios and sees to emergencies.
    Dispatcher,
    /// Commands radios and reads who did what.
    Supervisor,
    /// Says who may do what.
    Administrator,
}

/// What something asks of its operator; each contains the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// To read how the network stands.
    View,
    /// To talk with radios, and to say what becomes of their calls.
    Dispatch,
    /// To command radios, and to read who did what.
    Supervise,
    /// To say who is served, who may do what, and how the network works.
    Administer,
}

/// Role, its name, the highest right that it has: one row each.
const ROLES: [(Role, &str, Right); 4] = [
    (Role::Viewer, "viewer", Right::View),
    (Role::Dispatcher, "dispatcher", Right::Dispatch),
    (Role::Supervisor, "supervisor", Right::Supervise),
    (Role::Administrator, "administrator", Right::Administer),
];

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; ROLES.len()] =
        [Self::Viewer, Self::Dispatcher, Self::Supervisor, Self::Administrator];

    /// Whether it has a right.
    pub const fn may(self, right: Right) -> bool {
        right as u8 <= ROLES[self as usize].2 as u8
    }

    /// Its name, as in the API and the database.
    pub const fn name(self) -> &'static str {
        ROLES[self as usize].1
    }
}

impl Right {
    /// Every right, the least first.
    pub const ALL: [Self; 4] = [Self::View, Self::Dispatch, Self::Supervise, Self::Administer];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A role's name was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is `viewer`, `dispatcher`, `supervisor` or `administrator`")]
pub struct NoRole;

impl FromStr for Role {
    type Err = NoRole;

    fn from_str(name: &str) -> Result<Self, NoRole> {
        ROLES.iter().find(|(_, known, _)| *known == name).map(|(role, ..)| *role).ok_or(NoRole)
    }
}

/// Who stands behind an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Authority {
    /// Who.
    pub console: ConsoleName,
    /// As what.
    pub role: Role,
    /// From where; `None` for the controller's own process.
    pub from: Option<SocketAddr>,
}

impl Authority {
    /// The controller's own process, which may everything.
    pub const fn own_process(console: ConsoleName) -> Self {
        Self { console, role: Role::Administrator, from: None }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.console, self.role)?;
        self.from.map_or(Ok(()), |from| write!(f, " from {from}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_roles() {
        for ((role, name, _), place) in ROLES.iter().zip(0..) {
            assert_eq!(*role as u8, place);
            assert_eq!(name.parse(), Ok(*role));
            assert_eq!(serde_json::to_value(role).unwrap(), *name);
        }
        assert_eq!("root".parse::<Role>(), Err(NoRole));
    }

    #[test]
    fn each_role_may_one_thing_more_than_the_one_before() {
        for (place, role) in Role::ALL.iter().enumerate() {
            for (needed, right) in Right::ALL.iter().enumerate() {
                assert_eq!(role.may(*right), needed <= place, "{role} {right:?}");
            }
        }
    }
}
