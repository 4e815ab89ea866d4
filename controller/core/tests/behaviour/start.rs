//! For which sites a call waits before it begins.

use trunklab_controller_core::config::QueueRelease;
use trunklab_protocol::StartPolicy;

use crate::support::{System, site};

/// Sites 3, 5 and 7 with one channel each. Talkgroup 41 starts by this policy and has unit 1017 at site 3, 1018 at 5,
/// 1019 at 7; talkgroups 50, 51 and 52 have a unit at one of them each: 1050, 1051, 1052.
fn three_sites(start: StartPolicy) -> System {
    let mut system = System::new();
    for (number, own) in [(3, 50), (5, 51), (7, 52)] {
        system.has_site(number, 1);
        system.has_talkgroup_with(own, 5, Some(0));
        system.has_units_at(number, &[1_000 + u32::from(own)], own);
    }
    system.has_talkgroup_as(41, |talkgroup| (talkgroup.start, talkgroup.hang_time_ms) = (start, Some(0)));
    system.has_units_at(3, &[1017], 41);
    system.has_units_at(5, &[1018], 41);
    system.has_units_at(7, &[1019], 41);
    system
}

#[test]
fn all_start_waits_for_every_site() {
    let mut system = three_sites(StartPolicy::All);
    system.unit(1052).presses_ptt(52);
    system.unit(1017).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1017 waits, position 1"]);
}

#[test]
fn a_critical_start_waits_for_critical_sites_alone_and_the_others_join() {
    let mut system = three_sites(StartPolicy::Critical(vec![site(5)]));
    system.unit(1052).presses_ptt(52);
    system.unit(1017).presses_ptt(41);
    system.expect_sites_hear(&[
        "site 3 -> call 2, channel 2, talker 1017 here",
        "site 5 -> call 2, channel 2, talker 1017",
    ]);
    system.unit(1052).releases_ptt();
    system
        .expect("site 7 -> call 2, channel 2, talker 1017")
        .expect("switch -> spurt 2 from site 3 to [5 7]");
}

#[test]
fn a_critical_start_waits_while_a_critical_site_is_full() {
    let mut system = three_sites(StartPolicy::Critical(vec![site(5)]));
    system.unit(1051).presses_ptt(51);
    system.unit(1052).presses_ptt(52);
    system.unit(1017).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1017 waits, position 1"]);
    system.unit(1051).releases_ptt();
    system
        .expect("site 3 -> call 3, channel 2, talker 1017 here")
        .expect("site 5 -> call 3, channel 2, talker 1017");
    system.expect_no("site 7 -> call 3");
}

#[test]
fn a_critical_site_where_nobody_listens_is_not_waited_for() {
    let mut system = three_sites(StartPolicy::Critical(vec![site(5)]));
    system.unit(1051).presses_ptt(51);
    system.unit(1018).is_switched_off();
    system.unit(1017).presses_ptt(41);
    system.expect("site 3 -> call 2, channel 2, talker 1017 here");
}

#[test]
fn a_fast_start_waits_for_the_callers_site_alone() {
    let mut system = three_sites(StartPolicy::Fast);
    for own in [51, 52] {
        system.unit(1_000 + u32::from(own)).presses_ptt(own);
    }
    system.unit(1017).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> call 3, channel 2, talker 1017 here"]);
    system.unit(1051).releases_ptt();
    system.expect("event: call 3 joined by site 5, channel 2");
    system.unit(1017).releases_ptt();
    system.unit(1018).presses_ptt(41);
    system.expect("site 5 -> call 4, channel 2, talker 1018 here").expect_no("site 7 -> call 4");
}

#[test]
fn a_caller_at_a_full_site_waits_however_its_talkgroup_starts() {
    let mut system = three_sites(StartPolicy::Fast);
    system.unit(1050).presses_ptt(50);
    system.unit(1017).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1017 waits, position 1"]);
    system.unit(1052).presses_ptt(52);
    system.expect("event: call 2 granted after 0 ms");
    system.unit(1050).releases_ptt();
    system.expect("site 3 -> call 3, channel 2, talker 1017 here").expect_no("site 7 -> call 3");
}

#[test]
fn nothing_is_held_back_at_a_site_that_is_not_waited_for() {
    let mut system = three_sites(StartPolicy::Fast);
    system.unit(1050).presses_ptt(50);
    system.unit(1017).presses_ptt(41);
    system.unit(1051).presses_ptt(51);
    system.expect("site 5 -> call 2, channel 2, talker 1051 here");
}

