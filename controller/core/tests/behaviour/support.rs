//! A network on paper: sites and units that say what a test tells them to, and a log of all that the core answers.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use trunklab_controller_core::Controller;
use trunklab_controller_core::config::{
    Change, ServiceArea, SiteConfig, Subscriber, SystemParameters, Talkgroup,
};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{CallRecord, Output, StoreItem};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{self, FromSite, HeldCall, HeldRadio};
use trunklab_protocol::operator::{ConsoleName, EventKind, Order, TalkWord};
use trunklab_protocol::proof::{Challenge, Response, UnitKey};
use trunklab_protocol::switch::ToSwitch;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{
    AreaChoice, AreaId, CallId, CallSetup, CarrierNumber, Cause, Demand, Epoch, Identity, Imei, Imsi,
    Incarnation, Moment, NodeId, PageReply, Press, Priority, ProfileId, ScanList, SiteId, SlotAddress,
    SlotNumber, Span, SpurtId, TalkgroupId, Tmsi, UnitId,
};

/// A controller with its surroundings.
pub struct System {
    pub controller: Controller,
    pub now: Moment,
    /// What the last thing that happened caused, one line for each output.
    pub log: Vec<String>,
    /// Closed records, in order.
    pub records: Vec<CallRecord>,
    pub outputs: Vec<Output>,
    presses: BTreeMap<UnitId, u16>,
    /// What was chosen of the selectors of the service area.
    areas: BTreeMap<UnitId, AreaChoice>,
    at: BTreeMap<UnitId, SiteId>,
    floors: BTreeMap<UnitId, (CallId, SpurtId)>,
    pub challenges: BTreeMap<Identity, Challenge>,
    parameters: SystemParameters,
}

pub fn site(number: u16) -> SiteId {
    SiteId::new(number).unwrap()
}

pub fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

pub fn talkgroup(number: u16) -> TalkgroupId {
    TalkgroupId::new(number).unwrap()
}

pub fn area(number: u16) -> AreaId {
    AreaId::new(number).unwrap()
}

pub fn press(number: u16) -> Press {
    Press::new(number).unwrap()
}

/// A call of the controller's first term.
pub fn call(counter: u32) -> CallId {
    CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(1).unwrap(), counter }
}

/// A traffic channel of a test site: one for each carrier from 2.
pub fn channel(number: u16) -> SlotAddress {
    SlotAddress { carrier: CarrierNumber::new(number).unwrap(), slot: SlotNumber::new(0).unwrap() }
}

pub fn key(unit: UnitId) -> UnitKey {
    UnitKey::new([unit.number() as u8; 16])
}

pub fn imei(unit: UnitId) -> Imei {
    Imei::new(350_000_000_000_000 + u64::from(unit.number())).unwrap()
}

pub fn site_config(number: u16, channels: u16) -> SiteConfig {
    SiteConfig {
        carriers: (1..=channels + 1).map(|carrier| CarrierNumber::new(carrier).unwrap()).collect(),
        ..SiteConfig::new(site(number), ProfileId::P25p1, channel(1).carrier)
    }
}

pub fn subscriber(number: u32, talkgroups: &[u16]) -> Subscriber {
    Subscriber {
        imei: Some(imei(unit(number))),
        imsi: Imsi::new(260_000_000_000_000 + u64::from(number)),
        talkgroups: talkgroups.iter().map(|number| talkgroup(*number)).collect(),
        ..Subscriber::new(unit(number), key(unit(number)))
    }
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
            outputs: Vec::new(),
            presses: BTreeMap::new(),
            areas: BTreeMap::new(),
            at: BTreeMap::new(),
            floors: BTreeMap::new(),
            challenges: BTreeMap::new(),
            parameters,
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

    /// A console orders something.
    pub fn console(&mut self, order: Order) {
        self.input(Input::Order { id: 7, by: ConsoleName::new("desk"), order });
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
        let mut out = Vec::new();
        self.controller.handle(self.now, input, &mut out);
        self.controller.assert_invariants();
        self.log.clear();
        for output in &out {
            self.notice(output);
            self.log.extend(line(output));
        }
        self.outputs = out;
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
            Output::ToSite { message: ToSite::Challenge(message), .. } => {
                self.challenges.insert(message.identity, message.challenge);
            }
            Output::Store { item: StoreItem::CallClosed(record), .. } => {
                self.records.push(CallRecord::clone(record))
            }
            _ => {}
        }
    }
}

