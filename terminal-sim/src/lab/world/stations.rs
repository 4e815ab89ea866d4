//! The base stations in the world: started, killed, given their inputs, their outputs carried.

use std::net::SocketAddr;

use trunklab_basestation_core::alone::{Memory, Remember};
use trunklab_basestation_core::plant::Plant;
use trunklab_basestation_core::{self as station, BaseStation};
use trunklab_controller_core::output::StoreItem;
use trunklab_protocol::air_downlink::Beacon;
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::{Cause, Incarnation, Moment, PlantPart, SiteId, SlotAddress, Span};
use trunklab_terminal_core as terminal;

use super::World;
use super::agenda::{Arrival, Node};
use crate::lab::observed::Sight;
use crate::lab::weather::Chance;

/// How long a burst that is looped back is on its way.
const LOOPED_BACK: Span = Span::from_millis(20);

/// A base station and what the world knows of it.
pub(super) struct Station {
    pub(super) core: BaseStation,
    /// Which run of the station: what was on its way to an earlier run is lost.
    pub(super) run: u32,
    pub(super) running: bool,
    pub(super) linked: bool,
    pub(super) cut: bool,
    pub(super) beacon: Option<Beacon>,
    pub(super) voice: Option<(VoiceKey, VoiceKey)>,
    pub(super) chance: Chance,
    /// What it has kept on its disk.
    pub(super) memory: Memory,
    /// What of it is broken, whoever runs it.
    pub(super) plant: Plant,
    /// Ordered links never overtake: the last arrival in each direction.
    pub(super) last_up: Moment,
    pub(super) last_down: Moment,
}

impl World {
    /// A base station is started, for the first time or again, with nothing in its memory.
    pub fn start_station(&mut self, site: SiteId) {
        let run = self.stations.get(&site).map_or(0, |station| station.run + 1);
        let mut chance = Chance::new(self.seed, 1_000 + u64::from(site.number()) + (u64::from(run) << 32));
        let incarnation = Incarnation::new(chance.number()).expect("every number is an incarnation");
        let core = BaseStation::new(incarnation, chance.octets(), voice_address(site), self.now)
            .with_order(self.rules.words);
        let mut memory = self.stations.get(&site).map(|station| station.memory.clone()).unwrap_or_default();
        memory.end_what_was_open();
        let core = core.with_memory(memory.clone());
        let plant = self.stations.get(&site).map(|station| station.plant.clone()).unwrap_or_default();
        let cut = self.stations.get(&site).is_some_and(|station| station.cut);
        let fresh = Station {
            core,
            run,
            running: true,
            linked: false,
            cut,
            beacon: None,
            voice: None,
            chance,
            memory,
            plant,
            last_up: Moment::ORIGIN,
            last_down: Moment::ORIGIN,
        };
        self.stations.insert(site, fresh);
        self.note_deadline(Node::Station(site));
        self.schedule(self.now, Arrival::LinkTries(site));
    }

    /// A base station is killed.
    pub fn kill_station(&mut self, site: SiteId) {
        self.drop_link(site, Cause::LinkSilent);
        if let Some(station) = self.stations.get_mut(&site) {
            station.running = false;
            station.run += 1;
            station.beacon = None;
        }
        self.forget_deadline(Node::Station(site));
        for unit in self.radios.keys().copied().collect::<Vec<_>>() {
            self.at_handset(unit, terminal::input::Input::Silence { site });
        }
    }

    pub(super) fn at_station(&mut self, site: SiteId, input: station::input::Input) {
        let Some(station) = self.stations.get_mut(&site).filter(|station| station.running) else { return };
        let mut out = station::output::Outbox::new();
        station.core.handle(self.now, input, &mut out);
        for output in out {
            self.carry_from_station(site, output);
        }
        self.note_deadline(Node::Station(site));
    }

    fn carry_from_station(&mut self, site: SiteId, output: station::output::Output) {
        match output {
            station::output::Output::ToController { message, .. } => self.send_to_controller(site, message),
            station::output::Output::CloseLink { cause } => self.drop_link(site, cause),
            station::output::Output::Air(burst) => self.radiate(site, &burst),
            station::output::Output::Voice(packet) => self.send_voice(site, packet),
            station::output::Output::Configured { beacon, .. } => {
                if let Some(station) = self.stations.get_mut(&site) {
                    station.beacon = Some(beacon);
                }
                for radio in self.radios.values_mut() {
                    radio.levels.retain(|(known, _)| *known != site);
                }
                for unit in self.radios.keys().copied().collect::<Vec<_>>() {
                    self.tell_beacon(unit, site);
                }
            }
            station::output::Output::Remember(what) => self.remember(site, what),
            station::output::Output::LoopBack { slots } => self.loop_back(site, &slots),
            station::output::Output::Plant { part, broken } => self.set_plant(site, part, broken),
            station::output::Output::Event(event) => self.see(Sight::Station(site, event)),
        }
    }
}

impl World {
    /// A part of a base station's plant breaks, or works again.
    pub fn set_plant(&mut self, site: SiteId, part: PlantPart, broken: bool) {
        let Some(station) = self.stations.get_mut(&site) else { return };
        match broken {
            true => station.plant.fails(part),
            false => station.plant.is_mended(part),
        }
    }

    /// Bursts are looped back: heard where the plant works.
    fn loop_back(&mut self, site: SiteId, slots: &[SlotAddress]) {
        let Some(station) = self.stations.get(&site) else { return };
        let tests = slots.iter().map(|at| (*at, station.plant.works(*at))).collect();
        let (at, run) = (self.now + LOOPED_BACK, station.run);
        self.schedule(at, Arrival::AtStation(site, run, station::input::Input::LoopedBack { tests }));
    }

    /// A base station's disk keeps something, and says so of a report.
    fn remember(&mut self, site: SiteId, what: Remember) {
        let Some(station) = self.stations.get_mut(&site) else { return };
        if let Remember::Report(number, item) = &what {
            self.reports.push(StoreItem::clone(item));
            let (run, number) = (station.run, *number);
            let kept = Arrival::AtStation(site, run, station::input::Input::Kept { number });
            station.memory.note(what);
            return self.schedule(self.now + Span::from_millis(1), kept);
        }
        station.memory.note(what);
    }
}

/// Where a simulated site would receive voice: an address that names it, though no packet is ever sent there.
fn voice_address(site: SiteId) -> SocketAddr {
    let [high, low] = site.number().to_be_bytes();
    SocketAddr::from(([127, 0, high, low], 9))
}
