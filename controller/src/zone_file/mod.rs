//! `zone.toml`: what a zone consists of, in a form that people write. `docs/operating.md` explains it by example.

mod area;
mod reuse;
mod sector;
mod site;
mod subscriber;
mod system;
mod talkgroup;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use trunklab_controller_core::config::{Change, SiteConfig, SystemParameters};
use trunklab_controller_core::configuration::{
    Unfit, check_candidates, check_copied_vectors, check_failsoft, check_isolation, check_self_test,
    check_statistics,
};
use trunklab_protocol::operator::StatusText;
use trunklab_protocol::reuse::Clash;

use self::area::AreaTable;
use self::reuse::CoChannel;
use self::site::SiteTable;
use self::subscriber::SubscriberTable;
use self::system::{ConsoleTable, SystemTable, consoles, statuses};
use self::talkgroup::TalkgroupTable;

/// Why a zone's file cannot be used; each sentence names the place.
#[derive(Debug, thiserror::Error)]
pub enum ZoneFileError {
    /// It cannot be read.
    #[error("{}: {source}; check the path", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not TOML, or a field is not what it should be. The text has line and column.
    #[error("{}: {text}", path.display())]
    Syntax {
        /// Which.
        path: PathBuf,
        /// What, and where.
        text: String,
    },
    /// The parts do not fit together.
    #[error("{}: {place}: {what}", path.display())]
    Unfit {
        /// Which.
        path: PathBuf,
        /// Which part.
        place: String,
        /// What is wrong, and the remedy.
        what: String,
    },
}

/// What a zone's file says.
#[derive(Debug)]
pub struct ZonePlan {
    /// What is to be provisioned.
    pub changes: Vec<Change>,
    /// Sites that disturb each other, where the file accepts that.
    pub warnings: Vec<Clash>,
}

/// Reads a zone's file whole: system, sites, talkgroups, subscribers. Its sites must go together with those that stand
/// already and stay.
///
/// # Errors
/// At the first defect; nothing is half-read.
pub fn read(path: &Path, standing: &[SiteConfig]) -> Result<ZonePlan, ZoneFileError> {
    let text =
        fs::read_to_string(path).map_err(|source| ZoneFileError::File { path: path.to_owned(), source })?;
    parse(&text, standing).map_err(|defect| match defect {
        Defect::Syntax(error) => {
            ZoneFileError::Syntax { path: path.to_owned(), text: error.to_string().trim_end().to_owned() }
        }
        Defect::Unfit { place, what } => ZoneFileError::Unfit { path: path.to_owned(), place, what },
    })
}

#[derive(Debug)]
enum Defect {
    Syntax(toml::de::Error),
    Unfit { place: String, what: String },
}

impl From<Unfit> for Defect {
    fn from(Unfit { place, what, .. }: Unfit) -> Self {
        Self::Unfit { place, what }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ZoneFile {
    #[serde(default)]
    co_channel: CoChannel,
    system: Option<SystemTable>,
    #[serde(default)]
    site: Vec<SiteTable>,
    #[serde(default)]
    area: Vec<AreaTable>,
    #[serde(default)]
    talkgroup: Vec<TalkgroupTable>,
    #[serde(default)]
    subscriber: Vec<SubscriberTable>,
    #[serde(default)]
    console: Vec<ConsoleTable>,
    #[serde(default)]
    status: Vec<StatusText>,
}

fn parse(text: &str, standing: &[SiteConfig]) -> Result<ZonePlan, Defect> {
    let file: ZoneFile = toml::from_str(text).map_err(Defect::Syntax)?;
    let described = file.site.iter().map(SiteTable::sites).collect::<Result<Vec<_>, _>>()?.concat();
    check_numbers("site", described.iter().map(|site| site.id))?;
    check_numbers("area", file.area.iter().map(|area| area.id))?;
    check_numbers("talkgroup", file.talkgroup.iter().map(|talkgroup| talkgroup.id))?;
    check_numbers("subscriber", file.subscriber.iter().map(|subscriber| subscriber.unit))?;
    let talkgroups: BTreeSet<_> = file.talkgroup.iter().map(|talkgroup| talkgroup.id).collect();
    let sites: BTreeSet<_> = described.iter().map(|site| site.id).collect();
    let areas: BTreeSet<_> = file.area.iter().map(|area| area.id).collect();
    let mut changes = Vec::new();
    let consoles = consoles(file.console, &file.subscriber)?;
    let statuses = statuses(file.status)?;
    if file.system.is_some() || !consoles.is_empty() || !statuses.is_empty() {
        let parameters = file.system.unwrap_or_default().parameters();
        check_statistics(&parameters)?;
        check_copied_vectors(&parameters)?;
        changes.push(Change::System(SystemParameters { consoles, statuses, ..parameters }));
    }
    let configs = described.iter().map(|site| site.config(&described)).collect::<Result<Vec<_>, _>>()?;
    configs.iter().try_for_each(check_isolation)?;
    configs.iter().try_for_each(|site| check_failsoft(site, |talkgroup| talkgroups.contains(&talkgroup)))?;
    configs.iter().try_for_each(check_self_test)?;
    configs.iter().try_for_each(check_candidates)?;
    let warnings = file.co_channel.judge(&configs, standing)?;
    changes.extend(configs.into_iter().map(Change::Site));
    for area in file.area {
        changes.push(Change::Area(area.config(&sites)?));
    }
    for talkgroup in file.talkgroup {
        changes.push(Change::Talkgroup(talkgroup.config(&sites, &areas, &talkgroups)?));
    }
    for subscriber in file.subscriber {
        changes.push(Change::Subscriber(subscriber.config(&talkgroups)?));
    }
    Ok(ZonePlan { changes, warnings })
}

fn check_numbers<T: Ord + std::fmt::Display>(
    kind: &str,
    numbers: impl Iterator<Item = T>,
) -> Result<(), Defect> {
    let mut seen = BTreeSet::new();
    for number in numbers {
        let place = format!("{kind} {number}");
        if !seen.insert(number) {
            return Err(Defect::Unfit { place, what: "is there twice: remove one of the two".to_owned() });
        }
    }
    Ok(())
}
