//! Calls over several talkgroups (clause 12.10): who hears a call beside the members of its own talkgroup.
//!
//! A call has one talkgroup of its own, from which it has its policies, and an audience. While it runs, the row of each
//! talkgroup that hears it names it: so a talkgroup is in one call, and whoever presses there finds that call. The audience
//! is settled when the call is set up. An announcement and a system-wide call need all their talkgroups silent: they wait,
//! or end the others' calls. A patch takes what is there: a talkgroup that has a call stays with it until that ends.

use smallvec::SmallVec;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::{Announcement, CallId, FloorPolicy, Pair, Parties, SiteId, TalkgroupId};

use super::calls::Call;
use super::decision::Sites;
use super::queue::Request;
use super::table::Event;
use crate::config::Reach;
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::talkgroups::TalkgroupState;
use crate::registry::visitors::Visitor;

/// Further talkgroups of a call.
pub type Others = SmallVec<[TalkgroupId; 4]>;

/// Who hears a call beside the members of its own talkgroup.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub enum Audience {
    /// Nobody.
    #[default]
    Own,
    /// The members of these talkgroups, which are not its own.
    Groups(Others),
    /// Everybody.
    All,
}

impl Audience {
    /// How sites are told of it: everybody has one address.
    pub fn addresses(&self) -> Vec<TalkgroupId> {
        match self {
            Self::Own => Vec::new(),
            Self::Groups(others) => others.to_vec(),
            Self::All => vec![TalkgroupId::ALL],
        }
    }
}

impl Controller {
    /// Whether a call is a unit's own: it may be heard there, and answered.
    pub(crate) fn takes_part(&self, visitor: &Visitor, call: &Call) -> bool {
        let heard = |talkgroup| self.talkgroups.get(talkgroup).is_some_and(|row| row.call == Some(call.id));
        visitor.takes_part_in(call.parties) || visitor.talkgroups().any(heard)
    }

    /// Whether somebody at a site hears a call.
    pub(crate) fn is_heard(&self, call: &Call, site: SiteId) -> bool {
        let own = match call.parties {
            Parties::Group(_) => self.group(call.parties).is_some_and(|row| row.is_present_at(site)),
            Parties::Pair(Pair { caller, called }) => {
                [caller, called].into_iter().any(|unit| self.present_at(unit, site).is_ok())
            }
        };
        own || match &call.audience {
            Audience::Own => false,
            Audience::Groups(others) => others
                .iter()
                .any(|other| self.talkgroups.get(*other).is_some_and(|row| row.is_present_at(site))),
            Audience::All => {
                self.talkgroups.iter().any(|(_, row)| row.call == Some(call.id) && row.is_present_at(site))
            }
        }
    }

    /// Whether a call of a talkgroup may be heard by others. Mostly nobody does, and this is soon said.
    pub(crate) fn may_reach_others(&self, row: &TalkgroupState) -> bool {
        row.config.reach != Reach::Own || !self.patches.is_empty()
    }

    /// Who would hear a call for these parties, beside its own talkgroup, if it were set up now.
    pub(crate) fn audience_of(&self, parties: Parties) -> Audience {
        let Some(row) = self.group(parties).filter(|row| self.may_reach_others(row)) else {
            return Audience::Own;
        };
        let own = row.config.id;
        let free = |other: &TalkgroupId| {
            *other != own && self.talkgroups.get(*other).is_some_and(|row| row.call.is_none())
        };
        match &row.config.reach {
            Reach::System => Audience::All,
            Reach::Members(members) => Audience::Groups(members.iter().copied().filter(free).collect()),
            Reach::Own => match self.patches.of(own) {
                Some(patch) => Audience::Groups(patch.talkgroups.iter().copied().filter(free).collect()),
                None => Audience::Own,
            },
        }
    }

