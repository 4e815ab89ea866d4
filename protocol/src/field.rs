//! How one field becomes octets and back (docs/protocol.md, clause 2.2: big-endian, counts before lists).

use std::fmt;

use bytes::{BufMut, BytesMut};
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

    /// The most octets that an encoding can have; proves that every message fits its frame.
    const MOST: usize;

    /// The encoding, as the tables of docs/protocol.md name it.
    const KIND: Kind;

    /// Appends the encoding.
    fn put(&self, into: &mut BytesMut);

    /// Reads one value from the front of `input`.
    fn take(input: &[u8]) -> Parsed<'_, Self>;
}

/// An encoding by name; prints as the tables of docs/protocol.md write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One that the tables know by its name alone.
    Named(&'static str),
    /// This many octets, as they are.
    Octets(usize),
    /// A flag, then perhaps a value.
    Optional(&'static Kind),
    /// A count, then at most `most` values.
    List {
        /// The encoding of each value.
        of: &'static Kind,
        /// The greatest count.
        most: usize,
    },
    /// A count, then at most `most` octets of UTF-8.
    Text {
        /// The greatest count.
        most: usize,
    },
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Octets(count) => write!(f, "{count} octets"),
            Self::Optional(kind) => write!(f, "optional {kind}"),
            Self::List { of, most } => write!(f, "list of {of}, at most {most}"),
            Self::Text { most } => write!(f, "text, at most {most} octets"),
        }
    }
}

/// One field of a record or message: what its row in docs/protocol.md must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRow {
    /// Its name.
    pub name: &'static str,
    /// Its encoding.
    pub kind: Kind,
    /// The fewest octets that it takes.
    pub least: usize,
    /// The most octets that it takes.
    pub most: usize,
}

/// How a field of type `T` is coded inside a record. Lists and text have no coding without a limit, so that an
/// unbounded one cannot be declared.
pub(crate) trait Coding<T> {
    const LEAST: usize;
    const MOST: usize;
    const KIND: Kind;
    fn put(value: &T, into: &mut BytesMut);
    fn take(input: &[u8]) -> Parsed<'_, T>;
}

/// A field that is bounded by its own type.
pub(crate) struct Plain;

/// A list or text of at most `N` values or octets.
pub(crate) struct AtMost<const N: usize>;

impl<T: Field> Coding<T> for Plain {
    const LEAST: usize = T::LEAST;
    const MOST: usize = T::MOST;
    const KIND: Kind = T::KIND;
    fn put(value: &T, into: &mut BytesMut) {
        value.put(into);
    }
    fn take(input: &[u8]) -> Parsed<'_, T> {
        T::take(input)
    }
}

/// Reads a field and names it in the error.
pub(crate) fn named<'a, C: Coding<T>, T>(name: &'static str, input: &'a [u8]) -> Parsed<'a, T> {
    C::take(input).map_err(|error| error.map(|fault| fault.named(name)))
}

