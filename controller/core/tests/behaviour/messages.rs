//! Status and call alert (docs/services.md 13.4).

use trunklab_controller_core::config::{Change, Subscriber};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::{MessageRecord, Output, StoreItem};
use trunklab_protocol::operator::{MESSAGES_SHOWN_MAX, MessageStage, Order, Sender, StatusText};
use trunklab_protocol::{
    Addressee, Cause, Epoch, MessageId, MessageKind, MessageReply, Press, Service, Services, StatusNumber,
    UnitId, from_site,
};

use crate::support::{System, press, subscriber, talkgroup, unit};

fn status(number: u16) -> StatusNumber {
    StatusNumber::new(number).unwrap()
}

/// Units 1017 and 1019 at site 3, 1018 at site 5, all in talkgroup 41; statuses 1 to 3; the times of the defaults.
fn system() -> System {
    let mut system = System::with_two_sites(2);
    system.has_units_at(3, &[1019], 41);
    let text = |number| StatusText { number: status(number), text: format!("Status {number}") };
    system.with(|parameters| parameters.statuses = vec![text(1), text(2), text(3)]);
    system
}

fn tells(system: &mut System, site: u16, number: u16, to: Option<Addressee>, what: u16) {
    let message = from_site::Status { unit: unit(1017), press: press(number), to, number: status(what) };
    system.from_site(site, message);
}

fn alerts(system: &mut System, from: u32, number: u16, called: u32) {
    let site = if from == 1018 { 5 } else { 3 };
    let message = from_site::CallAlert { unit: unit(from), press: press(number), called: unit(called) };
    system.from_site(site, message);
}

fn id(counter: u32) -> MessageId {
    MessageId { epoch: Epoch::new(1).unwrap(), counter }
}

fn answers(system: &mut System, who: u32, counter: u32, reply: MessageReply) {
    let site = if who == 1018 { 5 } else { 3 };
    system.from_site(site, from_site::MessageAnswer { unit: unit(who), message: id(counter), reply });
}

/// The store answers what it was asked for last.
fn store_answers(system: &mut System, kept: bool) {
    let asked = system.outputs.iter().rev().find_map(|output| match output {
        Output::Store { id, item: StoreItem::Message(_) } => Some(*id),
        _ => None,
    });
    let id = asked.expect("a record was to be kept");
    system.input(if kept { Input::Stored { id } } else { Input::StoreFailed { id } });
}

fn record(system: &System) -> MessageRecord {
    let kept = system.outputs.iter().rev().find_map(|output| match output {
        Output::Store { item: StoreItem::Message(record), .. } => Some(MessageRecord::clone(record)),
        _ => None,
    });
    kept.expect("a record was to be kept")
}

fn refused_as(cause: Cause) -> String {
    format!("site 3 -> message of unit 1017 refused: {cause}")
}

#[test]
fn a_status_for_a_unit_is_told_of_when_its_radio_has_it_and_the_store_as_well() {
    let mut system = system();
    tells(&mut system, 3, 100, Some(unit(1018).into()), 3);
    system.expect_sites_hear(&["site 5 -> message 1: status 3 from unit 1017 for unit 1018"]);
    answers(&mut system, 1018, 1, MessageReply::Received);
    system.expect("store -> message 1 delivered");
    system.expect_no("of unit 1017 delivered");
    store_answers(&mut system, true);
    system.expect_sites_hear(&["site 3 -> message of unit 1017 delivered"]);
    system.expect("event: message 1 delivered");
    let view = &system.controller.snapshot(system.now).messages[0];
    assert_eq!((view.stage, view.kind), (MessageStage::Delivered, MessageKind::Status(status(3))));
    assert_eq!(view.from, Sender::Unit(unit(1017)));
}

#[test]
fn what_the_store_cannot_keep_is_not_delivered() {
    let mut system = system();
    tells(&mut system, 3, 100, Some(unit(1018).into()), 3);
    answers(&mut system, 1018, 1, MessageReply::Received);
    store_answers(&mut system, false);
    system.expect(&refused_as(Cause::DurableStoreFailed));
}

