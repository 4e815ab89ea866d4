#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks for one word among many")]
use trunklab_protocol::air_downlink::{
    AlertOver, CallAlert as AlertWord, MessageDelivered, MessageRefused, SiteService, Status as StatusWord,
    Working,
};
use trunklab_protocol::air_uplink::UplinkWord;
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::{
    Addressee, Cause, Epoch, MessageId, MessageReply, Press, ProfileId, Span, StatusNumber, Teller,
};

use super::bench::*;
use crate::handset::Phase;
use crate::input::Input;
use crate::output::{HandsetEvent, MessageSource};

fn status(number: u16) -> StatusNumber {
    StatusNumber::new(number).unwrap()
}

fn message(counter: u32) -> MessageId {
    MessageId { epoch: Epoch::new(1).unwrap(), counter }
}

fn tells() -> Input {
    Input::Status { number: status(3), to: Some(unit(1018).into()) }
}

/// The numbers under which messages were told, one for each time.
fn told(bench: &Bench) -> Vec<Press> {
    let press = |word: &UplinkWord| match word {
        UplinkWord::Status(word) => Some(word.press),
        UplinkWord::CallAlert(word) => Some(word.press),
        _ => None,
    };
    bench.words().iter().filter_map(press).collect()
}

fn replies(bench: &Bench) -> Vec<(u32, MessageReply)> {
    let reply = |word: &UplinkWord| match word {
        UplinkWord::MessageAnswer(word) => Some((word.message.counter, word.reply)),
        _ => None,
    };
    bench.words().iter().filter_map(reply).collect()
}

/// The message that unit 1018 numbers so.
fn teller(press: u32) -> Teller {
    Teller { unit: unit(1018), press: Press::new(press as u16).unwrap() }
}

fn heard(counter: u32, to: impl Into<Addressee>) -> StatusWord {
    StatusWord { message: message(counter), from: Some(teller(counter)), to: to.into(), number: status(3) }
}

fn alert(counter: u32, from: Option<u32>) -> AlertWord {
    let from = from.map(|from| Teller { unit: unit(from), press: Press::new(counter as u16).unwrap() });
    AlertWord { message: message(counter), unit: unit(1017), from, repeat_ms: 3_000, limit_ms: 20_000 }
}

/// The network works on the last answer.
fn confirms(bench: &mut Bench) {
    let press = bench.words().iter().rev().find_map(|word| match word {
        UplinkWord::MessageAnswer(word) => Some(word.press),
        _ => None,
    });
    bench.says(Working { unit: unit(1017), press: press.unwrap() });
    bench.run(Span::from_secs(1));
}

fn alerted(bench: &Bench) -> usize {
    bench.events.iter().filter(|event| matches!(event, HandsetEvent::Alerted { .. })).count()
}

#[test]
fn a_status_is_told_until_it_is_answered_and_its_user_learns_what_became_of_it() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id);
        bench.input(tells());
        bench.run_until(|bench| told(bench).len() > 1, Span::from_secs(30));
        let press = told(&bench)[0];
        assert!(told(&bench).iter().all(|again| *again == press), "{}", profile.name);
        bench.says(Working { unit: unit(1017), press });
        bench.run(Span::from_secs(1));
        let before = told(&bench).len();
        bench.run(Span::from_secs(3));
        assert_eq!(told(&bench).len(), before, "{}: it is worked on", profile.name);
        bench.says(MessageDelivered { unit: unit(1017), press });
        bench.says(MessageDelivered { unit: unit(1017), press });
        bench.run(Span::from_secs(1));
        let delivered = bench.events.iter().filter(|event| **event == HandsetEvent::MessageDelivered);
        assert_eq!(delivered.count(), 1, "{}", profile.name);
    }
}

#[test]
fn a_status_that_nothing_answers_is_given_up() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.input(tells());
    bench.run(Span::from_secs(30));
    assert_eq!(told(&bench).len(), 3);
    assert!(bench.events.contains(&HandsetEvent::MessageRefused { cause: Cause::NoAnswer }));
}

