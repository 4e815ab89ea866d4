//! What a subscriber has the right to, and how urgent its requests are.

use trunklab_controller_core::config::{Change, Subscriber};
use trunklab_protocol::{AreaChoice, Demand, Priority, Service, Services};

use crate::support::{System, subscriber, talkgroup};

/// Site 3 with two channels, site 5 with one; talkgroups 41 and 43, units 1017 to 1019 at site 3 in talkgroup 41.
fn system() -> System {
    let mut system = System::new();
    system.has_site(3, 2);
    system.has_site(5, 1);
    system.has_area(1, &[3]);
    system.has_talkgroup(41);
    system.has_talkgroup(43);
    system.has_units_at(3, &[1017, 1018, 1019], 41);
    system
}

fn may_not(system: &mut System, number: u32, service: Service) {
    let services = Services::ALL.without(service);
    system.provision(Change::Subscriber(Subscriber { services, ..subscriber(number, &[41, 43]) }));
}

fn has_priority(system: &mut System, number: u32, level: u8) {
    let priority = Priority::new(level).unwrap();
    system.provision(Change::Subscriber(Subscriber { priority, ..subscriber(number, &[41, 43]) }));
}

#[test]
fn who_may_not_choose_an_area_is_refused_and_has_the_usual_one() {
    let mut system = system();
    may_not(&mut system, 1017, Service::AreaSelection);
    let area = AreaChoice::new(1).unwrap();
    system.unit(1017).selects_area(area).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1017 refused: unit may not choose where its calls are heard"]);
    system.unit(1017).presses_emergency(41);
    system.expect("site 3 -> call 1, channel 2, talker 1017 here, emergency");
    assert_eq!(system.controller.snapshot(system.now).calls[0].area, None, "the usual one counts");
}

#[test]
fn who_may_not_raise_an_emergency_raises_none_in_any_way() {
    let mut system = system();
    may_not(&mut system, 1017, Service::Emergency);
    let refused = "site 3 -> unit 1017 refused: unit may not raise an emergency";
    system.unit(1017).raises_the_alarm();
    system.expect_sites_hear(&[refused]);
    system.unit(1017).presses_emergency(41);
    system.expect_sites_hear(&[refused]);
    system.unit(1018).presses_ptt(41);
    let (call, _) = system.grant_of(1018);
    system.unit(1017).demands_the_floor_of(call, Demand::Emergency);
    system.expect("event: call 1: unit 1017 refused: unit may not raise an emergency");
    assert!(system.controller.snapshot(system.now).emergencies.is_empty());
    assert!(!system.controller.snapshot(system.now).calls[0].emergency);
}

#[test]
fn an_emergency_that_is_refused_affiliates_nobody() {
    let mut system = system();
    let services = Services::ALL.without(Service::Emergency);
    let emergency_talkgroup = Some(talkgroup(43));
    let row = Subscriber { services, emergency_talkgroup, ..subscriber(1017, &[41, 43]) };
    system.provision(Change::Subscriber(row));
    system.unit(1017).presses_emergency(43);
    system.expect_no("affiliated");
    system.expect("site 3 -> unit 1017 refused: unit may not raise an emergency");
}

#[test]
fn who_may_not_call_units_is_refused_and_can_be_called() {
    let mut system = system();
    may_not(&mut system, 1017, Service::Individual);
    system.unit(1017).calls(1018);
    system.expect_sites_hear(&["site 3 -> unit 1017 refused: unit may not call other units"]);
    system.unit(1018).calls(1017);
    system.expect_no("refused");
}

#[test]
fn rights_that_are_given_again_count_at_once() {
    let mut system = system();
    may_not(&mut system, 1017, Service::Emergency);
    system.provision(Change::Subscriber(subscriber(1017, &[41])));
    system.unit(1017).raises_the_alarm();
    system.expect_no("refused");
}

#[test]
fn a_request_has_the_more_urgent_of_the_units_and_the_talkgroups_priority() {
    let mut system = system();
    has_priority(&mut system, 1017, 2);
    has_priority(&mut system, 1018, 9);
    for (unit, level) in [(1017, 2), (1018, 5)] {
        system.unit(unit).presses_ptt(41);
        assert_eq!(system.controller.snapshot(system.now).calls[0].priority.level(), level);
        system.unit(unit).releases_ptt();
        system.after_ms(60_000);
    }
}
