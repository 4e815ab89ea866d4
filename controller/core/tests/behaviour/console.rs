//! Operators that talk from their consoles (clauses 12.3.8, 12.3.9 and 12.10.7).

use trunklab_controller_core::config::{Change, ConsoleUnit, Reach, SystemParameters};
use trunklab_controller_core::input::Input;
use trunklab_controller_core::output::Output;
use trunklab_protocol::air_downlink::Talker;
use trunklab_protocol::from_site::HeldCall;
use trunklab_protocol::operator::{Authority, ConsoleName, Order, TalkWord};
use trunklab_protocol::switch::{ConsoleSilent, ToSwitch};
use trunklab_protocol::{Demand, EmergencyPolicy, FloorPolicy, SpurtId, StartPolicy};

use crate::support::{System, call, channel, held_radio, press, subscriber, talkgroup, unit};

fn consoles(numbers: &[(&str, u32)]) -> Vec<ConsoleUnit> {
    let console =
        |(name, number): &(&str, u32)| ConsoleUnit { name: ConsoleName::new(name), unit: unit(*number) };
    numbers.iter().map(console).collect()
}

/// Two sites with this many channels; talkgroup 41 with 1041 at site 3 and 2041 at site 5, talkgroup 42 with 1042 at site 5.
/// The console "desk" is unit 900, "side" is 901.
fn zone(channels: u16) -> System {
    let mut system = System::new();
    system.with(|parameters| parameters.consoles = consoles(&[("desk", 900), ("side", 901)]));
    system.has_site(3, channels);
    system.has_site(5, channels);
    for number in [41, 42] {
        system.has_talkgroup_with(number, 5, Some(3_000));
    }
    system.has_units_at(3, &[1041], 41);
    system.has_units_at(5, &[2041], 41);
    system.has_units_at(5, &[1042], 42);
    system
}

fn talk(numbers: &[u16]) -> Order {
    Order::Talk { talkgroups: numbers.iter().map(|number| talkgroup(*number)).collect() }
}

fn orders(system: &mut System, console: &str, order: Order) {
    system.input(Input::Order { id: 8, by: Authority::own_process(ConsoleName::new(console)), order });
}

fn spurt_of_console(system: &System) -> SpurtId {
    let granted = system.outputs.iter().find_map(|output| match output {
        Output::ToConsole { word: TalkWord::Granted { spurt, .. }, .. } => Some(*spurt),
        _ => None,
    });
    granted.unwrap()
}

#[test]
fn it_takes_slots_where_somebody_listens_and_has_no_site_of_its_own() {
    let mut system = zone(1);
    system.console(talk(&[41]));
    system
        .expect("order carried out")
        .expect("desk -> may talk in call 1")
        .expect("site 3 -> call 1, channel 2, talker 900")
        .expect("site 5 -> call 1, channel 2, talker 900")
        .expect("switch -> spurt 1 from a console to [3 5]")
        .expect("event: call 1: unit 900 talks");
    system.console(Order::EndTalk {});
    system
        .expect("desk -> stopped: the transmission ended")
        .expect("switch -> spurt 1 shut")
        .expect("site 3 -> call 1, channel 2, no talker");
    system.unit(2041).presses_ptt_in(call(1));
    system.expect("event: call 1: unit 2041 talks");
}

