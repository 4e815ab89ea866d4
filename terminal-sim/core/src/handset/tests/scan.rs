//! A handset that hears more than one talkgroup.

use trunklab_protocol::air_downlink::{Affiliated, CallBack, Grant, Queued, Refused, SiteService};
use trunklab_protocol::air_uplink::UplinkWord;
use trunklab_protocol::{Cause, Press, ProfileId, ScanList, Span, TalkgroupId};

use super::bench::{Bench, call, slot, talkgroup, unit};
use crate::handset::Phase;
use crate::input::Input;
use crate::output::HandsetEvent;

/// Idle, with talkgroup 41, and 42 before 43 in its list.
fn scanning() -> Bench {
    let list = ScanList::new([talkgroup(42), talkgroup(43)]).unwrap();
    Bench::programmed(ProfileId::Iden, |config| config.scan = list).switched_on()
}

/// A call of another talkgroup, told of on the slot of the one that is heard.
fn other(bench: &Bench, number: u32, group: u16) -> Grant {
    Grant {
        call: call(number),
        parties: talkgroup(group).into(),
        at: slot(16, 0),
        talker: Some(bench.talker(1018, 30 + number, 1)),
        late_entry: true,
        ..bench.grant(None)
    }
}

/// Listens to a call of this talkgroup.
fn listening_to(group: u16) -> Bench {
    let mut bench = scanning();
    let grant = Grant { parties: talkgroup(group).into(), ..bench.grant(Some(bench.talker(1018, 6, 1))) };
    bench.says(grant);
    bench.shows(bench.voice(1018, 6, 0));
    bench.run_until(|bench| bench.phase() == Phase::Listening, Span::from_secs(2));
    assert_eq!(bench.phase(), Phase::Listening, "talkgroup {group}");
    bench.forget();
    bench
}

fn heard(bench: &Bench) -> Option<TalkgroupId> {
    bench.handset.state().call.and_then(|call| call.parties.talkgroup())
}

#[test]
fn it_names_its_list_when_it_registers() {
    let list = ScanList::new([talkgroup(42), talkgroup(43)]).unwrap();
    let mut bench = Bench::programmed(ProfileId::Iden, |config| config.scan = list);
    bench.input(Input::PowerOn);
    bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(10));
    let answers = |word: &UplinkWord| matches!(word, UplinkWord::Answer(word) if word.secondary == list);
    assert!(bench.words().iter().any(answers), "{:?}", bench.words());
}

#[test]
fn it_joins_a_call_of_each_and_of_no_other() {
    listening_to(42);
    listening_to(43);
    let mut bench = scanning();
    bench.says(Grant { parties: talkgroup(44).into(), ..bench.grant(Some(bench.talker(1018, 6, 1))) });
    bench.run(Span::from_secs(2));
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn it_leaves_a_call_for_one_that_goes_before_it() {
    for (group, before) in [(43, 42), (43, 41), (42, 41)] {
        let mut bench = listening_to(group);
        let word = other(&bench, 8, before);
        bench.shows(word);
        bench.run_until(|bench| heard(bench) == Some(talkgroup(before)), Span::from_secs(1));
        assert_eq!(bench.phase(), Phase::Listening);
        assert_eq!(bench.events[0], HandsetEvent::Left { call: call(9), cause: Cause::PriorityScan });
    }
}

#[test]
fn it_stays_in_a_call_that_goes_before_the_other() {
    for (group, after) in [(41, 42), (42, 43), (42, 42), (42, 44)] {
        let mut bench = listening_to(group);
        bench.shows(other(&bench, 8, after));
        bench.run(Span::from_millis(500));
        assert_eq!(heard(&bench), Some(talkgroup(group)));
    }
}

#[test]
fn a_press_while_another_talkgroups_talker_speaks_is_for_its_own() {
    let mut bench = listening_to(42);
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(2));
    assert!(matches!(&bench.words()[0], UplinkWord::CallRequest(word) if word.talkgroup == talkgroup(41)));
    assert_eq!(bench.refusals(), []);
}

