//! Random worlds: radios that press, call, ring, scan, move and fail, operators who talk and order, links that are cut,
//! base stations and controllers that are killed. After every step the controller's own invariants hold; at every
//! event those of the [`ledger`], and at every second what is [watched](crate::watch) from outside. Then all is mended,
//! and within a minute everybody is registered and a call from anybody is heard by every member.
//!
//! There are three families of worlds. In that of [services] operators and users have more to do with: orders for radios, rights, identities,
//! messages; in that of faults more breaks, carriers and disks among it, and sites serve [alone] or go into failsoft.
//!
//! The test command plays two hundred seeds, sixty of services, two hundred of faults; with `TRUNKLAB_NIGHTLY=1` ten, two and five thousand, with
//! `TRUNKLAB_SEEDS=9000-9100` those, and with `TRUNKLAB_SEED=81` one, whose story is told when it fails.

mod alone;
mod floors;
mod happenings;
mod ledger;
mod messages;
mod net;
mod network;
mod records;
mod services;
mod slots;
mod trouble;
mod waiting;

use std::any::Any;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use trouble::{Family, Trouble};

use crate::support::in_threads;

/// Seeds of a family.
struct Seeds {
    family: Family,
    /// The test that plays them.
    test: &'static str,
    /// Those that the test command plays.
    usual: RangeInclusive<u64>,
    /// And the nightly length.
    nightly: RangeInclusive<u64>,
}

const CALLS: Seeds = Seeds {
    family: Family::Calls,
    test: "a_random_world_keeps_its_invariants_and_heals",
    usual: 1..=200,
    nightly: 1..=10_000,
};

const SERVICES: Seeds = Seeds {
    family: Family::Services,
    test: "a_world_of_services_keeps_its_promises_and_heals",
    usual: 1..=60,
    nightly: 1..=2_000,
};

const FAULTS: Seeds = Seeds {
    family: Family::Faults,
    test: "a_world_of_faults_keeps_its_invariants_and_heals",
    usual: 1..=200,
    nightly: 1..=5_000,
};

/// Which seeds to play, and whether it is one alone.
fn wanted(seeds: &Seeds) -> (RangeInclusive<u64>, bool) {
    let said = |name| std::env::var(name).ok();
    let number = |text: &str| text.parse::<u64>().unwrap_or_else(|_| panic!("`{text}` is no seed"));
    if let Some(seed) = said("TRUNKLAB_SEED").map(|text| number(&text)) {
        return (seed..=seed, true);
    }
    if let Some(range) = said("TRUNKLAB_SEEDS") {
        let (first, last) = range.split_once('-').expect("TRUNKLAB_SEEDS is two seeds, such as 1-500");
        return (number(first)..=number(last), false);
    }
    let nightly = said("TRUNKLAB_NIGHTLY").is_some();
    (if nightly { seeds.nightly.clone() } else { seeds.usual.clone() }, false)
}

/// What a panic says.
fn sentence(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    panic.downcast_ref::<String>().cloned().or(text).unwrap_or_default()
}

fn every_world_is_lived_through(of: &Seeds) {
    let (seeds, alone) = wanted(of);
    let talkers = if seeds == of.usual { 2 } else { network::UNITS as usize };
    let is_usual = seeds == of.usual;
    let seeds: Vec<u64> = seeds.collect();
    let refused = Mutex::new(BTreeMap::new());
    let happened = Mutex::new(alone::Happened::new());
    let failed = in_threads(&seeds, |seed| {
        let mut trouble = Trouble::new(*seed, of.family);
        if alone {
            trouble.tell_all();
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| trouble.is_lived_through(talkers)));
        for (service, count) in trouble.refused_for_want_of_a_right() {
            *refused.lock().unwrap().entry(service).or_insert(0) += count;
        }
        for (what, count) in trouble.happened_alone() {
            *happened.lock().unwrap().entry(what).or_insert(0) += count;
        }
        outcome.map_err(|panic| {
            let text = sentence(&*panic);
            let story = if alone { trouble.story() } else { "" };
            format!(
                "at {}: {text}\n  TRUNKLAB_SEED={seed} cargo test -p trunklab-tests --test virtual_time {}\n{story}",
                trouble.now(),
                of.test
            )
        })
    });
    assert!(failed.is_empty(), "{} of {} seeds\n{}", failed.len(), seeds.len(), failed.join("\n"));
    // A promise of which nobody makes use would always be kept.
    let refused = refused.into_inner().unwrap();
    let is_enough = of.family != Family::Services || refused.len() == 3;
    assert!(is_enough || !is_usual, "which rights were missing, and how often: {refused:?}");
    let happened = happened.into_inner().unwrap();
    let is_enough =
        of.family != Family::Faults || alone::EXPECTED.iter().all(|what| happened.contains_key(what));
    assert!(is_enough || !is_usual, "what happened at sites alone, and how often: {happened:?}");
    if of.family == Family::Faults {
        println!("what happened at sites alone: {happened:?}");
    }
}

#[test]
fn a_random_world_keeps_its_invariants_and_heals() {
    every_world_is_lived_through(&CALLS);
}

#[test]
fn a_world_of_services_keeps_its_promises_and_heals() {
    every_world_is_lived_through(&SERVICES);
}

#[test]
fn a_world_of_faults_keeps_its_invariants_and_heals() {
    every_world_is_lived_through(&FAULTS);
}

#[test]
fn one_seed_gives_one_world() {
    let digest = |family, seed| {
        let mut trouble = Trouble::new(seed, family);
        trouble.is_lived_through(1);
        trouble.digest()
    };
    for family in [Family::Calls, Family::Services, Family::Faults] {
        assert_eq!(digest(family, 3), digest(family, 3));
        assert_ne!(digest(family, 3), digest(family, 10), "another world of the same profile");
    }
}
