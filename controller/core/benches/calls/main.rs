//! What the dispatch core costs: group calls from request to release, a long queue, registrations.
//!
//! One item is a whole call: request, grant, end of speech, release, with every output that it causes. A hundred
//! sites and a thousand talkgroups are configured where the benchmark's argument does not say otherwise; a call
//! involves as many sites as it says. A network is set up once and then works on, as one in service does.

#![allow(clippy::unwrap_used, reason = "a benchmark may fail where it stands")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a benchmark looks for one output among many")]

use std::net::SocketAddr;

use divan::Bencher;
use divan::counter::ItemsCount;
use trunklab_controller_core::Controller;
use trunklab_controller_core::call::caller::Caller;
use trunklab_controller_core::call::queue::{BusyQueue, Button, Patience, Recency, Request};
use trunklab_controller_core::config::{Change, SiteConfig, Subscriber, Talkgroup};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{Outbox, Output};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{
    Answer, CallRequest, FromSite, HeldRadio, Hello, InventoryEnd, InventoryRadios,
};
use trunklab_protocol::from_site::{Register, TalkEnd};
use trunklab_protocol::proof::{Challenge, UnitKey};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{
    CallId, CarrierNumber, Epoch, Identity, Incarnation, Moment, Press, Priority, ProfileId, SiteId, Span,
    SpurtId, TalkgroupId, Tmsi, UnitId,
};

const SITES: u16 = 100;
const TALKGROUPS: u16 = 1_000;
const UNITS: u32 = 10_000;
/// Calls in one timed run: few, so that little else of what the machine does falls into one.
const CALLS: u32 = 100;
const RUNS: u32 = 2_000;
/// Units that press: one of each talkgroup, in turn.
const CALLERS: u32 = TALKGROUPS as u32;
const REGISTRATIONS: u32 = 500;

fn main() {
    divan::main();
    print_cost_of_a_further_site();
}

/// What a site adds to a call: the difference between ten sites and one, by the quickest of many runs of each.
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints"
)]
fn print_cost_of_a_further_site() {
    let quickest = |sites_involved| {
        let mut network = Network::new(SITES, sites_involved, UNITS);
        let times = (0..RUNS).map(|_| {
            let begun = std::time::Instant::now();
            network.calls();
            begun.elapsed() / CALLS
        });
        times.min().expect("there are runs")
    };
    let (one, ten) = (quickest(1), quickest(10));
    println!("A call at one site takes {one:?}, each further site adds {:?}.", ten.saturating_sub(one) / 9);
}

/// Group calls, by the number of sites that each involves.
#[divan::bench(args = [1, 2, 5, 10], sample_count = RUNS)]
fn group_call(bencher: Bencher<'_, '_>, sites_involved: u16) {
    bench_calls(bencher, &mut Network::new(SITES, sites_involved, UNITS));
}

/// Group calls over one site, by the number of sites that are configured.
#[divan::bench(args = [10, 100, 1_000], sample_count = RUNS)]
fn group_call_with_sites_configured(bencher: Bencher<'_, '_>, sites: u16) {
    bench_calls(bencher, &mut Network::new(sites, 1, UNITS));
}

/// Group calls over one site, by the number of units that are registered.
#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000], sample_count = RUNS)]
fn group_call_with_units_registered(bencher: Bencher<'_, '_>, units: u32) {
    bench_calls(bencher, &mut Network::new(SITES, 1, units));
}

fn bench_calls(bencher: Bencher<'_, '_>, network: &mut Network) {
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| network.calls());
}

/// A queue of this length: a request enters, the first one is served.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = RUNS)]
fn queue_enter_and_serve(bencher: Bencher<'_, '_>, len: u32) {
    let mut line = Line::new(len);
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| {
        for _ in 0..CALLS {
            line.enters();
            let first = line.queue.first_after(None).expect("somebody waits").unit;
            line.leaves(first);
        }
    });
}

