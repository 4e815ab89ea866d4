use trunklab_protocol::air_downlink::{Deregistered, RegisterRefused, SiteService};
use trunklab_protocol::air_uplink::{RequestKind, UplinkWord};
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::{Cause, Identity, Incarnation, ProfileId, Span};

use super::bench::*;
use crate::handset::Phase;
use crate::input::Input;
use crate::output::{HandsetEvent, Output};

#[test]
fn registers_at_every_profile_in_its_access_opportunities() {
    for profile in PROFILES {
        let mut bench = Bench::new(profile.id);
        bench.input(Input::PowerOn);
        bench.run_until(|bench| bench.phase() == Phase::Idle, Span::from_secs(30));
        assert_eq!(bench.phase(), Phase::Idle, "{}", profile.name);
        let registered = HandsetEvent::Registered { site: site(3), talkgroup: Some(talkgroup(41)) };
        assert_eq!(bench.events, [HandsetEvent::Camped { site: site(3) }, registered], "{}", profile.name);
        let words = bench.words();
        assert!(matches!(&words[0], UplinkWord::Register(word) if word.identity == imsi()));
        assert!(
            matches!(words.last(), Some(UplinkWord::Answer(word)) if word.response == KEY.answer(&CHALLENGE, None))
        );
        for (at, burst) in &bench.uplink {
            let place = burst.place;
            assert_eq!(place.at, slot(12, 0));
            let start = profile.uplink_start(ORIGIN, Channel::Control, place.at.slot, place.count);
            assert_eq!(*at, start, "{}: a burst begins with its slot", profile.name);
        }
    }
}

#[test]
fn chooses_more_service_before_a_stronger_signal() {
    let mut bench = Bench::new(ProfileId::Iden);
    bench.input(Input::PowerOn);
    let strong_but_cut_off = {
        let mut other = Bench::new(ProfileId::Iden);
        other.system.site = site(4);
        other.system.service = SiteService::NoService;
        other.system
    };
    bench.run(Span::from_millis(500));
    let burst = trunklab_protocol::air_downlink::Burst {
        place: trunklab_protocol::BurstPlace { at: slot(20, 0), channel: Channel::Control, count: 0 },
        word: strong_but_cut_off.into(),
    };
    bench.input(Input::Burst { site: site(4), level_dbm: -40, burst });
    bench.run(Span::from_secs(4));
    assert_eq!(bench.handset.state().site, Some(site(3)));
}

#[test]
fn a_site_too_weak_to_serve_leaves_the_handset_out_of_range_until_it_comes_closer() {
    let mut bench = Bench::new(ProfileId::Iden);
    bench.level_dbm = -108;
    bench.input(Input::PowerOn);
    bench.run(Span::from_secs(10));
    assert_eq!(bench.phase(), Phase::OutOfRange);
    assert_eq!(bench.events, [HandsetEvent::OutOfRange], "told once");
    assert_eq!(bench.handset.next_deadline(), None);
    bench.level_dbm = -90;
    bench.run(Span::from_secs(10));
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn a_silent_site_sends_the_handset_hunting_and_it_comes_back_by_its_individual_id() {
    let mut bench = Bench::registered(ProfileId::Tetra);
    bench.radiates = false;
    bench.run(Span::from_millis(4_900));
    assert_eq!(bench.phase(), Phase::Idle);
    bench.run(Span::from_millis(300));
    assert_eq!(bench.phase(), Phase::Hunting);
    assert!(bench.outputs.iter().any(|(_, output)| *output == Output::Hunt));
    bench.radiates = true;
    bench.run(Span::from_secs(15));
    assert_eq!(bench.phase(), Phase::Idle);
    let first = bench.words().into_iter().next().unwrap();
    assert!(matches!(first, UplinkWord::Register(word) if word.identity == Identity::Unit(unit(1017))));
}

#[test]
fn a_restarted_site_makes_every_proof_void() {
    let mut bench = Bench::registered(ProfileId::Iden).talking();
    // On the call's slot the restart shows as silence, then the control channel tells.
    bench.shows = None;
    bench.system.incarnation = Incarnation::new(78).unwrap();
    bench.run(Span::from_secs(15));
    assert!(bench.events.contains(&HandsetEvent::Left { call: call(9), cause: Cause::CallLost }));
    assert_eq!(bench.phase(), Phase::Idle);
    let registrations = bench.words().iter().filter(|word| matches!(word, UplinkWord::Register(_))).count();
    assert!(registrations >= 1);
}

#[test]
fn an_ended_registration_is_renewed() {
    let mut bench = Bench::registered(ProfileId::P25p1);
    bench.says(Deregistered { unit: unit(1018), cause: Cause::SiteLost });
    bench.run(Span::from_millis(200));
    assert_eq!(bench.phase(), Phase::Idle, "that was another's");
    bench.says(Deregistered { unit: unit(1017), cause: Cause::SiteLost });
    bench.run(Span::from_millis(200));
    assert_eq!(bench.phase(), Phase::Registering);
    bench.run(Span::from_secs(10));
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn a_refusal_for_good_is_told_and_not_tried_again() {
    let mut bench = Bench::new(ProfileId::Iden);
    bench.registers = false;
    bench.input(Input::PowerOn);
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(10));
    bench.says(RegisterRefused { identity: imsi(), cause: Cause::UnknownIdentity });
    bench.run(Span::from_secs(60));
    assert_eq!(bench.phase(), Phase::Denied);
    assert!(bench.events.contains(&HandsetEvent::RegisterRefused { cause: Cause::UnknownIdentity }));
    assert_eq!(bench.uplink.len(), 1);
    bench.press();
    assert_eq!(bench.refusals(), [Cause::NotRegistered]);
}

/// On a crowded control channel the answer may come when the challenge has expired: no reason to wait.
#[test]
fn an_answer_that_came_too_late_is_followed_by_a_new_registration_soon() {
    for cause in [Cause::ChallengeExpired, Cause::NoChallenge] {
        let mut bench = Bench::new(ProfileId::Iden);
        bench.registers = false;
        bench.input(Input::PowerOn);
        bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(10));
        bench.registers = true;
        bench.says(RegisterRefused { identity: imsi(), cause });
        bench.run(Span::from_secs(5));
        assert_eq!(bench.phase(), Phase::Idle, "{cause}");
        assert!(bench.events.contains(&HandsetEvent::RegisterRefused { cause }));
    }
}

