//! What the dispatch core costs: group calls from request to release, a long queue, registrations.
//!
//! One item is a whole call: request, grant, end of speech, release, with every output that it causes. A hundred
//! sites and a thousand talkgroups are configured where the benchmark's argument does not say otherwise; a call
//! involves as many sites as it says. A network is set up once and then works on, as one in service does. After the
//! benchmarks stands what a planner wants to know, in a few lines.

#![allow(clippy::unwrap_used, reason = "a benchmark may fail where it stands")]
#![allow(clippy::wildcard_enum_match_arm, reason = "a benchmark looks for one output among many")]

mod crowd;
mod line;
mod network;
mod summary;

use divan::Bencher;
use divan::counter::ItemsCount;
use trunklab_protocol::UnitId;

use crowd::Crowd;
use line::Line;
use network::Network;

const SITES: u16 = 100;
const UNITS: u32 = 10_000;
/// Calls in one timed run: few, so that little else of what the machine does falls into one.
const CALLS: u32 = 100;
const RUNS: u32 = 2_000;
const REGISTRATIONS: u32 = 500;

fn main() {
    divan::main();
    if !std::env::args().any(|argument| argument == "--test") {
        summary::print();
    }
}

/// Group calls, by the number of sites that each involves.
#[divan::bench(args = [1, 2, 5, 10], sample_count = RUNS)]
fn group_call(bencher: Bencher<'_, '_>, sites_involved: u16) {
    bench_calls(bencher, &mut Network::new(SITES, sites_involved, UNITS));
}

/// Group calls over one site, by the number of sites that are configured.
#[divan::bench(args = [10, 100, 1_000], sample_count = RUNS)]
fn group_call_with_sites_configured(bencher: Bencher<'_, '_>, sites: u16) {
    bench_calls(bencher, &mut Network::new(sites, 1, UNITS));
}

/// Group calls over one site, by the number of units that are registered.
#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000], sample_count = RUNS)]
fn group_call_with_units_registered(bencher: Bencher<'_, '_>, units: u32) {
    bench_calls(bencher, &mut Network::new(SITES, 1, units));
}

/// The same, where all of them call in turn and not the same thousand.
#[divan::bench(args = [1_000, 10_000, 100_000, 1_000_000], sample_count = RUNS)]
fn group_call_with_all_units_calling(bencher: Bencher<'_, '_>, units: u32) {
    bench_calls(bencher, &mut Network::with_all_calling(SITES, units));
}

fn bench_calls(bencher: Bencher<'_, '_>, network: &mut Network) {
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| network.calls());
}

/// A queue of this length: a request enters, the first one is served.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = RUNS)]
fn queue_enter_and_serve(bencher: Bencher<'_, '_>, len: u32) {
    let mut line = Line::new(len);
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| {
        for _ in 0..CALLS {
            line.passes_on();
        }
    });
}

/// A queue of this length: a request enters, another somewhere in the queue is given up.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = RUNS)]
fn queue_enter_and_cancel(bencher: Bencher<'_, '_>, len: u32) {
    let mut line = Line::new(len);
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| {
        for count in 0..CALLS {
            line.enters();
            let unit = UnitId::new(count * 7_919 % len + 1).unwrap();
            line.leaves(unit);
        }
    });
}

/// A queue of this length: a request enters and ages by one level, the first one is served.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = RUNS)]
fn queue_enter_age_and_serve(bencher: Bencher<'_, '_>, len: u32) {
    let mut line = Line::new(len);
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| {
        for _ in 0..CALLS {
            let newcomer = line.outside;
            line.enters();
            divan::black_box(line.queue.promote(newcomer));
            let first = line.queue.first_after(None).expect("somebody waits").unit;
            line.leaves(first);
        }
    });
}

/// So many requests wait at a hundred sites that are full: a call ends, the first that waits there is served, and who
/// has talked asks again.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = 200)]
fn slot_passed_on(bencher: Bencher<'_, '_>, waiting: u32) {
    let mut crowd = Crowd::new(SITES, waiting);
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| crowd.turns());
}

/// Registrations: request, challenge, answer, welcome, with both proofs computed on the controller's side.
#[divan::bench]
fn registration(bencher: Bencher<'_, '_>) {
    bencher
        .with_inputs(|| Network::new(SITES, 1, UNITS))
        .input_counter(|_| ItemsCount::new(REGISTRATIONS))
        .bench_local_values(|mut network| {
            for count in 0..REGISTRATIONS {
                network.registers(count);
            }
            network
        });
}
