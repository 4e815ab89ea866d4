//! Registrations per second through a whole controller: TLS on loopback, the log, the core, the register. One site
//! brings them, with up to 512 under way at once; site and controller share the machine.

#![allow(clippy::print_stdout, reason = "the figures are the output")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on shall stop")]

#[allow(dead_code, reason = "the tests use more of it")]
#[path = "../tests/site/mod.rs"]
mod site;

use std::time::Instant;

use site::{Site, answer, register, zone_of};
use trunklab_controller::run::{ControllerOptions, RunningController};
use trunklab_controller::zone::Zone;
use trunklab_protocol::UnitId;
use trunklab_protocol::to_site::ToSite;

const UNITS: u32 = 50_000;
const UNDER_WAY_MAX: u32 = 512;

#[tokio::main]
async fn main() {
    let zone = Zone::ephemeral().unwrap();
    let controller =
        RunningController::start(ControllerOptions::ephemeral(&zone, zone_of(UNITS))).await.unwrap();
    let (mut site, _) = Site::in_service(controller.addresses().listen, &zone).await;
    let start = Instant::now();
    let (mut asked, mut registered) = (0, 0);
    while registered < UNITS {
        while asked < UNITS && asked - registered < UNDER_WAY_MAX {
            asked += 1;
            site.put(&register(UnitId::new(asked).unwrap()));
        }
        site.send().await;
        let mut next = site.hears().await;
        while let Some(message) = next {
            if let ToSite::Challenge(challenge) = &message {
                site.put(&answer(challenge));
            } else if let ToSite::Registered(_) = &message {
                registered += 1;
            } else {
                assert!(matches!(message, ToSite::Heartbeat(_)), "{message:?}");
            }
            next = site.heard();
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{UNITS} registrations in {seconds:.2} s: {:.0} per second", f64::from(UNITS) / seconds);
    controller.stop().await.unwrap();
}
