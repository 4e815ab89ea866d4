//! The laws of nature between an antenna and a handset: how much of the radiated power arrives.
//!
//! Loss at 1 km is 126 dB and grows by 35.2 dB per decade of distance: the Okumura–Hata urban figure at 850 MHz for
//! an antenna at 30 m. Only multiplication and comparison are used, so that every machine gets the same decibel.

use crate::network::Position;

/// Below this a receiver hears nothing, in dBm.
pub const SENSITIVITY_DBM: i8 = -110;

/// What a handset radiates, in dBm, with the gain of the base station's antenna added.
pub const HANDSET_POWER_DBM: i8 = 47;

/// A distance grows by this factor for each decibel of loss: 10^(1/35.2).
const RATIO_PER_DB: f64 = 1.067_597_4;

const LOSS_AT_1_KM_DB: i32 = 126;

/// The level in dBm that arrives over this distance.
pub fn level_dbm(power_dbm: i8, from: Position, to: Position) -> i8 {
    let level = i32::from(power_dbm) - loss_db(from, to);
    i8::try_from(level.clamp(i32::from(i8::MIN), i32::from(i8::MAX))).expect("clamped")
}

/// Whether a receiver can make anything of this level.
pub fn is_audible(level_dbm: i8) -> bool {
    level_dbm >= SENSITIVITY_DBM
}

fn loss_db(from: Position, to: Position) -> i32 {
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

    fn east(east_m: i32) -> Position {
        Position { east_m, north_m: 0 }
    }

    #[test]
    fn a_decade_of_distance_costs_35_decibels() {
        let near = level_dbm(50, Position::default(), east(1_000));
        let far = level_dbm(50, Position::default(), east(10_000));
        assert_eq!(near, -76);
        assert!((35..=36).contains(&(i32::from(near) - i32::from(far))), "{near} {far}");
    }

    #[test]
    fn falls_with_distance_and_never_rises() {
        let levels: Vec<i8> =
            (0..200).map(|step| level_dbm(50, Position::default(), east(step * 100))).collect();
        assert!(levels.windows(2).all(|pair| pair[0] >= pair[1]));
        assert!(is_audible(levels[10]) && !is_audible(levels[199]));
    }
}
