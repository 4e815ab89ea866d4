//! What scripted talkers say: a synthesised sentence for each unit, coded once.

use std::collections::BTreeMap;

use trunklab_protocol::voice::{FRAME_MS, VoiceFrame};
use trunklab_protocol::{Span, UnitId};

use crate::speech::{synth, vocoder};

/// Seconds after which a voice repeats itself.
const SENTENCE_S: f64 = 6.0;

/// Voices of a network's units.
#[derive(Debug, Default)]
pub struct Voices(BTreeMap<UnitId, Vec<VoiceFrame>>);

impl Voices {
    /// The voices of these units, made at once: later nobody waits for them.
    pub fn of(units: &[UnitId]) -> Self {
        let mut voices = Self::default();
        for unit in units {
            voices.speak(*unit, Span::ZERO);
        }
        voices
    }

    /// Speech of a unit for this long, in whole vocoder frames.
    pub fn speak(&mut self, unit: UnitId, length: Span) -> Vec<VoiceFrame> {
        let sentence = self
            .0
            .entry(unit)
            .or_insert_with(|| vocoder::encode(&synth::sentence(u64::from(unit.number()), SENTENCE_S)));
        let frames = usize::try_from(length.as_millis().div_ceil(FRAME_MS)).expect("speech is short");
        sentence.iter().copied().cycle().take(frames).collect()
    }
}
