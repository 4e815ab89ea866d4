//! Status and call alert at the handset (docs/services.md 13.4).
//!
//! What the user tells, and what the radio says to a message for it, is said beside all that the handset does else: on the control channel,
//! and by a talker on its own slot in the place of one burst of speech. One word is said at a time, until it is answered.

use trunklab_protocol::air_downlink::{
    AlertOver, CallAlert as AlertWord, MessageDelivered, MessageRefused, Status as StatusWord,
};
use trunklab_protocol::air_uplink::{AlertCancel, CallAlert, MessageAnswer, RequestKind, Status, UplinkWord};
use trunklab_protocol::{
    Addressee, Cause, MessageId, MessageReply, Moment, Press, Span, StatusNumber, Teller, UnitId,
};

use super::call::{Activity, Idle, Wanted};
use super::note::{Note, Purpose};
use super::radio::{Radio, Turn};
use super::service::Service;
use super::timers::{CONFIRM_AGAIN, SAID_ANEW};
use crate::output::{HandsetEvent, MessageSource};

/// Messages that a handset remembers, so that it shows each once.
const HEARD_MAX: usize = 16;

/// Call alerts that it keeps for its user; the oldest makes room.
const ALERTS_MAX: usize = 4;

/// A call alert that the user has not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Alert {
    message: MessageId,
    pub(super) from: MessageSource,
    /// How often the user is alerted.
    repeat: Span,
    /// When next.
    pub(super) next: Moment,
    until: Moment,
}

impl MessageSource {
    fn of(from: Option<Teller>) -> Self {
        from.map_or(Self::Operator, |teller| Self::Unit(teller.unit))
    }
}

/// A message that a radio has heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    message: MessageId,
    from: Option<Teller>,
    /// When it was confirmed last.
    since: Moment,
}

impl Heard {
    /// Whether it is heard again: under its own id, or under that of another term, which was asked for it anew.
    fn is(&self, message: MessageId, from: Option<Teller>, now: Moment) -> bool {
        let is_anew = self.message.epoch != message.epoch && from.is_some() && self.from == from;
        self.message == message || is_anew && now < self.since + SAID_ANEW
    }
}

/// How a message comes to a radio.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hearing {
    /// For the first time.
    First,
    /// Once more, and it was confirmed only just now.
    Echo,
    /// Once more, after a while: its confirmation was lost.
    Again,
}

impl Radio {
    /// How a message comes that is heard now; it is remembered with those before it.
    fn hears(&mut self, now: Moment, message: MessageId, from: Option<Teller>) -> Hearing {
        if let Some(known) = self.heard.iter_mut().find(|known| known.is(message, from, now)) {
            if known.message == message && now < known.since + CONFIRM_AGAIN {
                return Hearing::Echo;
            }
            for alert in self.alerts.iter_mut().filter(|alert| alert.message == known.message) {
                alert.message = message;
            }
            *known = Heard { message, from, since: now };
            return Hearing::Again;
        }
        if self.heard.len() >= HEARD_MAX {
            self.heard.pop_front();
        }
        self.heard.push_back(Heard { message, from, since: now });
        Hearing::First
    }

    /// What belongs to a user who has switched the radio off.
    pub(super) fn forget_messages(&mut self) {
        self.heard.clear();
        self.alerts.clear();
        self.shown = None;
    }

    /// When the user is alerted next.
    pub(super) fn alert_due(&self) -> Option<Moment> {
        self.alerts.iter().map(|alert| alert.next.min(alert.until)).min()
    }
}

impl Service {
    /// The user tells a status.
    pub(super) fn tell_status(&mut self, turn: &mut Turn<'_>, number: StatusNumber, to: Option<Addressee>) {
        let (unit, press) = (turn.radio.unit(), turn.radio.next_press());
        self.begin_message(turn, press, Status { unit, press, to, number }.into());
    }

