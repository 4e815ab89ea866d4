//! `GET /v1/statistics`: what was counted of traffic, by a range of time.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use trunklab_controller_core::statistics::STEP_S_MAX;
use trunklab_protocol::SiteId;
use trunklab_protocol::operator::StatisticsPage;

use super::Operator;
use super::page::Asked;
use super::problem::Problem;
use crate::clock::unix_us;
use crate::statistics::{ranged, row};
use crate::store::{StatisticsQuery, Whose};

/// Which figures are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Wanted {
    /// Not before this, in seconds since 1970; usually an hour before `to`.
    from: Option<u64>,
    /// Before this; usually now.
    to: Option<u64>,
    /// Seconds of a step, 10 to 86400; usually 60, or 3600 for more than a day.
    step: Option<u32>,
    /// One site's number, or `system`; usually all.
    site: Option<String>,
}

/// Occupancy, queue time, grants and refusals, Erlangs and control-channel load, step by step.
#[utoipa::path(
    get,
    path = "/v1/statistics",
    params(Wanted),
    responses(
        (status = 200, description = "The figures", body = StatisticsPage),
        (status = 400, description = "The query cannot be read, or asks for too much at once", body = Problem),
    )
)]
pub(super) async fn read(
    State(operator): State<Arc<Operator>>,
    Asked(Wanted { from, to, step, site }): Asked<Wanted>,
) -> Result<Json<StatisticsPage>, Problem> {
    let of = match site.as_deref() {
        None => Whose::All,
        Some("system") => Whose::System,
        Some(number) => match number.parse().ok().and_then(SiteId::new) {
            Some(site) => Whose::Site(site),
            None => return Err(operator.bad_query("`site` is a site's number, or `system`")),
        },
    };
    let now_s = unix_us().cast_unsigned() / 1_000_000;
    let query = ranged(from, to, step, of, now_s).map_err(|what| operator.bad_query(what))?;
    let StatisticsQuery { from_s, to_s, step_s, .. } = query;
    let steps = operator.read("the statistics", move |store| store.statistics(query)).await?;
    let steps = steps.map_err(|_| {
        let remedy = format!("ask for less time, one site, or a step of {STEP_S_MAX}");
        operator.bad_query(format!("this is too much for one answer: {remedy}"))
    })?;
    Ok(Json(StatisticsPage { from_s, to_s, step_s, rows: steps.into_iter().map(row).collect() }))
}
