//! Emergencies that the controller keeps until an operator clears them (clauses 12.6.6 to 12.6.9).
//!
//! An emergency is a unit's, not a call's: it is raised by an alarm, which needs no channel, or with the request for a call
//! or a floor, and it outlives the call. Its number is the press by which it was raised; a repeated word is answered with
//! how far that emergency is. Nothing here gives or takes a channel.

use std::collections::{BTreeMap, VecDeque};

use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{Alarm, CallRequest};
use trunklab_protocol::operator::{ConsoleName, EmergencyView, EventKind};
use trunklab_protocol::to_site::{Affiliated, EmergencyStatus, Refused};
use trunklab_protocol::{
    CallId, Cause, Clause, Demand, EmergencyKind, EmergencyStage, Moment, Press, Service, SiteId,
    TalkgroupId, UnitId,
};

use super::calls::Call;
use super::floor_queue::FloorAsk;
use crate::controller::Controller;
use crate::output::Outbox;
use crate::registry::visitors::{Activity, Answer, Answered, Presence, is_before};

/// An emergency that is not cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Emergency {
    /// The number by which its unit knows it.
    pub press: Press,
    /// Where it was raised.
    pub site: SiteId,
    /// The talkgroup that was asked for, or else the unit's own.
    pub talkgroup: Option<TalkgroupId>,
    /// How it was raised.
    pub kind: EmergencyKind,
    /// Raised, or acknowledged.
    pub stage: EmergencyStage,
    /// Since when.
    pub since: Moment,
    /// The last call that was asked for in it.
    pub call: Option<CallId>,
}

/// The emergencies that are active, one for a unit. How many there may be is provisioned.
#[derive(Debug, Default)]
pub struct Emergencies {
    rows: BTreeMap<UnitId, Emergency>,
    /// Those that were cleared last, each by its unit and number, the oldest first: who asks after one is told so.
    cleared: VecDeque<(UnitId, Press)>,
}

impl Emergencies {
    /// A unit's emergency.
    pub fn of(&self, unit: UnitId) -> Option<&Emergency> {
        self.rows.get(&unit)
    }

    /// All of them, in order of their units.
    pub fn iter(&self) -> impl Iterator<Item = (UnitId, &Emergency)> + '_ {
        self.rows.iter().map(|(unit, emergency)| (*unit, emergency))
    }

    /// Those that were cleared last, the oldest first.
    pub fn cleared(&self) -> impl Iterator<Item = &(UnitId, Press)> + '_ {
        self.cleared.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// A call is asked for in a unit's emergency.
    pub(crate) fn note_call(&mut self, unit: UnitId, call: CallId) {
        if let Some(emergency) = self.rows.get_mut(&unit) {
            emergency.call = Some(call);
        }
    }

    /// Remembers that a unit's emergency was cleared, with no more than `most` others.
    fn remember_cleared(&mut self, unit: UnitId, press: Press, most: usize) {
        self.forget_cleared(unit);
        self.cleared.push_back((unit, press));
        while self.cleared.len() > most {
            self.cleared.pop_front();
        }
    }

    fn forget_cleared(&mut self, unit: UnitId) {
        self.cleared.retain(|(other, _)| *other != unit);
    }

    /// What operators are shown.
    pub fn views(&self) -> Vec<EmergencyView> {
        let view = |(unit, emergency): (UnitId, &Emergency)| {
            let Emergency { site, talkgroup, kind, stage, since, .. } = *emergency;
            EmergencyView { unit, site, talkgroup, kind, stage, since }
        };
        self.iter().map(view).collect()
    }
}

/// What a unit says of its emergency.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cry {
    pub unit: UnitId,
    pub press: Press,
    pub site: SiteId,
    pub talkgroup: Option<TalkgroupId>,
    pub kind: EmergencyKind,
}

