//! Status and call alert at a site (docs/services.md 13.4): passed on, and told to radios on the control channel and beside calls.
//!
//! A radio in a call hears its call's slot and nothing else. So whatever is for it is said there as well, in bursts that can be spared.

use trunklab_protocol::air_downlink::{
    AlertOver, CallAlert, DownlinkWord, MessageDelivered, MessageRefused, Status, Working,
};
use trunklab_protocol::air_uplink::UplinkWord;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::{Addressee, Pair, Parties, Press, TalkgroupId, UnitId, from_site};

use crate::output::Outbox;
use crate::outstanding::Asked;
use crate::station::BaseStation;

/// How often a message for a unit is said on a slot. What is for a talkgroup is said there once: the controller repeats it whatever comes.
const SAYINGS: usize = 2;

/// Whether a word tells a message, or answers one.
pub(crate) const fn is_of_message(word: &UplinkWord) -> bool {
    matches!(
        word,
        UplinkWord::Status(_)
            | UplinkWord::CallAlert(_)
            | UplinkWord::AlertCancel(_)
            | UplinkWord::MessageAnswer(_)
    )
}

impl BaseStation {
    /// A radio tells a message, or says something to one.
    pub(crate) fn message(&mut self, word: UplinkWord, out: &mut Outbox) {
        if let UplinkWord::Status(word) = word {
            self.message_wanted(word.unit, word.press, word, out);
        } else if let UplinkWord::CallAlert(word) = word {
            self.message_wanted(word.unit, word.press, word, out);
        } else if let UplinkWord::AlertCancel(word) = word {
            self.message_said(word.unit, word.press, word, out);
        } else if let UplinkWord::MessageAnswer(word) = word {
            let unit = word.unit;
            let message = from_site::MessageAnswer { unit, message: word.message, reply: word.reply };
            self.message_said(unit, word.press, message, out);
        }
    }

    /// A message is passed on once; until it is answered its radio is told to wait.
    fn message_wanted(&mut self, unit: UnitId, press: Press, message: impl Into<FromSite>, out: &mut Outbox) {
        if !self.service.decides() {
            let cause = self.service.denial();
            return self.tell_of_message(unit, MessageRefused { unit, press, cause }, 1, out);
        }
        self.tell_of_message(unit, Working { unit, press }, 1, out);
        if self.outstanding.ask(unit, Asked::Message, press) {
            self.tell(message, out);
        }
    }

    /// What is said to a message is passed on however often it is said.
    fn message_said(&mut self, unit: UnitId, press: Press, message: impl Into<FromSite>, out: &mut Outbox) {
        if self.service.decides() {
            self.tell_of_message(unit, Working { unit, press }, 1, out);
            self.tell(message, out);
        }
    }

    /// The controller tells radios of a message.
    pub(crate) fn order_status(&mut self, word: Status, out: &mut Outbox) {
        match word.to {
            Addressee::Unit(unit) => self.tell_of_message(unit, word, SAYINGS, out),
            Addressee::Talkgroup(talkgroup) => {
                self.answer(word.clone(), out);
                self.tell_listeners(talkgroup, &word.into(), out);
            }
        }
    }

    /// A radio is alerted.
    pub(crate) fn order_alert(&mut self, word: CallAlert, out: &mut Outbox) {
        self.tell_of_message(word.unit, word, SAYINGS, out);
    }

    /// It is alerted no more.
    pub(crate) fn order_alert_over(&mut self, word: AlertOver, out: &mut Outbox) {
        self.tell_of_message(word.unit, word, SAYINGS, out);
    }

    /// A radio learns that its message was delivered.
    pub(crate) fn order_delivered(&mut self, word: MessageDelivered, out: &mut Outbox) {
        self.outstanding.answered(word.unit, word.press);
        self.tell_of_message(word.unit, word, 1, out);
    }

    /// A radio learns that its message was not delivered.
    pub(crate) fn order_message_refused(&mut self, word: MessageRefused, out: &mut Outbox) {
        self.outstanding.answered(word.unit, word.press);
        self.tell_of_message(word.unit, word, 1, out);
    }

    /// Tells one radio something on the control channel and on the slots of calls that it may be hearing.
    fn tell_of_message(
        &mut self,
        unit: UnitId,
        word: impl Into<DownlinkWord>,
        sayings: usize,
        out: &mut Outbox,
    ) {
        let word = word.into();
        self.answer(word.clone(), out);
        for call in self.calls_near(unit) {
            self.tell_on_slot(call, unit, word.clone(), sayings, out);
        }
    }

    /// Tells whoever hears a talkgroup something on the slots of calls that they may be hearing.
    fn tell_listeners(&mut self, talkgroup: TalkgroupId, word: &DownlinkWord, out: &mut Outbox) {
        let Some(air) = &mut self.on_air else { return };
        let sessions = &self.sessions;
        for slot in air.slots.values_mut() {
            let Some(call) = slot.call() else { continue };
            let may_hear = |parties: Parties| match parties {
                Parties::Group(group) => sessions.has_listener_to_both(group, talkgroup),
                Parties::Pair(Pair { caller, called }) => {
                    sessions.hears(caller, talkgroup) || sessions.hears(called, talkgroup)
                }
            };
            if slot.grants().iter().any(|grant| may_hear(grant.parties))
                && let Err(cause) = slot.tell_one(call, word.clone(), 1)
            {
                self.counts.drop(None, cause, out);
            }
        }
    }
}
