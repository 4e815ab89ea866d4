//! Words to single radios, which go with a call in bursts that can be spared.

use trunklab_protocol::air_downlink::{DownlinkWord, Grant};
use trunklab_protocol::{CallId, Cause, Moment, Span};

use super::{State, TrafficChannel};

/// Words to single radios that may wait for a burst.
const ASIDES_MAX: usize = 16;

/// A slot reminds of another call no more often.
const REMINDERS_APART: Span = Span::from_secs(4);

impl TrafficChannel {
    /// One radio is told something of its call, so many times, in bursts that can be spared.
    ///
    /// # Errors
    /// [`Cause::UnknownCall`], [`Cause::ControlChannelFull`].
    pub fn tell_one(&mut self, call: CallId, word: DownlinkWord, sayings: usize) -> Result<(), Cause> {
        let call = self.carried_mut(call)?;
        if call.asides.contains(&word) {
            return Ok(());
        }
        if let DownlinkWord::FloorQueued(place) = &word {
            // A place that was not said yet is not true any more.
            call.asides.retain(
                |other| !matches!(other, DownlinkWord::FloorQueued(other) if other.unit == place.unit),
            );
        }
        if let DownlinkWord::EmergencyStatus(status) = &word {
            call.asides.retain(
                |other| !matches!(other, DownlinkWord::EmergencyStatus(other) if other.unit == status.unit),
            );
        }
        if call.asides.len() + sayings > ASIDES_MAX {
            return Err(Cause::ControlChannelFull);
        }
        call.asides.extend(std::iter::repeat_n(word, sayings));
        Ok(())
    }

    /// Radios in the call are told of another call, each of its talkgroups so many times; only the latest words about that
    /// one count.
    ///
    /// # Errors
    /// [`Cause::ControlChannelFull`].
    pub fn tell_of_other(&mut self, now: Moment, grants: Vec<Grant>, sayings: usize) -> Result<(), Cause> {
        let (Some(other), Some(call)) = (grants.first().map(|grant| grant.call), self.call()) else {
            return Ok(());
        };
        self.forget_other(other);
        self.carried_mut(call)?.told_of_other = Some(now);
        grants
            .into_iter()
            .try_for_each(|grant| self.tell_one(call, Grant { late_entry: true, ..grant }.into(), sayings))
    }

    /// Whether it has not told of another call for a while.
    pub fn may_remind(&self, now: Moment) -> bool {
        let told = self.carried().and_then(|call| call.told_of_other);
        told.is_none_or(|told| told + REMINDERS_APART <= now)
    }

    /// What was to be told of another call is not true any more.
    pub fn forget_other(&mut self, other: CallId) {
        if let State::Carrying { call, .. } = &mut self.state {
            call.asides.retain(|word| !matches!(word, DownlinkWord::Grant(grant) if grant.call == other));
        }
    }
}
