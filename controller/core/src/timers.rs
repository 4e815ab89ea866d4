//! Every timer of the core, in one table: set by key, replaced by key, fired in order of (due, insertion).

use trunklab_protocol::remote::Class;
use trunklab_protocol::{CallId, Identity, Moment, SiteId, UnitId};

use crate::fault::Source;
use crate::lookup::Lookup;

/// What a timer is for. Setting a key again replaces its timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TimerKey {
    /// A waiting request has waited long enough.
    QueueWait(UnitId),
    /// A waiting request is passed by recent users no more.
    Passed(UnitId),
    /// A waiting request comes to count a higher priority.
    Ageing(UnitId),
    /// A waiting caller has kept its button pressed for long enough to begin without the full sites.
    BusyOverride(UnitId),
    /// A caller's page was not answered.
    Page(UnitId),
    /// A caller's called unit has rung long enough.
    Ring(UnitId),
    /// A talker has talked nearly long enough.
    TransmissionWarning(CallId),
    /// Nobody pressed in the time of a call back.
    CallBack(CallId),
    /// A talker has talked long enough.
    Transmission(CallId),
    /// A demand for the floor has waited long enough.
    FloorWait(UnitId),
    /// A talker on its way to another site took too long.
    Handover(CallId),
    /// A full duplex call has lasted nearly as long as it may.
    DuplexWarning(CallId),
    /// A full duplex call has lasted as long as it may.
    Duplex(CallId),
    /// Nobody spoke before hang time ran out.
    Hang(CallId),
    /// An order is said again to its radio.
    RadioOrder(UnitId),
    /// An order has waited for its radio long enough.
    OrderExpiry(UnitId, Class),
    /// A message is to be said again, or has alerted for long enough; by its counter.
    Message(u32),
    /// A challenge was not answered.
    Challenge(SiteId, Identity),
    /// A cloned identity has been refused for long enough.
    CloneRefused(UnitId),
    /// A site may have gone silent.
    Silence(SiteId),
    /// A site may need a sign of life.
    Heartbeat(SiteId),
    /// A site's control channel is to move.
    ControlMove(SiteId),
    /// Radios of a site have noticed that a control channel has moved.
    ControlNoticed(SiteId),
    /// A site is to be told of further units, for serving alone.
    CopyStep(SiteId),
    /// What came and went over and over may have been quiet for long enough.
    AlarmQuiet(Source),
    /// The voice switch has told of no test for long enough.
    SwitchTest,
    /// The random stream wants fresh octets.
    Entropy,
}

/// Why to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeadlineReason {
    /// A request's time in the queue is over.
    QueueWait,
    /// A waiting request is passed by recent users no more.
    Passed,
    /// A waiting request comes to count a higher priority.
    Ageing,
    /// A waiting caller has kept its button pressed for long enough.
    BusyOverride,
    /// A page has waited long enough for its answer.
    Page,
    /// A unit has rung long enough.
    Ring,
    /// A talker comes near the transmission limit.
    TransmissionWarning,
    /// The slots of a call back are kept no longer.
    CallBack,
    /// A talker reaches the transmission limit.
    TransmissionLimit,
    /// A demand's wait for the floor is over.
    FloorWait,
    /// The floor is kept no longer for a talker that moves.
    Handover,
    /// A full duplex call comes near its limit.
    DuplexWarning,
    /// A full duplex call reaches its limit.
    DuplexLimit,
    /// A call's hang time is over.
    HangTime,
    /// An order is to be said again.
    RadioOrder,
    /// An order's wait for its radio is over.
    OrderExpiry,
    /// A message is to be said again, or has alerted for long enough.
    Message,
    /// A challenge expires.
    ChallengeExpiry,
    /// A cloned identity is refused no longer.
    CloneRefused,
    /// A site may have fallen silent.
    SiteSilence,
    /// A site is due a heartbeat.
    Heartbeat,
    /// A control channel is to move.
    ControlMove,
    /// Radios have noticed that a control channel has moved.
    ControlNoticed,
    /// A site is to be told of further units.
    CopyStep,
    /// What came and went over and over may have been quiet for long enough.
    AlarmQuiet,
    /// A test of the voice switch has not come.
    SwitchTest,
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
            Self::Passed(_) => DeadlineReason::Passed,
            Self::Ageing(_) => DeadlineReason::Ageing,
            Self::BusyOverride(_) => DeadlineReason::BusyOverride,
            Self::Page(_) => DeadlineReason::Page,
            Self::Ring(_) => DeadlineReason::Ring,
            Self::TransmissionWarning(_) => DeadlineReason::TransmissionWarning,
            Self::CallBack(_) => DeadlineReason::CallBack,
            Self::Transmission(_) => DeadlineReason::TransmissionLimit,
            Self::FloorWait(_) => DeadlineReason::FloorWait,
            Self::Handover(_) => DeadlineReason::Handover,
            Self::DuplexWarning(_) => DeadlineReason::DuplexWarning,
            Self::Duplex(_) => DeadlineReason::DuplexLimit,
            Self::Hang(_) => DeadlineReason::HangTime,
            Self::RadioOrder(_) => DeadlineReason::RadioOrder,
            Self::OrderExpiry(..) => DeadlineReason::OrderExpiry,
            Self::Message(_) => DeadlineReason::Message,
            Self::Challenge(..) => DeadlineReason::ChallengeExpiry,
            Self::CloneRefused(_) => DeadlineReason::CloneRefused,
            Self::Silence(_) => DeadlineReason::SiteSilence,
            Self::Heartbeat(_) => DeadlineReason::Heartbeat,
            Self::ControlMove(_) => DeadlineReason::ControlMove,
            Self::ControlNoticed(_) => DeadlineReason::ControlNoticed,
            Self::CopyStep(_) => DeadlineReason::CopyStep,
            Self::AlarmQuiet(_) => DeadlineReason::AlarmQuiet,
            Self::SwitchTest => DeadlineReason::SwitchTest,
            Self::Entropy => DeadlineReason::Entropy,
        }
    }
}