#[test]
fn a_status_that_nobody_confirms_is_said_again_and_given_up() {
    let mut system = system();
    tells(&mut system, 3, 100, Some(unit(1018).into()), 3);
    for _ in 0..2 {
        system.after_ms(2_000);
        system.expect_sites_hear(&["site 5 -> message 1: status 3 from unit 1017 for unit 1018"]);
    }
    system.after_ms(2_000);
    system.expect_sites_hear(&[&refused_as(Cause::MessageUnconfirmed)]);
    let MessageRecord { outcome, sites, requested, .. } = record(&system);
    assert_eq!(
        outcome.map(|(at, why)| (at.since(requested).as_millis(), why)),
        Some((6_000, Err(Cause::MessageUnconfirmed)))
    );
    assert_eq!(sites.len(), 1, "it was said at one site, however often");
    answers(&mut system, 1018, 1, MessageReply::Received);
    system.expect("event: dropped: the message repeats what is already known");
}

#[test]
fn a_repeated_request_is_one_message_and_has_one_answer() {
    let mut system = system();
    let to = Some(unit(1018).into());
    tells(&mut system, 3, 100, to, 3);
    tells(&mut system, 3, 100, to, 3);
    system.expect_sites_hear(&[]);
    answers(&mut system, 1018, 1, MessageReply::Received);
    store_answers(&mut system, true);
    tells(&mut system, 3, 100, to, 3);
    system.expect_sites_hear(&["site 3 -> message of unit 1017 delivered"]);
    tells(&mut system, 3, 99, to, 3);
    system.expect("event: dropped: the message repeats what is already known");
    tells(&mut system, 3, 101, to, 9);
    tells(&mut system, 3, 101, to, 9);
    system.expect_sites_hear(&[&refused_as(Cause::StatusUnknown)]);
}

#[test]
fn a_confirmation_that_comes_twice_or_from_another_changes_nothing() {
    let mut system = system();
    tells(&mut system, 3, 100, Some(unit(1018).into()), 3);
    answers(&mut system, 1019, 1, MessageReply::Received);
    system.expect("event: dropped: the message repeats what is already known");
    answers(&mut system, 1018, 2, MessageReply::Received);
    system.expect("event: dropped: the message repeats what is already known");
    answers(&mut system, 1018, 1, MessageReply::Received);
    answers(&mut system, 1018, 1, MessageReply::Received);
    system.expect("event: dropped: the message repeats what is already known");
    system.expect_no("store");
    answers(&mut system, 1018, 1, MessageReply::Dismissed);
    system.expect_no("store");
}

#[test]
fn each_check_has_its_cause_and_leaves_a_record() {
    let mut system = system();
    system.has_talkgroup(42);
    system.provision(Change::Subscriber(subscriber(1020, &[41])));
    system.provision(Change::Subscriber(subscriber(1017, &[41, 43])));
    system.has_talkgroup(43);
    let group = |number| Some(talkgroup(number).into());
    let cases: [(Option<Addressee>, u16, Cause); 7] = [
        (Some(unit(1018).into()), 4, Cause::StatusUnknown),
        (Some(unit(1017).into()), 1, Cause::MessageToSelf),
        (Some(unit(4711).into()), 1, Cause::CalledUnknown),
        (Some(unit(1020).into()), 1, Cause::CalledNotRegistered),
        (group(99), 1, Cause::UnknownTalkgroup),
        (group(42), 1, Cause::NotAMember),
        (group(43), 1, Cause::NobodyListens),
    ];
    for (count, (to, what, cause)) in (200..).zip(cases) {
        tells(&mut system, 3, count, to, what);
        system.expect_sites_hear(&[&refused_as(cause)]);
        assert_eq!(record(&system).outcome, Some((system.now, Err(cause))));
    }
    system.loses_site(5);
    tells(&mut system, 3, 300, Some(unit(1018).into()), 1);
    system.expect_sites_hear(&[&refused_as(Cause::CalledNotRegistered)]);
    assert_eq!(system.controller.snapshot(system.now).messages.len(), 8, "operators see what was refused");
}

