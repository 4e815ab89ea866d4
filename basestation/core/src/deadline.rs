//! When the core wants to be called again, and for what.

use trunklab_protocol::{Moment, SlotAddress};

/// The next thing that time alone will cause. Orders by moment, then by reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    /// When.
    pub at: Moment,
    /// For what: a loop that spins names its culprit.
    pub why: Timer,
}

/// What can become due. Of several in one microsecond the first here fires first: an uplink burst that closes goes
/// out in the downlink burst that begins at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Timer {
    /// The station has started, and takes the settings that it has kept.
    KeptSettings,
    /// An access opportunity of the control channel closes.
    AccessClose(SlotAddress),
    /// An uplink burst of a traffic slot closes.
    UplinkClose(SlotAddress),
    /// An uplink burst of a failsoft channel closes.
    FailsoftUplink(SlotAddress),
    /// A talker on a failsoft channel is missed, or has talked for as long as it may.
    FailsoftSpurt(SlotAddress),
    /// A talker at this site was not heard for the silence limit.
    TalkerSilence(SlotAddress),
    /// Nothing has arrived of a talker elsewhere for much longer than its own site would wait.
    VoiceMissing(SlotAddress),
    /// Without a controller: a talker elsewhere was not heard for the silence limit.
    NetworkSilence(SlotAddress),
    /// Without a controller: hang time runs out.
    HangTime(SlotAddress),
    /// A control word has been radiated to its end.
    ControlWordEnds(SlotAddress),
    /// A traffic slot's downlink burst has been radiated to its end.
    BurstEnds(SlotAddress),
    /// A failsoft channel's downlink burst has been radiated to its end.
    FailsoftBurstEnds(SlotAddress),
    /// A control word begins: it is settled what it says.
    ControlWordBegins(SlotAddress),
    /// A traffic slot's downlink burst begins: it is settled what it says.
    BurstBegins(SlotAddress),
    /// A failsoft channel's downlink burst begins: it is settled what it says.
    FailsoftBurstBegins(SlotAddress),
    /// Failsoft is to end, and who still talks has had time enough.
    FailsoftCut,
    /// Every failsoft channel has said that failsoft is over.
    FailsoftOver,
    /// Time to show the controller that the site lives.
    Heartbeat,
    /// The controller was not heard for too long.
    LinkSilence,
    /// No controller has served the site for too long: it serves alone.
    Isolation,
    /// No controller has served the site for too long, and it cannot serve alone: it goes into failsoft.
    Failsoft,
    /// The site's own dispatch has something to do.
    Dispatch,
    /// All slots are tested.
    SelfTest,
    /// A burst that was looped back is waited for no longer.
    LoopBack,
}
