//! The states of a handset and the steps between them.
//!
//! A handset that is switched on hunts: it listens to every site and chooses the strongest that serves. There it
//! registers, and is idle. A press asks for a call on the control channel; the answer is a grant, a place in the
//! queue, or a refusal. With the grant the handset goes to the call's slot and talks. When the button comes up it
//! says so until the slot shows that the floor is free, and then hangs in the call with the others: the next press
//! asks for the floor on the slot itself. Where demands may wait, a press while another talks is said on the control
//! channel and answered on the slot, which the handset hears all the while. A grant for its talkgroup takes an idle handset to a call as a listener.
//! A call that is over, or silent, sends it back to the control channel; a site that is silent sends it hunting. A
//! neighbour that is better draws it away, in a call too: it goes on when it is registered there.

use Phase::*;
use Trigger::*;

macro_rules! words {
    ($(#[$meta:meta])* $enum:ident { $($name:ident = $text:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $enum { $(#[doc = $text] $name,)* }

        impl $enum {
            /// Every one, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// What people read.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

words! {
    /// What a handset is doing.
    Phase {
        Off = "off",
        Hunting = "hunting",
        OutOfRange = "out of range",
        Registering = "registering",
        Denied = "registration refused",
        Idle = "idle",
        Ringing = "ringing",
        Requesting = "requesting",
        Queued = "queued",
        Talking = "talking",
        Conversing = "talking and listening at once",
        Ending = "ending its talk",
        Hanging = "in a call, nobody talks",
        Listening = "listening",
        AwaitingFloor = "waiting for the floor",
        Moving = "going to another site",
        SeekingFailsoft = "looking for its failsoft channel",
        Failsoft = "FAILSOFT",
        FailsoftTalking = "FAILSOFT, talking",
        FailsoftListening = "FAILSOFT, listening",
        Detaching = "switching off",
    }
}

words! {
    /// What takes a handset from one state to another.
    Trigger {
        SwitchedOn = "switched on",
        SwitchedOff = "switched off",
        NothingFound = "the hunt found no site",
        SiteHeard = "a site is heard again",
        SiteChosen = "a site was chosen",
        RegistrationGranted = "registered",
        RegistrationDenied = "registration refused for good",
        RegistrationVoid = "registration lost: the site was started again, or ended it",
        SiteBarred = "the site does not allow this unit",
        SignalLost = "nothing is heard from the site",
        NeighbourBetter = "a neighbour is better",
        TalkMoved = "a talk is to go on after a move",
        MoveFailed = "the other site did not take the handset in",
        Paged = "another unit calls, and it shall ring",
        RingOver = "it rings no more: declined, unanswered, or the caller hung up",
        Pressed = "the button is pressed",
        Deferred = "the request was not granted: refused, unanswered, withdrawn or called back",
        PutInQueue = "the request waits in the queue",
        QueueForgotten = "the place in the queue was not confirmed",
        FloorIsOurs = "granted, and the button is down",
        FloorUnwanted = "granted, but the button is up",
        Released = "the button is released",
        BothTalk = "a full duplex call begins",
        FloorIsFree = "the slot shows that nobody talks",
        OtherTalks = "somebody else has the floor",
        FloorAwaited = "somebody else has the floor, and it is asked for",
        CallFound = "a call of the talkgroup is announced",
        CallOver = "the call is over, silent, or not ours any more",
        FailsoftTried = "the site is in failsoft, or its control channel is lost",
        FailsoftHeard = "the failsoft channel is heard",
        FailsoftOver = "failsoft is over, and it is registered",
        FailsoftLeft = "failsoft is over, and it is not registered",
        ControlUnheard = "failsoft is over, and it has not heard the site's control channel",
        Detached = "the network was told",
        OutOfUse = "an operator has put it out of use for good",
    }
}

/// One allowed step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transition {
    /// From.
    pub from: Phase,
    /// By.
    pub by: Trigger,
    /// To.
    pub to: Phase,
}

macro_rules! transitions {
    ($($($from:ident)|+ , $by:ident => $to:ident;)*) => {
        /// Every allowed step; any other is our bug.
        pub const TRANSITIONS: &[Transition] = &[
            $($(Transition { from: $from, by: $by, to: $to },)+)*
        ];
    };
}

#[rustfmt::skip]
transitions! {
    // Coverage.
    Off,                                                             SwitchedOn          => Hunting;
    Hunting,                                                         NothingFound        => OutOfRange;
    OutOfRange,                                                      SiteHeard           => Hunting;
    Hunting,                                                         SiteChosen          => Registering;
    Registering | Denied | Idle | Ringing | Requesting | Queued,     SignalLost          => Hunting;
    Off | Hunting | OutOfRange | Registering | Denied,               SwitchedOff         => Off;
    Detaching,                                                       SignalLost          => Off;

    // Change of site.
    Idle | Talking | Hanging | Listening,                            NeighbourBetter     => Moving;
    Moving,                                                          MoveFailed          => Idle;
    Idle,                                                            TalkMoved           => Requesting;

    // Failsoft.
    OutOfRange | Registering | Idle | Ringing | Requesting | Queued | SeekingFailsoft | Failsoft | FailsoftTalking | FailsoftListening,
                                                                     FailsoftTried       => SeekingFailsoft;
    SeekingFailsoft,                                                 FailsoftHeard       => Failsoft;
    Failsoft | FailsoftListening,                                    Pressed             => FailsoftTalking;
    FailsoftTalking,                                                 Released            => Failsoft;
    Failsoft,                                                        OtherTalks          => FailsoftListening;
    FailsoftListening,                                               FloorIsFree         => Failsoft;
    SeekingFailsoft | Failsoft | FailsoftTalking | FailsoftListening, SignalLost         => Hunting;
    SeekingFailsoft | Failsoft | FailsoftTalking | FailsoftListening, FailsoftOver       => Idle;
    SeekingFailsoft | Failsoft | FailsoftTalking | FailsoftListening, FailsoftLeft       => Registering;
    SeekingFailsoft | Failsoft | FailsoftTalking | FailsoftListening, ControlUnheard     => Hunting;
    SeekingFailsoft | Failsoft | FailsoftTalking | FailsoftListening, SwitchedOff        => Off;

    // Registration.
    Registering | Moving,                                            RegistrationGranted => Idle;
    Registering | Idle | Ringing | Requesting | Queued | Talking | Conversing | Ending | Hanging | Listening | AwaitingFloor,
                                                                     RegistrationDenied  => Denied;
    Registering,                                                     SiteBarred          => Hunting;
    Registering | Denied | Idle | Ringing | Requesting | Queued | Talking | Conversing | Ending | Hanging | Listening | AwaitingFloor,
                                                                     RegistrationVoid    => Registering;
    Idle | Ringing | Requesting | Queued | Talking | Conversing | Ending | Hanging | Listening | AwaitingFloor | Moving,
                                                                     SwitchedOff         => Detaching;
    Detaching,                                                       Detached            => Off;
    Idle,                                                            OutOfUse            => Off;
    Detaching,                                                       SwitchedOn          => Hunting;

    // Being called.
    Idle,                                                            Paged               => Ringing;
    Ringing,                                                         RingOver            => Idle;

    // Asking for a call.
    Idle | Requesting | Queued | Hanging | Listening | AwaitingFloor, Pressed            => Requesting;
    Requesting,                                                      PutInQueue          => Queued;
    Queued,                                                          QueueForgotten      => Requesting;
    Requesting | Queued,                                             Deferred            => Idle;
    Requesting | Queued | Hanging | AwaitingFloor,                   FloorIsOurs         => Talking;
    Idle | Ringing | Requesting | Queued | Hanging | Listening | AwaitingFloor,
                                                                     FloorUnwanted      => Ending;

    // In a call.
    Talking,                                                         Released            => Ending;
    Ringing | Requesting | Queued,                                   BothTalk            => Conversing;
    Idle | Ringing | Requesting | Queued | Talking | Conversing | Ending | Listening | AwaitingFloor,
                                                                     FloorIsFree         => Hanging;
    Requesting | Queued | Talking | Ending | Hanging,                OtherTalks          => Listening;
    Idle | Ringing,                                                  CallFound           => Listening;
    Talking | Conversing | Ending | Hanging | Listening | AwaitingFloor, CallOver            => Idle;

    // Waiting for another's floor.
    Listening | Requesting | Queued | Hanging,                       FloorAwaited        => AwaitingFloor;
    AwaitingFloor,                                                   Deferred            => Listening;
}

/// Where a step leads; `None` where it is not allowed.
fn next(from: Phase, by: Trigger) -> Option<Phase> {
    TRANSITIONS.iter().find(|row| row.from == from && row.by == by).map(|row| row.to)
}

/// # Panics
/// If the table does not allow the step: no input can cause that.
pub(super) fn check(from: Phase, by: Trigger, to: Phase) {
    assert_eq!(next(from, by), Some(to), "a handset that is {} went on by `{}`", from.text(), by.text());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_has_one_outcome() {
        for (index, row) in TRANSITIONS.iter().enumerate() {
            let again = TRANSITIONS[..index].iter().any(|other| (other.from, other.by) == (row.from, row.by));
            assert!(!again, "{row:?} stands twice");
        }
    }

    #[test]
    fn each_state_is_reached_and_left_and_each_trigger_used() {
        for phase in Phase::ALL {
            assert!(TRANSITIONS.iter().any(|row| row.to == *phase && row.from != *phase), "{phase:?}");
            assert!(TRANSITIONS.iter().any(|row| row.from == *phase && row.to != *phase), "{phase:?}");
        }
        for trigger in Trigger::ALL {
            assert!(TRANSITIONS.iter().any(|row| row.by == *trigger), "{trigger:?}");
        }
    }

    #[test]
    fn power_off_ends_every_state() {
        for phase in Phase::ALL.iter().filter(|phase| **phase != Detaching) {
            let after = next(*phase, SwitchedOff).expect("every state can be switched off");
            assert!(matches!(after, Off | Detaching), "{phase:?}");
        }
    }
}
