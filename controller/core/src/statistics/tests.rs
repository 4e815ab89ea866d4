use trunklab_protocol::operator::ConsoleName;
use trunklab_protocol::{CarrierNumber, Epoch, NodeId, Parties, Priority, SlotAddress, TalkgroupId};

use super::*;

fn site(number: u16) -> SiteId {
    SiteId::new(number).unwrap()
}

fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

fn call(counter: u32) -> CallId {
    CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(1).unwrap(), counter }
}

fn at(seconds: u64) -> Moment {
    Moment::ORIGIN + Span::from_secs(seconds)
}

fn parties() -> Parties {
    TalkgroupId::new(41).unwrap().into()
}

fn slot() -> SlotAddress {
    SlotAddress::first_of(CarrierNumber::new(1).unwrap())
}

fn granted(counter: u32, talker: u32, sites: &[u16], waited_ms: u32) -> EventKind {
    EventKind::CallGranted {
        call: call(counter),
        parties: parties(),
        talker: unit(talker),
        priority: Priority::LOWEST,
        emergency: false,
        sites: sites.iter().map(|number| (site(*number), slot())).collect(),
        waited_ms,
    }
}

fn queued(asking: u32, position: u16) -> EventKind {
    EventKind::CallQueued {
        unit: unit(asking),
        site: Some(site(3)),
        parties: parties(),
        area: None,
        priority: Priority::LOWEST,
        emergency: false,
        position,
    }
}

fn released(counter: u32) -> EventKind {
    EventKind::CallReleased { call: call(counter), parties: parties(), cause: Cause::HangTimeOver }
}

struct Bench(Statistics);

impl Bench {
    /// Sites 3 and 4 with five slots each, from the origin on, which is half a minute after a full one.
    fn new() -> Self {
        let mut bench = Self(Statistics::new(60, 90 * SECOND_US));
        for number in [3, 4] {
            let incarnation = trunklab_protocol::Incarnation::new(1).unwrap();
            bench.says(0, &EventKind::SiteUp { site: site(number), incarnation });
        }
        bench
    }

    fn says(&mut self, second: u64, kind: &EventKind) {
        self.0.note(at(second), kind, |_| 5);
    }
}

#[test]
fn a_call_counts_in_each_period_for_as_long_as_it_is_held_there() {
    let mut bench = Bench::new();
    bench.says(20, &granted(1, 1017, &[3, 4], 0));
    assert_eq!(bench.0.advance(at(29)), []);
    let first = bench.0.advance(at(40));
    bench.says(50, &EventKind::SiteLeft { call: call(1), site: site(4), cause: Cause::NobodyLeft });
    bench.says(60, &released(1));
    let second = bench.0.advance(at(90));
    let (first, second) = (&first[0], &second[0]);
    assert_eq!((first.from_s, first.length_s, second.from_s), (60, 60, 120));
    assert_eq!(first.system.held_us, 20 * SECOND_US, "ten seconds at two sites");
    assert_eq!(first.system.slots_us, 300 * SECOND_US, "ten slots for half a minute");
    assert_eq!((first.system.calls, first.sites[0].1.calls), (1, 1));
    let held: Vec<_> = second.sites.iter().map(|(_, figures)| figures.held_us / SECOND_US).collect();
    assert_eq!(held, [30, 20], "site 3 until the release, site 4 until it left");
    assert_eq!(second.system.occupancy(), Some(50.0 / 600.0));
    assert!((erlangs(second.system.held_us, Span::from_secs(60)) - 50.0 / 60.0).abs() < 1e-9);
}

#[test]
fn what_waits_counts_where_it_asked_and_once() {
    let mut bench = Bench::new();
    for (asking, position) in [(1017, 2), (1017, 1), (1018, 2), (1019, 3)] {
        bench.says(1, &queued(asking, position));
    }
    bench.says(3, &granted(1, 1017, &[4], 2_000));
    let cause = Cause::QueueTimeout;
    bench.says(4, &EventKind::CallRefused { unit: unit(1018), site: None, parties: None, cause });
    let cause = Cause::RequestCancelled;
    bench.says(5, &EventKind::CallCancelled { unit: unit(1019), parties: parties(), cause });
    let period = &bench.0.advance(at(30))[0];
    let here = &period.sites[0].1;
    assert_eq!((here.queued, period.system.queued), (3, 3));
    assert_eq!((here.waits.count, here.waits.mean_ms(), here.waits.max_ms), (1, Some(2_000), 2_000));
    let refused = BTreeMap::from([(Cause::QueueTimeout, 1), (Cause::RequestCancelled, 1)]);
    assert_eq!((&here.refused, &period.system.refused), (&refused, &refused));
    assert_eq!(period.sites[1].1.waits.count, 0, "the caller was not there");
}

