//! How one field becomes octets and back (docs/protocol.md, clause 2.2: big-endian, counts before lists).

use bytes::{BufMut, Bytes, BytesMut};
use nom::IResult;
use nom::Parser;
use nom::bytes::complete::take;
use nom::combinator::map_opt;
use nom::number::complete::{be_i8, be_i16, be_i32, be_u8, be_u16, be_u24, be_u32, be_u64};

use crate::error::Fault;

/// What a parser of one field returns.
pub type Parsed<'a, T> = IResult<&'a [u8], T, Fault>;

/// A value with one encoding. A value of the type is the proof that it was checked.
pub trait Field: Sized {
    /// The fewest octets that an encoding can have; bounds what a list may claim.
    const LEAST: usize;

    /// The name of the encoding in the tables of docs/protocol.md.
    const KIND: &'static str;

    /// Appends the encoding.
    fn put(&self, into: &mut BytesMut);

    /// Reads one value from the front of `input`.
    fn take(input: &[u8]) -> Parsed<'_, Self>;
}

/// Reads a field and names it in the error.
pub(crate) fn named<'a, T: Field>(name: &'static str, input: &'a [u8]) -> Parsed<'a, T> {
    T::take(input).map_err(|error| error.map(|fault| fault.named(name)))
}

macro_rules! number_fields {
    ($($type:ty, $least:literal, $kind:literal, $put:ident, $take:ident;)*) => {$(
        impl Field for $type {
            const LEAST: usize = $least;
            const KIND: &'static str = $kind;
            fn put(&self, into: &mut BytesMut) {
                into.$put(*self);
            }
            fn take(input: &[u8]) -> Parsed<'_, Self> {
                $take.parse(input)
            }
        }
    )*};
}

number_fields! {
    u8, 1, "u8", put_u8, be_u8;
    u16, 2, "u16", put_u16, be_u16;
    u32, 4, "u32", put_u32, be_u32;
    u64, 8, "u64", put_u64, be_u64;
    i8, 1, "i8", put_i8, be_i8;
    i16, 2, "i16", put_i16, be_i16;
    i32, 4, "i32", put_i32, be_i32;
}

/// Reads three octets as a number.
pub(crate) fn take_u24(input: &[u8]) -> Parsed<'_, u32> {
    be_u24.parse(input)
}

/// Writes the low three octets of a number.
pub(crate) fn put_u24(value: u32, into: &mut BytesMut) {
    into.put_uint(u64::from(value), 3);
}

impl Field for bool {
    const LEAST: usize = 1;
    const KIND: &'static str = "flag";
    fn put(&self, into: &mut BytesMut) {
        into.put_u8(u8::from(*self));
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        map_opt(be_u8, |octet| match octet {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        })
        .parse(input)
    }
}

impl<const N: usize> Field for [u8; N] {
    const LEAST: usize = N;
    const KIND: &'static str = "octets";
    fn put(&self, into: &mut BytesMut) {
        into.put_slice(self);
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, octets) = take(N).parse(input)?;
        Ok((rest, octets.try_into().expect("take(N) yields N octets")))
    }
}

/// Presence as one flag octet, then the value (clause 2.2.4).
impl<T: Field> Field for Option<T> {
    const LEAST: usize = 1;
    const KIND: &'static str = "optional";
    fn put(&self, into: &mut BytesMut) {
        self.is_some().put(into);
        if let Some(value) = self {
            value.put(into);
        }
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, present) = bool::take(input)?;
        if !present {
            return Ok((rest, None));
        }
        let (rest, value) = T::take(rest)?;
        Ok((rest, Some(value)))
    }
}

/// A count of two octets, then that many values (clause 2.2.5). A count that the rest of the payload cannot
/// hold is refused before anything is allocated.
impl<T: Field> Field for Vec<T> {
    const LEAST: usize = 2;
    const KIND: &'static str = "list";
    fn put(&self, into: &mut BytesMut) {
        let count = u16::try_from(self.len()).expect("a list is cut to fit its frame before it is encoded");
        into.put_u16(count);
        for value in self {
            value.put(into);
        }
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (mut rest, count) = be_u16.parse(input)?;
        let count = usize::from(count);
        if count.saturating_mul(T::LEAST) > rest.len() {
            return Err(Fault::out_of_range(input));
        }
        let mut values = Self::with_capacity(count);
        for _ in 0..count {
            let (next, value) = T::take(rest)?;
            values.push(value);
            rest = next;
        }
        Ok((rest, values))
    }
}

