//! What the network is made of: sites, carriers and slots, calls, epochs (docs/protocol.md, clause 3.2).

use std::fmt;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::error::Fault;
use crate::field::{Field, Kind, Parsed, checked_field, record};
use crate::profile::Channel;

/// Declares a number with its own type; the last literals are the least and the greatest value allowed.
macro_rules! number {
    ($(#[$meta:meta])* $name:ident($inner:ty), $kind:literal, $least:literal to $most:expr) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(try_from = "u64", into = "u64")]
        pub struct $name($inner);

        impl $name {
            /// `None` for a number out of range.
            #[allow(unused_comparisons, clippy::absurd_extreme_comparisons, reason = "the limits may be the inner type's own")]
            pub const fn new(number: $inner) -> Option<Self> {
                if number >= $least && number <= $most { Some(Self(number)) } else { None }
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
    SiteId(u16), "site", 1 to u16::MAX
}
number! {
    /// A service area: a named set of sites in which calls can be heard.
    AreaId(u16), "area", 1 to 65_533
}
number! {
    /// A mast with sectors: it has the number of its first one, as no other mast can.
    MastId(u16), "mast", 1 to u16::MAX
}
number! {
    /// A node that can own calls: a controller, or a site in isolated operation.
    NodeId(u16), "node", 1 to u16::MAX
}
number! {
    /// A carrier's number in the system's channel plan, 1 to 4095 (standards.md G.1).
    CarrierNumber(u16), "carrier", 1 to 4_095
}
number! {
    /// A time slot on a carrier, 0 to 5: no profile has more than six. Profiles without slots have slot 0 alone.
    SlotNumber(u8), "slot", 0 to 5
}
number! {
    /// The controller's term of office: stored, grows at every start. A base station obeys only the newest.
    Epoch(u32), "epoch", 0 to u32::MAX
}
number! {
    /// One run of a base station: drawn anew at each start, so that nothing proved in an earlier run counts.
    Incarnation(u32), "incarnation", 0 to u32::MAX
}
number! {
    /// One talk spurt: from floor grant to floor end. It is the SSRC of the spurt's RTP packets.
    SpurtId(u32), "spurt", 1 to u32::MAX
}
number! {
    /// A handset's count of its own requests: a repeated access word has the same number, a new press the next.
    Press(u16), "press", 0 to u16::MAX
}
number! {
    /// An order for a radio: drawn at random, and the same however often it is said.
    OrderNumber(u32), "order number", 0 to u32::MAX
}

/// A priority level: 1 is the highest, 10 the lowest (standards.md C and D.2: ten levels, 1 is emergency).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    pub struct SlotAddress {
        /// The carrier.
        pub carrier: CarrierNumber,
        /// The slot on that carrier.
        pub slot: SlotNumber,
    }
}

impl SlotAddress {
    /// The first slot of a carrier: the control channel's place where no other is named.
    pub fn first_of(carrier: CarrierNumber) -> Self {
        Self { carrier, slot: SlotNumber::new(0).expect("slots count from 0") }
    }
}

/// `12/3`: carrier and slot.
impl fmt::Display for SlotAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.carrier, self.slot))
    }
}

record! {
    /// Where in time a burst belongs: the count of the channel's bursts since the base station's origin. Arrival time
    /// decides nothing.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    pub struct BurstPlace {
        /// Carrier and slot.
        pub at: SlotAddress,
        /// What the burst is for: one slot may serve as both in turn.
        pub channel: Channel,
        /// The burst's count since the origin: of control words on a control channel, of traffic bursts on a traffic
        /// channel, of access opportunities on a control channel's uplink.
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
    const MOST: usize = 19;
    const KIND: Kind = Kind::Named("socket address");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_their_range_are_refused() {
        assert_eq!(SiteId::new(0), None);
        assert_eq!(NodeId::new(0), None);
        assert_eq!(SpurtId::new(0), None);
        assert_eq!((CarrierNumber::new(0), CarrierNumber::new(4_096)), (None, None));
        assert_eq!(CarrierNumber::new(4_095).map(CarrierNumber::number), Some(4_095));
        assert_eq!(SlotNumber::new(6), None);
        assert_eq!((Priority::new(0), Priority::new(11)), (None, None));
        assert!(Epoch::new(0).is_some() && Incarnation::new(u32::MAX).is_some() && Press::new(0).is_some());
    }

    #[test]
    fn ranges_hold_in_json_and_on_the_wire_alike() {
        assert!(serde_json::from_str::<CarrierNumber>("4096").is_err());
        assert!(serde_json::from_str::<Priority>("11").is_err());
        assert!(CarrierNumber::take(&[0x10, 0x00]).is_err());
        assert!(SlotNumber::take(&[6]).is_err());
    }

    #[test]
    fn a_call_prints_its_counter_and_in_full_where_asked() {
        let call = CallId { node: NodeId::new(2).unwrap(), epoch: Epoch::new(5).unwrap(), counter: 9 };
        assert_eq!(format!("{call} {call:#}"), "9 2.5.9");
    }

    #[test]
    fn a_socket_address_keeps_its_family() {
        for text in ["192.0.2.7:4000", "[2001:db8::7]:4000"] {
            let address: std::net::SocketAddr = text.parse().unwrap();
            let mut octets = BytesMut::new();
            address.put(&mut octets);
            assert_eq!(std::net::SocketAddr::take(&octets).unwrap(), (&[][..], address));
        }
        assert!(std::net::SocketAddr::take(&[5, 1, 2, 3, 4, 0, 80]).is_err());
    }
}
