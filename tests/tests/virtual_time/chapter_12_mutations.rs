//! Each clause of the call state table is guarded: one row that follows it, changed, makes a reviewed transcript fail.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::{SCENARIOS, in_threads, reviewed, scenario, transcript};
use trunklab_controller_core::call::table::{CallTable, Row, TABLE};
use trunklab_protocol::{Cause, Clause, ProfileId};

/// A rule does not depend on the air interface: one is enough to see it broken.
const PROFILE: ProfileId = ProfileId::Iden;

/// The clauses of the table, in order.
fn clauses() -> Vec<Clause> {
    TABLE.iter().map(|row| row.clause).collect::<BTreeSet<_>>().into_iter().collect()
}

/// A row that tells another cause, or, where it has none, leaves its last action out.
fn changed(row: &Row) -> Row {
    match (row.cause, row.actions.split_last()) {
        (Some(Cause::NoAnswer), _) | (None, None) => panic!("{row:?} cannot be changed so that it shows"),
        (Some(_), _) => Row { cause: Some(Cause::NoAnswer), ..*row },
        (None, Some((_, rest))) => Row { actions: rest, ..*row },
    }
}

/// The table with one row changed. It lives as long as the test: a controller keeps its table for life.
fn table_with(place: usize) -> &'static CallTable {
    let rows = TABLE.iter().enumerate().map(|(at, row)| if at == place { changed(row) } else { *row });
    let rows: &'static [Row] = Box::leak(rows.collect());
    Box::leak(Box::new(CallTable::new(rows)))
}

/// Scenarios, those whose transcripts name the clause first: they are the likeliest to notice.
fn likeliest_first(clause: Clause) -> impl Iterator<Item = &'static str> {
    let cites = move |name: &&str| {
        reviewed(name, PROFILE).lines().any(|line| line.split_whitespace().nth(1) == Some(clause.number()))
    };
    let (named, silent): (Vec<_>, Vec<_>) = SCENARIOS.iter().copied().partition(cites);
    named.into_iter().chain(silent)
}

/// Whether a scenario says something else with this table, or cannot go on with it.
fn notices(name: &str, table: &'static CallTable) -> bool {
    let said = AssertUnwindSafe(|| transcript(name, &scenario(name, PROFILE), table));
    catch_unwind(said).map_or(true, |said| said != reviewed(name, PROFILE))
}

/// Rules that no shipped scenario shows yet.
const UNSHOWN: &[Clause] = &[];

#[test]
fn for_each_clause_of_the_table_a_changed_row_makes_a_transcript_fail() {
    let failed = in_threads(&clauses(), |clause| {
        let mut rows = TABLE.iter().enumerate().filter(|(_, row)| row.clause == *clause);
        let noticed = rows.any(|(place, _)| {
            let table = table_with(place);
            likeliest_first(*clause).any(|name| notices(name, table))
        });
        match (noticed, UNSHOWN.contains(clause)) {
            (true, false) | (false, true) => Ok(()),
            (false, false) => Err(format!("{clause} {}: no change is noticed", clause.title())),
            (true, true) => Err(format!("{clause} {} is shown now", clause.title())),
        }
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
