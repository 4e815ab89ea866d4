//! Going on to talk at another site (docs/call-processing.md, clause 12.11.5): said on the slot before the handset goes, and
//! asked for on the control channel where it arrives.

use trunklab_protocol::air_uplink::{Handover, Leaving, RequestKind, UplinkWord};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{BurstPlace, CallId, Cause, SpurtId, TalkgroupId};

use super::access::{Access, Persistence};
use super::call::{Activity, Idle, Request, Wanted};
use super::neighbours::Place;
use super::phase::Trigger;
use super::radio::{Turn, transmit};
use super::service::{Departure, Service};
use super::timers::LEAVING_TRIES;
use crate::output::HandsetEvent;

/// A talk that goes on elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeftTalk {
    call: CallId,
    talkgroup: TalkgroupId,
    spurt: SpurtId,
}

impl Service {
    /// A talker is to go to another site: it says so first. True for a talker.
    pub(super) fn announces_leaving(&mut self, to: Place) -> bool {
        let Activity::Talking(talk) = &mut self.activity else { return false };
        talk.leaving.get_or_insert((to, 0));
        true
    }

    /// A burst of a talker that goes, in place of speech; when it has said it often enough it goes.
    pub(super) fn fire_leaving(&mut self, turn: &mut Turn<'_>) -> Option<Departure> {
        let Activity::Talking(talk) = &mut self.activity else { return None };
        let Some((to, said)) = &mut talk.leaving else { return None };
        let (at, due) = (talk.in_call.at, talk.pace.next);
        if turn.now > due.at + self.camp.lateness_max(Channel::Traffic) {
            talk.pace.next = self.camp.next_uplink(Channel::Traffic, at, turn.now);
            return None;
        }
        *said += 1;
        let (to, said_all) = (*to, *said >= LEAVING_TRIES);
        talk.pace.next = self.camp.uplink(Channel::Traffic, at, due.count.saturating_add(1));
        let (unit, call, spurt) = (turn.radio.unit(), talk.in_call.call, talk.spurt);
        let place = BurstPlace { at, channel: Channel::Traffic, count: due.count };
        let word = Leaving { unit, call, spurt, to: to.site }.into();
        transmit(&self.camp, Some(&self.session), place, word, turn.out);
        said_all.then_some(Departure::ForSite(to))
    }

    /// Leaves its site, and the call that it is in there; a talk is interrupted.
    pub(super) fn forsake(&mut self, turn: &mut Turn<'_>) -> Option<LeftTalk> {
        let activity = std::mem::replace(&mut self.activity, Activity::Idle(Idle::default()));
        let Activity::Talking(talk) = activity else { return None };
        turn.radio.microphone.pause();
        let (call, spurt) = (talk.in_call.call, talk.spurt);
        talk.in_call.parties.talkgroup().map(|talkgroup| LeftTalk { call, talkgroup, spurt })
    }

    /// Registered again, here or there: asks to go on with the talk that was interrupted.
    pub(super) fn goes_on(&mut self, turn: &mut Turn<'_>, talk: LeftTalk) {
        let LeftTalk { call, talkgroup, spurt } = talk;
        // What is still said of that spurt says nothing new.
        self.last_spurt = Some(spurt);
        let press = turn.radio.next_press();
        let word = Handover { unit: turn.radio.unit(), press, call, spurt }.into();
        let kind = RequestKind::Normal;
        let access = Access::on_control(&self.camp, word, Persistence::Request(kind), turn.now);
        let wanted = Wanted::Talkgroup(talkgroup);
        let request = Request { press, kind, wanted, access, rings: false, floor_place: None };
        self.shift(Trigger::TalkMoved, Activity::Requesting(request));
    }

    /// The network does not let it go on: the user learns that the floor is lost. False for any other request.
    pub(super) fn lost_on_the_way(&self, turn: &mut Turn<'_>, cause: Cause) -> bool {
        let Activity::Requesting(Request { access, .. }) = &self.activity else { return false };
        let UplinkWord::Handover(word) = &access.word else { return false };
        turn.tell(HandsetEvent::FloorLost { call: word.call, cause });
        true
    }
}

impl Request {
    /// Whether it asks to go on with a talk: that is asked even if the button has come up, so that the floor is not kept
    /// for nobody.
    pub(super) fn is_handover(&self) -> bool {
        matches!(self.access.word, UplinkWord::Handover(_))
    }
}
