//! A drill (docs/resilience.md 14.1): the controller is killed with calls up and queued at ten sites. Each site serves alone within its
//! time, local calls go on, and when the controller is back no call, registration or record is lost or there twice. The time from
//! each step to the next is printed.
//!
//! Fifty calls and ten that wait in the test command; with `TRUNKLAB_NIGHTLY=1` 530 and 50.

use std::collections::{BTreeMap, BTreeSet};

use trunklab::lab::observed::{Observed, Sight};
use trunklab::lab::plan::{Plan, RadioPlan};
use trunklab::lab::script::Deed;
use trunklab::lab::weather::Weather;
use trunklab::lab::world::World;
use trunklab_basestation_core::StationEvent;
use trunklab_controller_core::config::{SiteConfig, Subscriber, SystemParameters, Talkgroup};
use trunklab_controller_core::isolated::is_controllers;
use trunklab_controller_core::output::{ReportedItem, StoreItem};
use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::EventKind;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{
    CallId, CarrierNumber, Cause, Demand, Epoch, Identity, Moment, Position, ProfileId, ScanList, SiteId,
    Span, TalkgroupId, UnitId,
};
use trunklab_terminal_core::handset::Phase;
use trunklab_terminal_core::input::Input;
use trunklab_terminal_core::output::HandsetEvent;

const SITES: u16 = 10;
const ISOLATED_AFTER_MS: u32 = 3_000;
const APART_M: i32 = 100_000;

/// How many calls each site carries, and how many wait there.
#[derive(Clone, Copy)]
struct Size {
    calls: u16,
    waiting: u16,
}

/// A talkgroup with a talker and a listener, both at one site.
struct Group {
    site: SiteId,
    talkgroup: TalkgroupId,
    talker: UnitId,
    listener: UnitId,
}

fn carrier(number: u16) -> CarrierNumber {
    CarrierNumber::new(number).unwrap()
}

/// As many carriers as it takes for the calls and the control channel, six slots each.
fn site(number: u16, calls: u16) -> SiteConfig {
    let carriers = (calls + 1).div_ceil(6);
    SiteConfig {
        position: Position { east_m: i32::from(number) * APART_M, north_m: 0 },
        power_dbm: 50,
        // They are too far from each other to disturb each other.
        carriers: (1..=carriers).map(carrier).collect(),
        isolated_after_ms: ISOLATED_AFTER_MS,
        registration_window_ms: u32::from(calls) * 3_000,
        ..SiteConfig::new(SiteId::new(number).unwrap(), ProfileId::Iden, carrier(1))
    }
}

fn groups(size: Size) -> Vec<Group> {
    let each = size.calls + size.waiting;
    let of_site = |number: u16| {
        (0..each).map(move |index| {
            let place = (number - 1) * each + index + 1;
            let unit = |side| UnitId::new(u32::from(place) * 10 + side).unwrap();
            let talkgroup = TalkgroupId::new(place).unwrap();
            Group { site: SiteId::new(number).unwrap(), talkgroup, talker: unit(1), listener: unit(2) }
        })
    };
    (1..=SITES).flat_map(of_site).collect()
}

fn plan(size: Size) -> Plan {
    let groups = groups(size);
    let key = |unit: UnitId| UnitKey::new([(unit.number() % 251) as u8; 16]);
    let units: Vec<_> =
        groups.iter().flat_map(|group| [(group, group.talker), (group, group.listener)]).collect();
    // Whoever finds no slot at first waits for one: nothing of it is about waiting for too long.
    let system =
        SystemParameters { queue_wait_ms_max: 600_000, queue_len_max: 1_000, ..SystemParameters::default() };
    // One slot of each site is its control channel's: the sites have just room for the calls.
    let sites = (1..=SITES).map(|number| site(number, size.calls)).collect();
    Plan {
        system: SystemParameters { transmission_ms_max: 600_000, ..system },
        sites,
        areas: Vec::new(),
        talkgroups: groups
            .iter()
            .map(|group| Talkgroup::named(group.talkgroup, format!("Group {}", group.talkgroup)))
            .collect(),
        subscribers: units
            .iter()
            .map(|(group, unit)| Subscriber {
                talkgroups: vec![group.talkgroup],
                ..Subscriber::new(*unit, key(*unit))
            })
            .collect(),
        radios: units
            .iter()
            .map(|(group, unit)| RadioPlan {
                unit: *unit,
                owner: *unit,
                identity: Identity::Unit(*unit),
                equipment: None,
                key: key(*unit),
                talkgroup: group.talkgroup,
                scan: ScanList::default(),
                position: Position { east_m: i32::from(group.site.number()) * APART_M + 500, north_m: 0 },
                demand: Demand::Low,
                emergency_talkgroup: None,
                refuses_individual_calls: false,
            })
            .collect(),
    }
}

