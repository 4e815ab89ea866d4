//! The configuration and the statistics, over the real port and with the real core.

use serde_json::{Value, json};
use trunklab_controller_core::config::{Change, SiteConfig, Talkgroup};
use trunklab_protocol::from_site::{InventoryEnd, Settings};
use trunklab_protocol::operator::Role;
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::to_site::{Configure, ToSite};
use trunklab_protocol::{CarrierNumber, ProfileId, SiteId, TalkgroupId};

use super::token_hash;
use crate::store::{Store, StorePlace, StoredToken};
use crate::testing::{Lab, exchange, hello};

/// An administrator's, as opposed to the lab's own, which is a dispatcher's.
const ADMINISTRATORS: &str = "an administrator's token";

fn provision() -> Vec<Change> {
    let site = SiteConfig::new(SiteId::new(3).unwrap(), ProfileId::Iden, CarrierNumber::new(12).unwrap());
    let talkgroup =
        |number, name: &str| Change::Talkgroup(Talkgroup::named(TalkgroupId::new(number).unwrap(), name));
    vec![Change::Site(site), talkgroup(41, "Pilots"), talkgroup(42, "Tugs")]
}

struct Bench {
    lab: Lab,
    directory: tempfile::TempDir,
}

impl Bench {
    async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let lab = Self::controller(&directory, provision()).await;
        Self { lab, directory }
    }

    async fn controller(directory: &tempfile::TempDir, provision: Vec<Change>) -> Lab {
        let path = directory.path().join("zone.db");
        let token = StoredToken {
            hash: token_hash(ADMINISTRATORS),
            name: trunklab_protocol::operator::ConsoleName::new("admin"),
            role: Role::Administrator,
        };
        drop(Store::open(&StorePlace::File(path.clone())).unwrap().add_operator_token(&token));
        let lab = Lab::start_whole_with(|options| {
            options.store = StorePlace::File(path);
            options.provision = provision;
        })
        .await;
        // Stored tokens are read in the background.
        while exchange(&lab, "GET /v1/configuration", Some(ADMINISTRATORS), "").await.0 == 401 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        lab
    }

    /// The same database under the next controller.
    async fn restarted(self) -> Self {
        let Self { lab, directory } = self;
        lab.controller.stop().await.unwrap();
        let lab = Self::controller(&directory, Vec::new()).await;
        Self { lab, directory }
    }

    async fn asks(&self, head: &str, body: &Value) -> (u16, Value) {
        let (status, body) = exchange(&self.lab, head, Some(ADMINISTRATORS), &body.to_string()).await;
        (status, serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    async fn shown(&self) -> Value {
        let (status, shown) = self.asks("GET /v1/configuration", &Value::Null).await;
        assert_eq!(status, 200);
        shown
    }

    /// What is shown with a change, as it is put back.
    async fn wanted(&self, change: impl FnOnce(&mut Value)) -> Value {
        let mut shown = self.shown().await;
        change(&mut shown["configuration"]);
        json!({ "base": shown["version"], "configuration": shown["configuration"] })
    }
}

fn hang_time(of: &mut Value) {
    of["talkgroups"][0]["hang_time_ms"] = json!(700);
}

#[tokio::test]
async fn a_change_is_tried_made_kept_listed_and_taken_back() {
    let bench = Bench::start().await;
    let wanted = bench.wanted(hang_time).await;
    let (status, tried) = bench.asks("PUT /v1/configuration?dry_run=true", &wanted).await;
    assert_eq!((status, &tried["version"]), (200, &json!(1)));
    assert_eq!(bench.shown().await["version"], 1, "it was only tried");
    let (status, made) = bench.asks("PUT /v1/configuration", &wanted).await;
    assert_eq!((status, &made["version"], &made["differences"]), (200, &json!(2), &tried["differences"]));
    assert_eq!(made["differences"][0]["place"], "talkgroup 41");

    let bench = bench.restarted().await;
    let shown = bench.shown().await;
    assert_eq!((&shown["version"], &shown["configuration"]), (&json!(2), &wanted["configuration"]));
    let (_, versions) = bench.asks("GET /v1/configuration/versions", &Value::Null).await;
    let newest = &versions["versions"][0];
    assert_eq!(
        (&newest["version"], &newest["who"], &newest["role"]),
        (&json!(2), &json!("admin"), &json!("administrator"))
    );
    let (_, first) = bench.asks("GET /v1/configuration?version=1", &Value::Null).await;
    let (status, would) = bench.asks("GET /v1/configuration/differences?version=1", &Value::Null).await;
    assert_eq!((status, &would["version"]), (200, &json!(2)), "the one that stands");
    let (status, back) = bench.asks("POST /v1/configuration/revert", &json!({ "base": 2, "to": 1 })).await;
    assert_eq!((status, &back["version"], &back["differences"]), (200, &json!(3), &would["differences"]));
    let said = &back["differences"][0];
    assert_eq!((&said["before"], &said["after"]), (&json!("700"), &json!("null")), "from 2 to 1");
    let (_, alike) = bench.asks("GET /v1/configuration/differences?version=3", &Value::Null).await;
    assert_eq!(alike["differences"], json!([]));
    assert_eq!(bench.shown().await["configuration"], first["configuration"]);
}

#[tokio::test]
async fn the_example_in_the_description_is_taken_as_it_is() {
    let bench = Bench::start().await;
    let (_, document) = bench.asks("GET /v1/openapi.json", &Value::Null).await;
    let content = &document["paths"]["/v1/configuration"]["put"]["requestBody"]["content"];
    let example = &content["application/json"]["example"];
    let (status, said) = bench.asks("PUT /v1/configuration?dry_run=true", example).await;
    assert_eq!(status, 200, "{said}");
}

#[tokio::test]
async fn what_cannot_be_changed_says_why_and_where() {
    let bench = Bench::start().await;
    let stale = bench.wanted(hang_time).await;
    assert_eq!(bench.asks("PUT /v1/configuration", &stale).await.0, 200);
    let (status, problem) = bench.asks("PUT /v1/configuration", &stale).await;
    assert_eq!((status, &problem["cause"]), (409, &json!("configuration_changed")));
    let unfit = bench.wanted(|of| of["talkgroups"][0]["home_area"] = json!(7)).await;
    for head in ["PUT /v1/configuration", "PUT /v1/configuration?dry_run=true"] {
        let (status, problem) = bench.asks(head, &unfit).await;
        assert_eq!((status, &problem["cause"]), (422, &json!("configuration_unfit")));
        let detail = "talkgroup 41: there is no area 7: add it, or take it out here";
        assert_eq!(problem["detail"], detail);
    }
    let (status, problem) = bench.asks("POST /v1/configuration/revert", &json!({ "base": 2, "to": 9 })).await;
    assert_eq!((status, &problem["cause"]), (404, &json!("unknown_version")));
    let (status, problem) = bench.asks("GET /v1/configuration/differences?version=9", &Value::Null).await;
    assert_eq!((status, &problem["cause"]), (404, &json!("unknown_version")));
    for head in ["GET /v1/configuration/differences", "GET /v1/configuration/differences?version=x"] {
        assert_eq!(bench.asks(head, &Value::Null).await.0, 400, "{head}");
    }
    let half = bench.wanted(|of| drop(of.as_object_mut().unwrap().remove("sites"))).await;
    let (status, problem) = bench.asks("PUT /v1/configuration", &half).await;
    assert_eq!((status, &problem["cause"]), (400, &json!("field_out_of_range")));
    assert!(problem["detail"].as_str().unwrap().contains("missing field `sites`"), "{problem}");
    for head in ["GET /v1/configuration?version=x", "GET /v1/statistics?step=1", "GET /v1/statistics?site=x"]
    {
        assert_eq!(bench.asks(head, &Value::Null).await.0, 400, "{head}");
    }
    assert_eq!(bench.shown().await["version"], 2, "nothing came of any of these");
    let (_, trail) = bench.asks("GET /v1/audit", &Value::Null).await;
    let entries = trail["entries"].as_array().unwrap();
    let outcomes: Vec<_> =
        entries.iter().filter(|entry| entry["deed"] == "configured").map(|entry| &entry["cause"]).collect();
    assert_eq!(outcomes, [&Value::Null, &json!("configuration_changed"), &json!("configuration_unfit")]);
}

#[tokio::test]
async fn of_many_changes_at_once_one_is_made() {
    let bench = Bench::start().await;
    let wanted = bench.wanted(hang_time).await;
    let all = (0..8).map(|_| bench.asks("PUT /v1/configuration", &wanted));
    let statuses: Vec<_> =
        futures_util::future::join_all(all).await.into_iter().map(|(status, _)| status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 409).count(), 7, "{statuses:?}");
    assert_eq!(bench.shown().await["version"], 2);
}

