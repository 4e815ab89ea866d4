//! A talker of our own making: no recording of a person is needed, and none is shipped.
//!
//! A sentence is a row of syllables in phrases with pauses between them. Each syllable is a few sounds (closure,
//! burst, hiss, nasal, vowel), each sound a target for the voice's pulses, its noise and its formants; what is
//! heard glides from target to target. Pulses pass four resonators in a row, which stand for the throat and mouth.
//! A seed gives a voice (pitch, length of the mouth, tempo) and its words: the same seed the same samples, another
//! seed another rhythm, so that recordings can be told apart by their envelopes; six seconds are enough for that.

use std::f32::consts::{PI, TAU};

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{SAMPLE_RATE_HZ, level};

/// The longest sentence, in seconds; a longer one is cut.
pub const SECONDS_MAX: f64 = 3_600.0;

const RATE: f32 = SAMPLE_RATE_HZ as f32;

/// Samples between two settings of the resonators: 2.5 ms.
const SETTING: usize = 20;

/// Hiss at level 1 beside a vowel at level 1.
const HISS: f32 = 0.035;

/// `seconds` of speech, 8 kHz mono, by the talker that the seed gives.
pub fn sentence(seed: u64, seconds: f64) -> Vec<i16> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let voice = Voice::draw(&mut random);
    let len = (seconds.clamp(0.0, SECONDS_MAX) * f64::from(SAMPLE_RATE_HZ)).round() as usize;
    let mut tract = Tract::new(voice);
    let mut speech = Vec::with_capacity(len);
    while speech.len() < len {
        for sound in phrase(&voice, &mut random) {
            tract.speak(&sound, &mut random, &mut speech);
        }
    }
    speech.truncate(len);
    fade_out(&mut speech);
    scale(&speech)
}

/// What stays the same through a sentence.
#[derive(Debug, Clone, Copy)]
struct Voice {
    /// Pitch at rest.
    pitch_hz: f32,
    /// Formants are this much higher than a grown man's.
    shortness: f32,
    /// Every sound lasts this much longer than usual.
    slowness: f32,
    /// Noise in the vowels.
    breath: f32,
}

impl Voice {
    fn draw(random: &mut impl Rng) -> Self {
        // High voices come from short throats, though not strictly.
        let height = random.random_range(0.0..1.0_f32);
        Self {
            pitch_hz: 90.0 * (height * 0.9).exp(),
            shortness: 0.95 + 0.2 * height + random.random_range(-0.04..0.04),
            slowness: random.random_range(0.65..1.15),
            breath: random.random_range(0.005..0.03),
        }
    }
}

/// What the mouth aims at for a while.
#[derive(Debug, Clone, Copy)]
struct Sound {
    ms: f32,
    voiced: f32,
    hiss: f32,
    hiss_hz: f32,
    formants_hz: [f32; 3],
    /// Pitch over the voice's own.
    pitch: f32,
}

const NEUTRAL: [f32; 3] = [500.0, 1_500.0, 2_500.0];

const SILENCE: Sound =
    Sound { ms: 0.0, voiced: 0.0, hiss: 0.0, hiss_hz: 2_000.0, formants_hz: NEUTRAL, pitch: 1.0 };

/// First three formants of a man's vowels, in hertz.
#[rustfmt::skip]
const VOWELS: [[f32; 3]; 9] = [
    [270.0, 2_290.0, 3_010.0], // heed
    [390.0, 1_990.0, 2_550.0], // hid
    [530.0, 1_840.0, 2_480.0], // head
    [660.0, 1_720.0, 2_410.0], // had
    [730.0, 1_090.0, 2_440.0], // hod
    [570.0,   840.0, 2_410.0], // hawed
    [440.0, 1_020.0, 2_240.0], // hood
    [300.0,   870.0, 2_240.0], // who'd
    [490.0, 1_350.0, 1_690.0], // heard
];

/// How a syllable begins or ends.
#[derive(Debug, Clone, Copy)]
enum Consonant {
    None,
    Stop,
    Hiss,
    Nasal,
    Glide,
}

/// How often each consonant opens and closes a syllable.
const OPENINGS: &[(Consonant, u32)] = &[
    (Consonant::Stop, 40),
    (Consonant::Hiss, 25),
    (Consonant::Nasal, 15),
    (Consonant::Glide, 15),
    (Consonant::None, 5),
];
const CLOSINGS: &[(Consonant, u32)] =
    &[(Consonant::None, 45), (Consonant::Nasal, 20), (Consonant::Hiss, 20), (Consonant::Stop, 15)];

fn choose(from: &[(Consonant, u32)], random: &mut impl Rng) -> Consonant {
    let total: u32 = from.iter().map(|(_, weight)| weight).sum();
    let mut ticket = random.random_range(0..total);
    for (consonant, weight) in from {
        if ticket < *weight {
            return *consonant;
        }
        ticket -= weight;
    }
    Consonant::None
}

