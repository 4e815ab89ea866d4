//! The microphone amplifier: brings speech to the level that the vocoder is made for.
//!
//! codec2 has five bits for energy. Speech recorded hotter than its range comes out with every vowel equally loud,
//! so a talker's recording is set to the nominal level of telephony, −26 dB of full scale while speaking.

use super::envelope;

/// Root mean square while speaking, of full scale: −26 dB.
const NOMINAL: f32 = 0.050_118_72;

/// What is this much weaker than the loudest step is a pause: 26 dB.
const PAUSE: f32 = 0.05;

/// The most that is added, 40 dB: noise alone is not blown up to speech.
const GAIN_MAX: f32 = 100.0;

/// The level while speaking, of full scale: pauses left out; 0 for silence.
pub fn of(speech: &[i16]) -> f32 {
    let envelope = envelope::of(speech);
    let loudest = envelope.iter().copied().fold(0.0, f32::max);
    let (mut power, mut steps) = (0.0, 0_u32);
    for level in envelope.iter().filter(|level| **level > loudest * PAUSE) {
        power += level * level;
        steps += 1;
    }
    if steps == 0 { 0.0 } else { (power / steps as f32).sqrt() }
}

/// The same speech at the nominal level.
pub fn nominal(speech: &[i16]) -> Vec<i16> {
    let level = of(speech);
    let gain = if level > 0.0 { (NOMINAL / level).min(GAIN_MAX) } else { 1.0 };
    // Float to integer saturates: a lone peak is clipped, not wrapped.
    speech.iter().map(|sample| (f32::from(*sample) * gain).round() as i16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth;

    #[test]
    fn loud_and_quiet_talkers_come_out_alike() {
        let speech = synth::sentence(4, 3.0);
        for gain in [0.05, 0.3, 1.0, 2.5] {
            let recorded: Vec<i16> = speech.iter().map(|sample| (f32::from(*sample) * gain) as i16).collect();
            let decibels = 20.0 * of(&nominal(&recorded)).log10();
            assert!((decibels + 26.0).abs() < 0.5, "gain {gain}: {decibels} dB");
        }
    }

    #[test]
    fn pauses_do_not_count() {
        let speech = synth::sentence(4, 3.0);
        let hesitant: Vec<i16> = speech.iter().copied().chain([0; 80_000]).collect();
        assert!((of(&speech) / of(&hesitant) - 1.0).abs() < 0.01);
    }

    #[test]
    fn silence_stays_silence() {
        assert_eq!(nominal(&[0; 500]), [0; 500]);
        assert!(nominal(&[]).is_empty());
        assert!(
            nominal(&[1, -1, 1, -1]).iter().all(|sample| sample.unsigned_abs() <= 100),
            "noise is not speech"
        );
    }
}
