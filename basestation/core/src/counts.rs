//! What the station counts, and how a drop is made known: one cause, one event, one count.

use std::collections::BTreeMap;

use trunklab_protocol::from_site::Health;
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::{CallId, Cause, UnitId};

use crate::control::LateEntry;
use crate::output::{Outbox, Output, StationEvent};

/// Counters since the station's start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Control words sent.
    pub control_words: u64,
    /// Of them, words that said something other than idle, broadcast or neighbour.
    pub control_words_busy: u64,
    /// Control words left out after a late wake.
    pub control_words_skipped: u64,
    /// Late-entry words sent, and how much they gave way to others.
    pub late_entry: LateEntry,
    /// Downlink bursts of traffic slots sent.
    pub traffic_bursts: u64,
    /// Downlink bursts of traffic slots left out after a late wake.
    pub traffic_bursts_skipped: u64,
    /// Uplink bursts taken.
    pub bursts: u64,
    /// Uplink bursts lost to collisions.
    pub collisions: u64,
    /// Uplink bursts that came too late.
    pub late: u64,
    /// Uplink bursts dropped for any other cause.
    pub bursts_dropped: u64,
    /// Vocoder frames received from talkers here.
    pub frames_uplink: u64,
    /// Vocoder frames sent to listeners here.
    pub frames_downlink: u64,
    /// Vocoder frames whose time came before they did.
    pub frames_missing: u64,
    /// Everything dropped, by cause; and how often no speech of a talker elsewhere came ([`Cause::VoiceMissing`]).
    pub dropped: BTreeMap<Cause, u64>,
}

impl Counts {
    /// The part that the controller is told, with the load of each control channel and the digest of what the station runs.
    pub fn health(&self, controls: Vec<ControlLoad>, settings: u32) -> Health {
        Health {
            control_words: self.control_words,
            control_words_busy: self.control_words_busy,
            bursts: self.bursts,
            collisions: self.collisions,
            late: self.late,
            dropped: self.bursts_dropped,
            controls,
            settings,
        }
    }

    /// Drops an uplink burst.
    pub fn drop_burst(&mut self, unit: Option<UnitId>, cause: Cause, out: &mut Outbox) {
        if cause == Cause::LateBurst {
            self.late += 1;
        } else {
            self.bursts_dropped += 1;
        }
        self.drop(unit, cause, out);
    }

    /// Drops a packet, an order or a word.
    pub fn drop(&mut self, unit: Option<UnitId>, cause: Cause, out: &mut Outbox) {
        *self.dropped.entry(cause).or_default() += 1;
        out.push(Output::Event(StationEvent::Dropped { unit, cause }));
    }

    /// No speech of a talker elsewhere arrives, though its call is here.
    pub fn miss_voice(&mut self, call: CallId, out: &mut Outbox) {
        *self.dropped.entry(Cause::VoiceMissing).or_default() += 1;
        out.push(Output::Event(StationEvent::VoiceMissing { call }));
    }

    /// Bursts were lost to one another.
    pub fn collide(&mut self, lost: u16, met: u16, out: &mut Outbox) {
        self.collisions += u64::from(lost);
        *self.dropped.entry(Cause::Collision).or_default() += u64::from(lost);
        out.push(Output::Event(StationEvent::Collision { bursts: met }));
    }
}
