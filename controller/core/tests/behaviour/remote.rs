//! Remote control (docs/services.md 13.3): what operators order radios to do, and what of it lasts.

use trunklab_controller_core::config::Change;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Output, StoreItem};
use trunklab_controller_core::remote::RemoteUnit;
use trunklab_protocol::operator::{Order, UnitView};
use trunklab_protocol::proof::{Challenge, ProvedOrder};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{Cause, Condition, PageReply, Priority, RadioOrder, Service, Services};

use crate::support::{System, call, held_radio, key, talkgroup, unit};

fn stun(number: u32) -> Order {
    Order::Stun { unit: unit(number) }
}

fn revive(number: u32) -> Order {
    Order::Revive { unit: unit(number) }
}

fn kill(number: u32) -> Order {
    Order::Kill { unit: unit(number) }
}

fn check(number: u32) -> Order {
    Order::CheckRadio { unit: unit(number) }
}

fn regroup(number: u32, to: u16, locked: bool) -> Order {
    Order::Regroup { unit: unit(number), talkgroup: talkgroup(to), locked }
}

fn restore(number: u32) -> Order {
    Order::RestoreGroups { unit: unit(number) }
}

fn monitor(number: u32, listener: u32) -> Order {
    Order::Monitor { unit: unit(number), listener: unit(listener) }
}

/// What operators see of a unit.
fn view(system: &System, number: u32) -> Option<UnitView> {
    system.controller.snapshot(system.now).units.into_iter().find(|view| view.unit == unit(number))
}

/// What the store keeps of a unit after the last thing that happened.
fn row(system: &System) -> RemoteUnit {
    let row = system.outputs.iter().find_map(|output| match output {
        Output::Store { item: StoreItem::Remote(change), .. } => Some(change.row.clone()),
        _ => None,
    });
    row.unwrap()
}

/// What the audit trail says of an order that is over.
fn over(system: &System) -> (RadioOrder, Result<(), Cause>) {
    let over = system.outputs.iter().find_map(|output| match output {
        Output::Store { item: StoreItem::Remote(change), .. } => change.over.clone(),
        _ => None,
    });
    over.map(|over| (over.order, over.outcome)).unwrap()
}

fn refused(cause: Cause) -> String {
    format!("order not carried out: {cause}")
}

#[test]
fn a_stunned_unit_gets_no_service_and_stays_registered() {
    let mut system = System::with_two_sites(2);
    system.console(stun(1017));
    system.expect("order carried out").expect("site 3 -> unit 1017 is to stun");
    system.unit(1017).presses_ptt(41);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::UnitStunned));
    system.unit(1017).presses_emergency(41);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::UnitStunned));
    system.unit(1017).raises_the_alarm();
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::UnitStunned));
    system.unit(1017).calls(1018);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::UnitStunned));
    system.unit(1017).affiliates_to(41);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::UnitStunned));
    assert!(system.controller.snapshot(system.now).emergencies.is_empty());
    system.unit(1017).registers_at(5, Some(41));
    system.expect("site 5 -> unit 1017 registered").expect("site 5 -> unit 1017 is to stun");
    let shown = view(&system, 1017).unwrap();
    assert_eq!((shown.condition, shown.pending.len()), (Condition::Stunned, 1));
    system.unit(1017).obeys();
    system.expect("event: unit 1017 confirms stun");
    assert_eq!(view(&system, 1017).unwrap().pending, []);
    system.unit(1017).registers_at(3, None);
    system.expect_no("is to stun");
}

#[test]
fn what_a_unit_is_in_the_middle_of_ends_when_it_is_stunned() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.console(stun(1017));
    system.expect_no("talker 1017");
    assert_eq!(system.controller.snapshot(system.now).calls.iter().filter_map(|call| call.talker).count(), 0);
    let mut system = System::with_two_sites(2);
    system.unit(1017).calls(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.console(stun(1018));
    assert!(system.controller.snapshot(system.now).calls.is_empty());
    assert_eq!(system.records[0].released.map(|(_, cause)| cause), Some(Cause::UnitStunned));
    let mut system = System::with_two_sites(0);
    system.console(stun(1017));
    system.expect("order carried out");
}

#[test]
fn a_waiting_request_ends_when_its_unit_is_stunned_and_a_floor_is_refused() {
    let mut system = System::with_two_sites(1);
    system.has_talkgroup(42);
    system.has_units_at(3, &[1027], 42);
    system.unit(1027).presses_ptt(42);
    system.unit(1017).presses_ptt(41);
    assert_eq!(system.controller.snapshot(system.now).queue.len(), 1);
    system.console(stun(1017));
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::UnitStunned));
    assert!(system.controller.snapshot(system.now).queue.is_empty());
    system.unit(1017).presses_ptt_in(call(1));
    system.expect(&format!("site 3 -> unit 1017 not given the floor of call 1: {}", Cause::UnitStunned));
}