#[test]
fn an_answer_that_is_lost_is_asked_for_again_under_the_same_number() {
    let mut bench = Bench::registered(ProfileId::Dmr3);
    bench.input(tells());
    bench.run_until(|bench| !told(bench).is_empty(), Span::from_secs(3));
    let press = told(&bench)[0];
    bench.says(Working { unit: unit(1017), press });
    bench.run(Span::from_secs(4));
    assert_eq!(told(&bench), [press], "it is worked on");
    bench.run(Span::from_secs(3));
    assert!(told(&bench).len() > 1 && told(&bench).iter().all(|again| *again == press), "{:?}", told(&bench));
}

#[test]
fn a_talker_tells_it_in_place_of_one_burst_of_speech_and_goes_on_talking() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id).talking();
        bench.input(tells());
        bench.run_until(|bench| !told(bench).is_empty(), Span::from_secs(2));
        let place = bench.uplink.last().unwrap().1.place;
        assert_eq!((place.channel, place.at), (Channel::Traffic, bench.traffic()), "{}", profile.name);
        let press = told(&bench)[0];
        let talker = bench.talker(1017, 5, 1);
        bench.shows(MessageDelivered { unit: unit(1017), press });
        bench.run_until(|bench| bench.events.contains(&HandsetEvent::MessageDelivered), Span::from_secs(1));
        bench.shows(bench.floor_taken(talker));
        assert!(bench.events.contains(&HandsetEvent::MessageDelivered), "{}", profile.name);
        bench.forget();
        bench.run(Span::from_secs(2));
        assert_eq!((bench.phase(), told(&bench).len()), (Phase::Talking, 0), "{}", profile.name);
        assert!(bench.words().iter().any(|word| matches!(word, UplinkWord::Voice(_))), "{}", profile.name);
    }
}

#[test]
fn a_listener_tells_it_on_the_control_channel_and_listens_on() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id).listening();
        bench.input(tells());
        bench.run_until(|bench| !told(bench).is_empty(), Span::from_secs(3));
        assert_eq!(bench.uplink.last().unwrap().1.place.channel, Channel::Control, "{}", profile.name);
        assert_eq!(bench.phase(), Phase::Listening, "{}", profile.name);
    }
}

#[test]
fn a_status_that_is_heard_often_is_confirmed_and_shown_once() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id);
        for _ in 0..3 {
            bench.says(heard(7, unit(1017)));
        }
        bench.run_until(|bench| !replies(bench).is_empty(), Span::from_secs(3));
        confirms(&mut bench);
        assert_eq!(replies(&bench), [(7, MessageReply::Received)], "{}", profile.name);
        let shown = bench.events.iter().filter(|event| matches!(event, HandsetEvent::ShowsStatus { .. }));
        assert_eq!(shown.count(), 1, "{}", profile.name);
        bench.run(Span::from_secs(2));
        bench.forget();
        bench.says(heard(7, unit(1017)));
        bench.run(Span::from_secs(2));
        assert!(!replies(&bench).is_empty(), "{}: its confirmation was lost", profile.name);
        assert!(bench.events.is_empty(), "{}: {:?}", profile.name, bench.events);
    }
}

#[test]
fn what_is_for_others_is_neither_shown_nor_confirmed() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.says(heard(7, unit(1018)));
    bench.says(heard(8, talkgroup(42)));
    bench.says(AlertWord { unit: unit(1018), ..alert(9, Some(1019)) });
    bench.says(StatusWord {
        from: Some(Teller { unit: unit(1017), ..teller(10) }),
        ..heard(10, talkgroup(41))
    });
    bench.run(Span::from_secs(3));
    assert!(bench.events.is_empty() && bench.uplink.is_empty(), "{:?}", bench.events);
    bench.says(heard(11, talkgroup(41)));
    bench.run(Span::from_secs(2));
    assert_eq!((bench.events.len(), bench.uplink.len()), (1, 0), "a talkgroup's is shown, and not confirmed");
}

#[test]
fn an_alert_is_told_again_and_again_until_a_press_calls_back() {
    for profile in PROFILES {
        let mut bench = Bench::registered(profile.id);
        bench.says(alert(7, Some(1018)));
        bench.run(Span::from_secs(1));
        confirms(&mut bench);
        bench.run(Span::from_secs(8));
        assert!((3..=4).contains(&alerted(&bench)), "{}: {}", profile.name, alerted(&bench));
        assert_eq!(bench.handset.state().alerted_by, Some(MessageSource::Unit(unit(1018))));
        bench.forget();
        bench.press();
        bench.run(Span::from_secs(1));
        let calls =
            |word: &UplinkWord| matches!(word, UplinkWord::UnitRequest(word) if word.called == unit(1018));
        assert!(bench.words().iter().any(calls), "{}: {:?}", profile.name, bench.words());
        bench.run(Span::from_secs(10));
        assert_eq!((alerted(&bench), bench.handset.state().alerted_by), (0, None), "{}", profile.name);
    }
}

