//! The net is tried out: a rule is broken on purpose, and a random world notices.

use std::panic::{AssertUnwindSafe, catch_unwind};

use trunklab_controller_core::call::table::{Action, CallTable, Event, Row, State, TABLE};

use super::trouble::{Family, Trouble};

/// An action that is left out where the table has it, and what is noticed: by a ledger, or by the controller's own
/// invariants.
const BROKEN: &[(State, Event, Action, &[&str])] = &[
    (
        State::Queued,
        Event::Cancelled,
        Action::WithdrawRequest,
        &["has waited", "waits twice", "never answered", "marked as waiting"],
    ),
    (State::Talking, Event::FloorWaitCancelled, Action::RefuseFloor, &["has waited", "waiting for a floor"]),
    (State::Talking, Event::PttReleased, Action::ReleaseChannels, &["call", "slots"]),
    (State::Hanging, Event::HangExpired, Action::CloseRecord, &["runs nowhere"]),
];

/// Seeds in which the rule is looked for.
const SEEDS: u64 = 60;

/// The table without this action.
fn table_without(state: State, event: Event, left_out: Action) -> &'static CallTable {
    let mut broken = 0;
    let rows = TABLE.iter().map(|row| {
        let here = (row.state, row.event) == (state, event) && row.actions.contains(&left_out);
        if !here {
            return *row;
        }
        broken += 1;
        let actions: Vec<_> = row.actions.iter().copied().filter(|action| *action != left_out).collect();
        Row { actions: actions.leak(), ..*row }
    });
    let rows: &'static [Row] = Box::leak(rows.collect());
    assert!(broken > 0, "the table has no {left_out:?} at {event:?} in {state:?}");
    Box::leak(Box::new(CallTable::new(rows)))
}

#[test]
fn a_broken_rule_is_noticed() {
    for (state, event, left_out, signs) in BROKEN {
        let table = table_without(*state, *event, *left_out);
        let said = (1..=SEEDS).find_map(|seed| {
            let mut trouble = Trouble::with_table(seed, Family::Calls, table);
            let lived = catch_unwind(AssertUnwindSafe(|| trouble.is_lived_through(1)));
            lived.err().map(|panic| super::sentence(&*panic))
        });
        let said =
            said.unwrap_or_else(|| panic!("nobody notices that {left_out:?} is left out at {event:?}"));
        assert!(signs.iter().any(|sign| said.contains(sign)), "{left_out:?} at {event:?}: {said}");
    }
}
