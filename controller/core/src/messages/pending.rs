//! The messages that are under way.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};

use trunklab_protocol::operator::Sender;
use trunklab_protocol::{Addressee, MessageId, MessageKind, Press, UnitId};

use super::table::State;
use crate::orders::Given;
use crate::output::MessageRecord;

/// Who waits to learn what becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Origin {
    /// A radio, which numbered it so.
    Radio(UnitId, Press),
    /// An operator, by this order.
    Operator(Box<Given>),
}

/// A message that is under way.
#[derive(Debug, Clone)]
pub struct Message {
    /// How far it is.
    pub state: State,
    /// Who waits to learn what becomes of it; an operator only until it does.
    pub origin: Origin,
    /// What is written down of it.
    pub record: MessageRecord,
    /// How often it was said.
    pub said: u8,
    /// The request to the store that is to keep it.
    pub store: Option<u64>,
}

impl Message {
    /// Which.
    pub const fn id(&self) -> MessageId {
        self.record.message
    }

    /// Whether it is a call alert that is not over.
    pub fn is_alert(&self) -> bool {
        self.record.kind == MessageKind::CallAlert && self.record.ended.is_none()
    }
}

impl Hash for Message {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.state, &self.origin, self.said, self.store, self.record.message).hash(state);
        (self.record.kind, self.record.to, self.record.requested).hash(state);
        (self.record.outcome.is_some(), self.record.ended.is_some(), self.record.sites.len()).hash(state);
    }
}

/// All messages that are under way, by their counters.
#[derive(Debug, Default)]
pub struct Messages {
    rows: BTreeMap<u32, Message>,
    /// Those that are for a unit.
    for_unit: BTreeMap<UnitId, Vec<u32>>,
    /// Those that wait for the store, by its request.
    kept_by: BTreeMap<u64, u32>,
    counted: u32,
}

impl Messages {
    /// The number of the next message.
    pub(crate) fn count(&mut self) -> u32 {
        self.counted += 1;
        self.counted
    }

    /// How many were counted in this term.
    pub fn counted(&self) -> u32 {
        self.counted
    }

    /// How many are under way.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// One of them.
    pub fn get(&self, counter: u32) -> Option<&Message> {
        self.rows.get(&counter)
    }

    /// One of them, to change anything but whom it is for and which request of the store it waits for.
    pub(crate) fn get_mut(&mut self, counter: u32) -> Option<&mut Message> {
        self.rows.get_mut(&counter)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Message> + '_ {
        self.rows.values()
    }

    /// Those for a unit, in order.
    pub fn to_unit(&self, unit: UnitId) -> impl Iterator<Item = &Message> + '_ {
        self.for_unit.get(&unit).into_iter().flatten().filter_map(|counter| self.rows.get(counter))
    }

    /// The call alert of a sender for a unit that is not over.
    pub fn alert_of(&self, from: &Sender, unit: UnitId) -> Option<&Message> {
        self.to_unit(unit).find(|message| message.is_alert() && message.record.from == *from)
    }

    /// One more.
    pub(crate) fn add(&mut self, message: Message) {
        let counter = message.id().counter;
        if let Some(Addressee::Unit(unit)) = message.record.to {
            self.for_unit.entry(unit).or_default().push(counter);
        }
        if let Some(store) = message.store {
            self.kept_by.insert(store, counter);
        }
        self.rows.insert(counter, message);
    }

    /// A message waits for this request of the store.
    pub(crate) fn wait_for(&mut self, counter: u32, store: u64) {
        if let Some(message) = self.rows.get_mut(&counter) {
            if let Some(earlier) = message.store.replace(store) {
                self.kept_by.remove(&earlier);
            }
            self.kept_by.insert(store, counter);
        }
    }

    /// The message that waited for this request of the store, and does so no longer.
    pub(crate) fn answered_by_store(&mut self, store: u64) -> Option<u32> {
        let counter = self.kept_by.remove(&store)?;
        if let Some(message) = self.rows.get_mut(&counter) {
            message.store = None;
        }
        Some(counter)
    }

    /// A message is over.
    pub(crate) fn remove(&mut self, counter: u32) -> Option<Message> {
        let message = self.rows.remove(&counter)?;
        if let Some(store) = message.store {
            self.kept_by.remove(&store);
        }
        if let Some(Addressee::Unit(unit)) = message.record.to
            && let Some(counters) = self.for_unit.get_mut(&unit)
        {
            counters.retain(|other| *other != counter);
            if counters.is_empty() {
                self.for_unit.remove(&unit);
            }
        }
        Some(message)
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}
