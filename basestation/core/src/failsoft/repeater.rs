//! One failsoft channel: a conventional repeater (docs/resilience.md 14.6.3).
//!
//! Whatever is received alone in a burst is radiated in the next. Nobody grants and nobody waits: who begins while another
//! talks is not heard, or cuts into the other, as the air decides. A spurt lasts from its first burst to its last one, or
//! until its talker is missed, so that the frames of two are never mixed.

use std::collections::VecDeque;

use trunklab_protocol::air_downlink::{Burst, DownlinkWord, FailsoftOpen, FailsoftOver, FailsoftVoice};
use trunklab_protocol::air_uplink::FailsoftVoice as Heard;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::voice::TICKS_PER_FRAME;
use trunklab_protocol::{Cause, Moment, Press, SiteId, SlotAddress, Span, TalkgroupId, UnitId};

use crate::access::Uplink;
use crate::begun::Begun;
use crate::timing::{Beat, Timing};

/// From one tone to the next.
pub const TONE_EVERY: Span = Span::from_secs(10);

/// A talker who is not heard for this long has stopped.
pub const TALKER_MISSED: Span = Span::from_millis(600);

/// The longest spurt that is repeated.
pub const SPURT_MAX: Span = Span::from_secs(60);

/// Bursts in which a channel says that failsoft is over.
const OVER_BURSTS: u8 = 3;

/// Bursts that wait for their downlink burst. They keep step; one more covers a late wake.
const WAITING_MAX: usize = 2;

/// One failsoft channel.
#[derive(Debug, Clone)]
pub struct Repeater {
    at: SlotAddress,
    /// Its downlink; `None` while a call has the slot.
    beat: Option<Beat>,
    begun: Option<Begun>,
    /// Its uplink.
    pub uplink: Uplink,
    spurt: Option<Spurt>,
    waiting: VecDeque<Heard>,
    tone_due: Moment,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Repeating,
    /// Nobody may begin any more.
    Closing,
    /// The end is said so many times more.
    Leaving(u8),
    Gone,
}

/// What one radio says from its press to its release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spurt {
    /// Who it says it is.
    pub unit: UnitId,
    /// For which talkgroup.
    pub talkgroup: TalkgroupId,
    /// Which of its presses.
    pub press: Press,
    /// Whether it proved who it is, in every burst.
    pub proved: bool,
    /// When its first burst was received.
    pub from: Moment,
    /// When its latest one was.
    pub heard: Moment,
    next_position: u32,
}

impl Repeater {
    /// A channel that radiates from `now` on, or as soon as the slot's call is over.
    pub fn new(timing: &Timing, at: SlotAddress, now: Moment, in_use: bool) -> Self {
        let mut repeater = Self {
            at,
            beat: None,
            begun: None,
            uplink: Uplink::new(Channel::Traffic, at),
            spurt: None,
            waiting: VecDeque::new(),
            tone_due: now,
            state: State::Repeating,
        };
        if !in_use {
            repeater.slot_is_free(timing, now);
        }
        repeater
    }

    /// The slot carries no call any more: the channel begins there, with a tone.
    pub fn slot_is_free(&mut self, timing: &Timing, now: Moment) {
        self.beat = Some(Beat::from(timing, Channel::Traffic, self.at, now));
        self.tone_due = now;
    }

    /// Whether it radiates.
    pub const fn is_on(&self) -> bool {
        self.beat.is_some()
    }

    /// When its next downlink burst begins.
    pub fn burst_begins(&self, timing: &Timing) -> Option<Moment> {
        let speaks = !matches!(self.state, State::Gone);
        self.beat.filter(|_| speaks).map(|beat| beat.settled(timing))
    }

    /// When the one that has begun ends.
    pub fn burst_ends(&self) -> Option<Moment> {
        self.begun.as_ref().map(|begun| begun.ends)
    }

    /// When its talker counts as missed, or has talked for as long as it may.
    pub fn spurt_ends(&self) -> Option<Moment> {
        self.spurt.map(|spurt| (spurt.heard + TALKER_MISSED).min(spurt.from + SPURT_MAX))
    }

