//! The channel machine of one traffic slot.
//!
//! A slot is free, carries one call, or tells of a call's end. While it carries a call each downlink burst says the
//! most useful thing that is known when it begins: speech where there is some, what one radio is to be told, else who
//! has the floor or that nobody has it. Speech that is still on its way when the floor or the call ends is heard to its
//! end first.

use std::collections::VecDeque;

use trunklab_protocol::air_downlink::{
    Burst, DownlinkWord, FloorIdle, FloorTaken, Grant, Party, Release, Sides, Talker, Voice as VoiceDown,
};
use trunklab_protocol::air_uplink::{FloorRequest, Leaving, TalkEnd, Voice};
use trunklab_protocol::from_site::HeldCall;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::to_site::Assert;
use trunklab_protocol::voice::VoicePacket;
use trunklab_protocol::{CallId, Cause, Moment, Parties, SlotAddress, Span, SpurtId, TalkgroupId, UnitId};

use smallvec::SmallVec;

use crate::access::Uplink;
use crate::begun::Begun;
use crate::control::Grants;
use crate::playout::{FRAMES_MAX, Played, Playout};
use crate::speech::{Repeater, Source, Speech};
use crate::timing::{Beat, Timing};

/// Bursts in which a slot tells of a call's end.
const RELEASE_BURSTS: u8 = 3;

/// Words to single radios that may wait for a burst.
const ASIDES_MAX: usize = 16;

/// A word to one radio takes a burst from speech, but no more often than every so many bursts.
const STOLEN_BURSTS_APART: u8 = 4;

/// A slot reminds of another call no more often.
const REMINDERS_APART: Span = Span::from_secs(4);

/// One traffic slot.
#[derive(Debug, Clone)]
pub struct TrafficChannel {
    at: SlotAddress,
    state: State,
    /// The downlink burst that is being radiated, whatever has become of the slot since it began.
    begun: Option<Begun>,
    /// Its uplink.
    pub uplink: Uplink,
}

#[derive(Debug, Clone)]
enum State {
    Free,
    Carrying { beat: Beat, call: Box<Call> },
    Releasing { beat: Beat, call: CallId, cause: Cause, bursts_left: u8, tail: Option<Box<Speech>> },
}

/// A call as one slot carries it.
#[derive(Debug, Clone)]
struct Call {
    /// What the controller last said of it; its talker is kept up to date in `floor`.
    asserted: Assert,
    floor: Floor,
    /// The spurt that ended last here, so that its repeated end is known.
    ended: Option<SpurtId>,
    /// The spurt whose talker has said that it goes to another site.
    leaving: Option<SpurtId>,
    /// Words to single radios.
    asides: VecDeque<DownlinkWord>,
    bursts_since_stolen: u8,
    /// When it last told of another call.
    told_of_other: Option<Moment>,
    /// How the call before ended, while its radios were not told yet.
    before: Option<Release>,
}

#[derive(Debug, Clone)]
enum Floor {
    Idle { since: Moment, tail: Option<Speech> },
    Taken { speech: Speech, heard: Moment, silence_told: bool },
    Both(Box<Both>),
}

/// Full duplex: one party is heard here, the other's speech is radiated.
#[derive(Debug, Clone)]
struct Both {
    sides: Sides,
    /// What the near one says, for the voice switch and for the other's slot.
    near: Repeater,
    heard: Moment,
    silence_told: bool,
    /// What the far one says.
    far: Playout,
}

/// What an assertion changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    Nothing,
    /// A call begins here, or its floor was given to somebody, or it became an emergency: radios must be told.
    Announce,
    /// Other details: latecomers shall hear the new state.
    Correct,
    /// Nothing, for that talker has stopped: the controller does not know yet.
    TalkIsOver,
}

/// What became of a word on the slot's uplink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Speech, for the voice switch.
    Speech(SmallVec<[VoicePacket; 1]>),
    /// The talker has stopped.
    TalkEnded,
    /// It is known already that the talker stopped.
    Again,
    /// Somebody asks for the floor.
    FloorWanted,
    /// The talker goes to another site.
    TalkerLeaving,
}

