//! Orders from afar at the handset (docs/services.md 13.3).
#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks for one word among many")]

use trunklab_protocol::air_downlink::{
    CallAlert, FloorTaken, Grant, NetworkAnswer, RadioOrder as OrderWord, Release, Status as StatusWord,
    Talker, Working,
};
use trunklab_protocol::air_uplink::{NetworkChallenge, OrderAnswer, UplinkWord};
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::proof::{ProvedOrder, UnitKey};
use trunklab_protocol::{
    Cause, Condition, Epoch, MessageId, OrderNumber, Pair, Parties, Press, ProfileId, RadioOrder, Regroup,
    Span, StatusNumber, Teller,
};

use super::bench::*;
use crate::handset::{Handset, Memory, Phase};
use crate::input::Input;
use crate::output::{HandsetEvent, MessageSource};

const SECOND: Span = Span::from_secs(1);

fn order(number: u32, order: RadioOrder) -> OrderWord {
    OrderWord { unit: unit(1017), number: OrderNumber::new(number).unwrap(), order }
}

fn locked(number: u16) -> RadioOrder {
    RadioOrder::Regroup(Regroup { talkgroup: talkgroup(number), locked: true })
}

/// Says an order, and gives the answers that the handset says to it within two seconds, each acknowledged.
fn orders(bench: &mut Bench, number: u32, ordered: RadioOrder) -> Vec<OrderAnswer> {
    bench.forget();
    bench.says(order(number, ordered));
    acknowledge(bench);
    answers(bench)
}

/// Two seconds pass, and what is said to orders is heard.
fn acknowledge(bench: &mut Bench) {
    for _ in 0..20 {
        bench.run(Span::from_millis(100));
        let said = bench.words().into_iter().rev().find_map(|word| match word {
            UplinkWord::OrderAnswer(word) => Some(word.press),
            UplinkWord::NetworkChallenge(word) => Some(word.press),
            _ => None,
        });
        if let Some(press) = said {
            bench.says(Working { unit: unit(1017), press });
        }
    }
}

fn answers(bench: &Bench) -> Vec<OrderAnswer> {
    let word = |word| if let UplinkWord::OrderAnswer(word) = word { Some(word) } else { None };
    bench.words().into_iter().filter_map(word).collect()
}

fn challenge(bench: &Bench) -> NetworkChallenge {
    let word = |word| if let UplinkWord::NetworkChallenge(word) = word { Some(word) } else { None };
    bench.words().into_iter().filter_map(word).next_back().unwrap()
}

fn proof(key: UnitKey, of: &NetworkChallenge) -> NetworkAnswer {
    let answer = key.vouch(&of.challenge, of.unit, of.order);
    NetworkAnswer { unit: of.unit, order: of.order, answer }
}

#[test]
fn a_stunned_handset_refuses_its_user_and_stays_registered_on_every_air_interface() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id);
        let said = orders(&mut bench, 1, RadioOrder::Stun {});
        assert_eq!(said[0].refusal, None, "{}", profile.name);
        assert_eq!(bench.events, [HandsetEvent::Stunned], "{}", profile.name);
        bench.forget();
        bench.press();
        bench.input(Input::ReleasePtt);
        bench.input(Input::Alarm);
        bench.input(Input::Call { called: unit(1018), setup: trunklab_protocol::CallSetup::Ringing });
        bench.says(bench.grant(Some(bench.talker(1018, 6, 1))));
        bench.run(Span::from_secs(3));
        assert_eq!(bench.refusals(), [Cause::UnitStunned; 3], "{}", profile.name);
        assert_eq!((bench.phase(), bench.words().len()), (Phase::Idle, 0), "{}", profile.name);
        assert_eq!(bench.handset.state().condition, Condition::Stunned);
    }
}

#[test]
fn a_stunned_handset_shows_no_message_and_alerts_nobody() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.says(alert(1));
    bench.run(SECOND);
    assert_eq!(bench.events, [HandsetEvent::Alerted { from: MessageSource::Unit(unit(1018)) }]);
    orders(&mut bench, 1, RadioOrder::Stun {});
    let from = MessageSource::Unit(unit(1018));
    assert_eq!(
        bench.events,
        [HandsetEvent::AlertOver { from, cause: Cause::UnitStunned }, HandsetEvent::Stunned]
    );
    bench.forget();
    bench.says(alert(2));
    let (message, number) = (message(3), StatusNumber::new(1).unwrap());
    bench.says(StatusWord { message, from: Some(teller(3)), to: talkgroup(41).into(), number });
    bench.run(Span::from_secs(12));
    assert_eq!((bench.events.len(), bench.words().len()), (0, 0), "{:?}", bench.events);
}