    /// Leaves out bursts that are too late at `now`; how many those were.
    pub fn skip_late(&mut self, timing: &Timing, now: Moment) -> u32 {
        let begun = u32::from(self.begun.take_if(|begun| begun.is_too_late(now)).is_some());
        begun + self.beat.as_mut().map_or(0, |beat| beat.skip_late(timing, now))
    }

    /// A burst that was received alone. The spurt that it ended, if it was the last.
    ///
    /// # Errors
    /// [`Cause::FailsoftBusy`] while another talks, [`Cause::FailsoftOver`] when nobody may begin any more,
    /// [`Cause::FieldOutOfRange`] for more frames than a burst of the profile holds or an impossible position,
    /// [`Cause::StalePacket`] for a position that was passed.
    pub fn hear(
        &mut self,
        timing: &Timing,
        now: Moment,
        word: Heard,
        proved: bool,
    ) -> Result<Option<Spurt>, Cause> {
        let most = timing.profile().voice_pattern.iter().copied().max().unwrap_or(0);
        if word.frames.len() > usize::from(most) || word.position >= u32::MAX / TICKS_PER_FRAME {
            return Err(Cause::FieldOutOfRange);
        }
        let spurt = match &mut self.spurt {
            Some(spurt) if (spurt.unit, spurt.press) != (word.unit, word.press) => {
                return Err(Cause::FailsoftBusy);
            }
            Some(spurt) => spurt,
            // The last words of a spurt that was missed begin none.
            None if word.last && word.frames.is_empty() => return Ok(None),
            None if self.state != State::Repeating => return Err(Cause::FailsoftOver),
            None => self.spurt.insert(Spurt {
                unit: word.unit,
                talkgroup: word.talkgroup,
                press: word.press,
                proved,
                from: now,
                heard: now,
                next_position: 0,
            }),
        };
        if word.position < spurt.next_position {
            return Err(Cause::StalePacket);
        }
        (spurt.heard, spurt.proved) = (now, spurt.proved && proved);
        spurt.next_position =
            word.position + u32::try_from(word.frames.len()).expect("a burst holds few frames");
        let ended = if word.last { self.spurt.take() } else { None };
        if self.waiting.len() == WAITING_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(word);
        Ok(ended)
    }

    /// The talker was missed, or has talked for too long: its spurt, and why it is over.
    pub fn end_spurt(&mut self, now: Moment) -> Option<(Spurt, Cause)> {
        let spurt = self.spurt.take()?;
        let too_long = spurt.from + SPURT_MAX <= now;
        Some((spurt, if too_long { Cause::FailsoftTalkLimit } else { Cause::TalkerLost }))
    }

    /// Nobody may begin any more; who talks may come to an end.
    pub fn close(&mut self) {
        if self.state == State::Repeating {
            self.state = State::Closing;
        }
    }

    /// Whoever may begin again: the end that was under way is not to be.
    pub fn reopen(&mut self) {
        self.state = State::Repeating;
    }

    /// Nobody talks on any channel any more: the end is said, after the last words.
    pub fn say_over(&mut self) {
        self.state = State::Leaving(OVER_BURSTS);
    }

    /// Who talks is cut off.
    pub fn cut(&mut self) -> Option<Spurt> {
        self.waiting.clear();
        self.spurt.take()
    }

    /// Whether its end has been said, or nobody would hear it.
    pub const fn is_gone(&self) -> bool {
        (matches!(self.state, State::Gone) && self.begun.is_none()) || self.beat.is_none()
    }

    /// The next downlink burst begins at `now`.
    pub fn begin_burst(&mut self, timing: &Timing, site: SiteId, now: Moment) {
        let Some(beat) = &mut self.beat else { return };
        let (ends, place) = (beat.ends(timing), beat.take());
        let word = match self.state {
            State::Leaving(left) if self.waiting.is_empty() => {
                self.state = if left > 1 { State::Leaving(left - 1) } else { State::Gone };
                FailsoftOver { site }.into()
            }
            State::Repeating | State::Closing | State::Leaving(_) | State::Gone => self.word(site, now),
        };
        self.begun = Some(Begun { ends, burst: Burst { place, word } });
    }

