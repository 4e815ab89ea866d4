//! What a station shows of itself.

use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::{CallId, Epoch, Parties, SlotAddress, UnitId};

use crate::counts::Counts;

/// A station at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationView {
    /// The site's name; `None` before a controller has configured it.
    pub name: Option<String>,
    /// What it can do.
    pub service: SiteService,
    /// The newest epoch that it has obeyed.
    pub newest_epoch: Epoch,
    /// Radios that it holds.
    pub radios: usize,
    /// Its traffic slots, in order.
    pub slots: Vec<SlotView>,
    /// The load of its control channels, in their order.
    pub controls: Vec<ControlLoad>,
    /// Counters since its start.
    pub counts: Counts,
}

/// One traffic slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotView {
    /// Carrier and slot.
    pub at: SlotAddress,
    /// The call that it carries.
    pub call: Option<CallView>,
}

/// The call in a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallView {
    /// Which.
    pub call: CallId,
    /// Whom it is for.
    pub parties: Parties,
    /// Who has the floor.
    pub talker: Option<UnitId>,
    /// Whether it is an emergency call.
    pub emergency: bool,
}
