//! When a core wants to be called again, and why: a spinning loop names its culprit.

use std::fmt;

use trunklab_protocol::Moment;

/// The next moment at which a handset has something to do by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    /// When.
    pub at: Moment,
    /// What for.
    pub why: Why,
}

macro_rules! reasons {
    ($($(#[$meta:meta])* $name:ident = $text:literal;)*) => {
        /// What a handset waits for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Why { $(#[doc = $text] $(#[$meta])* $name,)* }

        impl fmt::Display for Why {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(match self { $(Self::$name => $text,)* })
            }
        }
    };
}

reasons! {
    HuntEnds = "the hunt is over: choose a site";
    SignalLost = "nothing was heard from the site for too long";
    RegisterAgain = "time to register";
    Emergency = "there is something to say about an emergency";
    Selection = "a selection that nothing answered is said again";
    AccessOpportunity = "an access opportunity begins";
    AnswerOverdue = "no answer came";
    QueueOverdue = "the place in the queue was not confirmed for too long";
    VoiceBurst = "a voice burst begins";
    TalkEndBurst = "the end of talk is said in this burst";
    ReplyOpportunity = "an opportunity to answer a page, or to hang up, begins";
    ReplyOverdue = "nothing confirmed the answer to a page, or the end of a call";
    OrderAnswer = "there is something to say to an order";
    MonitorEnds = "the microphone was open by order for long enough";
    RingOver = "it has rung for as long as it may";
    CallSilent = "nothing was heard of the call for too long";
    Note = "there is something to say of a status or a call alert";
    Alert = "the user is alerted again";
    FailsoftSilent = "nothing was heard from the failsoft channel for too long";
    FailsoftQuiet = "the talker in failsoft is heard no more";
    FailsoftTalkLimit = "the user has talked in failsoft for as long as one may";
    FailsoftAgain = "out of range, the failsoft channel of the site that was lost is looked for again";
    Measure = "the neighbours are to be measured";
    MoveFails = "the other site did not take the handset in in time";
}
