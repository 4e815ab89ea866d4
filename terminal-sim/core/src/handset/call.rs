//! What a registered handset is doing, and all that belongs to it.

use std::collections::VecDeque;

use trunklab_protocol::air_downlink::Party;
use trunklab_protocol::air_uplink::{RequestKind, UplinkWord, Voice};
use trunklab_protocol::voice::VoiceFrame;
use trunklab_protocol::{
    BurstPlace, CallId, CallSetup, FloorPolicy, Moment, Parties, Press, ScanList, SlotAddress, SpurtId,
    TalkgroupId, UnitId,
};

use super::access::Access;
use super::camp::Camp;
use super::microphone::Microphone;
use super::neighbours::Place;
use super::pace::{Pace, collecting};
use super::phase::Phase;
use crate::deadline::{Deadline, Why};

/// What a registered handset is doing.
#[derive(Debug, Clone)]
pub(super) enum Activity {
    Idle(Idle),
    Ringing(Ring),
    Requesting(Request),
    Queued(Queued),
    Talking(Talk),
    Conversing(Converse),
    Ending(Ending),
    Hanging(Hang),
    Listening(Listen),
}

/// On the control channel; perhaps with something to say by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct Idle {
    pub(super) errand: Option<Errand>,
    /// A press that waits for the errand.
    pub(super) press: Option<RequestKind>,
    /// The request whose turn has come: the next press has the floor.
    pub(super) called_back: Option<(Press, Wanted)>,
}

/// A word that is said between calls.
#[derive(Debug, Clone)]
pub(super) struct Errand {
    pub(super) kind: ErrandKind,
    pub(super) press: Press,
    pub(super) access: Access,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ErrandKind {
    Cancel,
    Affiliate(TalkgroupId, ScanList),
}

/// Another unit calls, and the user has not answered, or waits for the call.
#[derive(Debug, Clone)]
pub(super) struct Ring {
    pub(super) caller: UnitId,
    /// The caller's request.
    pub(super) page: Press,
    pub(super) until: Moment,
    pub(super) answered: bool,
}

/// Whom a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Talkgroup(TalkgroupId),
    Unit { called: UnitId, setup: CallSetup },
}

impl Wanted {
    /// Whether a call for these parties is what a unit asked for.
    pub(super) fn is_met_by(self, parties: Parties, unit: UnitId) -> bool {
        match (self, parties) {
            (Self::Talkgroup(wanted), Parties::Group(talkgroup)) => wanted == talkgroup,
            (Self::Unit { called, .. }, Parties::Pair(pair)) => pair.includes(unit) && pair.includes(called),
            (Self::Talkgroup(_), Parties::Pair(_)) | (Self::Unit { .. }, Parties::Group(_)) => false,
        }
    }

    /// Whether it is a call with this unit.
    pub(super) fn is_unit(self, unit: UnitId) -> bool {
        matches!(self, Self::Unit { called, .. } if called == unit)
    }

    /// Whether the user need not hold the button for it.
    pub(super) fn is_dialled(self) -> bool {
        match self {
            Self::Talkgroup(_) | Self::Unit { setup: CallSetup::Immediate | CallSetup::Monitor, .. } => false,
            Self::Unit { setup: CallSetup::Ringing | CallSetup::Duplex, .. } => true,
        }
    }
}

/// A call was asked for.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) press: Press,
    pub(super) kind: RequestKind,
    pub(super) wanted: Wanted,
    pub(super) access: Access,
    /// Whether the user was told that the unit asked for rings.
    pub(super) rings: bool,
    /// The talkgroup's call runs, and the request waits for its floor at this place.
    pub(super) floor_place: Option<u16>,
}

/// The request has a place in the queue.
#[derive(Debug, Clone)]
pub(super) struct Queued {
    pub(super) request: Request,
    pub(super) position: u16,
    pub(super) until: Moment,
    pub(super) button: Button,
}

/// What the network knows of the button of a request that waits.
#[derive(Debug, Clone)]
pub(super) enum Button {
    /// It is down.
    Down,
    /// It is being told that it came up.
    Releasing(Access),
    /// It came up, and the network was told.
    Up,
}

/// A call that the handset is in, on its slot.
#[derive(Debug, Clone)]
pub(super) struct InCall {
    pub(super) call: CallId,
    pub(super) parties: Parties,
    pub(super) at: SlotAddress,
    /// What becomes of a demand for the floor while another unit has it.
    pub(super) floor: FloorPolicy,
    /// The last burst of the slot: an older one was delayed, the same one doubled.
    pub(super) last_count: Option<u32>,
    pub(super) heard_at: Moment,
}

