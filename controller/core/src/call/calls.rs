//! The calls that run.

use std::collections::BTreeSet;

use smallvec::SmallVec;
use trunklab_protocol::air_downlink::{Party, Talker};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::to_site::Assert;
use trunklab_protocol::{
    AreaId, CallId, FloorPolicy, Pair, Parties, Press, Priority, SiteId, SlotAddress, SpurtId, UnitId,
};

use super::audience::Audience;
use super::floor_queue::{Claim, FloorAsk, FloorQueue};
use super::handover::Handover;
use super::places::Places;
use super::table::State;
use crate::lookup::Lookup;
use crate::output::CallRecord;

/// A call that holds slots.
#[derive(Debug, Clone)]
pub struct Call {
    /// Which.
    pub id: CallId,
    /// Whom it is for.
    pub parties: Parties,
    /// Normal or emergency.
    pub kind: RequestKind,
    /// The service area in which it is heard; `None`: everywhere.
    pub area: Option<AreaId>,
    /// Its priority.
    pub priority: Priority,
    /// Who hears it beside the members of its talkgroup.
    pub audience: Audience,
    /// What becomes of a demand for the floor while another unit has it.
    pub policy: FloorPolicy,
    /// Who has the floor; `None` while it hangs or calls back.
    pub floor: Option<Floor>,
    /// Its talker is on the way to another site.
    pub handover: Option<Handover>,
    /// Whom it calls back.
    pub called_back: Option<FloorAsk>,
    /// Who waits for the floor; nobody does while it hangs.
    pub floor_queue: FloorQueue,
    /// The slots that it holds, in order of their sites.
    pub legs: SmallVec<[Leg; 4]>,
    /// Its record.
    pub record: Box<CallRecord>,
}

/// A call at one site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Leg {
    /// Which site.
    pub site: SiteId,
    /// Its slot there.
    pub at: SlotAddress,
    /// Whose slot it is, in a full duplex call.
    pub party: Option<Party>,
}

/// Who talks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Floor {
    /// Who.
    pub unit: UnitId,
    /// In which spurt.
    pub spurt: SpurtId,
    /// The request that was granted.
    pub press: Press,
    /// How urgent it was.
    pub claim: Claim,
    /// From which site; `None` for an operator at a console, where a site reported the talker of an earlier term and the
    /// talker's own site has not, and for a talker that has left its site and is not yet heard at another.
    pub site: Option<SiteId>,
}

impl Call {
    /// Its state in the table.
    pub fn state(&self) -> State {
        match (&self.floor, &self.called_back) {
            (None, None) if self.is_duplex() => State::Conversing,
            (Some(_), _) => State::Talking,
            (None, Some(_)) => State::CallingBack,
            (None, None) => State::Hanging,
        }
    }

    /// Its slot at a site; a console has none.
    pub fn at(&self, site: impl Into<Option<SiteId>>) -> Option<SlotAddress> {
        let site = site.into()?;
        self.legs.iter().find(|leg| leg.site == site).map(|leg| leg.at)
    }

    /// The site from which its talker talks.
    pub fn talker_site(&self) -> Option<SiteId> {
        self.floor.and_then(|floor| floor.site)
    }

    /// What a site is told of it.
    pub fn assertion(&self, leg: Leg) -> Assert {
        Assert {
            call: self.id,
            parties: self.parties,
            at: leg.at,
            talker: self.floor.map(|floor| Talker {
                unit: floor.unit,
                spurt: floor.spurt,
                press: floor.press,
            }),
            talker_is_here: self.talker_site() == Some(leg.site),
            emergency: self.kind == RequestKind::Emergency,
            priority: self.priority,
            floor: self.policy,
            others: self.audience.addresses(),
            area: self.area,
            duplex: self.sides(leg),
        }
    }
}

/// All calls, found by id. Rows are used again, so that a call costs no allocation of its own.
#[derive(Debug, Default)]
pub struct Calls {
    rows: Vec<Option<Call>>,
    vacant: Vec<u32>,
    places: Places,
    /// Which individual call a unit is in.
    pairs: Lookup<UnitId, CallId>,
    /// Calls of an earlier term that were taken over and have ended: a late inventory must not revive them.
    over: BTreeSet<CallId>,
}

impl Calls {
    /// A call.
    pub fn get(&self, id: CallId) -> Option<&Call> {
        self.rows[self.places.get(id)? as usize].as_ref()
    }

    /// A call, to change it.
    pub fn get_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.rows[self.places.get(id)? as usize].as_mut()
    }

    /// Adds a call.
    ///
    /// # Panics
    /// Where its id runs already.
    pub fn add(&mut self, call: Call) {
        let id = call.id;
        assert!(self.get(id).is_none(), "a call's id is given once");
        if let Parties::Pair(Pair { caller, called }) = call.parties {
            let others = [caller, called].map(|unit| self.pairs.insert(unit, id));
            assert_eq!(others, [None, None], "a unit is in one individual call");
        }
        let place = match self.vacant.pop() {
            Some(place) => {
                self.rows[place as usize] = Some(call);
                place
            }
            None => {
                self.rows.push(Some(call));
                u32::try_from(self.rows.len() - 1).expect("slots are fewer than 2^32")
            }
        };
        self.places.insert(id, place);
    }

    /// Takes a call out.
    pub fn remove(&mut self, id: CallId) -> Option<Call> {
        let place = self.places.remove(id)?;
        self.vacant.push(place);
        let call = self.rows[place as usize].take()?;
        if let Parties::Pair(Pair { caller, called }) = call.parties {
            self.pairs.remove(&caller);
            self.pairs.remove(&called);
        }
        Some(call)
    }

    /// The individual call that a unit is in.
    pub fn pair_of(&self, unit: UnitId) -> Option<CallId> {
        self.pairs.get(&unit).copied()
    }

    /// Remembers that a call of an earlier term is over.
    pub fn remember_over(&mut self, id: CallId) {
        self.over.insert(id);
    }

    /// Whether a call of an earlier term was taken over and has ended.
    pub fn is_over(&self, id: CallId) -> bool {
        self.over.contains(&id)
    }

    /// The ids that run, in order.
    pub fn ids(&self) -> Vec<CallId> {
        let mut ids: Vec<_> = self.rows.iter().flatten().map(|call| call.id).collect();
        ids.sort_unstable();
        ids
    }

    /// The calls, in order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Call> + '_ {
        self.ids().into_iter().filter_map(|id| self.get(id))
    }

    /// How many run.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether none runs.
    pub fn is_empty(&self) -> bool {
        self.places.len() == 0
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}
