//! The station's one clock.

use std::time::{Duration, Instant, SystemTime};

use trunklab_protocol::Moment;

/// The machine's monotonic clock from the station's start on, which has the wall clock's time: so the moments of a report that an
/// earlier run has kept lie before those of this one.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
    begun: Moment,
}

impl Clock {
    /// A clock that begins now.
    pub fn starting_now() -> Self {
        // A machine whose clock was never set says nothing of its earlier runs.
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { origin: Instant::now(), begun: moment(since_epoch) }
    }

    /// When it began.
    pub const fn begun(&self) -> Moment {
        self.begun
    }

    /// Now.
    pub fn now(&self) -> Moment {
        self.begun + moment(self.origin.elapsed()).since(Moment::ORIGIN)
    }

    /// When a moment comes.
    pub fn instant(&self, moment: Moment) -> tokio::time::Instant {
        (self.origin + Duration::from_micros(moment.since(self.begun).as_micros())).into()
    }
}

fn moment(since: Duration) -> Moment {
    Moment::from_micros(u64::try_from(since.as_micros()).expect("584,000 years of microseconds fit"))
}
