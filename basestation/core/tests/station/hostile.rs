//! Whatever comes in, in whatever order: no panic, bounded, and the rules that always hold.

use std::collections::BTreeSet;

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use trunklab_basestation_core::{Input, Output};
use trunklab_protocol::air_downlink::{Party, Sides};
use trunklab_protocol::air_uplink::{
    self, Affiliate, Alarm, CallRequest, Detach, FloorRequest, Register, RequestKind, TalkEnd, UplinkWord,
    Voice,
};
use trunklab_protocol::field::Field;
use trunklab_protocol::profile::{Channel, PROFILES};
use trunklab_protocol::proof::Proof;
use trunklab_protocol::to_site::{
    Assert, Close, Configure, Deregister, EmergencyStatus, FloorQueued, FloorRefused, FloorWithdrawn,
    Heartbeat, MessageRefused, Queued, Refused, Release, Status, TalkWarning, ToSite,
};
use trunklab_protocol::{
    BurstPlace, Cause, Demand, EmergencyStage, Epoch, Identity, MessageId, Moment, Span, StatusNumber,
};

use crate::harness::{self, *};

#[derive(Debug, Clone)]
enum Step {
    Wait(u32),
    LinkUp,
    LinkDown,
    Order {
        epoch: u32,
        order: u8,
        call: u32,
        unit: u32,
        spurt: u32,
        slot: (u16, u8),
        here: bool,
    },
    Air {
        ahead: i64,
        slot: (u16, u8),
        word: u8,
        unit: u32,
        call: u32,
        spurt: u32,
        position: u32,
        proved: bool,
    },
    RawAir(Vec<u8>),
    Packet {
        spurt: u32,
        position: u32,
        frames: u32,
    },
    RawVoice(Vec<u8>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let slot = || (0_u16..5, 0_u8..6);
    let number = || 1_u32..4;
    let step = prop_oneof![
        4 => (1_u32..400_000).prop_map(Step::Wait),
        1 => Just(Step::LinkUp),
        1 => Just(Step::LinkDown),
        8 => (4_u32..7, 0_u8..18, number(), number(), number(), slot(), any::<bool>()).prop_map(
            |(epoch, order, call, unit, spurt, slot, here)| Step::Order { epoch, order, call, unit, spurt, slot, here }
        ),
        8 => (-2_i64..5, slot(), 0_u8..10, number(), number(), number(), any::<u32>(), any::<bool>()).prop_map(
            |(ahead, slot, word, unit, call, spurt, position, proved)| Step::Air {
                ahead, slot, word, unit, call, spurt, position: position % 64, proved
            }
        ),
        1 => prop::collection::vec(any::<u8>(), 0..80).prop_map(Step::RawAir),
        3 => (number(), 0_u32..2_000, 1_u32..17)
            .prop_map(|(spurt, position, frames)| Step::Packet { spurt, position, frames }),
        1 => prop::collection::vec(any::<u8>(), 0..80).prop_map(Step::RawVoice),
    ];
    prop::collection::vec(step, 1..120)
}

fn order(station: &Driven, step: &Step) -> Option<(Epoch, ToSite)> {
    let Step::Order { epoch, order, call: counter, unit: number, spurt: spurt_number, slot, here } = *step
    else {
        return None;
    };
    let (unit, press) = (unit(number), press(1));
    let slot = at(slot.0 + 1, slot.1);
    let call = call(counter);
    let cause = Cause::FloorTaken;
    let message: ToSite = match order {
        0 => Configure { settings: settings(station.profile.id).into() }.into(),
        1 => Heartbeat {}.into(),
        2 => Close { cause: Cause::Shutdown }.into(),
        3 => assertion(counter, slot, None, here).into(),
        4 | 5 => assertion(counter, slot, Some(talker(number, spurt_number)), here).into(),
        6 => {
            let of = |number, spurt_number| Party { unit: harness::unit(number), spurt: spurt(spurt_number) };
            let sides = Sides { near: of(number, spurt_number), far: of(number + 1, spurt_number + 1) };
            Assert { duplex: Some(sides), ..assertion(counter, slot, None, here) }.into()
        }
        7 => Release { call, cause: Cause::HangTimeOver }.into(),
        8 => Deregister { unit, cause: Cause::PoweredOff }.into(),
        9 => FloorRefused { call, unit, press, cause }.into(),
        10 => Queued { unit, press, position: 3 }.into(),
        11 => FloorQueued { call, unit, press, position: 2 }.into(),
        12 => TalkWarning { call, unit, spurt: spurt(spurt_number), left_ms: 5_000 }.into(),
        14 => EmergencyStatus { unit, press, stage: EmergencyStage::Raised }.into(),
        13 => FloorWithdrawn { call, unit, spurt: spurt(spurt_number), cause }.into(),
        15 => MessageRefused { unit, press, cause }.into(),
        16 => {
            let message = MessageId { epoch: EPOCH, counter };
            let number = StatusNumber::new(1).unwrap();
            Status { message, from: None, to: talkgroup(41).into(), number }.into()
        }
        _ => Refused { unit, press, cause }.into(),
    };
    Some((Epoch::new(epoch).unwrap(), message))
}

fn word(word: u8, number: u32, counter: u32, spurt_number: u32, position: u32) -> UplinkWord {
    let (unit, press, call, spurt) = (unit(number), press(1), call(counter), spurt(spurt_number));
    match word {
        0 => Register { identity: Identity::Unit(unit), press, equipment: None }.into(),
        1 => Affiliate {
            unit,
            press,
            talkgroup: talkgroup(41),
            secondary: trunklab_protocol::ScanList::default(),
        }
        .into(),
        2 => Detach { unit }.into(),
        3 => CallRequest { unit, press, talkgroup: talkgroup(41), kind: RequestKind::Emergency, area: None }
            .into(),
        4 => FloorRequest { unit, press, call, demand: Demand::Low }.into(),
        5 => TalkEnd { unit, call, spurt }.into(),
        6 => Alarm { unit, press, known: false }.into(),
        7 => air_uplink::CallAlert { unit, press, called: unit }.into(),
        _ => Voice { unit, call, spurt, position, frames: run_of(position..position + position % 10) }.into(),
    }
}

fn burst(station: &Driven, step: &Step) -> Option<air_uplink::Burst> {
    let Step::Air { ahead, slot, word: kind, unit, call, spurt, position, proved } = *step else {
        return None;
    };
    let slot = at(slot.0 + 1, slot.1);
    let channel = if slot == at(1, 0) { Channel::Control } else { Channel::Traffic };
    let open = i64::from(station.next_uplink(channel, slot).count);
    let place = BurstPlace { at: slot, channel, count: u32::try_from(open + ahead).unwrap_or(u32::MAX) };
    let mut burst = station.burst(place, -80, word(kind, unit, call, spurt, position));
    if !proved {
        burst.proof = Proof::new(1);
    }
    Some(burst)
}

fn take(station: &mut Driven, step: &Step) {
    match step {
        Step::Wait(micros) => station.run_for(Span::from_micros(u64::from(*micros))),
        Step::LinkUp => station.input(Input::LinkUp),
        Step::LinkDown => station.input(Input::LinkDown { cause: Cause::LinkSilent }),
        Step::Order { .. } => {
            if let Some((epoch, message)) = order(station, step) {
                station.input(Input::FromController { epoch, message });
            }
        }
        Step::Air { .. } => {
            if let Some(burst) = burst(station, step) {
                station.input(Input::Air(burst));
            }
        }
        Step::RawAir(octets) => {
            if let Ok(([], burst)) = air_uplink::Burst::take(octets) {
                station.input(Input::Air(burst));
            }
        }
        Step::Packet { spurt, position, frames } => station.packet(*spurt, *position..position + frames),
        Step::RawVoice(octets) => station.input(Input::Voice(Bytes::copy_from_slice(octets))),
    }
}

/// What always holds: a slot carries one call and a call one slot, and what is radiated goes on every beat.
fn check(station: &mut Driven, beat: &mut Option<u32>) {
    let view = station.core.view();
    let calls: Vec<_> = view.slots.iter().filter_map(|slot| slot.call).map(|call| call.call).collect();
    let distinct: BTreeSet<_> = calls.iter().collect();
    assert_eq!(distinct.len(), calls.len(), "a call stands in two slots");
    let slots: BTreeSet<_> = view.slots.iter().map(|slot| slot.at).collect();
    assert_eq!(slots.len(), view.slots.len(), "a slot stands twice");
    for (moment, control) in station.radiated(at(1, 0)) {
        if let Some(before) = *beat {
            assert_eq!(control.place.count, before + 1, "a beat was left out or said twice");
        }
        let start = station.profile.downlink_start(
            Moment::ORIGIN,
            Channel::Control,
            control.place.at.slot,
            control.place.count,
        );
        assert_eq!(moment, start + station.profile.burst_length(Channel::Control));
        *beat = Some(control.place.count);
    }
    for (_, output) in &station.said {
        if let Output::Air(burst) = output {
            let place = burst.place;
            let has = match place.channel {
                Channel::Control => place.at == at(1, 0),
                Channel::Traffic => slots.contains(&place.at),
            };
            assert!(has, "it radiates in a slot that it does not have");
            let mut octets = BytesMut::new();
            burst.put(&mut octets);
            assert!(octets.len() < 256, "a burst is short");
        }
    }
    assert!(station.core.next_deadline().is_none_or(|due| due.at > station.now), "something due was left");
    station.said.clear();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_comes_in_the_rules_hold(profile in 0..PROFILES.len(), steps in steps()) {
        let mut station = Driven::serving(PROFILES[profile].id);
        for number in 1..4 {
            station.hold(unit(number));
        }
        let mut beat = None;
        for step in &steps {
            take(&mut station, step);
            check(&mut station, &mut beat);
        }
    }

    #[test]
    fn the_same_inputs_give_the_same_outputs(profile in 0..PROFILES.len(), steps in steps()) {
        let run = || {
            let mut station = Driven::serving(PROFILES[profile].id);
            station.hold(unit(1));
            steps.iter().for_each(|step| take(&mut station, step));
            station.said
        };
        prop_assert_eq!(run(), run());
    }
}

/// A year's worth of junk in a minute leaves nothing behind but counts.
#[test]
fn a_flood_of_bursts_leaves_nothing_waiting() {
    let mut station = Driven::serving(PROFILES[0].id);
    let place = station.next_uplink(Channel::Control, at(1, 0));
    for number in 0..20_000_u32 {
        let place = BurstPlace { count: place.count + number % 3, ..place };
        let identity = Identity::Unit(unit(number + 1));
        let burst = station.burst(place, -80, Register { identity, press: press(1), equipment: None });
        station.input(Input::Air(burst));
    }
    station.said.clear();
    station.run_for(Span::from_secs(1));
    assert_eq!(station.told(), []);
    assert_eq!(station.core.view().counts.collisions, 20_000);
    let expected: u64 = station.core.view().counts.dropped.values().sum();
    assert_eq!(expected, 20_000);
}
