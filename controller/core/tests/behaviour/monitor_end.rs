//! The end of a remote monitor before its time (docs/services.md 13.3.7).

use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Output, StoreItem};
use trunklab_protocol::operator::Order;
use trunklab_protocol::{Cause, PageReply, RadioOrder};

use crate::support::{System, unit};

fn monitor(number: u32, listener: u32) -> Order {
    Order::Monitor { unit: unit(number), listener: unit(listener) }
}

fn end_monitor(number: u32) -> Order {
    Order::EndMonitor { unit: unit(number) }
}

fn refused(cause: Cause) -> String {
    format!("order not carried out: {cause}")
}

/// Unit 1017 was ordered to open its microphone to unit 1018 and has asked for the call; the store has its answer.
fn asking(channels: u16) -> System {
    let mut system = System::with_two_sites(channels);
    system.console(monitor(1017, 1018));
    system.unit(1017).opens_its_microphone_to(1018);
    system.remote_stored();
    system
}

/// Unit 1018 listens to unit 1017.
fn listening() -> System {
    let mut system = asking(2);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.expect("event: unit 1018 listens to unit 1017");
    system
}

/// Why the one call that there was ended, and by whose order it was listened to.
fn record(system: &System) -> (Option<Cause>, Option<String>) {
    let [record] = &system.records[..] else { panic!("one call: {:?}", system.records) };
    let by = record.monitored_by.as_ref().map(ToString::to_string);
    (record.released.map(|(_, cause)| cause), by)
}

/// What the audit trail says of the radio's order that is over.
fn over(system: &System) -> Option<(RadioOrder, Result<(), Cause>)> {
    system.outputs.iter().find_map(|output| match output {
        Output::Store { item: StoreItem::Remote(change), .. } => {
            change.over.as_ref().map(|over| (over.order, over.outcome))
        }
        _ => None,
    })
}

#[test]
fn an_operator_ends_the_call_in_which_a_unit_is_listened_to() {
    let mut system = listening();
    system.console(end_monitor(1017));
    system.expect("order carried out");
    system.expect(&format!("site 3 -> call 1 released: {}", Cause::MonitorEnded));
    system.expect(&format!("site 5 -> call 1 released: {}", Cause::MonitorEnded));
    assert_eq!(record(&system), (Some(Cause::MonitorEnded), Some("desk".to_owned())));
    system.console(end_monitor(1017));
    system.expect(&refused(Cause::NotMonitored));
    system.unit(1017).opens_its_microphone_to(1018);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::NotMonitored));
}

#[test]
fn a_listener_who_hangs_up_ends_the_monitoring() {
    let mut system = listening();
    let (call, _) = system.grant_of(1017);
    system.unit(1018).hangs_up(call);
    system.expect(&format!("site 3 -> call 1 released: {}", Cause::HungUp));
    assert_eq!(record(&system), (Some(Cause::HungUp), Some("desk".to_owned())));
    system.console(end_monitor(1017));
    system.expect(&refused(Cause::NotMonitored));
}

#[test]
fn a_listener_who_is_not_free_ends_the_monitoring() {
    let mut system = asking(2);
    system.unit(1018).says_to_page_of(1017, PageReply::Busy);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::CalledBusy));
    system.unit(1017).opens_its_microphone_to(1018);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::NotMonitored));
}

#[test]
fn a_listener_who_has_left_ends_the_monitoring() {
    let mut system = System::with_two_sites(2);
    system.console(monitor(1017, 1018));
    system.unit(1018).is_switched_off();
    system.unit(1017).opens_its_microphone_to(1018);
    system.remote_stored();
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::CalledNotRegistered));
    system.unit(1017).opens_its_microphone_to(1018);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::NotMonitored));
}

