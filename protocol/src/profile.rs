//! The seven air-interface profiles, as data (docs/protocol.md, clause 3.3; figures: reference standards.md G.1).
//!
//! Nothing in call processing asks which profile it runs on. Periods are ratios: slot starts are computed from
//! the origin, never accumulated, for 14.167 ms and 23.33 ms are not whole.

use crate::field::octet_enum;
use crate::moment::{Moment, Span};
use crate::network::{SlotAddress, SlotNumber};

octet_enum! {
    /// Which air interface.
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub enum ProfileId {
        /// iDEN: 25 kHz, six slots of 15 ms.
        Iden = 1,
        /// TETRA: 25 kHz, four slots of 14.167 ms.
        Tetra = 2,
        /// DMR tier III: 12.5 kHz, two slots of 30 ms.
        Dmr3 = 3,
        /// P25 phase 1: 12.5 kHz, one continuous channel.
        P25p1 = 4,
        /// P25 phase 2: 12.5 kHz, two slots of 30 ms; its control channel is a phase 1 carrier.
        P25p2 = 5,
        /// SmartNet II: 25 kHz, analogue voice, 3,600 bit/s control channel.
        Smartnet2 = 6,
        /// MPT 1327: 12.5 kHz, analogue voice, 1,200 bit/s control channel.
        Mpt1327 = 7,
    }
}

/// A steady beat: one period is `num_us / den` microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    /// Numerator, in microseconds.
    pub num_us: u64,
    /// Denominator.
    pub den: u64,
}

impl Cadence {
    const fn new(num_us: u64, den: u64) -> Self {
        Self { num_us, den }
    }

    /// The start of beat `count`, from the origin.
    pub const fn start(self, count: u32) -> Span {
        Span::from_micros(count as u64 * self.num_us / self.den)
    }

    /// The first beat that starts at or after `elapsed`.
    pub const fn first_from(self, elapsed: Span) -> u32 {
        let count = (elapsed.as_micros() * self.den).div_ceil(self.num_us);
        // `start` rounds down, so the beat before may start in the same microsecond.
        if count > 0 && self.start(count as u32 - 1).as_micros() >= elapsed.as_micros() {
            count as u32 - 1
        } else {
            count as u32
        }
    }

    /// One period, rounded down.
    pub const fn period(self) -> Span {
        self.start(1)
    }

    /// Beats in a second.
    pub fn per_second(self) -> f64 {
        1e6 * self.den as f64 / self.num_us as f64
    }
}

octet_enum! {
    /// What a burst is for (clause 3.2.7): control and traffic may beat differently on one carrier.
    pub enum Channel {
        /// Control words downlink, random access uplink.
        Control = 0,
        /// Voice and associated signalling.
        Traffic = 1,
    }
}

/// One air interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Which.
    pub id: ProfileId,
    /// Its name in configuration.
    pub name: &'static str,
    /// Carrier bandwidth in hertz.
    pub carrier_hz: u32,
    /// Slots on a carrier; 1 where the channel is continuous.
    pub slots: u8,
    /// Whether a carrier is divided into slots.
    pub slotted: bool,
    /// From one slot of a frame to the next; a burst lasts this long where slotted.
    pub slot: Cadence,
    /// From one burst of a traffic slot to the next.
    pub traffic: Cadence,
    /// Vocoder frames in successive traffic bursts of a spurt; repeats. Over one round it carries exactly the time
    /// that passes.
    pub voice_pattern: &'static [u8],
    /// Bits that a traffic burst has for voice; 0 for analogue.
    pub voice_bits: u16,
    /// From one control word to the next.
    pub control: Cadence,
    /// From one access opportunity to the next.
    pub access: Cadence,
    /// How long after the downlink slot its uplink slot begins.
    pub uplink_offset: Span,
    /// Whether the control channel takes every slot of its carrier.
    pub control_takes_carrier: bool,
    /// Hang time where a talkgroup sets none, in milliseconds.
    pub hang_time_ms: u32,
    /// The greatest carrier number.
    pub carrier_max: u16,
    /// By how much a site must be heard above another on the same carrier, in dB, where it is to serve.
    pub co_channel_db: i32,
}

const CONTINUOUS_VOICE: Cadence = Cadence::new(20_000, 1);

