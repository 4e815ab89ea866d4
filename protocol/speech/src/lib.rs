//! Speech at the ends of the network and in recordings: WAV files, the vocoder, a synthesised talker, what a listener records,
//! and how alike two recordings are (docs/voice.md). It knows vocoder frames, and nothing of calls, sockets and clocks.

pub mod envelope;
pub mod level;
pub mod recorder;
pub mod synth;
pub mod vocoder;
pub mod wav;

pub use recorder::Recorder;
pub use vocoder::{Decoder, Encoder};
pub use wav::WavError;

/// Samples in a second: the rate of the vocoder and of every WAV file that is written.
pub const SAMPLE_RATE_HZ: u32 = 8_000;

/// Samples in one vocoder frame of 20 ms.
pub const FRAME_SAMPLES: usize = 160;
