//! What a screen shows of a handset.

use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::{
    AreaChoice, CallId, Condition, Parties, Regroup, SiteId, SlotAddress, StatusNumber, TalkgroupId, UnitId,
};

use super::phase::Phase;
use crate::output::MessageSource;

/// A handset at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandsetView {
    /// Who it is.
    pub unit: UnitId,
    /// What it is doing.
    pub phase: Phase,
    /// Where the selector stands.
    pub selected: TalkgroupId,
    /// Where the selector of the service area stands.
    pub area: Option<AreaChoice>,
    /// The talkgroup that the network knows it to be affiliated to.
    pub affiliated: Option<TalkgroupId>,
    /// The site on which it camps.
    pub site: Option<SiteId>,
    /// What that site can do.
    pub service: Option<SiteService>,
    /// The level of the last burst, in dBm.
    pub level_dbm: Option<i8>,
    /// The channel that it hears: the control channel or a call's slot.
    pub channel: Option<SlotAddress>,
    /// Whether the button is down.
    pub ptt: bool,
    /// Place in the queue, from 1.
    pub queue_position: Option<u16>,
    /// Whether its turn has come: a press has the floor.
    pub called_back: bool,
    /// Who calls, while it rings.
    pub rung_by: Option<UnitId>,
    /// Who wants to be called back: whom the next press calls.
    pub alerted_by: Option<MessageSource>,
    /// The status that was shown last, and who told it.
    pub status: Option<(StatusNumber, MessageSource)>,
    /// Place among those that wait for the floor of its call, from 1.
    pub floor_position: Option<u16>,
    /// What the lamp beside the emergency button shows.
    pub emergency: Option<EmergencyLight>,
    /// Whether it serves its user.
    pub condition: Condition,
    /// Where its selector is set from afar.
    pub regrouped: Option<Regroup>,
    /// Times that its present request was sent.
    pub tries: u8,
    /// The call that it is in.
    pub call: Option<RunningCall>,
    /// Who is heard on the failsoft channel.
    pub failsoft_talker: Option<UnitId>,
    /// Speech that waits to be sent, in vocoder frames of 20 ms.
    pub speech_waiting: usize,
    /// Speech dropped because too much waited, in vocoder frames since the handset was made.
    pub speech_overrun: u64,
}

/// How far the user's emergency is, as the handset knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmergencyLight {
    /// Nobody has answered.
    Unanswered,
    /// The network knows of it.
    Received,
    /// An operator has seen it.
    Acknowledged,
}

/// A call that a handset is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunningCall {
    /// Which.
    pub call: CallId,
    /// For whom.
    pub parties: Parties,
    /// Where.
    pub at: SlotAddress,
    /// Who talks; `None` in hang time.
    pub talker: Option<UnitId>,
}
