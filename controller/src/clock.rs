//! The one clock that the run loop reads.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use trunklab_protocol::Moment;

/// Where the run loop's moments come from. Never runs backwards.
pub trait Clock: Send + 'static {
    /// Now, as microseconds since the log's origin.
    fn now(&self) -> Moment;

    /// What a clock on the wall showed at the log's origin, in microseconds since 1970.
    fn wall_at_origin_us(&self) -> u64;
}

/// The machine's monotonic clock; the wall's was read once, at the origin.
#[derive(Debug, Clone, Copy)]
pub struct MonotonicClock {
    origin: Instant,
    wall_at_origin_us: u64,
}

impl MonotonicClock {
    /// A clock whose origin is now.
    pub fn starting_now() -> Self {
        Self::since(Instant::now())
    }

    /// A clock whose origin was then: several runs in one process can share a time.
    pub fn since(origin: Instant) -> Self {
        let wall = since_1970();
        Self { origin, wall_at_origin_us: micros(wall.saturating_sub(origin.elapsed())) }
    }

    /// What a clock on the wall would show now that nobody had set since the origin, in microseconds since 1970: for what lasts so
    /// long, and not until then.
    pub fn steady_us(&self) -> i64 {
        self.wall_at_origin_us.saturating_add(self.now().as_micros()).cast_signed()
    }
}

impl Clock for MonotonicClock {
    fn now(&self) -> Moment {
        Moment::from_micros(micros(self.origin.elapsed()))
    }

    fn wall_at_origin_us(&self) -> u64 {
        self.wall_at_origin_us
    }
}

/// What a clock on the wall shows now, in microseconds since 1970: for what is kept beside the core's time.
pub fn unix_us() -> i64 {
    micros(since_1970()).cast_signed()
}

fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).expect("584,000 years of microseconds fit")
}
