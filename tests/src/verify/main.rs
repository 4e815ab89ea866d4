//! `cargo verify`: every check, in the order in which a failure is cheapest to find. Never writes to the tree.
//!
//! Cargo checks the format and the lints and builds the tests. Then the test programs run beside each other (`lanes.rs`),
//! and with them what else only costs time: the examples in the documentation, and the documentation itself.

mod built;
mod job;
mod lanes;
mod tools;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::job::Job;

/// A call of cargo that stands for itself.
struct Check {
    name: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

impl Check {
    fn shown(&self) -> String {
        format!("cargo {}", self.arguments.join(" "))
    }
}

/// Before anything runs.
const FIRST: &[Check] = &[
    Check { name: "format", arguments: &["fmt", "--all", "--check"], environment: &[] },
    Check {
        name: "lints",
        arguments: &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
        environment: &[],
    },
];

/// Beside the test programs.
const BESIDE: &[Check] = &[
    Check {
        name: "documentation",
        arguments: &["doc", "--workspace", "--no-deps", "--locked", "--quiet"],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
    },
    Check {
        name: "examples",
        arguments: &["test", "--workspace", "--doc", "--locked", "--quiet"],
        environment: &[],
    },
];

#[allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this program's purpose is to tell a person or CI"
)]
fn main() -> ExitCode {
    let began = Instant::now();
    match run() {
        Ok(()) => {
            println!("verify: all checks hold ({} s)", began.elapsed().as_secs());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("verify: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stdout, reason = "progress")]
fn run() -> Result<()> {
    tools::ensure()?;
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    for check in FIRST {
        println!("verify: {} ({})", check.name, check.shown());
        let status = Command::new(&cargo)
            .args(check.arguments)
            .envs(check.environment.iter().copied())
            .status()
            .with_context(|| format!("cannot start {cargo}"))?;
        if !status.success() {
            bail!("{} failed: run `{}` to see it alone", check.name, check.shown());
        }
    }
    println!("verify: tests (cargo {})", built::BUILD.join(" "));
    let began = Instant::now();
    let programs = built::build(&cargo)?;
    println!("verify: {} test programs are built ({} s)", programs.len(), began.elapsed().as_secs());
    // `cargo test` has built every program of the workspace beside this one.
    let own = std::env::current_exe().context("verify does not know where it lies")?;
    let beside = own.parent().context("verify lies in no folder")?;
    let mut jobs: Vec<Job> = programs.iter().map(|program| program.job(&cargo, beside)).collect();
    jobs.extend(BESIDE.iter().map(|check| beside_tests(&cargo, check)));
    let failed = lanes::run(jobs)?;
    if !failed.is_empty() {
        bail!("{} failed; to see it alone:\n  {}", failed.len(), failed.join("\n  "));
    }
    Ok(())
}

fn beside_tests(cargo: &str, check: &Check) -> Job {
    let mut command = Command::new(cargo);
    command.args(check.arguments).envs(check.environment.iter().copied());
    Job::new(check.name, Path::new("."), command, check.shown())
}
