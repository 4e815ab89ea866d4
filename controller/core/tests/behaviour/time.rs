//! Time: deadlines, late wake calls, and a clock that cannot run backwards.

use trunklab_controller_core::DeadlineReason;
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::Output;
use trunklab_protocol::{Moment, Span};

use crate::support::System;

#[test]
fn the_deadline_says_when_to_come_back_and_why() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.unit(1017).releases_ptt();
    let deadline = system.controller.next_deadline().unwrap();
    assert_eq!(deadline.at, system.now + Span::from_millis(3_000));
    assert_eq!(deadline.reason, DeadlineReason::HangTime);
}

#[test]
fn timers_fire_at_their_own_moments_however_late_the_caller_woke() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    let granted = system.now;
    system.after_ms(3_600_000);
    let record = system.records.pop().unwrap();
    let limit = granted + Span::from_millis(60_000);
    assert_eq!(record.spurts[0].until.map(|(at, _)| at), Some(limit));
    assert_eq!(record.released.map(|(at, _)| at), Some(limit + Span::from_millis(3_000)));
}

#[test]
fn a_moment_before_the_last_one_counts_as_the_last_one() {
    let mut system = System::with_two_sites(2);
    system.after_ms(5_000);
    system.now = Moment::from_micros(1);
    system.unit(1017).presses_ptt(41);
    let moments: Vec<_> = system
        .outputs
        .iter()
        .filter_map(|output| match output {
            Output::Event(event) => Some(event.at),
            _ => None,
        })
        .collect();
    assert!(moments.iter().all(|at| *at == Moment::from_micros(5_000_000)), "{moments:?}");
}

#[test]
fn events_are_numbered_without_gaps() {
    let mut system = System::with_two_sites(2);
    let mut last = system.controller.snapshot(system.now).sequence;
    for _ in 0..3 {
        system.unit(1017).presses_ptt(41);
        for output in &system.outputs {
            if let Output::Event(event) = output {
                assert_eq!(event.sequence, last + 1);
                last = event.sequence;
            }
        }
        system.unit(1017).releases_ptt();
        last = system.controller.snapshot(system.now).sequence;
    }
}

#[test]
fn fresh_octets_are_asked_for_again_and_again() {
    let mut system = System::new();
    system.after_ms(599_999).expect_no("entropy");
    system.after_ms(1).expect("entropy is wanted");
    system.input(Input::Entropy([7; 32]));
    system.after_ms(600_000).expect("entropy is wanted");
}

#[test]
fn equal_inputs_give_equal_digests_and_different_entropy_does_not() {
    let run = |entropy| {
        let mut system = System::with_two_sites(2);
        system.input(Input::Entropy([entropy; 32]));
        system.unit(1017).registers_at(5, Some(41));
        system.unit(1017).presses_ptt(41);
        system.controller.digest()
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2), "temporary identities differ");
}