impl TrafficChannel {
    /// A free slot.
    pub const fn new(at: SlotAddress) -> Self {
        Self { at, state: State::Free, begun: None, uplink: Uplink::new(Channel::Traffic, at) }
    }

    /// Whether it carries a call, or still tells of one.
    pub fn is_in_use(&self) -> bool {
        self.begun.is_some() || !matches!(self.state, State::Free)
    }

    /// It radiates from `now` on, and not before.
    pub fn begin_at(&mut self, timing: &Timing, now: Moment) {
        match &mut self.state {
            State::Free => {}
            State::Carrying { beat, .. } | State::Releasing { beat, .. } => {
                *beat = Beat::from(timing, Channel::Traffic, self.at, now);
            }
        }
    }

    /// Carrier and slot.
    pub const fn at(&self) -> SlotAddress {
        self.at
    }

    /// The call that it carries.
    pub fn call(&self) -> Option<CallId> {
        match &self.state {
            State::Carrying { call, .. } => Some(call.asserted.call),
            State::Free | State::Releasing { .. } => None,
        }
    }

    /// What radios are told of the call.
    pub fn grant(&self) -> Option<Grant> {
        let call = self.carried()?;
        Some(Grant {
            call: call.asserted.call,
            parties: call.asserted.parties,
            at: self.at,
            talker: call.floor.talker(),
            emergency: call.asserted.emergency,
            late_entry: false,
            floor: call.asserted.floor,
            duplex: call.asserted.duplex,
        })
    }

    /// What the radios of each talkgroup that hears the call are told, its own first.
    pub fn grants(&self) -> Grants {
        let (Some(grant), Some(call)) = (self.grant(), self.carried()) else { return Grants::new() };
        let other = |talkgroup: &TalkgroupId| Grant { parties: Parties::Group(*talkgroup), ..grant.clone() };
        std::iter::once(grant.clone()).chain(call.asserted.others.iter().map(other)).collect()
    }

    /// What the controller is told of the call.
    pub fn held(&self, now: Moment, hang_time: Span) -> Option<HeldCall> {
        let call = self.carried()?;
        let hang_left = match call.floor {
            Floor::Idle { since, .. } => (since + hang_time).since(now),
            Floor::Taken { .. } | Floor::Both(_) => Span::ZERO,
        };
        Some(HeldCall {
            call: call.asserted.call,
            parties: call.asserted.parties,
            at: self.at,
            talker: call.floor.talker(),
            talker_is_here: call.floor.talker().is_some() && call.asserted.talker_is_here,
            emergency: call.asserted.emergency,
            area: call.asserted.area,
            hang_left_ms: u32::try_from(hang_left.as_millis()).unwrap_or(u32::MAX),
        })
    }

    /// The controller says how the call stands: the slot carries it from now on. `sequence` is the first sequence
    /// number of the spurt's packets, should its talker be here.
    pub fn assert(&mut self, timing: &Timing, now: Moment, asserted: Assert, sequence: u16) -> Change {
        if let State::Carrying { call, .. } = &mut self.state
            && call.asserted.call == asserted.call
        {
            return call.assert(timing, now, asserted, sequence);
        }
        let beat = match &self.state {
            State::Carrying { beat, .. } | State::Releasing { beat, .. } => *beat,
            State::Free => Beat::from(timing, Channel::Traffic, self.at, now),
        };
        let before = match &self.state {
            State::Releasing { call, cause, .. } => Some(Release { call: *call, cause: *cause }),
            State::Free | State::Carrying { .. } => None,
        };
        let call = Box::new(Call::new(now, asserted, sequence, before));
        self.state = State::Carrying { beat, call };
        Change::Announce
    }

