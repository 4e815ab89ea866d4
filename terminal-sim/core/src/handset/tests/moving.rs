//! Between two sites: when a handset leaves, how it arrives, and what it goes back to.

use trunklab_protocol::air_downlink::{Deregistered, Neighbour, Refused, RegisterRefused};
use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::{Cause, ProfileId, Span};

use super::bench::{Bench, TMSI, site, slot, unit};
use crate::handset::Phase;
use crate::input::Input;
use crate::output::{HandsetEvent, Output};

/// Idle at site 3, which it hears at this level, and told of site 5 on the same carrier.
fn near(level_dbm: i8) -> Bench {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.level_dbm = level_dbm;
    bench.says(Neighbour { site: site(5), carrier: slot(12, 0).carrier });
    bench.run(Span::from_secs(1));
    bench.forget();
    bench
}

/// On its way to site 5, which is what the bench plays from here on.
pub(super) fn leaving() -> Bench {
    let mut bench = near(-95);
    bench.neighbour_dbm = Some(-89);
    bench.run_until(|bench| bench.phase() == Phase::Moving, Span::from_secs(5));
    assert_eq!(bench.events, [HandsetEvent::LeavesFor { site: site(5) }]);
    bench.system.site = site(5);
    bench.level_dbm = -89;
    bench.forget();
    bench
}

fn measurements(bench: &Bench) -> usize {
    bench.outputs.iter().filter(|(_, output)| matches!(output, Output::Measure { .. })).count()
}

fn registers(bench: &Bench) -> usize {
    bench.words().iter().filter(|word| matches!(word, UplinkWord::Register(_))).count()
}

#[test]
fn a_handset_that_is_served_well_looks_at_no_other_site() {
    let mut bench = near(-85);
    bench.neighbour_dbm = Some(-40);
    bench.run(Span::from_secs(20));
    assert_eq!((measurements(&bench), bench.phase()), (0, Phase::Idle));
}

#[test]
fn a_weak_site_has_its_neighbours_measured_twice_a_second() {
    let mut bench = near(-86);
    bench.run(Span::from_secs(10));
    assert_eq!(measurements(&bench), 20);
}

#[test]
fn it_leaves_for_a_site_that_is_stronger_by_the_hysteresis_for_long_enough() {
    let mut bench = near(-95);
    bench.neighbour_dbm = Some(-90);
    bench.run(Span::from_secs(20));
    assert_eq!(bench.phase(), Phase::Idle, "five decibels are not six");
    bench.neighbour_dbm = Some(-89);
    let since = bench.now;
    bench.run_until(|bench| bench.phase() == Phase::Moving, Span::from_secs(5));
    let took = bench.now.since(since).as_millis();
    assert!((3_000..4_000).contains(&took), "{took} ms");
}

#[test]
fn a_break_begins_the_time_anew() {
    let mut bench = near(-95);
    for level_dbm in [-89, -92, -89, -92] {
        bench.neighbour_dbm = Some(level_dbm);
        bench.run(Span::from_millis(2_900));
    }
    for level_dbm in [Some(-89), None, Some(-89), None] {
        bench.neighbour_dbm = level_dbm;
        bench.run(Span::from_millis(2_900));
    }
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn it_registers_at_the_other_site_as_the_unit_that_it_is() {
    let mut bench = leaving();
    bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(5));
    let view = bench.handset.state();
    assert_eq!((view.phase, view.site, view.affiliated), (Phase::Idle, Some(site(5)), Some(view.selected)));
    let named = trunklab_protocol::Identity::Tmsi(TMSI);
    assert!(matches!(&bench.words()[0], UplinkWord::Register(word) if word.identity == named));
}

