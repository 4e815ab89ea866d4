//! Dialling, being called, answering and hanging up.

use trunklab_protocol::air_downlink::{Grant, Page, PageOver, Party, Release, Ringing, Sides, Working};
use trunklab_protocol::air_uplink::{PageAnswer, RequestKind, UplinkWord};
use trunklab_protocol::{CallSetup, Cause, PageReply, Pair, Parties, Press, ProfileId, Span};

use super::bench::{Bench, call, spurt, unit};
use crate::handset::Phase;
use crate::input::Input;
use crate::output::HandsetEvent;

fn press(number: u16) -> Press {
    Press::new(number).unwrap()
}

fn page(setup: CallSetup) -> Page {
    let ring_ms = if setup == CallSetup::Ringing { 20_000 } else { 0 };
    Page { unit: unit(1017), caller: unit(1018), press: press(3), setup, ring_ms }
}

/// A grant of the call in which unit 1018 has called us, or we it.
fn pair_grant(bench: &Bench, talker: Option<(u32, u16)>) -> Grant {
    let talker = talker.map(|(who, number)| bench.talker(who, 5, number));
    let pair = Pair { caller: unit(1018), called: unit(1017) };
    Grant { parties: Parties::Pair(pair), ..bench.grant(talker) }
}

fn replies(bench: &Bench) -> Vec<PageReply> {
    let reply = |word: &UplinkWord| {
        if let UplinkWord::PageAnswer(PageAnswer { reply, .. }) = word { Some(*reply) } else { None }
    };
    bench.words().iter().filter_map(reply).collect()
}

/// The number of the last answer to a page.
fn last_answer(bench: &Bench) -> Press {
    let number = |word: &UplinkWord| {
        if let UplinkWord::PageAnswer(word) = word { Some(word.press) } else { None }
    };
    bench.words().iter().rev().find_map(number).unwrap()
}

fn confirm(bench: &mut Bench) {
    let press = last_answer(bench);
    bench.says(Working { unit: unit(1017), press });
    bench.run(Span::from_millis(500));
}

fn ringing() -> Bench {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    bench.says(page(CallSetup::Ringing));
    bench.run(Span::from_millis(500));
    confirm(&mut bench);
    assert_eq!(bench.phase(), Phase::Ringing);
    assert_eq!(bench.handset.state().rung_by, Some(unit(1018)));
    assert_eq!(bench.events, [HandsetEvent::Rings { caller: unit(1018) }]);
    assert_eq!(replies(&bench), [PageReply::Available]);
    bench.forget();
    bench
}

#[test]
fn an_idle_handset_is_available_and_says_so_until_it_is_heard() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    bench.says(page(CallSetup::Immediate));
    bench.says(page(CallSetup::Immediate));
    bench.run(Span::from_secs(1));
    assert!(replies(&bench).len() > 1, "nothing confirms it");
    confirm(&mut bench);
    let said = replies(&bench).len();
    bench.run(Span::from_secs(3));
    assert_eq!(replies(&bench).len(), said);
    assert!(replies(&bench).iter().all(|reply| *reply == PageReply::Available));
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn an_immediate_call_opens_the_called_handset() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    bench.says(pair_grant(&bench, Some((1018, 3))));
    bench.run(Span::from_millis(200));
    assert_eq!(bench.phase(), Phase::Listening);
}

#[test]
fn another_pairs_call_is_not_ours() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    let pair = Pair { caller: unit(1018), called: unit(1019) };
    bench.says(Grant { parties: Parties::Pair(pair), ..pair_grant(&bench, Some((1018, 3))) });
    bench.run(Span::from_millis(200));
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn a_handset_that_asks_for_something_else_is_busy() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    bench.press();
    bench.run(Span::from_millis(200));
    bench.says(page(CallSetup::Immediate));
    bench.run(Span::from_millis(400));
    assert_eq!(replies(&bench).first(), Some(&PageReply::Busy));
}

#[test]
fn a_handset_that_calls_its_caller_lets_its_own_request_answer() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    bench.input(Input::Call { called: unit(1018), setup: CallSetup::Immediate });
    bench.run(Span::from_millis(200));
    bench.says(page(CallSetup::Immediate));
    bench.run(Span::from_millis(400));
    assert_eq!(replies(&bench), []);
    let asked =
        |word: &UplinkWord| matches!(word, UplinkWord::UnitRequest(word) if word.called == unit(1018));
    assert!(bench.words().iter().any(asked));
}

