//! WAV files in and out: whatever people have is read, what is written is 8 kHz, 16 bits, mono.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use rubato::audioadapter_buffers::owned::InterleavedOwned;
use rubato::{Async, FixedAsync, Resampler, SincInterpolationParameters, WindowFunction};

use super::{SAMPLE_RATE_HZ, vocoder};

/// The longest recording that is read, in seconds.
pub const SECONDS_MAX: u32 = 3_600;

/// The sample rates that are read.
const RATES_HZ: std::ops::RangeInclusive<u32> = 4_000..=192_000;

/// Why a WAV file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// It could not be opened or ends early.
    #[error("cannot read {}: {reason}; name a WAV file that exists and is complete", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// It is no WAV file, or of a kind that is not read.
    #[error("{} cannot be used: {reason}; save it as PCM WAV, 16 bits, 8 kHz, mono", path.display())]
    Unusable {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// It is longer than [`SECONDS_MAX`].
    #[error("{} lasts longer than {SECONDS_MAX} seconds; cut it", path.display())]
    TooLong {
        /// Which file.
        path: PathBuf,
    },
    /// It could not be written; whatever stood there still does.
    #[error("cannot write {}: {reason}; name a place that this user may write to", path.display())]
    Unwritable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// This build has no vocoder.
    #[error("{}", vocoder::REFUSAL)]
    NoVocoder,
}

/// Reads a recording as 8 kHz mono: channels are averaged, other rates resampled.
///
/// # Errors
/// A [`WavError`] with the file and the remedy.
pub fn read(path: &Path) -> Result<Vec<i16>, WavError> {
    if !vocoder::AVAILABLE {
        return Err(WavError::NoVocoder);
    }
    let mut reader = WavReader::open(path).map_err(|error| unreadable(path, error))?;
    let spec = reader.spec();
    if !RATES_HZ.contains(&spec.sample_rate) {
        return Err(unusable(path, format!("its sample rate is {} Hz", spec.sample_rate)));
    }
    if reader.duration() > SECONDS_MAX.saturating_mul(spec.sample_rate) {
        return Err(WavError::TooLong { path: path.to_owned() });
    }
    let mono = match spec.sample_format {
        SampleFormat::Float => mix(spec.channels, reader.samples::<f32>()),
        SampleFormat::Int => {
            let full_scale = 2_f32.powi(i32::from(spec.bits_per_sample) - 1);
            let samples = reader.samples::<i32>();
            mix(spec.channels, samples.map(|sample| sample.map(|sample| sample as f32 / full_scale)))
        }
    };
    let mono = mono.map_err(|error| unreadable(path, error))?;
    if mono.is_empty() {
        return Err(unusable(path, "it holds no sound".to_owned()));
    }
    let speech = if spec.sample_rate == SAMPLE_RATE_HZ { mono } else { resample(mono, spec.sample_rate) };
    Ok(speech.into_iter().map(|sample| (sample * 32_768.0).round() as i16).collect())
}

/// Writes 8 kHz mono. The file is complete or not there at all: it takes its name when the last sample is written.
///
/// # Errors
/// A [`WavError`] with the file and the remedy.
pub fn write(path: &Path, speech: &[i16]) -> Result<(), WavError> {
    if !vocoder::AVAILABLE {
        return Err(WavError::NoVocoder);
    }
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".part");
    let unfinished = PathBuf::from(unfinished);
    let written = write_all(&unfinished, speech)
        .and_then(|()| fs::rename(&unfinished, path).map_err(hound::Error::IoError));
    written.map_err(|error| {
        // There may be nothing to take away; the failure that matters is the one reported.
        fs::remove_file(&unfinished).ok();
        WavError::Unwritable { path: path.to_owned(), reason: reason(error) }
    })
}

/// Whether a recording could be written here; leaves nothing behind. For asking before a long run, not after it.
///
/// # Errors
/// A [`WavError`] with the file and the remedy.
pub fn ready(path: &Path) -> Result<(), WavError> {
    let mut trial = path.as_os_str().to_owned();
    trial.push(".part");
    let trial = PathBuf::from(trial);
    let tried = write_all(&trial, &[]).and_then(|()| fs::remove_file(&trial).map_err(hound::Error::IoError));
    tried.map_err(|error| WavError::Unwritable { path: path.to_owned(), reason: reason(error) })
}

