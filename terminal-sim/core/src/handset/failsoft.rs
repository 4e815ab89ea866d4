//! In failsoft (docs/resilience.md 14.6.4): the handset is on the channel that is programmed for its talkgroup. Who presses talks,
//! whoever talks is heard, and nobody is asked.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use trunklab_protocol::air_downlink::{
    Burst, DownlinkWord, FailsoftChannel, FailsoftVoice as VoiceDown, SiteService,
};
use trunklab_protocol::air_uplink::FailsoftVoice;
use trunklab_protocol::profile::{Channel, Profile};
use trunklab_protocol::proof::SessionKey;
use trunklab_protocol::voice::{FrameRun, VoiceFrame};
use trunklab_protocol::{
    Cause, Moment, Press, ProfileId, ScanList, SiteId, SlotAddress, SpurtId, TalkgroupId, UnitId,
};

use super::camp::Camp;
use super::pace::{Pace, collecting};
use super::phase::{self, Phase, Trigger};
use super::radio::{Turn, transmit};
use super::timers::{FAILSOFT_AWAIT, FAILSOFT_QUIET, FAILSOFT_SEEK, FAILSOFT_SILENCE, FAILSOFT_TALK};
use crate::deadline::{Deadline, Why};
use crate::output::{HandsetEvent, Output};

/// Failsoft channels that a handset keeps: of those it was told last.
const CHANNELS_MAX: usize = 64;

/// A failsoft channel as a handset keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programmed {
    /// At which site.
    pub site: SiteId,
    /// For which talkgroup.
    pub talkgroup: TalkgroupId,
    /// Where.
    pub at: SlotAddress,
    /// On which air; `None` where that was not kept, and nothing is heard without the site's control channel.
    #[serde(default)]
    pub profile: Option<ProfileId>,
}

/// All that it keeps, the latest last.
#[derive(Debug, Clone, Default)]
pub(super) struct Channels(Vec<Programmed>);

impl Channels {
    /// Those that were kept.
    pub(super) fn of(mut kept: Vec<Programmed>) -> Self {
        kept.truncate(CHANNELS_MAX);
        Self(kept)
    }

    /// What is to be kept.
    pub(super) fn kept(&self) -> Vec<Programmed> {
        self.0.clone()
    }

    /// A site on this air has told of one.
    pub(super) fn learn(&mut self, word: &FailsoftChannel, profile: &Profile) {
        let FailsoftChannel { site, talkgroup, at } = *word;
        let told = Programmed { site, talkgroup, at, profile: Some(profile.id) };
        if let Some(known) =
            self.0.iter_mut().find(|known| (known.site, known.talkgroup) == (site, talkgroup))
        {
            *known = told;
            return;
        }
        if self.0.len() == CHANNELS_MAX {
            self.0.remove(0);
        }
        self.0.push(told);
    }

    /// Where a talkgroup goes at a site.
    pub(super) fn of_talkgroup(&self, site: SiteId, talkgroup: TalkgroupId) -> Option<SlotAddress> {
        let known = self.0.iter().find(|known| (known.site, known.talkgroup) == (site, talkgroup));
        known.map(|known| known.at)
    }

    /// At which site a talkgroup's channel is looked for without a control channel: the one told of last, then round and round.
    pub(super) fn next_look(
        &self,
        talkgroup: TalkgroupId,
        after: Option<SiteId>,
    ) -> Option<(SiteId, &'static Profile, SlotAddress)> {
        let looks = self.0.iter().rev().filter(|known| known.talkgroup == talkgroup);
        let looks = looks.filter_map(|known| Some((known.site, known.profile?.profile(), known.at)));
        let behind = after.and_then(|after| looks.clone().skip_while(|(site, ..)| *site != after).nth(1));
        behind.or_else(|| looks.clone().next())
    }
}

/// A registration that holds all the while.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) session: SessionKey,
    pub(super) affiliated: Option<TalkgroupId>,
    pub(super) secondary: ScanList,
}

/// What a handset comes back to from its failsoft channel.
#[derive(Debug, Clone, Copy)]
pub(super) enum Home {
    /// The control channel, where its registration holds.
    Registered(Held),
    /// The control channel, where it registers.
    Camped,
    /// It was switched on, and has not heard the site's control channel.
    Unheard,
}

