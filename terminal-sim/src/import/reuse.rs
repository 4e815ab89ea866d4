//! Sites of a list that share a frequency and are too near to each other for that (docs/call-processing.md 12.12.7).
//!
//! A list has no antennas and no powers. Its sites count as omni, and as so strong that they serve as far as `Range` says.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use trunklab_protocol::propagation::Radiator;
use trunklab_protocol::reuse::{Clash, PlannedSite, are_near, clash_of, serving_power_dbm};
use trunklab_protocol::settings::CARRIERS_MAX;
use trunklab_protocol::{Antenna, Position, ProfileId, SiteId};

use super::Site;
use super::place::positions;

/// The air interface of such lists.
const PROFILE: ProfileId = ProfileId::P25p1;

/// What a site radiates whose reach the list does not tell, in dBm.
const USUAL_POWER_DBM: i8 = 50;

/// How many pairs are kept and shown.
const SHOWN: usize = 20;

/// The most sites that are judged.
const SITES_MAX: usize = 2_000;

/// The most pairs that get a closer look.
const LOOKS_MAX: usize = 1_000;

/// What a list's frequencies and places say about reuse.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Reuse {
    /// Pairs of sites that share a frequency and disturb each other.
    pub pairs: usize,
    /// The first of them, in the list's order.
    pub first: Vec<NearPair>,
    /// Sites that were not judged: the list does not say where they stand, or has too many.
    pub sites_left_out: usize,
    /// Pairs that were not judged, for there are too many.
    pub pairs_left_out: usize,
}

/// Two sites that share a frequency and disturb each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NearPair {
    /// The one in whose area it is worst.
    pub served: ListedSite,
    /// The one that disturbs it.
    pub interferer: ListedSite,
    /// A frequency of both, in hertz.
    pub hertz: u64,
    /// How far they stand from each other, in metres.
    pub distance_m: u32,
    /// The carrier-to-interference ratio where it is worst, in dB.
    pub ratio_db: i32,
    /// What is needed, in dB.
    pub needed_db: i32,
}

/// A site by its number in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedSite {
    /// The subsystem.
    pub rfss: u16,
    /// The site within the subsystem.
    pub site: u16,
    /// Its name.
    pub name: String,
    /// The row's line, from 1.
    pub line: u64,
}

/// A site that can be judged: where its waves go, and its frequencies.
struct Judged<'a> {
    listed: &'a Site,
    planned: PlannedSite<'static>,
    frequencies: BTreeSet<u64>,
}

impl Reuse {
    pub(super) fn of(sites: &[Site]) -> Self {
        let judged: Vec<_> =
            sites.iter().zip(positions(sites)).enumerate().filter_map(judged).take(SITES_MAX).collect();
        // The strongest first: they are the likeliest to serve where two others meet.
        let mut rivals: Vec<_> = judged.iter().map(|site| site.planned).collect();
        rivals.sort_by_key(|site| std::cmp::Reverse(site.radiator.power_dbm));
        let mut reuse = Self { sites_left_out: sites.len() - judged.len(), ..Self::default() };
        for (looks, (one, other, hertz)) in pairs(&judged).enumerate() {
            if looks >= LOOKS_MAX {
                reuse.pairs_left_out += 1;
                continue;
            }
            let Some(clash) = clash_of(&one.planned, &other.planned, hertz, &rivals) else { continue };
            reuse.pairs += 1;
            if reuse.first.len() < SHOWN {
                reuse.first.push(NearPair::new(&clash, one, other));
            }
        }
        reuse
    }
}

fn judged((index, (listed, position)): (usize, (&Site, Option<Position>))) -> Option<Judged<'_>> {
    let site = u16::try_from(index + 1).ok().and_then(SiteId::new)?;
    let power_dbm = listed.range_m().map_or(USUAL_POWER_DBM, serving_power_dbm);
    let radiator = Radiator { position: position?, antenna: Antenna::Omni, power_dbm };
    let planned = PlannedSite { site, profile: PROFILE, radiator, carriers: &[] };
    let frequencies = listed.frequencies.iter().take(CARRIERS_MAX).map(|one| one.hertz).collect();
    Some(Judged { listed, planned, frequencies })
}

/// The pairs that share a frequency and are near enough for a closer look, with the lowest such frequency.
fn pairs<'a>(sites: &'a [Judged<'a>]) -> impl Iterator<Item = (&'a Judged<'a>, &'a Judged<'a>, u64)> {
    sites.iter().enumerate().flat_map(move |(index, one)| {
        sites[index + 1..].iter().filter_map(move |other| {
            if !are_near(&one.planned, &other.planned) {
                return None;
            }
            one.frequencies.intersection(&other.frequencies).next().map(|hertz| (one, other, *hertz))
        })
    })
}

impl NearPair {
    fn new(clash: &Clash<u64>, one: &Judged<'_>, other: &Judged<'_>) -> Self {
        let (served, interferer) = if clash.served == one.planned.site { (one, other) } else { (other, one) };
        let (here, there) = (served.planned.radiator.position, interferer.planned.radiator.position);
        let east = f64::from(here.east_m) - f64::from(there.east_m);
        let north = f64::from(here.north_m) - f64::from(there.north_m);
        Self {
            served: ListedSite::new(served.listed),
            interferer: ListedSite::new(interferer.listed),
            hertz: clash.carrier,
            distance_m: (east * east + north * north).sqrt().round() as u32,
            ratio_db: clash.ratio_db,
            needed_db: clash.needed_db,
        }
    }
}

