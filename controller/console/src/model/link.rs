//! The state of the connection to the controller, as the operator sees it.

use trunklab_protocol::Span;

/// How the connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// An attempt is under way.
    Connecting {
        /// The how-manieth since the connection last stood.
        attempt: u32,
    },
    /// Snapshot and events arrive.
    Live,
    /// Nothing arrives; the next attempt waits.
    Lost {
        /// What went wrong, as a sentence.
        why: String,
        /// How long until the next attempt.
        retry_in: Span,
    },
}