#[test]
fn a_button_kept_pressed_overrides_the_full_sites() {
    let mut system = three_sites(StartPolicy::All);
    system.with(|system| system.busy_override_ms = 4_000);
    system.unit(1052).presses_ptt(52);
    system.unit(1017).presses_ptt(41);
    system.after_ms(3_999).expect_sites_hear(&[]);
    system.after_ms(1).expect_sites_hear(&[
        "site 3 -> call 2, channel 2, talker 1017 here",
        "site 5 -> call 2, channel 2, talker 1017",
    ]);
    system.unit(1052).releases_ptt();
    system.expect("event: call 2 joined by site 7, channel 2");
}

#[test]
fn the_callers_own_site_is_not_overridden_but_waited_for_alone() {
    let mut system = three_sites(StartPolicy::All);
    system.with(|system| system.busy_override_ms = 4_000);
    system.unit(1050).presses_ptt(50);
    system.unit(1052).presses_ptt(52);
    system.unit(1017).presses_ptt(41);
    system.after_ms(10_000).expect_no("granted");
    system.unit(1050).releases_ptt();
    system.expect("site 3 -> call 3, channel 2, talker 1017 here").expect_no("site 7 -> call 3");
}

#[test]
fn a_talkgroups_own_time_goes_before_the_systems() {
    let mut system = three_sites(StartPolicy::All);
    system.with(|system| system.busy_override_ms = 4_000);
    system.has_talkgroup_as(41, |talkgroup| talkgroup.busy_override_ms = Some(0));
    system.unit(1052).presses_ptt(52);
    system.unit(1017).presses_ptt(41);
    system.after_ms(20_000).expect_no("granted");
}

#[test]
fn a_button_let_go_overrides_nothing_and_the_next_press_counts_anew() {
    let mut system = three_sites(StartPolicy::All);
    system.with(|system| {
        system.busy_override_ms = 4_000;
        system.queue_release = QueueRelease::CallBack;
    });
    system.unit(1052).presses_ptt(52);
    system.unit(1017).presses_ptt(41);
    system.after_ms(3_000);
    system.unit(1017).releases_before_its_turn();
    system.after_ms(5_000).expect_no("call");
    system.unit(1017).presses_ptt(41);
    system.after_ms(3_999).expect_sites_hear(&[]);
    system.after_ms(1).expect("site 3 -> call 2, channel 2, talker 1017 here");
}

#[test]
fn who_overrides_does_not_go_before_those_ahead() {
    let mut system = three_sites(StartPolicy::All);
    system.has_talkgroup_as(41, |talkgroup| talkgroup.busy_override_ms = Some(4_000));
    system.has_talkgroup_with(53, 2, Some(0));
    system.has_units_at(3, &[1053], 53);
    system.unit(1050).presses_ptt(50);
    system.unit(1017).presses_ptt(41);
    system.unit(1053).presses_ptt(53);
    system.after_ms(10_000);
    system.unit(1050).releases_ptt();
    system.expect("site 3 -> call 2, channel 2, talker 1053 here").expect_no("call 3");
}

#[test]
fn who_waits_has_its_turn_when_its_talkgroup_comes_to_start_fast() {
    let mut system = three_sites(StartPolicy::All);
    system.unit(1052).presses_ptt(52);
    system.unit(1017).presses_ptt(41);
    system.has_talkgroup_as(41, |talkgroup| talkgroup.start = StartPolicy::Fast);
    system.expect("site 3 -> call 2, channel 2, talker 1017 here");
    assert!(system.controller.snapshot(system.now).queue.is_empty());
}

#[test]
fn an_emergency_cuts_calls_only_where_it_waits() {
    let mut system = three_sites(StartPolicy::Fast);
    system.with(|system| system.emergency = trunklab_protocol::EmergencyPolicy::Ruthless);
    for own in [50, 52] {
        system.unit(1_000 + u32::from(own)).presses_ptt(own);
    }
    system.unit(1017).presses_emergency(41);
    system.expect("site 3 -> call 1 released: the channel was taken for a call of higher priority");
    system.expect("site 3 -> call 3, channel 2, talker 1017 here, emergency").expect_no("call 2 released");
}
