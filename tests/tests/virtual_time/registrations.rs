//! Many radios that register at once, through the air and in rough weather: every one ends, and how long it took is printed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use trunklab::lab::observed::Sight;
use trunklab::lab::scenario::{plan, script};
use trunklab::lab::weather::Weather;
use trunklab::lab::world::World;
use trunklab_protocol::{Moment, ProfileId, UnitId};
use trunklab_terminal_core::output::HandsetEvent;
use trunklab_terminal_core::scenario::Scenario;

use crate::support::file;

const SITES: u16 = 3;
const RADIOS_PER_SITE: u32 = 80;
const DURATION_S: u64 = 150;

/// Sites far from each other, each with its radios: blank ones, usual ones, and some whose key is wrong.
fn crowd() -> String {
    let mut text = format!("title = \"A crowd\"\nduration = \"{DURATION_S} s\"\nseed = 77\n");
    for site in 1..=SITES {
        write!(
            text,
            "[[site]]\nid = {site}\ncarriers = [{0}, {1}]\nposition = [{2}, 0]\nregistration_window = \"60 s\"\n",
            10 * site,
            10 * site + 1,
            60_000 * i32::from(site),
        )
        .unwrap();
    }
    text.push_str("[[talkgroup]]\nid = 41\n");
    for site in 1..=SITES {
        let first = u32::from(site) * 1_000;
        for (from, count, more) in [(0, 40, ""), (40, 30, "blank = true\n"), (70, 10, "wrong_key = true\n")] {
            let (from, to) = (first + from, first + from + count - 1);
            write!(text, "[[unit]]\nid = \"{from}-{to}\"\ntalkgroup = 41\nsite = {site}\n{more}").unwrap();
        }
    }
    text
}

#[test]
fn a_crowd_that_registers_at_once_ends_registered_or_refused() {
    let scenario = Scenario::parse("crowd", &crowd(), Some(ProfileId::Iden)).unwrap();
    let script = script(&scenario, &file("mass-registration")).unwrap();
    let mut world = World::new(plan(scenario.provision()), Weather::ROUGH, scenario.seed);
    let mut ends: BTreeMap<UnitId, (Moment, Result<(), trunklab_protocol::Cause>)> = BTreeMap::new();
    world.play(&script, Moment::ORIGIN + scenario.duration, |world, _| {
        for seen in world.take_observed() {
            if let Sight::Handset(unit, event) = seen.what {
                let outcome = if let HandsetEvent::RegisterRefused { cause } = event {
                    Err(cause)
                } else if matches!(event, HandsetEvent::Registered { .. }) {
                    Ok(())
                } else {
                    continue;
                };
                ends.insert(unit, (seen.at, outcome));
            }
        }
        world.take_heard();
    });
    let mut took: Vec<_> = ends.values().filter(|(_, end)| end.is_ok()).map(|(at, _)| *at).collect();
    took.sort_unstable();
    let refused = ends.values().filter(|(_, end)| end.is_err()).count();
    let at = |share: usize| took[(took.len() - 1) * share / 100].as_micros() / 1_000;
    println!(
        "{} registered, {refused} refused; p50 {} ms, p99 {} ms after power-on",
        took.len(),
        at(50),
        at(99)
    );
    let radios = u32::from(SITES) * RADIOS_PER_SITE;
    assert_eq!(ends.len(), radios as usize, "every radio ends");
    let wrong_keys = usize::from(SITES) * 10;
    assert_eq!((took.len(), refused), (radios as usize - wrong_keys, wrong_keys));
}
