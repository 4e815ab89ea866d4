//! Chapter 10: events and snapshots go through JSON unharmed and have the members that the specification lists.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use trunklab_protocol::Cause;
use trunklab_protocol::operator::{
    Admission, AirCounters, AlarmId, AuditEntry, CallView, ConsoleView, EmergencyView, Event, EventKind,
    FloorView, Login, MessageView, NetworkAlarm, Order, PatchView, PendingView, QueueView, Refresh, Role,
    SiteView, SlotView, Snapshot, StatusText, TalkWord, TalkgroupView, Tokens, Totals, UnitState, UnitView,
    VisitView,
};
use trunklab_tests::specification::Specification;

/// The name in brackets, then the kind, as a cell of chapter 10 has them: `` `site` optional site ``.
fn members(cell: &str) -> Vec<(String, String)> {
    let parts = cell.split(", ").filter(|member| !member.is_empty()).map(|member| {
        let (name, kind) = member.trim_start_matches('`').split_once("` ").unwrap();
        (name.to_owned(), kind.to_owned())
    });
    parts.collect()
}

/// An example of each kind that chapter 10 uses.
fn example(kind: &str) -> Value {
    if let Some(inner) = kind.strip_prefix("optional ") {
        return example(inner);
    }
    if kind == "list of site and SlotAddress" {
        return json!([[3, example("SlotAddress")], [4, example("SlotAddress")]]);
    }
    if let Some(inner) = kind.strip_prefix("list of ") {
        return json!([example(inner)]);
    }
    match kind {
        "site" => json!(3),
        "unit" => json!(1017),
        "talkgroup" => json!(41),
        "area" => json!(7),
        "mast" => json!(2),
        "antenna" => json!(120),
        "parties" => json!({ "pair": { "caller": 1017, "called": 1018 } }),
        "incarnation" => json!(4_000_000_000_u32),
        "epoch" => json!(12),
        "spurt" => json!(77),
        "priority" => json!(5),
        "moment" => json!(1_234_567_890_123_u64),
        "u16" | "u32" | "u64" => json!(17),
        "flag" => json!(true),
        "text" => json!("Köln Süd"),
        "cause" => json!("hang_time_over"),
        "identity" => json!({ "imei": 490_154_203_237_518_u64 }),
        "ProfileId" => json!("dmr3"),
        "Demand" => json!("high"),
        "console" => json!("shift 2"),
        "version" => json!(7),
        "socket address" => json!("192.0.2.1:4000"),
        "voice key" => json!([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]),
        "imei" => json!(350_000_000_001_017_u64),
        "ClonePolicy" => json!("refuse_both"),
        "status" => json!(3),
        "addressee" => json!({ "unit": 1018 }),
        "sender" => json!({ "console": "shift 2" }),
        "MessageKind" => json!({ "status": 3 }),
        "MessageStage" => json!({ "refused": "message_unconfirmed" }),
        "EmergencyKind" => json!("alarm"),
        "radio order" => json!({ "regroup": { "talkgroup": 41, "locked": true } }),
        "Condition" => json!("stunned"),
        "service" => json!("emergency"),
        "EmergencyStage" => json!("acknowledged"),
        "CallId" => json!({ "node": 1, "epoch": 12, "counter": 9 }),
        "SlotAddress" => json!({ "carrier": 2, "slot": 1 }),
        "SlotHealth" => json!("faulty"),
        "PlantPart" => json!({ "carrier": 2, "slot": 1 }),
        "AlarmKind" => json!("slot_faulty"),
        "AlarmChange" => json!("raised"),
        "Severity" => json!("minor"),
        "alarm object" => json!({ "slot": { "site": 3, "at": example("SlotAddress") } }),
        object => {
            let specification = Specification::read();
            let table = specification
                .under(&format!("Object {object}"))
                .or_else(|| specification.under(&format!("Record {object}")))
                .unwrap_or_else(|| panic!("the specification does not say what a `{object}` is"));
            let member = |row: &Vec<String>| (row[0].clone(), example(&row[1]));
            Value::Object(table.rows.iter().map(member).collect())
        }
    }
}

