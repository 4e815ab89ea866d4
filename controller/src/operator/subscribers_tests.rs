//! The register while the controller runs, over the real port and with the real core.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use trunklab_controller_core::config::{Change, Talkgroup};
use trunklab_protocol::TalkgroupId;

use crate::store::{Store, StorePlace};
use crate::testing::{Lab, TOKEN, exchange, exchange_whole};

const KEY: &str = "000102030405060708090a0b0c0d0e0f";

struct Desk {
    lab: Lab,
    directory: tempfile::TempDir,
}

impl Desk {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let place = StorePlace::File(directory.path().join("zone.db"));
        let lab = Lab::start_whole_with(|options| {
            options.store = place;
            let named = |number| Talkgroup::named(TalkgroupId::new(number).unwrap(), "Fire");
            options.provision = [41, 42].map(|number| Change::Talkgroup(named(number))).to_vec();
        })
        .await;
        Self { lab, directory }
    }

    async fn send(&self, head: &str, kind: &str, body: &str) -> (u16, Value) {
        let (status, _, body) =
            exchange_whole(&self.lab, Ipv4Addr::LOCALHOST, kind, head, Some(TOKEN), body).await;
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    async fn import(&self, rows: &str) -> (u16, Value) {
        self.send("POST /v1/subscribers", "text/csv", rows).await
    }

    async fn shown(&self, unit: u32) -> (u16, Value) {
        self.send(&format!("GET /v1/subscribers/{unit}"), "application/json", "").await
    }

    /// The deeds of the audit trail.
    async fn deeds(&self) -> Vec<Value> {
        let (_, body) = exchange(&self.lab, "GET /v1/audit?limit=1000", Some(TOKEN), "").await;
        let body: Value = serde_json::from_str(&body).unwrap();
        body["entries"].as_array().unwrap().iter().map(|entry| entry["deed"].clone()).collect()
    }
}

fn three() -> String {
    format!("unit,imei,imsi,key,talkgroups\n1,100,100,{KEY},41\n2,200,200,{KEY},41 42\n3,,,{KEY},\n")
}

#[tokio::test]
async fn a_file_is_taken_whole_by_a_running_controller_and_lasts() {
    let desk = Desk::start().await;
    let (status, answer) = desk.import(&three()).await;
    assert_eq!((status, answer), (200, json!({ "added": 3, "changed": 0, "same": 0 })));
    let (status, shown) = desk.shown(2).await;
    assert_eq!((status, &shown["imsi"], &shown["talkgroups"]), (200, &json!(200), &json!([41, 42])));
    assert!(shown.get("key").is_none() && !shown.to_string().contains(KEY), "{shown}");
    let (_, again) = desk.import(&three()).await;
    assert_eq!(again, json!({ "added": 0, "changed": 0, "same": 3 }));
    assert_eq!(desk.deeds().await, [json!("subscribers_imported"), json!("subscribers_imported")]);
    let Desk { lab, directory } = desk;
    lab.controller.stop().await.unwrap();
    let mut store = Store::open(&StorePlace::File(directory.path().join("zone.db"))).unwrap();
    assert_eq!(store.subscribers_after(None).unwrap().len(), 3);
}

#[tokio::test]
async fn two_subscribers_swap_their_names_in_one_file() {
    let desk = Desk::start().await;
    desk.import(&three()).await;
    let (status, answer) = desk.import("unit,imei,imsi,talkgroups\n1,200,200,41\n2,100,100,41 42\n").await;
    assert_eq!((status, &answer["changed"]), (200, &json!(2)), "{answer}");
    assert_eq!(desk.shown(1).await.1["imei"], json!(200));
    assert_eq!(desk.shown(2).await.1["imei"], json!(100));
    // The core has swapped them as well, or it would refuse what follows from it.
    let (status, _) = desk.import("unit,imei,imsi,talkgroups\n3,300,300,\n1,,,41\n").await;
    assert_eq!(status, 200);
    let snapshot = desk.lab.controller.counters().messages_dropped.read();
    assert_eq!(snapshot, [], "nothing was dropped by the core");
}

#[tokio::test]
async fn a_file_with_one_wrong_row_changes_nothing_and_has_its_cause() {
    let desk = Desk::start().await;
    desk.import(&three()).await;
    for (rows, status, cause) in [
        (format!("unit,imei,key\n4,400,{KEY}\n5,100,{KEY}\n"), 409, "imei_taken"),
        (format!("unit,imsi,key\n4,400,{KEY}\n5,400,{KEY}\n"), 409, "imsi_taken"),
        ("unit,key\n4,0123\n".to_owned(), 400, "field_out_of_range"),
        ("unit,imei\n4,400\n".to_owned(), 400, "field_out_of_range"),
        (format!("unit,key,talkgroups\n4,{KEY},77\n"), 400, "field_out_of_range"),
        ("colour\nred\n".to_owned(), 400, "field_out_of_range"),
        ("x".repeat(17 << 20), 413, "request_too_long"),
    ] {
        let (found, answer) = desk.import(&rows).await;
        assert_eq!((found, &answer["cause"]), (status, &json!(cause)), "{}", &rows[..rows.len().min(60)]);
        assert!(!answer.to_string().contains("0123\""), "no key in an answer: {answer}");
    }
    let (status, answer) = desk.send("POST /v1/subscribers", "text/html", "<p>").await;
    assert_eq!((status, &answer["cause"]), (415, &json!("not_json")));
    assert_eq!(desk.shown(4).await.0, 404);
    assert_eq!(desk.deeds().await.len(), 1);
}

#[tokio::test]
async fn one_subscriber_is_put_shown_and_taken_out() {
    let desk = Desk::start().await;
    let put = async |unit: u32, body: &Value| {
        desk.send(&format!("PUT /v1/subscribers/{unit}"), "application/json", &body.to_string()).await
    };
    let one = json!({ "unit": 7, "imei": 700, "key": KEY, "talkgroups": [41] });
    assert_eq!(put(7, &one).await, (200, json!({ "added": 1, "changed": 0, "same": 0 })));
    let (status, answer) = put(8, &one).await;
    assert_eq!((status, &answer["cause"]), (400, &json!("field_out_of_range")));
    let (status, answer) = put(8, &json!({ "unit": 8, "imei": 700, "key": KEY })).await;
    assert_eq!((status, &answer["cause"]), (409, &json!("imei_taken")));
    let remove =
        async |unit: &str| desk.send(&format!("DELETE /v1/subscribers/{unit}"), "text/plain", "").await;
    assert_eq!(remove("7").await.0, 204);
    for unit in ["7", "0", "16777216", "seven"] {
        let (status, answer) = remove(unit).await;
        assert_eq!((status, &answer["cause"]), (404, &json!("unknown_unit")), "{unit}");
    }
    assert_eq!(put(8, &json!({ "unit": 8, "imei": 700, "key": KEY })).await.0, 200, "its name is free again");
    assert_eq!(desk.deeds().await, ["subscriber_kept", "subscriber_removed", "subscriber_kept"]);
}
