//! The rules of chapter 12 that stand in code alone, and that each clause of it is guarded in one way.

use std::collections::BTreeSet;

use crate::chapter_12_policies::POLICIES;
use crate::mutants::Mutant;
use crate::mutants::Witness::{Behaviour, Scenario};
use trunklab_controller_core::call::table::TABLE;
use trunklab_protocol::Clause;

/// The clauses that the order of control words guards (`chapter_12_mutations.rs`).
const WORDS: &[Clause] = &[Clause::WordUrgency, Clause::RepeatedGrants];

/// The rule, the patch that breaks it, and who notices.
pub const MUTANTS: &[Mutant] = &[
    (
        Clause::OrderOfChecks,
        "order-of-checks",
        Behaviour("group_call::a_talkgroup_must_be_known_joined_and_affiliated_to"),
    ),
    (Clause::Repetition, "repetition", Behaviour("group_call::a_repeated_request_gets_the_same_grant_again")),
    (Clause::Coverage, "coverage", Scenario("group-call")),
    (Clause::ConsoleFloor, "console-floor", Scenario("console-talks")),
    (Clause::QueuePlace, "queue-place", Scenario("queue-cancel")),
    (Clause::HeldBack, "held-back", Scenario("queue-multi-site")),
    (Clause::EmergencyRank, "emergency-rank", Scenario("emergency-queue")),
    (Clause::ProtectedCalls, "protected-calls", Scenario("emergency-protected")),
    (Clause::Alarm, "alarm", Scenario("emergency-alarm")),
    (Clause::EmergencyOfTalker, "emergency-of-talker", Scenario("emergency-by-talker")),
    (Clause::LowestFirst, "lowest-first", Scenario("group-call")),
    (Clause::CalledChecks, "called-checks", Scenario("individual-unregistered")),
    (Clause::IndividualCall, "individual-call", Scenario("individual-immediate")),
    (Clause::CrossedRequests, "crossed-requests", Scenario("individual-crossed")),
    (Clause::Patch, "patch", Scenario("patch")),
    (Clause::Multiselect, "multiselect", Scenario("multiselect")),
    (Clause::Audience, "audience", Scenario("patch")),
    (Clause::ConsoleSelect, "console-select", Scenario("console-multiselect")),
    (Clause::Reselection, "reselection", Scenario("reselect-hysteresis")),
    (Clause::LocationUpdate, "location-update", Scenario("reselect")),
    (Clause::MovingListener, "moving-listener", Scenario("three-sectors")),
    (Clause::MeasuredLoad, "measured-load", Scenario("late-entry-yields")),
    (Clause::Sectors, "sectors", Scenario("three-sectors")),
];

#[test]
fn every_clause_of_call_processing_is_guarded_in_one_way() {
    let rows: BTreeSet<_> = TABLE.iter().map(|row| row.clause).collect();
    let policies = POLICIES.iter().map(|(clause, ..)| *clause);
    let mutants = MUTANTS.iter().map(|(clause, ..)| *clause);
    let guarded: Vec<_> =
        rows.into_iter().chain(WORDS.iter().copied()).chain(policies).chain(mutants).collect();
    let guards = |clause: &Clause| guarded.iter().filter(|guarded| *guarded == clause).count();
    let wrong: Vec<_> = Clause::ALL
        .iter()
        .filter(|clause| clause.number().starts_with("12.") && guards(clause) != 1)
        .map(|clause| format!("{clause} {}: {} ways", clause.title(), guards(clause)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
