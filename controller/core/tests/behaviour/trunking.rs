//! When a call gives its channels back, and how long one may talk in it.

use trunklab_controller_core::config::Talkgroup;
use trunklab_protocol::Trunking;

use crate::support::{System, call};

/// Site 3 with units 1017 and 1018 in talkgroup 41, of which 1017 talks.
fn talking(change: impl FnOnce(&mut Talkgroup)) -> System {
    let mut system = System::new();
    system.has_site(3, 1);
    system.has_talkgroup_as(41, change);
    system.has_units_at(3, &[1017, 1018], 41);
    system.unit(1017).presses_ptt(41);
    system
}

#[test]
fn message_trunking_keeps_the_channel_for_the_profiles_hang_time() {
    let mut system = talking(|_| {});
    system.unit(1017).releases_ptt();
    system.expect_sites_hear(&["site 3 -> call 1, channel 2, no talker"]);
    system.after_ms(4_999).expect_sites_hear(&[]);
    system
        .after_ms(1)
        .expect_sites_hear(&["site 3 -> call 1 released: nobody spoke before hang time ran out"]);
}

#[test]
fn quasi_transmission_trunking_keeps_it_for_three_seconds_or_the_talkgroups_time() {
    for (own, hang_time_ms) in [(None, 3_000), (Some(700), 700)] {
        let mut system = talking(|talkgroup| {
            (talkgroup.trunking, talkgroup.hang_time_ms) = (Trunking::Quasi, own);
        });
        system.unit(1017).releases_ptt();
        system.after_ms(hang_time_ms - 1).expect_sites_hear(&[]);
        system.unit(1018).presses_ptt_in(call(1));
        system.expect_sites_hear(&["site 3 -> call 1, channel 2, talker 1018 here"]);
        system.unit(1018).releases_ptt();
        system
            .after_ms(hang_time_ms)
            .expect_sites_hear(&["site 3 -> call 1 released: nobody spoke before hang time ran out"]);
    }
}

#[test]
fn transmission_trunking_gives_it_back_at_once_whatever_hang_time_stands_beside_it() {
    let mut system = talking(|talkgroup| {
        (talkgroup.trunking, talkgroup.hang_time_ms) = (Trunking::Transmission, Some(9_000));
    });
    system.unit(1017).releases_ptt();
    system.expect_sites_hear(&["site 3 -> call 1 released: the transmission ended"]);
}

#[test]
fn a_mode_that_changes_while_a_call_hangs_holds_from_the_next_spurt() {
    for later in Trunking::ALL {
        let mut system = talking(|_| {});
        system.unit(1017).releases_ptt();
        system.has_talkgroup_as(41, |talkgroup| talkgroup.trunking = *later);
        system.unit(1018).presses_ptt_in(call(1));
        system.expect_sites_hear(&["site 3 -> call 1, channel 2, talker 1018 here"]);
        system.unit(1018).releases_ptt();
        let released = system.log.iter().any(|line| line.contains("released: the transmission ended"));
        assert_eq!(released, *later == Trunking::Transmission);
    }
}

#[test]
fn a_talker_is_warned_and_then_loses_the_floor() {
    let mut system = talking(|talkgroup| talkgroup.transmission_ms_max = Some(20_000));
    system.after_ms(14_999).expect_sites_hear(&[]);
    system.after_ms(1).expect_sites_hear(&["site 3 -> unit 1017 has 5000 ms left in call 1"]);
    system.after_ms(4_999).expect_sites_hear(&[]);
    system.after_ms(1).expect_sites_hear(&[
        "site 3 -> unit 1017 loses the floor of call 1: the talker reached the transmission limit",
        "site 3 -> call 1, channel 2, no talker",
    ]);
    system.after_ms(5_000);
    let ends: Vec<_> = system.records[0].spurts.iter().map(|spurt| spurt.until.unwrap().1.name()).collect();
    assert_eq!(ends, ["TransmissionLimit"]);
}

#[test]
fn a_short_limit_and_a_lead_of_zero_warn_nobody() {
    let mut system = talking(|talkgroup| talkgroup.transmission_ms_max = Some(5_000));
    system.after_ms(4_999).expect_sites_hear(&[]);
    system.after_ms(1).expect_sites_hear(&[
        "site 3 -> unit 1017 loses the floor of call 1: the talker reached the transmission limit",
        "site 3 -> call 1, channel 2, no talker",
    ]);
    let mut system = talking(|_| {});
    system.with(|parameters| parameters.transmission_warning_ms = 0);
    system.unit(1017).releases_ptt();
    system.unit(1017).presses_ptt_in(call(1));
    system.after_ms(59_999).expect_sites_hear(&[]);
}

#[test]
fn the_limit_ends_a_call_without_hang_time() {
    let mut system = talking(|talkgroup| {
        (talkgroup.trunking, talkgroup.transmission_ms_max) = (Trunking::Transmission, Some(20_000));
    });
    system.after_ms(20_000).expect_sites_hear(&[
        "site 3 -> unit 1017 has 5000 ms left in call 1",
        "site 3 -> call 1 released: the talker reached the transmission limit",
    ]);
}
