//! Statuses and call alerts: which one keys are about, and which of those for the consoles were seen.

use std::cmp::Reverse;

use trunklab_protocol::MessageId;
use trunklab_protocol::operator::MessageView;

use super::note;
use crate::model::Model;

/// The messages, the newest first.
pub(crate) fn message_list(model: &Model) -> Vec<Reverse<MessageId>> {
    let messages = model.picture.iter().flat_map(|picture| &picture.messages);
    let mut list: Vec<_> = messages.map(|view| Reverse(view.message)).collect();
    list.sort_unstable();
    list
}

/// The message that keys are about.
pub(crate) fn chosen(model: &Model) -> Option<&MessageView> {
    let Reverse(message) = model.messages.chosen(&message_list(model))?;
    model.picture.iter().flat_map(|picture| &picture.messages).find(|view| view.message == message)
}

/// The chosen one was seen.
pub(super) fn acknowledge(model: &mut Model) {
    let wanted = chosen(model).map(|view| view.message);
    let is_new = model.unseen().any(|view| Some(view.message) == wanted);
    match wanted.filter(|_| is_new) {
        Some(message) => {
            model.seen.insert(message);
        }
        None => note(model, "only what was told to the consoles is acknowledged, and once"),
    }
}

/// All of them were.
pub(super) fn acknowledge_all(model: &mut Model) {
    let unseen: Vec<_> = model.unseen().map(|view| view.message).collect();
    model.seen.extend(unseen);
}
