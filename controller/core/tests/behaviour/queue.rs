//! Requests that wait.

use trunklab_controller_core::config::{Change, QueueRelease};

use crate::support::{System, site, subscriber};

/// Site 3 with one channel, on which talkgroup 40 talks; talkgroups 41, 42, 43 with units 1041, 1042, 1043 there.
fn busy() -> System {
    let mut system = System::new();
    system.has_site(3, 1);
    for number in 40..=43 {
        system.has_talkgroup_with(number, 5, Some(0));
        system.has_units_at(3, &[1_000 + u32::from(number)], number);
    }
    system.unit(1040).presses_ptt(40);
    system.expect("event: call 1 granted after 0 ms");
    system
}

#[test]
fn a_request_without_a_free_channel_waits_and_is_served_when_one_is_given_back() {
    let mut system = busy();
    system.unit(1041).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1041 waits, position 1"]);
    system.after_ms(700);
    system.unit(1040).releases_ptt();
    system
        .expect("site 3 -> call 2, channel 2, talker 1041 here")
        .expect("event: call 2 granted after 700 ms");
}

#[test]
fn positions_are_told_again_when_they_change() {
    let mut system = busy();
    for number in 41..=43 {
        system.unit(1_000 + number).presses_ptt(number as u16);
    }
    system.expect("site 3 -> unit 1043 waits, position 3");
    system.unit(1040).releases_ptt();
    system.expect("site 3 -> unit 1042 waits, position 1").expect("site 3 -> unit 1043 waits, position 2");
}

#[test]
fn a_repeated_request_gets_its_position_again_and_one_place() {
    let mut system = busy();
    system.unit(1041).presses_ptt(41);
    system.unit(1041).repeats_its_request(41);
    system.expect_sites_hear(&["site 3 -> unit 1041 waits, position 1"]).expect_no("event");
    system.unit(1041).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1041 waits, position 1"]);
    assert_eq!(system.controller.snapshot(system.now).queue.len(), 1);
}

#[test]
fn a_higher_priority_is_served_first() {
    let mut system = busy();
    system.has_talkgroup_with(42, 2, Some(0));
    system.unit(1041).presses_ptt(41);
    system.unit(1042).presses_ptt(42);
    system.expect_sites_hear(&[
        "site 3 -> unit 1042 waits, position 1",
        "site 3 -> unit 1041 waits, position 2",
    ]);
    system.unit(1040).releases_ptt();
    system.expect("site 3 -> call 2, channel 2, talker 1042 here");
}

#[test]
fn an_emergency_goes_before_every_priority() {
    let mut system = busy();
    system.has_talkgroup_with(41, 1, Some(0));
    system.has_talkgroup_with(42, 10, Some(0));
    system.unit(1041).presses_ptt(41);
    system.unit(1042).presses_emergency(42);
    system.expect("site 3 -> unit 1042 waits, position 1");
    system.unit(1040).releases_ptt();
    system.expect("site 3 -> call 2, channel 2, talker 1042 here, emergency");
}

#[test]
fn a_request_that_waits_too_long_is_refused() {
    let mut system = busy();
    system.with(|system| system.queue_wait_ms_max = 2_000);
    system.unit(1041).presses_ptt(41);
    system.after_ms(1_999).expect_sites_hear(&[]);
    system.after_ms(1).expect_sites_hear(&["site 3 -> unit 1041 refused: no channel became free in time"]);
    system.expect("event: unit 1041 refused: no channel became free in time");
}

#[test]
fn a_request_can_be_cancelled_and_twice_is_harmless() {
    let mut system = busy();
    system.unit(1041).presses_ptt(41);
    system.unit(1041).cancels();
    system.expect_sites_hear(&["site 3 -> unit 1041 refused: the caller cancelled the request"]);
    system.expect("event: unit 1041 cancelled: the caller cancelled the request");
    system.unit(1041).cancels();
    system
        .expect_sites_hear(&["site 3 -> unit 1041 refused: the caller cancelled the request"])
        .expect_no("event");
    system.unit(1040).releases_ptt();
    system.expect_no("granted");
}

