//! `controller`: makes a zone, provisions it, enrols its sites, and runs it.

mod account_command;
mod availability_command;
mod config_command;
mod config_place;
mod import_command;
mod record_command;
mod running;
mod statistics_command;
mod time_argument;

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use account_command::{AccountCommand, AuditCommand};
use anyhow::{Context, ensure};
use availability_command::AvailabilityCommand;
use clap::{Args, Parser, Subcommand};
use config_command::ConfigCommand;
use record_command::RecordCommand;
use running::Reach;
use statistics_command::StatisticsCommand;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use trunklab_controller::operator::{new_operator_token, token_hash};
use trunklab_controller::run::{ControllerOptions, RunningController};
use trunklab_controller::store::{Store, StorePlace, StoredToken};
use trunklab_controller::subscribers::{self, Keys, Progress};
use trunklab_controller::zone::{ZoneDirectory, write_private};
use trunklab_controller::zone_file::{self, ZonePlan};
use trunklab_controller_core::config::Change;
use trunklab_protocol::operator::{ConsoleName, Role};
use trunklab_protocol::{SiteId, UnitId};

/// The controller of a trunked radio zone: sets up calls, keeps the registers, switches voice.
///
/// A zone is made in five steps: `ca init`, `provision`, `token`, `ca token` for each site, `run`.
/// docs/operating.md goes through them with an example.
#[derive(Debug, Parser)]
#[command(name = "controller", version)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The zone's certificate authority.
    #[command(subcommand)]
    Ca(Ca),
    /// Puts sites, talkgroups and subscribers into the database; what is there already is replaced.
    Provision {
        /// The database; made where it does not exist.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
        /// What to put there.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// The home register: a network's subscribers, one by one and in files.
    #[command(subcommand)]
    Subscribers(Subscribers),
    /// Makes a token for a program, which is let in with a role; a running controller knows it within seconds.
    Token {
        /// The database, made by `controller provision`.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
        /// Where to write the token; must not exist yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Whom it is for.
        #[arg(long, default_value = "console")]
        name: String,
        /// What it may: that of a viewer, dispatcher, supervisor or administrator.
        #[arg(long, default_value_t = Role::Dispatcher)]
        role: Role,
    },
    /// Operators' accounts, with which people log in.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Who did what, when, from where, and what came of it.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// What calls used, and what was asked for in vain.
    #[command(subcommand)]
    Records(RecordCommand),
    /// How the network is configured, by versions.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// What was counted of traffic: occupancy, Erlangs, queue times, refusals, control channels.
    Statistics(StatisticsCommand),
    /// How much of the time sites were in service: failures, mean time to failure and to repair.
    Availability(AvailabilityCommand),
    /// Runs the controller until it is told to end (SIGTERM or Ctrl-C).
    Run(Run),
}

#[derive(Debug, Subcommand)]
enum Ca {
    /// Makes the authority and the controller's certificate.
    Init {
        /// Where; must not hold a zone yet.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// Host names and addresses by which sites and consoles reach the controller, beside loopback.
        #[arg(long = "name", value_name = "HOST")]
        names: Vec<String>,
    },
    /// Makes a one-time token with which a site enrols, and prints it.
    Token {
        /// The zone's directory.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// For which site.
        #[arg(long, value_name = "NUMBER", value_parser = site)]
        site: SiteId,
        /// Hours until it expires.
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u64).range(1..=8_760))]
        hours: u64,
    },
}

#[derive(Debug, Subcommand)]
enum Subscribers {
    /// Adds and replaces subscribers from a file, all of it or nothing; others stay. With --db the controller must not be
    /// running, with --to it is: it takes twenty thousand at once from an administrator.
    Import {
        /// Subscribers: .csv, .json or .jsonl (docs/formats.md).
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The database.
        #[arg(long, value_name = "FILE", required_unless_present = "to", conflicts_with = "to")]
        db: Option<PathBuf>,
        /// Only tells what would change.
        #[arg(long, conflicts_with = "to")]
        dry_run: bool,
        #[command(flatten)]
        reach: Reach,
    },
    /// Writes all subscribers to a file that does not exist yet.
    Export {
        /// Where to: .csv, .json or .jsonl.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The database.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
        /// With their keys: who reads the file can be any unit of it. Only its owner may.
        #[arg(long)]
        keys: bool,
    },
    /// Shows what the register holds of a unit, but for its key.
    Show {
        /// Its individual id.
        #[arg(value_parser = unit)]
        unit: UnitId,
        /// The database.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
    },
    /// Takes a subscriber out. The controller must not be running.
    Remove {
        /// Its individual id.
        #[arg(value_parser = unit)]
        unit: UnitId,
        /// The database.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
    },
}

