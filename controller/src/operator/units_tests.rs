//! How a radio is set up, over the real port and with the real core.

use std::net::Ipv4Addr;

use serde_json::{Value, json};
use trunklab_controller_core::config::{Change, Talkgroup};
use trunklab_protocol::TalkgroupId;

use crate::testing::{Lab, TOKEN, exchange, exchange_whole};

const KEY: &str = "000102030405060708090a0b0c0d0e0f";

async fn desk() -> Lab {
    let lab = Lab::start_whole_with(|options| {
        let named = |number| Talkgroup::named(TalkgroupId::new(number).unwrap(), "Fire");
        options.provision = [41, 42].map(|number| Change::Talkgroup(named(number))).to_vec();
    })
    .await;
    let rows = format!("unit,imei,imsi,key,talkgroups\n1,100,200,{KEY},41 42\n");
    let (status, ..) =
        exchange_whole(&lab, Ipv4Addr::LOCALHOST, "text/csv", "POST /v1/subscribers", Some(TOKEN), &rows)
            .await;
    assert_eq!(status, 200);
    lab
}

async fn asks(lab: &Lab, unit: &str) -> (u16, Value) {
    let (status, body) = exchange(lab, &format!("GET /v1/units/{unit}"), Some(TOKEN), "").await;
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn a_unit_is_shown_with_its_subscription_and_what_waits_for_it() {
    let lab = desk().await;
    let (status, shown) = asks(&lab, "1").await;
    let usual = json!({ "unit": 1, "condition": "active", "regrouped": null, "pending": [] });
    assert_eq!((status, &shown["state"]), (200, &json!({ "orders": usual, "visit": null, "call": null })));
    let subscription = &shown["subscription"];
    assert_eq!((&subscription["imsi"], &subscription["talkgroups"]), (&json!(200), &json!([41, 42])));
    assert!(subscription.get("key").is_none() && !shown.to_string().contains(KEY), "{shown}");

    let order = json!({ "order": "regroup", "unit": 1, "talkgroup": 42, "locked": true });
    assert_eq!(exchange(&lab, "POST /v1/orders", Some(TOKEN), &order.to_string()).await.0, 204);
    let (_, shown) = asks(&lab, "1").await;
    let waits = &shown["state"]["orders"]["pending"][0]["of_radio"];
    assert_eq!(*waits, json!({ "regroup": { "talkgroup": 42, "locked": true } }));
}

#[tokio::test]
async fn a_unit_that_is_none_is_not_shown() {
    let lab = desk().await;
    for unit in ["2", "0", "99999999999", "x", "-1"] {
        let (status, problem) = asks(&lab, unit).await;
        assert_eq!((status, &problem["cause"]), (404, &json!("unknown_unit")), "{unit}");
    }
}
