//! Random choices from a seed: the same handset in the same world makes the same ones.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use trunklab_protocol::proof::Challenge;
use trunklab_protocol::{Span, UnitId};

/// One handset's stream of random numbers, keyed by seed and unit.
#[derive(Debug, Clone)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn new(seed: u64, unit: UnitId) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..12].copy_from_slice(&unit.number().to_le_bytes());
        key[12..20].copy_from_slice(b"handset.");
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Evenly from 0 up to, not including, `bound`; 0 where the bound is 0.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let scaled = u64::from(self.0.next_u32()) * u64::from(bound);
        u32::try_from(scaled >> 32).expect("a fraction of a u32")
    }

    /// Octets for the network to answer.
    pub(super) fn challenge(&mut self) -> Challenge {
        let mut octets = [0; 16];
        self.0.fill_bytes(&mut octets);
        Challenge::new(octets)
    }

    /// Evenly from nothing up to `bound`, in milliseconds.
    pub(super) fn span_below(&mut self, bound: Span) -> Span {
        let millis = u32::try_from(bound.as_millis()).unwrap_or(u32::MAX);
        Span::from_millis(u64::from(self.below(millis)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_has_its_own_stream() {
        let draw = |seed, unit| {
            let mut dice = Dice::new(seed, UnitId::new(unit).unwrap());
            (0..8).map(|_| dice.below(1_000)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1, 1017), draw(1, 1017));
        assert_ne!(draw(1, 1017), draw(1, 1018));
        assert_ne!(draw(1, 1017), draw(2, 1017));
    }

    #[test]
    fn stays_below_its_bound_and_reaches_every_number() {
        let mut dice = Dice::new(81, UnitId::new(1).unwrap());
        let mut seen = [false; 6];
        for _ in 0..500 {
            seen[dice.below(6) as usize] = true;
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(dice.below(0), 0);
    }
}
