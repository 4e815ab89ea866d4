//! What a call used, what was asked for in vain, and what was told without a call, as operators read it (docs/services.md
//! 13.4.10 and 13.5).
//!
//! Times are microseconds since 1970; a core's own moments mean nothing outside its term of office.

use serde::{Deserialize, Serialize};

use super::{ConsoleName, Sender};
use crate::cause::Cause;
use crate::identity::{TalkgroupId, UnitId};
use crate::network::{AreaId, CallId, Epoch, Priority, SiteId, SlotAddress};
use crate::status::{Addressee, MessageId, MessageKind};

/// One call that is over, as one term of office knew it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RecordEntry {
    /// Its place: records that were closed later have higher ones.
    pub id: u64,
    /// Which call.
    pub call: CallId,
    /// The term of office that wrote it. A call that outlives its controller has a record in each term.
    pub epoch: Epoch,
    /// Whose call it was; `None` for an individual call.
    pub talkgroup: Option<TalkgroupId>,
    /// Who asked for it; `None` where only a site told of the call.
    pub caller: Option<UnitId>,
    /// Whom an individual call was for.
    pub called: Option<UnitId>,
    /// Whether it was an emergency call at any time.
    pub emergency: bool,
    /// Its priority.
    pub priority: Priority,
    /// The service area in which it was heard in the end; `None`: everywhere.
    pub area: Option<AreaId>,
    /// When it was asked for.
    pub requested_us: u64,
    /// When it was granted.
    pub granted_us: u64,
    /// When it ended.
    pub released_us: u64,
    /// Why it ended.
    pub cause: Cause,
    /// Milliseconds from request to grant.
    pub waited_ms: u64,
    /// Milliseconds of talk of all its talkers.
    pub airtime_ms: u64,
    /// Milliseconds for which it held slots, of all its slots together.
    pub channel_ms: u64,
    /// Who talked in all, in order of their first talk.
    pub talkers: Vec<TalkerEntry>,
    /// The slots that it held, in the order in which it took them.
    pub slots: Vec<SlotEntry>,
    /// Its talk spurts in order.
    pub spurts: Vec<SpurtEntry>,
    /// By whose order its caller was listened to; `None` where people called.
    pub monitored_by: Option<ConsoleName>,
}

/// How long a unit talked in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TalkerEntry {
    /// Who.
    pub unit: UnitId,
    /// How often.
    pub spurts: u64,
    /// Milliseconds in all.
    pub airtime_ms: u64,
}

/// A slot that a call held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SlotEntry {
    /// At which site.
    pub site: SiteId,
    /// Which.
    pub slot: SlotAddress,
    /// Since when.
    pub from_us: u64,
    /// Until when.
    pub until_us: u64,
}

/// One talk spurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SpurtEntry {
    /// Who talked.
    pub unit: UnitId,
    /// Since when.
    pub from_us: u64,
    /// Until when.
    pub until_us: u64,
    /// Why it ended.
    pub cause: Cause,
}

/// A request for a call that was refused or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttemptEntry {
    /// Its place: later ones have higher ones.
    pub id: u64,
    /// When it was refused.
    pub at_us: u64,
    /// Who asked.
    pub unit: UnitId,
    /// From which site; `None` for an operator, and for a request that was withdrawn.
    pub site: Option<SiteId>,
    /// For which talkgroup's call.
    pub talkgroup: Option<TalkgroupId>,
    /// For a call with whom.
    pub called: Option<UnitId>,
    /// Why it came to nothing.
    pub cause: Cause,
}

/// One status or call alert that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageEntry {
    /// Its place: messages that were over later have higher ones.
    pub id: u64,
    /// Which message.
    pub message: MessageId,
    /// A status and its number, or a call alert.
    pub kind: MessageKind,
    /// Who told it.
    pub from: Sender,
    /// Whom it was for; `None`: the consoles.
    pub to: Option<Addressee>,
    /// Where its sender was; `None` for an operator.
    pub from_site: Option<SiteId>,
    /// Where it was said, in order of the sites.
    pub sites: Vec<SiteId>,
    /// When it was asked for.
    pub requested_us: u64,
    /// When it was delivered; `None` where it was refused.
    pub delivered_us: Option<u64>,
    /// When it was over: delivered or refused, of a call alert that was delivered when that ended.
    pub ended_us: u64,
    /// Why it was refused, or why a call alert that was delivered ended.
    pub cause: Option<Cause>,
}
