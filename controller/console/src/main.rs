//! `console`: the operator console as a program of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use trunklab_console::{Color, ConsoleOptions};

/// Shows a trunked radio network live: sites and their slots, who talks on which channel, the queue, the event log.
///
/// It talks to a controller's operator API alone. Press ? on any screen for its keys; q leaves.
#[derive(Parser)]
#[command(
    name = "console",
    version,
    after_help = "Example:\n  console --controller 127.0.0.1:7143 --token-file operator.token --ca zone-ca.pem\n\n\
        The controller writes both files when it starts. NO_COLOR=1 has the effect of --no-color."
)]
struct Arguments {
    /// Where the controller's operator API listens: address and port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7143")]
    controller: SocketAddr,
    /// File with the operator's token
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// File with the certificate of the zone's authority (PEM)
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// Use bold and reverse instead of colours
    #[arg(long)]
    no_color: bool,
}

#[tokio::main]
#[allow(clippy::print_stderr, reason = "the last word to the operator, once the screen is given back")]
async fn main() -> ExitCode {
    match show(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One sentence: a backtrace would bury the remedy.
            eprintln!("console: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn show(arguments: Arguments) -> Result<()> {
    let options = ConsoleOptions {
        address: arguments.controller,
        token: read(&arguments.token_file, "the token")?,
        ca_pem: read(&arguments.ca, "the authority's certificate")?,
        color: if arguments.no_color { Color::Never } else { Color::Auto },
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        outcome = trunklab_console::run(options) => Ok(outcome?),
        // Dropping the console gives the terminal back.
        _ = terminate.recv() => Ok(()),
        _ = hang_up.recv() => Ok(()),
    }
}

fn read(file: &Path, what: &str) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{what} cannot be read from {}", file.display()))
}
