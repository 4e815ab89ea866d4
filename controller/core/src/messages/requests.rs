//! Messages that are asked for, by radios and by operators (clauses 13.4.1 and 13.4.2).

use smallvec::SmallVec;
use trunklab_protocol::from_site::{AlertCancel, CallAlert, Status};
use trunklab_protocol::operator::{EventKind, MessageStage, MessageView, Sender};
use trunklab_protocol::to_site::MessageRefused;
use trunklab_protocol::{
    Addressee, Cause, Clause, MessageId, MessageKind, Press, SiteId, StatusNumber, UnitId,
};

use super::checks::Asked;
use super::pending::{Message, Origin};
use super::table::{Action, Happening, State};
use crate::controller::Controller;
use crate::orders::{Done, Given};
use crate::output::{MessageRecord, Outbox, StoreItem};
use crate::registry::visitors::{Told, ToldOf, is_before};

impl Controller {
    /// A radio tells a status.
    pub(crate) fn status_told(&mut self, site: SiteId, message: Status, out: &mut Outbox) {
        let Status { unit, press, to, number } = message;
        self.message_asked(site, (unit, press), MessageKind::Status(number), to, out);
    }

    /// A radio wants another unit to call back.
    pub(crate) fn alert_wanted(&mut self, site: SiteId, message: CallAlert, out: &mut Outbox) {
        let CallAlert { unit, press, called } = message;
        self.message_asked(site, (unit, press), MessageKind::CallAlert, Some(called.into()), out);
    }

    fn message_asked(
        &mut self,
        site: SiteId,
        (unit, press): (UnitId, Press),
        kind: MessageKind,
        to: Option<Addressee>,
        out: &mut Outbox,
    ) {
        let last = match self.present_at(unit, site) {
            Ok(visitor) => visitor.last_message,
            Err(cause) => {
                self.tell_by(Clause::MessageChecks, site, MessageRefused { unit, press, cause }, out);
                return self.drop_message(site, cause, out);
            }
        };
        match last {
            Some(last) if last.press == press => return self.tell_message_again(site, unit, last, out),
            Some(last) if is_before(press, last.press) => {
                return self.drop_message(site, Cause::Duplicate, out);
            }
            Some(_) | None => {}
        }
        let from = Sender::Unit(unit);
        if let (MessageKind::CallAlert, Some(Addressee::Unit(called))) = (kind, to) {
            // It alerts again: the new alert takes the place of the old one.
            self.cancel_alert_of(&from, called, out);
        }
        let checked = Asked { controller: self, kind, from: &from, to }.check();
        self.take_message(Origin::Radio(unit, press), from, kind, (to, Some(site)), checked, out);
    }

    /// An operator tells a status.
    pub(crate) fn send_status(
        &mut self,
        to: Addressee,
        number: StatusNumber,
        given: &Given,
        out: &mut Outbox,
    ) -> Result<Done, Cause> {
        self.message_ordered(MessageKind::Status(number), to, given, out)
    }

    /// An operator alerts a unit. Whoever does so while it alerts already changes nothing.
    pub(crate) fn call_alert(
        &mut self,
        unit: UnitId,
        given: &Given,
        out: &mut Outbox,
    ) -> Result<Done, Cause> {
        let from = Sender::Console(given.by.console.clone());
        match self.messages.alert_of(&from, unit).map(|message| message.state) {
            Some(State::Alerting) => Ok(Done::Now),
            Some(_) => Err(Cause::WrongState),
            None => self.message_ordered(MessageKind::CallAlert, unit.into(), given, out),
        }
    }

    /// An operator's call alert for a unit is over.
    pub(crate) fn cancel_alert(
        &mut self,
        unit: UnitId,
        given: &Given,
        out: &mut Outbox,
    ) -> Result<Done, Cause> {
        let from = Sender::Console(given.by.console.clone());
        if self.cancel_alert_of(&from, unit, out) { Ok(Done::Now) } else { Err(Cause::UnknownAlert) }
    }

    fn message_ordered(
        &mut self,
        kind: MessageKind,
        to: Addressee,
        given: &Given,
        out: &mut Outbox,
    ) -> Result<Done, Cause> {
        let from = Sender::Console(given.by.console.clone());
        let checked = Asked { controller: self, kind, from: &from, to: Some(to) }.check();
        let origin = Origin::Operator(Box::new(given.clone()));
        self.take_message(origin, from, kind, (Some(to), None), checked, out);
        checked.map(|()| Done::WhenStored)
    }

