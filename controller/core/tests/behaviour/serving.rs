//! Who is looked at when slots come free: a controller that passes over those of whom nothing can come serves the same
//! requests, in the same order, as one that weighs everybody.

use std::net::SocketAddr;

use proptest::prelude::*;
use trunklab_controller_core::Controller;
use trunklab_controller_core::config::{Change, Reach, SystemParameters, Talkgroup};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::Output;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{
    Affiliate, CallCancel, CallRequest, FromSite, HeldRadio, Hello, InventoryEnd, InventoryRadios,
    PttReleased, TalkEnd,
};
use trunklab_protocol::operator::{Authority, ConsoleName, Order};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{
    Announcement, Cause, Epoch, FloorPolicy, Incarnation, Moment, Press, Priority, ScanList, SiteId, Span,
    StartPolicy, TalkgroupId, Tmsi,
};

use crate::support::{press, site, site_config, subscriber, talkgroup, unit};

const SITES: u16 = 4;
const TALKGROUPS: u16 = 7;
/// The last talkgroup announces: its calls interrupt those of the first ones.
const ANNOUNCES: u16 = TALKGROUPS;
const ANNOUNCED: [u16; 3] = [1, 2, 3];
const UNITS: u32 = 40;

#[derive(Debug, Clone)]
enum Step {
    Presses(u32, RequestKind),
    Ends(usize),
    LetsGo(u32),
    Cancels(u32),
    Affiliates(u32, u16),
    Starts(u16, StartPolicy, u8),
    Joins(u16, u16),
    Parts(u16),
    Leaves(u16),
    Returns(u16),
    Waits(u64),
}

fn a_step() -> impl Strategy<Value = Step> {
    let a_kind = prop_oneof![12 => Just(RequestKind::Normal), 1 => Just(RequestKind::Emergency)];
    let a_policy = prop_oneof![
        2 => Just(StartPolicy::All),
        1 => Just(StartPolicy::Fast),
        1 => (1..=SITES).prop_map(|number| StartPolicy::Critical(vec![site(number)])),
    ];
    prop_oneof![
        40 => (1..=UNITS, a_kind).prop_map(|(number, kind)| Step::Presses(number, kind)),
        30 => (0_usize..3).prop_map(Step::Ends),
        4 => (1..=UNITS).prop_map(Step::LetsGo),
        4 => (1..=UNITS).prop_map(Step::Cancels),
        6 => (1..=UNITS, 1..=TALKGROUPS).prop_map(|(number, to)| Step::Affiliates(number, to)),
        2 => (1..=TALKGROUPS, a_policy, 1_u8..=10).prop_map(|(number, start, level)| Step::Starts(number, start, level)),
        1 => (1..=TALKGROUPS, 1..=TALKGROUPS).prop_map(|(one, other)| Step::Joins(one, other)),
        1 => (1..=TALKGROUPS).prop_map(Step::Parts),
        1 => (1..=SITES).prop_map(Step::Leaves),
        2 => (1..=SITES).prop_map(Step::Returns),
        8 => (0_u64..3_000).prop_map(Step::Waits),
    ]
}

/// Two controllers of one network: one passes over whom it may, the other weighs everybody.
struct Pair {
    quick: Controller,
    thorough: Controller,
    now: Moment,
    /// Where each unit is affiliated.
    talkgroups: Vec<TalkgroupId>,
    /// The last press of each unit.
    presses: Vec<u16>,
    talkers: Vec<(SiteId, TalkEnd)>,
    /// How often anybody began to wait, and how many were granted from the queue.
    queued: usize,
}

fn site_of(number: u32) -> SiteId {
    site((number % u32::from(SITES)) as u16 + 1)
}

