//! The statistics' periods (docs/services.md 13.6.8): kept as they come, put together to hours when they are old, dropped when
//! those are.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, Transaction, params};
use trunklab_controller_core::statistics::{Figures, Period, STEP_S_MAX};
use trunklab_protocol::SiteId;

use super::{Store, StoreError};

/// Rows that one answer has.
pub const ROWS_MAX: usize = 20_000;

/// Rows that are put together at once; the rest wait for the next time.
const TOGETHER_MAX: u32 = 20_000;

const HOUR_S: u64 = STEP_S_MAX as u64;

/// How long what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// Periods as they came, in hours.
    pub fine_h: u16,
    /// Hours, in days.
    pub days: u16,
}

/// Which figures are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatisticsQuery {
    /// Not before this, in seconds since 1970.
    pub from_s: u64,
    /// Before this.
    pub to_s: u64,
    /// In steps of so many seconds.
    pub step_s: u32,
    /// Of whom.
    pub of: Whose,
}

/// Whose figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The system's and every site's.
    All,
    /// The system's alone.
    System,
    /// One site's alone.
    Site(SiteId),
}

/// One step's figures: when it begins, how long it is, whose they are (`None`: the system's).
pub type Step = (u64, u32, Option<SiteId>, Figures);

/// There would be more rows than one answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyRows;

impl Store {
    /// Keeps periods that are over; old ones make room.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn keep_statistics(&mut self, periods: &[Period], keeping: Keeping) -> Result<(), StoreError> {
        self.try_rows("statistics", |connection| {
            let transaction = connection.transaction()?;
            for period in periods {
                add(&transaction, period.from_s, period.length_s, None, &period.system)?;
                for (site, figures) in &period.sites {
                    add(&transaction, period.from_s, period.length_s, Some(*site), figures)?;
                }
            }
            if let Some(newest) = periods.last() {
                put_together(&transaction, newest.from_s, keeping)?;
            }
            transaction.commit()
        })
    }

    /// The figures that are wanted, step by step; the system's before the sites'.
    ///
    /// # Errors
    /// When a row is damaged.
    pub fn statistics(
        &mut self,
        query: StatisticsQuery,
    ) -> Result<Result<Vec<Step>, TooManyRows>, StoreError> {
        self.try_rows("statistics", |connection| steps(connection, query))
    }
}

fn steps(
    connection: &Connection,
    query: StatisticsQuery,
) -> rusqlite::Result<Result<Vec<Step>, TooManyRows>> {
    let (least, most) = match query.of {
        Whose::All => (0, u16::MAX),
        Whose::System => (0, 0),
        Whose::Site(site) => (site.number(), site.number()),
    };
    let within = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    let mut rows = connection.prepare_cached(
        "SELECT from_s, length_s, site, body FROM statistics
         WHERE from_s >= ?1 AND from_s < ?2 AND site BETWEEN ?3 AND ?4",
    )?;
    let mut steps: BTreeMap<(u64, u32, Option<SiteId>), Figures> = BTreeMap::new();
    for row in rows.query_map(params![within(query.from_s), within(query.to_s), least, most], read)? {
        let (from_s, length_s, site, figures) = row?;
        let step = query.step_s.max(length_s);
        let begins = from_s - from_s % u64::from(step);
        steps.entry((begins, step, site)).or_default().add(&figures);
        if steps.len() > ROWS_MAX {
            return Ok(Err(TooManyRows));
        }
    }
    Ok(Ok(steps
        .into_iter()
        .map(|((from_s, length_s, site), figures)| (from_s, length_s, site, figures))
        .collect()))
}

