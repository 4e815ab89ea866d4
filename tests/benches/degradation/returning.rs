//! Many radios whose sites had no controller, and that register at once when it is there: how long until all are, beside what
//! slotted ALOHA can carry at most.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use trunklab::lab::observed::Sight;
use trunklab::lab::script::Deed;
use trunklab::lab::weather::Weather;
use trunklab::lab::world::World;
use trunklab_basestation_core::StationEvent;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::{Moment, ProfileId, Span, UnitId};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::HandsetEvent;

use super::network::{Network, Without};

/// Random accesses that a registration takes: `Register` and `Answer`.
const ACCESSES: u32 = 2;

/// How often it is seen which radios have begun: what a wait is exact to.
const GLANCE: Span = Span::from_millis(250);

/// Sites have their settings by then.
const SETTLED: Span = Span::from_secs(5);

/// How long the controller is away while the radios are switched on, find their site, and wait there.
const AWAY: Span = Span::from_secs(30);

const SEED: u64 = 10_000;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Its air interface.
    pub profile: ProfileId,
    /// How many sites there are.
    pub sites: u16,
    /// How many radios come to each of them.
    pub radios_per_site: u32,
    /// Over what time the sites have them spread their registrations; 0: as the radios think fit.
    pub window_ms: u32,
    /// After how long it is not waited for the rest any more.
    pub limit: Span,
}

/// How they came back. Times are milliseconds since the controller was started, unless it says otherwise.
#[derive(Debug, Clone, Serialize)]
pub struct Returned {
    pub profile: &'static str,
    pub sites: u16,
    pub radios: u32,
    pub window_ms: u32,
    /// Least time that slotted ALOHA needs for the accesses of the fullest site: 1/e of its opportunities carry one.
    pub bound_ms: u64,
    /// How many had registered when all had, or when time was up.
    pub registered: u32,
    /// Of them, how often one registered that was registered already.
    pub registered_again: u32,
    pub half_ms: Option<u64>,
    pub p99_ms: Option<u64>,
    pub all_ms: Option<u64>,
    /// The longest from a radio's first burst to its registration.
    pub longest_wait_ms: u64,
    /// Bursts that radios sent.
    pub bursts: u64,
    /// Access opportunities in which bursts were lost to one another.
    pub collisions: u64,
    /// How many bursts were lost so.
    pub collided: u64,
    /// How often a radio was refused, or gave up, by cause.
    pub refusals: BTreeMap<&'static str, u32>,
}

impl Returned {
    /// The time that all took, by the bound.
    pub fn ratio(&self) -> Option<f64> {
        self.all_ms.map(|all_ms| all_ms as f64 / self.bound_ms as f64)
    }
}

/// Least time in which slotted ALOHA can carry the accesses of one site, in milliseconds.
pub fn bound_ms(profile: ProfileId, radios_per_site: u32) -> u64 {
    let opportunities_per_s = profile.profile().uplink_cadence(Channel::Control).per_second();
    let accesses = f64::from(radios_per_site * ACCESSES);
    (accesses * std::f64::consts::E / opportunities_per_s * 1e3) as u64
}

impl Crowd {
    /// Lets them come. `progress` is told the time since the controller was started, and how many are registered, every ten seconds.
    pub fn returns(self, mut progress: impl FnMut(Span, usize)) -> Returned {
        let (sites, radios_per_site, window_ms) = (self.sites, self.radios_per_site, self.window_ms);
        let network =
            Network { profile: self.profile, sites, radios_per_site, window_ms, without: Without::Nothing };
        let mut world = World::new(network.plan(), Weather::CALM, SEED);
        world.run_until(Moment::ORIGIN + SETTLED);
        world.kill_controller();
        for (_, unit) in network.radios() {
            world.perform(Deed::User(unit, Input::PowerOn));
        }
        world.run_until(world.now() + AWAY);
        world.take_observed();
        let mut tally = Tally::of(&world, network.radios().map(|(_, unit)| unit).collect());
        world.start_controller();
        let (start, bursts_before) = (world.now(), world.traffic().bursts_up);
        let mut told = start;
        while !tally.missing.is_empty() && world.now().since(start) < self.limit {
            world.run_until(world.now() + GLANCE);
            tally.look(&mut world);
            if world.now().since(told) >= Span::from_secs(10) {
                told = world.now();
                progress(told.since(start), tally.registered.len());
            }
        }
        let mut took: Vec<u64> = tally.registered.values().map(|at| at.since(start).as_millis()).collect();
        took.sort_unstable();
        let radios = u32::from(sites) * radios_per_site;
        // Of all radios, so that those that are not registered count as slowest.
        let share = |percent: u32| took.get((radios * percent).div_ceil(100) as usize - 1).copied();
        Returned {
            profile: self.profile.profile().name,
            sites,
            radios,
            window_ms,
            bound_ms: bound_ms(self.profile, radios_per_site),
            registered: u32::try_from(took.len()).unwrap(),
            registered_again: tally.registered_again,
            half_ms: share(50),
            p99_ms: share(99),
            all_ms: share(100),
            longest_wait_ms: tally.longest_wait.as_millis(),
            bursts: world.traffic().bursts_up - bursts_before,
            collisions: tally.collisions,
            collided: tally.collided,
            refusals: tally.refusals,
        }
    }
}

/// What was seen of the radios so far.
struct Tally {
    missing: BTreeSet<UnitId>,
    /// Those that have sent something, since when.
    begun: BTreeMap<UnitId, Moment>,
    registered: BTreeMap<UnitId, Moment>,
    registered_again: u32,
    longest_wait: Span,
    collisions: u64,
    collided: u64,
    refusals: BTreeMap<&'static str, u32>,
}

impl Tally {
    fn of(world: &World, missing: BTreeSet<UnitId>) -> Self {
        let tally = Self {
            missing,
            begun: BTreeMap::new(),
            registered: BTreeMap::new(),
            registered_again: 0,
            longest_wait: Span::ZERO,
            collisions: 0,
            collided: 0,
            refusals: BTreeMap::new(),
        };
        assert!(
            tally.missing.iter().all(|unit| tries(world, *unit) == 0),
            "nobody asks where nobody decides"
        );
        tally
    }

    fn look(&mut self, world: &mut World) {
        for observed in world.take_observed() {
            if let Sight::Station(_, StationEvent::Collision { bursts }) = observed.what {
                self.collisions += 1;
                self.collided += u64::from(bursts);
            } else if let Sight::Handset(unit, HandsetEvent::RegisterRefused { cause }) = observed.what {
                self.began(unit, observed.at);
                *self.refusals.entry(cause.name()).or_default() += 1;
            } else if let Sight::Handset(unit, HandsetEvent::Registered { .. }) = observed.what {
                self.registers(unit, observed.at);
            }
        }
        let now = world.now();
        for unit in &self.missing {
            if !self.begun.contains_key(unit) && tries(world, *unit) > 0 {
                self.begun.insert(*unit, now);
            }
        }
    }

    fn began(&mut self, unit: UnitId, at: Moment) {
        self.begun.entry(unit).or_insert(at);
    }

    fn registers(&mut self, unit: UnitId, at: Moment) {
        self.began(unit, at);
        self.missing.remove(&unit);
        self.longest_wait = self.longest_wait.max(at.since(self.begun[&unit]));
        self.registered_again += u32::from(self.registered.insert(unit, at).is_some());
    }
}

fn tries(world: &World, unit: UnitId) -> u8 {
    world.handset(unit).map_or(0, |handset| handset.state().tries)
}