    /// A radio no longer wants its call alert. It is told so however often it says it.
    pub(crate) fn alert_cancelled(&mut self, site: SiteId, message: AlertCancel, out: &mut Outbox) {
        let AlertCancel { unit, press } = message;
        if let Err(cause) = self.present_at(unit, site) {
            return self.drop_message(site, cause, out);
        }
        let wanted = Origin::Radio(unit, press);
        let alert = self.messages.iter().find(|message| message.origin == wanted && message.is_alert());
        if let Some((counter, state)) = alert.map(|alert| (alert.id().counter, alert.state)) {
            self.advance_message(counter, Happening::Cancelled, out);
            if state == State::Calling {
                // That it is refused was the answer.
                return;
            }
        }
        let cause = Cause::RequestCancelled;
        self.tell_by(Clause::AlertEnd, site, MessageRefused { unit, press, cause }, out);
    }

    /// Whether a sender had a call alert for a unit; it has none any more.
    fn cancel_alert_of(&mut self, from: &Sender, unit: UnitId, out: &mut Outbox) -> bool {
        let Some(alert) = self.messages.alert_of(from, unit) else { return false };
        let counter = alert.id().counter;
        self.advance_message(counter, Happening::Cancelled, out);
        true
    }

    /// A message gets its number and its record; one that is refused has nothing else.
    fn take_message(
        &mut self,
        origin: Origin,
        from: Sender,
        kind: MessageKind,
        (to, from_site): (Option<Addressee>, Option<SiteId>),
        checked: Result<(), Cause>,
        out: &mut Outbox,
    ) {
        let message = MessageId { epoch: self.epoch, counter: self.messages.count() };
        let record = MessageRecord {
            message,
            kind,
            from: from.clone(),
            to,
            from_site,
            sites: SmallVec::new(),
            requested: self.now,
            outcome: None,
            ended: None,
        };
        let stage = MessageStage::Sent;
        self.recent.add(MessageView { message, kind, from: from.clone(), to, requested: self.now, stage });
        if let Origin::Radio(unit, press) = origin {
            self.remember_told(unit, Told { press, of: ToldOf::OnItsWay });
        }
        let state = match (kind, to) {
            (MessageKind::CallAlert, _) => State::Calling,
            (MessageKind::Status(_), Some(Addressee::Unit(_))) => State::Telling,
            (MessageKind::Status(_), Some(Addressee::Talkgroup(_))) => State::Passing,
            (MessageKind::Status(_), None) => State::Keeping,
        };
        let is_operator = matches!(origin, Origin::Operator(_));
        self.messages.add(Message { state, origin, record, said: 0, store: None });
        let counter = message.counter;
        if let Err(cause) = checked {
            self.perform_message(counter, Action::Fail, cause, out);
            // An operator learns it with the order's own answer.
            if !is_operator {
                self.perform_message(counter, Action::TellRefused, cause, out);
            }
            self.messages.remove(counter);
            return;
        }
        self.report(EventKind::MessageSent { message, kind, from, to, site: from_site }, out);
        match state {
            State::Telling | State::Calling => {
                self.keep_record(counter, out);
                self.perform_message(counter, Action::Say, Cause::Duplicate, out);
            }
            State::Passing => {
                self.perform_message(counter, Action::Say, Cause::Duplicate, out);
                self.perform_message(counter, Action::Deliver, Cause::Duplicate, out);
            }
            State::Keeping | State::Arming | State::Alerting | State::Repeating | State::Over => {
                self.perform_message(counter, Action::Deliver, Cause::Duplicate, out);
            }
        }
    }

    /// The record is kept as it stands; nothing waits for that.
    pub(super) fn keep_record(&mut self, counter: u32, out: &mut Outbox) -> u64 {
        let record = self.messages.get(counter).expect("a message that is kept is under way").record.clone();
        self.store(StoreItem::Message(Box::new(record)), out)
    }

    /// What a radio was told of its last message.
    pub(super) fn remember_told(&mut self, unit: UnitId, told: Told) {
        if let Some(visitor) = self.visitors.get_mut(unit)
            && visitor.last_message.is_none_or(|last| !is_before(told.press, last.press))
        {
            visitor.last_message = Some(told);
        }
    }
}
