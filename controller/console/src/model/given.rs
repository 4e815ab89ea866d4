//! What this console has asked the controller to do, and what came of each: the last of them.

use std::collections::VecDeque;

use trunklab_protocol::operator::{Admission, ConfigurationVersion, EventKind, Order};

/// Orders that are remembered.
const GIVEN_MAX: usize = 20;

/// Something that is done once the operator confirms it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// An order.
    Order(Order),
    /// An earlier version of the configuration is to come back.
    Revert {
        /// The version that stands.
        base: ConfigurationVersion,
        /// The one that is to come back.
        to: ConfigurationVersion,
    },
}

impl From<Order> for Asked {
    fn from(order: Order) -> Self {
        Self::Order(order)
    }
}

/// How far something is that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The controller has not answered.
    UnderWay,
    /// The controller has taken it; whether a radio has still to obey is not known yet.
    Taken,
    /// It waits until its radio has obeyed.
    Waits,
    /// It is done.
    Done,
    /// It is not done, and why.
    Refused(String),
    /// The connection broke before the answer came.
    Unknown,
}

/// Something that was asked for, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// What.
    pub asked: Asked,
    /// How far.
    pub outcome: Outcome,
}

/// The last of them, the newest first.
#[derive(Debug, Clone, Default)]
pub struct GivenList(VecDeque<Given>);

impl GivenList {
    /// The newest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Given> {
        self.0.iter()
    }

    /// This is on its way to the controller.
    pub(crate) fn begin(&mut self, asked: Asked) {
        self.0.truncate(GIVEN_MAX - 1);
        self.0.push_front(Given { asked, outcome: Outcome::UnderWay });
    }

    /// The controller has answered. Of two that are alike the earlier one is answered first.
    pub(crate) fn answer(&mut self, asked: &Asked, answer: Result<(), String>) {
        let wanted = [Outcome::UnderWay, Outcome::Waits].into_iter().find_map(|outcome| {
            self.0.iter().rposition(|given| given.asked == *asked && given.outcome == outcome)
        });
        let Some(given) = wanted.and_then(|place| self.0.get_mut(place)) else { return };
        given.outcome = match (answer, &given.outcome, &given.asked) {
            (Err(why), ..) => Outcome::Refused(why),
            // The event may be here before the answer.
            (Ok(()), Outcome::Waits, _) => Outcome::Waits,
            (Ok(()), _, Asked::Order(order)) if order.for_radio().is_some() => Outcome::Taken,
            (Ok(()), ..) => Outcome::Done,
        };
    }

    /// Nothing more will be answered.
    pub(crate) fn lose(&mut self) {
        for given in self.0.iter_mut().filter(|given| given.outcome == Outcome::UnderWay) {
            given.outcome = Outcome::Unknown;
        }
    }

    /// Something happened, perhaps to an order of this operator's.
    pub(crate) fn hear(&mut self, kind: &EventKind, me: Option<&Admission>) {
        let (unit, of_radio, by, outcome) = if let EventKind::RadioOrderPending { unit, of_radio, by } = kind
        {
            (unit, of_radio, by, Outcome::Waits)
        } else if let EventKind::RadioOrderDone { unit, of_radio, by } = kind {
            (unit, of_radio, by, Outcome::Done)
        } else if let EventKind::RadioOrderFailed { unit, of_radio, by, cause } = kind {
            (unit, of_radio, by, Outcome::Refused(cause.to_string()))
        } else {
            return;
        };
        if me.is_some_and(|me| me.name != *by) {
            return;
        }
        let is_meant = |given: &&mut Given| {
            let Asked::Order(order) = &given.asked else { return false };
            let is_open = matches!(given.outcome, Outcome::UnderWay | Outcome::Taken | Outcome::Waits);
            is_open && order.for_radio() == Some((*unit, *of_radio))
        };
        if let Some(given) = self.0.iter_mut().rev().find(is_meant) {
            given.outcome = outcome;
        }
    }
}
