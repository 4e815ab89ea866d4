//! Call records: what a call used, and that nothing is missing.

use trunklab_controller_core::input::Input;
use trunklab_protocol::{Cause, Moment, Span};

use crate::support::{System, unit};

#[test]
fn a_record_tells_who_waited_how_long_who_talked_and_where() {
    let mut system = System::with_two_sites(1);
    system.has_talkgroup_with(40, 5, Some(0));
    system.has_units_at(3, &[1040], 40);
    system.unit(1040).presses_ptt(40);
    system.unit(1017).presses_ptt(41);
    system.after_ms(1_500);
    system.unit(1040).releases_ptt();
    system.after_ms(2_000);
    system.unit(1017).releases_ptt();
    system.after_ms(3_000);
    let record = system.records.pop().unwrap();
    let at = |millis: u64| Moment::from_micros(millis * 1_000);
    assert_eq!((record.caller, record.requested, record.granted), (Some(unit(1017)), at(0), at(1_500)));
    assert_eq!(record.released, Some((at(6_500), Cause::HangTimeOver)));
    assert_eq!(record.spurts.len(), 1);
    assert_eq!(record.spurts[0].until, Some((at(3_500), Cause::TransmissionEnded)));
    assert!(record.slots.iter().all(|slot| slot.from == at(1_500) && slot.until == Some(at(6_500))));
}

#[test]
fn the_records_add_up_to_the_channel_time_used() {
    let mut system = System::with_two_sites(2);
    system.has_site(7, 2);
    for round in 0..5 {
        system.unit(1017).presses_ptt(41);
        system.after_ms(700 + round);
        system.has_units_at(7, &[1020], 41);
        system.after_ms(300);
        system.unit(1018).is_switched_off();
        system.unit(1017).releases_ptt();
        system.after_ms(1_100);
        system.loses_site(7);
        system.connects(7, 1, &[], &[]);
        system.after_ms(5_000);
        system.unit(1018).registers_at(5, Some(41));
    }
    assert_eq!(system.records.len(), 5);
    let recorded: u64 = system
        .records
        .iter()
        .flat_map(|record| &record.slots)
        .map(|slot| slot.until.expect("a closed record holds nothing").since(slot.from).as_micros())
        .sum();
    assert_eq!(Span::from_micros(recorded), system.controller.channel_time_used());
    assert!(recorded > 0);
}

#[test]
fn a_record_that_the_store_could_not_keep_is_told_and_calls_go_on() {
    let mut system = System::with_two_sites(1);
    system.unit(1017).presses_ptt(41);
    system.input(Input::StoreFailed { id: 1 });
    system.expect("event: dropped: the store could not keep what had to last");
    system.unit(1017).releases_ptt();
    system.expect("event: call 1: unit 1017 stopped: the transmission ended");
}

/// That an open record follows all that operators are told is checked wherever one closes (`System::notice`).
#[test]
fn a_record_that_is_cut_ends_where_the_call_was_last_known_to_run() {
    let mut system = System::with_two_sites(2);
    system.unit(1017).presses_ptt(41);
    system.after_ms(700);
    system.unit(1017).releases_ptt();
    system.after_ms(500);
    system.unit(1018).presses_ptt(41);
    system.after_ms(400);
    let mut cut = system.open.pop_first().unwrap().1;
    let at = |millis: u64| Moment::from_micros(millis * 1_000);
    cut.cut(at(1_500), Cause::ControllerRestarted);
    assert_eq!(cut.released, Some((at(1_500), Cause::ControllerRestarted)));
    assert_eq!(cut.slots.len(), 2);
    assert!(cut.slots.iter().all(|slot| slot.until == Some(at(1_500))));
    let talks: Vec<_> =
        cut.spurts.iter().map(|spurt| (spurt.unit, spurt.from, spurt.until.unwrap())).collect();
    assert_eq!(
        talks,
        [
            (unit(1017), at(0), (at(700), Cause::TransmissionEnded)),
            (unit(1018), at(1_200), (at(1_500), Cause::ControllerRestarted)),
        ]
    );
}
