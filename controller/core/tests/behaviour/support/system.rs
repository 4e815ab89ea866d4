//! A controller with its surroundings.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use trunklab_controller_core::Controller;
use trunklab_controller_core::charging::steps_of;
use trunklab_controller_core::config::{Change, ServiceArea, SystemParameters, Talkgroup};
use trunklab_controller_core::configuration::Configuration;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{CallRecord, Output, StoreItem};
use trunklab_protocol::from_site::{self, FromSite, HeldCall, HeldRadio};
use trunklab_protocol::operator::{Authority, ConsoleName, Order};
use trunklab_protocol::proof::Challenge;
use trunklab_protocol::switch::ToSwitch;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{
    AreaChoice, CallId, Cause, Epoch, Identity, Imei, Incarnation, Moment, OrderNumber, Priority, SiteId,
    Span, SpurtId, UnitId,
};

use super::log::line;
use super::unit::Unit;
use super::{area, site, site_config, subscriber, talkgroup, unit};

/// A controller with its surroundings.
pub struct System {
    pub controller: Controller,
    pub now: Moment,
    /// What the last thing that happened caused, one line for each output.
    pub log: Vec<String>,
    /// Closed records, in order.
    pub records: Vec<CallRecord>,
    /// Open records, each brought up to date by what operators were told.
    pub open: BTreeMap<CallId, CallRecord>,
    pub outputs: Vec<Output>,
    pub(super) presses: BTreeMap<UnitId, u16>,
    /// What was chosen of the selectors of the service area.
    pub(super) areas: BTreeMap<UnitId, AreaChoice>,
    pub(super) at: BTreeMap<UnitId, SiteId>,
    /// How each unit named itself and its equipment when it last asked to register.
    pub(super) named: BTreeMap<UnitId, (Identity, Option<Imei>)>,
    pub(super) floors: BTreeMap<UnitId, (CallId, SpurtId)>,
    pub challenges: BTreeMap<Identity, Challenge>,
    /// The order that each radio was told of last.
    pub orders: BTreeMap<UnitId, OrderNumber>,
    pub(super) parameters: SystemParameters,
    /// The store has not kept the audit trail yet; otherwise it does so at once.
    pub holds_audit: bool,
}

impl System {
    /// A controller in its first term. Sites may be silent for long: a test says what it tests.
    pub fn new() -> Self {
        Self::with_controller(Controller::new())
    }

    /// The same with a controller that goes by other rules.
    pub fn with_controller(controller: Controller) -> Self {
        let mut system = Self::around(controller);
        system.starts(1);
        system
    }

    pub fn before_its_first_term() -> Self {
        Self::around(Controller::new())
    }

    fn around(controller: Controller) -> Self {
        let parameters = SystemParameters {
            site_silence_ms_max: 86_400_000,
            heartbeat_ms: 60_000,
            ..SystemParameters::default()
        };
        let mut system = Self {
            controller,
            now: Moment::ORIGIN,
            log: Vec::new(),
            records: Vec::new(),
            open: BTreeMap::new(),
            outputs: Vec::new(),
            presses: BTreeMap::new(),
            areas: BTreeMap::new(),
            at: BTreeMap::new(),
            named: BTreeMap::new(),
            floors: BTreeMap::new(),
            challenges: BTreeMap::new(),
            orders: BTreeMap::new(),
            parameters,
            holds_audit: false,
        };
        system.with(|_| {});
        system
    }

    pub fn starts(&mut self, epoch: u32) {
        self.input(Input::Started { epoch: Epoch::new(epoch).unwrap(), entropy: [epoch as u8; 32] });
    }

    /// Changes parameters of the whole system.
    pub fn with(&mut self, change: impl FnOnce(&mut SystemParameters)) {
        change(&mut self.parameters);
        self.provision(Change::System(self.parameters.clone()));
    }

    pub fn provision(&mut self, change: Change) {
        self.input(Input::Provision(change));
    }

    /// A site in service, with traffic channels 2, 3 and so on.
    pub fn has_site(&mut self, number: u16, channels: u16) {
        self.provision(Change::Site(site_config(number, channels)));
        self.connects(number, 1, &[], &[]);
    }

    /// A talkgroup with a hang time of three seconds.
    pub fn has_talkgroup(&mut self, number: u16) {
        self.has_talkgroup_with(number, 5, Some(3_000));
    }

    pub fn has_talkgroup_with(&mut self, number: u16, priority: u8, hang_time_ms: Option<u32>) {
        let priority = Priority::new(priority).unwrap();
        self.has_talkgroup_as(number, |talkgroup| {
            (talkgroup.priority, talkgroup.hang_time_ms) = (priority, hang_time_ms);
        });
    }