/// The controller that knew of it is gone, and the radio says it until it is answered.
#[test]
fn a_cancel_of_a_request_that_is_not_known_is_answered() {
    let mut system = busy();
    system.unit(1041).cancels();
    system
        .expect_sites_hear(&["site 3 -> unit 1041 refused: the caller cancelled the request"])
        .expect_no("event");
}

#[test]
fn a_cancel_that_crosses_its_grant_gives_the_floor_back() {
    let mut system = busy();
    system.unit(1041).presses_ptt(41);
    system.unit(1040).releases_ptt();
    system.expect("event: call 2 granted after 0 ms");
    system.unit(1041).cancels();
    system.expect("event: call 2: unit 1041 stopped: the transmission ended");
}

#[test]
fn a_full_queue_refuses_what_is_no_more_urgent() {
    let mut system = busy();
    system.with(|system| system.queue_len_max = 1);
    system.unit(1041).presses_ptt(41);
    system.unit(1042).presses_ptt(42);
    system.expect_sites_hear(&["site 3 -> unit 1042 refused: all channels are busy and the queue is full"]);
}

#[test]
fn a_full_queue_gives_up_its_last_for_a_more_urgent_newcomer() {
    let mut system = busy();
    system.with(|system| system.queue_len_max = 1);
    system.has_talkgroup_with(42, 2, Some(0));
    system.unit(1041).presses_ptt(41);
    system.unit(1042).presses_ptt(42);
    system.expect_sites_hear(&[
        "site 3 -> unit 1041 refused: all channels are busy and the queue is full",
        "site 3 -> unit 1042 waits, position 1",
    ]);
}

#[test]
fn a_queue_of_no_length_refuses_at_once() {
    let mut system = busy();
    system.with(|system| system.queue_len_max = 0);
    system.unit(1041).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1041 refused: all channels are busy and the queue is full"]);
}

#[test]
fn who_is_switched_off_no_longer_waits() {
    let mut system = busy();
    system.unit(1041).presses_ptt(41);
    system.unit(1041).is_switched_off();
    system.expect("event: unit 1041 cancelled: unit was switched off");
    assert!(system.controller.snapshot(system.now).queue.is_empty());
}

#[test]
fn a_call_for_two_sites_waits_for_both_and_holds_nothing_meanwhile() {
    let mut system = System::with_two_sites(1);
    system.has_talkgroup_with(40, 5, Some(0));
    system.has_units_at(5, &[1040], 40);
    system.unit(1040).presses_ptt(40);
    system.unit(1017).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1017 waits, position 1"]);
    assert_eq!(system.controller.snapshot(system.now).sites[0].slots[0].call, None);
    system.unit(1040).releases_ptt();
    system
        .expect("site 3 -> call 2, channel 2, talker 1017 here")
        .expect("site 5 -> call 2, channel 2, talker 1017");
}

#[test]
fn the_head_of_the_queue_is_not_starved_by_calls_for_one_site() {
    let mut system = System::with_two_sites(1);
    system.has_talkgroup_with(40, 5, Some(0));
    system.has_units_at(5, &[1040], 40);
    system.has_talkgroup_with(42, 5, Some(0));
    system.has_units_at(3, &[1042], 42);
    system.unit(1040).presses_ptt(40);
    system.unit(1017).presses_ptt(41);
    system.unit(1042).presses_ptt(42);
    system.expect_sites_hear(&["site 3 -> unit 1042 waits, position 2"]);
    system.unit(1040).releases_ptt();
    system.expect("site 3 -> call 2, channel 2, talker 1017 here");
    assert_eq!(system.controller.snapshot(system.now).queue.len(), 1);
}

#[test]
fn behind_the_head_others_use_the_channels_that_it_does_not_need() {
    let mut system = System::with_two_sites(2);
    for (number, at) in [(39, 5), (40, 5), (42, 3), (43, 3)] {
        system.has_talkgroup_with(number, 5, Some(0));
        system.has_units_at(at, &[1_000 + u32::from(number)], number);
    }
    system.unit(1039).presses_ptt(39);
    system.unit(1040).presses_ptt(40);
    system.unit(1017).presses_ptt(41);
    system.expect("site 3 -> unit 1017 waits, position 1");
    system.unit(1042).presses_ptt(42);
    system.expect("site 3 -> call 3, channel 2, talker 1042 here");
    system.unit(1043).presses_ptt(43);
    system.expect("site 3 -> unit 1043 waits, position 2");
}

