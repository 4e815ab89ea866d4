//! Slot timing, learned from what is received.
//!
//! A downlink burst arrives whole when it ends, or later. Its count says when it began after the base station's
//! origin, so every burst gives an estimate of the origin that is never too early: the least of them is the best.
//! The least is taken over a window, so that two clocks may drift apart slowly. The origin may lie before the
//! handset's own first moment: it is signed.

use trunklab_protocol::profile::{Channel, Profile};
use trunklab_protocol::{BurstPlace, Moment, SlotNumber, Span};

/// Bursts in one window of estimates.
const WINDOW: u16 = 64;

/// An estimate further off than this is a burst of another origin, or a lie.
const STRAY: Span = Span::from_secs(1);

/// After so many strays in a row, it is we who are wrong.
const STRAYS_MAX: u8 = 4;

/// How long a base station may have run: half the time in which its quickest beat uses up its counts, more than a year.
/// A count beyond it is taken for it, so that a station that claims to be at their end cannot leave a handset without a
/// next opportunity.
fn age_max(profile: &Profile) -> Span {
    let ends =
        [profile.control, profile.access, profile.traffic].map(|beat| beat.start(u32::MAX).as_micros());
    Span::from_micros(ends.into_iter().min().expect("three beats") / 2)
}

/// One base station's timing.
#[derive(Debug, Clone)]
pub(super) struct SlotClock {
    profile: &'static Profile,
    least: Option<i64>,
    least_before: Option<i64>,
    heard: u16,
    strays: u8,
}

/// A time at which a handset may begin to transmit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Opportunity {
    pub(super) count: u32,
    pub(super) at: Moment,
}

impl SlotClock {
    pub(super) fn new(profile: &'static Profile) -> Self {
        Self { profile, least: None, least_before: None, heard: 0, strays: 0 }
    }

    /// Takes a burst that has just arrived. False for a stray: nothing in it is to be trusted.
    pub(super) fn learn(&mut self, now: Moment, place: BurstPlace) -> bool {
        let channel = place.channel;
        let count = place.count.min(self.profile.downlink_cadence(channel).first_from(age_max(self.profile)));
        let end = self.profile.downlink_start(Moment::ORIGIN, channel, place.at.slot, count)
            + self.profile.burst_length(channel);
        let estimate = signed(now) - signed(end);
        if let Some(origin) = self.origin_us()
            && origin.abs_diff(estimate) > STRAY.as_micros()
        {
            self.strays += 1;
            if self.strays < STRAYS_MAX {
                return false;
            }
            *self = Self::new(self.profile);
        }
        self.strays = 0;
        if self.heard == WINDOW {
            self.least_before = self.least.take();
            self.heard = 0;
        }
        self.heard += 1;
        self.least = Some(self.least.map_or(estimate, |least| least.min(estimate)));
        true
    }

    /// When a downlink burst began; `None` while nothing was heard.
    pub(super) fn downlink_begins(&self, place: BurstPlace) -> Option<Moment> {
        let begins = self.profile.downlink_start(Moment::ORIGIN, place.channel, place.at.slot, place.count);
        self.origin_us().map(|origin| moment(origin.saturating_add(signed(begins))))
    }

    /// The first uplink burst of a slot that begins at `from` or later; `None` while nothing was heard.
    pub(super) fn next_uplink(
        &self,
        channel: Channel,
        slot: SlotNumber,
        from: Moment,
    ) -> Option<Opportunity> {
        let cadence = self.profile.uplink_cadence(channel);
        let first = self.uplink_us(channel, slot, 0)?;
        let elapsed = Span::from_micros(u64::try_from(signed(from) - first).unwrap_or(0));
        let count = cadence.first_from(elapsed.min(cadence.start(u32::MAX)));
        self.uplink(channel, slot, count)
    }

    /// Uplink burst `count` of a slot.
    pub(super) fn uplink(&self, channel: Channel, slot: SlotNumber, count: u32) -> Option<Opportunity> {
        let at = self.uplink_us(channel, slot, count)?;
        Some(Opportunity { count, at: moment(at) })
    }

    fn uplink_us(&self, channel: Channel, slot: SlotNumber, count: u32) -> Option<i64> {
        let offset = self.profile.uplink_start(Moment::ORIGIN, channel, slot, count);
        self.origin_us().map(|origin| origin.saturating_add(signed(offset)))
    }

    fn origin_us(&self) -> Option<i64> {
        match (self.least, self.least_before) {
            (Some(now), Some(before)) => Some(now.min(before)),
            (now, before) => now.or(before),
        }
    }
}

