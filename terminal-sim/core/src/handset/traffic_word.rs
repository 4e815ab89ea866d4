//! What a handset in a call does about each word of the call's slot. The slot is where the floor is shown: who talks
//! there has it, whatever was granted elsewhere.

use trunklab_protocol::air_downlink::{DownlinkWord, FloorWithdrawn, TalkWarning, Voice};
use trunklab_protocol::{CallId, Cause, Press, SpurtId, UnitId};

use super::call::{Activity, Converse, Ending, Listen, Wish};
use super::control_word::void_registration;
use super::phase::Trigger;
use super::radio::Turn;
use super::service::{Departure, Service};
use crate::output::{HandsetEvent, Output};

impl Service {
    /// Takes burst `count` of the slot that the handset is on.
    pub(super) fn traffic_word(
        &mut self,
        turn: &mut Turn<'_>,
        count: u32,
        word: &DownlinkWord,
    ) -> Option<Departure> {
        let in_call = self.activity.in_call_mut()?;
        if in_call.last_count.is_some_and(|last| count <= last) {
            return None;
        }
        in_call.last_count = Some(count);
        match word {
            DownlinkWord::Voice(word) => {
                if self.is_our_call(turn, word.call) && !self.has_hung_up() {
                    self.shows_talker(turn, word.talker, word.spurt, None);
                    self.hear(turn, word);
                }
            }
            DownlinkWord::FloorTaken(word) => {
                if self.is_our_call(turn, word.call) {
                    self.shows_talker(turn, word.talker.unit, word.talker.spurt, Some(word.talker.press));
                }
            }
            DownlinkWord::FloorIdle(word) => {
                if self.is_our_call(turn, word.call) {
                    self.shows_nobody(turn);
                }
            }
            DownlinkWord::FloorRefused(word) if self.floor_refused(turn, word) => {
                return void_registration(word.cause);
            }
            DownlinkWord::FloorQueued(word) => self.floor_queued(turn, word),
            DownlinkWord::TalkWarning(word) => self.warned(turn, word),
            DownlinkWord::FloorWithdrawn(word) => self.floor_withdrawn(turn, word),
            DownlinkWord::EmergencyStatus(word) => self.emergency_status(turn, word),
            DownlinkWord::RadioOrder(word) => self.ordered(turn, word),
            DownlinkWord::Working(word) if word.unit == turn.radio.unit() => {
                if !self.answer_settled(word.press) {
                    self.note_worked_on(turn, word.press);
                }
            }
            DownlinkWord::ControlAt(word) => self.told_of_control(turn, word),
            DownlinkWord::Grant(word) => self.hears_of_other(turn, word),
            DownlinkWord::Status(word) => self.status_heard(turn, word),
            DownlinkWord::CallAlert(word) => self.alert_heard(turn, word),
            DownlinkWord::AlertOver(word) => self.alert_over(turn, word),
            DownlinkWord::MessageDelivered(word) => self.message_delivered(turn, word),
            DownlinkWord::MessageRefused(word) => self.message_refused(turn, word),
            DownlinkWord::Release(word) => self.released(turn, word.call, word.cause),
            DownlinkWord::Idle(_)
            | DownlinkWord::System(_)
            | DownlinkWord::Neighbour(_)
            | DownlinkWord::FailsoftChannel(_)
            | DownlinkWord::FailsoftOpen(_)
            | DownlinkWord::FailsoftVoice(_)
            | DownlinkWord::FailsoftOver(_)
            | DownlinkWord::Challenge(_)
            | DownlinkWord::Registered(_)
            | DownlinkWord::RegisterRefused(_)
            | DownlinkWord::Affiliated(_)
            | DownlinkWord::Refused(_)
            | DownlinkWord::FloorRefused(_)
            | DownlinkWord::Queued(_)
            | DownlinkWord::CallBack(_)
            | DownlinkWord::Page(_)
            | DownlinkWord::Ringing(_)
            | DownlinkWord::PageOver(_)
            | DownlinkWord::NetworkAnswer(_)
            | DownlinkWord::Working(_)
            | DownlinkWord::Deregistered(_) => {}
        }
        None
    }

    /// Whether the slot still carries our call; if not, we leave it.
    fn is_our_call(&mut self, turn: &mut Turn<'_>, call: CallId) -> bool {
        let Some(in_call) = self.activity.in_call_mut() else { return false };
        if in_call.call == call {
            in_call.heard_at = turn.now;
            return true;
        }
        self.leave(turn, Cause::SlotReassigned);
        false
    }

    fn shows_talker(&mut self, turn: &mut Turn<'_>, unit: UnitId, spurt: SpurtId, press: Option<Press>) {
        if unit == turn.radio.unit() {
            self.shows_us(turn, spurt, press);
        } else {
            self.shows_other(turn, unit, spurt);
        }
    }