impl Pair {
    fn new() -> Self {
        let mut pair = Self {
            quick: Controller::new(),
            thorough: Controller::that_weighs_all(),
            now: Moment::ORIGIN,
            talkgroups: (0..=UNITS).map(|number| talkgroup((number / 3) as u16 % TALKGROUPS + 1)).collect(),
            presses: vec![0; UNITS as usize + 1],
            talkers: Vec::new(),
            queued: 0,
        };
        pair.input(Input::Started { epoch: Epoch::new(1).unwrap(), entropy: [1; 32] });
        let parameters =
            SystemParameters { ageing_ms: 700, recent_user_ms: 1_500, ..SystemParameters::default() };
        pair.input(Input::Provision(Change::System(parameters)));
        for number in 1..=SITES {
            pair.input(Input::Provision(Change::Site(site_config(number, number % 3 + 2))));
        }
        for number in 1..=TALKGROUPS {
            pair.starts(number, StartPolicy::All, 5);
        }
        let all: Vec<_> = (1..=TALKGROUPS).collect();
        for number in 1..=UNITS {
            pair.input(Input::Provision(Change::Subscriber(subscriber(number, &all))));
        }
        (1..=SITES).for_each(|number| pair.returns(number));
        pair
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Presses(number, kind) => {
                let (press, talkgroup) = (self.next_press(*number), self.talkgroups[*number as usize]);
                let message = CallRequest { unit: unit(*number), press, talkgroup, kind: *kind, area: None };
                self.says(site_of(*number), message);
            }
            Step::Ends(index) if *index < self.talkers.len() => {
                let (site, end) = self.talkers.remove(*index);
                self.says(site, end);
            }
            Step::Ends(_) => {}
            Step::LetsGo(number) => {
                let message = PttReleased { unit: unit(*number), press: self.last_press(*number) };
                self.says(site_of(*number), message);
            }
            Step::Cancels(number) => {
                let message = CallCancel { unit: unit(*number), press: self.last_press(*number) };
                self.says(site_of(*number), message);
            }
            Step::Affiliates(number, to) => {
                let (press, talkgroup) = (self.next_press(*number), talkgroup(*to));
                self.talkgroups[*number as usize] = talkgroup;
                let secondary = ScanList::default();
                self.says(site_of(*number), Affiliate { unit: unit(*number), press, talkgroup, secondary });
            }
            Step::Starts(number, start, level) => self.starts(*number, start.clone(), *level),
            Step::Joins(one, other) => {
                let talkgroups = vec![talkgroup(*one), talkgroup(*other)];
                self.orders(Order::Patch { talkgroups });
            }
            Step::Parts(number) => self.orders(Order::UndoPatch { talkgroup: talkgroup(*number) }),
            Step::Leaves(number) => {
                self.input(Input::SiteDisconnected { site: site(*number), cause: Cause::LinkLost });
            }
            Step::Returns(number) => self.returns(*number),
            Step::Waits(millis) => {
                self.now += Span::from_millis(*millis);
                self.input(Input::Time);
            }
        }
    }

    fn next_press(&mut self, number: u32) -> Press {
        self.presses[number as usize] += 1;
        self.last_press(number)
    }

    fn last_press(&self, number: u32) -> Press {
        press(self.presses[number as usize])
    }

    fn starts(&mut self, number: u16, start: StartPolicy, level: u8) {
        let reach = match number {
            ANNOUNCES => Reach::Members(ANNOUNCED.map(talkgroup).to_vec()),
            _ => Reach::Own,
        };
        self.input(Input::Provision(Change::Talkgroup(Talkgroup {
            start,
            priority: Priority::new(level).unwrap(),
            hang_time_ms: Some(u32::from(number % 2) * 900),
            busy_override_ms: Some(2_000),
            floor: if number % 3 == 1 { FloorPolicy::Queue } else { FloorPolicy::Refuse },
            reach,
            announcement: Announcement::Interrupt,
            ..Talkgroup::named(talkgroup(number), "")
        })));
    }

    fn orders(&mut self, order: Order) {
        self.input(Input::Order { id: 1, by: Authority::own_process(ConsoleName::new("desk")), order });
    }

    fn returns(&mut self, number: u16) {
        let at = site(number);
        self.input(Input::SiteConnected { site: at });
        let voice_address = SocketAddr::from(([127, 0, 0, 1], number));
        let (incarnation, newest_epoch) = (Incarnation::new(1).unwrap(), Epoch::new(0).unwrap());
        self.says(at, Hello { incarnation, newest_epoch, voice_address, controls: Vec::new() });
        let here = (1..=UNITS).filter(|number| site_of(*number) == at);
        let radios = here.map(|number| HeldRadio {
            unit: unit(number),
            tmsi: Tmsi::new(number).unwrap(),
            talkgroup: Some(self.talkgroups[number as usize]),
            secondary: ScanList::default(),
            held_ms: 0,
        });
        let radios = radios.collect();
        self.says(at, InventoryRadios { radios });
        self.says(at, InventoryEnd {});
    }

    fn says(&mut self, site: SiteId, message: impl Into<FromSite>) {
        self.input(Input::FromSite { site, message: message.into() });
    }

    fn input(&mut self, input: Input) {
        let (mut out, mut thorough) = (Vec::new(), Vec::new());
        self.quick.handle(self.now, input.clone(), &mut out);
        self.quick.assert_invariants();
        self.thorough.handle(self.now, input, &mut thorough);
        assert_eq!(out, thorough);
        assert_eq!(self.quick.digest(), self.thorough.digest());
        for output in out {
            let Output::ToSite { site, message, .. } = output else { continue };
            match message {
                ToSite::Assert(assert) if assert.talker_is_here => {
                    let talker = assert.talker.unwrap();
                    let end = TalkEnd { unit: talker.unit, call: assert.call, spurt: talker.spurt };
                    if !self.talkers.contains(&(site, end.clone())) {
                        self.talkers.push((site, end));
                    }
                }
                ToSite::Queued(_) => self.queued += 1,
                _ => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn who_is_passed_over_could_not_be_served(steps in proptest::collection::vec(a_step(), 1..250)) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.step(step);
        }
    }
}

#[test]
fn those_who_are_passed_over_are_many() {
    let mut pair = Pair::new();
    for number in 1..=UNITS {
        pair.step(&Step::Presses(number, RequestKind::Normal));
    }
    assert!(pair.queued > 10, "{} wait", pair.queued);
    while !pair.talkers.is_empty() {
        pair.step(&Step::Ends(0));
        pair.step(&Step::Waits(950));
    }
}

/// Unit 19 announces as soon as it waits for its own site alone: in the middle of a walk the call of unit 21 ends, and its
/// slots come free for somebody ahead, who was looked at already and rests.
#[test]
fn who_rests_ahead_of_an_announcement_gets_what_that_sets_free() {
    let mut pair = Pair::new();
    for number in [21, 9, 34, 19, 12] {
        pair.step(&Step::Presses(number, RequestKind::Normal));
    }
    pair.step(&Step::Waits(2_000));
}

/// Unit 21 finds no slot at site 3, which is passed over from there on. Then unit 18 announces and ends the calls of units 27
/// and 24: site 3 has a slot for unit 33, which is further behind and has its turn in the same walk.
#[test]
fn who_rests_behind_an_announcement_gets_what_that_sets_free() {
    use RequestKind::{Emergency, Normal};
    use Step::{Ends, Presses};

    let mut pair = Pair::new();
    for step in [
        Presses(9, Normal),
        Presses(27, Normal),
        Presses(3, Emergency),
        Presses(15, Normal),
        Presses(21, Normal),
        Presses(18, Normal),
        Ends(0),
        Ends(0),
        Presses(33, Normal),
        Ends(0),
        Presses(24, Normal),
        Ends(0),
    ] {
        pair.step(&step);
    }
}