/// Every profile, in order of its octet.
#[rustfmt::skip]
pub const PROFILES: &[Profile] = &[
    Profile {
        id: ProfileId::Iden, name: "iden", carrier_hz: 25_000, slots: 6, slotted: true,
        slot: Cadence::new(15_000, 1), traffic: Cadence::new(90_000, 1), voice_pattern: &[4, 5], voice_bits: 378,
        control: Cadence::new(90_000, 1), access: Cadence::new(90_000, 1), uplink_offset: Span::from_millis(19),
        control_takes_carrier: false, hang_time_ms: 3_000, carrier_max: 600, co_channel_db: 17,
    },
    Profile {
        id: ProfileId::Tetra, name: "tetra", carrier_hz: 25_000, slots: 4, slotted: true,
        slot: Cadence::new(85_000, 6), traffic: Cadence::new(170_000, 3),
        voice_pattern: &[3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0], voice_bits: 274,
        control: Cadence::new(170_000, 3), access: Cadence::new(85_000, 3), uplink_offset: Span::from_micros(28_333),
        control_takes_carrier: false, hang_time_ms: 5_000, carrier_max: 4_095, co_channel_db: 17,
    },
    Profile {
        id: ProfileId::Dmr3, name: "dmr3", carrier_hz: 12_500, slots: 2, slotted: true,
        slot: Cadence::new(30_000, 1), traffic: Cadence::new(60_000, 1), voice_pattern: &[3], voice_bits: 216,
        control: Cadence::new(60_000, 1), access: Cadence::new(60_000, 1), uplink_offset: Span::from_millis(30),
        control_takes_carrier: false, hang_time_ms: 4_000, carrier_max: 4_094, co_channel_db: 17,
    },
    Profile {
        id: ProfileId::P25p1, name: "p25p1", carrier_hz: 12_500, slots: 1, slotted: false,
        slot: Cadence::new(180_000, 1), traffic: Cadence::new(180_000, 1), voice_pattern: &[9], voice_bits: 1_296,
        control: Cadence::new(37_500, 1), access: Cadence::new(37_500, 1), uplink_offset: Span::ZERO,
        control_takes_carrier: true, hang_time_ms: 5_000, carrier_max: 4_095, co_channel_db: 17,
    },
    Profile {
        id: ProfileId::P25p2, name: "p25p2", carrier_hz: 12_500, slots: 2, slotted: true,
        slot: Cadence::new(30_000, 1), traffic: Cadence::new(60_000, 1), voice_pattern: &[4, 4, 4, 4, 2, 0], voice_bits: 288,
        control: Cadence::new(37_500, 1), access: Cadence::new(37_500, 1), uplink_offset: Span::ZERO,
        control_takes_carrier: true, hang_time_ms: 5_000, carrier_max: 4_095, co_channel_db: 17,
    },
    Profile {
        id: ProfileId::Smartnet2, name: "smartnet2", carrier_hz: 25_000, slots: 1, slotted: false,
        slot: Cadence::new(20_000, 1), traffic: CONTINUOUS_VOICE, voice_pattern: &[1], voice_bits: 0,
        control: Cadence::new(70_000, 3), access: Cadence::new(70_000, 3), uplink_offset: Span::ZERO,
        control_takes_carrier: true, hang_time_ms: 10_000, carrier_max: 600, co_channel_db: 20,
    },
    Profile {
        id: ProfileId::Mpt1327, name: "mpt1327", carrier_hz: 12_500, slots: 1, slotted: false,
        slot: Cadence::new(20_000, 1), traffic: CONTINUOUS_VOICE, voice_pattern: &[1], voice_bits: 0,
        control: Cadence::new(320_000, 3), access: Cadence::new(320_000, 3), uplink_offset: Span::ZERO,
        control_takes_carrier: true, hang_time_ms: 5_000, carrier_max: 1_023, co_channel_db: 20,
    },
];

impl ProfileId {
    /// The profile's data.
    pub fn profile(self) -> &'static Profile {
        &PROFILES[usize::from(self.code()) - 1]
    }

    /// The profile with this name.
    pub fn named(name: &str) -> Option<Self> {
        PROFILES.iter().find(|profile| profile.name == name).map(|profile| profile.id)
    }
}

impl std::fmt::Display for ProfileId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.profile().name)
    }
}

/// When the bursts of one slot begin and end, from the base station's origin.
impl Profile {
    /// The beat of a channel's downlink.
    pub const fn downlink_cadence(&self, channel: Channel) -> Cadence {
        match channel {
            Channel::Control => self.control,
            Channel::Traffic => self.traffic,
        }
    }

    /// The beat of a channel's uplink: access opportunities on the control channel, else the traffic bursts.
    pub const fn uplink_cadence(&self, channel: Channel) -> Cadence {
        match channel {
            Channel::Control => self.access,
            Channel::Traffic => self.traffic,
        }
    }

    /// When downlink burst `count` begins to be radiated.
    pub fn downlink_start(&self, origin: Moment, channel: Channel, slot: SlotNumber, count: u32) -> Moment {
        origin + self.downlink_cadence(channel).start(count) + self.slot_offset(channel, slot)
    }