#[derive(Debug, Args)]
struct Run {
    /// The database, made by `controller provision`, or here with --config.
    #[arg(long, value_name = "FILE", env = "TRUNKLAB_DB")]
    db: PathBuf,
    /// The zone's directory, made by `controller ca init`.
    #[arg(long, value_name = "DIR", env = "TRUNKLAB_CREDENTIALS")]
    credentials: PathBuf,
    /// Where sites connect.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7100")]
    listen: SocketAddr,
    /// Where consoles connect, monitoring asks, and sites enrol.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7143")]
    operator: SocketAddr,
    /// Where the voice switch receives.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7104")]
    voice: SocketAddr,
    /// Where sites send voice, if the switch is bound to every address.
    #[arg(long, value_name = "ADDRESS:PORT")]
    voice_advertised: Option<SocketAddr>,
    /// Where calls of recorded talkgroups are kept as WAV files with a description; left out: nowhere.
    #[arg(long, value_name = "DIR")]
    recordings: Option<PathBuf>,
    /// Megabytes that recordings may take.
    #[arg(long, value_name = "MIB", default_value_t = 10_240)]
    recordings_mib_max: u32,
    /// Provisions from this file first.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let colour_forbidden = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal() && !colour_forbidden)
        .with_writer(std::io::stderr)
        // A controller whose log nobody reads any longer serves on.
        .log_internal_errors(false)
        .init();
    match execute(CommandLine::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<NobodyReads>() => ExitCode::from(NOBODY_READS),
        Err(error) => {
            // Nothing is left to be told to who has closed the other end.
            writeln!(std::io::stderr(), "controller: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

/// The reader of the standard output went away: no failure, and nobody to tell of it.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the standard output")]
struct NobodyReads;

/// The code of a program that a closed pipe ends: 128 and the number of SIGPIPE.
const NOBODY_READS: u8 = 141;

fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Ca(Ca::Init { dir, names }) => {
            ZoneDirectory::init(&dir, &names)?;
            say(&format!("{} holds a new zone; keep ca.key and controller.key secret", dir.display()))?;
        }
        Command::Ca(Ca::Token { dir, site, hours }) => {
            let zone = ZoneDirectory::open(&dir);
            let authority = zone.authority()?.with_context(|| {
                format!("{} has no ca.key: make the token where the authority's key is", dir.display())
            })?;
            let life = Duration::from_secs(hours * 3_600);
            let token = zone.tokens().issue(site, authority.fingerprint(), SystemTime::now(), life)?;
            say(&token.to_string())?;
        }
        Command::Provision { db, config } => {
            let changes = provisioned(&config, &db)?;
            Store::open(&StorePlace::File(db.clone()))?.provision(&changes)?;
            say(&format!("{}: {} entries provisioned", db.display(), changes.len()))?;
        }
        Command::Token { db, out, name, role } => {
            ensure_database(&db)?;
            let token = new_operator_token()?;
            // The file first: a token that nobody could read would stand in the database for ever.
            write_private(&out, &format!("{token}\n"))?;
            Store::open_beside(&db)?.add_operator_token(&StoredToken {
                hash: token_hash(&token),
                name: ConsoleName::new(&name),
                role,
            })?;
            say(&format!("{} holds the token; it is not kept anywhere else", out.display()))?;
        }
        Command::Subscribers(command) => manage_subscribers(command)?,
        Command::Account(command) => account_command::account(command)?,
        Command::Audit(command) => account_command::audit(command)?,
        Command::Records(command) => record_command::manage(command)?,
        Command::Config(command) => config_command::config(command)?,
        Command::Statistics(command) => statistics_command::statistics(&command)?,
        Command::Availability(command) => availability_command::show(&command)?,
        Command::Run(run) => serve(run)?,
    }
    Ok(())
}

fn manage_subscribers(command: Subscribers) -> anyhow::Result<()> {
    let progress = Progress::on_standard_error();
    let open = |db: &Path| {
        ensure_database(db)?;
        anyhow::Ok(Store::open(&StorePlace::File(db.to_owned()))?)
    };
    match command {
        Subscribers::Import { file, db, dry_run, reach } => {
            if let Some(controller) = reach.controller()? {
                return say(&import_command::import(&file, &controller, &progress)?);
            }
            let db = db.context("give --db, or --to with --token-file and --ca")?;
            let difference = subscribers::import(&mut open(&db)?, &file, !dry_run, &progress)?;
            let what = if dry_run { "would change: " } else { "" };
            say(&format!("{}: {what}{difference}", db.display()))
        }
        Subscribers::Export { file, db, keys } => {
            ensure_database(&db)?;
            let keys = if keys { Keys::Written } else { Keys::Left };
            let count = subscribers::export(&mut Store::open_beside(&db)?, &file, keys, &progress)?;
            say(&format!("{}: {count} subscribers", file.display()))
        }
        Subscribers::Show { unit, db } => {
            ensure_database(&db)?;
            let sheet = subscribers::show(&mut Store::open_beside(&db)?, unit)?;
            let sheet = sheet.with_context(|| format!("{}: there is no unit {unit}", db.display()))?;
            say(sheet.trim_end())
        }
        Subscribers::Remove { unit, db } => {
            let mut store = open(&db)?;
            ensure!(store.subscriber(unit)?.is_some(), "{}: there is no unit {unit}", db.display());
            store.provision(&[Change::SubscriberRemoved(unit)])?;
            say(&format!("{}: unit {unit} is taken out", db.display()))
        }
    }
}

fn serve(run: Run) -> anyhow::Result<()> {
    let mut options = ControllerOptions::on_disk(&run.db, &run.credentials)?;
    options.listen = run.listen;
    options.operator = run.operator;
    options.voice = run.voice;
    options.voice_advertised = run.voice_advertised;
    options.recordings = run.recordings.map(|folder| (folder, u64::from(run.recordings_mib_max) << 20));
    match &run.config {
        Some(config) => options.provision = provisioned(config, &run.db)?,
        None => ensure_database(&run.db)?,
    }
    let runtime = tokio::runtime::Runtime::new().context("the system gave no threads")?;
    runtime.block_on(async {
        let mut terminated = signal(SignalKind::terminate())?;
        let mut interrupted = signal(SignalKind::interrupt())?;
        let mut controller = RunningController::start(options).await?;
        let addresses = controller.addresses();
        say(&format!(
            "controller ready: sites {}, operators {}, voice {}",
            addresses.listen, addresses.operator, addresses.voice
        ))?;
        tokio::select! {
            ended = controller.ended() => return Ok(ended?),
            _ = terminated.recv() => {}
            _ = interrupted.recv() => {}
        }
        tracing::info!("closing down");
        Ok(controller.stop().await?)
    })
}

/// What a zone's file says, judged with the sites that the database has; what the file accepts knowingly is in the log.
fn provisioned(config: &Path, db: &Path) -> anyhow::Result<Vec<Change>> {
    let standing = if db.exists() { Store::open_beside(db)?.sites()? } else { Vec::new() };
    let ZonePlan { changes, warnings } = zone_file::read(config, &standing)?;
    for clash in warnings {
        tracing::warn!("{}: {clash}", config.display());
    }
    Ok(changes)
}

/// A path that is mistyped would otherwise be a new zone with nothing in it.
fn ensure_database(db: &Path) -> anyhow::Result<()> {
    ensure!(
        db.exists(),
        "{}: no such database: check the path, or make it with `controller provision`",
        db.display()
    );
    Ok(())
}

fn site(text: &str) -> Result<SiteId, &'static str> {
    text.parse().ok().and_then(SiteId::new).ok_or("a site is a number from 1 to 65535")
}

fn unit(text: &str) -> Result<UnitId, &'static str> {
    text.parse().ok().and_then(UnitId::new).ok_or("a unit is a number from 1 to 16777215")
}

fn say(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Err(NobodyReads.into()),
        outcome => outcome.context("cannot write to the standard output"),
    }
}
