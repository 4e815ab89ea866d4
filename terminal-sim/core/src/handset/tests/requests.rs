use trunklab_protocol::air_downlink::{
    Affiliated, CallBack, Grant, Queued, Refused, Release, SiteService, Working,
};
use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::{Cause, Press, ProfileId, ScanList, Span, TalkgroupId};

use super::bench::*;
use crate::handset::Phase;
use crate::input::Input;
use crate::output::{HandsetEvent, Output};

fn press(number: u16) -> Press {
    Press::new(number).unwrap()
}

#[test]
fn a_grant_takes_the_handset_to_the_slot_and_gives_talk_permit() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id);
        bench.press();
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
        let talker = bench.talker(1017, 5, bench.last_press());
        bench.says(bench.grant(Some(talker)));
        bench.run_until(|bench| bench.phase() == Phase::Talking, Span::from_secs(1));
        assert_eq!(bench.events, [HandsetEvent::TalkPermit { call: call(9) }], "{}", profile.name);
        let tune = Output::Tune { site: site(3), carrier: bench.traffic().carrier };
        assert!(bench.outputs.iter().any(|(_, output)| *output == tune));
    }
}

#[test]
fn an_unanswered_request_is_repeated_under_the_same_number_and_given_up() {
    for (kind, tries) in [(RequestKind::Normal, 3), (RequestKind::Emergency, 6)] {
        let mut bench = Bench::registered(ProfileId::Iden);
        bench.input(Input::PressPtt { kind });
        bench.run(Span::from_secs(20));
        let requests: Vec<_> = bench
            .uplink
            .iter()
            // An emergency goes on as an alarm.
            .filter_map(|(_, burst)| {
                let UplinkWord::CallRequest(word) = &burst.word else { return None };
                Some((burst.place.count, word.press))
            })
            .collect();
        assert_eq!(requests.len(), tries);
        assert!(requests.iter().all(|(_, press)| *press == requests[0].1));
        assert_eq!(bench.refusals()[0], Cause::NoAnswer);
        assert_eq!(bench.phase(), Phase::Idle);
        // Each wait is six opportunities of 90 ms, each back-off under four more.
        for pair in requests.windows(2) {
            let gap = pair[1].0 - pair[0].0;
            assert!((6..=10).contains(&gap), "{gap}");
        }
    }
}

#[test]
fn each_press_is_a_new_request() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.press();
    bench.run(Span::from_secs(10));
    let first = bench.last_press();
    bench.input(Input::ReleasePtt);
    bench.press();
    bench.run(Span::from_secs(1));
    assert_eq!(bench.last_press(), first + 1);
}

#[test]
fn working_stops_the_retries_for_a_while() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    bench.says(Working { unit: unit(1017), press: press(bench.last_press()) });
    bench.run(Span::from_secs(5));
    assert_eq!(bench.uplink.len(), 1);
    bench.run(Span::from_millis(700));
    assert_eq!(bench.uplink.len(), 2, "then it asks again");
}

#[test]
fn a_queued_request_is_shown_kept_and_granted_later() {
    let mut bench = Bench::registered(ProfileId::Smartnet2);
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let number = bench.last_press();
    for position in [2, 2, 1] {
        bench.says(Queued { unit: unit(1017), press: press(number), position });
    }
    bench.run(Span::from_secs(20));
    let events = [HandsetEvent::Queued { position: 2 }, HandsetEvent::Queued { position: 1 }];
    assert_eq!(bench.events, events);
    assert_eq!(bench.uplink.len(), 1, "nothing is repeated in the queue");
    assert_eq!(bench.handset.state().queue_position, Some(1));
    bench.says(bench.grant(Some(bench.talker(1017, 5, number))));
    bench.run_until(|bench| bench.phase() == Phase::Talking, Span::from_secs(1));
    assert_eq!(bench.phase(), Phase::Talking);
}

#[test]
fn a_place_in_the_queue_that_nobody_confirms_is_asked_for_again() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let number = bench.last_press();
    bench.says(Queued { unit: unit(1017), press: press(number), position: 1 });
    bench.run(Span::from_secs(41));
    assert_eq!(bench.phase(), Phase::Requesting);
    assert_eq!(bench.last_press(), number);
}

