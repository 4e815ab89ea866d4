//! The speech of one spurt as a slot radiates it: repeated from a talker here, or played out from the network.

use std::collections::VecDeque;

use smallvec::SmallVec;
use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::air_uplink::Voice;
use trunklab_protocol::voice::{FrameRun, TICKS_PER_FRAME, VoicePacket};
use trunklab_protocol::{Cause, Moment, Profile};

use crate::playout::{Played, Playout};

/// Uplink bursts that wait for their downlink burst. They keep step; one more covers a late wake.
const REPEATS_MAX: usize = 2;

/// One spurt.
#[derive(Debug, Clone)]
pub struct Speech {
    /// Who talks.
    pub talker: Talker,
    /// Where the speech comes from.
    pub source: Source,
}

/// Where a spurt's speech comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// The talker is at this site.
    Here(Repeater),
    /// The voice switch sends it.
    Elsewhere(Playout),
}

/// Speech from a talker here: to the slot's own downlink, and to the voice switch.
#[derive(Debug, Clone)]
pub struct Repeater {
    waiting: VecDeque<Played>,
    next_position: u32,
    sequence: u16,
    begun: bool,
}

impl Repeater {
    /// A spurt whose first packet has this sequence number.
    pub const fn new(sequence: u16) -> Self {
        Self { waiting: VecDeque::new(), next_position: 0, sequence, begun: false }
    }

    /// Takes a burst: keeps it for the downlink, cuts it into packets without gaps for the switch.
    ///
    /// # Errors
    /// [`Cause::FieldOutOfRange`] for more frames than a burst of the profile holds or an impossible position,
    /// [`Cause::StalePacket`] for a position that was passed.
    pub fn receive(&mut self, profile: &Profile, voice: &Voice) -> Result<SmallVec<[VoicePacket; 1]>, Cause> {
        let most = profile.voice_pattern.iter().copied().max().unwrap_or(0);
        if voice.frames.len() > usize::from(most) || voice.position >= u32::MAX / TICKS_PER_FRAME {
            return Err(Cause::FieldOutOfRange);
        }
        if voice.position < self.next_position {
            return Err(Cause::StalePacket);
        }
        self.next_position =
            voice.position + u32::try_from(voice.frames.len()).expect("at most RUN_MAX frames");
        if !voice.frames.is_empty() {
            if self.waiting.len() == REPEATS_MAX {
                self.waiting.pop_front();
            }
            self.waiting.push_back(Played { position: voice.position, frames: voice.frames.clone() });
        }
        Ok(self.packets(voice))
    }

    /// One packet for each run of frames that were not lost.
    fn packets(&mut self, voice: &Voice) -> SmallVec<[VoicePacket; 1]> {
        let mut packets: SmallVec<[VoicePacket; 1]> = SmallVec::new();
        let mut run_goes_on = false;
        for (position, frame) in (voice.position..).zip(voice.frames.frames()) {
            let Some(frame) = frame else {
                run_goes_on = false;
                continue;
            };
            match packets.last_mut() {
                Some(packet) if run_goes_on => packet.frames.push(*frame),
                Some(_) | None => {
                    packets.push(VoicePacket {
                        spurt: voice.spurt,
                        sequence: self.sequence,
                        position,
                        marker: !self.begun,
                        frames: SmallVec::from_slice(&[*frame]),
                    });
                    self.sequence = self.sequence.wrapping_add(1);
                    self.begun = true;
                }
            }
            run_goes_on = true;
        }
        packets
    }
}

impl Speech {
    /// Whether it is a talker's here, of whom nothing was heard yet.
    pub const fn is_awaited(&self) -> bool {
        matches!(&self.source, Source::Here(repeater) if !repeater.begun)
    }

    /// What the downlink burst that begins at `now` carries; `None` when there is nothing to say.
    pub fn play(&mut self, now: Moment, profile: &Profile) -> Option<Played> {
        match &mut self.source {
            Source::Here(repeater) => repeater.waiting.pop_front(),
            Source::Elsewhere(playout) => playout.play(now, profile),
        }
    }

    /// Passes over bursts that were not radiated, so that speech does not fall behind.
    pub fn pass(&mut self, bursts: u32, now: Moment, profile: &Profile) {
        for _ in 0..bursts.min(crate::playout::FRAMES_MAX) {
            self.play(now, profile);
        }
    }

    /// No more will come; what is there is still heard.
    pub fn finish(&mut self, profile: &Profile) {
        if let Source::Elsewhere(playout) = &mut self.source {
            playout.finish(profile);
        }
    }

    /// Whether nothing is left to be heard.
    pub fn is_drained(&self) -> bool {
        match &self.source {
            Source::Here(repeater) => repeater.waiting.is_empty(),
            Source::Elsewhere(playout) => playout.is_drained(),
        }
    }
}

/// Frames that are there, of a run.
pub fn present(frames: &FrameRun) -> u64 {
    frames.frames().iter().flatten().count() as u64
}
