//! What the network is made of: sites, carriers and slots, calls, epochs (docs/protocol.md, clause 3.2).

use std::fmt;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::field::{Field, Parsed, checked_field, record};

/// Declares a number with its own type; the last literal is the least value allowed.
macro_rules! number {
    ($(#[$meta:meta])* $name:ident($inner:ty), $kind:literal, from $least:literal) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name($inner);

        impl $name {
            /// `None` for a number out of range.
            #[allow(unused_comparisons, clippy::absurd_extreme_comparisons, reason = "the least value may be zero")]
            pub const fn new(number: $inner) -> Option<Self> {
                if number >= $least { Some(Self(number)) } else { None }
            }

            /// The number.
            pub const fn number(self) -> $inner {
                self.0
            }
        }

        checked_field!($name, $inner, $kind);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl TryFrom<u64> for $name {
            type Error = &'static str;
            fn try_from(number: u64) -> Result<Self, Self::Error> {
                <$inner>::try_from(number)
                    .ok()
                    .and_then(Self::new)
                    .ok_or(concat!("out of range for a ", $kind, " number"))
            }
        }

        impl From<$name> for u64 {
            fn from(value: $name) -> Self {
                Self::from(value.0)
            }
        }
    };
}

number! {
    /// One base station's coverage.
    SiteId(u16), "site", from 1
}
number! {
    /// A node that can own calls: a controller, or a site in isolated operation.
    NodeId(u16), "node", from 1
}
number! {
    /// A carrier's number in the system's channel plan, 1 to 4095 (standards.md G.1).
    CarrierNumber(u16), "carrier", from 1
}
number! {
    /// A time slot on a carrier, from 0. Profiles without slots have slot 0 alone.
    SlotNumber(u8), "slot", from 0
}
number! {
    /// The controller's term of office: stored, grows at every start. A base station obeys only the newest.
    Epoch(u32), "epoch", from 0
}
number! {
    /// One run of a base station: drawn anew at each start, so that nothing proved in an earlier run counts.
    Incarnation(u32), "incarnation", from 0
}
number! {
    /// One talk spurt: from floor grant to floor end. It is the SSRC of the spurt's RTP packets.
    SpurtId(u32), "spurt", from 1
}
number! {
    /// A handset's count of its own requests: a repeated access word has the same number, a new press the next.
    Press(u16), "press", from 0
}

/// A priority level: 1 is the highest, 10 the lowest (standards.md C and D.2: ten levels, 1 is emergency).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Priority(u8);

impl Priority {
    /// The highest level.
    pub const HIGHEST: Self = Self(1);
    /// The lowest level.
    pub const LOWEST: Self = Self(10);

    /// `None` outside 1 to 10.
    pub const fn new(level: u8) -> Option<Self> {
        if level >= 1 && level <= 10 { Some(Self(level)) } else { None }
    }

    /// The level.
    pub const fn level(self) -> u8 {
        self.0
    }
}

checked_field!(Priority, u8, "priority");

impl TryFrom<u8> for Priority {
    type Error = &'static str;
    fn try_from(level: u8) -> Result<Self, Self::Error> {
        Self::new(level).ok_or("a priority is a level from 1 (highest) to 10")
    }
}

impl From<Priority> for u8 {
    fn from(priority: Priority) -> Self {
        priority.0
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

record! {
    /// A call. Node and epoch keep the calls of an isolated site from clashing with the controller's.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    pub struct CallId {
        /// Who set the call up.
        pub node: NodeId,
        /// In which term of office.
        pub epoch: Epoch,
        /// The how-manieth call of that term, from 1.
        pub counter: u32,
    }
}

/// The counter alone; `{:#}` prints node and epoch as well.
impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            write!(f, "{}.{}.{}", self.node, self.epoch, self.counter)
        } else {
            self.counter.fmt(f)
        }
    }
}

record! {
    /// A carrier and a slot on it: what a call occupies at a site.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    pub struct SlotAddress {
        /// The carrier.
        pub carrier: CarrierNumber,
        /// The slot on that carrier.
        pub slot: SlotNumber,
    }
}

/// `12/3`: carrier and slot.
impl fmt::Display for SlotAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.carrier, self.slot))
    }
}

record! {
    /// Where in time a burst belongs: the count of the slot's bursts since the base station's origin. Arrival time
    /// decides nothing.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    pub struct BurstPlace {
        /// Carrier and slot.
        pub at: SlotAddress,
        /// The burst's count since the origin: control words on a control slot, traffic bursts on a traffic slot,
        /// access opportunities on a control slot's uplink.
        pub count: u32,
    }
}

record! {
    /// A place on the ground, in metres east and north of the zone's reference point.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
    pub struct Position {
        /// Metres east.
        pub east_m: i32,
        /// Metres north.
        pub north_m: i32,
    }
}

/// A socket address: the family (4 or 6), the address's octets, the port (clause 2.2.7).
impl Field for std::net::SocketAddr {
    const LEAST: usize = 7;
    const KIND: &'static str = "socket address";
    fn put(&self, into: &mut BytesMut) {
        match self.ip() {
            std::net::IpAddr::V4(ip) => {
                4_u8.put(into);
                ip.octets().put(into);
            }
            std::net::IpAddr::V6(ip) => {
                6_u8.put(into);
                ip.octets().put(into);
            }
        }
        self.port().put(into);
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, family) = u8::take(input)?;
        let (rest, ip) = match family {
            4 => <[u8; 4]>::take(rest).map(|(rest, octets)| (rest, std::net::IpAddr::from(octets)))?,
            6 => <[u8; 16]>::take(rest).map(|(rest, octets)| (rest, std::net::IpAddr::from(octets)))?,
            _ => return Err(Fault::out_of_range(input)),
        };
        let (rest, port) = u16::take(rest)?;
        Ok((rest, Self::new(ip, port)))
    }
}
