//! Who may order what, and what is written down of it (docs/services.md 13.7).

use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Audited, Output, StoreItem};
use trunklab_protocol::Cause;
use trunklab_protocol::operator::{Authority, ConsoleName, Order, Role};

use crate::support::{System, talkgroup, unit};

fn every_order() -> [Order; 7] {
    let talkgroups = vec![talkgroup(41), talkgroup(42)];
    [
        Order::AcknowledgeEmergency { unit: unit(1017) },
        Order::ClearEmergency { unit: unit(1017) },
        Order::Patch { talkgroups: talkgroups.clone() },
        Order::Multiselect { talkgroups: talkgroups.clone() },
        Order::UndoPatch { talkgroup: talkgroup(41) },
        Order::Talk { talkgroups },
        Order::EndTalk {},
    ]
}

fn by(role: Role) -> Authority {
    Authority { console: ConsoleName::new("desk"), role, from: Some(([192, 0, 2, 7], 4_711).into()) }
}

/// What the console is told, where it is told at once, and what is written down.
fn order(system: &mut System, by: Authority, order: Order) -> (Option<Result<(), Cause>>, Vec<Audited>) {
    system.input(Input::Order { id: 3, by, order });
    let told = system.outputs.iter().find_map(|output| match output {
        Output::Ordered { id: 3, outcome } => Some(*outcome),
        _ => None,
    });
    (told, audited(system))
}

fn audited(system: &System) -> Vec<Audited> {
    let of = |output: &Output| match output {
        Output::Store { item: StoreItem::Audit(audited), .. } => Some((**audited).clone()),
        _ => None,
    };
    system.outputs.iter().filter_map(of).collect()
}

#[test]
fn an_order_is_for_roles_that_have_its_right_and_for_no_others() {
    for what in every_order() {
        for role in Role::ALL {
            let mut system = System::with_two_sites(2);
            let (told, _) = order(&mut system, by(role), what.clone());
            let is_refused = told == Some(Err(Cause::NotAllowed));
            assert_eq!(is_refused, !role.may(what.right()), "{role}: {what:?}");
        }
    }
}

#[test]
fn an_order_that_is_not_allowed_changes_nothing() {
    let mut system = System::with_two_sites(2);
    let before = system.controller.snapshot(system.now);
    for what in every_order() {
        order(&mut system, by(Role::Viewer), what);
    }
    let after = system.controller.snapshot(system.now);
    assert_eq!(after.patches, before.patches);
    assert_eq!((after.calls, after.queue), (before.calls, before.queue));
}

#[test]
fn every_order_is_written_down_once_when_it_is_answered() {
    for what in every_order() {
        for role in [Role::Viewer, Role::Dispatcher] {
            let mut system = System::with_two_sites(2);
            system.after_ms(250);
            let (told, written) = order(&mut system, by(role), what.clone());
            let Some(outcome) = told else { continue };
            let [entry] = &written[..] else { panic!("{what:?} by a {role}: {written:?}") };
            assert_eq!((&entry.by, &entry.order, entry.outcome), (&by(role), &what, outcome));
            assert_eq!((entry.at, entry.epoch), (system.now, system.controller.snapshot(system.now).epoch));
        }
    }
}

#[test]
fn an_order_that_waits_for_the_store_is_written_down_when_the_store_has_answered() {
    let patch = Order::Patch { talkgroups: vec![talkgroup(41), talkgroup(42)] };
    for kept in [true, false] {
        let mut system = System::with_two_sites(2);
        system.has_talkgroup_with(42, 5, None);
        let (told, written) = order(&mut system, by(Role::Dispatcher), patch.clone());
        assert_eq!((told, written), (None, Vec::new()));
        let asked = system.outputs.iter().find_map(|output| match output {
            Output::Store { id, item: StoreItem::Patched(_) } => Some(*id),
            _ => None,
        });
        let id = asked.unwrap();
        system.input(if kept { Input::Stored { id } } else { Input::StoreFailed { id } });
        let outcome = if kept { Ok(()) } else { Err(Cause::DurableStoreFailed) };
        assert_eq!(audited(&system).iter().map(|entry| entry.outcome).collect::<Vec<_>>(), [outcome]);
    }
}

#[test]
fn an_order_that_comes_after_the_end_is_written_down_as_refused() {
    let mut system = System::with_two_sites(2);
    system.input(Input::ClosingDown);
    let (told, written) = order(&mut system, by(Role::Dispatcher), Order::EndTalk {});
    assert_eq!(told, Some(Err(Cause::Shutdown)));
    assert_eq!(written[0].outcome, Err(Cause::Shutdown));
}