#[test]
fn a_call_that_waits_for_a_slot_is_not_set_up_with_a_unit_that_is_stunned_meanwhile() {
    let mut system = System::with_two_sites(1);
    system.has_talkgroup(42);
    system.has_units_at(3, &[1027], 42);
    system.unit(1027).presses_ptt(42);
    system.unit(1017).calls(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.expect("event: unit 1017 queued, position 1");
    system.console(stun(1018));
    system.unit(1018).obeys();
    system.unit(1027).releases_ptt();
    system.after_ms(10_000);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::CalledNotRegistered));
    system.expect_no("talker 1017");
}

#[test]
fn a_stunned_unit_cannot_be_called_and_hears_no_talkgroup() {
    let mut system = System::with_two_sites(2);
    system.console(stun(1018));
    system.unit(1017).calls(1018);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::CalledRefuses));
    system.unit(1017).presses_ptt(41);
    system.expect_no("site 5");
}

#[test]
fn a_revived_unit_is_served_at_once_and_its_radio_hears_of_it_when_it_can() {
    let mut system = System::with_two_sites(2);
    system.console(stun(1017));
    system.unit(1017).obeys();
    system.console(revive(1017));
    system.expect("site 3 -> unit 1017 is to revive");
    system.unit(1017).obeys();
    assert_eq!(view(&system, 1017), None, "it is as usual");
    system.unit(1017).affiliates_to(41);
    system.unit(1017).presses_ptt(41);
    system.expect("site 3 -> call 1, channel 2, talker 1017 here");
}

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
fn a_radio_is_revived_that_the_register_does_not_know_to_be_stunned() {
    let mut system = System::with_two_sites(2);
    system.console(revive(1017));
    system.expect("order carried out").expect("site 3 -> unit 1017 is to revive");
    system.unit(1017).obeys();
    system.expect("event: unit 1017 confirms revive");
    assert_eq!(view(&system, 1017), None, "it is as usual");
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
fn a_killed_unit_is_let_in_no_more() {
    let mut system = System::with_two_sites(2);
    let challenge = Challenge::new([7; 16]);
    system.unit(1017).challenges_the_network(challenge);
    system.expect(&format!("event: dropped: {}", Cause::UnknownOrder)).expect_no("proof");
    system.console(kill(1017));
    system.expect("site 3 -> unit 1017 is to kill");
    assert_eq!(view(&system, 1017).unwrap().condition, Condition::Stunned, "until it is confirmed");
    system.unit(1017).challenges_the_network(challenge);
    let proof = system.outputs.iter().find_map(|output| match output {
        Output::ToSite { message: ToSite::NetworkAnswer(word), .. } => Some(word.answer),
        _ => None,
    });
    let wanted = key(unit(1017)).vouch(&challenge, unit(1017), ProvedOrder::Kill);
    assert!(proof.unwrap().matches(&wanted));
    system.unit(1017).obeys();
    system.expect(&format!("site 3 -> unit 1017 deregistered: {}", Cause::UnitKilled));
    assert_eq!(view(&system, 1017).unwrap().condition, Condition::Killed);
    system.unit(1017).asks_to_register_at(3);
    system.expect(&format!("site 3 -> imei 350000000001017 not registered: {}", Cause::UnitKilled));
    for order in [stun(1017), revive(1017), kill(1017), check(1017), restore(1017)] {
        system.console(order);
        system.expect(&refused(Cause::UnitKilled));
    }
    system.connects(3, 2, &[held_radio(1017, None)], &[]);
    system.expect(&format!("site 3 -> unit 1017 deregistered: {}", Cause::UnitKilled));
}

#[test]
fn a_revival_that_comes_after_the_kill_was_obeyed_comes_too_late() {
    let mut system = System::with_two_sites(2);
    for order in [kill(1017), revive(1017)] {
        system.console(order);
    }
    system.unit(1017).answers_its_order(Some(Cause::UnitKilled));
    system.remote_stored();
    system.expect(&format!("event: revive of unit 1017 is over: {}", Cause::UnitKilled));
    system.expect(&format!("site 3 -> unit 1017 deregistered: {}", Cause::UnitKilled));
    assert_eq!(view(&system, 1017).unwrap().condition, Condition::Killed);
}

/// A unit that is to be killed, and to be regrouped and checked after that.
fn to_be_killed() -> System {
    let mut system = System::with_two_sites(2);
    for order in [kill(1017), regroup(1017, 41, true), check(1017)] {
        system.console(order);
    }
    system
}

#[test]
fn what_else_waits_for_a_killed_unit_is_over() {
    let mut system = to_be_killed();
    system.unit(1017).obeys();
    let given_up = |of: &str| format!("event: {of} of unit 1017 is over: {}", Cause::UnitKilled);
    assert_eq!(over(&system).1, Err(Cause::UnitKilled));
    system.remote_stored();
    system.expect(&given_up("regroup to talkgroup 41, selector locked"));
    assert_eq!(over(&system), (RadioOrder::Check {}, Err(Cause::UnitKilled)));
    system.remote_stored();
    system.expect(&given_up("check"));
    let shown = view(&system, 1017).unwrap();
    assert_eq!((shown.condition, shown.pending.len()), (Condition::Killed, 0));
    system.after_ms(120_000);
    system.expect_no("check");
}

#[test]
fn what_else_waited_for_a_unit_that_an_earlier_term_killed_is_over() {
    let mut system = to_be_killed();
    system.unit(1017).answers_its_order(None);
    let kept = row(&system);
    assert_eq!((kept.condition, kept.pending.len()), (Condition::Killed, 2));
    system.starts(2);
    system.provision(Change::Remote(kept));
    for left in [1, 0] {
        assert_eq!(over(&system).1, Err(Cause::UnitKilled));
        system.remote_stored();
        assert_eq!(view(&system, 1017).unwrap().pending.len(), left);
    }
}

#[test]
fn nobody_sets_a_killed_unit_back_whose_talkgroup_is_taken_out() {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup(43);
    system.console(regroup(1017, 43, true));
    system.unit(1017).obeys();
    system.console(kill(1017));
    system.unit(1017).obeys();
    system.provision(Change::TalkgroupRemoved(talkgroup(43)));
    system.expect_no("restore").expect_no("store -> unit 1017");
    assert!(view(&system, 1017).unwrap().pending.is_empty());
}

#[test]
fn a_radio_that_was_not_shown_the_network_says_so_and_stays_stunned() {
    let mut system = System::with_two_sites(2);
    system.console(kill(1017));
    system.unit(1017).answers_its_order(Some(Cause::NetworkNotProved));
    assert_eq!(over(&system), (RadioOrder::Kill {}, Err(Cause::NetworkNotProved)));
    system.remote_stored();
    system.expect(&format!("event: kill of unit 1017 is over: {}", Cause::NetworkNotProved));
    let shown = view(&system, 1017).unwrap();
    assert_eq!((shown.condition, shown.pending.len()), (Condition::Stunned, 0));
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

#[test]
fn a_monitored_unit_calls_its_listener_and_operators_are_told() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).opens_its_microphone_to(1018);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::NotMonitored));
    system.console(monitor(1017, 1018));
    system.expect("site 3 -> unit 1017 is to monitor for unit 1018");
    system.unit(1017).opens_its_microphone_to(1018);
    system.expect("site 5 -> unit 1018 paged for unit 1017");
    system.remote_stored();
    system.expect("event: unit 1017 confirms monitor for unit 1018");
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.expect("site 3 -> call 1, channel 2, talker 1017 here");
    system.expect("event: unit 1018 listens to unit 1017");
    let (call, _) = system.grant_of(1017);
    system.unit(1018).hangs_up(call);
    let by = system.records[0].monitored_by.as_ref().map(ToString::to_string);
    assert_eq!(by.as_deref(), Some("desk"));
    system.unit(1017).calls(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.expect_no("listens to");
}

