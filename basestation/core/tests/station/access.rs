//! Random access on the control channel.

use trunklab_basestation_core::{Input, Output, StationEvent};
use trunklab_protocol::air_downlink::{Burst, DownlinkWord};
use trunklab_protocol::air_uplink::{
    Affiliate, Answer, CallCancel, CallRequest, Detach, Register, RequestKind, TalkEnd, UplinkWord,
};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::proof::{Proof, Response};
use trunklab_protocol::{Cause, Identity, Imei, ProfileId, Span};

use crate::harness::*;

fn register(number: u16) -> Register {
    Register {
        identity: Identity::Imei(Imei::new(490_000_000_000_000).unwrap()),
        press: press(number),
        equipment: None,
    }
}

fn request(number: u32) -> CallRequest {
    CallRequest {
        unit: unit(number),
        press: press(1),
        talkgroup: talkgroup(41),
        kind: RequestKind::Normal,
        area: None,
    }
}

#[test]
fn one_burst_in_an_opportunity_is_taken_with_every_profile() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        station.hold(unit(7));
        station.access(request(7));
        let told = station.told();
        assert!(matches!(&told[..], [FromSite::CallRequest(_)]), "{}: {told:?}", profile.name);
        station.run_for(Span::from_millis(400));
        let words = station.busy_words();
        assert!(
            words.iter().any(|word| matches!(word, DownlinkWord::Working(word) if word.unit == unit(7))),
            "{}: {words:?}",
            profile.name
        );
    }
}

#[test]
fn several_bursts_in_an_opportunity_are_all_lost() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        let place = station.next_uplink(Channel::Control, at(1, 0));
        station.run_until(station.begins(Channel::Control, place));
        for number in 1..=3 {
            let burst = station.burst(place, -80, register(number));
            station.input(Input::Air(burst));
        }
        station.run_for(Span::from_millis(300));
        assert_eq!(station.told(), [], "{}", profile.name);
        let collision = Output::Event(StationEvent::Collision { bursts: 3 });
        assert!(station.said.iter().any(|(_, output)| *output == collision), "{}", profile.name);
        assert_eq!(station.core.view().counts.collisions, 3);
    }
}

#[test]
fn a_burst_stronger_by_six_decibels_is_taken_in_spite_of_others() {
    for (levels, taken) in [([-80, -86], true), ([-80, -85], false), ([-85, -79], true), ([-80, -80], false)]
    {
        let mut station = Driven::serving(ProfileId::Tetra);
        let place = station.next_uplink(Channel::Control, at(1, 0));
        station.run_until(station.begins(Channel::Control, place));
        for (number, level) in (1..).zip(levels) {
            let burst = station.burst(place, level, register(number));
            station.input(Input::Air(burst));
        }
        station.run_for(Span::from_millis(300));
        let told = station.told();
        assert_eq!(told.len(), usize::from(taken), "{levels:?}");
        if let [FromSite::Register(word)] = &told[..] {
            let strongest = if levels[0] > levels[1] { 1 } else { 2 };
            assert_eq!(word.press, press(strongest));
        }
        assert_eq!(station.core.view().counts.collisions, if taken { 1 } else { 2 });
    }
}

#[test]
fn many_weak_bursts_together_drown_a_strong_one() {
    let mut station = Driven::serving(ProfileId::Tetra);
    let place = station.next_uplink(Channel::Control, at(1, 0));
    station.run_until(station.begins(Channel::Control, place));
    for (number, level) in (1..).zip([-80, -88, -88, -88]) {
        let burst = station.burst(place, level, register(number));
        station.input(Input::Air(burst));
    }
    station.run_for(Span::from_millis(300));
    assert_eq!(station.told(), [], "three of -88 dBm are -83.2 dBm");
}

#[test]
fn a_request_is_passed_on_once_until_it_is_answered() {
    let mut station = Driven::serving(ProfileId::Dmr3);
    station.hold(unit(7));
    for _ in 0..3 {
        station.access(request(7));
    }
    assert_eq!(station.told().len(), 1);
    station.run_for(Span::from_millis(200));
    let words = station.busy_words();
    let working = words.iter().filter(|word| matches!(word, DownlinkWord::Working(_))).count();
    assert_eq!(working, 3, "{words:?}");
    let refused =
        trunklab_protocol::to_site::Refused { unit: unit(7), press: press(1), cause: Cause::QueueFull };
    station.order(refused);
    station.access(request(7));
    assert_eq!(station.told().len(), 1, "the answer was lost on the air: the controller gives it again");
}