/// A queue of this length: a request enters, another somewhere in the queue is given up.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = RUNS)]
fn queue_enter_and_cancel(bencher: Bencher<'_, '_>, len: u32) {
    let mut line = Line::new(len);
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| {
        for count in 0..CALLS {
            line.enters();
            let unit = UnitId::new(count * 7_919 % len + 1).unwrap();
            line.leaves(unit);
        }
    });
}

/// A queue of this length: a request enters and ages by one level, the first one is served.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = RUNS)]
fn queue_enter_age_and_serve(bencher: Bencher<'_, '_>, len: u32) {
    let mut line = Line::new(len);
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| {
        for _ in 0..CALLS {
            let newcomer = line.outside;
            line.enters();
            divan::black_box(line.queue.promote(newcomer));
            let first = line.queue.first_after(None).expect("somebody waits").unit;
            line.leaves(first);
        }
    });
}

/// Registrations: request, challenge, answer, welcome, with both proofs computed on the controller's side.
#[divan::bench]
fn registration(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| Network::new(SITES, 1, UNITS))
        .input_counter(|_| ItemsCount::new(REGISTRATIONS))
        .bench_local_values(|mut network| {
            for count in 0..REGISTRATIONS {
                network.registers(count);
            }
            network
        });
}

/// A queue that keeps its length: who leaves enters again, at another priority.
struct Line {
    queue: BusyQueue,
    outside: UnitId,
    arrivals: u64,
}

impl Line {
    fn new(len: u32) -> Self {
        let mut line =
            Self { queue: BusyQueue::default(), outside: UnitId::new(len + 1).unwrap(), arrivals: 0 };
        for number in 1..=len {
            line.outside = UnitId::new(number).unwrap();
            line.enters();
        }
        line.outside = UnitId::new(len + 1).unwrap();
        line
    }

    fn enters(&mut self) {
        self.arrivals += 1;
        let priority = Priority::new((self.arrivals * 7 % 10) as u8 + 1).unwrap();
        divan::black_box(self.queue.enter(Request {
            unit: self.outside,
            press: Press::new(1).unwrap(),
            parties: TalkgroupId::new(1).unwrap().into(),
            kind: RequestKind::Normal,
            area: None,
            priority,
            standing: priority,
            recency: Recency::Other,
            caller: Caller::Field(SiteId::new(1).unwrap()),
            button: Button::Down,
            patience: Patience::Lasting,
            requested: Moment::ORIGIN,
            arrival: self.arrivals,
        }));
    }

    fn leaves(&mut self, unit: UnitId) {
        self.outside = divan::black_box(self.queue.leave(unit)).expect("who leaves waits").unit;
    }
}

/// A controller under load, and the outbox that it fills.
struct Network {
    controller: Controller,
    now: Moment,
    out: Outbox,
    sites: u16,
    /// Calls so far.
    count: u32,
}

impl Network {
    /// Units spread over sites so that each talkgroup has members at as many sites as asked for.
    fn new(sites: u16, sites_involved: u16, units: u32) -> Self {
        let mut network =
            Self { controller: Controller::new(), now: Moment::ORIGIN, out: Vec::new(), sites, count: 0 };
        network.input(Input::Started { epoch: Epoch::new(1).unwrap(), entropy: [1; 32] });
        for number in 1..=sites {
            network.input(Input::Provision(Change::Site(site_config(number))));
        }
        for number in 1..=TALKGROUPS {
            network.input(Input::Provision(Change::Talkgroup(Talkgroup {
                hang_time_ms: Some(0),
                ..Talkgroup::named(TalkgroupId::new(number).unwrap(), format!("Talkgroup {number}"))
            })));
        }
        let mut radios = vec![Vec::new(); usize::from(sites)];
        for number in 1..=units {
            let (unit, talkgroup) = (UnitId::new(number).unwrap(), talkgroup_of(number));
            network.input(Input::Provision(Change::Subscriber(Subscriber {
                talkgroups: vec![talkgroup],
                ..Subscriber::new(unit, UnitKey::new([7; 16]))
            })));
            let site = network.site_of(number, sites_involved);
            let tmsi = Tmsi::new(number).unwrap();
            radios[usize::from(site.number()) - 1].push(HeldRadio {
                unit,
                tmsi,
                talkgroup: Some(talkgroup),
                secondary: trunklab_protocol::ScanList::default(),
            });
        }
        for (number, radios) in (1..=sites).zip(radios) {
            let site = SiteId::new(number).unwrap();
            network.input(Input::SiteConnected { site });
            let (incarnation, newest_epoch) = (Incarnation::new(1).unwrap(), Epoch::new(0).unwrap());
            let voice_address = SocketAddr::from(([127, 0, 0, 1], number));
            network.site_says(site, Hello { incarnation, newest_epoch, voice_address, controls: Vec::new() });
            network.site_says(site, InventoryRadios { radios });
            network.site_says(site, InventoryEnd {});
        }
        network
    }

