//! Frequency reuse: whether sites that share a carrier are far enough from each other (docs/call-processing.md 12.12.7).
//!
//! What counts is not the distance of two masts but what a radio hears: in the area that a site serves, how far it stands
//! above the other, the carrier-to-interference ratio. The area is looked at on rings around its mast, one for each decibel
//! of loss, at every fifth degree.

use std::fmt;

use crate::antenna::Azimuth;
use crate::network::{CarrierNumber, Position, SiteId};
use crate::profile::ProfileId;
use crate::propagation::{Radiator, SENSITIVITY_DBM, distance_m, loss_db};

/// A site is planned to serve where it is heard this strongly, in dBm: 10 dB above what a receiver needs, for the losses
/// of buildings and hills that the law of propagation does not know. The figure is our choice.
pub const SERVED_DBM: i8 = SENSITIVITY_DBM + 10;

/// How far inwards from the edge of its area a site is looked at, in dB of loss.
const DEPTH_DB: i32 = 40;

/// The step between directions, in degrees.
const STEP_DEGREES: usize = 5;

/// One site, as far as its radio waves go.
#[derive(Debug, Clone, Copy)]
pub struct PlannedSite<'a> {
    /// Which.
    pub site: SiteId,
    /// Its air interface; others number their carriers otherwise.
    pub profile: ProfileId,
    /// What radiates.
    pub radiator: Radiator,
    /// Its carriers.
    pub carriers: &'a [CarrierNumber],
}

/// Two sites that disturb each other. `C` is how their plan names a carrier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clash<C = CarrierNumber> {
    /// The one in whose area it is worst.
    pub served: SiteId,
    /// The one that disturbs it.
    pub interferer: SiteId,
    /// A carrier of both.
    pub carrier: C,
    /// Where it is worst.
    pub at: Position,
    /// The carrier-to-interference ratio there, in dB.
    pub ratio_db: i32,
    /// What the air interface needs, in dB.
    pub needed_db: i32,
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { served, interferer, carrier, at, ratio_db, needed_db } = self;
        write!(
            f,
            "carrier {carrier} of site {served} is also site {interferer}'s: at {},{} it is heard {ratio_db} dB above the \
             other, where {needed_db} dB are needed",
            at.east_m, at.north_m
        )
    }
}