#[test]
fn what_is_no_monitoring_is_not_ended() {
    let mut system = System::with_two_sites(2);
    system.console(end_monitor(4_711));
    system.expect(&refused(Cause::UnknownUnit));
    system.console(end_monitor(1017));
    system.expect(&refused(Cause::NotMonitored));
    system.unit(1017).calls(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.console(end_monitor(1017));
    system.expect(&refused(Cause::NotMonitored)).expect_no("released");
    let mut system = listening();
    system.console(end_monitor(1018));
    system.expect(&refused(Cause::NotMonitored)).expect_no("released");
}

#[test]
fn a_request_that_is_to_become_the_call_ends_as_well() {
    let mut paged = asking(2);
    paged.console(end_monitor(1017));
    paged.expect("order carried out");
    paged.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::MonitorEnded));
    paged.unit(1018).says_to_page_of(1017, PageReply::Available);
    paged.expect_no("talker 1017");

    let mut queued = asking(1);
    queued.has_talkgroup(42);
    queued.has_units_at(3, &[1027], 42);
    queued.unit(1027).presses_ptt(42);
    queued.unit(1018).says_to_page_of(1017, PageReply::Available);
    queued.expect("event: unit 1017 queued, position 1");
    queued.console(end_monitor(1017));
    queued.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::MonitorEnded));
    queued.unit(1027).releases_ptt();
    queued.after_ms(10_000).expect_no("talker 1017");
}

#[test]
fn an_order_that_waits_is_over_when_that_is_written_down() {
    let mut system = System::with_two_sites(2);
    system.console(monitor(1017, 1018));
    system.console_without_store(end_monitor(1017));
    assert_eq!(over(&system), Some((RadioOrder::Monitor(unit(1018)), Err(Cause::MonitorEnded))));
    system.expect_no("order carried out");
    system.remote_stored();
    system.expect("order carried out");
    system.expect(&format!("event: monitor for unit 1018 of unit 1017 is over: {}", Cause::MonitorEnded));
    assert!(system.controller.snapshot(system.now).units.is_empty(), "nothing waits");
    system.unit(1017).opens_its_microphone_to(1018);
    system.expect(&format!("site 3 -> unit 1017 refused: {}", Cause::NotMonitored));
    system.after_ms(120_000).expect_no(&Cause::OrderExpired.to_string());
}

#[test]
fn a_radio_that_asks_while_its_order_is_being_ended_is_listened_to_no_longer() {
    let mut system = System::with_two_sites(2);
    system.console(monitor(1017, 1018));
    system.console_without_store(end_monitor(1017));
    let written = system.remote_asked().unwrap();
    system.unit(1017).opens_its_microphone_to(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    system.expect("event: unit 1018 listens to unit 1017");
    system.input(Input::Stored { id: written });
    system.expect("order carried out");
    system.expect(&format!("site 3 -> call 1 released: {}", Cause::MonitorEnded));
    assert_eq!(over(&system), None, "it was over before");
}

#[test]
fn the_end_of_an_order_that_the_store_does_not_keep_is_none() {
    let mut system = System::with_two_sites(2);
    system.console_without_store(monitor(1017, 1018));
    system.console_without_store(end_monitor(1017));
    system.expect(&refused(Cause::OrderUnderWay));
    let mut system = System::with_two_sites(2);
    system.console(monitor(1017, 1018));
    system.console_without_store(end_monitor(1017));
    let id = system.remote_asked().unwrap();
    system.input(Input::StoreFailed { id });
    system.expect(&refused(Cause::DurableStoreFailed));
    assert_eq!(system.controller.snapshot(system.now).units.len(), 1, "it waits");
    system.console_without_store(end_monitor(1017));
    system.input(Input::ClosingDown);
    system.expect(&refused(Cause::Shutdown));
}

#[test]
fn a_call_and_another_order_that_waits_end_at_once() {
    let mut system = listening();
    system.has_units_at(5, &[1019], 41);
    system.console(monitor(1017, 1019));
    system.console_without_store(end_monitor(1017));
    system.expect(&format!("site 3 -> call 1 released: {}", Cause::MonitorEnded));
    assert_eq!(over(&system), Some((RadioOrder::Monitor(unit(1019)), Err(Cause::MonitorEnded))));
    system.remote_stored();
    system.expect("order carried out");
}
