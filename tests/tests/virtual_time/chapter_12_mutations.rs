//! Each clause of the call state table is guarded: one row that follows it, changed, makes a reviewed transcript fail. So
//! is the order in which control channels say their words.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::support::{SCENARIOS, in_threads, reviewed, says_what_was_reviewed, scenario};
use trunklab::lab::world::Rules;
use trunklab_basestation_core::urgency::{self, ORDER, Urgency, WordOrder};
use trunklab_controller_core::call::table::{CallTable, Row, TABLE};
use trunklab_protocol::{Cause, Clause, ProfileId};
use trunklab_tests::tree::root;

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

/// Scenarios, those whose transcripts name the clause first: they are the likeliest to notice. Short ones come before
/// long ones.
fn likeliest_first(clause: Clause) -> Vec<&'static str> {
    let cites = |line: &str| line.split_whitespace().nth(1).is_some_and(|number| number == clause.number());
    let mut scenarios = SCENARIOS.to_vec();
    scenarios.sort_by_key(|name| {
        let reviewed = reviewed(name, PROFILE);
        (!reviewed.lines().any(cites), reviewed.len())
    });
    scenarios
}

/// Whether a scenario says something else by these tables, or cannot go on with them.
fn notices(name: &str, rules: Rules) -> bool {
    let says = AssertUnwindSafe(|| says_what_was_reviewed(name, &scenario(name, PROFILE), rules));
    catch_unwind(says).map_or(true, |same| !same)
}

/// Rules that no shipped scenario shows yet.
const UNSHOWN: &[Clause] = &[];

/// Without this a transcript that differs by itself would notice every change.
#[test]
fn with_the_table_unchanged_every_scenario_says_what_was_reviewed() {
    let failed = in_threads(SCENARIOS, |name| {
        let same = says_what_was_reviewed(name, &scenario(name, PROFILE), Rules::default());
        if same { Ok(()) } else { Err(format!("{name} says something else")) }
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn for_each_clause_of_the_table_a_changed_row_makes_a_transcript_fail() {
    let failed = in_threads(&clauses(), |clause| {
        let rows = TABLE.iter().enumerate().filter(|(_, row)| row.clause == *clause);
        let tables: Vec<_> =
            rows.map(|(place, _)| Rules { calls: table_with(place), ..Rules::default() }).collect();
        // Each row has its chance with a likely scenario before any has one with an unlikely.
        let noticed =
            likeliest_first(*clause).into_iter().any(|name| tables.iter().any(|rules| notices(name, *rules)));
        match (noticed, UNSHOWN.contains(clause)) {
            (true, false) | (false, true) => Ok(()),
            (false, false) => Err(format!("{clause} {}: no change is noticed", clause.title())),
            (true, true) => Err(format!("{clause} {} is shown now", clause.title())),
        }
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Two rows next to each other in the order of control words, exchanged.
fn words_with(place: usize) -> WordOrder {
    let mut rows = ORDER;
    rows.swap(place, place + 1);
    WordOrder::new(Box::leak(Box::new(rows)))
}

/// A grant that is not repeated.
fn words_without_repetition(place: usize) -> WordOrder {
    let mut rows = ORDER;
    if let urgency::Words::Wait { sayings, .. } = &mut rows[place].words {
        *sayings = 1;
    }
    WordOrder::new(Box::leak(Box::new(rows)))
}

/// Rows whose exchange with the next no radio notices, each with the test of the base station's core that does: a broadcast and
/// a neighbour are said for radios that hunt or move, and the end of a call is heard on its slot.
const UNNOTICED: &[(Urgency, &str)] = &[(Urgency::GrantAgain, "words_go_in_order_of_urgency")];

#[test]
fn what_no_radio_notices_a_test_of_the_base_station_does() {
    let tests = fs::read_to_string(root().join("basestation/core/tests/station/control.rs")).unwrap();
    for (urgency, name) in UNNOTICED {
        assert!(tests.contains(&format!("fn {name}()")), "{urgency:?}: there is no test {name}");
    }
}

/// Clause 12.12.3.
#[test]
fn control_words_in_another_order_make_a_transcript_fail() {
    let places: Vec<usize> = (0..ORDER.len() - 1).collect();
    let failed = in_threads(&places, |place| {
        let rules = Rules { words: words_with(*place), ..Rules::default() };
        let (first, second) = (ORDER[*place].urgency, ORDER[*place + 1].urgency);
        let noticed = likeliest_first(Clause::WordUrgency).into_iter().any(|name| notices(name, rules));
        match (noticed, UNNOTICED.iter().any(|(urgency, _)| *urgency == first)) {
            (true, false) | (false, true) => Ok(()),
            (false, false) => Err(format!("nobody notices {first:?} after {second:?}")),
            (true, true) => Err(format!("{first:?} after {second:?} is noticed now")),
        }
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Clause 12.12.4.
#[test]
fn control_words_that_are_not_said_again_make_a_transcript_fail() {
    let repeats = |place: &usize| matches!(ORDER[*place].words, urgency::Words::Wait { sayings: 2.., .. });
    let places: Vec<usize> = (0..ORDER.len()).filter(repeats).collect();
    let failed = in_threads(&places, |place| {
        let rules = Rules { words: words_without_repetition(*place), ..Rules::default() };
        match likeliest_first(Clause::RepeatedGrants).into_iter().any(|name| notices(name, rules)) {
            true => Ok(()),
            false => Err(format!("{:?}", ORDER[*place].urgency)),
        }
    });
    assert!(failed.is_empty(), "nobody notices\n{}", failed.join("\n"));
}
