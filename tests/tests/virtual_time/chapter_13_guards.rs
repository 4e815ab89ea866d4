//! Each clause of 13.2 to 13.5 that a transcript cites is guarded: without the key of a scenario's file that chooses it, or with the
//! patch that breaks it, a reviewed transcript or a test of a core fails. Of remote control (13.3) each rule is broken by itself.

use std::collections::BTreeSet;
use std::fs;

use crate::chapter_12_policies::says_the_same;
use crate::mutants::Mutant;
use crate::mutants::Witness::{Behaviour, Handset, Scenario};
use crate::support::{SCENARIOS, file, in_threads, reviewed};
use trunklab_protocol::{Clause, ProfileId};

/// The rule, the scenario that shows it, the line of the file that chooses it, and what stands there instead.
#[rustfmt::skip]
const POLICIES: &[(Clause, &str, &str, &str)] = &[
    (Clause::FirstRegistration, "first-registration", "blank = true", ""),
    (Clause::BoundEquipment, "equipment-bound", "registered_imei = 350000000000027", "registered_imei = 350000000000026"),
    (Clause::ClonedIdentity, "clone-kept-out", "clones = \"keep\"", ""),
    (Clause::StatusTable, "status-refused", "statuses = 3", "statuses = 9"),
    (Clause::CallAlert, "call-alert", "call_alert_repeat = \"3 s\"", ""),
    (Clause::AlertEnd, "call-alert-refused", "longest_call_alert = \"9 s\"", ""),
];

/// The rule, the patch that breaks it, and who notices.
#[rustfmt::skip]
pub const MUTANTS: &[Mutant] = &[
    (Clause::TemporaryIdentity, "temporary-identity", Behaviour("identity::a_temporary_identity_that_is_no_units_is_refused")),
    (Clause::AuthenticationVector, "authentication-vector", Behaviour("registration::a_wrong_answer_is_refused_and_the_challenge_is_spent")),
    (Clause::RadioOrders, "radio-orders", Behaviour("remote::pending::orders_that_cannot_be_have_their_causes")),
    (Clause::RadioOrders, "order-that-stands", Behaviour("remote::pending::an_order_given_twice_changes_nothing_and_a_contrary_one_replaces_it")),
    (Clause::PendingOrders, "order-sayings", Behaviour("remote::pending::an_order_is_said_five_times_and_again_when_the_radio_is_heard_of")),
    (Clause::PendingOrders, "order-heard-of", Behaviour("remote::pending::an_order_is_said_five_times_and_again_when_the_radio_is_heard_of")),
    (Clause::PendingOrders, "order-replaced", Behaviour("remote::pending::an_order_given_twice_changes_nothing_and_a_contrary_one_replaces_it")),
    (Clause::PendingOrders, "order-under-way", Behaviour("remote::pending::what_is_written_down_about_a_unit_is_not_changed_meanwhile")),
    (Clause::PendingOrders, "order-not-kept", Behaviour("remote::pending::an_order_that_the_store_does_not_keep_is_not_given")),
    (Clause::PendingOrders, "order-expiry", Behaviour("remote::pending::a_radio_check_is_over_after_a_minute")),
    (Clause::PendingOrders, "orders-max", Behaviour("remote::pending::no_more_orders_wait_than_may")),
    (Clause::PendingOrders, "order-lasting", Behaviour("remote::pending::what_lasts_comes_back_in_the_next_term")),
    (Clause::Stun, "stun-requests", Behaviour("remote::stun::a_stunned_unit_gets_no_service_and_stays_registered")),
    (Clause::Stun, "stun-in-call", Behaviour("remote::stun::what_a_unit_is_in_the_middle_of_ends_when_it_is_stunned")),
    (Clause::Stun, "stun-called", Behaviour("remote::stun::a_stunned_unit_cannot_be_called_and_hears_no_talkgroup")),
    (Clause::Stun, "stun-messages", Behaviour("messages::what_is_for_a_stunned_unit_is_refused")),
    (Clause::Stun, "stun-alert", Behaviour("messages::an_alert_ends_when_its_unit_is_stunned")),
    (Clause::Stun, "stun-shows", Handset("remote::a_stunned_handset_shows_no_message_and_alerts_nobody")),
    (Clause::Kill, "kill-ordered", Behaviour("remote::kill::a_killed_unit_is_let_in_no_more")),
    (Clause::Kill, "kill-deregistered", Behaviour("remote::kill::a_killed_unit_is_let_in_no_more")),
    (Clause::Kill, "kill-registers", Behaviour("remote::kill::a_killed_unit_is_let_in_no_more")),
    (Clause::Kill, "kill-unproved", Handset("remote::who_does_not_hold_the_key_kills_nobody")),
    (Clause::Kill, "kill-orders", Behaviour("remote::kill::what_else_waits_for_a_killed_unit_is_over")),
    (Clause::Kill, "kill-set-back", Behaviour("remote::kill::nobody_sets_a_killed_unit_back_whose_talkgroup_is_taken_out")),
    (Clause::Kill, "kill-undone", Handset("remote::nothing_takes_a_kill_back_while_the_handset_still_says_that_it_obeys")),
    (Clause::RadioCheck, "radio-check", Handset("remote::an_order_is_answered_each_time_and_obeyed_once")),
    (Clause::Regrouping, "regroup-member", Behaviour("remote::regroup::a_regrouped_unit_is_in_a_talkgroup_of_which_it_is_no_member_until_it_is_restored")),
    (Clause::Regrouping, "regroup-locked", Behaviour("remote::regroup::a_regrouped_unit_is_in_a_talkgroup_of_which_it_is_no_member_until_it_is_restored")),
    (Clause::Regrouping, "regroup-taken-out", Behaviour("remote::regroup::an_order_to_a_talkgroup_that_is_taken_out_is_over")),
    (Clause::Regrouping, "regroup-foreign", Behaviour("remote::regroup::a_unit_that_is_set_back_is_in_no_talkgroup_of_which_it_is_no_member")),
    (Clause::RemoteMonitor, "remote-monitor", Behaviour("remote::a_monitored_unit_calls_its_listener_and_operators_are_told")),
    (Clause::RemoteMonitor, "monitor-end", Behaviour("monitor_end::an_operator_ends_the_call_in_which_a_unit_is_listened_to")),
    (Clause::RemoteMonitor, "monitor-end-waiting", Behaviour("monitor_end::a_radio_that_asks_while_its_order_is_being_ended_is_listened_to_no_longer")),
    (Clause::RightsByOrder, "rights-by-order", Behaviour("remote::rights_and_priority_count_when_they_are_written_down")),
    (Clause::MessageChecks, "message-checks", Behaviour("messages::each_check_has_its_cause_and_leaves_a_record")),
    (Clause::MessageToUnit, "message-to-unit", Behaviour("messages::a_status_that_nobody_confirms_is_said_again_and_given_up")),
    (Clause::MessageToTalkgroup, "message-to-talkgroup", Behaviour("messages::a_status_for_a_talkgroup_goes_to_each_of_its_sites_three_times")),
    (Clause::MessageToConsoles, "message-to-consoles", Behaviour("messages::the_last_hundred_messages_are_shown")),
    (Clause::AlertAnswer, "alert-answer", Behaviour("messages::a_call_to_who_alerts_answers_the_alert_and_no_other_does")),
    (Clause::CompleteRecord, "complete-record", Behaviour("records::the_records_add_up_to_the_channel_time_used")),
    (Clause::CutRecord, "cut-record", Behaviour("records::a_record_that_is_cut_ends_where_the_call_was_last_known_to_run")),
    (Clause::KeptAttempt, "kept-attempt", Scenario("record-fault")),
];

