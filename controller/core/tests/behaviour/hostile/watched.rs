//! A controller that does what a step says, and is looked at after each input.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use trunklab_controller_core::Controller;
use trunklab_controller_core::config::{Change, SystemParameters, Talkgroup};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{CallRecord, Output, StoreItem};
use trunklab_controller_core::statistics::Statistics;
use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::from_site::{self, FromSite, HeldCall, HeldRadio};
use trunklab_protocol::proof::Challenge;
use trunklab_protocol::to_site::{Assert, Deregister, Registered, ToSite};
use trunklab_protocol::{
    CallId, Epoch, FloorPolicy, Identity, Incarnation, MessageId, Moment, Parties, Press, Priority, ScanList,
    SiteId, Span, TalkgroupId, UnitId,
};

use super::Step;
use super::anything::{consoles, statuses};
use crate::support::{imei, key, press, site, site_config, subscriber, talkgroup, unit};

/// Whether a call for these parties is a radio's own.
fn is_ones_own(parties: Parties, held: &HeldRadio) -> bool {
    match parties {
        Parties::Group(talkgroup) => held.talkgroup == Some(talkgroup),
        Parties::Pair(pair) => pair.includes(held.unit),
    }
}

/// A controller, watched.
pub struct Watched {
    pub controller: Controller,
    pub now: Moment,
    challenges: BTreeMap<Identity, Challenge>,
    floors: Vec<(SiteId, from_site::TalkEnd)>,
    /// Radios and calls as the sites hold them, and each unit's press count.
    radios: BTreeMap<UnitId, (SiteId, HeldRadio)>,
    held: BTreeMap<(SiteId, CallId), HeldCall>,
    presses: BTreeMap<UnitId, u16>,
    /// Who was paged last for whom.
    pages: BTreeMap<UnitId, UnitId>,
    /// What was told to which radio last, where.
    told: Option<(SiteId, UnitId, MessageId)>,
    /// The request to the store for the record of a message that came last.
    asked: Option<u64>,
    /// Messages whose record says that more is to come.
    pub untold: BTreeSet<MessageId>,
    pub open: BTreeSet<CallId>,
    pub records: Vec<CallRecord>,
    pub statistics: Statistics,
    /// Slot time in the periods that are over.
    pub counted_us: u64,
}

impl Watched {
    pub fn new() -> Self {
        Self::around(Controller::new())
    }

    pub fn around(controller: Controller) -> Self {
        let mut watched = Self {
            controller,
            now: Moment::ORIGIN,
            challenges: BTreeMap::new(),
            floors: Vec::new(),
            radios: BTreeMap::new(),
            held: BTreeMap::new(),
            presses: BTreeMap::new(),
            pages: BTreeMap::new(),
            told: None,
            asked: None,
            untold: BTreeSet::new(),
            open: BTreeSet::new(),
            records: Vec::new(),
            statistics: Statistics::new(10, 7_000_000),
            counted_us: 0,
        };
        watched.input(Input::Started { epoch: Epoch::new(1).unwrap(), entropy: [1; 32] });
        let parameters = SystemParameters {
            consoles: consoles(900),
            statuses: statuses(),
            call_alert_ms_max: 5_000,
            ..SystemParameters::default()
        };
        watched.input(Input::Provision(Change::System(parameters)));
        for number in 1..=3 {
            watched.input(Input::Provision(Change::Site(site_config(number, number))));
            let config = Talkgroup {
                priority: Priority::new(number as u8).unwrap(),
                hang_time_ms: Some(u32::from(number - 1) * 1_000),
                floor: if number == 1 { FloorPolicy::Refuse } else { FloorPolicy::Queue },
                ..Talkgroup::named(talkgroup(number), "")
            };
            watched.input(Input::Provision(Change::Talkgroup(config)));
        }
        for number in 1..=6 {
            let row = subscriber(number, &[1, 2, 3]);
            let row = trunklab_controller_core::config::Subscriber { duplex: number % 3 != 0, ..row };
            watched.input(Input::Provision(Change::Subscriber(row)));
        }
        for number in 1..=3 {
            watched.comes(number, &[], &[]);
        }
        for number in 1..=6_u16 {
            watched.registers(unit(u32::from(number)), site(number % 3 + 1), Some(number % 2 + 1));
        }
        watched
    }

