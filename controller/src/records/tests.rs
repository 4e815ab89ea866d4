use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use smallvec::SmallVec;
use trunklab_controller_core::charging::Attempt;
use trunklab_controller_core::output::{CallRecord, HeldSlot, MessageRecord, Spurt, StoreItem};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::operator::{ConsoleName, Sender};
use trunklab_protocol::{
    CallId, CarrierNumber, Cause, Epoch, MessageId, MessageKind, Moment, NodeId, Pair, Parties, Priority,
    SiteId, SlotAddress, SlotNumber, StatusNumber, TalkgroupId, UnitId,
};

use super::*;
use crate::store::{Kept, PLACES_MAX, Page, StorePlace, Told};

/// When the first term's time began: an hour after 1970, so that its first minute is a busy hour's.
const ORIGIN_US: u64 = 3_600_000_000;

fn unit(number: u32) -> UnitId {
    UnitId::new(number).unwrap()
}

fn ms(millis: u64) -> Moment {
    Moment::from_micros(millis * 1_000)
}

fn slot_at(carrier: u16) -> SlotAddress {
    SlotAddress { carrier: CarrierNumber::new(carrier).unwrap(), slot: SlotNumber::new(0).unwrap() }
}

/// A call of a talkgroup: asked for at `begun_ms`, granted half a second later, on a slot at site 3 and one at site 5 for
/// two seconds, in which its caller talked for 1.5 s.
fn call(counter: u32, talkgroup: u16, begun_ms: u64) -> CallRecord {
    let epoch = Epoch::new(1).unwrap();
    let held = |site, carrier| HeldSlot {
        site: SiteId::new(site).unwrap(),
        at: slot_at(carrier),
        from: ms(begun_ms + 500),
        until: Some(ms(begun_ms + 2_500)),
    };
    CallRecord {
        call: CallId { node: NodeId::new(1).unwrap(), epoch, counter },
        epoch,
        parties: TalkgroupId::new(talkgroup).unwrap().into(),
        caller: Some(unit(1017)),
        kind: RequestKind::Normal,
        area: None,
        priority: Priority::new(5).unwrap(),
        requested: ms(begun_ms),
        granted: ms(begun_ms + 500),
        released: Some((ms(begun_ms + 2_500), Cause::HangTimeOver)),
        slots: SmallVec::from_iter([held(3, 12), held(5, 14)]),
        spurts: SmallVec::from_iter([Spurt {
            unit: unit(1017),
            from: ms(begun_ms + 500),
            until: Some((ms(begun_ms + 2_000), Cause::TransmissionEnded)),
        }]),
        monitored_by: None,
    }
}

fn kept(records: impl IntoIterator<Item = CallRecord>) -> Store {
    let mut store = Store::open(&StorePlace::Memory).unwrap();
    store.begin_term(Epoch::new(0).unwrap(), ORIGIN_US).unwrap();
    let items: Vec<_> = records.into_iter().map(|record| StoreItem::CallClosed(Box::new(record))).collect();
    store.keep(&items).unwrap();
    store
}

fn paged(page: Page) -> RecordQuery {
    RecordQuery { page, ..RecordQuery::default() }
}

fn exported(store: &mut Store, query: RecordQuery, format: Format) -> String {
    let mut out = Vec::new();
    export::<RecordEntry>(store, query, format, &mut out, &Progress::Silent).unwrap();
    String::from_utf8(out).unwrap()
}

/// Whether a value is as the schema says: as much of JSON schema as this one uses.
fn fits(value: &Value, schema: &Value, whole: &Value) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        return fits(value, whole.pointer(&name[1..]).unwrap(), whole);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fitting = choices.iter().filter(|choice| fits(value, choice, whole).is_ok());
        return if fitting.count() == 1 { Ok(()) } else { Err(format!("{value} is none of {choices:?}")) };
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts.iter().try_for_each(|part| fits(value, part, whole));
    }
    let is_of = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_u64() || value.is_i64(),
        _ => panic!("{name} is no type of this schema"),
    };
    let types: Vec<&str> = match schema["type"].as_array() {
        Some(names) => names.iter().map(|name| name.as_str().unwrap()).collect(),
        None => schema["type"].as_str().into_iter().collect(),
    };
    if !types.iter().any(|name| is_of(name)) {
        return Err(format!("{value} is no {types:?}"));
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        return Err(format!("{value} is none of {words:?}"));
    }
    for item in value.as_array().into_iter().flatten() {
        fits(item, &schema["items"], whole)?;
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            return Err(format!("{value} has no {name}"));
        }
    }
    for (name, member) in value.as_object().into_iter().flatten() {
        let known = schema["properties"].get(name).ok_or_else(|| format!("nobody knows of {name}"))?;
        fits(member, known, whole)?;
    }
    Ok(())
}

