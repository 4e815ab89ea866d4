//! Dynamic regrouping (docs/services.md 13.3.6).

use trunklab_controller_core::config::Change;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::Output;
use trunklab_controller_core::remote::RemoteUnit;
use trunklab_protocol::{Cause, RadioOrder};

use super::{over, regroup, restore, row, view};
use crate::support::{System, talkgroup, unit};

#[test]
fn a_regrouped_unit_is_in_a_talkgroup_of_which_it_is_no_member_until_it_is_restored() {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup(42);
    system.unit(1017).affiliates_to(42);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::NotAMember));
    system.console(regroup(1017, 42, true));
    system.unit(1017).affiliates_to(42);
    system.expect("site 3 -> unit 1017 affiliated to 42");
    system.unit(1017).obeys();
    system.unit(1017).affiliates_to(41);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::SelectorLocked));
    system.unit(1017).presses_ptt(42);
    system.expect("site 3 -> call 1, channel 2, talker 1017 here");
    system.unit(1017).releases_ptt();
    system.console(restore(1017));
    system.unit(1017).obeys();
    assert_eq!(view(&system, 1017), None);
    system.unit(1017).affiliates_to(41);
    system.expect("site 3 -> unit 1017 affiliated to 41");
    system.unit(1017).affiliates_to(42);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::NotAMember));
}

/// Unit 1017, a member of talkgroup 41 alone, is locked in talkgroup 42.
fn locked_elsewhere() -> System {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup(42);
    system.console(regroup(1017, 42, true));
    system.unit(1017).affiliates_to(42);
    system.unit(1017).obeys();
    system
}

#[test]
fn who_is_set_to_a_talkgroup_that_is_taken_out_is_set_back() {
    let mut system = locked_elsewhere();
    system.provision(Change::TalkgroupRemoved(talkgroup(42)));
    let kept = row(&system);
    assert_eq!(kept.pending[0].order, RadioOrder::Restore {});
    system.remote_stored();
    system.expect("event: restore waits for unit 1017");
    system.unit(1017).registers_at(3, Some(42));
    system.expect("site 3 -> unit 1017 is to restore");
    system.unit(1017).answers_its_order(None);
    assert_eq!(over(&system), (RadioOrder::Restore {}, Ok(())));
    system.remote_stored();
    assert_eq!(view(&system, 1017), None);
    system.unit(1017).affiliates_to(41);
    system.expect("site 3 -> unit 1017 affiliated to 41");
}

#[test]
fn an_order_to_a_talkgroup_that_is_taken_out_is_over() {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup(42);
    system.console(regroup(1017, 42, false));
    system.provision(Change::TalkgroupRemoved(talkgroup(42)));
    let (order, outcome) = over(&system);
    assert_eq!((order.rule().name, outcome), ("regroup", Err(Cause::TalkgroupRemoved)));
    system.remote_stored();
    system
        .expect(&format!("event: regroup to talkgroup 42 of unit 1017 is over: {}", Cause::TalkgroupRemoved));
    system.expect("site 3 -> unit 1017 is to restore");
}

#[test]
fn a_talkgroup_that_is_taken_out_while_the_order_is_written_down_is_noticed_then() {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup(42);
    system.console_without_store(regroup(1017, 42, false));
    let id = system.remote_asked().unwrap();
    system.provision(Change::TalkgroupRemoved(talkgroup(42)));
    system.input(Input::Stored { id });
    assert_eq!(row(&system).pending[0].order, RadioOrder::Restore {});
}

#[test]
fn what_the_store_does_not_keep_of_a_unit_that_is_set_back_is_tried_when_its_radio_comes() {
    let mut system = locked_elsewhere();
    system.provision(Change::TalkgroupRemoved(talkgroup(42)));
    let id = system.remote_asked().unwrap();
    system.input(Input::StoreFailed { id });
    assert!(
        !system.outputs.iter().any(|output| matches!(output, Output::Store { .. })),
        "it would fail again"
    );
    system.unit(1017).registers_at(3, Some(42));
    assert_eq!(row(&system).pending[0].order, RadioOrder::Restore {});
}

#[test]
fn a_unit_whose_talkgroup_was_taken_out_while_no_controller_ran_is_set_back() {
    let mut system = locked_elsewhere();
    let mut kept = RemoteUnit::usual(unit(1018));
    kept.regrouped = Some(trunklab_protocol::Regroup { talkgroup: talkgroup(43), locked: true });
    system.provision(Change::Remote(kept));
    assert_eq!(row(&system).pending[0].order, RadioOrder::Restore {});
}

#[test]
fn a_unit_that_is_set_back_is_in_no_talkgroup_of_which_it_is_no_member() {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup(42);
    system.has_units_at(3, &[1028], 42);
    system.console(regroup(1018, 42, true));
    system.unit(1018).affiliates_to(42);
    system.unit(1018).obeys();
    system.provision(Change::Subscriber(crate::support::subscriber(1018, &[43])));
    system.unit(1028).presses_ptt(42);
    assert!(system.log.iter().any(|line| line.starts_with("site 5 -> call 1")), "{:?}", system.log);
    system.console(restore(1018));
    system.unit(1018).obeys();
    let is_left = |line: &String| line.starts_with("site 5 -> call 1 released");
    assert!(system.log.iter().any(is_left), "{:?}", system.log);
    system.unit(1018).affiliates_to(41);
    system.expect(&format!("site 5 -> unit 1018 refused: {}", Cause::NotAMember));
}