#[test]
fn each_talk_has_a_key_of_its_own_that_the_switch_and_the_console_alone_are_told() {
    let mut system = zone(1);
    let mut keys = Vec::new();
    for _ in 0..2 {
        system.console(talk(&[41]));
        let told = system.outputs.iter().find_map(|output| match output {
            Output::ToConsole { word: TalkWord::Granted { key, .. }, .. } => Some(*key),
            _ => None,
        });
        let routed = system.outputs.iter().find_map(|output| match output {
            Output::ToSwitch(ToSwitch::OpenConsole(open)) => Some(open.key),
            _ => None,
        });
        assert_eq!(told, routed);
        keys.push(told.unwrap());
        system.console(Order::EndTalk {});
    }
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn it_takes_the_floor_from_a_talker_of_the_field_whatever_the_policy() {
    for policy in [FloorPolicy::Refuse, FloorPolicy::Queue] {
        let mut system = zone(1);
        system.has_talkgroup_as(41, |talkgroup| talkgroup.floor = policy);
        system.unit(1041).presses_ptt(41);
        system.unit(2041).demands_the_floor_of(call(1), Demand::Preemptive);
        system.console(talk(&[41]));
        system
            .expect("site 3 -> unit 1041 loses the floor of call 1: a more urgent demand took the floor")
            .expect("desk -> may talk in call 1");
    }
}

#[test]
fn no_unit_of_the_field_takes_it_from_an_operator() {
    let mut system = zone(1);
    system.with(|parameters| parameters.emergency = EmergencyPolicy::Ruthless);
    system.console(talk(&[41]));
    system.unit(1041).demands_the_floor_of(call(1), Demand::Preemptive);
    system.expect("site 3 -> unit 1041 not given the floor of call 1: another unit has the floor");
    system.unit(2041).presses_emergency(41);
    system
        .expect("event: call 1 made an emergency by unit 2041")
        .expect("site 5 -> unit 2041 refused: another unit has the floor")
        .expect_no("desk ->");
    system.console(Order::EndTalk {});
    system
        .expect("desk -> stopped: the transmission ended")
        .expect("site 3 -> call 1, channel 2, no talker, emergency");
}

#[test]
fn who_waits_for_the_floor_has_it_after_the_operator() {
    let mut system = zone(1);
    system.has_talkgroup_as(41, |talkgroup| talkgroup.floor = FloorPolicy::Queue);
    system.console(talk(&[41]));
    system.unit(1041).presses_ptt_in(call(1));
    system.expect("site 3 -> unit 1041 waits for the floor of call 1, place 1");
    system.console(Order::EndTalk {});
    system.expect("event: call 1: unit 1041 talks");
}

#[test]
fn a_second_operator_waits_for_no_other() {
    let mut system = zone(1);
    system.has_talkgroup_as(41, |talkgroup| talkgroup.floor = FloorPolicy::Queue);
    system.console(talk(&[41]));
    orders(&mut system, "side", talk(&[41]));
    system.expect("side -> refused: another unit has the floor").expect_no("desk ->");
    system.console(Order::EndTalk {});
    orders(&mut system, "side", talk(&[41]));
    system.expect("side -> may talk in call 1");
}

#[test]
fn it_is_refused_where_nobody_listens() {
    let mut system = zone(1);
    system.has_talkgroup(43);
    system.console(talk(&[43]));
    system.expect("desk -> refused: no radio of the talkgroup is at a site in service");
    system.loses_site(3);
    system.loses_site(5);
    system.console(talk(&[41]));
    system.expect("desk -> refused: no radio of the talkgroup is at a site in service").expect_no("granted");
}

#[test]
fn what_cannot_be_has_its_cause_and_changes_nothing() {
    let mut system = zone(1);
    system.console(talk(&[]));
    system.expect("order not carried out: a field has a value out of range");
    system.console(talk(&[41, 77]));
    system.expect("order not carried out: talkgroup is not known");
    orders(&mut system, "stranger", talk(&[41]));
    system.expect("order not carried out: the console has no unit number to talk with");
    system.console(talk(&[41]));
    system.console(talk(&[41]));
    system.expect("order not carried out: the call's state does not allow the request").expect_no("desk ->");
    system.console(Order::EndTalk {});
    system.console(Order::EndTalk {});
    system.expect("order carried out").expect_no("desk ->");
}

#[test]
fn it_waits_before_everybody_but_an_emergency() {
    let mut system = zone(1);
    system.unit(1042).presses_ptt(42);
    system.has_talkgroup_with(40, 1, Some(0));
    system.has_units_at(5, &[1040], 40);
    system.unit(1040).presses_ptt(40);
    system.console(talk(&[41]));
    system.expect("desk -> waits, position 1").expect("site 5 -> unit 1040 waits, position 2");
    system.unit(2041).presses_emergency(41);
    system.expect("desk -> waits, position 2");
    system.unit(2041).cancels();
    system.unit(1042).releases_ptt();
    system.after_ms(3_000).expect("desk -> may talk in call 2");
}

#[test]
fn whatever_the_talkgroup_starts_with_the_console_waits_for_all_sites() {
    for start in [StartPolicy::Fast, StartPolicy::Critical(Vec::new())] {
        let mut system = zone(1);
        system.has_talkgroup_as(41, |talkgroup| talkgroup.start = start.clone());
        system.unit(1042).presses_ptt(42);
        system.console(talk(&[41]));
        system.expect("desk -> waits, position 1");
        system.after_ms(30_000).expect("desk -> refused: no channel became free in time");
    }
}

#[test]
fn the_end_of_a_talk_that_waits_cancels_it() {
    let mut system = zone(1);
    system.unit(1042).presses_ptt(42);
    system.console(talk(&[41]));
    system.console(Order::EndTalk {});
    system.expect("desk -> refused: the caller cancelled the request");
    assert!(system.controller.snapshot(system.now).queue.is_empty());
}

/// The only channel of site 5 is taken by talkgroup 43, and the console waits for it to talk to 42.
fn waiting_for_42() -> System {
    let mut system = zone(1);
    system.has_talkgroup(43);
    system.has_units_at(5, &[1043], 43);
    system.unit(1043).presses_ptt(43);
    system.console(talk(&[42]));
    system.expect("desk -> waits, position 1");
    system
}

#[test]
fn an_operator_that_waits_is_told_at_once_when_its_last_listener_leaves() {
    let mut system = waiting_for_42();
    system.unit(1042).is_switched_off();
    system.expect("desk -> refused: no radio of the talkgroup is at a site in service");
}

#[test]
fn an_operator_that_waits_is_told_at_once_when_the_last_site_is_lost() {
    let mut system = waiting_for_42();
    system.loses_site(5);
    system.expect("desk -> refused: no radio of the talkgroup is at a site in service");
}

#[test]
fn it_is_warned_and_ended_as_any_talker() {
    let mut system = zone(1);
    system.console(talk(&[41]));
    system.after_ms(55_000).expect("desk -> has 5000 ms left");
    system.after_ms(5_000).expect("desk -> stopped: the talker reached the transmission limit");
    system.after_ms(3_000).expect("event: call 1 released: nobody spoke before hang time ran out");
}

#[test]
fn a_console_that_the_switch_no_longer_hears_loses_the_floor() {
    let mut system = zone(1);
    system.console(talk(&[41]));
    let spurt = spurt_of_console(&system);
    system.input(Input::FromSwitch(ConsoleSilent { spurt }.into()));
    system.expect("desk -> stopped: the talker fell silent without releasing");
    system.input(Input::FromSwitch(ConsoleSilent { spurt }.into()));
    system.expect_no("desk ->");
}

#[test]
fn the_talk_ends_with_the_last_listener_and_with_the_last_site() {
    let mut system = zone(1);
    system.console(talk(&[42]));
    system.unit(1042).is_switched_off();
    system.expect("desk -> stopped: no listener is left");
    let mut system = zone(1);
    system.console(talk(&[42]));
    system.loses_site(5);
    system.expect("desk -> stopped: no site could carry the call on");
}

#[test]
fn a_listener_who_comes_late_hears_it() {
    let mut system = zone(1);
    system.has_site(7, 1);
    system.console(talk(&[41]));
    system.has_units_at(7, &[3041], 41);
    system
        .expect("site 7 -> call 1, channel 2, talker 900")
        .expect("switch -> spurt 1 from a console to [3 5 7]");
}

#[test]
fn several_talkgroups_hear_one_call_and_answer_in_it() {
    let mut system = zone(1);
    system.console(talk(&[41, 42]));
    system
        .expect("event: patched 41 42 for one call")
        .expect("event: call 1 reaches 42")
        .expect("desk -> may talk in call 1");
    system.console(Order::EndTalk {});
    system.unit(1042).presses_ptt(42);
    system.expect("event: call 1: unit 1042 talks");
    system.unit(1042).releases_ptt();
    system.after_ms(3_000).expect("event: unpatched 41 42");
}

#[test]
fn calls_of_some_of_several_talkgroups_make_room_but_no_emergency() {
    let mut system = zone(1);
    system.unit(1042).presses_ptt(42);
    system.console(talk(&[41, 42]));
    system
        .expect("event: call 1 released: the call made room for an announcement")
        .expect("desk -> may talk in call 2");
    let mut system = zone(1);
    system.unit(1042).presses_emergency(42);
    system.console(talk(&[41, 42]));
    system
        .expect("order not carried out: a talkgroup is in an emergency call")
        .expect_no("patched")
        .expect_no("released");
}

#[test]
fn a_call_that_all_of_several_talkgroups_hear_is_taken_as_it_is() {
    let mut system = zone(1);
    system.console(Order::Patch { talkgroups: vec![talkgroup(41), talkgroup(42)] });
    system.unit(1042).presses_ptt(42);
    system.console(talk(&[41, 42]));
    system
        .expect("site 5 -> unit 1042 loses the floor of call 1: a more urgent demand took the floor")
        .expect("desk -> may talk in call 1")
        .expect_no("released");
}

#[test]
fn talkgroups_that_were_joined_for_a_talk_that_was_not_are_parted() {
    let mut system = zone(1);
    system.has_talkgroup(43);
    system.has_talkgroup(44);
    system.console(talk(&[43, 44]));
    system
        .expect("desk -> refused: no radio of the talkgroup is at a site in service")
        .expect("event: unpatched 43 44");
    system.console(Order::Patch { talkgroups: vec![talkgroup(42), talkgroup(43)] });
    system.console(talk(&[41, 42]));
    system.expect("order not carried out: a talkgroup is in another patch");
}

#[test]
fn it_speaks_in_a_broadcast_call_which_ends_with_it() {
    let mut system = zone(1);
    system.has_talkgroup_as(90, |talkgroup| {
        talkgroup.floor = FloorPolicy::Closed;
        talkgroup.reach = Reach::System;
    });
    system.console(talk(&[90]));
    system.expect("desk -> may talk in call 1").expect("switch -> spurt 1 from a console to [3 5]");
    system.unit(1041).presses_ptt(41);
    system.expect("site 3 -> unit 1041 refused: only the caller speaks in a broadcast call");
    system.console(Order::EndTalk {});
    system.expect("event: call 1 released: the transmission ended");
}

#[test]
fn the_record_names_it_as_caller_and_talker() {
    let mut system = zone(1);
    system.console(talk(&[41]));
    system.after_ms(2_000);
    system.console(Order::EndTalk {});
    system.after_ms(3_000);
    let record = system.records.last().unwrap();
    assert_eq!(record.caller, Some(unit(900)));
    assert_eq!(record.spurts.iter().map(|spurt| spurt.unit).collect::<Vec<_>>(), [unit(900)]);
}

#[test]
fn a_console_is_no_subscriber_and_has_one_number() {
    let mut system = zone(1);
    system.provision(Change::Subscriber(subscriber(900, &[41])));
    system.expect("event: dropped: a field has a value out of range");
    for numbers in [vec![("desk", 1041)], vec![("a", 5), ("b", 5)], vec![("a", 5), ("a", 6)]] {
        let parameters = SystemParameters { consoles: consoles(&numbers), ..SystemParameters::default() };
        system.provision(Change::System(parameters));
        system.expect("event: dropped: a field has a value out of range");
    }
    let many: Vec<_> = (0..=100).map(|number| (format!("c{number}"), 9_000 + number)).collect();
    let many: Vec<_> = many.iter().map(|(name, number)| (name.as_str(), *number)).collect();
    let parameters = SystemParameters { consoles: consoles(&many), ..SystemParameters::default() };
    system.provision(Change::System(parameters));
    system.expect("event: dropped: the register holds as many units as it may");
    system.console(talk(&[41]));
    system.expect("desk -> may talk in call 1");
}

#[test]
fn a_console_that_is_no_more_ends_its_talk() {
    let mut system = zone(1);
    system.console(talk(&[41]));
    system.with(|parameters| parameters.consoles = consoles(&[("side", 901)]));
    system.expect("desk -> stopped: the transmission ended");
    system.console(talk(&[41]));
    system.expect("order not carried out: the console has no unit number to talk with");
}

#[test]
fn after_a_start_its_call_comes_back_without_it() {
    let mut system = zone(1);
    system.console(talk(&[42]));
    let (call, spurt) = system.grant_of(900);
    system.starts(2);
    let held = HeldCall {
        call,
        parties: talkgroup(42).into(),
        area: None,
        at: channel(2),
        talker: Some(Talker { unit: unit(900), spurt, press: press(1) }),
        talker_is_here: false,
        emergency: false,
        hung_ms: 0,
    };
    system.connects(5, 1, &[held_radio(1042, Some(42))], &[held]);
    system.expect("site 5 -> call 1, channel 2, no talker");
    system.console(talk(&[42]));
    system.expect("desk -> may talk in call 1");
}