fn moment(micros: i64) -> Moment {
    Moment::from_micros(u64::try_from(micros).unwrap_or(0))
}

fn signed(moment: Moment) -> i64 {
    i64::try_from(moment.as_micros()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::profile::PROFILES;
    use trunklab_protocol::{CarrierNumber, SlotAddress};

    use super::*;

    fn place(slot: u8, count: u32) -> BurstPlace {
        let at =
            SlotAddress { carrier: CarrierNumber::new(12).unwrap(), slot: SlotNumber::new(slot).unwrap() };
        BurstPlace { at, channel: Channel::Control, count }
    }

    fn arrival(profile: &Profile, origin: Moment, place: BurstPlace) -> Moment {
        profile.downlink_start(origin, Channel::Control, place.at.slot, place.count)
            + profile.burst_length(Channel::Control)
    }

    #[test]
    fn the_least_delayed_burst_gives_the_base_stations_own_slots() {
        for profile in PROFILES {
            let origin = Moment::from_micros(7_654_321);
            let mut clock = SlotClock::new(profile);
            for count in 100..140 {
                let delay = Span::from_micros(u64::from(count * 7_919 % 9_000));
                let late = if count == 120 { Span::ZERO } else { delay };
                assert!(clock.learn(arrival(profile, origin, place(0, count)) + late, place(0, count)));
            }
            for channel in [Channel::Control, Channel::Traffic] {
                let slot = SlotNumber::new(profile.slots - 1).unwrap();
                let from = origin + Span::from_secs(20);
                let next = clock.next_uplink(channel, slot, from).unwrap();
                assert_eq!(
                    next.at,
                    profile.uplink_start(origin, channel, slot, next.count),
                    "{}",
                    profile.name
                );
                assert!(next.at >= from);
                let before = profile.uplink_start(origin, channel, slot, next.count - 1);
                assert!(before < from, "{}: {} is not the first from {from}", profile.name, next.count);
            }
        }
    }

    #[test]
    fn an_origin_before_the_handsets_own_time_is_no_obstacle() {
        let profile = PROFILES[0];
        let mut clock = SlotClock::new(&PROFILES[0]);
        // Burst 1000 began 90 s after an origin that lies 80 s before the handset's first moment.
        let now = Moment::from_micros(10_015_000);
        assert!(clock.learn(now, place(0, 1_000)));
        let next = clock.next_uplink(Channel::Control, place(0, 0).at.slot, now).unwrap();
        assert_eq!(next, Opportunity { count: 1_000, at: Moment::from_micros(10_019_000) });
        assert_eq!(profile.id, trunklab_protocol::ProfileId::Iden);
    }

    #[test]
    fn a_burst_of_another_origin_is_a_stray_until_it_insists() {
        let mut clock = SlotClock::new(&PROFILES[0]);
        assert!(clock.learn(Moment::from_micros(9_015_000), place(0, 100)));
        let now = Moment::from_micros(9_105_000);
        for _ in 1..STRAYS_MAX {
            assert!(!clock.learn(now, place(0, u32::MAX)));
        }
        assert!(clock.learn(now, place(0, 101)), "the right origin still stands");
        for _ in 1..STRAYS_MAX {
            assert!(!clock.learn(now, place(0, 5)));
        }
        assert!(clock.learn(now, place(0, 5)), "the site was started again");
    }

    #[test]
    fn a_drifting_clock_is_followed() {
        let profile = &PROFILES[0];
        let mut clock = SlotClock::new(profile);
        for count in 0..400 {
            let drift = Span::from_micros(u64::from(count) * 10);
            let origin = Moment::from_micros(1_000_000) + drift;
            clock.learn(arrival(profile, origin, place(0, count)), place(0, count));
        }
        let origin = clock.origin_us().unwrap();
        assert!(origin > 1_000_000 + 2_000, "only the last two windows count: {origin}");
    }

    #[test]
    fn a_station_at_the_end_of_its_counts_leaves_opportunities() {
        for profile in PROFILES {
            let slot = SlotNumber::new(0).unwrap();
            let now = Moment::ORIGIN + Span::from_secs(9);
            let mut clock = SlotClock::new(profile);
            assert!(clock.learn(now, place(0, u32::MAX)));
            for later in [Span::ZERO, Span::from_secs(1), Span::from_secs(86_400)] {
                for channel in [Channel::Control, Channel::Traffic] {
                    let next = clock.next_uplink(channel, slot, now + later).unwrap();
                    assert!(next.at >= now + later, "{}: {next:?}", profile.name);
                }
            }
        }
    }
}