#[tokio::test]
async fn a_site_is_shown_as_it_is_held_and_one_that_is_not_there_is_not() {
    let bench = Bench::start().await;
    let (status, shown) = bench.asks("GET /v1/sites/3/configuration", &Value::Null).await;
    assert_eq!(
        (status, &shown["held"]["carriers"], &shown["in_service"]),
        (200, &json!([12]), &json!(false))
    );
    assert_eq!((&shown["differs"], &shown["incarnation"]), (&json!(false), &Value::Null));
    let (status, problem) = bench.asks("GET /v1/sites/4/configuration", &Value::Null).await;
    assert_eq!((status, &problem["cause"]), (404, &json!("unknown_site")));
    assert_eq!(bench.asks("GET /v1/sites/0/configuration", &Value::Null).await.0, 400);
}

#[tokio::test]
async fn each_setting_of_a_site_is_shown_as_it_was_told_and_as_it_runs() {
    let bench = Bench::start().await;
    let three = SiteId::new(3).unwrap();
    let mut site = bench.lab.connect(&bench.lab.zone.site(three).unwrap()).await.unwrap();
    site.says(&hello()).await;
    let Some(ToSite::Configure(Configure { settings: told })) = site.hears().await else {
        panic!("not configured")
    };
    site.says(&InventoryEnd {}.into()).await;
    let shown = async |wanted: bool| loop {
        let (_, shown) = bench.asks("GET /v1/sites/3/configuration", &Value::Null).await;
        if shown["in_service"] == true && shown["reported"].is_object() == wanted {
            break shown;
        }
    };
    let before = shown(false).await;
    assert_eq!((&before["differs"], &before["differences"]), (&json!(false), &json!([])));
    assert_eq!(before["told"]["name"], json!(told.name));

    let named = SiteSettings { name: "Elsewhere".to_owned(), talker_silence_ms: 9, ..(*told).clone() };
    site.says(&Settings { settings: Box::new(named) }.into()).await;
    let after = shown(true).await;
    let fields: Vec<_> = after["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["place"].as_str().unwrap(), row["field"].as_str().unwrap(), row["after"].clone()))
        .collect();
    let expected = [("site 3", "name", json!("\"Elsewhere\"")), ("site 3", "talker_silence_ms", json!("9"))];
    assert_eq!(fields, expected);
    assert_eq!(after["differs"], true);
    for side in ["told", "reported"] {
        let members = after[side].as_object().unwrap();
        assert!(members.contains_key("neighbours") && !members.keys().any(|name| name.contains("key")));
    }
}

#[tokio::test]
async fn the_period_that_runs_is_kept_at_an_orderly_end() {
    let bench = Bench::start().await.restarted().await;
    let (status, page) = bench.asks("GET /v1/statistics?site=system&step=3600", &Value::Null).await;
    assert_eq!((status, &page["rows"][0]["site"]), (200, &Value::Null));
    assert_eq!(page["rows"][0]["erlangs"], 0.0);
}
