//! The laws of nature between an antenna and a handset: how much of the radiated power arrives.
//!
//! Loss at 1 km is 126 dB and grows by 35.2 dB per decade of distance: the Okumura–Hata urban figure at 850 MHz for
//! an antenna at 30 m. Only multiplication and comparison are used, so that every machine gets the same decibel.

use crate::air_downlink::Beacon;
use crate::antenna::Antenna;
use crate::network::Position;

/// Below this a receiver hears nothing, in dBm.
pub const SENSITIVITY_DBM: i8 = -110;

/// What a handset radiates, in dBm, with the gain of the base station's antenna added.
const HANDSET_POWER_DBM: i8 = 47;

/// A distance grows by this factor for each decibel of loss: 10^(1/35.2).
const RATIO_PER_DB: f64 = 1.067_597_4;

const LOSS_AT_1_KM_DB: i32 = 126;

/// What radiates at a site, and receives there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Radiator {
    /// Where it stands.
    pub position: Position,
    /// In which directions it radiates.
    pub antenna: Antenna,
    /// How much, in dBm.
    pub power_dbm: i8,
}

impl Radiator {
    /// The level at which it is heard at a place, in dBm.
    pub fn level_dbm(&self, at: Position) -> i8 {
        self.arriving(self.power_dbm, at)
    }

    /// The level at which it hears a handset that is at a place, in dBm.
    pub fn uplink_level_dbm(&self, from: Position) -> i8 {
        self.arriving(HANDSET_POWER_DBM, from)
    }

    fn arriving(&self, power_dbm: i8, far_end: Position) -> i8 {
        let lost = loss_db(self.position, far_end) + self.antenna.attenuation_db(self.position, far_end);
        let level = i32::from(power_dbm) - lost;
        i8::try_from(level.clamp(i32::from(i8::MIN), i32::from(i8::MAX))).expect("clamped")
    }
}

impl Beacon {
    /// The site's antenna, as nature sees it.
    pub fn radiator(&self) -> Radiator {
        Radiator { position: self.position, antenna: self.antenna, power_dbm: self.power_dbm }
    }
}

/// Whether a receiver can make anything of this level.
pub fn is_audible(level_dbm: i8) -> bool {
    level_dbm >= SENSITIVITY_DBM
}

/// The distance at which so much is lost, in metres.
pub fn distance_m(loss_db: i32) -> f64 {
    let mut distance = 1_000.0;
    for _ in LOSS_AT_1_KM_DB..loss_db {
        distance *= RATIO_PER_DB;
    }
    for _ in loss_db..LOSS_AT_1_KM_DB {
        distance /= RATIO_PER_DB;
    }
    distance
}

/// How much is lost from one place to another, in dB.
pub(crate) fn loss_db(from: Position, to: Position) -> i32 {
    let east = f64::from(from.east_m) - f64::from(to.east_m);
    let north = f64::from(from.north_m) - f64::from(to.north_m);
    let squared = (east * east + north * north).max(100.0);
    let squared_ratio = RATIO_PER_DB * RATIO_PER_DB;
    let mut loss = LOSS_AT_1_KM_DB;
    let mut reached = 1e6;
    while reached < squared && loss < 300 {
        reached *= squared_ratio;
        loss += 1;
    }
    while reached > squared && loss > 40 {
        reached /= squared_ratio;
        loss -= 1;
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::antenna::Azimuth;

    const OMNI: Radiator =
        Radiator { position: Position { east_m: 0, north_m: 0 }, antenna: Antenna::Omni, power_dbm: 50 };

    fn east(east_m: i32) -> Position {
        Position { east_m, north_m: 0 }
    }

    #[test]
    fn a_decade_of_distance_costs_35_decibels() {
        let near = OMNI.level_dbm(east(1_000));
        let far = OMNI.level_dbm(east(10_000));
        assert_eq!(near, -76);
        assert!((35..=36).contains(&(i32::from(near) - i32::from(far))), "{near} {far}");
    }

    #[test]
    fn falls_with_distance_and_never_rises() {
        let levels: Vec<i8> = (0..200).map(|step| OMNI.level_dbm(east(step * 100))).collect();
        assert!(levels.windows(2).all(|pair| pair[0] >= pair[1]));
        assert!(is_audible(levels[10]) && !is_audible(levels[199]));
    }

    #[test]
    fn a_sector_hears_behind_itself_as_little_as_it_is_heard_there() {
        let west = Antenna::Sector(Azimuth::new(270).unwrap());
        let sector = Radiator { antenna: west, ..OMNI };
        for (place, weaker) in [(east(-2_000), 0), (east(2_000), 20)] {
            assert_eq!(sector.level_dbm(place), OMNI.level_dbm(place) - weaker);
            assert_eq!(sector.uplink_level_dbm(place), OMNI.uplink_level_dbm(place) - weaker);
        }
    }

    #[test]
    fn a_loss_and_its_distance_agree() {
        for loss in 90..250 {
            let metres = |distance: f64| Position { east_m: distance as i32, north_m: 0 };
            assert_eq!(loss_db(OMNI.position, metres(distance_m(loss) + 2.0)), loss);
        }
    }
}
