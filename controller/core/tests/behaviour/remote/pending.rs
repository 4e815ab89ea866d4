//! Orders that wait for their radio, and what of them lasts (docs/services.md 13.3.2).

use trunklab_controller_core::config::Change;
use trunklab_controller_core::input::Input;
use trunklab_protocol::operator::Order;
use trunklab_protocol::{Cause, Priority, RadioOrder};

use super::{check, monitor, over, refused, regroup, restore, revive, row, stun, view};
use crate::support::{System, held_radio, talkgroup, unit};

#[test]
fn an_order_given_twice_changes_nothing_and_a_contrary_one_replaces_it() {
    let mut system = System::with_two_sites(2);
    system.console(stun(1017));
    system.console(stun(1017));
    system.expect("order carried out").expect_no("store -> unit 1017");
    system.console_without_store(revive(1017));
    assert_eq!(over(&system), (RadioOrder::Stun {}, Err(Cause::OrderReplaced)));
    system.remote_stored();
    system.expect(&format!("event: stun of unit 1017 is over: {}", Cause::OrderReplaced));
    system.expect("site 3 -> unit 1017 is to revive");
}

#[test]
fn what_a_radio_says_while_its_row_is_written_counts_then() {
    let mut system = System::with_two_sites(2);
    system.console(monitor(1017, 1018));
    system.console_without_store(check(1017));
    let written = system.remote_asked().unwrap();
    system.unit(1017).opens_its_microphone_to(1018);
    system.expect("site 5 -> unit 1018 paged for unit 1017").expect_no("confirms");
    system.input(Input::Stored { id: written });
    assert_eq!(over(&system), (RadioOrder::Monitor(unit(1018)), Ok(())));
    system.remote_stored();
    system.expect("event: unit 1017 confirms monitor for unit 1018");
    assert_eq!(view(&system, 1017).unwrap().pending.len(), 1, "the check");
}

#[test]
fn whose_order_is_being_written_down_is_answered_when_the_term_ends() {
    let priority = Priority::new(2).unwrap();
    for order in [
        stun(1017),
        Order::SetPriority { unit: unit(1017), priority },
        Order::Patch { talkgroups: vec![talkgroup(41), talkgroup(42)] },
    ] {
        let mut system = System::with_two_sites(2);
        system.has_talkgroup(42);
        system.console_without_store(order);
        system.expect_no("order carried out").expect_no("order not carried out");
        system.input(Input::ClosingDown);
        system.expect(&refused(Cause::Shutdown));
    }
}

#[test]
fn what_is_written_down_about_a_unit_is_not_changed_meanwhile() {
    let mut system = System::with_two_sites(2);
    system.console_without_store(stun(1017));
    system.expect_no("order").expect_no("is to stun");
    system.unit(1017).presses_ptt(41);
    system.expect("site 3 -> call 1, channel 2, talker 1017 here");
    system.console_without_store(revive(1017));
    system.expect(&refused(Cause::OrderUnderWay));
}

#[test]
fn an_order_that_the_store_does_not_keep_is_not_given() {
    let mut system = System::with_two_sites(2);
    system.console_without_store(stun(1017));
    let id = system.remote_asked().unwrap();
    system.input(Input::StoreFailed { id });
    system.expect(&refused(Cause::DurableStoreFailed)).expect_no("is to stun");
    assert_eq!(view(&system, 1017), None);
}

#[test]
fn an_answer_that_the_store_does_not_keep_is_asked_for_again() {
    let mut system = System::with_two_sites(2);
    system.console(stun(1017));
    system.unit(1017).answers_its_order(None);
    let id = system.remote_asked().unwrap();
    system.input(Input::StoreFailed { id });
    system.expect("site 3 -> unit 1017 is to stun");
    system.unit(1017).obeys();
    system.expect("event: unit 1017 confirms stun");
}

#[test]
fn an_order_waits_for_a_radio_that_is_not_there() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).is_switched_off();
    system.console(stun(1017));
    system.expect("order carried out").expect("event: stun waits for unit 1017").expect_no("is to stun");
    system.after_ms(3_600_000);
    assert_eq!(view(&system, 1017).unwrap().pending.len(), 1, "however long it takes");
    system.unit(1017).registers_at(3, None);
    system.expect("site 3 -> unit 1017 is to stun");
}

#[test]
fn an_order_is_said_five_times_and_again_when_the_radio_is_heard_of() {
    let mut system = System::with_two_sites(2);
    system.console(regroup(1017, 41, true));
    let mut said = 1;
    for _ in 0..20 {
        system.after_ms(3_000);
        said += system.log.iter().filter(|line| line.contains("is to regroup")).count();
    }
    assert_eq!(said, 5);
    system.unit(1017).cancels();
    system.expect("site 3 -> unit 1017 is to regroup to talkgroup 41, selector locked");
}

#[test]
fn what_lasts_comes_back_in_the_next_term() {
    let mut system = System::with_two_sites(2);
    system.console_without_store(stun(1017));
    let kept = row(&system);
    system.remote_stored();
    system.starts(2);
    system.provision(Change::Remote(kept));
    system.connects(3, 2, &[held_radio(1017, Some(41))], &[]);
    system.expect("site 3 -> unit 1017 is to stun");
    system.unit(1017).speaks_through(3).presses_ptt(41);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::UnitStunned));
}

#[test]
fn a_radio_check_is_over_after_a_minute() {
    let mut system = System::with_two_sites(2);
    system.console(check(1017));
    system.expect("site 3 -> unit 1017 is to check");
    system.unit(1017).obeys();
    system.expect("event: unit 1017 confirms check");
    assert_eq!(view(&system, 1017), None);
    system.console(check(1018));
    system.after_ms(60_000);
    assert_eq!(over(&system), (RadioOrder::Check {}, Err(Cause::OrderExpired)));
    system.remote_stored();
    system.expect(&format!("event: check of unit 1018 is over: {}", Cause::OrderExpired));
    assert_eq!(view(&system, 1018), None);
}

#[test]
fn a_late_answer_is_to_no_order() {
    let mut system = System::with_two_sites(2);
    system.console(check(1017));
    system.unit(1017).obeys();
    system.unit(1017).answers_its_order(None);
    system.expect(&format!("event: dropped: {}", Cause::UnknownOrder));
}

#[test]
fn orders_that_cannot_be_have_their_causes() {
    let mut system = System::with_two_sites(2);
    system.console(stun(4_711));
    system.expect(&refused(Cause::UnknownUnit));
    system.console(regroup(1017, 77, false));
    system.expect(&refused(Cause::UnknownTalkgroup));
    system.console(restore(1017));
    system.expect(&refused(Cause::NotRegrouped));
    system.console(monitor(1017, 1017));
    system.expect(&refused(Cause::CalledUnknown));
    system.console(Order::SetPriority { unit: unit(4_711), priority: Priority::HIGHEST });
    system.expect(&refused(Cause::UnknownUnit));
    system.console(stun(1017));
    system.console(monitor(1017, 1018));
    system.expect(&refused(Cause::UnitStunned));
}

#[test]
fn no_more_orders_wait_than_may() {
    let mut system = System::with_two_sites(2);
    system.with(|system| system.radio_orders_max = 1);
    system.console(stun(1017));
    system.console(stun(1018));
    system.expect(&refused(Cause::TooManyPendingOrders));
    system.console(revive(1017));
    system.expect("order carried out");
    system.unit(1017).obeys();
    system.console(stun(1018));
    system.expect("order carried out");
}
