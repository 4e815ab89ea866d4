//! Slots and bursts in time. Every start is computed from the origin, none from the one before: nothing drifts.

use trunklab_protocol::profile::{Channel, Profile};
use trunklab_protocol::{BurstPlace, Moment, SlotAddress, Span};

/// How long after its end an uplink burst may still arrive: what a loaded machine takes to hand over a datagram. It
/// is below the 20 ms of the shortest burst, so an opportunity is closed before the one after the next begins. A downlink
/// burst begins with the same grace: what it says is settled when the uplink bursts that ended as it began are closed.
pub const GUARD: Span = Span::from_millis(5);

/// An uplink burst may name an opportunity at most this many after the one that is open.
pub const AHEAD_MAX: u32 = 2;

/// Downlink bursts that are late by more than this are skipped and counted: a receiver has given them up. Those
/// below it are sent, for a short stall of the machine should not tear a hole into speech.
pub const LATE_WAKE_MAX: Span = Span::from_millis(200);

/// The time of one site's bursts.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    profile: &'static Profile,
    origin: Moment,
}

impl Timing {
    /// Of a profile, counted from `origin`.
    pub const fn new(profile: &'static Profile, origin: Moment) -> Self {
        Self { profile, origin }
    }

    /// The air interface.
    pub const fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// When a downlink burst has been radiated to its end: a receiver has it whole.
    pub fn downlink_end(&self, place: BurstPlace) -> Moment {
        self.profile.downlink_start(self.origin, place.channel, place.at.slot, place.count)
            + self.profile.burst_length(place.channel)
    }

    /// When it is settled what a downlink burst says: it has begun, and an uplink burst that ended then is closed.
    pub fn downlink_settled(&self, place: BurstPlace) -> Moment {
        self.profile.downlink_start(self.origin, place.channel, place.at.slot, place.count) + GUARD
    }

    /// When an uplink opportunity takes no more bursts.
    pub fn uplink_close(&self, place: BurstPlace) -> Moment {
        self.profile.uplink_start(self.origin, place.channel, place.at.slot, place.count)
            + self.profile.burst_length(place.channel)
            + GUARD
    }

    /// The first downlink burst that ends after `now`.
    pub fn next_end(&self, channel: Channel, at: SlotAddress, now: Moment) -> BurstPlace {
        let beat_from = |elapsed| self.profile.downlink_cadence(channel).first_from(elapsed);
        first_after(channel, at, now, |place| self.downlink_end(place), beat_from)
    }

    /// The first downlink burst of which it is settled after `now` what it says.
    pub fn next_downlink(&self, channel: Channel, at: SlotAddress, now: Moment) -> BurstPlace {
        let beat_from = |elapsed| self.profile.downlink_cadence(channel).first_from(elapsed);
        first_after(channel, at, now, |place| self.downlink_settled(place), beat_from)
    }

    /// The uplink opportunity that closes next.
    pub fn open_uplink(&self, channel: Channel, at: SlotAddress, now: Moment) -> BurstPlace {
        let beat_from = |elapsed| self.profile.uplink_cadence(channel).first_from(elapsed);
        first_after(channel, at, now, |place| self.uplink_close(place), beat_from)
    }
}

/// The first burst whose `moment` lies after `now`.
fn first_after(
    channel: Channel,
    at: SlotAddress,
    now: Moment,
    moment: impl Fn(BurstPlace) -> Moment,
    beat_from: impl Fn(Span) -> u32,
) -> BurstPlace {
    let first = BurstPlace { at, channel, count: 0 };
    // `beat_from` rounds up; a beat earlier is a safe start, and the loop takes two steps at most.
    let count = beat_from(now.since(moment(first))).saturating_sub(1);
    let mut place = BurstPlace { count, ..first };
    while moment(place) <= now {
        place.count += 1;
    }
    place
}

/// The beat of one downlink: which burst is next, and how many were skipped.
#[derive(Debug, Clone, Copy)]
pub struct Beat {
    next: BurstPlace,
}

impl Beat {
    /// Starts with the first burst that can still say something at `now`.
    pub fn from(timing: &Timing, channel: Channel, at: SlotAddress, now: Moment) -> Self {
        Self { next: timing.next_downlink(channel, at, now) }
    }

    /// When it is settled what the next burst says.
    pub fn settled(&self, timing: &Timing) -> Moment {
        timing.downlink_settled(self.next)
    }

