//! What a listener hears, as one recording: every frame at its instant, silence where none came.

use trunklab_protocol::voice::{FRAME_MS, FrameRun};
use trunklab_protocol::{Cause, Moment, Span, SpurtId};

use super::vocoder::Decoder;
use crate::{FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// A listener's recording.
#[derive(Debug)]
pub struct Recorder {
    origin: Moment,
    samples_max: usize,
    track: Vec<i16>,
    spurt: Option<Heard>,
    decoder: Decoder,
    counts: Counts,
}

/// How many frames a recording holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Frames heard.
    pub heard: u64,
    /// Frames known to be lost: marked so, or jumped over between two runs of one spurt.
    pub lost: u64,
}

/// The spurt that is being heard.
#[derive(Debug, Clone, Copy)]
struct Heard {
    spurt: SpurtId,
    /// Sample of the track at which its frame 0 lies; before the track's start for a late entry into a long spurt.
    start: i64,
    /// The position that comes next.
    next: u32,
}

impl Recorder {
    /// A recording that begins at `origin` and lasts at most `length_max`.
    pub fn new(origin: Moment, length_max: Span) -> Self {
        Self {
            origin,
            samples_max: usize::try_from(samples(length_max)).unwrap_or(usize::MAX),
            track: Vec::new(),
            spurt: None,
            decoder: Decoder::new(),
            counts: Counts::default(),
        }
    }

    /// Adds a run. A spurt's first run lies where it was heard; every later one where its `position` (frames since
    /// the spurt began) puts it, however early or late it came.
    ///
    /// # Errors
    /// [`Cause::StalePacket`] for a position that has been heard, [`Cause::VoiceOverrun`] beyond the recording's
    /// greatest length; the recording is then as before.
    pub fn hear(&mut self, now: Moment, spurt: SpurtId, position: u32, run: &FrameRun) -> Result<(), Cause> {
        let known = self.spurt.filter(|heard| heard.spurt == spurt);
        if known.is_some_and(|heard| position < heard.next) {
            return Err(Cause::StalePacket);
        }
        // Gaps at the end of a run may yet be filled: a buffer that ran dry starts again where it had stopped.
        let covered = run.frames().iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        let start = known.map_or_else(|| self.place(now, position), |heard| heard.start);
        let from = usize::try_from(start + sample_of(position)).map_err(|_| Cause::VoiceOverrun)?;
        let until = from.saturating_add(covered * FRAME_SAMPLES);
        if until > self.samples_max {
            return Err(Cause::VoiceOverrun);
        }

        if known.is_none() {
            // The end of the spurt before may still ring in the vocoder.
            self.decoder = Decoder::new();
        }
        self.counts.lost += known.map_or(0, |heard| u64::from(position - heard.next));
        self.track.resize(from, 0);
        for frame in &run.frames()[..covered] {
            match frame {
                Some(frame) => {
                    self.counts.heard += 1;
                    self.track.extend_from_slice(&self.decoder.decode(frame));
                }
                None => {
                    self.counts.lost += 1;
                    self.track.resize(self.track.len() + FRAME_SAMPLES, 0);
                }
            }
        }
        let covered = u32::try_from(covered).expect("at most RUN_MAX frames");
        self.spurt = Some(Heard { spurt, start, next: position.saturating_add(covered) });
        Ok(())
    }

    /// Where frame 0 of a spurt lies whose frame `position` is heard now; a run never covers what is already there.
    fn place(&self, now: Moment, position: u32) -> i64 {
        let heard_at = i64::try_from(samples(now.since(self.origin))).unwrap_or(i64::MAX / 2);
        let free_from = i64::try_from(self.track.len()).expect("a track is shorter than i64::MAX");
        heard_at.max(free_from) - sample_of(position)
    }

    /// The recording so far: 8 kHz mono.
    pub fn track(&self) -> &[i16] {
        &self.track
    }

    /// What it holds.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The recording, with silence up to `end`.
    pub fn finish(mut self, end: Moment) -> Vec<i16> {
        let end = usize::try_from(samples(end.since(self.origin))).unwrap_or(usize::MAX);
        let len = end.min(self.samples_max).max(self.track.len());
        self.track.resize(len, 0);
        self.track
    }
}

fn samples(span: Span) -> u64 {
    u64::try_from(u128::from(span.as_micros()) * u128::from(SAMPLE_RATE_HZ) / 1_000_000).unwrap_or(u64::MAX)
}

fn sample_of(position: u32) -> i64 {
    const { assert!(FRAME_SAMPLES as u64 * 1_000 == FRAME_MS * SAMPLE_RATE_HZ as u64) };
    i64::from(position) * FRAME_SAMPLES as i64
}

#[cfg(test)]
#[cfg(feature = "codec2")]
mod tests {
    use proptest::prelude::*;
    use trunklab_protocol::voice::VoiceFrame;

    use super::*;
    use crate::{envelope, synth, vocoder};

