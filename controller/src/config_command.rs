//! `controller config`: the configuration in the database, shown, compared, changed and taken back. To look is possible
//! beside a running controller; to change is not: that goes through its operator API.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use clap::Subcommand;
use serde::Deserialize;
use trunklab_controller::clock::unix_us;
use trunklab_controller::configuration::differences;
use trunklab_controller::store::{Store, StorePlace};
use trunklab_controller::zone_file;
use trunklab_controller_core::config::Change;
use trunklab_controller_core::configuration::Configuration;
use trunklab_protocol::calendar::utc;
use trunklab_protocol::operator::{Authority, ConfigurationVersion, ConsoleName, Difference, VersionView};

use crate::{ensure_database, say};

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Prints the configuration as JSON: system, sites, areas, talkgroups.
    Show {
        /// The database.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
        /// An earlier version that is kept.
        #[arg(long, value_name = "NUMBER")]
        version: Option<u64>,
    },
    /// Prints what a file would change.
    Diff {
        /// A whole configuration as `show` prints it, or a zone.toml, whose entries replace those of the database.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The database.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
    },
    /// Makes a file the configuration, all of it or nothing. The controller must not be running.
    Apply {
        /// As for `diff`.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The database.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
    },
    /// Lists the versions that are kept: who made each, when, and what it changed.
    Versions {
        /// The database.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
    },
    /// Takes an earlier version back, as a new one. The controller must not be running.
    Revert {
        /// Which.
        #[arg(value_name = "NUMBER")]
        version: u64,
        /// The database.
        #[arg(long, value_name = "FILE")]
        db: PathBuf,
    },
}

pub fn config(command: ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Show { db, version: None } => {
            say(&serde_json::to_string_pretty(&beside(&db)?.configuration()?.1)?)
        }
        ConfigCommand::Show { db, version: Some(number) } => {
            say(&serde_json::to_string_pretty(&kept(&mut beside(&db)?, number)?)?)
        }
        ConfigCommand::Diff { file, db } => {
            let (version, standing) = beside(&db)?.configuration()?;
            let wanted = read(&file, &standing)?;
            tell(&format!("{}: version {version}", db.display()), &differences(&standing, &wanted))
        }
        ConfigCommand::Apply { file, db } => {
            let mut store = alone(&db)?;
            let (_, standing) = store.configuration()?;
            let wanted = read(&file, &standing)?;
            change(&mut store, &db, &standing, wanted)
        }
        ConfigCommand::Versions { db } => {
            beside(&db)?.configuration_versions()?.iter().try_for_each(|version| say(&listed(version)))
        }
        ConfigCommand::Revert { version, db } => {
            let mut store = alone(&db)?;
            let (_, standing) = store.configuration()?;
            let wanted = kept(&mut store, version)?;
            change(&mut store, &db, &standing, wanted)
        }
    }
}

fn change(
    store: &mut Store,
    db: &Path,
    standing: &Configuration,
    wanted: Configuration,
) -> anyhow::Result<()> {
    let wanted = wanted.in_order();
    let differences = differences(standing, &wanted);
    if differences.is_empty() {
        return say(&format!("{}: nothing differs", db.display()));
    }
    wanted.check(standing).map_err(|unfit| anyhow!("{unfit}"))?;
    for console in &wanted.system.consoles {
        let is_taken = store.subscriber(console.unit)?.is_some();
        ensure!(
            !is_taken,
            "console {}: unit {} is a subscriber: give the console a number of its own",
            console.name,
            console.unit
        );
    }
    let patched: Vec<_> = store
        .changes()?
        .into_iter()
        .filter_map(|change| if let Change::Patch(talkgroups) = change { Some(talkgroups) } else { None })
        .flatten()
        .collect();
    for removed in standing.changes_to(&wanted) {
        if let Change::TalkgroupRemoved(talkgroup) = removed
            && patched.contains(&talkgroup)
        {
            bail!("talkgroup {talkgroup}: is in a patch: undo that first");
        }
    }
    let who = std::env::var("USER").unwrap_or_else(|_| "command line".to_owned());
    let by = Authority::own_process(ConsoleName::new(&who));
    let version = store.configure(&by, unix_us().cast_unsigned(), &wanted)?;
    tell(&format!("{}: version {version}", db.display()), &differences)
}

fn tell(head: &str, differences: &[Difference]) -> anyhow::Result<()> {
    say(&format!("{head}, {} differences", differences.len()))?;
    differences.iter().try_for_each(|difference| say(&format!("  {difference}")))
}

fn listed(version: &VersionView) -> String {
    let VersionView { version, at_us, who, role, from, differences, differences_count } = version;
    let role = role.map_or_else(String::new, |role| format!(" ({role})"));
    let from = from.map_or_else(String::new, |from| format!(" from {from}"));
    let head = format!(
        "{version:>5}  {}  {who}{role}{from}: {differences_count} differences",
        utc(at_us / 1_000_000)
    );
    let lines = differences.iter().map(|difference| format!("\n         {difference}"));
    std::iter::once(head).chain(lines).collect()
}

fn kept(store: &mut Store, number: u64) -> anyhow::Result<Configuration> {
    let found = store.configuration_of(ConfigurationVersion::new(number))?;
    found.with_context(|| {
        format!("version {number} is not kept: `controller config versions` lists those that are")
    })
}

/// A whole configuration from JSON, as `show` and the operator API give it; or the standing one with what a zone's file says.
fn read(file: &Path, standing: &Configuration) -> anyhow::Result<Configuration> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Shown { configuration: Configuration },
        Bare(Configuration),
    }
    if file.extension().is_some_and(|extension| extension == "toml") {
        let plan = zone_file::read(file, &standing.sites)?;
        return Ok(standing.clone().with(&plan.changes));
    }
    let text = fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read: check the path", file.display()))?;
    // Without the choice between two forms the error names line and column.
    match serde_json::from_str::<Written>(&text) {
        Ok(Written::Shown { configuration } | Written::Bare(configuration)) => Ok(configuration.in_order()),
        Err(_) => match serde_json::from_str::<Configuration>(&text) {
            Ok(configuration) => Ok(configuration.in_order()),
            Err(error) => bail!("{}: {error}", file.display()),
        },
    }
}

fn beside(db: &Path) -> anyhow::Result<Store> {
    ensure_database(db)?;
    Ok(Store::open_beside(db)?)
}

fn alone(db: &Path) -> anyhow::Result<Store> {
    ensure_database(db)?;
    Ok(Store::open(&StorePlace::File(db.to_owned()))?)
}
