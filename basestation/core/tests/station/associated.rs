//! A call on the control channel's slot (clause 12.12.11).

use trunklab_basestation_core::Output;
use trunklab_protocol::air_downlink::DownlinkWord;
use trunklab_protocol::air_uplink::{Alarm, CallRequest, RequestKind};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::{Assert, Configure, Refused, Release};
use trunklab_protocol::{Cause, Moment, ProfileId, Signalling, Span};

use crate::harness::*;

fn associated(profile: ProfileId) -> Driven {
    let mut station = Driven::serving(profile);
    let signalling = Signalling::Associated;
    station.order(Configure { settings: SiteSettings { signalling, ..settings(profile) }.into() });
    for number in [5, 9] {
        station.hold(unit(number));
    }
    station.run_for(Span::from_secs(3));
    station.said.clear();
    station
}

fn channels(station: &mut Driven) -> Vec<(Channel, DownlinkWord)> {
    station.radiated(at(1, 0)).into_iter().map(|(_, burst)| (burst.place.channel, burst.word)).collect()
}

/// A call has the control channel's slot, and nobody talks.
fn hanging(profile: ProfileId) -> Driven {
    let mut station = associated(profile);
    station.order(assertion(1, at(1, 0), None, false));
    station.run_for(Span::from_secs(1));
    station.said.clear();
    station
}

#[test]
fn the_grant_is_said_as_often_as_is_due_and_then_the_slot_is_the_calls() {
    for profile in PROFILES {
        let mut station = associated(profile.id);
        station.order(assertion(1, at(1, 0), Some(talker(8, 12)), false));
        station.run_for(Span::from_secs(1));
        let said = channels(&mut station);
        let speaks = said.iter().take_while(|(channel, _)| *channel == Channel::Control);
        let grants = speaks.clone().filter(|(_, word)| matches!(word, DownlinkWord::Grant(_))).count();
        assert_eq!(grants, 3, "{}: {said:?}", profile.name);
        let rest = &said[speaks.count()..];
        assert!(rest.iter().all(|(channel, _)| *channel == Channel::Traffic), "{}: {rest:?}", profile.name);
        assert!(matches!(rest[0].1, DownlinkWord::FloorTaken(_)), "{}: {:?}", profile.name, rest[0]);
    }
}

/// The grant of a call over four talkgroups takes the control channel more than a second where its words are long.
#[test]
fn its_talker_is_missed_from_the_slots_first_burst_on() {
    for profile in PROFILES {
        let mut station = associated(profile.id);
        let others = vec![talkgroup(42), talkgroup(43), talkgroup(44)];
        station.order(Assert { others, ..assertion(1, at(1, 0), Some(talker(9, 12)), true) });
        let ordered = station.now;
        station.run_for(Span::from_secs(3));
        let silent = station.said.iter().find_map(|(moment, output)| match output {
            Output::ToController { message: FromSite::TalkerSilent(_), .. } => Some(*moment),
            _ => None,
        });
        let said = station.radiated(at(1, 0));
        let (_, first) = said.iter().find(|(_, burst)| burst.place.channel == Channel::Traffic).unwrap();
        let (slot, count) = (first.place.at.slot, first.place.count);
        let begins = profile.downlink_start(Moment::ORIGIN, Channel::Traffic, slot, count);
        assert!(begins > ordered, "{}", profile.name);
        let missed = silent.expect("a talker that says nothing is missed").since(begins);
        let silence = Span::from_secs(1);
        assert!(
            missed >= silence && missed < silence + profile.traffic.period(),
            "{}: {missed:?}",
            profile.name
        );
    }
}

#[test]
fn a_talker_that_waits_for_the_slot_keeps_the_floor() {
    for profile in PROFILES {
        let mut station = associated(profile.id);
        let others = vec![talkgroup(42), talkgroup(43), talkgroup(44)];
        station.order(Assert { others, ..assertion(1, at(1, 0), Some(talker(9, 12)), true) });
        while !channels(&mut station).iter().any(|(_, word)| matches!(word, DownlinkWord::FloorTaken(_))) {
            station.run_to_next_downlink(Channel::Traffic, at(1, 0));
        }
        station.talk(at(1, 0), 1, talker(9, 12), 5);
        assert_eq!((station.told(), station.dropped()), (vec![], vec![]), "{}", profile.name);
        assert!(!station.packets().is_empty(), "{}", profile.name);
    }
}

#[test]
fn what_it_has_to_say_meanwhile_goes_with_the_call() {
    for profile in PROFILES {
        let mut station = hanging(profile.id);
        station.order(Refused { unit: unit(5), press: press(1), cause: Cause::QueueFull });
        station.run_for(Span::from_secs(1));
        let said = channels(&mut station);
        assert!(said.iter().all(|(channel, _)| *channel == Channel::Traffic), "{}", profile.name);
        assert!(said.iter().any(|(_, word)| matches!(word, DownlinkWord::Refused(_))), "{}", profile.name);
        assert!(said.iter().any(|(_, word)| matches!(word, DownlinkWord::FloorIdle(_))), "{}", profile.name);
    }
}

#[test]
fn while_nobody_talks_strangers_are_heard_and_while_somebody_talks_they_are_not() {
    for profile in PROFILES {
        let mut station = hanging(profile.id);
        let request = CallRequest {
            unit: unit(5),
            press: press(1),
            talkgroup: talkgroup(42),
            kind: RequestKind::Normal,
            area: None,
        };
        station.send_in(at(1, 0), request.clone());
        assert!(matches!(station.told()[..], [FromSite::CallRequest(_)]), "{}", profile.name);
        station.order(assertion(1, at(1, 0), Some(talker(9, 12)), true));
        station.send_in(at(1, 0), request);
        assert_eq!((station.told(), station.dropped()), (vec![], vec![Cause::WrongSlot]), "{}", profile.name);
        station.send_in(at(1, 0), Alarm { unit: unit(5), press: press(2), known: false });
        assert!(matches!(station.told()[..], [FromSite::Alarm(_)]), "{}", profile.name);
    }
}

#[test]
fn when_the_call_is_over_the_control_channel_says_at_once_who_it_is() {
    for profile in PROFILES {
        let mut station = hanging(profile.id);
        station.order(Release { call: call(1), cause: Cause::HangTimeOver });
        station.run_for(Span::from_secs(2));
        let said = channels(&mut station);
        let first = said.iter().position(|(channel, _)| *channel == Channel::Control).unwrap();
        assert!(matches!(said[first].1, DownlinkWord::System(_)), "{}: {:?}", profile.name, said[first]);
        assert!(said[first..].iter().all(|(channel, _)| *channel == Channel::Control), "{}", profile.name);
        assert!(matches!(said[first - 1].1, DownlinkWord::Release(_)), "{}", profile.name);
        station.access(Alarm { unit: unit(5), press: press(3), known: false });
        assert!(matches!(station.told()[..], [FromSite::Alarm(_)]), "{}", profile.name);
    }
}

#[test]
fn a_long_sleep_does_not_leave_it_silent() {
    let mut station = hanging(ProfileId::Iden);
    station.order(Release { call: call(1), cause: Cause::HangTimeOver });
    station.now += Span::from_secs(5);
    station.input(trunklab_basestation_core::Input::LinkUp);
    station.run_for(Span::from_secs(1));
    assert!(channels(&mut station).iter().any(|(channel, _)| *channel == Channel::Control));
}
