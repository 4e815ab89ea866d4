//! A drill over real processes (docs/resilience.md 14.1): a controller is killed with fifty calls up and five queued at ten sites. Each
//! site serves alone, local calls go on, radios show it, who waits is served, and when the controller is back no call, registration or
//! record is lost or there twice. The same with more calls is in `virtual_time/isolated_drill.rs`.

use std::time::Instant;

use anyhow::{Result, ensure};
use tempfile::tempdir;
use trunklab_tests::network::{Network, nobody_registers, tells};
use trunklab_tests::plan::{Plan, Radio, Roster};

use crate::charged::{await_records, records_at_rest};
use crate::desk::look_until;

const SITES: usize = 10;

/// Calls at each site: one carrier's slots but for the control channel.
const CALLS: usize = 5;

/// Sites at which somebody waits.
const WAITED_AT: usize = 5;

const ISOLATED_AFTER_MS: u32 = 3_000;

/// So far from each other that no site disturbs another.
const APART_M: usize = 100_000;

/// A talkgroup of a talker and a listener at one site.
#[derive(Clone, Copy)]
struct Group {
    site: usize,
    number: u16,
}

impl Group {
    fn talker(self) -> u32 {
        u32::from(self.number) * 10 + 1
    }

    fn listener(self) -> u32 {
        u32::from(self.number) * 10 + 2
    }
}

/// The groups of a rank, one of each site.
fn rank(index: usize) -> Vec<Group> {
    let sites = if index < CALLS { SITES } else { WAITED_AT };
    (1..=sites).map(|site| Group { site, number: (index * SITES + site) as u16 }).collect()
}

fn plan() -> Plan {
    // Nothing of it is about waiting or talking for too long, nor about a machine that does not let the talkers' process run for a while.
    let mut zone = "[system]\nqueue_wait_ms_max = 600000\ntransmission_ms_max = 600000\n".to_owned();
    for site in 1..=SITES {
        let east_m = site * APART_M;
        zone.push_str(&format!(
            "\n[[site]]\nid = {site}\nname = \"Site {site}\"\nprofile = \"iden\"\ncarriers = [1]\n\
             position = {{ east_m = {east_m}, north_m = 0 }}\npower_dbm = 40\nisolated_after_ms = {ISOLATED_AFTER_MS}\n\
             talker_silence_ms = 20000\n"
        ));
    }
    let groups: Vec<Group> = (0..=CALLS).flat_map(rank).collect();
    for Group { number, .. } in &groups {
        zone.push_str(&format!(
            "\n[[talkgroup]]\nid = {number}\nname = \"Group {number}\"\nhang_time_ms = 500\n"
        ));
    }
    let radios = groups.iter().flat_map(|group| {
        let east_m = (group.site * APART_M + 300) as i32;
        let radio = move |unit| Radio { unit, talkgroups: vec![group.number], east_m };
        [group.talker(), group.listener()].map(radio)
    });
    Plan {
        zone,
        sites: SITES,
        rosters: vec![Roster { sites: (1..=SITES).collect(), radios: radios.collect() }],
    }
}

/// Whether a line tells that somebody's call is over, or was interrupted.
fn is_interruption(line: &str) -> bool {
    ["talk_ended", "floor_lost", "left", "out_of_range"].iter().any(|event| tells(line, event))
}

/// Has the talkers press, or let go, at all sites.
fn all(network: &mut Network, groups: &[Group], what: &str) -> Result<()> {
    groups.iter().try_for_each(|group| network.handsets[0].tell(&format!("{} {what}", group.talker())))
}

