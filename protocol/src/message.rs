//! One table gives each message its number, its struct, its encoding and its place in an enum.

/// Declares an enum of messages: for each row a struct of that name and a variant that holds it. The number
/// is the `message` octet of a frame, or the first octet of a word inside a burst. A row either has the fields, or names
/// in parentheses a record that another family has as well.
macro_rules! messages {
    (
        $(#[$enum_meta:meta])*
        pub enum $enum:ident {
            $(
                $(#[$meta:meta])*
                $code:literal $name:ident $body:tt
            )*
        }
    ) => {
        $(
            $crate::message::message_body! { [$(#[$meta])*] $name $body }

            impl From<$name> for $enum {
                fn from(message: $name) -> Self {
                    Self::$name(message)
                }
            }
        )*

        $(#[$enum_meta])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $enum { $($(#[$meta])* $name($name),)* }

        impl $enum {
            /// Number, name and fields of every message: what docs/protocol.md is checked against.
            pub const TABLE: &'static [$crate::frame::MessageRow] =
                &[$($crate::frame::MessageRow { code: $code, name: stringify!($name), fields: $name::FIELDS },)*];

            /// The most octets that a payload takes.
            pub const PAYLOAD_MOST: usize =
                $crate::field::extremes(&[$(<$name as $crate::field::Field>::MOST,)*]).1;

            const PAYLOAD_LEAST: usize =
                $crate::field::extremes(&[$(<$name as $crate::field::Field>::LEAST,)*]).0;

            /// The message's number.
            pub const fn code(&self) -> u8 {
                match self { $(Self::$name(_) => $code,)* }
            }

            /// The message's name in docs/protocol.md.
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => stringify!($name),)* }
            }

            /// Appends the payload, without the number.
            pub fn put_payload(&self, into: &mut bytes::BytesMut) {
                match self { $(Self::$name(message) => $crate::field::Field::put(message, into),)* }
            }

            pub(crate) fn take_payload(code: u8, input: &[u8]) -> $crate::field::Parsed<'_, Self> {
                match code {
                    $($code => {
                        let (rest, message) = <$name as $crate::field::Field>::take(input)?;
                        Ok((rest, Self::$name(message)))
                    })*
                    _ => Err(nom::Err::Error($crate::error::Fault {
                        field: "",
                        left: input.len(),
                        kind: $crate::error::FaultKind::UnknownMessage(code),
                    })),
                }
            }

            /// Reads a whole payload.
            ///
            /// # Errors
            /// The field that is cut short or out of range, octets left over, or an unknown number.
            pub fn decode(code: u8, payload: &[u8]) -> Result<Self, $crate::DecodeError> {
                match Self::take_payload(code, payload) {
                    Ok(([], message)) => Ok(message),
                    Ok((rest, _)) => Err($crate::DecodeError::Trailing { count: rest.len() }),
                    Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => Err(fault.into_error(payload.len())),
                    Err(nom::Err::Incomplete(_)) => unreachable!("only complete parsers are used"),
                }
            }
        }

        /// As a word inside a burst: the number as one octet, then the payload.
        impl $crate::field::Field for $enum {
            const LEAST: usize = 1 + Self::PAYLOAD_LEAST;
            const MOST: usize = 1 + Self::PAYLOAD_MOST;
            const KIND: $crate::field::Kind = $crate::field::Kind::Named(stringify!($enum));
            fn put(&self, into: &mut bytes::BytesMut) {
                bytes::BufMut::put_u8(into, self.code());
                self.put_payload(into);
            }
            fn take(input: &[u8]) -> $crate::field::Parsed<'_, Self> {
                let (rest, code) = <u8 as $crate::field::Field>::take(input)?;
                Self::take_payload(code, rest)
            }
        }
    };
}
pub(crate) use messages;

/// The struct of one row: its own, or one that stands elsewhere.
macro_rules! message_body {
    (
        [$(#[$meta:meta])*]
        $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty $([at most $most:expr])?),* $(,)? }
    ) => {
        $crate::field::record! {
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
            pub struct $name { $($(#[$field_meta])* pub $field: $type $([at most $most])?,)* }
        }
    };
    ([$(#[$meta:meta])*] $name:ident ($shared:path)) => {
        pub use $shared;
    };
}
pub(crate) use message_body;
