//! The virtual world: the real cores, joined by seeded links, with a clock that jumps to the next thing to happen.
//!
//! Everything that will happen stands in one queue ordered by (moment, sequence). A node's own deadline stands
//! beside it; at the same moment deliveries come first, then nodes in their order. So the same plan, steps and seed
//! give the same world, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use trunklab_basestation_core::{self as station, BaseStation};
use trunklab_controller_core::switch::{Limits, Switch};
use trunklab_controller_core::{self as controller, Controller};
use trunklab_protocol::air_downlink::{Beacon, Burst};
use trunklab_protocol::air_uplink::{self, UplinkWord};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::proof::VoiceKey;
use trunklab_protocol::switch::{Shut, SiteUp, ToSwitch};
use trunklab_protocol::to_site::{Assert, ToSite};
use trunklab_protocol::voice::{FrameRun, VoicePacket};
use trunklab_protocol::{
    CarrierNumber, Cause, Epoch, Incarnation, Moment, Position, SiteId, Span, SpurtId, UnitId,
};
use trunklab_terminal_core as terminal;
use trunklab_terminal_core::handset::{Handset, HandsetConfig};

use crate::lab::nature::{self, HANDSET_POWER_DBM};
use crate::lab::observed::{Observed, Sight};
use crate::lab::plan::Plan;
use crate::lab::script::{Deed, Script};
use crate::lab::weather::{Chance, Weather};

/// Speech that a handset played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// When it reached the loudspeaker.
    pub at: Moment,
    /// Who heard it.
    pub unit: UnitId,
    /// Who spoke.
    pub talker: UnitId,
    /// In which spurt.
    pub spurt: SpurtId,
    /// Vocoder frames since the spurt began.
    pub position: u32,
    /// The frames.
    pub frames: FrameRun,
}

/// What the world counts about messages between its nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Uplink bursts radiated by handsets.
    pub bursts_up: u64,
    /// Downlink bursts radiated by base stations.
    pub bursts_down: u64,
    /// Vocoder frames in those uplink bursts.
    pub frames_sent: u64,
    /// Messages from base stations to the controller.
    pub from_sites: u64,
    /// Messages from the controller to base stations.
    pub to_sites: u64,
    /// Voice packets that the switch took.
    pub voice_in: u64,
    /// Voice packets that the switch sent.
    pub voice_out: u64,
    /// Voice packets that the switch refused.
    pub voice_dropped: u64,
}

/// A node with a clock of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Controller,
    Station(SiteId),
    Handset(UnitId),
}

/// Something on its way.
#[derive(Debug)]
enum Arrival {
    AtController(controller::input::Input),
    AtStation(SiteId, u32, station::input::Input),
    AtHandset(UnitId, terminal::input::Input),
    /// One burst of a site, heard by many at once: each at its level.
    AtListeners(SiteId, Burst, Vec<(UnitId, i8)>),
    AtSwitch(SiteId, Bytes),
    LinkTries(SiteId),
}

struct Station {
    core: BaseStation,
    /// Which run of the station: what was on its way to an earlier run is lost.
    run: u32,
    running: bool,
    linked: bool,
    cut: bool,
    beacon: Option<Beacon>,
    voice: Option<(VoiceKey, VoiceKey)>,
    chance: Chance,
    /// Ordered links never overtake: the last arrival in each direction.
    last_up: Moment,
    last_down: Moment,
}

struct Radio {
    config: HandsetConfig,
    core: Handset,
    position: Position,
    /// Levels of the sites, as far as they were asked for here.
    levels: Vec<(SiteId, i8)>,
    ear: Ear,
    chance: Chance,
    gone: bool,
}

impl Radio {
    /// The level at which a site is heard here; computed once for each place and each site.
    fn level_dbm(&mut self, site: SiteId, beacon: &Beacon) -> i8 {
        if let Some((_, level_dbm)) = self.levels.iter().find(|(known, _)| *known == site) {
            return *level_dbm;
        }
        let level_dbm = nature::level_dbm(beacon.power_dbm, beacon.position, self.position);
        self.levels.push((site, level_dbm));
        level_dbm
    }
}

