//! Failsoft under a link (docs/resilience.md 14.6.7): the control channel, on carrier 1, is lost.

use trunklab_basestation_core::{Input, Output};
use trunklab_controller_core::config::{FailsoftChannel, Talkgroup};
use trunklab_protocol::air_downlink::{DownlinkWord, SiteService};
use trunklab_protocol::from_site::FromSite;
use trunklab_protocol::part::cut;
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::{Configure, CopyConfiguration, CopyEnd, TestSlot, ToSite};
use trunklab_protocol::{Cause, ProfileId, SlotAddress, Span};

use crate::alone::configuration;
use crate::failsoft::{channel, said, served, with_failsoft};
use crate::harness::*;

const SECOND: Span = Span::from_secs(1);
const AFTER: Span = Span::from_secs(3);

/// Goes into failsoft after 3 s; it tests slots by order alone, and of two tests each way one thing is held of a slot.
fn testing(profile: ProfileId) -> SiteSettings {
    let failsoft_after_ms = 3_000;
    SiteSettings { failsoft_after_ms, self_test_ms: 0, bad_tests: 2, good_tests: 2, ..with_failsoft(profile) }
}

fn moved() -> SiteSettings {
    SiteSettings { control: at(3, 0), ..testing(ProfileId::Iden) }
}

impl Driven {
    fn with_tests(profile: ProfileId) -> Self {
        let mut station = Self::serving(profile);
        station.order(Configure { settings: testing(profile).into() });
        station.hold(unit(1017));
        station.hold(unit(1018));
        station.said.clear();
        station
    }

    /// Tests by order make it hold this of a slot.
    fn finds(&mut self, at: SlotAddress, heard: bool) {
        for _ in 0..2 {
            self.order(TestSlot { at });
            self.input(Input::LoopedBack { tests: vec![(at, heard)] });
        }
    }

    fn loses_control(&mut self) {
        self.finds(at(1, 0), false);
    }

    fn finds_control(&mut self) {
        self.finds(at(1, 0), true);
    }

    fn in_failsoft_under_a_link() -> Self {
        let mut station = Self::with_tests(ProfileId::Iden);
        station.loses_control();
        station.run_for(AFTER);
        assert_eq!(station.service(), SiteService::Failsoft);
        station
    }

    fn overs(&mut self) -> usize {
        let is_over = |word: &DownlinkWord| matches!(word, DownlinkWord::FailsoftOver(_));
        self.words(channel()).iter().filter(|word| is_over(word)).count()
    }
}

fn is_soft(message: &FromSite) -> bool {
    matches!(message, FromSite::InFailsoft(_))
}

fn has_inventory(told: &[FromSite]) -> bool {
    told.iter().any(|message| matches!(message, FromSite::InventoryEnd(_)))
}

#[test]
fn a_site_whose_control_channel_is_lost_for_long_enough_goes_into_failsoft_and_says_so() {
    for profile in PROFILES {
        let mut station = Driven::with_tests(profile.id);
        station.loses_control();
        station.run_for(Span::from_millis(2_999));
        assert_eq!(station.service(), SiteService::Wide, "{}", profile.name);
        assert!(!station.told().iter().any(is_soft), "{}", profile.name);
        station.run_for(Span::from_millis(1));
        assert_eq!(station.service(), SiteService::Failsoft, "{}", profile.name);
        assert_eq!(station.told().iter().filter(|message| is_soft(message)).count(), 1);
        station.said.clear();
        station.run_for(SECOND);
        let is_open = |word: &DownlinkWord| matches!(word, DownlinkWord::FailsoftOpen(_));
        assert!(station.words(channel()).iter().any(is_open), "{}", profile.name);
    }
}

#[test]
fn a_control_channel_that_is_sound_again_in_time_changes_nothing() {
    let mut station = Driven::with_tests(ProfileId::Iden);
    for _ in 0..3 {
        station.loses_control();
        station.run_for(Span::from_millis(2_999));
        station.finds_control();
    }
    assert_eq!(station.service(), SiteService::Wide, "never without a break for so long");
}

#[test]
fn it_does_not_where_it_may_not_or_another_control_channel_is_sound() {
    for settings in [
        SiteSettings { failsoft_after_ms: 0, ..testing(ProfileId::Iden) },
        SiteSettings { further_controls: vec![at(3, 0)], ..testing(ProfileId::Iden) },
    ] {
        let mut station = Driven::with_tests(ProfileId::Iden);
        station.order(Configure { settings: settings.into() });
        station.loses_control();
        station.run_for(Span::from_secs(20));
        assert_eq!(station.service(), SiteService::Wide);
    }
}