#[test]
fn a_handset_that_takes_no_individual_calls_refuses() {
    let mut bench =
        Bench::programmed(ProfileId::Dmr3, |config| config.refuses_individual_calls = true).switched_on();
    bench.says(page(CallSetup::Ringing));
    bench.run(Span::from_millis(500));
    assert_eq!(replies(&bench).first(), Some(&PageReply::Refuses));
    assert_eq!((bench.phase(), bench.events.len()), (Phase::Idle, 0));
}

#[test]
fn an_answered_handset_goes_to_the_call_when_it_comes() {
    let mut bench = ringing();
    bench.input(Input::Answer);
    bench.run(Span::from_millis(200));
    confirm(&mut bench);
    assert_eq!(replies(&bench).first(), Some(&PageReply::Answers));
    bench.says(pair_grant(&bench, None));
    bench.shows(bench.floor_idle());
    bench.run(Span::from_millis(200));
    assert_eq!(bench.phase(), Phase::Hanging);
}

#[test]
fn a_call_is_declined_by_hanging_up_and_a_group_call_does_not_stop_the_ringing() {
    let mut bench = ringing();
    bench.says(bench.grant(Some(bench.talker(1019, 6, 1))));
    bench.run(Span::from_millis(200));
    assert_eq!(bench.phase(), Phase::Ringing);
    bench.input(Input::HangUp);
    bench.run(Span::from_millis(200));
    assert_eq!(replies(&bench).first(), Some(&PageReply::Refuses));
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn it_stops_ringing_when_the_caller_hung_up_and_when_it_has_rung_long_enough() {
    let mut bench = ringing();
    let over =
        PageOver { unit: unit(1017), caller: unit(1018), press: press(3), cause: Cause::RequestCancelled };
    bench.says(over.clone());
    bench.says(over);
    bench.run(Span::from_millis(300));
    let gone = HandsetEvent::RingOver { caller: unit(1018), cause: Cause::RequestCancelled };
    assert_eq!((bench.phase(), bench.events.clone()), (Phase::Idle, vec![gone]));

    let mut bench = ringing();
    bench.run(Span::from_secs(26));
    let over = HandsetEvent::RingOver { caller: unit(1018), cause: Cause::NoAnswer };
    assert_eq!((bench.phase(), bench.events.clone()), (Phase::Idle, vec![over]));
}

#[test]
fn an_emergency_goes_before_a_call_that_rings() {
    let mut bench = ringing();
    bench.input(Input::PressPtt { kind: RequestKind::Emergency });
    bench.run(Span::from_millis(200));
    assert_eq!(bench.phase(), Phase::Requesting);
}

#[test]
fn the_caller_hears_once_that_it_rings_and_gives_up_by_hanging_up() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    bench.input(Input::Call { called: unit(1018), setup: CallSetup::Ringing });
    bench.run(Span::from_millis(200));
    let UplinkWord::UnitRequest(request) = bench.words()[0].clone() else { panic!("{:?}", bench.words()) };
    for _ in 0..2 {
        bench.says(Ringing { unit: unit(1017), press: request.press });
    }
    bench.run(Span::from_secs(6));
    assert_eq!(bench.events, [HandsetEvent::CalledRings { called: unit(1018) }]);
    bench.forget();
    bench.input(Input::HangUp);
    bench.run(Span::from_millis(200));
    assert!(matches!(&bench.words()[0], UplinkWord::CallCancel(word) if word.press == request.press));
}

#[test]
fn hanging_up_is_said_until_the_call_is_released() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    bench.says(pair_grant(&bench, None));
    bench.shows(bench.floor_idle());
    bench.run(Span::from_millis(300));
    assert_eq!(bench.phase(), Phase::Hanging);
    bench.forget();
    bench.input(Input::HangUp);
    bench.run(Span::from_millis(300));
    assert!(matches!(&bench.words()[0], UplinkWord::HangUp(word) if word.call == call(9)));
    bench.shows(Release { call: call(9), cause: Cause::HungUp });
    bench.run(Span::from_millis(300));
    assert_eq!(bench.phase(), Phase::Idle);
    assert_eq!(bench.events, [HandsetEvent::Left { call: call(9), cause: Cause::HungUp }]);
}

