//! What an emergency may do: words that provisioning and call processing share (docs/call-processing.md, 12.6).

use serde::{Deserialize, Serialize};

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