#[test]
fn rights_and_priority_count_when_they_are_written_down() {
    let mut system = System::with_two_sites(2);
    let none = Order::SetRights { unit: unit(1017), services: Services::ALL.without(Service::Individual) };
    system.console_without_store(none.clone());
    system.expect_no("order");
    system.console_without_store(none.clone());
    system.expect(&refused(Cause::OrderUnderWay));
    system.unit(1017).calls(1018);
    system.expect("site 5 -> unit 1018 paged for unit 1017");
    system.unit(1017).cancels();
    system.console(Order::SetPriority { unit: unit(1018), priority: Priority::HIGHEST });
    system.expect("event: rights of unit 1018 changed");
    let mut system = System::with_two_sites(2);
    system.console(none.clone());
    system.unit(1017).calls(1018);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::IndividualNotAllowed));
    system.console(none);
    system.expect("order carried out").expect_no("store -> unit 1017");
    system.console_without_store(Order::SetRights { unit: unit(1017), services: Services::ALL });
    let id = system.remote_asked().unwrap();
    system.input(Input::StoreFailed { id });
    system.expect(&refused(Cause::DurableStoreFailed));
    system.unit(1017).calls(1018);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::IndividualNotAllowed));
}

#[test]
fn a_subscriber_that_is_taken_out_leaves_nothing() {
    let mut system = System::with_two_sites(2);
    system.console(stun(1017));
    system.provision(Change::SubscriberRemoved(unit(1017)));
    assert_eq!(view(&system, 1017), None);
}
