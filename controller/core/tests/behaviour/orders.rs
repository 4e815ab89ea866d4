//! Who may order what, and what is written down of it (docs/services.md 13.7).

use trunklab_controller_core::input::Input;
use trunklab_controller_core::orders::WAITING_MAX;
use trunklab_controller_core::output::{Audited, Output, StoreItem};
use trunklab_protocol::operator::{Authority, ConsoleName, Order, Role};
use trunklab_protocol::{Cause, Priority, Services, StatusNumber};

use crate::support::{System, talkgroup, unit};

fn every_order() -> [Order; 20] {
    let talkgroups = vec![talkgroup(41), talkgroup(42)];
    [
        Order::AcknowledgeEmergency { unit: unit(1017) },
        Order::ClearEmergency { unit: unit(1017) },
        Order::Patch { talkgroups: talkgroups.clone() },
        Order::Multiselect { talkgroups: talkgroups.clone() },
        Order::UndoPatch { talkgroup: talkgroup(41) },
        Order::Talk { talkgroups },
        Order::EndTalk {},
        Order::Stun { unit: unit(1017) },
        Order::Revive { unit: unit(1017) },
        Order::Kill { unit: unit(1017) },
        Order::CheckRadio { unit: unit(1017) },
        Order::Regroup { unit: unit(1017), talkgroup: talkgroup(41), locked: true },
        Order::RestoreGroups { unit: unit(1017) },
        Order::Monitor { unit: unit(1017), listener: unit(1018) },
        Order::EndMonitor { unit: unit(1017) },
        Order::SetPriority { unit: unit(1017), priority: Priority::HIGHEST },
        Order::SetRights { unit: unit(1017), services: Services::NONE },
        Order::SendStatus { to: unit(1017).into(), number: StatusNumber::new(1).unwrap() },
        Order::CallAlert { unit: unit(1017) },
        Order::CancelAlert { unit: unit(1017) },
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
    assert_eq!((after.patches, after.units), (before.patches, before.units));
    assert_eq!((after.calls, after.queue), (before.calls, before.queue));
}

#[test]
fn every_order_is_written_down_with_who_when_and_from_where_and_so_is_its_refusal() {
    for what in every_order() {
        for role in [Role::Viewer, Role::Dispatcher] {
            let mut system = System::with_two_sites(2);
            system.after_ms(250);
            let (told, written) = order(&mut system, by(role), what.clone());
            let Some(outcome) = told else { continue };
            // One that is refused although the role may give it was written down when it was given.
            let last = written.last().unwrap();
            assert_eq!((&last.by, &last.order, last.outcome), (&by(role), &what, outcome));
            assert_eq!((last.at, last.epoch), (system.now, system.controller.snapshot(system.now).epoch));
            let talks = matches!(what, Order::Talk { .. } | Order::EndTalk {});
            let entries = if outcome.is_ok() || !role.may(what.right()) || talks { 1 } else { 2 };
            assert_eq!(written.len(), entries, "{what:?} by a {role}: {written:?}");
        }
    }
}

#[test]
fn an_order_that_waits_for_its_entry_when_the_term_ends_is_not_carried_out_and_answered() {
    let mut system = with_a_third_talkgroup();
    system.input(Input::Order {
        id: 7,
        by: by(Role::Dispatcher),
        order: Order::Patch { talkgroups: vec![talkgroup(41), talkgroup(42)] },
    });
    let entry = entries(&system)[0];
    let (_, refused) = order(&mut system, by(Role::Viewer), joined());
    assert_eq!(refused[0].outcome, Err(Cause::NotAllowed));
    let of_refusal = entries(&system)[0];
    system.input(Input::ClosingDown);
    assert_eq!(answers(&system), [], "nothing is written down yet");
    let of_end = entries(&system)[0];
    for (id, told) in
        [(entry, None), (of_refusal, Some((3, Cause::NotAllowed))), (of_end, Some((7, Cause::Shutdown)))]
    {
        system.input(Input::Stored { id });
        let told: Vec<_> = told.into_iter().map(|(id, cause)| (id, Err(cause))).collect();
        assert_eq!(answers(&system), told);
    }
    assert!(system.controller.snapshot(system.now).patches.is_empty());
}

/// Who is told what by the last input.
fn answers(system: &System) -> Vec<(u64, Result<(), Cause>)> {
    let of = |output: &Output| match output {
        Output::Ordered { id, outcome } => Some((*id, *outcome)),
        _ => None,
    };
    system.outputs.iter().filter_map(of).collect()
}

#[test]
fn an_order_of_an_earlier_term_is_not_answered_in_the_next_one() {
    let mut system = with_a_third_talkgroup();
    order(&mut system, by(Role::Viewer), joined());
    let id = entries(&system)[0];
    system.input(Input::ClosingDown);
    system.starts(2);
    system.input(Input::Stored { id });
    assert_eq!(answers(&system), []);
}

/// The requests to the store for entries of the audit trail.
fn entries(system: &System) -> Vec<u64> {
    let of = |output: &Output| match output {
        Output::Store { id, item: StoreItem::Audit(_) } => Some(*id),
        _ => None,
    };
    system.outputs.iter().filter_map(of).collect()
}

fn with_a_third_talkgroup() -> System {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup_with(42, 5, None);
    system.holds_audit = true;
    system
}

fn joined() -> Order {
    Order::Multiselect { talkgroups: vec![talkgroup(41), talkgroup(42)] }
}

#[test]
fn nothing_comes_of_an_order_before_it_is_written_down() {
    let mut system = with_a_third_talkgroup();
    let (told, written) = order(&mut system, by(Role::Dispatcher), joined());
    assert_eq!((told, written.len()), (None, 1));
    assert_eq!(system.controller.snapshot(system.now).patches, []);
    let id = entries(&system)[0];
    system.input(Input::Stored { id });
    system.expect("order carried out");
    assert_eq!(system.controller.snapshot(system.now).patches.len(), 1);
}

#[test]
fn an_order_that_cannot_be_written_down_is_refused_and_nothing_is_half_done() {
    let mut system = with_a_third_talkgroup();
    order(&mut system, by(Role::Dispatcher), joined());
    let id = entries(&system)[0];
    system.input(Input::StoreFailed { id });
    system.expect(&format!("order not carried out: {}", Cause::DurableStoreFailed));
    assert_eq!(system.controller.snapshot(system.now).patches, []);
}

#[test]
fn a_refusal_is_answered_when_it_is_written_down() {
    let mut system = with_a_third_talkgroup();
    for kept in [true, false] {
        let (told, _) = order(&mut system, by(Role::Viewer), joined());
        assert_eq!(told, None);
        let id = entries(&system)[0];
        system.input(if kept { Input::Stored { id } } else { Input::StoreFailed { id } });
        system.expect(&format!("order not carried out: {}", Cause::NotAllowed));
    }
}

#[test]
fn talking_does_not_wait_for_the_store() {
    let mut system = with_a_third_talkgroup();
    let (told, written) = order(&mut system, by(Role::Dispatcher), Order::EndTalk {});
    assert!(told.is_some());
    assert_eq!(written.len(), 1);
}

#[test]
fn so_many_orders_wait_and_no_more() {
    let mut system = with_a_third_talkgroup();
    for _ in 0..WAITING_MAX {
        assert_eq!(order(&mut system, by(Role::Dispatcher), joined()).0, None);
    }
    let (told, written) = order(&mut system, by(Role::Dispatcher), joined());
    assert_eq!((told, written[0].outcome), (None, Err(Cause::ControllerBusy)));
    let id = entries(&system)[0];
    system.input(Input::Stored { id });
    assert_eq!(answers(&system), [(3, Err(Cause::ControllerBusy))], "audit first, also then");
}

#[test]
fn an_order_that_lasts_is_answered_when_the_store_has_kept_what_comes_of_it() {
    let patch = Order::Patch { talkgroups: vec![talkgroup(41), talkgroup(42)] };
    for kept in [true, false] {
        let mut system = System::with_two_sites(2);
        system.has_talkgroup_with(42, 5, None);
        let (told, written) = order(&mut system, by(Role::Dispatcher), patch.clone());
        assert_eq!((told, written.len()), (None, 1));
        let asked = system.outputs.iter().find_map(|output| match output {
            Output::Store { id, item: StoreItem::Patched(_) } => Some(*id),
            _ => None,
        });
        let id = asked.unwrap();
        system.input(if kept { Input::Stored { id } } else { Input::StoreFailed { id } });
        let refusals: Vec<_> = audited(&system).iter().map(|entry| entry.outcome).collect();
        assert_eq!(refusals, if kept { vec![] } else { vec![Err(Cause::DurableStoreFailed)] });
        system.expect(&if kept {
            "order carried out".to_owned()
        } else {
            format!("order not carried out: {}", Cause::DurableStoreFailed)
        });
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