    pub fn step(&mut self, step: &Step) {
        match step {
            Step::Input(input) => self.input(input.clone()),
            Step::Comes(number, radios, calls) => self.comes(*number, radios, calls),
            Step::Returns(number) => {
                let at = site(*number);
                let radios: Vec<_> =
                    self.radios.values().filter(|(site, _)| *site == at).map(|(_, held)| *held).collect();
                let calls: Vec<_> =
                    self.held.iter().filter(|((site, _), _)| *site == at).map(|(_, held)| *held).collect();
                self.comes(*number, &radios, &calls);
            }
            Step::Presses(number, kind, area) => {
                if let Some((site, HeldRadio { unit, talkgroup: Some(talkgroup), .. })) = self.radio(*number)
                {
                    let press = self.press_of(unit, 1);
                    let message = from_site::CallRequest { unit, press, talkgroup, kind: *kind, area: *area };
                    self.input(Input::FromSite { site, message: message.into() });
                }
            }
            Step::PressesInCall(number, demand) => {
                let radio = self.radio(*number);
                let call = radio.and_then(|(at, held)| {
                    let calls = self.held.iter().filter(|((site, _), _)| *site == at);
                    calls
                        .map(|(_, call)| call)
                        .find(|call| is_ones_own(call.parties, &held))
                        .map(|call| call.call)
                });
                if let (Some((site, HeldRadio { unit, .. })), Some(call)) = (radio, call) {
                    let press = self.press_of(unit, 1);
                    self.input(Input::FromSite {
                        site,
                        message: from_site::FloorRequest { unit, press, call, demand: *demand }.into(),
                    });
                }
            }
            Step::Cancels(number) => {
                if let Some((site, HeldRadio { unit, .. })) = self.radio(*number) {
                    let press = self.press_of(unit, 0);
                    self.input(Input::FromSite {
                        site,
                        message: from_site::CallCancel { unit, press }.into(),
                    });
                }
            }
            Step::LetsGo(number) => {
                if let Some((site, HeldRadio { unit, .. })) = self.radio(*number) {
                    let press = self.press_of(unit, 0);
                    self.input(Input::FromSite {
                        site,
                        message: from_site::PttReleased { unit, press }.into(),
                    });
                }
            }
            Step::Calls(number, called, setup) => {
                if let Some((site, HeldRadio { unit: caller, .. })) = self.radio(*number) {
                    let press = self.press_of(caller, 1);
                    let request =
                        from_site::UnitRequest { unit: caller, press, called: unit(*called), setup: *setup };
                    self.input(Input::FromSite { site, message: request.into() });
                }
            }
            Step::Replies(number, caller, reply) => {
                if let Some((site, HeldRadio { unit: called, .. })) = self.radio(*number) {
                    // Whoever calls it is likelier to be meant than the one that was drawn.
                    let caller = self.pages.get(&called).copied().unwrap_or(unit(*caller));
                    let page = self.press_of(caller, 0);
                    let answer = from_site::PageAnswer { unit: called, caller, page, reply: *reply };
                    self.input(Input::FromSite { site, message: answer.into() });
                }
            }
            Step::Tells(number, to, status) => {
                if let Some((site, HeldRadio { unit, .. })) = self.radio(*number) {
                    let press = self.press_of(unit, 1);
                    let message = from_site::Status { unit, press, to: *to, number: *status };
                    self.input(Input::FromSite { site, message: message.into() });
                }
            }
            Step::Alerts(number, called) => {
                if let Some((site, HeldRadio { unit: caller, .. })) = self.radio(*number) {
                    let press = self.press_of(caller, 1);
                    let message = from_site::CallAlert { unit: caller, press, called: unit(*called) };
                    self.input(Input::FromSite { site, message: message.into() });
                }
            }
            Step::Answers(reply) => {
                if let Some((site, unit, message)) = self.told {
                    let answer = from_site::MessageAnswer { unit, message, reply: *reply };
                    self.input(Input::FromSite { site, message: answer.into() });
                }
            }
            Step::Stores(kept) => {
                if let Some(id) = self.asked.take() {
                    self.input(if *kept { Input::Stored { id } } else { Input::StoreFailed { id } });
                }
            }
            Step::HangsUp(number) => {
                let Some((site, HeldRadio { unit, .. })) = self.radio(*number) else { return };
                let held = self
                    .held
                    .values()
                    .find(|call| call.parties.pair().is_some_and(|pair| pair.includes(unit)));
                if let Some(call) = held.map(|held| held.call) {
                    let message = from_site::HangUp { unit, call }.into();
                    self.input(Input::FromSite { site, message });
                }
            }
            Step::Registers(number, at, affiliation) => {
                self.registers(unit(*number), site(*at), *affiliation)
            }
            Step::Ends(index) => {
                if let Some((site, end)) = self.floors.get(self.floors.len().wrapping_sub(1 + index)).cloned()
                {
                    self.input(Input::FromSite { site, message: end.into() });
                }
            }
            Step::Moves(index, to, asks) => self.moves(*index, site(*to), *asks),
            Step::Wait(millis) => {
                self.now += Span::from_millis(*millis);
                self.input(Input::Time);
            }
        }
    }

