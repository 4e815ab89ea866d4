//! Service areas: where a call is heard.

use trunklab_controller_core::config::Talkgroup;
use trunklab_protocol::{AreaChoice, Cause, PageReply};

use crate::support::{System, area, call, held_radio};

/// Sites 3, 5 and 7 with two channels each; area 1 is site 3, area 2 is sites 3 and 5, area 3 is site 7. Talkgroup 41 has area 1
/// as its home, and units 1017 at site 3, 1018 at 5, 1019 at 7.
fn three_sites(change: impl FnOnce(&mut Talkgroup)) -> System {
    let mut system = System::new();
    for number in [3, 5, 7] {
        system.has_site(number, 2);
    }
    system.has_area(1, &[3]);
    system.has_area(2, &[5, 3]);
    system.has_area(3, &[7]);
    system.has_talkgroup_as(41, |talkgroup| {
        (talkgroup.hang_time_ms, talkgroup.home_area) = (Some(3_000), Some(area(1)));
        change(talkgroup);
    });
    for (site, unit) in [(3, 1017), (5, 1018), (7, 1019)] {
        system.has_units_at(site, &[unit], 41);
    }
    system
}

const fn named(number: u16) -> AreaChoice {
    AreaChoice::new(number).expect("a number above zero is a choice")
}

#[test]
fn a_call_is_wide_where_nothing_else_is_chosen() {
    let mut system = three_sites(|_| {});
    system.unit(1017).presses_ptt(41);
    system
        .expect("site 3 -> call 1, channel 2, talker 1017 here")
        .expect("site 7 -> call 1, channel 2, talker 1017");
    system.expect_no("heard in area");
}

#[test]
fn a_local_call_is_heard_in_the_home_area_alone() {
    let mut system = three_sites(|_| {});
    system.unit(1017).selects_area(AreaChoice::Local).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> call 1, channel 2, talker 1017 here"]);
    system.expect("event: call 1 heard in area 1").expect("switch -> spurt 1 from site 3 to []");
    assert_eq!(system.controller.snapshot(system.now).calls[0].area, Some(area(1)));
}

#[test]
fn a_call_for_a_selected_area_is_heard_there_alone() {
    let mut system = three_sites(|_| {});
    system.unit(1018).selects_area(named(2)).presses_ptt(41);
    system.expect_sites_hear(&[
        "site 3 -> call 1, channel 2, talker 1018",
        "site 5 -> call 1, channel 2, talker 1018 here",
    ]);
    system.unit(1018).releases_ptt();
    system.after_ms(3_000);
    assert_eq!(system.records[0].area, Some(area(2)));
}

#[test]
fn a_talkgroup_has_a_usual_area_and_its_callers_may_choose_another() {
    let mut system = three_sites(|talkgroup| talkgroup.area = AreaChoice::Local);
    system.unit(1017).presses_ptt(41);
    system.expect_no("site 5 -> call").expect("event: call 1 heard in area 1");
    system.unit(1017).releases_ptt();
    system.after_ms(3_000);
    system.unit(1017).selects_area(AreaChoice::Wide).presses_ptt(41);
    system
        .expect("site 5 -> call 2, channel 2, talker 1017")
        .expect("site 7 -> call 2, channel 2, talker 1017");
}

#[test]
fn a_caller_outside_the_area_is_refused() {
    let mut system = three_sites(|_| {});
    system.unit(1018).selects_area(AreaChoice::Local).presses_ptt(41);
    system.expect_sites_hear(&["site 5 -> unit 1018 refused: the site is not in the service area"]);
}

#[test]
fn an_area_that_nobody_has_provisioned_is_refused() {
    let mut system = three_sites(|_| {});
    system.unit(1017).selects_area(named(9)).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1017 refused: the service area is not known"]);
    system.has_talkgroup_as(41, |talkgroup| talkgroup.home_area = None);
    system.unit(1017).selects_area(AreaChoice::Local).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1017 refused: the service area is not known"]);
    let counts: Vec<_> = system.controller.refusals().collect();
    assert_eq!(counts, [(Cause::UnknownArea, 2)]);
}

#[test]
fn help_is_not_refused_for_where_it_is_asked() {
    let mut system = three_sites(|_| {});
    system.unit(1018).selects_area(AreaChoice::Local).presses_emergency(41);
    system.expect("site 5 -> call 1, channel 2, talker 1018 here, emergency");
    system.expect("site 7 -> call 1, channel 2, talker 1018, emergency");
}

#[test]
fn a_narrower_request_joins_the_running_call() {
    let mut system = three_sites(|_| {});
    system.unit(1017).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.unit(1017).selects_area(AreaChoice::Local).presses_ptt(41);
    system.expect("site 7 -> call 1, channel 2, talker 1017").expect_no("heard in area");
}

#[test]
fn a_wider_request_widens_the_running_call() {
    let mut system = three_sites(|_| {});
    system.unit(1017).selects_area(AreaChoice::Local).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.unit(1018).selects_area(named(2)).presses_ptt(41);
    system.expect("event: call 1 heard in area 2").expect("site 5 -> call 1, channel 2, talker 1018 here");
    system.expect_no("site 7 -> call");
    system.unit(1018).releases_ptt();
    system.unit(1019).presses_ptt(41);
    system.expect("event: call 1 heard everywhere").expect("site 7 -> call 1, channel 2, talker 1019 here");
    system.unit(1019).releases_ptt();
    system.after_ms(3_000);
    assert_eq!(system.records[0].area, None);
}

