//! How often somebody may try to be let in, and what is done with tokens that are none, over the real port.

use std::net::Ipv4Addr;
use std::time::Instant;

use serde_json::{Value, json};
use trunklab_protocol::operator::{ConsoleName, Role};

use super::access_token::{AccessKey, Claims};
use super::login::{SLOW_FROM, TRIES_OF_ADDRESS_MAX, TRIES_OF_PAIR_MAX, WINDOW};
use super::login_tests::{Bench, PASSWORD, entry};
use crate::clock::unix_us;
use crate::store::{Secret, Store};
use crate::testing::exchange_whole;

/// A login from an address of the loopback: status, cause, and the seconds of `Retry-After`.
async fn login_from(bench: &Bench, last: u8, name: &str, password: &str) -> (u16, Value, Option<u64>) {
    let from = Ipv4Addr::new(127, 0, 0, last);
    let body = json!({ "name": name, "password": password }).to_string();
    let (status, head, body) =
        exchange_whole(&bench.lab, from, "application/json", "POST /v1/login", None, &body).await;
    let retry =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("retry-after: ")?.parse().ok());
    let cause = serde_json::from_str::<Value>(&body).unwrap()["cause"].clone();
    (status, cause, retry)
}

#[tokio::test]
async fn a_strangers_tries_shut_him_out_and_nobody_else() {
    let bench = Bench::start().await;
    for _ in 0..TRIES_OF_PAIR_MAX {
        assert_eq!(login_from(&bench, 2, "administrator", "guess work").await.0, 401);
    }
    for _ in 0..2 {
        let (status, cause, retry) = login_from(&bench, 2, "administrator", PASSWORD).await;
        assert_eq!((status, cause), (429, json!("too_many_logins")), "even the right password");
        assert!((1..=WINDOW.as_secs() + 1).contains(&retry.unwrap()), "{retry:?}");
    }
    assert_eq!(login_from(&bench, 1, "administrator", PASSWORD).await.0, 200, "the owner is elsewhere");
    assert_eq!(login_from(&bench, 2, "viewer", PASSWORD).await.0, 200, "and others are let in from there");
    let trail = bench.trail("&by=administrator").await;
    let too_many = entry("administrator", "login", "too_many_logins");
    assert_eq!(trail.iter().filter(|found| **found == too_many).count(), 1, "{trail:?}");
}

#[tokio::test]
async fn an_address_tries_so_often_whatever_the_names() {
    let bench = Bench::start().await;
    for number in 0..TRIES_OF_ADDRESS_MAX {
        // No such account, too long a password: quickly refused.
        let (status, cause, _) = login_from(&bench, 3, &format!("name {number}"), &"x".repeat(2_000)).await;
        assert_eq!((status, cause), (401, json!("login_refused")));
    }
    let (status, cause, retry) = login_from(&bench, 3, "viewer", PASSWORD).await;
    assert_eq!((status, cause), (429, json!("too_many_logins")));
    assert!(retry.is_some());
    assert_eq!(login_from(&bench, 4, "viewer", PASSWORD).await.0, 200);
}

#[tokio::test]
async fn an_account_that_is_tried_from_everywhere_answers_slowly_and_lets_its_owner_in() {
    let bench = Bench::start().await;
    let long = "x".repeat(2_000);
    for number in 0..SLOW_FROM {
        let last = u8::try_from(10 + number / TRIES_OF_PAIR_MAX).unwrap();
        assert_eq!(login_from(&bench, last, "viewer", &long).await.0, 401);
    }
    let start = Instant::now();
    assert_eq!(login_from(&bench, 99, "viewer", PASSWORD).await.0, 200);
    assert!(start.elapsed().as_millis() >= 1_000, "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_expired_an_altered_and_an_unsigned_token_let_nobody_in() {
    let bench = Bench::start().await;
    let (access, _) = bench.logged_in(Role::Administrator).await;
    assert_eq!(bench.shows(&access).await.0, 200);
    let claims = access.split('.').nth(1).unwrap();
    let unsigned = format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.{claims}.");
    let mut altered = access.clone();
    let place = altered.find('.').unwrap() + 12;
    let letter = if altered.as_bytes()[place] == b'A' { "B" } else { "A" };
    altered.replace_range(place..=place, letter);
    for token in [&unsigned, &altered] {
        assert_eq!(bench.shows(token).await, (401, json!("not_authenticated")));
    }
    let mut beside = Store::open_beside(&bench.directory.path().join("zone.db")).unwrap();
    let key = AccessKey::new(&beside.signing_key(&Secret::default()).unwrap());
    let now_s = unix_us().cast_unsigned() / 1_000_000;
    let session = key.check(&access, now_s).unwrap().session;
    let claims = |exp| Claims {
        sub: ConsoleName::new("administrator"),
        role: Role::Administrator,
        iat: 0,
        exp,
        jti: "1".to_owned(),
        session: session.clone(),
    };
    for exp in [1_000_000_000, now_s + 3_600, 32_503_680_000] {
        assert_eq!(bench.shows(&key.sign(&claims(exp))).await, (401, json!("token_expired")), "{exp}");
    }
    assert_eq!(bench.shows(&key.sign(&claims(now_s + 300))).await.0, 200, "the key is the zone's");
    let trail = bench.trail("").await;
    for cause in ["not_authenticated", "token_expired"] {
        assert!(trail.contains(&entry("", "token", cause)), "{trail:?}");
    }
}