/// A unit of a [`System`].
pub struct Unit<'a> {
    system: &'a mut System,
    unit: UnitId,
}

impl Unit<'_> {
    /// Registers, answers the challenge, and affiliates.
    pub fn registers_at(&mut self, number: u16, affiliation: Option<u16>) {
        self.asks_to_register_at(number);
        self.answers_rightly(affiliation);
        self.system.expect(&format!("site {number} -> unit {} registered", self.unit));
    }

    pub fn asks_to_register_at(&mut self, number: u16) {
        let press = self.next_press();
        self.system.at.insert(self.unit, site(number));
        let identity = Identity::Imei(imei(self.unit));
        self.system.from_site(number, from_site::Register { identity, press });
    }

    pub fn answers_rightly(&mut self, affiliation: Option<u16>) {
        let challenge = self.system.challenges[&Identity::Imei(imei(self.unit))];
        self.answers(key(self.unit).answer(&challenge), affiliation);
    }

    pub fn answers(&mut self, response: Response, affiliation: Option<u16>) {
        let identity = Identity::Imei(imei(self.unit));
        let talkgroup = affiliation.map(talkgroup);
        let secondary = ScanList::default();
        self.says(from_site::Answer { identity, response, talkgroup, secondary });
    }

    pub fn affiliates_to(&mut self, number: u16) {
        let press = self.next_press();
        let secondary = ScanList::default();
        self.says(from_site::Affiliate { unit: self.unit, press, talkgroup: talkgroup(number), secondary });
    }

    /// Affiliates, and wants to hear others as well.
    pub fn affiliates_and_scans(&mut self, number: u16, others: &[u16]) {
        let press = self.next_press();
        let secondary = ScanList::new(others.iter().map(|other| talkgroup(*other))).unwrap();
        self.says(from_site::Affiliate { unit: self.unit, press, talkgroup: talkgroup(number), secondary });
    }

    pub fn is_switched_off(&mut self) {
        self.says(from_site::Detach { unit: self.unit });
    }

    /// Its calls are to be heard there from now on.
    pub fn selects_area(&mut self, choice: AreaChoice) -> &mut Self {
        self.system.areas.insert(self.unit, choice);
        self
    }

    /// Calls another unit, with its button down.
    pub fn calls(&mut self, number: u32) {
        self.next_press();
        self.repeats_its_call(number, CallSetup::Immediate);
    }

    /// Calls another unit, which is to ring.
    pub fn rings(&mut self, number: u32) {
        self.next_press();
        self.repeats_its_call(number, CallSetup::Ringing);
    }

    /// Calls another unit, which is to ring, to talk with it at once.
    pub fn rings_to_talk_at_once(&mut self, number: u32) {
        self.next_press();
        self.repeats_its_call(number, CallSetup::Duplex);
    }

    pub fn repeats_its_call(&mut self, number: u32, setup: CallSetup) {
        let press = self.last_press();
        self.says(from_site::UnitRequest { unit: self.unit, press, called: unit(number), setup });
    }

    /// Answers the last page of a caller.
    pub fn says_to_page_of(&mut self, caller: u32, reply: PageReply) {
        let page = self.system.presses.get(&unit(caller)).copied().map_or(press(0), press);
        self.says(from_site::PageAnswer { unit: self.unit, caller: unit(caller), page, reply });
    }

    pub fn hangs_up(&mut self, call: CallId) {
        self.says(from_site::HangUp { unit: self.unit, call });
    }

    pub fn presses_ptt(&mut self, number: u16) {
        self.next_press();
        self.repeats_its_request(number);
    }

    pub fn repeats_its_request(&mut self, number: u16) {
        self.requests(number, RequestKind::Normal);
    }

    pub fn presses_emergency(&mut self, number: u16) {
        self.next_press();
        self.requests(number, RequestKind::Emergency);
    }

    pub fn raises_the_alarm(&mut self) {
        self.next_press();
        self.repeats_its_alarm();
    }

    pub fn repeats_its_alarm(&mut self) {
        let press = self.last_press();
        self.says(from_site::Alarm { unit: self.unit, press });
    }

    pub fn cancels(&mut self) {
        let press = self.last_press();
        self.says(from_site::CallCancel { unit: self.unit, press });
    }

    /// The button comes up before the answer.
    pub fn releases_before_its_turn(&mut self) {
        let press = self.last_press();
        self.says(from_site::PttReleased { unit: self.unit, press });
    }

    /// Asks for the floor of a call.
    pub fn presses_ptt_in(&mut self, call: CallId) {
        self.next_press();
        self.repeats_its_press_in(call);
    }

    pub fn repeats_its_press_in(&mut self, call: CallId) {
        let press = self.last_press();
        self.says(from_site::FloorRequest { unit: self.unit, press, call, demand: Demand::Low });
    }

    /// Asks for the floor of a call more, or less, urgently.
    pub fn demands_the_floor_of(&mut self, call: CallId, demand: Demand) {
        self.next_press();
        let press = self.last_press();
        self.says(from_site::FloorRequest { unit: self.unit, press, call, demand });
    }

    /// Ends the spurt that it was granted last.
    pub fn releases_ptt(&mut self) {
        let (call, spurt) = self.system.floors[&self.unit];
        self.says(from_site::TalkEnd { unit: self.unit, call, spurt });
    }

    /// Its site no longer hears it.
    pub fn falls_silent(&mut self) {
        let (call, spurt) = self.system.floors[&self.unit];
        self.says(from_site::TalkerSilent { call, spurt });
    }

    /// It is to go to another site and wants to keep the floor.
    pub fn leaves_for(&mut self, number: u16) {
        let (call, spurt) = self.system.floors[&self.unit];
        self.says(from_site::TalkerLeaving { unit: self.unit, call, spurt, to: site(number) });
    }

    /// Where it is registered now, it asks to go on with its talk.
    pub fn goes_on_talking(&mut self) {
        self.next_press();
        self.asks_again_to_go_on();
    }

    pub fn asks_again_to_go_on(&mut self) {
        let (call, spurt) = self.system.floors[&self.unit];
        let press = self.last_press();
        self.says(from_site::Handover { unit: self.unit, press, call, spurt });
    }

    /// A site speaks for it, whether or not it is there.
    pub fn speaks_through(&mut self, number: u16) -> &mut Self {
        self.system.at.insert(self.unit, site(number));
        self
    }

    pub fn last_press(&self) -> Press {
        press(self.system.presses.get(&self.unit).copied().unwrap_or(0))
    }

    fn requests(&mut self, number: u16, kind: RequestKind) {
        let press = self.last_press();
        let area = self.system.areas.get(&self.unit).copied();
        self.says(from_site::CallRequest {
            unit: self.unit,
            press,
            talkgroup: talkgroup(number),
            kind,
            area,
        });
    }

    fn next_press(&mut self) -> Press {
        *self.system.presses.entry(self.unit).or_insert(0) += 1;
        self.last_press()
    }

    fn says(&mut self, message: impl Into<FromSite>) {
        let number = self.system.at[&self.unit].number();
        self.system.from_site(number, message);
    }
}

