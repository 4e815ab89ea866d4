//! Remote control (docs/services.md 13.3): what operators order radios to do, and what of it lasts.

mod kill;
mod pending;
mod regroup;
mod stun;

use trunklab_controller_core::config::Change;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Output, StoreItem};
use trunklab_controller_core::remote::RemoteUnit;
use trunklab_protocol::operator::{Order, UnitView};
use trunklab_protocol::{Cause, PageReply, Priority, RadioOrder, Service, Services};

use crate::support::{System, talkgroup, unit};

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