#[test]
fn a_press_in_the_hang_time_of_another_talkgroup_answers_there() {
    let mut bench = listening_to(42);
    bench.shows(bench.floor_idle());
    bench.run_until(|bench| bench.phase() == Phase::Hanging, Span::from_secs(2));
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(2));
    assert!(matches!(&bench.words()[0], UplinkWord::FloorRequest(word) if word.call == call(9)));
}

#[test]
fn switched_off_it_tells_the_network_and_hears_its_own_alone() {
    let mut bench = listening_to(42);
    bench.input(Input::Scan { on: false });
    assert_eq!(bench.phase(), Phase::Idle);
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(2));
    let none = ScanList::default();
    assert!(matches!(&bench.words()[0], UplinkWord::Affiliate(word) if word.secondary == none));
    let press = Press::new(bench.last_press()).unwrap();
    bench.says(Affiliated { unit: unit(1017), press, talkgroup: talkgroup(41), secondary: none });
    bench.run(Span::from_secs(1));
    bench.says(Grant { parties: talkgroup(42).into(), ..bench.grant(Some(bench.talker(1018, 6, 1))) });
    bench.run(Span::from_secs(2));
    assert_eq!((bench.phase(), bench.words().len()), (Phase::Idle, 1));
}

#[test]
fn a_call_back_outlasts_what_is_said_of_scan_meanwhile() {
    let mut bench = scanning();
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let asked = Press::new(bench.last_press()).unwrap();
    bench.says(Queued { unit: unit(1017), press: asked, position: 1 });
    bench.run(Span::from_millis(300));
    bench.input(Input::ReleasePtt);
    bench.input(Input::Scan { on: false });
    bench.run(Span::from_secs(1));
    bench.forget();
    bench.says(CallBack { unit: unit(1017), press: asked });
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(2));
    let press = Press::new(bench.last_press()).unwrap();
    let secondary = ScanList::default();
    bench.says(Affiliated { unit: unit(1017), press, talkgroup: talkgroup(41), secondary });
    bench.run(Span::from_secs(1));
    assert!(bench.handset.state().called_back);
    bench.says(Refused { unit: unit(1017), press: asked, cause: Cause::CallBackExpired });
    bench.run(Span::from_secs(1));
    assert!(!bench.handset.state().called_back);
    assert_eq!(bench.refusals(), [Cause::CallBackExpired]);
}

#[test]
fn what_the_network_does_not_allow_is_not_asked_for_again() {
    let mut bench = scanning();
    for (on, kept) in [(false, vec![]), (true, vec![talkgroup(43)])] {
        bench.forget();
        bench.input(Input::Scan { on });
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(2));
        let press = Press::new(bench.last_press()).unwrap();
        let secondary = ScanList::new(kept).unwrap();
        bench.says(Affiliated { unit: unit(1017), press, talkgroup: talkgroup(41), secondary });
        bench.run(Span::from_secs(5));
        assert_eq!(bench.words().len(), 1, "{:?}", bench.words());
    }
    bench.says(Grant { parties: talkgroup(42).into(), ..bench.grant(Some(bench.talker(1018, 6, 1))) });
    bench.run(Span::from_secs(2));
    assert_eq!(bench.phase(), Phase::Idle, "42 is not known to the network");
}

#[test]
fn a_change_that_nobody_answered_is_told_when_the_site_can_do_it_again() {
    let mut bench = scanning();
    bench.system.service = SiteService::NoService;
    bench.run(Span::from_secs(2));
    bench.input(Input::Scan { on: false });
    bench.run_until(|bench| !bench.refusals().is_empty(), Span::from_secs(60));
    assert_eq!(bench.refusals(), [Cause::NoAnswer]);
    bench.forget();
    bench.run(Span::from_secs(5));
    assert_eq!(bench.words(), [], "what failed is not said again by itself");
    bench.system.service = SiteService::Wide;
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(5));
    assert!(matches!(&bench.words()[0], UplinkWord::Affiliate(word) if word.secondary.is_empty()));
}
