//! How a site's control channel works: choices that its provisioning, its `System` word and the call processing share
//! (docs/call-processing.md 12.12).

use crate::field::octet_enum;

octet_enum! {
    /// Whether a control channel stays where it is (docs/call-processing.md 12.12.10).
    #[derive(Default)]
    pub enum ControlPlace {
        /// It does.
        #[default]
        Fixed = 0,
        /// It moves now and then, and radios search for it.
        Searched = 1,
    }
}

impl ControlPlace {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Searched => "searched",
        }
    }
}

octet_enum! {
    /// Where control signalling has its place (docs/call-processing.md 12.12.11).
    #[derive(Default)]
    pub enum Signalling {
        /// On a channel of its own.
        #[default]
        Common = 0,
        /// On a slot that calls may have as well, when no other is free; then it goes with the call.
        Associated = 1,
    }
}

impl Signalling {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Common => "common",
            Self::Associated => "associated",
        }
    }
}

/// Whether one control channel speaks for all of a site's channels (docs/call-processing.md 12.12.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ControlLayout {
    /// It does.
    #[default]
    Central,
    /// Each carrier, or pair of carriers, has a control channel of its own.
    Distributed,
}

impl ControlLayout {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Central, Self::Distributed];

    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Central => "central",
            Self::Distributed => "distributed",
        }
    }
}
