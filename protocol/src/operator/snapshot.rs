//! Everything a console needs to begin (docs/protocol.md, clause 10.4).

use serde::{Deserialize, Serialize};

use super::{ConsoleName, MessageView, NetworkAlarm, StatusText};
use crate::antenna::Antenna;
use crate::emergency::{EmergencyKind, EmergencyStage};
use crate::identity::{TalkgroupId, UnitId};
use crate::load::ControlLoad;
use crate::moment::Moment;
use crate::network::{AreaId, CallId, Epoch, MastId, Priority, SiteId, SlotAddress};
use crate::parties::Parties;
use crate::policy::Demand;
use crate::profile::ProfileId;
use crate::remote::{Condition, RadioOrder, Regroup};

/// Everything a console needs to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Snapshot {
    /// The last event that is contained in it; events after it are to be applied.
    pub sequence: u64,
    /// When it was taken.
    pub at: Moment,
    /// The controller's term of office.
    pub epoch: Epoch,
    /// Sites in order of their numbers.
    pub sites: Vec<SiteView>,
    /// Calls in order of their ids.
    pub calls: Vec<CallView>,
    /// Waiting requests in the order in which they will be served.
    pub queue: Vec<QueueView>,
    /// Talkgroups in order of their numbers.
    pub talkgroups: Vec<TalkgroupView>,
    /// Patches, in order of their first talkgroups.
    pub patches: Vec<PatchView>,
    /// Consoles that may talk, in order of their names.
    pub consoles: Vec<ConsoleView>,
    /// Emergencies that are not cleared, in order of their units.
    pub emergencies: Vec<EmergencyView>,
    /// Units that are not as usual: out of service, regrouped, or with orders that wait for them; in order.
    pub units: Vec<UnitView>,
    /// The last messages, the newest last.
    pub messages: Vec<MessageView>,
    /// Alarms that are raised, in order of what is wrong and of what they are about.
    pub alarms: Vec<NetworkAlarm>,
    /// The statuses that there are, in order of their numbers.
    pub statuses: Vec<StatusText>,
    /// Sums since the controller's start.
    pub totals: Totals,
}

/// A site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SiteView {
    /// Which.
    pub site: SiteId,
    /// Its name.
    pub name: String,
    /// The mast whose sector it is; `None`: it stands alone.
    pub mast: Option<MastId>,
    /// In which directions it radiates.
    #[cfg_attr(feature = "openapi", schema(value_type = u16))]
    pub antenna: Antenna,
    /// Its air interface.
    pub profile: ProfileId,
    /// Whether its link stands and its inventory is in.
    pub in_service: bool,
    /// Whether it is in failsoft though its link stands.
    pub in_failsoft: bool,
    /// The control channel, the first where there are several.
    pub control: SlotAddress,
    /// The other control channels, where control is distributed.
    pub further_controls: Vec<SlotAddress>,
    /// Traffic slots in order, with the call that each carries.
    pub slots: Vec<SlotView>,
    /// Slots that self-tests have found faulty, those of control channels too, in order.
    pub faulty: Vec<SlotAddress>,
    /// Radios registered there.
    pub radios: u32,
    /// Counters from its last heartbeat.
    pub air: AirCounters,
    /// The load of each control channel, from there as well; empty while the site is out of service.
    pub loads: Vec<ControlLoad>,
    /// For how long it served alone the last time, in milliseconds, as it has told since; `None`: it has told of no such time.
    pub served_alone_ms: Option<u32>,
    /// For how long it was in failsoft the last time, likewise.
    pub in_failsoft_ms: Option<u32>,
}

/// A traffic slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SlotView {
    /// Where.
    pub at: SlotAddress,
    /// The call on it.
    pub call: Option<CallId>,
}

/// What a site counts on the air.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AirCounters {
    /// Control words sent.
    pub control_words: u64,
    /// Of them, words that were neither idle nor broadcast.
    pub control_words_busy: u64,
    /// Uplink bursts taken.
    pub bursts: u64,
    /// Uplink bursts lost to collisions.
    pub collisions: u64,
    /// Uplink bursts that came too late.
    pub late: u64,
    /// Uplink bursts dropped for any other cause.
    pub dropped: u64,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallView {
    /// Which.
    pub call: CallId,
    /// Whom it is for.
    pub parties: Parties,
    /// Who has the floor; `None` while it hangs.
    pub talker: Option<UnitId>,
    /// Its priority.
    pub priority: Priority,
    /// Whether it is an emergency call.
    pub emergency: bool,
    /// Whether both its units talk at once.
    pub duplex: bool,
    /// The service area in which it is heard; `None`: everywhere.
    pub area: Option<AreaId>,
    /// When it was granted.
    pub since: Moment,
    /// Where it runs.
    pub sites: Vec<(SiteId, SlotAddress)>,
    /// Who waits for its floor, in the order in which it will be given.
    pub waiting: Vec<FloorView>,
    /// By whose order the called unit listens to the other, unknown to its user; `None` in every other call.
    pub monitored_by: Option<ConsoleName>,
}

impl CallView {
    /// Whether nobody talks in it.
    pub const fn hangs(&self) -> bool {
        self.talker.is_none() && !self.duplex
    }
}

/// A demand for the floor that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FloorView {
    /// Who waits.
    pub unit: UnitId,
    /// How urgently.
    pub demand: Demand,
}

/// A waiting request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QueueView {
    /// Who waits.
    pub unit: UnitId,
    /// For whom.
    pub parties: Parties,
    /// In which service area; `None`: everywhere.
    pub area: Option<AreaId>,
    /// Where; `None` for an operator at a console.
    pub site: Option<SiteId>,
    /// With which priority.
    pub priority: Priority,
    /// Whether it is an emergency.
    pub emergency: bool,
    /// Since when.
    pub since: Moment,
}

/// Talkgroups that are joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PatchView {
    /// Which, in order.
    pub talkgroups: Vec<TalkgroupId>,
    /// Until that is undone; otherwise for their next call.
    pub lasting: bool,
}

/// A console that may talk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConsoleView {
    /// Its name.
    pub name: ConsoleName,
    /// As whom radios hear it.
    pub unit: UnitId,
}

/// An emergency that is not cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EmergencyView {
    /// Whose.
    pub unit: UnitId,
    /// Where it was raised.
    pub site: SiteId,
    /// The talkgroup of the call that was asked for, or else to which the unit was affiliated.
    pub talkgroup: Option<TalkgroupId>,
    /// How it was raised.
    pub kind: EmergencyKind,
    /// Raised, or acknowledged.
    pub stage: EmergencyStage,
    /// Since when.
    pub since: Moment,
}

/// A unit that is not as usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UnitView {
    /// Which.
    pub unit: UnitId,
    /// Whether it is of use.
    pub condition: Condition,
    /// Where its selector is set from afar; `None`: its user sets it.
    pub regrouped: Option<Regroup>,
    /// Orders that it has not confirmed, in the order in which they are said.
    pub pending: Vec<PendingView>,
}

/// An order that waits for its radio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingView {
    /// What.
    pub of_radio: RadioOrder,
    /// Who gave it.
    pub by: ConsoleName,
}

/// A talkgroup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TalkgroupView {
    /// Which.
    pub talkgroup: TalkgroupId,
    /// Its name.
    pub name: String,
    /// Radios affiliated to it.
    pub affiliated: u32,
}

/// Sums since the controller's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Totals {
    /// Calls granted.
    pub granted: u64,
    /// Requests that had to wait.
    pub queued: u64,
    /// Requests refused.
    pub refused: u64,
    /// Calls released.
    pub released: u64,
    /// Registrations.
    pub registered: u64,
}
