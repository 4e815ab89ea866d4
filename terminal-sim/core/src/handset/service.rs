//! In service: idle, asking, in a call. What belongs to it, when it wakes and where it listens. What the user does is in
//! `button`, what it says of its own in `errand`, how it asks in `asking`, how it talks in `talking`; what is heard is in
//! `control_word` and `traffic_word`.

use std::collections::VecDeque;

use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::proof::SessionKey;
use trunklab_protocol::{
    BurstPlace, CallId, Cause, FloorPolicy, Moment, Press, ScanList, SlotAddress, Span, SpurtId, TalkgroupId,
    UnitId,
};

use super::call::{Activity, Converse, Idle, Wish};
use super::camp::Camp;
use super::emergency::Shout;
use super::errand::Setback;
use super::failsoft::Held;
use super::individual::Reply;
use super::neighbours::{Neighbours, Place};
use super::note::Note;
use super::phase::{self, Trigger};
use super::radio::Turn;
use super::remote::{Answer, Proving};
use super::search::Search;
use crate::deadline::{Deadline, Why};
use crate::output::{HandsetEvent, Output};

/// A registered handset at its site.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) camp: Camp,
    pub(super) session: SessionKey,
    pub(super) affiliated: Option<TalkgroupId>,
    /// The secondary talkgroups that the network knows of.
    pub(super) secondary: ScanList,
    /// The secondary talkgroups that it was asked for last: it may not allow all of them. `None` where it is not known
    /// whether the network heard what was asked, talkgroup and all.
    pub(super) asked: Option<ScanList>,
    pub(super) activity: Activity,
    pub(super) neighbours: Neighbours,
    /// A call that is to have the control channel's slot, and what becomes of demands for its floor.
    pub(super) promised: Option<(CallId, FloorPolicy)>,
    /// Its control channel is searched for.
    pub(super) search: Option<Search>,
    /// The last call that was released: grants still repeated for it are old.
    pub(super) released: Option<CallId>,
    /// The last spurt that was ours and is given up.
    pub(super) last_spurt: Option<SpurtId>,
    /// The last spurt that was taken away from us, as the user was told.
    pub(super) withdrawn: Option<SpurtId>,
    /// A request that the network shall forget.
    pub(super) owed_cancel: Option<Press>,
    /// What is said of a page, or of an individual call, beside all else.
    pub(super) reply: Option<Reply>,
    /// The page that was answered last: it is said more than once.
    pub(super) paged: Option<(UnitId, Press)>,
    /// The selection that came to nothing.
    pub(super) setback: Option<Setback>,
    /// The emergency talkgroup, from the request there until its call is over.
    pub(super) revert: Option<TalkgroupId>,
    /// What is being said about an emergency.
    pub(super) shout: Option<Shout>,
    /// What is being said of messages, one word after the other.
    pub(super) notes: VecDeque<Note>,
    /// Where a word of random access was said last: another takes the next place.
    pub(super) last_sent: Option<BurstPlace>,
    /// When an emergency is asked after.
    pub(super) ask_again: Moment,
    /// What is being said to an order.
    pub(super) answer: Option<Answer>,
    /// What the network is to prove itself with.
    pub(super) proving: Option<Proving>,
}

/// Why a handset is no longer in service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Departure {
    /// Nothing is heard any more.
    SignalLost,
    /// The registration is void.
    RegistrationVoid,
    /// The registration is ended, and none would be granted.
    Denied,
    /// It has said that it goes to another site.
    ForSite(Place),
    /// It is out of use for good.
    OutOfUse,
}

impl Service {
    pub(super) fn new(
        turn: &mut Turn<'_>,
        camp: Camp,
        session: SessionKey,
        (affiliated, secondary): (Option<TalkgroupId>, ScanList),
    ) -> Self {
        let mut service = Self {
            camp,
            session,
            affiliated,
            secondary,
            asked: Some(secondary),
            activity: Activity::Idle(Idle::default()),
            neighbours: Neighbours::default(),
            promised: None,
            search: None,
            released: None,
            last_spurt: None,
            withdrawn: None,
            owed_cancel: None,
            reply: None,
            paged: None,
            // The answer to the challenge asked for it already.
            setback: affiliated.is_none().then_some(Setback::Refused(turn.radio.selected)),
            revert: None,
            shout: None,
            notes: VecDeque::new(),
            last_sent: None,
            // An emergency that began before, or of which this network may not know any more, is said at once.
            ask_again: turn.now,
            answer: None,
            proving: None,
        };
        service.activity = Activity::Idle(service.idle(turn));
        service
    }

