//! What operators are shown of one radio (docs/services.md 13.6.10).

use trunklab_protocol::operator::{Order, UnitState};
use trunklab_protocol::{Condition, Identity, PageReply, TalkgroupId};

use crate::support::{System, site, talkgroup, unit};

fn shown(system: &System, number: u32) -> UnitState {
    system.controller.unit_state(unit(number)).unwrap()
}

#[test]
fn a_registered_unit_is_shown_where_it_is_and_what_it_hears() {
    let mut system = System::with_two_sites(2);
    for number in [42, 43] {
        system.has_talkgroup(number);
    }
    system.provision(trunklab_controller_core::config::Change::Subscriber(crate::support::subscriber(
        1017,
        &[41, 42, 43],
    )));
    system.unit(1017).registers_at(5, None);
    system.unit(1017).affiliates_and_scans(42, &[43, 41]);
    let visit = shown(&system, 1017).visit.unwrap();
    assert_eq!((visit.site, visit.reachable), (site(5), true));
    assert_eq!(visit.since, system.now);
    assert_eq!((visit.talkgroup, visit.scans), (Some(talkgroup(42)), vec![talkgroup(43), talkgroup(41)]));
    assert!(matches!(visit.named, Some(Identity::Imsi(_) | Identity::Unit(_))), "{:?}", visit.named);
    system.loses_site(5);
    assert!(!shown(&system, 1017).visit.unwrap().reachable);
}

#[test]
fn a_unit_is_shown_with_what_orders_have_made_of_it_and_with_its_call() {
    let mut system = System::with_two_sites(2);
    assert_eq!(shown(&system, 1018).orders.condition, Condition::Active);
    system.unit(1017).calls(1018);
    system.unit(1018).says_to_page_of(1017, PageReply::Available);
    let (call, _) = system.grant_of(1017);
    assert_eq!(shown(&system, 1018).call, Some(call));
    system.console(Order::Stun { unit: unit(1018) });
    let state = shown(&system, 1018);
    assert_eq!((state.orders.condition, state.orders.pending.len()), (Condition::Stunned, 1));
    assert_eq!((state.call, state.visit.unwrap().talkgroup), (None, None::<TalkgroupId>));
}

#[test]
fn a_unit_without_registration_is_shown_and_one_that_nobody_is_not() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).is_switched_off();
    assert_eq!(shown(&system, 1017).visit, None);
    assert_eq!(system.controller.unit_state(unit(4_711)), None);
}