    /// The downlink burst that has begun ends.
    pub fn end_burst(&mut self) -> Option<Burst> {
        self.begun.take().map(|begun| begun.burst)
    }

    fn word(&mut self, site: SiteId, now: Moment) -> DownlinkWord {
        let tone = self.tone_due <= now;
        if tone {
            // From tone to tone, whatever a burst is late: nothing drifts.
            let late = now.since(self.tone_due).as_micros() / TONE_EVERY.as_micros();
            self.tone_due += Span::from_micros((late + 1) * TONE_EVERY.as_micros());
        }
        let Some(heard) = self.waiting.pop_front() else { return FailsoftOpen { site, tone }.into() };
        let Heard { unit: talker, talkgroup, press, position, frames, last } = heard;
        FailsoftVoice { site, talkgroup, talker, press, position, frames, last, tone }.into()
    }
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::voice::FrameRun;
    use trunklab_protocol::{CarrierNumber, ProfileId};

    use super::*;

    fn timing() -> Timing {
        Timing::new(ProfileId::Iden.profile(), Moment::ORIGIN)
    }

    fn at(millis: u64) -> Moment {
        Moment::ORIGIN + Span::from_millis(millis)
    }

    fn site() -> SiteId {
        SiteId::new(3).unwrap()
    }

    fn repeater() -> Repeater {
        Repeater::new(&timing(), SlotAddress::first_of(CarrierNumber::new(2).unwrap()), at(0), false)
    }

    fn said(unit: u32, press: u16, position: u32, last: bool) -> Heard {
        Heard {
            unit: UnitId::new(unit).unwrap(),
            talkgroup: TalkgroupId::new(41).unwrap(),
            press: Press::new(press).unwrap(),
            position,
            frames: FrameRun::new([Some([7; 8]); 4]).unwrap(),
            last,
        }
    }

    fn word(repeater: &mut Repeater, millis: u64) -> DownlinkWord {
        repeater.begin_burst(&timing(), site(), at(millis));
        repeater.end_burst().unwrap().word
    }

    fn tone(word: &DownlinkWord) -> bool {
        matches!(
            word,
            DownlinkWord::FailsoftOpen(FailsoftOpen { tone: true, .. })
                | DownlinkWord::FailsoftVoice(FailsoftVoice { tone: true, .. })
        )
    }

    #[test]
    fn what_one_radio_says_is_radiated_to_all() {
        let mut repeater = repeater();
        assert_eq!(repeater.hear(&timing(), at(100), said(1017, 1, 0, false), true), Ok(None));
        let DownlinkWord::FailsoftVoice(voice) = word(&mut repeater, 110) else { panic!("speech") };
        assert_eq!((voice.talker.number(), voice.position, voice.frames.len()), (1017, 0, 4));
        let ended = repeater.hear(&timing(), at(190), said(1017, 1, 4, true), true).unwrap().unwrap();
        assert_eq!((ended.from, ended.heard, ended.proved), (at(100), at(190), true));
        assert_eq!(repeater.spurt_ends(), None);
    }

    #[test]
    fn frames_of_two_are_never_mixed() {
        let mut repeater = repeater();
        repeater.hear(&timing(), at(100), said(1017, 1, 0, false), true).unwrap();
        let other = repeater.hear(&timing(), at(190), said(1018, 1, 0, false), true);
        assert_eq!(other, Err(Cause::FailsoftBusy));
        assert_eq!(repeater.spurt_ends(), Some(at(700)));
        let (spurt, cause) = repeater.end_spurt(at(700)).unwrap();
        assert_eq!((spurt.unit.number(), cause), (1017, Cause::TalkerLost));
        assert_eq!(repeater.hear(&timing(), at(710), said(1018, 1, 8, false), true), Ok(None));
    }

