//! What networks do to messages, drawn from seeds. Air and voice lose, repeat and delay; ordered links only delay.
//!
//! Streams are keyed by (seed, stream), so that one more radio does not change what happens to the others.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use trunklab_protocol::Span;

/// How often, in parts of a million, something happens to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    /// Air bursts lost, per million.
    pub air_loss_ppm: u32,
    /// Air bursts received twice, per million.
    pub air_repeat_ppm: u32,
    /// Voice packets lost, per million.
    pub voice_loss_ppm: u32,
    /// Voice packets received twice, per million.
    pub voice_repeat_ppm: u32,
    /// The shortest way over an ordered link or a voice path.
    pub delay_least: Span,
    /// The longest.
    pub delay_most: Span,
}

impl Weather {
    /// Nothing is lost; every link takes half a millisecond.
    pub const CALM: Self = Self {
        air_loss_ppm: 0,
        air_repeat_ppm: 0,
        voice_loss_ppm: 0,
        voice_repeat_ppm: 0,
        delay_least: Span::from_micros(500),
        delay_most: Span::from_micros(500),
    };

    /// One in a hundred bursts and packets is lost, as many come twice, links take 1 to 20 ms.
    pub const ROUGH: Self = Self {
        air_loss_ppm: 10_000,
        air_repeat_ppm: 10_000,
        voice_loss_ppm: 10_000,
        voice_repeat_ppm: 10_000,
        delay_least: Span::from_millis(1),
        delay_most: Span::from_millis(20),
    };
}

/// One seeded stream of chances.
#[derive(Debug, Clone)]
pub struct Chance(ChaCha8Rng);

impl Chance {
    /// The stream of this number.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Self(generator)
    }

    /// Whether something happens that does so this often in a million. Draws nothing where it never does.
    pub fn happens(&mut self, ppm: u32) -> bool {
        ppm > 0 && self.0.next_u32() % 1_000_000 < ppm
    }

    /// A span between both, evenly. Draws nothing where they are equal.
    pub fn between(&mut self, least: Span, most: Span) -> Span {
        let width = most.as_micros().saturating_sub(least.as_micros());
        if width == 0 {
            return least;
        }
        least + Span::from_micros(self.0.next_u64() % (width + 1))
    }

    /// Fresh octets, for what is entropy in a live system.
    pub fn octets(&mut self) -> [u8; 32] {
        let mut octets = [0; 32];
        self.0.fill_bytes(&mut octets);
        octets
    }

    /// A number.
    pub fn number(&mut self) -> u32 {
        self.0.next_u32()
    }
}