/// A radio in an inventory.
pub fn held_radio(number: u32, affiliation: Option<u16>) -> HeldRadio {
    let (tmsi, talkgroup) = (Tmsi::new(number).unwrap(), affiliation.map(talkgroup));
    HeldRadio { unit: unit(number), tmsi, talkgroup, secondary: ScanList::default() }
}

/// One output as a line of the radio log.
fn line(output: &Output) -> Option<String> {
    match output {
        Output::ToSite { site, message, .. } => Some(format!("site {site} -> {}", told(message))),
        Output::ToSwitch(message) => Some(format!("switch -> {}", routed(message))),
        Output::Store { item, .. } => Some(match item {
            StoreItem::CallOpened(record) => format!("store -> call {} opened", record.call),
            StoreItem::CallClosed(record) => format!("store -> call {} closed", record.call),
        }),
        Output::Event(event) => Some(format!("event: {}", happened(&event.kind))),
        Output::Ordered { outcome: Ok(()), .. } => Some("order carried out".into()),
        Output::Ordered { outcome: Err(cause), .. } => Some(format!("order not carried out: {cause}")),
        Output::ToConsole { console, word, .. } => Some(format!("{console} -> {}", spoken(word))),
        Output::WantEntropy => Some("entropy is wanted".into()),
        Output::WantNewTerm { site, above } => {
            Some(format!("a term above {above} is wanted for site {site}"))
        }
    }
}