    fn shows_us(&mut self, turn: &mut Turn<'_>, spurt: SpurtId, press: Option<Press>) {
        if self.last_spurt == Some(spurt) {
            // Given up already.
            return;
        }
        if self.activity.is_listener() {
            return self.shows_us_our_floor(turn, spurt, press);
        }
        if let Activity::Talking(talk) = &mut self.activity
            && talk.spurt != spurt
        {
            // The same floor under a new name: the controller was started again.
            *talk = talk.renamed(turn.now, &self.camp, spurt, &turn.radio.microphone);
        }
        if let Activity::Ending(ending) = &mut self.activity {
            ending.talk.spurt = spurt;
            ending.said = 0;
            self.last_spurt = Some(spurt);
        }
    }

    /// A listener is shown that the floor is its own: what it asked for, or something that it does not want any more.
    fn shows_us_our_floor(&mut self, turn: &mut Turn<'_>, spurt: SpurtId, press: Option<Press>) {
        let Some(in_call) = self.activity.in_call().cloned() else { return };
        let ask = self.activity.ask();
        if ask.is_some_and(|ask| press.is_none_or(|press| press == ask.press)) {
            self.take_floor(turn, in_call, spurt);
        } else {
            self.give_back(turn, in_call, spurt);
        }
    }

    fn shows_other(&mut self, turn: &mut Turn<'_>, talker: UnitId, spurt: SpurtId) {
        let mut pressed = None;
        let (in_call, by, wish) = match &mut self.activity {
            Activity::Listening(listen) => {
                if listen.spurt != spurt || listen.talker != talker {
                    (listen.talker, listen.spurt, listen.told) = (talker, spurt, false);
                }
                return;
            }
            // The last words of the talker before us may still be on their way.
            Activity::Talking(talk) | Activity::Ending(Ending { talk, .. })
                if talk.is_young(turn.now, &self.camp) =>
            {
                return;
            }
            Activity::Talking(talk) => {
                let in_call = talk.in_call.clone();
                self.stop(turn);
                (in_call, Trigger::OtherTalks, Wish::None)
            }
            Activity::Ending(ending) if ending.leave => {
                self.leave(turn, Cause::NotAffiliated);
                return;
            }
            Activity::Ending(ending) => {
                pressed = ending.press;
                (ending.talk.in_call.clone(), Trigger::OtherTalks, Wish::None)
            }
            Activity::Hanging(hang) => {
                let hang = hang.clone();
                let (by, wish) = self.ask_meets_talker(turn, &hang);
                (hang.in_call, by, wish)
            }
            // No talkgroup's talker is shown to these.
            Activity::Idle(_)
            | Activity::Ringing(_)
            | Activity::Requesting(_)
            | Activity::Queued(_)
            | Activity::Conversing(_) => return,
        };
        let listen = Listen { in_call, talker, spurt, told: false, wish };
        self.shift(by, Activity::Listening(listen));
        if let Some(kind) = pressed {
            self.press(turn, kind);
        }
    }

    fn shows_nobody(&mut self, turn: &mut Turn<'_>) {
        if self.activity.learns_of_free_floor(turn.now, &self.camp) {
            self.floor_is_free(turn);
        }
    }

    /// Speech of another goes to the loudspeaker; our own comes back on the slot and does not.
    fn hear(&mut self, turn: &mut Turn<'_>, voice: &Voice) {
        let Some(told) = self.activity.told_mut() else { return };
        let Voice { call, talker, spurt, position, .. } = *voice;
        if voice.frames.is_empty() || talker == turn.radio.unit() {
            return;
        }
        if !std::mem::replace(told, true) {
            turn.tell(HandsetEvent::Hears { call, talker });
        }
        turn.out.push(Output::Heard { call, talker, spurt, position, frames: voice.frames.clone() });
    }

    /// Our time is nearly over; said more than once, and shown once.
    fn warned(&mut self, turn: &mut Turn<'_>, word: &TalkWarning) {
        let (Activity::Talking(talk) | Activity::Conversing(Converse { talk, .. })) = &mut self.activity
        else {
            return;
        };
        if word.unit == turn.radio.unit() && word.spurt == talk.spurt && !talk.warned {
            talk.warned = true;
            turn.tell(HandsetEvent::TalkWarning { call: word.call, left_ms: word.left_ms });
        }
    }

    /// The floor was taken away from us; said more than once, and shown once. The slot may have shown it already.
    fn floor_withdrawn(&mut self, turn: &mut Turn<'_>, word: &FloorWithdrawn) {
        if word.unit != turn.radio.unit() || self.withdrawn == Some(word.spurt) {
            return;
        }
        let talks = matches!(&self.activity, Activity::Talking(talk) if talk.spurt == word.spurt);
        if talks || self.last_spurt == Some(word.spurt) && self.activity.in_call().is_some() {
            self.withdrawn = Some(word.spurt);
            turn.tell(HandsetEvent::FloorLost { call: word.call, cause: word.cause });
        }
        if talks {
            self.floor_is_free(turn);
        }
    }
}