#[test]
fn who_speaks_is_repeated_and_who_orders_is_not_obeyed() {
    let mut station = Driven::in_failsoft_under_a_link();
    station.said.clear();
    station.says(1017, 1, 3);
    station.run_for(Span::from_millis(300));
    let is_voice = |word: &DownlinkWord| matches!(word, DownlinkWord::FailsoftVoice(_));
    assert!(station.words(channel()).iter().any(is_voice));
    assert_eq!(station.recorded().len(), 1);
    station.order(assertion(1, channel(), Some(talker(1018, 1)), false));
    assert_eq!(station.core.view().counts.dropped.get(&Cause::SiteInFailsoft), Some(&1));
    assert!(station.core.view().slots.iter().all(|slot| slot.call.is_none()));
}

#[test]
fn it_ends_when_the_control_channel_is_sound_again() {
    let mut station = Driven::in_failsoft_under_a_link();
    station.says(1017, 1, 3);
    station.said.clear();
    station.finds_control();
    station.run_for(SECOND);
    assert_eq!((station.service(), station.overs()), (SiteService::Wide, 3));
    let told = station.told();
    let end = told.iter().position(|message| matches!(message, FromSite::InventoryEnd(_))).unwrap();
    let word = served(&told[end..]).expect("what there is to say of it comes behind the inventory");
    assert_eq!((word.spurts, word.reports), (1, 1));
    station.loses_control();
    station.run_for(AFTER);
    assert_eq!(station.service(), SiteService::Failsoft, "and it begins anew");
}

#[test]
fn it_ends_in_order_when_the_control_channel_is_moved() {
    let mut station = Driven::in_failsoft_under_a_link();
    station.send_in(channel(), said(1017, 1, 0, false));
    station.order(Configure { settings: moved().into() });
    station.send_in(channel(), said(1017, 1, 1, false));
    assert_eq!(station.service(), SiteService::Failsoft, "who talks may go on");
    station.send_in(channel(), said(1017, 1, 2, true));
    station.run_for(SECOND);
    assert_eq!((station.service(), station.overs()), (SiteService::Wide, 3));
    assert!(has_inventory(&station.told()));
    assert!(!station.words(at(3, 0)).is_empty(), "the control channel is there");
}

#[test]
fn a_control_channel_on_the_failsoft_channel_ends_it_at_once() {
    let mut station = Driven::in_failsoft_under_a_link();
    station.said.clear();
    let settings = SiteSettings { control: channel(), failsoft: Vec::new(), ..testing(ProfileId::Iden) };
    station.order(Configure { settings: settings.into() });
    assert_eq!(station.service(), SiteService::Wide);
    let is_settings =
        |output: &Output| matches!(output, Output::ToController { message: FromSite::Settings(_), .. });
    let said = station.said.iter().filter(|(_, output)| is_settings(output));
    assert_eq!(said.count(), 1, "it comes into service once");
    assert!(has_inventory(&station.told()));
}

#[test]
fn a_control_channel_that_is_lost_again_meanwhile_leaves_failsoft_as_it_is() {
    let mut station = Driven::in_failsoft_under_a_link();
    station.send_in(channel(), said(1017, 1, 0, false));
    station.finds_control();
    station.send_in(channel(), said(1017, 1, 1, false));
    station.loses_control();
    station.said.clear();
    station.run_for(Span::from_secs(10));
    assert_eq!((station.service(), station.overs()), (SiteService::Failsoft, 0));
    assert!(!has_inventory(&station.told()));
    station.says(1018, 1, 3);
    assert!(station.words(channel()).iter().any(|word| matches!(word, DownlinkWord::FailsoftVoice(_))));
}

/// Its controller has configured it, waits for its inventory, and has to move the control channel.
#[test]
fn a_control_channel_that_is_lost_while_failsoft_without_a_link_ends_is_told_of() {
    let mut station = Driven::with_tests(ProfileId::Iden);
    station.heartbeats = false;
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    station.run_for(AFTER);
    station.heartbeats = true;
    station.send_in(channel(), said(1017, 1, 0, false));
    station.input(Input::LinkUp);
    station.order(Configure { settings: testing(ProfileId::Iden).into() });
    assert_eq!(station.service(), SiteService::Failsoft, "who talks may go on");
    station.said.clear();
    station.loses_control();
    assert_eq!(station.told().iter().filter(|message| is_soft(message)).count(), 1);
    station.run_for(Span::from_secs(10));
    assert_eq!(station.service(), SiteService::Failsoft);
    assert!(!has_inventory(&station.told()));
}