/// A site whose signal was lost, or that was looked for in vain, and what was held there.
#[derive(Debug, Clone)]
pub(super) struct Left {
    pub(super) camp: Camp,
    pub(super) home: Home,
    /// Whether the user knows that nothing else is heard.
    pub(super) is_told: bool,
}

/// A handset in failsoft.
#[derive(Debug, Clone)]
pub(super) struct Failsoft {
    pub(super) camp: Camp,
    pub(super) home: Home,
    pub(super) at: SlotAddress,
    stage: Stage,
    /// The last burst of the channel: an older one was delayed, the same one doubled.
    last_count: Option<u32>,
}

#[derive(Debug, Clone)]
enum Stage {
    /// Nothing was heard there yet; whether the site has said that it is in failsoft.
    Seeking { until: Moment, said: bool },
    /// Nobody talks.
    Quiet,
    /// Another talks.
    Listening { talker: UnitId, press: Press, heard: Moment },
    /// The user does.
    Talking(Box<Talk>),
}

/// What the user says, from the press on.
#[derive(Debug, Clone)]
struct Talk {
    press: Press,
    talkgroup: TalkgroupId,
    pace: Pace,
    until: Moment,
    /// What is still to be sent when the button has come up.
    rest: Option<VecDeque<VoiceFrame>>,
}

/// Why a handset leaves failsoft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Its site says so.
    Over,
    /// Nothing is heard of the channel any more.
    Silent,
    /// The selector stands where no channel is programmed.
    NoChannel,
}

impl Failsoft {
    /// Goes to its channel and listens whether it is one.
    pub(super) fn seek(turn: &mut Turn<'_>, camp: Camp, home: Home, at: SlotAddress) -> Self {
        turn.out.push(Output::Tune { site: camp.site, carrier: at.carrier });
        let said = camp.service == SiteService::Failsoft;
        let until = turn.now + if said { FAILSOFT_AWAIT } else { FAILSOFT_SEEK };
        let stage = Stage::Seeking { until, said };
        let mut failsoft = Self { camp, home, at, stage, last_count: None };
        failsoft.camp.tuned(turn.now);
        failsoft
    }

    pub(super) fn phase(&self) -> Phase {
        self.stage.phase()
    }

    /// Who is heard, if another is.
    pub(super) fn talker(&self) -> Option<UnitId> {
        match &self.stage {
            Stage::Listening { talker, .. } => Some(*talker),
            Stage::Seeking { .. } | Stage::Quiet | Stage::Talking(_) => None,
        }
    }

    pub(super) fn deadline(&self) -> Deadline {
        let silent = Deadline { at: self.camp.heard_at + FAILSOFT_SILENCE, why: Why::FailsoftSilent };
        match &self.stage {
            Stage::Seeking { until, .. } => Deadline { at: *until, why: Why::FailsoftSilent },
            Stage::Quiet => silent,
            Stage::Listening { heard, .. } => {
                silent.min(Deadline { at: *heard + FAILSOFT_QUIET, why: Why::FailsoftQuiet })
            }
            Stage::Talking(talk) => {
                let burst = Deadline { at: talk.pace.next.at, why: Why::VoiceBurst };
                let limit = Deadline { at: talk.until, why: Why::FailsoftTalkLimit };
                let limit = if talk.rest.is_none() { limit } else { burst };
                silent.min(burst).min(limit)
            }
        }
    }

    /// To be called when the deadline has come.
    pub(super) fn fire(&mut self, turn: &mut Turn<'_>, why: Why) -> Option<End> {
        match why {
            // The end may have been said and not heard: the control channel knows.
            Why::FailsoftSilent if self.may_be_over() => return Some(End::Over),
            Why::FailsoftSilent => return Some(End::Silent),
            Why::FailsoftQuiet => self.shift(Trigger::FloorIsFree, Stage::Quiet),
            Why::FailsoftTalkLimit => {
                turn.refuse(Cause::FailsoftTalkLimit);
                self.release(turn);
            }
            Why::VoiceBurst => self.say(turn),
            Why::HuntEnds
            | Why::SignalLost
            | Why::RegisterAgain
            | Why::Emergency
            | Why::Selection
            | Why::AccessOpportunity
            | Why::AnswerOverdue
            | Why::QueueOverdue
            | Why::TalkEndBurst
            | Why::ReplyOpportunity
            | Why::ReplyOverdue
            | Why::OrderAnswer
            | Why::MonitorEnds
            | Why::RingOver
            | Why::CallSilent
            | Why::Note
            | Why::Alert
            | Why::Measure
            | Why::FailsoftAgain
            | Why::MoveFails => {}
        }
        None
    }

