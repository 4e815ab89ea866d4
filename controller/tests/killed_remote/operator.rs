//! The operator, who gives one order after another.

use std::net::SocketAddr;

use tokio::sync::oneshot;
use trunklab_protocol::operator::Order;
use trunklab_protocol::remote::Class;
use trunklab_protocol::{Priority, RadioOrder, Service, Services, UnitId};

use crate::killable::{Line, talkgroup, unit};
use crate::known::{Known, Shared};
use crate::{ALL_UNITS, ELSEWHERE, UNITS};

/// Orders that follow one another about the same unit, those among them that are about one that is to be killed.
const ROUND: u64 = 9;

/// The next order, a round for a unit before the next unit's: so a later one often finds the one before waiting. Of its service and
/// its selector it is always another than the last one, and after each round the unit is stunned, or active, as it was not before.
fn next_order(known: &Known, turn: u64) -> Order {
    let (round, step) = (turn / ROUND, turn % ROUND);
    let unit = unit(u16::try_from(round % u64::from(UNITS)).unwrap() + 1);
    match step {
        0 | 2 | 4 if known.last_taken(unit, Class::Service) == Some(RadioOrder::Stun {}) => {
            Order::Revive { unit }
        }
        0 | 2 | 4 => Order::Stun { unit },
        1 | 3 => match known.last_taken(unit, Class::Selector) {
            Some(RadioOrder::Regroup(regroup)) if regroup.locked => Order::RestoreGroups { unit },
            Some(RadioOrder::Regroup(_)) => {
                Order::Regroup { unit, talkgroup: talkgroup(ELSEWHERE[1]), locked: true }
            }
            _ => Order::Regroup { unit, talkgroup: talkgroup(ELSEWHERE[0]), locked: false },
        },
        5 => {
            // Of them all but the last are more urgent than a talkgroup.
            let level = u8::try_from(turn % 5).unwrap() + 1;
            Order::SetPriority { unit, priority: Priority::new(level).unwrap() }
        }
        6 => {
            let withheld = Service::ALL[usize::try_from(round).unwrap() % Service::ALL.len()];
            let may_choose_areas = known.rights_of(unit).1.contains(Service::AreaSelection);
            let services = Services::ALL.without(withheld);
            let services = if may_choose_areas { services.without(Service::AreaSelection) } else { services };
            Order::SetRights { unit, services }
        }
        _ => next_of_the_doomed(known, round),
    }
}

/// Some units are stunned and, when that may not have been confirmed, killed, one after the other. Of whoever was killed, or waits
/// for it, no other order can be given.
fn next_of_the_doomed(known: &Known, round: u64) -> Order {
    let mut doomed = (UNITS + 1..=ALL_UNITS).map(unit);
    let last = |unit: &UnitId| known.last_taken(*unit, Class::Service);
    let killed = doomed.clone().rfind(|unit| last(unit) == Some(RadioOrder::Kill {}));
    let next = doomed.find(|unit| last(unit) != Some(RadioOrder::Kill {}));
    match (next, killed) {
        (_, Some(unit)) if round % 4 == 3 => Order::Kill { unit },
        (Some(unit), _) if last(&unit).is_none() && round.is_multiple_of(2) => Order::Stun { unit },
        (Some(unit), _) | (None, Some(unit)) => Order::Kill { unit },
        (None, None) => unreachable!("a unit is to be killed, or was"),
    }
}

/// Orders, one after another, until nobody answers.
pub async fn operate(
    address: SocketAddr,
    ca_pem: String,
    token: String,
    known: Shared,
    probed: oneshot::Receiver<()>,
) {
    let Some(mut line) = Line::open(address, &ca_pem, token).await else { return };
    if !line.is_admitted().await || probed.await.is_err() {
        return;
    }
    loop {
        let order = {
            let mut known = known.lock().unwrap();
            let order = next_order(&known, known.given.len() as u64);
            known.asked = Some(order.clone());
            order
        };
        let body = serde_json::to_string(&order).unwrap();
        let Some((status, body)) = line.ask("POST /v1/orders", &body).await else { return };
        known.lock().unwrap().answer(order, status, &body);
    }
}
