//! Messages on their way: said, confirmed, kept, told of (clauses 13.4.3 to 13.4.5).

use trunklab_protocol::from_site::MessageAnswer;
use trunklab_protocol::operator::{EventKind, MessageStage};
use trunklab_protocol::to_site::{CallAlert, MessageDelivered, MessageRefused, Status};
use trunklab_protocol::{Addressee, Cause, Clause, MessageKind, MessageReply, SiteId, Span, Teller, UnitId};

use super::pending::{Message, Origin};
use super::table::{Action, Happening, State, find};
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::visitors::{Presence, Told, ToldOf};
use crate::timers::TimerKey;

impl Controller {
    /// A radio says that it has a message, or what its user says to it.
    pub(crate) fn message_answered(&mut self, site: SiteId, answer: MessageAnswer, out: &mut Outbox) {
        let MessageAnswer { unit, message, reply } = answer;
        if let Err(cause) = self.present_at(unit, site) {
            return self.drop_message(site, cause, out);
        }
        let is_its = |row: &&Message| row.id() == message && row.record.to == Some(unit.into());
        if self.messages.get(message.counter).filter(is_its).is_none() {
            return self.drop_message(site, Cause::Duplicate, out);
        }
        let happening = match reply {
            MessageReply::Received => Happening::Confirmed,
            MessageReply::Dismissed => Happening::Dismissed,
        };
        if !self.advance_message(message.counter, happening, out) {
            self.drop_message(site, Cause::Duplicate, out);
        }
    }

    /// Timer: a message is to be said again, was said often enough, or has alerted for long enough.
    pub(crate) fn message_due(&mut self, counter: u32, out: &mut Outbox) {
        let message = self.messages.get(counter).expect("the timer of a message runs while it is under way");
        let often_enough = message.state != State::Alerting && message.said >= self.system.message_tries;
        let receiver = message.record.to.and_then(Addressee::unit);
        let gone = receiver.is_some_and(|unit| self.visitors.get(unit).is_none());
        let happening = match () {
            () if gone => Happening::ReceiverGone,
            () if often_enough => Happening::TriesOver,
            () => Happening::Overdue,
        };
        self.advance_message(counter, happening, out);
    }

    /// The store has kept something, or failed to: where a message waits for that, it goes on.
    pub(crate) fn message_stored(&mut self, store: u64, kept: bool, out: &mut Outbox) {
        if let Some(counter) = self.messages.answered_by_store(store) {
            let happening = if kept { Happening::Kept } else { Happening::NotKept };
            self.advance_message(counter, happening, out);
        }
    }

    /// A unit is not registered any more: what is for it ends.
    pub(crate) fn end_messages_to(&mut self, unit: UnitId, out: &mut Outbox) {
        self.advance_messages_to(unit, Happening::ReceiverGone, out);
    }

    /// A unit gets no service any more: what is for it ends.
    pub(crate) fn end_messages_to_stunned(&mut self, unit: UnitId, out: &mut Outbox) {
        self.advance_messages_to(unit, Happening::ReceiverStunned, out);
    }

    fn advance_messages_to(&mut self, unit: UnitId, happening: Happening, out: &mut Outbox) {
        let counters: Vec<_> = self.messages.to_unit(unit).map(|message| message.id().counter).collect();
        for counter in counters {
            self.advance_message(counter, happening, out);
        }
    }

    /// The term ends, and every message with it.
    pub(crate) fn end_messages(&mut self, out: &mut Outbox) {
        let counters: Vec<_> = self.messages.iter().map(|message| message.id().counter).collect();
        for counter in counters {
            self.advance_message(counter, Happening::TermOver, out);
        }
    }

    /// Something happens to a message; `false` where that changes nothing.
    pub(super) fn advance_message(&mut self, counter: u32, happening: Happening, out: &mut Outbox) -> bool {
        let Some(message) = self.messages.get(counter) else { return false };
        let Some(row) = find(message.state, happening) else { return false };
        if row.next != row.state {
            self.timers.cancel(TimerKey::Message(counter));
        }
        for action in row.actions {
            self.perform_message(counter, *action, happening.cause(), out);
        }
        let message = self.messages.get_mut(counter).expect("a message is taken out below");
        message.state = row.next;
        match row.next {
            State::Over => _ = self.messages.remove(counter),
            State::Repeating if row.state != State::Repeating => self.wait_for_confirmation(counter),
            State::Telling
            | State::Calling
            | State::Passing
            | State::Keeping
            | State::Arming
            | State::Alerting
            | State::Repeating => {}
        }
        true
    }

