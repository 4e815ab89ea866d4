//! A controller that runs, as commands reach it: its operator API, with a program's token.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use clap::Args;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use trunklab_controller::zone::client_config;

/// The name in the controller's certificate.
const SERVER_NAME: &str = "controller";

/// How long the controller may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// Octets of an answer: a hundred versions of a configuration with all that they changed.
const ANSWER_LEN_MAX: usize = 64 << 20;

/// What a refusal says.
#[derive(Deserialize)]
struct Problem {
    detail: String,
    cause: String,
}

/// Which controller, and with what it lets in.
#[derive(Debug, Args)]
pub struct Reach {
    /// Where a running controller's operator API listens.
    #[arg(long, value_name = "ADDRESS:PORT", requires_all = ["token_file", "ca"])]
    to: Option<SocketAddr>,
    /// File with a program's token.
    #[arg(long, value_name = "FILE", requires = "to")]
    token_file: Option<PathBuf>,
    /// File with the certificate of the zone's authority (PEM).
    #[arg(long, value_name = "FILE", requires = "to")]
    ca: Option<PathBuf>,
}

impl Reach {
    /// The controller; `None` where none is named. Sends nothing yet.
    pub fn controller(&self) -> anyhow::Result<Option<Running>> {
        let Self { to: Some(to), token_file: Some(token), ca: Some(ca) } = self else { return Ok(None) };
        let read = |file: &PathBuf, what: &str| {
            fs::read_to_string(file).with_context(|| format!("{what} cannot be read from {}", file.display()))
        };
        let (token, ca) = (read(token, "the token")?, read(ca, "the authority")?);
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
            .context("the token has characters that cannot be sent")?;
        authorization.set_sensitive(true);
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(client_config(&ca, None)?)
            .resolve(SERVER_NAME, *to)
            .no_proxy()
            .timeout(ANSWER_MAX)
            .build()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Some(Running { address: *to, authorization, http, runtime }))
    }
}

/// Speaks to one controller.
#[derive(Debug)]
pub struct Running {
    /// Where.
    pub address: SocketAddr,
    authorization: HeaderValue,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Running {
    /// What a path shows.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.ask(Method::GET, path, "application/json", String::new())
    }

    /// What comes of a request; where nothing does, the controller's own sentence.
    pub fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        media_type: &'static str,
        body: String,
    ) -> anyhow::Result<T> {
        let request = self
            .http
            .request(method, format!("https://{SERVER_NAME}:{}{path}", self.address.port()))
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, HeaderValue::from_static(media_type))
            .body(body);
        let (status, said) = self.runtime.block_on(async {
            let unreachable = || {
                format!("no controller answers at {}: is it running, and is --ca its zone's?", self.address)
            };
            let mut response = request.send().await.with_context(unreachable)?;
            let mut said = Vec::new();
            while let Some(part) = response.chunk().await.context("the answer broke off")? {
                ensure!(
                    said.len() + part.len() <= ANSWER_LEN_MAX,
                    "the answer is longer than a controller's"
                );
                said.extend_from_slice(&part);
            }
            anyhow::Ok((response.status(), said))
        })?;
        if status != StatusCode::OK {
            let problem = serde_json::from_slice::<Problem>(&said).ok();
            bail!(
                "{}",
                problem.map_or_else(
                    || status.to_string(),
                    |Problem { detail, cause }| format!("{detail} ({cause})")
                )
            );
        }
        serde_json::from_slice(&said).context("the answer cannot be read")
    }
}
