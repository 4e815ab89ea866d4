//! How overlapping rows of a call log become transmissions (docs/formats.md, "How overlapping rows merge").
//!
//! A recorder writes a row per recording, and a recording may begin late, span a change of talker or repeat what
//! another holds. Three rules, in this order:
//!
//! 1. A radio speaks in one talkgroup at a time. A row is cut where the same radio begins in another talkgroup; if
//!    both begin at the same instant, the longer row stays and the shorter is dropped.
//! 2. Rows of the same radio in the same talkgroup that overlap or touch are one transmission, from the earliest
//!    start to the latest end. Rows without a radio count as one unknown radio per talkgroup.
//! 3. Two radios that overlap in one talkgroup both stay: the later one competes for the floor, and is counted.

use std::collections::BTreeMap;

use serde::Serialize;
use trunklab_protocol::{Moment, Span, TalkgroupId, UnitId};

use super::Transmission;

/// What the merge rules did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Merges {
    /// Rows that became part of an earlier row of the same radio and talkgroup.
    pub merged: usize,
    /// Rows cut short where their radio began to speak in another talkgroup.
    pub cut: usize,
    /// Rows of which the cut left nothing.
    pub dropped: usize,
    /// Transmissions that begin while another radio speaks in the same talkgroup.
    pub floor_contests: usize,
}

/// Applies the three rules; the result is sorted by start, then by line.
pub(super) fn merge(mut rows: Vec<Transmission>) -> (Vec<Transmission>, Merges) {
    let mut merges = Merges::default();
    // Of rows that begin together the longest comes last, so that it is the one that cuts.
    rows.sort_by_key(|row| (row.start, row.duration, row.line));
    cut(&mut rows, &mut merges);
    rows.sort_by_key(|row| (row.start, row.line));
    let mut transmissions = join(rows, &mut merges);
    transmissions.sort_by_key(|row| (row.start, row.line));
    merges.floor_contests = floor_contests(&transmissions);
    (transmissions, merges)
}

/// Rule 1. Goes backwards, so that each row knows where its radio speaks next.
fn cut(rows: &mut Vec<Transmission>, merges: &mut Merges) {
    /// Where a radio speaks next, and when it next speaks anywhere else than there.
    #[derive(Clone, Copy)]
    struct Next {
        talkgroup: TalkgroupId,
        start: Moment,
        elsewhere: Option<Moment>,
    }
    let mut next: BTreeMap<UnitId, Next> = BTreeMap::new();
    let mut nothing_left = vec![false; rows.len()];
    for (row, nothing_left) in rows.iter_mut().zip(&mut nothing_left).rev() {
        let Some(radio) = row.radio else { continue };
        let elsewhere = next
            .get(&radio)
            .and_then(|next| if next.talkgroup == row.talkgroup { next.elsewhere } else { Some(next.start) });
        next.insert(radio, Next { talkgroup: row.talkgroup, start: row.start, elsewhere });
        let Some(elsewhere) = elsewhere else { continue };
        if row.end() > elsewhere {
            row.duration = elsewhere.since(row.start);
            *nothing_left = row.duration == Span::ZERO;
            merges.cut += usize::from(!*nothing_left);
            merges.dropped += usize::from(*nothing_left);
        }
    }
    let mut nothing_left = nothing_left.into_iter();
    rows.retain(|_| !nothing_left.next().expect("there is one flag for each row"));
}

/// Rule 2.
fn join(rows: Vec<Transmission>, merges: &mut Merges) -> Vec<Transmission> {
    let mut transmissions: Vec<Transmission> = Vec::with_capacity(rows.len());
    let mut latest: BTreeMap<(TalkgroupId, Option<UnitId>), usize> = BTreeMap::new();
    for row in rows {
        let key = (row.talkgroup, row.radio);
        let open = latest.get(&key).map(|&place| &mut transmissions[place]);
        match open {
            Some(open) if row.start <= open.end() => {
                open.duration = row.end().max(open.end()).since(open.start);
                open.frequency_hz = open.frequency_hz.or(row.frequency_hz);
                open.emergency |= row.emergency;
                open.encrypted |= row.encrypted;
                merges.merged += 1;
            }
            Some(_) | None => {
                latest.insert(key, transmissions.len());
                transmissions.push(row);
            }
        }
    }
    transmissions
}