    /// A talkgroup with the usual policies but for what is changed.
    pub fn has_talkgroup_as(&mut self, number: u16, change: impl FnOnce(&mut Talkgroup)) {
        let mut config = Talkgroup::named(talkgroup(number), format!("Talkgroup {number}"));
        change(&mut config);
        self.provision(Change::Talkgroup(config));
    }

    /// A service area with these sites.
    pub fn has_area(&mut self, number: u16, sites: &[u16]) {
        let sites = sites.iter().map(|number| site(*number)).collect();
        self.provision(Change::Area(ServiceArea {
            area: area(number),
            name: format!("Area {number}"),
            sites,
        }));
    }

    /// Subscribers that are members of a talkgroup, registered at a site and affiliated.
    pub fn has_units_at(&mut self, number: u16, units: &[u32], talkgroup: u16) {
        for one in units {
            self.provision(Change::Subscriber(subscriber(*one, &[talkgroup])));
            self.unit(*one).registers_at(number, Some(talkgroup));
        }
    }

    /// Site 3 and site 5 with channels each, talkgroup 41, units 1017 at 3 and 1018 at 5.
    pub fn with_two_sites(channels: u16) -> Self {
        let mut system = Self::new();
        system.has_site(3, channels);
        system.has_site(5, channels);
        system.has_talkgroup(41);
        system.has_units_at(3, &[1017], 41);
        system.has_units_at(5, &[1018], 41);
        system
    }

