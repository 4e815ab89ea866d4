//! Orders that are put together in steps: a status, a listener, a priority, rights.

use trunklab_protocol::operator::StatusText;

use super::{Command, give, group_list, messages, note, units};
use crate::model::{Draft, Model, Screen, StatusDraft, Step};

/// Begins to tell a status to what is chosen.
pub(super) fn tell(model: &mut Model) {
    if statuses(model).is_empty() {
        return note(model, "the network has no statuses: an administrator provisions them");
    }
    let to = if model.screen == Screen::Groups {
        model.groups.chosen(&group_list(model)).map(Into::into)
    } else {
        units::chosen(model).map(Into::into)
    };
    let Some(to) = to else { return note(model, "choose a unit or a talkgroup that is to be told") };
    if model.screen == Screen::Messages {
        model.answering = messages::chosen(model).map(|view| view.message);
    }
    model.draft = Some(Draft::Status(StatusDraft::to(to)));
}

/// Goes on with what is chosen: a status is told, anything else is asked about first.
pub(super) fn choose(model: &mut Model) -> Option<Command> {
    let draft = model.draft.take()?;
    let Some(order) = draft.order(&statuses(model)) else {
        model.draft = Some(draft);
        return None;
    };
    match draft {
        Draft::Status(_) => give(model, order),
        Draft::Listener { .. } | Draft::Priority { .. } | Draft::Rights { .. } => {
            model.asked = Some(order.into());
            None
        }
    }
}

/// Gives it up.
pub(super) fn drop(model: &mut Model) {
    model.draft = None;
    model.answering = None;
}

pub(super) fn step(model: &mut Model, step: Step) {
    let statuses = statuses(model);
    change(model, |draft| draft.step(&statuses, step));
}

pub(super) fn push(model: &mut Model, letter: char) {
    change(model, |draft| draft.push(letter));
}

pub(super) fn erase(model: &mut Model) {
    change(model, Draft::erase);
}

pub(super) fn tick(model: &mut Model) {
    change(model, Draft::tick);
}

fn change(model: &mut Model, change: impl FnOnce(&mut Draft)) {
    if let Some(draft) = &mut model.draft {
        change(draft);
    }
}

fn statuses(model: &Model) -> Vec<StatusText> {
    model.picture.as_ref().map_or_else(Vec::new, |picture| picture.statuses.clone())
}
