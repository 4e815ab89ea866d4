//! The station's one clock.

use std::time::{Duration, Instant};

use trunklab_protocol::Moment;

/// The machine's monotonic clock; its origin is the station's start.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock whose origin is now.
    pub fn starting_now() -> Self {
        Self { origin: Instant::now() }
    }

    /// Now.
    pub fn now(&self) -> Moment {
        let elapsed = self.origin.elapsed().as_micros();
        Moment::from_micros(u64::try_from(elapsed).expect("584,000 years of microseconds fit"))
    }

    /// When a moment comes.
    pub fn instant(&self, moment: Moment) -> tokio::time::Instant {
        (self.origin + Duration::from_micros(moment.as_micros())).into()
    }
}