    /// The call is over here; the slot says so and is free.
    pub fn release(&mut self, timing: &Timing, cause: Cause) {
        let State::Carrying { beat, call } = &mut self.state else {
            return;
        };
        let tail = call.floor.take_speech(timing);
        self.state = State::Releasing {
            beat: *beat,
            call: call.asserted.call,
            cause,
            bursts_left: RELEASE_BURSTS,
            tail: tail.map(Box::new),
        };
    }

    /// Somebody still takes part in a call that is not here: says that it is over.
    pub fn deny(&mut self, timing: &Timing, now: Moment, call: CallId) {
        if let State::Free = self.state {
            let beat = Beat::from(timing, Channel::Traffic, self.at, now);
            let cause = Cause::UnknownCall;
            self.state = State::Releasing { beat, call, cause, bursts_left: RELEASE_BURSTS, tail: None };
        }
    }

    /// One radio is told something of its call, so many times, in bursts that can be spared.
    ///
    /// # Errors
    /// [`Cause::UnknownCall`], [`Cause::ControlChannelFull`].
    pub fn tell_one(&mut self, call: CallId, word: DownlinkWord, sayings: usize) -> Result<(), Cause> {
        let call = self.carried_mut(call)?;
        if call.asides.contains(&word) {
            return Ok(());
        }
        if let DownlinkWord::FloorQueued(place) = &word {
            // A place that was not said yet is not true any more.
            call.asides.retain(
                |other| !matches!(other, DownlinkWord::FloorQueued(other) if other.unit == place.unit),
            );
        }
        if let DownlinkWord::EmergencyStatus(status) = &word {
            call.asides.retain(
                |other| !matches!(other, DownlinkWord::EmergencyStatus(other) if other.unit == status.unit),
            );
        }
        if call.asides.len() + sayings > ASIDES_MAX {
            return Err(Cause::ControlChannelFull);
        }
        call.asides.extend(std::iter::repeat_n(word, sayings));
        Ok(())
    }

    /// Radios in the call are told of another call, each of its talkgroups so many times; only the latest words about that
    /// one count.
    ///
    /// # Errors
    /// [`Cause::ControlChannelFull`].
    pub fn tell_of_other(&mut self, now: Moment, grants: Vec<Grant>, sayings: usize) -> Result<(), Cause> {
        let (Some(other), Some(call)) = (grants.first().map(|grant| grant.call), self.call()) else {
            return Ok(());
        };
        self.forget_other(other);
        self.carried_mut(call)?.told_of_other = Some(now);
        grants
            .into_iter()
            .try_for_each(|grant| self.tell_one(call, Grant { late_entry: true, ..grant }.into(), sayings))
    }

    /// Whether it has not told of another call for a while.
    pub fn may_remind(&self, now: Moment) -> bool {
        let told = self.carried().and_then(|call| call.told_of_other);
        told.is_none_or(|told| told + REMINDERS_APART <= now)
    }

    /// What was to be told of another call is not true any more.
    pub fn forget_other(&mut self, other: CallId) {
        if let State::Carrying { call, .. } = &mut self.state {
            call.asides.retain(|word| !matches!(word, DownlinkWord::Grant(grant) if grant.call == other));
        }
    }

    /// Speech from a unit that has proved itself.
    ///
    /// # Errors
    /// Why it is dropped.
    pub fn hear_voice(&mut self, timing: &Timing, now: Moment, voice: &Voice) -> Result<Heard, Cause> {
        let call = self.carried_mut(voice.call)?;
        if let Floor::Both(both) = &mut call.floor {
            return both.hear(timing, now, voice).map(Heard::Speech);
        }
        let Floor::Taken { speech, heard, .. } = &mut call.floor else {
            return Err(Cause::NotTheTalker);
        };
        let Source::Here(repeater) = &mut speech.source else {
            return Err(Cause::NotTheTalker);
        };
        if speech.talker.unit != voice.unit || speech.talker.spurt != voice.spurt {
            return Err(Cause::NotTheTalker);
        }
        let packets = repeater.receive(timing.profile(), voice)?;
        *heard = now;
        Ok(Heard::Speech(packets))
    }

