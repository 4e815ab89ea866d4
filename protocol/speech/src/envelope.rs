//! How loud a recording is over time, and how alike two recordings are in that.
//!
//! A vocoder keeps what is heard and not the waveform, so recordings are compared by their envelopes.

use super::SAMPLE_RATE_HZ;

/// From one point of an envelope to the next, in milliseconds.
pub const STEP_MS: usize = 10;

const STEP: usize = SAMPLE_RATE_HZ as usize * STEP_MS / 1_000;

/// Each point looks at two steps, so that a low voice's pulses do not show.
const WINDOW: usize = 2 * STEP;

/// Where two envelopes fit best.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// Pearson's correlation there, -1 to 1; 0 where one of the two does not vary.
    pub correlation: f64,
    /// How much later the second is than the first, in steps of [`STEP_MS`].
    pub lag: isize,
}

/// The level of each step: root mean square over 20 ms, full scale is 1.
pub fn of(speech: &[i16]) -> Vec<f32> {
    (0..speech.len().div_ceil(STEP))
        .map(|step| {
            let window = &speech[step * STEP..(step * STEP + WINDOW).min(speech.len())];
            let power: f32 = window.iter().map(|sample| (f32::from(*sample) / 32_768.0).powi(2)).sum();
            (power / window.len() as f32).sqrt()
        })
        .collect()
}

/// Slides `second` over `first` by up to `lag_max` steps both ways and says where it fits best. What overhangs is
/// left out; `None` if the overlap is shorter than half of the shorter one at every lag.
pub fn correlate(first: &[f32], second: &[f32], lag_max: usize) -> Option<Fit> {
    let least = first.len().min(second.len()).div_ceil(2).max(2);
    let lag_max = isize::try_from(lag_max).unwrap_or(isize::MAX);
    (-lag_max..=lag_max)
        .filter_map(|lag| {
            let first = first.get(lag.min(0).unsigned_abs()..)?;
            let second = second.get(lag.max(0).unsigned_abs()..)?;
            let overlap = first.len().min(second.len());
            (overlap >= least)
                .then(|| Fit { correlation: pearson(&first[..overlap], &second[..overlap]), lag })
        })
        .max_by(|one, other| one.correlation.total_cmp(&other.correlation))
}

fn pearson(first: &[f32], second: &[f32]) -> f64 {
    let mean =
        |values: &[f32]| values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64;
    let (mean_first, mean_second) = (mean(first), mean(second));
    let (mut both, mut power_first, mut power_second) = (0.0, 0.0, 0.0);
    for (one, other) in first.iter().zip(second) {
        let (one, other) = (f64::from(*one) - mean_first, f64::from(*other) - mean_second);
        both += one * other;
        power_first += one * one;
        power_second += other * other;
    }
    let scale = (power_first * power_second).sqrt();
    if scale > 0.0 { both / scale } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth;

    #[test]
    fn a_recording_fits_itself_wherever_it_begins() {
        let speech = synth::sentence(5, 3.0);
        let later: Vec<i16> = [0; 5 * STEP].into_iter().chain(speech.iter().copied()).collect();
        let fit = correlate(&of(&speech), &of(&later), 20).unwrap();
        assert_eq!(fit.lag, 5);
        assert!(fit.correlation > 0.999, "{fit:?}");
        assert_eq!(correlate(&of(&later), &of(&speech), 20).unwrap().lag, -5);
    }

    #[test]
    fn loudness_does_not_matter_and_opposites_do() {
        let rising: Vec<f32> = (0..50).map(|step| step as f32).collect();
        let louder: Vec<f32> = rising.iter().map(|value| value * 7.0 + 1.0).collect();
        let falling: Vec<f32> = rising.iter().rev().copied().collect();
        assert!((correlate(&rising, &louder, 0).unwrap().correlation - 1.0).abs() < 1e-9);
        assert!((correlate(&rising, &falling, 0).unwrap().correlation + 1.0).abs() < 1e-9);
    }

    #[test]
    fn silence_is_like_nothing() {
        let speech = of(&synth::sentence(5, 1.0));
        assert_eq!(correlate(&speech, &vec![0.0; speech.len()], 10).unwrap().correlation, 0.0);
        assert_eq!(correlate(&speech, &[], 10), None);
        assert_eq!(correlate(&speech, &[0.5], 10), None);
    }

    #[test]
    fn a_level_is_the_root_mean_square_of_full_scale() {
        let square: Vec<i16> = (0..800).map(|at| if at % 2 == 0 { 16_384 } else { -16_384 }).collect();
        assert_eq!(of(&square), vec![0.5; 10]);
        assert_eq!(of(&square[..81]), vec![0.5; 2], "a last, short step counts for what it has");
    }
}
