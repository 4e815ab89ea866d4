//! A world in trouble, and how it is mended.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use trunklab::lab::observed::Sight;
use trunklab::lab::scenario::plan;
use trunklab::lab::script::Deed;
use trunklab::lab::weather::{Chance, Weather};
use trunklab::lab::world::{Rules, StoreHabit, Traffic, World};
use trunklab_controller_core::call::table::{CallTable, STANDARD};
use trunklab_controller_core::output::StoreItem;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::{Order, UnitView};
use trunklab_protocol::{
    AreaChoice, CarrierNumber, Condition, Moment, PlantPart, Position, RadioOrder, Service, SiteId,
    SlotNumber, Span, TalkgroupId, UnitId,
};
use trunklab_terminal_core::handset::{HandsetView, Phase};
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::scenario::SiteProvision;

use super::alone::Happened;
use super::happenings;
use super::ledger::Ledger;
use super::network::{APART_M, TALKGROUPS, USUAL, network};
use super::services::Services;
use crate::support::assert_at_rest;
use crate::watch::Watch;

const TROUBLE_S: u64 = 60;
/// A pause before a registration that failed is up to 20 s, and there is a hunt before it.
const HEALING: Span = Span::from_secs(60);
/// A radio whose emergency was cleared while it could not hear says it again, and is answered: 30 s, and the accesses.
const CLEARED_ANEW: Span = Span::from_secs(35);
/// In a spurt of this length even a listener that missed the grant hears something.
const SPURT_FRAMES: usize = 150;

/// Longer than a press waits for its permit when all is well, be it that its control channel moves twice meanwhile.
const PERMIT_MAX: Span = Span::from_secs(12);

/// What happens in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Calls, messages and faults.
    Calls,
    /// Orders for radios, rights and identities as well.
    Services,
    /// More breaks, and sites may serve alone.
    Faults,
}

/// Each of a site's carriers, and the second slot of each, which is the first where it has one.
fn parts_of(site: &SiteProvision) -> Vec<PlantPart> {
    let slot = SlotNumber::new(u8::from(site.profile.profile().slots > 1));
    let parts = |carrier: &CarrierNumber| [None, slot].map(|slot| PlantPart { carrier: *carrier, slot });
    site.carriers.iter().flat_map(parts).collect()
}

/// The slots of a site's control channel and of its candidates.
fn controls_of(site: &SiteProvision) -> Vec<PlantPart> {
    let slots = std::iter::once(site.control).chain(site.control_candidates.iter().copied());
    slots.map(|at| PlantPart { carrier: at.carrier, slot: Some(at.slot) }).collect()
}

pub struct Trouble {
    family: Family,
    world: World,
    watch: Watch,
    chance: Chance,
    sites: Vec<SiteId>,
    pub(super) units: Vec<UnitId>,
    clones: Vec<UnitId>,
    /// Units whose identity another radio has as well.
    cloned: BTreeSet<UnitId>,
    /// Units that are out of use for good when all is calm again: they are none of `units` any more.
    pub(super) killed: BTreeSet<UnitId>,
    dead: BTreeSet<SiteId>,
    cut: BTreeSet<SiteId>,
    /// Carriers of each site, and one slot of each: what may break.
    parts: BTreeMap<SiteId, Vec<PlantPart>>,
    controls: BTreeMap<SiteId, Vec<PlantPart>>,
    broken: BTreeSet<(SiteId, PlantPart)>,
    disk_is_full: bool,
    controller_runs: bool,
    /// Controllers that were started.
    terms: u32,
    /// Whether the database was lost: radios know more of what they were ordered.
    pub(super) is_anew: bool,
    ledger: Ledger,
    /// In a world of services.
    services: Option<Services>,
    /// Whether the story tells what was seen as well, beside what was done.
    tells_all: bool,
    story: String,
}

/// What happenings ask.
impl Trouble {
    pub fn below(&mut self, limit: usize) -> usize {
        self.chance.number() as usize % limit
    }

    pub fn a_unit(&mut self) -> UnitId {
        let index = self.below(self.units.len());
        self.units[index]
    }

