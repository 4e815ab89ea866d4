//! What a registered handset is doing, and all that belongs to it.

use trunklab_protocol::air_uplink::{RequestKind, UplinkWord, Voice};
use trunklab_protocol::voice::FrameRun;
use trunklab_protocol::{
    BurstPlace, CallId, Moment, Press, SlotAddress, SpurtId, TalkgroupId, UnitId, profile::Channel,
};

use super::access::Access;
use super::camp::Camp;
use super::clock::Opportunity;
use super::phase::Phase;
use super::radio::Radio;
use crate::deadline::{Deadline, Why};

/// Bursts by which a talker's place may jump in one wake: a longer sleep has lost the call anyway.
const SKIP_MAX: u32 = 10_000;

/// What a registered handset is doing.
#[derive(Debug, Clone)]
pub(super) enum Activity {
    Idle(Idle),
    Requesting(Request),
    Queued(Queued),
    Talking(Talk),
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
    Affiliate(TalkgroupId),
}

/// A call was asked for.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) press: Press,
    pub(super) kind: RequestKind,
    pub(super) talkgroup: TalkgroupId,
    pub(super) access: Access,
}

/// The request has a place in the queue.
#[derive(Debug, Clone)]
pub(super) struct Queued {
    pub(super) request: Request,
    pub(super) position: u16,
    pub(super) until: Moment,
}

/// A call that the handset is in, on its slot.
#[derive(Debug, Clone)]
pub(super) struct InCall {
    pub(super) call: CallId,
    pub(super) talkgroup: TalkgroupId,
    pub(super) at: SlotAddress,
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
    pub(super) next: Opportunity,
    /// Whether the user was warned that the time is nearly over.
    pub(super) warned: bool,
    first: u32,
    position: u32,
}

/// We have stopped, and say so.
#[derive(Debug, Clone)]
pub(super) struct Ending {
    pub(super) in_call: InCall,
    pub(super) spurt: SpurtId,
    pub(super) next: Opportunity,
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

/// The floor was asked for on the slot.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) press: Press,
    pub(super) access: Access,
}

/// Somebody else talks.
#[derive(Debug, Clone)]
pub(super) struct Listen {
    pub(super) in_call: InCall,
    pub(super) talker: UnitId,
    pub(super) spurt: SpurtId,
    /// Whether the user was told who talks: with the first speech.
    pub(super) told: bool,
}

impl Activity {
    pub(super) fn phase(&self) -> Phase {
        match self {
            Self::Idle(_) => Phase::Idle,
            Self::Requesting(_) => Phase::Requesting,
            Self::Queued(_) => Phase::Queued,
            Self::Talking(_) => Phase::Talking,
            Self::Ending(_) => Phase::Ending,
            Self::Hanging(_) => Phase::Hanging,
            Self::Listening(_) => Phase::Listening,
        }
    }

    pub(super) fn in_call(&self) -> Option<&InCall> {
        match self {
            Self::Idle(_) | Self::Requesting(_) | Self::Queued(_) => None,
            Self::Talking(talk) => Some(&talk.in_call),
            Self::Ending(ending) => Some(&ending.in_call),
            Self::Hanging(hang) => Some(&hang.in_call),
            Self::Listening(listen) => Some(&listen.in_call),
        }
    }

    pub(super) fn in_call_mut(&mut self) -> Option<&mut InCall> {
        match self {
            Self::Idle(_) | Self::Requesting(_) | Self::Queued(_) => None,
            Self::Talking(talk) => Some(&mut talk.in_call),
            Self::Ending(ending) => Some(&mut ending.in_call),
            Self::Hanging(hang) => Some(&mut hang.in_call),
            Self::Listening(listen) => Some(&mut listen.in_call),
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
            Self::Requesting(request) => Some(request.access.deadline()),
            Self::Queued(queued) => Some(Deadline { at: queued.until, why: Why::QueueOverdue }),
            Self::Talking(talk) => Some(Deadline { at: talk.next.at, why: Why::VoiceBurst }),
            Self::Ending(ending) => Some(Deadline { at: ending.next.at, why: Why::TalkEndBurst }),
            Self::Hanging(hang) => hang.ask.as_ref().map(|ask| ask.access.deadline()),
            Self::Listening(_) => None,
        };
        own.map_or(watch, |own| own.min(watch))
    }
}

impl Talk {
    pub(super) fn new(now: Moment, camp: &Camp, in_call: InCall, spurt: SpurtId) -> Self {
        let next = camp.next_uplink(Channel::Traffic, in_call.at, now);
        Self { in_call, spurt, since: now, next, warned: false, first: next.count, position: 0 }
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
        radio: &mut Radio,
    ) -> Option<(BurstPlace, UplinkWord)> {
        if now > self.next.at + camp.lateness_max(Channel::Traffic) {
            self.skip_to(camp.next_uplink(Channel::Traffic, self.in_call.at, now), camp, radio);
            return None;
        }
        let place = BurstPlace { at: self.in_call.at, count: self.next.count };
        let frames = self.frames_of(self.next.count, camp);
        let position = self.position;
        self.position += u32::from(frames);
        self.next = camp.uplink(Channel::Traffic, self.in_call.at, self.next.count.saturating_add(1));
        if frames == 0 {
            return None;
        }
        let run = FrameRun::new((0..frames).map(|_| Some(radio.microphone.next())))
            .expect("a profile's burst holds no more than a run");
        let word =
            Voice { unit: radio.unit(), call: self.in_call.call, spurt: self.spurt, position, frames: run };
        Some((place, word.into()))
    }

    /// Bursts were missed: their speech is gone, so that what follows keeps its time.
    fn skip_to(&mut self, next: Opportunity, camp: &Camp, radio: &mut Radio) {
        let missed = next.count.saturating_sub(self.next.count).min(SKIP_MAX);
        for count in self.next.count..self.next.count.saturating_add(missed) {
            let frames = self.frames_of(count, camp);
            self.position += u32::from(frames);
            for _ in 0..frames {
                radio.microphone.next();
            }
        }
        self.next = next;
    }

    fn frames_of(&self, count: u32, camp: &Camp) -> u8 {
        camp.profile.voice_frames(count.saturating_sub(self.first))
    }
}

impl Ending {
    pub(super) fn new(now: Moment, camp: &Camp, in_call: InCall, spurt: SpurtId) -> Self {
        let next = camp.next_uplink(Channel::Traffic, in_call.at, now);
        Self { in_call, spurt, next, said: 0, press: None, leave: false }
    }
}
