//! Words of the individual call: how it is set up, what the called radio says to it, and whether both may talk at once.

use serde::{Deserialize, Serialize};

use crate::field::octet_enum;

octet_enum! {
    /// How an individual call is set up (docs/call-processing.md 12.9).
    pub enum CallSetup {
        /// The called radio opens by itself: the caller talks as soon as there is a channel.
        Immediate = 0,
        /// The called radio rings until its user answers.
        Ringing = 1,
        /// It rings, and then both may talk at once, where both radios are able to.
        Duplex = 2,
        /// As `Immediate`, and it is the caller that is listened to: by order of an operator (docs/services.md 13.3.7).
        Monitor = 3,
    }
}

octet_enum! {
    /// What a called radio says to the page (docs/call-processing.md 12.9.2).
    pub enum PageReply {
        /// It can take the call; where it is to ring, it rings.
        Available = 0,
        /// It is doing something else.
        Busy = 1,
        /// It takes no individual call, or its user declines this one.
        Refuses = 2,
        /// Its user has answered.
        Answers = 3,
    }
}

/// Whether units may talk at once (docs/call-processing.md 12.9.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FullDuplex {
    /// Where both radios are able to.
    #[default]
    Allowed,
    /// Nowhere: every individual call is half duplex.
    Never,
}

impl FullDuplex {
    /// Every one.
    pub const ALL: &'static [Self] = &[Self::Allowed, Self::Never];
}