#[test]
fn who_waits_asks_again_when_the_site_has_another_dispatch_and_with_it_another_queue() {
    for released in [false, true] {
        let (mut bench, number) = if released { released_in_the_queue() } else { queued() };
        for (service, asks) in [
            (SiteService::NoService, false),
            (SiteService::Isolated, true),
            (SiteService::Isolated, false),
            (SiteService::Wide, true),
        ] {
            bench.forget();
            bench.system.service = service;
            bench.run_until(|bench| !asked(bench).is_empty(), Span::from_secs(3));
            assert_eq!(asked(&bench), if asks { vec![number] } else { vec![] }, "{service:?}");
            bench.says(Queued { unit: unit(1017), press: number, position: 3 });
            bench.run(Span::from_millis(300));
            assert_eq!(bench.phase(), Phase::Queued);
        }
    }
}

fn asked(bench: &Bench) -> Vec<Press> {
    let asked = bench.words().into_iter();
    asked
        .filter_map(|word| if let UplinkWord::CallRequest(word) = word { Some(word.press) } else { None })
        .collect()
}

#[test]
fn a_refusal_names_its_cause_and_another_press_is_not_meant() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let number = bench.last_press();
    bench.says(Refused { unit: unit(1017), press: press(number - 1), cause: Cause::QueueFull });
    bench.says(Refused { unit: unit(1018), press: press(number), cause: Cause::QueueFull });
    bench.run(Span::from_millis(300));
    assert_eq!(bench.phase(), Phase::Requesting);
    bench.says(Refused { unit: unit(1017), press: press(number), cause: Cause::NotAMember });
    bench.run(Span::from_millis(300));
    assert_eq!((bench.refusals(), bench.phase()), (vec![Cause::NotAMember], Phase::Idle));
}

/// Queued at place 1, with the number of its request.
fn queued() -> (Bench, Press) {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let number = press(bench.last_press());
    bench.says(Queued { unit: unit(1017), press: number, position: 1 });
    bench.run(Span::from_millis(300));
    bench.forget();
    (bench, number)
}

/// The same; then the button comes up.
fn released_in_the_queue() -> (Bench, Press) {
    let (mut bench, number) = queued();
    bench.input(Input::ReleasePtt);
    (bench, number)
}

fn releases(bench: &Bench) -> usize {
    bench.words().iter().filter(|word| matches!(word, UplinkWord::PttReleased(_))).count()
}

#[test]
fn a_release_in_the_queue_is_said_until_it_is_heard() {
    let (mut bench, number) = released_in_the_queue();
    bench.run(Span::from_secs(2));
    assert!(releases(&bench) > 1, "nothing has answered");
    bench.says(Working { unit: unit(1017), press: number });
    bench.run(Span::from_millis(300));
    let said = releases(&bench);
    bench.run(Span::from_secs(10));
    assert_eq!((releases(&bench), bench.phase()), (said, Phase::Queued));
}

#[test]
fn a_release_before_the_place_in_the_queue_is_known_is_said_with_the_place() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    bench.input(Input::ReleasePtt);
    assert_eq!(releases(&bench), 0, "the answer may be a grant");
    bench.says(Queued { unit: unit(1017), press: press(bench.last_press()), position: 1 });
    bench.run(Span::from_millis(300));
    assert_eq!(releases(&bench), 1);
}

#[test]
fn a_network_that_cancels_at_the_release_says_so() {
    let (mut bench, number) = released_in_the_queue();
    for _ in 0..2 {
        bench.says(Refused { unit: unit(1017), press: number, cause: Cause::RequestCancelled });
    }
    bench.run(Span::from_secs(1));
    assert_eq!((bench.refusals(), bench.phase()), (vec![Cause::RequestCancelled], Phase::Idle));
}