    /// Five frames in a run: what `iden` sends in every other burst.
    const RUN: usize = 5;

    fn spurt(number: u32) -> SpurtId {
        SpurtId::new(number).unwrap()
    }

    fn ms(ms: u64) -> Moment {
        Moment::ORIGIN + Span::from_millis(ms)
    }

    fn recorder() -> Recorder {
        Recorder::new(Moment::ORIGIN, Span::from_secs(60))
    }

    fn run(frames: &[VoiceFrame]) -> FrameRun {
        FrameRun::new(frames.iter().copied().map(Some)).unwrap()
    }

    /// Hears the frames in runs, the first of them at `at`, without those that `lost` names.
    fn hear(recorder: &mut Recorder, at: Moment, frames: &[VoiceFrame], lost: impl Fn(usize) -> bool) {
        for (index, frames) in frames.chunks(RUN).enumerate() {
            if !lost(index) {
                let now = at + Span::from_millis(index as u64 * 100);
                recorder.hear(now, spurt(1), (index * RUN) as u32, &run(frames)).unwrap();
            }
        }
    }

    fn is_silent(track: &[i16]) -> bool {
        track.iter().all(|sample| *sample == 0)
    }

    /// The vocoder makes noise anew each time: levels agree, samples do not.
    fn sounds_like(one: &[i16], other: &[i16]) -> bool {
        let fit = envelope::correlate(&envelope::of(one), &envelope::of(other), 5).unwrap();
        one.len() == other.len() && fit.lag == 0 && fit.correlation > 0.95
    }

    #[test]
    fn nothing_lost_is_what_the_vocoder_gives() {
        let frames = vocoder::encode(&synth::sentence(1, 2.0));
        let mut recorder = recorder();
        hear(&mut recorder, ms(0), &frames, |_| false);
        assert_eq!(recorder.track().len(), 16_000);
        assert!(sounds_like(recorder.track(), &vocoder::decode(&frames)));
        assert_eq!(recorder.counts(), Counts { heard: 100, lost: 0 });
    }

    #[test]
    fn a_deleted_packet_is_a_gap_at_its_instant_and_nowhere_else() {
        let talker = synth::sentence(1, 3.0);
        let frames = vocoder::encode(&talker);
        let whole = vocoder::decode(&frames);
        // The loudest packet, so that the gap cannot hide in a pause.
        let loudest = (2..28).max_by_key(|index| {
            let speech = &whole[index * RUN * FRAME_SAMPLES..][..RUN * FRAME_SAMPLES];
            speech.iter().map(|sample| u64::from(sample.unsigned_abs())).sum::<u64>()
        });
        let lost = loudest.unwrap();
        let gap = lost * RUN * FRAME_SAMPLES..(lost + 1) * RUN * FRAME_SAMPLES;

        let mut recorder = recorder();
        hear(&mut recorder, ms(0), &frames, |index| index == lost);
        let heard = recorder.track();
        assert_eq!(heard.len(), whole.len());
        assert!(sounds_like(&heard[..gap.start], &whole[..gap.start]));
        assert!(is_silent(&heard[gap.clone()]));
        assert!(!is_silent(&heard[gap.end..gap.end + FRAME_SAMPLES * 2]), "speech goes on after it");
        assert_eq!(recorder.counts(), Counts { heard: 145, lost: 5 });

        let level = |track: &[i16]| envelope::of(&track[gap.clone()]).iter().sum::<f32>();
        assert_eq!(level(heard), 0.0);
        assert!(level(&talker) > 0.2, "the talker spoke there: {}", level(&talker));
        let fit = envelope::correlate(&envelope::of(&talker), &envelope::of(heard), 20).unwrap();
        assert!(fit.correlation > 0.7, "the rest is still in place: {fit:?}");
    }

    #[test]
    fn a_frame_marked_lost_is_silence_in_its_place() {
        let frames = vocoder::encode(&synth::sentence(1, 1.0));
        let whole = vocoder::decode(&frames);
        let mut recorder = recorder();
        recorder.hear(ms(0), spurt(1), 0, &run(&frames[..10])).unwrap();
        let holed = FrameRun::new([Some(frames[10]), None, Some(frames[12])]).unwrap();
        recorder.hear(ms(200), spurt(1), 10, &holed).unwrap();
        assert!(sounds_like(&recorder.track()[..11 * FRAME_SAMPLES], &whole[..11 * FRAME_SAMPLES]));
        assert!(is_silent(&recorder.track()[11 * FRAME_SAMPLES..12 * FRAME_SAMPLES]));
        assert_eq!(recorder.counts(), Counts { heard: 12, lost: 1 });
    }