/// We talk.
#[derive(Debug, Clone)]
pub(super) struct Talk {
    pub(super) in_call: InCall,
    pub(super) spurt: SpurtId,
    pub(super) since: Moment,
    pub(super) pace: Pace,
    /// Whether the user was warned that the time is nearly over.
    pub(super) warned: bool,
    /// Where it goes, and how often it has said so.
    pub(super) leaving: Option<(Place, u8)>,
}

/// We talk and hear at once, in a full duplex call.
#[derive(Debug, Clone)]
pub(super) struct Converse {
    pub(super) talk: Talk,
    pub(super) far: Party,
    /// Whether the user was told that the other is heard.
    pub(super) told: bool,
}

/// We have stopped: what was said still goes out, then we say so.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub(super) talk: Talk,
    pub(super) rest: VecDeque<VoiceFrame>,
    pub(super) said: u8,
    /// The button went down again meanwhile.
    pub(super) press: Option<RequestKind>,
    /// The selector was turned: leave once the floor is given up.
    pub(super) leave: bool,
}

/// Nobody talks.
#[derive(Debug, Clone)]
pub(super) struct Hang {
    pub(super) in_call: InCall,
    pub(super) ask: Option<Ask>,
}

/// The floor was asked for.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) press: Press,
    pub(super) access: Access,
    /// Its place among those that wait, as the network said.
    pub(super) place: Option<u16>,
}

/// Somebody else talks.
#[derive(Debug, Clone)]
pub(super) struct Listen {
    pub(super) in_call: InCall,
    pub(super) talker: UnitId,
    pub(super) spurt: SpurtId,
    /// Whether the user was told who talks: with the first speech.
    pub(super) told: bool,
    /// What we have to say meanwhile.
    pub(super) wish: Wish,
}

/// What a listener wants of the floor.
#[derive(Debug, Clone)]
pub(super) enum Wish {
    /// Nothing.
    None,
    /// To have it.
    Floor(Ask),
    /// That a demand be forgotten.
    Forget(Press, Access),
}

impl Wish {
    pub(super) fn access_mut(&mut self) -> Option<&mut Access> {
        match self {
            Self::None => None,
            Self::Floor(ask) => Some(&mut ask.access),
            Self::Forget(_, access) => Some(access),
        }
    }

    pub(super) fn ask(&self) -> Option<&Ask> {
        match self {
            Self::Floor(ask) => Some(ask),
            Self::None | Self::Forget(..) => None,
        }
    }
}

impl Activity {
    pub(super) fn phase(&self) -> Phase {
        match self {
            Self::Idle(_) => Phase::Idle,
            Self::Ringing(_) => Phase::Ringing,
            Self::Requesting(_) => Phase::Requesting,
            Self::Queued(_) => Phase::Queued,
            Self::Talking(_) => Phase::Talking,
            Self::Conversing(_) => Phase::Conversing,
            Self::Ending(_) => Phase::Ending,
            Self::Hanging(_) => Phase::Hanging,
            Self::Listening(Listen { wish: Wish::Floor(_), .. }) => Phase::AwaitingFloor,
            Self::Listening(_) => Phase::Listening,
        }
    }

    pub(super) fn in_call(&self) -> Option<&InCall> {
        match self {
            Self::Idle(_) | Self::Ringing(_) | Self::Requesting(_) | Self::Queued(_) => None,
            Self::Talking(talk) | Self::Conversing(Converse { talk, .. }) => Some(&talk.in_call),
            Self::Ending(ending) => Some(&ending.talk.in_call),
            Self::Hanging(hang) => Some(&hang.in_call),
            Self::Listening(listen) => Some(&listen.in_call),
        }
    }

    pub(super) fn in_call_mut(&mut self) -> Option<&mut InCall> {
        match self {
            Self::Idle(_) | Self::Ringing(_) | Self::Requesting(_) | Self::Queued(_) => None,
            Self::Talking(talk) | Self::Conversing(Converse { talk, .. }) => Some(&mut talk.in_call),
            Self::Ending(ending) => Some(&mut ending.talk.in_call),
            Self::Hanging(hang) => Some(&mut hang.in_call),
            Self::Listening(listen) => Some(&mut listen.in_call),
        }
    }

