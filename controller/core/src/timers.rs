//! Every timer of the core, in one table: set by key, replaced by key, fired in order of (due, insertion).

use std::collections::BTreeMap;

use trunklab_protocol::{CallId, Identity, Moment, SiteId, UnitId};

use crate::lookup::Lookup;

/// What a timer is for. Setting a key again replaces its timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKey {
    /// A waiting request has waited long enough.
    QueueWait(UnitId),
    /// A talker has talked long enough.
    Transmission(CallId),
    /// Nobody spoke before hang time ran out.
    Hang(CallId),
    /// A challenge was not answered.
    Challenge(SiteId, Identity),
    /// A site may have gone silent.
    Silence(SiteId),
    /// A site may need a sign of life.
    Heartbeat(SiteId),
    /// The random stream wants fresh octets.
    Entropy,
}

/// Why to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeadlineReason {
    /// A request's time in the queue is over.
    QueueWait,
    /// A talker reaches the transmission limit.
    TransmissionLimit,
    /// A call's hang time is over.
    HangTime,
    /// A challenge expires.
    ChallengeExpiry,
    /// A site may have fallen silent.
    SiteSilence,
    /// A site is due a heartbeat.
    Heartbeat,
    /// Fresh octets are to be asked for.
    Entropy,
}

/// When to come back, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// When.
    pub at: Moment,
    /// Why.
    pub reason: DeadlineReason,
}

impl TimerKey {
    /// What kind of timer it is.
    pub const fn reason(self) -> DeadlineReason {
        match self {
            Self::QueueWait(_) => DeadlineReason::QueueWait,
            Self::Transmission(_) => DeadlineReason::TransmissionLimit,
            Self::Hang(_) => DeadlineReason::HangTime,
            Self::Challenge(..) => DeadlineReason::ChallengeExpiry,
            Self::Silence(_) => DeadlineReason::SiteSilence,
            Self::Heartbeat(_) => DeadlineReason::Heartbeat,
            Self::Entropy => DeadlineReason::Entropy,
        }
    }
}

/// Where a timer stands in the order of firing.
type Place = (Moment, u64);

/// The timers that run.
#[derive(Debug, Clone, Default)]
pub struct Timers {
    order: BTreeMap<Place, TimerKey>,
    places: Lookup<TimerKey, Place>,
    inserted: u64,
}

impl Timers {
    /// Starts a timer, or starts it anew.
    pub fn set(&mut self, key: TimerKey, due: Moment) {
        self.inserted += 1;
        let place = (due, self.inserted);
        if let Some(earlier) = self.places.insert(key, place) {
            self.order.remove(&earlier);
        }
        self.order.insert(place, key);
    }

    /// Stops a timer; one that does not run is no matter.
    pub fn cancel(&mut self, key: TimerKey) {
        if let Some(place) = self.places.remove(&key) {
            self.order.remove(&place);
        }
    }

    /// The next timer to fire.
    pub fn next(&self) -> Option<Deadline> {
        self.order.first_key_value().map(|((at, _), key)| Deadline { at: *at, reason: key.reason() })
    }

    /// Takes out the next timer that is due at `now`, with the moment at which it was due.
    pub fn take_due(&mut self, now: Moment) -> Option<(Moment, TimerKey)> {
        let entry = self.order.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((due, _), key) = entry.remove_entry();
        self.places.remove(&key);
        Some((due, key))
    }

    /// Whether a timer runs.
    pub fn runs(&self, key: TimerKey) -> bool {
        self.places.contains(&key)
    }

    /// Every timer in order of firing.
    pub fn iter(&self) -> impl Iterator<Item = (Moment, TimerKey)> + '_ {
        self.order.iter().map(|((due, _), key)| (*due, *key))
    }

    /// Stops all of them.
    pub fn clear(&mut self) {
        self.order.clear();
        self.places.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(number: u16) -> SiteId {
        SiteId::new(number).unwrap()
    }

    #[test]
    fn equal_moments_fire_in_order_of_insertion() {
        let mut timers = Timers::default();
        let due = Moment::from_micros(5);
        timers.set(TimerKey::Silence(site(2)), due);
        timers.set(TimerKey::Silence(site(1)), due);
        assert_eq!(timers.take_due(due), Some((due, TimerKey::Silence(site(2)))));
        assert_eq!(timers.take_due(due), Some((due, TimerKey::Silence(site(1)))));
        assert_eq!(timers.take_due(due), None);
    }

    #[test]
    fn a_key_has_one_timer() {
        let mut timers = Timers::default();
        timers.set(TimerKey::Entropy, Moment::from_micros(5));
        timers.set(TimerKey::Entropy, Moment::from_micros(9));
        assert_eq!(timers.take_due(Moment::from_micros(8)), None);
        assert_eq!(timers.next().map(|deadline| deadline.at), Some(Moment::from_micros(9)));
        timers.cancel(TimerKey::Entropy);
        assert_eq!(timers.next(), None);
    }
}
