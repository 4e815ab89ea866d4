//! Invariant: what a site keeps of the time in which it serves alone its controller has at last, each record once.

use std::collections::BTreeMap;

use trunklab_basestation_core::StationEvent;
use trunklab_controller_core::isolated::is_controllers;
use trunklab_controller_core::output::{Reported, ReportedItem, StoreItem};
use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::to_site::{Release, ToSite};
use trunklab_protocol::{CallId, Cause, Epoch, MessageId, SlotHealth};

/// A record of a time alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// A controller's call may have one of each site that carried it alone.
    Call(CallId, Epoch),
    Message(MessageId),
}

impl Key {
    fn of(item: &ReportedItem) -> Self {
        match item {
            ReportedItem::Call(record) => Self::Call(record.call, record.epoch),
            ReportedItem::Message(record) => Self::Message(record.message),
        }
    }
}

/// How often what this is about has happened, by a word for it.
pub type Happened = BTreeMap<&'static str, u32>;

/// What must have happened in some of the worlds: a promise of which nobody makes use would always be kept.
pub const EXPECTED: &[&str] = &[
    "a site serves alone",
    "a call begins at a site alone",
    "a controller's call ends at a site alone",
    "a call outlives the time alone",
    "a call merges",
    "a call ends with its base station",
    "a message of a time alone",
    "a site is in failsoft",
    "a site is in failsoft under a link",
    "something is said in failsoft",
    "a slot is faulty",
    "a call leaves a faulty slot",
    "the disk keeps nothing",
];

/// What sites wrote down, and what their controllers were told of it.
#[derive(Debug, Default)]
pub struct Alone {
    written: BTreeMap<Key, StoreItem>,
    told: BTreeMap<Key, ReportedItem>,
    happened: Happened,
}

impl Alone {
    pub fn happened(&self) -> &Happened {
        &self.happened
    }

    fn happens(&mut self, what: &'static str) {
        *self.happened.entry(what).or_default() += 1;
    }

    /// A base station reports something.
    pub fn see(&mut self, event: &StationEvent) {
        match event {
            StationEvent::Service(SiteService::Isolated) => self.happens("a site serves alone"),
            StationEvent::Service(SiteService::Failsoft) => self.happens("a site is in failsoft"),
            StationEvent::Reported(EventKind::CallGranted { .. }) => {
                self.happens("a call begins at a site alone");
            }
            StationEvent::Dropped { .. }
            | StationEvent::Collision { .. }
            | StationEvent::VoiceMissing { .. }
            | StationEvent::Service(_)
            | StationEvent::Heard(_)
            | StationEvent::Decided(..)
            | StationEvent::Reported(_) => {}
        }
    }

    /// A controller tells its operators something.
    pub fn see_event(&mut self, event: &EventKind) {
        if let EventKind::SiteInFailsoft { .. } = event {
            self.happens("a site is in failsoft under a link");
        } else if let EventKind::SlotHealth { health: SlotHealth::Faulty, .. } = event {
            self.happens("a slot is faulty");
        } else if let EventKind::SiteLeft { cause: Cause::SlotFaulty, .. }
        | EventKind::CallReleased { cause: Cause::SlotFaulty, .. } = event
        {
            self.happens("a call leaves a faulty slot");
        } else if let EventKind::Dropped { cause: Cause::DurableStoreFailed, .. } = event {
            self.happens("the disk keeps nothing");
        }
    }

    /// A controller orders something.
    pub fn see_order(&mut self, order: &ToSite) {
        if let ToSite::Release(Release { cause: Cause::CallMerged, .. }) = order {
            self.happens("a call merges");
        }
    }

    /// A base station writes something down, perhaps in place of what it wrote before.
    pub fn write(&mut self, item: StoreItem) {
        let key = if let StoreItem::CallOpened(record) | StoreItem::CallClosed(record) = &item {
            Key::Call(record.call, record.epoch)
        } else if let StoreItem::Message(record) = &item {
            Key::Message(record.message)
        } else {
            panic!("a site writes down {item:?}");
        };
        let before = self.written.insert(key, item.clone());
        let was_closed = matches!(before, Some(StoreItem::CallClosed(_)));
        assert!(!was_closed, "it was closed: {before:?}\n  and now there is {item:?}");
    }

    /// A controller writes down what a site has told it: again, where it did not hear that it is known.
    pub fn keep(&mut self, reported: &Reported) {
        let item = reported.item.clone();
        let key = Key::of(&item);
        let written =
            self.written.get(&key).cloned().unwrap_or_else(|| panic!("no site has written {item:?}"));
        let cause = Cause::StationRestarted;
        match (&item, &written) {
            (ReportedItem::Call(told), StoreItem::CallClosed(written)) => assert_eq!(told, written),
            (ReportedItem::Call(told), StoreItem::CallOpened(written)) => {
                assert_eq!(told.released.map(|(_, cause)| cause), Some(cause), "{told:?} of {written:?}");
                self.happens("a call ends with its base station");
            }
            (ReportedItem::Message(told), StoreItem::Message(written)) if written.is_over() => {
                assert_eq!(told, written);
            }
            (ReportedItem::Message(told), StoreItem::Message(written)) => {
                let mut written = written.clone();
                written.cut(cause);
                assert_eq!(*told, written);
            }
            _ => panic!("{item:?} is told, and {written:?} is written"),
        }
        match self.told.insert(key, item.clone()) {
            Some(before) => assert_eq!(before, item, "it is told otherwise than before"),
            None => self.counts(&item),
        }
    }

    fn counts(&mut self, item: &ReportedItem) {
        let ReportedItem::Call(record) = item else { return self.happens("a message of a time alone") };
        match record.released {
            Some((_, Cause::SaidInFailsoft)) => self.happens("something is said in failsoft"),
            Some((_, Cause::HandedBack)) => self.happens("a call outlives the time alone"),
            Some(_) if is_controllers(record.call.node) => {
                self.happens("a controller's call ends at a site alone");
            }
            Some(_) | None => {}
        }
    }

    /// All sites have their controller again.
    pub fn is_told(&self) {
        for (key, item) in &self.written {
            assert!(self.told.contains_key(key), "never told: {item:?}");
        }
    }
}
