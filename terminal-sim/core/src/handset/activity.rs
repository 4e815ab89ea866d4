//! What the rest of the handset asks about what it is doing: each question has its answer for every activity here.

use trunklab_protocol::{Moment, Parties, Press};

use super::access::Access;
use super::call::{Activity, Ask, Hang, Idle, Listen, Queued, Request, Wish};
use super::camp::Camp;

impl Activity {
    /// Idle, with nothing on its way: free for whatever comes.
    pub(super) fn is_free(&self) -> bool {
        matches!(self, Self::Idle(Idle { errand: None, .. }))
    }

    /// Hearing a call in which it does not talk.
    pub(super) fn is_listener(&self) -> bool {
        matches!(self, Self::Hanging(_) | Self::Listening(_))
    }

    /// Hearing a call, and content to.
    pub(super) fn wants_nothing(&self) -> bool {
        matches!(
            self,
            Self::Hanging(Hang { ask: None, .. }) | Self::Listening(Listen { wish: Wish::None, .. })
        )
    }

    /// Idle, with a press that waits.
    pub(super) fn holds_a_press(&self) -> bool {
        matches!(self, Self::Idle(Idle { press: Some(_), .. }))
    }

    /// The call that was asked for and is not granted, whether it waits in the queue or not.
    pub(super) fn request(&self) -> Option<&Request> {
        match self {
            Self::Requesting(request) | Self::Queued(Queued { request, .. }) => Some(request),
            Self::Idle(_)
            | Self::Ringing(_)
            | Self::Talking(_)
            | Self::Conversing(_)
            | Self::Ending(_)
            | Self::Hanging(_)
            | Self::Listening(_) => None,
        }
    }

    /// The demand for the floor of the call that is heard.
    pub(super) fn ask(&self) -> Option<&Ask> {
        match self {
            Self::Hanging(hang) => hang.ask.as_ref(),
            Self::Listening(listen) => listen.wish.ask(),
            Self::Idle(_)
            | Self::Ringing(_)
            | Self::Requesting(_)
            | Self::Queued(_)
            | Self::Talking(_)
            | Self::Conversing(_)
            | Self::Ending(_) => None,
        }
    }

    /// What the network may say that it works on: the word and its number.
    pub(super) fn worked_on_mut(&mut self) -> Option<(Press, &mut Access)> {
        match self {
            Self::Idle(idle) => idle.errand.as_mut().map(|errand| (errand.press, &mut errand.access)),
            Self::Requesting(request) => Some((request.press, &mut request.access)),
            Self::Hanging(hang) => hang.ask.as_mut().map(|ask| (ask.press, &mut ask.access)),
            Self::Ringing(_)
            | Self::Queued(_)
            | Self::Talking(_)
            | Self::Conversing(_)
            | Self::Ending(_)
            | Self::Listening(_) => None,
        }
    }

    /// What may wait for the floor of a running call: its number, its place there, and its word.
    pub(super) fn floor_place_mut(&mut self) -> Option<(Press, &mut Option<u16>, &mut Access)> {
        match self {
            Self::Requesting(Request { press, floor_place, access, .. }) => {
                Some((*press, floor_place, access))
            }
            Self::Hanging(Hang { ask: Some(ask), .. })
            | Self::Listening(Listen { wish: Wish::Floor(ask), .. }) => {
                Some((ask.press, &mut ask.place, &mut ask.access))
            }
            Self::Idle(_)
            | Self::Ringing(_)
            | Self::Queued(_)
            | Self::Talking(_)
            | Self::Conversing(_)
            | Self::Ending(_)
            | Self::Hanging(_)
            | Self::Listening(_) => None,
        }
    }

    /// Where it is noted that the user was told who is heard.
    pub(super) fn told_mut(&mut self) -> Option<&mut bool> {
        match self {
            Self::Listening(listen) => Some(&mut listen.told),
            Self::Conversing(converse) => Some(&mut converse.told),
            Self::Idle(_)
            | Self::Ringing(_)
            | Self::Requesting(_)
            | Self::Queued(_)
            | Self::Talking(_)
            | Self::Ending(_)
            | Self::Hanging(_) => None,
        }
    }

    /// Whether a slot that shows a free floor is news: what it shows may be older than the grant of our own.
    pub(super) fn learns_of_free_floor(&self, now: Moment, camp: &Camp) -> bool {
        match self {
            Self::Talking(talk) => !talk.is_young(now, camp),
            Self::Ending(ending) => ending.said > 0,
            Self::Listening(_) => true,
            Self::Idle(_)
            | Self::Ringing(_)
            | Self::Requesting(_)
            | Self::Queued(_)
            | Self::Conversing(_)
            | Self::Hanging(_) => false,
        }
    }

    /// Whether it goes to a call for these parties that it has not asked for. One that has still to say that it gave a
    /// call up does not go to one of two.
    pub(super) fn opens_for(&self, parties: Parties) -> bool {
        match self {
            Self::Idle(idle) => parties.talkgroup().is_some() || idle.errand.is_none(),
            Self::Ringing(ring) => parties.pair().is_some_and(|pair| pair.includes(ring.caller)),
            Self::Requesting(_)
            | Self::Queued(_)
            | Self::Talking(_)
            | Self::Conversing(_)
            | Self::Ending(_)
            | Self::Hanging(_)
            | Self::Listening(_) => false,
        }
    }
}
