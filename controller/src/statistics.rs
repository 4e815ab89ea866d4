//! Figures of traffic as they are shown: at the operator API and by `controller statistics`.

use trunklab_controller_core::statistics::{STEP_S_MAX, STEP_S_MIN, erlangs};
use trunklab_protocol::Span;
use trunklab_protocol::operator::{ControlView, StatisticsRow, WaitView};

use crate::store::{StatisticsQuery, Step, Whose};

/// The longest step, in seconds: a day.
const SHOWN_STEP_S_MAX: u32 = 86_400;

/// A range of time with what is usual where nothing is said: the last hour by minutes; more than a day by hours.
///
/// # Errors
/// What is wrong with it.
pub fn ranged(
    from: Option<u64>,
    to: Option<u64>,
    step: Option<u32>,
    of: Whose,
    now_s: u64,
) -> Result<StatisticsQuery, &'static str> {
    let to_s = to.unwrap_or(now_s + 1);
    let from_s = from.unwrap_or_else(|| to_s.saturating_sub(u64::from(STEP_S_MAX)));
    if from_s > to_s {
        return Err("`from` is after `to`: exchange them");
    }
    let usual = if to_s - from_s > u64::from(SHOWN_STEP_S_MAX) { u32::from(STEP_S_MAX) } else { 60 };
    let step_s = step.unwrap_or(usual);
    if !(u32::from(STEP_S_MIN)..=SHOWN_STEP_S_MAX).contains(&step_s) {
        return Err("`step` is 10 to 86400 seconds");
    }
    Ok(StatisticsQuery { from_s, to_s, step_s, of })
}

/// One step as it is shown.
pub fn row((from_s, length_s, site, figures): Step) -> StatisticsRow {
    let length = Span::from_secs(length_s.into());
    let waits = &figures.waits;
    StatisticsRow {
        from_s,
        length_s,
        site,
        slots: erlangs(figures.slots_us, length),
        erlangs: erlangs(figures.held_us, length),
        occupancy: figures.occupancy(),
        calls: figures.calls,
        queued: figures.queued,
        refused: figures.refused.iter().map(|(cause, count)| (cause.name().to_owned(), *count)).collect(),
        wait: WaitView {
            count: waits.count,
            mean_ms: waits.mean_ms(),
            p95_ms: waits.p95_ms(),
            max_ms: (waits.count > 0).then_some(waits.max_ms),
        },
        control: ControlView {
            words: figures.control.words,
            words_busy: figures.control.words_busy,
            bursts: figures.control.bursts,
            collisions: figures.control.collisions,
        },
    }
}

#[cfg(test)]
mod tests {
    use trunklab_controller_core::statistics::Figures;

    use super::*;

    #[test]
    fn what_is_usual_is_the_last_hour_by_minutes_and_much_by_hours() {
        let asked = |from, to, step| ranged(from, to, step, Whose::All, 10_000_000);
        let query = asked(None, None, None).unwrap();
        assert_eq!((query.from_s, query.to_s, query.step_s), (9_996_401, 10_000_001, 60));
        assert_eq!(asked(Some(0), None, None).unwrap().step_s, 3_600);
        assert_eq!(asked(Some(0), Some(50), Some(10)).unwrap().step_s, 10);
        assert!(asked(Some(5), Some(4), None).is_err());
        assert!(asked(None, None, Some(9)).is_err() && asked(None, None, Some(86_401)).is_err());
    }

    #[test]
    fn a_slot_that_is_held_for_half_the_time_is_half_an_erlang() {
        let mut figures = Figures { slots_us: 300_000_000, held_us: 30_000_000, ..Figures::default() };
        figures.waits.add(900);
        let shown = row((60, 60, None, figures));
        assert!((shown.erlangs - 0.5).abs() < 1e-9 && (shown.slots - 5.0).abs() < 1e-9);
        assert_eq!(shown.occupancy, Some(0.1));
        assert_eq!((shown.wait.count, shown.wait.mean_ms, shown.wait.max_ms), (1, Some(900), Some(900)));
    }
}