    /// The end of a talk from a unit that has proved itself.
    ///
    /// # Errors
    /// Why it is dropped.
    pub fn hear_talk_end(&mut self, timing: &Timing, now: Moment, end: &TalkEnd) -> Result<Heard, Cause> {
        let call = self.carried_mut(end.call)?;
        if call.ended == Some(end.spurt) {
            return Ok(Heard::Again);
        }
        let Some(talker) = call.floor.talker() else {
            return Err(Cause::NotTheTalker);
        };
        if talker.unit != end.unit || talker.spurt != end.spurt || !call.asserted.talker_is_here {
            return Err(Cause::NotTheTalker);
        }
        call.clear_floor(timing, now);
        Ok(Heard::TalkEnded)
    }

    /// A talker that has proved itself goes to another site; told once.
    ///
    /// # Errors
    /// Why it is dropped.
    pub fn hear_leaving(&mut self, leaving: &Leaving) -> Result<Heard, Cause> {
        let call = self.carried_mut(leaving.call)?;
        let talks = call.asserted.talker_is_here
            && call
                .floor
                .talker()
                .is_some_and(|talker| (talker.unit, talker.spurt) == (leaving.unit, leaving.spurt));
        match talks {
            false => Err(Cause::NotTheTalker),
            true if call.leaving.replace(leaving.spurt) == Some(leaving.spurt) => Ok(Heard::Again),
            true => Ok(Heard::TalkerLeaving),
        }
    }

    /// A request for the floor from a unit that has proved itself.
    ///
    /// # Errors
    /// Why it is dropped.
    pub fn hear_floor_request(&mut self, request: &FloorRequest) -> Result<Heard, Cause> {
        self.carried_mut(request.call)?;
        Ok(Heard::FloorWanted)
    }

    /// A packet of a spurt from the voice switch; `false` when the spurt is not of this slot.
    ///
    /// # Errors
    /// Why it is dropped.
    pub fn hear_packet(&mut self, now: Moment, packet: &VoicePacket) -> Result<bool, Cause> {
        let Some((playout, heard)) = self.playout(packet.spurt) else {
            return Ok(false);
        };
        playout.receive(now, packet)?;
        if let Some(heard) = heard {
            *heard = now;
        }
        Ok(true)
    }

    /// The playout of a spurt, and where to note that it was heard.
    fn playout(&mut self, spurt: SpurtId) -> Option<(&mut Playout, Option<&mut Moment>)> {
        let (speech, heard) = match &mut self.state {
            State::Free => return None,
            State::Carrying { call, .. } => match &mut call.floor {
                Floor::Taken { speech, heard, .. } => (speech, Some(heard)),
                Floor::Idle { tail, .. } => (tail.as_mut()?, None),
                Floor::Both(both) => {
                    return (both.sides.far.spurt == spurt).then_some((&mut both.far, None));
                }
            },
            State::Releasing { tail, .. } => (tail.as_deref_mut()?, None),
        };
        match &mut speech.source {
            Source::Elsewhere(playout) if speech.talker.spurt == spurt => Some((playout, heard)),
            Source::Elsewhere(_) | Source::Here(_) => None,
        }
    }

    /// When the next downlink burst begins; `None` while the slot is free.
    pub fn burst_begins(&self, timing: &Timing) -> Option<Moment> {
        match &self.state {
            State::Free => None,
            State::Carrying { beat, .. } | State::Releasing { beat, .. } => Some(beat.settled(timing)),
        }
    }

    /// When the downlink burst that has begun ends.
    pub fn burst_ends(&self) -> Option<Moment> {
        self.begun.as_ref().map(|begun| begun.ends)
    }