#[test]
fn who_asks_again_for_a_call_that_was_granted_hears_the_grant_again() {
    let mut station = Driven::serving(ProfileId::Dmr3);
    station.hold(unit(7));
    station.order(assertion(1, station.traffic_slot(), Some(talker(7, 11)), true));
    station.run_for(Span::from_millis(500));
    station.busy_words();
    station.access(request(7));
    station.run_for(Span::from_millis(300));
    assert_eq!(station.told(), []);
    let words = station.busy_words();
    assert!(matches!(&words[..], [DownlinkWord::Grant(word), _, _] if word.call == call(1)), "{words:?}");
}

#[test]
fn a_transmission_received_twice_is_one_transmission() {
    let mut station = Driven::serving(ProfileId::Iden);
    let place = station.next_uplink(Channel::Control, at(1, 0));
    station.run_until(station.begins(Channel::Control, place));
    for _ in 0..40 {
        let burst = station.burst(place, -80, register(1));
        station.input(Input::Air(burst));
    }
    station.run_for(Span::from_millis(300));
    assert_eq!(station.told().len(), 1);
}

#[test]
fn an_opportunity_is_open_from_two_before_it_until_its_guard_is_over() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        station.run_for(Span::from_secs(1));
        let place = station.next_uplink(Channel::Control, at(1, 0));
        let close = station.begins(Channel::Control, place)
            + profile.burst_length(Channel::Control)
            + Span::from_millis(5);
        let early = trunklab_protocol::BurstPlace { count: place.count + 4, ..place };
        let burst = station.burst(early, -80, register(1));
        station.input(Input::Air(burst));
        assert_eq!(station.dropped(), [Cause::EarlyBurst], "{}", profile.name);

        station.run_until(close - Span::from_micros(1));
        let burst = station.burst(place, -80, register(2));
        station.input(Input::Air(burst));
        station.run_until(close);
        assert_eq!(station.told().len(), 1, "{}: a microsecond before the end", profile.name);

        let burst = station.burst(place, -80, register(3));
        station.input(Input::Air(burst));
        assert_eq!(station.dropped(), [Cause::LateBurst], "{}", profile.name);
        assert_eq!(station.core.view().counts.late, 1);
        assert_eq!(station.core.view().counts.bursts_dropped, 1);
    }
}

