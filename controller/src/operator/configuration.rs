//! The configuration at the operator API (docs/services.md 13.6): shown, changed, and taken back by version.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::{info, warn};
use trunklab_controller_core::config::{SiteConfig, Talkgroup};
use trunklab_controller_core::configuration::{Configuration, SiteConfiguration, Unfit};
use trunklab_protocol::operator::{Authority, ConfigurationVersion, Deed, Difference, Versions};
use trunklab_protocol::settings::SiteSettings;
use trunklab_protocol::{CarrierNumber, Cause, Incarnation, ProfileId, SiteId, SlotAddress, TalkgroupId};
use utoipa::ToSchema;

use super::Operator;
use super::problem::Problem;
use crate::configuration::{differences, differences_at};
use crate::run_loop::Wish;

/// Octets of a configuration: the largest that a zone has, and more.
pub(super) const CONFIGURATION_LEN_MAX: usize = 16 * 1024 * 1024;

/// Which version is to be shown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    version: Option<u64>,
}

/// Which version is to be compared with the one that stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Earlier {
    version: u64,
}

/// A configuration and its version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Shown {
    /// Which.
    version: ConfigurationVersion,
    /// What it says: `system`, `sites`, `areas` and `talkgroups`.
    #[schema(value_type = Object)]
    configuration: Configuration,
}

/// What the configuration shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Put {
    /// The version that was shown, from which the change starts.
    base: ConfigurationVersion,
    /// What it shall say, whole.
    #[schema(value_type = Object)]
    configuration: Configuration,
}

/// Which version is to come back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Revert {
    /// The version that stands.
    base: ConfigurationVersion,
    /// The version that is to come back.
    to: ConfigurationVersion,
}

/// Whether something is only tried.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Trial {
    #[serde(default)]
    dry_run: bool,
}

/// What a change made of the configuration, or would make.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Changed {
    /// The new version; in a dry run the one that stands.
    version: ConfigurationVersion,
    /// Everything that differs.
    differences: Vec<Difference>,
}

