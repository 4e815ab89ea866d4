//! A press while another talks, in a talkgroup whose demands wait.

use trunklab_protocol::air_downlink::{FloorQueued, FloorRefused, Release};
use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::{Cause, Demand, FloorPolicy, Press, ProfileId, Span};

use super::bench::*;
use crate::handset::Phase;
use crate::input::Input;
use crate::output::HandsetEvent;

fn listening(profile: ProfileId, demand: Demand, floor: FloorPolicy) -> Bench {
    let mut bench = Bench::programmed(profile, |config| config.demand = demand).switched_on();
    bench.floor = floor;
    bench.listening()
}

/// Listens, has pressed, and was told that it is second.
fn waiting(profile: ProfileId) -> Bench {
    let mut bench = listening(profile, Demand::Low, FloorPolicy::Queue);
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    bench.told_place(2);
    bench
}

impl Bench {
    fn told_place(&mut self, position: u16) {
        let press = Press::new(self.last_press()).unwrap();
        let talk = self.shows.clone();
        self.shows(FloorQueued { call: call(9), unit: unit(1017), press, position });
        self.run(self.profile.traffic.start(2));
        self.shows = talk;
    }
}

#[test]
fn a_press_while_another_talks_asks_on_the_control_channel_and_goes_on_listening() {
    for profile in PROFILES {
        let mut bench = waiting(profile.id);
        let (_, burst) = bench.uplink.last().unwrap().clone();
        assert_eq!(burst.place.at, slot(12, 0), "{}", profile.name);
        assert!(
            matches!(burst.word, UplinkWord::FloorRequest(word) if word.call == call(9) && word.demand == Demand::Low)
        );
        assert_eq!(bench.phase(), Phase::AwaitingFloor, "{}", profile.name);
        let queued = HandsetEvent::FloorQueued { call: call(9), position: 2 };
        assert_eq!(bench.events.last(), Some(&queued));
        assert_eq!(bench.handset.state().floor_position, Some(2));
        bench.told_place(1);
        assert_eq!(bench.events.last(), Some(&HandsetEvent::FloorQueued { call: call(9), position: 1 }));
        assert_eq!(bench.uplink.len(), 1, "{}: nothing is said again", profile.name);
    }
}

#[test]
fn the_floor_that_was_waited_for_is_taken() {
    let mut bench = waiting(ProfileId::Iden);
    let talker = bench.talker(1017, 7, bench.last_press());
    bench.shows(bench.floor_taken(talker));
    bench.run_until(|bench| bench.phase() == Phase::Talking, Span::from_secs(1));
    assert_eq!(bench.events.last(), Some(&HandsetEvent::TalkPermit { call: call(9) }));
}

#[test]
fn the_release_of_the_button_cancels_and_a_floor_that_comes_all_the_same_is_given_back() {
    let mut bench = waiting(ProfileId::Iden);
    let press = Press::new(bench.last_press()).unwrap();
    bench.forget();
    bench.input(Input::ReleasePtt);
    assert_eq!(bench.phase(), Phase::Listening);
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    assert!(matches!(&bench.words()[..], [UplinkWord::CallCancel(word)] if word.press == press));
    let talker = bench.talker(1017, 7, press.number());
    bench.shows(bench.floor_taken(talker));
    bench.run_until(|bench| bench.phase() == Phase::Ending, Span::from_secs(1));
    assert_eq!(bench.phase(), Phase::Ending);
    assert_eq!(bench.events, []);
}

#[test]
fn a_cancel_that_is_confirmed_is_not_said_again() {
    let mut bench = waiting(ProfileId::Iden);
    let press = Press::new(bench.last_press()).unwrap();
    bench.input(Input::ReleasePtt);
    bench.forget();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let cause = Cause::RequestCancelled;
    bench.shows(FloorRefused { call: call(9), unit: unit(1017), press, cause });
    bench.run(Span::from_millis(300));
    bench.shows(bench.voice(1018, 6, 9));
    bench.run(Span::from_secs(5));
    assert_eq!((bench.uplink.len(), bench.refusals(), bench.phase()), (1, vec![], Phase::Listening));
}

#[test]
fn a_demand_that_is_refused_or_unanswered_is_told_and_the_handset_listens_on() {
    let mut bench = waiting(ProfileId::Iden);
    let press = Press::new(bench.last_press()).unwrap();
    let cause = Cause::FloorTimeout;
    bench.shows(FloorRefused { call: call(9), unit: unit(1017), press, cause });
    bench.run(Span::from_millis(300));
    assert_eq!((bench.refusals(), bench.phase()), (vec![cause], Phase::Listening));

    let mut bench = listening(ProfileId::Iden, Demand::Low, FloorPolicy::Queue);
    bench.press();
    bench.run(Span::from_secs(10));
    assert_eq!((bench.refusals(), bench.phase()), (vec![Cause::NoAnswer], Phase::Listening));
    assert_eq!(bench.uplink.len(), 3);
}

#[test]
fn without_a_queue_only_a_preemptive_demand_is_worth_saying() {
    for demand in [Demand::Low, Demand::High, Demand::Preemptive] {
        let mut bench = listening(ProfileId::Iden, demand, FloorPolicy::Refuse);
        bench.press();
        bench.run(Span::from_millis(500));
        let asks = demand == Demand::Preemptive;
        assert_eq!(bench.uplink.len(), usize::from(asks), "{demand:?}");
        assert_eq!(bench.refusals().len(), usize::from(!asks), "{demand:?}");
    }
}

#[test]
fn a_call_that_ends_makes_the_demand_a_request_for_a_new_one() {
    let mut bench = waiting(ProfileId::Iden);
    bench.forget();
    bench.shows(Release { call: call(9), cause: Cause::Preempted });
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    assert!(
        matches!(&bench.words()[..], [UplinkWord::CallRequest(word)] if word.kind == RequestKind::Normal)
    );
}

#[test]
fn an_emergency_does_not_wait() {
    let mut bench = waiting(ProfileId::Iden);
    bench.input(Input::ReleasePtt);
    bench.forget();
    bench.input(Input::PressPtt { kind: RequestKind::Emergency });
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    assert!(
        matches!(&bench.words()[..], [UplinkWord::CallRequest(word)] if word.kind == RequestKind::Emergency)
    );
}

#[test]
fn a_request_that_meets_another_talker_waits_for_its_floor() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.floor = FloorPolicy::Queue;
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let press = bench.last_press();
    bench.says(FloorQueued {
        call: call(9),
        unit: unit(1017),
        press: Press::new(press).unwrap(),
        position: 1,
    });
    bench.says(bench.grant(Some(bench.talker(1018, 6, 1))));
    bench.shows(bench.voice(1018, 6, 0));
    bench.run_until(|bench| bench.phase() == Phase::AwaitingFloor, Span::from_secs(2));
    assert_eq!(bench.handset.state().floor_position, Some(1));
    assert_eq!(bench.refusals(), []);
    bench.shows(bench.floor_taken(bench.talker(1017, 7, press)));
    bench.run_until(|bench| bench.phase() == Phase::Talking, Span::from_secs(1));
    assert_eq!(bench.phase(), Phase::Talking);
}
