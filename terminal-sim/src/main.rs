//! The `trunklab` command.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use trunklab::command::ending::{NOBODY_READS, nobody_reads};
use trunklab::command::{self, Command};

/// A trunked radio network on one machine.
///
/// `trunklab demo` shows it. `run` and `simulate` play a scenario, in real time over real sockets or in virtual time;
/// `replay` lets a recorded call log drive the radios; `import` reads the lists that people have; `handset` is one radio
/// in this terminal.
#[derive(Debug, Parser)]
#[command(name = "trunklab", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let level = tracing_subscriber::EnvFilter::try_from_env("TRUNKLAB_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("error"));
    let colour_forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(level)
        .with_ansi(std::io::stderr().is_terminal() && !colour_forbidden)
        .with_writer(std::io::stderr)
        // A log that nobody reads any longer ends nothing.
        .log_internal_errors(false)
        .init();
    match command::perform(arguments.command) {
        Ok(outcome) => outcome.into(),
        Err(error) if nobody_reads(&error) => ExitCode::from(NOBODY_READS),
        Err(error) => {
            command::say_error(&error);
            ExitCode::FAILURE
        }
    }
}
