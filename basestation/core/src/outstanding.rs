//! Requests that were passed on and not yet answered: a radio that repeats one is not heard twice by the controller
//! (docs/protocol.md, clause 6.1.4).

use std::collections::BTreeMap;

use trunklab_protocol::{Press, UnitId};

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// To affiliate.
    Affiliation,
    /// A call.
    Call,
    /// The floor.
    Floor,
    /// That a message be passed on.
    Message,
}

impl Asked {
    const ALL: [Self; 4] = [Self::Affiliation, Self::Call, Self::Floor, Self::Message];
}

/// At most one request of each kind for each unit that is held here.
#[derive(Debug, Clone, Default)]
pub struct Outstanding {
    asked: BTreeMap<(UnitId, Asked), Press>,
}

impl Outstanding {
    /// Notes a request; `false` when it is being worked on already.
    pub fn ask(&mut self, unit: UnitId, asked: Asked, press: Press) -> bool {
        self.asked.insert((unit, asked), press) != Some(press)
    }

    /// Whether a request is being worked on.
    pub fn is_asked(&self, unit: UnitId, asked: Asked, press: Press) -> bool {
        self.asked.get(&(unit, asked)) == Some(&press)
    }

    /// The controller has answered a unit.
    pub fn answered(&mut self, unit: UnitId, press: Press) {
        for asked in Asked::ALL {
            if self.asked.get(&(unit, asked)) == Some(&press) {
                self.asked.remove(&(unit, asked));
            }
        }
    }

    /// The unit is no longer here.
    pub fn forget(&mut self, unit: UnitId) {
        for asked in Asked::ALL {
            self.asked.remove(&(unit, asked));
        }
    }

    /// No answer will come.
    pub fn clear(&mut self) {
        self.asked.clear();
    }
}
