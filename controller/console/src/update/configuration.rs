//! The configuration's versions: one of them against the one that stands, and back to it; and what sites say they run.

use std::cmp::Reverse;

use trunklab_protocol::operator::ConfigurationVersion;

use super::{Command, note, site_list};
use crate::conn::Question;
use crate::model::{Asked, Comparison, DeviceView, Model};

/// Sites that are asked about at once; the others follow with the next question.
const SITES_ASKED_MAX: usize = 32;

/// The versions, the newest first.
pub(crate) fn version_list(model: &Model) -> Vec<Reverse<ConfigurationVersion>> {
    let versions = model.versions.iter().flat_map(|versions| &versions.versions);
    let mut list: Vec<_> = versions.map(|view| Reverse(view.version)).collect();
    list.sort_unstable();
    list
}

/// The version that keys are about.
pub(crate) fn chosen(model: &Model) -> Option<ConfigurationVersion> {
    model.configuration.versions.chosen(&version_list(model)).map(|Reverse(version)| version)
}

/// The version that stands.
pub(crate) fn standing(model: &Model) -> Option<ConfigurationVersion> {
    version_list(model).first().map(|Reverse(version)| *version)
}

/// Asks for the versions, and how the next sites are configured.
pub(super) fn ask(model: &mut Model) -> Command {
    let sites = site_list(model);
    let begin = model.configuration.asked_to.map_or(0, |last| sites.partition_point(|site| *site <= last));
    let begin = if begin < sites.len() { begin } else { 0 };
    let next: Vec<_> = sites.iter().skip(begin).take(SITES_ASKED_MAX).copied().collect();
    model.configuration.asked_to = next.last().copied();
    Command::Ask(Question::Configuration { sites: next })
}

/// Asks what differs between the chosen version and the one that stands.
pub(super) fn compare(model: &mut Model) -> Option<Command> {
    let version = chosen(model)?;
    model.configuration.comparison = None;
    Some(Command::Ask(Question::Compare(version)))
}

/// Asks whether the chosen version shall come back; what would change then is shown meanwhile.
pub(super) fn ask_to_revert(model: &mut Model) -> Option<Command> {
    let (to, base) = (chosen(model)?, standing(model)?);
    if to == base {
        note(model, format!("version {to} stands already"));
        return None;
    }
    model.asked = Some(Asked::Revert { base, to });
    compare(model)
}

pub(super) fn take_comparison(model: &mut Model, answer: Result<Comparison, String>) {
    match answer {
        Ok(comparison) => model.configuration.comparison = Some(comparison),
        Err(why) => note(model, format!("the versions cannot be compared: {why}")),
    }
}

pub(super) fn take_devices(model: &mut Model, devices: Vec<DeviceView>) {
    let known = site_list(model);
    model.configuration.devices.extend(devices.into_iter().map(|view| (view.site, view)));
    model.configuration.devices.retain(|site, _| known.contains(site));
}
