//! Speech that waits for its burst.

use std::collections::VecDeque;

use trunklab_protocol::voice::VoiceFrame;

/// Vocoder frames that wait at most: a minute of speech.
const FRAMES_MAX: usize = 3_000;

/// What is sent when the talker pauses: codec2's frame of no energy and no voice.
const SILENCE: VoiceFrame = [0; trunklab_protocol::voice::FRAME_LEN];

/// The queue from the microphone; open while the button is down.
#[derive(Debug, Clone, Default)]
pub(super) struct Microphone {
    frames: VecDeque<VoiceFrame>,
    overrun: u64,
}

impl Microphone {
    /// Takes speech; what does not fit is dropped and counted.
    pub(super) fn take(&mut self, speech: Vec<VoiceFrame>) {
        let room = FRAMES_MAX - self.frames.len();
        self.overrun += speech.len().saturating_sub(room) as u64;
        self.frames.extend(speech.into_iter().take(room));
    }

    /// The next frame to send.
    pub(super) fn next(&mut self) -> VoiceFrame {
        self.frames.pop_front().unwrap_or(SILENCE)
    }

    pub(super) fn clear(&mut self) {
        self.frames.clear();
    }

    /// Frames that wait.
    pub(super) fn waiting(&self) -> usize {
        self.frames.len()
    }

    /// Frames dropped since power-on because too many waited.
    pub(super) fn overrun(&self) -> u64 {
        self.overrun
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_a_minute_and_counts_the_rest() {
        let mut microphone = Microphone::default();
        microphone.take(vec![[7; 8]; FRAMES_MAX + 5]);
        assert_eq!((microphone.waiting(), microphone.overrun()), (FRAMES_MAX, 5));
        assert_eq!(microphone.next(), [7; 8]);
        microphone.clear();
        assert_eq!(microphone.next(), SILENCE);
    }
}
