//! Secondary talkgroups and priority scan (docs/call-processing.md, clauses 12.11.7 and 12.11.8).

use trunklab_protocol::air_downlink::Grant;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::{Cause, Parties, ScanList, TalkgroupId};

use super::call::{Activity, Idle};
use super::radio::Turn;
use super::service::Service;

impl Service {
    /// Scan was switched on or off: the network is told as soon as the handset is idle. A call that is not to be heard any
    /// more is left.
    pub(super) fn scan_changed(&mut self, turn: &mut Turn<'_>) {
        self.setback = None;
        if let Activity::Idle(Idle { errand: None, press, called_back }) = self.activity {
            self.activity = Activity::Idle(Idle { press, called_back, ..self.idle(turn) });
        }
        let heard = self.activity.in_call().filter(|_| self.activity.is_listener());
        if heard.is_some_and(|in_call| self.rank(turn, in_call.parties).is_none()) {
            self.leave(turn, Cause::NotAffiliated);
        }
    }

    /// What is to be heard beside the talkgroup that the handset is in.
    pub(super) fn wanted(&self, turn: &Turn<'_>) -> ScanList {
        turn.radio.secondary().only(|talkgroup| talkgroup != self.talkgroup(turn))
    }

    /// The place of a call's talkgroup among those that the handset hears: the selected one is 0. `None` for a call that
    /// it does not hear.
    pub(super) fn rank(&self, turn: &Turn<'_>, parties: Parties) -> Option<usize> {
        let talkgroup = match parties {
            // Everybody obeys what is said to all.
            Parties::Group(TalkgroupId::ALL) => return Some(0),
            Parties::Group(talkgroup) => talkgroup,
            Parties::Pair(pair) => return pair.includes(turn.radio.unit()).then_some(0),
        };
        if talkgroup == self.talkgroup(turn) {
            return (self.affiliated == Some(talkgroup)).then_some(0);
        }
        let secondary = self.wanted(turn);
        let known = self.secondary.contains(talkgroup);
        secondary.iter().position(|listed| listed == talkgroup).filter(|_| known).map(|place| place + 1)
    }

    /// Whether a call is of another talkgroup than the selected one.
    pub(super) fn is_secondary(&self, turn: &Turn<'_>, parties: Parties) -> bool {
        self.rank(turn, parties).is_some_and(|rank| rank > 0)
    }

    /// A press that does not answer the call that is heard is for the selected talkgroup.
    pub(super) fn asks_for_its_own(&mut self, turn: &mut Turn<'_>) {
        self.leave(turn, Cause::PriorityScan);
        self.press(turn, RequestKind::Normal);
    }

    /// The slot tells of another call here: a listener goes there if that goes before its own.
    pub(super) fn hears_of_other(&mut self, turn: &mut Turn<'_>, grant: &Grant) {
        let heard = self.activity.in_call().filter(|_| self.activity.wants_nothing());
        let Some(in_call) = heard else { return };
        let ranks = self.rank(turn, grant.parties).zip(self.rank(turn, in_call.parties));
        let goes_before = ranks.is_some_and(|(other, own)| other < own);
        if goes_before && grant.call != in_call.call && self.released != Some(grant.call) {
            self.leave(turn, Cause::PriorityScan);
            self.obey(turn, grant);
        }
    }
}
