//! An order that is being put together: what it still needs is chosen from a list, or typed.

use trunklab_protocol::operator::{Order, StatusText};
use trunklab_protocol::{Addressee, Priority, Service, Services, StatusNumber, UnitId};

use super::cursor::{Cursor, Step};

/// What the register holds of a unit, as far as orders are about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
pub struct UnitRights {
    /// Which unit.
    pub unit: UnitId,
    /// Its priority.
    #[serde(default = "lowest")]
    pub priority: Priority,
    /// What it may use.
    #[serde(default)]
    pub services: Services,
}

pub(super) const fn lowest() -> Priority {
    Priority::LOWEST
}

/// Which status is to be told, and whom.
#[derive(Debug, Clone)]
pub struct StatusDraft {
    /// Whom.
    pub to: Addressee,
    pub(crate) typed: String,
    pub(crate) cursor: Cursor<StatusNumber>,
}

/// An order that is being put together.
#[derive(Debug, Clone)]
pub enum Draft {
    /// A status is told.
    Status(StatusDraft),
    /// A unit is listened to: by whom?
    Listener {
        /// Whose microphone is to open.
        unit: UnitId,
        /// The listener's number as far as it is typed.
        typed: String,
    },
    /// A unit gets another priority.
    Priority {
        /// Which unit.
        unit: UnitId,
        /// What the register says; `None` while that is on its way.
        known: Option<UnitRights>,
        /// Which priority is chosen.
        cursor: Cursor<Priority>,
    },
    /// A unit gets other rights.
    Rights {
        /// Which unit.
        unit: UnitId,
        /// What the register says; `None` while that is on its way.
        known: Option<UnitRights>,
        /// The rights that it shall have.
        services: Services,
        /// Which right the keys are about.
        cursor: Cursor<Service>,
    },
}

impl StatusDraft {
    /// Nothing is chosen yet.
    pub(crate) fn to(to: Addressee) -> Self {
        Self { to, typed: String::new(), cursor: Cursor::default() }
    }

    /// The statuses that have what is typed in their number or text.
    pub(crate) fn list<'a>(&self, statuses: &'a [StatusText]) -> Vec<&'a StatusText> {
        let wanted = self.typed.to_lowercase();
        let has = |status: &&StatusText| {
            status.number.to_string().starts_with(&wanted) || status.text.to_lowercase().contains(&wanted)
        };
        statuses.iter().filter(has).collect()
    }

    fn numbers(&self, statuses: &[StatusText]) -> Vec<StatusNumber> {
        self.list(statuses).iter().map(|status| status.number).collect()
    }

    /// The line that is chosen in that list.
    pub(crate) fn line(&self, statuses: &[StatusText]) -> Option<usize> {
        self.cursor.line(&self.numbers(statuses))
    }
}

impl Draft {
    /// Longest text that is typed, in characters.
    const TYPED_MAX: usize = 30;

    /// Levels of priority, the highest first.
    pub(crate) fn levels() -> Vec<Priority> {
        (1..=10).filter_map(Priority::new).collect()
    }

    /// Moves what is chosen.
    pub(crate) fn step(&mut self, statuses: &[StatusText], step: Step) {
        match self {
            Self::Status(draft) => {
                let list = draft.numbers(statuses);
                draft.cursor.step(&list, step);
            }
            Self::Listener { .. } => {}
            Self::Priority { cursor, .. } => cursor.step(&Self::levels(), step),
            Self::Rights { cursor, .. } => cursor.step(Service::ALL, step),
        }
    }

    /// One more character.
    pub(crate) fn push(&mut self, letter: char) {
        match self {
            Self::Status(StatusDraft { typed, .. }) if typed.chars().count() < Self::TYPED_MAX => {
                typed.push(letter)
            }
            Self::Listener { typed, .. }
                if letter.is_ascii_digit() && typed.len() < super::UnitsView::DIGITS_MAX =>
            {
                typed.push(letter);
            }
            Self::Status(_) | Self::Listener { .. } | Self::Priority { .. } | Self::Rights { .. } => {}
        }
    }

    /// The last one is taken away.
    pub(crate) fn erase(&mut self) {
        match self {
            Self::Status(StatusDraft { typed, .. }) | Self::Listener { typed, .. } => {
                typed.pop();
            }
            Self::Priority { .. } | Self::Rights { .. } => {}
        }
    }

    /// Gives the right that is chosen, or takes it.
    pub(crate) fn tick(&mut self) {
        let Self::Rights { services, cursor, .. } = self else { return };
        let Some(service) = cursor.chosen(Service::ALL) else { return };
        *services =
            if services.contains(service) { services.without(service) } else { services.with(service) };
    }

    /// The register has said what it holds of a unit.
    pub(crate) fn learn(&mut self, learned: &UnitRights) {
        match self {
            Self::Priority { unit, known: known @ None, cursor } if *unit == learned.unit => {
                *known = Some(*learned);
                cursor.choose(learned.priority);
            }
            Self::Rights { unit, known: known @ None, services, .. } if *unit == learned.unit => {
                *known = Some(*learned);
                *services = learned.services;
            }
            Self::Status(_) | Self::Listener { .. } | Self::Priority { .. } | Self::Rights { .. } => {}
        }
    }

    /// The order that it makes; `None` while something is missing.
    pub(crate) fn order(&self, statuses: &[StatusText]) -> Option<Order> {
        match self {
            Self::Status(draft) => {
                let number = draft.list(statuses).get(draft.line(statuses)?)?.number;
                Some(Order::SendStatus { to: draft.to, number })
            }
            Self::Listener { unit, typed } => {
                let listener = typed.parse().ok().and_then(UnitId::new)?;
                Some(Order::Monitor { unit: *unit, listener })
            }
            Self::Priority { known: None, .. } | Self::Rights { known: None, .. } => None,
            Self::Priority { unit, cursor, .. } => {
                Some(Order::SetPriority { unit: *unit, priority: cursor.chosen(&Self::levels())? })
            }
            Self::Rights { unit, services, .. } => {
                Some(Order::SetRights { unit: *unit, services: *services })
            }
        }
    }
}
