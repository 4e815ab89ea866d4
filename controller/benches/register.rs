//! The home register at its full size: a million subscribers written to SQLite, read from there into the core, found by their
//! names; and what they take of memory.

#![allow(clippy::print_stdout, reason = "the figures are the output")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on shall stop")]

use std::hint::black_box;
use std::time::Instant;

use trunklab_controller::store::{Store, StorePlace};
use trunklab_controller_core::config::{Change, Subscriber, Talkgroup};
use trunklab_controller_core::registry::home::HomeRegister;
use trunklab_protocol::proof::UnitKey;
use trunklab_protocol::{FleetMember, Identity, Imei, Imsi, Msisdn, TalkgroupId, UnitId};

const UNITS: u32 = 1_000_000;
const LOOK_UPS: u32 = 2_000_000;

/// A prime that has no factor with the number of units: steps of it go through all of them, and nowhere near in between.
const STEP: u32 = 618_907;

fn subscriber(number: u32) -> Subscriber {
    // Numbers as they are given out: neither in order nor at random.
    let spread = u64::from(number) * 7_919;
    Subscriber {
        imei: Imei::new(350_000_000_000_000 + spread),
        imsi: Imsi::new(999_990_000_000_000 + spread),
        msisdn: Msisdn::new(49_300_000_000 + spread),
        fleet_member: Some(FleetMember { fleet: (number >> 10) as u16, member: (number & 0x3FF) as u16 }),
        talkgroups: (0..4).map(|talkgroup| TalkgroupId::new(41 + talkgroup).unwrap()).collect(),
        ..Subscriber::new(UnitId::new(number).unwrap(), UnitKey::new(u128::from(number).to_be_bytes()))
    }
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let place = StorePlace::File(directory.path().join("zone.db"));
    let mut store = Store::open(&place).unwrap();
    let talkgroups = (41..45).map(|number| Talkgroup::named(TalkgroupId::new(number).unwrap(), "Fire"));
    store.provision(&talkgroups.map(Change::Talkgroup).collect::<Vec<_>>()).unwrap();
    let start = Instant::now();
    for first in (1..=UNITS).step_by(100_000) {
        let some: Vec<_> = (first..first + 100_000).map(subscriber).collect();
        store.keep_subscribers(some.iter(), None, |_| {}).unwrap();
    }
    println!("{UNITS} subscribers written to SQLite in {:.2} s", start.elapsed().as_secs_f64());
    drop(store);

    let before_kib = resident_kib();
    let start = Instant::now();
    let mut store = Store::open(&place).unwrap();
    let mut register = HomeRegister::default();
    let mut after = None;
    loop {
        let page = store.subscribers_after(after).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.unit);
        page.into_iter().for_each(|row| register.provision(row).unwrap());
    }
    println!("{} read from SQLite in {:.2} s", register.len(), start.elapsed().as_secs_f64());
    drop(store);
    let kib = resident_kib();
    println!(
        "resident: {} MB, of which {} MB came with them",
        kib * 1024 / 1_000_000,
        (kib - before_kib) * 1024 / 1_000_000
    );

    let spread = |number: u32| u64::from(number) * 7_919;
    find(&register, "unit", |number| Identity::Unit(UnitId::new(number).unwrap()));
    find(&register, "imsi", |number| {
        Identity::Imsi(Imsi::new(999_990_000_000_000 + spread(number)).unwrap())
    });
    find(&register, "imei", |number| {
        Identity::Imei(Imei::new(350_000_000_000_000 + spread(number)).unwrap())
    });
}

fn find(register: &HomeRegister, kind: &str, identity: impl Fn(u32) -> Identity) {
    let start = Instant::now();
    let mut number = 0;
    for _ in 0..LOOK_UPS {
        number = (number + STEP) % UNITS;
        assert!(register.resolve(black_box(identity(number + 1))).is_some());
    }
    println!("found by {kind}: {:.0} ns", start.elapsed().as_nanos() as f64 / f64::from(LOOK_UPS));
}
