//! Lists: events, sites, calls, talkgroups, units and messages.

use crossterm::event::KeyCode;
use trunklab_console::conn::Report;
use trunklab_console::model::{Stream, UnitSheet};
use trunklab_protocol::operator::{
    ConsoleName, MessageStage, MessageView, PendingView, Sender, StatusText, UnitView,
};
use trunklab_protocol::{
    Cause, Condition, Epoch, MessageId, MessageKind, RadioOrder, Regroup, StatusNumber, TalkgroupId, UnitId,
};

use crate::{Scene, check, monitor, operated};

#[test]
fn units() {
    let mut scene = Scene::busy();
    let by = || ConsoleName::new("desk");
    let (unit, talkgroup) = (UnitId::new(1_017).unwrap(), TalkgroupId::new(41).unwrap());
    let regroup = Regroup { talkgroup, locked: true };
    let pending = vec![PendingView { of_radio: RadioOrder::Stun {}, by: by() }];
    let mut snapshot = scene.world.snapshot();
    let other = UnitId::new(1_018).unwrap();
    let killed = Condition::Killed;
    snapshot.units = vec![
        UnitView { unit, condition: Condition::Stunned, regrouped: Some(regroup), pending },
        UnitView { unit: other, condition: killed, regrouped: None, pending: Vec::new() },
    ];
    scene.hear(Report::Snapshot { snapshot: Box::new(snapshot), stream: Stream::GoesOn });
    scene.press(&[KeyCode::Char('U'), KeyCode::Char('/')]);
    scene.type_text("101");
    check("units_by_number", &scene);
    scene.press(&[KeyCode::Esc, KeyCode::Down, KeyCode::Char('K')]);
    check("units_kill", &scene);
}

#[test]
fn events_follow() {
    let mut scene = Scene::busy();
    scene.type_text("e");
    check("events_follow", &scene);
}

#[test]
fn events_paused() {
    let mut scene = Scene::busy();
    scene.type_text("e");
    scene.press(&[KeyCode::PageUp, KeyCode::Up]);
    scene.live(20);
    check("events_paused", &scene);
}

#[test]
fn events_filtered() {
    let mut scene = Scene::busy();
    scene.type_text("e/fire");
    check("events_filtered", &scene);
}

#[test]
fn sites() {
    let mut scene = Scene::busy();
    scene.type_text("sj");
    check("sites", &scene);
}

#[test]
fn one_site() {
    let mut scene = Scene::busy();
    scene.press(&[KeyCode::Enter]);
    check("one_site", &scene);
}

#[test]
fn one_sector() {
    let mut scene = Scene::busy();
    scene.world.raise_masts([1, 1, 1]);
    let snapshot = Box::new(scene.world.snapshot());
    scene.hear(Report::Snapshot { snapshot, stream: Stream::BeginsHere });
    let list = scene.draw(80, 24).to_string();
    for line in ["  1 0° Water", "  2 120° Water", "  3 240° Water"] {
        assert!(list.contains(line), "{list}");
    }
    scene.press(&[KeyCode::Enter]);
    let facts = scene.draw(80, 24).to_string();
    assert!(facts.contains("Site 1 Water Tower sector to 0°, on a mast with sites 2, 3 "), "{facts}");

    scene.world.raise_masts([1, 1, 3]);
    let snapshot = Box::new(scene.world.snapshot());
    scene.hear(Report::Snapshot { snapshot, stream: Stream::BeginsHere });
    let facts = scene.draw(80, 24).to_string();
    assert!(facts.contains("sector to 0°, on a mast with site 2 "), "two masts of one name: {facts}");
}

#[test]
fn calls() {
    let mut scene = Scene::busy();
    scene.type_text("cj");
    check("calls", &scene);
}

#[test]
fn talkgroups() {
    let mut scene = Scene::busy();
    scene.type_text("t j jj ");
    check("talkgroups", &scene);
}

