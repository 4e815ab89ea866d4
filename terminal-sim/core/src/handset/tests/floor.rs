use trunklab_protocol::air_downlink::{FloorIdle, FloorRefused, FloorWithdrawn, Grant, Release, TalkWarning};
use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::{Cause, Press, ProfileId, Span};

use super::bench::*;
use crate::handset::Phase;
use crate::input::Input;
use crate::output::{HandsetEvent, Output};

#[test]
fn the_end_of_talk_is_repeated_until_the_slot_shows_it() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id).talking();
        bench.input(Input::ReleasePtt);
        let beat = profile.traffic.period();
        bench.run(beat + beat + beat + beat);
        let ends = bench.words().iter().filter(|word| matches!(word, UplinkWord::TalkEnd(_))).count();
        assert!((3..=5).contains(&ends), "{}: {ends}", profile.name);
        assert_eq!(bench.events, [HandsetEvent::TalkEnded { call: call(9) }]);
        bench.shows(bench.floor_idle());
        bench.run(beat + beat);
        assert_eq!(bench.phase(), Phase::Hanging, "{}", profile.name);
        bench.forget();
        bench.run(Span::from_secs(1));
        assert!(bench.uplink.is_empty(), "{}", profile.name);
    }
}

#[test]
fn an_end_of_talk_that_nothing_confirms_stops_at_its_limit() {
    let mut bench = Bench::registered(ProfileId::Iden).talking();
    bench.input(Input::ReleasePtt);
    bench.run(Span::from_secs(5));
    assert_eq!(bench.uplink.len(), 10);
    assert_eq!(bench.phase(), Phase::Hanging);
}

#[test]
fn a_press_in_hang_time_asks_for_the_floor_on_the_slot() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id).hanging();
        bench.press();
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
        let (_, burst) = bench.uplink.last().unwrap().clone();
        assert_eq!(burst.place.at, bench.traffic());
        assert!(matches!(burst.word, UplinkWord::FloorRequest(word) if word.call == call(9)));
        let talker = bench.talker(1017, 7, bench.last_press());
        bench.shows(bench.floor_taken(talker));
        bench.run_until(|bench| bench.phase() == Phase::Talking, Span::from_secs(1));
        assert_eq!(bench.events, [HandsetEvent::TalkPermit { call: call(9) }], "{}", profile.name);
    }
}

#[test]
fn a_refused_or_unanswered_floor_is_told() {
    let mut bench = Bench::registered(ProfileId::Iden).hanging();
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let press = Press::new(bench.last_press()).unwrap();
    bench.shows(FloorRefused { call: call(9), unit: unit(1017), press, cause: Cause::FloorTaken });
    bench.run(Span::from_millis(200));
    assert_eq!(bench.refusals(), [Cause::FloorTaken]);
    bench.shows(bench.floor_idle());
    bench.forget();
    bench.input(Input::ReleasePtt);
    bench.press();
    bench.run(Span::from_secs(10));
    assert_eq!((bench.refusals(), bench.uplink.len()), (vec![Cause::NoAnswer], 3));
    assert_eq!(bench.phase(), Phase::Hanging);
}

#[test]
fn a_press_while_another_talks_is_refused_without_a_word() {
    let mut bench = Bench::registered(ProfileId::Iden).listening();
    bench.press();
    bench.run(Span::from_secs(2));
    assert_eq!(bench.refusals(), [Cause::FloorTaken]);
    assert!(bench.uplink.is_empty());
}

#[test]
fn an_emergency_while_another_talks_is_asked_for_on_the_control_channel() {
    let mut bench = Bench::registered(ProfileId::Iden).listening();
    bench.input(Input::PressPtt { kind: RequestKind::Emergency });
    bench.run(Span::from_secs(1));
    assert!(
        matches!(&bench.words()[0], UplinkWord::CallRequest(word) if word.kind == RequestKind::Emergency)
    );
    assert_eq!(bench.uplink[0].1.place.at, slot(12, 0));
}

#[test]
fn the_floor_is_lost_to_whoever_the_slot_shows() {
    let mut bench = Bench::registered(ProfileId::Iden).talking();
    bench.shows(bench.voice(1018, 6, 0));
    bench.run(Span::from_millis(300));
    let events = [
        HandsetEvent::TalkEnded { call: call(9) },
        HandsetEvent::Hears { call: call(9), talker: unit(1018) },
    ];
    assert_eq!(bench.events, events);
    bench.forget();
    bench.run(Span::from_secs(1));
    assert!(bench.uplink.is_empty(), "nothing is said over another");

    let mut bench = Bench::registered(ProfileId::Iden).talking();
    bench.shows(bench.floor_idle());
    bench.run(Span::from_secs(1));
    assert_eq!(bench.events, [HandsetEvent::TalkEnded { call: call(9) }]);
    assert_eq!(bench.phase(), Phase::Hanging);
}

#[test]
fn a_release_sends_everybody_back_to_the_control_channel() {
    for bench in [
        Bench::registered(ProfileId::Iden).talking(),
        Bench::registered(ProfileId::Iden).listening(),
        Bench::registered(ProfileId::Iden).hanging(),
    ] {
        let mut bench = bench;
        bench.shows(Release { call: call(9), cause: Cause::HangTimeOver });
        bench.run(Span::from_millis(200));
        let left = HandsetEvent::Left { call: call(9), cause: Cause::HangTimeOver };
        assert_eq!(bench.events.last(), Some(&left));
        let tune = Output::Tune { site: site(3), carrier: slot(12, 0).carrier };
        assert!(bench.outputs.iter().any(|(_, output)| *output == tune));
        assert_eq!(bench.phase(), Phase::Idle);
        // Grants for it that still repeat are old.
        bench.says(bench.grant(Some(bench.talker(1018, 6, 1))));
        bench.run(Span::from_millis(300));
        assert_eq!(bench.phase(), Phase::Idle);
    }
}