#[test]
fn a_controller_is_killed_with_fifty_calls_up_and_five_queued_and_nothing_is_lost() -> Result<()> {
    let directory = tempdir()?;
    let began = Instant::now();
    let mut network = Network::prepare(directory.path(), plan())?;
    network.start_rest()?;
    let radios: Vec<u32> = network.plan.rosters[0].radios.iter().map(|radio| radio.unit).collect();
    println!("{} radios registered at {SITES} sites {} ms after the start", radios.len(), ms(began));
    let talking: Vec<Group> = (0..CALLS).flat_map(rank).collect();
    let waiting = rank(CALLS);
    for index in 0..CALLS {
        all(&mut network, &rank(index), "press")?;
        let both = |group: Group| [(group.talker(), "talk_permit"), (group.listener(), "hears")];
        network.expect_all(1, &rank(index).into_iter().flat_map(both).collect::<Vec<_>>())?;
    }
    all(&mut network, &waiting, "press")?;
    let units = |groups: &[Group]| groups.iter().map(|group| group.talker()).collect::<Vec<_>>();
    network.expect_each(1, &units(&waiting), "queued")?;

    let killed = Instant::now();
    network.kill_controller()?;
    for station in network.stations.iter().flatten() {
        station.expect_logged("service=Isolated", 1)?;
    }
    println!("all {SITES} sites serve alone {} ms after the kill", ms(killed));
    let mut said = network.expect_service(1, &radios, "isolated")?;
    println!("all radios show it {} ms after the kill", ms(killed));
    // The controller's queue is gone with it: who waits asks again, and waits at its site.
    said.extend(network.expect_each(1, &units(&waiting), "queued")?);
    println!("who waited waits in its site's queue {} ms after the kill", ms(killed));
    let interrupted: Vec<_> = said.iter().filter(|line| is_interruption(line)).collect();
    ensure!(interrupted.is_empty(), "calls were interrupted: {interrupted:#?}");

    // A call is over at each site; who waits there is served by the site alone.
    let over: Vec<Group> = rank(0);
    all(&mut network, &over, "release")?;
    let released = Instant::now();
    let mut served: Vec<(u32, &str)> = units(&waiting).iter().map(|unit| (*unit, "talk_permit")).collect();
    served.extend(waiting.iter().map(|group| (group.listener(), "hears")));
    served.extend(over.iter().map(|group| (group.listener(), "left")));
    let said = network.expect_all(1, &served)?;
    nobody_registers(&said)?;
    println!("who waited is served {} ms after a slot came free", ms(released));

    let started = Instant::now();
    network.start_controller()?;
    println!("the controller is ready {} ms after its start", ms(started));
    let mut said = network.expect_service(1, &radios, "wide")?;
    println!("all radios show that their sites are back {} ms after the start", ms(started));
    let calls = talking.len() - over.len() + waiting.len();
    let shown = look_until(&network, "every site and call is back", |shown| {
        shown.sites.iter().all(|site| site.in_service) && shown.calls.len() >= calls
    })?;
    println!("all {SITES} sites and {calls} calls are back {} ms after the start", ms(started));
    let registered: u32 = shown.sites.iter().map(|site| site.radios).sum();
    ensure!(registered as usize == radios.len(), "{registered} radios are registered of {}", radios.len());
    ensure!((shown.calls.len(), shown.queue.len()) == (calls, 0), "{:#?} {:#?}", shown.calls, shown.queue);
    said.extend(network.handsets[0].take_lines());
    nobody_registers(&said)?;
    let interrupted: Vec<_> = said.iter().filter(|line| is_interruption(line)).collect();
    ensure!(interrupted.is_empty(), "calls were interrupted: {interrupted:#?}");

    let still: Vec<Group> = talking.into_iter().skip(over.len()).chain(waiting).collect();
    all(&mut network, &still, "release")?;
    let left: Vec<u32> = still.iter().map(|group| group.listener()).collect();
    network.expect_each(1, &left, "left")?;
    look_until(&network, "no call is left", |shown| shown.calls.is_empty())?;
    // Each call of before and each that was begun alone has a record of that time.
    let expected = CALLS * SITES + WAITED_AT;
    await_records(directory.path(), |record| record.site().is_some(), expected)?;
    network.stop_controller()?;
    let records = records_at_rest(directory.path())?;
    let alone: Vec<_> = records.iter().filter(|record| record.site().is_some()).collect();
    let begun = alone.iter().filter(|record| record.begun_alone()).count();
    ensure!((alone.len(), begun) == (expected, WAITED_AT), "{alone:#?}");
    Ok(())
}

fn ms(since: Instant) -> u128 {
    since.elapsed().as_millis()
}