/// Some syllables on one breath, and the pause after them.
fn phrase(voice: &Voice, random: &mut impl Rng) -> Vec<Sound> {
    let syllables = random.random_range(3..10_u32);
    let mut sounds = vec![Sound { ms: random.random_range(20.0..80.0), ..SILENCE }];
    for syllable in 0..syllables {
        // Pitch falls through a phrase and rises on what is stressed.
        let stress = random.random_range(0.0..1.0_f32);
        let pitch = 1.12 - 0.25 * syllable as f32 / syllables as f32 + 0.18 * (stress - 0.5);
        let vowel = Sound {
            ms: random.random_range(40.0..80.0) + 70.0 * stress,
            voiced: 0.2 + 0.8 * stress,
            hiss: voice.breath,
            formants_hz: VOWELS[random.random_range(0..VOWELS.len())].map(|hz| hz * voice.shortness),
            pitch,
            ..SILENCE
        };
        consonant(choose(OPENINGS, random), &vowel, random, &mut sounds);
        sounds.push(vowel);
        consonant(choose(CLOSINGS, random), &vowel, random, &mut sounds);
    }
    for sound in &mut sounds {
        sound.ms *= voice.slowness;
    }
    sounds.push(Sound { ms: random.random_range(80.0..240.0), ..SILENCE });
    sounds
}

fn consonant(kind: Consonant, vowel: &Sound, random: &mut impl Rng, sounds: &mut Vec<Sound>) {
    let place_hz = random.random_range(900.0..3_400.0);
    match kind {
        Consonant::None => {}
        Consonant::Stop => {
            sounds.push(Sound { ms: random.random_range(30.0..70.0), ..*vowel }.closed());
            let burst = Sound { ms: 12.0, hiss: random.random_range(0.15..0.5), hiss_hz: place_hz, ..*vowel };
            sounds.push(Sound { voiced: 0.0, ..burst });
        }
        Consonant::Hiss => sounds.push(Sound {
            ms: random.random_range(60.0..130.0),
            voiced: 0.0,
            hiss: random.random_range(0.08..0.3),
            hiss_hz: place_hz.max(1_800.0),
            ..*vowel
        }),
        Consonant::Nasal => sounds.push(Sound {
            ms: random.random_range(45.0..90.0),
            voiced: 0.22,
            formants_hz: [260.0, place_hz.min(1_700.0), 2_300.0],
            ..*vowel
        }),
        Consonant::Glide => sounds.push(Sound {
            ms: random.random_range(35.0..70.0),
            voiced: vowel.voiced * 0.5,
            formants_hz: [300.0, random.random_range(700.0..2_200.0), 2_400.0],
            ..*vowel
        }),
    }
}

impl Sound {
    /// The same with the mouth shut.
    fn closed(self) -> Self {
        Self { voiced: 0.0, hiss: 0.0, ..self }
    }
}

/// A throat and a mouth, and where they are just now.
struct Tract {
    voice: Voice,
    now: Sound,
    /// How far the present glottal pulse has come, 0 to 1.
    phase: f32,
    /// This pulse's length over the next: no throat is steady.
    jitter: f32,
    pulse_before: f32,
    formants: [Resonator; 4],
    teeth: Resonator,
}

impl Tract {
    fn new(voice: Voice) -> Self {
        Self {
            voice,
            now: SILENCE,
            phase: 0.0,
            jitter: 1.0,
            pulse_before: 0.0,
            formants: Default::default(),
            teeth: Resonator::default(),
        }
    }

    fn speak(&mut self, aim: &Sound, random: &mut impl Rng, into: &mut Vec<f32>) {
        let samples = (aim.ms * RATE / 1_000.0) as usize;
        for sample in 0..samples {
            if sample % SETTING == 0 {
                self.approach(aim);
            }
            let noise = random.random_range(-1.0..1.0_f32);
            let mut voiced =
                self.pulse(random) * self.now.voiced + noise * self.voice.breath * self.now.voiced;
            for formant in &mut self.formants {
                voiced = formant.pass(voiced);
            }
            into.push(voiced + self.teeth.pass(noise) * self.now.hiss * HISS);
        }
    }

