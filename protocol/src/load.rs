//! How loaded a control channel is (docs/call-processing.md 12.12.5): what its base station measured, as the controller
//! passes it on to operators.

use crate::field::record;
use crate::moment::Span;
use crate::network::SlotAddress;

/// The time over which a base station measures.
pub const LOAD_WINDOW: Span = Span::from_secs(10);

record! {
    /// One control channel's load over the last ten seconds.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct ControlLoad {
        /// Where it is.
        pub at: SlotAddress,
        /// Words that it said.
        pub words: u16,
        /// Of them, those that said something to somebody.
        pub words_busy: u16,
        /// Grants that were said again, those that went aside of a call's speech included.
        pub grants_again: u16,
        /// Words that wait now.
        pub waiting: u16,
        /// Milliseconds that one waited to be said for the first time, at most.
        pub wait_ms_max: u32,
        /// Late-entry words that were said later than they were due.
        pub late_entry_put_off: u16,
        /// Milliseconds by which one was late, at most.
        pub late_entry_delay_ms_max: u32,
        /// Access opportunities.
        pub opportunities: u16,
        /// Bursts that came in them.
        pub bursts: u32,
        /// Of them, those that were lost to one another.
        pub collided: u32,
        /// Opportunities in which one was received in spite of others.
        pub captured: u16,
    }
}

impl ControlLoad {
    /// How many words of a hundred said something to somebody; `None` where none was said.
    pub fn busy_percent(&self) -> Option<u32> {
        (u32::from(self.words_busy) * 100).checked_div(u32::from(self.words))
    }
}
