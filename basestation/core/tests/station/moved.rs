//! A control channel that moves (clause 12.12.10).

use trunklab_protocol::air_downlink::DownlinkWord;
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::{Configure, Refused, TellControl};
use trunklab_protocol::{Cause, ControlPlace, ProfileId, SlotAddress, Span};

use crate::harness::*;

fn control_at(profile: ProfileId, control: SlotAddress) -> Configure {
    let control_place = ControlPlace::Searched;
    Configure { settings: SiteSettings { control, control_place, ..settings(profile) }.into() }
}

#[test]
fn what_was_waiting_to_be_said_is_said_in_the_new_place() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        station.run_to_next_downlink(Channel::Control, at(1, 0));
        station.run_for(Span::from_millis(6));
        station.words(at(1, 0));
        station.order(Refused { unit: unit(5), press: press(1), cause: Cause::QueueFull });
        station.order(control_at(profile.id, at(3, 0)));
        station.run_for(Span::from_secs(1));
        assert_eq!(station.words(at(1, 0)).len(), 1, "{}: the word that had begun ends", profile.name);
        let said = station.words(at(3, 0));
        assert!(matches!(said[0], DownlinkWord::System(_)), "{}: {:?}", profile.name, said[0]);
        assert!(matches!(said[1], DownlinkWord::Refused(_)), "{}: {:?}", profile.name, said[1]);
    }
}

#[test]
fn calls_go_on_and_the_slot_that_it_left_takes_another() {
    for profile in PROFILES {
        let mut station = Driven::serving(profile.id);
        station.order(assertion(1, at(2, 0), Some(talker(9, 11)), false));
        station.run_for(Span::from_secs(1));
        station.order(control_at(profile.id, at(3, 0)));
        station.order(assertion(2, at(1, 0), Some(talker(8, 12)), false));
        station.words(at(2, 0));
        station.words(at(1, 0));
        station.run_for(Span::from_secs(1));
        for slot in [at(2, 0), at(1, 0)] {
            let said = station.words(slot);
            assert!(said.iter().any(|word| matches!(word, DownlinkWord::FloorTaken(_))), "{}", profile.name);
        }
        assert_eq!(station.dropped(), []);
    }
}

#[test]
fn a_talker_that_may_search_for_its_grant_has_twice_as_long() {
    for (place, silence_ms) in [(ControlPlace::Fixed, 1_000), (ControlPlace::Searched, 2_000)] {
        let mut station = Driven::serving(ProfileId::Dmr3);
        let settings = SiteSettings { control_place: place, ..settings(ProfileId::Dmr3) };
        station.order(Configure { settings: settings.into() });
        station.hold(unit(9));
        let slot = station.traffic_slot();
        station.order(assertion(1, slot, Some(talker(9, 11)), true));
        station.told();
        station.run_for(Span::from_millis(silence_ms - 1));
        assert_eq!(station.told(), [], "{place:?}");
        station.run_for(Span::from_millis(1));
        let told = station.told();
        assert!(matches!(&told[..], [FromSite::TalkerSilent(_)]), "{place:?}: {told:?}");
        station.order(assertion(1, slot, Some(talker(9, 12)), true));
        station.talk(slot, 1, talker(9, 12), 5);
        station.told();
        station.run_for(Span::from_secs(1));
        let told = station.told();
        assert!(matches!(&told[..], [FromSite::TalkerSilent(_)]), "once heard, as usual: {told:?}");
    }
}

#[test]
fn the_same_settings_again_move_nothing() {
    let mut station = Driven::serving(ProfileId::Iden);
    station.order(control_at(ProfileId::Iden, at(3, 2)));
    station.run_for(Span::from_secs(2));
    station.order(control_at(ProfileId::Iden, at(3, 2)));
    let before = station.radiated(at(3, 2)).last().unwrap().1.place.count;
    station.run_for(Span::from_secs(1));
    let after = station.radiated(at(3, 2))[0].1.place.count;
    assert_eq!(after, before + 1);
}

#[test]
fn radios_in_calls_are_told_twice_where_it_is_when_the_controller_says_so() {
    let mut station = Driven::serving(ProfileId::Iden);
    station.order(assertion(1, at(2, 0), Some(talker(9, 11)), false));
    station.run_for(Span::from_secs(1));
    station.order(control_at(ProfileId::Iden, at(3, 0)));
    station.run_for(Span::from_secs(2));
    let is_told =
        |word: &DownlinkWord| matches!(word, DownlinkWord::ControlAt(word) if word.control == at(3, 0));
    assert!(!station.words(at(2, 0)).iter().any(is_told), "not of any move");
    station.order(TellControl {});
    station.run_for(Span::from_secs(2));
    assert_eq!(station.words(at(2, 0)).iter().filter(|word| is_told(word)).count(), 2);
}