/// What was seen, by what it is about.
#[derive(Default)]
struct Seen {
    alone: BTreeMap<SiteId, Moment>,
    in_service: BTreeMap<SiteId, Moment>,
    registrations: BTreeMap<UnitId, u32>,
    permits: BTreeMap<UnitId, Moment>,
}

impl Seen {
    fn hear(&mut self, unit: UnitId, event: &HandsetEvent, at: Moment) {
        if let HandsetEvent::Registered { .. } = event {
            *self.registrations.entry(unit).or_default() += 1;
        } else if let HandsetEvent::TalkPermit { .. } = event {
            self.permits.insert(unit, at);
        }
    }

    fn take(&mut self, world: &mut World) {
        for Observed { at, what } in world.take_observed() {
            if let Sight::Station(site, StationEvent::Service(SiteService::Isolated)) = &what {
                self.alone.insert(*site, at);
            } else if let Sight::Controller(event) = &what
                && let EventKind::SiteUp { site, .. } = event.kind
            {
                self.in_service.insert(site, at);
            } else if let Sight::Handset(unit, event) = &what {
                self.hear(*unit, event, at);
            }
        }
    }
}

struct Drill {
    world: World,
    seen: Seen,
    records: BTreeMap<(CallId, Epoch), Option<Cause>>,
}

impl Drill {
    fn run_for(&mut self, span: Span) {
        let until = self.world.now() + span;
        while self.world.now() < until {
            self.world.run_until(until.min(self.world.now() + Span::from_secs(1)));
            self.seen.take(&mut self.world);
            for (_, item) in self.world.take_records() {
                self.charge(item);
            }
        }
    }

    /// Each record is closed once, but for one of a call that was lost and came back.
    fn charge(&mut self, item: StoreItem) {
        if let StoreItem::CallOpened(record) = item {
            self.records.insert((record.call, record.epoch), None);
        } else if let StoreItem::CallClosed(record) = item {
            let cause = record.released.map(|(_, cause)| cause);
            let before = self.records.insert((record.call, record.epoch), cause).flatten();
            let again = before.is_some_and(|before| before != Cause::CallLost);
            assert!(!again, "call {} was charged twice", record.call);
        } else if let StoreItem::Reported(reported) = item
            && let ReportedItem::Call(record) = reported.item
        {
            let cause = record.released.map(|(_, cause)| cause);
            let before = self.records.insert((record.call, record.epoch), cause);
            assert_eq!(before, None, "call {} was reported twice", record.call);
        }
    }

    fn talks(&self, unit: UnitId) -> bool {
        self.world.handset(unit).is_some_and(|handset| handset.state().phase == Phase::Talking)
    }

    fn press(&mut self, units: impl Iterator<Item = UnitId>) {
        for unit in units {
            self.world.perform(Deed::User(unit, Input::PressPtt { kind: RequestKind::Normal }));
        }
    }
}

fn longest(after: Moment, times: &BTreeMap<SiteId, Moment>) -> Span {
    times.values().map(|at| at.since(after)).max().unwrap_or(Span::ZERO)
}

