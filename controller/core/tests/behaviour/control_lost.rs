//! A site in failsoft though its link stands (docs/resilience.md 14.6.7): its control channel, channel 1, is lost.

use trunklab_controller_core::config::{Change, SiteConfig};
use trunklab_controller_core::fault::{AlarmRecord, Source, Stamp};
use trunklab_controller_core::input::Input;
use trunklab_protocol::from_site::{
    InFailsoft, InventoryEnd, InventoryRadios, SlotStates, SlotTested, TalkEnd,
};
use trunklab_protocol::operator::{AlarmId, AlarmKind, AlarmObject, NetworkAlarm, Order, SiteView};
use trunklab_protocol::{Cause, Epoch, Moment, SlotHealth, SlotState};

use crate::support::{System, channel, held_radio, site, site_config, unit};

impl System {
    fn says_of(&mut self, number: u16, health: SlotHealth, slots: &[u16]) {
        let slots = slots.iter().map(|at| SlotState { at: channel(*at), health }).collect();
        self.from_site(number, SlotStates { slots });
    }

    fn view_of(&self, number: u16) -> SiteView {
        let sites = self.controller.snapshot(self.now).sites;
        sites.into_iter().find(|view| view.site == site(number)).unwrap()
    }

    /// Failsoft is over: site 3 says what it holds.
    fn reports_at(&mut self, number: u16, units: &[u32]) {
        let radios = units.iter().map(|unit| held_radio(*unit, Some(41))).collect();
        self.from_site(number, InventoryRadios { radios });
        self.from_site(number, InventoryEnd {});
    }
}

/// Unit 1017 at site 3, whose control channel can go to channel 4, and 1018 at site 5.
fn network() -> System {
    let mut system = System::new();
    let config =
        SiteConfig { self_test_ms: 1_000, control_candidates: vec![channel(4)], ..site_config(3, 3) };
    system.provision(Change::Site(config));
    system.connects(3, 1, &[], &[]);
    system.has_site(5, 3);
    system.has_talkgroup(41);
    system.has_units_at(3, &[1017], 41);
    system.has_units_at(5, &[1018], 41);
    system
}

/// The same with site 3 in failsoft.
fn in_failsoft() -> System {
    let mut system = network();
    system.says_of(3, SlotHealth::Faulty, &[1, 4]);
    system.from_site(3, InFailsoft {});
    system
}

#[test]
fn its_calls_leave_it_and_it_is_told_nothing() {
    let mut system = network();
    system.unit(1018).presses_ptt(41);
    system.expect("site 3 -> call 1, channel 2, talker 1018");
    system.says_of(3, SlotHealth::Faulty, &[1, 4]);
    system.from_site(3, InFailsoft {});
    system
        .expect("event: site 3 in failsoft")
        .expect("event: call 1 left by site 3: the site is in failsoft: nobody grants anything")
        .expect_no("site 3 ->")
        .expect_no("released")
        .expect_no("site 3 lost");
    let view = system.view_of(3);
    assert_eq!((view.in_service, view.in_failsoft, view.radios), (false, true, 0));
    system.unit(1018).releases_ptt();
    system.after_ms(3_000).expect("event: call 1 released: nobody spoke before hang time ran out");
    system.unit(1018).presses_ptt(41);
    system.expect_sites_hear(&["site 5 -> call 2, channel 2, talker 1018 here"]);
}

#[test]
fn a_call_that_has_no_other_site_ends() {
    let mut system = network();
    system.unit(1018).is_switched_off();
    system.unit(1017).presses_ptt(41);
    system.says_of(3, SlotHealth::Faulty, &[1, 4]);
    system.from_site(3, InFailsoft {});
    assert_eq!(system.records[0].released.unwrap().1, Cause::CallLost);
}

#[test]
fn what_its_radios_had_said_before_is_refused_with_its_cause() {
    let mut system = network();
    system.unit(1017).presses_ptt(41);
    let (call, spurt) = system.grant_of(1017);
    system.from_site(3, InFailsoft {});
    system.from_site(3, TalkEnd { unit: unit(1017), call, spurt });
    system.expect("event: dropped: the site is in failsoft: nobody grants anything");
    system.unit(1017).presses_ptt(41);
    system.expect("event: dropped: the site is in failsoft: nobody grants anything");
}

#[test]
fn who_waits_there_is_refused() {
    let mut system = System::new();
    system.has_site(3, 1);
    for talkgroup in [41, 42] {
        system.has_talkgroup(talkgroup);
    }
    system.has_units_at(3, &[1017], 41);
    system.has_units_at(3, &[1018], 42);
    system.unit(1017).presses_ptt(41);
    system.unit(1018).presses_ptt(42);
    system.expect("site 3 -> unit 1018 waits, position 1");
    system.from_site(3, InFailsoft {});
    system.expect("event: unit 1018 cancelled: the site is in failsoft: nobody grants anything");
}

#[test]
fn its_control_channel_goes_to_a_candidate_that_is_sound_again_and_its_inventory_ends_it() {
    let mut system = in_failsoft();
    system.after_ms(5_000);
    assert_eq!(system.view_of(3).control, channel(1));
    system.says_of(3, SlotHealth::Sound, &[4]);
    system
        .after_ms(0)
        .expect("event: control channel of site 3 now 4/0")
        .expect("site 3 -> control channel to be told of in calls");
    assert!(system.view_of(3).in_failsoft, "until the site has said what it holds");
    system.unit(1018).presses_ptt(41);
    system.expect_sites_hear(&["site 5 -> call 1, channel 2, talker 1018 here"]);
    system.reports_at(3, &[1017]);
    system.expect("event: site 3 up").expect("site 3 -> call 1, channel 2, talker 1018");
    let view = system.view_of(3);
    assert_eq!((view.in_service, view.in_failsoft, view.radios), (true, false, 1));
    assert_eq!(view.faulty, [channel(1)], "what it said of its slots holds");
}

