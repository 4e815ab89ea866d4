//! What a console and the controller say to each other: JSON over HTTPS and WebSocket (docs/protocol.md,
//! chapter 10). Events are what the core reports; a snapshot is where they lead.

use std::fmt;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::antenna::Antenna;
use crate::cause::Cause;
use crate::emergency::{EmergencyKind, EmergencyStage};
use crate::identity::{Identity, TalkgroupId, UnitId};
use crate::load::ControlLoad;
use crate::moment::Moment;
use crate::network::{AreaId, CallId, Epoch, Incarnation, MastId, Priority, SiteId, SlotAddress, SpurtId};
use crate::parties::Parties;
use crate::policy::Demand;
use crate::profile::ProfileId;
use crate::proof::VoiceKey;

/// What an operator wants done (chapter 10.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "order", rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "fields carry the names of the types that document them")]
pub enum Order {
    /// A unit's emergency was seen: the unit is told.
    AcknowledgeEmergency { unit: UnitId },
    /// A unit's emergency is over: the unit is told.
    ClearEmergency { unit: UnitId },
    /// From here on a call of one of these talkgroups is a call of all of them.
    Patch { talkgroups: Vec<TalkgroupId> },
    /// The next call of one of these talkgroups is a call of all of them, and then none any more.
    Multiselect { talkgroups: Vec<TalkgroupId> },
    /// The patch of a talkgroup is no more.
    UndoPatch { talkgroup: TalkgroupId },
    /// The operator's button goes down: the floor of a call that all of these talkgroups hear is wanted.
    Talk { talkgroups: Vec<TalkgroupId> },
    /// It comes up.
    EndTalk {},
}

/// What an operator who wants to talk is told (chapter 10.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "talk", rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields carry the names of the types that document them")]
pub enum TalkWord {
    /// The request waits for channels.
    Queued {
        /// Its place in the queue, from 1.
        position: u16,
    },
    /// The operator has the floor: from here on speech may be sent.
    Granted {
        call: CallId,
        /// The SSRC of its packets.
        spurt: SpurtId,
        /// Where the voice switch receives.
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        switch: SocketAddr,
        /// What its packets are tagged with, for this spurt alone.
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<u8>))]
        key: VoiceKey,
    },
    /// The time to talk is nearly over.
    Warning {
        /// What is left of it.
        left_ms: u32,
    },
    /// The operator does not get the floor.
    Refused { cause: Cause },
    /// The operator has the floor no longer.
    Ended { cause: Cause },
}

/// The name of a console: that of the token with which it was let in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ConsoleName(String);

impl ConsoleName {
    /// Longest name, in characters.
    pub const CHARS_MAX: usize = 40;

    /// A name; what is longer than may be is cut.
    pub fn new(name: &str) -> Self {
        Self(name.chars().take(Self::CHARS_MAX).collect())
    }
}

impl fmt::Display for ConsoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One thing that happened, with its place in the order of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Counts from 1 without gaps within an epoch.
    pub sequence: u64,
    /// When, in the controller's time.
    pub at: Moment,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(missing_docs, reason = "fields carry the names of the types that document them")]
