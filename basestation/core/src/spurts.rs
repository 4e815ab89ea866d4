//! With which sequence number a spurt's packets begin.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use trunklab_protocol::SpurtId;

/// Octets that nobody can guess who does not know the station's seed, and that no other draw gives.
pub fn fresh_octets(seed: [u8; 32], draw: u64) -> [u8; 32] {
    let mut random = ChaCha8Rng::from_seed(seed);
    // Spurts have the streams below.
    random.set_stream(draw | 1 << 63);
    let mut octets = [0; 32];
    random.fill_bytes(&mut octets);
    octets
}

/// Draws first sequence numbers (RFC 3550, clause 5.1: not to be guessed) from the station's seed and the spurt, so that
/// a repeated order gives the same number.
#[derive(Debug, Clone)]
pub struct SpurtSequences {
    seed: [u8; 32],
}

impl SpurtSequences {
    /// From fresh octets.
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed }
    }

    /// Below 32,768: a receiver that joins late need not tell a wrapped number from an old one.
    pub fn first(&self, spurt: SpurtId) -> u16 {
        let mut random = ChaCha8Rng::from_seed(self.seed);
        random.set_stream(u64::from(spurt.number()));
        (random.next_u32() & 0x7FFF) as u16
    }
}
