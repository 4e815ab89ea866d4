//! Words to radios that the controller says to a base station as the base station says them on the air: of remote control and of
//! messages (docs/protocol.md, chapters 5 and 7).

use serde::{Deserialize, Serialize};

use crate::cause::Cause;
use crate::field::record;
use crate::identity::UnitId;
use crate::network::{OrderNumber, Press};
use crate::proof::ProvedOrder;
use crate::status::{Addressee, MessageId, StatusNumber, Teller};

record! {
    /// The unit is to do something.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct RadioOrder {
        /// Who.
        pub unit: UnitId,
        /// Which order: the same in every repetition.
        pub number: OrderNumber,
        /// What.
        pub order: crate::remote::RadioOrder,
    }
}

record! {
    /// Proves the network to a unit that is to obey.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct NetworkAnswer {
        /// Who.
        pub unit: UnitId,
        /// What was ordered.
        pub order: ProvedOrder,
        /// The answer to the unit's challenge.
        pub answer: crate::proof::NetworkAnswer,
    }
}

record! {
    /// A status for a unit or a talkgroup.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Status {
        /// Which message: a radio shows it once.
        pub message: MessageId,
        /// Who tells it; `None`: an operator.
        pub from: Option<Teller>,
        /// Whom it is for.
        pub to: Addressee,
        /// Which status.
        pub number: StatusNumber,
    }
}

record! {
    /// Somebody wants to be called back by a unit.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct CallAlert {
        /// Which message: a radio takes it once.
        pub message: MessageId,
        /// Who is alerted.
        pub unit: UnitId,
        /// Who wants to be called; `None`: an operator.
        pub from: Option<Teller>,
        /// How often the radio alerts its user, in milliseconds.
        pub repeat_ms: u32,
        /// For how long, in milliseconds.
        pub limit_ms: u32,
    }
}

record! {
    /// A call alert is over: the radio alerts no more.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct AlertOver {
        /// Which.
        pub message: MessageId,
        /// Who was alerted.
        pub unit: UnitId,
        /// Why.
        pub cause: Cause,
    }
}

record! {
    /// A message has reached its receiver.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct MessageDelivered {
        /// Who told it.
        pub unit: UnitId,
        /// Its number with that radio.
        pub press: Press,
    }
}

record! {
    /// A message has not reached its receiver, or is called back.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct MessageRefused {
        /// Who told it.
        pub unit: UnitId,
        /// Its number with that radio.
        pub press: Press,
        /// Why.
        pub cause: Cause,
    }
}
