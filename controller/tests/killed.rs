//! The controller as a process, killed with SIGKILL in the middle of its work, over and over on one database: what it has
//! acknowledged is there afterwards, once.
//!
//! A scripted site makes calls as fast as they are granted; an operator joins and parts talkgroups and reads call records.
//! What counts as acknowledged follows from order and not from time: an order that was answered, a record that was given,
//! and whatever the site had heard of before an order was sent that was then answered.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on shall stop, and shows what it saw"
)]

mod killable;
#[allow(dead_code, reason = "the benchmarks and other tests use more of it")]
mod site;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use killable::{Bench, Line, Moments, provisioned, serving, talkgroup};
use serde_json::{Value, json};
use site::{KEY, Site};
use trunklab_controller::store::{RecordQuery, Store, StorePlace};
use trunklab_protocol::air_uplink::RequestKind;
use trunklab_protocol::from_site::{Answer, CallRequest, TalkEnd};
use trunklab_protocol::operator::RecordEntry;
use trunklab_protocol::to_site::ToSite;
use trunklab_protocol::{CallId, Cause, Press, ScanList, UnitId};

/// As many units make calls, each in a talkgroup of its own.
const UNITS: u16 = 16;

/// Talkgroups that an operator joins.
const JOINED: [u16; 2] = [91, 92];

/// From the end of one call to the next request: some 200 calls in a second.
const PACE: Duration = Duration::from_millis(5);

/// What was acknowledged so far.
#[derive(Debug, Default)]
struct Acknowledged {
    /// Calls whose release the site has heard of, in order; of these the first `durable` must last.
    released: Vec<(CallId, Cause)>,
    durable: usize,
    /// Orders that were sent, and those that were answered.
    orders_sent: u64,
    orders_answered: u64,
    /// Whether the talkgroups are joined; `None` while an order is under way.
    joined: Option<bool>,
    /// Records that were given.
    records: BTreeMap<u64, RecordEntry>,
}

type Shared = Arc<Mutex<Acknowledged>>;

/// Calls, one after another in each talkgroup, until the link breaks.
async fn make_calls(mut site: Site, acknowledged: Shared) {
    for number in 1..=UNITS {
        let unit = UnitId::new(u32::from(number)).unwrap();
        site.put(&site::register(unit));
        if site.try_send().await.is_err() {
            return;
        }
        loop {
            match site.hears().await {
                Some(ToSite::Challenge(challenge)) => {
                    let response = KEY.answer(&challenge.challenge, None);
                    let (identity, talkgroup) = (challenge.identity, Some(talkgroup(number)));
                    site.put(
                        &Answer { identity, response, talkgroup, secondary: ScanList::default() }.into(),
                    );
                    if site.try_send().await.is_err() {
                        return;
                    }
                }
                Some(ToSite::Registered(_)) => break,
                Some(_) => {}
                None => return,
            }
        }
    }
    let mut presses = 1;
    let mut press = |unit: UnitId| -> CallRequest {
        presses = presses % 60_000 + 1;
        CallRequest {
            unit,
            press: Press::new(presses).unwrap(),
            talkgroup: talkgroup(u16::try_from(unit.number()).unwrap()),
            kind: RequestKind::Normal,
            area: None,
        }
    };
    for number in 1..=UNITS {
        site.put(&press(UnitId::new(u32::from(number)).unwrap()).into());
    }
    let mut talks: BTreeMap<CallId, UnitId> = BTreeMap::new();
    while site.try_send().await.is_ok() {
        match site.hears().await {
            Some(ToSite::Assert(granted)) => {
                let Some(talker) = granted.talker else { continue };
                talks.insert(granted.call, talker.unit);
                site.put(&TalkEnd { unit: talker.unit, call: granted.call, spurt: talker.spurt }.into());
            }
            Some(ToSite::Release(release)) => {
                acknowledged.lock().unwrap().released.push((release.call, release.cause));
                // What the store cannot keep up with is lost with a cause of its own: that is not asked here.
                tokio::time::sleep(PACE).await;
                let unit = talks.remove(&release.call).expect("a release is of a call that was granted");
                site.put(&press(unit).into());
            }
            Some(_) => {}
            None => return,
        }
    }
}