fn write_all(path: &Path, speech: &[i16]) -> Result<(), hound::Error> {
    let spec = WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE_HZ,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut writer = WavWriter::create(path, spec)?;
    for sample in speech {
        writer.write_sample(*sample)?;
    }
    writer.finalize()
}

/// Averages the channels. The header's count is not believed: the vector grows with what is read.
fn mix(
    channels: u16,
    samples: impl Iterator<Item = Result<f32, hound::Error>>,
) -> Result<Vec<f32>, hound::Error> {
    let mut mono = Vec::new();
    let (mut sum, mut taken) = (0.0, 0);
    for sample in samples {
        sum += sample?;
        taken += 1;
        if taken == channels {
            let mean = sum / f32::from(channels);
            mono.push(if mean.is_finite() { mean.clamp(-1.0, 1.0) } else { 0.0 });
            (sum, taken) = (0.0, 0);
        }
    }
    Ok(mono)
}

fn resample(mono: Vec<f32>, rate_hz: u32) -> Vec<f32> {
    let ratio = f64::from(SAMPLE_RATE_HZ) / f64::from(rate_hz);
    let quality = SincInterpolationParameters::new(128, WindowFunction::BlackmanHarris2);
    let mut resampler = Async::new_sinc(ratio, 1.0, &quality, 1_024, 1, FixedAsync::Input)
        .expect("RATES_HZ keeps the ratio positive and finite");
    let len = mono.len();
    let input = InterleavedOwned::new_from(mono, 1, len).expect("one channel of len samples");
    let output = resampler.process_all(&input, len, None).expect("input and mask match the resampler");
    output.take_data()
}

fn unreadable(path: &Path, error: hound::Error) -> WavError {
    match error {
        hound::Error::IoError(_) => WavError::Unreadable { path: path.to_owned(), reason: reason(error) },
        hound::Error::FormatError(_)
        | hound::Error::TooWide
        | hound::Error::UnfinishedSample
        | hound::Error::Unsupported
        | hound::Error::InvalidSampleFormat => unusable(path, reason(error)),
    }
}

fn unusable(path: &Path, reason: String) -> WavError {
    WavError::Unusable { path: path.to_owned(), reason }
}

/// The library's words without its full stops, for they stand inside our sentence.
fn reason(error: hound::Error) -> String {
    let text = match error {
        hound::Error::IoError(error) if error.kind() == io::ErrorKind::NotFound => "no such file".to_owned(),
        hound::Error::IoError(error) => error.to_string(),
        hound::Error::FormatError(what) => format!("it is not a sound WAV file ({what})"),
        hound::Error::TooWide
        | hound::Error::UnfinishedSample
        | hound::Error::Unsupported
        | hound::Error::InvalidSampleFormat => error.to_string(),
    };
    text.trim_end_matches('.').to_owned()
}

#[cfg(test)]
#[cfg(feature = "codec2")]
mod tests {
    use super::*;
    use crate::{envelope, synth};

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    fn write_as(path: &Path, spec: WavSpec, samples: impl IntoIterator<Item = f32>) {
        let mut writer = WavWriter::create(path, spec).unwrap();
        for sample in samples {
            match spec.sample_format {
                SampleFormat::Float => writer.write_sample(sample).unwrap(),
                SampleFormat::Int => {
                    let full_scale = 2_f32.powi(i32::from(spec.bits_per_sample) - 1) - 1.0;
                    writer.write_sample((sample * full_scale) as i32).unwrap();
                }
            }
        }
        writer.finalize().unwrap();
    }

    #[test]
    fn what_is_written_is_read_back() {
        let folder = folder();
        let path = folder.path().join("talker.wav");
        let speech = synth::sentence(3, 0.5);
        write(&path, &speech).unwrap();
        assert_eq!(read(&path).unwrap(), speech);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing unfinished is left");
    }

