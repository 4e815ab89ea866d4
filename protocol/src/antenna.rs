//! How a site's antenna radiates: in all directions alike, or in a sector (docs/call-processing.md 12.12.6).
//!
//! Directions are whole degrees and attenuations whole decibels. Both come from tables, and what is between is whole
//! numbers: every machine gets the same decibel.

use std::fmt;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::field::{Field, Kind, Parsed};
use crate::network::Position;

/// The most that a sector's antenna takes away, in dB: behind it and beside it.
pub const FRONT_TO_BACK_DB: i32 = 20;

/// Where a sector's antenna looks, in whole degrees clockwise from north.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct Azimuth(u16);

/// How an antenna radiates. Its two octets are the azimuth of a sector, or 360 for the whole circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum Antenna {
    /// In all directions alike.
    #[default]
    Omni,
    /// In one direction most: 65 degrees wide between the points of half power.
    Sector(Azimuth),
}

/// Sines of whole degrees from 0 to 90, in millionths.
#[rustfmt::skip]
const SINES: [i32; 91] = [
    0, 17_452, 34_899, 52_336, 69_756, 87_156, 104_528, 121_869, 139_173, 156_434,
    173_648, 190_809, 207_912, 224_951, 241_922, 258_819, 275_637, 292_372, 309_017, 325_568,
    342_020, 358_368, 374_607, 390_731, 406_737, 422_618, 438_371, 453_990, 469_472, 484_810,
    500_000, 515_038, 529_919, 544_639, 559_193, 573_576, 587_785, 601_815, 615_661, 629_320,
    642_788, 656_059, 669_131, 681_998, 694_658, 707_107, 719_340, 731_354, 743_145, 754_710,
    766_044, 777_146, 788_011, 798_636, 809_017, 819_152, 829_038, 838_671, 848_048, 857_167,
    866_025, 874_620, 882_948, 891_007, 898_794, 906_308, 913_545, 920_505, 927_184, 933_580,
    939_693, 945_519, 951_057, 956_305, 961_262, 965_926, 970_296, 974_370, 978_148, 981_627,
    984_808, 987_688, 990_268, 992_546, 994_522, 996_195, 997_564, 998_630, 999_391, 999_848,
    1_000_000,
];

/// Attenuation grows with the square of the angle off the azimuth, 12 dB for 65 degrees: the usual shape of a sector, and our
/// choice. It is rounded to so many decibels as there are cosines here, in millionths, that the angle's is below:
/// cos(65° × √((n + ½) / 12)), n from 0.
#[rustfmt::skip]
const COSINES: [i32; FRONT_TO_BACK_DB as usize] = [
    973_307, 920_635, 868_905, 818_109, 768_237, 719_277, 671_220, 624_057, 577_777, 532_371,
    487_830, 444_144, 401_303, 359_298, 318_120, 277_759, 238_207, 199_454, 161_492, 124_310,
];

impl Azimuth {
    /// East.
    pub const EAST: Self = Self(90);

    /// `None` for 360 and above.
    pub const fn new(degrees: u16) -> Option<Self> {
        if degrees < 360 { Some(Self(degrees)) } else { None }
    }

    /// Degrees clockwise from north.
    pub const fn degrees(self) -> u16 {
        self.0
    }

    /// Where a sector of so many looks that share the circle, the first to the north.
    ///
    /// # Panics
    /// When it is not one of them.
    pub fn of_sector(index: usize, sectors: usize) -> Self {
        assert!(index < sectors, "sector {index} of {sectors}");
        Self(u16::try_from(index * 360 / sectors).expect("below 360"))
    }

    /// The unit vector in this direction, east and north, in millionths.
    pub const fn direction(self) -> (i32, i32) {
        (sine(self.0), sine((self.0 + 90) % 360))
    }

    /// The place at this distance in this direction, to the metre. What would lie beyond the map lies at its edge.
    pub fn place(self, from: Position, distance_m: f64) -> Position {
        let (east, north) = self.direction();
        let along = |part: i32| (distance_m * f64::from(part) / 1e6).round() as i32;
        Position {
            east_m: from.east_m.saturating_add(along(east)),
            north_m: from.north_m.saturating_add(along(north)),
        }
    }
}

const fn sine(degrees: u16) -> i32 {
    match degrees {
        0..=90 => SINES[degrees as usize],
        91..=180 => SINES[180 - degrees as usize],
        181..=270 => -SINES[degrees as usize - 180],
        _ => -SINES[360 - degrees as usize],
    }
}

impl Antenna {
    const OMNI: u16 = 360;

    /// `None` above 360.
    pub const fn new(number: u16) -> Option<Self> {
        match (number, Azimuth::new(number)) {
            (Self::OMNI, _) => Some(Self::Omni),
            (_, Some(azimuth)) => Some(Self::Sector(azimuth)),
            (_, None) => None,
        }
    }

    /// The number.
    pub const fn number(self) -> u16 {
        match self {
            Self::Omni => Self::OMNI,
            Self::Sector(azimuth) => azimuth.degrees(),
        }
    }

    /// Where it looks; `None` where it looks everywhere.
    pub const fn azimuth(self) -> Option<Azimuth> {
        match self {
            Self::Omni => None,
            Self::Sector(azimuth) => Some(azimuth),
        }
    }

