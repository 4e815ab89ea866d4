//! The voice plane: packets from base stations through the switch to others.

use bytes::{Bytes, BytesMut};
use trunklab_basestation_core as station;
use trunklab_controller_core as controller;
use trunklab_controller_core::switch::{SILENCE_LOOK, Source};
use trunklab_protocol::SiteId;
use trunklab_protocol::switch::{ConsoleSilent, Shut, SiteUp, ToSwitch};
use trunklab_protocol::voice::VoicePacket;

use super::World;
use super::agenda::Arrival;

impl World {
    pub(super) fn order_switch(&mut self, order: ToSwitch) {
        if let ToSwitch::SiteUp(SiteUp { site, uplink_key, downlink_key, .. }) = &order
            && let Some(station) = self.stations.get_mut(site)
        {
            station.voice = Some((*uplink_key, *downlink_key));
        }
        if let ToSwitch::Shut(Shut { spurt }) = &order {
            self.talkers.remove(spurt);
            self.first_packets.remove(spurt);
        }
        let heard_consoles = self.switch.hears_consoles();
        if self.switch.obey(self.now, order).is_err() {
            self.traffic.voice_dropped += 1;
        }
        if self.switch.hears_consoles() && !heard_consoles {
            self.schedule(self.now + SILENCE_LOOK, Arrival::SwitchLooks);
        }
    }

    /// The switch looks whether a console has fallen silent, and does so again while one speaks.
    pub(super) fn switch_looks(&mut self) {
        for spurt in self.switch.silent_consoles(self.now) {
            self.at_controller(controller::input::Input::FromSwitch(ConsoleSilent { spurt }.into()));
        }
        if self.switch.hears_consoles() {
            self.schedule(self.now + SILENCE_LOOK, Arrival::SwitchLooks);
        }
    }

    pub(super) fn send_voice(&mut self, site: SiteId, packet: Bytes) {
        let Some(station) = self.stations.get_mut(&site) else { return };
        if station.chance.happens(self.weather.voice_loss_ppm) {
            return;
        }
        let times = 1 + usize::from(station.chance.happens(self.weather.voice_repeat_ppm));
        for _ in 0..times {
            let delay = station.chance.between(self.weather.delay_least, self.weather.delay_most);
            self.sequence += 1;
            self.queue.insert((self.now + delay, self.sequence), Arrival::AtSwitch(site, packet.clone()));
        }
    }

    pub(super) fn at_switch(&mut self, site: SiteId, packet: &Bytes) {
        let key = self.stations.get(&site).and_then(|station| station.voice).map(|(uplink, _)| uplink);
        let Some(packet) = key.and_then(|key| VoicePacket::decode(&key, packet).ok()) else {
            self.traffic.voice_dropped += 1;
            return;
        };
        if packet.marker {
            self.first_packets.insert(packet.spurt, packet.sequence);
        }
        if self.is_to_be_lost(&packet) {
            return;
        }
        self.copy_voice(Source::Site(site), &packet);
    }

    /// The switch copies a packet to the sites that are to have it.
    pub(super) fn copy_voice(&mut self, from: Source, packet: &VoicePacket) {
        self.traffic.voice_in += 1;
        let Ok(destinations) = self.switch.packet_of(from, packet) else {
            self.traffic.voice_dropped += 1;
            return;
        };
        for destination in destinations {
            let Some(station) = self.stations.get_mut(&destination) else { continue };
            let Some((_, downlink)) = station.voice else { continue };
            let mut octets = BytesMut::new();
            packet.encode(&downlink, &mut octets);
            let delay = station.chance.between(self.weather.delay_least, self.weather.delay_most);
            let (at, run) = (self.now + delay, station.run);
            self.traffic.voice_out += 1;
            let input = station::input::Input::Voice(octets.freeze());
            self.schedule(at, Arrival::AtStation(destination, run, input));
        }
    }

    /// Whether a packet is the one of its talker's spurt that a script loses; it is lost once.
    fn is_to_be_lost(&mut self, packet: &VoicePacket) -> bool {
        let Some(unit) = self.talkers.get(&packet.spurt).copied() else { return false };
        let first = self.first_packets.get(&packet.spurt).copied().unwrap_or(packet.sequence);
        let number = packet.sequence.wrapping_sub(first);
        if self.voice_losses.get(&unit) != Some(&number) {
            return false;
        }
        self.voice_losses.remove(&unit);
        true
    }
}
