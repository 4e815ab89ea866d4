//! A control channel for each share of the carriers (clause 12.12.12).

use trunklab_basestation_core::Input;
use trunklab_protocol::air_downlink::{Burst, DownlinkWord};
use trunklab_protocol::air_uplink::{Affiliate, Register};
use trunklab_protocol::load::ControlLoad;
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::proof::Seal;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::{Configure, Refused, Registered};
use trunklab_protocol::{
    BurstPlace, Cause, Identity, Imei, Moment, ProfileId, ScanList, Span, Subscription, Tmsi,
};

use crate::harness::*;

/// Control channels on carriers 1 and 3.
fn distributed(profile: ProfileId) -> Driven {
    let mut station = Driven::serving(profile);
    let further_controls = vec![at(3, 0)];
    station.order(Configure { settings: SiteSettings { further_controls, ..settings(profile) }.into() });
    station.run_for(Span::from_secs(3));
    station.said.clear();
    station
}

#[test]
fn each_says_how_many_there_are_and_which_it_is() {
    for profile in PROFILES {
        let mut station = distributed(profile.id);
        station.run_for(Span::from_secs(2));
        for (number, slot) in [(0, at(1, 0)), (1, at(3, 0))] {
            let said = station.words(slot);
            let system = said.iter().find_map(|word| match word {
                DownlinkWord::System(word) => Some((word.channels, word.channel)),
                _ => None,
            });
            assert_eq!(system, Some((2, number)), "{}", profile.name);
        }
    }
}

#[test]
fn a_flood_of_answers_on_one_holds_up_none_on_the_other() {
    for profile in PROFILES {
        let mut station = distributed(profile.id);
        for number in 1..60 {
            station.order(Refused { unit: unit(2 * number), press: press(1), cause: Cause::QueueFull });
        }
        station.order(Refused { unit: unit(1_017), press: press(1), cause: Cause::QueueFull });
        station.run_for(profile.control.start(4));
        let waiting = station.words(at(1, 0));
        assert!(waiting.len() <= 5, "{}: the rest waits", profile.name);
        let said = station.words(at(3, 0));
        let ours =
            |word: &DownlinkWord| matches!(word, DownlinkWord::Refused(word) if word.unit == unit(1_017));
        assert!(said.iter().any(ours), "{}: {said:?}", profile.name);
    }
}

/// What the second control channel says, and both measure, while a radio asks there again and again, with so many bursts in
/// each opportunity of the first.
fn beside(profile: ProfileId, bursts: u32) -> (Vec<(Moment, Burst)>, Vec<ControlLoad>) {
    let mut station = distributed(profile);
    station.hold(unit(1_017));
    for round in 1..=40 {
        let place = station.next_uplink(Channel::Control, at(1, 0));
        station.run_until(station.begins(Channel::Control, place));
        for number in 1..=bursts {
            let register =
                Register { identity: Identity::Unit(unit(2 * number)), press: press(round), equipment: None };
            let burst = station.burst(place, -80, register);
            station.input(Input::Air(burst));
        }
        let affiliate = Affiliate {
            unit: unit(1_017),
            press: press(round),
            talkgroup: talkgroup(41),
            secondary: ScanList::default(),
        };
        let burst = station.burst(BurstPlace { at: at(3, 0), ..place }, -80, affiliate);
        station.input(Input::Air(burst));
        station.run_for(Span::from_millis(1));
    }
    station.run_for(Span::from_secs(1));
    (station.radiated(at(3, 0)), station.core.view().controls)
}

#[test]
fn a_flood_of_bursts_on_one_leaves_the_other_untouched() {
    for profile in PROFILES {
        let (quiet, flooded) = (beside(profile.id, 0), beside(profile.id, 20));
        assert_eq!(flooded.0, quiet.0, "{}: it says the same words in the same moments", profile.name);
        assert_eq!(flooded.1[1], quiet.1[1], "{}: and measures the same", profile.name);
        assert_eq!((flooded.1[1].bursts, flooded.1[1].collided), (40, 0), "{}", profile.name);
        assert_eq!((flooded.1[0].bursts, flooded.1[0].collided), (800, 800), "{}", profile.name);
        assert_eq!(quiet.1[0].bursts, 0, "{}", profile.name);
    }
}

/// A radio that does not know its unit yet stands where it found the site; one that knows it, on the channel of its unit.
#[test]
fn a_blank_radio_is_welcomed_on_each() {
    let seal = Seal::new([1; 8]);
    for (subscription, heard) in [(Some(Subscription { imsi: None, seal }), [1, 1]), (None, [0, 1])] {
        let mut station = distributed(ProfileId::Iden);
        let unit = unit(1_017);
        station.order(Registered {
            identity: Identity::Imei(Imei::new(1).unwrap()),
            unit,
            tmsi: Tmsi::new(1).unwrap(),
            talkgroup: None,
            secondary: ScanList::default(),
            session_key: key_of(unit),
            subscription,
        });
        station.run_for(Span::from_secs(1));
        let welcomes = [at(1, 0), at(3, 0)].map(|slot| {
            let said = station.words(slot);
            said.iter().filter(|word| matches!(word, DownlinkWord::Registered(_))).count()
        });
        assert_eq!(welcomes, heard);
    }
}

#[test]
fn a_call_is_announced_on_each() {
    let mut station = distributed(ProfileId::Iden);
    station.order(assertion(1, at(2, 0), Some(talker(9, 11)), false));
    station.run_for(Span::from_secs(1));
    for slot in [at(1, 0), at(3, 0)] {
        let grants = station.words(slot).iter().filter(|word| matches!(word, DownlinkWord::Grant(_))).count();
        assert_eq!(grants, 3);
    }
}

#[test]
fn two_control_channels_on_one_carrier_are_refused() {
    let mut station = Driven::serving(ProfileId::Iden);
    let further_controls = vec![at(1, 3)];
    let settings = SiteSettings { further_controls, ..settings(ProfileId::Iden) };
    station.order(Configure { settings: settings.into() });
    assert_eq!(station.dropped(), [Cause::FieldOutOfRange]);
}