pub enum EventKind {
    /// A site is in service.
    SiteUp { site: SiteId, incarnation: Incarnation },
    /// A site's link is lost.
    SiteLost { site: SiteId, cause: Cause },
    /// A site's control channel has moved.
    ControlMoved { site: SiteId, control: SlotAddress },
    /// A radio registered.
    Registered { unit: UnitId, site: SiteId },
    /// A registration was refused.
    RegisterRefused { identity: Identity, site: SiteId, cause: Cause },
    /// A radio is no longer registered at a site.
    Deregistered { unit: UnitId, site: SiteId, cause: Cause },
    /// A registered radio went to another site.
    Moved { unit: UnitId, from: SiteId, to: SiteId },
    /// A radio affiliated.
    Affiliated { unit: UnitId, site: SiteId, talkgroup: TalkgroupId },
    /// A call request waits for a channel.
    CallQueued {
        unit: UnitId,
        /// Where; `None` for an operator at a console.
        site: Option<SiteId>,
        parties: Parties,
        area: Option<AreaId>,
        priority: Priority,
        emergency: bool,
        /// Its place in the queue, from 1.
        position: u16,
    },
    /// A call request was refused.
    CallRefused { unit: UnitId, site: Option<SiteId>, parties: Option<Parties>, cause: Cause },
    /// A waiting request was withdrawn.
    CallCancelled { unit: UnitId, parties: Parties, cause: Cause },
    /// A call was set up.
    CallGranted {
        call: CallId,
        parties: Parties,
        talker: UnitId,
        priority: Priority,
        emergency: bool,
        sites: Vec<(SiteId, SlotAddress)>,
        waited_ms: u32,
    },
    /// A unit's emergency made a running call an emergency call.
    EmergencyRaised { call: CallId, parties: Parties, unit: UnitId },
    /// An emergency call is none any more: its emergencies are cleared.
    EmergencyOver { call: CallId, parties: Parties },
    /// A unit is in an emergency, or says anew that it is.
    EmergencyBegan { unit: UnitId, site: SiteId, talkgroup: Option<TalkgroupId>, kind: EmergencyKind },
    /// An operator has seen a unit's emergency.
    EmergencyAcknowledged { unit: UnitId, by: ConsoleName },
    /// An operator has ended a unit's emergency.
    EmergencyCleared { unit: UnitId, by: ConsoleName },
    /// An operator's order cannot be carried out.
    OrderRefused { by: ConsoleName, cause: Cause },
    /// A call is heard in one service area alone, or from here on in a wider one; `None`: everywhere.
    CallArea { call: CallId, area: Option<AreaId> },
    /// Slots are kept for a caller whose button was up when its turn came: it is called back.
    CallCalledBack {
        call: CallId,
        parties: Parties,
        unit: UnitId,
        priority: Priority,
        emergency: bool,
        sites: Vec<(SiteId, SlotAddress)>,
        waited_ms: u32,
    },
    /// A call that was just set up is heard by these talkgroups as well as by its own.
    CallReaches { call: CallId, talkgroups: Vec<TalkgroupId> },
    /// Talkgroups are joined: until that is undone, or for their next call.
    Patched { talkgroups: Vec<TalkgroupId>, lasting: bool, by: Option<ConsoleName> },
    /// They are joined no longer: a console undid it, or their one call is over.
    Unpatched { talkgroups: Vec<TalkgroupId>, by: Option<ConsoleName> },
    /// A unit is asked whether it can take another's call.
    UnitPaged { unit: UnitId, caller: UnitId, site: SiteId },
    /// A paged unit rings.
    UnitRings { unit: UnitId, caller: UnitId },
    /// A call was set up for a ringing unit whose user has answered: nobody talks yet, or both do.
    CallAnswered {
        call: CallId,
        parties: Parties,
        priority: Priority,
        sites: Vec<(SiteId, SlotAddress)>,
        waited_ms: u32,
        /// Whether both talk at once.
        duplex: bool,
    },
    /// A site joined a running call.
    SiteJoined {
        call: CallId,
        site: SiteId,
        /// In JSON `slot`: the event itself has a member `at`.
        #[serde(rename = "slot")]
        at: SlotAddress,
    },
    /// A site left a running call.
    SiteLeft { call: CallId, site: SiteId, cause: Cause },
    /// A unit has the floor.
    FloorTaken { call: CallId, unit: UnitId, spurt: SpurtId },
    /// The floor is free again.
    FloorReleased { call: CallId, unit: UnitId, cause: Cause },
    /// A demand for the floor waits, or its place changed.
    FloorQueued {
        call: CallId,
        unit: UnitId,
        demand: Demand,
        /// Its place among those that wait for this floor, from 1.
        position: u16,
    },
    /// A request for the floor was refused, or waits no longer.
    FloorRefused { call: CallId, unit: UnitId, cause: Cause },
    /// A call is over.
    CallReleased { call: CallId, parties: Parties, cause: Cause },
    /// Something was dropped; counted by cause.
    Dropped { site: Option<SiteId>, cause: Cause },
}

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
    /// The control channel, the first where there are several.
    pub control: SlotAddress,
    /// The other control channels, where control is distributed.
    pub further_controls: Vec<SlotAddress>,
    /// Traffic slots in order, with the call that each carries.
    pub slots: Vec<SlotView>,
    /// Radios registered there.
    pub radios: u32,
    /// Counters from its last heartbeat.
    pub air: AirCounters,
    /// The load of each control channel, from there as well; empty while the site is out of service.
    pub loads: Vec<ControlLoad>,
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
