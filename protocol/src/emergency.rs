//! What an emergency may do: words that provisioning and call processing share (docs/call-processing.md, 12.6).

use serde::{Deserialize, Serialize};

use crate::field::octet_enum;

octet_enum! {
    /// How far an emergency is (docs/call-processing.md 12.6.7).
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum EmergencyStage {
        /// The network knows of it; nobody has answered.
        Raised = 0,
        /// An operator has seen it.
        Acknowledged = 1,
        /// An operator has ended it.
        Cleared = 2,
    }
}

/// How an emergency was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EmergencyKind {
    /// Without a call.
    Alarm,
    /// With the request for a call or its floor.
    Call,
}

/// What an emergency request does that finds no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmergencyPolicy {
    /// It waits, at the head of the queue.
    #[default]
    TopOfQueue,
    /// It cuts the least urgent calls that are in its way.
    Ruthless,
}