fn events() -> Vec<(String, Vec<(String, String)>)> {
    let specification = Specification::read();
    let table = specification.under("Events").unwrap();
    table.rows.iter().map(|row| (row[0].clone(), members(&row[1]))).collect()
}

fn event(name: &str, members: &[(String, String)]) -> Value {
    let mut json = json!({ "sequence": 5, "at": 2_400_000, "event": name });
    for (member, kind) in members {
        json[member] = example(kind);
    }
    json
}

#[test]
fn every_specified_event_is_read_and_written_member_by_member() {
    for (name, members) in events() {
        let json = event(&name, &members);
        let read: Event =
            serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(serde_json::to_value(&read).unwrap(), json, "{name}");
        assert_eq!((read.sequence, read.at.as_micros()), (5, 2_400_000));
    }
}

#[test]
fn an_event_without_a_specified_member_is_refused_unless_it_is_optional() {
    for (name, members) in events() {
        for (member, kind) in &members {
            let mut json = event(&name, &members);
            json.as_object_mut().unwrap().remove(member);
            let refused = serde_json::from_value::<Event>(json).is_err();
            assert_eq!(refused, !kind.starts_with("optional "), "{name} without {member}");
        }
    }
}

/// The name that an event of the code has on the wire. A new event must be added here and to clause 10.3.
const fn wire_name(kind: &EventKind) -> &'static str {
    match kind {
        EventKind::SiteUp { .. } => "site_up",
        EventKind::SiteLost { .. } => "site_lost",
        EventKind::SiteServedAlone { .. } => "site_served_alone",
        EventKind::SiteServedFailsoft { .. } => "site_served_failsoft",
        EventKind::SiteInFailsoft { .. } => "site_in_failsoft",
        EventKind::ControlMoved { .. } => "control_moved",
        EventKind::SlotHealth { .. } => "slot_health",
        EventKind::SlotTested { .. } => "slot_tested",
        EventKind::NetworkAlarm { .. } => "network_alarm",
        EventKind::Registered { .. } => "registered",
        EventKind::RegisterRefused { .. } => "register_refused",
        EventKind::Deregistered { .. } => "deregistered",
        EventKind::Moved { .. } => "moved",
        EventKind::Cloned { .. } => "cloned",
        EventKind::Affiliated { .. } => "affiliated",
        EventKind::CallQueued { .. } => "call_queued",
        EventKind::CallRefused { .. } => "call_refused",
        EventKind::CallCancelled { .. } => "call_cancelled",
        EventKind::CallCalledBack { .. } => "call_called_back",
        EventKind::CallGranted { .. } => "call_granted",
        EventKind::EmergencyRaised { .. } => "emergency_raised",
        EventKind::EmergencyOver { .. } => "emergency_over",
        EventKind::CallArea { .. } => "call_area",
        EventKind::EmergencyBegan { .. } => "emergency_began",
        EventKind::CallReaches { .. } => "call_reaches",
        EventKind::Patched { .. } => "patched",
        EventKind::Unpatched { .. } => "unpatched",
        EventKind::Configured { .. } => "configured",
        EventKind::EmergencyAcknowledged { .. } => "emergency_acknowledged",
        EventKind::EmergencyCleared { .. } => "emergency_cleared",
        EventKind::OrderRefused { .. } => "order_refused",
        EventKind::UnitPaged { .. } => "unit_paged",
        EventKind::UnitRings { .. } => "unit_rings",
        EventKind::CallAnswered { .. } => "call_answered",
        EventKind::SiteJoined { .. } => "site_joined",
        EventKind::SiteLeft { .. } => "site_left",
        EventKind::FloorTaken { .. } => "floor_taken",
        EventKind::FloorReleased { .. } => "floor_released",
        EventKind::FloorQueued { .. } => "floor_queued",
        EventKind::FloorRefused { .. } => "floor_refused",
        EventKind::CallReleased { .. } => "call_released",
        EventKind::RadioOrderPending { .. } => "radio_order_pending",
        EventKind::RadioOrderDone { .. } => "radio_order_done",
        EventKind::RadioOrderFailed { .. } => "radio_order_failed",
        EventKind::Monitored { .. } => "monitored",
        EventKind::RightsChanged { .. } => "rights_changed",
        EventKind::MessageSent { .. } => "message_sent",
        EventKind::MessageDelivered { .. } => "message_delivered",
        EventKind::MessageRefused { .. } => "message_refused",
        EventKind::AlertOver { .. } => "alert_over",
        EventKind::Dropped { .. } => "dropped",
    }
}

