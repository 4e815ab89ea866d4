//! The virtual world: the real cores, joined by seeded links, with a clock that jumps to the next thing to happen.
//!
//! Everything that will happen stands in one queue ordered by (moment, sequence). A node's own deadline stands
//! beside it; at the same moment deliveries come first, then nodes in their order. So the same plan, steps and seed
//! give the same world, byte for byte.

mod agenda;
mod air;
mod controller;
mod ledger;
mod links;
mod operator;
mod radios;
mod stations;
mod voice;

use std::collections::{BTreeMap, BTreeSet};

use trunklab_basestation_core::BaseStation;
use trunklab_basestation_core::urgency::{self, WordOrder};
use trunklab_controller_core::Controller;
use trunklab_controller_core::call::table::{CallTable, STANDARD};
use trunklab_controller_core::configuration::Configuration;
use trunklab_controller_core::fault::AlarmRecord;
use trunklab_controller_core::output::StoreItem;
use trunklab_controller_core::remote::RemoteUnit;
use trunklab_controller_core::switch::{Limits, Switch};
use trunklab_protocol::operator::{AlarmId, ConfigurationVersion};
use trunklab_protocol::voice::FrameRun;
use trunklab_protocol::{
    CarrierNumber, Epoch, Moment, Priority, Services, SiteId, Span, SpurtId, TalkgroupId, UnitId,
};
use trunklab_terminal_core::handset::Handset;

use self::agenda::{Arrival, Node};
pub(crate) use self::air::{TalkEndLosses, frames_said, loses_talk_end};
use self::ledger::Ledger;
use self::operator::Operator;
use self::radios::{Ear, Radio};
use self::stations::Station;
use crate::lab::observed::{Observed, Sight};
use crate::lab::plan::Plan;
use crate::lab::script::{Deed, Script};
use crate::lab::summary::Spoken;
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
    /// What talkers said.
    pub spoken: Spoken,
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

/// The tables by which the nodes decide.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// The controller's call states.
    pub calls: &'static CallTable,
    /// What control channels say first.
    pub words: WordOrder,
}

impl Default for Rules {
    fn default() -> Self {
        Self { calls: &STANDARD, words: urgency::STANDARD }
    }
}

/// How the controller's store works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreHabit {
    /// What it is to keep it keeps at once, and says so at once of the audit trail and a millisecond later of all else.
    Prompt,
    /// What it is to keep it keeps after so long, and then says so: what it has not kept is lost with the controller.
    Slow(Span),
    /// What it is to keep it keeps at once, and says so after so long.
    Silent(Span),
}

/// A network in virtual time.
pub struct World {
    now: Moment,
    seed: u64,
    weather: Weather,
    plan: Plan,
    rules: Rules,
    /// Whether the controller's rooms are compared after each of its inputs.
    watched: bool,
    epoch: u32,
    /// How often a controller was started; with a new database its epochs begin anew.
    terms: u32,
    /// The newest epoch above which the controller wants a new term.
    outranked: Option<Epoch>,
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
    operator: Operator,
    /// Packets to be lost: of a talker's spurt, this one.
    voice_losses: BTreeMap<UnitId, u16>,
    talkers: BTreeMap<SpurtId, UnitId>,
    /// Spurts begin with a sequence number of their own.
    first_packets: BTreeMap<SpurtId, u16>,
    /// Talkers whose end is lost, and the spurt once it is known.
    talk_end_losses: TalkEndLosses,
    observed: Vec<Observed>,
    heard: Vec<Heard>,
    /// What was to be kept, and how much had been seen then.
    records: Vec<(usize, StoreItem)>,
    /// What base stations kept of times alone.
    reports: Vec<StoreItem>,
    habit: StoreHabit,
    /// Whether the store has no room.
    disk_is_full: bool,
    /// What waits for room in it, by its request.
    late: Vec<(u64, StoreItem)>,
    /// What a slow store has not kept yet.
    in_store: BTreeMap<u64, StoreItem>,
    /// Orders that the console has given.
    orders: u64,
    ledger: Ledger,
    /// What the controller's store keeps of patches, by their first talkgroups.
    patches: BTreeMap<TalkgroupId, Vec<TalkgroupId>>,
    /// The newest version of the configuration, where one was made.
    configured: Option<(ConfigurationVersion, Configuration)>,
    /// What it keeps of remote control.
    remote: BTreeMap<UnitId, RemoteUnit>,
    /// What it keeps of rights that were changed by order.
    rights: BTreeMap<UnitId, (Priority, Services)>,
    /// What it keeps of alarms that are raised.
    alarms: BTreeMap<AlarmId, AlarmRecord>,
    traffic: Traffic,
}