    pub fn unit(&mut self, number: u32) -> Unit<'_> {
        Unit { system: self, unit: unit(number) }
    }

    /// A site's link stands, it greets and reports.
    pub fn connects(&mut self, number: u16, incarnation: u32, radios: &[HeldRadio], calls: &[HeldCall]) {
        let mut log = Vec::new();
        self.input(Input::SiteConnected { site: site(number) });
        log.append(&mut self.log);
        self.greets(number, incarnation);
        log.append(&mut self.log);
        self.from_site(number, from_site::InventoryRadios { radios: radios.to_vec() });
        log.append(&mut self.log);
        self.from_site(number, from_site::InventoryCalls { calls: calls.to_vec() });
        log.append(&mut self.log);
        self.from_site(number, from_site::InventoryEnd {});
        log.append(&mut self.log);
        self.log = log;
    }

    pub fn greets(&mut self, number: u16, incarnation: u32) {
        self.greets_having_obeyed(number, incarnation, 0);
    }

    /// A site greets that has obeyed some controller before.
    pub fn greets_having_obeyed(&mut self, number: u16, incarnation: u32, newest_epoch: u32) {
        let hello = from_site::Hello {
            incarnation: Incarnation::new(incarnation).unwrap(),
            newest_epoch: Epoch::new(newest_epoch).unwrap(),
            voice_address: SocketAddr::from(([127, 0, 0, 1], 4_000 + number)),
            controls: Vec::new(),
        };
        self.from_site(number, hello);
    }

    /// A console orders something, and the store keeps what is to last.
    pub fn console(&mut self, order: Order) {
        self.console_without_store(order);
        let asked = self.outputs.iter().find_map(|output| match output {
            Output::Store {
                id,
                item:
                    StoreItem::Patched(_)
                    | StoreItem::Unpatched(_)
                    | StoreItem::Remote(_)
                    | StoreItem::Rights { .. },
            } => Some(*id),
            _ => None,
        });
        let Some(id) = asked else { return };
        self.stores(id);
    }

    /// The store has kept it.
    fn stores(&mut self, id: u64) {
        let said = std::mem::take(&mut self.log);
        self.input(Input::Stored { id });
        self.log.splice(0..0, said);
    }

    /// The request to the store that the last thing that happened has made about remote control.
    pub fn remote_asked(&self) -> Option<u64> {
        self.outputs.iter().find_map(|output| match output {
            Output::Store { id, item: StoreItem::Remote(_) | StoreItem::Rights { .. } } => Some(*id),
            _ => None,
        })
    }

    /// The store keeps what is to last about remote control, where that was asked for.
    pub fn remote_stored(&mut self) {
        if let Some(id) = self.remote_asked() {
            self.stores(id);
        }
    }

    /// A console orders something, and the store has not answered yet.
    pub fn console_without_store(&mut self, order: Order) {
        self.input(Input::Order { id: 7, by: Authority::own_process(ConsoleName::new("desk")), order });
    }

    /// An administrator changes the configuration, and the store keeps it.
    pub fn configures(&mut self, change: impl FnOnce(&mut Configuration)) {
        self.configures_without_store(change);
        let asked = self.outputs.iter().find_map(|output| match output {
            Output::Store { id, item: StoreItem::Configured(_) } => Some(*id),
            _ => None,
        });
        let Some(id) = asked else { return };
        let said = std::mem::take(&mut self.log);
        self.input(Input::Stored { id });
        self.log.splice(0..0, said);
    }

    /// An administrator changes the configuration, and the store has not answered yet.
    pub fn configures_without_store(&mut self, change: impl FnOnce(&mut Configuration)) {
        let (base, mut configuration) = self.controller.configuration();
        change(&mut configuration);
        let by = Authority::own_process(ConsoleName::new("desk"));
        self.input(Input::Configure { id: 7, by, base, configuration: Box::new(configuration) });
    }

    pub fn loses_site(&mut self, number: u16) {
        self.input(Input::SiteDisconnected { site: site(number), cause: Cause::LinkLost });
    }

    pub fn from_site(&mut self, number: u16, message: impl Into<FromSite>) {
        self.input(Input::FromSite { site: site(number), message: message.into() });
    }

    /// Time passes, with nothing happening but what was due.
    pub fn after_ms(&mut self, millis: u64) -> &mut Self {
        self.now += Span::from_millis(millis);
        self.input(Input::Time);
        self
    }

    pub fn input(&mut self, input: Input) {
        let (mut said, mut inputs) = (Vec::new(), VecDeque::from([input]));
        while let Some(input) = inputs.pop_front() {
            let mut out = Vec::new();
            self.controller.handle(self.now, input, &mut out);
            self.controller.assert_invariants();
            let kept = |output: &Output| match output {
                Output::Store { id, item: StoreItem::Audit(_) } => Some(Input::Stored { id: *id }),
                _ => None,
            };
            inputs.extend(out.iter().filter_map(kept).filter(|_| !self.holds_audit));
            said.append(&mut out);
        }
        self.log.clear();
        for output in &said {
            self.notice(output);
            self.log.extend(line(output));
        }
        self.outputs = said;
    }

    /// Asserts that the last thing that happened caused this line.
    #[track_caller]
    pub fn expect(&self, line: &str) -> &Self {
        assert!(
            self.log.iter().any(|said| said == line),
            "expected\n  {line}\nin\n  {}",
            self.log.join("\n  ")
        );
        self
    }

    /// Asserts that no line has these words.
    #[track_caller]
    pub fn expect_no(&self, words: &str) -> &Self {
        assert!(
            !self.log.iter().any(|said| said.contains(words)),
            "unexpected {words} in\n  {}",
            self.log.join("\n  ")
        );
        self
    }

    /// Asserts all that sites were told by the last thing that happened.
    #[track_caller]
    pub fn expect_sites_hear(&self, lines: &[&str]) -> &Self {
        let heard: Vec<_> = self.log.iter().filter(|said| said.starts_with("site ")).collect();
        assert_eq!(heard, lines, "all:\n  {}", self.log.join("\n  "));
        self
    }

    /// The spurt of this count that the switch was told of.
    pub fn spurt(&self, count: u32) -> SpurtId {
        let opened = self.outputs.iter().filter_map(|output| match output {
            Output::ToSwitch(ToSwitch::Open(open)) => Some(open.spurt),
            _ => None,
        });
        opened.into_iter().find(|spurt| spurt.number() & 0xFFFF == count).unwrap()
    }

    /// The call and spurt that a unit was granted last.
    pub fn grant_of(&self, number: u32) -> (CallId, SpurtId) {
        self.floors[&unit(number)]
    }

    fn notice(&mut self, output: &Output) {
        match output {
            Output::ToSite { message: ToSite::Assert(assert), .. } => {
                if let Some(talker) = assert.talker {
                    self.floors.insert(talker.unit, (assert.call, talker.spurt));
                }
            }
            Output::ToSite { message: ToSite::RadioOrder(order), .. } => {
                self.orders.insert(order.unit, order.number);
            }
            Output::ToSite { message: ToSite::Challenge(message), .. } => {
                self.challenges.insert(message.identity, message.challenge);
            }
            Output::Store { item: StoreItem::CallOpened(record), .. } => {
                self.open.insert(record.call, CallRecord::clone(record));
            }
            Output::Event(event) => {
                for (call, step) in steps_of(&event.kind) {
                    self.open.get_mut(&call).expect("a step of an open record").follow(event.at, &step);
                }
            }
            Output::Store { item: StoreItem::CallClosed(record), .. } => {
                let mut followed = self.open.remove(&record.call).expect("a record closes that was opened");
                let released = record.released.expect("a closed record has its end");
                followed.slots_given_back(released.0);
                // A full duplex call is shut and closed in one go.
                followed.spurts_ended(released.0, released.1);
                assert_eq!(CallRecord { released: record.released, ..followed }, **record);
                self.records.push(CallRecord::clone(record))
            }
            _ => {}
        }
    }
}
