//! The control channel's downlink.

use trunklab_protocol::air_downlink::{DownlinkWord, SiteService, Talker};
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::settings::{FailsoftPlace, Neighbour, SiteSettings};
use trunklab_protocol::to_site::{Assert, Challenge, Configure, Queued, Refused, Release};
use trunklab_protocol::{CarrierNumber, Cause, Identity, Moment, ProfileId, SiteId, Span, proof};

use crate::harness::*;

#[test]
fn every_beat_has_exactly_one_word_and_none_is_left_out() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        station.run_until(Moment::ORIGIN + Span::from_secs(20));
        let bursts = station.radiated(at(1, 0));
        let length = profile.burst_length(Channel::Control);
        for (expected, (moment, burst)) in (0..).zip(&bursts) {
            assert_eq!(burst.place.count, expected, "{}", profile.name);
            let start =
                profile.downlink_start(Moment::ORIGIN, Channel::Control, burst.place.at.slot, expected);
            assert_eq!(*moment, start + length, "{}", profile.name);
        }
        let expected = 20.0 * profile.control.per_second();
        assert!((bursts.len() as f64 - expected).abs() <= 1.0, "{}: {}", profile.name, bursts.len());
    }
}

#[test]
fn the_broadcast_keeps_its_interval_under_any_load() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        for second in 1..12 {
            for number in 1..60 {
                station.order(Refused { unit: unit(number), press: press(second), cause: Cause::QueueFull });
            }
            for counter in 0..3_u32 {
                let talker = Some(talker(9, u32::from(second) * 10 + counter));
                let slot = at(2 + (counter / 2) as u16, (counter % 2) as u8 % profile.slots);
                let emergency = Assert { emergency: true, ..assertion(counter + 1, slot, talker, false) };
                station.order(emergency);
            }
            station.run_until(Moment::ORIGIN + Span::from_secs(u64::from(second)));
        }
        let said: Vec<Moment> = station
            .radiated(at(1, 0))
            .into_iter()
            .filter(|(_, burst)| matches!(burst.word, DownlinkWord::System(_)))
            .map(|(moment, _)| moment)
            .collect();
        assert!(said.len() > 8, "{}", profile.name);
        for pair in said.windows(2) {
            assert!(pair[1].since(pair[0]) <= Span::from_millis(1_000), "{}: {pair:?}", profile.name);
        }
    }
}

/// Clause 5.1.4: it was settled what a word says when it began.
#[test]
fn a_word_says_nothing_that_was_decided_after_it_began() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        station.run_for(Span::from_secs(1));
        station.run_to_next_downlink(Channel::Control, at(1, 0));
        let begun = station.now;
        station.run_for(Span::from_millis(6));
        station.words(at(1, 0));
        station.order(Refused { unit: unit(5), press: press(1), cause: Cause::QueueFull });
        station.run_for(Span::from_secs(1));
        let radiated = station.radiated(at(1, 0));
        let length = profile.burst_length(Channel::Control);
        assert_eq!(radiated[0].0, begun + length, "{}", profile.name);
        assert!(!matches!(radiated[0].1.word, DownlinkWord::Refused(_)), "{}", profile.name);
        assert!(matches!(radiated[1].1.word, DownlinkWord::Refused(_)), "{}", profile.name);
    }
}

/// An answer that is there within the grace of 5 ms is in the word that begins.
#[test]
fn a_word_says_what_was_decided_as_it_began() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        station.run_for(Span::from_secs(1));
        station.run_to_next_downlink(Channel::Control, at(1, 0));
        station.run_for(Span::from_millis(4));
        station.words(at(1, 0));
        station.order(Refused { unit: unit(5), press: press(1), cause: Cause::QueueFull });
        station.run_for(profile.control.period());
        let words = station.words(at(1, 0));
        assert!(matches!(words[..], [DownlinkWord::Refused(_)]), "{}: {words:?}", profile.name);
    }
}