/// The configuration that stands, or an earlier version of it.
#[utoipa::path(
    get,
    path = "/v1/configuration",
    params(("version" = Option<u64>, Query, description = "An earlier version that is kept")),
    security(("token" = [])),
    responses(
        (status = 200, description = "The configuration and its version", body = Shown),
        (status = 400, description = "The query cannot be read", body = Problem),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 403, description = "The operator's role does not allow it", body = Problem),
        (status = 404, description = "That version is not kept", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn show(
    State(operator): State<Arc<Operator>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let wanted = match wanted {
        Ok(Query(wanted)) => wanted,
        Err(rejection) => return bad(&operator, rejection.body_text()),
    };
    let found = match wanted.version.map(ConfigurationVersion::new) {
        None => operator.configuration().await.ok_or_else(Problem::busy),
        Some(version) => kept(&operator, version).await.map(|configuration| (version, configuration)),
    };
    match found {
        Ok((version, configuration)) => Json(Shown { version, configuration }).into_response(),
        Err(problem) => problem.into_response(),
    }
}

/// What the description shows of a change: a small network, whole.
fn example() -> Value {
    let named = |id, name| TalkgroupId::new(id).map(|id| Talkgroup::named(id, name));
    let site = SiteId::new(1).zip(CarrierNumber::new(10));
    let configuration = Configuration {
        sites: site.iter().map(|(site, carrier)| SiteConfig::new(*site, ProfileId::Iden, *carrier)).collect(),
        talkgroups: [named(41, "Pilots"), named(42, "Tugs")].into_iter().flatten().collect(),
        ..Configuration::default()
    };
    json!({ "base": 1, "configuration": configuration })
}

/// The configuration is changed, whole or not at all.
#[utoipa::path(
    put,
    path = "/v1/configuration",
    params(("dry_run" = Option<bool>, Query, description = "Only tells what would differ")),
    request_body(content = Put, example = json!(example())),
    security(("token" = [])),
    responses(
        (status = 200, description = "What differs; the new version", body = Changed),
        (status = 400, description = "This is no configuration", body = Problem),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 403, description = "The operator's role does not allow it", body = Problem),
        (status = 409, description = "It was changed meanwhile, or could not be kept", body = Problem),
        (status = 413, description = "The request is longer than the limit", body = Problem),
        (status = 415, description = "The request is not of the type application/json", body = Problem),
        (status = 422, description = "Its parts do not fit together: the detail names the place", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn put(
    State(operator): State<Arc<Operator>>,
    Extension(by): Extension<Authority>,
    trial: Result<Query<Trial>, QueryRejection>,
    wanted: Result<Json<Put>, JsonRejection>,
) -> Response {
    let Put { base, configuration } = match wanted {
        Ok(Json(wanted)) => wanted,
        Err(rejection) => return bad_body(&operator, &rejection),
    };
    change(&operator, by, trial, base, configuration).await
}

/// The configuration of an earlier version comes back, as a new version.
#[utoipa::path(
    post,
    path = "/v1/configuration/revert",
    params(("dry_run" = Option<bool>, Query, description = "Only tells what would differ")),
    request_body(content = Revert, example = json!({ "base": 2, "to": 1 })),
    security(("token" = [])),
    responses(
        (status = 200, description = "What differs; the new version", body = Changed),
        (status = 400, description = "The request cannot be read", body = Problem),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 403, description = "The operator's role does not allow it", body = Problem),
        (status = 404, description = "That version is not kept", body = Problem),
        (status = 409, description = "It was changed meanwhile, or could not be kept", body = Problem),
        (status = 413, description = "The request is longer than the limit", body = Problem),
        (status = 415, description = "The request is not of the type application/json", body = Problem),
        (status = 422, description = "It does not fit any more: the detail names the place", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn revert(
    State(operator): State<Arc<Operator>>,
    Extension(by): Extension<Authority>,
    trial: Result<Query<Trial>, QueryRejection>,
    wanted: Result<Json<Revert>, JsonRejection>,
) -> Response {
    let Revert { base, to } = match wanted {
        Ok(Json(wanted)) => wanted,
        Err(rejection) => return bad_body(&operator, &rejection),
    };
    match kept(&operator, to).await {
        Ok(configuration) => change(&operator, by, trial, base, configuration).await,
        Err(problem) => problem.into_response(),
    }
}

/// The versions that are kept, the newest first: who made each, when, and what it changed.
#[utoipa::path(
    get,
    path = "/v1/configuration/versions",
    security(("token" = [])),
    responses(
        (status = 200, description = "The versions", body = Versions),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 403, description = "The operator's role does not allow it", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn versions(State(operator): State<Arc<Operator>>) -> Response {
    match operator.reach.store.with(|store| store.configuration_versions()).await {
        Some(Ok(versions)) => Json(Versions { versions }).into_response(),
        Some(Err(failure)) => {
            warn!(%failure, "the configuration's versions could not be read");
            Problem::busy().into_response()
        }
        None => Problem::busy().into_response(),
    }
}

/// What an earlier version would change if it came back.
#[utoipa::path(
    get,
    path = "/v1/configuration/differences",
    params(("version" = u64, Query, description = "A version that is kept", example = 1)),
    security(("token" = [])),
    responses(
        (status = 200, description = "What differs; the version that stands", body = Changed),
        (status = 400, description = "The query cannot be read", body = Problem),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 403, description = "The operator's role does not allow it", body = Problem),
        (status = 404, description = "That version is not kept", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn compare(
    State(operator): State<Arc<Operator>>,
    earlier: Result<Query<Earlier>, QueryRejection>,
) -> Response {
    let of = match earlier {
        Ok(Query(Earlier { version })) => ConfigurationVersion::new(version),
        Err(rejection) => return bad(&operator, rejection.body_text()),
    };
    let Some((version, standing)) = operator.configuration().await else {
        return Problem::busy().into_response();
    };
    match kept(&operator, of).await {
        Ok(earlier) => {
            Json(Changed { version, differences: differences(&standing, &earlier) }).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

/// What the controller holds for a site, what the site said last, and where the two differ, setting by setting.
#[utoipa::path(
    get,
    path = "/v1/sites/{site}/configuration",
    params(("site" = u16, Path, description = "Which site", example = 1)),
    security(("token" = [])),
    responses(
        (status = 200, description = "The site's configuration", body = SiteShown),
        (status = 400, description = "This is no site's number", body = Problem),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 403, description = "The operator's role does not allow it", body = Problem),
        (status = 404, description = "There is no such site", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn of_site(
    State(operator): State<Arc<Operator>>,
    site: Result<Path<SiteId>, PathRejection>,
) -> Response {
    let site = match site {
        Ok(Path(site)) => site,
        Err(rejection) => return bad(&operator, rejection.body_text()),
    };
    match operator.site_configuration(site).await {
        Some(Some(shown)) => Json(SiteShown::from(shown)).into_response(),
        Some(None) => {
            operator.reach.counters.operator_refused.one(Cause::UnknownSite);
            let detail = format!("there is no site {site}: GET /v1/configuration lists them");
            Problem::new(StatusCode::NOT_FOUND, detail).because(Cause::UnknownSite).into_response()
        }
        None => Problem::busy().into_response(),
    }
}

/// How a site is configured.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SiteShown {
    /// Which.
    site: SiteId,
    /// Whether it is in service.
    in_service: bool,
    /// As the controller holds it.
    #[schema(value_type = Object)]
    held: SiteConfig,
    /// Where the controller holds its control channels to be.
    controls_held: Vec<SlotAddress>,
    /// Where the site said last that they are; empty while it has said nothing.
    controls_said: Vec<SlotAddress>,
    /// The digest of all settings that it is to run; `None` while it has not greeted.
    settings_held: Option<u32>,
    /// The digest of all settings that it said last that it runs; `None` while it has said nothing.
    settings_said: Option<u32>,
    /// All settings that it is to run, but for keys; `None` while it has not greeted.
    #[schema(value_type = Option<Object>)]
    told: Option<Value>,
    /// All settings that it has reported to run, but for keys; `None` while it has reported none.
    #[schema(value_type = Option<Object>)]
    reported: Option<Value>,
    /// Where the two differ, field by field: as it was told, and as it has reported.
    differences: Vec<Difference>,
    /// Which run of the base station; `None` while it has not greeted.
    incarnation: Option<Incarnation>,
    /// Whether what the site said differs from what is held.
    differs: bool,
}

impl From<SiteConfiguration> for SiteShown {
    fn from(of: SiteConfiguration) -> Self {
        let SiteConfiguration {
            in_service,
            held,
            controls_held,
            controls_said,
            settings_held,
            settings_said,
            told,
            reported,
            incarnation,
        } = of;
        let (told, reported) = (told.as_deref().map(open), reported.as_deref().map(open));
        let differences = told.as_ref().zip(reported.as_ref()).map_or_else(Vec::new, |(told, reported)| {
            differences_at(&format!("site {}", held.site), told, reported)
        });
        let moved = !controls_said.is_empty() && controls_said != controls_held;
        let differs =
            moved || !differences.is_empty() || (settings_said.is_some() && settings_said != settings_held);
        Self {
            site: held.site,
            in_service,
            held,
            controls_held,
            controls_said,
            settings_held,
            settings_said,
            told,
            reported,
            differences,
            incarnation,
            differs,
        }
    }
}

/// Settings as they are shown: there are no keys.
fn open(settings: &SiteSettings) -> Value {
    let mut shown = serde_json::to_value(settings).expect("settings serialise: their keys are text");
    if let Some(fields) = shown.as_object_mut() {
        fields.retain(|field, _| !matches!(field.as_str(), "voice_uplink_key" | "voice_downlink_key"));
    }
    shown
}

async fn change(
    operator: &Operator,
    by: Authority,
    trial: Result<Query<Trial>, QueryRejection>,
    base: ConfigurationVersion,
    wanted: Configuration,
) -> Response {
    let dry_run = match trial {
        Ok(Query(Trial { dry_run })) => dry_run,
        Err(rejection) => return bad(operator, rejection.body_text()),
    };
    let Some((_, standing)) = operator.configuration().await else { return Problem::busy().into_response() };
    let configuration = Box::new(wanted.in_order());
    let differences = differences(&standing, &configuration);
    let outcome = if dry_run {
        let wish = Wish { by, base, configuration };
        operator.weigh_configuration(wish).await.map(|outcome| outcome.map(|()| base))
    } else {
        info!(%by, %base, differences = differences.len(), "a change of the configuration");
        let outcome = operator.configure(Wish { by: by.clone(), base, configuration }).await;
        if let Some(Err(unfit)) = &outcome {
            operator.was_refused(&by, Deed::Configured { base, version: None }, unfit.cause).await;
        }
        outcome
    };
    match outcome {
        Some(Ok(version)) => Json(Changed { version, differences }).into_response(),
        Some(Err(unfit)) => refused(operator, &unfit).into_response(),
        None => Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the controller is busy or closing down: look which version stands, and change that",
        )
        .into_response(),
    }
}

fn refused(operator: &Operator, unfit: &Unfit) -> Problem {
    let cause = unfit.cause;
    operator.reach.counters.operator_refused.one(cause);
    let statuses = [
        (Cause::NotAllowed, StatusCode::FORBIDDEN),
        (Cause::ConfigurationUnfit, StatusCode::UNPROCESSABLE_ENTITY),
    ];
    let own = statuses.iter().find(|(of, _)| *of == cause);
    let status = own.map_or(StatusCode::CONFLICT, |(_, status)| *status);
    Problem::new(status, unfit.to_string()).because(cause)
}

async fn kept(operator: &Operator, version: ConfigurationVersion) -> Result<Configuration, Problem> {
    match operator.reach.store.with(move |store| store.configuration_of(version)).await {
        Some(Ok(Some(configuration))) => Ok(configuration),
        Some(Ok(None)) => {
            let cause = Cause::UnknownVersion;
            operator.reach.counters.operator_refused.one(cause);
            let detail = format!("version {version} is not kept: GET /v1/configuration/versions lists them");
            Err(Problem::new(StatusCode::NOT_FOUND, detail).because(cause))
        }
        Some(Err(failure)) => {
            warn!(%failure, "a version of the configuration could not be read");
            Err(Problem::busy())
        }
        None => Err(Problem::busy()),
    }
}

fn bad(operator: &Operator, detail: String) -> Response {
    let cause = Cause::FieldOutOfRange;
    operator.reach.counters.operator_refused.one(cause);
    Problem::new(StatusCode::BAD_REQUEST, detail).because(cause).into_response()
}

fn bad_body(operator: &Operator, rejection: &JsonRejection) -> Response {
    let problem = Problem::of_body(rejection);
    operator.reach.counters.operator_refused.one(problem.cause());
    problem.into_response()
}
