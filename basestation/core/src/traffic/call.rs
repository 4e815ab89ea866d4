//! A call as one slot carries it, and what its downlink says.

use std::collections::VecDeque;

use trunklab_protocol::air_downlink::{
    DownlinkWord, FloorIdle, FloorTaken, Party, Release, Talker, Voice as VoiceDown,
};
use trunklab_protocol::to_site::Assert;
use trunklab_protocol::{Moment, SpurtId};

use super::Change;
use super::floor::{Floor, tail_word};
use crate::playout::Played;
use crate::timing::Timing;

/// A word to one radio takes a burst from speech, but no more often than every so many bursts.
const STOLEN_BURSTS_APART: u8 = 4;

/// A call as one slot carries it.
#[derive(Debug, Clone)]
pub(super) struct Call {
    /// What the controller last said of it; its talker is kept up to date in `floor`.
    pub(super) asserted: Assert,
    pub(super) floor: Floor,
    /// The spurt that ended last here, so that its repeated end is known.
    pub(super) ended: Option<SpurtId>,
    /// The spurt whose talker has said that it goes to another site.
    pub(super) leaving: Option<SpurtId>,
    /// Words to single radios.
    pub(super) asides: VecDeque<DownlinkWord>,
    pub(super) bursts_since_stolen: u8,
    /// When it last told of another call.
    pub(super) told_of_other: Option<Moment>,
    /// How the call before ended, while its radios were not told yet.
    pub(super) before: Option<Release>,
}

impl Call {
    pub(super) fn new(now: Moment, asserted: Assert, sequence: u16, before: Option<Release>) -> Self {
        Self {
            floor: Floor::new(now, &asserted, sequence, None),
            asserted,
            ended: None,
            leaving: None,
            asides: VecDeque::new(),
            bursts_since_stolen: STOLEN_BURSTS_APART,
            told_of_other: None,
            before,
        }
    }

    pub(super) fn assert(&mut self, timing: &Timing, now: Moment, asserted: Assert, sequence: u16) -> Change {
        // Only the talker's own site knows of its end; elsewhere the voice may just have been cut off.
        let ended_here = asserted.talker.filter(|_| asserted.talker_is_here);
        if ended_here.is_some_and(|talker| self.ended == Some(talker.spurt)) {
            return Change::TalkIsOver;
        }
        let same_floor = self.floor.talker() == asserted.talker
            && self.asserted.duplex == asserted.duplex
            && (asserted.talker.is_none() || self.asserted.talker_is_here == asserted.talker_is_here);
        let escalates = asserted.emergency && !self.asserted.emergency;
        let same_details = Assert { talker: None, talker_is_here: false, ..self.asserted.clone() }
            == Assert { talker: None, talker_is_here: false, ..asserted.clone() };
        if !same_floor {
            let tail = self.floor.take_speech(timing);
            self.floor = Floor::new(now, &asserted, sequence, tail);
        }
        let given = !same_floor && asserted.talker.is_some();
        self.asserted = asserted;
        if given || escalates {
            Change::Announce
        } else if same_floor && same_details {
            Change::Nothing
        } else {
            Change::Correct
        }
    }

    pub(super) fn clear_floor(&mut self, timing: &Timing, now: Moment) {
        self.ended = self.floor.talker().map(|talker| talker.spurt).or(self.ended);
        let tail = self.floor.take_speech(timing);
        self.floor = Floor::Idle { since: now, tail };
    }

    pub(super) fn speak(
        &mut self,
        timing: &Timing,
        now: Moment,
        aside: impl FnOnce() -> Option<DownlinkWord>,
    ) -> DownlinkWord {
        self.bursts_since_stolen = self.bursts_since_stolen.saturating_add(1);
        let id = self.asserted.call;
        let played = match &mut self.floor {
            Floor::Taken { speech, .. } => {
                speech.play(now, timing.profile()).filter(|played| !played.frames.is_empty()).map(|played| {
                    let Talker { unit, spurt, .. } = speech.talker;
                    VoiceDown {
                        call: id,
                        talker: unit,
                        spurt,
                        position: played.position,
                        frames: played.frames,
                    }
                    .into()
                })
            }
            Floor::Idle { tail, .. } => {
                let word = tail.as_mut().and_then(|tail| tail_word(tail, id, timing, now));
                if word.is_none() {
                    *tail = None;
                }
                word
            }
            Floor::Both(both) => {
                let played = both.far.play(now, timing.profile()).filter(|played| !played.frames.is_empty());
                let Party { unit: talker, spurt } = both.sides.far;
                played.map(|Played { position, frames }| {
                    VoiceDown { call: id, talker, spurt, position, frames }.into()
                })
            }
        };
        if played.is_none()
            && let Some(release) = self.before.take()
        {
            return release.into();
        }
        let may_turn_aside = played.is_none() || self.bursts_since_stolen > STOLEN_BURSTS_APART;
        // What others are told leaves every other burst to the call, even while nobody talks.
        let others = || (self.bursts_since_stolen > 1).then(aside).flatten();
        if may_turn_aside && let Some(word) = self.asides.pop_front().or_else(others) {
            self.bursts_since_stolen = 0;
            return word;
        }
        played.unwrap_or_else(|| self.floor_word())
    }

    fn floor_word(&self) -> DownlinkWord {
        let Assert { call, parties, .. } = self.asserted;
        match &self.floor {
            Floor::Taken { speech, .. } => FloorTaken { call, parties, talker: speech.talker }.into(),
            // Nobody has the floor of a full duplex call: its radios need none.
            Floor::Idle { .. } | Floor::Both(_) => FloorIdle { call, parties }.into(),
        }
    }
}
