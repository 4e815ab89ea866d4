//! What an operator wants done (docs/protocol.md, clause 10.5).

use serde::{Deserialize, Serialize};

use super::Right;
use crate::identity::{TalkgroupId, UnitId};

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
            | Self::EndTalk {} => Right::Dispatch,
        }
    }
}