/// Orders and questions, one after another, until nobody answers.
async fn operate(address: SocketAddr, ca_pem: String, token: String, acknowledged: Shared) {
    let Some(mut line) = Line::open(address, &ca_pem, token).await else { return };
    if !line.is_admitted().await {
        return;
    }
    // The last records of an earlier life are asked for again: they must be the same.
    let known = acknowledged.lock().unwrap().records.keys().next_back().copied();
    let mut after = known.unwrap_or(0).saturating_sub(100);
    loop {
        let (released, is_joined) = {
            let mut state = acknowledged.lock().unwrap();
            state.orders_sent += 1;
            (state.released.len(), state.joined.take())
        };
        // Where the last order was not answered, either may be so: joined again is as good as joined.
        let order = match is_joined {
            Some(true) => json!({ "order": "undo_patch", "talkgroup": JOINED[0] }),
            Some(false) | None => json!({ "order": "patch", "talkgroups": JOINED }),
        };
        let Some((status, body)) = line.ask("POST /v1/orders", &order.to_string()).await else { return };
        assert_eq!(status, 204, "{order}: {body}");
        {
            let mut state = acknowledged.lock().unwrap();
            state.orders_answered += 1;
            state.joined = Some(is_joined != Some(true));
            state.durable = released;
        }
        let head = format!("GET /v1/records?limit=1000&after={after}");
        let Some((status, body)) = line.ask(&head, "").await else { return };
        assert_eq!(status, 200, "{body}");
        let page: Value = serde_json::from_str(&body).unwrap();
        let entries: Vec<RecordEntry> = serde_json::from_value(page["entries"].clone()).unwrap();
        let mut state = acknowledged.lock().unwrap();
        for entry in entries {
            after = entry.id;
            let given = state.records.insert(entry.id, entry.clone());
            assert!(given.is_none_or(|given| given == entry), "a record changed: {entry:?}");
        }
    }
}

/// What the database holds after a kill: whole, and all that was acknowledged, once.
fn check(bench: &Bench, state: &Acknowledged) {
    let connection = bench.connection();
    let number =
        |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().cast_unsigned();
    let audited = number("SELECT count(*) FROM audit WHERE deed->>'$.deed' = 'order'");
    assert!(
        (state.orders_answered..=state.orders_sent).contains(&audited),
        "{} orders answered of {} sent, {audited} in the audit trail",
        state.orders_answered,
        state.orders_sent
    );
    let patches = number("SELECT count(*) FROM patches");
    assert!(state.joined.is_none_or(|joined| patches == u64::from(joined)), "an answered order is lost");
    let term = number("SELECT epoch FROM meta");
    let left_open =
        number(&format!("SELECT count(*) FROM call_records WHERE cause IS NULL AND epoch < {term}"));
    assert_eq!(left_open, 0, "records of earlier terms are closed");
    let twice = number("SELECT count(*) - count(DISTINCT term || '.' || counter) FROM call_records");
    assert_eq!(twice, 0, "a call has one record: no site brings one back here");
    drop(connection);

    let mut store = Store::open_beside(&bench.db()).unwrap();
    let (mut entries, mut query) = (BTreeMap::new(), RecordQuery::default());
    loop {
        let found = store.records(&query).unwrap();
        entries.extend(found.entries.into_iter().map(|entry| (entry.id, entry)));
        let Some(next) = found.next else { break };
        query.page.after = next;
    }
    for (id, given) in &state.records {
        assert_eq!(entries.get(id), Some(given), "a record that was given is lost or changed");
    }
    let closed: BTreeMap<CallId, Cause> = entries.values().map(|entry| (entry.call, entry.cause)).collect();
    for (call, cause) in &state.released[..state.durable] {
        assert_eq!(closed.get(call), Some(cause), "call {call:#} was over before an order that was answered");
    }
    let calls: BTreeSet<CallId> = state.released.iter().map(|(call, _)| *call).collect();
    assert_eq!(calls.len(), state.released.len(), "no call was released twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_every_kill_and_nothing_is_there_twice() {
    let (bench, acknowledged) = (Bench::new(&provisioned(UNITS, JOINED)), Shared::default());
    let mut moments = Moments::new();
    let begun = Instant::now();
    for _ in 0..moments.kills {
        let (mut running, sites, operators) = serving(bench.directory.path());
        let (site, _) = Site::in_service(sites, &bench.zone).await;
        let calls = tokio::spawn(make_calls(site, Arc::clone(&acknowledged)));
        let ca_pem = bench.zone.ca_pem().to_owned();
        let orders = tokio::spawn(operate(operators, ca_pem, bench.token.clone(), Arc::clone(&acknowledged)));
        moments.next(|| acknowledged.lock().unwrap().orders_answered).await;
        running.kill();
        calls.await.unwrap();
        orders.await.unwrap();
        // What the site heard of last was acknowledged by nothing: a later term answers for itself alone.
        let mut state = acknowledged.lock().unwrap();
        check(&bench, &state);
        let durable = state.durable;
        state.released.truncate(durable);
    }
    let state = acknowledged.lock().unwrap();
    let Moments { kills, seed, .. } = moments;
    println!(
        "{kills} kills in {:.1} s (seed {seed}): {} calls released, {} of them surely durable; {} of {} orders \
         answered; {} records given",
        begun.elapsed().as_secs_f64(),
        state.released.len(),
        state.durable,
        state.orders_answered,
        state.orders_sent,
        state.records.len()
    );
    // A test under which nothing happens would see nothing.
    assert!(
        state.durable > 100 && state.orders_answered > kills && state.records.len() > 100,
        "too little work"
    );
    // The last term's open records are closed by the next one.
    let mut store = Store::open(&StorePlace::File(bench.db())).unwrap();
    store.begin_term(trunklab_protocol::Epoch::new(0).unwrap(), 0).unwrap();
    drop(store);
    check(&bench, &state);
}