    /// The sites where a call for these parties would be heard and its own talkgroup is not present.
    pub(crate) fn further_sites(&self, parties: Parties) -> Sites {
        let own = self.group(parties);
        let is_new = |site: SiteId| own.is_none_or(|row| !row.is_present_at(site));
        let mut sites = Sites::new();
        let mut add = |talkgroup: TalkgroupId| {
            let presence = self.talkgroups.get(talkgroup).map_or(&[][..], |row| row.presence());
            sites.extend(presence.iter().map(|(site, _)| *site).filter(|site| is_new(*site)));
        };
        match self.audience_of(parties) {
            Audience::Own => return Sites::new(),
            Audience::Groups(others) => others.iter().for_each(|other| add(*other)),
            Audience::All => self.talkgroups.keys().for_each(add),
        }
        sites.sort_unstable();
        sites.dedup();
        sites
    }

    /// The calls that an announcement finds in its talkgroups.
    fn calls_in_the_way(&self, parties: Parties) -> SmallVec<[CallId; 4]> {
        let Some(row) = self.group(parties) else { return SmallVec::new() };
        let mut calls: SmallVec<[CallId; 4]> = match &row.config.reach {
            Reach::Own => return SmallVec::new(),
            Reach::Members(members) => {
                members.iter().filter_map(|member| self.talkgroups.get(*member)?.call).collect()
            }
            Reach::System => self.talkgroups.iter().filter_map(|(_, row)| row.call).collect(),
        };
        calls.sort_unstable();
        calls.dedup();
        calls
    }

    /// Whether a request for a new call has to wait, for one of the talkgroups that shall hear it has a call.
    pub(crate) fn is_audience_busy(&self, parties: Parties) -> bool {
        self.group(parties).is_some_and(|row| row.config.reach != Reach::Own)
            && !self.calls_in_the_way(parties).is_empty()
    }

    /// An announcement that may interrupt ends the calls in its way, unless one is an emergency call or they would be
    /// ended in vain.
    pub(crate) fn announce(&mut self, request: &Request, out: &mut Outbox) {
        let interrupts =
            self.group(request.parties).is_some_and(|row| row.config.announcement == Announcement::Interrupt);
        let calls = self.calls_in_the_way(request.parties);
        if !interrupts || !self.may_be_ended(&calls) || !self.would_make_room(request, &calls) {
            return;
        }
        for call in calls {
            self.advance_call(call, Event::AnnouncementComes, out);
        }
    }

    fn may_be_ended(&self, calls: &[CallId]) -> bool {
        let normal =
            |call: &CallId| self.calls.get(*call).is_some_and(|call| call.kind == RequestKind::Normal);
        calls.iter().all(normal)
    }

    /// Action: operators learn who hears a call beside its own talkgroup.
    pub(crate) fn report_audience(&mut self, id: CallId, out: &mut Outbox) {
        let audience = self.calls.get(id).map(|call| &call.audience);
        if let Some(talkgroups) = audience.map(Audience::addresses).filter(|others| !others.is_empty()) {
            self.report(EventKind::CallReaches { call: id, talkgroups }, out);
        }
    }

    /// The rows of all talkgroups that hear a call name it, or no call any more.
    pub(crate) fn note_audience(&mut self, audience: &Audience, before: Option<CallId>, now: Option<CallId>) {
        let others: Others = match audience {
            Audience::Own => return,
            Audience::Groups(others) => others.clone(),
            Audience::All => self.talkgroups.keys().collect(),
        };
        for other in others {
            if let Some(row) = self.talkgroups.get_mut(other).filter(|row| row.call == before) {
                row.call = now;
                self.note_talkgroup(other);
            }
        }
    }

    /// Somebody has the floor: who waits for a talkgroup of the audience has its answer as well.
    pub(crate) fn refuse_waiting_audience(&mut self, id: CallId, out: &mut Outbox) {
        let others: Others = match self.calls.get(id).map(|call| &call.audience) {
            Some(Audience::Groups(others)) => others.clone(),
            Some(Audience::All) => {
                self.talkgroups.iter().filter(|(_, row)| row.waiting > 0).map(|(other, _)| other).collect()
            }
            Some(Audience::Own) | None => return,
        };
        for other in others {
            self.refuse_waiting(Parties::Group(other), out);
        }
    }

    /// Whether nobody but its caller speaks in a call.
    pub(crate) fn is_broadcast(call: &Call) -> bool {
        call.policy == FloorPolicy::Closed
    }
}
