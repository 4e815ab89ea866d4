//! A slot's downlink: its bursts in time.

use trunklab_protocol::Moment;
use trunklab_protocol::air_downlink::{Burst, DownlinkWord, Release};

use super::floor::{Floor, tail_word};
use super::{State, TrafficChannel};
use crate::begun::Begun;
use crate::playout::FRAMES_MAX;
use crate::timing::Timing;

impl TrafficChannel {
    /// When the next downlink burst begins; `None` while the slot is free.
    pub fn burst_begins(&self, timing: &Timing) -> Option<Moment> {
        match &self.state {
            State::Free => None,
            State::Carrying { beat, .. } | State::Releasing { beat, .. } => Some(beat.settled(timing)),
        }
    }

    /// When the downlink burst that has begun ends.
    pub fn burst_ends(&self) -> Option<Moment> {
        self.begun.as_ref().map(|begun| begun.ends)
    }

    /// Leaves out bursts that are too late at `now`; how many those were.
    pub fn skip_late(&mut self, timing: &Timing, now: Moment) -> u32 {
        let begun = u32::from(self.begun.take_if(|begun| begun.is_too_late(now)).is_some());
        let (beat, speech) = match &mut self.state {
            State::Free => return begun,
            State::Carrying { beat, call } if matches!(call.floor, Floor::Both(_)) => {
                let skipped = beat.skip_late(timing, now);
                if let Floor::Both(both) = &mut call.floor {
                    for _ in 0..skipped.min(FRAMES_MAX) {
                        both.far.play(now, timing.profile());
                    }
                }
                return begun + skipped;
            }
            State::Carrying { beat, call } => (beat, call.floor.speech()),
            State::Releasing { beat, tail, .. } => (beat, tail.as_deref_mut()),
        };
        let skipped = beat.skip_late(timing, now);
        if let Some(speech) = speech {
            speech.pass(skipped, now, timing.profile());
        }
        begun + skipped
    }

    /// The next downlink burst begins at `now`; `aside` gives a word of somebody else that can be said in a burst to spare.
    pub fn begin_burst(
        &mut self,
        timing: &Timing,
        now: Moment,
        aside: impl FnOnce() -> Option<DownlinkWord>,
    ) {
        let (ends, place, word) = match &mut self.state {
            State::Free => return,
            State::Carrying { beat, call } => {
                (beat.ends(timing), beat.take(), call.speak(timing, now, aside))
            }
            State::Releasing { beat, call, cause, bursts_left, tail } => {
                let (ends, place) = (beat.ends(timing), beat.take());
                let last_words = tail.as_deref_mut().and_then(|tail| tail_word(tail, *call, timing, now));
                let word = last_words.unwrap_or_else(|| {
                    *tail = None;
                    *bursts_left -= 1;
                    Release { call: *call, cause: *cause }.into()
                });
                if *bursts_left == 0 {
                    self.state = State::Free;
                }
                (ends, place, word)
            }
        };
        self.begun = Some(Begun { ends, burst: Burst { place, word } });
    }

    /// The downlink burst that has begun ends.
    pub fn end_burst(&mut self) -> Option<Burst> {
        self.begun.take().map(|begun| begun.burst)
    }
}
