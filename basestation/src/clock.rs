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
    /// A clock that begins now, and not before what an earlier run has kept, should the wall clock have been set back since.
    pub fn starting_after(latest: Moment) -> Self {
        Self::starting_at(SystemTime::now(), latest)
    }

    fn starting_at(wall: SystemTime, latest: Moment) -> Self {
        // A machine whose clock was never set says nothing of its earlier runs.
        let since_epoch = wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { origin: Instant::now(), begun: moment(since_epoch).max(latest) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_clock_that_was_set_back_takes_no_moment_back() {
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(50_000);
        let hour = Duration::from_secs(3_600);
        let first = Clock::starting_at(wall, Moment::ORIGIN);
        assert_eq!(first.begun(), Moment::from_micros(50_000_000_000));
        let kept = first.now();
        for wall in [wall - hour, wall + hour, SystemTime::UNIX_EPOCH - hour] {
            let next = Clock::starting_at(wall, kept);
            assert!(next.begun() >= kept && next.now() >= next.begun(), "{wall:?}");
            assert!(next.instant(next.begun()) <= Instant::now().into(), "{wall:?}");
        }
        assert!(
            Clock::starting_at(wall + hour, kept).begun() > kept,
            "the wall clock is believed where it can be"
        );
    }
}