    fn radio(&self, number: u32) -> Option<(SiteId, HeldRadio)> {
        self.radios.get(&unit(number)).copied()
    }

    fn press_of(&mut self, unit: UnitId, further: u16) -> Press {
        let count = self.presses.entry(unit).or_insert(100);
        *count += further;
        press(*count)
    }

    fn comes(&mut self, number: u16, radios: &[HeldRadio], calls: &[HeldCall]) {
        let site = site(number);
        self.input(Input::SiteConnected { site });
        let hello = from_site::Hello {
            incarnation: Incarnation::new(1).unwrap(),
            newest_epoch: Epoch::new(0).unwrap(),
            voice_address: SocketAddr::from(([127, 0, 0, 1], number)),
            controls: Vec::new(),
        };
        let messages: [FromSite; 4] = [
            hello.into(),
            from_site::InventoryRadios { radios: radios.to_vec() }.into(),
            from_site::InventoryCalls { calls: calls.to_vec() }.into(),
            from_site::InventoryEnd {}.into(),
        ];
        for message in messages {
            self.input(Input::FromSite { site, message });
        }
    }

    fn registers(&mut self, unit: UnitId, site: SiteId, affiliation: Option<u16>) {
        let identity = Identity::Unit(unit);
        self.input(Input::FromSite {
            site,
            message: from_site::Register { identity, press: press(1), equipment: Some(imei(unit)) }.into(),
        });
        if let Some(challenge) = self.challenges.remove(&identity) {
            let response = key(unit).answer(&challenge, Some(imei(unit)));
            // Units of even numbers scan the two others.
            let others = (1..=3).filter(|number| Some(*number) != affiliation).map(talkgroup);
            let secondary =
                ScanList::new(others.filter(|_| unit.number().is_multiple_of(2)).take(2)).unwrap();
            let answer =
                from_site::Answer { identity, response, talkgroup: affiliation.map(talkgroup), secondary };
            self.input(Input::FromSite { site, message: answer.into() });
        }
    }

