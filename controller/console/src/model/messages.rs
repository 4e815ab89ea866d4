//! Status and call alerts in the picture: the last of them, as a snapshot has them.

use trunklab_protocol::operator::{MESSAGES_SHOWN_MAX, MessageStage, MessageView, Sender, Snapshot};
use trunklab_protocol::{Addressee, Cause, MessageId, MessageKind, Moment};

use super::fold::Grasp;

/// A message that is new, or how one stands that is known.
pub(super) fn add(
    picture: &mut Snapshot,
    requested: Moment,
    (message, kind, to): (MessageId, MessageKind, Option<Addressee>),
    from: &Sender,
    stage: MessageStage,
) -> Grasp {
    if let Some(view) = find(picture, message) {
        view.stage = stage;
        return Grasp::Whole;
    }
    if picture.messages.len() >= MESSAGES_SHOWN_MAX {
        picture.messages.remove(0);
    }
    picture.messages.push(MessageView { message, kind, from: from.clone(), to, requested, stage });
    Grasp::Whole
}

/// A message was delivered. One that is not known any more has made room for others.
pub(super) fn deliver(picture: &mut Snapshot, message: MessageId) -> Grasp {
    if let Some(view) = find(picture, message).filter(|view| view.stage == MessageStage::Sent) {
        view.stage = MessageStage::Delivered;
    }
    Grasp::Whole
}

/// A call alert is over.
pub(super) fn end(picture: &mut Snapshot, message: MessageId, cause: Cause) -> Grasp {
    if let Some(view) = find(picture, message) {
        view.stage = MessageStage::Over(cause);
    }
    Grasp::Whole
}

fn find(picture: &mut Snapshot, message: MessageId) -> Option<&mut MessageView> {
    picture.messages.iter_mut().rev().find(|view| view.message == message)
}
