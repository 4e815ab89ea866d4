//! What a base station is told when it connects: a station starts with nothing but addresses and a certificate.

use std::net::SocketAddr;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::air_downlink::{AccessRules, Reselection};
use crate::antenna::Antenna;
use crate::control::{ControlPlace, Signalling};
use crate::field::{Field, record};
use crate::identity::TalkgroupId;
use crate::network::{CarrierNumber, MastId, Position, SiteId, SlotAddress};
use crate::profile::ProfileId;
use crate::proof::VoiceKey;

/// The greatest length of a site's name, in octets of UTF-8.
pub const NAME_LEN_MAX: usize = 255;

/// The most carriers of one site.
pub const CARRIERS_MAX: usize = 255;

/// The most neighbours of one site.
pub const NEIGHBOURS_MAX: usize = 255;

/// The most talkgroups of one site that have a failsoft channel.
pub const FAILSOFT_MAX: usize = 256;
/// A site tests its slots no more often than this by itself, in milliseconds: a test takes its time.
pub const SELF_TEST_MS_MIN: u32 = 1_000;

record! {
    /// A site that radios may move to.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Neighbour {
        /// The site.
        pub site: SiteId,
        /// Its control carrier.
        pub carrier: CarrierNumber,
    }
}

record! {
    /// Where a talkgroup goes when the site is in failsoft (docs/resilience.md 14.6.1).
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    pub struct FailsoftPlace {
        /// The talkgroup.
        pub talkgroup: TalkgroupId,
        /// Its failsoft channel, which it may share.
        pub at: SlotAddress,
    }
}

record! {
    /// All settings of one site (clause 7.2).
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct SiteSettings {
        /// The site that is configured: the name in its certificate.
        pub site: SiteId,
        /// Its name, for people.
        pub name: String [at most NAME_LEN_MAX],
        /// Its air interface.
        pub profile: ProfileId,
        /// Where its antenna stands.
        pub position: Position,
        /// The mast whose sector it is; `None`: it stands alone.
        pub mast: Option<MastId>,
        /// In which directions it radiates.
        pub antenna: Antenna,
        /// Radiated power in dBm.
        pub power_dbm: i8,
        /// Its carriers, in order of use.
        pub carriers: Vec<CarrierNumber> [at most CARRIERS_MAX],
        /// The control channel's place; with `p25p2`, the whole carrier.
        pub control: SlotAddress,
        /// Further control channels, where control is distributed.
        pub further_controls: Vec<SlotAddress> [at most CARRIERS_MAX],
        /// Whether the control channel stays there.
        pub control_place: ControlPlace,
        /// Whether calls may have its slot as well.
        pub signalling: Signalling,
        /// Where radios may move to.
        pub neighbours: Vec<Neighbour> [at most NEIGHBOURS_MAX],
        /// The rules of random access.
        pub access: AccessRules,
        /// When radios leave for a neighbour.
        pub reselection: Reselection,
        /// Over what time radios spread their registrations, in milliseconds; 0: as they think fit.
        pub registration_window_ms: u32,
        /// Longest time between two `System` words, in milliseconds.
        pub broadcast_interval_ms: u16,
        /// A talker not heard for this long is reported silent, in milliseconds.
        pub talker_silence_ms: u16,
        /// How often late-entry words are repeated for a call, in milliseconds.
        pub late_entry_interval_ms: u16,
        /// How long it waits for a controller before it goes into failsoft, in milliseconds; 0: it never does.
        pub failsoft_after_ms: u32,
        /// The failsoft channel of each talkgroup that has one.
        pub failsoft: Vec<FailsoftPlace> [at most FAILSOFT_MAX],
        /// How often each slot is tested, in milliseconds; 0: never by itself.
        pub self_test_ms: u32,
        /// So many bad tests in a row make a slot faulty.
        pub bad_tests: u8,
        /// So many good tests in a row make it sound again.
        pub good_tests: u8,
        /// How often a site and its controller show that they live, in milliseconds.
        pub heartbeat_ms: u16,
        /// Where the voice switch receives.
        pub switch_address: SocketAddr,
        /// What the site tags its voice packets with.
        pub voice_uplink_key: VoiceKey,
        /// What packets to the site are tagged with.
        pub voice_downlink_key: VoiceKey,
    }
}

impl SiteSettings {
    /// What two stations with the same settings have in common and others have not: CRC-32C of the record, its two keys
    /// as zeros.
    pub fn digest(&self) -> u32 {
        let mut octets = BytesMut::new();
        self.without_keys().put(&mut octets);
        crc32c::crc32c(&octets)
    }

    /// What may be shown of them: zeros stand for the two keys.
    #[must_use]
    pub fn without_keys(&self) -> Self {
        let none = || VoiceKey::new([0; 16]);
        Self { voice_uplink_key: none(), voice_downlink_key: none(), ..self.clone() }
    }

    /// Every control channel, in order of their shares.
    pub fn controls(&self) -> impl Iterator<Item = SlotAddress> + '_ {
        std::iter::once(self.control).chain(self.further_controls.iter().copied())
    }
}