/// Clause 5.3.4: at least once in each interval, whichever way it falls on the words.
#[test]
fn a_running_call_is_told_to_latecomers_in_each_interval() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        let slot = station.traffic_slot();
        let interval = Span::from_millis(u64::from(settings(profile.id).late_entry_interval_ms));
        station.run_until(Moment::ORIGIN + Span::from_millis(1_234));
        let granted = station.now;
        station.order(assertion(1, slot, Some(talker(9, 11)), false));
        station.run_until(granted + Span::from_secs(60));
        let said: Vec<Moment> = station
            .radiated(at(1, 0))
            .into_iter()
            .filter(|(_, burst)| matches!(&burst.word, DownlinkWord::Grant(grant) if grant.late_entry))
            .map(|(moment, _)| moment)
            .collect();
        assert!(said[0].since(granted) <= interval, "{}: {:?}", profile.name, said[0]);
        for pair in said.windows(2) {
            assert!(pair[1].since(pair[0]) <= interval, "{}: {pair:?}", profile.name);
        }
        assert!(said.len() >= 29, "{}: {}", profile.name, said.len());
    }
}

#[test]
fn the_broadcast_says_who_where_and_on_which_terms() {
    let mut station = Driven::serving(PROFILES[0].id);
    station.run_for(Span::from_secs(1));
    let words = station.words(at(1, 0));
    let Some(DownlinkWord::System(system)) = words.first() else { panic!("{words:?}") };
    assert_eq!(system.incarnation, INCARNATION);
    assert_eq!(system.service, SiteService::Wide);
    assert_eq!(system.access, settings(PROFILES[0].id).access);
    assert!(words.iter().any(|word| matches!(word, DownlinkWord::Neighbour(_))));
    assert!(words.iter().any(|word| matches!(word, DownlinkWord::Idle(_))));
}

/// Radios that hunt need the broadcast more than those that stand here need the last of many neighbours.
#[test]
fn the_broadcast_goes_before_a_neighbour_when_half_of_its_interval_is_over() {
    for profile in PROFILES {
        let neighbour = |number: u16| Neighbour {
            site: SiteId::new(number).unwrap(),
            carrier: CarrierNumber::new(number).unwrap(),
        };
        let neighbours: Vec<_> = (10..200).map(neighbour).collect();
        let settings = SiteSettings { neighbours, broadcast_interval_ms: 2_000, ..settings(profile.id) };
        let mut station = Driven::serving(profile.id);
        station.order(Configure { settings: settings.into() });
        station.run_for(Span::from_secs(20));
        let said: Vec<Moment> = station
            .radiated(at(1, 0))
            .into_iter()
            .filter(|(_, burst)| matches!(burst.word, DownlinkWord::System(_)))
            .map(|(moment, _)| moment)
            .collect();
        assert!(said.len() > 10, "{}: {}", profile.name, said.len());
        let bound = Span::from_secs(1) + profile.control.start(1);
        for pair in said.windows(2) {
            assert!(pair[1].since(pair[0]) <= bound, "{}: {pair:?}", profile.name);
        }
    }
}

