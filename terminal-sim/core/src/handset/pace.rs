//! The bursts of one who talks, in time: which is next, and which speech it carries.

use trunklab_protocol::profile::{Channel, Profile};
use trunklab_protocol::voice::{FRAME_MS, FrameRun, VoiceFrame};
use trunklab_protocol::{BurstPlace, Moment, SlotAddress, Span};

use super::camp::Camp;
use super::clock::Opportunity;

/// Bursts by which a talker's place may jump in one wake: a longer sleep has lost the call anyway.
const SKIP_MAX: u32 = 10_000;

/// A talk's place in time.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    at: SlotAddress,
    pub(super) next: Opportunity,
    first: u32,
    position: u32,
}

impl Pace {
    /// Of a talk whose first burst begins at `from` or later.
    pub(super) fn from(camp: &Camp, at: SlotAddress, from: Moment) -> Self {
        let next = camp.next_uplink(Channel::Traffic, at, from);
        Self { at, next, first: next.count, position: 0 }
    }

    /// Whether a burst of it was on the air.
    pub(super) fn was_heard(&self) -> bool {
        self.next.count > self.first
    }

    /// Where its next burst is, of which nothing else is known.
    pub(super) fn place(&self) -> BurstPlace {
        BurstPlace { at: self.at, channel: Channel::Traffic, count: self.next.count }
    }

    /// How many frames it has said.
    pub(super) fn position(&self) -> u32 {
        self.position
    }

    /// The burst that is due now, where its speech begins, and its speech: none where the profile's pattern leaves it free of
    /// voice, or where it was missed.
    pub(super) fn burst(
        &mut self,
        now: Moment,
        camp: &Camp,
        speech: impl Iterator<Item = VoiceFrame>,
    ) -> Option<(BurstPlace, u32, FrameRun)> {
        if now > self.next.at + camp.lateness_max(Channel::Traffic) {
            self.skip_to(camp.next_uplink(Channel::Traffic, self.at, now), camp, speech);
            return None;
        }
        let place = self.place();
        let frames = self.frames_of(self.next.count, camp);
        let position = self.position;
        self.position += u32::from(frames);
        self.next = camp.uplink(Channel::Traffic, self.at, self.next.count.saturating_add(1));
        if frames == 0 {
            return None;
        }
        let run = FrameRun::new(speech.take(usize::from(frames)).map(Some))
            .expect("a profile's burst holds no more than a run");
        Some((place, position, run))
    }

    /// Bursts were missed: their speech is gone, so that what follows keeps its time.
    fn skip_to(&mut self, next: Opportunity, camp: &Camp, speech: impl Iterator<Item = VoiceFrame>) {
        let missed = next.count.saturating_sub(self.next.count).min(SKIP_MAX);
        let bursts = self.next.count..self.next.count.saturating_add(missed);
        let frames: u32 = bursts.map(|count| u32::from(self.frames_of(count, camp))).sum();
        self.position += frames;
        speech.take(usize::try_from(frames).expect("a count of frames fits")).for_each(drop);
        self.next = next;
    }

    fn frames_of(&self, count: u32, camp: &Camp) -> u8 {
        camp.profile.voice_frames(count.saturating_sub(self.first))
    }
}

/// How long speech is collected before the first burst of a talk begins. A slot is shorter than the speech that it
/// carries, which has to be spoken by then; the fullest stretch of the pattern decides, so that no later burst has to wait
/// for its last frame. A continuous channel carries speech as it is spoken.
pub(super) fn collecting(profile: &Profile) -> Span {
    if !profile.slotted {
        return Span::ZERO;
    }
    let round = u32::try_from(profile.voice_pattern.len()).expect("a pattern is short");
    let mut spoken = Span::ZERO;
    let lacking = (0..round).map(|burst| {
        spoken = spoken + Span::from_millis(FRAME_MS * u64::from(profile.voice_frames(burst)));
        (Moment::ORIGIN + spoken).since(Moment::ORIGIN + profile.traffic.start(burst))
    });
    lacking.max().expect("a pattern has a burst")
}

#[cfg(test)]
mod tests {
    use trunklab_protocol::profile::PROFILES;

    use super::*;

    #[test]
    fn no_slot_carries_what_is_not_spoken_yet() {
        let collected: Vec<u64> = PROFILES.iter().map(|profile| collecting(profile).as_millis()).collect();
        assert_eq!(collected, [90, 113, 60, 0, 140, 0, 0]);
        for profile in PROFILES.iter().filter(|profile| profile.slotted) {
            let mut frames = 0;
            for burst in 0..1_000 {
                frames += u64::from(profile.voice_frames(burst));
                let spoken = Span::from_millis(FRAME_MS * frames);
                let begins = profile.traffic.start(burst) + collecting(profile);
                assert!(spoken <= begins + Span::from_micros(1), "{}: burst {burst}", profile.name);
            }
        }
    }
}