    /// Whether the control channel was there when it was left.
    fn may_be_over(&self) -> bool {
        !matches!(self.stage, Stage::Seeking { said: false, .. })
    }

    /// What is said to who asks for what is not done here.
    pub(super) fn refusal(&self) -> Cause {
        match (&self.stage, self.home) {
            (Stage::Seeking { said: false, .. }, Home::Unheard) => Cause::NotRegistered,
            (_, Home::Registered(_) | Home::Camped | Home::Unheard) => Cause::SiteInFailsoft,
        }
    }

    /// The button goes down: the user talks, whoever else does.
    pub(super) fn press(&mut self, turn: &mut Turn<'_>) {
        match &self.stage {
            Stage::Seeking { .. } => return turn.refuse(self.refusal()),
            // What was said before is still being sent.
            Stage::Talking(_) => return turn.refuse(Cause::WrongState),
            Stage::Quiet | Stage::Listening { .. } => {}
        }
        turn.tell(HandsetEvent::FailsoftPermit);
        let frames = turn.radio.microphone.open(turn.now);
        if frames > 0 {
            turn.out.push(Output::Clipped { frames });
        }
        let talk = Talk {
            press: turn.radio.next_press(),
            talkgroup: turn.radio.selected,
            pace: Pace::from(&self.camp, self.at, turn.now + collecting(self.camp.profile)),
            until: turn.now + FAILSOFT_TALK,
            rest: None,
        };
        self.shift(Trigger::Pressed, Stage::Talking(Box::new(talk)));
    }

    /// It comes up: what was said until now is still sent.
    pub(super) fn release(&mut self, turn: &mut Turn<'_>) {
        if let Stage::Talking(talk) = &mut self.stage
            && talk.rest.is_none()
        {
            talk.rest = Some(turn.radio.microphone.shut(turn.now));
            turn.tell(HandsetEvent::FailsoftTalkEnded);
        }
    }

    /// Whatever the user says is cut off.
    pub(super) fn stop(&mut self, turn: &mut Turn<'_>) {
        self.release(turn);
        if matches!(self.stage, Stage::Talking(_)) {
            self.shift(Trigger::Released, Stage::Quiet);
        }
    }

    /// The next burst of what the user says.
    fn say(&mut self, turn: &mut Turn<'_>) {
        let Stage::Talking(talk) = &mut self.stage else { return };
        let unit = turn.radio.unit();
        let (press, talkgroup) = (talk.press, talk.talkgroup);
        let is_over = talk.rest.as_ref().is_some_and(VecDeque::is_empty);
        let burst = match &mut talk.rest {
            // Its end is said in a burst without speech.
            Some(rest) if rest.is_empty() => {
                Some((talk.pace.place(), talk.pace.position(), FrameRun::default()))
            }
            Some(rest) => talk.pace.burst(turn.now, &self.camp, std::iter::from_fn(|| rest.pop_front())),
            None => {
                let microphone = &mut turn.radio.microphone;
                talk.pace.burst(turn.now, &self.camp, std::iter::from_fn(|| Some(microphone.next())))
            }
        };
        if let Some((place, position, frames)) = burst {
            let word = FailsoftVoice { unit, talkgroup, press, position, frames, last: is_over };
            let session = match &self.home {
                Home::Registered(held) => Some(&held.session),
                Home::Camped | Home::Unheard => None,
            };
            transmit(&self.camp, session, place, word.into(), turn.out);
        }
        if is_over {
            self.shift(Trigger::Released, Stage::Quiet);
        }
    }