/// What a handset's receiver is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ear {
    Off,
    Hunting,
    Tuned(SiteId, CarrierNumber),
}

/// A network in virtual time.
pub struct World {
    now: Moment,
    seed: u64,
    weather: Weather,
    plan: Plan,
    epoch: u32,
    queue: BTreeMap<(Moment, u64), Arrival>,
    sequence: u64,
    deadlines: BTreeSet<(Moment, Node)>,
    deadline_of: BTreeMap<Node, Moment>,
    controller: Option<Controller>,
    entropy: Chance,
    stations: BTreeMap<SiteId, Station>,
    radios: BTreeMap<UnitId, Radio>,
    hunting: BTreeSet<UnitId>,
    tuned: BTreeMap<(SiteId, CarrierNumber), BTreeSet<UnitId>>,
    switch: Switch,
    /// Packets to be lost: of a talker's spurt, this one.
    voice_losses: BTreeMap<UnitId, u16>,
    talkers: BTreeMap<SpurtId, UnitId>,
    /// Spurts begin with a sequence number of their own.
    first_packets: BTreeMap<SpurtId, u16>,
    /// Talkers whose end is lost, and the spurt once it is known.
    talk_end_losses: TalkEndLosses,
    observed: Vec<Observed>,
    heard: Vec<Heard>,
    records: Vec<controller::output::StoreItem>,
    traffic: Traffic,
}

/// For each unit whose end of talk is to be lost, the spurt once the first such burst has named it.
pub(crate) type TalkEndLosses = BTreeMap<UnitId, Option<SpurtId>>;

/// Whether an uplink word is an end of talk that is to be lost; the spurt of the first one stays marked, so that its
/// repetitions are lost as well and the next spurt's are not.
pub(crate) fn loses_talk_end(losses: &mut TalkEndLosses, unit: UnitId, word: &UplinkWord) -> bool {
    let (Some(lost), UplinkWord::TalkEnd(end)) = (losses.get_mut(&unit), word) else { return false };
    *lost.get_or_insert(end.spurt) == end.spurt
}

/// A link that failed is tried again after this long.
const LINK_RETRY: Span = Span::from_millis(500);

impl World {
    /// Builds the network: the controller is started and provisioned, base stations try their links, handsets are off.
    pub fn new(plan: Plan, weather: Weather, seed: u64) -> Self {
        let mut world = Self {
            now: Moment::ORIGIN,
            seed,
            weather,
            epoch: 0,
            queue: BTreeMap::new(),
            sequence: 0,
            deadlines: BTreeSet::new(),
            deadline_of: BTreeMap::new(),
            controller: None,
            entropy: Chance::new(seed, 1),
            stations: BTreeMap::new(),
            radios: BTreeMap::new(),
            hunting: BTreeSet::new(),
            tuned: BTreeMap::new(),
            switch: Switch::new(Limits::default()),
            voice_losses: BTreeMap::new(),
            talkers: BTreeMap::new(),
            first_packets: BTreeMap::new(),
            talk_end_losses: TalkEndLosses::new(),
            observed: Vec::new(),
            heard: Vec::new(),
            records: Vec::new(),
            traffic: Traffic::default(),
            plan,
        };
        world.start_controller();
        for site in world.plan.sites.iter().map(|site| site.site).collect::<Vec<_>>() {
            world.start_station(site);
        }
        for radio in world.plan.radios.clone() {
            let config = HandsetConfig::new(radio.unit, radio.identity, radio.key, radio.talkgroup, seed);
            let core = Handset::new(config.clone());
            let chance = Chance::new(seed, 1_000_000 + u64::from(radio.unit.number()));
            let radio_here = Radio {
                config,
                core,
                position: radio.position,
                levels: Vec::new(),
                ear: Ear::Off,
                chance,
                gone: false,
            };
            world.radios.insert(radio.unit, radio_here);
        }
        world
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// Lets everything happen up to and including `until`.
    pub fn run_until(&mut self, until: Moment) {
        while let Some(at) = self.next_moment().filter(|at| *at <= until) {
            self.now = at;
            let delivery = self.queue.first_key_value().map(|(key, _)| *key).filter(|(due, _)| *due == at);
            if let Some(key) = delivery {
                let arrival = self.queue.remove(&key).expect("the key was just seen");
                self.deliver(arrival);
            } else {
                let (_, node) = *self.deadlines.first().expect("next_moment saw a deadline");
                self.wake(node);
            }
        }
        self.now = until;
    }

    /// What was seen since the last call, in order.
    pub fn take_observed(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.observed)
    }

