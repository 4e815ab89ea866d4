//! `console`: the operator console as a program of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};
use trunklab_console::{Color, ConsoleOptions, Pass};

/// Shows a trunked radio network live: sites and their slots, who talks on which channel, the queue, the event log.
///
/// It talks to a controller's operator API alone. Press ? on any screen for its keys; q leaves.
#[derive(Parser)]
#[command(
    name = "console",
    version,
    after_help = "Example:\n  console --controller 127.0.0.1:7143 --token-file operator.token --ca zone-ca.pem\n\n\
        console --login anna --ca zone-ca.pem\n\nNO_COLOR=1 has the effect of --no-color."
)]
struct Arguments {
    /// Where the controller's operator API listens: address and port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:7143")]
    controller: SocketAddr,
    /// File with a program's token
    #[arg(long, value_name = "FILE", required_unless_present = "login", conflicts_with = "login")]
    token_file: Option<PathBuf>,
    /// Logs in with this account; asks for its password, unless TRUNKLAB_PASSWORD holds it
    #[arg(long, value_name = "NAME")]
    login: Option<String>,
    /// File whose first line is the password
    #[arg(long, value_name = "FILE", requires = "login")]
    password_file: Option<PathBuf>,
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
        pass: pass(&arguments)?,
        ca_pem: read(&arguments.ca, "the authority's certificate")?,
        color: if arguments.no_color { Color::Never } else { Color::Auto },
    };
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let told = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    };
    Ok(trunklab_console::run_until(options, told).await?)
}

fn pass(arguments: &Arguments) -> Result<Pass> {
    let Some(name) = &arguments.login else {
        let file = arguments.token_file.as_deref().context("give --token-file or --login")?;
        return Ok(Pass::Token(read(file, "the token")?));
    };
    let password = match (&arguments.password_file, std::env::var("TRUNKLAB_PASSWORD")) {
        (Some(file), _) => read(file, "the password")?.lines().next().unwrap_or_default().to_owned(),
        (None, Ok(password)) => password,
        (None, Err(_)) => rpassword::prompt_password(format!("Password of {name}: "))
            .context("the password cannot be asked for here: give it with --password-file")?,
    };
    Ok(Pass::Login { name: name.clone(), password })
}

fn read(file: &Path, what: &str) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{what} cannot be read from {}", file.display()))
}