impl Controller {
    /// A unit raises the alarm.
    pub(crate) fn alarm_raised(&mut self, site: SiteId, message: Alarm, out: &mut Outbox) {
        let Alarm { unit, press, known } = message;
        let (talkgroup, last) = match self.present_at(unit, site) {
            Ok(visitor) if !visitor.rights.include(Service::Emergency) => {
                return self.refuse_alarm(site, &message, Cause::EmergencyNotAllowed, out);
            }
            Ok(visitor) => (visitor.talkgroup, visitor.last_emergency),
            Err(cause) => return self.refuse_alarm(site, &message, cause, out),
        };
        if last.is_some_and(|last| is_before(press, last)) {
            return self.drop_message(site, Cause::Duplicate, out);
        }
        // Who registered anew may have missed that its emergency was cleared.
        let was_cleared = known && self.emergencies.cleared.contains(&(unit, press));
        if was_cleared || last == Some(press) {
            return self.tell_emergency(site, unit, press, out);
        }
        let cry = Cry { unit, press, site, talkgroup, kind: EmergencyKind::Alarm };
        match self.begin_emergency(cry, out) {
            Ok(()) => self.tell_emergency(site, unit, press, out),
            Err(cause) => self.refuse_alarm(site, &message, cause, out),
        }
    }

    /// A request in an emergency was found good: the emergency is kept, whatever becomes of the request. A repeated one is
    /// not raised twice. Where as many are active as may, the request goes on without.
    pub(crate) fn note_emergency(&mut self, cry: Cry, out: &mut Outbox) {
        let last = self.visitors.get(cry.unit).and_then(|visitor| visitor.last_emergency);
        if last.is_some_and(|last| last == cry.press || is_before(cry.press, last)) {
            return;
        }
        if let Err(cause) = self.begin_emergency(cry, out) {
            self.drop_message(cry.site, cause, out);
        }
    }

    /// An emergency is active, or was raised anew: then nobody has seen it yet.
    fn begin_emergency(&mut self, cry: Cry, out: &mut Outbox) -> Result<(), Cause> {
        let Cry { unit, press, site, talkgroup, kind } = cry;
        let known = self.emergencies.rows.get(&unit).copied();
        if known.is_none() && self.emergencies.rows.len() >= usize::from(self.system.emergencies_max) {
            return Err(Cause::TooManyEmergencies);
        }
        self.visitors.get_mut(unit).expect("who is in an emergency is registered").last_emergency =
            Some(press);
        // A unit that registered anew says again what it said before.
        if known.is_some_and(|known| known.press == press) {
            return Ok(());
        }
        let (stage, since) = (EmergencyStage::Raised, known.map_or(self.now, |known| known.since));
        let call = known.and_then(|known| known.call);
        self.emergencies.forget_cleared(unit);
        self.emergencies.rows.insert(unit, Emergency { press, site, talkgroup, kind, stage, since, call });
        self.report(EventKind::EmergencyBegan { unit, site, talkgroup, kind }, out);
        Ok(())
    }

    /// Tells a unit how far its emergency is: one that is not active any more was cleared.
    pub(crate) fn tell_emergency(&mut self, site: SiteId, unit: UnitId, press: Press, out: &mut Outbox) {
        let active = self.emergencies.of(unit).filter(|emergency| emergency.press == press);
        let stage = active.map_or(EmergencyStage::Cleared, |emergency| emergency.stage);
        let clause = match stage {
            EmergencyStage::Raised => Clause::Alarm,
            EmergencyStage::Acknowledged | EmergencyStage::Cleared => Clause::EmergencyAnswered,
        };
        self.tell_by(clause, site, EmergencyStatus { unit, press, stage }, out);
    }

    /// An operator has seen an emergency. Once more is no matter.
    pub(crate) fn acknowledge_emergency(
        &mut self,
        unit: UnitId,
        by: &ConsoleName,
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        let emergency = self.emergencies.rows.get_mut(&unit).ok_or(Cause::UnknownEmergency)?;
        let before = std::mem::replace(&mut emergency.stage, EmergencyStage::Acknowledged);
        let press = emergency.press;
        if before == EmergencyStage::Raised {
            self.report(EventKind::EmergencyAcknowledged { unit, by: by.clone() }, out);
            self.tell_wherever(unit, press, out);
        }
        Ok(())
    }

    /// An operator ends an emergency. What was asked for in it goes on as usual.
    pub(crate) fn clear_emergency(
        &mut self,
        unit: UnitId,
        by: &ConsoleName,
        out: &mut Outbox,
    ) -> Result<(), Cause> {
        let emergency = self.emergencies.rows.remove(&unit).ok_or(Cause::UnknownEmergency)?;
        let Emergency { press, call, .. } = emergency;
        self.emergencies.remember_cleared(unit, press, usize::from(self.system.emergencies_max));
        self.report(EventKind::EmergencyCleared { unit, by: by.clone() }, out);
        self.tell_wherever(unit, press, out);
        self.calm(unit);
        if let Some(call) = call {
            self.lower_call(call, out);
        }
        Ok(())
    }

