//! What operators order, and what becomes of identities, in a world of services.

use trunklab::lab::script::Deed;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::Order;
use trunklab_protocol::{AreaChoice, CallSetup, Priority, Service, Services, UnitId};
use trunklab_terminal_core::input::Input;

use crate::simulation::happenings::{Happening, a_status, a_talkgroup};
use crate::simulation::trouble::Trouble;

#[rustfmt::skip]
pub const SERVICES: &[Happening] = &[
    (4, stuns), (6, revives), (3, checks), (5, regroups), (4, restores), (3, monitors), (2, ends_a_monitor), (3, orders_at_once),
    (2, gives_a_priority), (2, gives_rights), (4, asks_for_what_it_may_not), (2, kills),
    (2, tells_a_talkgroup), (1, calls_an_alert_back),
    (2, a_clone_is_switched_on), (2, a_clone_is_switched_off), (1, a_clone_presses),
];

/// Units that are killed in one world.
const KILLED_MAX: usize = 3;

fn orders(trouble: &mut Trouble, order: Order) {
    trouble.does(Deed::Order(order));
}

fn stuns(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    orders(trouble, Order::Stun { unit });
}

fn revives(trouble: &mut Trouble) {
    let unit = trouble.a_stunned_unit().unwrap_or_else(|| trouble.a_unit());
    orders(trouble, Order::Revive { unit });
}

/// For good: some units stay alive, so that there is something to see.
fn kills(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    if trouble.killed_units() < KILLED_MAX {
        orders(trouble, Order::Kill { unit });
    }
}

fn checks(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    orders(trouble, Order::CheckRadio { unit });
}

fn regroups(trouble: &mut Trouble) {
    let (unit, talkgroup) = (trouble.a_unit(), a_talkgroup(trouble));
    let locked = trouble.below(2) == 0;
    orders(trouble, Order::Regroup { unit, talkgroup, locked });
}

fn restores(trouble: &mut Trouble) {
    let unit = trouble.a_regrouped_unit().unwrap_or_else(|| trouble.a_unit());
    orders(trouble, Order::RestoreGroups { unit });
}

fn monitors(trouble: &mut Trouble) {
    let (unit, listener) = (trouble.a_unit(), trouble.a_unit());
    orders(trouble, Order::Monitor { unit, listener });
}

fn ends_a_monitor(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    orders(trouble, Order::EndMonitor { unit });
}

/// Several for one radio, before any of them can be written down.
fn orders_at_once(trouble: &mut Trouble) {
    let (unit, listener) = (trouble.a_unit(), trouble.a_unit());
    for _ in 0..2 + trouble.below(3) {
        let order = match trouble.below(7) {
            0 => Order::Stun { unit },
            1 => Order::Revive { unit },
            2 => Order::CheckRadio { unit },
            3 => Order::Regroup { unit, talkgroup: a_talkgroup(trouble), locked: true },
            4 => Order::RestoreGroups { unit },
            5 => Order::EndMonitor { unit },
            _ => Order::Monitor { unit, listener },
        };
        orders(trouble, order);
    }
}

fn gives_a_priority(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    let priority = Priority::new(1 + u8::try_from(trouble.below(10)).unwrap()).unwrap();
    orders(trouble, Order::SetPriority { unit, priority });
}

fn gives_rights(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    let services = match trouble.below(3) {
        0 => Services::ALL,
        _ => Services::ALL.without(Service::ALL[trouble.below(Service::ALL.len())]),
    };
    orders(trouble, Order::SetRights { unit, services });
}

/// A unit whose right was taken does not know it.
fn asks_for_what_it_may_not(trouble: &mut Trouble) {
    let lacking = trouble.services_mut().orders.lacking();
    if lacking.is_empty() {
        return gives_rights(trouble);
    }
    let (unit, service) = lacking[trouble.below(lacking.len())];
    let called = trouble.a_unit();
    asks_for(trouble, unit, service, called);
}

/// A radio's user asks for what needs a right; `called`: another unit, where there is one in it.
pub fn asks_for(trouble: &mut Trouble, unit: UnitId, service: Service, called: UnitId) {
    let normal = Input::PressPtt { kind: RequestKind::Normal };
    let inputs = match (service, trouble.below(2)) {
        (Service::Emergency, 0) => vec![Input::Alarm],
        (Service::Emergency, _) => vec![Input::PressPtt { kind: RequestKind::Emergency }],
        (Service::Individual, 0) => vec![Input::CallAlert { called }],
        (Service::Individual, _) => vec![Input::Call { called, setup: CallSetup::Ringing }],
        (Service::AreaSelection, _) => vec![Input::SelectArea(Some(AreaChoice::Wide)), normal],
        (Service::Telephone | Service::Data, _) => unreachable!("nobody can ask for {service:?}"),
    };
    for input in inputs {
        trouble.does(Deed::User(unit, input));
    }
}

fn tells_a_talkgroup(trouble: &mut Trouble) {
    let (to, number) = (a_talkgroup(trouble).into(), a_status(trouble));
    orders(trouble, Order::SendStatus { to, number });
}

fn calls_an_alert_back(trouble: &mut Trouble) {
    let unit = trouble.a_unit();
    orders(trouble, Order::CancelAlert { unit });
}

fn a_clone(trouble: &mut Trouble) -> UnitId {
    let place = trouble.below(trouble.clones().len());
    trouble.clones()[place]
}

fn a_clone_is_switched_on(trouble: &mut Trouble) {
    let clone = a_clone(trouble);
    trouble.does(Deed::User(clone, Input::PowerOn));
}

fn a_clone_is_switched_off(trouble: &mut Trouble) {
    let clone = a_clone(trouble);
    trouble.does(Deed::User(clone, Input::PowerOff));
}

fn a_clone_presses(trouble: &mut Trouble) {
    let clone = a_clone(trouble);
    trouble.does(Deed::User(clone, Input::PressPtt { kind: RequestKind::Normal }));
    trouble.does(Deed::User(clone, Input::Speech(vec![[4; 8]; 60])));
}
