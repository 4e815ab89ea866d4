//! A downlink burst that is being radiated.

use trunklab_protocol::Moment;
use trunklab_protocol::air_downlink::Burst;

use crate::timing::LATE_WAKE_MAX;

/// A burst that has begun: what it says is settled, and receivers have it whole when it ends.
#[derive(Debug, Clone)]
pub struct Begun {
    /// When it ends.
    pub ends: Moment,
    /// What it says.
    pub burst: Burst,
}

impl Begun {
    /// Whether its end has passed so long ago that it is left out.
    pub fn is_too_late(&self, now: Moment) -> bool {
        self.ends + LATE_WAKE_MAX < now
    }
}
