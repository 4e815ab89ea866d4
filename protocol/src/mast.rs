//! Masts with sectors: their numbers, how many sectors there may be, and where each looks (docs/call-processing.md 12.12.6).

use std::collections::BTreeMap;

use crate::antenna::Azimuth;
use crate::network::{MastId, SiteId};

/// The most sectors of one mast.
pub const SECTORS_MAX: usize = 6;

/// Why sectors make no mast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SectorsUnfit {
    /// There are none, or too many.
    Count(usize),
    /// Two look the same way.
    Alike {
        /// The place of the one in the list.
        first: usize,
        /// The place of the other.
        second: usize,
        /// Where both look.
        azimuth: Azimuth,
    },
}

impl MastId {
    /// The mast whose first sector this is.
    pub fn of_first(sector: SiteId) -> Self {
        Self::new(sector.number()).expect("a site's number is a mast's")
    }
}

/// Where each sector of a mast looks: where it says, and otherwise to its equal part of the circle, the first to the north.
///
/// # Errors
/// No sector or too many, or two that look the same way.
pub fn azimuths(said: &[Option<Azimuth>]) -> Result<Vec<Azimuth>, SectorsUnfit> {
    let count = said.len();
    if count == 0 || count > SECTORS_MAX {
        return Err(SectorsUnfit::Count(count));
    }
    let mut looking = BTreeMap::new();
    let azimuths = said.iter().enumerate().map(|(second, said)| {
        let azimuth = said.unwrap_or_else(|| Azimuth::of_sector(second, count));
        match looking.insert(azimuth, second) {
            Some(first) => Err(SectorsUnfit::Alike { first, second, azimuth }),
            None => Ok(azimuth),
        }
    });
    azimuths.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees(said: &[Option<u16>]) -> Result<Vec<u16>, SectorsUnfit> {
        let said: Vec<_> =
            said.iter().map(|said| said.map(|degrees| Azimuth::new(degrees).unwrap())).collect();
        azimuths(&said).map(|azimuths| azimuths.into_iter().map(Azimuth::degrees).collect())
    }

    #[test]
    fn sectors_share_the_circle_unless_they_say_otherwise() {
        assert_eq!(degrees(&[None]), Ok(vec![0]));
        assert_eq!(degrees(&[None, None, None]), Ok(vec![0, 120, 240]));
        assert_eq!(degrees(&[Some(15), None, Some(359), None]), Ok(vec![15, 90, 359, 270]));
        assert_eq!(degrees(&[None; SECTORS_MAX]), Ok(vec![0, 60, 120, 180, 240, 300]));
    }

    #[test]
    fn a_mast_has_one_to_six_sectors_that_look_different_ways() {
        assert_eq!(degrees(&[]), Err(SectorsUnfit::Count(0)));
        assert_eq!(degrees(&[None; SECTORS_MAX + 1]), Err(SectorsUnfit::Count(7)));
        let azimuth = Azimuth::new(120).unwrap();
        assert_eq!(
            degrees(&[Some(120), None, Some(7)]),
            Err(SectorsUnfit::Alike { first: 0, second: 1, azimuth })
        );
    }
}
