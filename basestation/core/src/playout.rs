//! Speech from the network on its way to a slot: packets come when they come, bursts leave on their beat.
//!
//! Frames keep the place that their packet gave them. The buffer starts [`PREFILL`] after the first packet and from
//! then on each burst takes the next frames, there or not: a packet that was lost leaves its gap at its own
//! instant. Where in the voice pattern the first burst stands follows from its position, so that sender and receiver
//! of an uneven pattern stay in step and neither runs ahead of the other.

use std::collections::BTreeMap;

use trunklab_protocol::voice::{FrameRun, VoiceFrame, VoicePacket};
use trunklab_protocol::{Cause, Moment, Profile, Span};

/// How long the first packet waits: what the packets after it may be late without a gap.
pub const PREFILL: Span = Span::from_millis(60);

/// Frames kept: one second of speech.
pub const FRAMES_MAX: u32 = 50;

/// One spurt's buffer.
#[derive(Debug, Clone, Default)]
pub struct Playout {
    frames: BTreeMap<u32, VoiceFrame>,
    /// One past the last position that any packet reached.
    newest: u32,
    /// Whatever lies before this position was played or is too late, also after a fresh start.
    over: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    Empty,
    Filling {
        start: Moment,
    },
    Playing {
        next: u32,
        burst: u32,
    },
}

/// One burst's worth of speech.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// Vocoder frames since the spurt began.
    pub position: u32,
    /// The frames, lost ones among them.
    pub frames: FrameRun,
}

impl Playout {
    /// Keeps a packet's frames.
    ///
    /// # Errors
    /// [`Cause::StalePacket`] for one seen before or whose time is over, [`Cause::VoiceOverrun`] when it lies further
    /// ahead than the buffer reaches.
    pub fn receive(&mut self, now: Moment, packet: &VoicePacket) -> Result<(), Cause> {
        let count = u32::try_from(packet.frames.len()).expect("a packet is short");
        let end = packet.position.saturating_add(count);
        if let State::Playing { next, .. } = self.state
            && end <= next
            && packet.position >= self.newest
        {
            // Too late, yet newer than all before it: the sender has fallen behind, and everything after it would be
            // too late as well.
            *self = Self { newest: self.newest, over: self.newest, ..Self::default() };
        }
        let (earliest, latest) = self.window(packet.position);
        if end > latest {
            return Err(Cause::VoiceOverrun);
        }
        let before = self.frames.len();
        for (position, frame) in (packet.position..end).zip(&packet.frames) {
            if position >= earliest {
                self.frames.entry(position).or_insert(*frame);
            }
        }
        if self.frames.len() == before {
            return Err(Cause::StalePacket);
        }
        self.newest = self.newest.max(end);
        if let State::Empty = self.state {
            self.state = State::Filling { start: now + PREFILL };
        }
        Ok(())
    }

    /// From where to where frames are kept now: never more than [`FRAMES_MAX`].
    fn window(&self, position: u32) -> (u32, u32) {
        let earliest = match (self.state, self.frames.first_key_value(), self.frames.last_key_value()) {
            (State::Playing { next, .. }, _, _) => next,
            (State::Filling { .. }, Some((first, _)), Some((last, _))) => {
                let earliest = (last + 1).saturating_sub(FRAMES_MAX);
                return (earliest.max(self.over), first.saturating_add(FRAMES_MAX));
            }
            (State::Empty | State::Filling { .. }, _, _) => position,
        };
        (earliest.max(self.over), earliest.saturating_add(FRAMES_MAX))
    }

    /// What the burst that begins at `now` carries; `None` while the buffer fills.
    pub fn play(&mut self, now: Moment, profile: &Profile) -> Option<Played> {
        if let State::Filling { start } = self.state
            && now >= start
        {
            self.start(profile);
        }
        let State::Playing { next, burst } = &mut self.state else {
            return None;
        };
        let position = *next;
        let count = u32::from(profile.voice_frames(*burst));
        *next = next.saturating_add(count);
        *burst = burst.wrapping_add(1);
        let frames = FrameRun::new((position..*next).map(|position| self.frames.remove(&position)))
            .expect("no burst of a profile holds more than RUN_MAX frames");
        Some(Played { position, frames })
    }

    /// Plays what is there without waiting for more: the spurt is over.
    pub fn finish(&mut self, profile: &Profile) {
        if let State::Filling { .. } = self.state {
            self.start(profile);
        }
    }

    /// Whether nothing is left to play.
    pub fn is_drained(&self) -> bool {
        self.frames.is_empty()
    }

    fn start(&mut self, profile: &Profile) {
        let Some(first) = self.frames.keys().next().copied() else {
            return;
        };
        let (next, burst) = in_step(profile, first);
        self.state = State::Playing { next, burst };
    }
}

