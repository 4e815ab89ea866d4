use trunklab_protocol::air_downlink::{CallBack, EmergencyStatus, Queued, Refused, Release, SiteService};
use trunklab_protocol::air_uplink::{Alarm, RequestKind, UplinkWord};
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::{Cause, Demand, EmergencyStage, Press, ProfileId, Span};

use super::bench::*;
use crate::handset::{EmergencyLight, Phase};
use crate::input::Input;
use crate::output::HandsetEvent;

fn alarms(bench: &Bench) -> Vec<Alarm> {
    let word = |word| if let UplinkWord::Alarm(alarm) = word { Some(alarm) } else { None };
    bench.words().into_iter().filter_map(word).collect()
}

fn status(bench: &Bench, press: Press, stage: EmergencyStage) -> EmergencyStatus {
    EmergencyStatus { unit: bench.handset.state().unit, press, stage }
}

/// Answers the last alarm on the control channel.
fn answer(bench: &mut Bench, stage: EmergencyStage) {
    let press = alarms(bench).last().expect("an alarm was sent").press;
    bench.says(status(bench, press, stage));
    bench.run(Span::from_secs(1));
}

#[test]
fn an_alarm_takes_the_first_opportunity_and_is_repeated_until_it_is_answered() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id);
        bench.input(Input::Alarm);
        let raised = bench.now;
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(2));
        let first = bench.uplink[0].0.since(raised);
        assert!(first <= profile.uplink_cadence(Channel::Control).period(), "{}: {first:?}", profile.name);
        bench.run(Span::from_secs(30));
        let said = alarms(&bench);
        assert!(said.len() > 3, "{}: more often than a usual request: {}", profile.name, said.len());
        assert!(said.iter().all(|alarm| alarm.press == said[0].press), "{}", profile.name);
        assert_eq!(bench.handset.state().emergency, Some(EmergencyLight::Unanswered));
        answer(&mut bench, EmergencyStage::Raised);
        assert_eq!(bench.handset.state().emergency, Some(EmergencyLight::Received), "{}", profile.name);
        bench.forget();
        bench.run(Span::from_secs(20));
        assert!(bench.uplink.is_empty(), "{}", profile.name);
    }
}

#[test]
fn what_waits_for_an_opportunity_gives_way_to_the_alarm() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id);
        bench.press();
        bench.input(Input::Alarm);
        let pressed = bench.now;
        bench.run(Span::from_secs(2));
        let mut places: Vec<_> = bench.uplink.iter().map(|(_, burst)| burst.place).collect();
        // A request may have taken an opportunity that began with the press.
        let sent_before = bench.uplink.iter().filter(|(at, _)| *at == pressed).count();
        assert!(matches!(bench.uplink[sent_before].1.word, UplinkWord::Alarm(_)), "{}", profile.name);
        assert!(
            bench.words().iter().any(|word| matches!(word, UplinkWord::CallRequest(_))),
            "{}",
            profile.name
        );
        places.dedup();
        assert_eq!(places.len(), bench.uplink.len(), "{}: one burst in one place", profile.name);
    }
}

#[test]
fn it_is_acknowledged_and_cleared_once_for_the_user() {
    let mut bench = Bench::registered(ProfileId::Tetra);
    bench.input(Input::Alarm);
    bench.run(Span::from_secs(1));
    for stage in [EmergencyStage::Raised, EmergencyStage::Acknowledged, EmergencyStage::Cleared] {
        answer(&mut bench, stage);
        answer(&mut bench, stage);
    }
    let stages: Vec<_> = bench
        .events
        .iter()
        .filter_map(|event| if let HandsetEvent::Emergency { stage } = event { Some(*stage) } else { None })
        .collect();
    assert_eq!(stages, [EmergencyStage::Raised, EmergencyStage::Acknowledged, EmergencyStage::Cleared]);
    assert_eq!(bench.handset.state().emergency, None);
    bench.forget();
    bench.run(Span::from_secs(100));
    assert!(bench.uplink.is_empty(), "nothing is left to say");
}

#[test]
fn an_emergency_that_is_not_cleared_is_asked_after() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    bench.input(Input::Alarm);
    bench.run(Span::from_secs(1));
    answer(&mut bench, EmergencyStage::Raised);
    bench.forget();
    bench.run(Span::from_secs(31));
    assert!(!alarms(&bench).is_empty());
}