fn message(counter: u32) -> MessageId {
    MessageId { epoch: Epoch::new(1).unwrap(), counter }
}

/// The message that unit 1018 numbers so.
fn teller(press: u16) -> Teller {
    Teller { unit: unit(1018), press: Press::new(press).unwrap() }
}

fn alert(counter: u16) -> CallAlert {
    let (unit, from, counter) = (unit(1017), Some(teller(counter)), u32::from(counter));
    CallAlert { message: message(counter), unit, from, repeat_ms: 5_000, limit_ms: 60_000 }
}

#[test]
fn an_order_is_answered_each_time_and_obeyed_once() {
    let mut bench = Bench::registered(ProfileId::Iden);
    orders(&mut bench, 1, RadioOrder::Stun {});
    let said = orders(&mut bench, 1, RadioOrder::Stun {});
    assert_eq!(said[0].number.number(), 1);
    assert_eq!(bench.events, [], "it knows");
    assert_eq!(orders(&mut bench, 2, RadioOrder::Check {})[0].refusal, None);
    assert_eq!(bench.events, [], "the user notices nothing");
    bench.forget();
    let other = OrderWord { unit: unit(1018), ..order(3, RadioOrder::Check {}) };
    bench.says(other);
    bench.run(SECOND);
    assert_eq!(answers(&bench), [], "it is for another");
}

#[test]
fn a_handset_is_stunned_in_the_middle_of_whatever_it_does() {
    for bench in [
        Bench::registered(ProfileId::Tetra).talking(),
        Bench::registered(ProfileId::Tetra).listening(),
        Bench::registered(ProfileId::Tetra).hanging(),
    ] {
        let mut bench = bench;
        bench.shows(order(1, RadioOrder::Stun {}));
        bench.run_until(|bench| bench.phase() == Phase::Idle, SECOND);
        assert!(bench.events.contains(&HandsetEvent::Stunned), "{:?}", bench.events);
        bench.forget();
        acknowledge(&mut bench);
        assert_eq!(answers(&bench).len(), 1);
    }
    let mut bench = Bench::registered(ProfileId::Tetra);
    bench.press();
    bench.run_until(|bench| !bench.uplink.is_empty(), SECOND);
    orders(&mut bench, 1, RadioOrder::Stun {});
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn stun_outlasts_the_power_switch_and_revive_ends_it() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    orders(&mut bench, 1, RadioOrder::Stun {});
    bench.input(Input::PowerOff);
    bench.run_until(|bench| bench.phase() == Phase::Off, Span::from_secs(10));
    let mut bench = bench.switched_on();
    assert_eq!(bench.handset.state().condition, Condition::Stunned);
    assert_eq!(bench.handset.state().affiliated, None, "it is in no talkgroup");
    orders(&mut bench, 2, RadioOrder::Revive {});
    assert_eq!(bench.events[0], HandsetEvent::Revived);
    let affiliates = bench.words().into_iter().any(|word| matches!(word, UplinkWord::Affiliate(_)));
    assert!(affiliates, "it is in its talkgroup again");
}

#[test]
fn a_handset_is_killed_by_a_network_that_proves_itself_and_goes_on_no_more() {
    let mut bench = Bench::registered(ProfileId::Iden);
    assert_eq!(orders(&mut bench, 1, RadioOrder::Kill {}), [], "not yet");
    assert_eq!((bench.phase(), &bench.events[..]), (Phase::Idle, &[][..]));
    let asked = challenge(&bench);
    bench.says(proof(KEY, &asked));
    acknowledge(&mut bench);
    assert_eq!(answers(&bench).last().unwrap().refusal, None);
    assert_eq!(bench.events, [HandsetEvent::Killed]);
    assert_eq!(bench.phase(), Phase::Off);
    bench.forget();
    bench.input(Input::PowerOn);
    bench.run(Span::from_secs(20));
    assert_eq!((bench.phase(), bench.words().len()), (Phase::Off, 0));
    assert_eq!(bench.refusals(), [Cause::UnitKilled]);
}

#[test]
fn a_handset_that_nobody_hears_any_more_is_killed_all_the_same() {
    let mut bench = Bench::registered(ProfileId::Iden);
    orders(&mut bench, 1, RadioOrder::Kill {});
    bench.says(proof(KEY, &challenge(&bench)));
    bench.run(Span::from_secs(60));
    assert_eq!(bench.phase(), Phase::Off);
}