#[test]
fn two_areas_of_which_neither_contains_the_other_come_to_everywhere() {
    let mut system = three_sites(|_| {});
    system.unit(1017).selects_area(AreaChoice::Local).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.unit(1019).selects_area(named(3)).presses_ptt(41);
    system.expect("event: call 1 heard everywhere").expect("site 5 -> call 1, channel 2, talker 1019");
}

#[test]
fn a_listener_who_comes_outside_the_area_is_not_covered() {
    let mut system = three_sites(|_| {});
    system.unit(1017).selects_area(AreaChoice::Local).presses_ptt(41);
    system.has_units_at(5, &[1020], 41);
    system.expect_no("site 5 -> call");
    system.has_units_at(3, &[1021], 41);
    system.unit(1017).releases_ptt();
    system.expect("site 3 -> call 1, channel 2, no talker").expect_no("site 5 -> call");
}

#[test]
fn a_call_for_an_area_waits_for_its_sites_alone() {
    let mut system = three_sites(|_| {});
    for number in [50, 51] {
        system.has_talkgroup_with(number, 5, Some(0));
        system.has_units_at(7, &[1_000 + u32::from(number)], number);
        system.unit(1_000 + u32::from(number)).presses_ptt(number);
    }
    system.unit(1017).selects_area(named(2)).presses_ptt(41);
    system.expect("site 5 -> call 3, channel 2, talker 1017");
}

#[test]
fn a_call_keeps_its_area_through_a_controllers_restart() {
    let mut system = three_sites(|_| {});
    system.unit(1017).selects_area(AreaChoice::Local).presses_ptt(41);
    system.unit(1017).releases_ptt();
    let held = trunklab_protocol::from_site::HeldCall {
        call: call(1),
        parties: crate::support::talkgroup(41).into(),
        at: crate::support::channel(2),
        talker: None,
        talker_is_here: false,
        emergency: false,
        area: Some(area(1)),
        hung_ms: 1_000,
    };
    system.starts(2);
    system.connects(3, 1, &[held_radio(1017, Some(41))], &[held]);
    system.connects(5, 1, &[held_radio(1018, Some(41))], &[]);
    system.expect_no("site 5 -> call");
    assert_eq!(system.controller.snapshot(system.now).calls[0].area, Some(area(1)));
}

#[test]
fn a_call_follows_its_area_when_that_is_provisioned_anew() {
    let mut system = three_sites(|_| {});
    system.unit(1017).selects_area(named(2)).presses_ptt(41);
    system.has_area(2, &[3, 7]);
    system.expect("site 5 -> call 1 released: the site is not in the service area");
    system.expect("site 7 -> call 1, channel 2, talker 1017");
}

#[test]
fn who_waits_outside_an_area_that_was_provisioned_anew_waits_no_longer() {
    let mut system = three_sites(|_| {});
    for number in [50, 51] {
        system.has_talkgroup_with(number, 5, Some(0));
        system.has_units_at(3, &[1_000 + u32::from(number)], number);
        system.unit(1_000 + u32::from(number)).presses_ptt(number);
    }
    system.unit(1018).selects_area(named(2)).presses_ptt(41);
    system.expect("site 5 -> unit 1018 waits, position 1");
    system.has_area(2, &[3]);
    system.expect("site 5 -> unit 1018 refused: the site is not in the service area");
}

#[test]
fn a_unit_that_hears_the_call_asks_for_its_floor_and_leaves_its_area_as_it_is() {
    let mut system = three_sites(|_| {});
    system.unit(1017).selects_area(named(2)).presses_ptt(41);
    system.unit(1017).releases_ptt();
    system.unit(1018).selects_area(AreaChoice::Wide).presses_ptt_in(call(1));
    system.expect("site 5 -> call 1, channel 2, talker 1018 here").expect_no("heard");
}

#[test]
fn a_talker_that_leaves_the_area_does_not_go_on_talking() {
    let mut system = three_sites(|_| {});
    system.unit(1017).selects_area(named(2)).presses_ptt(41);
    system.unit(1017).leaves_for(7);
    system.unit(1017).registers_at(7, Some(41));
    system.unit(1017).goes_on_talking();
    system.expect("site 7 -> unit 1017 refused: the site is not in the service area");
    system
        .after_ms(5_000)
        .expect("event: call 1: unit 1017 stopped: the talker fell silent without releasing");
}

#[test]
fn an_individual_call_is_heard_where_its_units_are() {
    let mut system = three_sites(|talkgroup| talkgroup.area = AreaChoice::Local);
    system.unit(1017).selects_area(AreaChoice::Local).calls(1019);
    system.unit(1019).says_to_page_of(1017, PageReply::Available);
    system.expect("site 7 -> call 1, channel 2, talker 1017").expect_no("heard in area");
}

#[test]
fn operators_see_for_which_area_a_request_waits() {
    let mut system = three_sites(|_| {});
    for number in [50, 51] {
        system.has_talkgroup_with(number, 5, Some(0));
        system.has_units_at(5, &[1_000 + u32::from(number)], number);
        system.unit(1_000 + u32::from(number)).presses_ptt(number);
    }
    system.unit(1017).selects_area(named(2)).presses_ptt(41);
    assert_eq!(system.controller.snapshot(system.now).queue[0].area, Some(area(2)));
}
