//! Status and call alert at a site (docs/services.md 13.4): passed on once, and told on every channel where their radios may listen.

use trunklab_protocol::air_downlink::{DownlinkWord, MessageDelivered as Delivered, Working};
use trunklab_protocol::air_uplink::{MessageAnswer, Status};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::{
    Addressee, Cause, Epoch, MessageId, MessageReply, ProfileId, ScanList, Span, StatusNumber, Teller,
    UnitId, to_site,
};

use crate::harness::*;

fn status(number: u16) -> StatusNumber {
    StatusNumber::new(number).unwrap()
}

fn message(counter: u32) -> MessageId {
    MessageId { epoch: Epoch::new(5).unwrap(), counter }
}

fn tell(who: UnitId, number: u16) -> Status {
    Status { unit: who, press: press(number), to: None, number: status(3) }
}

/// Unit 5 of talkgroup 41 is here.
fn station(profile: ProfileId) -> Driven {
    let mut station = Driven::serving(profile);
    station.hold(unit(5));
    let secondary = ScanList::default();
    station.order(to_site::Affiliated {
        unit: unit(5),
        press: press(1),
        talkgroup: talkgroup(41),
        secondary,
    });
    station.run_for(Span::from_secs(1));
    station.busy_words();
    station
}

fn ordered(to: impl Into<Addressee>) -> to_site::Status {
    let from = Some(Teller { unit: unit(9), press: press(1) });
    to_site::Status { message: message(7), from, to: to.into(), number: status(3) }
}

fn statuses(words: &[DownlinkWord]) -> usize {
    words.iter().filter(|word| matches!(word, DownlinkWord::Status(_))).count()
}

#[test]
fn a_message_is_passed_on_once_until_it_is_answered_and_its_radio_told_to_wait() {
    for profile in PROFILES {
        let mut station = station(profile.id);
        station.access(tell(unit(5), 2));
        station.access(tell(unit(5), 2));
        assert!(matches!(station.told()[..], [FromSite::Status(_)]), "{}", profile.name);
        station.run_for(Span::from_secs(1));
        let working = DownlinkWord::Working(Working { unit: unit(5), press: press(2) });
        assert!(station.busy_words().contains(&working), "{}", profile.name);
        station.order(to_site::MessageDelivered { unit: unit(5), press: press(2) });
        station.run_for(Span::from_secs(1));
        let delivered = DownlinkWord::MessageDelivered(Delivered { unit: unit(5), press: press(2) });
        assert!(station.busy_words().contains(&delivered), "{}", profile.name);
        station.access(tell(unit(5), 2));
        assert!(matches!(station.told()[..], [FromSite::Status(_)]), "asked again: {}", profile.name);
    }
}

#[test]
fn an_answer_is_passed_on_however_often_it_is_said() {
    let mut station = station(ProfileId::Iden);
    for _ in 0..2 {
        let reply = MessageReply::Received;
        station.access(MessageAnswer { unit: unit(5), press: press(3), message: message(7), reply });
        assert!(matches!(station.told()[..], [FromSite::MessageAnswer(_)]));
    }
}

#[test]
fn a_talker_tells_a_message_on_its_slot_and_is_answered_there() {
    for profile in PROFILES {
        let mut station = station(profile.id);
        let slot = station.traffic_slot();
        station.order(assertion(1, slot, Some(talker(5, 12)), true));
        station.run_for(Span::from_millis(200));
        station.words(slot);
        station.send_in(slot, tell(unit(5), 2));
        assert!(matches!(station.told()[..], [FromSite::Status(_)]), "{}", profile.name);
        station.order(to_site::MessageDelivered { unit: unit(5), press: press(2) });
        station.run_for(Span::from_secs(2));
        let words = station.words(slot);
        assert!(words.iter().any(|word| matches!(word, DownlinkWord::Working(_))), "{}", profile.name);
        assert!(
            words.iter().any(|word| matches!(word, DownlinkWord::MessageDelivered(_))),
            "{}",
            profile.name
        );
    }
}

#[test]
fn a_status_for_a_unit_is_said_twice_on_the_control_channel_and_on_the_slot_of_its_call() {
    for profile in PROFILES {
        let mut station = station(profile.id);
        let slot = station.traffic_slot();
        station.order(assertion(1, slot, Some(talker(9, 12)), false));
        station.run_for(Span::from_secs(1));
        station.busy_words();
        station.words(slot);
        station.order(ordered(unit(5)));
        station.run_for(Span::from_secs(4));
        assert_eq!(statuses(&station.words(slot)), 2, "{}", profile.name);
    }
}

#[test]
fn a_status_for_a_talkgroup_is_said_on_the_slots_of_those_who_hear_it_and_no_others() {
    for profile in PROFILES {
        let said = |to: u16| {
            let mut station = station(profile.id);
            let slot = station.traffic_slot();
            station.order(assertion(1, slot, Some(talker(9, 12)), false));
            station.run_for(Span::from_secs(1));
            station.busy_words();
            station.words(slot);
            station.order(ordered(talkgroup(to)));
            station.run_for(Span::from_secs(4));
            statuses(&station.words(slot))
        };
        assert_eq!((said(41), said(42)), (1, 0), "{}", profile.name);
    }
}

#[test]
fn a_status_for_a_talkgroup_is_said_twice_on_the_control_channel() {
    let mut station = station(ProfileId::Tetra);
    station.order(ordered(talkgroup(41)));
    station.run_for(Span::from_secs(4));
    assert_eq!(statuses(&station.busy_words()), 2);
}

#[test]
fn without_its_controller_a_site_refuses_messages() {
    let mut station = station(ProfileId::Dmr3);
    station.input(trunklab_basestation_core::Input::LinkDown { cause: Cause::LinkLost });
    station.told();
    station.access(tell(unit(5), 2));
    assert_eq!(station.told(), vec![]);
    station.run_for(Span::from_secs(1));
    let is_refusal = |word: &DownlinkWord| matches!(word, DownlinkWord::MessageRefused(word) if word.cause == Cause::SiteUnavailable);
    assert!(station.busy_words().iter().any(is_refusal));
}

#[test]
fn who_is_not_registered_here_tells_nothing_and_learns_it() {
    let mut station = station(ProfileId::P25p1);
    station.access(tell(unit(6), 2));
    assert_eq!((station.told(), station.dropped()), (vec![], vec![Cause::NoSession]));
    station.run_for(Span::from_secs(1));
    assert!(station.busy_words().iter().any(|word| matches!(word, DownlinkWord::Deregistered(_))));
}

#[test]
fn a_recorded_status_is_told_once() {
    let mut station = station(ProfileId::Smartnet2);
    let place = station.next_uplink(Channel::Control, at(1, 0));
    let burst = station.burst(place, -80, tell(unit(5), 2));
    station.run_until(station.begins(Channel::Control, place));
    station.input(trunklab_basestation_core::Input::Air(burst.clone()));
    station.run_for(Span::from_secs(1));
    assert!(matches!(station.told()[..], [FromSite::Status(_)]));
    station.input(trunklab_basestation_core::Input::Air(burst));
    station.run_for(Span::from_secs(1));
    assert_eq!((station.told(), station.dropped()), (vec![], vec![Cause::LateBurst]));
}