/// The pairs of sites that disturb each other, in their order, each at its worst place.
pub fn clashes<'a>(sites: &'a [PlannedSite<'a>]) -> impl Iterator<Item = Clash> + 'a {
    sites.iter().enumerate().flat_map(move |(index, one)| {
        sites[index + 1..].iter().filter_map(move |other| {
            if !are_near(one, other) {
                return None;
            }
            let carrier = *one.carriers.iter().find(|carrier| other.carriers.contains(carrier))?;
            clash_of(one, other, carrier, sites)
        })
    })
}

/// Whether two sites might disturb each other if they had a carrier in common: a quick look, which spares most pairs of a
/// large network the closer one.
pub fn are_near(one: &PlannedSite<'_>, other: &PlannedSite<'_>) -> bool {
    one.profile == other.profile && !(is_beyond(one, other) && is_beyond(other, one))
}

/// Whether two sites disturb each other on a carrier that they have in common, and where it is worst; `sites` are all that
/// may serve there.
pub fn clash_of<C: Copy>(
    one: &PlannedSite<'_>,
    other: &PlannedSite<'_>,
    carrier: C,
    sites: &[PlannedSite<'_>],
) -> Option<Clash<C>> {
    let here = worst(one, other, carrier, sites);
    let there = worst(other, one, carrier, sites);
    here.into_iter().chain(there).min_by_key(|clash| clash.ratio_db)
}

/// What an omni site must radiate to serve as far as this, in dBm.
pub fn serving_power_dbm(reach_m: u32) -> i8 {
    let edge = Position { east_m: i32::try_from(reach_m).unwrap_or(i32::MAX), north_m: 0 };
    let power_dbm = i32::from(SERVED_DBM) + loss_db(Position::default(), edge);
    i8::try_from(power_dbm.min(i32::from(i8::MAX))).expect("40 dB are lost at least")
}

/// How much is lost on the way from a site's antenna to the edge of its area.
fn loss_to_edge(site: &PlannedSite<'_>) -> i32 {
    i32::from(site.radiator.power_dbm) - i32::from(SERVED_DBM)
}

/// Whether the other is too far away to disturb, wherever the two look.
fn is_beyond(served: &PlannedSite<'_>, other: &PlannedSite<'_>) -> bool {
    let needed_db = served.profile.profile().co_channel_db;
    // A decibel more for each: losses are rounded down.
    let reach = distance_m(loss_to_edge(served) + 1);
    let disturbs = distance_m(loss_to_edge(other) + needed_db + 1);
    let (here, there) = (served.radiator.position, other.radiator.position);
    let east = f64::from(here.east_m) - f64::from(there.east_m);
    let north = f64::from(here.north_m) - f64::from(there.north_m);
    east * east + north * north > (reach + disturbs) * (reach + disturbs)
}

/// Where in the area that a site serves another disturbs it most, if it does.
fn worst<C>(
    served: &PlannedSite<'_>,
    other: &PlannedSite<'_>,
    carrier: C,
    sites: &[PlannedSite<'_>],
) -> Option<Clash<C>> {
    let needed_db = served.profile.profile().co_channel_db;
    let level = |site: &PlannedSite<'_>, at| i32::from(site.radiator.level_dbm(at));
    let mut places: Vec<(i32, Position)> = around(served)
        .filter(|at| served.radiator.level_dbm(*at) >= SERVED_DBM)
        .map(|at| (level(served, at) - level(other, at), at))
        .filter(|(ratio_db, _)| (0..needed_db).contains(ratio_db))
        .collect();
    places.sort_by_key(|(ratio_db, _)| *ratio_db);
    let is_best = |at: Position| {
        let rivals = sites.iter().filter(|site| site.profile == served.profile);
        rivals.into_iter().all(|rival| level(rival, at) <= level(served, at))
    };
    let (ratio_db, at) = places.into_iter().find(|(_, at)| is_best(*at))?;
    Some(Clash { served: served.site, interferer: other.site, carrier, at, ratio_db, needed_db })
}

/// Places around a site, from the edge of its area inwards.
fn around(site: &PlannedSite<'_>) -> impl Iterator<Item = Position> {
    let (edge, mast) = (loss_to_edge(site), site.radiator.position);
    (0..DEPTH_DB).flat_map(move |step| {
        let distance = distance_m(edge - step);
        let directions = (0..360).step_by(STEP_DEGREES).filter_map(Azimuth::new);
        directions.map(move |direction| direction.place(mast, distance))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::antenna::Antenna;

    const SHARED: &[CarrierNumber] = &[CarrierNumber::new(12).expect("a carrier")];

    fn site(site: u16, east_m: i32, antenna: u16) -> PlannedSite<'static> {
        let position = Position { east_m, north_m: 0 };
        let antenna = Antenna::new(antenna).unwrap();
        let radiator = Radiator { position, antenna, power_dbm: 43 };
        PlannedSite { site: SiteId::new(site).unwrap(), profile: ProfileId::Dmr3, radiator, carriers: SHARED }
    }

    fn ratios(sites: &[PlannedSite<'_>]) -> Vec<i32> {
        clashes(sites).map(|clash| clash.ratio_db).collect()
    }

    /// 43 dBm reach 3 km; at the edge of that the other is 9.2 km away: 35.2 × log10(9.2 / 3) = 17 dB.
    #[test]
    fn omni_sites_need_four_times_the_distance_that_they_serve() {
        assert!(ratios(&[site(1, 0, 360), site(2, 12_500, 360)]).is_empty());
        let clash = clashes(&[site(1, 0, 360), site(2, 11_000, 360)]).next().unwrap();
        assert!((14..17).contains(&clash.ratio_db), "{clash}");
        assert_eq!(clash.needed_db, 17);
        assert!((2_800..3_100).contains(&clash.at.east_m), "at the edge towards the other: {clash}");
        assert!(clash.at.north_m.abs() < 1_000, "at the edge towards the other: {clash}");
    }

    #[test]
    fn sites_on_one_spot_are_heard_alike() {
        assert_eq!(ratios(&[site(1, 0, 360), site(2, 0, 360)]), [0]);
    }

    #[test]
    fn sectors_back_to_back_may_be_near_and_face_to_face_may_not() {
        assert!(ratios(&[site(1, 0, 270), site(2, 6_000, 90)]).is_empty());
        assert_eq!(ratios(&[site(1, 0, 90), site(2, 6_000, 270)]).len(), 1);
    }

    /// Between two sectors of one mast both are heard alike, but where four others serve there, they do not meet.
    #[test]
    fn opposite_sectors_of_six_may_share_and_of_two_may_not() {
        assert_eq!(ratios(&[site(1, 0, 0), site(2, 0, 180)]).len(), 1);
        let mut six: Vec<_> = (0..6).map(|index| site(index + 1, 0, index * 60)).collect();
        for (index, site) in six.iter_mut().enumerate() {
            if index % 3 > 0 {
                site.carriers = &[];
            }
        }
        assert!(ratios(&six).is_empty());
        six[1].carriers = SHARED;
        assert_eq!(ratios(&six), [0], "neighbours clash");
    }

    #[test]
    fn the_weaker_of_two_suffers_more() {
        let mut loud = site(2, 12_500, 360);
        loud.radiator.power_dbm = 60;
        let clash = clashes(&[site(1, 0, 360), loud]).next().unwrap();
        assert_eq!(clash.served.number(), 1);
    }

    #[test]
    fn other_carriers_and_other_air_interfaces_do_not_clash() {
        let other = PlannedSite { carriers: &[], ..site(2, 0, 360) };
        assert!(ratios(&[site(1, 0, 360), other]).is_empty());
        let other = PlannedSite { profile: ProfileId::Tetra, ..site(2, 0, 360) };
        assert!(ratios(&[site(1, 0, 360), other]).is_empty());
    }

    /// The quick look and the close one agree: what is beyond has no place where it disturbs.
    #[test]
    fn a_pair_that_is_spared_the_closer_look_has_no_clash() {
        for distance in (0..40_000).step_by(500) {
            let pair = [site(1, 0, 360), site(2, distance, 360)];
            if is_beyond(&pair[0], &pair[1]) {
                assert_eq!(worst(&pair[0], &pair[1], SHARED[0], &pair), None, "{distance}");
            }
        }
        assert!(is_beyond(&site(1, 0, 360), &site(2, 13_500, 360)));
    }

    #[test]
    fn a_site_serves_as_far_as_its_power_was_chosen_for() {
        for reach_m in [800_u32, 3_000, 24_140] {
            let mut served = site(1, 0, 360);
            served.radiator.power_dbm = serving_power_dbm(reach_m);
            let at = |east_m: u32| served.radiator.level_dbm(Position { east_m: east_m as i32, north_m: 0 });
            assert!(at(reach_m) == SERVED_DBM && at(reach_m * 11 / 10) < SERVED_DBM, "{reach_m}");
        }
        assert_eq!((serving_power_dbm(u32::MAX), serving_power_dbm(0)), (i8::MAX, -45));
    }

    #[test]
    fn the_corners_of_the_map_and_the_limits_of_power_are_survived() {
        for (east_m, power_dbm) in [(i32::MIN, i8::MAX), (i32::MAX, i8::MAX), (i32::MAX, i8::MIN)] {
            let mut one = site(1, east_m, 45);
            one.radiator.power_dbm = power_dbm;
            let other = PlannedSite { site: SiteId::new(2).unwrap(), ..one };
            assert!(clashes(&[one, other]).count() <= 1);
        }
    }
}