/// Adds figures to those of the same time: the controller may have been started again within it.
fn add(
    transaction: &Transaction<'_>,
    from_s: u64,
    length_s: u32,
    site: Option<SiteId>,
    figures: &Figures,
) -> rusqlite::Result<()> {
    let place = params![site.map_or(0, SiteId::number), from_s.cast_signed(), length_s];
    let mut known = transaction.prepare_cached(
        "SELECT from_s, length_s, site, body FROM statistics WHERE site = ?1 AND from_s = ?2 AND length_s = ?3",
    )?;
    let mut sum = match known.query_map(place, read)?.next() {
        Some(row) => row?.3,
        None => Figures::default(),
    };
    sum.add(figures);
    let body = serde_json::to_string(&sum).expect("figures serialise: their keys are text");
    transaction
        .prepare_cached(
            "INSERT OR REPLACE INTO statistics (site, from_s, length_s, body) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![site.map_or(0, SiteId::number), from_s.cast_signed(), length_s, body])
        .map(|_| ())
}

/// Periods of hours that are old become hours, and hours that are old are dropped.
fn put_together(transaction: &Transaction<'_>, now_s: u64, keeping: Keeping) -> rusqlite::Result<()> {
    let fine_s = now_s.saturating_sub(u64::from(keeping.fine_h) * HOUR_S);
    let before = fine_s - fine_s % HOUR_S;
    let old: Vec<Step> = transaction
        .prepare_cached(
            "SELECT from_s, length_s, site, body FROM statistics WHERE length_s < ?1 AND from_s < ?2 LIMIT ?3",
        )?
        .query_map(params![HOUR_S.cast_signed(), before.cast_signed(), TOGETHER_MAX], read)?
        .collect::<rusqlite::Result<_>>()?;
    for (from_s, length_s, site, figures) in old {
        add(transaction, from_s - from_s % HOUR_S, u32::from(STEP_S_MAX), site, &figures)?;
        transaction
            .prepare_cached("DELETE FROM statistics WHERE site = ?1 AND from_s = ?2 AND length_s = ?3")?
            .execute(params![site.map_or(0, SiteId::number), from_s.cast_signed(), length_s])?;
    }
    let kept_s = now_s.saturating_sub(u64::from(keeping.days) * 24 * HOUR_S);
    transaction
        .prepare_cached("DELETE FROM statistics WHERE length_s >= ?1 AND from_s < ?2")?
        .execute([HOUR_S.cast_signed(), kept_s.cast_signed()])
        .map(|_| ())
}

fn read(row: &Row<'_>) -> rusqlite::Result<Step> {
    let (from_s, length_s, site, body): (i64, u32, u16, String) =
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    let figures = serde_json::from_str(&body).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(3, rusqlite::types::Type::Text, Box::new(error))
    })?;
    Ok((from_s.cast_unsigned(), length_s, SiteId::new(site), figures))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StorePlace;

    const KEEPING: Keeping = Keeping { fine_h: 2, days: 1 };

    fn figures(calls: u32) -> Figures {
        Figures { calls, held_us: u64::from(calls) * 1_000_000, ..Figures::default() }
    }

    fn period(from_s: u64, calls: u32) -> Period {
        let site = SiteId::new(3).unwrap();
        Period { from_s, length_s: 60, system: figures(calls), sites: vec![(site, figures(calls))] }
    }

    fn store() -> Store {
        Store::open(&StorePlace::Memory).unwrap()
    }

    fn asked(store: &mut Store, from_s: u64, to_s: u64, step_s: u32, of: Whose) -> Vec<(u64, u32, u32)> {
        let steps = store.statistics(StatisticsQuery { from_s, to_s, step_s, of }).unwrap().unwrap();
        steps.into_iter().map(|(from_s, length_s, _, figures)| (from_s, length_s, figures.calls)).collect()
    }

    #[test]
    fn steps_are_sums_and_a_second_report_of_one_time_adds_to_the_first() {
        let mut store = store();
        store.keep_statistics(&[period(600, 1), period(660, 2), period(720, 4)], KEEPING).unwrap();
        store.keep_statistics(&[period(720, 8)], KEEPING).unwrap();
        let of = Whose::System;
        assert_eq!(asked(&mut store, 0, 9_999, 60, of), [(600, 60, 1), (660, 60, 2), (720, 60, 12)]);
        assert_eq!(asked(&mut store, 0, 9_999, 120, of), [(600, 120, 3), (720, 120, 12)]);
        assert_eq!(asked(&mut store, 660, 720, 60, of), [(660, 60, 2)]);
        assert_eq!(asked(&mut store, 0, 9_999, 60, Whose::All).len(), 6);
        assert_eq!(asked(&mut store, 0, 9_999, 60, Whose::Site(SiteId::new(3).unwrap())).len(), 3);
        assert_eq!(asked(&mut store, 0, 9_999, 60, Whose::Site(SiteId::new(4).unwrap())), []);
    }

    #[test]
    fn old_periods_become_hours_and_old_hours_go() {
        let mut store = store();
        let minutes: Vec<_> = (0..180).map(|minute| period(minute * 60, 1)).collect();
        store.keep_statistics(&minutes, KEEPING).unwrap();
        assert_eq!(asked(&mut store, 0, 3_600, 60, Whose::System).len(), 60, "three hours less a minute");
        store.keep_statistics(&[period(10_800, 1)], KEEPING).unwrap();
        assert_eq!(asked(&mut store, 0, 3_600, 60, Whose::System), [(0, 3_600, 60)]);
        assert_eq!(asked(&mut store, 3_600, 7_200, 60, Whose::System).len(), 60);
        store.keep_statistics(&[period(86_400 + 3_600, 1)], KEEPING).unwrap();
        let hours = asked(&mut store, 0, 86_400, 60, Whose::System);
        assert_eq!(hours, [(3_600, 3_600, 60), (7_200, 3_600, 60), (10_800, 3_600, 1)]);
    }

    #[test]
    fn an_answer_has_a_bound() {
        let mut store = store();
        let minutes: Vec<_> = (0..=ROWS_MAX as u64).map(|minute| period(minute * 60, 1)).collect();
        store.keep_statistics(&minutes, Keeping { fine_h: 1_000, days: 1 }).unwrap();
        let query = StatisticsQuery { from_s: 0, to_s: u64::MAX, step_s: 60, of: Whose::System };
        assert_eq!(store.statistics(query).unwrap(), Err(TooManyRows));
        let hours = StatisticsQuery { step_s: 3_600, ..query };
        assert_eq!(store.statistics(hours).unwrap().unwrap().len(), ROWS_MAX / 60 + 1);
    }
}
