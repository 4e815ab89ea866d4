//! Several subscribers at once, all or none (clause 13.1.7).

use trunklab_protocol::Cause;

use super::{HomeRegister, Row};
use crate::config::Subscriber;
use crate::digest::digest_of;
use crate::registry::names::{Name, Named};

impl HomeRegister {
    /// Adds subscribers, or replaces those with the same units, all or none. They may hand names to each other.
    ///
    /// # Errors
    /// Where two of them, or one of them and another subscriber, would have one name, or a home site is none that its unit
    /// may use: then nothing has changed.
    pub fn provision_all(&mut self, subscribers: Vec<Subscriber>) -> Result<(), Cause> {
        let rows: Vec<Row> = subscribers.into_iter().map(Row::from).collect();
        let mut units: Vec<_> = rows.iter().map(|row| row.unit).collect();
        units.sort_unstable();
        if units.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Cause::Duplicate);
        }
        if rows.iter().any(|row| row.home_site.is_some_and(|site| !row.may_use(site))) {
            return Err(Cause::HomeSiteNotAllowed);
        }
        let (len, digest) = (self.rows.len(), self.digest);
        // Those that are replaced give their names away first.
        let mut replaced = Vec::new();
        for row in &rows {
            if let Some(at) = self.names.find(Name::Unit(row.unit), &self.rows) {
                self.names.remove(at, &self.rows);
                replaced.push((at, self.rows[at].clone()));
            }
        }
        let places: Vec<usize> = {
            let (mut earlier, mut next) = (replaced.iter().peekable(), len);
            let mut place = |row: &Row| match earlier.next_if(|(_, before)| before.unit == row.unit) {
                Some((at, _)) => *at,
                None => {
                    next += 1;
                    next - 1
                }
            };
            rows.iter().map(&mut place).collect()
        };
        let mut outcome = Ok(());
        let mut named = 0;
        for (row, at) in rows.into_iter().zip(&places) {
            let taken = row.names().find(|name| self.names.find(*name, &self.rows).is_some());
            if let Some(name) = taken {
                outcome = Err(name.taken());
                break;
            }
            self.digest = self.digest.wrapping_add(digest_of(&row));
            if *at == self.rows.len() {
                self.rows.push(row);
            } else {
                self.rows[*at] = row;
            }
            self.names.add(*at, &self.rows);
            named += 1;
        }
        if outcome.is_ok() {
            let gone = replaced.iter().fold(0_u64, |sum, (_, row)| sum.wrapping_add(digest_of(row)));
            self.digest = self.digest.wrapping_sub(gone);
            return outcome;
        }
        for at in &places[..named] {
            self.names.remove(*at, &self.rows);
        }
        self.rows.truncate(len);
        self.digest = digest;
        for (at, row) in replaced {
            self.rows[at] = row;
            self.names.add(at, &self.rows);
        }
        outcome
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::proof::UnitKey;
    use trunklab_protocol::{Imei, SiteId, UnitId};

    use super::*;

    fn named(unit: u32, imei: u64) -> Subscriber {
        let unit = UnitId::new(unit).unwrap();
        Subscriber { imei: Imei::new(imei), ..Subscriber::new(unit, UnitKey::new([unit.number() as u8; 16])) }
    }

    /// Which unit has each of these equipments.
    fn holders(register: &HomeRegister, imeis: &[u64]) -> Vec<Option<u32>> {
        let holder =
            |imei: &u64| register.named(Name::Imei(Imei::new(*imei)?)).map(|row| row.unit().number());
        imeis.iter().map(holder).collect()
    }

    fn register(rows: &[(u32, u64)]) -> HomeRegister {
        let mut register = HomeRegister::default();
        register.provision_all(rows.iter().map(|(unit, imei)| named(*unit, *imei)).collect()).unwrap();
        register
    }

    #[test]
    fn two_subscribers_swap_their_names() {
        let mut swapped = register(&[(1, 100), (2, 200), (3, 300)]);
        swapped.provision_all(vec![named(2, 100), named(4, 400), named(1, 200)]).unwrap();
        assert_eq!(holders(&swapped, &[100, 200, 300, 400]), [Some(2), Some(1), Some(3), Some(4)]);
        assert_eq!(swapped.digest(), register(&[(4, 400), (1, 200), (2, 100), (3, 300)]).digest());
    }

    #[test]
    fn one_that_cannot_be_leaves_all_as_they_were() {
        let before = register(&[(1, 100), (2, 200), (3, 300)]);
        let home_elsewhere =
            Subscriber { home_site: SiteId::new(5), sites: Some(Vec::new()), ..named(9, 900) };
        for (tried, cause) in [
            (vec![named(2, 100), named(1, 200), named(5, 300)], Cause::ImeiTaken),
            (vec![named(5, 500), named(6, 500)], Cause::ImeiTaken),
            (vec![named(5, 500), named(5, 600)], Cause::Duplicate),
            (vec![named(1, 101), home_elsewhere], Cause::HomeSiteNotAllowed),
        ] {
            let mut after = before.clone();
            assert_eq!(after.provision_all(tried), Err(cause));
            assert_eq!((after.len(), after.digest()), (before.len(), before.digest()));
            assert_eq!(holders(&after, &[100, 200, 300, 500]), [Some(1), Some(2), Some(3), None]);
            after
                .provision_all(vec![named(1, 300), named(3, 100)])
                .expect("every name is found where it was");
        }
    }
}