#[test]
fn what_is_exported_is_as_the_schema_says_in_every_format() {
    let pair = Parties::Pair(Pair { caller: unit(1017), called: unit(1018) });
    let by = Some(ConsoleName::new("desk"));
    let individual =
        CallRecord { parties: pair, kind: RequestKind::Emergency, monitored_by: by, ..call(2, 41, 9_000) };
    let mut store = kept([call(1, 41, 0), individual]);
    let whole = schema();
    let lines = exported(&mut store, RecordQuery::default(), Format::Jsonl);
    let objects: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), 2);
    for object in &objects {
        fits(object, &whole, &whole).unwrap();
    }
    let by = objects.iter().map(|object| object["monitored_by"].clone()).collect::<Vec<_>>();
    assert_eq!(by, [Value::Null, Value::from("desk")]);
    let broken = [("cause", Value::from(7)), ("unit", Value::from(7)), ("slots", Value::Null)];
    for (name, value) in broken {
        let mut object = objects[0].clone();
        object[name] = value;
        assert!(fits(&object, &whole, &whole).is_err(), "{name} must not fit");
    }
    let list: Value =
        serde_json::from_str(&exported(&mut store, RecordQuery::default(), Format::Json)).unwrap();
    assert_eq!(list, Value::Array(objects));
    assert_eq!(
        exported(&mut store, RecordQuery::default(), Format::Csv),
        "id,call,epoch,talkgroup,caller,called,emergency,priority,area,requested_us,granted_us,released_us,cause,\
         waited_ms,airtime_ms,channel_ms,talkers,slots,monitored_by\n\
         1,1.1.1,1,41,1017,,no,5,,3600000000,3600500000,3602500000,hang_time_over,500,1500,4000,1017:1500,\
         3:12/0:2000 5:14/0:2000,\n\
         2,1.1.2,1,,1017,1018,yes,5,,3609000000,3609500000,3611500000,hang_time_over,500,1500,4000,1017:1500,\
         3:12/0:2000 5:14/0:2000,desk\n"
    );
    let none = paged(Page { after: 2, ..Page::default() });
    assert_eq!(exported(&mut store, none, Format::Json), "[\n]\n");
}

#[test]
fn the_schema_is_the_one_that_is_published() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/records.schema.json");
    let published: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let is_published = published == schema();
    assert!(is_published, "docs/records.schema.json must hold what `controller records schema` prints");
}

#[test]
fn pages_give_each_record_once_however_rare_those_are_that_are_wanted() {
    let count = u32::try_from(PLACES_MAX).unwrap() * 2 + 100;
    let rare = [5, count - 3];
    let records = (1..=count)
        .map(|number| call(number, if rare.contains(&number) { 99 } else { 41 }, u64::from(number) * 10));
    let mut store = kept(records);
    let mut query = paged(Page { limit: 700, ..Page::default() });
    let (mut ids, mut pages) = (BTreeSet::new(), 0);
    loop {
        let found = store.records(&query).unwrap();
        pages += 1;
        assert!(found.entries.len() <= 700);
        assert!(found.entries.iter().all(|entry| ids.insert(entry.id)), "a record was given twice");
        let Some(next) = found.next else { break };
        query.page.after = next;
    }
    assert_eq!((ids.len(), pages), (count as usize, count.div_ceil(700)));

    let wanted = RecordQuery { talkgroup: TalkgroupId::new(99), ..RecordQuery::default() };
    let first = store.records(&wanted).unwrap();
    assert_eq!((first.entries.len(), first.next), (1, Some(PLACES_MAX)));
    let second = store
        .records(&RecordQuery { page: Page { after: PLACES_MAX, ..Page::default() }, ..wanted })
        .unwrap();
    assert_eq!((second.entries.len(), second.next), (0, Some(2 * PLACES_MAX)), "a page of none goes on");
    let mut found = Vec::new();
    each(&mut store, wanted, |entry: RecordEntry| {
        found.push(entry.call.counter);
        Ok(())
    })
    .unwrap();
    assert_eq!(found, rare);
}

