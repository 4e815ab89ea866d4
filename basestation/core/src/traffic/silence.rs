//! How long a slot's talker has been silent, and since when nobody talks.

use trunklab_protocol::{CallId, Moment, SpurtId};

use super::floor::Floor;
use super::{State, TrafficChannel};
use crate::timing::Timing;

impl TrafficChannel {
    /// Whether nothing was heard yet of the talker here.
    pub fn talker_here_is_awaited(&self) -> bool {
        matches!(self.carried().map(|call| &call.floor), Some(Floor::Taken { speech, .. }) if speech.is_awaited())
    }

    /// The spurt of a talker here that has been silent, and since when; `None` once that was told.
    pub fn talker_here_heard(&self) -> Option<(CallId, SpurtId, Moment)> {
        let call = self.carried()?;
        match &call.floor {
            Floor::Taken { speech, heard, silence_told: false } if call.asserted.talker_is_here => {
                Some((call.asserted.call, speech.talker.spurt, *heard))
            }
            Floor::Both(both) if !both.silence_told => {
                Some((call.asserted.call, both.sides.near.spurt, both.heard))
            }
            Floor::Taken { .. } | Floor::Idle { .. } | Floor::Both(_) => None,
        }
    }

    /// Notes that the talker's silence was told: to the controller, or to who looks after the site.
    pub fn note_silence_told(&mut self) {
        self.set_silence_told(true);
    }

    /// When a talker elsewhere was last heard.
    pub fn talker_elsewhere_heard(&self) -> Option<Moment> {
        let call = self.carried()?;
        match &call.floor {
            Floor::Taken { heard, .. } if !call.asserted.talker_is_here => Some(*heard),
            Floor::Taken { .. } | Floor::Idle { .. } | Floor::Both(_) => None,
        }
    }

    /// The call of a talker elsewhere of whom nothing arrives, and since when; `None` once that was noted.
    pub fn talker_elsewhere_missed(&self) -> Option<(CallId, Moment)> {
        let call = self.carried()?;
        match &call.floor {
            Floor::Taken { heard, silence_told: false, .. } if !call.asserted.talker_is_here => {
                Some((call.asserted.call, *heard))
            }
            Floor::Taken { .. } | Floor::Idle { .. } | Floor::Both(_) => None,
        }
    }

    /// Since when nobody has the floor.
    pub fn idle_since(&self) -> Option<Moment> {
        match self.carried()?.floor {
            Floor::Idle { since, .. } => Some(since),
            Floor::Taken { .. } | Floor::Both(_) => None,
        }
    }

    /// Without a controller: nobody has the floor any longer.
    pub fn clear_floor(&mut self, timing: &Timing, now: Moment) {
        if let State::Carrying { call, .. } = &mut self.state {
            call.clear_floor(timing, now);
        }
    }

    /// The link is lost: a silence that was told to the controller may be settled here after all.
    pub fn forget_silence_told(&mut self) {
        self.set_silence_told(false);
    }

    fn set_silence_told(&mut self, told: bool) {
        let State::Carrying { call, .. } = &mut self.state else { return };
        match &mut call.floor {
            Floor::Taken { silence_told, .. } => *silence_told = told,
            Floor::Both(both) => both.silence_told = told,
            Floor::Idle { .. } => {}
        }
    }
}