    /// The user alerts another unit.
    pub(super) fn alert_unit(&mut self, turn: &mut Turn<'_>, called: UnitId) {
        let (unit, press) = (turn.radio.unit(), turn.radio.next_press());
        if self.begin_message(turn, press, CallAlert { unit, press, called }.into()) {
            turn.radio.last_alert = Some(press);
        }
    }

    /// The user no longer wants to be called back.
    pub(super) fn cancel_alert(&mut self, turn: &mut Turn<'_>) {
        let Some(press) = turn.radio.last_alert.take() else { return };
        // One that is being said still is answered with that.
        self.notes.retain(|note| note.press != press);
        let word = AlertCancel { unit: turn.radio.unit(), press }.into();
        self.add_note(turn, Note::new(press, word, Purpose::Cancel));
    }

    /// A user's message; one at a time.
    fn begin_message(&mut self, turn: &mut Turn<'_>, press: Press, word: UplinkWord) -> bool {
        if !self.camp.service.decides() {
            turn.tell(HandsetEvent::MessageRefused { cause: Cause::SiteUnavailable });
            return false;
        }
        if self.notes.iter().any(|note| note.purpose == Purpose::Message) {
            turn.tell(HandsetEvent::MessageRefused { cause: Cause::TooManyMessages });
            return false;
        }
        self.add_note(turn, Note::new(press, word, Purpose::Message));
        true
    }

    /// The registration is void or the handset goes: what was to be told is not told.
    pub(super) fn give_messages_up(&mut self, turn: &mut Turn<'_>, cause: Cause) {
        if self.notes.iter().any(|note| note.purpose == Purpose::Message) {
            turn.tell(HandsetEvent::MessageRefused { cause });
        }
        self.notes.clear();
    }

    /// The network says that our message was delivered.
    pub(super) fn message_delivered(&mut self, turn: &mut Turn<'_>, word: &MessageDelivered) {
        if word.unit == turn.radio.unit() && self.end_note(turn, word.press).is_some() {
            turn.tell(HandsetEvent::MessageDelivered);
        }
    }

    /// The network says that it was not, or is called back.
    pub(super) fn message_refused(&mut self, turn: &mut Turn<'_>, word: &MessageRefused) {
        if word.unit == turn.radio.unit() && self.end_note(turn, word.press).is_some() {
            turn.tell(HandsetEvent::MessageRefused { cause: word.cause });
        }
    }

    /// A status for us or for a talkgroup that we hear. What is said to us is confirmed as often as it is said, and shown once.
    pub(super) fn status_heard(&mut self, turn: &mut Turn<'_>, word: &StatusWord) {
        let StatusWord { message, from, to, number } = *word;
        let is_for_us = match to {
            Addressee::Unit(unit) => unit == turn.radio.unit(),
            Addressee::Talkgroup(talkgroup) => {
                let hears = talkgroup == self.talkgroup(turn) || self.secondary.contains(talkgroup);
                hears && from.is_none_or(|teller| teller.unit != turn.radio.unit())
            }
        };
        if !is_for_us || !turn.radio.remote.serves() {
            return;
        }
        let hearing = turn.radio.hears(turn.now, message, from);
        if to.unit().is_some() && hearing != Hearing::Echo {
            self.confirm(turn, message);
        }
        if hearing == Hearing::First {
            let from = MessageSource::of(from);
            turn.radio.shown = Some((number, from));
            turn.tell(HandsetEvent::ShowsStatus { number, from, to });
        }
    }

    /// Somebody wants us to call back.
    pub(super) fn alert_heard(&mut self, turn: &mut Turn<'_>, word: &AlertWord) {
        let AlertWord { message, unit, from, repeat_ms, limit_ms } = *word;
        if unit != turn.radio.unit() || !turn.radio.remote.serves() {
            return;
        }
        let hearing = turn.radio.hears(turn.now, message, from);
        if hearing != Hearing::Echo {
            self.confirm(turn, message);
        }
        if hearing != Hearing::First {
            return;
        }
        let from = MessageSource::of(from);
        let millis = |millis: u32| Span::from_millis(u64::from(millis));
        // Whatever the network says, a radio does not alert without a pause.
        let repeat = millis(repeat_ms).max(Span::from_secs(1));
        let until = turn.now + millis(limit_ms);
        turn.radio.alerts.retain(|alert| alert.from != from);
        if turn.radio.alerts.len() >= ALERTS_MAX {
            turn.radio.alerts.remove(0);
        }
        turn.radio.alerts.push(Alert { message, from, repeat, next: turn.now + repeat, until });
        turn.tell(HandsetEvent::Alerted { from });
    }