    /// Moves towards the aim: levels within some 8 ms, the heavier jaw and tongue within some 20.
    fn approach(&mut self, aim: &Sound) {
        let glide = |now: &mut f32, aim: f32, ms: f32| {
            *now += (aim - *now) * (1.0 - (-(SETTING as f32) * 1_000.0 / RATE / ms).exp());
        };
        glide(&mut self.now.voiced, aim.voiced, 8.0);
        glide(&mut self.now.hiss, aim.hiss, 4.0);
        glide(&mut self.now.pitch, aim.pitch, 50.0);
        for (now, aim) in self.now.formants_hz.iter_mut().zip(aim.formants_hz) {
            glide(now, aim, 20.0);
        }
        self.now.hiss_hz = aim.hiss_hz;

        let [first, second, third] = self.now.formants_hz;
        let fourth = 3_450.0 * self.voice.shortness.min(1.08);
        for (formant, (hz, width_hz)) in
            self.formants.iter_mut().zip([(first, 70.0), (second, 100.0), (third, 140.0), (fourth, 220.0)])
        {
            formant.tune(hz.min(3_800.0), width_hz);
        }
        self.teeth.tune(self.now.hiss_hz, 900.0);
    }

    /// The next sample of the air's flow through the glottis, as the lips radiate it: its change.
    fn pulse(&mut self, random: &mut impl Rng) -> f32 {
        self.phase += self.voice.pitch_hz * self.now.pitch * self.jitter / RATE;
        if self.phase >= 1.0 {
            self.phase -= 1.0;
            self.jitter = random.random_range(0.985..1.015);
        }
        let flow = match self.phase {
            opening if opening < 0.40 => 0.5 - 0.5 * (PI * opening / 0.40).cos(),
            closing if closing < 0.56 => (PI / 2.0 * (closing - 0.40) / 0.16).cos(),
            _ => 0.0,
        };
        let change = flow - self.pulse_before;
        self.pulse_before = flow;
        change
    }
}

/// A resonance of two poles with unit gain at 0 Hz.
#[derive(Debug, Clone, Copy, Default)]
struct Resonator {
    gain: f32,
    feedback: [f32; 2],
    before: [f32; 2],
}

impl Resonator {
    fn tune(&mut self, hz: f32, width_hz: f32) {
        let radius = (-PI * width_hz / RATE).exp();
        self.feedback = [2.0 * radius * (TAU * hz / RATE).cos(), -radius * radius];
        self.gain = 1.0 - self.feedback[0] - self.feedback[1];
    }

    fn pass(&mut self, sample: f32) -> f32 {
        let [one, two] = self.before;
        let out = self.gain * sample + self.feedback[0] * one + self.feedback[1] * two;
        self.before = [out, one];
        out
    }
}

/// Twenty milliseconds, so that a sentence cut short does not end in a click.
fn fade_out(speech: &mut [f32]) {
    let len = speech.len().min(SAMPLE_RATE_HZ as usize / 50);
    for (left, sample) in speech.iter_mut().rev().take(len).enumerate() {
        *sample *= left as f32 / len as f32;
    }
}

/// To the peak first, so that nothing clips, then to the level at which people speak into a telephone.
fn scale(speech: &[f32]) -> Vec<i16> {
    let peak = speech.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs())).max(1e-6);
    let full: Vec<i16> = speech.iter().map(|sample| (sample / peak * 32_767.0).round() as i16).collect();
    level::nominal(&full)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope;

    #[test]
    fn a_seed_gives_the_same_samples_and_another_seed_others() {
        assert_eq!(sentence(7, 1.0), sentence(7, 1.0));
        assert_ne!(sentence(7, 1.0), sentence(8, 1.0));
        assert_eq!(sentence(7, 1.0)[..7_000], sentence(7, 1.0)[..7_000]);
    }

    #[test]
    fn it_lasts_as_long_as_asked() {
        for (seconds, samples) in [(0.0, 0), (0.02, 160), (1.5, 12_000), (-3.0, 0), (f64::NAN, 0)] {
            assert_eq!(sentence(1, seconds).len(), samples, "{seconds} s");
        }
    }

    #[test]
    fn it_is_loud_enough_never_clips_and_pauses_for_breath() {
        for seed in 0..20 {
            let speech = sentence(seed, 5.0);
            let peak = speech.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
            assert!((4_000..20_000).contains(&peak), "seed {seed}: peak {peak}");
            let envelope = envelope::of(&speech);
            let loudest = envelope.iter().copied().fold(0.0, f32::max);
            let quiet = envelope.iter().filter(|level| **level < loudest / 20.0).count();
            assert!((15..250).contains(&quiet), "seed {seed}: quiet for {quiet} of 500 steps");
        }
    }

    #[test]
    fn no_two_talkers_have_the_same_rhythm() {
        let envelopes: Vec<_> = (0..40).map(|seed| envelope::of(&sentence(seed, 6.0))).collect();
        for (seed, one) in envelopes.iter().enumerate() {
            for (other_seed, other) in envelopes.iter().enumerate().take(seed) {
                let fit = envelope::correlate(one, other, 10).unwrap();
                assert!(fit.correlation < 0.5, "seeds {other_seed} and {seed}: {fit:?}");
            }
        }
    }
}