#[test]
fn called_back_the_user_is_alerted_once_and_the_next_press_asks() {
    let (mut bench, number) = released_in_the_queue();
    bench.says(Working { unit: unit(1017), press: number });
    for _ in 0..2 {
        bench.says(CallBack { unit: unit(1017), press: number });
    }
    bench.run(Span::from_secs(1));
    assert_eq!(bench.events, [HandsetEvent::CalledBack]);
    assert!(bench.handset.state().called_back && bench.phase() == Phase::Idle);
    bench.press();
    bench.run(Span::from_millis(200));
    assert_eq!((bench.last_press(), bench.phase()), (number.number() + 1, Phase::Requesting));
    assert!(!bench.handset.state().called_back);
}

#[test]
fn a_call_back_that_is_over_is_told() {
    let (mut bench, number) = released_in_the_queue();
    bench.says(CallBack { unit: unit(1017), press: number });
    bench.run(Span::from_millis(300));
    for _ in 0..2 {
        bench.says(Refused { unit: unit(1017), press: number, cause: Cause::CallBackExpired });
    }
    bench.run(Span::from_secs(1));
    assert_eq!(
        bench.events,
        [HandsetEvent::CalledBack, HandsetEvent::Refused { cause: Cause::CallBackExpired }]
    );
    assert!(!bench.handset.state().called_back);
}

#[test]
fn pressed_again_in_the_queue_the_request_is_made_anew() {
    let (mut bench, number) = released_in_the_queue();
    bench.input(Input::PressPtt { kind: RequestKind::Normal });
    assert_eq!(bench.phase(), Phase::Queued, "the release was not on the air yet");
    bench.input(Input::ReleasePtt);
    bench.run(Span::from_millis(200));
    bench.press();
    bench.run(Span::from_millis(200));
    assert_eq!((bench.last_press(), bench.phase()), (number.number() + 1, Phase::Requesting));
}

#[test]
fn a_press_that_never_reached_the_air_leaves_no_trace() {
    let mut bench = Bench::registered(ProfileId::Mpt1327);
    bench.run(Span::from_millis(1));
    bench.press();
    bench.input(Input::ReleasePtt);
    bench.run(Span::from_secs(5));
    assert_eq!((bench.uplink.len(), bench.events.len()), (0, 0));
}

#[test]
fn released_before_the_grant_the_floor_is_given_back_at_once() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id);
        bench.press();
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
        let talker = bench.talker(1017, 5, bench.last_press());
        bench.input(Input::ReleasePtt);
        bench.says(bench.grant(Some(talker)));
        bench.shows(bench.floor_taken(talker));
        bench.run(Span::from_secs(1));
        let words = bench.words();
        assert!(matches!(&words[1], UplinkWord::TalkEnd(word) if word.spurt == spurt(5)), "{}", profile.name);
        assert!(!words.iter().any(|word| matches!(word, UplinkWord::Voice(_))));
        assert_eq!(bench.events, []);
    }
}

#[test]
fn the_selector_affiliates_and_a_press_waits_for_it() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.input(Input::Select(talkgroup(42)));
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let number = bench.last_press();
    assert!(matches!(&bench.words()[0], UplinkWord::Affiliate(word) if word.talkgroup == talkgroup(42)));
    bench.says(Affiliated {
        unit: unit(1017),
        press: press(number),
        talkgroup: talkgroup(42),
        secondary: ScanList::default(),
    });
    bench.run(Span::from_secs(1));
    assert_eq!(bench.events, [HandsetEvent::Affiliated { talkgroup: talkgroup(42) }]);
    assert!(matches!(&bench.words()[1], UplinkWord::CallRequest(word) if word.talkgroup == talkgroup(42)));
}

#[test]
fn a_selection_that_failed_without_service_is_told_when_the_service_returns() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.system.service = SiteService::NoService;
    bench.run(Span::from_secs(3));
    bench.input(Input::Select(talkgroup(42)));
    bench.run(Span::from_secs(20));
    assert_eq!(bench.refusals().len(), 1, "told once that it failed");
    bench.uplink.clear();
    bench.system.service = SiteService::Wide;
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(5));
    let words = bench.words();
    assert!(matches!(&words[0], UplinkWord::Affiliate(word) if word.talkgroup == talkgroup(42)), "{words:?}");
}

