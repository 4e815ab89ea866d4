//! The jobs run in three lanes beside each other. In the first are the programs that live in real time: they mostly
//! wait, and when they have something to do they must do it at once. In the others is everything that computes: it
//! takes what the first leaves, at the lowest urgency that the system knows.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, ensure};

use crate::job::{Job, Outcome};

/// What lives in real time, in the order in which it runs, and how many of its tests wait at once.
const IN_REAL_TIME: &[(&str, usize)] = &[
    ("trunklab-tests --test real_time", 8),
    ("trunklab-tests --test hostile_ports", 2),
    ("trunklab-tests --test operator_api", 1),
    ("trunklab-basestation --test live", 4),
    ("trunklab-controller --test calls", 2),
    ("trunklab-controller --test process", 2),
    ("trunklab-controller --test voice_switch", 2),
    ("trunklab-console --test connection", 4),
];

/// What computes longest, and so begins first.
const LONG: &[&str] =
    &["trunklab-tests --test virtual_time", "documentation", "trunklab-tests --test kept_bugs"];

/// Lanes for what computes: most of these programs use several threads, but not all the time.
const COMPUTING: usize = 2;

/// Runs all jobs and shows what each said when it has ended; the commands that repeat those that failed.
pub fn run(jobs: Vec<Job>) -> Result<Vec<String>> {
    let (waiting, computing) = arranged(jobs)?;
    let (waiting, computing) = (Mutex::new(waiting), Mutex::new(computing));
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        scope.spawn(|| drive(&waiting, &failed));
        for _ in 0..COMPUTING {
            scope.spawn(|| drive(&computing, &failed));
        }
    });
    Ok(failed.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// The jobs of the first lane, and those of the others.
fn arranged(mut jobs: Vec<Job>) -> Result<(VecDeque<Job>, VecDeque<Job>)> {
    let mut take = |name: &str| {
        let place = jobs.iter().position(|job| job.name == name);
        place.map(|place| jobs.remove(place))
    };
    let mut waiting = VecDeque::new();
    for (name, threads) in IN_REAL_TIME {
        let job = take(name);
        ensure!(job.is_some(), "cargo has not built {name}, which lanes.rs names");
        waiting.extend(job.map(|job| job.with_threads(*threads)));
    }
    let mut computing = VecDeque::new();
    for name in LONG {
        let job = take(name);
        ensure!(job.is_some(), "cargo has not built {name}, which lanes.rs names");
        computing.extend(job);
    }
    computing.extend(jobs);
    Ok((waiting, computing.into_iter().map(Job::yields).collect()))
}

fn drive(jobs: &Mutex<VecDeque<Job>>, failed: &Mutex<Vec<String>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let Some(job) = job else { return };
        let (name, again) = (job.name.clone(), job.again.clone());
        let outcome = job.run();
        // Whoever writes holds this lock: what one job said stands together.
        let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = outcome.as_ref().is_ok_and(|outcome| outcome.holds);
        show(&name, outcome);
        if !holds {
            failed.push(again);
        }
    }
}

#[allow(clippy::print_stdout, reason = "what the tests say is what this program is for")]
fn show(name: &str, outcome: Result<Outcome>) {
    match outcome {
        Ok(outcome) => {
            println!("     Running {name} ({:.1} s)\n{}", outcome.took.as_secs_f64(), outcome.said);
        }
        Err(error) => println!("     Running {name}\n{error:#}\n"),
    }
}
