//! Where a configuration stands that `controller config` shows and changes: in a database, or in a controller that runs.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use trunklab_controller::clock::unix_us;
use trunklab_controller::configuration::differences;
use trunklab_controller::store::{Store, StorePlace};
use trunklab_controller_core::config::Change;
use trunklab_controller_core::configuration::Configuration;
use trunklab_protocol::operator::{Authority, ConfigurationVersion, ConsoleName, Difference, Versions};

use crate::ensure_database;
use crate::running::Running;

/// A configuration and its version.
#[derive(Debug, Serialize, Deserialize)]
pub struct Shown {
    pub version: ConfigurationVersion,
    pub configuration: Configuration,
}

/// What a change made of the configuration, or would make.
#[derive(Debug, Serialize, Deserialize)]
pub struct Changed {
    pub version: ConfigurationVersion,
    pub differences: Vec<Difference>,
}

/// What the configuration shall be.
#[derive(Debug)]
pub enum Wanted {
    /// This, whole.
    Whole(Box<Configuration>),
    /// An earlier version.
    Version(ConfigurationVersion),
}

/// Whether something is done, or only tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Tried,
    Done,
}

#[derive(Debug)]
pub enum Place {
    Database(PathBuf),
    Controller(Running),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Database(db) => db.display().fmt(f),
            Self::Controller(controller) => controller.address.fmt(f),
        }
    }
}

impl Place {
    /// What stands.
    pub fn standing(&self) -> anyhow::Result<Shown> {
        match self {
            Self::Database(db) => {
                let (version, configuration) = beside(db)?.configuration()?;
                Ok(Shown { version, configuration })
            }
            Self::Controller(controller) => controller.get("/v1/configuration"),
        }
    }

    /// An earlier version.
    pub fn version(&self, version: ConfigurationVersion) -> anyhow::Result<Shown> {
        match self {
            Self::Database(db) => Ok(Shown { version, configuration: kept(&mut beside(db)?, version)? }),
            Self::Controller(controller) => controller.get(&format!("/v1/configuration?version={version}")),
        }
    }

    /// The versions that are kept.
    pub fn versions(&self) -> anyhow::Result<Versions> {
        match self {
            Self::Database(db) => Ok(Versions { versions: beside(db)?.configuration_versions()? }),
            Self::Controller(controller) => controller.get("/v1/configuration/versions"),
        }
    }

    /// Changes what stands at version `base`, all of it or nothing.
    pub fn change(&self, base: ConfigurationVersion, wanted: &Wanted, way: Way) -> anyhow::Result<Changed> {
        match self {
            Self::Database(db) => change_database(db, base, wanted, way),
            Self::Controller(controller) => change_running(controller, base, wanted, way),
        }
    }
}

fn change_running(
    controller: &Running,
    base: ConfigurationVersion,
    wanted: &Wanted,
    way: Way,
) -> anyhow::Result<Changed> {
    let (method, path, body) = match wanted {
        Wanted::Whole(configuration) => {
            (Method::PUT, "/v1/configuration", json!({ "base": base, "configuration": configuration }))
        }
        Wanted::Version(to) => (Method::POST, "/v1/configuration/revert", json!({ "base": base, "to": to })),
    };
    let path = format!("{path}?dry_run={}", way == Way::Tried);
    controller.ask(method, &path, "application/json", body.to_string())
}

fn change_database(
    db: &Path,
    base: ConfigurationVersion,
    wanted: &Wanted,
    way: Way,
) -> anyhow::Result<Changed> {
    ensure_database(db)?;
    let mut store = Store::open(&StorePlace::File(db.to_owned()))?;
    let (version, standing) = store.configuration()?;
    ensure!(
        version == base,
        "the configuration is at version {version}, and the change starts from {base}: show it, and change that"
    );
    let wanted = match wanted {
        Wanted::Whole(configuration) => (**configuration).clone().in_order(),
        Wanted::Version(to) => kept(&mut store, *to)?,
    };
    let differences = differences(&standing, &wanted);
    ensure_fit(&mut store, &standing, &wanted)?;
    if way == Way::Tried {
        return Ok(Changed { version, differences });
    }
    let who = std::env::var("USER").unwrap_or_else(|_| "command line".to_owned());
    let by = Authority::own_process(ConsoleName::new(&who));
    Ok(Changed { version: store.configure(&by, unix_us().cast_unsigned(), &wanted)?, differences })
}

fn ensure_fit(store: &mut Store, standing: &Configuration, wanted: &Configuration) -> anyhow::Result<()> {
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
    for removed in standing.changes_to(wanted) {
        if let Change::TalkgroupRemoved(talkgroup) = removed
            && patched.contains(&talkgroup)
        {
            bail!("talkgroup {talkgroup}: is in a patch: undo that first");
        }
    }
    Ok(())
}

fn kept(store: &mut Store, version: ConfigurationVersion) -> anyhow::Result<Configuration> {
    store.configuration_of(version)?.with_context(|| {
        format!("version {version} is not kept: `controller config versions` lists those that are")
    })
}

fn beside(db: &Path) -> anyhow::Result<Store> {
    ensure_database(db)?;
    Ok(Store::open_beside(db)?)
}
