//! A site that has radios spread their registrations (docs/call-processing.md, clause 12.12.2).

use trunklab_protocol::air_downlink::SiteService;
use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::{Cause, Incarnation, Moment, ProfileId, Span};

use super::bench::Bench;
use crate::handset::Phase;
use crate::input::Input;
use crate::output::HandsetEvent;

const WINDOW: Span = Span::from_secs(60);

/// Switched on at a site with a window of a minute: it has chosen the site.
fn waiting() -> Bench {
    waiting_where(SiteService::Wide)
}

fn waiting_where(service: SiteService) -> Bench {
    let mut bench = Bench::new(ProfileId::Iden);
    bench.system.service = service;
    bench.system.registration_window_ms = 60_000;
    bench.input(Input::PowerOn);
    bench.run_until(|bench| bench.phase() == Phase::Registering, Span::from_secs(5));
    bench
}

#[test]
fn it_registers_within_the_window_and_not_at_its_beginning() {
    let mut bench = waiting();
    bench.run(Span::from_secs(4));
    assert_eq!((bench.phase(), bench.words().len()), (Phase::Registering, 0), "the dice of unit 1017");
    bench.run_until(|bench| bench.phase() == Phase::Idle, WINDOW);
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn a_press_does_not_wait_for_the_window() {
    let mut bench = waiting();
    bench.input(Input::PressPtt { kind: RequestKind::Normal });
    assert_eq!(bench.refusals(), [Cause::NotRegistered]);
    bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(2));
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn an_alarm_does_not_wait_for_the_window() {
    let mut bench = waiting();
    bench.input(Input::Alarm);
    bench.run(Span::from_secs(3));
    assert!(bench.words().iter().any(|word| matches!(word, UplinkWord::Alarm(_))), "{:?}", bench.words());
}

#[test]
fn a_restart_of_the_site_opens_the_window_as_well() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.system.registration_window_ms = 60_000;
    bench.run(Span::from_secs(3));
    bench.system.incarnation = Incarnation::new(78).unwrap();
    bench.run(Span::from_secs(6));
    assert_eq!(bench.phase(), Phase::Registering, "three seconds are over");
    bench.run_until(|bench| bench.phase() == Phase::Idle, WINDOW);
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn service_that_begins_opens_the_window_that_was_over() {
    let mut bench = waiting_where(SiteService::NoService);
    bench.run(WINDOW + Span::from_secs(5));
    bench.system.service = SiteService::Wide;
    bench.run(Span::from_secs(6));
    assert_eq!(
        (bench.phase(), bench.words().len()),
        (Phase::Registering, 0),
        "all others would begin now, too"
    );
    bench.run_until(|bench| bench.phase() == Phase::Idle, WINDOW);
    assert_eq!(bench.phase(), Phase::Idle);
}

/// Until so many registrations have come to nothing; when the last did.
fn given_up(bench: &mut Bench, times: usize) -> Moment {
    let count = |bench: &Bench| {
        let is_given_up =
            |event: &&HandsetEvent| matches!(event, HandsetEvent::RegisterRefused { cause: Cause::NoAnswer });
        bench.events.iter().filter(is_given_up).count()
    };
    bench.run_until(|bench| count(bench) == times, Span::from_secs(400));
    assert_eq!(count(bench), times);
    bench.now
}

/// Switched on at a site that answers nothing.
fn unanswered() -> Bench {
    let mut bench = Bench::new(ProfileId::Iden);
    bench.registers = false;
    bench.input(Input::PowerOn);
    bench
}

#[test]
fn who_is_not_answered_waits_twice_as_long_each_time_but_not_for_ever() {
    let mut bench = unanswered();
    let mut last = given_up(&mut bench, 1);
    for (times, pause_s) in [(2, 10), (3, 20), (4, 40), (5, 80), (6, 160), (7, 160)] {
        let next = given_up(&mut bench, times);
        let (least, most) = (Span::from_secs(pause_s), Span::from_secs(2 * pause_s + 3));
        assert!((least..most).contains(&next.since(last)), "{times}: {:?}", next.since(last));
        last = next;
    }
}

#[test]
fn a_press_does_not_wait_until_it_is_asked_again() {
    let mut bench = unanswered();
    given_up(&mut bench, 4);
    bench.registers = true;
    bench.input(Input::PressPtt { kind: RequestKind::Normal });
    bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(2));
    assert_eq!(bench.phase(), Phase::Idle);
}