/// The burst of a spurt in which the frame at `position` is spoken, and the position with which that burst begins.
fn in_step(profile: &Profile, position: u32) -> (u32, u32) {
    let round: u32 = profile.voice_pattern.iter().map(|frames| u32::from(*frames)).sum();
    let bursts = u32::try_from(profile.voice_pattern.len()).expect("a pattern is short");
    let (mut begins, mut burst) = (position / round * round, position / round * bursts);
    loop {
        let frames = u32::from(profile.voice_frames(burst));
        if position < begins + frames {
            return (begins, burst % bursts);
        }
        begins += frames;
        burst += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trunklab_protocol::profile::PROFILES;
    use trunklab_protocol::{ProfileId, SpurtId};

    fn packet(position: u32, frames: u32) -> VoicePacket {
        VoicePacket {
            spurt: SpurtId::new(1).unwrap(),
            sequence: 0,
            position,
            marker: position == 0,
            frames: (position..position + frames).map(frame).collect(),
        }
    }

    fn frame(position: u32) -> VoiceFrame {
        u64::from(position).to_be_bytes()
    }

    /// A talker that sends by the pattern, heard by a slot that begins at any moment after it.
    #[test]
    fn every_frame_is_played_in_its_place_for_any_profile_and_phase() {
        for profile in PROFILES {
            for phase_us in (0..profile.traffic.period().as_micros()).step_by(3_001) {
                let mut playout = Playout::default();
                let mut heard = Vec::new();
                let bursts = 60;
                let mut sent = 0;
                let mut position = 0;
                for burst in 0..bursts + 8 {
                    let due = Moment::from_micros(phase_us) + profile.traffic.start(burst);
                    while sent < bursts && Moment::ORIGIN + profile.traffic.start(sent) <= due {
                        let frames = u32::from(profile.voice_frames(sent));
                        if frames > 0 {
                            let at = Moment::ORIGIN + profile.traffic.start(sent);
                            playout.receive(at, &packet(position, frames)).unwrap();
                        }
                        position += frames;
                        sent += 1;
                    }
                    let Some(played) = playout.play(due, profile) else { continue };
                    for (place, played) in (played.position..).zip(played.frames.frames()) {
                        heard.extend(played.map(|played| (place, played)));
                    }
                }
                let expected: Vec<_> = (0..position).map(|position| (position, frame(position))).collect();
                assert_eq!(heard, expected, "{} phase {phase_us}", profile.name);
            }
        }
    }

    #[test]
    fn a_deleted_packet_leaves_its_gap_and_moves_nothing() {
        let profile = ProfileId::Dmr3.profile();
        let mut playout = Playout::default();
        for position in [0, 3, 9, 12] {
            playout.receive(Moment::ORIGIN, &packet(position, 3)).unwrap();
        }
        let runs: Vec<_> = (1..6)
            .map(|burst| playout.play(Moment::from_micros(burst * 60_000), profile).unwrap())
            .map(|played| (played.position, played.frames.frames().to_vec()))
            .collect();
        let whole =
            |position| vec![Some(frame(position)), Some(frame(position + 1)), Some(frame(position + 2))];
        assert_eq!(runs, [(0, whole(0)), (3, whole(3)), (6, vec![None; 3]), (9, whole(9)), (12, whole(12))]);
    }

    #[test]
    fn refuses_what_it_has_seen_and_what_lies_too_far_ahead() {
        let profile = ProfileId::Dmr3.profile();
        let mut playout = Playout::default();
        assert_eq!(playout.receive(Moment::ORIGIN, &packet(0, 3)), Ok(()));
        assert_eq!(playout.receive(Moment::ORIGIN, &packet(0, 3)), Err(Cause::StalePacket));
        assert_eq!(playout.receive(Moment::ORIGIN, &packet(48, 3)), Err(Cause::VoiceOverrun));
        assert!(playout.play(Moment::ORIGIN + PREFILL, profile).is_some());
        assert_eq!(playout.receive(Moment::ORIGIN, &packet(0, 3)), Err(Cause::StalePacket));
    }

    /// A sender that pauses counts no frames meanwhile: what comes after the pause must still be heard.
    #[test]
    fn starts_afresh_when_the_sender_has_fallen_behind() {
        let profile = ProfileId::Dmr3.profile();
        let mut playout = Playout::default();
        playout.receive(Moment::ORIGIN, &packet(0, 3)).unwrap();
        for burst in 1..6 {
            playout.play(Moment::from_micros(burst * 60_000), profile).unwrap();
        }
        let later = Moment::from_micros(350_000);
        playout.receive(later, &packet(3, 3)).unwrap();
        assert_eq!(playout.receive(later, &packet(0, 3)), Err(Cause::StalePacket), "it was played");
        assert_eq!(playout.play(later, profile), None, "it fills again");
        let played = playout.play(later + PREFILL, profile).unwrap();
        assert_eq!((played.position, played.frames.frames()[0]), (3, Some(frame(3))));
    }
}
