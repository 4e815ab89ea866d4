//! codec2 at 3,200 bit/s: 160 samples to 64 bits and back.
//!
//! codec2 is LGPL-2.1, so it stands behind the cargo feature `codec2`, on by default. Without it the network runs
//! as ever and carries frames of silence; what needs speech itself says so ([`REFUSAL`]).

use trunklab_protocol::voice::VoiceFrame;

use super::{FRAME_SAMPLES, level};

/// Whether this build can code speech.
pub const AVAILABLE: bool = cfg!(feature = "codec2");

/// What a build without the vocoder says to whoever wants speech.
pub const REFUSAL: &str = "this trunklab was built without the feature `codec2` and carries silence in place of \
                           speech: build it with its default features to read or write WAV files";

/// A talker's vocoder: it remembers the frames before, so one per spurt.
#[derive(Debug, Clone, Default)]
pub struct Encoder(engine::Engine);

impl Encoder {
    /// A vocoder that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Codes 20 ms of speech.
    pub fn encode(&mut self, speech: &[i16; FRAME_SAMPLES]) -> VoiceFrame {
        self.0.encode(speech)
    }
}

/// A listener's vocoder: it remembers the frames before, so one per listener. What has no pitch it makes of noise,
/// so the same frames give samples that sound the same and are not equal.
#[derive(Debug, Clone, Default)]
pub struct Decoder(engine::Engine);

impl Decoder {
    /// A vocoder that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes 20 ms of speech of a frame; any 64 bits give some sound.
    pub fn decode(&mut self, frame: &VoiceFrame) -> [i16; FRAME_SAMPLES] {
        self.0.decode(frame)
    }
}

/// Codes a whole recording as one spurt, brought to the nominal level first; the last frame is filled up with
/// silence.
pub fn encode(speech: &[i16]) -> Vec<VoiceFrame> {
    let mut encoder = Encoder::new();
    level::nominal(speech)
        .chunks(FRAME_SAMPLES)
        .map(|chunk| {
            let mut samples = [0; FRAME_SAMPLES];
            samples[..chunk.len()].copy_from_slice(chunk);
            encoder.encode(&samples)
        })
        .collect()
}

/// Makes a recording of a whole spurt.
pub fn decode(frames: &[VoiceFrame]) -> Vec<i16> {
    let mut decoder = Decoder::new();
    frames.iter().flat_map(|frame| decoder.decode(frame)).collect()
}

#[cfg(feature = "codec2")]
mod engine {
    use codec2::{Codec2, Codec2Mode};
    use trunklab_protocol::voice::{FRAME_LEN, VoiceFrame};

    use super::FRAME_SAMPLES;

    #[derive(Debug, Clone)]
    pub struct Engine(Box<Codec2>);

    impl Default for Engine {
        fn default() -> Self {
            Self(Box::new(Codec2::new(Codec2Mode::MODE_3200)))
        }
    }

    impl Engine {
        pub fn encode(&mut self, speech: &[i16; FRAME_SAMPLES]) -> VoiceFrame {
            let mut frame = [0; FRAME_LEN];
            self.0.encode(&mut frame, speech);
            frame
        }

        pub fn decode(&mut self, frame: &VoiceFrame) -> [i16; FRAME_SAMPLES] {
            let mut speech = [0; FRAME_SAMPLES];
            self.0.decode(&mut speech, frame);
            speech
        }
    }
}

#[cfg(not(feature = "codec2"))]
mod engine {
    use trunklab_protocol::voice::{FRAME_LEN, VoiceFrame};

    use super::FRAME_SAMPLES;

    #[derive(Debug, Clone, Default)]
    pub struct Engine;

    impl Engine {
        pub fn encode(&mut self, _speech: &[i16; FRAME_SAMPLES]) -> VoiceFrame {
            [0; FRAME_LEN]
        }

        pub fn decode(&mut self, _frame: &VoiceFrame) -> [i16; FRAME_SAMPLES] {
            [0; FRAME_SAMPLES]
        }
    }
}

#[cfg(test)]
#[cfg(feature = "codec2")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{envelope, synth};

    #[test]
    fn what_is_heard_is_the_talker_and_nobody_else() {
        let spoken: Vec<_> = (0..12).map(|seed| synth::sentence(seed, 6.0)).collect();
        let envelopes: Vec<_> = spoken.iter().map(|speech| envelope::of(speech)).collect();
        for (talker, speech) in spoken.iter().enumerate() {
            let heard = envelope::of(&decode(&encode(speech)));
            for (other, envelope) in envelopes.iter().enumerate() {
                let fit = envelope::correlate(envelope, &heard, 10).unwrap();
                if other == talker {
                    assert!(fit.correlation > 0.8, "talker {talker} is not recognised: {fit:?}");
                    assert!((0..=6).contains(&fit.lag), "talker {talker} is out of place: {fit:?}");
                } else {
                    assert!(fit.correlation < 0.5, "talker {talker} is taken for {other}: {fit:?}");
                }
            }
        }
    }

    /// A file at full scale is levelled before it is coded; see `level`.
    #[test]
    fn a_hot_recording_is_heard_as_well_as_another() {
        let speech = synth::sentence(2, 4.0);
        let peak = speech.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
        let hot: Vec<i16> =
            speech.iter().map(|sample| (f32::from(*sample) * 32_000.0 / f32::from(peak)) as i16).collect();
        let fit =
            envelope::correlate(&envelope::of(&hot), &envelope::of(&decode(&encode(&hot))), 10).unwrap();
        assert!(fit.correlation > 0.8, "{fit:?}");
    }

    #[test]
    fn a_second_of_speech_is_fifty_frames() {
        assert_eq!(encode(&synth::sentence(1, 1.0)).len(), 50);
        assert_eq!(encode(&synth::sentence(1, 1.0)[..7_999]).len(), 50, "the last frame is filled up");
        assert!(encode(&[]).is_empty());
    }

    #[test]
    fn silence_stays_quiet() {
        let heard = decode(&encode(&[0; 16_000]));
        assert_eq!(heard.len(), 16_000);
        assert!(heard.iter().all(|sample| sample.unsigned_abs() < 500));
    }

    proptest! {
        #[test]
        fn any_bits_give_sound_and_no_panic(
            frames in prop::collection::vec(any::<[u8; 8]>(), 1..200)
        ) {
            prop_assert_eq!(decode(&frames).len(), frames.len() * FRAME_SAMPLES);
        }

        #[test]
        fn any_sound_can_be_coded(samples in prop::collection::vec(any::<i16>(), 1..4_000)) {
            prop_assert_eq!(encode(&samples).len(), samples.len().div_ceil(FRAME_SAMPLES));
        }
    }
}
