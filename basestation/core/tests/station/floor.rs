//! The floor of a slot: who has it, who asks for it, and what single radios are told of it.

use trunklab_basestation_core::Input;
use trunklab_protocol::air_downlink::DownlinkWord;
use trunklab_protocol::air_uplink::{FloorRequest, UplinkWord};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::profile::Channel;
use trunklab_protocol::to_site::{FloorQueued, FloorRefused, FloorWithdrawn, TalkWarning};
use trunklab_protocol::{Cause, Demand, ProfileId, Span};

use crate::harness::*;
use crate::talking::*;

#[test]
fn the_floor_is_said_until_speech_flows_and_again_when_nobody_has_it() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.run_for(Span::from_millis(300));
    assert!(station.words(slot).iter().all(|word| matches!(word, DownlinkWord::FloorTaken(_))));
    station.talk(slot, 1, talker(9, 11), 3);
    station.run_for(Span::from_millis(90));
    assert!(station.words(slot).iter().any(|word| matches!(word, DownlinkWord::Voice(_))));
    station.order(assertion(1, slot, None, false));
    station.run_for(Span::from_millis(300));
    let words = station.words(slot);
    assert!(
        !words.is_empty() && words.iter().all(|word| matches!(word, DownlinkWord::FloorIdle(_))),
        "{words:?}"
    );
}

#[test]
fn the_end_of_a_talk_is_told_once_however_often_it_is_said() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.talk(slot, 1, talker(9, 11), 2);
    for _ in 0..4 {
        station.send_in(slot, talk_end());
    }
    let told = station.told();
    assert!(matches!(&told[..], [FromSite::TalkEnd(_)]), "{told:?}");
    assert_eq!(station.dropped(), []);
    station.order(assertion(1, slot, None, false));
    station.send_in(slot, talk_end());
    assert_eq!(station.told(), []);
}

#[test]
fn a_talker_that_falls_silent_is_reported_once_for_each_spurt() {
    let mut station = talking_here(ProfileId::Dmr3);
    let slot = station.traffic_slot();
    station.talk(slot, 1, talker(9, 11), 5);
    let last_heard = station.now;
    station.run_until(last_heard + Span::from_millis(999));
    assert_eq!(station.told(), []);
    station.run_for(Span::from_secs(5));
    let told = station.told();
    assert!(matches!(&told[..], [FromSite::TalkerSilent(word)] if word.spurt == spurt(11)), "{told:?}");
    station.order(assertion(1, slot, Some(talker(9, 12)), true));
    station.run_for(Span::from_secs(5));
    let told = station.told();
    assert!(matches!(&told[..], [FromSite::TalkerSilent(word)] if word.spurt == spurt(12)), "{told:?}");
}

#[test]
fn requests_for_the_floor_can_collide_and_are_forwarded_alone() {
    let mut station = Driven::serving(ProfileId::Tetra);
    let slot = station.traffic_slot();
    station.hold(unit(5));
    station.hold(unit(6));
    station.order(assertion(1, slot, None, false));
    let ask =
        |number| FloorRequest { unit: unit(number), press: press(1), call: call(1), demand: Demand::Low };
    let place = station.next_uplink(Channel::Traffic, slot);
    for number in [5, 6] {
        let burst = station.burst(place, -80, ask(number));
        station.input(Input::Air(burst));
    }
    station.run_for(Span::from_millis(200));
    assert_eq!(station.told(), []);
    assert_eq!(station.core.view().counts.collisions, 2);
    station.send_in(slot, ask(5));
    assert!(matches!(&station.told()[..], [FromSite::FloorRequest(word)] if word.unit == unit(5)));
}

#[test]
fn a_refused_request_for_the_floor_is_said_on_the_slot_and_takes_few_bursts_from_speech() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    for number in 1..=4 {
        station.order(FloorRefused {
            call: call(1),
            unit: unit(number),
            press: press(1),
            cause: Cause::FloorTaken,
        });
    }
    station.talk(slot, 1, talker(9, 11), 24);
    let words = station.words(slot);
    let at_bursts: Vec<usize> = words
        .iter()
        .enumerate()
        .filter(|(_, word)| matches!(word, DownlinkWord::FloorRefused(_)))
        .map(|(index, _)| index)
        .collect();
    assert_eq!(at_bursts.len(), 4, "{words:?}");
    let first_voice = words.iter().position(|word| matches!(word, DownlinkWord::Voice(_))).unwrap();
    for pair in at_bursts.windows(2).filter(|pair| pair[0] > first_voice) {
        assert!(pair[1] - pair[0] > 4, "{at_bursts:?}");
    }
}

#[test]
fn a_word_without_a_session_on_a_slot_is_refused_there() {
    let mut station = Driven::serving(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.order(assertion(1, slot, None, false));
    let word: UplinkWord =
        FloorRequest { unit: unit(5), press: press(1), call: call(1), demand: Demand::Low }.into();
    station.send_in(slot, word);
    station.run_for(Span::from_millis(200));
    let words = station.words(slot);
    assert!(
        words.iter().any(
            |word| matches!(word, DownlinkWord::FloorRefused(word) if word.cause == Cause::NotRegistered)
        ),
        "{words:?}"
    );
}

#[test]
fn a_slot_keeps_so_many_words_to_single_radios_and_no_more() {
    let mut station = talking_here(ProfileId::Iden);
    for number in 1..=16 {
        station.order(FloorRefused {
            call: call(1),
            unit: unit(number),
            press: press(1),
            cause: Cause::FloorTaken,
        });
    }
    assert_eq!(station.dropped(), []);
    station.order(FloorRefused { call: call(1), unit: unit(17), press: press(1), cause: Cause::FloorTaken });
    assert_eq!(station.dropped(), [Cause::ControlChannelFull]);
}

#[test]
fn a_demand_on_the_control_channel_while_another_talks_is_answered_on_the_slot() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    station.hold(unit(5));
    let demand = Demand::High;
    station.access(FloorRequest { unit: unit(5), press: press(1), call: call(1), demand });
    station.run_for(Span::from_millis(300));
    let told = station.told();
    assert!(
        matches!(&told[..], [FromSite::FloorRequest(word)] if word.unit == unit(5) && word.demand == demand),
        "{told:?}"
    );
    // A place that moves before it was said is said once, as it is now.
    for position in [2, 1] {
        station.order(FloorQueued { call: call(1), unit: unit(5), press: press(1), position });
    }
    station.run_for(Span::from_millis(400));
    let words = station.words(slot);
    let places: Vec<_> = words
        .iter()
        .filter_map(|word| match word {
            DownlinkWord::FloorQueued(word) => Some(word.position),
            _ => None,
        })
        .collect();
    assert_eq!(places, [1]);
}

#[test]
fn a_warning_and_a_withdrawal_are_said_twice() {
    let mut station = talking_here(ProfileId::Iden);
    let slot = station.traffic_slot();
    let (call, unit, spurt) = (call(1), unit(9), spurt(11));
    station.order(TalkWarning { call, unit, spurt, left_ms: 5_000 });
    station.order(FloorWithdrawn { call, unit, spurt, cause: Cause::TransmissionLimit });
    station.run_for(Span::from_secs(1));
    let words = station.words(slot);
    let said = |wanted: fn(&DownlinkWord) -> bool| words.iter().filter(|word| wanted(word)).count();
    assert_eq!(said(|word| matches!(word, DownlinkWord::TalkWarning(_))), 2);
    assert_eq!(said(|word| matches!(word, DownlinkWord::FloorWithdrawn(_))), 2);
}