    /// The word that is on its way by random access.
    pub(super) fn access_mut(&mut self) -> Option<&mut Access> {
        match self {
            Self::Idle(idle) => idle.errand.as_mut().map(|errand| &mut errand.access),
            Self::Requesting(request) => Some(&mut request.access),
            Self::Queued(Queued { button: Button::Releasing(access), .. }) => Some(access),
            Self::Hanging(hang) => hang.ask.as_mut().map(|ask| &mut ask.access),
            Self::Listening(listen) => listen.wish.access_mut(),
            Self::Ringing(_) | Self::Queued(_) | Self::Talking(_) | Self::Conversing(_) | Self::Ending(_) => {
                None
            }
        }
    }

    /// When and why to come back. On the control channel the signal is watched, in a call the call.
    pub(super) fn deadline(&self, camp: &Camp) -> Deadline {
        let watch = match self.in_call() {
            Some(in_call) => Deadline { at: in_call.heard_at + camp.call_silence(), why: Why::CallSilent },
            None => Deadline { at: camp.lost_at(), why: Why::SignalLost },
        };
        let own = match self {
            Self::Idle(idle) => idle.errand.as_ref().map(|errand| errand.access.deadline()),
            Self::Ringing(ring) => Some(Deadline { at: ring.until, why: Why::RingOver }),
            Self::Requesting(request) => Some(request.access.deadline()),
            Self::Queued(queued) => Some(queued.deadline()),
            Self::Talking(talk) | Self::Conversing(Converse { talk, .. }) => {
                Some(Deadline { at: talk.pace.next.at, why: Why::VoiceBurst })
            }
            Self::Ending(ending) => Some(ending.deadline()),
            Self::Hanging(hang) => hang.ask.as_ref().map(|ask| ask.access.deadline()),
            Self::Listening(listen) => match &listen.wish {
                Wish::None => None,
                Wish::Floor(ask) => Some(ask.access.deadline()),
                Wish::Forget(_, access) => Some(access.deadline()),
            },
        };
        own.map_or(watch, |own| own.min(watch))
    }
}

impl Queued {
    fn deadline(&self) -> Deadline {
        let overdue = Deadline { at: self.until, why: Why::QueueOverdue };
        match &self.button {
            Button::Releasing(access) => access.deadline().min(overdue),
            Button::Down | Button::Up => overdue,
        }
    }
}

impl Talk {
    /// A talk whose first burst begins at `from` or later.
    pub(super) fn new(now: Moment, camp: &Camp, in_call: InCall, spurt: SpurtId, from: Moment) -> Self {
        let pace = Pace::from(camp, in_call.at, from);
        Self { in_call, spurt, since: now, pace, warned: false, leaving: None }
    }

    /// The same floor under a new name: the controller was started again.
    pub(super) fn renamed(&self, now: Moment, camp: &Camp, spurt: SpurtId, microphone: &Microphone) -> Self {
        let from = self.pace.next.at.max(microphone.begins() + collecting(camp.profile));
        Self::new(now, camp, self.in_call.clone(), spurt, from)
    }

    /// Whether a burst of this talk was on the air.
    pub(super) fn was_heard(&self) -> bool {
        self.pace.was_heard()
    }

    /// Whether what the slot shows may still be older than the grant.
    pub(super) fn is_young(&self, now: Moment, camp: &Camp) -> bool {
        now < self.since + camp.profile.traffic.start(2)
    }

    /// The burst that is due now: none where the profile's pattern leaves it free of voice, or where it was missed.
    pub(super) fn burst(
        &mut self,
        now: Moment,
        camp: &Camp,
        unit: UnitId,
        speech: impl Iterator<Item = VoiceFrame>,
    ) -> Option<(BurstPlace, UplinkWord)> {
        let (place, position, frames) = self.pace.burst(now, camp, speech)?;
        let word = Voice { unit, call: self.in_call.call, spurt: self.spurt, position, frames };
        Some((place, word.into()))
    }
}

impl Ending {
    /// A floor that nobody wants: its end is said at once.
    pub(super) fn new(now: Moment, camp: &Camp, in_call: InCall, spurt: SpurtId) -> Self {
        Self::of(Talk::new(now, camp, in_call, spurt, now), VecDeque::new())
    }

    /// A talk that is over, and what of it is still to be sent.
    pub(super) fn of(talk: Talk, rest: VecDeque<VoiceFrame>) -> Self {
        Self { talk, rest, said: 0, press: None, leave: false }
    }

    fn deadline(&self) -> Deadline {
        let why = if self.rest.is_empty() { Why::TalkEndBurst } else { Why::VoiceBurst };
        Deadline { at: self.talk.pace.next.at, why }
    }
}