#[test]
fn a_press_answers_an_operator_in_the_talkgroup() {
    let mut bench = Bench::registered(ProfileId::Tetra);
    bench.says(alert(7, None));
    bench.run(Span::from_secs(1));
    confirms(&mut bench);
    bench.press();
    bench.run(Span::from_secs(1));
    assert!(bench.words().iter().any(|word| matches!(word, UplinkWord::CallRequest(_))));
    assert_eq!(bench.handset.state().alerted_by, None);
}

#[test]
fn an_alert_ends_by_itself_and_when_the_network_says_so_and_when_its_user_dismisses_it() {
    let mut bench = Bench::registered(ProfileId::Iden);
    let over = |bench: &Bench, cause| {
        let from = MessageSource::Unit(unit(1018));
        bench.events.contains(&HandsetEvent::AlertOver { from, cause })
    };
    bench.says(alert(7, Some(1018)));
    bench.run(Span::from_secs(1));
    confirms(&mut bench);
    bench.run(Span::from_secs(25));
    assert!(over(&bench, Cause::AlertExpired));
    bench.says(alert(8, Some(1018)));
    bench.run(Span::from_secs(1));
    confirms(&mut bench);
    bench.says(AlertOver { message: message(8), unit: unit(1017), cause: Cause::RequestCancelled });
    bench.run(Span::from_secs(1));
    assert!(over(&bench, Cause::RequestCancelled));
    bench.says(alert(9, Some(1018)));
    bench.run(Span::from_secs(1));
    confirms(&mut bench);
    bench.input(Input::HangUp);
    bench.run(Span::from_secs(1));
    assert!(over(&bench, Cause::AlertDismissed));
    assert!(replies(&bench).contains(&(9, MessageReply::Dismissed)));
}

#[test]
fn in_a_call_a_press_is_for_the_call_and_the_alert_goes_on() {
    let mut bench = Bench::registered(ProfileId::Iden).hanging();
    bench.shows(alert(7, Some(1018)));
    bench.run_until(|bench| alerted(bench) > 0, Span::from_secs(1));
    bench.shows(bench.floor_idle());
    bench.press();
    bench.run(Span::from_secs(1));
    assert!(
        bench.words().iter().any(|word| matches!(word, UplinkWord::FloorRequest(_))),
        "{:?}",
        bench.words()
    );
    assert_eq!(bench.handset.state().alerted_by, Some(MessageSource::Unit(unit(1018))));
}

#[test]
fn a_flood_of_alerts_leaves_the_last_four_and_never_alerts_without_a_pause() {
    let mut bench = Bench::registered(ProfileId::Iden);
    for number in 0..40 {
        bench.says(AlertWord { repeat_ms: 0, limit_ms: u32::MAX, ..alert(number, Some(2_000 + number)) });
    }
    bench.run(Span::from_secs(8));
    bench.forget();
    bench.run(Span::from_secs(10));
    assert!((36..=44).contains(&alerted(&bench)), "{}: four, each once a second", alerted(&bench));
}

#[test]
fn one_message_at_a_time_and_none_without_service() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.input(tells());
    bench.input(tells());
    assert!(bench.events.contains(&HandsetEvent::MessageRefused { cause: Cause::TooManyMessages }));
    bench.run(Span::from_secs(30));
    bench.forget();
    bench.system.service = SiteService::NoService;
    bench.run(Span::from_secs(2));
    bench.forget();
    bench.input(tells());
    assert_eq!(bench.events, [HandsetEvent::MessageRefused { cause: Cause::SiteUnavailable }]);
    bench.run(Span::from_secs(2));
    assert!(bench.uplink.is_empty());
}