macro_rules! number_fields {
    ($($type:ty, $least:literal, $kind:literal, $put:ident, $take:ident;)*) => {$(
        impl Field for $type {
            const LEAST: usize = $least;
            const MOST: usize = $least;
            const KIND: Kind = Kind::Named($kind);
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
    const MOST: usize = 1;
    const KIND: Kind = Kind::Named("flag");
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
    const MOST: usize = N;
    const KIND: Kind = Kind::Octets(N);
    fn put(&self, into: &mut BytesMut) {
        into.put_slice(self);
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, octets) = take(N).parse(input)?;
        Ok((rest, octets.try_into().expect("take(N) yields N octets")))
    }
}

/// Presence as one flag octet, then the value (clause 2.2.4).
/// What is rare and large is kept apart, so that an enum of messages stays small; on the wire it looks the same.
impl<T: Field> Field for Box<T> {
    const LEAST: usize = T::LEAST;
    const MOST: usize = T::MOST;
    const KIND: Kind = T::KIND;
    fn put(&self, into: &mut BytesMut) {
        T::put(self, into);
    }
    fn take(input: &[u8]) -> Parsed<'_, Self> {
        T::take(input).map(|(rest, value)| (rest, Self::new(value)))
    }
}

impl<T: Field> Field for Option<T> {
    const LEAST: usize = 1;
    const MOST: usize = 1 + T::MOST;
    const KIND: Kind = Kind::Optional(&T::KIND);
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

/// A count of two octets, then that many values (clause 2.2.5). A count over the limit, or one that the rest of the
/// payload cannot hold, is refused before anything is allocated.
impl<T: Field, const N: usize> Coding<Vec<T>> for AtMost<N> {
    const LEAST: usize = 2;
    const MOST: usize = 2 + N * T::MOST;
    const KIND: Kind = Kind::List { of: &T::KIND, most: N };
    fn put(values: &Vec<T>, into: &mut BytesMut) {
        put_count(values.len(), N, into);
        for value in values {
            value.put(into);
        }
    }
    fn take(input: &[u8]) -> Parsed<'_, Vec<T>> {
        let (mut rest, count) = take_count(input, N)?;
        if count * T::LEAST > rest.len() {
            return Err(Fault::truncated(input));
        }
        // Values may take more room in memory than on the wire: what is set aside at first never exceeds the octets
        // that came, and grows only with values really read.
        let mut values = Vec::with_capacity(count.min(rest.len() / size_of::<T>().max(1)));
        for _ in 0..count {
            let (next, value) = T::take(rest)?;
            values.push(value);
            rest = next;
        }
        Ok((rest, values))
    }
}

/// Text: a count of two octets, then UTF-8 (clause 2.2.6).
impl<const N: usize> Coding<String> for AtMost<N> {
    const LEAST: usize = 2;
    const MOST: usize = 2 + N;
    const KIND: Kind = Kind::Text { most: N };
    fn put(text: &String, into: &mut BytesMut) {
        put_count(text.len(), N, into);
        into.put_slice(text.as_bytes());
    }
    fn take(input: &[u8]) -> Parsed<'_, String> {
        let (rest, count) = take_count(input, N)?;
        map_opt(take(count), |octets: &[u8]| std::str::from_utf8(octets).ok().map(str::to_owned)).parse(rest)
    }
}

/// The smallest and the greatest of the sizes.
pub(crate) const fn extremes(sizes: &[usize]) -> (usize, usize) {
    let (mut least, mut most, mut index) = (usize::MAX, 0, 0);
    while index < sizes.len() {
        if sizes[index] < least {
            least = sizes[index];
        }
        if sizes[index] > most {
            most = sizes[index];
        }
        index += 1;
    }
    (least, most)
}

fn put_count(count: usize, most: usize, into: &mut BytesMut) {
    assert!(count <= most, "{count} where at most {most} fit: a list is cut before it is encoded");
    into.put_u16(u16::try_from(count).expect("limits of lists are below 65,536"));
}

fn take_count(input: &[u8], most: usize) -> Parsed<'_, usize> {
    map_opt(be_u16, |count| Some(usize::from(count)).filter(|count| *count <= most)).parse(input)
}

