//! A full duplex call at the handset (docs/call-processing.md 12.9.8): the microphone is open as long as the call lasts, and the
//! other unit is heard on the same slot. The button has no effect.

use trunklab_protocol::air_downlink::{Grant, Sides};

use super::call::{Activity, Converse, Hang, Talk};
use super::pace::collecting;
use super::phase::Trigger;
use super::radio::Turn;
use super::service::Service;
use crate::output::{HandsetEvent, Output};

impl Service {
    /// A full duplex call is announced. At one site there are two slots of it: ours is the one that is said to be.
    pub(super) fn both_talk(&mut self, turn: &mut Turn<'_>, grant: &Grant, sides: Sides) {
        let Sides { near, far } = sides;
        if near.unit != turn.radio.unit() || self.last_spurt == Some(near.spurt) {
            return;
        }
        // A microphone is not opened that nobody expects to be.
        let rings = matches!(&self.activity, Activity::Ringing(ring) if ring.caller == far.unit);
        let asked = self.activity.request();
        let asked = asked.is_some_and(|request| request.wanted.is_met_by(grant.parties, turn.radio.unit()));
        if !(rings || asked) {
            return;
        }
        let in_call = self.join(turn, grant);
        turn.tell(HandsetEvent::TalkPermit { call: in_call.call });
        let frames = turn.radio.microphone.open(turn.now);
        if frames > 0 {
            turn.out.push(Output::Clipped { frames });
        }
        let from = turn.now + collecting(self.camp.profile);
        let talk = Talk::new(turn.now, &self.camp, in_call, near.spurt, from);
        self.shift(Trigger::BothTalk, Activity::Conversing(Converse { talk, far, told: false }));
    }

    /// Whether the user has left a full duplex call that the network has not ended yet.
    pub(super) fn has_hung_up(&self) -> bool {
        matches!(&self.activity, Activity::Hanging(hang) if self.says_end_of(hang.in_call.call))
    }

    /// The user hangs up: what it says from here on is not for the other, and the call ends when the network says so.
    pub(super) fn stop_conversing(&mut self, turn: &mut Turn<'_>) {
        self.stop(turn);
        let Activity::Conversing(Converse { talk, .. }) = &self.activity else { return };
        let in_call = talk.in_call.clone();
        self.shift(Trigger::FloorIsFree, Activity::Hanging(Hang { in_call, ask: None }));
    }
}