#[test]
fn a_press_at_the_end_of_a_call_of_two_is_not_said_to_the_talkgroup() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    bench.says(pair_grant(&bench, None));
    bench.shows(bench.floor_idle());
    bench.run(Span::from_millis(300));
    bench.press();
    bench.run(Span::from_millis(100));
    bench.shows(Release { call: call(9), cause: Cause::HangTimeOver });
    bench.run(Span::from_millis(500));
    let group = |word: &UplinkWord| matches!(word, UplinkWord::CallRequest(_));
    assert!(!bench.words().iter().any(group), "{:?}", bench.words());
    assert_eq!(bench.phase(), Phase::Idle);
}

/// A grant of the call in which unit 1018 and we talk at once, on the slot of this unit.
fn duplex_grant(bench: &Bench, near: u32) -> Grant {
    let of = |number: u32| Party { unit: unit(number), spurt: spurt(number) };
    let duplex = Some(Sides { near: of(near), far: of(if near == 1017 { 1018 } else { 1017 }) });
    Grant { duplex, ..pair_grant(bench, None) }
}

/// Unit 1018 has rung us, we have answered, and both talk.
fn conversing() -> Bench {
    let mut bench = ringing();
    bench.input(Input::Answer);
    bench.run(Span::from_millis(500));
    confirm(&mut bench);
    // The other one's slot is not for us.
    bench.says(duplex_grant(&bench, 1018));
    bench.run(Span::from_millis(300));
    assert_eq!(bench.phase(), Phase::Ringing);
    bench.says(duplex_grant(&bench, 1017));
    bench.run(Span::from_millis(300));
    assert_eq!(bench.phase(), Phase::Conversing);
    assert!(bench.events.contains(&HandsetEvent::TalkPermit { call: call(9) }));
    bench.forget();
    bench
}

fn frames_of_nines(word: &UplinkWord) -> usize {
    let UplinkWord::Voice(voice) = word else { return 0 };
    voice.frames.frames().iter().filter(|frame| **frame == Some([9; 8])).count()
}

fn says_speech(bench: &Bench) -> bool {
    bench.words().iter().any(|word| matches!(word, UplinkWord::Voice(_)))
}

#[test]
fn in_a_full_duplex_call_the_microphone_is_open_and_the_other_is_heard() {
    let mut bench = conversing();
    bench.shows(bench.voice(1018, 1018, 0));
    bench.run(Span::from_millis(500));
    assert!(says_speech(&bench));
    assert_eq!(bench.events, [HandsetEvent::Hears { call: call(9), talker: unit(1018) }]);
    assert_eq!(bench.phase(), Phase::Conversing);
}

#[test]
fn the_button_has_no_effect_in_a_full_duplex_call() {
    let mut bench = conversing();
    bench.shows(bench.voice(1018, 1018, 0));
    bench.press();
    bench.run(Span::from_millis(300));
    bench.input(Input::ReleasePtt);
    bench.forget();
    bench.input(Input::Speech(vec![[9; 8]; 15]));
    bench.run(Span::from_millis(600));
    let said: usize = bench.words().iter().map(frames_of_nines).sum();
    assert_eq!(said, 15, "the microphone is open");
    assert_eq!(bench.phase(), Phase::Conversing);
}

#[test]
fn who_hangs_up_says_no_more_and_hears_no_more() {
    let mut bench = conversing();
    bench.input(Input::HangUp);
    bench.forget();
    bench.shows(bench.voice(1018, 1018, 0));
    bench.run(Span::from_millis(500));
    assert!(!says_speech(&bench));
    assert!(bench.words().iter().any(|word| matches!(word, UplinkWord::HangUp(_))));
    assert_eq!(bench.events, []);
    bench.says(Release { call: call(9), cause: Cause::HungUp });
    bench.run(Span::from_millis(300));
    assert_eq!(bench.phase(), Phase::Idle);
}

#[test]
fn nobodys_microphone_is_opened_unasked() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    bench.says(duplex_grant(&bench, 1017));
    bench.run(Span::from_millis(500));
    assert_eq!(bench.phase(), Phase::Idle);
}