    /// Calls, one after the other: a unit presses, is granted, and stops. Time runs as if they came in live.
    #[inline(never)]
    fn calls(&mut self) {
        for _ in 0..CALLS {
            let number = self.count % CALLERS + 1;
            let press = Press::new((self.count / CALLERS) as u16).unwrap();
            self.count += 1;
            self.now += Span::from_micros(1);
            let (unit, talkgroup) = (UnitId::new(number).unwrap(), talkgroup_of(number));
            let site = self.site_of(number, 1);
            self.site_says(
                site,
                CallRequest { unit, press, talkgroup, kind: RequestKind::Normal, area: None },
            );
            let (call, spurt) = self.granted();
            self.site_says(site, TalkEnd { unit, call, spurt });
        }
    }

    fn registers(&mut self, count: u32) {
        let unit = UnitId::new(count + 1).unwrap();
        let (identity, press) = (Identity::Unit(unit), Press::new(1).unwrap());
        let site = self.site_of(unit.number(), 1);
        self.site_says(site, Register { identity, press });
        let challenge = self.challenge();
        let response = UnitKey::new([7; 16]).answer(&challenge);
        self.site_says(
            site,
            Answer {
                identity,
                response,
                talkgroup: Some(talkgroup_of(unit.number())),
                secondary: trunklab_protocol::ScanList::default(),
            },
        );
    }

    fn granted(&self) -> (CallId, SpurtId) {
        let assert = self.out.iter().find_map(|output| match output {
            Output::ToSite { message: ToSite::Assert(assert), .. } => Some(assert),
            _ => None,
        });
        let assert = assert.expect("the call is granted");
        (assert.call, assert.talker.expect("somebody talks").spurt)
    }

    fn challenge(&self) -> Challenge {
        match &self.out[0] {
            Output::ToSite { message: ToSite::Challenge(message), .. } => message.challenge,
            output => panic!("a challenge was expected: {output:?}"),
        }
    }

    /// The first thousand units, one of each talkgroup, are spread over all sites; further members of a talkgroup are
    /// at the same site and its neighbours.
    fn site_of(&self, unit: u32, sites_involved: u16) -> SiteId {
        let (member, talkgroup) = ((unit - 1) / u32::from(TALKGROUPS), (unit - 1) % u32::from(TALKGROUPS));
        let number = (talkgroup + member % u32::from(sites_involved)) % u32::from(self.sites);
        SiteId::new(number as u16 + 1).unwrap()
    }

    fn site_says(&mut self, site: SiteId, message: impl Into<FromSite>) {
        self.input(Input::FromSite { site, message: message.into() });
    }

    fn input(&mut self, input: Input) {
        self.out.clear();
        self.controller.handle(self.now, input, &mut self.out);
        divan::black_box(&self.out);
    }
}

fn talkgroup_of(unit: u32) -> TalkgroupId {
    TalkgroupId::new(((unit - 1) % u32::from(TALKGROUPS)) as u16 + 1).unwrap()
}

fn site_config(number: u16) -> SiteConfig {
    let carrier = |number| CarrierNumber::new(number).unwrap();
    SiteConfig {
        carriers: (1..=5).map(carrier).collect(),
        ..SiteConfig::new(SiteId::new(number).unwrap(), ProfileId::Iden, carrier(1))
    }
}