    /// One thing is done with a message.
    pub(super) fn perform_message(&mut self, counter: u32, action: Action, cause: Cause, out: &mut Outbox) {
        match action {
            Action::Say => self.say_message(counter, out),
            Action::Deliver => self.deliver_message(counter, out),
            Action::TellDelivered => self.tell_delivered(counter, out),
            Action::StartAlert => {
                let due = self.now + Span::from_millis(u64::from(self.system.call_alert_ms_max));
                self.timers.set(TimerKey::Message(counter), due);
            }
            Action::Fail => self.fail_message(counter, cause, out),
            Action::TellRefused => self.tell_refused(counter, cause, out),
            Action::Withdraw => self.withdraw_alert(counter, cause, out),
            Action::End => self.end_alert(counter, cause, out),
        }
    }

    /// Action: it is said where its receiver is, or its receivers are.
    fn say_message(&mut self, counter: u32, out: &mut Outbox) {
        let message = self.messages.get_mut(counter).expect("what is said is under way");
        message.said = message.said.saturating_add(1);
        let (to, kind, id) = (message.record.to, message.record.kind, message.id());
        let from = match message.origin {
            Origin::Radio(unit, press) => Some(Teller { unit, press }),
            Origin::Operator(_) => None,
        };
        let sites = self.places_of(to);
        let message = self.messages.get_mut(counter).expect("it was found above");
        for site in &sites {
            if let Err(place) = message.record.sites.binary_search(site) {
                message.record.sites.insert(place, *site);
            }
        }
        for site in sites {
            match (kind, to) {
                (MessageKind::Status(number), Some(to)) => {
                    let clause = match to {
                        Addressee::Unit(_) => Clause::MessageToUnit,
                        Addressee::Talkgroup(_) => Clause::MessageToTalkgroup,
                    };
                    self.tell_by(clause, site, Status { message: id, from, to, number }, out);
                }
                (MessageKind::CallAlert, Some(Addressee::Unit(unit))) => {
                    let repeat_ms = self.system.call_alert_repeat_ms;
                    let limit_ms = self.system.call_alert_ms_max;
                    let word = CallAlert { message: id, unit, from, repeat_ms, limit_ms };
                    self.tell_by(Clause::CallAlert, site, word, out);
                }
                (MessageKind::CallAlert, Some(Addressee::Talkgroup(_)) | None)
                | (MessageKind::Status(_), None) => {}
            }
        }
        self.wait_for_confirmation(counter);
    }

    fn wait_for_confirmation(&mut self, counter: u32) {
        let due = self.now + Span::from_millis(u64::from(self.system.message_wait_ms));
        self.timers.set(TimerKey::Message(counter), due);
    }

    /// Where a message is to be said.
    fn places_of(&self, to: Option<Addressee>) -> Vec<SiteId> {
        match to {
            Some(Addressee::Unit(unit)) => {
                let visitor = self.visitors.get(unit);
                let present = visitor.filter(|visitor| visitor.presence == Presence::Present);
                present.map(|visitor| visitor.site).into_iter().collect()
            }
            Some(Addressee::Talkgroup(talkgroup)) => {
                let row = self.talkgroups.get(talkgroup);
                row.into_iter().flat_map(|row| row.presence().iter().map(|(site, _)| *site)).collect()
            }
            None => Vec::new(),
        }
    }

    /// Action: it was delivered, and the store is to keep that.
    fn deliver_message(&mut self, counter: u32, out: &mut Outbox) {
        let now = self.now;
        let message = self.messages.get_mut(counter).expect("what is delivered is under way");
        message.record.outcome = Some((now, Ok(())));
        let store = self.keep_record(counter, out);
        self.messages.wait_for(counter, store);
    }

