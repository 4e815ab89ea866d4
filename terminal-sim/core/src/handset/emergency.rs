//! The emergency of a handset's user (docs/call-processing.md, 12.6.6 to 12.6.9).
//!
//! It begins with the alarm key or with an emergency press, and it is the handset's until an operator clears it. What is
//! said about it is said beside all that the handset does else: on the control channel at the first opportunity, whatever
//! waits for one, and by a talker on its own slot in the place of one burst of speech. An emergency of which the network
//! does not know is said again and again; one that it knows is asked after now and then, for words get lost.

use trunklab_protocol::air_downlink::EmergencyStatus;
use trunklab_protocol::air_uplink::{Alarm, FloorRequest, RequestKind, UplinkWord};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{Cause, Demand, EmergencyStage, Moment, Press, TalkgroupId};

use super::access::{Access, Persistence, Step};
use super::call::{Activity, Idle, Talk};
use super::radio::{Turn, transmit};
use super::service::Service;
use super::timers::EMERGENCY_CHECK;
use super::view::EmergencyLight;
use crate::deadline::{Deadline, Why};
use crate::output::HandsetEvent;

/// The emergency that the user is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Emergency {
    /// The press by which it was raised.
    pub(super) press: Press,
    pub(super) light: EmergencyLight,
}

/// A word about the emergency that is on its way.
#[derive(Debug, Clone)]
pub(super) struct Shout {
    word: UplinkWord,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    /// On the control channel.
    Control(Access),
    /// On the slot on which the handset talks, in the place of speech.
    Talk { tries: u8, next: Moment },
}

impl Shout {
    /// The word's way on the control channel.
    pub(super) fn access_mut(&mut self) -> Option<&mut Access> {
        match &mut self.way {
            Way::Control(access) => Some(access),
            Way::Talk { .. } => None,
        }
    }
}

impl Service {
    /// The alarm key.
    pub(super) fn alarm(&mut self, turn: &mut Turn<'_>) {
        let press = turn.radio.next_press();
        self.begin_emergency(turn, press);
        self.shout_alarm(turn, press);
    }

    /// A press in an emergency: what is asked for with this number is the emergency's.
    pub(super) fn begin_emergency(&mut self, turn: &mut Turn<'_>, press: Press) {
        turn.radio.emergency = Some(Emergency { press, light: EmergencyLight::Unanswered });
        self.shout = None;
    }

    /// The emergency button while we talk: our own call becomes an emergency call, and we keep the floor.
    pub(super) fn raise_own_call(&mut self, turn: &mut Turn<'_>) {
        let Activity::Talking(Talk { in_call, .. }) = &self.activity else { return };
        let call = in_call.call;
        let press = turn.radio.next_press();
        self.begin_emergency(turn, press);
        let word = FloorRequest { unit: turn.radio.unit(), press, call, demand: Demand::Emergency }.into();
        self.shout = Some(Shout { word, way: Way::Talk { tries: 0, next: turn.now } });
    }

    /// The talkgroup that the handset is in now: the selected one, but for an emergency elsewhere.
    pub(super) fn talkgroup(&self, turn: &Turn<'_>) -> TalkgroupId {
        self.revert.unwrap_or(turn.radio.selected)
    }

    /// Says that there is an emergency, under the number that it has.
    pub(super) fn shout_alarm(&mut self, turn: &mut Turn<'_>, press: Press) {
        let known =
            turn.radio.emergency.is_some_and(|emergency| emergency.light != EmergencyLight::Unanswered);
        let word: UplinkWord = Alarm { unit: turn.radio.unit(), press, known }.into();
        let way = if self.is_sending() {
            Way::Talk { tries: 0, next: turn.now }
        } else {
            let persistence = Persistence::Request(RequestKind::Emergency);
            Way::Control(Access::on_control(&self.camp, word.clone(), persistence, turn.now))
        };
        self.shout = Some(Shout { word, way });
    }

    /// An emergency call was not granted: the emergency is said without one.
    pub(super) fn emergency_goes_on(&mut self, turn: &mut Turn<'_>, press: Press) {
        if turn.radio.emergency.is_some_and(|emergency| emergency.press == press) {
            self.shout_alarm(turn, press);
        }
    }

