//! Status and call alert, as operators see them (docs/protocol.md, clause 10.4; docs/services.md 13.4).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ConsoleName;
use crate::cause::Cause;
use crate::identity::UnitId;
use crate::moment::Moment;
use crate::status::{Addressee, MessageId, MessageKind, StatusNumber};

/// Messages that a snapshot has.
pub const MESSAGES_SHOWN_MAX: usize = 100;

/// Who tells a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// A radio's user.
    Unit(UnitId),
    /// An operator.
    Console(ConsoleName),
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(unit) => write!(f, "unit {unit}"),
            Self::Console(console) => write!(f, "{console}"),
        }
    }
}

/// How far a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageStage {
    /// On its way.
    Sent,
    /// Its receiver has it; a call alert goes on.
    Delivered,
    /// Its receiver does not have it.
    Refused(Cause),
    /// A call alert that was delivered has ended.
    Over(Cause),
}

/// One of the last messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageView {
    /// Which.
    pub message: MessageId,
    /// What.
    pub kind: MessageKind,
    /// Who tells it.
    pub from: Sender,
    /// Whom; `None`: the consoles.
    pub to: Option<Addressee>,
    /// When it was asked for.
    pub requested: Moment,
    /// How far it is.
    pub stage: MessageStage,
}

/// A predefined status.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StatusText {
    /// Its number.
    pub number: StatusNumber,
    /// What it means.
    pub text: String,
}