#[test]
fn nothing_takes_a_kill_back_while_the_handset_still_says_that_it_obeys() {
    let mut bench = Bench::registered(ProfileId::Iden);
    orders(&mut bench, 1, RadioOrder::Kill {});
    bench.says(proof(KEY, &challenge(&bench)));
    bench.run(Span::from_millis(200));
    for (number, ordered) in [(2, RadioOrder::Stun {}), (3, RadioOrder::Revive {}), (4, locked(43))] {
        bench.forget();
        bench.says(order(number, ordered));
        bench.run_until(|bench| !answers(bench).is_empty(), SECOND);
        let said = answers(&bench).remove(0);
        assert_eq!((said.number.number(), said.refusal), (number, Some(Cause::UnitKilled)), "{ordered}");
        assert_eq!((bench.handset.memory().condition, &bench.events[..]), (Condition::Killed, &[][..]));
    }
    assert_eq!(bench.handset.memory().regrouped, None);
}

#[test]
fn who_does_not_hold_the_key_kills_nobody() {
    let mut bench = Bench::registered(ProfileId::Iden);
    orders(&mut bench, 1, RadioOrder::Kill {});
    let asked = challenge(&bench);
    bench.says(proof(UnitKey::new([9; 16]), &asked));
    acknowledge(&mut bench);
    assert_eq!(answers(&bench).last().unwrap().refusal, Some(Cause::NetworkNotProved));
    assert_eq!(bench.refusals(), [Cause::NetworkNotProved]);
    bench.forget();
    // A challenge counts once: the right answer to it comes too late.
    bench.says(proof(KEY, &asked));
    bench.run(SECOND);
    assert_eq!((bench.phase(), answers(&bench).len()), (Phase::Idle, 0));
    orders(&mut bench, 1, RadioOrder::Kill {});
    let again = challenge(&bench);
    assert_ne!(again.challenge, asked.challenge);
    let of_another = NetworkAnswer { unit: unit(1018), ..proof(KEY, &again) };
    bench.says(of_another);
    bench.run(SECOND);
    assert_eq!(bench.phase(), Phase::Idle);
    assert_eq!(again.order, ProvedOrder::Kill);
}

#[test]
fn a_locked_selector_stays_where_it_is_until_it_is_set_back() {
    let mut bench = Bench::registered(ProfileId::Iden);
    orders(&mut bench, 1, locked(42));
    assert_eq!(bench.events[0], HandsetEvent::Regrouped { talkgroup: talkgroup(42), locked: true });
    assert_eq!(bench.handset.state().selected, talkgroup(42));
    bench.forget();
    bench.input(Input::Select(talkgroup(41)));
    assert_eq!(
        (bench.refusals(), bench.handset.state().selected),
        (vec![Cause::SelectorLocked], talkgroup(42))
    );
    orders(&mut bench, 2, locked(43));
    orders(&mut bench, 3, RadioOrder::Restore {});
    assert_eq!(bench.handset.state().selected, talkgroup(41), "where the user had it");
    assert_eq!(bench.handset.state().regrouped, None);
    assert_eq!(orders(&mut bench, 4, RadioOrder::Restore {}).len(), 1, "it answers, and nothing changes");
}

#[test]
fn a_selector_that_is_not_locked_goes_back_to_where_the_user_turned_it() {
    let mut bench = Bench::registered(ProfileId::Iden);
    let free = RadioOrder::Regroup(Regroup { talkgroup: talkgroup(42), locked: false });
    orders(&mut bench, 1, free);
    bench.input(Input::Select(talkgroup(43)));
    assert_eq!(bench.handset.state().selected, talkgroup(43));
    orders(&mut bench, 2, RadioOrder::Restore {});
    assert_eq!(bench.handset.state().selected, talkgroup(43));
}

#[test]
fn an_answer_waits_until_the_talk_is_over() {
    let mut bench = Bench::registered(ProfileId::Iden).talking();
    let talks = bench.shows.clone();
    bench.shows(order(1, RadioOrder::Check {}));
    bench.run(Span::from_millis(200));
    bench.shows = talks;
    bench.run(SECOND);
    assert_eq!((bench.phase(), answers(&bench).len()), (Phase::Talking, 0));
    bench.input(Input::ReleasePtt);
    bench.shows(bench.floor_idle());
    bench.run(Span::from_secs(3));
    assert!(!answers(&bench).is_empty());
}