    /// Action: whoever waits learns that it was delivered.
    fn tell_delivered(&mut self, counter: u32, out: &mut Outbox) {
        let row = self.messages.get(counter).expect("what was delivered is under way");
        let (origin, record) = (row.origin.clone(), &row.record);
        let (message, kind, from, to) = (record.message, record.kind, record.from.clone(), record.to);
        let clause = match to {
            Some(Addressee::Unit(_)) => Clause::MessageToUnit,
            Some(Addressee::Talkgroup(_)) => Clause::MessageToTalkgroup,
            None => Clause::MessageToConsoles,
        };
        if record.ended.is_none() {
            self.recent.note(message, MessageStage::Delivered);
        }
        self.report(EventKind::MessageDelivered { message, kind, from, to }, out);
        match origin {
            Origin::Radio(unit, press) => {
                self.remember_told(unit, Told { press, of: ToldOf::Delivered });
                self.tell_sender(clause, unit, MessageDelivered { unit, press }, out);
            }
            Origin::Operator(given) => self.answer_order(&given, Ok(()), out),
        }
    }

    /// Action: it was not delivered; that is kept, and nothing waits for it.
    fn fail_message(&mut self, counter: u32, cause: Cause, out: &mut Outbox) {
        let now = self.now;
        let row = self.messages.get_mut(counter).expect("what fails is under way");
        row.record.outcome = Some((now, Err(cause)));
        row.record.ended = None;
        let record = row.record.clone();
        self.keep_record(counter, out);
        self.recent.note(record.message, MessageStage::Refused(cause));
        let (message, kind, from, to) = (record.message, record.kind, record.from, record.to);
        self.report(EventKind::MessageRefused { message, kind, from, to, cause }, out);
    }

    /// Action: whoever waits learns that it was not delivered.
    fn tell_refused(&mut self, counter: u32, cause: Cause, out: &mut Outbox) {
        match self.messages.get(counter).expect("what is refused is under way").origin.clone() {
            Origin::Radio(unit, press) => {
                self.remember_told(unit, Told { press, of: ToldOf::Refused(cause) });
                let clause = clause_of_refusal(cause);
                self.tell_sender(clause, unit, MessageRefused { unit, press, cause }, out);
            }
            Origin::Operator(given) => self.answer_order(&given, Err(cause), out),
        }
    }

    /// A radio that repeats a message is told what it was told before; while that is on its way its site answers.
    pub(super) fn tell_message_again(&mut self, site: SiteId, unit: UnitId, last: Told, out: &mut Outbox) {
        let Told { press, of } = last;
        match of {
            ToldOf::OnItsWay => {}
            ToldOf::Delivered => {
                self.tell_by(Clause::MessageToUnit, site, MessageDelivered { unit, press }, out);
            }
            ToldOf::Refused(cause) => {
                self.tell_by(clause_of_refusal(cause), site, MessageRefused { unit, press, cause }, out);
            }
        }
    }

    /// Tells a message's sender something where it is now.
    fn tell_sender(
        &mut self,
        clause: Clause,
        unit: UnitId,
        word: impl Into<trunklab_protocol::to_site::ToSite>,
        out: &mut Outbox,
    ) {
        let visitor = self.visitors.get(unit).filter(|visitor| visitor.presence == Presence::Present);
        let site = visitor.map(|visitor| visitor.site);
        self.tell_by(clause, site, word, out);
    }
}

/// By which clause a message is refused.
fn clause_of_refusal(cause: Cause) -> Clause {
    const CLAUSES: &[(Cause, Clause)] = &[
        (Cause::StatusUnknown, Clause::StatusTable),
        (Cause::MessageUnconfirmed, Clause::MessageToUnit),
        (Cause::RequestCancelled, Clause::AlertEnd),
        (Cause::DurableStoreFailed, Clause::MessageRecords),
        (Cause::IndividualNotAllowed, Clause::ServiceRights),
    ];
    CLAUSES.iter().find(|(known, _)| *known == cause).map_or(Clause::MessageChecks, |(_, clause)| *clause)
}