impl ListedSite {
    fn new(site: &Site) -> Self {
        Self { rfss: site.rfss, site: site.site, name: site.name.clone(), line: site.line }
    }
}

impl fmt::Display for ListedSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{} \"{}\" (line {})", self.rfss, self.site, self.name, self.line)
    }
}

impl fmt::Display for NearPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { served, interferer, hertz, distance_m, ratio_db, needed_db } = self;
        write!(
            f,
            "{served} and {interferer} share {}.{:06} MHz and are {}.{} km apart: where the first serves it is heard {ratio_db} dB \
             above the other, where {needed_db} dB are needed",
            hertz / 1_000_000,
            hertz % 1_000_000,
            distance_m / 1_000,
            distance_m % 1_000 / 100
        )
    }
}

impl fmt::Display for Reuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  {:<20} {} pairs of sites with one frequency", "too near for reuse", self.pairs)?;
        for pair in &self.first {
            writeln!(f, "    {pair}")?;
        }
        let more = self.pairs - self.first.len();
        if more > 0 {
            writeln!(f, "    and {more} more")?;
        }
        for (count, what) in [
            (self.sites_left_out, "sites not judged: without a place, or too many"),
            (self.pairs_left_out, "pairs not judged: too many"),
        ] {
            if count > 0 {
                writeln!(f, "    {count} {what}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Imported, Limits, read_bytes};
    use super::*;

    /// Rows of site number, degrees east (a hundredth is 0.79 km here), miles of range, frequencies.
    fn reuse(rows: &[(u16, &str, &str, &str)]) -> Reuse {
        let mut text = String::from("RFSS,Site Dec,Description,Lat,Lon,Range,Frequencies\n");
        for (site, east, range, frequencies) in rows {
            let north = if east.is_empty() { "" } else { "45.0" };
            text += &format!("1,{site},Site {site},{north},{east},{range},{frequencies}\n");
        }
        match read_bytes("sites", text.into_bytes(), &Limits::default()) {
            Ok(Imported::Sites(list)) => list.reuse,
            other => panic!("{other:?}"),
        }
    }

    /// Sites that serve 5 miles need 8.05 × 4.04 = 32.5 km between them: 0.41 degrees.
    #[test]
    fn the_range_of_two_sites_says_how_far_apart_they_must_be() {
        let far = reuse(&[(1, "-93.00", "5", "851.0125c"), (2, "-92.55", "5", "852.0125c,851.0125")]);
        assert_eq!(far, Reuse::default());
        let near = reuse(&[(1, "-93.00", "5", "851.0125c"), (2, "-92.64", "5", "852.0125c,851.0125")]);
        assert_eq!((near.pairs, near.first.len()), (1, 1));
        assert_eq!((near.first[0].hertz, near.first[0].needed_db), (851_012_500, 17));
        let said = near.first[0].to_string();
        let (start, end) = (
            "1-1 \"Site 1\" (line 2) and 1-2 \"Site 2\" (line 3) share 851.012500 MHz and are 28.3 km apart",
            "dB are needed",
        );
        assert!(said.starts_with(start) && said.ends_with(end), "{said}");
        let narrow = reuse(&[(1, "-93.00", "3", "851.0125c"), (2, "-92.64", "3", "852.0125c,851.0125")]);
        assert_eq!(narrow.pairs, 0, "the same places, and areas that end earlier");
        let others = reuse(&[(1, "-93.00", "5", "851.0125c"), (2, "-92.64", "5", "852.0125c,851.0375")]);
        assert_eq!(others.pairs, 0, "no frequency in common");
    }

    #[test]
    fn every_pair_is_counted_the_first_are_kept_and_what_has_no_place_is_left_out() {
        let mut rows: Vec<_> = (1..=8).map(|site| (site, "-93.00", "5", "851.0125c")).collect();
        rows.push((9, "", "5", "851.0125c"));
        let reuse = reuse(&rows);
        assert_eq!((reuse.pairs, reuse.first.len(), reuse.sites_left_out), (28, SHOWN, 1));
        let shown = reuse.to_string();
        assert!(
            shown.contains("28 pairs of sites") && shown.contains("    and 8 more\n    1 sites not"),
            "{shown}"
        );
        let json = serde_json::to_value(&reuse).unwrap();
        assert_eq!((&json["pairs"], &json["first"][0]["interferer"]["line"]), (&28.into(), &3.into()));
    }

    /// A list in which everything disturbs everything takes no longer than its bounds allow.
    #[test]
    fn a_crowd_on_one_spot_is_judged_within_bounds() {
        let rows: Vec<_> = (1..=46).map(|site| (site, "-93.00", "1000", "851.0125c")).collect();
        let reuse = reuse(&rows);
        assert_eq!((reuse.pairs, reuse.pairs_left_out), (LOOKS_MAX, 46 * 45 / 2 - LOOKS_MAX));
    }
}
