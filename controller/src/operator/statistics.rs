//! `GET /v1/statistics`: what was counted of traffic, by a range of time.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tracing::warn;
use trunklab_controller_core::statistics::STEP_S_MAX;
use trunklab_protocol::operator::StatisticsPage;
use trunklab_protocol::{Cause, SiteId};

use super::Operator;
use super::problem::Problem;
use crate::clock::unix_us;
use crate::statistics::{ranged, row};
use crate::store::{StatisticsQuery, Whose};

/// Which figures are wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    from: Option<u64>,
    to: Option<u64>,
    step: Option<u32>,
    site: Option<String>,
}

/// Occupancy, queue time, grants and refusals, Erlangs and control-channel load, step by step.
#[utoipa::path(
    get,
    path = "/v1/statistics",
    params(
        ("from" = Option<u64>, Query, description = "Not before this, in seconds since 1970; usually an hour before `to`"),
        ("to" = Option<u64>, Query, description = "Before this; usually now"),
        ("step" = Option<u32>, Query, description = "Seconds of a step, 10 to 86400; usually 60, or 3600 for more than a day"),
        ("site" = Option<String>, Query, description = "One site's number, or `system`; usually all"),
    ),
    security(("token" = [])),
    responses(
        (status = 200, description = "The figures", body = StatisticsPage),
        (status = 400, description = "The query cannot be read, or asks for too much at once", body = Problem),
        (status = 401, description = "No token, or not a good one", body = Problem),
        (status = 403, description = "The operator's role does not allow it", body = Problem),
        (status = 503, description = "The controller is busy or closing down", body = Problem),
    )
)]
pub(super) async fn read(
    State(operator): State<Arc<Operator>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response {
    let bad = |detail: String| {
        operator.reach.counters.operator_refused.one(Cause::FieldOutOfRange);
        Problem::new(StatusCode::BAD_REQUEST, detail).because(Cause::FieldOutOfRange).into_response()
    };
    let Wanted { from, to, step, site } = match wanted {
        Ok(Query(wanted)) => wanted,
        Err(rejection) => return bad(rejection.body_text()),
    };
    let of = match site.as_deref() {
        None => Whose::All,
        Some("system") => Whose::System,
        Some(number) => match number.parse().ok().and_then(SiteId::new) {
            Some(site) => Whose::Site(site),
            None => return bad("`site` is a site's number, or `system`".to_owned()),
        },
    };
    let now_s = unix_us().cast_unsigned() / 1_000_000;
    let query = match ranged(from, to, step, of, now_s) {
        Ok(query) => query,
        Err(what) => return bad(what.to_owned()),
    };
    match operator.reach.store.with(move |store| store.statistics(query)).await {
        Some(Ok(Ok(steps))) => {
            let StatisticsQuery { from_s, to_s, step_s, .. } = query;
            Json(StatisticsPage { from_s, to_s, step_s, rows: steps.into_iter().map(row).collect() })
                .into_response()
        }
        Some(Ok(Err(_))) => bad(format!(
            "this is too much for one answer: ask for less time, one site, or a step of {STEP_S_MAX}"
        )),
        Some(Err(failure)) => {
            warn!(%failure, "the statistics could not be read");
            Problem::busy().into_response()
        }
        None => Problem::busy().into_response(),
    }
}