    /// An alert for us is over.
    pub(super) fn alert_over(&mut self, turn: &mut Turn<'_>, word: &AlertOver) {
        let ours = turn.radio.alerts.iter().position(|alert| alert.message == word.message);
        if word.unit == turn.radio.unit()
            && let Some(place) = ours
        {
            let from = turn.radio.alerts.remove(place).from;
            turn.tell(HandsetEvent::AlertOver { from, cause: word.cause });
        }
    }

    /// The user gets no service any more: nobody is alerted, and what was to be told is not told.
    pub(super) fn end_messages(&mut self, turn: &mut Turn<'_>, cause: Cause) {
        for alert in std::mem::take(&mut turn.radio.alerts) {
            turn.tell(HandsetEvent::AlertOver { from: alert.from, cause });
        }
        self.give_messages_up(turn, cause);
    }

    /// To be called when the user is to be alerted again, or for the last time.
    pub(super) fn fire_alerts(&mut self, turn: &mut Turn<'_>) {
        let now = turn.now;
        let (over, going): (Vec<_>, Vec<_>) =
            turn.radio.alerts.drain(..).partition(|alert| alert.until <= now);
        turn.radio.alerts = going;
        for alert in over {
            turn.tell(HandsetEvent::AlertOver { from: alert.from, cause: Cause::AlertExpired });
        }
        for place in 0..turn.radio.alerts.len() {
            let alert = &mut turn.radio.alerts[place];
            if alert.next <= now {
                alert.next = now + alert.repeat;
                let from = alert.from;
                turn.tell(HandsetEvent::Alerted { from });
            }
        }
    }

    /// A press of an idle user who is alerted calls back: who alerted last, or an operator in the selected talkgroup.
    pub(super) fn calls_back(&mut self, turn: &mut Turn<'_>) -> bool {
        let Activity::Idle(Idle { errand: None, called_back: None, .. }) = &self.activity else {
            return false;
        };
        let Some(alert) = turn.radio.alerts.pop() else { return false };
        let wanted = match alert.from {
            MessageSource::Unit(called) => {
                Wanted::Unit { called, setup: trunklab_protocol::CallSetup::Immediate }
            }
            MessageSource::Operator => Wanted::Talkgroup(self.talkgroup(turn)),
        };
        self.request_for(turn, RequestKind::Normal, wanted);
        true
    }

    /// The user does not want to call back.
    pub(super) fn dismiss_alert(&mut self, turn: &mut Turn<'_>) {
        let Some(alert) = turn.radio.alerts.pop() else { return };
        turn.tell(HandsetEvent::AlertOver { from: alert.from, cause: Cause::AlertDismissed });
        self.say_to(turn, alert.message, MessageReply::Dismissed);
    }

    fn confirm(&mut self, turn: &mut Turn<'_>, message: MessageId) {
        let is_said =
            |note: &Note| matches!(&note.word, UplinkWord::MessageAnswer(word) if word.message == message);
        if !self.notes.iter().any(is_said) {
            self.say_to(turn, message, MessageReply::Received);
        }
    }

    fn say_to(&mut self, turn: &mut Turn<'_>, message: MessageId, reply: MessageReply) {
        let (unit, press) = (turn.radio.unit(), turn.radio.next_press());
        let word = MessageAnswer { unit, press, message, reply }.into();
        self.add_note(turn, Note::new(press, word, Purpose::Answer));
    }
}