    /// The same after failsoft, where the registration held: what was selected meanwhile is told within `spread`.
    pub(super) fn resumed(turn: &mut Turn<'_>, camp: Camp, held: Held, spread: Span) -> Self {
        let Held { session, affiliated, secondary } = held;
        let spread = camp.registration_window.unwrap_or(spread);
        let at = turn.now + turn.radio.dice.span_below(spread);
        let mut service = Self::new(turn, camp, session, (affiliated, secondary));
        service.setback = Some(Setback::Spread(turn.radio.selected, at));
        service.activity = Activity::Idle(service.idle(turn));
        service
    }

    /// Whether it is in no call, and its user waits for none that is granted.
    pub(super) fn is_on_control(&self) -> bool {
        self.activity.in_call().is_none()
    }

    /// Nobody decides any more, or nobody is heard: whatever was asked for is not to be.
    pub(super) fn gives_way_to_failsoft(&mut self, turn: &mut Turn<'_>) {
        let is_said = self.camp.service == SiteService::Failsoft;
        let cause = if is_said { Cause::SiteInFailsoft } else { Cause::NoAnswer };
        self.give_messages_up(turn, cause);
        if let Activity::Ringing(ring) = &self.activity {
            turn.tell(HandsetEvent::RingOver { caller: ring.caller, cause });
        }
        if self.activity.request().is_some() || self.activity.holds_a_press() {
            turn.refuse(cause);
        }
    }

    /// The slot that the handset hears beside the control channel.
    pub(super) fn traffic_slot(&self) -> Option<SlotAddress> {
        self.activity.in_call().map(|in_call| in_call.at)
    }

    /// When and why to come back.
    pub(super) fn deadline(&self) -> Deadline {
        if let Some(search) = self.search {
            return Deadline { at: search.until, why: Why::SignalLost };
        }
        let own = self.activity.deadline(&self.camp);
        let beside = [
            self.reply_deadline(),
            self.answer_deadline(),
            self.selection_deadline(),
            self.note_deadline(),
            self.neighbours.deadline(&self.camp),
        ];
        beside.into_iter().flatten().fold(own, Deadline::min)
    }

    /// To be called when the deadline has come.
    pub(super) fn fire(&mut self, turn: &mut Turn<'_>, why: Why) -> Option<Departure> {
        match why {
            Why::SignalLost if self.camp.is_searched() && self.search.is_none() => self.begin_search(turn),
            Why::SignalLost => return Some(Departure::SignalLost),
            Why::CallSilent => self.leave(turn, Cause::CallLost),
            Why::Emergency => self.fire_emergency(turn),
            Why::Selection => self.say_selection_anew(turn),
            Why::VoiceBurst if self.is_leaving() => return self.fire_leaving(turn),
            Why::VoiceBurst => self.fire_voice(turn),
            Why::TalkEndBurst => self.fire_talk_end(turn),
            Why::QueueOverdue => self.fire_queue(turn),
            Why::AccessOpportunity | Why::AnswerOverdue => self.fire_access(turn),
            Why::ReplyOpportunity | Why::ReplyOverdue => self.fire_reply(turn),
            Why::Note => self.fire_note(turn),
            Why::Alert => self.fire_alerts(turn),
            Why::RingOver => self.ring_over(turn, Cause::NoAnswer),
            Why::OrderAnswer => {
                self.fire_answer(turn);
                return self.is_done_for(turn);
            }
            Why::MonitorEnds
            | Why::HuntEnds
            | Why::RegisterAgain
            | Why::Measure
            | Why::FailsoftSilent
            | Why::FailsoftQuiet
            | Why::FailsoftTalkLimit
            | Why::FailsoftAgain
            | Why::MoveFails => {}
        }
        None
    }