#[test]
fn records_are_found_by_time_unit_and_cause() {
    let mut other = call(3, 42, 20_000);
    other.released = other.released.map(|(at, _)| (at, Cause::Preempted));
    other.spurts[0].unit = unit(1018);
    let mut store = kept([call(1, 41, 0), call(2, 41, 10_000), other]);
    let mut counters = |query: RecordQuery| {
        let found = store.records(&query).unwrap();
        found.entries.iter().map(|entry| entry.call.counter).collect::<Vec<_>>()
    };
    let all = RecordQuery::default();
    let released_us = ORIGIN_US + 12_500_000;
    assert_eq!(counters(paged(Page { from_us: released_us, ..Page::default() })), [2, 3]);
    assert_eq!(counters(paged(Page { from_us: released_us + 1, ..Page::default() })), [3]);
    assert_eq!(counters(paged(Page { to_us: released_us, ..Page::default() })), [1]);
    assert_eq!(counters(paged(Page { from_us: u64::MAX, ..Page::default() })), [0; 0]);
    assert_eq!(counters(RecordQuery { unit: Some(unit(1018)), ..all.clone() }), [3]);
    assert_eq!(counters(RecordQuery { cause: Some(Cause::HangTimeOver), ..all.clone() }), [1, 2]);
    assert_eq!(counters(paged(Page { after: 2, ..Page::default() })), [3]);
    assert_eq!(counters(paged(Page { after: u64::MAX, ..Page::default() })), [0; 0]);
}

#[test]
fn a_summary_adds_up_calls_airtime_waits_and_the_busy_hour() {
    let mut continued = call(3, 42, 30_000);
    continued.epoch = Epoch::new(2).unwrap();
    continued.caller = None;
    let mut slow = call(2, 42, 10_000);
    slow.requested = ms(6_500);
    let mut store = kept([call(1, 41, 0), slow, continued]);
    let mut by = |by| summarise(&mut store, RecordQuery::default(), by, &Progress::Silent).unwrap();
    let whole = by(By::Talkgroup);
    assert_eq!((whole.calls, whole.continued, whole.airtime_ms, whole.channel_ms), (2, 1, 4_500, 12_000));
    assert_eq!((whole.waits.waited, whole.waits.mean_ms, whole.waits.max_ms), (2, 2_250.0, 4_000));
    // The third record's term is not known: its time counts from 1970.
    assert_eq!((whole.busy_hour_us, whole.busy_hour_erlangs), (Some(ORIGIN_US), 8.0 / 3_600.0));
    let rows = |summary: &Summary| -> Vec<_> {
        summary.rows.iter().map(|row| (row.of.clone(), row.calls, row.airtime_ms, row.channel_ms)).collect()
    };
    assert_eq!(rows(&whole), [("41".to_owned(), 1, 1_500, 4_000), ("42".to_owned(), 1, 3_000, 8_000)]);
    assert_eq!(rows(&by(By::Site)), [("3".to_owned(), 2, 4_500, 6_000), ("5".to_owned(), 2, 4_500, 6_000)]);
    assert_eq!(rows(&by(By::Unit)), [("1017".to_owned(), 2, 4_500, 0)]);
    assert_eq!(rows(&by(By::Cause)), [("hang_time_over".to_owned(), 2, 4_500, 12_000)]);
    assert!(whole.to_string().contains("calls 2, continued 1"), "{whole}");
}

