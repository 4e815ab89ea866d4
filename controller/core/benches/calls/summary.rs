//! What a planner wants to know, in a few lines: each figure is the fastest of many runs, and the median beside it.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a benchmark reads the clock and prints"
)]

use std::fmt;
use std::time::{Duration, Instant};

use crate::crowd::Crowd;
use crate::line::Line;
use crate::network::Network;
use crate::{CALLS, RUNS, SITES, UNITS};

/// Runs where one takes long.
const FEW_RUNS: u32 = 200;

/// What one item took.
struct Cost {
    fastest: Duration,
    median: Duration,
}

impl Cost {
    fn of(runs: u32, mut run: impl FnMut()) -> Self {
        let mut times: Vec<_> = (0..runs)
            .map(|_| {
                let begun = Instant::now();
                run();
                begun.elapsed() / CALLS
            })
            .collect();
        times.sort_unstable();
        Self { fastest: times[0], median: times[times.len() / 2] }
    }

    fn of_calls(mut network: Network) -> Self {
        Self::of(RUNS, || network.calls())
    }

    fn of_queue(len: u32) -> Self {
        let mut line = Line::new(len);
        Self::of(RUNS, || (0..CALLS).for_each(|_| line.passes_on()))
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>7} ns ({} ns)", self.fastest.as_nanos(), self.median.as_nanos())
    }
}

/// Prints what calls and the queue cost.
pub fn print() {
    println!("\nA group call at one site: request, grant and release; fastest (median)");
    for units in [1_000, 10_000, 100_000, 1_000_000] {
        let (few, all) = (
            Cost::of_calls(Network::new(SITES, 1, units)),
            Cost::of_calls(Network::with_all_calling(SITES, units)),
        );
        println!("  {units:>9} units registered   a thousand of them call {few}   all of them call {all}");
    }
    for sites in [10, 100, 1_000] {
        println!("  {sites:>9} sites configured   {}", Cost::of_calls(Network::new(sites, 1, UNITS)));
    }
    let one = Cost::of_calls(Network::new(SITES, 1, UNITS)).fastest;
    let ten = Cost::of_calls(Network::new(SITES, 10, UNITS)).fastest;
    println!("  each further site adds {:?}", ten.saturating_sub(one) / 9);
    println!("The queue: one request enters and the first is taken; fastest (median)");
    for len in [100, 1_000, 10_000] {
        println!("  {len:>9} waiting   {}", Cost::of_queue(len));
    }
    println!("A slot passed on: a call ends, the first that waits there talks, the other waits again");
    for waiting in [100, 1_000, 10_000] {
        let mut crowd = Crowd::new(SITES, waiting);
        println!("  {waiting:>9} waiting   {}", Cost::of(FEW_RUNS, || crowd.turns()));
    }
}