#[test]
fn words_go_in_order_of_urgency() {
    let mut station = Driven::serving(PROFILES[0].id);
    station.run_for(Span::from_millis(95));
    station.words(at(1, 0));
    let identity = Identity::Unit(unit(9));
    station.order(Challenge { identity, challenge: proof::Challenge::new([3; 16]) });
    station.order(assertion(8, at(3, 1), None, false));
    station.order(Release { call: call(8), cause: Cause::HangTimeOver });
    station.order(assertion(1, at(2, 1), Some(talker(1, 11)), false));
    let emergency = Assert { emergency: true, ..assertion(2, at(2, 2), Some(talker(2, 12)), false) };
    station.order(emergency);
    station.run_for(Span::from_secs(2));
    let said: Vec<String> = station
        .busy_words()
        .iter()
        .map(|word| match word {
            DownlinkWord::Grant(grant) if grant.late_entry => "late entry".into(),
            DownlinkWord::Grant(grant) => format!("grant {}", grant.call),
            DownlinkWord::Release(release) => format!("release {}", release.call),
            DownlinkWord::Challenge(_) => "challenge".into(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        said[..9],
        [
            "grant 2",
            "grant 2",
            "grant 2",
            "grant 1",
            "grant 1",
            "grant 1",
            "release 8",
            "release 8",
            "challenge"
        ]
    );
}

#[test]
fn a_new_grant_goes_before_the_repetition_of_another() {
    let mut station = Driven::serving(PROFILES[0].id);
    station.order(assertion(1, at(2, 1), Some(talker(1, 11)), false));
    station.order(assertion(2, at(2, 2), Some(talker(2, 12)), false));
    station.run_for(Span::from_millis(900));
    let calls: Vec<u32> = station
        .busy_words()
        .iter()
        .map(|word| match word {
            DownlinkWord::Grant(grant) => grant.call.counter,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(calls, [1, 2, 1, 2, 1, 2]);
}

#[test]
fn a_running_call_is_told_to_latecomers_in_its_latest_state() {
    let mut station = Driven::serving(PROFILES[2].id);
    let slot = station.traffic_slot();
    station.order(assertion(1, slot, Some(talker(1, 11)), false));
    station.run_for(Span::from_secs(1));
    station.busy_words();
    station.order(assertion(1, slot, None, false));
    station.run_for(Span::from_secs(6));
    let talkers: Vec<Option<Talker>> = station
        .busy_words()
        .into_iter()
        .map(|word| match word {
            DownlinkWord::Grant(grant) => {
                assert!(grant.late_entry);
                grant.talker
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(talkers, [None, None, None], "every two seconds");
}

#[test]
fn what_waits_already_is_not_queued_twice_and_what_does_not_fit_has_a_cause() {
    let mut station = Driven::serving(PROFILES[0].id);
    for _ in 0..200 {
        station.order(Refused { unit: unit(1), press: press(1), cause: Cause::QueueFull });
    }
    assert_eq!(station.dropped(), []);
    for number in 2..100 {
        station.order(Refused { unit: unit(number), press: press(1), cause: Cause::QueueFull });
    }
    let dropped = station.dropped();
    assert_eq!(dropped.len(), 99 - 64);
    assert!(dropped.iter().all(|cause| *cause == Cause::ControlChannelFull));
    assert_eq!(station.core.view().counts.dropped[&Cause::ControlChannelFull], 99 - 64);
    station.run_for(Span::from_secs(20));
    assert_eq!(station.busy_words().len(), 64);
}

#[test]
fn an_answer_takes_the_place_of_the_word_that_a_request_is_worked_on() {
    let mut station = Driven::serving(PROFILES[0].id);
    station.hold(unit(7));
    station.run_for(Span::from_millis(200));
    station.busy_words();
    let place = station.next_uplink(Channel::Control, at(1, 0));
    let request = trunklab_protocol::air_uplink::Affiliate {
        unit: unit(7),
        press: press(3),
        talkgroup: talkgroup(41),
        secondary: trunklab_protocol::ScanList::default(),
    };
    let burst = station.burst(place, -80, request);
    station.run_until(station.begins(Channel::Control, place));
    station.input(trunklab_basestation_core::Input::Air(burst));
    station.run_for(Span::from_millis(21));
    assert_eq!(station.told().len(), 1, "it was forwarded");
    station.order(Queued { unit: unit(7), press: press(3), position: 1 });
    station.run_for(Span::from_secs(1));
    let words = station.busy_words();
    assert!(matches!(words[..], [DownlinkWord::Queued(_)]), "{words:?}");
}

/// Clause 12.12.3: and the newer one keeps the turn.
#[test]
fn a_place_in_the_queue_that_was_not_said_yet_gives_way_to_the_newer_one() {
    let mut station = Driven::serving(PROFILES[0].id);
    station.run_for(Span::from_millis(95));
    station.busy_words();
    let queued = |number, position| Queued { unit: unit(number), press: press(3), position };
    for number in [7, 8] {
        station.order(queued(number, 5));
    }
    for position in [4, 3, 2] {
        station.order(queued(7, position));
    }
    station.order(Refused { unit: unit(8), press: press(3), cause: Cause::QueueTimeout });
    station.run_for(Span::from_secs(1));
    let words = station.busy_words();
    assert!(
        matches!(&words[..], [DownlinkWord::Queued(place), DownlinkWord::Refused(refused)]
            if (place.unit, place.position) == (unit(7), 2) && refused.unit == unit(8)),
        "{words:?}"
    );
}

/// What a radio was told of its place once stays true until it is told another.
#[test]
fn a_place_in_the_queue_that_was_said_is_followed_by_the_newer_one() {
    let mut station = Driven::serving(PROFILES[0].id);
    station.run_for(Span::from_millis(95));
    station.busy_words();
    for position in [2, 1] {
        station.order(Queued { unit: unit(7), press: press(3), position });
        station.run_for(Span::from_millis(200));
    }
    let positions: Vec<_> = station
        .busy_words()
        .iter()
        .filter_map(|word| if let DownlinkWord::Queued(word) = word { Some(word.position) } else { None })
        .collect();
    assert_eq!(positions, [2, 1]);
}

#[test]
fn a_late_wake_leaves_out_words_and_counts_them() {
    let mut station = Driven::serving(PROFILES[0].id);
    station.run_until(Moment::ORIGIN + Span::from_secs(1));
    station.words(at(1, 0));
    station.now = Moment::ORIGIN + Span::from_millis(2_500);
    station.input(trunklab_basestation_core::Input::Time);
    let words = station.words(at(1, 0)).len() as u64;
    assert!(words <= 3, "{words} words at once");
    assert_eq!(words + station.core.view().counts.control_words_skipped, 17);
}

/// Clause 12.12.1: answers go first, and latecomers do not wait for ever.
#[test]
fn late_entry_gives_way_to_answers_for_three_intervals() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        let slot = station.traffic_slot();
        let interval = Span::from_millis(u64::from(settings(profile.id).late_entry_interval_ms));
        station.order(assertion(1, slot, Some(talker(9, 11)), false));
        station.run_for(Span::from_secs(5));
        station.words(at(1, 0));
        let begins = station.now;
        let mut number = 0;
        while station.now.since(begins) < Span::from_secs(60) {
            for _ in 0..8 {
                number += 1;
                station.order(Refused { unit: unit(5), press: press(number), cause: Cause::QueueFull });
            }
            station.run_for(profile.control.period());
        }
        let said: Vec<Moment> = station
            .radiated(at(1, 0))
            .into_iter()
            .filter(|(_, burst)| matches!(&burst.word, DownlinkWord::Grant(grant) if grant.late_entry))
            .map(|(moment, _)| moment)
            .collect();
        let bound = Span::from_micros(interval.as_micros() * 4) + profile.control.start(4);
        assert!(said.len() >= 6, "{}: {}", profile.name, said.len());
        for pair in said.windows(2) {
            let apart = pair[1].since(pair[0]);
            assert!(apart > interval && apart <= bound, "{}: {apart:?}", profile.name);
        }
        let counts = station.core.view().counts.late_entry;
        assert!(counts.put_off >= 6 && counts.delay_max > interval, "{}: {counts:?}", profile.name);
    }
}

#[test]
fn settings_without_the_neighbours_that_are_just_being_said_name_none_of_them() {
    for millis in (0..1_000).step_by(40) {
        let mut station = Driven::serving(ProfileId::Iden);
        let place = |number| FailsoftPlace { talkgroup: talkgroup(number), at: at(2, 0) };
        let failsoft = vec![place(41), place(42)];
        station.order(Configure { settings: SiteSettings { failsoft, ..settings(ProfileId::Iden) }.into() });
        station.run_for(Span::from_millis(1_000 + millis));
        let bare = SiteSettings { neighbours: Vec::new(), ..settings(ProfileId::Iden) };
        station.order(Configure { settings: bare.into() });
        // The word that was being radiated is said to its end.
        station.run_for(Span::from_millis(100));
        station.said.clear();
        station.run_for(Span::from_secs(3));
        let names = |word: &DownlinkWord| {
            matches!(word, DownlinkWord::Neighbour(_) | DownlinkWord::FailsoftChannel(_))
        };
        assert!(!station.words(at(1, 0)).iter().any(names), "{millis} ms");
    }
}