#[test]
fn events_of_the_code_and_of_the_specification_are_the_same() {
    let error = serde_json::from_value::<Event>(json!({ "sequence": 1, "at": 0, "event": "no_such_event" }))
        .unwrap_err()
        .to_string();
    let in_code: BTreeSet<_> = error.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    let specified: BTreeSet<_> = events().into_iter().map(|(name, _)| name).collect();
    assert_eq!(in_code, specified, "the code's own list of events is in its error: {error}");
    for (name, members) in events() {
        let read: Event = serde_json::from_value(event(&name, &members)).unwrap();
        assert_eq!(wire_name(&read.kind), name);
    }
}

/// The members that the specification gives an object.
fn specified(object: &str) -> BTreeSet<String> {
    let specification = Specification::read();
    specification.under(&format!("Object {object}")).unwrap().rows.iter().map(|row| row[0].clone()).collect()
}

fn same_again<T: serde::de::DeserializeOwned + serde::Serialize>(json: &Value) -> Value {
    let read: T = serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{error}: {json}"));
    serde_json::to_value(read).unwrap()
}

#[test]
fn the_golden_bodies_are_read_and_written_member_by_member() {
    let bodies =
        std::fs::read_to_string(trunklab_tests::tree::root().join("tests/golden/operator.json")).unwrap();
    let bodies: Vec<Value> = serde_json::from_str(&bodies).unwrap();
    let mut roles = BTreeSet::new();
    for body in &bodies {
        let (object, json) = (body["object"].as_str().unwrap(), &body["json"]);
        let again = match object {
            "Login" => same_again::<Login>(json),
            "Refresh" => same_again::<Refresh>(json),
            "Tokens" => same_again::<Tokens>(json),
            "Admission" => same_again::<Admission>(json),
            "AuditEntry" => same_again::<AuditEntry>(json),
            "NetworkAlarm" => same_again::<NetworkAlarm>(json),
            other => panic!("{other} is no body"),
        };
        assert_eq!(again, *json);
        roles.extend(json["role"].as_str().map(str::to_owned));
        let mut members: BTreeSet<_> = json.as_object().unwrap().keys().cloned().collect();
        // A deed's own members stand beside those of every entry.
        if object == "AuditEntry" {
            members.retain(|member| specified(object).contains(member));
        }
        assert_eq!(members, specified(object), "{object}");
    }
    let all: BTreeSet<_> = Role::ALL.iter().map(|role| role.name().to_owned()).collect();
    assert_eq!(roles, all, "each role stands in a body");
}

#[test]
fn roles_of_the_code_and_of_the_specification_are_the_same() {
    let specification = Specification::read();
    let rows = &specification.under("Enumeration Role").unwrap().rows;
    let stated: Vec<_> = rows.iter().map(|row| row[1].clone()).collect();
    assert_eq!(stated, Role::ALL.map(|role| role.name().to_owned()));
}

#[test]
fn a_login_and_a_refresh_have_no_other_members() {
    for json in [json!({ "name": "anna" }), json!({ "name": "anna", "password": "x", "role": "viewer" })] {
        assert!(serde_json::from_value::<Login>(json).is_err());
    }
    for json in [json!({}), json!({ "refresh_token": 7 }), json!({ "refresh_token": "x", "name": "anna" })] {
        assert!(serde_json::from_value::<Refresh>(json).is_err());
    }
}

fn round_trip<T: serde::de::DeserializeOwned + serde::Serialize + PartialEq + std::fmt::Debug>(object: &str) {
    let json = example(object);
    let read: T = serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{object}: {error}"));
    let written = serde_json::to_value(&read).unwrap();
    assert_eq!(written, json, "{object}");
    assert_eq!(serde_json::from_value::<T>(written).unwrap(), read, "{object}");
}