#[test]
fn a_site_that_greets_and_stays_in_failsoft_is_never_in_service_between() {
    let mut system = in_failsoft();
    system.loses_site(3);
    system.expect("event: site 3 lost: the connection broke or the peer closed it");
    assert!(!system.view_of(3).in_failsoft);
    system.input(Input::SiteConnected { site: site(3) });
    system.greets(3, 1);
    system.says_of(3, SlotHealth::Faulty, &[1, 2]);
    system.from_site(3, InFailsoft {});
    system.expect("event: site 3 in failsoft").expect_no("site 3 up");
    let view = system.view_of(3);
    assert_eq!((view.in_failsoft, view.faulty), (true, vec![channel(1), channel(2)]));
    system.after_ms(0);
    assert_eq!(system.view_of(3).control, channel(4), "that candidate is sound");
}

#[test]
fn saying_it_again_changes_nothing() {
    let mut system = in_failsoft();
    system.from_site(3, InFailsoft {});
    system.expect_no("event: site 3 in failsoft");
    assert!(system.view_of(3).in_failsoft);
}

#[test]
fn its_slots_can_be_tested_and_what_came_of_it_is_told() {
    let mut system = in_failsoft();
    system.console(Order::TestSlot { site: site(3), slot: channel(4) });
    system.expect("site 3 -> test slot 4/0");
    system.from_site(3, SlotTested { at: channel(4), heard: true });
    system.expect("event: slot 4/0 of site 3 tested: heard true");
}

fn control_alarm(system: &System) -> Option<NetworkAlarm> {
    let alarms = system.controller.snapshot(system.now).alarms;
    alarms.into_iter().find(|alarm| alarm.kind == AlarmKind::ControlLost)
}

#[test]
fn a_site_without_sound_control_channel_has_an_alarm_until_it_has_one() {
    let mut system = network();
    system.says_of(3, SlotHealth::Faulty, &[1]);
    system.after_ms(0).expect("event: control channel of site 3 now 4/0").expect_no("ControlLost");
    system.says_of(3, SlotHealth::Faulty, &[4]);
    system.expect("event: alarm 1.3 ControlLost of site 3: Raised");
    system.from_site(3, InFailsoft {});
    system.after_ms(5_000);
    assert_eq!(control_alarm(&system).unwrap().count, 1, "it is looked again every second, and raised once");
    system.says_of(3, SlotHealth::Sound, &[4]);
    system.expect("event: alarm 1.3 ControlLost of site 3: Cleared");
}

#[test]
fn it_is_over_when_the_control_channel_has_gone_to_a_candidate() {
    let mut system = in_failsoft();
    system.says_of(3, SlotHealth::Sound, &[4]);
    assert!(control_alarm(&system).is_some(), "it is not there yet");
    system.after_ms(0).expect("event: alarm 1.3 ControlLost of site 3: Cleared");
}

#[test]
fn a_candidate_that_cannot_be_had_now_is_none() {
    let mut system = System::new();
    let config =
        SiteConfig { self_test_ms: 1_000, control_candidates: vec![channel(2)], ..site_config(3, 1) };
    system.provision(Change::Site(config));
    system.connects(3, 1, &[], &[]);
    system.has_talkgroup(41);
    system.has_units_at(3, &[1017, 1018], 41);
    system.unit(1017).presses_ptt(41);
    system.says_of(3, SlotHealth::Faulty, &[1]);
    system.after_ms(0).expect("event: alarm 1.2 ControlLost of site 3: Raised");
    system.unit(1017).releases_ptt();
    system.after_ms(3_000);
    system.after_ms(1_000).expect("event: alarm 1.2 ControlLost of site 3: Cleared");
}

#[test]
fn without_candidates_it_is_raised_at_once() {
    let mut system = System::with_two_sites(2);
    system.says_of(3, SlotHealth::Faulty, &[1]);
    system.expect("event: alarm 1.2 ControlLost of site 3: Raised");
    system.says_of(3, SlotHealth::Sound, &[1]);
    system.expect("event: alarm 1.2 ControlLost of site 3: Cleared");
}

#[test]
fn one_of_an_earlier_term_is_over_when_the_site_says_that_all_is_well() {
    let mut system = System::before_its_first_term();
    let source = Source { kind: AlarmKind::ControlLost, object: AlarmObject::Site(site(3)) };
    let epoch = Epoch::new(1).unwrap();
    let record = AlarmRecord {
        id: AlarmId { epoch, counter: 1 },
        source,
        raised: Stamp { epoch, at: Moment::ORIGIN },
        cleared: None,
        count: 1,
        flapping: false,
        acknowledged: None,
    };
    system.provision(Change::Site(site_config(3, 2)));
    system.starts(2);
    system.provision(Change::Alarm(Box::new(record)));
    assert!(control_alarm(&system).is_some());
    system.connects(3, 1, &[], &[]);
    assert_eq!(control_alarm(&system), None);
}
