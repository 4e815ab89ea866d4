//! What is broken of a base station's plant: a broken part radiates nothing and hears nothing (docs/resilience.md 14.2.1).
//!
//! The core does not know it. Its shell has the plant and holds each burst against it, as nature would.

use std::collections::BTreeSet;

use trunklab_protocol::{PlantPart, SlotAddress};

/// The plant of one site. It has no more parts than there are slot addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plant {
    broken: BTreeSet<PlantPart>,
}

impl Plant {
    /// Everything works.
    pub const fn new() -> Self {
        Self { broken: BTreeSet::new() }
    }

    /// A part is broken from here on.
    pub fn fails(&mut self, part: PlantPart) {
        self.broken.insert(part);
    }

    /// A part works again; with a carrier all its slots.
    pub fn is_mended(&mut self, part: PlantPart) {
        self.broken.retain(|other| {
            let is_part_of_it =
                other.carrier == part.carrier && part.slot.is_none_or(|_| other.slot == part.slot);
            !is_part_of_it
        });
    }

    /// Whether a burst in this slot is radiated, or heard.
    pub fn works(&self, at: SlotAddress) -> bool {
        !self.broken.iter().any(|part| part.contains(at))
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::{CarrierNumber, SlotNumber};

    use super::*;

    fn at(carrier: u16, slot: u8) -> SlotAddress {
        SlotAddress { carrier: CarrierNumber::new(carrier).unwrap(), slot: SlotNumber::new(slot).unwrap() }
    }

    fn part(carrier: u16, slot: Option<u8>) -> PlantPart {
        PlantPart {
            carrier: CarrierNumber::new(carrier).unwrap(),
            slot: slot.map(|slot| SlotNumber::new(slot).unwrap()),
        }
    }

    #[test]
    fn a_carrier_breaks_with_all_its_slots_and_a_slot_alone() {
        let mut plant = Plant::new();
        plant.fails(part(1, None));
        plant.fails(part(2, Some(3)));
        let works =
            |plant: &Plant| [at(1, 0), at(1, 5), at(2, 2), at(2, 3), at(3, 0)].map(|at| plant.works(at));
        assert_eq!(works(&plant), [false, false, true, false, true]);
        plant.is_mended(part(2, Some(3)));
        assert_eq!(works(&plant), [false, false, true, true, true]);
        plant.is_mended(part(1, Some(0)));
        assert_eq!(works(&plant), [false, false, true, true, true], "the carrier is still broken");
        plant.is_mended(part(1, None));
        assert_eq!(plant, Plant::new());
    }

    #[test]
    fn with_a_carrier_its_broken_slots_are_mended() {
        let mut plant = Plant::new();
        plant.fails(part(1, Some(2)));
        plant.is_mended(part(1, None));
        assert!(plant.works(at(1, 2)));
    }
}