#[test]
fn what_is_for_a_stunned_unit_is_refused() {
    let mut system = system();
    system.console(Order::Stun { unit: unit(1018) });
    tells(&mut system, 3, 100, Some(unit(1018).into()), 1);
    system.expect_sites_hear(&[&refused_as(Cause::CalledRefuses)]);
    alerts(&mut system, 1017, 101, 1018);
    system.expect_sites_hear(&[&refused_as(Cause::CalledRefuses)]);
    orders(&mut system, Order::SendStatus { to: unit(1018).into(), number: status(1) });
    system.expect(&format!("order not carried out: {}", Cause::CalledRefuses));
    system.console(Order::Revive { unit: unit(1018) });
    tells(&mut system, 3, 102, Some(unit(1018).into()), 1);
    system.expect("site 5 -> message 4: status 1 from unit 1017 for unit 1018");
}

#[test]
fn what_is_on_its_way_to_a_unit_ends_when_it_is_stunned() {
    let mut system = system();
    tells(&mut system, 3, 100, Some(unit(1018).into()), 3);
    system.console(Order::Stun { unit: unit(1018) });
    system.expect(&refused_as(Cause::CalledRefuses));
    answers(&mut system, 1018, 1, MessageReply::Received);
    system.expect(&format!("event: dropped: {}", Cause::Duplicate));
}

#[test]
fn an_alert_ends_when_its_unit_is_stunned() {
    let mut system = alerting();
    system.console(Order::Stun { unit: unit(1018) });
    system.expect(&format!("event: alert 1 of unit 1018 over: {}", Cause::CalledRefuses));
    assert_eq!(record(&system).ended, Some((system.now, Cause::CalledRefuses)));
}

#[test]
fn a_regrouped_unit_tells_the_talkgroup_where_it_is_set() {
    let mut system = system();
    system.has_talkgroup(42);
    system.has_units_at(5, &[1028], 42);
    tells(&mut system, 3, 100, Some(talkgroup(42).into()), 1);
    system.expect_sites_hear(&[&refused_as(Cause::NotAMember)]);
    system.console(Order::Regroup { unit: unit(1017), talkgroup: talkgroup(42), locked: false });
    tells(&mut system, 3, 101, Some(talkgroup(42).into()), 1);
    system.expect("site 5 -> message 2: status 1 from unit 1017 for talkgroup 42");
}

#[test]
fn who_is_not_at_the_site_tells_nothing_and_leaves_no_record() {
    let mut system = system();
    tells(&mut system, 5, 100, None, 1);
    system.expect_sites_hear(&[&format!("site 5 -> message of unit 1017 refused: {}", Cause::WrongSite)]);
    system.expect_no("store");
}

#[test]
fn a_status_for_a_talkgroup_goes_to_each_of_its_sites_three_times() {
    let mut system = system();
    tells(&mut system, 3, 100, Some(talkgroup(41).into()), 2);
    let said =
        [3, 5].map(|site| format!("site {site} -> message 1: status 2 from unit 1017 for talkgroup 41"));
    let said: Vec<_> = said.iter().map(String::as_str).collect();
    system.expect_sites_hear(&said);
    store_answers(&mut system, true);
    system.expect_sites_hear(&["site 3 -> message of unit 1017 delivered"]);
    for _ in 0..2 {
        system.after_ms(2_000);
        system.expect_sites_hear(&said);
    }
    system.after_ms(10_000);
    system.expect_sites_hear(&[]);
}

#[test]
fn a_status_for_the_consoles_is_delivered_when_it_is_kept() {
    let mut system = system();
    tells(&mut system, 3, 100, None, 2);
    system.expect("event: message 1 of unit 1017 sent");
    system.expect_sites_hear(&[]);
    store_answers(&mut system, true);
    system.expect_sites_hear(&["site 3 -> message of unit 1017 delivered"]);
}

#[test]
fn a_message_follows_a_unit_to_another_site() {
    let mut system = system();
    tells(&mut system, 3, 100, Some(unit(1018).into()), 3);
    system.unit(1018).registers_at(3, Some(41));
    system.after_ms(2_000);
    system.expect_sites_hear(&["site 3 -> message 1: status 3 from unit 1017 for unit 1018"]);
    system.unit(1018).is_switched_off();
    system.expect(&refused_as(Cause::CalledNotRegistered));
}

