//! In service: idle, asking, in a call. What the user does and what falls due; what is heard is in `control_word` and
//! `traffic_word`.

use std::collections::VecDeque;

use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::air_uplink::{
    Affiliate, CallCancel, CallRequest, FloorRequest, PttReleased, RequestKind, TalkEnd, UnitRequest,
};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::proof::SessionKey;
use trunklab_protocol::voice::VoiceFrame;
use trunklab_protocol::{
    BurstPlace, CallId, Cause, FloorPolicy, Moment, Press, ScanList, SlotAddress, SpurtId, TalkgroupId,
    UnitId,
};

use super::access::{Access, Persistence, Step};
use super::call::{
    Activity, Ask, Button, Ending, Errand, ErrandKind, Hang, Idle, InCall, Request, Talk, Wanted, Wish,
    collecting,
};
use super::camp::Camp;
use super::emergency::Shout;
use super::individual::Reply;
use super::neighbours::{Neighbours, Place};
use super::phase::{self, Trigger};
use super::radio::{Ptt, Turn, transmit};
use super::search::Search;
use super::timers::{EMERGENCY_CHECK, TALK_END_TRIES};
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
    /// The secondary talkgroups that it was asked for last: it may not allow all of them.
    asked: ScanList,
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
    /// The selection that the network refused: not asked for again until the selector is turned.
    refused: Option<TalkgroupId>,
    /// The emergency talkgroup, from the request there until its call is over.
    pub(super) revert: Option<TalkgroupId>,
    /// What is being said about an emergency.
    pub(super) shout: Option<Shout>,
    /// Where a word of random access was said last: another takes the next place.
    pub(super) last_sent: Option<BurstPlace>,
    /// When an emergency is asked after.
    pub(super) ask_again: Moment,
}

