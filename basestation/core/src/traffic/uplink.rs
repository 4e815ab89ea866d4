//! What is heard of a slot's talker: on its uplink, or from the voice switch.

use smallvec::SmallVec;
use trunklab_protocol::air_uplink::{FloorRequest, Leaving, TalkEnd, Voice};
use trunklab_protocol::voice::VoicePacket;
use trunklab_protocol::{Cause, Moment, SpurtId};

use super::floor::Floor;
use super::{State, TrafficChannel};
use crate::playout::Playout;
use crate::speech::Source;
use crate::timing::Timing;

/// What became of a word on the slot's uplink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Speech, for the voice switch.
    Speech(SmallVec<[VoicePacket; 1]>),
    /// The talker has stopped.
    TalkEnded,
    /// It is known already that the talker stopped.
    Again,
    /// Somebody asks for the floor.
    FloorWanted,
    /// The talker goes to another site.
    TalkerLeaving,
}

impl TrafficChannel {
    /// Speech from a unit that has proved itself.
    ///
    /// # Errors
    /// Why it is dropped.
    pub fn hear_voice(&mut self, timing: &Timing, now: Moment, voice: &Voice) -> Result<Heard, Cause> {
        let call = self.carried_mut(voice.call)?;
        if let Floor::Both(both) = &mut call.floor {
            return both.hear(timing, now, voice).map(Heard::Speech);
        }
        let Floor::Taken { speech, heard, .. } = &mut call.floor else {
            return Err(Cause::NotTheTalker);
        };
        let Source::Here(repeater) = &mut speech.source else {
            return Err(Cause::NotTheTalker);
        };
        if speech.talker.unit != voice.unit || speech.talker.spurt != voice.spurt {
            return Err(Cause::NotTheTalker);
        }
        let packets = repeater.receive(timing.profile(), voice)?;
        *heard = now;
        Ok(Heard::Speech(packets))
    }

    /// The end of a talk from a unit that has proved itself.
    ///
    /// # Errors
    /// Why it is dropped.
    pub fn hear_talk_end(&mut self, timing: &Timing, now: Moment, end: &TalkEnd) -> Result<Heard, Cause> {
        let call = self.carried_mut(end.call)?;
        if call.ended == Some(end.spurt) {
            return Ok(Heard::Again);
        }
        let Some(talker) = call.floor.talker() else {
            return Err(Cause::NotTheTalker);
        };
        if talker.unit != end.unit || talker.spurt != end.spurt || !call.asserted.talker_is_here {
            return Err(Cause::NotTheTalker);
        }
        call.clear_floor(timing, now);
        Ok(Heard::TalkEnded)
    }

    /// A talker that has proved itself goes to another site; told once.
    ///
    /// # Errors
    /// Why it is dropped.
    pub fn hear_leaving(&mut self, leaving: &Leaving) -> Result<Heard, Cause> {
        let call = self.carried_mut(leaving.call)?;
        let talks = call.asserted.talker_is_here
            && call
                .floor
                .talker()
                .is_some_and(|talker| (talker.unit, talker.spurt) == (leaving.unit, leaving.spurt));
        match talks {
            false => Err(Cause::NotTheTalker),
            true if call.leaving.replace(leaving.spurt) == Some(leaving.spurt) => Ok(Heard::Again),
            true => Ok(Heard::TalkerLeaving),
        }
    }

    /// A request for the floor from a unit that has proved itself.
    ///
    /// # Errors
    /// Why it is dropped.
    pub fn hear_floor_request(&mut self, request: &FloorRequest) -> Result<Heard, Cause> {
        self.carried_mut(request.call)?;
        Ok(Heard::FloorWanted)
    }

    /// A packet of a spurt from the voice switch; `false` when the spurt is not of this slot.
    ///
    /// # Errors
    /// Why it is dropped.
    pub fn hear_packet(&mut self, now: Moment, packet: &VoicePacket) -> Result<bool, Cause> {
        let Some((playout, heard)) = self.playout(packet.spurt) else {
            return Ok(false);
        };
        playout.receive(now, packet)?;
        if let Some((heard, silence_told)) = heard {
            (*heard, *silence_told) = (now, false);
        }
        Ok(true)
    }

    /// The playout of a spurt, and where to note that it was heard.
    fn playout(&mut self, spurt: SpurtId) -> Option<(&mut Playout, Option<(&mut Moment, &mut bool)>)> {
        let (speech, heard) = match &mut self.state {
            State::Free => return None,
            State::Carrying { call, .. } => match &mut call.floor {
                Floor::Taken { speech, heard, silence_told } => (speech, Some((heard, silence_told))),
                Floor::Idle { tail, .. } => (tail.as_mut()?, None),
                Floor::Both(both) => {
                    return (both.sides.far.spurt == spurt).then_some((&mut both.far, None));
                }
            },
            State::Releasing { tail, .. } => (tail.as_deref_mut()?, None),
        };
        match &mut speech.source {
            Source::Elsewhere(playout) if speech.talker.spurt == spurt => Some((playout, heard)),
            Source::Elsewhere(_) | Source::Here(_) => None,
        }
    }
}
