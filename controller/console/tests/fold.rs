//! Events folded over a snapshot lead to what a newer snapshot shows, in whatever order the two arrive.

mod invented;

use std::collections::BTreeSet;

use invented::world::{World, site, talkgroup, unit};
use proptest::prelude::*;
use trunklab_console::model::{Grasp, Heard, Stream, UnknownEvent, fold};
use trunklab_console::{Model, Theme, apply};
use trunklab_protocol::operator::{
    ConsoleName, Event, EventKind, MESSAGES_SHOWN_MAX, MessageStage, Sender, Snapshot,
};
use trunklab_protocol::{Addressee, CallId, Cause, Epoch, MessageId, MessageKind, Moment, NodeId, Span};

/// What a snapshot shows of the network. The time of its taking is no part of that, nor is the load of a site in service:
/// heartbeats tell it, and no event.
fn network(mut snapshot: Snapshot) -> Snapshot {
    snapshot.at = Moment::ORIGIN;
    for site in snapshot.sites.iter_mut().filter(|site| site.in_service) {
        site.loads.clear();
    }
    snapshot
}

fn model() -> Model {
    Model::new(([127, 0, 0, 1], 7443).into(), Theme::Plain)
}

fn picture(model: &Model) -> Snapshot {
    network(model.picture().expect("a snapshot was taken").clone())
}

fn name(event: &Event) -> String {
    serde_json::to_value(event).expect("an event is JSON")["event"]
        .as_str()
        .expect("it has a kind")
        .to_owned()
}

#[test]
fn every_kind_of_event_leads_to_what_the_next_snapshot_shows() {
    let mut world = World::new(81, 7);
    let mut folded = world.snapshot();
    let mut met = BTreeSet::new();
    for _ in 0..20_000 {
        for event in world.step(Span::from_millis(250)) {
            met.insert(name(&event));
            assert_eq!(fold(&mut folded, &event), Grasp::Whole, "{event:?}");
            assert_eq!(folded.at, event.at);
        }
        assert_eq!(network(folded.clone()), network(world.snapshot()));
    }
    let all = [
        "affiliated",
        "call_cancelled",
        "call_granted",
        "call_queued",
        "call_refused",
        "call_released",
        "deregistered",
        "dropped",
        "floor_refused",
        "floor_released",
        "floor_taken",
        "register_refused",
        "registered",
        "site_joined",
        "site_left",
        "site_lost",
        "site_up",
    ];
    assert_eq!(met.iter().map(String::as_str).collect::<Vec<_>>(), all);
}

proptest! {
    /// Snapshots that come early, late or out of turn leave the picture as right as it was.
    #[test]
    fn snapshots_and_events_may_overtake_each_other(
        seed in any::<u64>(),
        delays in prop::collection::vec(0_usize..6, 1..80),
    ) {
        let mut world = World::new(seed, 7);
        let mut model = model();
        prop_assert!(model.take_snapshot(world.snapshot(), Stream::BeginsHere));
        // Each snapshot is delivered some steps after it was taken, or some steps before its events are.
        let mut under_way: Vec<(usize, Snapshot)> = Vec::new();
        let mut events: Vec<Event> = Vec::new();
        for (step, delay) in delays.iter().enumerate() {
            events.extend(world.step(Span::from_millis(250)));
            under_way.push((step + delay, world.snapshot()));
            if delay % 2 == 0 {
                events.drain(..).for_each(|event| { apply(&mut model, event); });
            }
            let (due, later): (Vec<_>, Vec<_>) = under_way.into_iter().partition(|(due, _)| *due <= step);
            under_way = later;
            for (_, snapshot) in due {
                prop_assert!(model.take_snapshot(snapshot, Stream::GoesOn));
            }
        }
        events.drain(..).for_each(|event| { apply(&mut model, event); });
        prop_assert_eq!(picture(&model), network(world.snapshot()));
    }
}