    /// The first, if any, that rings.
    pub fn a_ringing_unit(&self) -> Option<UnitId> {
        self.units.iter().copied().find(|unit| self.view(*unit).rung_by.is_some())
    }

    pub fn a_site(&mut self) -> SiteId {
        let index = self.below(self.sites.len());
        self.sites[index]
    }

    /// The first, if any, that shows to be stunned.
    pub fn a_stunned_unit(&self) -> Option<UnitId> {
        self.units.iter().copied().find(|unit| self.view(*unit).condition == Condition::Stunned)
    }

    /// The first, if any, whose selector is set from afar.
    pub fn a_regrouped_unit(&self) -> Option<UnitId> {
        self.units.iter().copied().find(|unit| self.view(*unit).regrouped.is_some())
    }

    /// How many units are killed, or are to be.
    pub fn killed_units(&self) -> usize {
        let shown = self.shown_units();
        let is_to_be = |unit: UnitId| {
            let pending = shown.iter().filter(|shown| shown.unit == unit).flat_map(|shown| &shown.pending);
            pending.into_iter().any(|pending| pending.of_radio == RadioOrder::Kill {})
        };
        let is_killed = |unit: UnitId| self.view(unit).condition == Condition::Killed;
        self.units.iter().filter(|unit| is_to_be(**unit) || is_killed(**unit)).count()
    }

    pub fn clones(&self) -> &[UnitId] {
        &self.clones
    }

    pub fn is_cloned(&self, unit: UnitId) -> bool {
        self.cloned.contains(&unit)
    }

    pub const fn family(&self) -> Family {
        self.family
    }

    pub const fn sites(&self) -> usize {
        self.sites.len()
    }

    pub fn is_cut(&self, site: SiteId) -> bool {
        self.cut.contains(&site)
    }

    pub fn is_dead(&self, site: SiteId) -> bool {
        self.dead.contains(&site)
    }

    /// What may break at a site.
    pub fn parts_of(&self, site: SiteId) -> Vec<PlantPart> {
        self.parts[&site].clone()
    }

    /// Where a site's control channel may be.
    pub fn controls_of(&self, site: SiteId) -> Vec<PlantPart> {
        self.controls[&site].clone()
    }

    /// What is broken.
    pub fn broken(&self) -> Vec<(SiteId, PlantPart)> {
        self.broken.iter().copied().collect()
    }

    pub const fn disk_is_full(&self) -> bool {
        self.disk_is_full
    }

    pub const fn controller_runs(&self) -> bool {
        self.controller_runs
    }

    /// Has it done, and writes it down.
    pub fn does(&mut self, deed: Deed) {
        let shown = if let Deed::User(unit, Input::Speech(frames)) = &deed {
            format!("{unit} speaks {} frames", frames.len())
        } else if let Deed::OperatorSpeaks(frames) = &deed {
            format!("the operator speaks {} frames", frames.len())
        } else {
            format!("{deed:?}")
        };
        self.reckon();
        writeln!(self.story, "{} {shown}", self.world.now()).unwrap();
        self.note(&deed);
        if self.services.is_none() {
            return self.world.perform(deed);
        }
        let is_start = matches!(deed, Deed::StartController | Deed::StartControllerAnew);
        let (is_end, is_anew) = (deed == Deed::StopController, deed == Deed::StartControllerAnew);
        self.world.perform(deed);
        if is_start {
            let (now, units) = (self.now(), self.shown_units());
            self.services_mut().begin_term(now, &units, is_anew);
            self.terms = self.world.terms();
        } else if is_end {
            self.reckon();
            self.services_mut().orders.has_closed();
        }
    }
}

impl Trouble {
    pub fn new(seed: u64, family: Family) -> Self {
        Self::with_table(seed, family, &STANDARD)
    }

