//! The visitor register: which unit is registered where, and what it was last told.

use trunklab_protocol::proof::{Challenge, Response, SessionKey};
use trunklab_protocol::{
    CallId, Cause, Identity, Imei, Moment, Parties, Press, ScanList, SiteId, SpurtId, TalkgroupId, Tmsi,
    UnitId,
};

use super::home::Rights;
use crate::lookup::Lookup;

/// A registered unit.
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// Who.
    pub unit: UnitId,
    /// At which site.
    pub site: SiteId,
    /// Whether the site's link stands.
    pub presence: Presence,
    /// Its temporary identity.
    pub tmsi: Tmsi,
    /// The talkgroup that it is affiliated to.
    pub talkgroup: Option<TalkgroupId>,
    /// Those that it hears beside it.
    pub secondary: ScanList,
    /// What it may ask for: a copy of its subscription's.
    pub rights: Rights,
    /// Since when it is registered, wherever.
    pub since: Moment,
    /// When it registered at this site.
    pub arrived: Arrival,
    /// The answer that opened this registration; `None` where an inventory told of it.
    pub accepted: Option<Accepted>,
    /// When its site last passed on a word that it has proved, in this registration.
    pub heard: Option<Moment>,
    /// Its last request for a call or a floor, and what came of it: a repeated word gets the same answer.
    pub last_request: Option<Answered>,
    /// The number of its last affiliation.
    pub last_affiliation: Option<Press>,
    /// The number of its last emergency in this registration.
    pub last_emergency: Option<Press>,
    /// Its last status or call alert in this registration, and what it was told of it.
    pub last_message: Option<Told>,
    /// What it is doing.
    pub activity: Activity,
}

/// When a unit registered at its site. A site may tell of one from before the controller's time began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arrival(i64);

impl Arrival {
    /// At this moment.
    pub fn at(now: Moment) -> Self {
        Self(i64::try_from(now.as_micros()).unwrap_or(i64::MAX))
    }

    /// So many milliseconds before this moment.
    pub fn before(now: Moment, held_ms: u32) -> Self {
        Self(Self::at(now).0 - i64::from(held_ms) * 1_000)
    }
}

/// Whether a unit can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Its site is in service.
    Present,
    /// Its site's link is lost; the site's inventory will tell.
    Absent,
}

/// What a unit is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activity {
    /// Nothing that concerns call control.
    Idle,
    /// Calling another unit, which is asked or rings.
    Calling,
    /// Called by another unit: asked, or ringing.
    Called,
    /// Waiting in the queue.
    Waiting,
    /// Called back: slots are kept in a call.
    CalledBack(CallId),
    /// Waiting for the floor of a call.
    WaitingForFloor(CallId),
    /// Talking in a call.
    Talking(CallId),
}

/// The answer that was accepted.
#[derive(Debug, Clone, Copy)]
pub struct Accepted {
    /// When.
    pub at: Moment,
    /// As the unit named itself.
    pub identity: Identity,
    /// The equipment that it named.
    pub equipment: Option<Imei>,
    /// What was asked.
    pub challenge: Challenge,
    /// What it answered.
    pub response: Response,
    /// What its words are proved with.
    pub session: SessionKey,
}

/// A request that was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Answered {
    /// The request's number.
    pub press: Press,
    /// What came of it.
    pub answer: Answer,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The unit that it asked for is paged, or rings.
    Paging,
    /// It is a party of the call that was set up, or answered the request of the other one.
    Paired,
    /// It waits.
    Queued,
    /// Its turn came while its button was up: it was called back.
    CalledBack(CallId),
    /// It waits for the floor of a call.
    FloorQueued(CallId),
    /// It has, or had, the floor.
    Granted(CallId, SpurtId),
    /// It had the floor and lost it with nothing heard of it: it may not have heard that it had it, and is served anew.
    Unheard,
    /// It was refused.
    Refused(Cause),
}

/// What a radio was told of a message of its.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Told {
    /// The message's number with it.
    pub press: Press,
    /// What.
    pub of: ToldOf,
}