#[test]
fn an_emergency_that_was_not_taken_is_said_as_soon_as_somebody_decides_again() {
    for again in [SiteService::Wide, SiteService::Isolated] {
        let mut bench = Bench::registered(ProfileId::Iden);
        bench.system.service = SiteService::NoService;
        bench.input(Input::Alarm);
        bench.run_until(|bench| !alarms(bench).is_empty(), Span::from_secs(1));
        let press = alarms(&bench)[0].press;
        bench.says(Refused { unit: unit(1017), press, cause: Cause::SiteUnavailable });
        bench.run(Span::from_secs(2));
        bench.forget();
        bench.run(Span::from_secs(5));
        assert!(alarms(&bench).is_empty(), "it was refused just now");
        bench.system.service = again;
        bench.run(Span::from_secs(2));
        assert_eq!(alarms(&bench).first().map(|alarm| alarm.press), Some(press), "{again:?}");
    }
}

#[test]
fn a_listener_raises_it_on_the_control_channel_and_listens_on() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id).listening();
        bench.input(Input::Alarm);
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(2));
        assert_eq!(bench.uplink[0].1.place.at, slot(12, 0), "{}", profile.name);
        assert_eq!(bench.phase(), Phase::Listening);
        let press = alarms(&bench)[0].press;
        bench.shows(status(&bench, press, EmergencyStage::Raised));
        bench.run(Span::from_secs(1));
        assert_eq!(bench.handset.state().emergency, Some(EmergencyLight::Received), "{}", profile.name);
    }
}

#[test]
fn a_talker_raises_it_in_the_place_of_speech_and_keeps_talking() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id).talking();
        bench.run(Span::from_secs(1));
        bench.forget();
        bench.input(Input::PressPtt { kind: RequestKind::Emergency });
        bench.run(Span::from_secs(2));
        let words = bench.words();
        let asked: Vec<_> = words
            .iter()
            .filter_map(|word| if let UplinkWord::FloorRequest(word) = word { Some(word) } else { None })
            .collect();
        assert!(!asked.is_empty(), "{}", profile.name);
        assert!(asked.iter().all(|word| (word.call, word.demand) == (call(9), Demand::Emergency)));
        let voiced = words.iter().filter(|word| matches!(word, UplinkWord::Voice(_))).count();
        assert!(voiced > asked.len(), "{}: speech goes on", profile.name);
        assert!(bench.uplink.iter().all(|(_, burst)| burst.place.at == bench.traffic()), "{}", profile.name);
        let press = asked[0].press;
        bench.forget();
        let shown = bench.shows.replace(status(&bench, press, EmergencyStage::Raised).into());
        bench.run(profile.traffic.start(2));
        bench.shows = shown;
        bench.run(Span::from_secs(2));
        assert_eq!(bench.phase(), Phase::Talking, "{}", profile.name);
        assert_eq!(bench.handset.state().emergency, Some(EmergencyLight::Received), "{}", profile.name);
    }
}

#[test]
fn an_emergency_press_makes_an_emergency_of_a_usual_request() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.press();
    bench.run(Span::from_millis(300));
    bench.input(Input::PressPtt { kind: RequestKind::Emergency });
    bench.run(Span::from_secs(1));
    let kinds: Vec<_> = bench
        .words()
        .iter()
        .filter_map(|word| if let UplinkWord::CallRequest(word) = word { Some(word.kind) } else { None })
        .collect();
    assert_eq!(kinds.first(), Some(&RequestKind::Normal));
    assert_eq!(kinds.last(), Some(&RequestKind::Emergency));
}

#[test]
fn an_emergency_call_that_is_refused_becomes_an_alarm_of_the_same_number() {
    let mut bench = Bench::registered(ProfileId::Tetra);
    bench.input(Input::PressPtt { kind: RequestKind::Emergency });
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let press = Press::new(bench.last_press()).unwrap();
    bench.says(Refused { unit: unit(1017), press, cause: Cause::QueueFull });
    bench.run(Span::from_secs(1));
    assert_eq!(bench.refusals(), [Cause::QueueFull]);
    assert_eq!(alarms(&bench).first().map(|alarm| alarm.press), Some(press));
}

#[test]
fn a_tap_of_the_emergency_button_is_enough() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.input(Input::PressPtt { kind: RequestKind::Emergency });
    bench.input(Input::ReleasePtt);
    bench.run(Span::from_secs(1));
    assert!(bench.words().iter().any(|word| matches!(word, UplinkWord::CallRequest(_))));
}