impl World {
    /// Builds the network: the controller is started and provisioned, base stations try their links, handsets are off.
    pub fn new(plan: Plan, weather: Weather, seed: u64) -> Self {
        Self::with_rules(plan, weather, seed, Rules::default())
    }

    /// The same, with nodes that go by other tables.
    pub fn with_rules(plan: Plan, weather: Weather, seed: u64, rules: Rules) -> Self {
        let mut world = Self {
            rules,
            watched: false,
            now: Moment::ORIGIN,
            seed,
            weather,
            epoch: 0,
            terms: 0,
            outranked: None,
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
            operator: Operator::new(seed),
            voice_losses: BTreeMap::new(),
            talkers: BTreeMap::new(),
            first_packets: BTreeMap::new(),
            talk_end_losses: TalkEndLosses::new(),
            observed: Vec::new(),
            heard: Vec::new(),
            records: Vec::new(),
            reports: Vec::new(),
            habit: StoreHabit::Prompt,
            disk_is_full: false,
            late: Vec::new(),
            in_store: BTreeMap::new(),
            orders: 0,
            ledger: Ledger::default(),
            patches: BTreeMap::new(),
            configured: None,
            remote: BTreeMap::new(),
            rights: BTreeMap::new(),
            alarms: BTreeMap::new(),
            traffic: Traffic::default(),
            plan,
        };
        world.start_controller();
        for site in world.plan.sites.iter().map(|site| site.site).collect::<Vec<_>>() {
            world.start_station(site);
        }
        for radio in world.plan.radios.clone() {
            let core = Handset::new(radio.config(seed));
            let chance = Chance::new(seed, 1_000_000 + u64::from(radio.unit.number()));
            let radio_here = Radio {
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

    /// From now on the controller's invariants are checked after each of its inputs; a breach panics.
    pub fn watch_each_step(&mut self) {
        self.watched = true;
    }

    /// Performs one deed now.
    pub fn perform(&mut self, deed: Deed) {
        match deed {
            Deed::User(unit, input) => self.user(unit, input),
            Deed::Order(order) => self.order(order),
            Deed::Reconfigure(alteration) => self.reconfigure(alteration),
            Deed::OperatorSpeaks(frames) => self.operator_speaks(&frames),
            Deed::OperatorFallsSilent => self.operator_falls_silent(),
            Deed::Place(unit, position) => self.place(unit, position),
            Deed::Vanish(unit) => self.vanish(unit),
            Deed::CutLink(site) => self.cut_link(site),
            Deed::MendLink(site) => self.mend_link(site),
            Deed::KillStation(site) => self.kill_station(site),
            Deed::StartStation(site) => self.start_station(site),
            Deed::Plant { site, part, broken } => self.set_plant(site, part, broken),
            // Whoever writes the run down has heard it already.
            Deed::TellLoad(_) => {}
            Deed::TellRecords => self.tell_records(),
            Deed::SetDisk { full } => self.set_disk(full),
            Deed::KillController => self.kill_controller(),
            Deed::StopController => self.stop_controller(),
            Deed::StartController => self.start_controller(),
            Deed::StartControllerAnew => self.start_controller_anew(),
            Deed::LoseVoicePacket { unit, packet } => {
                self.voice_losses.insert(unit, packet);
            }
            Deed::LoseTalkEnd(unit) => {
                self.talk_end_losses.insert(unit, None);
            }
        }
    }

    /// What was seen since the last call, in order.
    pub fn take_observed(&mut self) -> Vec<Observed> {
        std::mem::take(&mut self.observed)
    }

    /// What handsets played since the last call, in order.
    pub fn take_heard(&mut self) -> Vec<Heard> {
        std::mem::take(&mut self.heard)
    }

    /// What the controller asked to be kept since the last call, in order, each with the count of what had been seen before it
    /// since [`Self::take_observed`].
    pub fn take_records(&mut self) -> Vec<(usize, StoreItem)> {
        std::mem::take(&mut self.records)
    }

    /// What base stations wrote down of the times in which they served alone since the last call, in order.
    pub fn take_reports(&mut self) -> Vec<StoreItem> {
        std::mem::take(&mut self.reports)
    }

    /// From now on the controller's store works so.
    pub fn store_works(&mut self, habit: StoreHabit) {
        self.habit = habit;
    }

    /// How often a controller was started.
    pub fn terms(&self) -> u32 {
        self.terms
    }

    /// Orders that the console has given so far: the number of the last one.
    pub fn orders_given(&self) -> u64 {
        self.orders
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

    fn see(&mut self, what: Sight) {
        self.observed.push(Observed { at: self.now, what });
    }
}
