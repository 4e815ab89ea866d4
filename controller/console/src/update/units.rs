//! Orders for units, from the list of them or by number: each is asked about before it is given.

use std::collections::BTreeSet;

use trunklab_protocol::operator::{ConsoleName, Order, PendingView, Sender, Snapshot, UnitView};
use trunklab_protocol::{RadioOrder, UnitId};

use super::{Command, ask as ask_for_screen, group_list, messages, note};
use crate::conn::Question;
use crate::keys::UnitKey;
use crate::model::{Cursor, Draft, Model, Screen, Sheet, UnitSheet};

const CHOOSE: &str = "choose a unit: / types its number";

/// Asks whether the chosen unit shall be ordered this, or for what is still missing.
pub(super) fn ask(model: &mut Model, key: UnitKey) -> Option<Command> {
    let Some(unit) = chosen(model) else {
        let says = if model.screen == Screen::Messages {
            "choose what a unit has told: a console is not answered"
        } else {
            CHOOSE
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
        (UnitKey::EndMonitor, _) => Order::EndMonitor { unit },
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

/// Shows how the chosen unit is set up.
pub(super) fn show(model: &mut Model) -> Option<Command> {
    let Some(unit) = chosen(model) else {
        note(model, CHOOSE);
        return None;
    };
    model.sheet = Sheet::OnItsWay;
    model.screen = Screen::Unit(unit);
    ask_for_screen(model)
}

/// The controller has said how a unit is set up; of another than the one in sight nobody wants to know any more.
pub(super) fn take_sheet(model: &mut Model, unit: UnitId, answer: Result<Box<UnitSheet>, String>) {
    if model.screen == Screen::Unit(unit) {
        model.sheet = match answer {
            Ok(sheet) => Sheet::Told(sheet),
            Err(why) => Sheet::Refused(why),
        };
    }
}

/// The unit that keys are about: of a message its sender.
pub(super) fn chosen(model: &Model) -> Option<UnitId> {
    if let Screen::Unit(unit) = model.screen {
        return Some(unit);
    }
    if model.screen != Screen::Messages {
        return model.units.chosen(&unit_list(model));
    }
    match messages::chosen(model)?.from {
        Sender::Unit(unit) => Some(unit),
        Sender::Console(_) => None,
    }
}

/// The units that are not as usual, in order: listened to among them.
pub(crate) fn unit_list(model: &Model) -> Vec<UnitId> {
    let Some(picture) = &model.picture else { return Vec::new() };
    let unusual = picture.units.iter().map(|view| view.unit);
    let all: BTreeSet<_> = unusual.chain(listened_to(picture).map(|(unit, ..)| unit)).collect();
    all.into_iter().collect()
}

/// Who is listened to by order: the unit, the listener, and whose order it was.
pub(crate) fn listened_to(picture: &Snapshot) -> impl Iterator<Item = (UnitId, UnitId, &ConsoleName)> {
    picture.calls.iter().filter_map(|call| {
        let pair = call.parties.pair()?;
        Some((pair.caller, pair.called, call.monitored_by.as_ref()?))
    })
}

/// Whether the chosen unit is listened to by order, or is to be.
pub(crate) fn is_monitored(model: &Model) -> bool {
    let (Some(unit), Some(picture)) = (chosen(model), &model.picture) else { return false };
    let waits = |view: &UnitView| {
        let is_monitor = |pending: &PendingView| matches!(pending.of_radio, RadioOrder::Monitor(_));
        view.unit == unit && view.pending.iter().any(is_monitor)
    };
    listened_to(picture).any(|(listened, ..)| listened == unit) || picture.units.iter().any(waits)
}