#[test]
fn who_waits_for_a_call_that_another_started_has_its_answer() {
    let mut system = busy();
    system.has_units_at(3, &[2041], 41);
    system.unit(1041).presses_ptt(41);
    system.unit(2041).presses_ptt(41);
    system.unit(1040).releases_ptt();
    system.expect("site 3 -> call 2, channel 2, talker 1041 here");
    system.expect("site 3 -> unit 2041 refused: another unit has the floor");
}

#[test]
fn who_waits_at_a_site_that_is_lost_waits_no_longer() {
    let mut system = busy();
    system.unit(1041).presses_ptt(41);
    system.loses_site(3);
    system.expect("event: unit 1041 cancelled: the site has no link to its controller");
    assert!(
        !system
            .controller
            .snapshot(system.now)
            .sites
            .iter()
            .any(|view| view.site == site(3) && view.in_service)
    );
}

#[test]
fn a_request_whose_site_loses_its_last_channel_goes_on_waiting() {
    let mut system = busy();
    system.unit(1041).presses_ptt(41);
    system.provision(Change::Site(crate::support::site_config(3, 0)));
    system.expect("store -> call 1 closed").expect_no("granted");
    system.after_ms(30_000).expect("site 3 -> unit 1041 refused: no channel became free in time");
}

/// As [`busy`], and units 1041 and 1042 wait; the first has let go of its button.
fn let_go() -> System {
    let mut system = busy();
    system.unit(1041).presses_ptt(41);
    system.unit(1042).presses_ptt(42);
    system.unit(1041).releases_before_its_turn();
    system.expect_sites_hear(&[]);
    system
}

#[test]
fn a_caller_that_has_let_go_is_called_back_and_nobody_else_is_told() {
    let mut system = let_go();
    system.unit(1040).releases_ptt();
    system
        .expect_sites_hear(&[
            "site 3 -> call 1 released: the transmission ended",
            "site 3 -> unit 1041 called back",
            "site 3 -> unit 1042 waits, position 1",
        ])
        .expect("event: call 2 kept for unit 1041");
    system.after_ms(3_999);
    system.unit(1041).presses_ptt(41);
    system.expect("site 3 -> call 2, channel 2, talker 1041 here").expect_no("call back");
}

#[test]
fn a_call_back_that_nobody_answers_gives_its_slots_to_the_next() {
    let mut system = let_go();
    system.unit(1040).releases_ptt();
    system.after_ms(4_000);
    system.expect_sites_hear(&[
        "site 3 -> unit 1041 refused: the caller was called back and did not press in time",
        "site 3 -> call 2 released: the caller was called back and did not press in time",
        "site 3 -> call 3, channel 2, talker 1042 here",
    ]);
    system.unit(1041).releases_before_its_turn();
    system.expect_sites_hear(&[
        "site 3 -> unit 1041 refused: the caller was called back and did not press in time",
    ]);
}

#[test]
fn another_unit_of_the_talkgroup_may_be_faster_than_the_one_called_back() {
    let mut system = let_go();
    system.has_units_at(3, &[2041], 41);
    system.unit(1040).releases_ptt();
    system.unit(2041).presses_ptt(41);
    system.expect_sites_hear(&[
        "site 3 -> unit 1041 refused: another unit has the floor",
        "site 3 -> call 2, channel 2, talker 2041 here",
    ]);
}

#[test]
fn who_presses_again_while_it_waits_holds_its_place_and_needs_no_call_back() {
    let mut system = let_go();
    system.unit(1041).presses_ptt(41);
    system.unit(1040).releases_ptt();
    system.expect("site 3 -> call 2, channel 2, talker 1041 here");
}