    /// When the next burst ends.
    pub fn ends(&self, timing: &Timing) -> Moment {
        timing.downlink_end(self.next)
    }

    /// When the burst after the next one ends.
    pub fn ends_after(&self, timing: &Timing) -> Moment {
        let place = BurstPlace { count: self.next.count.saturating_add(1), ..self.next };
        timing.downlink_end(place)
    }

    /// The burst that now begins; the one after it is next.
    pub fn take(&mut self) -> BurstPlace {
        let place = self.next;
        self.next.count += 1;
        place
    }

    /// Leaves out the bursts that are too late at `now`; how many those were.
    pub fn skip_late(&mut self, timing: &Timing, now: Moment) -> u32 {
        if self.ends(timing) + LATE_WAKE_MAX >= now {
            return 0;
        }
        let from = self.next.count;
        self.next = timing.next_end(self.next.channel, self.next.at, now - LATE_WAKE_MAX);
        self.next.count - from
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunklab_protocol::profile::PROFILES;
    use trunklab_protocol::{CarrierNumber, SlotNumber};

    fn slots(profile: &Profile) -> impl Iterator<Item = SlotAddress> + use<> {
        (0..profile.slots).map(|slot| SlotAddress {
            carrier: CarrierNumber::new(1).unwrap(),
            slot: SlotNumber::new(slot).unwrap(),
        })
    }

    #[test]
    fn the_next_burst_lies_after_now_and_the_one_before_it_does_not() {
        for profile in PROFILES {
            let timing = Timing::new(profile, Moment::from_micros(777_777));
            for at in slots(profile) {
                for channel in [Channel::Control, Channel::Traffic] {
                    for now in (0..3_000_000).step_by(7_919).map(Moment::from_micros) {
                        let before =
                            |next: BurstPlace| Some(BurstPlace { count: next.count.checked_sub(1)?, ..next });
                        let next = timing.next_end(channel, at, now);
                        assert!(timing.downlink_end(next) > now, "{}", profile.name);
                        let ended = before(next).map(|before| timing.downlink_end(before));
                        assert!(ended.is_none_or(|ended| ended <= now), "{}", profile.name);
                        let next = timing.next_downlink(channel, at, now);
                        assert!(timing.downlink_settled(next) > now, "{}", profile.name);
                        let settled = before(next).map(|before| timing.downlink_settled(before));
                        assert!(settled.is_none_or(|settled| settled <= now), "{}", profile.name);
                    }
                }
            }
        }
    }

    /// One slot never has two bursts on the air.
    #[test]
    fn a_burst_ends_before_it_is_settled_what_the_next_one_says() {
        for profile in PROFILES {
            let timing = Timing::new(profile, Moment::ORIGIN);
            let at = slots(profile).next().unwrap();
            for channel in [Channel::Control, Channel::Traffic] {
                for count in 0..2_000 {
                    let (one, next) =
                        (BurstPlace { at, channel, count }, BurstPlace { at, channel, count: count + 1 });
                    assert!(timing.downlink_settled(one) < timing.downlink_end(one));
                    assert!(timing.downlink_end(one) < timing.downlink_settled(next));
                }
            }
        }
    }

    #[test]
    fn a_long_run_keeps_to_the_beat_computed_from_the_origin() {
        for profile in PROFILES {
            let timing = Timing::new(profile, Moment::ORIGIN);
            let at = slots(profile).next().unwrap();
            let ten_days = Moment::ORIGIN + Span::from_secs(864_000);
            let next = timing.next_downlink(Channel::Traffic, at, ten_days);
            let expected = 864_000e6 * profile.traffic.den as f64 / profile.traffic.num_us as f64;
            assert!((f64::from(next.count) - expected).abs() <= 1.0, "{}: {}", profile.name, next.count);
        }
    }

    #[test]
    fn a_beat_skips_what_is_too_late_and_counts_it() {
        let profile = trunklab_protocol::ProfileId::Iden.profile();
        let timing = Timing::new(profile, Moment::ORIGIN);
        let at = slots(profile).next().unwrap();
        let mut beat = Beat::from(&timing, Channel::Control, at, Moment::ORIGIN);
        let first = beat.ends(&timing);
        assert_eq!(beat.skip_late(&timing, first + LATE_WAKE_MAX), 0);
        assert_eq!(beat.skip_late(&timing, first + Span::from_millis(900)), 8);
        assert_eq!(beat.ends(&timing), first + Span::from_millis(720));
    }
}