#[test]
fn a_burst_before_its_time_is_kept_for_its_own_opportunity() {
    let mut station = Driven::serving(ProfileId::Dmr3);
    let place = station.next_uplink(Channel::Control, at(1, 0));
    let later = trunklab_protocol::BurstPlace { count: place.count + 1, ..place };
    for (place, number) in [(later, 2), (place, 1)] {
        let burst = station.burst(place, -80, register(number));
        station.input(Input::Air(burst));
    }
    station.run_for(Span::from_millis(400));
    let presses: Vec<_> = station
        .told()
        .iter()
        .map(|message| match message {
            FromSite::Register(word) => word.press,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(presses, [press(1), press(2)]);
}

#[test]
fn a_word_counts_only_with_its_units_proof() {
    let mut station = Driven::serving(ProfileId::Dmr3);
    station.hold(unit(7));
    let words: [UplinkWord; 4] = [
        request(7).into(),
        CallCancel { unit: unit(7), press: press(1) }.into(),
        Affiliate {
            unit: unit(7),
            press: press(2),
            talkgroup: talkgroup(41),
            secondary: trunklab_protocol::ScanList::default(),
        }
        .into(),
        Detach { unit: unit(7) }.into(),
    ];
    for word in words {
        let place = station.next_uplink(Channel::Control, at(1, 0));
        station.run_until(station.begins(Channel::Control, place));
        let mut burst = station.burst(place, -80, word.clone());
        burst.proof = Proof::new(1);
        station.input(Input::Air(burst));
        station.run_for(Span::from_millis(120));
        assert_eq!(station.dropped(), [Cause::WrongProof], "{word:?}");

        // A proof for another place does not count here: a burst cannot be replayed.
        let next = station.next_uplink(Channel::Control, at(1, 0));
        station.run_until(station.begins(Channel::Control, next));
        let mut burst = station.burst(place, -80, word.clone());
        burst.place = next;
        station.input(Input::Air(burst));
        station.run_for(Span::from_millis(120));
        assert_eq!(station.dropped(), [Cause::WrongProof], "{word:?}");
    }
    assert_eq!(station.told(), []);
    let words = station.busy_words();
    assert!(matches!(words[..], [DownlinkWord::Registered(_)]), "nothing was answered: {words:?}");
    assert_eq!(station.core.view().radios, 1);
}

#[test]
fn a_radio_without_a_session_is_told_to_register_again() {
    let mut station = Driven::serving(ProfileId::Dmr3);
    station.access(request(7));
    station.run_for(Span::from_millis(300));
    assert_eq!(station.dropped(), [Cause::NoSession]);
    assert_eq!(station.told(), []);
    let words = station.busy_words();
    let refused = |word: &DownlinkWord| matches!(word, DownlinkWord::Refused(word) if word.unit == unit(7) && word.cause == Cause::NotRegistered);
    assert!(words.len() == 1 && refused(&words[0]), "{words:?}");
}

#[test]
fn words_of_a_traffic_slot_do_not_belong_on_the_control_channel() {
    let mut station = Driven::serving(ProfileId::Dmr3);
    station.hold(unit(7));
    station.access(TalkEnd { unit: unit(7), call: call(1), spurt: spurt(1) });
    assert_eq!(station.dropped(), [Cause::WrongSlot]);
}

#[test]
fn a_carrier_or_slot_out_of_service_has_its_cause() {
    let mut station = Driven::serving(ProfileId::P25p2);
    for (channel, slot, cause) in [
        (Channel::Control, at(99, 0), Cause::NoSuchCarrier),
        (Channel::Control, at(1, 1), Cause::WrongSlot),
        (Channel::Control, at(2, 0), Cause::WrongSlot),
        (Channel::Traffic, at(1, 0), Cause::WrongSlot),
        (Channel::Traffic, at(2, 5), Cause::WrongSlot),
    ] {
        let place = trunklab_protocol::BurstPlace { at: slot, channel, count: 0 };
        let burst = station.burst(place, -80, register(1));
        station.input(Input::Air(burst));
        assert_eq!(station.dropped(), [cause]);
    }
}

#[test]
fn unproved_words_reach_the_controller_no_faster_than_opportunities_pass() {
    let mut station = Driven::serving(ProfileId::Iden);
    for number in 0..1_000 {
        let place = station.next_uplink(Channel::Control, at(1, 0));
        let burst = station.burst(place, -80, register(number));
        station.input(Input::Air(burst));
        station.run_for(Span::from_millis(1));
    }
    station.run_for(Span::from_millis(200));
    assert!(station.told().len() <= 14, "11 opportunities in a second");
}

#[test]
fn a_registration_is_forwarded_and_its_outcome_radiated_and_held() {
    let mut station = Driven::serving(ProfileId::Mpt1327);
    let identity = Identity::Unit(unit(7));
    station.access(Register { identity, press: press(1), equipment: None });
    station.access(Answer {
        identity,
        response: Response::new([1; 8]),
        talkgroup: Some(talkgroup(41)),
        secondary: trunklab_protocol::ScanList::default(),
    });
    let told = station.told();
    assert!(matches!(&told[..], [FromSite::Register(_), FromSite::Answer(_)]), "{told:?}");
    station.hold(unit(7));
    station.run_for(Span::from_millis(500));
    assert!(matches!(&station.busy_words()[..], [DownlinkWord::Registered(_)]));
    assert_eq!(station.core.view().radios, 1);
    station.access(Detach { unit: unit(7) });
    assert!(matches!(&station.told()[..], [FromSite::Detach(_)]));
    assert_eq!(station.core.view().radios, 0);
}

/// What the broadcast says of how many opportunities retries are drawn from.
fn backoff_now(station: &mut Driven) -> u16 {
    station.said.clear();
    station.run_for(Span::from_secs(2));
    let mut said = station.said.iter().rev().filter_map(|(_, output)| match output {
        Output::Air(Burst { word: DownlinkWord::System(system), .. }) => Some(system.backoff_now),
        _ => None,
    });
    said.next().expect("a broadcast within two seconds")
}

#[test]
fn retries_are_spread_while_many_collide_and_no_more_when_nobody_comes() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        assert_eq!(backoff_now(&mut station), 8, "{}: as the site says", profile.name);
        let mut most = 0;
        for _ in 0..60 {
            let place = station.next_uplink(Channel::Control, at(1, 0));
            station.run_until(station.begins(Channel::Control, place));
            for number in 1..=3 {
                let burst = station.burst(place, -80, register(number));
                station.input(Input::Air(burst));
            }
            station.run_for(Span::from_millis(1));
            most = station.said.iter().fold(most, |most, (_, output)| match output {
                Output::Air(Burst { word: DownlinkWord::System(system), .. }) => most.max(system.backoff_now),
                _ => most,
            });
        }
        assert!(most > 24, "{}: {most}", profile.name);
        station.run_for(Span::from_secs(60));
        assert_eq!(backoff_now(&mut station), 8, "{}: nobody has come for a minute", profile.name);
    }
}
