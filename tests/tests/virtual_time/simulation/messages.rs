//! Invariant: each status and call alert that is sent is delivered or refused, once, and each alert ends, in its time.

use std::collections::BTreeMap;

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{MessageId, MessageKind, Moment, Span};

/// Longest time on the way: a message is said three times, two seconds apart, and then kept.
pub const ON_THE_WAY: Span = Span::from_secs(7);
/// Longest alert.
pub const ALERT: Span = Span::from_secs(10);

/// What is under way, and since when.
#[derive(Debug, Default)]
pub struct Messages {
    on_the_way: BTreeMap<MessageId, Moment>,
    alerting: BTreeMap<MessageId, Moment>,
}

impl Messages {
    pub fn see(&mut self, at: Moment, event: &EventKind) {
        if let EventKind::MessageSent { message, kind, .. } = event {
            assert!(self.on_the_way.insert(*message, at).is_none(), "message {message} is sent twice");
            if *kind == MessageKind::CallAlert {
                self.alerting.insert(*message, at);
            }
        } else if let EventKind::MessageDelivered { message, .. } = event {
            assert!(self.on_the_way.remove(message).is_some(), "message {message} was not on its way");
        } else if let EventKind::MessageRefused { message, .. } = event {
            self.on_the_way.remove(message);
            self.alerting.remove(message);
        } else if let EventKind::AlertOver { message, .. } = event {
            assert!(self.alerting.remove(message).is_some(), "alert {message} is over and was none");
        }
    }

    pub fn nothing_lasts_for_ever(&self, now: Moment) {
        for (message, since) in &self.on_the_way {
            assert!(now <= *since + ON_THE_WAY, "message {message} is on its way since {since}");
        }
        for (message, since) in &self.alerting {
            assert!(now <= *since + ON_THE_WAY + ALERT, "message {message} alerts since {since}");
        }
    }

    pub fn are_over(&self) {
        assert!(self.on_the_way.is_empty() && self.alerting.is_empty(), "under way: {self:?}");
    }
}