#[test]
fn a_slot_that_falls_silent_or_carries_another_call_is_left() {
    let mut bench = Bench::registered(ProfileId::Iden).listening();
    bench.shows = None;
    bench.run(Span::from_secs(2));
    assert_eq!(
        bench.events,
        [
            HandsetEvent::Hears { call: call(9), talker: unit(1018) },
            HandsetEvent::Left { call: call(9), cause: Cause::CallLost }
        ][1..]
    );

    let mut bench = Bench::registered(ProfileId::Iden).listening();
    bench.shows(FloorIdle { call: call(10), parties: talkgroup(77).into() });
    bench.run(Span::from_millis(300));
    assert_eq!(
        bench.events.last(),
        Some(&HandsetEvent::Left { call: call(9), cause: Cause::SlotReassigned })
    );
}

#[test]
fn a_call_is_joined_late_and_another_talkgroups_call_is_not() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.says(Grant { parties: talkgroup(42).into(), ..bench.grant(Some(bench.talker(1018, 6, 1))) });
    bench.run(Span::from_millis(300));
    assert_eq!(bench.phase(), Phase::Idle);
    bench.says(Grant { late_entry: true, ..bench.grant(Some(bench.talker(1018, 6, 1))) });
    bench.shows(bench.voice(1018, 6, 40));
    bench.run(Span::from_millis(400));
    assert_eq!(
        bench.events,
        [
            HandsetEvent::Joined { call: call(9), parties: talkgroup(41).into(), late_entry: true },
            HandsetEvent::Hears { call: call(9), talker: unit(1018) },
        ]
    );
}

#[test]
fn turning_the_selector_leaves_the_call_and_gives_up_the_floor_first() {
    let mut bench = Bench::registered(ProfileId::Iden).listening();
    bench.input(Input::Select(talkgroup(42)));
    assert_eq!(bench.events, [HandsetEvent::Left { call: call(9), cause: Cause::NotAffiliated }]);
    bench.run(Span::from_millis(300));
    assert!(matches!(&bench.words()[0], UplinkWord::Affiliate(_)));

    let mut bench = Bench::registered(ProfileId::Iden).talking();
    bench.input(Input::Select(talkgroup(42)));
    bench.run(Span::from_millis(300));
    assert!(matches!(&bench.words()[0], UplinkWord::TalkEnd(_)), "{:?}", bench.words());
    bench.shows(bench.floor_idle());
    bench.run(Span::from_millis(400));
    assert_eq!(bench.events.last(), Some(&HandsetEvent::Left { call: call(9), cause: Cause::NotAffiliated }));
}

#[test]
fn a_floor_that_nobody_asked_for_is_given_back() {
    let mut bench = Bench::registered(ProfileId::Iden);
    let talker = bench.talker(1017, 8, 900);
    bench.says(bench.grant(Some(talker)));
    bench.shows(bench.floor_taken(talker));
    bench.run(Span::from_millis(500));
    assert!(matches!(&bench.words()[0], UplinkWord::TalkEnd(word) if word.spurt == spurt(8)));
}

#[test]
fn a_press_at_the_end_of_hang_time_becomes_a_new_request() {
    let mut bench = Bench::registered(ProfileId::Iden).hanging();
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    bench.shows(Release { call: call(9), cause: Cause::HangTimeOver });
    bench.run(Span::from_millis(600));
    assert!(matches!(bench.words().last(), Some(UplinkWord::CallRequest(_))), "{:?}", bench.words());
}

#[test]
fn a_talker_is_warned_once_however_often_it_is_said() {
    let mut bench = Bench::registered(ProfileId::Iden).talking();
    bench.shows(TalkWarning { call: call(9), unit: unit(1018), spurt: spurt(5), left_ms: 5_000 });
    bench.run(Span::from_millis(200));
    assert_eq!(bench.events, []);
    bench.shows(TalkWarning { call: call(9), unit: unit(1017), spurt: spurt(5), left_ms: 5_000 });
    bench.run(Span::from_millis(400));
    assert_eq!(bench.events, [HandsetEvent::TalkWarning { call: call(9), left_ms: 5_000 }]);
    assert_eq!(bench.phase(), Phase::Talking);
}

#[test]
fn a_talker_whose_floor_is_taken_away_stops_and_shows_why_once() {
    let mut bench = Bench::registered(ProfileId::Iden).talking();
    let cause = Cause::TransmissionLimit;
    bench.shows(FloorWithdrawn { call: call(9), unit: unit(1017), spurt: spurt(5), cause });
    bench.run(Span::from_millis(400));
    let lost = HandsetEvent::FloorLost { call: call(9), cause };
    assert_eq!(bench.events, [lost, HandsetEvent::TalkEnded { call: call(9) }]);
    assert_eq!(bench.phase(), Phase::Hanging);
}

#[test]
fn why_the_floor_was_lost_is_shown_also_after_the_slot_has_shown_it() {
    let mut bench = Bench::registered(ProfileId::Iden).talking();
    bench.run(Span::from_secs(1));
    bench.shows(bench.floor_idle());
    bench.run(Span::from_millis(200));
    assert_eq!(bench.events, [HandsetEvent::TalkEnded { call: call(9) }]);
    bench.forget();
    let cause = Cause::TransmissionLimit;
    bench.shows(FloorWithdrawn { call: call(9), unit: unit(1017), spurt: spurt(5), cause });
    bench.run(Span::from_millis(400));
    assert_eq!(bench.events, [HandsetEvent::FloorLost { call: call(9), cause }]);
}