fn told(message: &ToSite) -> String {
    match message {
        ToSite::Configure(configure) => format!("configured as {}", configure.settings.name),
        ToSite::Heartbeat(_) => "heartbeat".into(),
        ToSite::Close(close) => format!("closed: {}", close.cause),
        ToSite::Challenge(challenge) => format!("{} challenged", challenge.identity),
        ToSite::Registered(registered) => format!("unit {} registered", registered.unit),
        ToSite::RegisterRefused(refused) => format!("{} not registered: {}", refused.identity, refused.cause),
        ToSite::Affiliated(affiliated) => {
            format!("unit {} affiliated to {}", affiliated.unit, affiliated.talkgroup)
        }
        ToSite::Refused(refused) => format!("unit {} refused: {}", refused.unit, refused.cause),
        ToSite::Queued(queued) => format!("unit {} waits, position {}", queued.unit, queued.position),
        ToSite::EmergencyStatus(word) => format!("unit {}: emergency {:?}", word.unit, word.stage),
        ToSite::CallBack(word) => format!("unit {} called back", word.unit),
        ToSite::Page(page) => format!("unit {} paged for unit {}", page.unit, page.caller),
        ToSite::Ringing(ringing) => format!("unit {} told that it rings", ringing.unit),
        ToSite::PageOver(over) => {
            format!("unit {} no longer called by unit {}: {}", over.unit, over.caller, over.cause)
        }
        ToSite::Deregister(deregister) => {
            format!("unit {} deregistered: {}", deregister.unit, deregister.cause)
        }
        ToSite::Assert(assert) => {
            let who = match assert.talker {
                Some(talker) if assert.talker_is_here => format!("talker {} here", talker.unit),
                Some(talker) => format!("talker {}", talker.unit),
                None => match assert.duplex {
                    Some(sides) => format!("unit {} at once with {}", sides.near.unit, sides.far.unit),
                    None => "no talker".into(),
                },
            };
            let emergency = if assert.emergency { ", emergency" } else { "" };
            format!("call {}, channel {}, {who}{emergency}", assert.call, assert.at.carrier)
        }
        ToSite::Release(release) => format!("call {} released: {}", release.call, release.cause),
        ToSite::FloorQueued(queued) => {
            format!(
                "unit {} waits for the floor of call {}, place {}",
                queued.unit, queued.call, queued.position
            )
        }
        ToSite::TalkWarning(warning) => {
            format!("unit {} has {} ms left in call {}", warning.unit, warning.left_ms, warning.call)
        }
        ToSite::FloorWithdrawn(withdrawn) => {
            format!("unit {} loses the floor of call {}: {}", withdrawn.unit, withdrawn.call, withdrawn.cause)
        }
        ToSite::FloorRefused(refused) => {
            format!("unit {} not given the floor of call {}: {}", refused.unit, refused.call, refused.cause)
        }
    }
}

fn spoken(word: &TalkWord) -> String {
    match word {
        TalkWord::Queued { position } => format!("waits, position {position}"),
        TalkWord::Granted { call, .. } => format!("may talk in call {call}"),
        TalkWord::Warning { left_ms } => format!("has {left_ms} ms left"),
        TalkWord::Refused { cause } => format!("refused: {cause}"),
        TalkWord::Ended { cause } => format!("stopped: {cause}"),
    }
}

fn routed(message: &ToSwitch) -> String {
    let count = |spurt: SpurtId| spurt.number() & 0xFFFF;
    match message {
        ToSwitch::SiteUp(up) => format!("site {} up", up.site),
        ToSwitch::SiteDown(down) => format!("site {} down", down.site),
        ToSwitch::Open(open) => {
            let to: Vec<_> = open.to.iter().map(ToString::to_string).collect();
            format!("spurt {} from site {} to [{}]", count(open.spurt), open.from, to.join(" "))
        }
        ToSwitch::OpenConsole(open) => {
            let to: Vec<_> = open.to.iter().map(ToString::to_string).collect();
            format!("spurt {} from a console to [{}]", count(open.spurt), to.join(" "))
        }
        ToSwitch::Shut(shut) => format!("spurt {} shut", count(shut.spurt)),
    }
}