    #[test]
    fn one_burst_without_proof_takes_the_proof_from_the_spurt() {
        let mut repeater = repeater();
        repeater.hear(&timing(), at(100), said(1017, 1, 0, false), true).unwrap();
        repeater.hear(&timing(), at(190), said(1017, 1, 4, false), false).unwrap();
        let ended = repeater.hear(&timing(), at(280), said(1017, 1, 8, true), true).unwrap().unwrap();
        assert!(!ended.proved);
    }

    #[test]
    fn a_stuck_button_is_cut_off_and_impossible_bursts_are_refused() {
        let mut repeater = repeater();
        repeater.hear(&timing(), at(0), said(1017, 1, 0, false), true).unwrap();
        repeater.hear(&timing(), at(59_900), said(1017, 1, 3_000, false), true).unwrap();
        assert_eq!(repeater.spurt_ends(), Some(at(60_000)));
        assert_eq!(repeater.end_spurt(at(60_000)).unwrap().1, Cause::FailsoftTalkLimit);
        let far = repeater.hear(&timing(), at(61_000), said(1017, 2, u32::MAX, false), true);
        assert_eq!(far, Err(Cause::FieldOutOfRange));
        repeater.hear(&timing(), at(61_000), said(1017, 2, 9, false), true).unwrap();
        let again = repeater.hear(&timing(), at(61_090), said(1017, 2, 9, false), true);
        assert_eq!(again, Err(Cause::StalePacket));
    }

    #[test]
    fn a_tone_is_heard_every_ten_seconds_also_over_speech() {
        let mut repeater = repeater();
        let mut tones = Vec::new();
        for millis in (0..60_000).step_by(90) {
            let position = u32::try_from(millis / 20).unwrap();
            let press = u16::try_from(millis / 30_000).unwrap();
            repeater.hear(&timing(), at(millis), said(1017, press, position, false), true).unwrap_or(None);
            if tone(&word(&mut repeater, millis)) {
                tones.push(millis);
            }
        }
        assert_eq!(tones.len(), 6);
        let apart = tones.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(apart.clone().all(|apart| (9_500..=10_500).contains(&apart)), "{tones:?}");
    }

    #[test]
    fn the_end_is_said_when_the_talker_has_stopped() {
        let mut repeater = repeater();
        repeater.hear(&timing(), at(100), said(1017, 1, 0, false), true).unwrap();
        repeater.close();
        assert!(matches!(word(&mut repeater, 110), DownlinkWord::FailsoftVoice(_)));
        assert!(matches!(word(&mut repeater, 200), DownlinkWord::FailsoftOpen(_)), "it may go on");
        let other = repeater.hear(&timing(), at(210), said(1018, 1, 0, false), true);
        assert_eq!(other, Err(Cause::FailsoftBusy));
        repeater.hear(&timing(), at(280), said(1017, 1, 4, true), true).unwrap();
        repeater.say_over();
        assert!(matches!(word(&mut repeater, 290), DownlinkWord::FailsoftVoice(_)));
        let other = repeater.hear(&timing(), at(300), said(1018, 1, 0, false), true);
        assert_eq!(other, Err(Cause::FailsoftOver));
        for millis in [380, 470, 560] {
            assert!(!repeater.is_gone());
            assert!(matches!(word(&mut repeater, millis), DownlinkWord::FailsoftOver(_)));
        }
        assert!(repeater.is_gone() && repeater.burst_begins(&timing()).is_none());
    }

    #[test]
    fn a_channel_whose_slot_carries_a_call_is_silent() {
        let at_slot = SlotAddress::first_of(CarrierNumber::new(2).unwrap());
        let mut repeater = Repeater::new(&timing(), at_slot, at(0), true);
        assert!(repeater.burst_begins(&timing()).is_none() && repeater.is_gone());
        repeater.slot_is_free(&timing(), at(5_000));
        assert!(repeater.burst_begins(&timing()).is_some_and(|begins| begins >= at(5_000)));
        assert!(tone(&word(&mut repeater, 5_000)), "it begins with a tone");
    }
}
