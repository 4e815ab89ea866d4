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
    /// An access opportunity of the control channel closes.
    AccessClose(SlotAddress),
    /// An uplink burst of a traffic slot closes.
    UplinkClose(SlotAddress),
    /// A talker at this site was not heard for the silence limit.
    TalkerSilence(SlotAddress),
    /// Without a controller: a talker elsewhere was not heard for the silence limit.
    NetworkSilence(SlotAddress),
    /// Without a controller: hang time runs out.
    HangTime(SlotAddress),
    /// A control word has been radiated to its end.
    ControlWordEnds(SlotAddress),
    /// A traffic slot's downlink burst has been radiated to its end.
    BurstEnds(SlotAddress),
    /// A control word begins: it is settled what it says.
    ControlWordBegins(SlotAddress),
    /// A traffic slot's downlink burst begins: it is settled what it says.
    BurstBegins(SlotAddress),
    /// Time to show the controller that the site lives.
    Heartbeat,
    /// The controller was not heard for too long.
    LinkSilence,
    /// No controller has served the site for too long: it serves alone.
    Isolation,
    /// The site's own dispatch has something to do.
    Dispatch,
    /// All slots are tested.
    SelfTest,
    /// A burst that was looped back is waited for no longer.
    LoopBack,
}