    /// A second of 440 Hz at each rate and width comes out as a second of 440 Hz.
    #[test]
    fn other_rates_widths_and_channels_are_read() {
        let folder = folder();
        let path = folder.path().join("other.wav");
        for (sample_rate, bits_per_sample, sample_format, channels) in [
            (48_000, 16, SampleFormat::Int, 2),
            (44_100, 24, SampleFormat::Int, 1),
            (16_000, 8, SampleFormat::Int, 1),
            (22_050, 32, SampleFormat::Float, 2),
            (4_000, 16, SampleFormat::Int, 3),
            (192_000, 32, SampleFormat::Int, 1),
        ] {
            let spec = WavSpec { channels, sample_rate, bits_per_sample, sample_format };
            let tone = |at: u32| (at as f32 / sample_rate as f32 * 440.0 * std::f32::consts::TAU).sin() * 0.5;
            write_as(
                &path,
                spec,
                (0..sample_rate * u32::from(channels)).map(|at| tone(at / u32::from(channels))),
            );

            let speech = read(&path).unwrap();
            assert!(speech.len().abs_diff(8_000) <= 1, "{spec:?}: {} samples", speech.len());
            let middle = &speech[1_000..7_000];
            let rises = middle.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count();
            assert!(rises.abs_diff(330) <= 1, "{spec:?}: {rises} periods in 0.75 s");
            let level = envelope::of(middle).iter().sum::<f32>() / envelope::of(middle).len() as f32;
            assert!((level - 0.5 / 2_f32.sqrt()).abs() < 0.02, "{spec:?}: level {level}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_in_one_sentence() {
        let folder = folder();
        let absent = folder.path().join("absent.wav");
        assert_eq!(
            read(&absent).unwrap_err().to_string(),
            format!(
                "cannot read {}: no such file; name a WAV file that exists and is complete",
                absent.display()
            )
        );

        let text = folder.path().join("text.wav");
        fs::write(&text, "this is a letter").unwrap();
        assert!(matches!(read(&text), Err(WavError::Unusable { .. })));

        let empty = folder.path().join("empty.wav");
        write(&empty, &[]).unwrap();
        assert!(matches!(read(&empty), Err(WavError::Unusable { .. })));

        let slow = folder.path().join("slow.wav");
        let spec =
            WavSpec { channels: 1, sample_rate: 100, bits_per_sample: 16, sample_format: SampleFormat::Int };
        write_as(&slow, spec, [0.0; 8]);
        assert!(read(&slow).unwrap_err().to_string().contains("its sample rate is 100 Hz"));

        let long = folder.path().join("long.wav");
        let spec = WavSpec { sample_rate: 4_000, bits_per_sample: 8, ..spec };
        write_as(&long, spec, std::iter::repeat_n(0.0, 4_000 * SECONDS_MAX as usize + 1));
        assert!(matches!(read(&long), Err(WavError::TooLong { .. })));
    }

    #[test]
    fn a_file_cut_short_is_refused() {
        let folder = folder();
        let path = folder.path().join("cut.wav");
        write(&path, &synth::sentence(1, 1.0)).unwrap();
        let whole = fs::read(&path).unwrap();
        for len in [0, 3, 11, 20, 43, 44, 45, 1_000, whole.len() - 1] {
            fs::write(&path, &whole[..len]).unwrap();
            assert!(read(&path).is_err(), "cut to {len} octets");
        }
    }

    #[test]
    fn a_failed_write_leaves_what_was_there() {
        let folder = folder();
        let path = folder.path().join("no such folder").join("x.wav");
        assert!(matches!(write(&path, &[1]), Err(WavError::Unwritable { .. })));

        let taken = folder.path().join("taken.wav");
        fs::create_dir_all(taken.join("inside")).unwrap();
        assert!(matches!(write(&taken, &[1]), Err(WavError::Unwritable { .. })));
        assert!(taken.join("inside").is_dir());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing unfinished is left");
    }
}

#[cfg(test)]
#[cfg(not(feature = "codec2"))]
mod tests_without_vocoder {
    use super::*;

    #[test]
    fn wav_files_are_refused_in_one_sentence() {
        let error = read(Path::new("talker.wav")).unwrap_err();
        assert!(matches!(write(Path::new("listener.wav"), &[0]), Err(WavError::NoVocoder)));
        assert!(error.to_string().contains("without the feature `codec2`"), "{error}");
        assert_eq!(vocoder::decode(&vocoder::encode(&[9_000; 320])), [0; 320], "calls carry silence");
    }
}
