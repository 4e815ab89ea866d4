//! `controller subscribers import --to`: a file of subscribers for a controller that runs, over its operator API.

use std::fs;
use std::path::Path;

use anyhow::Context;
use reqwest::Method;
use serde::Deserialize;
use trunklab_controller::subscribers::{Format, Progress};

use crate::running::Running;

#[derive(Deserialize)]
struct Difference {
    added: u64,
    changed: u64,
    same: u64,
}

/// Sends a file; what has changed, as a sentence.
pub fn import(file: &Path, controller: &Running, progress: &Progress) -> anyhow::Result<String> {
    let format = Format::of(file)?;
    let rows = fs::read_to_string(file)
        .with_context(|| format!("the subscribers cannot be read from {}", file.display()))?;
    progress.at("lines sent", rows.lines().count() as u64);
    let answer = controller.ask(Method::POST, "/v1/subscribers", format.media_type(), rows);
    progress.done();
    let Difference { added, changed, same } =
        answer.map_err(|error| anyhow::anyhow!("{}: {error}", file.display()))?;
    Ok(format!("{}: {added} added, {changed} changed, {same} as before", controller.address))
}
