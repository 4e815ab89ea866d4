//! One recording as it grows: spurts one behind the other, gaps within a spurt as silence.

use std::fs::{self, File};
use std::io::BufWriter;

use hound::{SampleFormat, WavSpec, WavWriter};
use tracing::warn;
use trunklab_controller_core::output::CallRecord;
use trunklab_protocol::voice::{FRAME_MS, VoiceFrame};
use trunklab_protocol::{CallId, Cause, SpurtId, TalkgroupId, UnitId};
use trunklab_speech::{Decoder, FRAME_SAMPLES, SAMPLE_RATE_HZ};

use super::description::{Part, describe};
use super::folder::Folder;

/// The longest recording, in frames: an hour.
pub(super) const FRAMES_MAX: u64 = 3_600_000 / FRAME_MS;

/// The longest gap that is filled with silence, in frames: a minute.
const GAP_FRAMES_MAX: u32 = 60_000 / FRAME_MS as u32;

const FRAME_OCTETS: u64 = FRAME_SAMPLES as u64 * 2;

/// Room that a recording needs beside its sound: the head of the WAV file, and the description.
const HEAD_OCTETS: u64 = 4_096;

/// Octets of one talker in the description.
const PART_OCTETS: u64 = 256;

/// A recording that is not whole yet.
pub(super) struct Recording {
    call: CallId,
    talkgroup: TalkgroupId,
    name: String,
    writer: WavWriter<BufWriter<File>>,
    decoder: Decoder,
    frames: u64,
    octets: u64,
    parts: Vec<Part>,
    spurt: Option<(SpurtId, Option<u32>)>,
}

impl Recording {
    /// A recording of a call that is asked for in this microsecond since 1970.
    ///
    /// # Errors
    /// [`Cause::RecordingsFull`], or [`Cause::RecordingFailed`] where the file cannot be made.
    pub fn begin(
        folder: &mut Folder,
        call: CallId,
        talkgroup: TalkgroupId,
        now_us: u64,
    ) -> Result<Self, Cause> {
        folder.take(HEAD_OCTETS)?;
        let name = format!("{talkgroup}-{}-call_{call:#}", now_us / 1_000_000);
        let (_, unfinished) = folder.places(&format!("{name}.wav"));
        let spec = WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE_HZ,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let writer = WavWriter::create(&unfinished, spec).map_err(|error| {
            folder.give_back(HEAD_OCTETS);
            failed(&name, &error)
        })?;
        Ok(Self {
            call,
            talkgroup,
            name,
            writer,
            decoder: Decoder::new(),
            frames: 0,
            octets: HEAD_OCTETS,
            parts: Vec::new(),
            spurt: None,
        })
    }

    /// A unit talks from here on.
    ///
    /// # Errors
    /// [`Cause::RecordingsFull`].
    pub fn spurt_begins(
        &mut self,
        folder: &mut Folder,
        spurt: SpurtId,
        unit: UnitId,
        now_us: u64,
    ) -> Result<(), Cause> {
        if self.spurt.is_some_and(|(known, _)| known == spurt) {
            return Ok(());
        }
        folder.take(PART_OCTETS)?;
        self.octets += PART_OCTETS;
        self.decoder = Decoder::new();
        self.parts.push(Part { unit, began_us: now_us, at_ms: self.frames * FRAME_MS });
        self.spurt = Some((spurt, None));
        Ok(())
    }

    /// Frames of a spurt, the first of them so many behind its beginning.
    ///
    /// # Errors
    /// [`Cause::StalePacket`] for what comes too late, [`Cause::VoiceOverrun`] for what is beyond an hour,
    /// [`Cause::RecordingsFull`], or [`Cause::RecordingFailed`].
    pub fn hear(
        &mut self,
        folder: &mut Folder,
        spurt: SpurtId,
        position: u32,
        frames: &[VoiceFrame],
    ) -> Result<(), Cause> {
        let Some((_, next)) = self.spurt.filter(|(known, _)| *known == spurt) else {
            return Err(Cause::StalePacket);
        };
        let gap = match next {
            Some(next) => position.checked_sub(next).ok_or(Cause::StalePacket)?,
            // Its first packet may be long behind its beginning, where recording began late.
            None => 0,
        };
        let gap = u64::from(gap.min(GAP_FRAMES_MAX));
        let more = gap + frames.len() as u64;
        if self.frames + more > FRAMES_MAX {
            return Err(Cause::VoiceOverrun);
        }
        folder.take(more * FRAME_OCTETS)?;
        self.octets += more * FRAME_OCTETS;
        self.frames += more;
        let silence = std::iter::repeat_n([0; FRAME_SAMPLES], usize::try_from(gap).unwrap_or(0));
        let decoder = &mut self.decoder;
        let speech = frames.iter().map(|frame| decoder.decode(frame));
        for sample in silence.chain(speech).flatten() {
            self.writer.write_sample(sample).map_err(|error| failed(&self.name, &error))?;
        }
        let len = u32::try_from(frames.len()).unwrap_or(u32::MAX);
        self.spurt = Some((spurt, Some(position.saturating_add(len))));
        Ok(())
    }

    /// The call is over: the recording takes its name, then its description. One without a sound leaves nothing.
    ///
    /// # Errors
    /// [`Cause::RecordingFailed`]; nothing is left then.
    pub fn finish(self, folder: &mut Folder, record: Option<&CallRecord>) -> Result<bool, Cause> {
        if self.frames == 0 {
            self.discard(folder);
            return Ok(false);
        }
        let Self { call, talkgroup, name, writer, frames, octets, parts, .. } = self;
        let description = describe(call, talkgroup, &parts, frames * FRAME_MS, record);
        let (wav, wav_unfinished) = folder.places(&format!("{name}.wav"));
        let (json, json_unfinished) = folder.places(&format!("{name}.json"));
        let written = writer.finalize().and_then(|()| {
            // The description last: whoever finds it finds the sound.
            fs::write(&json_unfinished, description.to_string())?;
            fs::rename(&wav_unfinished, &wav)?;
            fs::rename(&json_unfinished, &json)?;
            Ok(())
        });
        written.map(|()| true).map_err(|error| {
            for left in [wav_unfinished, json_unfinished, wav] {
                // What was never made need not be taken away.
                fs::remove_file(left).ok();
            }
            folder.give_back(octets);
            failed(&name, &error)
        })
    }

    /// Nothing of it is kept.
    pub fn discard(self, folder: &mut Folder) {
        let (_, unfinished) = folder.places(&format!("{}.wav", self.name));
        folder.give_back(self.octets);
        drop(self.writer);
        // It may be gone already, with its folder.
        fs::remove_file(unfinished).ok();
    }
}

fn failed(name: &str, error: &hound::Error) -> Cause {
    warn!(%error, "the recording {name} could not be written");
    Cause::RecordingFailed
}