    /// Leaves out bursts that are too late at `now`; how many those were.
    pub fn skip_late(&mut self, timing: &Timing, now: Moment) -> u32 {
        let begun = u32::from(self.begun.take_if(|begun| begun.is_too_late(now)).is_some());
        let (beat, speech) = match &mut self.state {
            State::Free => return begun,
            State::Carrying { beat, call } if matches!(call.floor, Floor::Both(_)) => {
                let skipped = beat.skip_late(timing, now);
                if let Floor::Both(both) = &mut call.floor {
                    for _ in 0..skipped.min(FRAMES_MAX) {
                        both.far.play(now, timing.profile());
                    }
                }
                return begun + skipped;
            }
            State::Carrying { beat, call } => (beat, call.floor.speech()),
            State::Releasing { beat, tail, .. } => (beat, tail.as_deref_mut()),
        };
        let skipped = beat.skip_late(timing, now);
        if let Some(speech) = speech {
            speech.pass(skipped, now, timing.profile());
        }
        begun + skipped
    }

    /// The next downlink burst begins at `now`; `aside` gives a word of somebody else that can be said in a burst to spare.
    pub fn begin_burst(
        &mut self,
        timing: &Timing,
        now: Moment,
        aside: impl FnOnce() -> Option<DownlinkWord>,
    ) {
        let (ends, place, word) = match &mut self.state {
            State::Free => return,
            State::Carrying { beat, call } => {
                (beat.ends(timing), beat.take(), call.speak(timing, now, aside))
            }
            State::Releasing { beat, call, cause, bursts_left, tail } => {
                let (ends, place) = (beat.ends(timing), beat.take());
                let last_words = tail.as_deref_mut().and_then(|tail| tail_word(tail, *call, timing, now));
                let word = last_words.unwrap_or_else(|| {
                    *tail = None;
                    *bursts_left -= 1;
                    Release { call: *call, cause: *cause }.into()
                });
                if *bursts_left == 0 {
                    self.state = State::Free;
                }
                (ends, place, word)
            }
        };
        self.begun = Some(Begun { ends, burst: Burst { place, word } });
    }

    /// The downlink burst that has begun ends.
    pub fn end_burst(&mut self) -> Option<Burst> {
        self.begun.take().map(|begun| begun.burst)
    }

    /// The spurt of a talker here that has been silent, and since when; `None` once that was told.
    pub fn talker_here_heard(&self) -> Option<(CallId, SpurtId, Moment)> {
        let call = self.carried()?;
        match &call.floor {
            Floor::Taken { speech, heard, silence_told: false } if call.asserted.talker_is_here => {
                Some((call.asserted.call, speech.talker.spurt, *heard))
            }
            Floor::Both(both) if !both.silence_told => {
                Some((call.asserted.call, both.sides.near.spurt, both.heard))
            }
            Floor::Taken { .. } | Floor::Idle { .. } | Floor::Both(_) => None,
        }
    }

    /// Notes that the controller was told of the talker's silence.
    pub fn note_silence_told(&mut self) {
        self.set_silence_told(true);
    }

    /// When a talker elsewhere was last heard.
    pub fn talker_elsewhere_heard(&self) -> Option<Moment> {
        let call = self.carried()?;
        match &call.floor {
            Floor::Taken { heard, .. } if !call.asserted.talker_is_here => Some(*heard),
            Floor::Taken { .. } | Floor::Idle { .. } | Floor::Both(_) => None,
        }
    }

    /// Since when nobody has the floor.
    pub fn idle_since(&self) -> Option<Moment> {
        match self.carried()?.floor {
            Floor::Idle { since, .. } => Some(since),
            Floor::Taken { .. } | Floor::Both(_) => None,
        }
    }

    /// Without a controller: nobody has the floor any longer.
    pub fn clear_floor(&mut self, timing: &Timing, now: Moment) {
        if let State::Carrying { call, .. } = &mut self.state {
            call.clear_floor(timing, now);
        }
    }

    /// The link is lost: a silence that was told to the controller may be settled here after all.
    pub fn forget_silence_told(&mut self) {
        self.set_silence_told(false);
    }

    fn set_silence_told(&mut self, told: bool) {
        let State::Carrying { call, .. } = &mut self.state else { return };
        match &mut call.floor {
            Floor::Taken { silence_told, .. } => *silence_told = told,
            Floor::Both(both) => both.silence_told = told,
            Floor::Idle { .. } => {}
        }
    }

