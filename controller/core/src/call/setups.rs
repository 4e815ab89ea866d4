//! Individual calls on their way: one unit has asked for another, which is paged or rings. Nothing is held yet.

use std::collections::BTreeMap;

use trunklab_protocol::{Press, UnitId};

use super::queue::Request;
use super::table::State;
use crate::lookup::Lookup;

/// How far a set-up has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The called unit is asked.
    Paging,
    /// It rings.
    Ringing,
}

impl Stage {
    /// Its state in the table.
    pub const fn state(self) -> State {
        match self {
            Self::Paging => State::Paging,
            Self::Ringing => State::Ringing,
        }
    }
}

/// One set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Setup {
    /// The caller's request.
    pub request: Request,
    /// Whom it asks for.
    pub called: UnitId,
    /// How far it has come.
    pub stage: Stage,
}

/// All set-ups. A unit takes part in one at most.
#[derive(Debug, Clone, Default)]
pub struct Setups {
    by_caller: BTreeMap<UnitId, Setup>,
    caller_of: Lookup<UnitId, UnitId>,
}

impl Setups {
    /// A set-up begins.
    ///
    /// # Panics
    /// Where one of the two units takes part in another.
    pub fn begin(&mut self, setup: Setup) {
        let (caller, called) = (setup.request.unit, setup.called);
        let earlier = self.by_caller.insert(caller, setup);
        let other = self.caller_of.insert(called, caller);
        assert!(earlier.is_none() && other.is_none(), "a unit takes part in one set-up");
    }

    /// A caller's set-up is over.
    pub fn end(&mut self, caller: UnitId) -> Option<Setup> {
        let setup = self.by_caller.remove(&caller)?;
        self.caller_of.remove(&setup.called);
        Some(setup)
    }

    /// A caller's set-up.
    pub fn of_caller(&self, caller: UnitId) -> Option<&Setup> {
        self.by_caller.get(&caller)
    }

    /// The set-up in which a unit is called.
    pub fn of_called(&self, called: UnitId) -> Option<&Setup> {
        self.caller_of.get(&called).and_then(|caller| self.by_caller.get(caller))
    }

    /// The called unit rings.
    pub fn note_ringing(&mut self, caller: UnitId) {
        if let Some(setup) = self.by_caller.get_mut(&caller) {
            setup.stage = Stage::Ringing;
        }
    }

    /// The caller asks again, under this number from now on.
    pub fn renumber(&mut self, caller: UnitId, press: Press) {
        if let Some(setup) = self.by_caller.get_mut(&caller) {
            setup.request.press = press;
        }
    }

    /// All of them, in order of their callers.
    pub fn iter(&self) -> impl Iterator<Item = &Setup> + '_ {
        self.by_caller.values()
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