/// Whether a clause is of those that are guarded here.
fn is_of_services(clause: Clause) -> bool {
    ["13.2.", "13.3.", "13.4.", "13.5."].iter().any(|section| clause.number().starts_with(section))
}

#[test]
fn for_each_choice_its_scenario_says_something_else_without_it() {
    let failed = in_threads(POLICIES, |(clause, name, line, instead)| {
        let text = fs::read_to_string(file(name)).unwrap();
        assert!(text.lines().any(|there| there == *line), "{name} has no line {line}");
        if says_the_same(name, &text.replacen(line, instead, 1)) {
            return Err(format!("{clause} {}: {name} says the same without {line}", clause.title()));
        }
        Ok(())
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn every_clause_of_services_that_a_transcript_cites_is_guarded() {
    let policies = POLICIES.iter().map(|(clause, ..)| *clause);
    let guarded: BTreeSet<_> = policies.chain(MUTANTS.iter().map(|(clause, ..)| *clause)).collect();
    let transcripts: Vec<_> = SCENARIOS.iter().map(|name| reviewed(name, ProfileId::Iden)).collect();
    let cited = |clause: &Clause| {
        let cites = |line: &str| line.split_whitespace().nth(1) == Some(clause.number());
        transcripts.iter().any(|transcript| transcript.lines().any(cites))
    };
    let cited: BTreeSet<_> =
        Clause::ALL.iter().copied().filter(|clause| is_of_services(*clause) && cited(clause)).collect();
    assert!(cited.len() > 20, "{cited:?}");
    let open: Vec<_> =
        cited.difference(&guarded).map(|clause| format!("{clause} {}", clause.title())).collect();
    assert!(open.is_empty(), "without guard: {}", open.join(", "));
    assert!(guarded.iter().all(|clause| is_of_services(*clause)));
}