#[test]
fn a_selection_under_way_is_tried_anew_when_the_service_returns() {
    let tries = |before_it_returns: usize| {
        let mut bench = Bench::registered(ProfileId::Iden);
        bench.system.service = SiteService::NoService;
        bench.run(Span::from_secs(3));
        bench.input(Input::Select(talkgroup(42)));
        bench.run_until(|bench| bench.uplink.len() == before_it_returns, Span::from_secs(10));
        bench.system.service = SiteService::Wide;
        bench.run_until(|bench| !bench.refusals().is_empty(), Span::from_secs(60));
        assert_eq!(bench.refusals(), [Cause::NoAnswer]);
        bench.uplink.len()
    };
    assert_eq!(tries(3), tries(1) + 2);
}

#[test]
fn a_selection_that_nobody_answered_is_taken_back_aloud() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.input(Input::Select(talkgroup(42)));
    bench.run_until(|bench| !bench.refusals().is_empty(), Span::from_secs(60));
    bench.forget();
    bench.input(Input::Select(talkgroup(41)));
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(2));
    let words = bench.words();
    let is_told =
        |word: &UplinkWord| matches!(word, UplinkWord::Affiliate(word) if word.talkgroup == talkgroup(41));
    assert!(is_told(&words[0]), "the network may think that it is in 42: {words:?}");
}

#[test]
fn a_selection_that_a_site_without_service_refused_is_told_when_the_service_returns() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.input(Input::Select(talkgroup(42)));
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let number = bench.last_press();
    bench.forget();
    // It has not heard the site say so.
    bench.says(Refused { unit: unit(1017), press: press(number), cause: Cause::SiteUnavailable });
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(5));
    let service = |service| HandsetEvent::Service { site: site(3), service };
    let told = [
        HandsetEvent::Refused { cause: Cause::SiteUnavailable },
        service(SiteService::NoService),
        service(SiteService::Wide),
    ];
    assert_eq!(bench.events, told);
    assert!(matches!(&bench.words()[0], UplinkWord::Affiliate(word) if word.talkgroup == talkgroup(42)));
}

#[test]
fn a_radio_without_talkgroup_tells_a_selection_again_that_a_site_without_service_refused() {
    let mut bench = Bench::new(ProfileId::Iden);
    bench.affiliates = false;
    let mut bench = bench.switched_on();
    bench.input(Input::Select(talkgroup(42)));
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let number = bench.last_press();
    bench.system.service = SiteService::NoService;
    bench.says(Refused { unit: unit(1017), press: press(number), cause: Cause::SiteUnavailable });
    bench.run(Span::from_secs(2));
    bench.forget();
    bench.system.service = SiteService::Wide;
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(5));
    let words = bench.words();
    assert!(matches!(&words[0], UplinkWord::Affiliate(word) if word.talkgroup == talkgroup(42)), "{words:?}");
}

#[test]
fn who_is_refused_for_it_is_not_registered_registers_again() {
    for asks in [Bench::press as fn(&mut Bench), |bench| bench.input(Input::Select(talkgroup(42)))] {
        let mut bench = Bench::registered(ProfileId::Iden);
        asks(&mut bench);
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
        let number = press(bench.last_press());
        bench.forget();
        bench.says(Refused { unit: unit(1017), press: number, cause: Cause::NotRegistered });
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(10));
        assert!(matches!(&bench.words()[0], UplinkWord::Register(_)), "{:?}", bench.words());
        assert_eq!(bench.refusals(), [Cause::NotRegistered]);
    }
}

#[test]
fn a_refusal_that_answers_nothing_does_not_void_the_registration() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.says(Refused { unit: unit(1017), press: press(99), cause: Cause::NotRegistered });
    bench.run(Span::from_secs(5));
    assert_eq!((bench.uplink.len(), bench.phase()), (0, Phase::Idle));
}

