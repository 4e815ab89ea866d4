//! The 800 MHz channel plan: 600 channels of 25 kHz with a duplex distance of 45 MHz (standards.md G.1).

use serde::{Deserialize, Serialize};

/// Channels in the plan.
pub const CHANNELS: u16 = 600;

const FIRST_DOWNLINK_HZ: u64 = 851_012_500;
const SPACING_HZ: u64 = 25_000;
const DUPLEX_HZ: u64 = 45_000_000;

/// A channel of the plan, 1 to 600.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct PlanChannel(u16);

impl PlanChannel {
    /// `None` outside 1 to 600.
    pub const fn new(number: u16) -> Option<Self> {
        if number >= 1 && number <= CHANNELS { Some(Self(number)) } else { None }
    }

    /// The channel whose base station transmits exactly here.
    pub fn at_downlink_hz(hertz: u64) -> Option<Self> {
        let above = hertz.checked_sub(FIRST_DOWNLINK_HZ)?;
        if above % SPACING_HZ != 0 {
            return None;
        }
        u16::try_from(above / SPACING_HZ + 1).ok().and_then(Self::new)
    }

    /// The channel's number.
    pub const fn number(self) -> u16 {
        self.0
    }

    /// Where the base station transmits, in hertz.
    pub const fn downlink_hz(self) -> u64 {
        FIRST_DOWNLINK_HZ + (self.0 as u64 - 1) * SPACING_HZ
    }

    /// Where handsets transmit, in hertz.
    pub const fn uplink_hz(self) -> u64 {
        self.downlink_hz() - DUPLEX_HZ
    }

    /// The number that SmartNet II uses as a command word for this channel.
    pub const fn smartnet_command(self) -> u16 {
        self.0 - 1
    }
}

impl TryFrom<u16> for PlanChannel {
    type Error = &'static str;
    fn try_from(number: u16) -> Result<Self, Self::Error> {
        Self::new(number).ok_or("a channel of the plan is a number from 1 to 600")
    }
}

impl From<PlanChannel> for u16 {
    fn from(channel: PlanChannel) -> Self {
        channel.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// standards.md, conformance row C-02.
    #[test]
    fn has_six_hundred_channels_and_refuses_the_rest() {
        assert_eq!(PlanChannel::new(0), None);
        assert_eq!(PlanChannel::new(601), None);
        let first = PlanChannel::new(1).unwrap();
        assert_eq!((first.downlink_hz(), first.uplink_hz()), (851_012_500, 806_012_500));
        let last = PlanChannel::new(600).unwrap();
        assert_eq!((last.downlink_hz(), last.uplink_hz()), (865_987_500, 820_987_500));
    }

    #[test]
    fn finds_a_channel_by_its_frequency() {
        for number in 1..=CHANNELS {
            let channel = PlanChannel::new(number).unwrap();
            assert_eq!(PlanChannel::at_downlink_hz(channel.downlink_hz()), Some(channel));
        }
        assert_eq!(PlanChannel::at_downlink_hz(851_012_501), None);
        assert_eq!(PlanChannel::at_downlink_hz(866_012_500), None);
    }
}
