//! A site that has radios spread their registrations (docs/call-processing.md, clause 12.12.2).

use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::{Cause, Incarnation, ProfileId, Span};

use super::bench::Bench;
use crate::handset::Phase;
use crate::input::Input;

const WINDOW: Span = Span::from_secs(60);

/// Switched on at a site with a window of a minute: it has chosen the site.
fn waiting() -> Bench {
    let mut bench = Bench::new(ProfileId::Iden);
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
