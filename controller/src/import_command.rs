//! `controller subscribers import --to`: a file of subscribers for a controller that runs, over its operator API.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use trunklab_controller::subscribers::{Format, Progress};
use trunklab_controller::zone::client_config;

/// The name in the controller's certificate.
const SERVER_NAME: &str = "controller";

/// How long the controller may take for a file.
const ANSWER_MAX: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Difference {
    added: u64,
    changed: u64,
    same: u64,
}

#[derive(Deserialize)]
struct Problem {
    detail: String,
}

/// Sends a file; what has changed, as a sentence.
pub fn import(
    file: &Path,
    to: SocketAddr,
    token: &Path,
    ca: &Path,
    progress: &Progress,
) -> anyhow::Result<String> {
    let read = |file: &Path, what: &str| {
        fs::read_to_string(file).with_context(|| format!("{what} cannot be read from {}", file.display()))
    };
    let format = Format::of(file)?;
    let (rows, token, ca) =
        (read(file, "the subscribers")?, read(token, "the token")?, read(ca, "the authority")?);
    let mut authorization = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
        .context("the token has characters that cannot be sent")?;
    authorization.set_sensitive(true);
    progress.at("lines sent", rows.lines().count() as u64);
    let http = reqwest::Client::builder()
        .tls_backend_preconfigured(client_config(&ca, None)?)
        .resolve(SERVER_NAME, to)
        .no_proxy()
        .timeout(ANSWER_MAX)
        .build()?;
    let request = http
        .post(format!("https://{SERVER_NAME}:{}/v1/subscribers", to.port()))
        .header(AUTHORIZATION, authorization)
        .header(CONTENT_TYPE, HeaderValue::from_static(format.media_type()))
        .body(rows);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (status, said) = runtime.block_on(async {
        let unreachable = || format!("no controller answers at {to}: is it running, and is --ca its zone's?");
        let response = request.send().await.with_context(unreachable)?;
        let status = response.status();
        anyhow::Ok((status, response.bytes().await.context("the answer broke off")?))
    })?;
    progress.done();
    if status != StatusCode::OK {
        let problem = serde_json::from_slice::<Problem>(&said).ok();
        bail!("{}: {}", file.display(), problem.map_or_else(|| status.to_string(), |problem| problem.detail));
    }
    let Difference { added, changed, same } =
        serde_json::from_slice(&said).context("the answer cannot be read")?;
    Ok(format!("{to}: {added} added, {changed} changed, {same} as before"))
}