    /// A burst that may be the channel's.
    pub(super) fn hears(
        &mut self,
        turn: &mut Turn<'_>,
        site: SiteId,
        level_dbm: i8,
        burst: &Burst,
    ) -> Option<End> {
        let place = burst.place;
        let is_ours = site == self.camp.site && place.channel == Channel::Traffic && place.at == self.at;
        if !is_ours
            || !self.camp.hears(turn.now, level_dbm, burst)
            || self.camp.was_under_way(place)
            || self.last_count.is_some_and(|last| place.count <= last)
        {
            return None;
        }
        self.last_count = Some(place.count);
        let (said_by, tone) = if let DownlinkWord::FailsoftOpen(word) = &burst.word {
            (word.site, Some(word.tone))
        } else if let DownlinkWord::FailsoftVoice(word) = &burst.word {
            (word.site, Some(word.tone))
        } else if let DownlinkWord::FailsoftOver(word) = &burst.word {
            (word.site, None)
        } else {
            // A call has the slot: the channel begins when it is over.
            return None;
        };
        if said_by != site {
            return None;
        }
        let Some(tone) = tone else { return Some(End::Over) };
        if matches!(self.stage, Stage::Seeking { .. }) {
            self.camp.service = SiteService::Failsoft;
            let talkgroup = turn.radio.selected;
            turn.tell(HandsetEvent::Failsoft { site, talkgroup, at: self.at });
            self.shift(Trigger::FailsoftHeard, Stage::Quiet);
        }
        if tone {
            turn.tell(HandsetEvent::FailsoftTone);
        }
        if let DownlinkWord::FailsoftVoice(word) = &burst.word {
            self.hear(turn, word);
        }
        None
    }

    /// Somebody talks. Our own speech comes back, and whoever talks hears nobody.
    fn hear(&mut self, turn: &mut Turn<'_>, word: &VoiceDown) {
        let VoiceDown { talker, talkgroup, press, .. } = *word;
        if talker == turn.radio.unit() || matches!(self.stage, Stage::Talking(_)) {
            return;
        }
        let is_same = matches!(&self.stage, Stage::Listening { talker: known, press: of, .. } if (*known, *of) == (talker, press));
        if word.last {
            if is_same {
                self.shift(Trigger::FloorIsFree, Stage::Quiet);
            }
            return;
        }
        let listening = Stage::Listening { talker, press, heard: turn.now };
        match (is_same, &self.stage) {
            (true, _) => self.stage = listening,
            (false, Stage::Listening { .. }) => {
                self.shift(Trigger::FloorIsFree, Stage::Quiet);
                self.shift(Trigger::OtherTalks, listening);
            }
            (false, Stage::Seeking { .. } | Stage::Quiet | Stage::Talking(_)) => {
                self.shift(Trigger::OtherTalks, listening);
            }
        }
        if !is_same {
            turn.tell(HandsetEvent::FailsoftHears { talker, talkgroup });
        }
        let VoiceDown { position, frames, .. } = word.clone();
        let spurt = spurt_of(talker, press);
        turn.out.push(Output::HeardInFailsoft { talker, spurt, position, frames });
    }

    /// Leaves its channel: for the control channel, of which it does not know yet what it says, where it knows of one.
    pub(super) fn leave(&mut self, turn: &mut Turn<'_>, end: End) -> (Camp, Home) {
        let was_there = !matches!(self.stage, Stage::Seeking { .. });
        self.stop(turn);
        let mut camp = self.camp.clone();
        if was_there {
            turn.tell(HandsetEvent::FailsoftOver { site: camp.site });
        }
        if end != End::Silent && !matches!(self.home, Home::Unheard) {
            camp.service = SiteService::NoService;
            camp.returned(turn.now);
            turn.out.push(Output::Tune { site: camp.site, carrier: camp.control.carrier });
        }
        (camp, self.home)
    }

    fn shift(&mut self, by: Trigger, to: Stage) {
        phase::check(self.stage.phase(), by, to.phase());
        self.stage = to;
    }
}

/// By what a recorder tells the spurts of one talker apart: nobody has given them numbers.
fn spurt_of(talker: UnitId, press: Press) -> SpurtId {
    let number = talker.number() << 16 | u32::from(press.number());
    SpurtId::new(number).expect("every u32 is a spurt")
}

impl Stage {
    fn phase(&self) -> Phase {
        match self {
            Self::Seeking { .. } => Phase::SeekingFailsoft,
            Self::Quiet => Phase::Failsoft,
            Self::Listening { .. } => Phase::FailsoftListening,
            Self::Talking(_) => Phase::FailsoftTalking,
        }
    }
}