    /// With a controller that goes by another table of call states.
    pub fn with_table(seed: u64, family: Family, table: &'static CallTable) -> Self {
        let scenario = network(seed, family);
        let weather = if seed.is_multiple_of(2) { Weather::CALM } else { Weather::ROUGH };
        let rules = Rules { calls: table, ..Rules::default() };
        let mut world = World::with_rules(plan(scenario.provision()), weather, seed, rules);
        world.watch_each_step();
        let radios = &scenario.provision().units;
        let clones = || radios.iter().filter(|radio| radio.owner != radio.unit);
        let services = (family == Family::Services).then(|| {
            // Stores take their time in various ways.
            let wait = Span::from_millis([1, 30, 400][usize::try_from(seed / 2 % 3).unwrap()]);
            world.store_works(if seed % 5 < 2 { StoreHabit::Slow(wait) } else { StoreHabit::Silent(wait) });
            Services::new(radios.iter().map(|radio| (radio.unit, radio.owner)).collect(), wait)
        });
        Self {
            family,
            services,
            is_anew: false,
            terms: world.terms(),
            cloned: clones().map(|clone| clone.owner).collect(),
            clones: clones().map(|clone| clone.unit).collect(),
            units: radios.iter().filter(|radio| radio.owner == radio.unit).map(|radio| radio.unit).collect(),
            world,
            watch: Watch::default(),
            chance: Chance::new(seed, 77),
            sites: scenario.provision().sites.iter().map(|site| site.site).collect(),
            killed: BTreeSet::new(),
            dead: BTreeSet::new(),
            cut: BTreeSet::new(),
            parts: scenario.provision().sites.iter().map(|site| (site.site, parts_of(site))).collect(),
            controls: scenario.provision().sites.iter().map(|site| (site.site, controls_of(site))).collect(),
            broken: BTreeSet::new(),
            disk_is_full: false,
            controller_runs: true,
            ledger: Ledger::default(),
            tells_all: false,
            story: String::new(),
        }
    }

    /// The story is to tell all: it is long then.
    pub fn tell_all(&mut self) {
        self.tells_all = true;
    }

    pub fn now(&self) -> Moment {
        self.world.now()
    }

    pub fn story(&self) -> &str {
        &self.story
    }

    /// What became of this world, as short as possible.
    pub fn digest(&self) -> (u64, Traffic) {
        (self.world.controller().unwrap().digest(), self.world.traffic())
    }

    /// How often the want of each right was why a request was refused.
    pub fn refused_for_want_of_a_right(&self) -> BTreeMap<Service, u32> {
        let refused = self.services.as_ref().map(|services| services.rights.refused().clone());
        let mut refused = refused.unwrap_or_default();
        refused.retain(|_, count| *count > 0);
        refused
    }

    /// What happened at sites that served alone, and how often.
    pub fn happened_alone(&self) -> Happened {
        self.ledger.alone.happened().clone()
    }

    pub(super) fn services_mut(&mut self) -> &mut Services {
        self.services.as_mut().expect("a world of services")
    }

    /// What operators are shown of units that are not as usual.
    pub(super) fn shown_units(&self) -> Vec<UnitView> {
        self.world.controller().map_or(Vec::new(), |core| core.snapshot(self.world.now()).units)
    }

    pub(super) fn view(&self, unit: UnitId) -> HandsetView {
        self.world.handset(unit).unwrap().state()
    }

    /// What a deed changes in what we know of the world.
    fn note(&mut self, deed: &Deed) {
        self.note_services(deed);
        match deed {
            Deed::Vanish(unit) => {
                self.watch.gone.insert(*unit);
                self.watch.forget(*unit);
            }
            Deed::User(unit, Input::PowerOn) => _ = self.watch.gone.remove(unit),
            Deed::CutLink(site) => _ = self.cut.insert(*site),
            Deed::MendLink(site) => _ = self.cut.remove(site),
            Deed::Plant { site, part, broken: true } => _ = self.broken.insert((*site, *part)),
            Deed::Plant { site, part, broken: false } => _ = self.broken.remove(&(*site, *part)),
            Deed::SetDisk { full } => self.disk_is_full = *full,
            Deed::KillStation(site) => _ = self.dead.insert(*site),
            Deed::StartStation(site) => _ = self.dead.remove(site),
            Deed::KillController | Deed::StopController => self.controller_runs = false,
            Deed::StartController | Deed::StartControllerAnew => {
                self.ledger.begin_term();
                self.controller_runs = true;
            }
            Deed::User(..)
            | Deed::Order(_)
            | Deed::Reconfigure(_)
            | Deed::OperatorSpeaks(_)
            | Deed::OperatorFallsSilent
            | Deed::TellLoad(_)
            | Deed::TellRecords
            | Deed::Place(..)
            | Deed::LoseVoicePacket { .. }
            | Deed::LoseTalkEnd(_) => {}
        }
    }

