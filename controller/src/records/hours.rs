//! Channel time by the hour: where it is most, that is the busy hour.

use std::collections::BTreeMap;

const HOUR_US: u64 = 3_600_000_000;

/// Channel time in each hour of the wall's clock.
#[derive(Debug, Default)]
pub(super) struct Hours(BTreeMap<u64, u64>);

impl Hours {
    /// A slot was held from then until then, in microseconds since 1970.
    pub fn add(&mut self, from_us: u64, until_us: u64) {
        let mut from_us = from_us;
        while from_us < until_us {
            let hour = from_us / HOUR_US;
            let end = until_us.min((hour + 1).saturating_mul(HOUR_US));
            *self.0.entry(hour).or_default() += end - from_us;
            from_us = end;
        }
    }

    /// When the busy hour begins, and its traffic in Erlangs.
    pub fn busiest(&self) -> Option<(u64, f64)> {
        // Of two that are as busy the first.
        let (hour, used_us) = self.0.iter().rev().max_by_key(|(_, used_us)| **used_us)?;
        Some((hour * HOUR_US, *used_us as f64 / HOUR_US as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_held_over_the_hour_counts_in_both() {
        let mut hours = Hours::default();
        hours.add(HOUR_US - 60_000_000, HOUR_US + 1_800_000_000);
        hours.add(HOUR_US, HOUR_US + 900_000_000);
        assert_eq!(hours.busiest(), Some((HOUR_US, 0.75)));
        assert_eq!(hours.0[&0], 60_000_000);
        assert_eq!(Hours::default().busiest(), None);
    }
}