fn happened(kind: &EventKind) -> String {
    match kind {
        EventKind::SiteUp { site, .. } => format!("site {site} up"),
        EventKind::SiteLost { site, cause } => format!("site {site} lost: {cause}"),
        EventKind::ControlMoved { site, control } => format!("control channel of site {site} now {control}"),
        EventKind::Registered { unit, site } => format!("unit {unit} registered at site {site}"),
        EventKind::RegisterRefused { identity, cause, .. } => format!("{identity} not registered: {cause}"),
        EventKind::Deregistered { unit, site, cause } => format!("unit {unit} left site {site}: {cause}"),
        EventKind::Moved { unit, from, to } => format!("unit {unit} moved from site {from} to site {to}"),
        EventKind::Affiliated { unit, talkgroup, .. } => format!("unit {unit} affiliated to {talkgroup}"),
        EventKind::CallQueued { unit, position, .. } => format!("unit {unit} queued, position {position}"),
        EventKind::CallRefused { unit, cause, .. } => format!("unit {unit} refused: {cause}"),
        EventKind::CallCancelled { unit, cause, .. } => format!("unit {unit} cancelled: {cause}"),
        EventKind::CallCalledBack { call, unit, .. } => format!("call {call} kept for unit {unit}"),
        EventKind::CallGranted { call, waited_ms, .. } => format!("call {call} granted after {waited_ms} ms"),
        EventKind::CallReaches { call, talkgroups } => {
            let others: Vec<_> = talkgroups.iter().map(ToString::to_string).collect();
            format!("call {call} reaches {}", others.join(" "))
        }
        EventKind::Patched { talkgroups, lasting, .. } => {
            let joined: Vec<_> = talkgroups.iter().map(ToString::to_string).collect();
            format!("patched {}{}", joined.join(" "), if *lasting { "" } else { " for one call" })
        }
        EventKind::Unpatched { talkgroups, .. } => {
            let parted: Vec<_> = talkgroups.iter().map(ToString::to_string).collect();
            format!("unpatched {}", parted.join(" "))
        }
        EventKind::EmergencyBegan { unit, kind, .. } => format!("unit {unit} in an emergency: {kind:?}"),
        EventKind::EmergencyAcknowledged { unit, by } => format!("emergency of {unit} acknowledged by {by}"),
        EventKind::EmergencyCleared { unit, by } => format!("emergency of {unit} cleared by {by}"),
        EventKind::OrderRefused { by, cause } => format!("order of {by} refused: {cause}"),
        EventKind::CallArea { call, area: Some(area) } => format!("call {call} heard in area {area}"),
        EventKind::CallArea { call, area: None } => format!("call {call} heard everywhere"),
        EventKind::EmergencyRaised { call, unit, .. } => {
            format!("call {call} made an emergency by unit {unit}")
        }
        EventKind::UnitPaged { unit, caller, .. } => format!("unit {unit} paged for unit {caller}"),
        EventKind::UnitRings { unit, caller } => format!("unit {unit} rings for unit {caller}"),
        EventKind::CallAnswered { call, waited_ms, .. } => {
            format!("call {call} answered after {waited_ms} ms")
        }
        EventKind::SiteJoined { call, site, at } => {
            format!("call {call} joined by site {site}, channel {}", at.carrier)
        }
        EventKind::SiteLeft { call, site, cause } => format!("call {call} left by site {site}: {cause}"),
        EventKind::FloorTaken { call, unit, .. } => format!("call {call}: unit {unit} talks"),
        EventKind::FloorReleased { call, unit, cause } => {
            format!("call {call}: unit {unit} stopped: {cause}")
        }
        EventKind::FloorQueued { call, unit, position, .. } => {
            format!("call {call}: unit {unit} waits, place {position}")
        }
        EventKind::FloorRefused { call, unit, cause } => format!("call {call}: unit {unit} refused: {cause}"),
        EventKind::CallReleased { call, cause, .. } => format!("call {call} released: {cause}"),
        EventKind::Dropped { cause, .. } => format!("dropped: {cause}"),
    }
}
