//! Orders for units, from the list of them or by number: each is asked about before it is given.

use trunklab_protocol::UnitId;
use trunklab_protocol::operator::Order;

use super::{group_list, note};
use crate::keys::UnitKey;
use crate::model::Model;

/// Asks whether the chosen unit shall be ordered this.
pub(super) fn ask(model: &mut Model, key: UnitKey) {
    let Some(unit) = model.units.chosen(&unit_list(model)) else {
        return note(model, "choose a unit: / types its number");
    };
    let talkgroup = model.groups.chosen(&group_list(model));
    let order = match (key, talkgroup) {
        (UnitKey::Stun, _) => Order::Stun { unit },
        (UnitKey::Revive, _) => Order::Revive { unit },
        (UnitKey::Kill, _) => Order::Kill { unit },
        (UnitKey::Check, _) => Order::CheckRadio { unit },
        (UnitKey::Restore, _) => Order::RestoreGroups { unit },
        (UnitKey::Regroup, Some(talkgroup)) => Order::Regroup { unit, talkgroup, locked: false },
        (UnitKey::Lock, Some(talkgroup)) => Order::Regroup { unit, talkgroup, locked: true },
        (UnitKey::Regroup | UnitKey::Lock, None) => {
            return note(model, "choose the talkgroup in the list of talkgroups first");
        }
    };
    model.asked = Some(order);
}

/// The units that are not as usual.
pub(crate) fn unit_list(model: &Model) -> Vec<UnitId> {
    model.picture.iter().flat_map(|picture| &picture.units).map(|view| view.unit).collect()
}
