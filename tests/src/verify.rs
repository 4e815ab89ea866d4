//! `cargo verify`: every check, in the order in which a failure is cheapest to find. Never writes to the tree.

use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context, Result, bail};

/// Tools that tests run and that a bare machine may lack: the command, and the Debian package that has it.
const TOOLS: &[(&str, &str)] = &[("python3", "python3"), ("tmux", "tmux")];

/// A check: what it is for, and the command.
struct Check {
    name: &'static str,
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
}

const CHECKS: &[Check] = &[
    Check { name: "format", arguments: &["fmt", "--all", "--check"], environment: &[] },
    Check {
        name: "lints",
        arguments: &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
        environment: &[],
    },
    Check { name: "tests", arguments: &["test", "--workspace", "--locked"], environment: &[] },
    Check {
        name: "documentation",
        arguments: &["doc", "--workspace", "--no-deps", "--locked", "--quiet"],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
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
    for (tool, package) in TOOLS {
        ensure(tool, package)?;
    }
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    // `cargo test` builds every program of the workspace beside this one before it runs a test.
    let own = std::env::current_exe().context("verify does not know where it lies")?;
    let programs = own.parent().context("verify lies in no folder")?;
    for check in CHECKS {
        println!("verify: {} (cargo {})", check.name, check.arguments.join(" "));
        let status = Command::new(&cargo)
            .args(check.arguments)
            .envs(check.environment.iter().copied())
            .env(trunklab_tests::program::BUILT, programs)
            .status()
            .with_context(|| format!("cannot start {cargo}"))?;
        if !status.success() {
            bail!("{} failed: run `cargo {}` to see it alone", check.name, check.arguments.join(" "));
        }
    }
    Ok(())
}

fn ensure(tool: &str, package: &str) -> Result<()> {
    if exists(tool) {
        return Ok(());
    }
    let update = Command::new("apt-get").args(["update", "-qq"]).status();
    let install = Command::new("apt-get").args(["install", "-y", "-qq", package]).status();
    if !exists(tool) {
        bail!(
            "the tests need `{tool}` and it could not be installed (update: {update:?}, install: {install:?}); \
             install the package `{package}`"
        );
    }
    Ok(())
}

fn exists(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}