/// In talkgroup 41, with 42 selected, and nobody has answered.
fn unanswered(profile: ProfileId) -> Bench {
    let mut bench = Bench::registered(profile);
    bench.input(Input::Select(talkgroup(42)));
    bench.run_until(|bench| !bench.refusals().is_empty(), Span::from_secs(60));
    assert_eq!(bench.refusals(), [Cause::NoAnswer], "{}", bench.profile.name);
    bench.forget();
    bench
}

/// The network puts the unit into the talkgroup that it asked for last.
fn affiliates(bench: &mut Bench, talkgroup: TalkgroupId) {
    let press = press(bench.last_press());
    bench.says(Affiliated { unit: unit(1017), press, talkgroup, secondary: ScanList::default() });
    bench.run(Span::from_secs(1));
    assert_eq!(bench.handset.state().affiliated, Some(talkgroup), "{}", bench.profile.name);
    bench.forget();
}

fn selections(bench: &Bench) -> Vec<TalkgroupId> {
    let selection = |word| if let UplinkWord::Affiliate(word) = word { Some(word.talkgroup) } else { None };
    bench.words().into_iter().filter_map(selection).collect()
}

#[test]
fn a_selection_that_nobody_answered_is_said_every_half_minute_until_it_is() {
    for profile in PROFILES {
        let mut bench = unanswered(profile.id);
        for round in 1..=2 {
            bench.run(Span::from_secs(29));
            assert!(bench.uplink.is_empty(), "{}, round {round}: {:?}", profile.name, bench.words());
            bench.run_until(|bench| !bench.refusals().is_empty(), Span::from_secs(60));
            assert_eq!(selections(&bench), [talkgroup(42); 3], "{}, round {round}", profile.name);
            bench.forget();
        }
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(31));
        affiliates(&mut bench, talkgroup(42));
        bench.run(Span::from_secs(70));
        assert!(bench.uplink.is_empty(), "{}: {:?}", profile.name, bench.words());
    }
}

#[test]
fn a_selection_that_is_not_true_any_more_is_not_said_again() {
    let mut bench = unanswered(ProfileId::Iden);
    bench.input(Input::Select(talkgroup(41)));
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    affiliates(&mut bench, talkgroup(41));
    bench.run(Span::from_secs(70));
    assert!(bench.uplink.is_empty(), "{:?}", bench.words());
}

#[test]
fn a_selection_that_was_due_in_a_call_is_said_after_it() {
    let mut bench = unanswered(ProfileId::Iden);
    let to_all = bench.grant(Some(bench.talker(1018, 6, 1)));
    bench.says(Grant { parties: TalkgroupId::ALL.into(), ..to_all });
    bench.shows(bench.voice(1018, 6, 0));
    bench.run(Span::from_secs(40));
    assert_eq!((bench.phase(), selections(&bench).len()), (Phase::Listening, 0));
    bench.shows(Release { call: call(9), cause: Cause::HangTimeOver });
    bench.run(Span::from_secs(1));
    assert_eq!(selections(&bench).first(), Some(&talkgroup(42)));
}

#[test]
fn an_affiliation_that_is_refused_is_not_asked_for_again() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.input(Input::Select(talkgroup(42)));
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(1));
    let number = bench.last_press();
    bench.says(Refused { unit: unit(1017), press: press(number), cause: Cause::NotAMember });
    bench.run(Span::from_secs(10));
    assert_eq!(bench.refusals(), [Cause::NotAMember]);
    assert_eq!(bench.uplink.len(), 1);
    assert_eq!(bench.handset.state().affiliated, Some(talkgroup(41)));
}

#[test]
fn another_talkers_call_ends_a_normal_request_but_not_an_emergency() {
    for (kind, phase) in
        [(RequestKind::Normal, Phase::Listening), (RequestKind::Emergency, Phase::Requesting)]
    {
        let mut bench = Bench::registered(ProfileId::Iden);
        bench.input(Input::PressPtt { kind });
        bench.says(bench.grant(Some(bench.talker(1018, 6, 1))));
        bench.shows(bench.voice(1018, 6, 0));
        bench.run(Span::from_millis(400));
        assert_eq!(bench.phase(), phase);
    }
}
