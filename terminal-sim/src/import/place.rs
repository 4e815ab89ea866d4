//! Where the sites of a list stand: from degrees to metres on a plane.

use trunklab_protocol::Position;

use super::Site;

const EARTH_RADIUS_M: f64 = 6_371_000.0;
const MILE_M: f64 = 1_609.344;

/// Degrees north and east.
type Place = (f64, f64);

impl Site {
    fn place(&self) -> Option<Place> {
        self.latitude.zip(self.longitude)
    }

    /// How far it reaches in metres, where the list tells.
    pub(super) fn range_m(&self) -> Option<u32> {
        self.range_miles.map(|miles| (miles * MILE_M).round() as u32)
    }
}

/// Where each site stands, measured from the middle of all; `None` where the list does not tell.
pub(super) fn positions(sites: &[Site]) -> impl Iterator<Item = Option<Position>> + '_ {
    let middle = middle(sites);
    sites.iter().map(move |site| middle.zip(site.place()).map(|(middle, place)| position(middle, place)))
}

/// The mean place of all sites that have one.
fn middle(sites: &[Site]) -> Option<Place> {
    let places: Vec<_> = sites.iter().filter_map(Site::place).collect();
    let count = places.len() as f64;
    let sum = places.iter().fold((0.0, 0.0), |sum, place| (sum.0 + place.0, sum.1 + place.1));
    if places.is_empty() { None } else { Some((sum.0 / count, sum.1 / count)) }
}

/// Metres from the middle, on a plane that touches the earth there.
fn position(middle: Place, place: Place) -> Position {
    let metres = |degrees: f64| degrees.to_radians() * EARTH_RADIUS_M;
    Position {
        east_m: (metres(place.1 - middle.1) * middle.0.to_radians().cos()).round() as i32,
        north_m: metres(place.0 - middle.0).round() as i32,
    }
}