/// Implements [`Field`] for a newtype whose constructor `new` checks the range.
macro_rules! checked_field {
    ($type:ty, $inner:ty, $kind:literal) => {
        impl $crate::field::Field for $type {
            const LEAST: usize = <$inner as $crate::field::Field>::LEAST;
            const MOST: usize = <$inner as $crate::field::Field>::MOST;
            const KIND: $crate::field::Kind = $crate::field::Kind::Named($kind);
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

/// The coding of a field: plain, or with the limit written behind its type.
macro_rules! coding {
    () => { $crate::field::Plain };
    ($most:expr) => { $crate::field::AtMost<{ $most }> };
}
pub(crate) use coding;

/// A struct that is encoded field after field, in the order written. A list or text has its limit behind its type:
/// `radios: Vec<HeldRadio> [at most 200]`.
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty $([at most $most:expr])?,)*
        }
    ) => {
        $(#[$meta])*
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* }

        impl $name {
            /// The fields in order: what docs/protocol.md is checked against.
            pub const FIELDS: &'static [$crate::field::FieldRow] = &[$($crate::field::FieldRow {
                name: stringify!($field),
                kind: <$crate::field::coding!($($most)?) as $crate::field::Coding<$type>>::KIND,
                least: <$crate::field::coding!($($most)?) as $crate::field::Coding<$type>>::LEAST,
                most: <$crate::field::coding!($($most)?) as $crate::field::Coding<$type>>::MOST,
            },)*];
        }

        impl $crate::field::Field for $name {
            const LEAST: usize = 0
                $(+ <$crate::field::coding!($($most)?) as $crate::field::Coding<$type>>::LEAST)*;
            const MOST: usize = 0
                $(+ <$crate::field::coding!($($most)?) as $crate::field::Coding<$type>>::MOST)*;
            const KIND: $crate::field::Kind = $crate::field::Kind::Named(stringify!($name));
            #[allow(unused_variables, reason = "a record without fields writes nothing")]
            fn put(&self, into: &mut bytes::BytesMut) {
                $(<$crate::field::coding!($($most)?) as $crate::field::Coding<$type>>::put(&self.$field, into);)*
            }
            fn take(input: &[u8]) -> $crate::field::Parsed<'_, Self> {
                $(let (input, $field) =
                    $crate::field::named::<$crate::field::coding!($($most)?), $type>(stringify!($field), input)?;)*
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
            const MOST: usize = 1;
            const KIND: $crate::field::Kind = $crate::field::Kind::Named(stringify!($name));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::air_uplink::AirUplink;
    use crate::frame::{MessageRow, PAYLOAD_LEN_MAX};
    use crate::from_site::{FromSite, HeldCall, HeldRadio};
    use crate::network::{CarrierNumber, SiteId};
    use crate::settings::Neighbour;
    use crate::switch::{FromSwitch, ToSwitch};
    use crate::to_site::ToSite;
    use crate::{DecodeError, air_downlink::AirDownlink};

    /// Every list has a limit, so that the greatest message is known; it fits a frame.
    #[test]
    fn every_message_fits_a_frame() {
        let families: [&[MessageRow]; 6] = [
            AirUplink::TABLE,
            AirDownlink::TABLE,
            FromSite::TABLE,
            ToSite::TABLE,
            ToSwitch::TABLE,
            FromSwitch::TABLE,
        ];
        for row in families.into_iter().flatten() {
            let most: usize = row.fields.iter().map(|field| field.most).sum();
            assert!(most <= PAYLOAD_LEN_MAX, "{} may take {most} octets", row.name);
        }
    }

    /// A list takes at most this many times the octets that it came in: no small frame buys much memory.
    #[test]
    fn a_listed_value_takes_at_most_three_times_its_octets() {
        macro_rules! holds_for {
            ($($type:ident)*) => {$(
                assert!(size_of::<$type>() <= 3 * $type::LEAST, "{}", stringify!($type));
            )*};
        }
        holds_for!(CarrierNumber HeldRadio HeldCall SiteId Neighbour);
    }

    #[test]
    fn a_list_that_claims_more_than_came_is_refused_at_its_count() {
        let listen = [&7_u64.to_be_bytes()[..], &64_u16.to_be_bytes(), &[0, 1, 0, 2]].concat();
        let error = AirUplink::decode(0x01, &listen).unwrap_err();
        assert_eq!(error, DecodeError::Truncated { field: "carriers", offset: 8 });
    }

    #[test]
    fn a_list_over_its_limit_is_refused_though_it_is_whole() {
        let carriers = 1_u16.to_be_bytes().repeat(65);
        let listen = [&7_u64.to_be_bytes()[..], &65_u16.to_be_bytes(), &carriers].concat();
        let error = AirUplink::decode(0x01, &listen).unwrap_err();
        assert_eq!(error, DecodeError::OutOfRange { field: "carriers", offset: 8 });
    }

    #[test]
    fn kinds_print_as_the_specification_writes_them() {
        let row = AirUplink::TABLE[0].fields[1];
        assert_eq!(row.kind.to_string(), "list of carrier, at most 64");
        assert_eq!((row.least, row.most), (2, 2 + 64 * 2));
    }
}