/// What a radio was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ToldOf {
    /// Nothing yet: the message is on its way.
    OnItsWay,
    /// It was delivered.
    Delivered,
    /// It was refused, or called back.
    Refused(Cause),
}

/// How a request's number compares with the last one answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Later than anything answered.
    New,
    /// The very request that was answered last.
    Repeated(Answer),
    /// From before the last one: a late copy.
    Stale,
}

/// Whether `press` comes before `last`, in a count that wraps.
pub fn is_before(press: Press, last: Press) -> bool {
    press.number().wrapping_sub(last.number()) > u16::MAX / 2
}

impl Visitor {
    /// The talkgroups that it hears: its own first.
    pub fn talkgroups(&self) -> impl Iterator<Item = TalkgroupId> + use<> {
        self.talkgroup.into_iter().chain(self.secondary.iter())
    }

    /// Whether it hears a talkgroup.
    pub fn hears(&self, talkgroup: TalkgroupId) -> bool {
        self.talkgroups().any(|heard| heard == talkgroup)
    }

    /// Whether a call for these parties is its own.
    pub fn takes_part_in(&self, parties: Parties) -> bool {
        match parties {
            Parties::Group(talkgroup) => self.hears(talkgroup),
            Parties::Pair(pair) => pair.includes(self.unit),
        }
    }

    /// The temporary identities that lead to it: its own, and the one by which it named itself here.
    fn temporary(&self) -> impl Iterator<Item = Tmsi> + use<> {
        let named_by = match self.accepted.map(|accepted| accepted.identity) {
            Some(Identity::Tmsi(tmsi)) => Some(tmsi),
            Some(Identity::Imei(_) | Identity::Imsi(_) | Identity::Unit(_)) | None => None,
        };
        std::iter::once(self.tmsi).chain(named_by)
    }

    /// How a request's number compares with the last one answered.
    pub fn freshness(&self, press: Press) -> Freshness {
        match self.last_request {
            Some(last) if last.press == press => Freshness::Repeated(last.answer),
            Some(last) if is_before(press, last.press) => Freshness::Stale,
            Some(_) | None => Freshness::New,
        }
    }
}

/// The register.
#[derive(Debug, Default)]
pub struct Visitors {
    rows: Lookup<UnitId, Visitor>,
    by_tmsi: Lookup<Tmsi, UnitId>,
}

impl Visitors {
    /// The row of a unit.
    pub fn get(&self, unit: UnitId) -> Option<&Visitor> {
        self.rows.get(&unit)
    }

    /// The row of a unit, to change anything but its temporary identity.
    pub fn get_mut(&mut self, unit: UnitId) -> Option<&mut Visitor> {
        self.rows.get_mut(&unit)
    }

    /// Adds a row, or replaces the unit's.
    pub fn insert(&mut self, visitor: Visitor) {
        let earlier = self.rows.insert(visitor.unit, visitor);
        for tmsi in earlier.iter().flat_map(Visitor::temporary) {
            self.by_tmsi.remove(&tmsi);
        }
        for tmsi in visitor.temporary() {
            self.by_tmsi.insert(tmsi, visitor.unit);
        }
    }

    /// Takes a row out.
    pub fn remove(&mut self, unit: UnitId) -> Option<Visitor> {
        let visitor = self.rows.remove(&unit)?;
        for tmsi in visitor.temporary() {
            self.by_tmsi.remove(&tmsi);
        }
        Some(visitor)
    }

    /// Who has a temporary identity, or named itself by it when it registered: then its answer may come again.
    pub fn holder(&self, tmsi: Tmsi) -> Option<UnitId> {
        self.by_tmsi.get(&tmsi).copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.by_tmsi.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_of_presses_wraps() {
        let press = |number| Press::new(number).unwrap();
        assert!(is_before(press(4), press(5)));
        assert!(!is_before(press(5), press(4)));
        assert!(is_before(press(u16::MAX), press(0)));
        assert!(!is_before(press(0), press(u16::MAX)));
        assert!(!is_before(press(5), press(5)));
    }
}
