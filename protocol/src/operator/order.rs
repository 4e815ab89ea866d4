//! What an operator wants done (docs/protocol.md, clause 10.5).

use serde::{Deserialize, Serialize};

use super::{AlarmId, Right};
use crate::health::PlantPart;
use crate::identity::{TalkgroupId, UnitId};
use crate::network::{Priority, SiteId, SlotAddress};
use crate::remote::{RadioOrder, Regroup};
use crate::service::Services;
use crate::status::{Addressee, StatusNumber};

/// What an operator wants done (chapter 10.5).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
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

    /// A radio gets no service any more (13.3.3).
    Stun { unit: UnitId },
    /// It gets service again.
    Revive { unit: UnitId },
    /// A radio is put out of use for good (13.3.4).
    Kill { unit: UnitId },
    /// A radio is to say that it is there, without its user noticing (13.3.5).
    CheckRadio { unit: UnitId },
    /// A radio's selector is set from afar (13.3.6).
    Regroup { unit: UnitId, talkgroup: TalkgroupId, locked: bool },
    /// It stands again where its user had it.
    RestoreGroups { unit: UnitId },
    /// A radio is to open its microphone to a call with the listener (13.3.7).
    Monitor { unit: UnitId, listener: UnitId },
    /// Nobody is to listen to a radio any more (13.3.7).
    EndMonitor { unit: UnitId },
    /// A unit's requests have another priority (13.3.8).
    SetPriority { unit: UnitId, priority: Priority },
    /// A unit has the rights to these services and no others.
    SetRights {
        unit: UnitId,
        #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
        services: Services,
    },
    /// A unit, or whoever hears a talkgroup, is told a status.
    SendStatus { to: Addressee, number: StatusNumber },
    /// A unit is alerted: its user shall call.
    CallAlert { unit: UnitId },
    /// The operator's call alert for a unit is over.
    CancelAlert { unit: UnitId },

    /// An alarm was seen (14.3.3).
    AcknowledgeAlarm { alarm: AlarmId },
    /// A site is to test a slot now (14.2.2).
    TestSlot { site: SiteId, slot: SlotAddress },
    /// A part of a site's plant is to break, or to work again, as an exercise (14.2.1).
    ExerciseFault { site: SiteId, part: PlantPart, broken: bool },
}

impl Order {
    /// What it asks of whoever gives it (docs/protocol.md, clause 10.5).
    pub const fn right(&self) -> Right {
        match self {
            Self::AcknowledgeEmergency { .. }
            | Self::ClearEmergency { .. }
            | Self::Patch { .. }
            | Self::Multiselect { .. }
            | Self::UndoPatch { .. }
            | Self::Talk { .. }
            | Self::EndTalk {}
            | Self::SendStatus { .. }
            | Self::CallAlert { .. }
            | Self::CancelAlert { .. }
            | Self::AcknowledgeAlarm { .. } => Right::Dispatch,
            Self::Stun { .. }
            | Self::Revive { .. }
            | Self::CheckRadio { .. }
            | Self::Regroup { .. }
            | Self::RestoreGroups { .. }
            | Self::Monitor { .. }
            | Self::EndMonitor { .. }
            | Self::SetPriority { .. }
            | Self::SetRights { .. }
            | Self::TestSlot { .. }
            | Self::ExerciseFault { .. } => Right::Supervise,
            Self::Kill { .. } => Right::Administer,
        }
    }

    /// The radio that is to do something, and what; `None` where the order is for no radio.
    pub const fn for_radio(&self) -> Option<(UnitId, RadioOrder)> {
        match *self {
            Self::Stun { unit } => Some((unit, RadioOrder::Stun {})),
            Self::Revive { unit } => Some((unit, RadioOrder::Revive {})),
            Self::Kill { unit } => Some((unit, RadioOrder::Kill {})),
            Self::CheckRadio { unit } => Some((unit, RadioOrder::Check {})),
            Self::Regroup { unit, talkgroup, locked } => {
                Some((unit, RadioOrder::Regroup(Regroup { talkgroup, locked })))
            }
            Self::RestoreGroups { unit } => Some((unit, RadioOrder::Restore {})),
            Self::Monitor { unit, listener } => Some((unit, RadioOrder::Monitor(listener))),
            Self::AcknowledgeEmergency { .. }
            | Self::ClearEmergency { .. }
            | Self::Patch { .. }
            | Self::Multiselect { .. }
            | Self::UndoPatch { .. }
            | Self::Talk { .. }
            | Self::EndTalk {}
            | Self::EndMonitor { .. }
            | Self::SetPriority { .. }
            | Self::SetRights { .. }
            | Self::SendStatus { .. }
            | Self::CallAlert { .. }
            | Self::CancelAlert { .. }
            | Self::AcknowledgeAlarm { .. }
            | Self::TestSlot { .. }
            | Self::ExerciseFault { .. } => None,
        }
    }
}