#[test]
fn control_channels_count_from_one_heartbeat_to_the_next_and_from_nothing_after_a_start() {
    let mut bench = Bench::new();
    let health = |control_words, bursts| Health {
        control_words,
        control_words_busy: control_words / 2,
        bursts,
        collisions: 0,
        late: 0,
        dropped: 0,
        controls: vec![],
        settings: 0,
    };
    for (words, bursts) in [(1_000, 50), (1_100, 53), (20, 1)] {
        bench.0.note_health(site(3), &health(words, bursts));
    }
    let control = bench.0.advance(at(30))[0].system.control;
    assert_eq!((control.words, control.words_busy, control.bursts), (120, 60, 4));
}

#[test]
fn what_no_base_station_can_have_counted_stays_at_the_most() {
    let mut bench = Bench::new();
    for words in [0, u64::MAX, 0, u64::MAX] {
        let (control_words, control_words_busy, bursts, collisions) = (words, words, words, words);
        let health = Health {
            control_words,
            control_words_busy,
            bursts,
            collisions,
            late: 0,
            dropped: 0,
            controls: vec![],
            settings: 0,
        };
        bench.0.note_health(site(3), &health);
    }
    let control = bench.0.advance(at(30))[0].system.control;
    assert_eq!((control.words, control.bursts, control.collisions), (u64::MAX, u64::MAX, u64::MAX));
}

#[test]
fn a_site_that_is_lost_has_no_slots_and_one_that_is_changed_has_others() {
    let mut bench = Bench::new();
    bench.says(10, &EventKind::SiteLost { site: site(4), cause: Cause::LinkSilent });
    let version = trunklab_protocol::operator::ConfigurationVersion::new(2);
    let changed = EventKind::Configured { version, by: ConsoleName::new("a") };
    bench.0.note(at(20), &changed, |number| if number == site(3) { 1 } else { 0 });
    let period = &bench.0.advance(at(30))[0];
    let slots: Vec<_> = period.sites.iter().map(|(_, figures)| figures.slots_us / SECOND_US).collect();
    assert_eq!(slots, [5 * 20 + 10, 5 * 10]);
}

#[test]
fn a_long_silence_makes_no_more_periods_than_a_bound() {
    let mut bench = Bench::new();
    let days = 10 * 86_400;
    assert_eq!(bench.0.advance(at(days)).len() as u64, QUIET_MAX);
    assert_eq!(bench.0.advance(at(days + 60)).len(), 1);
}

#[test]
fn another_step_ends_the_period_that_runs() {
    let mut bench = Bench::new();
    bench.says(0, &granted(1, 1017, &[3], 0));
    let over = bench.0.change_step(at(20), 10);
    assert_eq!((over.len(), over[0].length_s, over[0].system.held_us), (1, 60, 20 * SECOND_US));
    let over = bench.0.advance(at(30));
    assert_eq!((over[0].from_s, over[0].length_s, over[0].system.held_us), (110, 10, 10 * SECOND_US));
    assert_eq!(bench.0.change_step(at(30), 10), []);
}

#[test]
fn the_p95_is_the_end_of_its_class_and_no_more_than_the_longest() {
    let mut waits = Waits::default();
    assert_eq!((waits.p95_ms(), waits.mean_ms()), (None, None));
    (0..95).for_each(|_| waits.add(150));
    (0..5).for_each(|_| waits.add(9_000));
    assert_eq!((waits.p95_ms(), waits.max_ms), (Some(200), 9_000));
    waits.add(9_500);
    assert_eq!(waits.p95_ms(), Some(9_500));
    let mut both = Waits::default();
    both.merge(&waits);
    both.merge(&Waits::default());
    assert_eq!(both, waits);
}

#[test]
fn figures_of_two_times_add_up() {
    let mut bench = Bench::new();
    bench.says(20, &granted(1, 1017, &[3, 4], 0));
    let mut periods = bench.0.advance(at(200));
    let mut sum = Figures::default();
    for period in &mut periods {
        sum.add(&period.system);
    }
    assert_eq!(
        sum.held_us,
        2 * 130 * SECOND_US,
        "from second 20 to the end of the third period, at two sites"
    );
}