#[test]
fn snapshots_and_their_parts_have_the_specified_members_and_no_others() {
    round_trip::<Snapshot>("Snapshot");
    round_trip::<SiteView>("SiteView");
    round_trip::<SlotView>("SlotView");
    round_trip::<AirCounters>("AirCounters");
    round_trip::<CallView>("CallView");
    round_trip::<QueueView>("QueueView");
    round_trip::<EmergencyView>("EmergencyView");
    round_trip::<PatchView>("PatchView");
    round_trip::<ConsoleView>("ConsoleView");
    round_trip::<UnitView>("UnitView");
    round_trip::<PendingView>("PendingView");
    round_trip::<UnitState>("UnitState");
    round_trip::<VisitView>("VisitView");
    round_trip::<FloorView>("FloorView");
    round_trip::<TalkgroupView>("TalkgroupView");
    round_trip::<Totals>("Totals");
    round_trip::<MessageView>("MessageView");
    round_trip::<StatusText>("StatusText");
    round_trip::<NetworkAlarm>("NetworkAlarm");
    round_trip::<AlarmId>("AlarmId");
}

#[test]
fn words_of_a_talk_of_the_code_and_of_the_specification_are_the_same() {
    let specification = Specification::read();
    let rows = &specification.under("Talking").unwrap().rows;
    for row in rows {
        let mut json = json!({ "talk": row[0] });
        for (member, kind) in members(&row[1]) {
            json[member] = example(&kind);
        }
        let read: TalkWord =
            serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(serde_json::to_value(&read).unwrap(), json);
    }
    let error =
        serde_json::from_value::<TalkWord>(json!({ "talk": "no_such_word" })).unwrap_err().to_string();
    let in_code: BTreeSet<_> = error.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    let specified: BTreeSet<_> = rows.iter().map(|row| row[0].clone()).collect();
    assert_eq!(in_code, specified, "the code's own list of words is in its error: {error}");
}

#[test]
fn every_cause_has_its_name_in_json() {
    for cause in Cause::ALL {
        let json = serde_json::to_value(cause).unwrap();
        assert_eq!(serde_json::from_value::<Cause>(json.clone()).unwrap(), *cause);
        let words: String = cause.name().chars().fold(String::new(), |mut name, letter| {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('_');
            }
            name.push(letter.to_ascii_lowercase());
            name
        });
        assert_eq!(json, words);
    }
}

#[test]
fn values_out_of_range_are_refused_in_events_too() {
    for (member, value) in [("unit", json!(0)), ("site", json!(70_000)), ("cause", json!("no_such_cause"))] {
        let mut json = json!({ "sequence": 1, "at": 0, "event": "deregistered", "unit": 1, "site": 1, "cause": "powered_off" });
        assert!(serde_json::from_value::<Event>(json.clone()).is_ok());
        json[member] = value;
        assert!(serde_json::from_value::<Event>(json).is_err(), "{member}");
    }
}

#[test]
fn every_specified_order_is_read_and_written_member_by_member() {
    let specification = Specification::read();
    for row in &specification.under("Orders of operators").unwrap().rows {
        let mut json = json!({ "order": row[0] });
        for (member, kind) in members(&row[1]) {
            json[member] = example(&kind);
        }
        let read: Order =
            serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(serde_json::to_value(&read).unwrap(), json);
        assert_eq!(serde_json::to_value(read.right()).unwrap(), row[2], "the right of {json}");
        json["haste"] = json!("great");
        assert!(serde_json::from_value::<Order>(json).is_err(), "a member that is not known");
    }
}

#[test]
fn orders_of_the_code_and_of_the_specification_are_the_same() {
    let error = serde_json::from_value::<Order>(json!({ "order": "no_such_order" })).unwrap_err().to_string();
    let in_code: BTreeSet<_> = error.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    let specification = Specification::read();
    let rows = &specification.under("Orders of operators").unwrap().rows;
    let specified: BTreeSet<_> = rows.iter().map(|row| row[0].clone()).collect();
    assert_eq!(in_code, specified, "the code's own list of orders is in its error: {error}");
}