#[test]
fn two_callers_of_a_talkgroup_are_called_back_one_after_the_other() {
    let mut system = let_go();
    system.has_units_at(3, &[2041], 41);
    system.unit(2041).presses_ptt(41);
    system.unit(2041).releases_before_its_turn();
    system.unit(1042).cancels();
    system.unit(1040).releases_ptt();
    system.expect("site 3 -> unit 1041 called back").expect_no("unit 2041 called back");
    system.after_ms(4_000);
    system.expect("site 3 -> unit 2041 called back");
}

#[test]
fn a_caller_that_is_called_back_may_cancel_turn_away_or_vanish() {
    for goes in 0..4 {
        let mut system = let_go();
        system.unit(1040).releases_ptt();
        system.expect("site 3 -> unit 1041 called back");
        match goes {
            0 => system.unit(1041).cancels(),
            1 => system.unit(1041).is_switched_off(),
            2 => system.unit(1041).releases_before_its_turn(),
            _ => {
                system.provision(Change::Subscriber(subscriber(1041, &[41, 43])));
                system.unit(1041).affiliates_to(43);
            }
        }
        match goes {
            2 => system.expect_sites_hear(&["site 3 -> unit 1041 called back"]),
            _ => system.expect("site 3 -> call 3, channel 2, talker 1042 here"),
        };
    }
}

#[test]
fn where_the_release_cancels_the_place_is_given_up() {
    let mut system = busy();
    system.with(|system| system.queue_release = QueueRelease::Cancel);
    system.unit(1041).presses_ptt(41);
    for _ in 0..2 {
        system.unit(1041).releases_before_its_turn();
        system.expect_sites_hear(&["site 3 -> unit 1041 refused: the caller cancelled the request"]);
    }
    assert!(system.controller.snapshot(system.now).queue.is_empty());
}

#[test]
fn an_emergency_is_called_back_even_where_the_release_cancels() {
    let mut system = busy();
    system.with(|system| system.queue_release = QueueRelease::Cancel);
    system.unit(1041).presses_emergency(41);
    system.unit(1041).releases_before_its_turn();
    system.expect_sites_hear(&[]);
    system.unit(1040).releases_ptt();
    system.expect("site 3 -> unit 1041 called back");
}

#[test]
fn a_release_that_crosses_the_grant_ends_the_talk_that_it_began() {
    let mut system = busy();
    system.unit(1041).presses_ptt(41);
    system.unit(1040).releases_ptt();
    system.expect("site 3 -> call 2, channel 2, talker 1041 here");
    system.unit(1041).releases_before_its_turn();
    system.expect_sites_hear(&[
        "site 3 -> call 2 released: the transmission ended",
        "site 3 -> unit 1041 refused: the caller cancelled the request",
    ]);
}

#[test]
fn who_talked_just_before_goes_before_others_of_its_priority() {
    let mut system = busy();
    system.unit(1040).releases_ptt();
    system.unit(1041).presses_ptt(41);
    system.after_ms(5_000);
    system.unit(1042).presses_ptt(42);
    system.after_ms(5_000);
    system.unit(1040).presses_ptt(40);
    system.expect_sites_hear(&[
        "site 3 -> unit 1040 waits, position 1",
        "site 3 -> unit 1042 waits, position 2",
    ]);
}

#[test]
fn who_talked_longer_ago_is_no_recent_user() {
    let mut system = busy();
    system.unit(1040).releases_ptt();
    system.unit(1041).presses_ptt(41);
    system.unit(1042).presses_ptt(42);
    system.after_ms(10_001);
    system.unit(1040).presses_ptt(40);
    system.expect_sites_hear(&["site 3 -> unit 1040 waits, position 2"]);
}

#[test]
fn without_a_time_for_it_nobody_is_a_recent_user() {
    let mut system = busy();
    system.with(|system| system.recent_user_ms = 0);
    system.unit(1040).releases_ptt();
    system.unit(1041).presses_ptt(41);
    system.unit(1042).presses_ptt(42);
    system.unit(1040).presses_ptt(40);
    system.expect_sites_hear(&["site 3 -> unit 1040 waits, position 2"]);
}