    /// Whose slot it is, in a full duplex call.
    pub fn near(&self) -> Option<UnitId> {
        self.carried()?.asserted.duplex.map(|sides| sides.near.unit)
    }

    fn carried(&self) -> Option<&Call> {
        match &self.state {
            State::Carrying { call, .. } => Some(call),
            State::Free | State::Releasing { .. } => None,
        }
    }

    fn carried_mut(&mut self, id: CallId) -> Result<&mut Call, Cause> {
        match &mut self.state {
            State::Carrying { call, .. } if call.asserted.call == id => Ok(call),
            State::Free | State::Carrying { .. } | State::Releasing { .. } => Err(Cause::UnknownCall),
        }
    }
}

impl Call {
    fn new(now: Moment, asserted: Assert, sequence: u16, before: Option<Release>) -> Self {
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

    fn assert(&mut self, timing: &Timing, now: Moment, asserted: Assert, sequence: u16) -> Change {
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

    fn clear_floor(&mut self, timing: &Timing, now: Moment) {
        self.ended = self.floor.talker().map(|talker| talker.spurt).or(self.ended);
        let tail = self.floor.take_speech(timing);
        self.floor = Floor::Idle { since: now, tail };
    }

    fn speak(
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

impl Floor {
    fn new(now: Moment, asserted: &Assert, sequence: u16, tail: Option<Speech>) -> Self {
        if let Some(sides) = asserted.duplex {
            return Self::Both(Box::new(Both::new(now, sides, sequence)));
        }
        let Some(talker) = asserted.talker else {
            return Self::Idle { since: now, tail };
        };
        let source = if asserted.talker_is_here {
            Source::Here(Repeater::new(sequence))
        } else {
            Source::Elsewhere(Playout::default())
        };
        Self::Taken { speech: Speech { talker, source }, heard: now, silence_told: false }
    }

    const fn talker(&self) -> Option<Talker> {
        match self {
            Self::Taken { speech, .. } => Some(speech.talker),
            Self::Idle { .. } | Self::Both(_) => None,
        }
    }

    const fn speech(&mut self) -> Option<&mut Speech> {
        match self {
            Self::Taken { speech, .. } => Some(speech),
            Self::Idle { tail, .. } => tail.as_mut(),
            Self::Both(_) => None,
        }
    }

    /// What is still to be heard of a spurt that is over.
    fn take_speech(&mut self, timing: &Timing) -> Option<Speech> {
        let over = Self::Idle { since: Moment::ORIGIN, tail: None };
        let mut speech = match std::mem::replace(self, over) {
            Self::Taken { speech, .. } => Some(speech),
            Self::Idle { tail, .. } => tail,
            // Who hung up wants to hear no more.
            Self::Both(_) => None,
        }?;
        speech.finish(timing.profile());
        Some(speech)
    }
}

impl Both {
    fn new(now: Moment, sides: Sides, sequence: u16) -> Self {
        let (near, far) = (Repeater::new(sequence), Playout::default());
        Self { sides, near, heard: now, silence_told: false, far }
    }

    fn hear(
        &mut self,
        timing: &Timing,
        now: Moment,
        voice: &Voice,
    ) -> Result<SmallVec<[VoicePacket; 1]>, Cause> {
        if self.sides.near != (Party { unit: voice.unit, spurt: voice.spurt }) {
            return Err(Cause::NotTheTalker);
        }
        let packets = self.near.receive(timing.profile(), voice)?;
        self.heard = now;
        Ok(packets)
    }
}

/// The next burst of a spurt that is over; `None` when all of it was heard.
fn tail_word(tail: &mut Speech, call: CallId, timing: &Timing, now: Moment) -> Option<DownlinkWord> {
    if tail.is_drained() {
        return None;
    }
    let played = tail.play(now, timing.profile())?;
    let Talker { unit, spurt, .. } = tail.talker;
    Some(VoiceDown { call, talker: unit, spurt, position: played.position, frames: played.frames }.into())
}