    /// Tells a unit where it is now; one that cannot be reached asks when it is back.
    fn tell_wherever(&mut self, unit: UnitId, press: Press, out: &mut Outbox) {
        let visitor = self.visitors.get(unit).filter(|visitor| visitor.presence == Presence::Present);
        if let Some(site) = visitor.map(|visitor| visitor.site) {
            self.tell_emergency(site, unit, press, out);
        }
    }

    /// An emergency request for the unit's emergency talkgroup affiliates it there in the same step.
    pub(crate) fn affiliate_in_emergency(&mut self, site: SiteId, message: &CallRequest, out: &mut Outbox) {
        let CallRequest { unit, press, talkgroup, kind, .. } = *message;
        if kind == RequestKind::Normal {
            return;
        }
        let programmed = self.home.unit(unit).and_then(|row| row.emergency_talkgroup());
        let elsewhere = self.visitors.get(unit).is_some_and(|visitor| {
            visitor.rights.include(Service::Emergency) && visitor.talkgroup != Some(talkgroup)
        });
        let is_meant = programmed == Some(talkgroup) && elsewhere;
        if is_meant && self.may_affiliate(unit, talkgroup).is_ok() {
            let before = self.visitors.get(unit).map(|visitor| visitor.secondary).unwrap_or_default();
            let secondary = self.may_scan(unit, Some(talkgroup), before);
            let message = Affiliated { unit, press, talkgroup, secondary };
            self.tell_by(Clause::EmergencyTalkgroup, site, message, out);
            self.visitors.get_mut(unit).expect("the unit was found").last_affiliation = Some(press);
            self.change_talkgroup(unit, talkgroup, out);
        }
    }

    /// Whether a talker has just said that it is in an emergency: it keeps the floor that it has.
    pub(crate) fn is_talker_in_emergency(call: &Call, ask: &FloorAsk) -> bool {
        let talks = call.floor.filter(|floor| floor.unit == ask.unit);
        ask.claim.demand() == Demand::Emergency && talks.is_some_and(|floor| ask.claim.outranks(floor.claim))
    }

    /// The talker keeps the floor; from here on it has it in an emergency.
    pub(crate) fn keep_floor_in_emergency(&mut self, id: CallId, ask: FloorAsk, out: &mut Outbox) {
        let FloorAsk { unit, press, site, claim } = ask;
        let call = self.calls.get_mut(id).expect("a talker's call runs");
        let floor = call.floor.as_mut().expect("a talker has the floor");
        floor.claim = claim;
        let answer = Answer::Granted(id, floor.spurt);
        let visitor = self.visitors.get_mut(unit).expect("a talker is registered");
        debug_assert_eq!(visitor.activity, Activity::Talking(id), "a talker talks");
        visitor.last_request = Some(Answered { press, answer });
        self.tell_by(
            Clause::EmergencyOfTalker,
            site,
            EmergencyStatus { unit, press, stage: EmergencyStage::Raised },
            out,
        );
    }

    /// A talker repeats that it is in an emergency: it has not heard that this is known.
    pub(crate) fn repeat_kept_floor(&mut self, id: CallId, ask: &FloorAsk, out: &mut Outbox) {
        let kept = self.calls.get(id).and_then(|call| call.floor).is_some_and(|floor| {
            (floor.unit, floor.claim) == (ask.unit, ask.claim) && floor.press != ask.press
        });
        if kept && ask.claim.demand() == Demand::Emergency {
            self.tell_by(
                Clause::EmergencyOfTalker,
                ask.site,
                EmergencyStatus { unit: ask.unit, press: ask.press, stage: EmergencyStage::Raised },
                out,
            );
        }
    }

    fn refuse_alarm(&mut self, site: SiteId, message: &Alarm, cause: Cause, out: &mut Outbox) {
        let Alarm { unit, press, .. } = *message;
        let clause = if cause == Cause::EmergencyNotAllowed { Clause::ServiceRights } else { Clause::Alarm };
        self.tell_by(clause, site, Refused { unit, press, cause }, out);
        self.drop_message(site, cause, out);
    }
}