#[test]
fn a_radio_that_is_switched_off_has_no_alert_any_more() {
    let mut system = alerting();
    system.unit(1018).is_switched_off();
    system.expect(&format!("event: alert 1 of unit 1018 over: {}", Cause::CalledNotRegistered));
    system.after_ms(120_000);
    system.expect_no("over");
}

/// Unit 1017 alerts 1018, which has confirmed it.
fn alerting() -> System {
    let mut system = system();
    alerts(&mut system, 1017, 100, 1018);
    system.expect_sites_hear(&["site 5 -> message 1: unit 1017 alerts unit 1018"]);
    answers(&mut system, 1018, 1, MessageReply::Received);
    store_answers(&mut system, true);
    system.expect_sites_hear(&["site 3 -> message of unit 1017 delivered"]);
    system
}

#[test]
fn a_call_to_who_alerts_answers_the_alert_and_no_other_does() {
    let mut system = alerting();
    system.unit(1018).calls(1019);
    system.expect_no("over");
    system.unit(1018).presses_ptt(41);
    system.expect_no("alert 1");
    system.unit(1018).calls(1017);
    system.expect(&format!("event: alert 1 of unit 1018 over: {}", Cause::AlertAnswered));
    assert_eq!(record(&system).ended, Some((system.now, Cause::AlertAnswered)));
    let stage = system.controller.snapshot(system.now).messages[0].stage;
    assert_eq!(stage, MessageStage::Over(Cause::AlertAnswered));
}

#[test]
fn an_answer_that_comes_before_the_confirmation_is_both() {
    let mut system = system();
    alerts(&mut system, 1017, 100, 1018);
    system.unit(1018).calls(1017);
    system.expect(&format!("store -> message 1 over: {}", Cause::AlertAnswered));
    store_answers(&mut system, true);
    system.expect_sites_hear(&["site 3 -> message of unit 1017 delivered"]);
    let stage = system.controller.snapshot(system.now).messages[0].stage;
    assert_eq!(stage, MessageStage::Over(Cause::AlertAnswered));
}

/// Unit 1017 alerts 1018, which has confirmed it; the store has not answered yet.
fn arming() -> System {
    let mut system = system();
    alerts(&mut system, 1017, 100, 1018);
    system.expect_sites_hear(&["site 5 -> message 1: unit 1017 alerts unit 1018"]);
    answers(&mut system, 1018, 1, MessageReply::Received);
    system
}

#[test]
fn an_alert_that_ends_while_the_store_still_works_is_over_at_once() {
    type Ends = fn(&mut System);
    let ways: [(Cause, Ends); 3] = [
        (Cause::AlertAnswered, |system| system.unit(1018).calls(1017)),
        (Cause::AlertDismissed, |system| answers(system, 1018, 1, MessageReply::Dismissed)),
        (Cause::CalledNotRegistered, |system| system.unit(1018).is_switched_off()),
    ];
    for (cause, ends) in ways {
        let mut system = arming();
        ends(&mut system);
        system.expect(&format!("event: alert 1 of unit 1018 over: {cause}"));
        assert_eq!(record(&system).ended, Some((system.now, cause)));
        store_answers(&mut system, true);
        system.expect_sites_hear(&["site 3 -> message of unit 1017 delivered"]);
        let stage = system.controller.snapshot(system.now).messages[0].stage;
        assert_eq!(stage, MessageStage::Over(cause));
    }
}

#[test]
fn an_alert_that_its_sender_is_refused_alerts_nobody() {
    let mut unkept = arming();
    store_answers(&mut unkept, false);
    unkept.expect_sites_hear(&[
        &format!("site 5 -> message 1 over for unit 1018: {}", Cause::DurableStoreFailed),
        &refused_as(Cause::DurableStoreFailed),
    ]);
    // Its radio may have it: what was lost may be the confirmation.
    let mut unconfirmed = system();
    alerts(&mut unconfirmed, 1017, 100, 1018);
    unconfirmed.after_ms(2_000);
    unconfirmed.after_ms(2_000);
    unconfirmed.after_ms(2_000);
    unconfirmed.expect_sites_hear(&[
        &format!("site 5 -> message 1 over for unit 1018: {}", Cause::MessageUnconfirmed),
        &refused_as(Cause::MessageUnconfirmed),
    ]);
}

