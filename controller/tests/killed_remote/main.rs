//! The controller as a process, killed with SIGKILL while radio orders are under way, over and over on one database: no order that
//! was answered is lost, none is done that was not written down, none stands twice in the audit trail, whoever is stunned stays so,
//! whoever is killed never comes back, and a unit's priority and rights are those that were ordered last.
//!
//! A scripted site has the radios, which obey what they hear and answer most of it; an operator stuns, revives, regroups, restores,
//! kills and changes priorities and rights, one order after another. So at a kill one order at most is unanswered: of that alone the database
//! decides whether it was taken.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "a test that cannot go on shall stop, and shows what it saw"
)]

mod field;
#[path = "../killable/mod.rs"]
mod killable;
mod known;
mod operator;
#[path = "../site/mod.rs"]
#[allow(dead_code, reason = "the benchmarks and other tests use more of it")]
mod site;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use field::Field;
use killable::{Bench, Moments, provisioned, serving};
use known::{Known, Shared, audited_in, kept_in};
use operator::operate;
use site::Site;
use tokio::sync::oneshot;
use trunklab_controller::store::{Store, StorePlace};
use trunklab_controller_core::remote::RemoteUnit;
use trunklab_protocol::Condition;

/// Units of which orders are given and taken back, each in a talkgroup of its own.
const UNITS: u16 = 12;

/// With those that are killed, of which nothing is taken back.
const ALL_UNITS: u16 = UNITS + 24;

/// Talkgroups to which they are set from afar.
const ELSEWHERE: [u16; 2] = [91, 92];

/// One life of the controller until it is killed.
async fn live(bench: &Bench, known: &Shared, (silence, life): (u32, u32), until: impl AsyncFnOnce()) {
    let (mut running, sites, operators) = serving(bench.directory.path());
    let (site, _) = Site::in_service(sites, &bench.zone).await;
    let (probed, is_probed) = oneshot::channel();
    let field = Field { site, known: Arc::clone(known), silence, life, off: BTreeSet::new() };
    let radios = tokio::spawn(field.lives(probed));
    let orders = (silence > 0).then(|| {
        let ca_pem = bench.zone.ca_pem().to_owned();
        tokio::spawn(operate(operators, ca_pem, bench.token.clone(), Arc::clone(known), is_probed))
    });
    until().await;
    running.kill();
    radios.await.unwrap();
    if let Some(orders) = orders {
        orders.await.unwrap();
    }
    let mut known = known.lock().unwrap();
    known.check(bench);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn radio_orders_outlive_every_kill_and_none_is_done_twice_or_unwritten() {
    let (bench, known) = (Bench::new(&provisioned(ALL_UNITS, ELSEWHERE)), Shared::default());
    let mut moments = Moments::new();
    let begun = Instant::now();
    for life in 0..moments.kills {
        let until = async || moments.next(|| known.lock().unwrap().answered).await;
        live(&bench, &known, (4, u32::try_from(life).unwrap()), until).await;
    }
    // At last every radio answers, and each is what the register says.
    let nothing_waits = async || {
        let patience = Instant::now() + Duration::from_secs(20);
        let mut store = Store::open_beside(&bench.db()).unwrap();
        while kept_in(&mut store).values().any(|row| !row.pending.is_empty()) {
            assert!(Instant::now() < patience, "an order waits for ever");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    live(&bench, &known, (0, 0), nothing_waits).await;
    let mut store = Store::open(&StorePlace::File(bench.db())).unwrap();
    let (kept, (_, over)) = (kept_in(&mut store), audited_in(&mut store));
    let mut known = known.lock().unwrap();
    for (unit, radio) in &known.radios {
        let usual = RemoteUnit::usual(*unit);
        let row = kept.get(unit).unwrap_or(&usual);
        assert_eq!((radio.condition, radio.regrouped), (row.condition, row.regrouped), "unit {unit}");
    }
    let outcomes = || over.values().flatten().map(|(_, cause)| cause);
    known.seen.killed = kept.values().filter(|row| row.condition == Condition::Killed).count();
    known.seen.confirmed = outcomes().filter(|cause| cause.is_none()).count();
    known.seen.replaced = outcomes().filter(|cause| cause.is_some()).count();
    let (Moments { kills, seed, .. }, Known { answered, seen, .. }) = (moments, &*known);
    let seconds = begun.elapsed().as_secs_f64();
    println!("{kills} kills in {seconds:.1} s (seed {seed}): {answered} orders answered; {seen:?}");
    // A test under which nothing happens would see nothing.
    assert!(*answered > kills && seen.confirmed as u64 > kills, "too little work");
    let happened = [
        seen.waiting_at_a_kill,
        seen.replaced,
        seen.stunned_and_refused,
        seen.killed,
        seen.to_be_killed_at_a_kill,
        seen.killed_and_refused,
        seen.without_right_and_refused,
        seen.urgent,
    ];
    // Under few kills chance may leave a thing out.
    let missed = happened.iter().filter(|count| **count == 0).count();
    assert!(missed <= if kills < 100 { 2 } else { 0 }, "too little variety");
}
