//! Random octets for challenges, keys and temporary identities.
//!
//! The stream is a function of the entropy inputs alone, so that a standby and a replay draw the same octets. It is
//! part of no snapshot.

use std::fmt;

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use trunklab_protocol::proof::{Challenge, VoiceKey};
use trunklab_protocol::{OrderNumber, Tmsi};

/// The stream.
#[derive(Clone)]
pub struct RandomStream {
    stream: ChaCha20Rng,
    seeds: u64,
}

impl RandomStream {
    /// A stream from the entropy of a new term of office.
    pub fn new(entropy: [u8; 32]) -> Self {
        Self { stream: ChaCha20Rng::from_seed(entropy), seeds: 1 }
    }

    /// Mixes fresh octets in: whoever knows only the old stream or only the new octets knows nothing.
    pub fn refresh(&mut self, entropy: [u8; 32]) {
        let mut seed: [u8; 32] = self.octets();
        for (octet, fresh) in seed.iter_mut().zip(entropy) {
            *octet ^= fresh;
        }
        *self = Self { stream: ChaCha20Rng::from_seed(seed), seeds: self.seeds + 1 };
    }

    /// A challenge.
    pub fn challenge(&mut self) -> Challenge {
        Challenge::new(self.octets())
    }

    /// A key for voice packets.
    pub fn voice_key(&mut self) -> VoiceKey {
        VoiceKey::new(self.octets())
    }

    /// A temporary identity; whether it is free is for the register to say.
    pub fn tmsi(&mut self) -> Tmsi {
        loop {
            if let Some(tmsi) = Tmsi::new(self.stream.next_u32()) {
                return tmsi;
            }
        }
    }

    /// The number of an order for a radio.
    pub fn order_number(&mut self) -> OrderNumber {
        OrderNumber::new(self.stream.next_u32()).expect("every number is an order's")
    }

    /// A number below `below`, which is not zero.
    pub fn below(&mut self, below: u64) -> u64 {
        self.stream.next_u64() % below
    }

    /// How often it was seeded and how far it was drawn since: what two replicas can compare without showing it.
    pub fn place(&self) -> (u64, u128) {
        (self.seeds, self.stream.get_word_pos())
    }

    fn octets<const N: usize>(&mut self) -> [u8; N] {
        let mut octets = [0; N];
        self.stream.fill_bytes(&mut octets);
        octets
    }
}

impl fmt::Debug for RandomStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RandomStream(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_inputs_draw_the_same_octets() {
        let mut one = RandomStream::new([1; 32]);
        let mut other = RandomStream::new([1; 32]);
        assert_eq!(one.challenge(), other.challenge());
        one.refresh([2; 32]);
        other.refresh([2; 32]);
        assert_eq!(one.challenge(), other.challenge());
        other.refresh([3; 32]);
        assert_ne!(one.challenge(), other.challenge());
    }

    #[test]
    fn fresh_octets_alone_do_not_tell_the_stream() {
        let mut mixed = RandomStream::new([1; 32]);
        mixed.refresh([2; 32]);
        assert_ne!(mixed.challenge(), RandomStream::new([2; 32]).challenge());
    }

    #[test]
    fn a_printed_stream_shows_nothing() {
        assert_eq!(format!("{:?}", RandomStream::new([7; 32])), "RandomStream(…)");
    }
}
