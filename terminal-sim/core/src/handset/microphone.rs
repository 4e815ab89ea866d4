//! The microphone: open from the talk permit to the release, as a radio's is (docs/voice.md).
//!
//! Whoever speaks before the permit is not heard. What is said between permit and release waits here for its bursts, and
//! all of it is sent, however late its bursts come. Speech is given to it ahead of time, so it knows when each frame is
//! spoken.

use std::collections::VecDeque;

use trunklab_protocol::voice::{FRAME_LEN, FRAME_MS, VoiceFrame};
use trunklab_protocol::{Moment, Span};

/// Vocoder frames that wait at most: a minute of speech.
const FRAMES_MAX: usize = 3_000;

/// What is sent when the talker pauses: codec2's frame of no energy and no voice.
const SILENCE: VoiceFrame = [0; FRAME_LEN];

/// The queue from the microphone.
#[derive(Debug, Clone, Default)]
pub(super) struct Microphone {
    gate: Gate,
    frames: VecDeque<VoiceFrame>,
    /// When the first of them is spoken.
    begins: Moment,
    /// Frames of speech since the press that were over before the permit.
    clipped: u32,
    overrun: u64,
}

#[derive(Debug, Clone, Copy, Default)]
enum Gate {
    #[default]
    Shut,
    Open,
}

impl Microphone {
    /// Takes speech that is spoken from `now` on, or after what waits already; what does not fit is dropped and counted.
    pub(super) fn take(&mut self, now: Moment, speech: Vec<VoiceFrame>) {
        match self.gate {
            Gate::Shut => {
                self.pass(now);
                if self.frames.is_empty() {
                    self.begins = now;
                }
            }
            Gate::Open => {
                let said = self.begins + length(self.frames.len());
                let pause = whole_frames(now.since(said)).min(self.room());
                self.frames.extend(std::iter::repeat_n(SILENCE, pause));
            }
        }
        let room = self.room();
        self.overrun += speech.len().saturating_sub(room) as u64;
        self.frames.extend(speech.into_iter().take(room));
    }

    /// The talk permit: what was said before it is lost. How many frames of speech those were.
    pub(super) fn open(&mut self, now: Moment) -> u32 {
        self.pass(now);
        self.gate = Gate::Open;
        self.begins = now;
        std::mem::take(&mut self.clipped)
    }

    /// Whether what is said is sent.
    pub(super) fn is_open(&self) -> bool {
        match self.gate {
            Gate::Shut => false,
            Gate::Open => true,
        }
    }

    /// The next frame to send; silence where nothing was said.
    pub(super) fn next(&mut self) -> VoiceFrame {
        self.begins += length(1);
        self.frames.pop_front().unwrap_or(SILENCE)
    }

    /// When the next frame to send begins to be spoken.
    pub(super) fn begins(&self) -> Moment {
        self.begins
    }

    /// The talk is over: what was said until now and is still to be sent.
    pub(super) fn shut(&mut self, now: Moment) -> VecDeque<VoiceFrame> {
        let mut said = std::mem::take(&mut self.frames);
        // The vocoder ends the frame that it has begun.
        said.truncate(whole_frames(now.since(self.begins) + Span::from_millis(FRAME_MS - 1)));
        self.gate = Gate::Shut;
        said
    }

    /// The talk is interrupted: what is said from now until it goes on is lost.
    pub(super) fn pause(&mut self) {
        self.gate = Gate::Shut;
    }

    /// Forgets what was said.
    pub(super) fn clear(&mut self) {
        self.gate = Gate::Shut;
        self.frames.clear();
        self.clipped = 0;
    }

    /// Frames that wait.
    pub(super) fn waiting(&self) -> usize {
        self.frames.len()
    }

    /// Frames dropped since power-on because too many waited.
    pub(super) fn overrun(&self) -> u64 {
        self.overrun
    }

