//! Which events raise and end which alarms.

use serde::{Deserialize, Serialize};
use trunklab_protocol::operator::{AlarmKind, AlarmObject, EventKind};
use trunklab_protocol::{Cause, SlotHealth};

/// What is wrong with what: of one source there is one alarm at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Source {
    /// What is wrong.
    pub kind: AlarmKind,
    /// With what.
    pub object: AlarmObject,
}

impl Source {
    pub(crate) const fn new(kind: AlarmKind, object: AlarmObject) -> Self {
        Self { kind, object }
    }
}

/// What an event says of a source: whether it is wrong from here on.
pub(crate) type Signal = (Source, bool);

/// What an event says of the network's parts, where it says something.
#[inline(always)]
pub(crate) const fn signal_of(event: &EventKind) -> Option<Signal> {
    match event {
        EventKind::SiteLost { site, cause } if is_fault(*cause) => {
            Some((Source::new(AlarmKind::SiteLost, AlarmObject::Site(*site)), true))
        }
        EventKind::SiteUp { site, .. } => {
            Some((Source::new(AlarmKind::SiteLost, AlarmObject::Site(*site)), false))
        }
        EventKind::SlotHealth { site, at, health } => {
            let object = AlarmObject::Slot { site: *site, at: *at };
            Some((Source::new(AlarmKind::SlotFaulty, object), matches!(health, SlotHealth::Faulty)))
        }
        EventKind::Cloned { unit, .. } => {
            Some((Source::new(AlarmKind::IdentityCloned, AlarmObject::Unit(*unit)), true))
        }
        EventKind::Dropped { site: Some(site), cause: Cause::SiteTaken } => {
            Some((Source::new(AlarmKind::SiteTaken, AlarmObject::Site(*site)), true))
        }
        EventKind::SiteServedAlone { site, .. } => {
            Some((Source::new(AlarmKind::ServedAlone, AlarmObject::Site(*site)), true))
        }
        EventKind::SiteServedFailsoft { site, .. } => {
            Some((Source::new(AlarmKind::ServedFailsoft, AlarmObject::Site(*site)), true))
        }
        EventKind::SiteLost { .. }
        | EventKind::SiteInFailsoft { .. }
        | EventKind::ControlMoved { .. }
        | EventKind::SlotTested { .. }
        | EventKind::NetworkAlarm { .. }
        | EventKind::Registered { .. }
        | EventKind::RegisterRefused { .. }
        | EventKind::Deregistered { .. }
        | EventKind::Moved { .. }
        | EventKind::Affiliated { .. }
        | EventKind::CallQueued { .. }
        | EventKind::CallRefused { .. }
        | EventKind::CallCancelled { .. }
        | EventKind::CallGranted { .. }
        | EventKind::EmergencyRaised { .. }
        | EventKind::EmergencyOver { .. }
        | EventKind::EmergencyBegan { .. }
        | EventKind::EmergencyAcknowledged { .. }
        | EventKind::EmergencyCleared { .. }
        | EventKind::OrderRefused { .. }
        | EventKind::CallArea { .. }
        | EventKind::CallCalledBack { .. }
        | EventKind::CallReaches { .. }
        | EventKind::Patched { .. }
        | EventKind::Unpatched { .. }
        | EventKind::UnitPaged { .. }
        | EventKind::UnitRings { .. }
        | EventKind::CallAnswered { .. }
        | EventKind::SiteJoined { .. }
        | EventKind::SiteLeft { .. }
        | EventKind::FloorTaken { .. }
        | EventKind::FloorReleased { .. }
        | EventKind::FloorQueued { .. }
        | EventKind::FloorRefused { .. }
        | EventKind::CallReleased { .. }
        | EventKind::Configured { .. }
        | EventKind::RadioOrderPending { .. }
        | EventKind::RadioOrderDone { .. }
        | EventKind::RadioOrderFailed { .. }
        | EventKind::Monitored { .. }
        | EventKind::RightsChanged { .. }
        | EventKind::MessageSent { .. }
        | EventKind::MessageDelivered { .. }
        | EventKind::MessageRefused { .. }
        | EventKind::AlertOver { .. }
        | EventKind::Dropped { .. } => None,
    }
}

/// Whether a link that ended with this cause is a fault: one that the controller itself closed for good reasons is none.
const fn is_fault(cause: Cause) -> bool {
    !matches!(
        cause,
        Cause::Shutdown
            | Cause::ControllerRestarted
            | Cause::SiteRemoved
            | Cause::Deposed
            | Cause::HandedBack
    )
}
