//! Registrations per second through a whole controller: TLS on loopback, the log, the core, the register, each with its
//! challenge and its answer. One site brings them; site and controller share the machine. First with up to 512 under way at
//! once, then ten thousand in one moment: how long each took is printed, and every one must end.

#![allow(clippy::print_stdout, reason = "the figures are the output")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on shall stop")]

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/site/mod.rs"]
mod site;

use std::time::{Duration, Instant};

use site::{Site, answer, register, zone_of};
use trunklab_controller::run::{ControllerOptions, RunningController};
use trunklab_controller::zone::Zone;
use trunklab_controller_core::config::{Change, SystemParameters};
use trunklab_protocol::UnitId;
use trunklab_protocol::to_site::ToSite;

const UNITS: u32 = 50_000;
const UNDER_WAY: u32 = 512;
const AT_ONCE: u32 = 10_000;

#[tokio::main]
async fn main() {
    let zone = Zone::ephemeral().unwrap();
    let mut changes = zone_of(UNITS + AT_ONCE);
    // Ten thousand are more than a site usually may have under way, and take longer than its radios would wait.
    let system = SystemParameters {
        challenges_max: u16::try_from(AT_ONCE).unwrap(),
        challenge_ms_max: 60_000,
        ..SystemParameters::default()
    };
    changes.insert(0, Change::System(system));
    let controller = RunningController::start(ControllerOptions::ephemeral(&zone, changes)).await.unwrap();
    let (mut site, _) = Site::in_service(controller.addresses().listen, &zone).await;
    for (first, count, under_way) in [(1, UNITS, UNDER_WAY), (UNITS + 1, AT_ONCE, AT_ONCE)] {
        let start = Instant::now();
        let mut took = registers(&mut site, first, count, under_way).await;
        let seconds = start.elapsed().as_secs_f64();
        took.sort_unstable();
        let at = |share: usize| took[(took.len() - 1) * share / 100].as_secs_f64() * 1e3;
        println!(
            "{count} registrations, {under_way} at once, in {seconds:.2} s: {:.0} per second; each took p50 {:.1} ms, p99 {:.1} ms",
            f64::from(count) / seconds,
            at(50),
            at(99),
        );
    }
    controller.stop().await.unwrap();
}

/// Registers units from `first` on; how long each took from its request to its welcome.
async fn registers(site: &mut Site, first: u32, count: u32, under_way: u32) -> Vec<Duration> {
    let (mut asked, mut took) = (Vec::new(), Vec::new());
    while took.len() < count as usize {
        while asked.len() < count as usize && asked.len() - took.len() < under_way as usize {
            site.put(&register(UnitId::new(first + u32::try_from(asked.len()).unwrap()).unwrap()));
            asked.push(Instant::now());
        }
        site.send().await;
        let mut next = site.hears().await;
        while let Some(message) = next {
            if let ToSite::Challenge(challenge) = &message {
                site.put(&answer(challenge));
            } else if let ToSite::Registered(word) = &message {
                took.push(asked[(word.unit.number() - first) as usize].elapsed());
            } else {
                assert!(matches!(message, ToSite::Heartbeat(_)), "{message:?}");
            }
            next = site.heard();
        }
    }
    took
}