#[test]
fn messages() {
    let mut scene = operated();
    let mut snapshot = scene.world.snapshot();
    snapshot.statuses.push(StatusText { number: StatusNumber::new(1).unwrap(), text: "On scene".to_owned() });
    let unit = |number| UnitId::new(number).unwrap();
    let status = MessageKind::Status(StatusNumber::new(1).unwrap());
    let view = |counter, kind, from: u32, to, stage| MessageView {
        message: MessageId { epoch: Epoch::new(7).unwrap(), counter },
        kind,
        from: Sender::Unit(unit(from)),
        to,
        requested: snapshot.at,
        stage,
    };
    let messages = vec![
        view(1, status, 1_017, None, MessageStage::Delivered),
        view(
            2,
            MessageKind::CallAlert,
            1_018,
            Some(unit(1_017).into()),
            MessageStage::Over(Cause::AlertAnswered),
        ),
        view(3, status, 1_019, None, MessageStage::Delivered),
        view(4, status, 1_020, Some(unit(9_999).into()), MessageStage::Refused(Cause::CalledUnknown)),
    ];
    snapshot.messages = messages;
    scene.hear(Report::Snapshot { snapshot: Box::new(snapshot), stream: Stream::GoesOn });
    scene.press(&[KeyCode::Char('M'), KeyCode::Down, KeyCode::Char(' ')]);
    check("messages", &scene);
}

/// Unit 1017 as the controller describes it.
fn sheet() -> UnitSheet {
    let number = |number: u64| serde_json::json!(number);
    let sheet = serde_json::json!({
        "subscription": {
            "unit": 1_017, "imei": number(350_000_000_000_017), "imsi": number(999_990_000_001_017), "fleet": 3, "member": 17,
            "talkgroups": [41, 42], "sites": [1, 2], "home_site": 1, "priority": 7, "services": ["individual", "emergency"],
            "floor_demand": "high", "emergency_talkgroup": 42, "duplex": true,
        },
        "state": {
            "orders": {
                "unit": 1_017, "condition": "active", "regrouped": { "talkgroup": 42, "locked": true },
                "pending": [{ "of_radio": { "check": {} }, "by": "anna" }],
            },
            "visit": {
                "site": 2, "reachable": true, "since": 300_000_000, "heard": 740_000_000,
                "named": { "imsi": number(999_990_000_001_017) }, "equipment": number(350_000_000_000_017),
                "talkgroup": 42, "scans": [41],
            },
            "call": null,
        },
    });
    serde_json::from_value(sheet).expect("the controller writes it so")
}

#[test]
fn one_unit_as_it_is_set_up() {
    let mut scene = operated();
    scene.press(&[KeyCode::Enter]);
    check("unit_on_its_way", &scene);
    let unit = UnitId::new(1_017).unwrap();
    scene.hear(Report::Unit(UnitId::new(1_018).unwrap(), Err("another's".to_owned())));
    scene.hear(Report::Unit(unit, Ok(Box::new(sheet()))));
    check("unit", &scene);
    let mut bare = sheet();
    bare.state.visit = None;
    bare.state.orders = UnitView { regrouped: None, pending: Vec::new(), ..bare.state.orders };
    bare.subscription = serde_json::from_value(serde_json::json!({ "unit": 1_017 })).unwrap();
    scene.hear(Report::Unit(unit, Ok(Box::new(bare))));
    check("unit_bare", &scene);
    scene.hear(Report::Unit(unit, Err("there is no such unit".to_owned())));
    check("unit_refused", &scene);
}

#[test]
fn who_is_listened_to_stands_in_the_list_of_units() {
    let mut scene = operated();
    let mut snapshot = scene.world.snapshot();
    snapshot.calls.push(monitor(&snapshot));
    scene.hear(Report::Snapshot { snapshot: Box::new(snapshot), stream: Stream::GoesOn });
    check("units_monitored", &scene);
    scene.type_text("O");
    check("units_monitor_ends", &scene);
}