    fn note_services(&mut self, deed: &Deed) {
        let now = self.now();
        let user = if let Deed::User(unit, _) = deed { Some(*unit) } else { None };
        let is_on =
            user.is_some_and(|unit| !self.watch.gone.contains(&unit) && self.view(unit).phase != Phase::Off);
        self.is_anew |= *deed == Deed::StartControllerAnew;
        let Some(services) = &mut self.services else { return };
        services.shown.does(deed, now, is_on);
        if let (Deed::Order(order), true) = (deed, self.controller_runs) {
            services.orders.asked(self.world.orders_given() + 1, order.clone(), now);
        }
    }

    pub(super) fn passes(&mut self, span: Span) {
        let end = self.world.now() + span;
        while self.world.now() < end {
            self.world.run_until(end.min(self.world.now() + Span::from_secs(1)));
            self.reckon();
            self.watch.check(&self.world);
        }
    }

    /// What was seen and kept since the last time.
    fn reckon(&mut self) {
        let terms = std::mem::replace(&mut self.terms, self.world.terms());
        if let Some(services) = self.services.as_mut().filter(|_| terms != self.terms) {
            services.is_unsure();
        }
        for item in self.world.take_reports() {
            self.ledger.alone.write(item);
        }
        let mut kept = self.world.take_records().into_iter().peekable();
        for (count, observed) in self.world.take_observed().into_iter().enumerate() {
            while let Some((_, item)) = kept.next_if(|(before, _)| *before <= count) {
                self.keep(&item);
            }
            self.watch.see(&observed);
            if self.tells_all {
                writeln!(self.story, "{}   {:?}", observed.at, observed.what).unwrap();
            }
            if let Sight::Controller(event) = &observed.what {
                self.ledger.see(event);
            } else if let Sight::Station(_, event) = &observed.what {
                self.ledger.alone.see(event);
            } else if let Sight::ToSite(_, _, order) = &observed.what {
                self.ledger.alone.see_order(order);
            }
            if let Some(services) = &mut self.services {
                services.see(&observed);
            }
        }
        for (_, item) in kept {
            self.keep(&item);
        }
        if self.services.is_some() {
            let units = self.controller_runs.then(|| self.shown_units());
            let now = self.world.now();
            self.services_mut().at(now, units.as_deref());
        }
        if self.controller_runs {
            self.ledger.at(self.world.now());
        }
    }

    fn keep(&mut self, item: &StoreItem) {
        self.ledger.keep(item);
        if let Some(services) = &mut self.services {
            services.keep(item);
        }
    }

    fn home(&self, index: usize) -> Position {
        let site = (index + 1) % self.sites.len();
        let east_m = i32::try_from(APART_M as usize * site + 1_000).unwrap();
        Position { east_m, north_m: 0 }
    }

    /// Lives through a minute of trouble, is mended, and is found well.
    pub fn is_lived_through(&mut self, talkers: usize) {
        for unit in self.units.clone() {
            self.does(Deed::User(unit, Input::PowerOn));
        }
        self.passes(Span::from_secs(12));
        let end = self.world.now() + Span::from_secs(TROUBLE_S);
        while self.world.now() < end {
            happenings::one(self);
            let pause = 50 + self.below(1_200);
            self.passes(Span::from_millis(u64::try_from(pause).unwrap()));
        }
        self.heals();
        if self.family == Family::Services {
            self.services_are_over();
        }
        self.is_well();
        let first = self.below(self.units.len());
        for step in 0..talkers {
            let talker = self.units[(first + step) % self.units.len()];
            self.is_heard(talker);
        }
    }

