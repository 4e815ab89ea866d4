//! Why octets could not be read.

use nom::error::{ErrorKind, FromExternalError, ParseError};

/// Octets that are not what the protocol says. Names the field and where in the payload it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The payload ended inside a field.
    #[error("field `{field}` at octet {offset} is cut short")]
    Truncated {
        /// The field that could not be completed.
        field: &'static str,
        /// Octets from the start of the payload.
        offset: usize,
    },
    /// A field holds a value that its type does not allow.
    #[error("field `{field}` at octet {offset} has a value out of range")]
    OutOfRange {
        /// The field with the impossible value.
        field: &'static str,
        /// Octets from the start of the payload.
        offset: usize,
    },
    /// The message was complete, but octets follow it.
    #[error("{count} octets follow the message")]
    Trailing {
        /// How many octets were left over.
        count: usize,
    },
    /// A message number that this version does not know; a reader skips the frame.
    #[error("message number {code:#04x} is not known")]
    UnknownMessage {
        /// The message number.
        code: u8,
    },
}

/// What goes wrong inside a parser; becomes a [`DecodeError`] once the payload's start is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub(crate) field: &'static str,
    pub(crate) left: usize,
    pub(crate) kind: FaultKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FaultKind {
    Truncated,
    OutOfRange,
    UnknownMessage(u8),
}

impl Fault {
    /// A value that the type does not allow, found at `input`.
    pub(crate) fn out_of_range(input: &[u8]) -> nom::Err<Self> {
        nom::Err::Error(Self { field: "", left: input.len(), kind: FaultKind::OutOfRange })
    }

    /// A count that the octets behind it cannot hold, found at `input`.
    pub(crate) fn truncated(input: &[u8]) -> nom::Err<Self> {
        nom::Err::Error(Self { field: "", left: input.len(), kind: FaultKind::Truncated })
    }

    /// Names the innermost field: the first name given stays.
    pub(crate) fn named(self, field: &'static str) -> Self {
        if self.field.is_empty() { Self { field, ..self } } else { self }
    }

    pub(crate) fn into_error(self, payload_len: usize) -> DecodeError {
        let offset = payload_len - self.left;
        match self.kind {
            FaultKind::Truncated => DecodeError::Truncated { field: self.field, offset },
            FaultKind::OutOfRange => DecodeError::OutOfRange { field: self.field, offset },
            FaultKind::UnknownMessage(code) => DecodeError::UnknownMessage { code },
        }
    }
}

impl ParseError<&[u8]> for Fault {
    fn from_error_kind(input: &[u8], kind: ErrorKind) -> Self {
        let kind = if kind == ErrorKind::Eof { FaultKind::Truncated } else { FaultKind::OutOfRange };
        Self { field: "", left: input.len(), kind }
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

impl<E> FromExternalError<&[u8], E> for Fault {
    fn from_external_error(input: &[u8], _: ErrorKind, _: E) -> Self {
        Self { field: "", left: input.len(), kind: FaultKind::OutOfRange }
    }
}