/// Why a handset is no longer in service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Departure {
    /// Nothing is heard any more.
    SignalLost,
    /// The registration is void.
    RegistrationVoid,
    /// It has said that it goes to another site.
    ForSite(Place),
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
            asked: secondary,
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
            refused: affiliated.is_none().then_some(turn.radio.selected),
            revert: None,
            shout: None,
            last_sent: None,
            // An emergency that began before, or of which this network may not know any more, is said at once.
            ask_again: turn.now,
        };
        service.activity = Activity::Idle(service.idle(turn));
        service
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
        let own = self.reply_deadline().map_or(own, |reply| own.min(reply));
        self.neighbours.deadline(&self.camp).map_or(own, |measure| own.min(measure))
    }

    pub(super) fn press(&mut self, turn: &mut Turn<'_>, kind: RequestKind) {
        let reverts = kind == RequestKind::Emergency && turn.radio.config.emergency_talkgroup.is_some();
        match &mut self.activity {
            Activity::Idle(idle) if idle.errand.is_some() && !reverts => idle.press = Some(kind),
            Activity::Idle(idle) => match idle.called_back {
                Some((_, wanted)) if kind == RequestKind::Normal => self.request_for(turn, kind, wanted),
                Some(_) | None => self.request(turn, kind),
            },
            Activity::Ringing(_) if kind == RequestKind::Emergency => {
                self.stop_ringing(turn);
                self.press(turn, kind);
            }
            Activity::Ringing(_) => self.answer(turn),
            Activity::Requesting(request) if is_raised(request, kind) => self.request(turn, kind),
            Activity::Queued(queued) if is_raised(&queued.request, kind) => self.request(turn, kind),
            Activity::Talking(_) if kind == RequestKind::Emergency => self.raise_own_call(turn),
            // The request stands already; the button says only whether speech will follow the grant.
            Activity::Requesting(_) | Activity::Talking(_) => {}
            Activity::Queued(queued) => match &queued.button {
                Button::Down => {}
                Button::Releasing(access) if !access.was_sent() => queued.button = Button::Down,
                // An emergency stays one.
                Button::Releasing(_) | Button::Up => {
                    let Request { kind: asked, wanted, .. } = queued.request;
                    match asked {
                        RequestKind::Emergency => self.request(turn, asked),
                        // The number is dialled already.
                        RequestKind::Normal if wanted.is_dialled() => {}
                        RequestKind::Normal if kind == asked => self.request_for(turn, kind, wanted),
                        RequestKind::Normal => self.request(turn, kind),
                    }
                }
            },
            Activity::Ending(ending) => ending.press = Some(kind),
            Activity::Hanging(_) if kind == RequestKind::Emergency => self.request_from_call(turn),
            Activity::Hanging(_) => self.ask_for_floor(turn),
            Activity::Listening(_) if kind == RequestKind::Emergency => self.request_from_call(turn),
            Activity::Listening(_) => self.press_while_listening(turn),
        }
    }

    pub(super) fn release(&mut self, turn: &mut Turn<'_>) {
        match &mut self.activity {
            Activity::Idle(idle) => idle.press = None,
            Activity::Requesting(request)
                if !request.access.was_sent()
                    && request.kind == RequestKind::Normal
                    && !request.is_handover() =>
            {
                self.defer(turn);
            }
            // Whether it waits is not known yet: a grant is given back, a place in the queue is told of the release.
            Activity::Requesting(_) => {}
            Activity::Queued(queued) if matches!(queued.button, Button::Down) => {
                let press = queued.request.press;
                let button = self.releasing(turn, press);
                if let Activity::Queued(queued) = &mut self.activity {
                    queued.button = button;
                }
            }
            Activity::Queued(_) | Activity::Ringing(_) => {}
            Activity::Talking(_) => self.end_talk(turn, false),
            Activity::Ending(ending) => ending.press = None,
            Activity::Hanging(hang) => hang.ask = None,
            Activity::Listening(_) => self.release_while_listening(turn),
        }
    }

    /// The selector was turned.
    pub(super) fn select(&mut self, turn: &mut Turn<'_>) {
        self.refused = None;
        self.revert = None;
        match &mut self.activity {
            Activity::Idle(idle) => {
                let press = idle.press;
                let mut idle = self.idle(turn);
                idle.press = press;
                self.activity = Activity::Idle(idle);
            }
            // The new talkgroup is said when the ringing is over.
            Activity::Ringing(_) => {}
            Activity::Requesting(Request { press, .. }) => {
                self.owed_cancel = Some(*press);
                self.defer(turn);
            }
            Activity::Queued(queued) => {
                self.owed_cancel = Some(queued.request.press);
                self.defer(turn);
            }
            Activity::Talking(_) => self.end_talk(turn, true),
            Activity::Ending(ending) => ending.leave = true,
            Activity::Hanging(_) => self.leave(turn, Cause::NotAffiliated),
            Activity::Listening(listen) => {
                self.owed_cancel = listen.wish.ask().map(|ask| ask.press).or(self.owed_cancel);
                self.leave(turn, Cause::NotAffiliated);
            }
        }
    }

    /// To be called when the deadline has come.
    pub(super) fn fire(&mut self, turn: &mut Turn<'_>, why: Why) -> Option<Departure> {
        match why {
            Why::SignalLost if self.camp.is_searched() && self.search.is_none() => self.begin_search(turn),
            Why::SignalLost => return Some(Departure::SignalLost),
            Why::CallSilent => self.leave(turn, Cause::CallLost),
            Why::Emergency => self.fire_emergency(turn),
            Why::VoiceBurst if self.is_leaving() => return self.fire_leaving(turn),
            Why::VoiceBurst => self.fire_voice(turn),
            Why::TalkEndBurst => self.fire_talk_end(turn),
            Why::QueueOverdue => self.fire_queue(turn),
            Why::AccessOpportunity | Why::AnswerOverdue => self.fire_access(turn),
            Why::ReplyOpportunity | Why::ReplyOverdue => self.fire_reply(turn),
            Why::RingOver => self.ring_over(turn, Cause::NoAnswer),
            Why::HuntEnds | Why::RegisterAgain | Why::Measure | Why::MoveFails => {}
        }
        None
    }

    fn fire_access(&mut self, turn: &mut Turn<'_>) {
        let Some(access) = self.activity.access_mut() else { return };
        if access.gives_way(turn.now, &self.camp, self.last_sent) {
            return;
        }
        match access.fire(turn.now, &self.camp, &mut turn.radio.dice) {
            Step::Send(place) => {
                let word = access.word.clone();
                self.last_sent = Some(place);
                transmit(&self.camp, Some(&self.session), place, word, turn.out);
            }
            Step::Wait => {}
            Step::GiveUp => self.unanswered(turn),
        }
    }

    /// What the site could not do before it may be able to do now: a selection that failed is told again.
    pub(super) fn service_changed(&mut self, turn: &mut Turn<'_>) {
        if self.affiliated.is_none() {
            return;
        }
        self.refused = None;
        if let Activity::Idle(Idle { errand: None, press, called_back }) = self.activity {
            let idle = self.idle(turn);
            self.activity = Activity::Idle(Idle { press, called_back, ..idle });
        }
    }

    fn unanswered(&mut self, turn: &mut Turn<'_>) {
        match &mut self.activity {
            Activity::Idle(Idle { errand: Some(errand), .. }) => {
                let kind = errand.kind;
                if let ErrandKind::Affiliate(talkgroup, secondary) = kind {
                    (self.refused, self.asked) = (Some(talkgroup), secondary);
                    turn.refuse(Cause::NoAnswer);
                }
                self.errand_done(turn);
            }
            Activity::Hanging(hang) => {
                hang.ask = None;
                turn.refuse(Cause::NoAnswer);
            }
            Activity::Requesting(request) => {
                let press = request.press;
                if !self.lost_on_the_way(turn, Cause::NoAnswer) {
                    turn.refuse(Cause::NoAnswer);
                }
                self.defer(turn);
                self.emergency_goes_on(turn, press);
            }
            // Unheard: a grant will be given back, and a press asks anew.
            Activity::Queued(queued) => queued.button = Button::Up,
            Activity::Listening(_) => self.unanswered_while_listening(turn),
            Activity::Idle(_) | Activity::Ringing(_) | Activity::Talking(_) | Activity::Ending(_) => {}
        }
    }

    fn fire_voice(&mut self, turn: &mut Turn<'_>) {
        let unit = turn.radio.unit();
        let burst = match &mut self.activity {
            Activity::Talking(talk) => {
                let microphone = &mut turn.radio.microphone;
                talk.burst(turn.now, &self.camp, unit, std::iter::from_fn(|| Some(microphone.next())))
            }
            Activity::Ending(Ending { talk, rest, .. }) => {
                talk.burst(turn.now, &self.camp, unit, std::iter::from_fn(|| rest.pop_front()))
            }
            Activity::Idle(_)
            | Activity::Ringing(_)
            | Activity::Requesting(_)
            | Activity::Queued(_)
            | Activity::Hanging(_)
            | Activity::Listening(_) => return,
        };
        if let Some((place, word)) = burst {
            let word = self.shout_instead(turn.now).unwrap_or(word);
            transmit(&self.camp, Some(&self.session), place, word, turn.out);
        }
    }

    fn fire_talk_end(&mut self, turn: &mut Turn<'_>) {
        let Activity::Ending(ending) = &mut self.activity else { return };
        let Ending { talk, said, .. } = ending;
        let (at, due) = (talk.in_call.at, talk.next);
        if turn.now > due.at + self.camp.lateness_max(Channel::Traffic) {
            talk.next = self.camp.next_uplink(Channel::Traffic, at, turn.now);
            return;
        }
        *said += 1;
        talk.next = self.camp.uplink(Channel::Traffic, at, due.count.saturating_add(1));
        let word = TalkEnd { unit: turn.radio.unit(), call: talk.in_call.call, spurt: talk.spurt };
        let place = BurstPlace { at, channel: Channel::Traffic, count: due.count };
        let said_all = *said >= TALK_END_TRIES;
        transmit(&self.camp, Some(&self.session), place, word.into(), turn.out);
        if said_all {
            self.floor_is_free(turn);
        }
    }

    fn fire_queue(&mut self, turn: &mut Turn<'_>) {
        let Activity::Queued(queued) = &self.activity else { return };
        let Request { press, kind, wanted, .. } = queued.request;
        let again = self.call_request(turn, press, kind, wanted);
        self.shift(Trigger::QueueForgotten, Activity::Requesting(again));
    }

    /// Asks for a call on the control channel.
    pub(super) fn request(&mut self, turn: &mut Turn<'_>, kind: RequestKind) {
        let wanted = Wanted::Talkgroup(self.talkgroup(turn));
        self.request_for(turn, kind, wanted);
    }

    /// Asks for a call with a talkgroup or a unit on the control channel.
    pub(super) fn request_for(&mut self, turn: &mut Turn<'_>, kind: RequestKind, wanted: Wanted) {
        if self.camp.service == SiteService::NoService {
            turn.refuse(Cause::SiteUnavailable);
            if kind == RequestKind::Emergency {
                let press = turn.radio.next_press();
                self.begin_emergency(turn, press);
                self.ask_again = turn.now + EMERGENCY_CHECK;
            }
            return;
        }
        let press = turn.radio.next_press();
        if kind == RequestKind::Emergency {
            self.begin_emergency(turn, press);
            self.revert = turn.radio.config.emergency_talkgroup.or(self.revert);
        }
        let wanted = match wanted {
            // An emergency may have moved us to another.
            Wanted::Talkgroup(_) => Wanted::Talkgroup(self.talkgroup(turn)),
            Wanted::Unit { .. } => wanted,
        };
        let request = self.call_request(turn, press, kind, wanted);
        self.shift(Trigger::Pressed, Activity::Requesting(request));
    }

    /// An emergency does not wait for the floor: it is asked for where the controller decides.
    fn request_from_call(&mut self, turn: &mut Turn<'_>) {
        self.tune_to_control(turn);
        self.request(turn, RequestKind::Emergency);
        if self.activity.in_call().is_some() {
            self.leave(turn, Cause::SiteUnavailable);
        }
    }

    fn call_request(&self, turn: &Turn<'_>, press: Press, kind: RequestKind, wanted: Wanted) -> Request {
        let (unit, area) = (turn.radio.unit(), turn.radio.area);
        let word = match wanted {
            Wanted::Talkgroup(talkgroup) => CallRequest { unit, press, talkgroup, kind, area }.into(),
            Wanted::Unit { called, setup } => UnitRequest { unit, press, called, setup }.into(),
        };
        let access = Access::on_control(&self.camp, word, Persistence::Request(kind), turn.now);
        Request { press, kind, wanted, access, rings: false, floor_place: None }
    }

    fn ask_for_floor(&mut self, turn: &mut Turn<'_>) {
        let Activity::Hanging(hang) = &mut self.activity else { return };
        if hang.ask.is_some() {
            return;
        }
        let press = turn.radio.next_press();
        let (unit, demand) = (turn.radio.unit(), turn.radio.config.demand);
        let word = FloorRequest { unit, press, call: hang.in_call.call, demand }.into();
        let persistence = Persistence::Request(RequestKind::Normal);
        let access = Access::on_traffic(&self.camp, hang.in_call.at, word, persistence, turn.now);
        hang.ask = Some(Ask { press, access, place: None });
    }

    /// The button came up while the request waits: the network is told.
    pub(super) fn releasing(&self, turn: &Turn<'_>, press: Press) -> Button {
        let word = PttReleased { unit: turn.radio.unit(), press }.into();
        let persistence = Persistence::Request(RequestKind::Normal);
        Button::Releasing(Access::on_control(&self.camp, word, persistence, turn.now))
    }

    /// Back to idle without a call, and to the selected talkgroup.
    pub(super) fn defer(&mut self, turn: &mut Turn<'_>) {
        self.revert = None;
        self.stand_by(turn);
    }

    /// Back to idle without a call, in the talkgroup in which one was asked for.
    pub(super) fn stand_by(&mut self, turn: &mut Turn<'_>) {
        let idle = self.idle(turn);
        self.shift(Trigger::Deferred, Activity::Idle(idle));
    }

    /// The floor is ours: speech flows if the button is still down, else the floor is given back at once.
    pub(super) fn take_floor(&mut self, turn: &mut Turn<'_>, in_call: InCall, spurt: SpurtId) {
        if self.revert.is_some() && self.revert == in_call.parties.talkgroup() {
            self.affiliated = self.revert;
        }
        self.tune(turn, in_call.at);
        match turn.radio.ptt {
            Ptt::Down(_) => {
                turn.tell(HandsetEvent::TalkPermit { call: in_call.call });
                let frames = turn.radio.microphone.open(turn.now);
                if frames > 0 {
                    turn.out.push(Output::Clipped { frames });
                }
                let from = turn.now + collecting(self.camp.profile);
                let talk = Talk::new(turn.now, &self.camp, in_call, spurt, from);
                self.shift(Trigger::FloorIsOurs, Activity::Talking(talk));
            }
            Ptt::Up => self.give_back(turn, in_call, spurt),
        }
    }

    /// The floor is ours, but nobody wants it.
    pub(super) fn give_back(&mut self, turn: &mut Turn<'_>, in_call: InCall, spurt: SpurtId) {
        self.tune(turn, in_call.at);
        self.last_spurt = Some(spurt);
        let ending = Ending::new(turn.now, &self.camp, in_call, spurt);
        self.shift(Trigger::FloorUnwanted, Activity::Ending(ending));
    }

    /// We stop: the microphone is shut, and what was said until now still goes out.
    pub(super) fn end_talk(&mut self, turn: &mut Turn<'_>, leave: bool) {
        let rest = self.stop(turn);
        let Activity::Talking(talk) = &self.activity else { return };
        let mut talk = talk.clone();
        if rest.is_empty() && !talk.was_heard() {
            // Nothing is to be sent, so nothing is collected.
            talk.next = self.camp.next_uplink(Channel::Traffic, talk.in_call.at, turn.now);
        }
        self.shift(Trigger::Released, Activity::Ending(Ending { leave, ..Ending::of(talk, rest) }));
    }

    /// If we talk, no longer: the user knows, the spurt is given up, the microphone is shut. What was said and not sent.
    pub(super) fn stop(&mut self, turn: &mut Turn<'_>) -> VecDeque<VoiceFrame> {
        let Activity::Talking(talk) = &self.activity else { return VecDeque::new() };
        turn.tell(HandsetEvent::TalkEnded { call: talk.in_call.call });
        self.last_spurt = Some(talk.spurt);
        turn.radio.microphone.shut(turn.now)
    }

    /// The slot shows that nobody talks, or our end of talk was said often enough.
    pub(super) fn floor_is_free(&mut self, turn: &mut Turn<'_>) {
        self.stop(turn);
        let mut asked = None;
        let (in_call, press, leave) = match &self.activity {
            Activity::Talking(talk) => (talk.in_call.clone(), None, false),
            Activity::Ending(ending) => (ending.talk.in_call.clone(), ending.press, ending.leave),
            Activity::Listening(listen) => {
                // A demand that met nobody else's is on its way to being granted.
                asked = listen.wish.ask().cloned();
                (listen.in_call.clone(), None, false)
            }
            Activity::Idle(_)
            | Activity::Ringing(_)
            | Activity::Requesting(_)
            | Activity::Queued(_)
            | Activity::Hanging(_) => return,
        };
        if leave {
            self.leave(turn, Cause::NotAffiliated);
            return;
        }
        self.shift(Trigger::FloorIsFree, Activity::Hanging(Hang { in_call, ask: asked }));
        if let Some(kind) = press {
            self.press(turn, kind);
        }
    }

    /// The call is over for this handset.
    pub(super) fn leave(&mut self, turn: &mut Turn<'_>, cause: Cause) {
        self.stop(turn);
        let (call, press) = match &self.activity {
            Activity::Talking(talk) => (talk.in_call.call, None),
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
        if is_pair || self.reply.is_some() || self.shout.is_some() || self.revert.is_some() {
            return false;
        }
        match &self.activity {
            Activity::Idle(idle) => {
                idle.errand.is_none() && idle.press.is_none() && idle.called_back.is_none()
            }
            Activity::Hanging(hang) => hang.ask.is_none(),
            Activity::Listening(listen) => matches!(listen.wish, Wish::None),
            Activity::Talking(talk) => talk.was_heard() && talk.leaving.is_none(),
            Activity::Ringing(_) | Activity::Requesting(_) | Activity::Queued(_) | Activity::Ending(_) => {
                false
            }
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

    /// What an idle handset still has to say: a request to be forgotten, then a new selection.
    pub(super) fn idle(&mut self, turn: &mut Turn<'_>) -> Idle {
        let unit = turn.radio.unit();
        let (selected, secondary) = (self.talkgroup(turn), self.wanted(turn));
        let (kind, press, word) = if let Some(press) = self.owed_cancel {
            (ErrandKind::Cancel, press, CallCancel { unit, press }.into())
        } else if (self.affiliated != Some(selected) || self.asked != secondary)
            && self.refused != Some(selected)
        {
            let press = turn.radio.next_press();
            let word = Affiliate { unit, press, talkgroup: selected, secondary };
            (ErrandKind::Affiliate(selected, secondary), press, word.into())
        } else {
            return Idle::default();
        };
        let persistence = Persistence::Request(RequestKind::Normal);
        let access = Access::on_control(&self.camp, word, persistence, turn.now);
        Idle { errand: Some(Errand { kind, press, access }), press: None, called_back: None }
    }

    /// The errand was answered, or given up: the next, then a press that waited.
    fn errand_done(&mut self, turn: &mut Turn<'_>) {
        let Activity::Idle(Idle { errand, press, .. }) = &mut self.activity else { return };
        let press = press.take();
        if errand.take().is_some_and(|errand| errand.kind == ErrandKind::Cancel) {
            self.owed_cancel = None;
        }
        let mut idle = self.idle(turn);
        match press {
            Some(kind) if idle.errand.is_none() => {
                self.activity = Activity::Idle(idle);
                self.request(turn, kind);
            }
            Some(_) | None => {
                idle.press = press;
                self.activity = Activity::Idle(idle);
            }
        }
    }

    /// The network answered this press of an errand; true if it was one.
    pub(super) fn errand_answered(
        &mut self,
        turn: &mut Turn<'_>,
        press: Press,
        answer: Result<ScanList, Cause>,
    ) -> bool {
        let Activity::Idle(Idle { errand: Some(errand), .. }) = &self.activity else { return false };
        if errand.press != press {
            return false;
        }
        match (errand.kind, answer) {
            (ErrandKind::Cancel, _) => {}
            (ErrandKind::Affiliate(talkgroup, asked), Ok(secondary)) => {
                self.affiliated = Some(talkgroup);
                (self.asked, self.secondary) = (asked, secondary);
                turn.tell(HandsetEvent::Affiliated { talkgroup });
            }
            (ErrandKind::Affiliate(talkgroup, asked), Err(cause)) => {
                (self.refused, self.asked) = (Some(talkgroup), asked);
                turn.refuse(cause);
            }
        }
        self.errand_done(turn);
        true
    }

    /// The network has put us into another talkgroup than we asked for by itself: in an emergency.
    pub(super) fn reverted(&mut self, turn: &mut Turn<'_>, talkgroup: TalkgroupId) {
        if self.revert == Some(talkgroup) && self.affiliated != Some(talkgroup) {
            self.affiliated = Some(talkgroup);
            turn.tell(HandsetEvent::Affiliated { talkgroup });
        }
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

/// Whether a press makes an emergency of what was asked for as usual.
fn is_raised(request: &Request, kind: RequestKind) -> bool {
    (request.kind, kind) == (RequestKind::Normal, RequestKind::Emergency)
}