    /// Leaves out the frames that were spoken to their end before `now`.
    fn pass(&mut self, now: Moment) {
        let over = whole_frames(now.since(self.begins)).min(self.frames.len());
        self.begins += length(over);
        let speech = self.frames.drain(..over).filter(|frame| *frame != SILENCE).count();
        self.clipped = self.clipped.saturating_add(u32::try_from(speech).expect("at most FRAMES_MAX"));
    }

    fn room(&self) -> usize {
        FRAMES_MAX - self.frames.len()
    }
}

fn length(frames: usize) -> Span {
    Span::from_millis(FRAME_MS * frames as u64)
}

fn whole_frames(span: Span) -> usize {
    usize::try_from(span.as_millis() / FRAME_MS).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Moment {
        Moment::ORIGIN + Span::from_millis(ms)
    }

    fn speech(frames: std::ops::Range<u8>) -> Vec<VoiceFrame> {
        frames.map(|frame| [frame; 8]).collect()
    }

    #[test]
    fn holds_a_minute_and_counts_the_rest() {
        let mut microphone = Microphone::default();
        microphone.take(at(0), vec![[7; 8]; FRAMES_MAX + 5]);
        assert_eq!((microphone.waiting(), microphone.overrun()), (FRAMES_MAX, 5));
        microphone.open(at(0));
        assert_eq!(microphone.next(), [7; 8]);
        microphone.clear();
        assert_eq!(microphone.next(), SILENCE);
    }

    #[test]
    fn hears_from_the_permit_to_the_release_and_nothing_else() {
        let mut microphone = Microphone::default();
        microphone.take(at(1_000), speech(1..101));
        assert_eq!(microphone.open(at(1_135)), 6, "the seventh is being spoken");
        let sent: Vec<_> = (0..5).map(|_| microphone.next()).collect();
        assert_eq!(sent, speech(7..12));
        assert_eq!(microphone.shut(at(1_135 + 8 * 20 + 1)), speech(12..16), "the ninth is said to its end");
        assert_eq!(microphone.waiting(), 0);
    }

    #[test]
    fn all_that_was_given_is_clipped_or_sent_when_it_is_released_at_its_end() {
        for permit in 0..400 {
            let mut microphone = Microphone::default();
            microphone.take(at(1_000), speech(1..101));
            let clipped = usize::try_from(microphone.open(at(1_000 + permit))).unwrap();
            for _ in 0..30 {
                microphone.next();
            }
            assert_eq!(clipped + 30 + microphone.shut(at(3_000)).len(), 100, "permit after {permit} ms");
        }
    }

    #[test]
    fn what_is_said_while_the_talk_is_interrupted_is_clipped() {
        let mut microphone = Microphone::default();
        microphone.take(at(0), speech(0..100));
        microphone.open(at(0));
        let sent: Vec<_> = (0..10).map(|_| microphone.next()).collect();
        assert_eq!(sent, speech(0..10));
        microphone.pause();
        assert_eq!(microphone.open(at(1_000)), 40);
        assert_eq!(microphone.next(), [50; 8]);
    }

    #[test]
    fn a_pause_is_a_pause() {
        let mut microphone = Microphone::default();
        microphone.take(at(0), speech(1..3));
        microphone.open(at(0));
        microphone.take(at(100), speech(3..5));
        let sent: Vec<_> = (0..7).map(|_| microphone.next()).collect();
        assert_eq!(sent, [speech(1..3), vec![SILENCE; 3], speech(3..5)].concat());
    }

    #[test]
    fn all_that_is_said_before_the_permit_is_clipped() {
        let mut microphone = Microphone::default();
        microphone.take(at(0), speech(1..3));
        microphone.take(at(5_000), speech(3..13));
        assert_eq!(microphone.open(at(5_050)), 2 + 2);
        assert_eq!(microphone.next(), [5; 8]);
    }

    #[test]
    fn speech_that_was_sent_as_it_is_spoken_leaves_nothing_behind() {
        let mut microphone = Microphone::default();
        microphone.take(at(0), speech(1..101));
        microphone.open(at(0));
        for _ in 0..9 {
            microphone.next();
        }
        assert_eq!(microphone.shut(at(100)), Vec::<VoiceFrame>::new(), "the burst under way says it all");
    }
}