#[test]
fn a_site_that_is_not_heard_after_all_is_left_alone_for_a_minute() {
    let mut bench = leaving();
    bench.radiates = false;
    bench.run(Span::from_millis(3_100));
    (bench.system.site, bench.level_dbm, bench.radiates) = (site(3), -95, true);
    assert_eq!((bench.phase(), bench.handset.state().site), (Phase::Idle, Some(site(3))));
    let told =
        [HandsetEvent::RegisterRefused { cause: Cause::NoAnswer }, HandsetEvent::Camped { site: site(3) }];
    assert_eq!(bench.events, told);
    bench.forget();
    bench.says(Neighbour { site: site(5), carrier: slot(12, 0).carrier });
    bench.run(Span::from_secs(55));
    assert_eq!((bench.phase(), registers(&bench)), (Phase::Idle, 0), "its registration held all the while");
    bench.run_until(|bench| bench.phase() == Phase::Moving, Span::from_secs(10));
    assert_eq!(bench.phase(), Phase::Moving);
}

#[test]
fn a_site_that_does_not_allow_the_unit_is_not_asked_again() {
    let mut bench = leaving();
    bench.registers = false;
    bench.run_until(|bench| registers(bench) == 1, Span::from_secs(5));
    let identity = trunklab_protocol::Identity::Tmsi(TMSI);
    bench.says(RegisterRefused { identity, cause: Cause::SiteNotAllowed });
    bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(5));
    (bench.system.site, bench.level_dbm) = (site(3), -95);
    bench.forget();
    bench.says(Neighbour { site: site(5), carrier: slot(12, 0).carrier });
    bench.run(Span::from_secs(300));
    assert_eq!((bench.phase(), registers(&bench)), (Phase::Idle, 0));
    assert!(measurements(&bench) > 500, "it does look");
}

#[test]
fn a_press_on_the_way_is_asked_for_at_the_other_site() {
    let mut bench = leaving();
    bench.press();
    bench.run_until(|bench| bench.phase() == Phase::Requesting, Span::from_secs(5));
    assert_eq!((bench.phase(), bench.refusals()), (Phase::Requesting, vec![]));
    assert_eq!(bench.handset.state().site, Some(site(5)));
}

#[test]
fn it_stays_while_the_network_owes_it_an_answer() {
    let mut bench = near(-95);
    bench.input(Input::PressPtt { kind: RequestKind::Emergency });
    bench.neighbour_dbm = Some(-60);
    bench.run_until(|bench| bench.phase() == Phase::Moving, Span::from_secs(3));
    assert_eq!(bench.phase(), Phase::Requesting);
}

#[test]
fn a_listener_leaves_its_call_behind() {
    let mut bench = near(-95).listening();
    bench.neighbour_dbm = Some(-60);
    bench.run_until(|bench| bench.phase() == Phase::Moving, Span::from_secs(5));
    assert_eq!((bench.phase(), bench.handset.state().call), (Phase::Moving, None));
}

#[test]
fn switched_off_on_the_way_it_says_so_where_it_is_registered() {
    let mut bench = leaving();
    bench.input(Input::PowerOff);
    (bench.system.site, bench.level_dbm) = (site(3), -95);
    bench.run(Span::from_secs(5));
    assert_eq!(bench.phase(), Phase::Off);
    assert!(bench.words().iter().all(|word| matches!(word, UplinkWord::Detach(_))), "{:?}", bench.words());
}

#[test]
fn a_site_that_has_forgotten_it_meanwhile_is_registered_at_anew() {
    let mut bench = leaving();
    bench.radiates = false;
    bench.run(Span::from_millis(3_100));
    (bench.system.site, bench.level_dbm, bench.radiates) = (site(3), -95, true);
    bench.says(Deregistered { unit: unit(1017), cause: Cause::MovedToOtherSite });
    bench.run_until(|bench| bench.phase() == Phase::Registering, Span::from_secs(2));
    bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(10));
    assert_eq!(bench.phase(), Phase::Idle);
    assert_eq!(registers(&bench), 1);
}

/// Talking at site 3, and on its way to site 5, which is what the bench plays from here on.
fn leaving_in_its_talk() -> Bench {
    let mut bench = near(-95).talking();
    bench.neighbour_dbm = Some(-89);
    bench.shows(bench.floor_taken(bench.talker(1017, 5, 1)));
    bench.run_until(|bench| bench.phase() == Phase::Moving, Span::from_secs(6));
    assert_eq!(bench.phase(), Phase::Moving);
    bench.system.site = site(5);
    (bench.level_dbm, bench.shows) = (-89, None);
    bench
}

