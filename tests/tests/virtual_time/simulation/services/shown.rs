//! Promises: a status is shown by no radio more often than it was told, one for a unit that counts as delivered was shown, and a user
//! who tells something learns what became of it.

use std::collections::BTreeMap;

use trunklab::lab::script::Deed;
use trunklab_protocol::operator::{EventKind, Sender};
use trunklab_protocol::{Addressee, MessageKind, Moment, Span, StatusNumber, UnitId};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::{HandsetEvent, MessageSource};

/// A radio tries for a while to be heard, then waits until the message was said three times; behind what it says to others.
const LONGEST_WAIT: Span = Span::from_secs(45);
/// So long after it was told a message may be said again.
const SAID_AGAIN: Span = Span::from_secs(10);

/// What is alike in messages that cannot be told apart.
type Text = (Option<UnitId>, Addressee, StatusNumber);

#[derive(Debug)]
pub struct Shown {
    /// Whose individual id each radio has.
    radios: BTreeMap<UnitId, UnitId>,
    told: BTreeMap<Text, (u32, Moment)>,
    delivered: BTreeMap<Text, u32>,
    shown: BTreeMap<(UnitId, Text), u32>,
    /// How often a radio may show it once more: it was switched off meanwhile, and knows nothing any more.
    forgotten: BTreeMap<(UnitId, Text), u32>,
    waits: BTreeMap<UnitId, Moment>,
}

fn text(kind: MessageKind, from: &Sender, to: Option<Addressee>) -> Option<Text> {
    let MessageKind::Status(number) = kind else { return None };
    let from = match from {
        Sender::Unit(unit) => Some(*unit),
        Sender::Console(_) => None,
    };
    to.map(|to| (from, to, number))
}

impl Shown {
    pub const fn new(radios: BTreeMap<UnitId, UnitId>) -> Self {
        Self {
            radios,
            told: BTreeMap::new(),
            delivered: BTreeMap::new(),
            shown: BTreeMap::new(),
            forgotten: BTreeMap::new(),
            waits: BTreeMap::new(),
        }
    }

    /// Somebody does something; `is_on`: whether the radio is, where it is one.
    pub fn does(&mut self, deed: &Deed, now: Moment, is_on: bool) {
        if let Deed::User(radio, Input::Status { .. } | Input::CallAlert { .. }) = deed
            && is_on
        {
            self.waits.entry(*radio).or_insert(now);
        } else if let Deed::User(radio, Input::PowerOff | Input::PowerOn) | Deed::Vanish(radio) = deed {
            self.waits.remove(radio);
            for (text, (_, last)) in &self.told {
                if now <= *last + SAID_AGAIN {
                    *self.forgotten.entry((*radio, *text)).or_default() += 1;
                }
            }
        }
    }

    pub fn sent(&mut self, at: Moment, event: &EventKind) {
        if let EventKind::MessageSent { kind, from, to, .. } = event
            && let Some(text) = text(*kind, from, *to)
        {
            let (count, last) = self.told.entry(text).or_insert((0, at));
            (*count, *last) = (*count + 1, at);
        } else if let EventKind::MessageDelivered { kind, from, to, .. } = event
            && let Some(text) = text(*kind, from, *to)
            && let Some(unit) = text.1.unit()
        {
            let delivered = self.delivered.entry(text).or_default();
            *delivered += 1;
            let its_own =
                self.shown.iter().filter(|((radio, shown), _)| *shown == text && self.radios[radio] == unit);
            let shown: u32 = its_own.map(|(_, count)| count).sum();
            assert!(shown >= *delivered, "delivered {delivered} times and shown {shown} times: {text:?}");
        }
    }

    pub fn see(&mut self, radio: UnitId, event: &HandsetEvent) {
        if let HandsetEvent::ShowsStatus { number, from, to } = event {
            let from = match from {
                MessageSource::Unit(unit) => Some(*unit),
                MessageSource::Operator => None,
            };
            let text = (from, *to, *number);
            let shown = self.shown.entry((radio, text)).or_default();
            *shown += 1;
            let told = self.told.get(&text).map_or(0, |told| told.0);
            let more = self.forgotten.get(&(radio, text)).copied().unwrap_or_default();
            assert!(
                *shown <= told + more,
                "radio {radio} shows {shown} times what was told {told} times: {text:?}"
            );
        } else if let HandsetEvent::MessageDelivered | HandsetEvent::MessageRefused { .. } = event {
            self.waits.remove(&radio);
        }
    }

    pub fn nobody_waits_for_ever(&self, now: Moment) {
        for (radio, since) in &self.waits {
            assert!(now <= *since + LONGEST_WAIT, "radio {radio} tells something since {since}");
        }
    }

    pub fn are_over(&self) {
        assert!(self.waits.is_empty(), "who waits for a message: {:?}", self.waits);
    }
}