    fn heals(&mut self) {
        if !self.controller_runs {
            self.does(Deed::StartController);
        }
        for site in self.cut.clone() {
            self.does(Deed::MendLink(site));
        }
        for site in self.dead.clone() {
            self.does(Deed::StartStation(site));
        }
        for (site, part) in self.broken() {
            self.does(Deed::Plant { site, part, broken: false });
        }
        if self.disk_is_full {
            self.does(Deed::SetDisk { full: false });
        }
        self.does(Deed::Order(Order::EndTalk {}));
        for talkgroup in TALKGROUPS {
            self.does(Deed::Order(Order::UndoPatch { talkgroup: TalkgroupId::new(talkgroup).unwrap() }));
        }
        for (index, unit) in self.units.clone().into_iter().enumerate() {
            let selected = TalkgroupId::new(USUAL[index % USUAL.len()]).unwrap();
            self.does(Deed::Place(unit, self.home(index)));
            self.does(Deed::User(unit, Input::HangUp));
            self.does(Deed::User(unit, Input::ReleasePtt));
            self.does(Deed::User(unit, Input::PowerOn));
            self.does(Deed::User(unit, Input::Scan { on: false }));
            self.does(Deed::User(unit, Input::Select(selected)));
        }
        self.passes(HEALING);
        if self.family == Family::Services {
            self.services_agree();
            self.services_are_restored();
        }
        self.clears_emergencies();
        self.passes(CLEARED_ANEW);
        self.clears_emergencies();
        self.passes(CLEARED_ANEW);
    }

    pub(super) fn select_usual(&mut self) {
        for (index, unit) in self.units.clone().into_iter().enumerate() {
            let selected = TalkgroupId::new(USUAL[index % USUAL.len()]).unwrap();
            self.does(Deed::User(unit, Input::Select(selected)));
        }
    }

    fn clears_emergencies(&mut self) {
        for unit in self.units.iter().chain(&self.killed).copied().collect::<Vec<_>>() {
            self.does(Deed::Order(Order::ClearEmergency { unit }));
        }
    }

    fn is_well(&mut self) {
        assert_at_rest(&self.world, &self.sites, self.units.iter().copied());
        for unit in &self.units {
            let view = self.view(*unit);
            assert_eq!(view.phase, Phase::Idle, "unit {unit} is {}", view.phase.text());
            assert_eq!(view.affiliated, Some(view.selected), "unit {unit}");
        }
        self.ledger.is_settled();
        let controller = self.world.controller().unwrap();
        assert_eq!(self.ledger.records.used(), controller.channel_time_used(), "the records of the term");
        let snapshot = controller.snapshot(self.world.now());
        let affiliated: u32 = snapshot.talkgroups.iter().map(|talkgroup| talkgroup.affiliated).sum();
        assert_eq!(usize::try_from(affiliated).unwrap(), self.units.len(), "who is affiliated");
        assert!(snapshot.patches.is_empty(), "still joined: {:?}", snapshot.patches);
        assert!(snapshot.emergencies.is_empty(), "never cleared: {:?}", snapshot.emergencies);
    }

    fn is_heard(&mut self, talker: UnitId) {
        self.world.take_heard();
        self.does(Deed::User(talker, Input::SelectArea(Some(AreaChoice::Wide))));
        self.does(Deed::User(talker, Input::PressPtt { kind: RequestKind::Normal }));
        // A control channel that moves in just this moment costs a search.
        let patience = self.world.now() + PERMIT_MAX;
        while self.view(talker).phase != Phase::Talking && self.world.now() < patience {
            self.passes(Span::from_millis(100));
        }
        self.does(Deed::User(talker, Input::Speech(vec![[7; 8]; SPURT_FRAMES])));
        self.passes(Span::from_secs(4));
        self.does(Deed::User(talker, Input::ReleasePtt));
        self.passes(Span::from_secs(4));
        let heard: BTreeSet<UnitId> = self
            .world
            .take_heard()
            .into_iter()
            .filter(|heard| heard.talker == talker)
            .map(|heard| heard.unit)
            .collect();
        let selected = self.view(talker).selected;
        let others = self.units.iter().copied().filter(|unit| *unit != talker);
        let members: BTreeSet<UnitId> = others.filter(|unit| self.view(*unit).selected == selected).collect();
        assert_eq!(heard, members, "who heard unit {talker}");
    }
}
