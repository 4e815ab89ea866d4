//! `controller config`: the configuration, shown, compared, changed and taken back by version. On the database to look is
//! possible beside a running controller and to change is not; with `--to` it is the controller that shows and changes.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use trunklab_controller::configuration::differences;
use trunklab_controller::zone_file;
use trunklab_controller_core::configuration::Configuration;
use trunklab_protocol::calendar::utc;
use trunklab_protocol::operator::{ConfigurationVersion, VersionView};

use crate::config_place::{Changed, Place, Shown, Wanted, Way};
use crate::running::Reach;
use crate::say;

#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Prints the configuration as JSON: system, sites, areas, talkgroups.
    Show {
        /// An earlier version that is kept.
        #[arg(long, value_name = "NUMBER")]
        version: Option<u64>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Prints what a file would change.
    Diff {
        /// A whole configuration as `show` prints it, or a zone.toml, whose entries replace those that stand.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        whose: Whose,
    },
    /// Makes a file the configuration, all of it or nothing. With --db the controller must not be running, with --to it is
    /// told first what differs, and the token is an administrator's. A file of `show --json` changes its own version alone.
    Apply {
        /// As for `diff`.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        consent: Consent,
    },
    /// Lists the versions that are kept: who made each, when, and what it changed.
    #[command(visible_alias = "history")]
    Versions {
        #[command(flatten)]
        whose: Whose,
    },
    /// Takes an earlier version back, as a new one; otherwise as `apply`.
    Revert {
        /// Which.
        #[arg(value_name = "NUMBER")]
        version: u64,
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        consent: Consent,
    },
}

/// Whose configuration, and how it is told.
#[derive(Debug, Args)]
pub struct Whose {
    /// The database.
    #[arg(long, value_name = "FILE", required_unless_present = "to", conflicts_with = "to")]
    db: Option<PathBuf>,
    #[command(flatten)]
    reach: Reach,
    /// As JSON with the version, like the operator API's.
    #[arg(long)]
    json: bool,
}

/// Whether a person is asked.
#[derive(Debug, Args)]
pub struct Consent {
    /// Changes a running controller without asking.
    #[arg(long, requires = "to")]
    yes: bool,
}

impl Whose {
    fn place(&self) -> anyhow::Result<Place> {
        match (self.reach.controller()?, &self.db) {
            (Some(controller), _) => Ok(Place::Controller(controller)),
            (None, Some(db)) => Ok(Place::Database(db.clone())),
            (None, None) => bail!("give --db, or --to with --token-file and --ca"),
        }
    }
}

pub fn config(command: ConfigCommand) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Show { version, whose } => {
            let place = whose.place()?;
            let shown = match version {
                None => place.standing()?,
                Some(number) => place.version(ConfigurationVersion::new(number))?,
            };
            if whose.json { as_json(&shown) } else { as_json(&shown.configuration) }
        }
        ConfigCommand::Diff { file, whose } => {
            let place = whose.place()?;
            let Shown { version, configuration: standing } = place.standing()?;
            let (_, wanted) = read(&file, &standing)?;
            let changed = Changed { version, differences: differences(&standing, &wanted) };
            if whose.json { as_json(&changed) } else { say(&told(&place, &changed)) }
        }
        ConfigCommand::Apply { file, whose, consent } => {
            let place = whose.place()?;
            let Shown { version, configuration: standing } = place.standing()?;
            let (base, wanted) = read(&file, &standing)?;
            change(&place, base.unwrap_or(version), &Wanted::Whole(Box::new(wanted)), whose.json, &consent)
        }
        ConfigCommand::Versions { whose } => {
            let versions = whose.place()?.versions()?;
            if whose.json {
                return as_json(&versions);
            }
            versions.versions.iter().try_for_each(|version| say(&listed(version)))
        }
        ConfigCommand::Revert { version, whose, consent } => {
            let place = whose.place()?;
            let base = place.standing()?.version;
            change(&place, base, &Wanted::Version(ConfigurationVersion::new(version)), whose.json, &consent)
        }
    }
}

/// Tries, shows, asks, and changes. Between the first and the last another may be quicker: then nothing is changed.
fn change(
    place: &Place,
    base: ConfigurationVersion,
    wanted: &Wanted,
    json: bool,
    consent: &Consent,
) -> anyhow::Result<()> {
    let tried = place.change(base, wanted, Way::Tried)?;
    if tried.differences.is_empty() {
        return if json { as_json(&tried) } else { say(&format!("{place}: nothing differs")) };
    }
    let asked = matches!(place, Place::Controller(_)) && !consent.yes;
    if asked {
        // Whoever reads the standard output as JSON gets what was done alone.
        let shown = told(place, &tried);
        if json {
            writeln!(std::io::stderr(), "{shown}")?;
        } else {
            say(&shown)?;
        }
        ensure!(is_wanted()?, "nothing was changed: answer y, or give --yes");
    }
    let changed = place.change(base, wanted, Way::Done)?;
    match () {
        () if json => as_json(&changed),
        () if asked => say(&format!("{place}: version {}", changed.version)),
        () => say(&told(place, &changed)),
    }
}

fn is_wanted() -> anyhow::Result<bool> {
    write!(std::io::stderr(), "change it? [y/N] ")?;
    let mut answer = String::new();
    if std::io::stdin().read_line(&mut answer).context("the answer cannot be read")? == 0 {
        // Nobody has ended the line of the question.
        writeln!(std::io::stderr())?;
    }
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn as_json(what: &impl Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string_pretty(what)?)
}

fn told(place: &Place, Changed { version, differences }: &Changed) -> String {
    let head = format!("{place}: version {version}, {} differences", differences.len());
    std::iter::once(head).chain(differences.iter().map(|difference| format!("\n  {difference}"))).collect()
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

/// A whole configuration from JSON, as `show` and the operator API give it, with its version where that is there; or the
/// standing one with what a zone's file says.
fn read(
    file: &Path,
    standing: &Configuration,
) -> anyhow::Result<(Option<ConfigurationVersion>, Configuration)> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Shown {
            #[serde(alias = "base")]
            version: Option<ConfigurationVersion>,
            configuration: Configuration,
        },
        Bare(Configuration),
    }
    if file.extension().is_some_and(|extension| extension == "toml") {
        let plan = zone_file::read(file, &standing.sites)?;
        return Ok((None, standing.clone().with(&plan.changes)));
    }
    let text = fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read: check the path", file.display()))?;
    // Without the choice between two forms the error names line and column.
    match serde_json::from_str::<Written>(&text) {
        Ok(Written::Shown { version, configuration }) => Ok((version, configuration.in_order())),
        Ok(Written::Bare(configuration)) => Ok((None, configuration.in_order())),
        Err(_) => match serde_json::from_str::<Configuration>(&text) {
            Ok(configuration) => Ok((None, configuration.in_order())),
            Err(error) => bail!("{}: {error}", file.display()),
        },
    }
}