/// A timer that runs; the least fires first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Timer {
    due: Moment,
    /// Counts timers as they are set: who of several that are due together was first.
    inserted: u64,
    key: TimerKey,
}

/// The timers that run: a heap whose first fires next, with the place of each key in it.
///
/// A timer that is set last is mostly due last, and mostly stopped before it fires: both cost next to nothing here.
#[derive(Debug, Clone, Default)]
pub struct Timers {
    /// Each fires after the one at `(place - 1) / 2`, its parent.
    heap: Vec<Timer>,
    places: Lookup<TimerKey, usize>,
    inserted: u64,
}

impl Timers {
    /// Starts a timer, or starts it anew.
    pub fn set(&mut self, key: TimerKey, due: Moment) {
        self.inserted += 1;
        let timer = Timer { due, inserted: self.inserted, key };
        let last = self.heap.len();
        let place = match self.places.insert(key, last) {
            Some(place) => {
                self.heap[place] = timer;
                self.places.insert(key, place);
                place
            }
            None => {
                self.heap.push(timer);
                last
            }
        };
        self.settle(place);
    }

    /// Stops a timer; one that does not run is no matter.
    pub fn cancel(&mut self, key: TimerKey) {
        self.stop(key);
    }

    /// Stops the one that runs of two timers which never run together.
    pub fn cancel_either(&mut self, usual: TimerKey, other: TimerKey) {
        if !self.stop(usual) {
            self.stop(other);
        }
    }

    /// Stops a timer and says whether it ran.
    fn stop(&mut self, key: TimerKey) -> bool {
        let Some(place) = self.places.remove(&key) else { return false };
        self.heap.swap_remove(place);
        if let Some(moved) = self.heap.get(place) {
            self.places.insert(moved.key, place);
            self.settle(place);
        }
        true
    }

    /// The next timer to fire.
    pub fn next(&self) -> Option<Deadline> {
        self.heap.first().map(|timer| Deadline { at: timer.due, reason: timer.key.reason() })
    }

    /// Takes out the next timer that is due at `now`, with the moment at which it was due.
    pub fn take_due(&mut self, now: Moment) -> Option<(Moment, TimerKey)> {
        let Timer { due, key, .. } = *self.heap.first().filter(|timer| timer.due <= now)?;
        self.cancel(key);
        Some((due, key))
    }

    /// Whether a timer runs.
    pub fn runs(&self, key: TimerKey) -> bool {
        self.places.contains(&key)
    }

    /// Every timer in order of firing.
    pub fn iter(&self) -> impl Iterator<Item = (Moment, TimerKey)> + '_ {
        let mut timers = self.heap.clone();
        timers.sort_unstable();
        timers.into_iter().map(|timer| (timer.due, timer.key))
    }

    /// Stops all of them.
    pub fn clear(&mut self) {
        self.heap.clear();
        self.places.clear();
    }

    /// Moves the timer at a place up or down to where it belongs.
    fn settle(&mut self, mut place: usize) {
        while place > 0 && self.heap[place] < self.heap[(place - 1) / 2] {
            place = self.swap(place, (place - 1) / 2);
        }
        while let Some(child) = self.earlier_child(place).filter(|child| self.heap[*child] < self.heap[place])
        {
            place = self.swap(place, child);
        }
    }

    /// Of the two timers below a place, the one that fires first.
    fn earlier_child(&self, place: usize) -> Option<usize> {
        let first = 2 * place + 1;
        (first..self.heap.len().min(first + 2)).min_by_key(|child| self.heap[*child])
    }

    /// Lets the timer at a place change with another, and gives its new place.
    fn swap(&mut self, place: usize, other: usize) -> usize {
        self.heap.swap(place, other);
        for place in [place, other] {
            self.places.insert(self.heap[place].key, place);
        }
        other
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    proptest! {
        /// Whatever is set, set again and cancelled, timers fire as a sorted list of them would.
        #[test]
        fn timers_fire_in_order(steps in prop::collection::vec((0_u8..4, 1_u16..12, 0_u64..40), 1..200)) {
            let mut timers = Timers::default();
            let mut sorted: Vec<(u64, usize, TimerKey)> = Vec::new();
            for (count, (step, number, at)) in steps.into_iter().enumerate() {
                let key = TimerKey::Silence(site(number));
                match step {
                    0 => {
                        timers.cancel(key);
                        sorted.retain(|(_, _, other)| *other != key);
                    }
                    1 => {
                        let due = sorted.first().copied().filter(|(due, ..)| *due <= at);
                        sorted.retain(|timer| Some(*timer) != due);
                        let due = due.map(|(due, _, key)| (Moment::from_micros(due), key));
                        prop_assert_eq!(timers.take_due(Moment::from_micros(at)), due);
                    }
                    _ => {
                        timers.set(key, Moment::from_micros(at));
                        sorted.retain(|(_, _, other)| *other != key);
                        sorted.push((at, count, key));
                        sorted.sort_unstable();
                    }
                }
                let expected = sorted.iter().map(|(due, _, key)| (Moment::from_micros(*due), *key));
                prop_assert!(timers.iter().eq(expected));
                prop_assert!(sorted.iter().all(|(_, _, key)| timers.runs(*key)));
                prop_assert_eq!(timers.places.len(), sorted.len());
            }
        }
    }
}
