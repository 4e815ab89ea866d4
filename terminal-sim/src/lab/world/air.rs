//! The air: who hears which burst and how strongly, and what the weather takes.

use std::collections::BTreeMap;

use trunklab_basestation_core as station;
use trunklab_protocol::air_downlink::{Beacon, Burst};
use trunklab_protocol::air_uplink::{self, UplinkWord};
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{SiteId, SpurtId, UnitId};
use trunklab_terminal_core as terminal;

use super::World;
use super::agenda::Arrival;
use super::radios::{Ear, Radio};
use super::stations::Station;
use trunklab_protocol::propagation;

/// For each unit whose end of talk is to be lost, the spurt once the first such burst has named it.
pub(crate) type TalkEndLosses = BTreeMap<UnitId, Option<SpurtId>>;

/// Whether an uplink word is an end of talk that is to be lost; the spurt of the first one stays marked, so that its
/// repetitions are lost as well and the next spurt's are not.
pub(crate) fn loses_talk_end(losses: &mut TalkEndLosses, unit: UnitId, word: &UplinkWord) -> bool {
    let (Some(lost), UplinkWord::TalkEnd(end)) = (losses.get_mut(&unit), word) else { return false };
    *lost.get_or_insert(end.spurt) == end.spurt
}

/// Vocoder frames that a word says.
pub(crate) fn frames_said(word: &UplinkWord) -> u64 {
    if let UplinkWord::Voice(voice) = word {
        voice.frames.len() as u64
    } else if let UplinkWord::FailsoftVoice(voice) = word {
        voice.frames.len() as u64
    } else {
        0
    }
}

impl Radio {
    /// The level at which a site is heard here; computed once for each place and each site.
    fn level_dbm(&mut self, site: SiteId, beacon: &Beacon) -> i8 {
        if let Some((_, level_dbm)) = self.levels.iter().find(|(known, _)| *known == site) {
            return *level_dbm;
        }
        let level_dbm = beacon.radiator().level_dbm(self.position);
        self.levels.push((site, level_dbm));
        level_dbm
    }
}

impl World {
    pub(super) fn radiate(&mut self, site: SiteId, burst: &Burst) {
        self.traffic.bursts_down += 1;
        let station = self.stations.get(&site).filter(|station| station.plant.works(burst.place.at));
        let Some(station) = station else { return };
        let Some(beacon) = station.beacon.clone() else { return };
        let carrier = burst.place.at.carrier;
        let mut listeners: Vec<UnitId> =
            self.tuned.get(&(site, carrier)).map(|units| units.iter().copied().collect()).unwrap_or_default();
        if burst.place.channel == Channel::Control {
            listeners.extend(self.hunting.iter().copied());
        }
        let mut heard = Vec::with_capacity(listeners.len());
        for unit in listeners {
            let Some(radio) = self.radios.get_mut(&unit) else { continue };
            let level_dbm = radio.level_dbm(site, &beacon);
            if !propagation::is_audible(level_dbm) || radio.chance.happens(self.weather.air_loss_ppm) {
                continue;
            }
            let times = 1 + usize::from(radio.chance.happens(self.weather.air_repeat_ppm));
            heard.extend(std::iter::repeat_n((unit, level_dbm), times));
        }
        if !heard.is_empty() {
            self.schedule(self.now, Arrival::AtListeners(site, burst.clone(), heard));
        }
    }

    pub(super) fn transmit(&mut self, unit: UnitId, site: SiteId, mut burst: air_uplink::Burst) {
        self.traffic.bursts_up += 1;
        self.traffic.spoken.sent += frames_said(&burst.word);
        let hears = |station: &&Station| station.running && station.plant.works(burst.place.at);
        let Some(station) = self.stations.get(&site).filter(hears) else { return };
        let (Some(beacon), run) = (&station.beacon, station.run) else { return };
        if loses_talk_end(&mut self.talk_end_losses, unit, &burst.word) {
            return;
        }
        let Some(radio) = self.radios.get_mut(&unit) else { return };
        burst.level_dbm = beacon.radiator().uplink_level_dbm(radio.position);
        if !propagation::is_audible(burst.level_dbm) || radio.chance.happens(self.weather.air_loss_ppm) {
            return;
        }
        let times = 1 + usize::from(radio.chance.happens(self.weather.air_repeat_ppm));
        for _ in 0..times {
            let input = station::input::Input::Air(burst.clone());
            self.schedule(self.now, Arrival::AtStation(site, run, input));
        }
    }

    pub(super) fn tune(&mut self, unit: UnitId, ear: Ear) {
        let Some(radio) = self.radios.get_mut(&unit) else { return };
        let before = std::mem::replace(&mut radio.ear, ear);
        match before {
            Ear::Off => {}
            Ear::Hunting => {
                self.hunting.remove(&unit);
            }
            Ear::Tuned(site, carrier) => {
                if let Some(units) = self.tuned.get_mut(&(site, carrier)) {
                    units.remove(&unit);
                }
            }
        }
        match ear {
            Ear::Off => {}
            Ear::Hunting => {
                self.hunting.insert(unit);
            }
            Ear::Tuned(site, carrier) => {
                self.tuned.entry((site, carrier)).or_default().insert(unit);
            }
        }
    }

    /// How strongly a handset hears a site that it is not tuned to.
    pub(super) fn measure(&mut self, unit: UnitId, site: SiteId) {
        let beacon = self.stations.get(&site).and_then(|station| station.beacon.clone());
        let (Some(radio), Some(beacon)) = (self.radios.get_mut(&unit), beacon) else { return };
        let level_dbm = radio.level_dbm(site, &beacon);
        if propagation::is_audible(level_dbm) {
            let input = terminal::input::Input::Level { site, level_dbm };
            self.schedule(self.now, Arrival::AtHandset(unit, input));
        }
    }

    pub(super) fn tell_beacons(&mut self, unit: UnitId) {
        for site in self.stations.keys().copied().collect::<Vec<_>>() {
            self.tell_beacon(unit, site);
        }
    }

    /// A handset can hear a site from here, or cannot.
    pub(super) fn tell_beacon(&mut self, unit: UnitId, site: SiteId) {
        let Some(radio) = self.radios.get(&unit) else { return };
        let Some(beacon) = self.stations.get(&site).and_then(|station| station.beacon.clone()) else {
            return;
        };
        let level_dbm = beacon.radiator().level_dbm(radio.position);
        let input = if propagation::is_audible(level_dbm) {
            terminal::input::Input::Beacon { beacon, level_dbm }
        } else {
            terminal::input::Input::Silence { site }
        };
        self.schedule(self.now, Arrival::AtHandset(unit, input));
    }
}