/// Text: a count of two octets, then UTF-8 (clause 2.2.6).
impl Field for String {
    const LEAST: usize = 2;
    const KIND: &'static str = "text";
    fn put(&self, into: &mut BytesMut) {
        let count = u16::try_from(self.len()).expect("text is cut to fit its frame before it is encoded");
        into.put_u16(count);
        into.put_slice(self.as_bytes());
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, count) = be_u16.parse(input)?;
        map_opt(take(count), |octets: &[u8]| std::str::from_utf8(octets).ok().map(str::to_owned)).parse(rest)
    }
}

/// Opaque octets: a count of two octets, then the octets (clause 2.2.6).
impl Field for Bytes {
    const LEAST: usize = 2;
    const KIND: &'static str = "octet list";
    fn put(&self, into: &mut BytesMut) {
        let count =
            u16::try_from(self.len()).expect("octets are cut to fit their frame before they are encoded");
        into.put_u16(count);
        into.put_slice(self);
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, count) = be_u16.parse(input)?;
        let (rest, octets) = take(count).parse(rest)?;
        Ok((rest, Self::copy_from_slice(octets)))
    }
}

/// Implements [`Field`] for a newtype whose constructor `new` checks the range.
macro_rules! checked_field {
    ($type:ty, $inner:ty, $kind:literal) => {
        impl $crate::field::Field for $type {
            const LEAST: usize = <$inner as $crate::field::Field>::LEAST;
            const KIND: &'static str = $kind;
            fn put(&self, into: &mut bytes::BytesMut) {
                self.0.put(into);
            }
            fn take(input: &[u8]) -> $crate::field::Parsed<'_, Self> {
                let (rest, value) = <$inner as $crate::field::Field>::take(input)?;
                match Self::new(value) {
                    Some(value) => Ok((rest, value)),
                    None => Err($crate::error::Fault::out_of_range(input)),
                }
            }
        }
    };
}
pub(crate) use checked_field;

/// A struct that is encoded field after field, in the order written.
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }
    ) => {
        $(#[$meta])*
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }

        impl $name {
            /// Field names with the names of their encodings, in order.
            pub const FIELDS: &'static [(&'static str, &'static str)] =
                &[$((stringify!($field), <$type as $crate::field::Field>::KIND),)*];
        }

        impl $crate::field::Field for $name {
            const LEAST: usize = 0 $(+ <$type as $crate::field::Field>::LEAST)*;
            const KIND: &'static str = stringify!($name);
            #[allow(unused_variables, reason = "a record without fields writes nothing")]
            fn put(&self, into: &mut bytes::BytesMut) {
                $($crate::field::Field::put(&self.$field, into);)*
            }
            fn take(input: &[u8]) -> $crate::field::Parsed<'_, Self> {
                $(let (input, $field) = $crate::field::named::<$type>(stringify!($field), input)?;)*
                Ok((input, Self { $($field,)* }))
            }
        }
    };
}
pub(crate) use record;

/// An enum without data that is one octet on the wire; other octets are refused.
macro_rules! octet_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $code:literal,)* }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_meta])* $variant = $code,)* }

        impl $name {
            /// Every value, in order of its octet.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The value with this octet.
            pub const fn new(octet: u8) -> Option<Self> {
                match octet { $($code => Some(Self::$variant),)* _ => None }
            }

            /// The octet on the wire.
            pub const fn code(self) -> u8 {
                self as u8
            }
        }

        impl $crate::field::Field for $name {
            const LEAST: usize = 1;
            const KIND: &'static str = stringify!($name);
            fn put(&self, into: &mut bytes::BytesMut) {
                bytes::BufMut::put_u8(into, *self as u8);
            }
            fn take(input: &[u8]) -> $crate::field::Parsed<'_, Self> {
                let (rest, octet) = <u8 as $crate::field::Field>::take(input)?;
                match Self::new(octet) {
                    Some(value) => Ok((rest, value)),
                    None => Err($crate::error::Fault::out_of_range(input)),
                }
            }
        }
    };
}
pub(crate) use octet_enum;