#[test]
fn a_site_that_does_not_allow_the_unit_is_passed_over() {
    let mut bench = Bench::new(ProfileId::Iden);
    bench.registers = false;
    bench.input(Input::PowerOn);
    bench.run_until(|bench| !bench.uplink.is_empty(), Span::from_secs(10));
    bench.says(RegisterRefused { identity: imsi(), cause: Cause::SiteNotAllowed });
    bench.run(Span::from_secs(10));
    assert_eq!(bench.phase(), Phase::OutOfRange);
    bench.registers = true;
    bench.run(Span::from_secs(70));
    assert_eq!(bench.phase(), Phase::Idle, "the bar is lifted after a while");
}

#[test]
fn without_an_answer_registration_stops_at_the_limit_and_begins_again_later() {
    let mut bench = Bench::new(ProfileId::Iden);
    bench.registers = false;
    bench.input(Input::PowerOn);
    bench.run(Span::from_secs(10));
    assert_eq!(bench.uplink.len(), 3, "as often as the site's access rules say");
    assert!(bench.events.contains(&HandsetEvent::RegisterRefused { cause: Cause::NoAnswer }));
    bench.registers = true;
    bench.run(Span::from_secs(30));
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn without_service_the_handset_stays_and_asks_nothing() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.system.service = SiteService::NoService;
    bench.run(Span::from_secs(1));
    let told = HandsetEvent::Service { site: site(3), service: SiteService::NoService };
    assert_eq!(bench.events, [told]);
    bench.press();
    bench.run(Span::from_secs(10));
    assert_eq!(bench.refusals(), [Cause::SiteUnavailable]);
    assert!(bench.uplink.is_empty());
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn a_registration_waits_for_service() {
    let mut bench = Bench::new(ProfileId::Iden);
    bench.system.service = SiteService::NoService;
    bench.input(Input::PowerOn);
    bench.run(Span::from_secs(20));
    assert_eq!((bench.phase(), bench.uplink.len()), (Phase::Registering, 0));
    bench.system.service = SiteService::Wide;
    bench.run(Span::from_secs(5));
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn switched_off_in_service_it_says_so_twice_and_is_silent() {
    for in_a_call in [false, true] {
        let mut bench = Bench::registered(ProfileId::Dmr3);
        if in_a_call {
            bench = bench.talking();
        }
        bench.input(Input::PowerOff);
        bench.run(Span::from_secs(5));
        assert_eq!(bench.phase(), Phase::Off);
        assert!(
            bench.words().iter().filter(|word| matches!(word, UplinkWord::Detach(_))).count() == 2,
            "{:?}",
            bench.words()
        );
        assert_eq!(bench.outputs.last().map(|(_, output)| output), Some(&Output::Mute));
        assert_eq!(bench.handset.next_deadline(), None);
    }
}

#[test]
fn every_word_after_registration_is_proved_and_none_before() {
    let mut bench = Bench::new(ProfileId::Iden);
    bench.input(Input::PowerOn);
    bench.run(Span::from_secs(5));
    assert!(!bench.uplink.is_empty());
    for (_, burst) in &bench.uplink {
        assert_eq!(burst.proof, trunklab_protocol::proof::Proof::NONE);
    }
    bench.forget();
    bench.input(Input::PressPtt { kind: RequestKind::Emergency });
    bench.run(Span::from_secs(1));
    let incarnation = bench.system.incarnation;
    assert!(!bench.uplink.is_empty());
    for (_, burst) in &bench.uplink {
        assert!(bench.session().proves(site(3), incarnation, burst.place, &burst.word, burst.proof));
    }
}
