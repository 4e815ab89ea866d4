//! What must hold of messages after every input.

use super::table::State;
use crate::controller::Controller;
use crate::timers::TimerKey;

impl Controller {
    /// A message that is under way waits for somebody: for a radio or its own time with a timer, for the store by its request.
    pub(crate) fn assert_messages(&self) {
        for message in self.messages.iter() {
            let id = message.id();
            let timer = self.timers.runs(TimerKey::Message(id.counter));
            match message.state {
                State::Telling | State::Calling | State::Alerting | State::Repeating => {
                    assert!(timer, "message {id} waits for ever in {:?}", message.state);
                    assert_eq!(
                        message.store, None,
                        "message {id} waits for the store in {:?}",
                        message.state
                    );
                }
                State::Passing | State::Keeping | State::Arming => {
                    assert!(message.store.is_some(), "message {id} waits for nothing in {:?}", message.state);
                }
                State::Over => panic!("message {id} is over and under way"),
            }
            assert_eq!(id.epoch, self.epoch, "message {id} is of another term");
            let delivered = message.record.outcome.is_some();
            let on_its_way = matches!(message.state, State::Telling | State::Calling);
            assert_eq!(delivered, !on_its_way, "message {id}: its record differs from its state");
        }
    }
}
