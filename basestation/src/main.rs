//! The base station as a process of its own.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use trunklab_basestation::{Credentials, Station, StationOptions, enrol};

/// A base station of a trunklab network.
///
/// It starts with the controllers' addresses and its certificate alone: carriers, slots, neighbours and parameters
/// come from the controller. It keeps them, and works with them when it is started again before its controller. First get credentials with `enrol`, then start it with `run`.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve a site until SIGTERM or Ctrl-C.
    Run(RunArguments),
    /// Get a certificate with a one-time token.
    Enrol(EnrolArguments),
}

#[derive(Debug, Args)]
struct RunArguments {
    /// A controller's site port; repeat it for each, in order of preference.
    #[arg(long = "controller", value_name = "HOST:PORT", required = true, value_parser = host_and_port)]
    controllers: Vec<String>,
    /// The directory that `enrol` made.
    #[arg(long, value_name = "DIR")]
    credentials: PathBuf,
    /// Where handsets' processes send to (UDP); port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7700")]
    air: SocketAddr,
    /// Where the voice switch sends to (UDP); port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    voice: SocketAddr,
    /// The address that the voice switch shall send to, if it is not the one of --voice.
    #[arg(long, value_name = "ADDR")]
    voice_public: Option<SocketAddr>,
}

#[derive(Debug, Args)]
struct EnrolArguments {
    /// The controller's operator port.
    #[arg(long, value_name = "HOST:PORT", value_parser = host_and_port)]
    controller: String,
    /// The token, from `controller ca token`: good for one site and once.
    #[arg(long, env = "TRUNKLAB_TOKEN", hide_env_values = true)]
    token: String,
    /// A directory without credentials; it is made if need be.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// The reader of the standard output went away: no failure, and nobody to tell of it.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the standard output")]
struct NobodyReads;

/// The code of a program that a closed pipe ends: 128 and the number of SIGPIPE.
const NOBODY_READS: u8 = 141;

#[tokio::main]
async fn main() -> ExitCode {
    let colour_forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_ansi(std::io::stderr().is_terminal() && !colour_forbidden)
        .with_writer(std::io::stderr)
        // A station whose log nobody reads any longer serves on.
        .log_internal_errors(false)
        .init();
    let done = match Arguments::parse().command {
        Command::Run(arguments) => serve(arguments).await,
        Command::Enrol(arguments) => get_certificate(arguments).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<NobodyReads>() => ExitCode::from(NOBODY_READS),
        Err(error) => {
            // Nothing is left to be told to who has closed the other end.
            writeln!(std::io::stderr(), "basestation: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: RunArguments) -> anyhow::Result<()> {
    let mut terminated = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("cannot wait for Ctrl-C")?;
    let options = StationOptions {
        controllers: arguments.controllers,
        credentials: Credentials::read(&arguments.credentials)?,
        air: arguments.air,
        voice: arguments.voice,
        voice_public: arguments.voice_public,
        memory: Some(arguments.credentials.join("memory.jsonl")),
    };
    let mut station = Station::start(options).await?;
    say(&format!("basestation ready: air {}, voice {}", station.air_address, station.voice_address))?;
    tokio::select! {
        ended = station.ended() => {
            let Err(refused) = ended else { return Ok(()) };
            bail!("{}: {refused}", arguments.credentials.display());
        }
        _ = terminated.recv() => {}
        _ = interrupted.recv() => {}
    }
    tracing::info!("closing down");
    station.stop().await;
    Ok(())
}

async fn get_certificate(arguments: EnrolArguments) -> anyhow::Result<()> {
    let site = enrol(&arguments.controller, &arguments.token, &arguments.out).await?;
    let directory = arguments.out.display();
    say(&format!("{directory} holds the certificate of site {site}; start it with `basestation run`"))
}

fn host_and_port(text: &str) -> Result<String, &'static str> {
    let (host, port) = text.rsplit_once(':').ok_or("a host and a port are expected, as 127.0.0.1:7100")?;
    match port.parse::<u16>() {
        Ok(1..) if !host.is_empty() => Ok(text.to_owned()),
        Ok(_) | Err(_) => Err("a host and a port are expected, as 127.0.0.1:7100"),
    }
}

fn say(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(NobodyReads.into()),
        outcome => outcome.context("cannot write to the standard output"),
    }
}
