//! Who did what, when and from where, and what came of it (docs/services.md 13.7.3).

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::{ConfigurationVersion, ConsoleName, Order, Role};
use crate::cause::Cause;
use crate::identity::{Imei, UnitId};
use crate::network::SiteId;
use crate::remote::RadioOrder;
use crate::subscription::ClonePolicy;

/// One entry of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Its place in the trail: later entries have higher ones.
    pub id: u64,
    /// When, in microseconds since 1970.
    pub at_us: u64,
    /// Who.
    pub who: ConsoleName,
    /// As what; `None` where nobody was let in.
    pub role: Option<Role>,
    /// From where; `None` for the controller's own machine.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub from: Option<SocketAddr>,
    /// What.
    #[serde(flatten)]
    pub deed: Deed,
    /// Why it was refused; `None` where it was done.
    pub cause: Option<Cause>,
}

/// What somebody did, or tried to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "deed", rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields carry the names of the types that document them")]
pub enum Deed {
    /// Gave an order.
    Order { given: Order },
    /// Asked for something that his role may not.
    Request { method: String, path: String },
    /// Changed how the network is configured: which version was to be changed, and which one came of it.
    Configured { base: ConfigurationVersion, version: Option<ConfigurationVersion> },
    /// Showed a token.
    Token {},
    /// Logged in.
    Login {},
    /// Showed a refresh token.
    Refresh {},
    /// Logged out.
    Logout {},
    /// Made an account.
    AccountAdded { account: ConsoleName, as_role: Role },
    /// Gave an account another role.
    AccountRole { account: ConsoleName, as_role: Role },
    /// Gave an account another password.
    AccountPassword { account: ConsoleName },
    /// Disabled an account.
    AccountDisabled { account: ConsoleName },
    /// Let people in again with an account.
    AccountEnabled { account: ConsoleName },
    /// Removed an account.
    AccountRemoved { account: ConsoleName },
    /// A radio, and no operator: proved itself as a unit that is registered as another radio (13.2.5).
    Cloned { unit: UnitId, site: SiteId, held_at: SiteId, equipment: Option<Imei>, policy: ClonePolicy },
    /// Added and changed so many subscribers at once.
    SubscribersImported { added: u64, changed: u64 },
    /// Added or changed a subscriber.
    SubscriberKept { unit: UnitId },
    /// Took a subscriber out.
    SubscriberRemoved { unit: UnitId },
    /// What became of an order for a radio that was taken before: confirmed, or over with its cause.
    RadioOrder { unit: UnitId, of_radio: RadioOrder },
}