    fn moves(&mut self, index: usize, to: SiteId, asks: bool) {
        let floor = self.floors.get(self.floors.len().wrapping_sub(1 + index)).cloned();
        let Some((from, from_site::TalkEnd { unit, call, spurt })) = floor else { return };
        let group = self.held.get(&(from, call)).and_then(|held| held.parties.talkgroup());
        let leaving = from_site::TalkerLeaving { unit, call, spurt, to };
        self.input(Input::FromSite { site: from, message: leaving.into() });
        self.registers(unit, to, group.map(TalkgroupId::number));
        if asks {
            let press = self.press_of(unit, 1);
            let handover = from_site::Handover { unit, press, call, spurt };
            self.input(Input::FromSite { site: to, message: handover.into() });
        }
    }

    pub fn input(&mut self, input: Input) {
        let mut out = Vec::new();
        self.controller.handle(self.now, input, &mut out);
        self.controller.assert_invariants();
        if let Some(deadline) = self.controller.next_deadline() {
            assert!(deadline.at >= self.now, "a timer was left behind");
        }
        for output in out {
            self.notice(output);
        }
    }

    fn notice(&mut self, output: Output) {
        if let Output::Event(event) = &output {
            let over = self.statistics.advance(event.at);
            self.counted_us += over.iter().map(|period| period.system.held_us).sum::<u64>();
            self.statistics.note(event.at, &event.kind, |site| self.controller.slots_in_service(site));
        }
        match output {
            Output::ToSite { site, message: ToSite::Assert(assert), .. } => {
                let Assert { call, parties, at, talker, talker_is_here, emergency, area, .. } = assert;
                let held =
                    HeldCall { call, parties, at, talker, talker_is_here, emergency, area, hung_ms: 900 };
                self.held.insert((site, call), held);
                if let Some(Talker { unit, spurt, .. }) = talker.filter(|_| talker_is_here) {
                    self.floors.push((site, from_site::TalkEnd { unit, call, spurt }));
                }
            }
            Output::ToSite { site, message: ToSite::Release(release), .. } => {
                self.held.remove(&(site, release.call));
            }
            Output::ToSite { site, message: ToSite::Registered(registered), .. } => {
                let Registered { unit, tmsi, talkgroup, secondary, .. } = registered;
                let held = HeldRadio { unit, tmsi, talkgroup, secondary, held_ms: 0 };
                self.radios.insert(unit, (site, held));
            }
            Output::ToSite { message: ToSite::Affiliated(affiliated), .. } => {
                if let Some((_, held)) = self.radios.get_mut(&affiliated.unit) {
                    held.talkgroup = Some(affiliated.talkgroup);
                }
            }
            Output::ToSite { site, message: ToSite::Deregister(Deregister { unit, .. }), .. } => {
                self.radios.retain(|held, (at, _)| (*held, *at) != (unit, site));
            }
            Output::ToSite { message: ToSite::Page(page), .. } => {
                self.pages.insert(page.unit, page.caller);
            }
            Output::ToSite { message: ToSite::Challenge(message), .. } => {
                self.challenges.insert(message.identity, message.challenge);
            }
            Output::ToSite { site, message: ToSite::Status(word), .. } => {
                self.told = word.to.unit().map(|unit| (site, unit, word.message)).or(self.told);
            }
            Output::ToSite { site, message: ToSite::CallAlert(word), .. } => {
                self.told = Some((site, word.unit, word.message));
            }
            Output::Store { id, item: StoreItem::Message(record) } => {
                self.asked = Some(id);
                if record.is_over() {
                    self.untold.remove(&record.message);
                } else {
                    self.untold.insert(record.message);
                }
            }
            Output::Store { item: StoreItem::CallOpened(record), .. } => {
                assert!(self.open.insert(record.call), "call {} opened twice", record.call);
            }
            Output::Store { item: StoreItem::CallClosed(record), .. } => {
                assert!(self.open.remove(&record.call), "call {} closed unopened", record.call);
                self.records.push(*record);
            }
            _ => {}
        }
    }
}
