//! Challenges, session keys and tags: how a unit, a burst or a packet proves where it comes from.
//!
//! Challenge and answer use HMAC-SHA-256 under the unit's 128-bit key; bursts and packets carry a SipHash-2-4 tag
//! of 64 bits under a 128-bit key derived for one registration or one link (docs/protocol.md, chapter 9). Where a radio
//! must be sure of its network, it is the radio that challenges (clause 9.5).

use std::fmt;
use std::hash::Hasher;

use bytes::BytesMut;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use siphasher::sip::SipHasher24;
use subtle::ConstantTimeEq;

use crate::air_uplink::UplinkWord;
use crate::field::{Field, Kind, Parsed, octet_enum};
use crate::identity::{Imei, Imsi, UnitId};
use crate::network::{BurstPlace, Incarnation, SiteId};

/// Declares fixed octets with their own type. Keys print as dots: no secret reaches a log.
macro_rules! octets {
    ($(#[$meta:meta])* $name:ident($len:literal), $kind:literal, $shown:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name([u8; $len]);

        impl $name {
            /// From octets.
            pub const fn new(octets: [u8; $len]) -> Self {
                Self(octets)
            }

            /// The octets.
            pub const fn octets(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl Field for $name {
            const LEAST: usize = $len;
            const MOST: usize = $len;
            const KIND: Kind = Kind::Named($kind);
            fn put(&self, into: &mut BytesMut) {
                self.0.put(into);
            }
            fn take(input: &[u8]) -> Parsed<'_, Self> {
                <[u8; $len]>::take(input).map(|(rest, octets)| (rest, Self(octets)))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                if $shown {
                    write!(f, "{}({})", stringify!($name), self.0.iter().map(|o| format!("{o:02x}")).collect::<String>())
                } else {
                    write!(f, "{}(…)", stringify!($name))
                }
            }
        }
    };
}

octets! {
    /// A unit's key, shared with the home register alone.
    UnitKey(16), "key", false
}
octets! {
    /// The key of one registration at one site.
    SessionKey(16), "session key", false
}
octets! {
    /// The key of one site's voice packets in one direction, for one connection.
    VoiceKey(16), "voice key", false
}
octets! {
    /// Random octets to be answered; used once.
    Challenge(16), "challenge", true
}
octets! {
    /// The answer to a challenge.
    Response(8), "response", true
}
octets! {
    /// What shows a radio that its subscription comes from its own network.
    Seal(8), "seal", true
}
octets! {
    /// The network's answer to a radio's challenge, good for one order to one unit.
    NetworkAnswer(8), "network answer", true
}

octet_enum! {
    /// An order that a radio obeys only from a network that proves itself (clause 9.5).
    pub enum ProvedOrder {
        /// Out of use for good.
        Kill = 1,
    }
}

/// A tag over a burst; zero where none is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Proof(u64);

impl Proof {
    /// No proof: for words that come before a session.
    pub const NONE: Self = Self(0);

    /// From its number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }
}

impl Field for Proof {
    const LEAST: usize = 8;
    const MOST: usize = 8;
    const KIND: Kind = Kind::Named("proof");
    fn put(&self, into: &mut BytesMut) {
        self.0.put(into);
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        u64::take(input).map(|(rest, number)| (rest, Self(number)))
    }
}

impl UnitKey {
    /// The answer that the holder of this key gives (clause 9.1); it covers the equipment that the radio has named.
    pub fn answer(&self, challenge: &Challenge, equipment: Option<Imei>) -> Response {
        let mut parts = BytesMut::with_capacity(24);
        challenge.put(&mut parts);
        equipment.inspect(|imei| imei.put(&mut parts));
        Response(self.derive(b"trunklab answer", &parts))
    }

    /// The key of the registration that this challenge opens (clause 9.2).
    pub fn session(&self, challenge: &Challenge) -> SessionKey {
        SessionKey(self.derive(b"trunklab session", challenge.octets()))
    }

    /// The seal of a subscription that a radio is given for its answer to this challenge (clause 9.6).
    pub fn seal(&self, challenge: &Challenge, equipment: Imei, unit: UnitId, imsi: Option<Imsi>) -> Seal {
        let mut parts = BytesMut::with_capacity(36);
        challenge.put(&mut parts);
        equipment.put(&mut parts);
        unit.put(&mut parts);
        imsi.put(&mut parts);
        Seal(self.derive(b"trunklab subscription", &parts))
    }

    /// What the network answers to a radio's challenge, so that the radio obeys this order (clause 9.5). No answer of a
    /// unit and no answer about another unit or order is one.
    pub fn vouch(&self, challenge: &Challenge, unit: UnitId, order: ProvedOrder) -> NetworkAnswer {
        let mut parts = BytesMut::with_capacity(20);
        challenge.put(&mut parts);
        unit.put(&mut parts);
        order.put(&mut parts);
        NetworkAnswer(self.derive(b"trunklab network", &parts))
    }

    fn derive<const N: usize>(&self, label: &[u8], parts: &[u8]) -> [u8; N] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(label);
        mac.update(parts);
        let digest = mac.finalize().into_bytes();
        std::array::from_fn(|index| digest[index])
    }
}

impl Response {
    /// Whether both are equal, in a time that does not depend on where they differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl NetworkAnswer {
    /// Whether both are equal, in a time that does not depend on where they differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Seal {
    /// Whether both are equal, in a time that does not depend on where they differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl SessionKey {
    /// The proof of one uplink word at one place (clause 9.3). Site and incarnation keep a burst from counting
    /// elsewhere or after a restart; the place keeps it from counting twice.
    pub fn prove(
        &self,
        site: SiteId,
        incarnation: Incarnation,
        place: BurstPlace,
        word: &UplinkWord,
    ) -> Proof {
        let mut octets = BytesMut::with_capacity(96);
        site.put(&mut octets);
        incarnation.put(&mut octets);
        place.put(&mut octets);
        word.put(&mut octets);
        Proof(tag(&self.0, &octets))
    }

    /// Whether a proof holds.
    pub fn proves(
        &self,
        site: SiteId,
        incarnation: Incarnation,
        place: BurstPlace,
        word: &UplinkWord,
        proof: Proof,
    ) -> bool {
        self.prove(site, incarnation, place, word).0.ct_eq(&proof.0).into()
    }
}

impl VoiceKey {
    /// The tag of a voice packet (clause 8.3).
    pub fn tag(&self, packet: &[u8]) -> [u8; 8] {
        tag(&self.0, packet).to_be_bytes()
    }

    /// Whether a tag holds.
    pub fn holds(&self, packet: &[u8], given: &[u8]) -> bool {
        self.tag(packet).ct_eq(given).into()
    }
}

fn tag(key: &[u8; 16], octets: &[u8]) -> u64 {
    let mut hasher = SipHasher24::new_with_key(key);
    hasher.write(octets);
    hasher.finish()
}
