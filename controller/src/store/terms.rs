//! When controllers were there: their terms of office, from the moment at which each began to the last at which it was known to serve.

use super::{Store, StoreError};

/// Every epoch below is a controller's; the others are of times in which sites served alone.
const SITES_EPOCHS: u32 = 1 << 31;

/// While a controller serves, the store learns that at least this often, in milliseconds.
pub const KNOWN_ALIVE_MS: u64 = 10_000;

/// A time in which a controller is known to have served, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// When it began.
    pub from_us: u64,
    /// When it was last known to serve; never before the beginning.
    pub to_us: u64,
}

impl Store {
    /// The terms of controllers, in order of their beginnings.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn served(&mut self) -> Result<Vec<Served>, StoreError> {
        let terms: Vec<(i64, i64)> = self.try_sql(|connection| {
            let mut rows = connection.prepare(
                "SELECT wall_at_origin_us, coalesce(alive_us, 0) FROM terms WHERE epoch < ?1 ORDER BY wall_at_origin_us",
            )?;
            rows.query_map([SITES_EPOCHS], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        })?;
        let served = |(from, alive): (i64, i64)| {
            let from_us = from.cast_unsigned();
            Served { from_us, to_us: from_us.saturating_add(alive.cast_unsigned()) }
        };
        Ok(terms.into_iter().map(served).collect())
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::{Epoch, Moment};

    use super::*;
    use crate::store::{Kept, StorePlace, Told};

    #[test]
    fn a_term_lasts_until_its_controller_was_last_known_to_serve_and_a_sites_is_none() {
        let mut store = Store::open(&StorePlace::Memory).unwrap();
        let first = store.begin_term(Epoch::new(0).unwrap(), 1_000).unwrap();
        store.begin_term(Epoch::new(0).unwrap(), 9_000).unwrap();
        let told = [50, 700].map(|at| (Moment::from_micros(at), Told::Alive));
        store.keep_all(told.iter().map(|(at, told)| Kept::Told { epoch: first, at: *at, told })).unwrap();
        let alone = "INSERT INTO terms (epoch, wall_at_origin_us, alive_us) VALUES (?1, 3000, 40)";
        store.try_sql(|connection| connection.execute(alone, [SITES_EPOCHS])).unwrap();
        let served = |from_us, to_us| Served { from_us, to_us };
        assert_eq!(store.served().unwrap(), [served(1_000, 1_700), served(9_000, 9_000)]);
    }
}
