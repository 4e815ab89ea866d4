//! The last messages, as consoles are shown them.

use std::collections::VecDeque;

use trunklab_protocol::MessageId;
use trunklab_protocol::operator::{MESSAGES_SHOWN_MAX, MessageStage, MessageView};

/// The last messages, the newest last.
#[derive(Debug, Default)]
pub struct Recent(VecDeque<MessageView>);

impl Recent {
    /// One more; the oldest makes room.
    pub(crate) fn add(&mut self, view: MessageView) {
        if self.0.len() >= MESSAGES_SHOWN_MAX {
            self.0.pop_front();
        }
        self.0.push_back(view);
    }

    /// How far one is now.
    pub(crate) fn note(&mut self, message: MessageId, stage: MessageStage) {
        if let Some(view) = self.0.iter_mut().rev().find(|view| view.message == message) {
            view.stage = stage;
        }
    }

    /// All of them.
    pub fn views(&self) -> Vec<MessageView> {
        self.0.iter().cloned().collect()
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}