#[test]
fn messages_that_are_over_are_exported_with_their_sender_and_their_end() {
    let mut store = kept([]);
    let record = |counter, kind, from, to| MessageRecord {
        message: MessageId { epoch: Epoch::new(1).unwrap(), counter },
        kind,
        from,
        to,
        from_site: None,
        sites: SmallVec::from_iter([3, 5].map(|site| SiteId::new(site).unwrap())),
        requested: ms(1),
        outcome: Some((ms(2), Ok(()))),
        ended: None,
    };
    let status = MessageKind::Status(StatusNumber::new(7).unwrap());
    let desk = Sender::Console(ConsoleName::new("desk, north"));
    let from = Sender::Unit(unit(1017));
    let group = TalkgroupId::new(41).map(Into::into);
    let alert = record(3, MessageKind::CallAlert, desk, Some(unit(1018).into()));
    let all = [
        record(1, status, from.clone(), group),
        MessageRecord {
            outcome: Some((ms(3), Err(Cause::NobodyListens))),
            ..record(2, status, from.clone(), None)
        },
        // This one alerts still.
        record(4, MessageKind::CallAlert, from, Some(unit(1018).into())),
        MessageRecord { ended: Some((ms(9), Cause::AlertDismissed)), ..alert },
    ];
    store.keep(&all.map(|record| StoreItem::Message(Box::new(record)))).unwrap();
    let mut out = Vec::new();
    let query = RecordQuery::default();
    export::<MessageEntry>(&mut store, query.clone(), Format::Csv, &mut out, &Progress::Silent).unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "id,message,kind,status,from_unit,from_console,to_unit,to_talkgroup,from_site,sites,requested_us,delivered_us,\
         ended_us,cause\n\
         1,1.1,status,7,1017,,,41,,3 5,3600001000,3600002000,3600002000,\n\
         2,1.2,status,7,1017,,,,,3 5,3600001000,,3600003000,nobody_listens\n\
         4,1.3,call_alert,,,\"desk, north\",1018,,,3 5,3600001000,3600002000,3600009000,alert_dismissed\n"
    );
    let whole = schema();
    let found = store.messages(&query).unwrap();
    for entry in &found.entries {
        fits(&serde_json::to_value(entry).unwrap(), &whole, &whole).unwrap();
    }
    assert_eq!(found.next, None);
    let mut counters = |query: RecordQuery| {
        let found = store.messages(&query).unwrap();
        found.entries.iter().map(|entry| entry.message.counter).collect::<Vec<_>>()
    };
    assert_eq!(counters(RecordQuery { unit: Some(unit(1018)), ..query.clone() }), [3]);
    assert_eq!(counters(RecordQuery { unit: Some(unit(1017)), ..query.clone() }), [1, 2]);
    assert_eq!(counters(RecordQuery { talkgroup: TalkgroupId::new(41), ..query.clone() }), [1]);
    assert_eq!(counters(RecordQuery { cause: Some(Cause::NobodyListens), ..query }), [2]);
    let late = ORIGIN_US + 9_000;
    assert_eq!(counters(paged(Page { from_us: late, ..Page::default() })), [3]);
    assert_eq!(counters(paged(Page { to_us: late, ..Page::default() })), [1, 2]);
    assert_eq!(counters(paged(Page { after: 2, ..Page::default() })), [3]);
    assert_eq!(counters(paged(Page { limit: 1, ..Page::default() })), [1]);
}

#[test]
fn attempts_are_kept_with_their_cause() {
    let mut store = kept([]);
    let attempt = |number, cause| {
        let parties = Some(TalkgroupId::new(41).unwrap().into());
        Told::Attempt(Attempt { unit: unit(number), site: SiteId::new(3), parties, cause })
    };
    let told = [attempt(1017, Cause::QueueFull), attempt(1018, Cause::RequestCancelled)];
    let epoch = Epoch::new(1).unwrap();
    store.keep_all(told.iter().map(|told| Kept::Told { epoch, at: ms(7), told })).unwrap();
    let found = store.attempts(&RecordQuery { unit: Some(unit(1018)), ..RecordQuery::default() }).unwrap();
    let [entry] = &*found.entries else { panic!("{found:?}") };
    assert_eq!((entry.at_us, entry.cause), (ORIGIN_US + 7_000, Cause::RequestCancelled));
    let whole = schema();
    fits(&serde_json::to_value(entry).unwrap(), &whole, &whole).unwrap();
    let mut out = Vec::new();
    export::<AttemptEntry>(&mut store, RecordQuery::default(), Format::Csv, &mut out, &Progress::Silent)
        .unwrap();
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "id,at_us,unit,site,talkgroup,called,cause\n1,3600007000,1017,3,41,,queue_full\n\
         2,3600007000,1018,3,41,,request_cancelled\n"
    );
}