    /// When uplink burst `count` begins.
    pub fn uplink_start(&self, origin: Moment, channel: Channel, slot: SlotNumber, count: u32) -> Moment {
        origin
            + self.uplink_cadence(channel).start(count)
            + self.slot_offset(channel, slot)
            + self.uplink_offset
    }

    /// How long a burst of this channel lasts: a slot where slotted, else the channel's period.
    pub fn burst_length(&self, channel: Channel) -> Span {
        match channel {
            Channel::Control if self.control_takes_carrier => self.control.period(),
            // Sub-slots: TETRA divides its uplink control slot in two, so an access burst is no longer than its beat.
            Channel::Control => self.slot.period().min(self.access.period()),
            Channel::Traffic => self.slot.period(),
        }
    }

    /// Whether a slot belongs to the control channel at `control`: that slot alone, or with some profiles its whole carrier.
    pub fn is_controls(&self, control: SlotAddress, at: SlotAddress) -> bool {
        if self.control_takes_carrier { at.carrier == control.carrier } else { at == control }
    }

    /// How many slots of its carrier a control channel has.
    pub const fn control_slots(&self) -> u8 {
        if self.control_takes_carrier { self.slots } else { 1 }
    }

    /// Vocoder frames in burst number `burst` of a spurt.
    pub fn voice_frames(&self, burst: u32) -> u8 {
        self.voice_pattern[burst as usize % self.voice_pattern.len()]
    }

    fn slot_offset(&self, channel: Channel, slot: SlotNumber) -> Span {
        match channel {
            Channel::Control if self.control_takes_carrier => Span::ZERO,
            Channel::Control | Channel::Traffic => self.slot.start(u32::from(slot.number())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::CarrierNumber;

    #[test]
    fn stand_in_order_of_their_octets() {
        for (profile, id) in PROFILES.iter().zip(ProfileId::ALL) {
            assert_eq!(profile.id, *id);
            assert_eq!(ProfileId::named(profile.name), Some(*id));
        }
    }

    /// Speech neither piles up nor runs dry: a round of the pattern lasts as long as its frames.
    #[test]
    fn voice_pattern_carries_exactly_the_time_that_passes() {
        for profile in PROFILES {
            let frames: u64 = profile.voice_pattern.iter().map(|frames| u64::from(*frames)).sum();
            let bursts = u64::try_from(profile.voice_pattern.len()).unwrap();
            assert_eq!(
                frames * 20_000 * profile.traffic.den,
                bursts * profile.traffic.num_us,
                "{}",
                profile.name
            );
        }
    }

    #[test]
    fn vocoder_frames_fit_the_voice_bits() {
        for profile in PROFILES.iter().filter(|profile| profile.voice_bits > 0) {
            let most = profile.voice_pattern.iter().max().unwrap();
            assert!(u16::from(*most) * 64 <= profile.voice_bits, "{}", profile.name);
        }
    }

    /// standards.md G.1, column "signalling words/s".
    #[test]
    fn control_channel_carries_the_documented_words_per_second() {
        let documented = [11.1, 17.65, 16.67, 26.67, 26.67, 42.86, 9.375];
        for (profile, words) in PROFILES.iter().zip(documented) {
            assert!((profile.control.per_second() - words).abs() < 0.05, "{}", profile.name);
        }
    }

    #[test]
    fn a_control_channel_has_so_many_slots_of_its_carrier_and_none_of_another() {
        let at = |carrier, slot| SlotAddress {
            carrier: CarrierNumber::new(carrier).unwrap(),
            slot: SlotNumber::new(slot).unwrap(),
        };
        for profile in PROFILES {
            let own = |carrier| {
                (0..profile.slots).filter(move |slot| profile.is_controls(at(12, 0), at(carrier, *slot)))
            };
            assert_eq!(own(12).count(), usize::from(profile.control_slots()), "{}", profile.name);
            assert_eq!(own(14).count(), 0, "{}", profile.name);
            assert!(profile.is_controls(at(12, 0), at(12, 0)), "{}", profile.name);
        }
    }

    #[test]
    fn a_long_run_does_not_drift() {
        let tetra = ProfileId::Tetra.profile();
        assert_eq!(tetra.traffic.start(3 * 1_000_000), Span::from_secs(170_000));
    }

    #[test]
    fn first_beat_from_a_time_starts_there_or_later() {
        for profile in PROFILES {
            for elapsed in (0..2_000_000).step_by(12_347) {
                let elapsed = Span::from_micros(elapsed);
                let first = profile.control.first_from(elapsed);
                assert!(profile.control.start(first) >= elapsed);
                assert!(first == 0 || profile.control.start(first - 1) < elapsed);
            }
        }
    }
}