#[test]
fn a_talker_says_three_times_that_it_goes_and_then_goes() {
    let bench = leaving_in_its_talk();
    let words = bench.words();
    let (last, before) = words.split_at(words.len() - 3);
    let leaves = |word: &UplinkWord| matches!(word, UplinkWord::Leaving(word) if word.to == site(5));
    assert!(before.iter().all(leaves), "{before:?}");
    assert!(last.iter().all(|word| matches!(word, UplinkWord::Voice(_))), "it talks until then");
    assert_eq!(bench.events, [HandsetEvent::LeavesFor { site: site(5) }], "its talk has not ended");
}

#[test]
fn a_talker_asks_to_go_on_where_it_arrives_and_what_it_said_meanwhile_is_clipped() {
    let mut bench = leaving_in_its_talk();
    bench.input(Input::Speech(vec![[9; 8]; 500]));
    bench.forget();
    bench.run_until(|bench| bench.phase() == Phase::Requesting, Span::from_secs(5));
    let asks = |word: &UplinkWord| matches!(word, UplinkWord::Handover(_));
    bench.run_until(|bench| bench.words().iter().any(asks), Span::from_secs(2));
    let talker = bench.talker(1017, 6, bench.last_press());
    bench.says(bench.grant(Some(talker)));
    bench.shows(bench.floor_taken(talker));
    bench.run_until(|bench| bench.phase() == Phase::Talking, Span::from_secs(2));
    bench.run(Span::from_secs(1));
    assert_eq!(bench.phase(), Phase::Talking);
    let voice = bench
        .words()
        .into_iter()
        .filter(|word| matches!(word, UplinkWord::Voice(voice) if voice.spurt.number() == 6));
    assert!(voice.count() > 5);
    assert!(bench.outputs.iter().any(|(_, output)| matches!(output, Output::Clipped { frames: 1.. })));
}

#[test]
fn a_talker_whose_button_came_up_on_the_way_gives_the_floor_back() {
    let mut bench = leaving_in_its_talk();
    bench.input(Input::ReleasePtt);
    bench.forget();
    let asks = |word: &UplinkWord| matches!(word, UplinkWord::Handover(_));
    bench.run_until(|bench| bench.words().iter().any(asks), Span::from_secs(5));
    let talker = bench.talker(1017, 6, bench.last_press());
    bench.says(bench.grant(Some(talker)));
    bench.shows(bench.floor_taken(talker));
    let ends = |word: &UplinkWord| matches!(word, UplinkWord::TalkEnd(end) if end.spurt.number() == 6);
    bench.run_until(|bench| bench.words().iter().any(ends), Span::from_secs(2));
    assert!(bench.words().iter().any(ends));
}

#[test]
fn a_talker_that_may_not_go_on_is_told_that_it_has_lost_the_floor() {
    let mut bench = leaving_in_its_talk();
    bench.forget();
    let asks = |word: &UplinkWord| matches!(word, UplinkWord::Handover(_));
    bench.run_until(|bench| bench.words().iter().any(asks), Span::from_secs(5));
    let press = trunklab_protocol::Press::new(bench.last_press()).unwrap();
    bench.says(Refused { unit: unit(1017), press, cause: Cause::HandoverFailed });
    bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(2));
    let lost = HandsetEvent::FloorLost { call: super::bench::call(9), cause: Cause::HandoverFailed };
    assert_eq!((bench.phase(), bench.events.last()), (Phase::Idle, Some(&lost)));
}

#[test]
fn a_talker_that_is_not_taken_in_asks_to_go_on_where_it_was() {
    let mut bench = leaving_in_its_talk();
    bench.radiates = false;
    bench.run(Span::from_millis(3_100));
    (bench.system.site, bench.level_dbm, bench.radiates) = (site(3), -95, true);
    assert_eq!((bench.phase(), bench.handset.state().site), (Phase::Requesting, Some(site(3))));
}