#[test]
fn who_is_not_registered_learns_it_at_once() {
    let mut bench = Bench::new(ProfileId::Iden);
    bench.registers = false;
    bench.input(Input::PowerOn);
    bench.run(Span::from_secs(5));
    bench.forget();
    bench.input(tells());
    assert_eq!(bench.events, [HandsetEvent::MessageRefused { cause: Cause::NotRegistered }]);
}

#[test]
fn an_alert_is_called_back_until_that_is_confirmed() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.input(Input::CallAlert { called: unit(1018) });
    bench.run_until(|bench| !told(bench).is_empty(), Span::from_secs(2));
    let press = told(&bench)[0];
    bench.says(MessageDelivered { unit: unit(1017), press });
    bench.run(Span::from_secs(1));
    bench.input(Input::CancelAlert);
    bench.run(Span::from_secs(1));
    let cancels = |word: &UplinkWord| matches!(word, UplinkWord::AlertCancel(word) if word.press == press);
    assert!(bench.words().iter().any(cancels));
    bench.says(MessageRefused { unit: unit(1017), press, cause: Cause::RequestCancelled });
    bench.run(Span::from_secs(1));
    assert!(bench.events.contains(&HandsetEvent::MessageRefused { cause: Cause::RequestCancelled }));
    bench.forget();
    bench.input(Input::CancelAlert);
    bench.run(Span::from_secs(2));
    assert!(bench.uplink.is_empty(), "there is none any more");
}

#[test]
fn a_radio_that_is_switched_off_forgets_who_alerted() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.says(alert(7, Some(1018)));
    bench.run(Span::from_secs(1));
    bench.input(Input::PowerOff);
    bench.run(Span::from_secs(2));
    assert_eq!(bench.handset.state().alerted_by, None);
}

/// Of the next term of office, which counts its messages anew.
fn anew(counter: u32) -> MessageId {
    MessageId { epoch: Epoch::new(2).unwrap(), counter }
}

fn shown(bench: &Bench) -> usize {
    bench.events.iter().filter(|event| matches!(event, HandsetEvent::ShowsStatus { .. })).count()
}

#[test]
fn a_message_that_the_next_term_says_anew_is_confirmed_and_not_shown_again() {
    let mut bench = Bench::registered(ProfileId::Iden);
    bench.says(heard(7, unit(1017)));
    bench.run(Span::from_millis(200));
    // Soon enough to be no echo of what was confirmed.
    bench.says(StatusWord { message: anew(1), ..heard(7, unit(1017)) });
    confirms(&mut bench);
    confirms(&mut bench);
    let mut confirmed = replies(&bench);
    confirmed.dedup();
    assert_eq!(
        (shown(&bench), confirmed),
        (1, vec![(7, MessageReply::Received), (1, MessageReply::Received)])
    );
    bench.says(StatusWord { message: anew(2), ..heard(8, unit(1017)) });
    bench.run(Span::from_millis(200));
    assert_eq!(shown(&bench), 2, "its sender's next one");
    bench.says(heard(20, talkgroup(41)));
    bench.says(StatusWord { message: anew(3), ..heard(20, talkgroup(41)) });
    bench.run(Span::from_millis(200));
    assert_eq!(shown(&bench), 3, "whoever hears a talkgroup as well");
    // Within one term, and after a minute, the same number is another message: its sender began to count anew.
    bench.says(StatusWord { message: anew(4), ..heard(20, talkgroup(41)) });
    bench.run(Span::from_secs(61));
    bench.says(StatusWord { message: message(30), ..heard(8, unit(1017)) });
    bench.run(Span::from_millis(200));
    assert_eq!(shown(&bench), 5);
}

#[test]
fn an_alert_that_the_next_term_says_anew_goes_on_and_ends_under_its_new_id() {
    let mut bench = Bench::registered(ProfileId::Tetra);
    bench.says(alert(7, Some(1018)));
    bench.run(Span::from_secs(2));
    bench.says(AlertWord { message: anew(1), ..alert(7, Some(1018)) });
    bench.run(Span::from_millis(500));
    assert_eq!(alerted(&bench), 1);
    bench.says(AlertOver { message: anew(1), unit: unit(1017), cause: Cause::RequestCancelled });
    bench.run(Span::from_millis(200));
    let over =
        HandsetEvent::AlertOver { from: MessageSource::Unit(unit(1018)), cause: Cause::RequestCancelled };
    assert!(bench.events.contains(&over), "{:?}", bench.events);
}
