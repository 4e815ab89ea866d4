//! The operator at the console in the world: orders, and speech from the console to the voice switch.

use std::collections::VecDeque;

use bytes::Bytes;
use trunklab_controller_core::switch::Source;
use trunklab_protocol::operator::TalkWord;
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::voice::{VoiceFrame, VoicePacket};

use super::World;
use super::agenda::Arrival;
use crate::lab::mouth::{Mouth, PACE, Permit, packets};
use crate::lab::weather::Chance;

/// An operator.
#[derive(Debug)]
pub(super) struct Operator {
    mouth: Mouth,
    /// What is still to be said, in packets.
    speech: VecDeque<Vec<VoiceFrame>>,
    chance: Chance,
}

impl Operator {
    pub(super) fn new(seed: u64) -> Self {
        Self { mouth: Mouth::default(), speech: VecDeque::new(), chance: Chance::new(seed, 2) }
    }
}

impl World {
    /// The operator speaks from now on.
    pub fn operator_speaks(&mut self, frames: &[VoiceFrame]) {
        let is_silent = self.operator.speech.is_empty();
        self.operator.speech.extend(packets(frames).map(<[VoiceFrame]>::to_vec));
        if is_silent {
            self.schedule(self.now, Arrival::OperatorSpeaks);
        }
    }

    /// The operator speaks no more, though the button is down.
    pub fn operator_falls_silent(&mut self) {
        self.operator.speech.clear();
    }

    /// The console is told how its talk stands.
    pub(super) fn tell_operator(&mut self, word: &TalkWord) {
        match *word {
            TalkWord::Granted { spurt, key, .. } => self.operator.mouth.permit(Some(Permit { spurt, key })),
            TalkWord::Refused { .. } | TalkWord::Ended { .. } => self.operator.mouth.permit(None),
            TalkWord::Queued { .. } | TalkWord::Warning { .. } => {}
        }
    }

    /// The console's connection is gone, and with it whatever was granted.
    pub(super) fn operator_is_cut_off(&mut self) {
        self.operator.mouth.permit(None);
    }

    pub(super) fn operator_goes_on(&mut self) {
        let Some(frames) = self.operator.speech.pop_front() else { return };
        match (self.operator.mouth.packet(&frames), self.operator.mouth.key()) {
            (Some(packet), Some(key)) => {
                self.traffic.spoken.sent += frames.len() as u64;
                self.send_operators_voice(key, &packet);
            }
            (None, _) | (_, None) => self.traffic.spoken.clipped += frames.len() as u64,
        }
        if !self.operator.speech.is_empty() {
            self.schedule(self.now + PACE, Arrival::OperatorSpeaks);
        }
    }

    fn send_operators_voice(&mut self, key: VoiceKey, packet: &Bytes) {
        let chance = &mut self.operator.chance;
        if chance.happens(self.weather.voice_loss_ppm) {
            return;
        }
        let times = 1 + usize::from(chance.happens(self.weather.voice_repeat_ppm));
        for _ in 0..times {
            let delay = self.operator.chance.between(self.weather.delay_least, self.weather.delay_most);
            self.schedule(self.now + delay, Arrival::FromOperator(key, packet.clone()));
        }
    }

    /// A packet of the console has come to the switch.
    pub(super) fn operator_is_heard(&mut self, key: VoiceKey, packet: &Bytes) {
        match VoicePacket::decode(&key, packet) {
            Ok(packet) => self.copy_voice(Source::Console(key), &packet),
            Err(_) => self.traffic.voice_dropped += 1,
        }
    }
}