#[test]
fn a_recent_user_does_not_go_before_a_higher_priority() {
    let mut system = busy();
    system.has_talkgroup_with(42, 4, Some(0));
    system.unit(1040).releases_ptt();
    system.unit(1041).presses_ptt(41);
    system.unit(1042).presses_ptt(42);
    system.unit(1040).presses_ptt(40);
    system.expect_sites_hear(&["site 3 -> unit 1040 waits, position 2"]);
}

#[test]
fn a_request_that_has_waited_counts_a_higher_priority() {
    let mut system = busy();
    system.with(|system| system.ageing_ms = 5_000);
    system.has_talkgroup_with(41, 7, Some(0));
    system.unit(1041).presses_ptt(41);
    system.after_ms(6_000);
    system.unit(1042).presses_ptt(42);
    system.expect("site 3 -> unit 1042 waits, position 1").expect("site 3 -> unit 1041 waits, position 2");
    system.after_ms(3_999).expect_sites_hear(&[]);
    system.after_ms(1).expect_sites_hear(&[
        "site 3 -> unit 1041 waits, position 1",
        "site 3 -> unit 1042 waits, position 2",
    ]);
    system.unit(1040).releases_ptt();
    system.expect("site 3 -> call 2, channel 2, talker 1041 here");
}

#[test]
fn waiting_makes_no_emergency() {
    let mut system = busy();
    system.with(|system| (system.ageing_ms, system.queue_wait_ms_max) = (1_000, 60_000));
    system.unit(1041).presses_ptt(41);
    system.after_ms(50_000);
    system.unit(1042).presses_emergency(42);
    system.expect_sites_hear(&[
        "site 3 -> unit 1042 waits, position 1",
        "site 3 -> unit 1041 waits, position 2",
    ]);
}

#[test]
fn a_request_that_comes_first_by_waiting_has_what_was_held_back_for_another() {
    let mut system = System::with_two_sites(1);
    for (number, at) in [(50, 5), (51, 3), (52, 3)] {
        system.has_talkgroup_with(number, if number == 52 { 6 } else { 5 }, Some(0));
        system.has_units_at(at, &[1_000 + u32::from(number)], number);
    }
    system.with(|system| system.ageing_ms = 5_000);
    system.unit(1050).presses_ptt(50);
    system.unit(1051).presses_ptt(51);
    system.unit(1052).presses_ptt(52);
    system.after_ms(2_000);
    system.unit(1017).presses_ptt(41);
    system.expect("site 3 -> unit 1017 waits, position 1");
    system.unit(1051).releases_ptt();
    system.expect_no("granted");
    system.after_ms(3_000).expect("site 3 -> call 3, channel 2, talker 1052 here");
}

#[test]
fn a_request_for_two_sites_holds_one_place() {
    let mut system = System::with_two_sites(1);
    system.has_talkgroup_with(50, 5, Some(0));
    system.has_units_at(3, &[1050], 50);
    system.unit(1050).presses_ptt(50);
    system.unit(1017).presses_ptt(41);
    system.expect_sites_hear(&["site 3 -> unit 1017 waits, position 1"]);
    assert_eq!(system.controller.snapshot(system.now).queue.len(), 1);
}

#[test]
fn a_stranger_is_passed_by_recent_users_only_for_so_long() {
    let mut system = busy();
    system.unit(1041).presses_ptt(41);
    system.after_ms(9_999);
    system.unit(1040).releases_ptt();
    system.unit(1042).presses_ptt(42);
    system.unit(1040).presses_ptt(40);
    system.expect("site 3 -> unit 1040 waits, position 1");
    system.after_ms(9_999).expect_sites_hear(&[]);
    system.after_ms(1).expect_sites_hear(&[
        "site 3 -> unit 1042 waits, position 1",
        "site 3 -> unit 1040 waits, position 2",
    ]);
}

#[test]
fn a_caller_that_registers_anew_waits_no_longer() {
    let mut system = busy();
    system.unit(1041).presses_ptt(41);
    system.unit(1041).asks_to_register_at(3);
    system.unit(1041).answers_rightly(Some(41));
    system.expect("event: unit 1041 cancelled: unit registered again");
    assert!(system.controller.snapshot(system.now).queue.is_empty());
}