#[test]
fn a_controller_is_killed_with_calls_up_and_queued_at_ten_sites_and_nothing_is_lost() {
    let nightly = std::env::var_os("TRUNKLAB_NIGHTLY").is_some();
    // A site's control channel takes its time to register a hundred radios that come at once.
    let registering = Span::from_secs(if nightly { 360 } else { 60 });
    let size = if nightly { Size { calls: 53, waiting: 5 } } else { Size { calls: 5, waiting: 1 } };
    let groups = groups(size);
    let mut drill = Drill {
        world: World::new(plan(size), Weather::CALM, 14),
        seen: Seen::default(),
        records: BTreeMap::new(),
    };
    for group in &groups {
        for unit in [group.talker, group.listener] {
            drill.world.perform(Deed::User(unit, Input::PowerOn));
        }
    }
    drill.run_for(registering);
    assert_eq!(drill.seen.registrations.len(), groups.len() * 2, "every radio registers");
    // One after the other, so that who comes last waits: all at once they would collide.
    for index in 0..usize::from(size.calls + size.waiting) {
        let each = usize::from(size.calls + size.waiting);
        drill.press(groups.iter().skip(index).step_by(each).map(|group| group.talker));
        drill.run_for(Span::from_millis(500));
    }
    drill.run_for(Span::from_secs(10));
    let (talking, waiting): (Vec<&Group>, Vec<&Group>) =
        groups.iter().partition(|group| drill.talks(group.talker));
    let calls = usize::from(size.calls * SITES);
    assert_eq!((talking.len(), waiting.len()), (calls, usize::from(size.waiting * SITES)));

    let killed = drill.world.now();
    drill.world.kill_controller();
    drill.run_for(Span::from_secs(20));
    assert_eq!(drill.seen.alone.len(), usize::from(SITES), "every site serves alone");
    let alone = longest(killed, &drill.seen.alone);
    assert!(alone <= Span::from_millis(u64::from(ISOLATED_AFTER_MS)), "{alone:?}");
    for group in &talking {
        assert!(drill.talks(group.talker), "unit {} was interrupted", group.talker);
    }
    // A call is over at each site; who waits longest is served by the site alone.
    let last: Vec<_> = (1..=SITES)
        .map(|site| talking.iter().find(|group| group.site.number() == site).unwrap().talker)
        .collect();
    for talker in &last {
        drill.world.perform(Deed::User(*talker, Input::ReleasePtt));
    }
    let released = drill.world.now();
    drill.run_for(Span::from_secs(30));
    let served: Vec<_> = waiting.iter().filter(|group| drill.talks(group.talker)).collect();
    assert_eq!(served.len(), usize::from(SITES), "one of those who wait at each site is served");
    let wait = served.iter().map(|group| drill.seen.permits[&group.talker].since(released)).max().unwrap();

    let started = drill.world.now();
    drill.seen.in_service.clear();
    let before = drill.seen.registrations.clone();
    drill.world.start_controller();
    drill.run_for(Span::from_secs(15));
    assert_eq!(drill.seen.in_service.len(), usize::from(SITES), "every site is back");
    let back = longest(started, &drill.seen.in_service);
    let going_on = talking.iter().filter(|group| !last.contains(&group.talker)).chain(served.iter().copied());
    for group in going_on {
        assert!(drill.talks(group.talker), "unit {} was interrupted by the return", group.talker);
    }
    assert_eq!(drill.seen.registrations, before, "no radio had to register again");
    for group in &groups {
        drill.world.perform(Deed::User(group.talker, Input::ReleasePtt));
    }
    drill.run_for(Span::from_secs(30));

    let open: Vec<_> = drill.records.iter().filter(|(_, cause)| cause.is_none()).collect();
    // The records of the first term were open when its controller was killed: its database closes them at the next start.
    let of_first_term = |epoch: Epoch| epoch == Epoch::new(1).unwrap();
    assert!(open.iter().all(|((_, epoch), _)| of_first_term(*epoch)), "{open:?}");
    let alone_records: BTreeSet<_> =
        drill.records.keys().filter(|(_, epoch)| epoch.number() >> 31 == 1).collect();
    // Each call of before and each that was begun alone has a record of that time.
    assert_eq!(alone_records.len(), calls + usize::from(SITES));
    let begun_alone = alone_records.iter().filter(|(call, _)| !is_controllers(call.node)).count();
    assert_eq!(begun_alone, usize::from(SITES));
    println!(
        "{calls} calls and {} waiting at {SITES} sites: alone {} ms after the kill, served from the queue {} ms after a slot \
         came free, back {} ms after the start",
        waiting.len(),
        alone.as_millis(),
        wait.as_millis(),
        back.as_millis()
    );
}