#[test]
fn an_alert_ends_after_its_time() {
    let mut system = alerting();
    system.after_ms(59_999);
    system.expect_no("over");
    system.after_ms(1);
    system.expect(&format!("event: alert 1 of unit 1018 over: {}", Cause::AlertExpired));
    // The radio keeps the time by itself.
    system.expect_no("over for unit");
}

#[test]
fn a_dismissed_alert_is_over() {
    let mut system = alerting();
    answers(&mut system, 1018, 1, MessageReply::Dismissed);
    system.expect(&format!("event: alert 1 of unit 1018 over: {}", Cause::AlertDismissed));
}

fn cancels(system: &mut System, number: u16) {
    system.from_site(3, from_site::AlertCancel { unit: unit(1017), press: press(number) });
}

#[test]
fn a_sender_calls_its_alert_back_however_often_it_says_so() {
    let mut system = alerting();
    cancels(&mut system, 100);
    system.expect_sites_hear(&[
        &format!("site 5 -> message 1 over for unit 1018: {}", Cause::RequestCancelled),
        &refused_as(Cause::RequestCancelled),
    ]);
    cancels(&mut system, 100);
    system.expect_sites_hear(&[&refused_as(Cause::RequestCancelled)]);
    alerts(&mut system, 1017, 101, 1018);
    cancels(&mut system, 101);
    system.expect_sites_hear(&[
        &format!("site 5 -> message 2 over for unit 1018: {}", Cause::RequestCancelled),
        &refused_as(Cause::RequestCancelled),
    ]);
}

#[test]
fn who_alerts_again_has_one_alert() {
    let mut system = alerting();
    alerts(&mut system, 1017, 101, 1018);
    system.expect(&format!("event: alert 1 of unit 1018 over: {}", Cause::RequestCancelled));
    system.expect("site 5 -> message 2: unit 1017 alerts unit 1018");
}

#[test]
fn a_unit_has_four_alerts_at_most() {
    let mut system = system();
    system.has_units_at(3, &[1021, 1022, 1023, 1024], 41);
    for from in [1017, 1019, 1021, 1022] {
        alerts(&mut system, from, 100, 1018);
        system.expect_no("refused");
    }
    alerts(&mut system, 1023, 100, 1018);
    system.expect(&format!("site 3 -> message of unit 1023 refused: {}", Cause::TooManyAlerts));
    alerts(&mut system, 1023, 101, 1024);
    system.expect_no("refused");
}

#[test]
fn as_many_messages_are_under_way_as_may_be() {
    let mut system = system();
    system.with(|parameters| parameters.messages_max = 1);
    tells(&mut system, 3, 100, Some(unit(1018).into()), 3);
    tells(&mut system, 3, 101, Some(unit(1018).into()), 3);
    system.expect_sites_hear(&[&refused_as(Cause::TooManyMessages)]);
    system.after_ms(60_000);
    tells(&mut system, 3, 102, Some(unit(1018).into()), 3);
    system.expect_no("refused");
}

#[test]
fn who_may_not_call_units_may_not_have_itself_called() {
    let mut system = system();
    let services = Services::ALL.without(Service::Individual);
    system.provision(Change::Subscriber(Subscriber { services, ..subscriber(1017, &[41]) }));
    alerts(&mut system, 1017, 100, 1018);
    system.expect_sites_hear(&[&refused_as(Cause::IndividualNotAllowed)]);
    tells(&mut system, 3, 101, Some(unit(1018).into()), 3);
    system.expect_no("refused");
}

fn orders(system: &mut System, order: Order) {
    system.console_without_store(order);
}