#[test]
fn a_microphone_is_opened_without_the_user_noticing_until_the_user_presses() {
    let mut bench = Bench::registered(ProfileId::Iden);
    let monitored = RadioOrder::Monitor(unit(1018));
    bench.says(order(1, monitored));
    bench.run(SECOND);
    let asks = bench.words().into_iter().any(|word| matches!(word, UplinkWord::UnitRequest(_)));
    assert!(asks);
    assert_eq!((bench.phase(), &bench.events[..]), (Phase::Idle, &[][..]), "nothing shows");
    bench.press();
    bench.run(SECOND);
    assert_eq!(bench.phase(), Phase::Idle);
    bench.forget();
    bench.input(Input::ReleasePtt);
    bench.press();
    bench.run(SECOND);
    assert_eq!(bench.phase(), Phase::Requesting, "the next press is the user's own");
}

/// Our microphone is open to unit 1018, and somebody speaks into it.
fn listened_to(profile: ProfileId) -> Bench {
    let mut bench = Bench::registered(profile);
    let asked = |bench: &Bench| {
        bench.words().into_iter().find_map(|word| match word {
            UplinkWord::UnitRequest(word) => Some(word.press),
            _ => None,
        })
    };
    bench.says(order(1, RadioOrder::Monitor(unit(1018))));
    bench.run_until(|bench| asked(bench).is_some(), SECOND);
    let talker = Talker { unit: unit(1017), spurt: spurt(5), press: asked(&bench).unwrap() };
    let parties = Parties::Pair(Pair { caller: unit(1017), called: unit(1018) });
    bench.says(Grant { parties, ..bench.grant(Some(talker)) });
    bench.shows(FloorTaken { parties, ..bench.floor_taken(talker) });
    bench.input(Input::Speech(vec![[4; 8]; 600]));
    let is_heard = |bench: &Bench| bench.words().iter().any(|word| matches!(word, UplinkWord::Voice(_)));
    bench.run_until(is_heard, Span::from_secs(3));
    assert!(is_heard(&bench), "{}", bench.profile.name);
    bench
}

#[test]
fn a_microphone_is_shut_by_the_network_without_the_user_noticing() {
    for profile in PROFILES {
        let mut bench = listened_to(profile.id);
        bench.shows(Release { call: call(9), cause: Cause::MonitorEnded });
        bench.run(Span::from_secs(2));
        bench.shows = None;
        bench.uplink.clear();
        bench.run(Span::from_secs(2));
        assert_eq!((bench.uplink.len(), &bench.events[..]), (0, &[][..]), "{}", profile.name);
        bench.press();
        let asks =
            |bench: &Bench| bench.words().iter().any(|word| matches!(word, UplinkWord::CallRequest(_)));
        bench.run_until(asks, SECOND);
        assert!(asks(&bench), "{}: the next press is the user's own", profile.name);
    }
}

#[test]
fn whose_microphone_is_open_is_shown_what_is_not_of_that_call() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.says(order(1, RadioOrder::Monitor(unit(1018))));
    bench.run(SECOND);
    let (number, from) = (StatusNumber::new(3).unwrap(), Some(teller(9)));
    let message = MessageId { epoch: Epoch::new(1).unwrap(), counter: 9 };
    bench.says(StatusWord { message, from, to: unit(1017).into(), number });
    bench.says(order(2, locked(42)));
    bench.run(SECOND);
    let from = MessageSource::Unit(unit(1018));
    assert_eq!(
        bench.events,
        [
            HandsetEvent::ShowsStatus { number, from, to: unit(1017).into() },
            HandsetEvent::Regrouped { talkgroup: talkgroup(42), locked: true },
        ]
    );
}

#[test]
fn what_orders_made_of_it_outlasts_its_battery() {
    let mut bench = Bench::registered(ProfileId::Iden);
    assert_eq!(bench.handset.memory(), Memory::default(), "nothing was ordered");
    orders(&mut bench, 1, locked(42));
    orders(&mut bench, 2, RadioOrder::Stun {});
    bench.handset = bench.handset.with_new_battery();
    let state = bench.handset.state();
    assert_eq!((state.condition, state.selected), (Condition::Stunned, talkgroup(42)));
    bench.forget();
    bench.input(Input::Select(talkgroup(43)));
    assert_eq!(bench.refusals(), [Cause::SelectorLocked]);
    // A process that begins knows the programming and what was kept.
    let config = crate::handset::HandsetConfig { talkgroup: talkgroup(41), ..bench.handset.programming() };
    let again = Handset::remembering(config.clone(), bench.handset.memory());
    assert_eq!(again.memory(), bench.handset.memory());
    assert_eq!(again.state().selected, talkgroup(42), "where the network set it");

    let killed = Memory { condition: Condition::Killed, ..Memory::default() };
    bench.handset = Handset::remembering(config, killed);
    bench.forget();
    bench.input(Input::PowerOn);
    assert_eq!((bench.refusals(), bench.phase()), (vec![Cause::UnitKilled], Phase::Off));
}