#[test]
fn a_link_that_comes_back_leaves_it_in_failsoft_and_its_controller_is_told() {
    let mut station = Driven::in_failsoft_under_a_link();
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    station.said.clear();
    station.input(Input::LinkUp);
    station.order(Configure { settings: testing(ProfileId::Iden).into() });
    assert_eq!(station.service(), SiteService::Failsoft);
    let told = station.told();
    let [FromSite::Hello(_), FromSite::SlotStates(states), FromSite::InFailsoft(_)] = &told[..] else {
        panic!("{told:?}")
    };
    assert_eq!(states.slots.len(), 1);
    station.finds_control();
    station.run_for(SECOND);
    assert_eq!(station.service(), SiteService::Wide);
    assert!(has_inventory(&station.told()));
}

#[test]
fn a_failsoft_channel_on_a_faulty_slot_is_none_until_it_is_sound() {
    let mut station = Driven::with_tests(ProfileId::Iden);
    station.loses_control();
    station.finds(channel(), false);
    station.run_for(AFTER);
    assert_eq!(station.service(), SiteService::Failsoft);
    station.said.clear();
    station.run_for(SECOND);
    assert_eq!(station.words(channel()), []);
    station.finds(channel(), true);
    station.run_for(SECOND);
    assert!(!station.words(channel()).is_empty());
    station.send_in(channel(), said(1017, 1, 0, false));
    station.finds(channel(), false);
    let [record] = &station.recorded()[..] else { panic!("one record") };
    assert_eq!(record.spurts[0].until.map(|(_, cause)| cause), Some(Cause::SlotFaulty));
    station.said.clear();
    station.run_for(SECOND);
    assert_eq!(station.words(channel()), []);
}

#[test]
fn slots_are_told_of_and_tested_all_the_while() {
    let mut station = Driven::in_failsoft_under_a_link();
    station.said.clear();
    station.finds(at(3, 0), false);
    let told = station.told();
    assert_eq!(told.iter().filter(|message| matches!(message, FromSite::SlotTested(_))).count(), 2);
    assert_eq!(told.iter().filter(|message| matches!(message, FromSite::SlotStates(_))).count(), 1);
}

/// In service with a copy of its configuration: alone after 5 s, and its control channel can go to carrier 3.
fn may_serve_alone() -> Driven {
    let mut station = Driven::with_tests(ProfileId::Iden);
    let settings = SiteSettings { self_test_ms: 1_000, ..testing(ProfileId::Iden) };
    station.order(Configure { settings: settings.into() });
    let mut copied = configuration(5_000);
    let site = &mut copied.sites[0];
    (site.self_test_ms, site.bad_tests, site.good_tests) = (1_000, 2, 2);
    (site.control_candidates, site.failsoft_after_ms) = (vec![at(3, 0)], 3_000);
    site.failsoft = vec![FailsoftChannel { at: channel(), talkgroups: vec![talkgroup(41), talkgroup(42)] }];
    copied.talkgroups.push(Talkgroup::named(talkgroup(42), "Tugs"));
    let text = serde_json::to_string(&copied).unwrap();
    for (part, parts, text) in cut(&text) {
        station.order(CopyConfiguration { revision: 1, part, parts, text });
    }
    station.order(CopyEnd {});
    station
}

#[test]
fn a_site_alone_goes_into_failsoft_as_well_and_its_own_dispatch_moves_its_control_channel() {
    let mut station = may_serve_alone();
    let broken = [at(1, 0), at(3, 0)];
    station.heartbeats = false;
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    for _ in 0..6 {
        station.is_tested(&[]);
    }
    assert_eq!(station.service(), SiteService::Isolated);
    for _ in 0..6 {
        station.is_tested(&broken);
    }
    assert_eq!(station.service(), SiteService::Failsoft);
    station.decided();
    station.is_tested(&[at(1, 0)]);
    station.is_tested(&[at(1, 0)]);
    station.run_for(Span::from_millis(400));
    let decided = station.decided();
    let configured =
        |order: &ToSite| matches!(order, ToSite::Configure(order) if order.settings.control == at(3, 0));
    assert!(decided.iter().any(configured), "{decided:?}");
    assert_eq!(station.service(), SiteService::Isolated);
}

#[test]
fn a_site_in_failsoft_serves_alone_when_its_control_channel_is_sound() {
    let mut station = may_serve_alone();
    let broken = [at(1, 0), at(3, 0)];
    for _ in 0..6 {
        station.is_tested(&broken);
    }
    assert_eq!(station.service(), SiteService::Failsoft);
    station.heartbeats = false;
    station.input(Input::LinkDown { cause: Cause::LinkLost });
    for _ in 0..7 {
        station.is_tested(&broken);
    }
    assert_eq!(station.service(), SiteService::Failsoft, "alone, and nobody can ask");
    station.is_tested(&[at(3, 0)]);
    station.is_tested(&[at(3, 0)]);
    station.run_for(Span::from_millis(400));
    assert_eq!(station.service(), SiteService::Isolated);
}
