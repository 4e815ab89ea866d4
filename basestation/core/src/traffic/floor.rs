//! Who has the floor of a slot's call, and the speech that goes with it.

use smallvec::SmallVec;
use trunklab_protocol::air_downlink::{DownlinkWord, Party, Sides, Talker, Voice as VoiceDown};
use trunklab_protocol::air_uplink::Voice;
use trunklab_protocol::to_site::Assert;
use trunklab_protocol::voice::VoicePacket;
use trunklab_protocol::{CallId, Cause, Moment};

use crate::playout::Playout;
use crate::speech::{Repeater, Source, Speech};
use crate::timing::Timing;

/// Who has the floor of a call.
#[derive(Debug, Clone)]
pub(super) enum Floor {
    Idle { since: Moment, tail: Option<Speech> },
    Taken { speech: Speech, heard: Moment, silence_told: bool },
    Both(Box<Both>),
}

/// Full duplex: one party is heard here, the other's speech is radiated.
#[derive(Debug, Clone)]
pub(super) struct Both {
    pub(super) sides: Sides,
    /// What the near one says, for the voice switch and for the other's slot.
    pub(super) near: Repeater,
    pub(super) heard: Moment,
    pub(super) silence_told: bool,
    /// What the far one says.
    pub(super) far: Playout,
}

impl Floor {
    pub(super) fn new(now: Moment, asserted: &Assert, sequence: u16, tail: Option<Speech>) -> Self {
        if let Some(sides) = asserted.duplex {
            return Self::Both(Box::new(Both::new(now, sides, sequence)));
        }
        let Some(talker) = asserted.talker else {
            return Self::Idle { since: now, tail };
        };
        let source = if asserted.talker_is_here {
            Source::Here(Repeater::new(sequence))
        } else {
            Source::Elsewhere(Playout::default())
        };
        Self::Taken { speech: Speech { talker, source }, heard: now, silence_told: false }
    }

    pub(super) const fn talker(&self) -> Option<Talker> {
        match self {
            Self::Taken { speech, .. } => Some(speech.talker),
            Self::Idle { .. } | Self::Both(_) => None,
        }
    }

    pub(super) const fn speech(&mut self) -> Option<&mut Speech> {
        match self {
            Self::Taken { speech, .. } => Some(speech),
            Self::Idle { tail, .. } => tail.as_mut(),
            Self::Both(_) => None,
        }
    }

    /// A talker here of whom nothing was heard yet could not be heard before this moment.
    pub(super) fn is_missed_from(&mut self, moment: Moment) {
        match self {
            Self::Taken { speech, heard, .. } if speech.is_awaited() => *heard = moment,
            Self::Taken { .. } | Self::Idle { .. } | Self::Both(_) => {}
        }
    }

    /// What is still to be heard of a spurt that is over.
    pub(super) fn take_speech(&mut self, timing: &Timing) -> Option<Speech> {
        let over = Self::Idle { since: Moment::ORIGIN, tail: None };
        let mut speech = match std::mem::replace(self, over) {
            Self::Taken { speech, .. } => Some(speech),
            Self::Idle { tail, .. } => tail,
            // Who hung up wants to hear no more.
            Self::Both(_) => None,
        }?;
        speech.finish(timing.profile());
        Some(speech)
    }
}

impl Both {
    fn new(now: Moment, sides: Sides, sequence: u16) -> Self {
        let (near, far) = (Repeater::new(sequence), Playout::default());
        Self { sides, near, heard: now, silence_told: false, far }
    }

    pub(super) fn hear(
        &mut self,
        timing: &Timing,
        now: Moment,
        voice: &Voice,
    ) -> Result<SmallVec<[VoicePacket; 1]>, Cause> {
        if self.sides.near != (Party { unit: voice.unit, spurt: voice.spurt }) {
            return Err(Cause::NotTheTalker);
        }
        let packets = self.near.receive(timing.profile(), voice)?;
        self.heard = now;
        Ok(packets)
    }
}

/// The next burst of a spurt that is over; `None` when all of it was heard.
pub(super) fn tail_word(
    tail: &mut Speech,
    call: CallId,
    timing: &Timing,
    now: Moment,
) -> Option<DownlinkWord> {
    if tail.is_drained() {
        return None;
    }
    let played = tail.play(now, timing.profile())?;
    let Talker { unit, spurt, .. } = tail.talker;
    Some(VoiceDown { call, talker: unit, spurt, position: played.position, frames: played.frames }.into())
}