    /// The call is over for this handset.
    pub(super) fn leave(&mut self, turn: &mut Turn<'_>, cause: Cause) {
        self.stop(turn);
        let (call, press) = match &self.activity {
            Activity::Talking(talk) | Activity::Conversing(Converse { talk, .. }) => {
                (talk.in_call.call, None)
            }
            Activity::Ending(ending) => (ending.talk.in_call.call, ending.press),
            // A press at the very end of the hang time becomes a request for a new call.
            Activity::Hanging(hang) => (hang.in_call.call, hang.ask.as_ref().map(|_| RequestKind::Normal)),
            Activity::Listening(listen) => {
                (listen.in_call.call, listen.wish.ask().map(|_| RequestKind::Normal))
            }
            Activity::Idle(_) | Activity::Ringing(_) | Activity::Requesting(_) | Activity::Queued(_) => {
                return;
            }
        };
        // Whatever was on its way belonged to the call; what is said to one unit is not meant for a talkgroup.
        let among_two = self.activity.in_call().is_some_and(|in_call| in_call.parties.pair().is_some());
        let press = press.filter(|kind| !among_two || *kind == RequestKind::Emergency);
        self.reply = None;
        turn.tell(HandsetEvent::Left { call, cause });
        self.tune_to_control(turn);
        self.revert = None;
        let idle = self.idle(turn);
        self.shift(Trigger::CallOver, Activity::Idle(idle));
        if let Some(kind) = press {
            self.press(turn, kind);
        }
    }

    /// Whether it may leave its site now: it does not in an individual call, nor while the network owes it an answer.
    pub(super) fn may_leave(&self) -> bool {
        let is_pair = self.activity.in_call().is_some_and(|in_call| in_call.parties.pair().is_some());
        let has_to_say =
            self.reply.is_some() || self.answer.is_some() || self.shout.is_some() || !self.notes.is_empty();
        if is_pair || has_to_say || self.revert.is_some() {
            return false;
        }
        match &self.activity {
            Activity::Idle(idle) => {
                idle.errand.is_none() && idle.press.is_none() && idle.called_back.is_none()
            }
            Activity::Hanging(hang) => hang.ask.is_none(),
            Activity::Listening(listen) => matches!(listen.wish, Wish::None),
            Activity::Talking(talk) => talk.was_heard() && talk.leaving.is_none(),
            Activity::Ringing(_)
            | Activity::Requesting(_)
            | Activity::Queued(_)
            | Activity::Conversing(_)
            | Activity::Ending(_) => false,
        }
    }

    fn is_leaving(&self) -> bool {
        matches!(&self.activity, Activity::Talking(talk) if talk.leaving.is_some())
    }

    /// It is back at its site, which may have been left for nothing.
    pub(super) fn returns(&mut self, turn: &mut Turn<'_>) {
        turn.out.push(Output::Tune { site: self.camp.site, carrier: self.camp.control.carrier });
        turn.tell(HandsetEvent::Camped { site: self.camp.site });
        self.camp.returned(turn.now);
        self.neighbours = Neighbours::default();
        self.activity = Activity::Idle(self.idle(turn));
    }

    pub(super) fn tune(&mut self, turn: &mut Turn<'_>, at: SlotAddress) {
        let heard = self.traffic_slot().unwrap_or(self.camp.control);
        if heard != at {
            self.camp.tuned(turn.now);
        }
        if heard.carrier != at.carrier {
            turn.out.push(Output::Tune { site: self.camp.site, carrier: at.carrier });
        }
    }

    pub(super) fn tune_to_control(&mut self, turn: &mut Turn<'_>) {
        self.tune(turn, self.camp.control);
    }

    /// Every change of state goes through here: the table allows it, or it is our bug.
    pub(super) fn shift(&mut self, by: Trigger, to: Activity) {
        phase::check(self.activity.phase(), by, to.phase());
        self.activity = to;
    }
}