#[test]
fn an_operators_status_is_answered_when_it_is_delivered_or_not() {
    let mut system = system();
    let send = |to: UnitId, number| Order::SendStatus { to: to.into(), number: status(number) };
    orders(&mut system, send(unit(1018), 2));
    system.expect_sites_hear(&["site 5 -> message 1: status 2 from an operator for unit 1018"]);
    system.expect_no("order");
    answers(&mut system, 1018, 1, MessageReply::Received);
    store_answers(&mut system, true);
    system.expect("order carried out");
    orders(&mut system, send(unit(1018), 2));
    system.after_ms(60_000);
    system.expect(&format!("order not carried out: {}", Cause::MessageUnconfirmed));
    orders(&mut system, send(unit(4711), 2));
    system.expect(&format!("order not carried out: {}", Cause::CalledUnknown));
    orders(&mut system, send(unit(1018), 9));
    system.expect(&format!("order not carried out: {}", Cause::StatusUnknown));
}

#[test]
fn an_operators_alert_is_answered_in_the_units_talkgroup_and_asserts_a_state() {
    let mut system = system();
    let alert = Order::CallAlert { unit: unit(1018) };
    let cancel = Order::CancelAlert { unit: unit(1018) };
    orders(&mut system, cancel.clone());
    system.expect(&format!("order not carried out: {}", Cause::UnknownAlert));
    orders(&mut system, alert.clone());
    orders(&mut system, alert.clone());
    system.expect(&format!("order not carried out: {}", Cause::WrongState));
    answers(&mut system, 1018, 1, MessageReply::Received);
    store_answers(&mut system, true);
    system.expect("order carried out");
    orders(&mut system, alert.clone());
    system.expect("order carried out");
    system.expect_sites_hear(&[]);
    system.unit(1018).presses_ptt(41);
    system.expect(&format!("event: alert 1 of unit 1018 over: {}", Cause::AlertAnswered));
    orders(&mut system, alert);
    answers(&mut system, 1018, 2, MessageReply::Received);
    store_answers(&mut system, true);
    orders(&mut system, cancel);
    system.expect("order carried out");
    system.expect(&format!("site 5 -> message 2 over for unit 1018: {}", Cause::RequestCancelled));
}

#[test]
fn a_term_that_ends_leaves_no_message_open() {
    let mut system = alerting();
    tells(&mut system, 3, 101, Some(unit(1019).into()), 1);
    orders(&mut system, Order::SendStatus { to: unit(1018).into(), number: status(1) });
    system.input(Input::ClosingDown);
    system.expect(&refused_as(Cause::Shutdown));
    system.expect(&format!("event: alert 1 of unit 1018 over: {}", Cause::Shutdown));
    system.expect(&format!("order not carried out: {}", Cause::Shutdown));
}

#[test]
fn the_last_hundred_messages_are_shown() {
    let mut system = system();
    for number in 0..150 {
        tells(&mut system, 3, 100 + number, None, 1);
        store_answers(&mut system, true);
    }
    let messages = system.controller.snapshot(system.now).messages;
    assert_eq!(messages.len(), MESSAGES_SHOWN_MAX);
    assert_eq!(messages.last().map(|view| view.message.counter), Some(150));
}

#[test]
fn a_table_of_statuses_out_of_order_is_refused_whole() {
    let mut system = system();
    let text = |number| StatusText { number: status(number), text: String::new() };
    system.with(|parameters| parameters.statuses = vec![text(2), text(1)]);
    system.expect(&format!("event: dropped: {}", Cause::FieldOutOfRange));
    assert_eq!(system.controller.snapshot(system.now).statuses.len(), 3);
    let many = (1..=1_001).map(text).collect();
    system.with(|parameters| parameters.statuses = many);
    system.expect(&format!("event: dropped: {}", Cause::FieldOutOfRange));
}

#[test]
fn presses_that_wrap_are_new() {
    let mut system = system();
    tells(&mut system, 3, u16::MAX, None, 1);
    store_answers(&mut system, true);
    tells(&mut system, 3, Press::new(0).unwrap().number(), None, 1);
    system.expect("event: message 2 of unit 1017 sent");
}
