//! What happened, as operators are told of it (docs/protocol.md, clause 10.3).

use serde::{Deserialize, Serialize};

use super::{AlarmChange, ConfigurationVersion, ConsoleName, NetworkAlarm, Sender};
use crate::cause::Cause;
use crate::emergency::EmergencyKind;
use crate::health::SlotHealth;
use crate::identity::{Identity, Imei, TalkgroupId, UnitId};
use crate::moment::Moment;
use crate::network::{AreaId, CallId, Epoch, Incarnation, Priority, SiteId, SlotAddress, SpurtId};
use crate::parties::Parties;
use crate::policy::Demand;
use crate::remote::RadioOrder;
use crate::service::Services;
use crate::status::{Addressee, MessageId, MessageKind};
use crate::subscription::ClonePolicy;

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
    /// A site has served alone before its link stood again, and has so many reports to make of that.
    SiteServedAlone { site: SiteId, epoch: Epoch, alone_ms: u32, reports: u32 },
    /// A site is in failsoft though its link stands: its control channel is lost.
    SiteInFailsoft { site: SiteId },
    /// A site was in failsoft before it came into service again. It repeated so many spurts, some without proof of who spoke, and so
    /// many bursts were lost to others.
    SiteServedFailsoft {
        site: SiteId,
        epoch: Epoch,
        failsoft_ms: u32,
        spurts: u32,
        unproved: u32,
        collisions: u32,
    },
    /// A site's control channel has moved.
    ControlMoved { site: SiteId, control: SlotAddress },
    /// Self-tests have found a slot faulty, or sound again.
    SlotHealth {
        site: SiteId,
        /// In JSON `slot`: the event itself has a member `at`.
        #[serde(rename = "slot")]
        at: SlotAddress,
        health: SlotHealth,
    },
    /// What came of a test of a slot that was ordered.
    SlotTested {
        site: SiteId,
        #[serde(rename = "slot")]
        at: SlotAddress,
        heard: bool,
    },
    /// An alarm was raised, was seen, is over, or comes and goes.
    NetworkAlarm { change: AlarmChange, alarm: NetworkAlarm },
    /// A radio registered.
    Registered { unit: UnitId, site: SiteId },
    /// A registration was refused.
    RegisterRefused { identity: Identity, site: SiteId, cause: Cause },
    /// A radio is no longer registered at a site.
    Deregistered { unit: UnitId, site: SiteId, cause: Cause },
    /// One identity is active twice: another radio proved itself as a registered one.
    Cloned {
        unit: UnitId,
        /// Where the later one is.
        site: SiteId,
        /// Where the earlier one is registered.
        held_at: SiteId,
        /// What the later one named.
        equipment: Option<Imei>,
        /// Who is served.
        policy: ClonePolicy,
    },
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
    /// An operator has changed how the network is configured.
    Configured { version: ConfigurationVersion, by: ConsoleName },
    /// An order for a radio is taken and waits until the radio has confirmed it.
    RadioOrderPending { unit: UnitId, of_radio: RadioOrder, by: ConsoleName },
    /// The radio has confirmed it.
    RadioOrderDone { unit: UnitId, of_radio: RadioOrder, by: ConsoleName },
    /// It waits no longer, and the radio has not obeyed.
    RadioOrderFailed { unit: UnitId, of_radio: RadioOrder, by: ConsoleName, cause: Cause },
    /// A call is a remote monitor: the unit's microphone is open by order.
    Monitored { call: CallId, unit: UnitId, listener: UnitId, by: ConsoleName },
    /// A unit's priority and rights were changed by order.
    RightsChanged {
        unit: UnitId,
        priority: Priority,
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        services: Services,
        by: ConsoleName,
    },
    /// A message is on its way; one for the consoles (`to` is `None`) has arrived with this.
    MessageSent {
        message: MessageId,
        kind: MessageKind,
        from: Sender,
        to: Option<Addressee>,
        /// Where its sender is; `None` for an operator.
        site: Option<SiteId>,
    },
    /// Its receiver has it.
    MessageDelivered { message: MessageId, kind: MessageKind, from: Sender, to: Option<Addressee> },
    /// Its receiver does not have it.
    MessageRefused {
        message: MessageId,
        kind: MessageKind,
        from: Sender,
        to: Option<Addressee>,
        cause: Cause,
    },
    /// A call alert that was delivered has ended.
    AlertOver { message: MessageId, unit: UnitId, from: Sender, cause: Cause },
    /// Something was dropped; counted by cause.
    Dropped { site: Option<SiteId>, cause: Cause },
}