#[test]
fn an_event_counts_once() {
    let mut world = World::new(5, 7);
    let mut model = model();
    assert!(model.take_snapshot(world.snapshot(), Stream::BeginsHere));
    let events: Vec<Event> = (0..40).flat_map(|_| world.step(Span::from_millis(250))).collect();
    for event in events.iter().chain(&events) {
        apply(&mut model, event.clone());
    }
    assert_eq!(picture(&model), network(world.snapshot()));
}

#[test]
fn a_gap_asks_for_a_snapshot_and_the_snapshot_heals_it() {
    let mut world = World::new(5, 7);
    let mut model = model();
    assert!(model.take_snapshot(world.snapshot(), Stream::BeginsHere));
    let early = world.snapshot();
    let events: Vec<Event> = (0..40).flat_map(|_| world.step(Span::from_millis(250))).collect();
    apply(&mut model, events[0].clone());
    assert_eq!(apply(&mut model, events[5].clone()), Heard::AfterGap);
    assert!(!model.take_snapshot(early, Stream::GoesOn), "a snapshot from before the gap cannot heal it");
    assert!(model.take_snapshot(world.snapshot(), Stream::GoesOn));
    for event in &events {
        apply(&mut model, event.clone());
    }
    assert_eq!(picture(&model), network(world.snapshot()));
}

#[test]
fn numbers_begin_again_with_a_new_epoch() {
    let mut old = World::new(5, 7);
    (0..40).for_each(|_| drop(old.step(Span::from_millis(250))));
    let mut model = model();
    assert!(model.take_snapshot(old.snapshot(), Stream::BeginsHere));
    let mut new = World::new(6, 8);
    assert!(model.take_snapshot(new.snapshot(), Stream::BeginsHere));
    let events: Vec<Event> = (0..10).flat_map(|_| new.step(Span::from_millis(250))).collect();
    for event in events {
        assert_eq!(apply(&mut model, event), Heard::Next(Grasp::Whole));
    }
    assert_eq!(picture(&model), network(new.snapshot()));
}

#[test]
fn what_names_an_unknown_thing_asks_for_a_snapshot() {
    let call = CallId { node: NodeId::new(1).unwrap(), epoch: Epoch::new(7).unwrap(), counter: 99_999 };
    let kinds = [
        EventKind::SiteUp { site: site(77), incarnation: trunklab_protocol::Incarnation::new(1).unwrap() },
        EventKind::SiteLost { site: site(77), cause: Cause::LinkLost },
        EventKind::Registered { unit: unit(1), site: site(77) },
        EventKind::Deregistered { unit: unit(1), site: site(77), cause: Cause::PoweredOff },
        EventKind::SiteLeft { call, site: site(1), cause: Cause::NobodyLeft },
        EventKind::FloorReleased { call, unit: unit(1), cause: Cause::TransmissionEnded },
        EventKind::CallReleased { call, parties: talkgroup(41).into(), cause: Cause::HangTimeOver },
    ];
    for kind in kinds {
        let mut snapshot = World::new(5, 7).snapshot();
        let event = Event { sequence: snapshot.sequence + 1, at: snapshot.at, kind };
        assert_eq!(fold(&mut snapshot, &event), Grasp::Partial, "{event:?}");
    }
}

#[test]
fn an_event_of_an_unknown_kind_keeps_its_place_and_asks_for_a_snapshot() {
    let world = World::new(5, 7);
    let mut model = model();
    assert!(model.take_snapshot(world.snapshot(), Stream::BeginsHere));
    let at = world.snapshot().at;
    let newer = UnknownEvent { sequence: 1, at, name: "patched".to_owned() };
    assert_eq!(model.apply_unknown(newer), Heard::Next(Grasp::Partial));
    let dropped = EventKind::Dropped { site: None, cause: Cause::Collision };
    assert_eq!(apply(&mut model, Event { sequence: 2, at, kind: dropped }), Heard::Next(Grasp::Whole));
}