    /// How much less arrives at a place than if it lay in the direction of the azimuth, in dB; the same both ways. Under
    /// the antenna nothing is lost.
    pub fn attenuation_db(self, from: Position, to: Position) -> i32 {
        let Self::Sector(azimuth) = self else { return 0 };
        let (look_east, look_north) = azimuth.direction();
        let east = i64::from(to.east_m) - i64::from(from.east_m);
        let north = i64::from(to.north_m) - i64::from(from.north_m);
        let ahead = east * i64::from(look_east) + north * i64::from(look_north);
        if ahead < 0 {
            return FRONT_TO_BACK_DB;
        }
        // The cosine of the angle is `ahead` by the distance. No root is needed to compare it: both sides are squared.
        let squared = |value: i64| i128::from(value) * i128::from(value);
        let distance_squared = squared(east) + squared(north);
        let is_above = |cosine: &i32| squared(i64::from(*cosine)) * distance_squared > squared(ahead);
        COSINES.partition_point(is_above).try_into().expect("a table of 20")
    }
}

impl Field for Antenna {
    const LEAST: usize = 2;
    const MOST: usize = 2;
    const KIND: Kind = Kind::Named("antenna");
    fn put(&self, into: &mut BytesMut) {
        self.number().put(into);
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, number) = u16::take(input)?;
        match Self::new(number) {
            Some(antenna) => Ok((rest, antenna)),
            None => Err(Fault::out_of_range(input)),
        }
    }
}

impl TryFrom<u16> for Azimuth {
    type Error = &'static str;
    fn try_from(degrees: u16) -> Result<Self, Self::Error> {
        Self::new(degrees)
            .ok_or("an azimuth is a whole number of degrees from 0 to 359, clockwise from north")
    }
}

impl From<Azimuth> for u16 {
    fn from(azimuth: Azimuth) -> Self {
        azimuth.0
    }
}

impl TryFrom<u16> for Antenna {
    type Error = &'static str;
    fn try_from(number: u16) -> Result<Self, Self::Error> {
        Self::new(number).ok_or("an antenna is an azimuth from 0 to 359, or 360 for all directions")
    }
}

impl From<Antenna> for u16 {
    fn from(antenna: Antenna) -> Self {
        antenna.number()
    }
}

/// `120°`.
impl fmt::Display for Azimuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}°", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Position = Position { east_m: -300, north_m: 70 };

    fn off_axis_db(azimuth: u16, bearing: u16) -> i32 {
        let antenna = Antenna::new(azimuth).unwrap();
        let there = Azimuth::new(bearing % 360).unwrap().place(HERE, 1e6);
        antenna.attenuation_db(HERE, there)
    }

    /// The table of cosines says what the law says, at every angle and for every azimuth.
    #[test]
    fn attenuation_is_the_law_rounded_to_a_decibel() {
        for azimuth in (0..360).step_by(7) {
            for angle in 0..=180_u16 {
                let exact = (12.0 * (f64::from(angle) / 65.0).powi(2)).min(20.0);
                for bearing in [azimuth + angle, azimuth + 360 - angle] {
                    let found = off_axis_db(azimuth, bearing);
                    assert!((f64::from(found) - exact).abs() < 0.51, "{azimuth} {bearing}: {found} {exact}");
                }
            }
        }
    }

    #[test]
    fn half_the_power_is_left_at_half_the_width() {
        assert_eq!(
            [0, 32, 33, 65, 90, 180].map(|angle| off_axis_db(120, 120 + angle)),
            [0, 3, 3, 12, 20, 20]
        );
    }

    #[test]
    fn north_is_up_and_east_is_right() {
        let compass = [0, 90, 180, 270].map(|degrees| Azimuth::new(degrees).unwrap().direction());
        assert_eq!(compass, [(0, 1_000_000), (1_000_000, 0), (0, -1_000_000), (-1_000_000, 0)]);
        let there = Azimuth::new(225).unwrap().place(HERE, 1_000.0);
        assert_eq!(there, Position { east_m: -1_007, north_m: -637 });
    }

    /// The farthest corners of the map overflow nothing.
    #[test]
    fn the_whole_map_is_in_reach() {
        let corner = |limit: i32| Position { east_m: limit, north_m: limit };
        let (west, east) = (corner(i32::MIN), corner(i32::MAX));
        assert_eq!(Antenna::new(45).unwrap().attenuation_db(west, east), 0);
        assert_eq!(Antenna::new(225).unwrap().attenuation_db(west, east), FRONT_TO_BACK_DB);
        assert_eq!(Antenna::new(45).unwrap().attenuation_db(east, east), 0);
        assert_eq!(Antenna::Omni.attenuation_db(west, east), 0);
        assert_eq!(Azimuth::new(45).unwrap().place(east, 1e12), east);
    }

    #[test]
    fn a_whole_circle_is_no_azimuth() {
        assert_eq!(Azimuth::new(360), None);
        assert_eq!((Antenna::new(360), Antenna::new(361)), (Some(Antenna::Omni), None));
        assert!(Antenna::take(&[1, 105]).is_err());
        assert!(serde_json::from_str::<Azimuth>("360").unwrap_err().to_string().contains("0 to 359"));
        let antennas: Vec<Antenna> = (0..=360).map(|number| Antenna::new(number).unwrap()).collect();
        assert!(antennas.iter().zip(0..).all(|(antenna, number)| antenna.number() == number));
    }
}
