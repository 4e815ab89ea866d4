//! Words of radios that a base station passes on as it heard them (docs/protocol.md, chapters 4 and 6).

use serde::{Deserialize, Serialize};

use crate::field::record;
use crate::identity::UnitId;
use crate::network::Press;
use crate::status::{Addressee, StatusNumber};

record! {
    /// Tells a status to a unit, a talkgroup or the consoles.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Status {
        /// Who.
        pub unit: UnitId,
        /// The message's number with this radio.
        pub press: Press,
        /// Whom; `None`: the consoles.
        pub to: Option<Addressee>,
        /// Which status.
        pub number: StatusNumber,
    }
}

record! {
    /// Wants another unit to call back.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct CallAlert {
        /// Who.
        pub unit: UnitId,
        /// The message's number with this radio.
        pub press: Press,
        /// Whom it alerts.
        pub called: UnitId,
    }
}

record! {
    /// No longer wants the call alert that it asked for.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct AlertCancel {
        /// Who.
        pub unit: UnitId,
        /// The number of the alert.
        pub press: Press,
    }
}