#[test]
fn an_emergency_call_is_asked_for_in_the_emergency_talkgroup_and_left_for_the_selected_one() {
    let emergency = talkgroup(49);
    let mut bench = Bench::programmed(ProfileId::Iden, |config| config.emergency_talkgroup = Some(emergency))
        .switched_on();
    bench.input(Input::PressPtt { kind: RequestKind::Emergency });
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    assert!(matches!(&bench.words()[0], UplinkWord::CallRequest(word) if word.talkgroup == emergency));
    let talker = bench.talker(1017, 5, bench.last_press());
    let mut grant = bench.grant(Some(talker));
    grant.parties = emergency.into();
    bench.says(grant);
    bench.shows(bench.floor_taken(talker));
    bench.run_until(|bench| bench.phase() == Phase::Talking, Span::from_secs(2));
    assert_eq!(bench.handset.state().affiliated, Some(emergency));
    bench.forget();
    bench.shows(Release { call: call(9), cause: Cause::HangTimeOver });
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(2));
    bench.shows = None;
    bench.run(Span::from_secs(1));
    assert!(
        bench
            .words()
            .iter()
            .any(|word| matches!(word, UplinkWord::Affiliate(word) if word.talkgroup == talkgroup(41)))
    );
}

#[test]
fn an_emergency_request_that_nobody_answered_is_taken_back_to_the_selected_talkgroup() {
    for profile in PROFILES {
        let mut bench =
            Bench::programmed(profile.id, |config| config.emergency_talkgroup = Some(talkgroup(49)))
                .switched_on();
        bench.input(Input::PressPtt { kind: RequestKind::Emergency });
        bench.input(Input::ReleasePtt);
        bench.run_until(|bench| !bench.refusals().is_empty(), Span::from_secs(60));
        assert_eq!(bench.refusals(), [Cause::NoAnswer], "{}", profile.name);
        bench.forget();
        bench.run(Span::from_secs(5));
        let is_told = |word: &UplinkWord| matches!(word, UplinkWord::Affiliate(word) if word.talkgroup == talkgroup(41));
        assert!(
            bench.words().iter().any(is_told),
            "{}: the network may think that it is in 49: {:?}",
            profile.name,
            bench.words()
        );
    }
}

/// The alarm that is being said has the number of the request.
#[test]
fn a_call_back_that_is_over_while_the_alarm_is_said_is_left_for_the_selected_talkgroup() {
    let mut bench =
        Bench::programmed(ProfileId::Iden, |config| config.emergency_talkgroup = Some(talkgroup(49)))
            .switched_on();
    bench.input(Input::PressPtt { kind: RequestKind::Emergency });
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let press = Press::new(bench.last_press()).unwrap();
    bench.says(Queued { unit: unit(1017), press, position: 1 });
    bench.run(Span::from_millis(300));
    bench.input(Input::ReleasePtt);
    bench.says(CallBack { unit: unit(1017), press });
    bench.run(Span::from_secs(1));
    bench.forget();
    bench.run_until(|bench| !alarms(bench).is_empty(), Span::from_secs(40));
    assert_eq!(alarms(&bench)[0].press, press);
    bench.says(Refused { unit: unit(1017), press, cause: Cause::NotAffiliated });
    bench.run(Span::from_secs(2));
    let is_told =
        |word: &UplinkWord| matches!(word, UplinkWord::Affiliate(word) if word.talkgroup == talkgroup(41));
    assert!(bench.words().iter().any(is_told), "{:?}", bench.words());
}

#[test]
fn an_alarm_says_whether_the_network_knows_it() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.input(Input::Alarm);
    bench.run(Span::from_secs(1));
    assert!(alarms(&bench).iter().all(|alarm| !alarm.known), "{:?}", alarms(&bench));
    answer(&mut bench, EmergencyStage::Raised);
    bench.forget();
    bench.run(Span::from_secs(40));
    let asked = alarms(&bench);
    assert!(!asked.is_empty() && asked.iter().all(|alarm| alarm.known), "{asked:?}");
    bench.forget();
    bench.input(Input::Alarm);
    bench.run(Span::from_secs(1));
    assert!(alarms(&bench).iter().all(|alarm| !alarm.known), "raised anew: {:?}", alarms(&bench));
}
