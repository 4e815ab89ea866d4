//! Kill (docs/services.md 13.3.4).

use trunklab_controller_core::config::Change;
use trunklab_controller_core::output::Output;
use trunklab_protocol::proof::{Challenge, ProvedOrder};
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{Cause, Condition, RadioOrder};

use super::{check, kill, over, refused, regroup, restore, revive, row, stun, view};
use crate::support::{System, held_radio, key, talkgroup, unit};

#[test]
fn a_killed_unit_is_let_in_no_more() {
    let mut system = System::with_two_sites(2);
    let challenge = Challenge::new([7; 16]);
    system.unit(1017).challenges_the_network(challenge);
    system.expect(&format!("event: dropped: {}", Cause::UnknownOrder)).expect_no("proof");
    system.console(kill(1017));
    system.expect("site 3 -> unit 1017 is to kill");
    assert_eq!(view(&system, 1017).unwrap().condition, Condition::Stunned, "until it is confirmed");
    system.unit(1017).challenges_the_network(challenge);
    let proof = system.outputs.iter().find_map(|output| match output {
        Output::ToSite { message: ToSite::NetworkAnswer(word), .. } => Some(word.answer),
        _ => None,
    });
    let wanted = key(unit(1017)).vouch(&challenge, unit(1017), ProvedOrder::Kill);
    assert!(proof.unwrap().matches(&wanted));
    system.unit(1017).obeys();
    system.expect(&format!("site 3 -> unit 1017 deregistered: {}", Cause::UnitKilled));
    assert_eq!(view(&system, 1017).unwrap().condition, Condition::Killed);
    system.unit(1017).asks_to_register_at(3);
    system.expect(&format!("site 3 -> imei 350000000001017 not registered: {}", Cause::UnitKilled));
    for order in [stun(1017), revive(1017), kill(1017), check(1017), restore(1017)] {
        system.console(order);
        system.expect(&refused(Cause::UnitKilled));
    }
    system.connects(3, 2, &[held_radio(1017, None)], &[]);
    system.expect(&format!("site 3 -> unit 1017 deregistered: {}", Cause::UnitKilled));
}

#[test]
fn a_revival_that_comes_after_the_kill_was_obeyed_comes_too_late() {
    let mut system = System::with_two_sites(2);
    for order in [kill(1017), revive(1017)] {
        system.console(order);
    }
    system.unit(1017).answers_its_order(Some(Cause::UnitKilled));
    system.remote_stored();
    system.expect(&format!("event: revive of unit 1017 is over: {}", Cause::UnitKilled));
    system.expect(&format!("site 3 -> unit 1017 deregistered: {}", Cause::UnitKilled));
    assert_eq!(view(&system, 1017).unwrap().condition, Condition::Killed);
}

/// A unit that is to be killed, and to be regrouped and checked after that.
fn to_be_killed() -> System {
    let mut system = System::with_two_sites(2);
    for order in [kill(1017), regroup(1017, 41, true), check(1017)] {
        system.console(order);
    }
    system
}

#[test]
fn what_else_waits_for_a_killed_unit_is_over() {
    let mut system = to_be_killed();
    system.unit(1017).obeys();
    let given_up = |of: &str| format!("event: {of} of unit 1017 is over: {}", Cause::UnitKilled);
    assert_eq!(over(&system).1, Err(Cause::UnitKilled));
    system.remote_stored();
    system.expect(&given_up("regroup to talkgroup 41, selector locked"));
    assert_eq!(over(&system), (RadioOrder::Check {}, Err(Cause::UnitKilled)));
    system.remote_stored();
    system.expect(&given_up("check"));
    let shown = view(&system, 1017).unwrap();
    assert_eq!((shown.condition, shown.pending.len()), (Condition::Killed, 0));
    system.after_ms(120_000);
    system.expect_no("check");
}

#[test]
fn what_else_waited_for_a_unit_that_an_earlier_term_killed_is_over() {
    let mut system = to_be_killed();
    system.unit(1017).answers_its_order(None);
    let kept = row(&system);
    assert_eq!((kept.condition, kept.pending.len()), (Condition::Killed, 2));
    system.starts(2);
    system.provision(Change::Remote(kept));
    for left in [1, 0] {
        assert_eq!(over(&system).1, Err(Cause::UnitKilled));
        system.remote_stored();
        assert_eq!(view(&system, 1017).unwrap().pending.len(), left);
    }
}

#[test]
fn nobody_sets_a_killed_unit_back_whose_talkgroup_is_taken_out() {
    let mut system = System::with_two_sites(2);
    system.has_talkgroup(43);
    system.console(regroup(1017, 43, true));
    system.unit(1017).obeys();
    system.console(kill(1017));
    system.unit(1017).obeys();
    system.provision(Change::TalkgroupRemoved(talkgroup(43)));
    system.expect_no("restore").expect_no("store -> unit 1017");
    assert!(view(&system, 1017).unwrap().pending.is_empty());
}

#[test]
fn a_radio_that_was_not_shown_the_network_says_so_and_stays_stunned() {
    let mut system = System::with_two_sites(2);
    system.console(kill(1017));
    system.unit(1017).answers_its_order(Some(Cause::NetworkNotProved));
    assert_eq!(over(&system), (RadioOrder::Kill {}, Err(Cause::NetworkNotProved)));
    system.remote_stored();
    system.expect(&format!("event: kill of unit 1017 is over: {}", Cause::NetworkNotProved));
    let shown = view(&system, 1017).unwrap();
    assert_eq!((shown.condition, shown.pending.len()), (Condition::Stunned, 0));
}
