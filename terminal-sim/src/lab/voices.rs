//! What scripted talkers say: a synthesised sentence for each unit, coded once for all networks of this process.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use dashmap::DashMap;
use trunklab_protocol::voice::{FRAME_MS, VoiceFrame};
use trunklab_protocol::{Span, UnitId};

use crate::speech::{synth, vocoder};

/// Seconds after which a voice repeats itself.
const SENTENCE_S: f64 = 6.0;

/// Sentences that are kept for the next network; what more units say is coded again there.
const KEPT_MAX: usize = 4_096;

/// Tests play thousands of small networks whose units have the same numbers, and coding is most of the work.
static KEPT: LazyLock<DashMap<UnitId, Sentence>> = LazyLock::new(DashMap::new);

type Sentence = Arc<[VoiceFrame]>;

/// Voices of a network's units.
#[derive(Debug, Default)]
pub struct Voices(BTreeMap<UnitId, Sentence>);

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
        let sentence = self.0.entry(unit).or_insert_with(|| sentence(unit));
        let frames = usize::try_from(length.as_millis().div_ceil(FRAME_MS)).expect("speech is short");
        sentence.iter().copied().cycle().take(frames).collect()
    }
}

/// It depends on nothing but the unit's number.
fn sentence(unit: UnitId) -> Sentence {
    if let Some(kept) = KEPT.get(&unit) {
        return Arc::clone(&kept);
    }
    let coded: Sentence = vocoder::encode(&synth::sentence(u64::from(unit.number()), SENTENCE_S)).into();
    if KEPT.len() < KEPT_MAX {
        KEPT.insert(unit, Arc::clone(&coded));
    }
    coded
}
