//! The controller link: greeting, inventory, heartbeat, epochs, settings, and life without it.

use trunklab_basestation_core::{Input, Output, StationEvent};
use trunklab_protocol::air_downlink::{DownlinkWord, SiteService};
use trunklab_protocol::air_uplink::{CallRequest, FloorRequest, Register, RequestKind, TalkEnd};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::{Close, Configure, Deregister, Heartbeat};
use trunklab_protocol::{CarrierNumber, Cause, Demand, Epoch, Identity, ProfileId, Span};

use crate::harness::*;

#[test]
fn greets_with_its_run_and_all_that_it_holds_in_parts() {
    let mut station = Driven::serving(ProfileId::Iden);
    for number in 1..=450 {
        station.hold(unit(number));
    }
    station.order(assertion(1, at(2, 1), Some(talker(9, 11)), true));
    station.order(assertion(2, at(2, 2), None, false));
    station.input(Input::LinkDown { cause: Cause::LinkSilent });
    station.run_for(Span::from_millis(900));
    station.told();
    station.input(Input::LinkUp);
    let told = station.told();
    let FromSite::Hello(hello) = &told[0] else { panic!("{:?}", told[0]) };
    assert_eq!((hello.incarnation, hello.newest_epoch), (INCARNATION, EPOCH));
    let radios: Vec<usize> = told
        .iter()
        .filter_map(|message| match message {
            FromSite::InventoryRadios(part) => Some(part.radios.len()),
            _ => None,
        })
        .collect();
    assert_eq!(radios, [200, 200, 50]);
    let held_ms = told.iter().filter_map(|message| match message {
        FromSite::InventoryRadios(part) => Some(part.radios[0].held_ms),
        _ => None,
    });
    assert_eq!(held_ms.collect::<Vec<_>>(), [900; 3], "for as long as each has been registered");
    let calls: Vec<_> = told
        .iter()
        .filter_map(|message| match message {
            FromSite::InventoryCalls(part) => Some(part.calls.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(calls.len(), 2);
    assert_eq!(
        (calls[0].call, calls[0].talker, calls[0].talker_is_here),
        (call(1), Some(talker(9, 11)), true)
    );
    assert_eq!((calls[1].talker, calls[1].hung_ms), (None, 900), "it hangs since the end of talk");
    assert_eq!(told.last(), Some(&FromSite::InventoryEnd(trunklab_protocol::from_site::InventoryEnd {})));
}

#[test]
fn a_registration_that_is_told_again_is_as_old_as_it_was() {
    let mut station = Driven::serving(ProfileId::Iden);
    station.hold(unit(7));
    station.run_for(Span::from_millis(700));
    station.hold(unit(7));
    station.input(Input::LinkDown { cause: Cause::LinkSilent });
    station.told();
    station.input(Input::LinkUp);
    let told = station.told();
    let FromSite::InventoryRadios(part) = &told[1] else { panic!("{:?}", told[1]) };
    assert_eq!(part.radios[0].held_ms, 700);
}

#[test]
fn shows_every_heartbeat_interval_that_it_lives() {
    let mut station = Driven::serving(ProfileId::Iden);
    station.run_for(Span::from_secs(10));
    let health: Vec<_> = station
        .said
        .iter()
        .filter_map(|(_, output)| match output {
            Output::ToController { message: FromSite::Health(health), .. } => Some(health.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(health.len(), 10);
    assert!(health.windows(2).all(|pair| pair[0].control_words < pair[1].control_words));
}

/// Clause 13.6.7.
#[test]
fn reports_what_it_runs_when_it_is_configured_and_no_key_of_it() {
    let mut station = Driven::bare(ProfileId::Iden);
    station.input(Input::LinkUp);
    let first = settings(ProfileId::Iden);
    let second = SiteSettings { name: "Elsewhere".to_owned(), ..first.clone() };
    let unfit = SiteSettings { heartbeat_ms: 0, ..first.clone() };
    for (told, reports) in [(&first, true), (&first, true), (&second, true), (&unfit, false)] {
        station.said.clear();
        station.order(Configure { settings: Box::new(told.clone()) });
        let reported: Vec<_> = station
            .said
            .iter()
            .filter_map(|(_, output)| match output {
                Output::ToController { message: FromSite::Settings(report), .. } => {
                    Some(*report.settings.clone())
                }
                _ => None,
            })
            .collect();
        assert_eq!(reported, if reports { vec![told.without_keys()] } else { Vec::new() });
        assert_ne!(*told, told.without_keys());
    }
}

/// Clause 12.12.5.
#[test]
fn tells_with_each_heartbeat_how_loaded_each_control_channel_is() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        station.run_for(Span::from_secs(20));
        station.said.clear();
        station.order(assertion(1, station.traffic_slot(), Some(talker(9, 11)), false));
        station.run_for(Span::from_millis(2_500));
        let load = station.load();
        assert_eq!(load.at, at(1, 0), "{}", profile.name);
        let words = 10.0 * profile.control.per_second();
        let opportunities = 10.0 * profile.access.per_second();
        let near = |count: u16, expected: f64| (f64::from(count) - expected).abs() <= expected / 10.0 + 1.0;
        assert!(near(load.words, words) && near(load.opportunities, opportunities), "{load:?}");
        assert_eq!(
            (load.words_busy, load.grants_again),
            (4, 2),
            "{}: a grant and a late entry",
            profile.name
        );
        assert_eq!((load.bursts, load.waiting), (0, 0), "{}", profile.name);
        assert!(load.wait_ms_max <= profile.control.period().as_millis() as u32 * 2, "{load:?}");
    }
}

#[test]
fn gives_up_a_controller_that_is_silent_for_three_heartbeats() {
    let mut station = Driven::serving(ProfileId::Iden);
    station.heartbeats = false;
    station.run_for(Span::from_millis(2_999));
    let closes = |station: &Driven| {
        station.said.iter().any(|(_, output)| *output == Output::CloseLink { cause: Cause::LinkSilent })
    };
    assert!(!closes(&station));
    station.run_for(Span::from_millis(1));
    assert!(closes(&station));
    assert_eq!(station.core.view().service, SiteService::NoService);
}

#[test]
fn obeys_the_newest_epoch_and_no_older_one() {
    let mut station = Driven::serving(ProfileId::Iden);
    let newer = Epoch::new(9).unwrap();
    station.input(Input::FromController { epoch: newer, message: Heartbeat {}.into() });
    assert_eq!(station.core.view().newest_epoch, newer);
    station.said.clear();
    station.order(assertion(1, at(2, 1), None, false));
    assert_eq!(station.dropped(), [Cause::Deposed]);
    assert!(station.said.iter().any(|(_, output)| *output == Output::CloseLink { cause: Cause::Deposed }));
    assert!(station.core.view().slots.iter().all(|slot| slot.call.is_none()), "it keyed no channel");
}

#[test]
fn obeys_nothing_before_the_settings() {
    let mut station = Driven::bare(ProfileId::Iden);
    station.order(assertion(1, at(2, 1), None, false));
    assert_eq!(station.dropped(), [Cause::NotGreeted]);
    station.input(Input::LinkUp);
    station.order(assertion(1, at(2, 1), None, false));
    assert_eq!(station.dropped(), [Cause::NotGreeted]);
    assert_eq!(
        station.core.next_deadline().map(|due| due.at),
        Some(trunklab_protocol::Moment::from_micros(1_000_000))
    );
}

#[test]
fn the_same_settings_change_nothing() {
    let mut station = Driven::serving(ProfileId::Iden);
    station.order(assertion(1, at(2, 1), Some(talker(9, 11)), true));
    station.said.clear();
    station.order(Configure { settings: settings(ProfileId::Iden).into() });
    assert_eq!(station.told(), [], "it says which they are, and that is all");
    assert_eq!(station.said, []);
}

#[test]
fn other_carriers_keep_the_calls_whose_slots_stay() {
    let mut station = Driven::serving(ProfileId::Iden);
    station.order(assertion(1, at(2, 1), None, false));
    station.order(assertion(2, at(3, 1), None, false));
    let mut fewer = settings(ProfileId::Iden);
    fewer.carriers.pop();
    station.order(Configure { settings: fewer.clone().into() });
    let calls: Vec<_> =
        station.core.view().slots.iter().filter_map(|slot| slot.call).map(|view| view.call).collect();
    assert_eq!(calls, [call(1)]);
    assert!(
        station
            .said
            .iter()
            .any(|(_, output)| matches!(output, Output::Configured { settings, .. } if **settings == fewer))
    );
    station.run_for(Span::from_secs(1));
    let words = station.busy_words();
    assert!(
        words.iter().any(
            |word| matches!(word, DownlinkWord::Release(word) if word.call == call(2) && word.cause == Cause::CallLost)
        ),
        "{words:?}"
    );
}

#[test]
fn settings_that_no_station_can_work_with_close_the_link() {
    let good = || settings(ProfileId::Iden);
    let carrier = |number| CarrierNumber::new(number).unwrap();
    let mut far = good();
    far.carriers.push(carrier(601));
    let mut twice = good();
    twice.carriers.push(carrier(2));
    let mut nowhere = good();
    nowhere.control = at(7, 0);
    let mut slot = settings(ProfileId::Dmr3);
    slot.control = at(1, 2);
    let mut mute = good();
    mute.heartbeat_ms = 0;
    for bad in [far, twice, nowhere, slot, mute] {
        let mut station = Driven::serving(ProfileId::Iden);
        station.order(Configure { settings: bad.into() });
        assert_eq!(station.dropped(), [Cause::FieldOutOfRange]);
        let closed = Output::CloseLink { cause: Cause::FieldOutOfRange };
        assert!(station.said.iter().any(|(_, output)| *output == closed));
        assert_eq!(station.core.view().slots.len(), 17, "it keeps what it had");
    }
}

#[test]
fn a_close_from_the_controller_closes_the_link_with_its_cause() {
    let mut station = Driven::serving(ProfileId::Iden);
    station.order(Close { cause: Cause::Shutdown });
    assert!(station.said.iter().any(|(_, output)| *output == Output::CloseLink { cause: Cause::Shutdown }));
    assert!(
        station
            .said
            .iter()
            .any(|(_, output)| *output == Output::Event(StationEvent::Service(SiteService::NoService)))
    );
}

#[test]
fn a_radio_whose_registration_ends_is_told_and_forgotten() {
    let mut station = Driven::serving(ProfileId::Iden);
    station.hold(unit(7));
    station.run_for(Span::from_secs(1));
    station.busy_words();
    station.order(Deregister { unit: unit(7), cause: Cause::MovedToOtherSite });
    station.run_for(Span::from_secs(1));
    assert!(matches!(&station.busy_words()[..], [DownlinkWord::Deregistered(_)]));
    assert_eq!(station.core.view().radios, 0);
}

#[test]
fn without_a_link_new_requests_are_refused_and_the_air_says_so() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        station.hold(unit(7));
        station.run_for(Span::from_secs(1));
        station.input(Input::LinkDown { cause: Cause::LinkSilent });
        station.words(at(1, 0));
        let (unit, press) = (unit(7), press(4));
        station.access(CallRequest {
            unit,
            press,
            talkgroup: talkgroup(41),
            kind: RequestKind::Normal,
            area: None,
        });
        station.access(Register { identity: Identity::Unit(unit), press, equipment: None });
        station.run_for(Span::from_secs(1));
        let words = station.words(at(1, 0));
        let says = |wanted: fn(&DownlinkWord) -> bool| words.iter().any(wanted);
        let name = profile.name;
        assert!(
            says(|word| matches!(word, DownlinkWord::System(word) if word.service == SiteService::NoService)),
            "{name}"
        );
        assert!(
            !says(|word| matches!(word, DownlinkWord::System(word) if word.service == SiteService::Wide)),
            "{name}"
        );
        assert!(
            says(|word| matches!(word, DownlinkWord::Refused(word) if word.cause == Cause::SiteUnavailable)),
            "{name}"
        );
        assert!(
            says(
                |word| matches!(word, DownlinkWord::RegisterRefused(word) if word.cause == Cause::SiteUnavailable)
            ),
            "{name}"
        );
        assert_eq!(station.told(), [], "{name}");
        assert_eq!(station.core.view().radios, 1, "{name}: its session is kept");
    }
}

#[test]
fn without_a_link_a_running_call_goes_on_until_nobody_talks() {
    let mut station = Driven::serving(ProfileId::Iden);
    let slot = at(2, 1);
    station.hold(unit(9));
    station.order(assertion(1, slot, Some(talker(9, 11)), true));
    station.talk(slot, 1, talker(9, 11), 4);
    station.input(Input::LinkDown { cause: Cause::LinkSilent });
    station.words(slot);
    station.talk(slot, 1, talker(9, 11), 0);
    station.run_for(Span::from_millis(500));
    station.send_in(slot, TalkEnd { unit: unit(9), call: call(1), spurt: spurt(11) });
    station
        .send_in(slot, FloorRequest { unit: unit(9), press: press(2), call: call(1), demand: Demand::Low });
    station.run_for(Span::from_millis(2_000));
    let words = station.words(slot);
    assert!(words.iter().any(|word| matches!(word, DownlinkWord::FloorIdle(_))), "{words:?}");
    assert!(words.iter().any(
        |word| matches!(word, DownlinkWord::FloorRefused(word) if word.cause == Cause::SiteUnavailable)
    ));
    assert!(station.core.view().slots.iter().any(|slot| slot.call.is_some()), "it hangs");
    station.run_for(Span::from_millis(1_300));
    assert!(station.core.view().slots.iter().all(|slot| slot.call.is_none()), "hang time is over");
    let words = station.words(slot);
    assert!(
        words
            .iter()
            .any(|word| matches!(word, DownlinkWord::Release(word) if word.cause == Cause::HangTimeOver))
    );
}

#[test]
fn without_a_link_silence_ends_a_talk_wherever_the_talker_is() {
    for here in [true, false] {
        let mut station = Driven::serving(ProfileId::Dmr3);
        let slot = station.traffic_slot();
        station.order(assertion(1, slot, Some(talker(9, 11)), here));
        station.input(Input::LinkDown { cause: Cause::LinkSilent });
        station.run_for(Span::from_millis(1_100));
        let view = station.core.view();
        let running = view.slots.iter().find_map(|slot| slot.call).unwrap();
        assert_eq!(running.talker, None, "here: {here}");
        station.run_for(Span::from_millis(4_100));
        assert!(station.core.view().slots.iter().all(|slot| slot.call.is_none()), "here: {here}");
    }
}

#[test]
fn an_end_of_talk_that_the_controller_missed_is_told_again() {
    let mut station = Driven::serving(ProfileId::Iden);
    let slot = at(2, 1);
    station.hold(unit(9));
    station.order(assertion(1, slot, Some(talker(9, 11)), true));
    station.talk(slot, 1, talker(9, 11), 2);
    station.input(Input::LinkDown { cause: Cause::LinkSilent });
    station.send_in(slot, TalkEnd { unit: unit(9), call: call(1), spurt: spurt(11) });
    station.input(Input::LinkUp);
    station.order(Configure { settings: settings(ProfileId::Iden).into() });
    station.told();
    station.order(assertion(1, slot, Some(talker(9, 11)), true));
    assert!(matches!(&station.told()[..], [FromSite::TalkEnd(_)]));
}

#[test]
fn a_talker_elsewhere_that_fell_silent_with_the_link_is_heard_again_after_it() {
    let mut station = Driven::serving(ProfileId::Dmr3);
    let slot = station.traffic_slot();
    station.order(assertion(1, slot, Some(talker(9, 11)), false));
    station.input(Input::LinkDown { cause: Cause::LinkSilent });
    station.run_for(Span::from_millis(1_100));
    station.input(Input::LinkUp);
    station.order(Configure { settings: settings(ProfileId::Dmr3).into() });
    station.told();
    station.order(assertion(1, slot, Some(talker(9, 11)), false));
    assert_eq!(station.told(), [], "only the talker's own site knows of its end");
    let running = station.core.view().slots.iter().find_map(|slot| slot.call).unwrap();
    assert_eq!(running.talker, Some(unit(9)));
}
