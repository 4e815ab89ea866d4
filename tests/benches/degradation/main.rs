//! What a network does when parts of it fail, in virtual time: how long from a link's loss to the site's own service and back, and from
//! its control channel's loss to failsoft and back, on each profile; and how long until ten thousand radios at ten sites are registered when their controller is there again, beside the
//! bound of slotted ALOHA. The times are those of the network; they do not depend on the machine.
//!
//! `cargo bench -p trunklab-tests --bench degradation -- [--json] [RADIOS] [PROFILE ...] [window=N ...]`: how many radios come back, a
//! multiple of ten, on which air interfaces, and over how many times the bound they are spread; ten thousand, on two, and each of 0, 1, 2
//! and 4.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the figures are the output")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark that cannot go on shall stop")]

mod network;
mod outage;
mod returning;
mod table;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use network::Without;
use outage::{AFTER_MS, Outage};
use returning::{Crowd, Returned, bound_ms};
use serde::Serialize;
use trunklab_protocol::profile::PROFILES;
use trunklab_protocol::{ProfileId, Span};

const SITES: u16 = 10;
const RADIOS: u32 = 10_000;

/// The air interfaces on which radios come back: one with a quick control channel, one with a slow one.
const COME_BACK: [ProfileId; 2] = [ProfileId::Tetra, ProfileId::Iden];

/// Over what times registrations are spread, in times of the bound: not at all, or so that the radios' first tries alone take
/// 1/e of the access opportunities, half of that, a quarter.
const WINDOWS: [u64; 4] = [0, 1, 2, 4];

/// After how long the rest is not waited for, in times of the bound, beside the window.
const LIMIT_BOUNDS: u64 = 6;

#[derive(Serialize)]
struct Report {
    outages: Vec<Outage>,
    returned: Vec<Returned>,
}

fn main() {
    let (mut radios, mut json, mut come_back, mut windows) = (RADIOS, false, Vec::new(), Vec::new());
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            // `cargo bench` says so to whatever it runs.
            "--bench" => {}
            "--json" => json = true,
            other => match (ProfileId::named(other), other.parse(), window(other)) {
                (Some(profile), _, _) => come_back.push(profile),
                (None, Ok(number), _) => radios = number,
                (None, Err(_), Some(window)) => windows.push(window),
                (None, Err(_), None) => panic!("no number of radios, profile or window=N: {other}"),
            },
        }
    }
    if come_back.is_empty() {
        come_back.extend(COME_BACK);
    }
    if windows.is_empty() {
        windows.extend(WINDOWS);
    }
    let report = Report { outages: outages(), returned: all_return(radios, &come_back, &windows) };
    if json {
        println!("{}", serde_json::to_string_pretty(&report).unwrap());
    } else {
        table::print(&report.outages, &report.returned);
    }
}

fn window(argument: &str) -> Option<u64> {
    argument.strip_prefix("window=")?.parse().ok()
}

fn outages() -> Vec<Outage> {
    let kinds = [
        Without::Isolated { after_ms: AFTER_MS },
        Without::Failsoft { after_ms: AFTER_MS },
        Without::Control { after_ms: AFTER_MS },
    ];
    kinds
        .into_iter()
        .flat_map(|without| PROFILES.iter().map(move |profile| outage::of(profile.id, without)))
        .collect()
}

/// Each world by itself, as many at once as there are cores; in their order.
fn all_return(radios: u32, profiles: &[ProfileId], windows: &[u64]) -> Vec<Returned> {
    let radios_per_site = radios / u32::from(SITES);
    let of = |profile: &ProfileId| windows.iter().map(|window| (*profile, *window)).collect::<Vec<_>>();
    let crowds: Vec<_> = profiles.iter().flat_map(of).collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let index = next.fetch_add(1, Ordering::Relaxed)
                    && let Some((profile, window)) = crowds.get(index)
                {
                    let returned = returns(*profile, radios_per_site, *window);
                    done.lock().unwrap().insert(index, returned);
                }
            });
        }
    });
    done.into_inner().unwrap().into_values().collect()
}

fn returns(profile: ProfileId, radios_per_site: u32, window: u64) -> Returned {
    let bound_ms = bound_ms(profile, radios_per_site);
    let window_ms = u32::try_from(bound_ms * window).unwrap();
    let limit = Span::from_millis(bound_ms * (window + LIMIT_BOUNDS));
    let crowd = Crowd { profile, sites: SITES, radios_per_site, window_ms, limit };
    let name = profile.profile().name;
    let returned = crowd.returns(|since, registered| {
        eprintln!(
            "{name}, window {} s: {registered} registered after {} s",
            window_ms / 1_000,
            since.as_millis() / 1_000
        );
    });
    eprintln!("{}", table::row(&returned));
    returned
}
