//! A message of any family, so that one test speaks of them all.

use bytes::BytesMut;
use serde_json::Value;
use trunklab_protocol::air_downlink::AirDownlink;
use trunklab_protocol::air_uplink::AirUplink;
use trunklab_protocol::frame::{MessageRow, encode_with};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::switch::{FromSwitch, ToSwitch};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{DecodeError, Epoch, Family};

macro_rules! any_message {
    ($($family:ident)*) => {
        /// A message of any family.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum AnyMessage { $(#[doc = stringify!($family)] $family($family),)* }

        impl AnyMessage {
            /// Which table it is of.
            pub const fn family(&self) -> Family {
                match self { $(Self::$family(_) => Family::$family,)* }
            }

            /// Its number.
            pub const fn code(&self) -> u8 {
                match self { $(Self::$family(message) => message.code(),)* }
            }

            /// Its name.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$family(message) => message.name(),)* }
            }

            /// Appends its payload.
            pub fn put_payload(&self, into: &mut BytesMut) {
                match self { $(Self::$family(message) => message.put_payload(into),)* }
            }

            /// Reads a whole payload.
            ///
            /// # Errors
            /// As the family's own `decode`.
            pub fn decode(family: Family, code: u8, payload: &[u8]) -> Result<Self, DecodeError> {
                match family { $(Family::$family => $family::decode(code, payload).map(Self::$family),)* }
            }

            /// Its values as JSON.
            pub fn to_json(&self) -> Value {
                match self { $(Self::$family(message) => serde_json::to_value(message),)* }
                    .expect("every message can be written as JSON")
            }

            /// From its values.
            ///
            /// # Errors
            /// Where they are not those of a message of the family.
            pub fn from_json(family: Family, json: Value) -> serde_json::Result<Self> {
                match family { $(Family::$family => serde_json::from_value(json).map(Self::$family),)* }
            }
        }

        /// The family's name in docs/protocol.md.
        pub const fn family_name(family: Family) -> &'static str {
            match family { $(Family::$family => stringify!($family),)* }
        }

        /// The family's messages.
        pub const fn table(family: Family) -> &'static [MessageRow] {
            match family { $(Family::$family => $family::TABLE,)* }
        }
    };
}

any_message! { AirUplink AirDownlink FromSite ToSite ToSwitch FromSwitch }

impl AnyMessage {
    /// Its payload.
    pub fn payload(&self) -> BytesMut {
        let mut octets = BytesMut::new();
        self.put_payload(&mut octets);
        octets
    }

    /// Its whole frame.
    pub fn frame(&self, epoch: Epoch, sequence: u32) -> BytesMut {
        let mut octets = BytesMut::new();
        encode_with(&mut octets, self.family(), self.code(), epoch, sequence, |into| self.put_payload(into));
        octets
    }
}