#[test]
fn a_call_that_an_emergency_was_raised_in_is_shown_as_one() {
    let mut world = World::new(5, 7);
    while world.snapshot().calls.iter().all(|call| call.emergency) {
        world.step(Span::from_millis(250));
    }
    let mut picture = world.snapshot();
    let quiet = picture.calls.iter().find(|call| !call.emergency).unwrap().clone();
    let raised = |call| Event {
        sequence: picture.sequence + 1,
        at: picture.at,
        kind: EventKind::EmergencyRaised { call, parties: quiet.parties, unit: unit(1) },
    };
    let (known, unknown) = (raised(quiet.call), raised(CallId { counter: u32::MAX, ..quiet.call }));
    assert_eq!(fold(&mut picture, &known), Grasp::Whole);
    assert!(picture.calls.iter().any(|call| call.call == quiet.call && call.emergency));
    assert_eq!(fold(&mut picture, &unknown), Grasp::Partial);
    let kind = EventKind::EmergencyOver { call: quiet.call, parties: quiet.parties };
    let over = Event { sequence: known.sequence + 1, at: picture.at, kind };
    assert_eq!(fold(&mut picture, &over), Grasp::Whole);
    assert!(picture.calls.iter().any(|call| call.call == quiet.call && !call.emergency));
}

#[test]
fn a_monitored_call_names_whose_order_it_was() {
    let mut world = World::new(5, 7);
    while world.snapshot().calls.is_empty() {
        world.step(Span::from_millis(250));
    }
    let mut picture = world.snapshot();
    let by = ConsoleName::new("anna");
    let (unit, listener) = (unit(1), unit(2));
    let mut tell = |call| {
        let kind = EventKind::Monitored { call, unit, listener, by: by.clone() };
        let event = Event { sequence: picture.sequence + 1, at: picture.at, kind };
        (fold(&mut picture, &event), picture.calls[0].monitored_by.clone())
    };
    let known = world.snapshot().calls[0].call;
    assert_eq!(tell(CallId { counter: u32::MAX, ..known }), (Grasp::Partial, None));
    assert_eq!(tell(known), (Grasp::Whole, Some(by.clone())));
}

#[test]
fn a_message_stands_as_the_last_event_of_it_says() {
    let mut picture = World::new(5, 7).snapshot();
    let id = |counter| MessageId { epoch: Epoch::new(7).unwrap(), counter };
    let (from, to) = (Sender::Unit(unit(1)), Some(Addressee::Unit(unit(2))));
    let kind = MessageKind::CallAlert;
    let sent =
        |message| EventKind::MessageSent { message, kind, from: from.clone(), to, site: Some(site(1)) };
    let delivered = EventKind::MessageDelivered { message: id(1), kind, from: from.clone(), to };
    let over = EventKind::AlertOver {
        message: id(1),
        unit: unit(2),
        from: from.clone(),
        cause: Cause::AlertDismissed,
    };
    let cause = Cause::NotRegistered;
    let refused = EventKind::MessageRefused { message: id(2), kind, from: from.clone(), to, cause };
    let mut tell = |kind| {
        let event = Event { sequence: picture.sequence + 1, at: picture.at, kind };
        assert_eq!(fold(&mut picture, &event), Grasp::Whole, "{event:?}");
        picture.messages.iter().map(|view| (view.message, view.stage)).collect::<Vec<_>>()
    };
    assert_eq!(tell(sent(id(1))), [(id(1), MessageStage::Sent)]);
    assert_eq!(tell(delivered.clone()), [(id(1), MessageStage::Delivered)]);
    assert_eq!(tell(over), [(id(1), MessageStage::Over(Cause::AlertDismissed))]);
    // The alert was answered before its radio's confirmation came.
    assert_eq!(tell(delivered), [(id(1), MessageStage::Over(Cause::AlertDismissed))]);
    assert_eq!(tell(refused)[1], (id(2), MessageStage::Refused(cause)));
    let shown = (3..).take(MESSAGES_SHOWN_MAX).map(|counter| tell(sent(id(counter)))).last().unwrap();
    assert_eq!(shown.len(), MESSAGES_SHOWN_MAX);
    assert_eq!(shown[0], (id(3), MessageStage::Sent));
}
