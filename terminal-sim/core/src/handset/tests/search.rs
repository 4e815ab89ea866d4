use trunklab_protocol::air_downlink::{ControlAt, Queued, Release};
use trunklab_protocol::air_uplink::UplinkWord;
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::{CallSetup, Cause, ControlPlace, Incarnation, ProfileId, Span};

use super::bench::*;
use crate::handset::Phase;
use crate::input::Input;
use crate::output::HandsetEvent;

/// Registered at a site whose control channel moves.
fn searched(profile: ProfileId) -> Bench {
    let mut bench = Bench::new(profile);
    bench.system.place = ControlPlace::Searched;
    bench.switched_on()
}

fn requests(bench: &Bench) -> usize {
    bench.uplink.iter().filter(|(_, burst)| matches!(burst.word, UplinkWord::CallRequest(_))).count()
}

#[test]
fn a_control_channel_that_moved_is_found_again_without_a_registration() {
    for profile in PROFILES {
        let mut bench = searched(profile.id);
        bench.control = slot(16, 0);
        bench.run(Span::from_secs(2));
        let control = bench.control;
        let found =
            [HandsetEvent::Searches { site: site(3) }, HandsetEvent::FindsControl { site: site(3), control }];
        assert_eq!((&bench.events[..], bench.phase()), (&found[..], Phase::Idle), "{}", profile.name);
        assert!(bench.uplink.is_empty(), "{}: nothing is to be said", profile.name);
    }
}

#[test]
fn a_press_in_the_search_is_asked_for_where_the_control_channel_is_found() {
    for profile in PROFILES {
        let mut bench = searched(profile.id);
        bench.radiates = false;
        bench.run(Span::from_secs(1));
        bench.press();
        bench.run(Span::from_secs(1));
        assert_eq!((requests(&bench), bench.phase()), (0, Phase::Requesting), "{}", profile.name);
        (bench.radiates, bench.control) = (true, slot(16, 0));
        bench.run(Span::from_millis(400));
        assert!(requests(&bench) >= 1, "{}", profile.name);
        assert!(bench.uplink.iter().all(|(_, burst)| burst.place.at == slot(16, 0)), "{}", profile.name);
    }
}

#[test]
fn a_selection_that_was_said_where_the_control_channel_had_been_is_said_where_it_is_found() {
    for profile in PROFILES {
        let mut bench = searched(profile.id);
        // A single try, which is over before the silence is noticed.
        (bench.system.access.tries, bench.system.access.wait) = (1, 1);
        bench.run(Span::from_secs(3));
        bench.radiates = false;
        bench.input(Input::Select(talkgroup(42)));
        bench.run_until(|bench| !bench.refusals().is_empty(), Span::from_secs(2));
        assert_eq!(bench.refusals(), [Cause::NoAnswer], "{}", profile.name);
        bench.forget();
        (bench.radiates, bench.control) = (true, slot(16, 0));
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(5));
        let (_, burst) = bench.uplink.first().unwrap_or_else(|| panic!("{}: not said", profile.name));
        assert_eq!(burst.place.at, slot(16, 0), "{}", profile.name);
        assert!(
            matches!(&burst.word, UplinkWord::Affiliate(word) if word.talkgroup == talkgroup(42)),
            "{}",
            profile.name
        );
    }
}

#[test]
fn a_place_in_the_queue_outlives_the_search_and_is_asked_for_when_it_is_over() {
    let mut bench = searched(ProfileId::Iden);
    bench.press();
    bench.run(Span::from_millis(200));
    let Some((_, burst)) = bench.uplink.last() else { panic!("nothing was asked for") };
    let UplinkWord::CallRequest(word) = burst.word.clone() else { panic!("{burst:?}") };
    bench.says(Queued { unit: word.unit, press: word.press, position: 2 });
    bench.run(Span::from_millis(300));
    (bench.radiates, bench.control) = (false, slot(16, 2));
    bench.run(Span::from_secs(1));
    assert_eq!(
        (bench.handset.state().queue_position, requests(&bench)),
        (Some(2), 1),
        "nothing is said in the search"
    );
    bench.radiates = true;
    bench.run_until(|bench| requests(bench) == 2, Span::from_secs(2));
    assert_eq!((requests(&bench), bench.last_press()), (2, word.press.number()), "it is the same request");
}

#[test]
fn a_control_channel_that_is_heard_nowhere_is_a_lost_site() {
    let mut bench = searched(ProfileId::Tetra);
    bench.radiates = false;
    bench.run(Span::from_secs(4));
    assert_eq!(
        (bench.phase(), &bench.events[..]),
        (Phase::Idle, &[HandsetEvent::Searches { site: site(3) }][..])
    );
    bench.run(Span::from_millis(1_500));
    assert_eq!(bench.phase(), Phase::Hunting);
}

#[test]
fn a_site_that_was_started_again_is_registered_with_anew() {
    let mut bench = searched(ProfileId::Dmr3);
    bench.radiates = false;
    bench.run(Span::from_secs(1));
    bench.radiates = true;
    bench.system.incarnation = Incarnation::new(78).unwrap();
    bench.run(Span::from_secs(5));
    let registered = HandsetEvent::Registered { site: site(3), talkgroup: Some(talkgroup(41)) };
    assert!(bench.events.contains(&registered), "{:?}", bench.events);
}

#[test]
fn a_control_channel_that_stays_is_not_searched_for() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.radiates = false;
    bench.run(Span::from_secs(4));
    assert!(bench.events.is_empty());
}

#[test]
fn nothing_is_dialled_twice_because_of_a_search() {
    let mut bench = searched(ProfileId::Iden);
    bench.radiates = false;
    bench.run(Span::from_secs(1));
    bench.input(Input::Call { called: unit(1018), setup: CallSetup::Ringing });
    bench.input(Input::HangUp);
    (bench.radiates, bench.control) = (true, slot(16, 0));
    bench.run(Span::from_secs(1));
    assert!(bench.uplink.iter().all(|(_, burst)| !matches!(burst.word, UplinkWord::UnitRequest(_))));
    assert!(!bench.refusals().contains(&Cause::NoAnswer));
}

#[test]
fn a_radio_in_a_call_that_is_told_where_the_control_channel_is_goes_there_afterwards() {
    for told_of in [site(3), site(4)] {
        let mut bench = searched(ProfileId::Iden).listening();
        let control = slot(16, 0);
        bench.control = control;
        let shown = bench.shows.clone();
        bench.shows(ControlAt { site: told_of, control });
        bench.run(Span::from_millis(180));
        bench.shows = shown;
        bench.run(Span::from_millis(200));
        assert_eq!(bench.phase(), Phase::Listening);
        let is_ours = told_of == site(3);
        let finds = HandsetEvent::FindsControl { site: site(3), control };
        assert_eq!(bench.events.iter().filter(|event| **event == finds).count(), usize::from(is_ours));
        bench.forget();
        bench.shows(Release { call: call(9), cause: Cause::HangTimeOver });
        bench.run(Span::from_secs(2));
        assert_eq!(bench.phase(), Phase::Idle);
        let searches = bench.events.contains(&HandsetEvent::Searches { site: site(3) });
        assert_eq!(searches, !is_ours, "it knows where to go");
    }
}
