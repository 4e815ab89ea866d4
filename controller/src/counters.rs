//! What the controller counts about itself; read by `/metrics`, by the demonstration's summary and by tests.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;
use trunklab_protocol::{Cause, PerCause};

use crate::loads::Loads;

/// One number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// Adds one.
    pub fn one(&self) {
        self.add(1);
    }

    /// Adds some.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// Takes one away: for what is open now.
    pub fn less_one(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// The number.
    pub fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One number for each cause.
#[derive(Debug, Default)]
pub struct CountByCause(PerCause<Count>);

impl CountByCause {
    /// Adds one to a cause.
    pub fn one(&self, cause: Cause) {
        self.0[cause].one();
    }

    /// Causes that were counted at least once, in order of their codes.
    pub fn read(&self) -> Vec<(Cause, u64)> {
        self.0.iter().map(|(cause, count)| (cause, count.read())).filter(|(_, count)| *count > 0).collect()
    }

    /// The sum over all causes.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| count.read()).sum()
    }
}

/// Octets in and out of one interface, as its sockets saw them.
#[derive(Debug, Default)]
pub struct Octets {
    /// Taken in.
    pub taken: Count,
    /// Sent out.
    pub sent: Count,
}

/// Times from a request's frame to its grant, in microseconds, three digits exact, up to a minute.
#[derive(Debug)]
pub struct Latency(Mutex<Histogram<u64>>);

impl Default for Latency {
    fn default() -> Self {
        Self(Mutex::new(Histogram::new_with_bounds(1, 60_000_000, 3).expect("the bounds are constants")))
    }
}

impl Latency {
    /// Adds one time; longer than a minute counts as a minute.
    pub fn add(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(micros);
    }

    /// The figures so far.
    pub fn read(&self) -> LatencyFigures {
        let histogram = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        LatencyFigures {
            count: histogram.len(),
            mean_us: histogram.mean(),
            p50_us: histogram.value_at_quantile(0.5),
            p99_us: histogram.value_at_quantile(0.99),
            max_us: histogram.max(),
        }
    }
}

/// A histogram in five figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LatencyFigures {
    /// Grants measured.
    pub count: u64,
    /// Their mean.
    pub mean_us: f64,
    /// Half were quicker.
    pub p50_us: u64,
    /// 99 of 100 were quicker.
    pub p99_us: u64,
    /// The slowest.
    pub max_us: u64,
}

/// All counts of one controller since its start.
#[derive(Debug, Default)]
pub struct Counters {
    /// The site links' octets, TLS included.
    pub site_octets: Octets,
    /// The operator port's octets, TLS included.
    pub operator_octets: Octets,
    /// Orders to the switch and its reports: octets of the frames that carry them between machines.
    pub switch_octets: Octets,
    /// Frames from sites that were read whole.
    pub frames_from_sites: Count,
    /// Frames to sites.
    pub frames_to_sites: Count,
    /// Links open now.
    pub links_open: Count,
    /// Links that were opened.
    pub links_opened: Count,
    /// Links that ended, by cause.
    pub links_closed: CountByCause,
    /// Connections that never became links, by cause.
    pub links_refused: CountByCause,
    /// Messages dropped on a link that went on, by cause.
    pub messages_dropped: CountByCause,
    /// Orders for sites that had no link.
    pub orders_without_link: Count,
    /// Orders that the voice switch was too slow to take.
    pub switch_orders_lost: Count,
    /// Inputs that the core handled.
    pub inputs: Count,
    /// Inputs set aside because the core broke on them.
    pub inputs_set_aside: Count,
    /// Calls granted.
    pub calls_granted: Count,
    /// Requests that had to wait.
    pub calls_queued: Count,
    /// Requests refused, by cause.
    pub calls_refused: CountByCause,
    /// Calls released, by cause.
    pub calls_released: CountByCause,
    /// Registrations.
    pub registrations: Count,
    /// Registrations refused, by cause.
    pub registrations_refused: CountByCause,
    /// Status messages and call alerts that were delivered.
    pub status_and_alerts_delivered: Count,
    /// Those that were refused, by cause.
    pub status_and_alerts_refused: CountByCause,
    /// Items that the store keeps.
    pub stored: Count,
    /// Items that the store could not keep.
    pub store_failures: Count,
    /// Steps of calls and attempts that the store had no room for.
    pub steps_lost: Count,
    /// Recordings that are whole.
    pub recordings: Count,
    /// Recordings, or packets of them, that could not be kept.
    pub recordings_failed: CountByCause,
    /// Commits; several items share one.
    pub store_commits: Count,
    /// Consoles that follow the events now.
    pub consoles_open: Count,
    /// Consoles that were cut off, by cause.
    pub consoles_cut: CountByCause,
    /// Callers of the operator port that were turned away, by cause.
    pub operator_refused: CountByCause,
    /// Entries that an observer was too slow to take.
    pub observer_missed: Count,
    /// How loaded control channels are.
    pub loads: Loads,
    /// From the moment the request's frame was read to the moment its grant was written, where no queue was between.
    pub grant_latency: Latency,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_counted_apart() {
        let counts = CountByCause::default();
        counts.one(Cause::QueueFull);
        counts.one(Cause::QueueFull);
        counts.one(Cause::NotRegistered);
        assert_eq!(counts.read(), [(Cause::NotRegistered, 1), (Cause::QueueFull, 2)]);
        assert_eq!(counts.total(), 3);
    }

    #[test]
    fn quantiles_are_of_what_was_added() {
        let latency = Latency::default();
        for micros in 1..=1_000 {
            latency.add(Duration::from_micros(micros));
        }
        let figures = latency.read();
        assert_eq!((figures.count, figures.p50_us, figures.p99_us, figures.max_us), (1_000, 500, 990, 1_000));
    }
}