    /// What handsets played since the last call, in order.
    pub fn take_heard(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.heard)
    }

    /// What the controller asked to be kept since the last call, in order.
    pub fn take_records(&mut self) -> Vec<controller::output::StoreItem> {
        std::mem::take(&mut self.records)
    }

    /// Messages between the nodes so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// The voice switch.
    pub fn switch(&self) -> &Switch {
        &self.switch
    }

    /// The controller's core, if it runs.
    pub fn controller(&self) -> Option<&Controller> {
        self.controller.as_ref()
    }

    /// A handset's core.
    pub fn handset(&self, unit: UnitId) -> Option<&Handset> {
        self.radios.get(&unit).map(|radio| &radio.core)
    }

    /// A base station's core, if it runs.
    pub fn station(&self, site: SiteId) -> Option<&BaseStation> {
        self.stations.get(&site).filter(|station| station.running).map(|station| &station.core)
    }

    /// Something happens to a handset now: a button, the selector, speech.
    pub fn user(&mut self, unit: UnitId, input: terminal::input::Input) {
        let on = input == terminal::input::Input::PowerOn;
        if let Some(radio) = self.radios.get_mut(&unit) {
            if on && radio.gone {
                // A new battery: nothing is left of what it was doing but where its selector stands.
                radio.gone = false;
                radio.config.talkgroup = radio.core.state().selected;
                radio.core = Handset::new(radio.config.clone());
            }
            if !radio.gone {
                self.at_handset(unit, input);
            }
        }
    }

    /// A handset vanishes: its battery is out, or a tunnel swallowed it. It neither sends nor hears until it is
    /// switched on again.
    pub fn vanish(&mut self, unit: UnitId) {
        self.tune(unit, Ear::Off);
        if let Some(radio) = self.radios.get_mut(&unit) {
            radio.gone = true;
        }
        self.forget_deadline(Node::Handset(unit));
    }

    /// A handset is somewhere else now.
    pub fn place(&mut self, unit: UnitId, position: Position) {
        let Some(radio) = self.radios.get_mut(&unit) else { return };
        radio.position = position;
        radio.levels.clear();
        self.tell_beacons(unit);
    }

    /// A site's link to the controller is cut; messages on their way are lost.
    pub fn cut_link(&mut self, site: SiteId) {
        if let Some(station) = self.stations.get_mut(&site) {
            station.cut = true;
        }
        self.drop_link(site, Cause::LinkSilent);
    }

    /// A cut link can be used again; the base station tries by itself.
    pub fn mend_link(&mut self, site: SiteId) {
        if let Some(station) = self.stations.get_mut(&site) {
            station.cut = false;
        }
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

    /// A base station is started, for the first time or again, with nothing in its memory.
    pub fn start_station(&mut self, site: SiteId) {
        let run = self.stations.get(&site).map_or(0, |station| station.run + 1);
        let mut chance = Chance::new(self.seed, 1_000 + u64::from(site.number()) + (u64::from(run) << 32));
        let incarnation = Incarnation::new(chance.number()).expect("every number is an incarnation");
        let core = BaseStation::new(incarnation, chance.octets(), voice_address(site), self.now);
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
            last_up: Moment::ORIGIN,
            last_down: Moment::ORIGIN,
        };
        self.stations.insert(site, fresh);
        self.note_deadline(Node::Station(site));
        self.schedule(self.now, Arrival::LinkTries(site));
    }

    /// The controller is killed; every link breaks.
    pub fn kill_controller(&mut self) {
        self.controller = None;
        self.forget_deadline(Node::Controller);
        self.switch = Switch::new(Limits::default());
        for site in self.stations.keys().copied().collect::<Vec<_>>() {
            self.drop_link(site, Cause::LinkSilent);
        }
    }

    /// The controller is started in a new epoch and provisioned from the plan.
    pub fn start_controller(&mut self) {
        self.epoch += 1;
        self.controller = Some(Controller::new());
        let epoch = Epoch::new(self.epoch).expect("every number is an epoch");
        let entropy = self.entropy.octets();
        self.at_controller(controller::input::Input::Started { epoch, entropy });
        for change in self.plan.changes().collect::<Vec<_>>() {
            self.at_controller(controller::input::Input::Provision(change));
        }
    }

    /// Performs one deed now.
    pub fn perform(&mut self, deed: Deed) {
        match deed {
            Deed::User(unit, input) => self.user(unit, input),
            Deed::Place(unit, position) => self.place(unit, position),
            Deed::Vanish(unit) => self.vanish(unit),
            Deed::CutLink(site) => self.cut_link(site),
            Deed::MendLink(site) => self.mend_link(site),
            Deed::KillStation(site) => self.kill_station(site),
            Deed::StartStation(site) => self.start_station(site),
            Deed::KillController => self.kill_controller(),
            Deed::StartController => self.start_controller(),
            Deed::LoseVoicePacket { unit, packet } => {
                self.voice_losses.insert(unit, packet);
            }
            Deed::LoseTalkEnd(unit) => {
                self.talk_end_losses.insert(unit, None);
            }
        }
    }

    /// Performs a script from its beginning, and goes on until `until`. `progress` is called after each deed, and after
    /// each second without one, so that what was seen can be taken before it piles up.
    pub fn play(
        &mut self,
        script: &Script,
        until: Moment,
        mut progress: impl FnMut(&mut Self, Option<&Deed>),
    ) {
        for (at, deed) in script.deeds() {
            self.run_by_seconds(*at, &mut progress);
            self.perform(deed.clone());
            progress(self, Some(deed));
        }
        self.run_by_seconds(until, &mut progress);
    }

    fn run_by_seconds(&mut self, until: Moment, progress: &mut impl FnMut(&mut Self, Option<&Deed>)) {
        while self.now < until {
            self.run_until(until.min(self.now + Span::from_secs(1)));
            progress(self, None);
        }
    }

    fn next_moment(&self) -> Option<Moment> {
        let delivery = self.queue.first_key_value().map(|((at, _), _)| *at);
        let deadline = self.deadlines.first().map(|(at, _)| (*at).max(self.now));
        match (delivery, deadline) {
            (Some(delivery), Some(deadline)) => Some(delivery.min(deadline)),
            (one, None) | (None, one) => one,
        }
    }

    fn schedule(&mut self, at: Moment, arrival: Arrival) {
        self.sequence += 1;
        self.queue.insert((at, self.sequence), arrival);
    }

    fn wake(&mut self, node: Node) {
        match node {
            Node::Controller => self.at_controller(controller::input::Input::Time),
            Node::Station(site) => self.at_station(site, station::input::Input::Time),
            Node::Handset(unit) => self.at_handset(unit, terminal::input::Input::Time),
        }
    }

    fn deliver(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::AtController(input) => self.at_controller(input),
            Arrival::AtStation(site, run, input) => {
                if self.stations.get(&site).is_some_and(|station| station.run == run) {
                    self.at_station(site, input);
                }
            }
            Arrival::AtHandset(unit, input) => self.at_handset(unit, input),
            Arrival::AtListeners(site, burst, listeners) => {
                for (unit, level_dbm) in listeners {
                    let burst = burst.clone();
                    self.at_handset(unit, terminal::input::Input::Burst { site, level_dbm, burst });
                }
            }
            Arrival::AtSwitch(site, packet) => self.at_switch(site, &packet),
            Arrival::LinkTries(site) => self.link_tries(site),
        }
    }

    fn note_deadline(&mut self, node: Node) {
        let due = match node {
            Node::Controller => {
                self.controller.as_ref().and_then(Controller::next_deadline).map(|due| due.at)
            }
            Node::Station(site) => {
                let station = self.stations.get(&site).filter(|station| station.running);
                station.and_then(|station| station.core.next_deadline()).map(|due| due.at)
            }
            Node::Handset(unit) => {
                let radio = self.radios.get(&unit).filter(|radio| !radio.gone);
                radio.and_then(|radio| radio.core.next_deadline()).map(|due| due.at)
            }
        };
        if self.deadline_of.get(&node).copied() == due {
            return;
        }
        self.forget_deadline(node);
        if let Some(at) = due {
            self.deadline_of.insert(node, at);
            self.deadlines.insert((at, node));
        }
    }

    fn forget_deadline(&mut self, node: Node) {
        if let Some(at) = self.deadline_of.remove(&node) {
            self.deadlines.remove(&(at, node));
        }
    }

    fn see(&mut self, what: Sight) {
        self.observed.push(Observed { at: self.now, what });
    }

    fn at_controller(&mut self, input: controller::input::Input) {
        let Some(core) = &mut self.controller else { return };
        let seen = match &input {
            controller::input::Input::FromSite { site, message } => {
                Some(Sight::FromSite(*site, message.clone()))
            }
            controller::input::Input::Started { .. }
            | controller::input::Input::Time
            | controller::input::Input::Provision(_)
            | controller::input::Input::Entropy(_)
            | controller::input::Input::SiteConnected { .. }
            | controller::input::Input::SiteDisconnected { .. }
            | controller::input::Input::FromSwitch(_)
            | controller::input::Input::Stored { .. }
            | controller::input::Input::StoreFailed { .. }
            | controller::input::Input::ClosingDown => None,
        };
        let mut out = controller::output::Outbox::new();
        core.handle(self.now, input, &mut out);
        if let Some(sight) = seen {
            self.see(sight);
        }
        for output in out {
            self.carry_from_controller(output);
        }
        self.note_deadline(Node::Controller);
    }

    fn carry_from_controller(&mut self, output: controller::output::Output) {
        match output {
            controller::output::Output::ToSite { site, message } => {
                if let ToSite::Assert(Assert { talker: Some(talker), .. }) = &message {
                    self.talkers.insert(talker.spurt, talker.unit);
                }
                self.see(Sight::ToSite(site, message.clone()));
                self.traffic.to_sites += 1;
                self.send_to_site(site, message);
            }
            controller::output::Output::ToSwitch(order) => self.order_switch(order),
            controller::output::Output::Store { id, item } => {
                self.records.push(item);
                let at = self.now + Span::from_millis(1);
                self.schedule(at, Arrival::AtController(controller::input::Input::Stored { id }));
            }
            controller::output::Output::Event(event) => self.see(Sight::Controller(event)),
            controller::output::Output::WantEntropy => {
                let octets = self.entropy.octets();
                self.schedule(self.now, Arrival::AtController(controller::input::Input::Entropy(octets)));
            }
        }
    }

    fn send_to_site(&mut self, site: SiteId, message: ToSite) {
        let epoch = Epoch::new(self.epoch).expect("every number is an epoch");
        let Some(station) = self.stations.get_mut(&site).filter(|station| station.linked) else { return };
        let delay = station.chance.between(self.weather.delay_least, self.weather.delay_most);
        station.last_down = station.last_down.max(self.now + delay);
        let (at, run) = (station.last_down, station.run);
        let closes = matches!(message, ToSite::Close(_));
        self.schedule(
            at,
            Arrival::AtStation(site, run, station::input::Input::FromController { epoch, message }),
        );
        if closes {
            self.drop_link(site, Cause::LinkReplaced);
        }
    }

    fn order_switch(&mut self, order: ToSwitch) {
        if let ToSwitch::SiteUp(SiteUp { site, uplink_key, downlink_key, .. }) = &order
            && let Some(station) = self.stations.get_mut(site)
        {
            station.voice = Some((*uplink_key, *downlink_key));
        }
        if let ToSwitch::Shut(Shut { spurt }) = &order {
            self.talkers.remove(spurt);
            self.first_packets.remove(spurt);
        }
        if self.switch.obey(order).is_err() {
            self.traffic.voice_dropped += 1;
        }
    }

    fn at_station(&mut self, site: SiteId, input: station::input::Input) {
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
            station::output::Output::Event(event) => self.see(Sight::Station(site, event)),
        }
    }

    fn send_to_controller(&mut self, site: SiteId, message: FromSite) {
        let Some(station) = self.stations.get_mut(&site).filter(|station| station.linked) else { return };
        let delay = station.chance.between(self.weather.delay_least, self.weather.delay_most);
        station.last_up = station.last_up.max(self.now + delay);
        let at = station.last_up;
        self.traffic.from_sites += 1;
        self.schedule(at, Arrival::AtController(controller::input::Input::FromSite { site, message }));
    }

    fn link_tries(&mut self, site: SiteId) {
        let controller_runs = self.controller.is_some();
        let Some(station) = self.stations.get_mut(&site).filter(|station| station.running) else { return };
        if station.linked {
            return;
        }
        if station.cut || !controller_runs {
            self.schedule(self.now + LINK_RETRY, Arrival::LinkTries(site));
            return;
        }
        station.linked = true;
        station.last_up = self.now;
        station.last_down = self.now;
        self.at_controller(controller::input::Input::SiteConnected { site });
        self.at_station(site, station::input::Input::LinkUp);
    }

    /// Both ends notice; what was on its way is lost; the base station will try again.
    fn drop_link(&mut self, site: SiteId, cause: Cause) {
        let Some(station) = self.stations.get_mut(&site).filter(|station| station.linked) else { return };
        station.linked = false;
        self.queue.retain(|_, arrival| match arrival {
            Arrival::AtController(controller::input::Input::FromSite { site: from, .. }) => *from != site,
            Arrival::AtStation(to, _, station::input::Input::FromController { message, .. }) => {
                *to != site || matches!(message, ToSite::Close(_))
            }
            Arrival::AtController(_)
            | Arrival::AtStation(..)
            | Arrival::AtHandset(..)
            | Arrival::AtListeners(..)
            | Arrival::AtSwitch(..)
            | Arrival::LinkTries(_) => true,
        });
        self.at_controller(controller::input::Input::SiteDisconnected { site, cause });
        self.at_station(site, station::input::Input::LinkDown { cause });
        self.schedule(self.now + LINK_RETRY, Arrival::LinkTries(site));
    }

    fn radiate(&mut self, site: SiteId, burst: &Burst) {
        self.traffic.bursts_down += 1;
        let Some(station) = self.stations.get(&site) else { return };
        let Some(beacon) = station.beacon.clone() else { return };
        let carrier = burst.place.at.carrier;
        let mut listeners: Vec<UnitId> =
            self.tuned.get(&(site, carrier)).map(|units| units.iter().copied().collect()).unwrap_or_default();
        if burst.place.at == beacon.control {
            listeners.extend(self.hunting.iter().copied());
        }
        let mut heard = Vec::with_capacity(listeners.len());
        for unit in listeners {
            let Some(radio) = self.radios.get_mut(&unit) else { continue };
            let level_dbm = radio.level_dbm(site, &beacon);
            if !nature::is_audible(level_dbm) || radio.chance.happens(self.weather.air_loss_ppm) {
                continue;
            }
            let times = 1 + usize::from(radio.chance.happens(self.weather.air_repeat_ppm));
            heard.extend(std::iter::repeat_n((unit, level_dbm), times));
        }
        if !heard.is_empty() {
            self.schedule(self.now, Arrival::AtListeners(site, burst.clone(), heard));
        }
    }

    fn send_voice(&mut self, site: SiteId, packet: Bytes) {
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

    fn at_switch(&mut self, site: SiteId, packet: &Bytes) {
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
        self.traffic.voice_in += 1;
        let Ok(destinations) = self.switch.packet(site, &packet) else {
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

    fn at_handset(&mut self, unit: UnitId, input: terminal::input::Input) {
        let Some(radio) = self.radios.get_mut(&unit).filter(|radio| !radio.gone) else { return };
        let mut out = terminal::output::Outbox::new();
        radio.core.handle(self.now, input, &mut out);
        for output in out {
            self.carry_from_handset(unit, output);
        }
        self.note_deadline(Node::Handset(unit));
    }

    fn carry_from_handset(&mut self, unit: UnitId, output: terminal::output::Output) {
        match output {
            terminal::output::Output::Hunt => {
                self.tune(unit, Ear::Hunting);
                self.tell_beacons(unit);
            }
            terminal::output::Output::Tune { site, carrier } => self.tune(unit, Ear::Tuned(site, carrier)),
            terminal::output::Output::Mute => self.tune(unit, Ear::Off),
            terminal::output::Output::Transmit { site, burst } => self.transmit(unit, site, burst),
            terminal::output::Output::Heard { talker, spurt, position, frames, .. } => {
                self.heard.push(Heard { at: self.now, unit, talker, spurt, position, frames });
            }
            terminal::output::Output::Event(event) => self.see(Sight::Handset(unit, event)),
        }
    }

    fn tune(&mut self, unit: UnitId, ear: Ear) {
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

    fn tell_beacons(&mut self, unit: UnitId) {
        for site in self.stations.keys().copied().collect::<Vec<_>>() {
            self.tell_beacon(unit, site);
        }
    }

    /// A handset can hear a site from here, or cannot.
    fn tell_beacon(&mut self, unit: UnitId, site: SiteId) {
        let Some(radio) = self.radios.get(&unit) else { return };
        let Some(beacon) = self.stations.get(&site).and_then(|station| station.beacon.clone()) else {
            return;
        };
        let level_dbm = nature::level_dbm(beacon.power_dbm, beacon.position, radio.position);
        let input = if nature::is_audible(level_dbm) {
            terminal::input::Input::Beacon { beacon, level_dbm }
        } else {
            terminal::input::Input::Silence { site }
        };
        self.schedule(self.now, Arrival::AtHandset(unit, input));
    }

    fn transmit(&mut self, unit: UnitId, site: SiteId, mut burst: air_uplink::Burst) {
        self.traffic.bursts_up += 1;
        if let UplinkWord::Voice(voice) = &burst.word {
            self.traffic.frames_sent += voice.frames.len() as u64;
        }
        let Some(station) = self.stations.get(&site).filter(|station| station.running) else { return };
        let (Some(beacon), run) = (&station.beacon, station.run) else { return };
        if loses_talk_end(&mut self.talk_end_losses, unit, &burst.word) {
            return;
        }
        let Some(radio) = self.radios.get_mut(&unit) else { return };
        burst.level_dbm = nature::level_dbm(HANDSET_POWER_DBM, radio.position, beacon.position);
        if !nature::is_audible(burst.level_dbm) || radio.chance.happens(self.weather.air_loss_ppm) {
            return;
        }
        let times = 1 + usize::from(radio.chance.happens(self.weather.air_repeat_ppm));
        for _ in 0..times {
            let input = station::input::Input::Air(burst.clone());
            self.schedule(self.now, Arrival::AtStation(site, run, input));
        }
    }
}

/// Where a simulated site would receive voice: an address that names it, though no packet is ever sent there.
fn voice_address(site: SiteId) -> SocketAddr {
    let [high, low] = site.number().to_be_bytes();
    SocketAddr::from(([127, 0, high, low], 9))
}
