//! Stun and revival (docs/services.md 13.3.3).

use trunklab_protocol::{Cause, Condition, PageReply};

use super::{revive, stun, view};
use crate::support::{System, call};

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
fn a_radio_is_revived_that_the_register_does_not_know_to_be_stunned() {
    let mut system = System::with_two_sites(2);
    system.console(revive(1017));
    system.expect("order carried out").expect("site 3 -> unit 1017 is to revive");
    system.unit(1017).obeys();
    system.expect("event: unit 1017 confirms revive");
    assert_eq!(view(&system, 1017), None, "it is as usual");
}