    /// The network has answered what was asked for in the emergency: it knows of it.
    pub(super) fn emergency_is_known(&mut self, turn: &mut Turn<'_>, press: Press) {
        if let Some(emergency) = turn.radio.emergency.as_mut().filter(|emergency| emergency.press == press)
            && emergency.light == EmergencyLight::Unanswered
        {
            emergency.light = EmergencyLight::Received;
            self.ask_again = turn.now + EMERGENCY_CHECK;
        }
    }

    /// The network says how far the emergency is.
    pub(super) fn emergency_status(&mut self, turn: &mut Turn<'_>, word: &EmergencyStatus) {
        let ours = turn.radio.emergency.filter(|emergency| emergency.press == word.press);
        let Some(emergency) = ours.filter(|_| word.unit == turn.radio.unit()) else { return };
        let light = match word.stage {
            EmergencyStage::Raised => Some(EmergencyLight::Received),
            EmergencyStage::Acknowledged => Some(EmergencyLight::Acknowledged),
            EmergencyStage::Cleared => None,
        };
        self.shout = None;
        self.ask_again = turn.now + EMERGENCY_CHECK;
        turn.radio.emergency = light.map(|light| Emergency { light, ..emergency });
        if light != Some(emergency.light) {
            turn.tell(HandsetEvent::Emergency { stage: word.stage });
        }
    }

    /// The network does not take the emergency, or does not answer: it is said again later.
    pub(super) fn emergency_refused(&mut self, turn: &mut Turn<'_>, press: Press, cause: Cause) -> bool {
        let Some(Shout { word: UplinkWord::Alarm(word), .. }) = &self.shout else { return false };
        if word.press != press {
            return false;
        }
        self.shout = None;
        self.ask_again = turn.now + EMERGENCY_CHECK;
        turn.refuse(cause);
        true
    }

    /// When there is something to say about the emergency.
    pub(super) fn emergency_deadline(&self, emergency: Option<Emergency>) -> Option<Deadline> {
        emergency.filter(|_| self.search.is_none())?;
        match &self.shout {
            None => {
                let quiet = matches!(self.activity, Activity::Idle(Idle { errand: None, .. }));
                quiet.then_some(Deadline { at: self.ask_again, why: Why::Emergency })
            }
            Some(Shout { way: Way::Control(access), .. }) => {
                Some(Deadline { why: Why::Emergency, ..access.deadline() })
            }
            // While we talk the next burst of speech says it.
            Some(Shout { way: Way::Talk { .. }, .. }) => {
                (!self.is_sending()).then_some(Deadline { at: Moment::ORIGIN, why: Why::Emergency })
            }
        }
    }

    /// To be called when that deadline has come.
    pub(super) fn fire_emergency(&mut self, turn: &mut Turn<'_>) {
        let Some(press) = turn.radio.emergency.map(|emergency| emergency.press) else { return };
        let sending = self.is_sending();
        match &mut self.shout {
            None | Some(Shout { way: Way::Talk { .. }, .. }) => self.shout_alarm(turn, press),
            Some(Shout { way: Way::Control(_), .. }) if sending => self.shout_alarm(turn, press),
            Some(Shout { way: Way::Control(access), word }) => {
                if access.gives_way(turn.now, &self.camp, self.last_sent) {
                    return;
                }
                match access.fire(turn.now, &self.camp, &mut turn.radio.dice) {
                    Step::Wait => {}
                    Step::GiveUp => _ = self.emergency_refused(turn, press, Cause::NoAnswer),
                    Step::Send(place) => {
                        self.last_sent = Some(place);
                        transmit(&self.camp, Some(&self.session), place, word.clone(), turn.out);
                    }
                }
            }
        }
    }

    /// What is said in the place of a talker's next burst of speech, if anything is.
    pub(super) fn shout_instead(&mut self, now: Moment) -> Option<UplinkWord> {
        if !matches!(self.activity, Activity::Talking(_) | Activity::Conversing(_)) {
            return None;
        }
        let Shout { word, way: Way::Talk { tries, next } } = self.shout.as_mut()? else { return None };
        if now < *next || *tries >= self.camp.access.tries_emergency.max(1) {
            return None;
        }
        *tries += 1;
        let beat = self.camp.profile.uplink_cadence(Channel::Traffic);
        *next = now + beat.start(u32::from(self.camp.access.wait.max(1)));
        Some(word.clone())
    }

    /// Whether the transmitter is in use on a call's slot.
    pub(super) fn is_sending(&self) -> bool {
        matches!(self.activity, Activity::Talking(_) | Activity::Conversing(_) | Activity::Ending(_))
    }
}
