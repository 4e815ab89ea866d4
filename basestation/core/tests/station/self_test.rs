//! Self-tests of slots, and exercise faults (docs/resilience.md 14.2.1 and 14.2.2).

use trunklab_basestation_core::{Input, Output};
use trunklab_protocol::air_downlink::DownlinkWord;
use trunklab_protocol::from_site::{FromSite, SlotStates, SlotTested};
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::{Configure, ExerciseFault, TestSlot};
use trunklab_protocol::{Cause, PlantPart, ProfileId, SlotAddress, SlotHealth, SlotState, Span};

use crate::harness::{Driven, assertion, at, settings, talker};

const SECOND: Span = Span::from_secs(1);

fn testing() -> SiteSettings {
    SiteSettings { self_test_ms: 1_000, bad_tests: 2, good_tests: 2, ..settings(ProfileId::Iden) }
}

/// A station that tests its slots every second, and of which nothing is wanted yet.
fn tested() -> Driven {
    let mut station = Driven::serving(ProfileId::Iden);
    station.order(Configure { settings: testing().into() });
    station.said.clear();
    station
}

impl Driven {
    /// On which slots bursts were to be looped back, and forgets that.
    fn looped(&mut self) -> Vec<SlotAddress> {
        let slots = |output: &Output| match output {
            Output::LoopBack { slots } => Some(slots.clone()),
            _ => None,
        };
        let looped = self.said.iter().filter_map(|(_, output)| slots(output)).flatten().collect();
        self.said.retain(|(_, output)| slots(output).is_none());
        looped
    }

    /// A round of tests, in which these were not heard.
    pub fn is_tested(&mut self, broken: &[SlotAddress]) {
        self.run_for(SECOND);
        let tests = self.looped().into_iter().map(|at| (at, !broken.contains(&at))).collect();
        self.input(Input::LoopedBack { tests });
    }
}

fn states(slots: &[SlotAddress], health: SlotHealth) -> FromSite {
    SlotStates { slots: slots.iter().map(|at| SlotState { at: *at, health }).collect() }.into()
}

#[test]
fn tests_nothing_by_itself_unless_it_is_told_to() {
    let mut station = Driven::serving(ProfileId::Iden);
    station.run_for(Span::from_secs(60));
    assert_eq!(station.looped(), []);
}

#[test]
fn tests_every_slot_those_of_the_control_channel_too() {
    let mut station = tested();
    station.run_for(Span::from_millis(999));
    assert_eq!(station.looped(), []);
    station.run_for(Span::from_millis(1));
    assert_eq!(station.looped().len(), 18);
    station.run_for(SECOND);
    assert_eq!(station.looped().len(), 18, "and again");
}

#[test]
fn tells_what_has_changed_once_and_together() {
    let mut station = tested();
    let broken = [at(2, 0), at(2, 1)];
    station.is_tested(&broken);
    assert_eq!(station.told(), [], "one bad test says nothing");
    station.is_tested(&broken);
    assert_eq!(station.told(), [states(&broken, SlotHealth::Faulty)]);
    station.is_tested(&broken);
    station.is_tested(&[]);
    assert_eq!(station.told(), []);
    station.is_tested(&[]);
    assert_eq!(station.told(), [states(&broken, SlotHealth::Sound)]);
}

#[test]
fn what_is_not_answered_in_time_was_not_heard() {
    let mut station = tested();
    station.run_for(Span::from_millis(2_499));
    assert_eq!(station.told(), []);
    station.run_for(Span::from_millis(1));
    let told = station.told();
    let [FromSite::SlotStates(word)] = &told[..] else { panic!("{told:?}") };
    assert_eq!(word.slots.len(), 18);
    station.input(Input::LoopedBack { tests: vec![(at(2, 0), true)] });
    station.input(Input::LoopedBack { tests: vec![(at(2, 0), true)] });
    assert_eq!(station.told(), [], "what comes too late, or unasked, counts for nothing");
}

/// A machine that stood still has heard nothing, and that is no fault of its slots.
#[test]
fn a_station_that_overslept_waits_anew_and_makes_up_for_no_round() {
    let mut station = tested();
    station.run_for(SECOND);
    station.looped();
    station.now += Span::from_secs(30);
    station.input(Input::Time);
    assert_eq!(station.told(), []);
    assert_eq!(station.looped(), [], "the round of before still waits for its answer");
    station.input(Input::LoopedBack { tests: vec![(at(2, 0), true)] });
    station.run_for(SECOND);
    assert!(station.looped().len() >= 17, "one round, not thirty");
}