/// Rule 3. After rule 2 nobody overlaps himself, so any overlap within a talkgroup is with another radio.
fn floor_contests(transmissions: &[Transmission]) -> usize {
    let mut busy_until: BTreeMap<TalkgroupId, Moment> = BTreeMap::new();
    transmissions
        .iter()
        .filter(|one| {
            let until = busy_until.entry(one.talkgroup).or_default();
            let contests = one.start < *until;
            *until = one.end().max(*until);
            contests
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Start and length in seconds, talkgroup, radio (0 for unknown).
    type Short = (u64, u64, u16, u32);

    fn merged(rows: &[Short]) -> (Vec<Short>, Merges) {
        let rows = rows.iter().zip(2..).map(|(&(start, length, talkgroup, radio), line)| Transmission {
            start: Moment::from_micros(start * 1_000_000),
            duration: Span::from_secs(length),
            talkgroup: TalkgroupId::new(talkgroup).unwrap(),
            radio: UnitId::new(radio),
            frequency_hz: None,
            emergency: false,
            encrypted: false,
            line,
        });
        let (transmissions, merges) = merge(rows.collect());
        let short = |one: &Transmission| {
            let radio = one.radio.map_or(0, UnitId::number);
            let seconds = |micros: u64| micros / 1_000_000;
            (seconds(one.start.as_micros()), seconds(one.duration.as_micros()), one.talkgroup.number(), radio)
        };
        (transmissions.iter().map(short).collect(), merges)
    }

    #[test]
    fn rows_of_one_radio_that_overlap_or_touch_are_one_transmission() {
        let (transmissions, merges) = merged(&[(0, 5, 1, 7), (3, 4, 1, 7), (7, 1, 1, 7), (9, 1, 1, 7)]);
        assert_eq!(transmissions, [(0, 8, 1, 7), (9, 1, 1, 7)]);
        assert_eq!(merges, Merges { merged: 2, ..Merges::default() });
    }

    #[test]
    fn a_row_inside_another_adds_nothing() {
        assert_eq!(merged(&[(0, 9, 1, 7), (3, 1, 1, 7), (5, 1, 1, 7)]).0, [(0, 9, 1, 7)]);
    }

    #[test]
    fn two_radios_in_one_talkgroup_both_stay_and_the_later_competes() {
        let rows = [(0, 5, 1, 7), (3, 4, 1, 8), (7, 1, 1, 7)];
        let (transmissions, merges) = merged(&rows);
        assert_eq!(transmissions, rows);
        assert_eq!(merges, Merges { floor_contests: 1, ..Merges::default() });
    }

    #[test]
    fn a_radio_between_two_rows_of_another_does_not_part_them() {
        let (transmissions, merges) = merged(&[(0, 10, 1, 7), (5, 1, 1, 8), (9, 3, 1, 7)]);
        assert_eq!(transmissions, [(0, 12, 1, 7), (5, 1, 1, 8)]);
        assert_eq!((merges.merged, merges.floor_contests), (1, 1));
    }

    #[test]
    fn a_radio_that_moves_to_another_talkgroup_is_cut_there_and_may_come_back() {
        let (transmissions, merges) = merged(&[(0, 10, 1, 7), (3, 2, 2, 7), (8, 4, 1, 7)]);
        assert_eq!(transmissions, [(0, 3, 1, 7), (3, 2, 2, 7), (8, 4, 1, 7)]);
        assert_eq!(merges, Merges { cut: 1, ..Merges::default() });
    }

    #[test]
    fn every_row_that_reaches_past_the_move_is_cut() {
        let (transmissions, merges) = merged(&[(0, 10, 1, 7), (2, 9, 1, 7), (3, 2, 2, 7)]);
        assert_eq!(transmissions, [(0, 3, 1, 7), (3, 2, 2, 7)]);
        assert_eq!(merges, Merges { merged: 1, cut: 2, ..Merges::default() });
    }

    #[test]
    fn of_two_talkgroups_at_the_same_instant_the_longer_row_stays() {
        let (transmissions, merges) = merged(&[(0, 5, 1, 7), (0, 3, 2, 7)]);
        assert_eq!(transmissions, [(0, 5, 1, 7)]);
        assert_eq!(merges, Merges { dropped: 1, ..Merges::default() });
    }

    #[test]
    fn unknown_radios_are_one_per_talkgroup_and_never_cut() {
        let (transmissions, merges) = merged(&[(0, 5, 1, 0), (2, 5, 1, 0), (3, 1, 2, 0)]);
        assert_eq!(transmissions, [(0, 7, 1, 0), (3, 1, 2, 0)]);
        assert_eq!(merges, Merges { merged: 1, ..Merges::default() });
    }

    #[test]
    fn a_press_without_speech_stays() {
        assert_eq!(merged(&[(0, 1, 1, 7), (5, 0, 1, 7)]).0, [(0, 1, 1, 7), (5, 0, 1, 7)]);
    }
}
