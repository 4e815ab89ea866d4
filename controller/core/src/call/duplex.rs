//! Full duplex individual calls: both units talk at once, each on a slot of its own (clause 12.9.8).
//!
//! There is no floor in such a call. Each of the two has a spurt that lasts as long as the call: its speech comes from the
//! uplink of its slot and is heard on the downlink of the other's. At two sites that is one slot at each; at one site it is two.
//! Such a call may last for a limited time, and both are warned before (clause 12.9.9).

use smallvec::SmallVec;
use trunklab_protocol::air_downlink::{Party, Sides};
use trunklab_protocol::switch::{Open, Shut};
use trunklab_protocol::to_site::TalkWarning;
use trunklab_protocol::{CallId, Cause, FullDuplex, Pair, Signalling, SiteId, Span, SpurtId};

use super::calls::{Call, Leg};
use super::queue::{Button, Request};
use super::table::Event;
use crate::controller::Controller;
use crate::output::{Outbox, Output};
use crate::timers::TimerKey;

impl Call {
    /// Whether both its units talk at once.
    pub fn is_duplex(&self) -> bool {
        self.legs.iter().any(|leg| leg.party.is_some())
    }

    /// What a slot of a full duplex call is told: whose it is, and who is heard there.
    pub fn sides(&self, leg: Leg) -> Option<Sides> {
        let near = leg.party?;
        let far = self.legs.iter().filter_map(|other| other.party).find(|other| other.unit != near.unit)?;
        Some(Sides { near, far })
    }
}

impl Controller {
    /// Whether two units can talk at once: the system allows it, both are able to, there are as many slots as that needs, and
    /// each slot can be said to be one's own. A site with associated signalling cannot say it on the control channel's slot.
    pub(crate) fn can_be_duplex(&self, Pair { caller, called }: Pair) -> bool {
        if self.system.full_duplex == FullDuplex::Never {
            return false;
        }
        let site = |unit| self.visitors.get(unit).and_then(|visitor| self.sites.get(visitor.site));
        let able = |unit| self.home.unit(unit).is_some_and(|row| row.is_duplex());
        let (Some(one), Some(other)) = (site(caller), site(called)) else { return false };
        let says = [one, other].iter().all(|site| site.config.signalling == Signalling::Common);
        let apart = one.config.site != other.config.site;
        able(caller) && able(called) && says && (apart || one.slots.len() > 1)
    }

    /// How many slots a request takes at a site that it needs.
    pub(crate) fn slots_wanted(&self, request: &Request, site: SiteId) -> usize {
        let Some(pair) = request.parties.pair().filter(|_| request.button == Button::Both) else { return 1 };
        let there = |unit| self.visitors.get(unit).is_some_and(|visitor| visitor.site == site);
        [pair.caller, pair.called].into_iter().filter(|unit| there(*unit)).count()
    }

    /// A slot for each of the two, and their spurts; in order of the sites.
    pub(crate) fn take_sides(&mut self, id: CallId, request: &Request) -> SmallVec<[Leg; 4]> {
        let Pair { caller, called } = request.parties.pair().expect("two units talk in a duplex call");
        let mut legs = SmallVec::new();
        for unit in [caller, called] {
            let site = self.visitors.get(unit).expect("who talks is registered").site;
            let row = self.sites.get_mut(site).expect("a site that a call needs exists");
            let at = row.slots.take(id, Some(unit), self.now);
            let at = at.expect("a site with room has a slot for each of the two");
            let party = Some(Party { unit, spurt: self.spurts.next(self.system.node) });
            legs.push(Leg { site, at, party });
        }
        legs.sort_by_key(|leg: &Leg| (leg.site, leg.at));
        legs
    }

    /// Action: both talk from now on.
    pub(crate) fn open_both(&mut self, id: CallId, out: &mut Outbox) {
        let now = self.now;
        let call = self.calls.get_mut(id).expect("both talk in a call that was set up");
        let legs = call.legs.clone();
        for (leg, party) in legs.iter().filter_map(|leg| Some((leg, leg.party?))) {
            call.record.spurt_begun(party.unit, now);
            let others = legs.iter().filter(|other| other.party != leg.party);
            let to = others.clone().map(|other| other.site).filter(|site| *site != leg.site).collect();
            let beside = others.filter_map(|other| other.party).map(|other| other.spurt).next();
            let open = Open { spurt: party.spurt, call: id, from: leg.site, to, beside };
            out.push(Output::ToSwitch(open.into()));
        }
    }

    /// A full duplex call begins: its time is limited.
    pub(crate) fn limit_duplex(&mut self, id: CallId) {
        self.warn_and_limit(TimerKey::DuplexWarning(id), TimerKey::Duplex(id), self.system.duplex_ms_max);
    }

    /// Action: both learn how much of the call's time is left.
    pub(crate) fn warn_both(&mut self, id: CallId, out: &mut Outbox) {
        let left_ms = self.system.transmission_warning_ms;
        self.timers.set(TimerKey::Duplex(id), self.now + Span::from_millis(u64::from(left_ms)));
        let legs = self.calls.get(id).expect("who is warned is in a call").legs.clone();
        for (leg, Party { unit, spurt }) in legs.iter().filter_map(|leg| Some((leg, leg.party?))) {
            self.tell(leg.site, TalkWarning { call: id, unit, spurt, left_ms }, out);
        }
    }

    /// Action: neither talks any more.
    pub(crate) fn shut_both(&mut self, id: CallId, cause: Cause, out: &mut Outbox) {
        let now = self.now;
        let call = self.calls.get_mut(id).expect("both talk in a call that runs");
        call.record.spurts_ended(now, cause);
        for Party { spurt, .. } in call.legs.iter().filter_map(|leg| leg.party) {
            out.push(Output::ToSwitch(Shut { spurt }.into()));
        }
    }

    /// A site no longer hears a party: the call is over. `false` where nobody talks so.
    pub(crate) fn party_silent(
        &mut self,
        id: CallId,
        site: SiteId,
        spurt: SpurtId,
        out: &mut Outbox,
    ) -> bool {
        let ours = |leg: &Leg| leg.site == site && leg.party.is_some_and(|party| party.spurt == spurt);
        let talks = self.calls.get(id).is_some_and(|call| call.legs.iter().any(ours));
        if talks {
            self.advance_call(id, Event::TalkerSilent, out);
        }
        talks
    }

    /// A party asks for the call in which it talks already: it hears of it once more.
    pub(crate) fn join_duplex(&mut self, id: CallId, request: &Request, out: &mut Outbox) {
        self.note_paired(request);
        self.tell_call_again(id, request.site(), out);
    }
}
