//! Invariant: each request that waits is granted, refused or cancelled, and nobody waits for ever.

use std::collections::BTreeMap;

use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{Moment, Span, UnitId};

/// What a unit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    Channels,
    Floor,
    CalledUnit,
}

impl For {
    /// Longest wait; [`network`](super::network) provisions the first two and the rings.
    const fn longest(self) -> Span {
        match self {
            Self::Channels => QUEUE,
            Self::Floor => FLOOR,
            // A page, and then a ring.
            Self::CalledUnit => Span::from_secs(PAGE.as_micros() / 1_000_000 + RING.as_micros() / 1_000_000),
        }
    }
}

/// Longest wait in the queue.
pub const QUEUE: Span = Span::from_secs(20);
/// Longest wait for a floor.
pub const FLOOR: Span = Span::from_secs(15);
/// Longest page.
pub const PAGE: Span = Span::from_secs(4);
/// Longest ring.
pub const RING: Span = Span::from_secs(8);

/// Who waits, for what, and since when.
#[derive(Debug, Default)]
pub struct Waiting {
    for_channels: BTreeMap<UnitId, Moment>,
    for_floors: BTreeMap<UnitId, Moment>,
    for_called: BTreeMap<UnitId, Moment>,
}

impl Waiting {
    pub fn see(&mut self, at: Moment, event: &EventKind) {
        if let EventKind::CallQueued { unit, .. } = event {
            self.for_called.remove(unit);
            assert!(self.for_channels.insert(*unit, at).is_none(), "unit {unit} waits twice");
        } else if let EventKind::CallCancelled { unit, .. } = event {
            let waited = [self.for_channels.remove(unit), self.for_called.remove(unit)];
            assert!(waited.iter().any(Option::is_some), "unit {unit} did not wait");
        } else if let EventKind::CallRefused { unit, .. }
        | EventKind::CallGranted { talker: unit, .. }
        | EventKind::CallCalledBack { unit, .. } = event
        {
            self.for_called.remove(unit);
            self.for_channels.remove(unit);
        } else if let EventKind::FloorTaken { unit, .. } = event {
            self.for_channels.remove(unit);
            self.for_floors.remove(unit);
        } else if let EventKind::UnitPaged { caller, .. } = event {
            assert!(self.for_called.insert(*caller, at).is_none(), "unit {caller} calls twice");
        } else if let EventKind::CallAnswered { parties, .. } = event {
            let caller = parties.pair().expect("two units have an answered call").caller;
            self.for_called.remove(&caller);
            self.for_channels.remove(&caller);
        } else if let EventKind::FloorQueued { unit, .. } = event {
            // A request may become a demand for the floor of the call that was set up meanwhile.
            self.for_channels.remove(unit);
            self.for_floors.insert(*unit, at);
        } else if let EventKind::FloorRefused { unit, .. } = event {
            self.for_floors.remove(unit);
        }
        self.nobody_waits_for_ever(at);
    }

    pub fn nobody_waits_for_ever(&self, now: Moment) {
        let kinds = [
            (For::Channels, &self.for_channels),
            (For::Floor, &self.for_floors),
            (For::CalledUnit, &self.for_called),
        ];
        for (what, waiting) in kinds {
            for (unit, since) in waiting {
                let waited = now.since(*since);
                assert!(waited <= what.longest(), "unit {unit} has waited {waited:?} for {what:?}");
            }
        }
    }

    pub fn is_empty(&self) {
        let Self { for_channels, for_floors, for_called } = self;
        assert!(for_channels.is_empty(), "never answered: {for_channels:?}");
        assert!(for_called.is_empty(), "still called: {for_called:?}");
        assert!(for_floors.is_empty(), "waiting for a floor: {for_floors:?}");
    }
}