    #[test]
    fn what_comes_after_a_buffer_ran_dry_is_heard_in_its_place() {
        let frames = vocoder::encode(&synth::sentence(1, 1.0));
        let whole = vocoder::decode(&frames);
        let mut recorder = recorder();
        recorder.hear(ms(0), spurt(1), 0, &run(&frames[..5])).unwrap();
        recorder.hear(ms(100), spurt(1), 5, &FrameRun::new([None; 5]).unwrap()).unwrap();
        recorder.hear(ms(300), spurt(1), 5, &run(&frames[5..10])).unwrap();
        assert!(sounds_like(recorder.track(), &whole[..10 * FRAME_SAMPLES]));
        assert_eq!(recorder.counts(), Counts { heard: 10, lost: 0 });
    }

    #[test]
    fn jitter_moves_nothing() {
        let frames = vocoder::encode(&synth::sentence(1, 1.0));
        let (mut steady, mut jittery) = (recorder(), recorder());
        hear(&mut steady, ms(500), &frames, |_| false);
        for (index, frames) in frames.chunks(RUN).enumerate() {
            let now = ms(500 + index as u64 * 100 + [0, 40, 95, 3][index % 4]);
            jittery.hear(now, spurt(1), (index * RUN) as u32, &run(frames)).unwrap();
        }
        assert!(sounds_like(&steady.track()[4_000..], &jittery.track()[4_000..]));
        assert!(is_silent(&jittery.track()[..4_000]) && jittery.track().len() == 12_000);
    }

    #[test]
    fn a_late_entry_lies_where_it_was_heard() {
        let frames = vocoder::encode(&synth::sentence(1, 1.0));
        let mut recorder = recorder();
        recorder.hear(ms(300), spurt(1), 400, &run(&frames[..5])).unwrap();
        assert_eq!(recorder.track().len(), 2_400 + 5 * FRAME_SAMPLES);
        assert!(is_silent(&recorder.track()[..2_400]));
        assert_eq!(recorder.counts(), Counts { heard: 5, lost: 0 }, "what came before was not ours to hear");
    }

    #[test]
    fn the_next_spurt_lies_where_it_was_heard_and_never_over_the_last() {
        let frames = vocoder::encode(&synth::sentence(1, 1.0));
        let mut recorder = recorder();
        recorder.hear(ms(0), spurt(1), 0, &run(&frames[..5])).unwrap();
        recorder.hear(ms(1_000), spurt(2), 0, &run(&frames[..5])).unwrap();
        assert!(is_silent(&recorder.track()[800..8_000]));
        assert_eq!(recorder.track().len(), 8_800);
        recorder.hear(ms(1_050), spurt(3), 0, &run(&frames[..5])).unwrap();
        assert_eq!(recorder.track().len(), 9_600);
        assert_eq!(recorder.finish(ms(2_000)).len(), 16_000);
    }

    #[test]
    fn what_was_heard_is_not_heard_again() {
        let frames = vocoder::encode(&synth::sentence(1, 1.0));
        let mut recorder = recorder();
        recorder.hear(ms(0), spurt(1), 0, &run(&frames[..5])).unwrap();
        assert_eq!(recorder.hear(ms(100), spurt(1), 0, &run(&frames[..5])), Err(Cause::StalePacket));
        assert_eq!(recorder.hear(ms(100), spurt(1), 4, &run(&frames[..5])), Err(Cause::StalePacket));
        assert_eq!(recorder.track().len(), 5 * FRAME_SAMPLES);
    }

    #[test]
    fn a_recording_is_bounded() {
        let mut recorder = Recorder::new(Moment::ORIGIN, Span::from_secs(1));
        let one = run(&[[0; 8]]);
        assert_eq!(recorder.hear(ms(0), spurt(1), 0, &one), Ok(()));
        assert_eq!(recorder.hear(ms(0), spurt(1), 49, &one), Ok(()));
        assert_eq!(recorder.hear(ms(0), spurt(1), 50, &one), Err(Cause::VoiceOverrun));
        assert_eq!(recorder.hear(ms(0), spurt(1), u32::MAX, &one), Err(Cause::VoiceOverrun));
        assert_eq!(recorder.hear(Moment::from_micros(u64::MAX), spurt(2), 0, &one), Err(Cause::VoiceOverrun));
        assert_eq!(recorder.finish(Moment::from_micros(u64::MAX)).len(), 8_000);
    }

    proptest! {
        /// Whatever comes, the track stays within its bound and every frame is counted once.
        #[test]
        fn hostile_runs_do_no_harm(
            runs in prop::collection::vec((any::<u64>(), 1_u32..4, any::<u32>(), 0_usize..16), 1..40)
        ) {
            let mut recorder = Recorder::new(Moment::ORIGIN, Span::from_secs(2));
            let mut taken = 0;
            for (now, number, position, len) in runs {
                let run = run(&vec![[0x5A; 8]; len]);
                let now = Moment::from_micros(now % 4_000_000);
                if recorder.hear(now, spurt(number), position % 128, &run).is_ok() {
                    taken += len as u64;
                }
            }
            prop_assert!(recorder.track().len() <= 16_000);
            prop_assert_eq!(recorder.counts().heard, taken);
        }
    }
}
