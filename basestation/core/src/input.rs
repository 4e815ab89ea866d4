//! Everything that can reach a base station's core.

use bytes::Bytes;
use trunklab_protocol::air_uplink::Burst;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{Cause, Epoch, SlotAddress};

/// One input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Time alone has passed: a deadline is due.
    Time,
    /// The link to a controller stands; the core greets it.
    LinkUp,
    /// The link is gone.
    LinkDown {
        /// Why.
        cause: Cause,
    },
    /// The controller said something.
    FromController {
        /// The epoch in the frame: one older than the newest obeyed is a deposed controller's.
        epoch: Epoch,
        /// What.
        message: ToSite,
    },
    /// A burst reached the antenna. Nothing about it is proved yet.
    Air(Burst),
    /// The shell has kept a report for good, after [`crate::alone::Remember::Report`].
    Kept {
        /// Which.
        number: u32,
    },
    /// The shell cannot keep a report yet: it waits for room, and [`Self::Kept`] follows when there is some.
    NotKept {
        /// Which.
        number: u32,
    },
    /// What became of bursts that were looped back, after [`crate::Output::LoopBack`]: each slot, and whether its own was
    /// heard there.
    LoopedBack {
        /// Slots of which that is known by now.
        tests: Vec<(SlotAddress, bool)>,
    },
    /// A voice packet came from the switch, tag and all. Nothing about it is proved yet.
    Voice(Bytes),
}
