//! The floor is ours: speech flows until the button comes up, then its end is said.

use std::collections::VecDeque;

use trunklab_protocol::air_uplink::TalkEnd;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::voice::VoiceFrame;
use trunklab_protocol::{BurstPlace, Cause, SpurtId};

use super::call::{Activity, Converse, Ending, Hang, InCall, Talk};
use super::pace::collecting;
use super::phase::Trigger;
use super::radio::{Ptt, Turn, transmit};
use super::service::Service;
use super::timers::TALK_END_TRIES;
use crate::output::{HandsetEvent, Output};

impl Service {
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

    pub(super) fn fire_voice(&mut self, turn: &mut Turn<'_>) {
        let unit = turn.radio.unit();
        let burst = match &mut self.activity {
            Activity::Talking(talk) | Activity::Conversing(Converse { talk, .. }) => {
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
            let instead = self.shout_instead(turn.now).or_else(|| self.note_instead(turn));
            let word = instead.unwrap_or(word);
            transmit(&self.camp, Some(&self.session), place, word, turn.out);
        }
    }

    pub(super) fn fire_talk_end(&mut self, turn: &mut Turn<'_>) {
        let Activity::Ending(ending) = &mut self.activity else { return };
        let Ending { talk, said, .. } = ending;
        let (at, due) = (talk.in_call.at, talk.pace.next);
        if turn.now > due.at + self.camp.lateness_max(Channel::Traffic) {
            talk.pace.next = self.camp.next_uplink(Channel::Traffic, at, turn.now);
            return;
        }
        *said += 1;
        talk.pace.next = self.camp.uplink(Channel::Traffic, at, due.count.saturating_add(1));
        let word = TalkEnd { unit: turn.radio.unit(), call: talk.in_call.call, spurt: talk.spurt };
        let place = BurstPlace { at, channel: Channel::Traffic, count: due.count };
        let said_all = *said >= TALK_END_TRIES;
        transmit(&self.camp, Some(&self.session), place, word.into(), turn.out);
        if said_all {
            self.floor_is_free(turn);
        }
    }

    /// We stop: the microphone is shut, and what was said until now still goes out.
    pub(super) fn end_talk(&mut self, turn: &mut Turn<'_>, leave: bool) {
        let rest = self.stop(turn);
        let Activity::Talking(talk) = &self.activity else { return };
        let mut talk = talk.clone();
        if rest.is_empty() && !talk.was_heard() {
            // Nothing is to be sent, so nothing is collected.
            talk.pace.next = self.camp.next_uplink(Channel::Traffic, talk.in_call.at, turn.now);
        }
        self.shift(Trigger::Released, Activity::Ending(Ending { leave, ..Ending::of(talk, rest) }));
    }

    /// If we talk, no longer: the user knows, the spurt is given up, the microphone is shut. What was said and not sent.
    pub(super) fn stop(&mut self, turn: &mut Turn<'_>) -> VecDeque<VoiceFrame> {
        let (Activity::Talking(talk) | Activity::Conversing(Converse { talk, .. })) = &self.activity else {
            return VecDeque::new();
        };
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
                let ask = listen.wish.ask();
                asked = ask.map(|ask| self.goes_on_asking(turn, &listen.in_call, ask));
                (listen.in_call.clone(), None, false)
            }
            Activity::Idle(_)
            | Activity::Ringing(_)
            | Activity::Requesting(_)
            | Activity::Queued(_)
            | Activity::Conversing(_)
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
}
