//! Lists at the operator API: what may be asked of each of them, and where the next page begins.

use serde_json::{Value, json};
use smallvec::SmallVec;
use trunklab_controller_core::output::{MessageRecord, StoreItem};
use trunklab_protocol::operator::Sender;
use trunklab_protocol::{Cause, Epoch, MessageId, MessageKind, Moment, StatusNumber, TalkgroupId, UnitId};

use crate::testing::{Lab, TOKEN, exchange};

async fn asks(lab: &Lab, path: &str) -> (u16, Value) {
    let (status, body) = exchange(lab, &format!("GET {path}"), Some(TOKEN), "").await;
    (status, serde_json::from_str(&body).unwrap())
}

/// A status of unit 1017 for talkgroup 41, and one for unit 1018 that is refused.
fn messages() -> Vec<StoreItem> {
    let record = |counter, to, outcome| {
        StoreItem::Message(Box::new(MessageRecord {
            message: MessageId { epoch: Epoch::new(1).unwrap(), counter },
            kind: MessageKind::Status(StatusNumber::new(3).unwrap()),
            from: Sender::Unit(UnitId::new(1017).unwrap()),
            to: Some(to),
            from_site: None,
            sites: SmallVec::new(),
            requested: Moment::ORIGIN,
            outcome: Some((Moment::from_micros(7), outcome)),
            ended: None,
        }))
    };
    vec![
        record(1, TalkgroupId::new(41).unwrap().into(), Ok(())),
        record(2, UnitId::new(1018).unwrap().into(), Err(Cause::CalledNotRegistered)),
    ]
}

#[tokio::test]
async fn each_list_refuses_what_it_does_not_know_and_bounds_its_pages() {
    let lab = Lab::start().await;
    for path in ["/v1/records", "/v1/attempts", "/v1/messages", "/v1/audit"] {
        for bad in ["limit=0", "limit=1001", "limit=x", "from=-1", "after=", "fro%6D=1", "talk=41&limit=1"] {
            let (status, problem) = asks(&lab, &format!("{path}?{bad}")).await;
            assert_eq!((status, &problem["cause"]), (400, &json!("field_out_of_range")), "{path}?{bad}");
        }
        for good in ["", "?", "?limit=1000&from=0&to=18446744073709551615&after=0"] {
            let (status, page) = asks(&lab, &format!("{path}{good}")).await;
            assert_eq!((status, page["entries"].is_array()), (200, true), "{path}{good}: {page}");
        }
    }
    assert_eq!(lab.controller.counters().operator_refused.read(), [(Cause::FieldOutOfRange, 28)]);
}

#[tokio::test]
async fn messages_are_read_page_by_page_and_by_whom_they_were_for() {
    let lab = Lab::start().await;
    lab.controller.at_store(|store| store.keep(&messages()).unwrap()).await;
    let (_, first) = asks(&lab, "/v1/messages?limit=1").await;
    let entry = &first["entries"][0];
    assert_eq!((&entry["kind"], &entry["to"]), (&json!({ "status": 3 }), &json!({ "talkgroup": 41 })));
    assert_eq!((&entry["from"], &entry["cause"]), (&json!({ "unit": 1017 }), &Value::Null));
    assert_eq!(entry["delivered_us"], entry["ended_us"]);
    let (_, second) = asks(&lab, &format!("/v1/messages?limit=1&after={}", first["next"])).await;
    assert_eq!(second["entries"][0]["cause"], "called_not_registered");
    assert_eq!(second["next"], Value::Null);
    for (query, counters) in [("talkgroup=41", 1), ("unit=1018", 2), ("cause=called_not_registered", 2)] {
        let (_, page) = asks(&lab, &format!("/v1/messages?{query}")).await;
        let entries = page["entries"].as_array().unwrap();
        assert_eq!((entries.len(), &entries[0]["message"]["counter"]), (1, &json!(counters)), "{query}");
    }
}
