//! Orders for units, from the list of them or by number: each is asked about before it is given.

use trunklab_protocol::UnitId;
use trunklab_protocol::operator::{Order, Sender};

use super::{Command, group_list, messages, note};
use crate::conn::Question;
use crate::keys::UnitKey;
use crate::model::{Cursor, Draft, Model, Screen};

/// Asks whether the chosen unit shall be ordered this, or for what is still missing.
pub(super) fn ask(model: &mut Model, key: UnitKey) -> Option<Command> {
    let Some(unit) = chosen(model) else {
        let says = if model.screen == Screen::Messages {
            "choose what a unit has told: a console is not answered"
        } else {
            "choose a unit: / types its number"
        };
        note(model, says);
        return None;
    };
    if model.screen == Screen::Messages {
        model.answering = messages::chosen(model).map(|view| view.message);
    }
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
            note(model, "choose the talkgroup in the list of talkgroups first");
            return None;
        }
        (UnitKey::Alert, _) => Order::CallAlert { unit },
        (UnitKey::CancelAlert, _) => Order::CancelAlert { unit },
        (UnitKey::Monitor, _) => {
            model.draft = Some(Draft::Listener { unit, typed: String::new() });
            return None;
        }
        (UnitKey::Priority, _) => {
            model.draft = Some(Draft::Priority { unit, known: None, cursor: Cursor::default() });
            return Some(Command::Ask(Question::Rights(unit)));
        }
        (UnitKey::Rights, _) => {
            let (services, cursor) = (trunklab_protocol::Services::NONE, Cursor::default());
            model.draft = Some(Draft::Rights { unit, known: None, services, cursor });
            return Some(Command::Ask(Question::Rights(unit)));
        }
    };
    model.asked = Some(order.into());
    None
}

/// The unit that keys are about: of a message its sender.
pub(super) fn chosen(model: &Model) -> Option<UnitId> {
    if model.screen != Screen::Messages {
        return model.units.chosen(&unit_list(model));
    }
    match messages::chosen(model)?.from {
        Sender::Unit(unit) => Some(unit),
        Sender::Console(_) => None,
    }
}

/// The units that are not as usual.
pub(crate) fn unit_list(model: &Model) -> Vec<UnitId> {
    model.picture.iter().flat_map(|picture| &picture.units).map(|view| view.unit).collect()
}