#[test]
fn a_test_by_order_is_made_at_once_and_answered() {
    let mut station = Driven::serving(ProfileId::Iden);
    station.order(TestSlot { at: at(2, 3) });
    assert_eq!(station.looped(), [at(2, 3)]);
    station.order(TestSlot { at: at(2, 3) });
    assert_eq!(station.looped(), [], "it is under way");
    station.input(Input::LoopedBack { tests: vec![(at(2, 3), true)] });
    assert_eq!(station.told(), [SlotTested { at: at(2, 3), heard: true }.into()]);
    for _ in 0..3 {
        station.order(TestSlot { at: at(2, 3) });
        station.run_for(SECOND);
    }
    let told = station.told();
    assert_eq!(told.iter().filter(|word| matches!(word, FromSite::SlotTested(_))).count(), 3);
    assert!(told.contains(&states(&[at(2, 3)], SlotHealth::Faulty)), "it counts as any other: {told:?}");
}

#[test]
fn the_inventory_names_the_faulty_slots() {
    let mut station = tested();
    station.is_tested(&[at(2, 0)]);
    station.is_tested(&[at(2, 0)]);
    station.input(Input::LinkDown { cause: Cause::LinkSilent });
    station.told();
    station.input(Input::LinkUp);
    let told = station.told();
    assert!(told.contains(&states(&[at(2, 0)], SlotHealth::Faulty)), "{told:?}");
    assert!(matches!(told.last(), Some(FromSite::InventoryEnd(_))), "{told:?}");
}

#[test]
fn what_was_found_out_stays_with_the_slots_that_stay() {
    let mut station = tested();
    station.is_tested(&[at(2, 0), at(3, 0)]);
    station.is_tested(&[at(2, 0), at(3, 0)]);
    let carriers = testing().carriers[..2].to_vec();
    station.order(Configure { settings: SiteSettings { carriers, ..testing() }.into() });
    station.input(Input::LinkDown { cause: Cause::LinkSilent });
    station.told();
    station.input(Input::LinkUp);
    assert!(station.told().contains(&states(&[at(2, 0)], SlotHealth::Faulty)));
}

/// The slot that it leaves hears nothing of the speech that is for the one where it goes on.
#[test]
fn a_call_that_is_asserted_in_another_slot_is_heard_there() {
    let mut station = Driven::serving(ProfileId::Iden);
    station.order(assertion(1, at(2, 0), Some(talker(9, 11)), false));
    station.packet(11, 0..4);
    station.order(assertion(1, at(3, 0), Some(talker(9, 11)), false));
    for packet in 1..40 {
        station.packet(11, packet * 4..packet * 4 + 4);
        station.run_for(Span::from_millis(80));
    }
    let is_voice = |word: &DownlinkWord| matches!(word, DownlinkWord::Voice(_));
    assert!(station.words(at(3, 0)).iter().filter(|word| is_voice(word)).count() > 20);
    let left = station.words(at(2, 0));
    assert!(left.iter().all(|word| matches!(word, DownlinkWord::Release(_))), "{left:?}");
}

#[test]
fn an_exercise_fault_is_the_plant_s_and_the_core_is_told_nothing() {
    let mut station = tested();
    let part = PlantPart { carrier: at(2, 0).carrier, slot: None };
    station.order(ExerciseFault { part, broken: true });
    let broken = |(_, output): &(_, Output)| *output == Output::Plant { part, broken: true };
    assert!(station.said.iter().any(broken));
    station.is_tested(&[]);
    assert_eq!(station.told(), []);
}

#[test]
fn orders_about_slots_that_are_not_there_are_dropped_with_their_cause() {
    let mut station = tested();
    station.order(TestSlot { at: at(77, 0) });
    station.order(ExerciseFault { part: PlantPart { carrier: at(77, 0).carrier, slot: None }, broken: true });
    let slot = Some(at(1, 5).slot);
    station.order(ExerciseFault { part: PlantPart { carrier: at(77, 0).carrier, slot }, broken: false });
    assert_eq!(station.dropped(), [Cause::NoSuchCarrier; 3]);
    assert_eq!(station.looped(), []);
}

#[test]
fn settings_under_which_nothing_could_be_tested_are_refused() {
    let unfit: [fn(&mut SiteSettings); 3] = [
        |settings| settings.self_test_ms = 999,
        |settings| settings.bad_tests = 0,
        |settings| settings.good_tests = 0,
    ];
    for change in unfit {
        let mut station = tested();
        let mut settings = testing();
        change(&mut settings);
        station.order(Configure { settings: settings.into() });
        assert_eq!(station.dropped(), [Cause::FieldOutOfRange]);
    }
}
